/** A light pass finds what is missing, extra or tagged otherwise, and costs next to nothing a stack. */

import * as assert from 'uvu/assert';
import type { Stack } from '../../../reconciler/model/model.ts';
import { observeLight } from '../../../reconciler/observe/light.ts';
import { makeStacks, nameOf, stacksOf } from '../../support/many-stacks.ts';
import { refusal } from '../../support/scripted-cloud.ts';
import { suite } from '../../support/suite.ts';
import { type TinyAws, tinyAws } from '../../support/tiny-aws.ts';
import type { Wire } from '../../support/tiny-store.ts';

const t = suite<{ aws: TinyAws; stacks: readonly Stack[]; whole: Map<string, Wire> }>('observe/light');

t.before(async (context) => {
  const aws = tinyAws();
  const stacks = stacksOf(await makeStacks(aws, 4));
  Object.assign(context, { aws, stacks, whole: structuredClone(aws.objects) });
});

t.before.each(({ aws, whole }) => {
  aws.objects.clear();
  for (const [id, object] of structuredClone(whole)) aws.objects.set(id, object);
  aws.calls.length = 0;
});

const of = (aws: TinyAws, type: string, stack: number): Wire[] =>
  aws.all(type).filter(({ Tags }) => Tags.some((tag: Wire) => tag.Key === 'albedo:stack' && tag.Value === nameOf(stack)));

const findings = async (aws: TinyAws, stacks: readonly Stack[]) =>
  (await observeLight(stacks, aws)).flatMap(({ stack, missing, extra, retagged }) => [
    ...missing.map((address) => `${stack} missing ${address}`),
    ...extra.map(({ address }) => `${stack} extra ${address}`),
    ...retagged.map(({ address, tags }) => `${stack} retagged ${address} ${tags.join()}`),
  ]);

t('nothing is found where nothing differs, and nothing is read that takes one resource a call', async ({ aws, stacks }) => {
  assert.equal(await findings(aws, stacks), []);
  assert.not(aws.calls.some(({ op }) => /Attributes|TargetHealth|GetServerCertificate|DescribeTags/.test(op)));
  assert.ok(aws.calls.length <= 12, `${aws.calls.length} calls`);
});

t('a rule that is gone is missing, though tags name it still', async ({ aws, stacks }) => {
  await aws.call('elbv2:DeleteRule', { RuleArn: of(aws, 'rule', 2)[0].id });
  const [found, ...more] = await findings(aws, stacks);
  assert.match(found ?? '', /^stack-002 missing rule\//);
  assert.equal(more, []);
});

t('a load balancer that is gone takes listeners and rules with it', async ({ aws, stacks }) => {
  const [balancer] = of(aws, 'balancer', 1);
  for (const object of [...of(aws, 'rule', 1), ...of(aws, 'listener', 1), balancer]) aws.objects.delete(object.id);
  assert.equal(
    (await findings(aws, stacks)).map((text) => text.split(' ').slice(0, 2).join(' ')),
    Array.from({ length: 8 }, () => 'stack-001 missing'),
  );
});

t('what a spec does not hold is extra, and so is a second one', async ({ aws, stacks }) => {
  const [group] = of(aws, 'targets', 3);
  const again = { ...structuredClone(group), id: `${group.id}2`, TargetGroupArn: `${group.id}2` };
  aws.objects.set(again.id, again);
  const [first, ...rest] = stacks;
  assert.ok(first !== undefined);
  const without = { ...first, desired: first.desired.filter(({ address }) => address !== 'instance/web-2') };
  assert.equal(await findings(aws, [without, ...rest]), ['stack-000 extra instance/web-2', 'stack-003 extra targetGroup/web']);
});

t('a tag that somebody changed is found, a stack tag that somebody took is a missing resource', async ({ aws, stacks }) => {
  const [first, ...rest] = stacks;
  assert.ok(first !== undefined);
  const wanting = {
    ...first,
    desired: first.desired.map((entry) => (entry.address === 'vpc/main' ? { ...entry, tags: { ...entry.tags, Team: 'web' } } : entry)),
  };
  of(aws, 'rule', 1)[0].Tags = [];
  const found = await findings(aws, [wanting, ...rest]);
  assert.is(found[0], 'stack-000 retagged vpc/main Team');
  assert.match(found[1] ?? '', /^stack-001 missing rule\//);
  assert.is(found.length, 2);
});

t('what cannot be looked at is said to be unseen, and never missing', async ({ aws, stacks }) => {
  const denied = {
    call: async (op: string, input: Wire) => {
      if (op.startsWith('tagging:')) throw refusal(op, 'AccessDeniedException');
      return aws.call(op, input);
    },
  };
  for (const { missing, unseen } of await observeLight(stacks, denied)) {
    assert.equal(missing, []);
    assert.ok(unseen.includes('rule') && unseen.includes('loadBalancer'));
  }
  for (const { unseen } of await observeLight(stacks, aws)) assert.equal(unseen, ['certificate', 'trustStore']);
});

t.run();
