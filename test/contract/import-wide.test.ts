/**
 * Whatever albedo can make, it can import: every value of the wide trials is applied, all tags of albedo are taken off through the
 * SDK, and what is then imported as somebody else's has a plan that adopts and changes nothing else.
 */
import {
  AddTagsCommand,
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
  DescribeRulesCommand,
  DescribeTagsCommand,
  DescribeTargetGroupsCommand,
  RemoveTagsCommand,
  type Tag,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import * as assert from 'uvu/assert';
import { type Bench, contractSuite, converge, ready, type Spec } from '../support/contract-bench.ts';
import { withEdits } from '../support/contract-in-place.ts';
import { type Edit, listWritables } from '../support/contract-trials.ts';
import { addTomorrow, stockObjects, wideStack, wideTrials } from '../support/contract-wide.ts';
import { SECRETS } from '../support/contract-wide-auth.ts';
import { editsOf } from '../support/contract-wide-run.ts';
import { imported } from '../support/importing.ts';
import { sampled } from '../support/sample.ts';

const t = contractSuite('import, the wider table', { dataplane: false });

interface Bundle {
  spec: Spec;
  readonly edits: Edit[];
  readonly keys: string[];
}

/** As many trials as can stand together in one spec: no two write at one place, and the spec has no mistake. */
function bundlesOf(versions: readonly string[]): readonly Bundle[] {
  const bundles: Bundle[] = [];
  const trials = wideTrials(versions);
  for (const writable of listWritables()) {
    // AWS never tells what a trust store was made of: it is pointed to, not imported.
    const trial = writable.kind.name === 'trustStore' ? undefined : trials[writable.key];
    for (const edits of trial === undefined ? [] : editsOf(writable, trial)) {
      const home = bundles.find(
        (bundle) => bundle.edits.every((one) => edits.every((other) => !clash(one, other))) && isSound(withEdits(bundle.spec, edits)),
      );
      const bundle = home ?? { spec: wideStack(), edits: [], keys: [] };
      if (home === undefined) bundles.push(bundle);
      bundle.spec = withEdits(bundle.spec, edits);
      bundle.edits.push(...edits);
      bundle.keys.push(writable.key);
    }
  }
  return bundles;
}

/** Two edits of which one undoes the other. */
function clash([one, value]: Edit, [other, otherValue]: Edit): boolean {
  if (one === other) return JSON.stringify(value) !== JSON.stringify(otherValue);
  return one.startsWith(`${other}/`) || other.startsWith(`${one}/`);
}

function isSound(spec: Spec): boolean {
  try {
    ready(spec);
    return true;
  } catch {
    return false;
  }
}

/** Every object of ELB that has tags, with them. */
async function taggedOf({ elb }: Bench): Promise<ReadonlyMap<string, readonly Tag[]>> {
  const { LoadBalancers = [] } = await elb.send(new DescribeLoadBalancersCommand({}));
  const { TargetGroups = [] } = await elb.send(new DescribeTargetGroupsCommand({}));
  const arns = [...LoadBalancers.map((one) => one.LoadBalancerArn), ...TargetGroups.map((one) => one.TargetGroupArn)];
  for (const { LoadBalancerArn } of LoadBalancers) {
    const { Listeners = [] } = await elb.send(new DescribeListenersCommand({ LoadBalancerArn }));
    for (const { ListenerArn } of Listeners) {
      const { Rules = [] } = await elb.send(new DescribeRulesCommand({ ListenerArn }));
      arns.push(ListenerArn, ...Rules.map(({ RuleArn }) => RuleArn));
    }
  }
  const found = new Map<string, readonly Tag[]>();
  for (const arn of arns) {
    const { TagDescriptions = [] } = await elb.send(new DescribeTagsCommand({ ResourceArns: [arn ?? ''] }));
    found.set(
      arn ?? '',
      (TagDescriptions[0]?.Tags ?? []).filter(({ Key = '' }) => Key.startsWith('albedo:')),
    );
  }
  return found;
}

t.before(async ({ sandbox }) => {
  Object.assign(process.env, SECRETS);
  addTomorrow();
  versions = await stockObjects(sandbox);
});
let versions: readonly string[] = ['', '', '', ''];

t('what was made, unmarked and imported: nothing differs', async (bench) => {
  const bundles = bundlesOf(versions);
  const tried = new Set(bundles.flatMap(({ keys }) => keys));
  assert.equal(
    [...Object.keys(wideTrials(versions))].filter((key) => !tried.has(key) && !key.startsWith('trustStore ')),
    [],
    'trials in no bundle',
  );
  await converge(bench, wideStack());
  for (const { spec, keys } of sampled(bundles, 2)) {
    await converge(bench, spec);
    const tags = await taggedOf(bench);
    for (const [arn, own] of tags)
      if (own.length > 0) await bench.elb.send(new RemoveTagsCommand({ ResourceArns: [arn], TagKeys: own.map(({ Key }) => Key ?? '') }));
    const found = await imported(bench, 'wide', 'imported');
    const about = `${keys.join(', ')}:\n${found.text}`;
    assert.equal(found.problems, [], about);
    assert.equal(found.differences, [], about);
    assert.ok(found.adopted >= 5, about);
    for (const [arn, own] of tags) if (own.length > 0) await bench.elb.send(new AddTagsCommand({ ResourceArns: [arn], Tags: [...own] }));
  }
});

t('what a stack has already is imported as that stack, network and all', async (bench) => {
  await converge(
    bench,
    withEdits(wideStack(), [
      ['instances', { 'web-1': { subnet: 'a' } }],
      ['tags', { Team: 'shop' }],
      ['loadBalancer/name', 'wide'],
    ]),
  );
  const found = await imported(bench, 'wide');
  assert.is(found.owner, 'wide');
  assert.equal([found.problems, found.differences, found.adopted], [[], [], 0]);
  assert.match(found.text, /\n {2}vpc: \{ cidrBlock: 10\.0\.0\.0\/16 \}\n/);
  assert.match(found.text, /\n {2}web-1: \{ subnet: a/);
  assert.match(found.text, /\ntags: \{ Team: shop \}\n/);
  assert.match(found.text, /\n {2}site: \{ selfSigned: \{ commonName: wide\.example/);
});

t.run();
