/** What AWS has and no row knows: it stands in the plan, and is not taken away without consent. */

import * as assert from 'uvu/assert';
import type { Json } from '../../../reconciler/model/json.ts';
import { kindOf } from '../../../reconciler/model/kinds.ts';
import type { Observed } from '../../../reconciler/model/model.ts';
import { decode, type Raw } from '../../../reconciler/observe/decode.ts';
import { guard } from '../../../reconciler/plan/guard.ts';
import { plan } from '../../../reconciler/plan/plan.ts';
import { partsOf, partText } from '../../../reconciler/report/value-diff.ts';
import { appliedOf, changed, stackOf } from '../../support/stacks.ts';
import { suite } from '../../support/suite.ts';

const t = suite('plan/unknown');

const STACK = stackOf(
  changed((spec) => {
    spec.listeners.http.rules = {
      api: { priority: 10, if: { path: ['/api/*'] }, rewrite: { url: [{ regex: '^/api/(.*)', replace: '/$1' }] }, forward: 'web' },
    };
  }),
);
const LIVE = appliedOf(STACK);

/** The live stack with one answer of AWS about one resource: its field is read from there. */
function answered(address: `${string}/${string}`, field: string, object: Json): Observed {
  const raw: Raw = { kind: kindOf(address), address, object, tags: {} };
  const ids = new Map(LIVE.live.map((live) => [live.id, live.address]));
  const value = decode(raw, { refer: (id) => (ids.has(id) ? { $ref: `${ids.get(id)}.arn` } : id) }).values[field];
  assert.ok(value !== undefined);
  return {
    ...LIVE,
    live: LIVE.live.map((live) => (live.address === address ? { ...live, values: { ...live.values, [field]: value } } : live)),
  };
}

const web = LIVE.live.find(({ address }) => address === 'targetGroup/web')?.id ?? '';
const PATH = { Field: 'path-pattern', PathPatternConfig: { Values: ['/api/*'] } };
const REWRITE = { Type: 'url-rewrite', UrlRewriteConfig: { Rewrites: [{ Regex: '^/api/(.*)', Replace: '/$1' }] } };

const CASES: readonly (readonly [what: string, address: `${string}/${string}`, field: string, object: Json, word: string])[] = [
  ['a condition of a new kind', 'rule/http.api', 'if', { Conditions: [PATH, { Field: 'client-country' }] }, 'client-country'],
  [
    'a new member of a condition',
    'rule/http.api',
    'if',
    { Conditions: [{ ...PATH, PathPatternConfig: { Values: ['/api/*'], CaseSensitive: false } }] },
    'PathPatternConfig.CaseSensitive',
  ],
  ['a rewrite of a new kind', 'rule/http.api', 'rewrite', { Transforms: [REWRITE, { Type: 'header-rewrite' }] }, 'header-rewrite'],
  [
    'an action of a new kind',
    'rule/http.api',
    'actions',
    {
      Actions: [
        { Type: 'throttle', Order: 1 },
        { Type: 'forward', TargetGroupArn: web, Order: 2 },
      ],
    },
    'throttle',
  ],
  [
    'a new member of an action',
    'listener/http',
    'defaultActions',
    { DefaultActions: [{ Type: 'forward', TargetGroupArn: web, Mirror: { Percent: 5 } }] },
    'Mirror.Percent',
  ],
];

for (const [what, address, field, object, word] of CASES) {
  t(`${what} stands in the plan, and goes only with consent`, () => {
    const observed = answered(address, field, object);
    const planned = plan(STACK, observed);
    const change = planned.changes.find((each) => each.address === address);
    const one = change?.fields.find((each) => each.field === field);
    assert.ok(change !== undefined && one !== undefined, JSON.stringify(planned.changes));
    assert.match(partsOf(change, one).map(partText).join(', '), word.split('.').at(-1) ?? '');
    assert.is(one.risk, 'drop');
    assert.match(one.reason ?? '', word);
    assert.equal(
      guard(planned, observed, {}).map(({ rule, address: of }) => `${rule} ${of}`),
      [`drop ${address}`],
    );
    assert.equal(guard(planned, observed, { allowDrop: [address] }), []);
  });
}

t('without anything unknown there is nothing to change', () => {
  assert.equal(plan(STACK, answered('rule/http.api', 'if', { Conditions: [PATH] })).changes, []);
  assert.equal(plan(STACK, answered('rule/http.api', 'rewrite', { Transforms: [REWRITE] })).changes, []);
});

t.run();
