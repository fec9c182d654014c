/** Rules as a whole: their order, and what belongs to others. One SetRulePriorities call, whatever moves. */
import {
  AddTagsCommand,
  CreateRuleCommand,
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
  DescribeRulesCommand,
  ModifyRuleCommand,
  type Rule,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import * as assert from 'uvu/assert';
import type { Json } from '../../reconciler/model/json.ts';
import { type Bench, changesOf, contractSuite, converge, look, namesOf, type Spec, withAt, writesOf } from '../support/contract-bench.ts';
import { withEdits } from '../support/contract-in-place.ts';
import { at, viewOf } from '../support/contract-view.ts';
import { stockObjects, wideStack } from '../support/contract-wide.ts';

const t = contractSuite('rules', { dataplane: false });

const rule = (name: string, more: object = {}): Json => ({ if: { path: [`/${name}`] }, forward: 'web', ...more });

/** The stack with these rules, in this order. */
const ordered = (...names: readonly string[]): Spec => withRules(Object.fromEntries(names.map((name) => [name, rule(name)])));
const withRules = (rules: { readonly [name: string]: Json }): Spec => withAt(wideStack(), ['listeners', 'https', 'rules'], rules);

async function rulesOf({ elb }: Bench): Promise<readonly Rule[]> {
  const LoadBalancerArn = (await elb.send(new DescribeLoadBalancersCommand({}))).LoadBalancers?.[0]?.LoadBalancerArn;
  const { Listeners = [] } = await elb.send(new DescribeListenersCommand({ LoadBalancerArn }));
  const ListenerArn = Listeners.find(({ Port }) => Port === 443)?.ListenerArn;
  return (await elb.send(new DescribeRulesCommand({ ListenerArn }))).Rules ?? [];
}

/** `10 /a`, in the order in which AWS asks them, without the default. */
async function order(bench: Bench): Promise<readonly string[]> {
  const rules = (await rulesOf(bench)).filter(({ IsDefault }) => IsDefault !== true);
  const sorted = rules.toSorted((one, other) => Number(one.Priority) - Number(other.Priority));
  return sorted.map(({ Priority, Conditions }) => `${Priority} ${Conditions?.[0]?.PathPatternConfig?.Values?.join()}`);
}

/** From one spec to the other: what was written, and what AWS then asks in which order. */
async function move(
  bench: Bench,
  from: Spec,
  to: Spec,
): Promise<{ readonly writes: readonly string[]; readonly order: readonly string[] }> {
  await converge(bench, from);
  const since = bench.sandbox.calls().length;
  await converge(bench, to);
  return { writes: writesOf(bench, since), order: await order(bench) };
}

t.before(async ({ sandbox }) => void (await stockObjects(sandbox)));
t.before.each(async (bench) => void (await converge(bench, withAt(wideStack(), ['listeners', 'https', 'rules'], undefined))));

t('two rules are swapped by moving one, in one call', async (bench) => {
  const done = await move(bench, ordered('a', 'b'), ordered('b', 'a'));
  assert.equal(done.writes, ['SetRulePriorities']);
  assert.equal(
    done.order.map((line) => line.split(' ')[1]),
    ['/b', '/a'],
  );
});

t('two rules that say their places swap them, in one call', async (bench) => {
  const places = (a: number, b: number): Spec => withRules({ a: rule('a', { priority: a }), b: rule('b', { priority: b }) });
  const done = await move(bench, places(1, 2), places(2, 1));
  assert.equal(done, { writes: ['SetRulePriorities'], order: ['1 /b', '2 /a'] });
});

t('at the quota of rules a group that serves is replaced all the same, and no call is refused', async (bench) => {
  const full = (port: number): Spec => {
    const spec = withAt(wideStack(), ['targetGroups', 'web', 'port'], port);
    const rules = Object.fromEntries(
      Array.from({ length: 100 }, (_, index) => [`r${index}`, { if: { path: [`/${index}`] }, fixedResponse: { statusCode: '404' } }]),
    );
    const bare = withAt(spec, ['listeners', 'http', 'rules'], undefined);
    return withAt(bare, ['listeners', 'https', 'rules'], rules);
  };
  await converge(bench, full(8080));
  assert.is((await rulesOf(bench)).length, 101);
  const since = bench.sandbox.calls().length;
  await converge(bench, full(8081));
  const calls = bench.sandbox.calls().slice(since);
  assert.equal(
    calls.filter(({ code }) => code !== undefined).map(({ action, code }) => `${action} ${code}`),
    [],
  );
  assert.not.ok(calls.some(({ action }) => action === 'CreateRule' || action === 'DeleteRule'));
});

t('three rules that say their places are rotated in one call', async (bench) => {
  const places = (...of: readonly number[]): Spec =>
    withRules(Object.fromEntries(['a', 'b', 'c'].map((name, index) => [name, rule(name, { priority: of[index] })])));
  const done = await move(bench, places(1, 2, 3), places(2, 3, 1));
  assert.equal(done, { writes: ['SetRulePriorities'], order: ['1 /c', '2 /a', '3 /b'] });
});

t('three rules rotated in the file: only the one that came first moves', async (bench) => {
  const done = await move(bench, ordered('a', 'b', 'c'), ordered('b', 'c', 'a'));
  assert.equal(done, { writes: ['SetRulePriorities'], order: ['20 /b', '30 /c', '40 /a'] });
});

t('a rule put first moves none', async (bench) => {
  const done = await move(bench, ordered('a', 'b'), ordered('first', 'a', 'b'));
  assert.equal(done, { writes: ['CreateRule'], order: ['5 /first', '10 /a', '20 /b'] });
});

t('a rule put first where there is no room: the others move in one call before it is made', async (bench) => {
  const existing = withRules({ a: rule('a', { priority: 1 }), b: rule('b', { priority: 2 }) });
  const done = await move(bench, existing, ordered('first', 'a', 'b'));
  assert.equal(done.writes, ['SetRulePriorities', 'CreateRule']);
  assert.equal(
    done.order.map((line) => line.split(' ')[1]),
    ['/first', '/a', '/b'],
  );
});

t('a rule taken out and another put in at its place', async (bench) => {
  const done = await move(bench, withRules({ a: rule('a', { priority: 7 }) }), withRules({ b: rule('b', { priority: 7 }) }));
  assert.equal(done.order, ['7 /b']);
  assert.ok(done.writes.filter((action) => action === 'SetRulePriorities').length <= 1);
  assert.equal(
    done.writes.toSorted().filter((action) => action !== 'SetRulePriorities'),
    ['CreateRule', 'DeleteRule'],
  );
});

t('a place that is said is taken, and the others keep their order around it', async (bench) => {
  const pinned = withRules({ a: rule('a'), b: rule('b', { priority: 5 }), c: rule('c') });
  const done = await move(bench, ordered('a', 'b', 'c'), pinned);
  assert.equal(done, { writes: ['SetRulePriorities'], order: ['5 /b', '10 /a', '30 /c'] });
});

async function foreignRule(bench: Bench, Priority: number): Promise<string> {
  const rules = await rulesOf(bench);
  const ListenerArn = rules[0]?.RuleArn?.replace('listener-rule', 'listener').replace(/\/[^/]+$/, '');
  const made = await bench.elb.send(
    new CreateRuleCommand({
      ListenerArn,
      Priority,
      Conditions: [{ Field: 'path-pattern', PathPatternConfig: { Values: ['/theirs'] } }],
      Actions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '200', ContentType: 'text/plain', MessageBody: 'theirs' } }],
    }),
  );
  return made.Rules?.[0]?.RuleArn ?? '';
}

t('a rule of somebody else stays where it is, and its place is not taken', async (bench) => {
  await converge(bench, ordered('a', 'b'));
  await foreignRule(bench, 30);
  assert.equal(changesOf((await look(bench, ordered('a', 'b'))).plan), [], 'it is nothing to change');
  const done = await move(bench, ordered('a', 'b'), ordered('a', 'b', 'c'));
  assert.equal(done, { writes: ['CreateRule'], order: ['10 /a', '20 /b', '30 /theirs', '31 /c'] });
  // Rotated around it, still one call.
  const turned = await move(bench, ordered('a', 'b', 'c'), ordered('c', 'b', 'a'));
  assert.equal(turned.writes, ['SetRulePriorities']);
  assert.equal(
    turned.order.filter((line) => line.endsWith('/theirs')),
    ['30 /theirs'],
  );
  await converge(bench, withAt(wideStack(), ['listeners', 'https', 'rules'], undefined));
  assert.equal(await order(bench), ['30 /theirs'], 'ours are gone, theirs is left');
});

t('weights that a deployer sets are left alone when the spec ignores them, and put back when it does not', async (bench) => {
  const weighted = {
    targetGroups: [
      { targetGroup: 'web', weight: 1 },
      { targetGroup: 'other', weight: 0 },
    ],
  };
  const own = withRules({ a: rule('a', { forward: weighted }) });
  const left = withEdits(own, [['ignore', ['listeners.https.rules.a.forward']]]);
  await converge(bench, own);
  const [mine] = (await rulesOf(bench)).filter(({ Conditions }) => Conditions?.[0]?.PathPatternConfig?.Values?.[0] === '/a');
  const groups = mine?.Actions?.[0]?.ForwardConfig?.TargetGroups ?? [];
  assert.is(groups.length, 2);
  const TargetGroups = groups.map(({ TargetGroupArn }, index) => ({ TargetGroupArn, Weight: 10 * (index + 1) }));
  await bench.elb.send(new ModifyRuleCommand({ RuleArn: mine?.RuleArn, Actions: [{ Type: 'forward', ForwardConfig: { TargetGroups } }] }));
  const seen = await look(bench, left);
  assert.equal(changesOf(seen.plan), []);
  assert.ok(
    seen.plan.notes.some(({ address, kind }) => address === 'rule/https.a' && kind === 'unmanaged'),
    'the plan says what it leaves alone',
  );
  // Something else of the same rule is changed, and the weights survive.
  const moved = withEdits(left, [['listeners/https/rules/a/priority', 77]]);
  await converge(bench, moved);
  const view = await viewOf(bench, 'rule/https.a');
  assert.is(at(view, ['Priority']), '77');
  assert.equal(at(view, ['Actions', 0, 'ForwardConfig', 'TargetGroups']), TargetGroups);
  assert.equal(namesOf((await look(bench, own)).plan), ['update rule/https.a actions']);
});

t('tags of others stay', async (bench) => {
  await converge(bench, ordered('a'));
  const RuleArn = String((await viewOf(bench, 'rule/https.a'))['RuleArn']);
  await bench.elb.send(new AddTagsCommand({ ResourceArns: [RuleArn], Tags: [{ Key: 'Cost', Value: '42' }] }));
  assert.equal(changesOf((await look(bench, ordered('a'))).plan), []);
  await converge(bench, withRules({ a: rule('a', { tags: { Team: 'web' } }) }));
  const tags = at(await viewOf(bench, 'rule/https.a'), ['tags']) as Record<string, string>;
  assert.equal([tags['Cost'], tags['Team']], ['42', 'web']);
  await converge(bench, ordered('a'));
  const after = at(await viewOf(bench, 'rule/https.a'), ['tags']) as Record<string, string>;
  assert.equal([after['Cost'], after['Team']], ['42', undefined]);
});

t.run();
