/** Fields left to other owners: said when the object is made, then neither compared nor changed, and listed in the plan. */

import * as assert from 'uvu/assert';
import type { Json } from '../../../reconciler/model/json.ts';
import type { Live, Observed } from '../../../reconciler/model/model.ts';
import { plan } from '../../../reconciler/plan/plan.ts';
import { stepOf } from '../../support/plans.ts';
import { GOOD } from '../../support/spec-text.ts';
import { appliedOf, changed, idOf, NOTHING, problemsOf, type SpecData, stackOf } from '../../support/stacks.ts';
import { suite } from '../../support/suite.ts';

const t = suite('spec/ignore');

const RULE = {
  priority: 10,
  if: { path: ['/a'] },
  forward: {
    targetGroups: [
      { targetGroup: 'web', weight: 1 },
      { targetGroup: 'green', weight: 0 },
    ],
  },
};
/** The tutorial with a second group, weights between the two, and these fields left to others. */
const leaving = (paths: readonly string[], more: (spec: SpecData) => void = () => {}): SpecData =>
  changed((spec) => {
    spec.targetGroups.green = { port: 8080 };
    spec.listeners.http.rules = { a: structuredClone(RULE) };
    if (paths.length > 0) spec.ignore = paths;
    more(spec);
  });

type Edit = (values: { readonly [name: string]: Json }) => { readonly [name: string]: Json };

/** What was applied, and then changed by somebody else. */
function foreign(address: string, edit: Edit, tags: Readonly<Record<string, string>> = {}): Observed {
  const observed = appliedOf(stackOf(leaving([])));
  return {
    ...observed,
    live: observed.live.map(
      (entry): Live =>
        entry.address === address
          ? { ...entry, values: { ...entry.values, ...edit(entry.values) }, tags: { ...entry.tags, ...tags } }
          : entry,
    ),
  };
}

const shifted = [
  {
    type: 'forward',
    targetGroups: [
      { targetGroup: { $ref: 'targetGroup/green.arn' }, weight: 100 },
      { targetGroup: { $ref: 'targetGroup/web.arn' }, weight: 0 },
    ],
  },
];

interface Row {
  readonly path: string;
  readonly address: string;
  readonly field: string;
  readonly edit: Edit;
  readonly noted: string;
}

const ROWS: readonly Row[] = [
  {
    path: 'listeners.http.rules.a.forward',
    address: 'rule/http.a',
    field: 'actions',
    edit: () => ({ actions: shifted }),
    noted: 'actions',
  },
  { path: 'listeners.*.rules.*.forward', address: 'rule/http.a', field: 'actions', edit: () => ({ actions: shifted }), noted: 'actions' },
  {
    path: 'listeners.http.forward',
    address: 'listener/http',
    field: 'defaultActions',
    edit: () => ({ defaultActions: shifted }),
    noted: 'defaultActions',
  },
  {
    path: 'targetGroups.web.targets',
    address: 'targetGroup/web',
    field: 'targets',
    edit: () => ({ targets: [{ id: 'i-0123456789abcdef0', port: 8080 }] }),
    noted: 'targets',
  },
  { path: 'targetGroups.*.targets', address: 'targetGroup/web', field: 'targets', edit: () => ({ targets: [] }), noted: 'targets' },
  {
    path: 'targetGroups.web.healthCheck',
    address: 'targetGroup/web',
    field: 'healthCheck.path',
    edit: () => ({ 'healthCheck.path': '/theirs' }),
    noted: 'healthCheck',
  },
  {
    path: 'targetGroups.web.healthCheck.path',
    address: 'targetGroup/web',
    field: 'healthCheck.path',
    edit: () => ({ 'healthCheck.path': '/theirs' }),
    noted: 'healthCheck.path',
  },
  {
    path: 'loadBalancer.idleTimeout',
    address: 'loadBalancer/main',
    field: 'idleTimeout',
    edit: () => ({ idleTimeout: 4000 }),
    noted: 'idleTimeout',
  },
];

for (const { path, address, field, edit, noted } of ROWS) {
  t(`${path}: albedo's own, then somebody else's`, () => {
    const before = plan(stackOf(leaving([])), foreign(address, edit));
    assert.equal(
      before.changes.map((change) => [change.address, ...change.fields.map((one) => one.field)]),
      [[address, field]],
      'without ignore it is put back',
    );
    const after = plan(stackOf(leaving([path])), foreign(address, edit));
    assert.equal([after.changes, after.steps], [[], []]);
    assert.ok(
      after.notes.some(
        (note) => note.kind === 'unmanaged' && note.address === address && note.text === `${noted} is left to another owner (ignore)`,
      ),
      JSON.stringify(after.notes),
    );
  });
  t(`${path}: said when it is made`, () => {
    const [left, own] = [plan(stackOf(leaving([path])), NOTHING), plan(stackOf(leaving([])), NOTHING)];
    assert.equal(left.steps, own.steps);
  });
}

t('a changed spec of a field that is left alone changes nothing', () => {
  const observed = appliedOf(stackOf(leaving([])));
  const edit = (spec: SpecData) => (spec.loadBalancer.idleTimeout = 99);
  assert.is(plan(stackOf(leaving([], edit)), observed).changes.length, 1);
  assert.equal(plan(stackOf(leaving(['loadBalancer.idleTimeout'], edit)), observed).changes, []);
});

t('what stands beside the field is still owned', () => {
  const observed = foreign('loadBalancer/main', () => ({ idleTimeout: 4000, http2: false }));
  const planned = plan(stackOf(leaving(['loadBalancer.idleTimeout'])), observed);
  assert.equal(
    planned.changes.map((change) => change.fields.map((field) => field.field)),
    [['http2']],
  );
  assert.equal(stepOf(planned, 'loadBalancer/main:attributes').input, {
    LoadBalancerArn: idOf('loadBalancer/main'),
    Attributes: [{ Key: 'routing.http2.enabled', Value: 'true' }],
  });
});

t('a tag of somebody else is left as it is, others are not', () => {
  const tagged = (spec: SpecData) => (spec.loadBalancer.tags = { Cost: 'ours', Team: 'web' });
  const observed = appliedOf(stackOf(leaving([], tagged)));
  const live = {
    ...observed,
    live: observed.live.map((entry) =>
      entry.address === 'loadBalancer/main' ? { ...entry, tags: { ...entry.tags, Cost: 'theirs', Team: 'theirs', Stranger: 'x' } } : entry,
    ),
  };
  const fields = (paths: readonly string[]) =>
    plan(stackOf(leaving(paths, tagged)), live)
      .changes.flatMap((change) => change.fields.map((field) => field.field))
      .sort();
  assert.equal(fields([]), ['tags.Cost', 'tags.Team']);
  assert.equal(fields(['loadBalancer.tags.Cost']), ['tags.Team']);
  assert.equal(fields(['loadBalancer.tags.Cost', 'loadBalancer.tags.Team']), []);
});

const told = (ignore: string): string[] =>
  problemsOf(`${GOOD}ignore: ${ignore}\n`).map(
    ({ line, column, path, message, hint }) => `${line}:${column} ${path}: ${message} | ${hint}`,
  );

for (const [name, ignore, words] of [
  [
    'an unknown resource',
    '[targetGroups.wbe.targets]',
    '29:10 ignore[0]: `targetGroups.wbe.targets` is not a field of a resource in this file. | Did you mean `targetGroups.web.targets`?',
  ],
  [
    'an unknown field',
    '[targetGroups.web.elephant]',
    '29:10 ignore[0]: `targetGroups.web.elephant` is not a field of a resource in this file. | Write a path such as `targetGroups.web.targets`.',
  ],
  ['a field that nobody can say', '[loadBalancer.vpc]', '29:10 ignore[0]: `loadBalancer.vpc` is not a field of a resource in this file.'],
  [
    'a whole resource',
    '[targetGroups.web.targets, loadBalancer]',
    '29:36 ignore[1]: `loadBalancer` is not a field of a resource in this file.',
  ],
  [
    'a rule where there is none',
    '[listeners.http.rules.a.forward]',
    '29:10 ignore[0]: `listeners.http.rules.a.forward` is not a field of a resource in this file.',
  ],
  [
    'the same path twice',
    '[targetGroups.web.targets, targetGroups.web.targets]',
    '29:36 ignore[1]: `ignore` names `targetGroups.web.targets` twice',
  ],
  ['something that is no path', '["web targets!"]', '29:10 ignore[0]: Entry 1 of `ignore` must be a path such as targetGroups.web.targets'],
] as const) {
  t(`refused: ${name}`, () => {
    const [first = '', ...more] = told(ignore);
    assert.equal(more, []);
    assert.ok(first.startsWith(words), `${first}\nis not\n${words}`);
  });
}

t('paths that mean something are right', () =>
  assert.equal(
    told('[targetGroups.web.targets, targetGroups.*.healthCheck, listeners.*.forward, loadBalancer.tags.Cost, loadBalancer.name]'),
    [],
  ),
);

t.run();
