/** Two different values never look the same in a plan. */

import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { canonical } from '../../../reconciler/model/codec.ts';
import type { Json } from '../../../reconciler/model/json.ts';
import { fieldsOf, KINDS } from '../../../reconciler/model/kinds.ts';
import type { Change, FieldChange } from '../../../reconciler/plan/types.ts';
import { type Part, partsOf, partText } from '../../../reconciler/report/value-diff.ts';
import { suite } from '../../support/suite.ts';

const t = suite('report/value-diff');

const changeOf = (address: string, field: string, before: Json, after: Json): readonly [Change, FieldChange] => {
  const one: FieldChange = { field, before, after, impact: 'update', risk: 'none' };
  return [{ address: address as Change['address'], label: 'x', verb: 'update', fields: [one], impact: 'update', risk: 'none' }, one];
};

const lines = (address: string, field: string, before: Json, after: Json): readonly string[] =>
  partsOf(...changeOf(address, field, before, after)).map(partText);

/** What each side shows of itself. */
const side = (parts: readonly Part[], which: 'before' | 'after'): string =>
  parts
    .map(({ words, note, ...part }) =>
      note !== undefined
        ? `${note} ${which}`
        : (words ?? []).length > 0
          ? (words ?? [])
              .filter(({ kind }) => kind === 'same' || (kind === 'removed') === (which === 'before'))
              .map(({ text }) => text)
              .join('')
          : (part[which] ?? 'not there'),
    )
    .join('\n');

const group = (name: string): Json => ({ $ref: `targetGroup/${name}.arn` });
const shares = (third: number): Json => [
  {
    type: 'forward',
    targetGroups: [
      { targetGroup: group('canary'), weight: 10 },
      { targetGroup: group('green'), weight: 90 },
      { targetGroup: group('third'), weight: third },
    ],
  },
];
const oidc = (more: object): Json => [
  {
    type: 'authenticate-oidc',
    issuer: 'https://idp.example',
    authorizationEndpoint: 'https://idp.example/authorize/with/a/rather/long/path/for/one/endpoint',
    tokenEndpoint: 'https://idp.example/token',
    userInfoEndpoint: 'https://idp.example/userinfo',
    clientId: 'web',
    ...more,
  },
  { type: 'forward', targetGroup: group('web') },
];
const csp = (ancestors: string): string =>
  `default-src 'self'; script-src 'self' https://cdn.example https://static.example https://analytics.example; img-src 'self' data:; style-src 'self'; frame-ancestors ${ancestors}`;

t('a weight of the third group', () => {
  assert.equal(lines('listener/http', 'defaultActions', shares(0), shares(900)), ['forward.targetGroups[third].weight: 0 → 900']);
});

t('a word of a long text', () => {
  const [line = '', ...more] = lines('listener/http', 'responseHeaders.contentSecurityPolicy', csp("'none'"), csp('*'));
  assert.equal(more, []);
  assert.match(line, /…/);
  assert.match(line, /frame-ancestors /);
  assert.match(line, /\[-'none'-\]\{\+\*\+\}/);
  assert.ok(line.length < 100, line);
});

t('a member of a long list', () => {
  const at = (last: number): Json => [21, 22, 23, 24, 25, last].map((n) => ({ id: `10.0.1.${n}`, port: 80 }));
  assert.equal(lines('targetGroup/idle', 'targets', at(26), at(99)), ['- { ip: 10.0.1.26, port: 80 }', '+ { ip: 10.0.1.99, port: 80 }']);
});

t('what happens to who is not signed in, and a secret that is another one', () => {
  const [line = ''] = lines('rule/https.app', 'actions', oidc({}), oidc({ onUnauthenticated: 'allow' }));
  assert.match(line, /allow/);
  assert.equal(lines('rule/https.app', 'actions', oidc({ secret: { hash: 'a'.repeat(64) } }), oidc({ secret: { hash: 'b'.repeat(64) } })), [
    'secret changed',
  ]);
});

t('another action is told whole', () => {
  assert.equal(
    lines(
      'listener/http',
      'defaultActions',
      [{ type: 'forward', targetGroup: group('web') }],
      [{ type: 'fixed-response', statusCode: '503', contentType: 'text/plain', messageBody: '' }],
    ),
    ['{ forward: web } → { fixedResponse: { statusCode: "503" } }'],
  );
});

t('a text that looks like a number, blanks and what cannot be seen are told apart', () => {
  for (const [before, after] of [
    ['80', 80],
    ['', null],
    ['a', 'a '],
    ['a\u0001', 'a\u0002'],
    ['a\nb', 'a\r\nb'],
    ['a\u200b', 'a\u200c'],
    [`${'f'.repeat(64)}`, `${'f'.repeat(63)}e`],
    [`${'x '.repeat(50)}\u0001`, `${'x '.repeat(50)}\u0002`],
  ] as readonly (readonly [Json, Json])[]) {
    const parts = partsOf(...changeOf('targetGroup/web', 'attributes', before, after));
    assert.is.not(side(parts, 'before'), side(parts, 'after'), canonical([before, after]));
  }
});

const json = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.string({ maxLength: 90, unit: fc.constantFrom('a', 'b', ' ', '.', '\n', '\u0000', '\u200b', 'é', '"', '\\', '…') }),
    fc.integer({ min: -2, max: 90 }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom('targetGroup', 'weight', 'name', 'values', 'secret', 'hash'), tie('value'), { maxKeys: 3 }),
  ) as fc.Arbitrary<Json>,
})).value;

/** Fields whose codec says any value; the others are asked only for values of their own. */
const FIELDS = KINDS.flatMap((kind) =>
  fieldsOf(kind).flatMap(([name, field]) => (field.codec.say === undefined ? [[kind.name, name] as const] : [])),
);

t('for every two different values what is shown differs', () => {
  fc.assert(
    fc.property(fc.constantFrom(...FIELDS), json, json, ([kind, name], before, after) => {
      fc.pre(canonical(before) !== canonical(after));
      const parts = partsOf(...changeOf(`${kind}/x`, name, before, after));
      assert.ok(parts.length > 0);
      assert.is.not(side(parts, 'before'), side(parts, 'after'), canonical([before, after]));
    }),
    { numRuns: 500 },
  );
});

t('the same for values that grow from one another', () => {
  fc.assert(
    fc.property(json, fc.array(json, { maxLength: 3 }), fc.nat(3), (value, list, at) => {
      const before = [...list, value];
      const after = before.map((each, index) => (index === at % before.length ? [each] : each));
      const parts = partsOf(...changeOf('listener/x', 'attributes', before, after));
      assert.is.not(side(parts, 'before'), side(parts, 'after'), canonical([before, after]));
    }),
    { numRuns: 300 },
  );
});

t.run();
