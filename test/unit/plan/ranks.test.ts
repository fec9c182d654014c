/** Moves of rules: one call a listener, whatever moves. */

import fc from 'fast-check';
import * as assert from 'uvu/assert';
import type { Json } from '../../../reconciler/model/json.ts';
import type { Observed } from '../../../reconciler/model/model.ts';
import { plan } from '../../../reconciler/plan/plan.ts';
import { assignRanks } from '../../../reconciler/plan/ranks.ts';
import type { Plan } from '../../../reconciler/plan/types.ts';
import { namesWhatIsGone, needsOf, stepOf } from '../../support/plans.ts';
import { appliedOf, changed, idOf, NOTHING, type SpecData, stackOf } from '../../support/stacks.ts';
import { suite } from '../../support/suite.ts';

const t = suite('plan/ranks');

type Priorities = Readonly<Record<string, number>>;

/** The tutorial with rules on its HTTP listener, in this order: `a`, or `a=5` with a priority of its own. */
const withRules = (said: string, more: (spec: SpecData) => void = () => {}): SpecData =>
  changed((spec) => {
    spec.listeners.http.rules = Object.fromEntries(
      said
        .split(' ')
        .filter((one) => one !== '')
        .map((one) => {
          const [name = '', pin] = one.split('=');
          return [name, { if: { path: [`/${name}`] }, forward: 'web', ...(pin === undefined ? {} : { priority: Number(pin) }) }];
        }),
    );
    more(spec);
  });

/** Live as after `said` was applied with these priorities. */
function liveOf(said: string, places: Priorities, more: Partial<Observed> = {}): Observed {
  const observed = appliedOf(stackOf(withRules(said)), more);
  return {
    ...observed,
    live: observed.live.map((entry) =>
      entry.kind === 'rule'
        ? { ...entry, values: { ...entry.values, priority: places[entry.address.replace('rule/http.', '')] ?? 0 } }
        : entry,
    ),
  };
}

const writes = (planned: Plan): string[] =>
  planned.steps.filter((step) => step.effect !== 'await').map((step) => `${step.op.split(':')[1]} ${step.address}`);
const calls = (planned: Plan) => planned.steps.filter((step) => step.op === 'elbv2:SetRulePriorities');
/** The moves of the only call, by name. */
function moves(planned: Plan): Priorities {
  const [call, ...more] = calls(planned);
  assert.equal(more, [], 'one call');
  const list =
    (call?.input as { readonly RulePriorities?: readonly { readonly RuleArn: string; readonly Priority: number }[] } | undefined)
      ?.RulePriorities ?? [];
  return Object.fromEntries(list.map(({ RuleArn, Priority }) => [RuleArn.replace(idOf('rule/http.'), ''), Priority]));
}
const priorityOf = (planned: Plan, id: string): Json | undefined =>
  (stepOf(planned, id).input as { readonly [key: string]: Json })['Priority'];
const ABC = { a: 10, b: 20, c: 30 };

t('new rules are made in the places that the file gives them', () => {
  const planned = plan(stackOf(withRules('a b=7 c')), NOTHING);
  assert.equal(
    ['a', 'b', 'c'].map((name) => priorityOf(planned, `rule/http.${name}:create`)),
    [10, 7, 20],
  );
  assert.equal(calls(planned), []);
});

t('nothing moves when nothing changes', () => {
  assert.equal(plan(stackOf(withRules('a b c')), liveOf('a b c', { a: 3, b: 400, c: 401 })).steps, []);
});

for (const [name, to, expected] of [
  ['two swapped', 'a c b', { b: 40 }],
  ['the last first', 'c a b', { c: 5 }],
  ['the first last', 'b c a', { a: 40 }],
  ['turned round', 'c b a', { a: 50, b: 40 }],
  ['two pins exchanged', 'a=20 b=10 c', { a: 20, b: 10 }],
  ['three pins in a ring', 'a=20 b=30 c=10', { a: 20, b: 30, c: 10 }],
] as readonly (readonly [string, string, Priorities])[]) {
  t(`${name}: one call with what moves, and nothing else`, () => {
    const planned = plan(stackOf(withRules(to)), liveOf('a b c', ABC));
    const moved = moves(planned);
    assert.equal(Object.keys(moved).sort(), Object.keys(expected).sort());
    if (name !== 'turned round') assert.equal(moved, expected);
    assert.equal(
      planned.steps.map((step) => step.op).filter((op) => op !== 'elbv2:SetRulePriorities' && !op.includes('Describe')),
      [],
      'no rule is rewritten',
    );
    const places: Record<string, number> = { ...ABC, ...moved };
    if (!to.includes('='))
      assert.equal(
        Object.keys(places)
          .sort((a, b) => (places[a] ?? 0) - (places[b] ?? 0))
          .join(' '),
        to,
      );
  });
}

t('a rule that is put between two others is made there, and nothing moves', () => {
  const planned = plan(stackOf(withRules('a x b c')), liveOf('a b c', ABC));
  assert.equal(writes(planned), ['CreateRule rule/http.x']);
  assert.is(priorityOf(planned, 'rule/http.x:create'), 15);
});

t('where there is no gap the others move first, in one call, and then it is made', () => {
  const planned = plan(stackOf(withRules('a x b')), liveOf('a b', { a: 1, b: 2 }));
  const moved = moves(planned);
  const made = Number(priorityOf(planned, 'rule/http.x:create'));
  const places = { a: 1, b: 2, ...moved };
  assert.ok(places.a < made && made < places.b, JSON.stringify([places, made]));
  assert.ok(needsOf(planned, 'rule/http.x:create').has(calls(planned)[0]?.id ?? ''), 'the place is free only after the move');
});

t('a new rule takes the place of one that goes: that one is moved out of the way first', () => {
  const planned = plan(stackOf(withRules('x=10 b')), liveOf('a b', { a: 10, b: 20 }));
  assert.equal(moves(planned), { a: 19 }, 'the nearest free place at which it is still asked before b');
  assert.ok(needsOf(planned, 'rule/http.x:create').has(calls(planned)[0]?.id ?? ''));
  assert.ok(writes(planned).includes('DeleteRule rule/http.a'));
});

t('where those that stay leave no gap, it moves to the far end', () => {
  const planned = plan(stackOf(withRules('z=9 x=10 b=11')), liveOf('z a b', { z: 9, a: 10, b: 11 }));
  assert.equal(moves(planned), { a: 50_000 });
});

t('out of the way means a place that nobody has, not even strangers', () => {
  const parent = idOf('listener/http');
  const planned = plan(
    stackOf(withRules('x=10 b=50000')),
    liveOf('a b', { a: 10, b: 50_000 }, { occupied: [{ kind: 'rule', parent, value: 49_999 }] }),
  );
  const place = moves(planned)['a'] ?? 0;
  assert.ok(place >= 1 && place <= 50_000);
  assert.not.ok([10, 50_000, 49_999].includes(place), String(place));
});

t('places of strangers are passed over, those on other listeners are free', () => {
  const observed = (parent: string): Observed => ({ ...liveOf('', {}), occupied: [{ kind: 'rule', parent, value: 10 }] });
  assert.is(priorityOf(plan(stackOf(withRules('a')), observed(idOf('listener/http'))), 'rule/http.a:create'), 11);
  assert.is(priorityOf(plan(stackOf(withRules('a')), observed('arn:other')), 'rule/http.a:create'), 10);
});

t('two listeners are two calls', () => {
  const both = (order: string) => (spec: SpecData) => {
    spec.listeners.https.rules = Object.fromEntries(order.split(' ').map((name) => [name, { if: { path: [`/${name}`] }, forward: 'web' }]));
  };
  const observed = appliedOf(stackOf(withRules('a b', both('a b'))));
  const places: Priorities = { a: 10, b: 20 };
  const live = {
    ...observed,
    live: observed.live.map((entry) =>
      entry.kind === 'rule' ? { ...entry, values: { ...entry.values, priority: places[entry.address.split('.')[1] ?? ''] ?? 0 } } : entry,
    ),
  };
  const planned = plan(stackOf(withRules('b a', both('b a'))), live);
  assert.is(calls(planned).length, 2);
  assert.is(new Set(calls(planned).map((step) => step.id)).size, 2);
  assert.equal(planned.changes.map((change) => change.address).sort(), ['rule/http.a', 'rule/https.a']);
});

t('a changed condition is changed in place, not moved', () => {
  const planned = plan(stackOf(withRules('a b c', (spec) => (spec.listeners.http.rules.b.if.path = ['/other']))), liveOf('a b c', ABC));
  assert.equal(writes(planned), ['ModifyRule rule/http.b']);
});

t('rules go with their listener', () => {
  const planned = plan(stackOf(changed((spec) => delete spec.listeners.http)), liveOf('a b', { a: 10, b: 20 }));
  assert.equal(
    planned.steps.map((step) => step.op).filter((op) => op.startsWith('elbv2:Delete')),
    ['elbv2:DeleteListener'],
  );
});

t('the place that the surplus of an interrupted run holds is left before the rule is made that has its address', () => {
  const live = liveOf('a=10 b=20', { a: 10, b: 20 });
  const own = live.live.find((entry) => entry.address === 'rule/http.b');
  if (own === undefined) throw new Error('no rule');
  // Other conditions and another order: both are made anew beside the old ones, and one of the new ones is there already.
  const wanted = changed((spec) => {
    spec.listeners.http.rules = {
      b: { if: { path: ['/c'] }, fixedResponse: { statusCode: '404' }, priority: 5 },
      a: { if: { path: ['/a'] }, forward: 'web', priority: 30 },
    };
  });
  // Whichever of the two AWS names first.
  for (const id of [`a-${own.id}`, `z-${own.id}`]) {
    const surplus = { ...own, id, values: { ...own.values, priority: 5, if: [] } };
    const planned = plan(stackOf(wanted), { ...live, duplicates: [surplus] });
    const create = planned.steps.find((step) => step.op === 'elbv2:CreateRule' && priorityOf(planned, step.id) === 5);
    const [move] = calls(planned);
    if (create === undefined || move === undefined) throw new Error(writes(planned).join());
    assert.ok(JSON.stringify(move.input).includes(id), 'the surplus is not moved');
    assert.ok(needsOf(planned, create.id).has(move.id), `made before the place is free: ${create.needs.join()}`);
    assert.not.ok(needsOf(planned, move.id).has(create.id), 'the move waits for what it makes room for');
  }
});

/** Rules of a load balancer with IPv6 addresses, which may lead to IPv6 targets, or without, which may not. */
interface Balancer {
  readonly dualstack: boolean;
  readonly rules: Readonly<Record<string, { readonly path: string; readonly six: boolean; readonly priority: number | undefined }>>;
}

const BALANCERS = fc
  .record<Balancer>({
    dualstack: fc.boolean(),
    rules: fc.dictionary(
      fc.constantFrom('p', 'q', 'r'),
      fc.record({ path: fc.constantFrom('/x', '/y', '/z'), six: fc.boolean(), priority: fc.constantFrom(undefined, undefined, 3, 7) }),
    ),
  })
  .filter(({ rules }) => {
    const said = Object.values(rules).flatMap(({ priority }) => priority ?? []);
    return new Set(said).size === said.length;
  });

const specOf = ({ dualstack, rules }: Balancer): SpecData =>
  changed((spec) => {
    spec.network.vpc.ipv6 = true;
    spec.network.subnets.a.ipv6 = 0;
    spec.network.subnets.b.ipv6 = 1;
    spec.targetGroups.six = { targetType: 'ip', ipAddressType: 'ipv6', port: 80 };
    spec.loadBalancer.ipAddressType = dualstack ? 'dualstack-without-public-ipv4' : 'ipv4';
    spec.listeners.http.rules = Object.fromEntries(
      Object.entries(rules).map(([name, { path, six, priority }]) => [
        name,
        { if: { path: [path] }, forward: dualstack && six ? 'six' : 'web', ...(priority === undefined ? {} : { priority }) },
      ]),
    );
  });

/** What is live after this, with the places that its rules were given. */
function liveAfter(spec: SpecData): Observed {
  const stack = stackOf(spec);
  const places = new Map(
    assignRanks(stack.desired, NOTHING).map((entry): [string, Json] => [entry.address, entry.values['priority'] ?? 0]),
  );
  const observed = appliedOf(stack);
  return {
    ...observed,
    live: observed.live.map((entry) =>
      entry.kind === 'rule' ? { ...entry, values: { ...entry.values, priority: places.get(entry.address) ?? 0 } } : entry,
    ),
  };
}

const asking = (path: string, six: boolean, priority?: number) => ({ path, six, priority });

for (const [name, before, after] of [
  ['its name is the one of another rule', { p: asking('/z', true), r: asking('/x', false) }, { p: asking('/x', false, 7) }],
  ['its place is the one of a new rule', { p: asking('/z', true, 3) }, { q: asking('/x', false, 3) }],
  ['its place is the one of another rule', { p: asking('/z', true, 3), r: asking('/x', false, 7) }, { r: asking('/x', false, 3) }],
] as const) {
  t(`a rule that must go before its load balancer changes is moved before that: ${name}`, () => {
    const planned = plan(stackOf(specOf({ dualstack: false, rules: after })), liveAfter(specOf({ dualstack: true, rules: before })));
    const [move] = calls(planned);
    const end = planned.steps.find(({ op }) => op === 'elbv2:DeleteRule');
    const turn = planned.steps.find(({ op }) => op === 'elbv2:SetIpAddressType');
    if (move === undefined || end === undefined || turn === undefined) throw new Error(writes(planned).join());
    assert.ok(needsOf(planned, turn.id).has(end.id), 'the rule leads to IPv6 targets');
    assert.ok(JSON.stringify(move.input).includes((end.input as { readonly RuleArn: string }).RuleArn), 'it leaves its place');
    assert.ok(needsOf(planned, end.id).has(move.id), writes(planned).join('\n'));
  });
}

t('from any rules to any others no call names a rule that is gone', () => {
  let named = 0;
  fc.assert(
    fc.property(BALANCERS, BALANCERS, (before, after) => {
      const planned = plan(stackOf(specOf(after)), liveAfter(specOf(before)));
      assert.equal(namesWhatIsGone(planned), []);
      const ends = planned.steps
        .filter(({ op }) => op === 'elbv2:DeleteRule')
        .map(({ input }) => JSON.stringify(Object.values(input ?? {})[0]));
      if (calls(planned).some(({ input }) => ends.some((id) => JSON.stringify(input).includes(id)))) named++;
    }),
    { numRuns: 200 },
  );
  assert.ok(named > 10, `only ${named} plans move a rule that goes`);
});

t.run();
