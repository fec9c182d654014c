/** Which live rule becomes which of the file, and which are made anew beside the old ones. */

import * as assert from 'uvu/assert';
import type { Observed } from '../../../reconciler/model/model.ts';
import { plan } from '../../../reconciler/plan/plan.ts';
import type { Plan } from '../../../reconciler/plan/types.ts';
import { needsOf } from '../../support/plans.ts';
import { appliedOf, changed, type SpecData, stackOf } from '../../support/stacks.ts';
import { suite } from '../../support/suite.ts';

const t = suite('plan/handover');

interface Said {
  readonly path: string | readonly string[];
  readonly to?: string;
  readonly priority?: number;
}

/** The tutorial with these rules on its HTTP listener; each answers a fixed status. */
const withRules = (rules: Readonly<Record<string, Said>>): ((spec: SpecData) => void) => {
  const said = Object.entries(rules).map(([name, { path, to = '404', priority }]) => [
    name,
    { if: { path: [path].flat() }, fixedResponse: { statusCode: to }, ...(priority === undefined ? {} : { priority }) },
  ]);
  return (spec) => {
    spec.listeners.http.rules = Object.fromEntries(said);
  };
};

/** These rules live, at 10, 20 and so on unless they say a priority. */
function from(rules: Readonly<Record<string, Said>>): Observed {
  const observed = appliedOf(stackOf(changed(withRules(rules))));
  const names = Object.keys(rules);
  return {
    ...observed,
    live: observed.live.map((entry) =>
      entry.kind === 'rule'
        ? { ...entry, values: { priority: 10 * (1 + names.indexOf(entry.address.slice('rule/http.'.length))), ...entry.values } }
        : entry,
    ),
  };
}

const to = (rules: Readonly<Record<string, Said>>, observed: Observed): Plan => plan(stackOf(changed(withRules(rules))), observed);

const without = <T extends object>(values: T, name: string): T =>
  Object.fromEntries(Object.entries(values).filter(([key]) => key !== name)) as T;

/** What is called of the rules, with the rule in the file. */
const calls = (planned: Plan): readonly string[] =>
  planned.steps.filter(({ address }) => address.startsWith('rule/')).map(({ op, address }) => `${op.slice(6)} ${address.slice(10)}`);

t('a rule with another name is renamed by its tag, and nothing else is touched', () => {
  const planned = to({ shop: { path: '/a' } }, from({ store: { path: '/a' } }));
  assert.equal(calls(planned), ['AddTags shop']);
  assert.equal(
    planned.changes.map(({ verb, risk, fields }) => [verb, risk, fields.map(({ field }) => field)]),
    [['update', 'none', ['tags.albedo:address']]],
  );
});

t('conditions and actions of one rule change in one call, and its ARN stays', () => {
  const planned = to({ a: { path: '/z', to: '410' }, b: { path: '/y' } }, from({ a: { path: '/x' }, b: { path: '/y' } }));
  assert.equal(calls(planned), ['ModifyRule a']);
  const input = planned.steps.find(({ op }) => op === 'elbv2:ModifyRule')?.input as { readonly [key: string]: unknown };
  assert.equal(Object.keys(input).sort(), ['Actions', 'Conditions', 'RuleArn']);
  assert.is(planned.changes.find(({ address }) => address === 'rule/http.a')?.verb, 'update');
});

t('with the actions of another one, which may gain a path or lose one, it is made anew', () => {
  const planned = to({ a: { path: '/z', to: '410' }, b: { path: '/y', to: '503' } }, from({ a: { path: '/x' }, b: { path: '/y' } }));
  assert.is(planned.changes.find(({ address }) => address === 'rule/http.a')?.verb, 'replace', 'the plan says that the ARN is another one');
  assert.is(planned.changes.find(({ address }) => address === 'rule/http.b')?.verb, 'update');
});

t('new rules wait for each other only where a listener serves meanwhile', () => {
  const rules = { a: { path: '/a' }, b: { path: '/b' } };
  const waits = (planned: Plan, listener: string): boolean =>
    needsOf(planned, `rule/${listener}.b:create`).has(`rule/${listener}.a:create`) ||
    needsOf(planned, `rule/${listener}.a:create`).has(`rule/${listener}.b:create`);
  const more = changed((spec) => {
    withRules(rules)(spec);
    spec.listeners.more = { ...spec.listeners.http, port: 8081 };
  });
  const planned = plan(stackOf(more), from({ a: { path: '/a' } }));
  assert.ok(waits(plan(stackOf(more), from({})), 'http'), 'this one serves');
  assert.not.ok(waits(planned, 'more'), 'this one is made with them');
  const elsewhere = changed((spec) => {
    withRules(rules)(spec);
    spec.loadBalancer.scheme = 'internal';
  });
  const moved = plan(stackOf(elsewhere), from(rules));
  assert.is(moved.changes.find(({ address }) => address === 'listener/http')?.verb, 'replace');
  assert.not.ok(waits(moved, 'http'), 'this one is made anew with them');
});

t('two rules that exchange conditions exchange their names', () => {
  const planned = to({ a: { path: '/y' }, b: { path: '/x' } }, from({ a: { path: '/x' }, b: { path: '/y' } }));
  assert.not.ok(
    calls(planned).some((call) => /Create|Delete|ModifyRule/.test(call)),
    calls(planned).join(', '),
  );
});

t('one rule with other conditions, or any with other actions, is changed in place', () => {
  const live = from({ a: { path: '/x' }, b: { path: '/y' } });
  assert.equal(calls(to({ a: { path: '/z' }, b: { path: '/y' } }, live)), ['ModifyRule a']);
  assert.equal(calls(to({ a: { path: '/x', to: '410' }, b: { path: '/y', to: '410' } }, live)), ['ModifyRule a', 'ModifyRule b']);
});

t('what AWS does not show of the rules is no change of them', () => {
  const live = from({ a: { path: '/x' }, b: { path: '/y' } });
  const silent = { ...live, live: live.live.map((entry) => ({ ...entry, values: without(entry.values, 'rewrite') })) };
  assert.equal(calls(to({ a: { path: '/z' }, b: { path: '/y' } }, silent)), ['ModifyRule a']);
});

t('several with other conditions are made anew, in the order in which they are asked, before the old ones go in the opposite one', () => {
  const planned = to({ a: { path: ['/x', '/1'] }, b: { path: '/2' } }, from({ a: { path: '/x' }, b: { path: ['/y', '/1'] } }));
  assert.equal(calls(planned), ['CreateRule a', 'CreateRule b', 'DeleteRule b', 'DeleteRule a']);
  assert.ok(needsOf(planned, 'rule/http.b:create').has('rule/http.a:create'));
  assert.ok(needsOf(planned, 'rule/http.a:destroy').has('rule/http.b:destroy'));
  assert.ok(needsOf(planned, 'rule/http.b:destroy').has('rule/http.b:create'));
});

t('a new order and nothing else is one call', () => {
  const live = from({ a: { path: '/x' }, b: { path: '/y' }, c: { path: '/z' } });
  const planned = to({ c: { path: '/z' }, b: { path: '/y' }, a: { path: '/x' } }, live);
  assert.is(planned.steps.length, 1);
  assert.is(planned.steps[0]?.op, 'elbv2:SetRulePriorities');
});

t('numbers that shift without changing the order make room first, and no rule is made anew', () => {
  const live = from({ a: { path: '/x', priority: 1 }, b: { path: '/y', priority: 2 } });
  const planned = to({ first: { path: '/f', priority: 1 }, a: { path: '/x', priority: 2 }, b: { path: '/y', priority: 3 } }, live);
  assert.equal(calls(planned), ['SetRulePriorities a', 'CreateRule first']);
});

t('a new order and a new rule together: what moves is made anew', () => {
  const live = from({ a: { path: '/x', priority: 1 }, b: { path: '/y', priority: 2 } });
  const planned = to({ b: { path: '/y', priority: 3 }, n: { path: '/n', priority: 5 }, a: { path: '/x', priority: 9 } }, live);
  assert.not.ok(
    calls(planned).some((call) => call.startsWith('Set')),
    calls(planned).join(', '),
  );
  assert.ok(calls(planned).includes('CreateRule n'));
});

t('a new order and a rule that goes together: what moves is made anew', () => {
  const live = from({ a: { path: '/x' }, gone: { path: '/g' }, b: { path: '/y' } });
  const planned = to({ b: { path: '/y' }, a: { path: '/x' } }, live);
  assert.not.ok(
    calls(planned).some((call) => call.startsWith('Set')),
    calls(planned).join(', '),
  );
  assert.ok(calls(planned).includes('DeleteRule gone'), calls(planned).join(', '));
  assert.ok(
    calls(planned).some((call) => call.startsWith('CreateRule')),
    calls(planned).join(', '),
  );
});

t('what another owner keeps of a rule stays: such a rule is never made anew', () => {
  const ignoring = (rules: Readonly<Record<string, Said>>) => (spec: SpecData) => {
    withRules(rules)(spec);
    spec.ignore = ['listeners.http.rules.a.fixedResponse'];
  };
  const live = from({ a: { path: '/x' }, b: { path: '/y' } });
  const planned = plan(stackOf(changed(ignoring({ a: { path: '/1' }, b: { path: '/2' } }))), live);
  assert.ok(calls(planned).includes('ModifyRule a'), calls(planned).join(', '));
  assert.ok(calls(planned).includes('CreateRule b'));
});

const many = (count: number, path: (index: number) => string): Record<string, Said> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`r${index}`, { path: path(index) }]));

t('at the quota of a hundred rules, those that come take over those that go', () => {
  const full = many(100, (index) => `/${index}`);
  const { r7: _r7, ...rest } = full;
  const planned = to({ ...rest, late: { path: '/late' } }, from(full));
  assert.not.ok(
    calls(planned).some((call) => /Create|Delete/.test(call)),
    calls(planned).join(', '),
  );
  assert.ok(calls(planned).includes('ModifyRule late'));
  const roomy = many(50, (index) => `/${index}`);
  const { r7: _other, ...less } = roomy;
  const beside = to({ ...less, late: { path: '/late' } }, from(roomy));
  assert.ok(
    calls(beside).includes('CreateRule late') && calls(beside).includes('DeleteRule r7'),
    'with room, they stand beside each other',
  );
});

t('at the quota, several other conditions are changed in place', () => {
  const planned = to(
    many(100, (index) => (index < 2 ? `/new-${index}` : `/${index}`)),
    from(many(100, (index) => `/${index}`)),
  );
  assert.equal(calls(planned), ['ModifyRule r0', 'ModifyRule r1']);
});

t.run();
