/** What the digest of a plan stands for: the same whatever the order of what is written, another when spec or live state is. */
import { CreateTagsCommand } from '@aws-sdk/client-ec2';
import { ModifyLoadBalancerAttributesCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import * as assert from 'uvu/assert';
import type { Json } from '../../reconciler/model/json.ts';
import { type Bench, contractSuite, converge, look, type Spec, tutorial, withAt } from '../support/contract-bench.ts';
import { liveStack, withEdits } from '../support/contract-in-place.ts';
import { viewOf } from '../support/contract-view.ts';

const t = contractSuite('digest');

/** The same spec with all keys the other way round, and the lists that are sets too. */
function reversed(value: Json, key = ''): Json {
  if (Array.isArray(value)) {
    const items = value.map((entry: Json) => reversed(entry));
    return ['targets', 'subnets', 'securityGroups', 'ingress', 'egress', 'subjectAlternativeNames'].includes(key) ? items.reverse() : items;
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([name, entry]): [string, Json] => [name, reversed(entry, name)])
      .reverse(),
  );
}

const digestOf = async (bench: Bench, spec: Spec): Promise<string> => (await look(bench, spec)).plan.digest;

t('the order of keys, of lists that are sets, and the way a value is written do not matter', async (bench) => {
  const spec = liveStack();
  const first = (await look(bench, spec)).plan;
  const other = (await look(bench, reversed(spec) as Spec)).plan;
  assert.is(first.steps.length > 10, true);
  assert.equal(
    other.changes.map(({ address, verb }) => [address, verb]),
    first.changes.map(({ address, verb }) => [address, verb]),
  );
  assert.equal(other.steps, first.steps);
  assert.is(other.digest, first.digest);
});

t('the same plan twice is the same, byte for byte, and survives JSON', async (bench) => {
  const first = (await look(bench, tutorial())).plan;
  assert.is(JSON.stringify((await look(bench, tutorial())).plan), JSON.stringify(first));
  assert.equal(JSON.parse(JSON.stringify(first)), first);
});

t('it holds no secret: no script, no key', async (bench) => {
  const script = '#!/bin/bash\necho planted-marker\n';
  const { plan } = await look(
    bench,
    withEdits(tutorial(), [
      ['instances/web-1/app', undefined],
      ['instances/web-1/userData', script],
    ]),
  );
  const text = JSON.stringify(plan);
  assert.not.match(text, /planted-marker|PRIVATE KEY/);
  assert.not.ok(text.includes(Buffer.from(script).toString('base64')));
});

t('another spec, another live state: another digest', async (bench) => {
  await converge(bench, tutorial());
  const changed = withAt(tutorial(), ['loadBalancer', 'idleTimeout'], '2m');
  const seen = new Map<string, string>();
  const note = (what: string, digest: string): void => {
    assert.is(seen.get(digest), undefined, `${what} has the digest of ${seen.get(digest)}`);
    seen.set(digest, what);
  };
  note('nothing to do', await digestOf(bench, tutorial()));
  note('two minutes', await digestOf(bench, changed));
  note('three minutes', await digestOf(bench, withAt(tutorial(), ['loadBalancer', 'idleTimeout'], '3m')));
  note('destroy', (await look(bench, tutorial(), 'destroy')).plan.digest);
  const { LoadBalancerArn } = await viewOf(bench, 'loadBalancer/main');
  await bench.elb.send(
    new ModifyLoadBalancerAttributesCommand({
      LoadBalancerArn: String(LoadBalancerArn),
      Attributes: [{ Key: 'idle_timeout.timeout_seconds', Value: '61' }],
    }),
  );
  note('two minutes from elsewhere', await digestOf(bench, changed));
});

t('what the plan does not touch does not matter to it', async (bench) => {
  const changed = withAt(tutorial(), ['loadBalancer', 'idleTimeout'], '2m');
  const before = await digestOf(bench, changed);
  const { InstanceId } = await viewOf(bench, 'instance/web-1');
  await bench.ec2.send(new CreateTagsCommand({ Resources: [String(InstanceId)], Tags: [{ Key: 'cost-center', Value: '7' }] }));
  assert.is(await digestOf(bench, changed), before);
});

t.run();
