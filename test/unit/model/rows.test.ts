/** What must hold of every key inside a value, whichever rows there are: from the spec to AWS and back, and nothing lost on the way. */

import * as assert from 'uvu/assert';
import { compileSchema } from '../../../reconciler/config/ajv.ts';
import { sayValue } from '../../../reconciler/config/say.ts';
import { type Codec, canonical, oneOf, type ReadContext, sameValue, text } from '../../../reconciler/model/codec.ts';
import { type Field, REQUIRED } from '../../../reconciler/model/field.ts';
import { isObject, type Json, type JsonObject } from '../../../reconciler/model/json.ts';
import { fieldsOf, KINDS } from '../../../reconciler/model/kinds.ts';
import { actions } from '../../../reconciler/model/nested/actions.ts';
import { conditions } from '../../../reconciler/model/nested/conditions.ts';
import { ABSENT, key, object } from '../../../reconciler/model/rows.ts';
import { unknownIn, unknownNames } from '../../../reconciler/model/unknown.ts';
import { samplesOf } from '../../../scripts/surface/sample.ts';
import { suite } from '../../support/suite.ts';

const t = suite('model/rows');

/** As in a plan that was applied: the id of `targetGroup/web` is `i-targetGroup/web`. */
const CONTEXT: ReadContext = { refer: (id) => (/^i-\w+\//.test(id) ? { $ref: id.slice(2) } : id) };
const sent = (value: Json): Json => {
  if (Array.isArray(value)) return value.map(sent);
  if (!isObject(value)) return value;
  if (typeof value['$ref'] === 'string') return `i-${value['$ref']}`;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, sent(each)]));
};

/** Where AWS answers a value in another structure than it takes it in. */
const ANSWERED: Readonly<Record<string, (wire: Json) => Json>> = {
  'targetGroup targets': (wire) => (wire as readonly Json[]).map((Target) => ({ Target, TargetHealth: { State: 'healthy' } })),
};

interface Nested {
  readonly name: string;
  readonly field: Field;
  readonly samples: readonly Json[];
  readonly answer: (wire: Json) => Json;
}

/** Of these a spec says one word or one number, no key: see ADR 0011. */
const WORDS = ['vpc ipv6', 'subnet ipv6'];

/** Fields whose values are structures of the API. */
const NESTED: readonly Nested[] = KINDS.flatMap((kind) =>
  fieldsOf(kind).flatMap(([at, field]): Nested[] => {
    const name = `${kind.name} ${at}`;
    const tagged =
      (field.wire.how === 'modify' && field.wire.tag !== undefined) || (field.wire.how === 'member' && field.wire.member.remember);
    const valid = compileSchema(field.codec.schema);
    const samples = samplesOf(field.codec.schema).filter((sample) => valid(sample));
    const structured = samples.some((sample) => objectsIn(field.codec.write(field.codec.parse(sample)), '').length > 0);
    if (field.internal || WORDS.includes(name) || field.wire.how === 'rawAttributes' || tagged || !structured) return [];
    return [{ name, field, samples, answer: ANSWERED[name] ?? ((wire) => wire) }];
  }),
);

/** Paths of all structures in what is sent; references and maps of the user's own are none. */
function objectsIn(value: Json, path: string): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((each: Json, index) => objectsIn(each, `${path}/${index}`));
  if (!isObject(value) || '$ref' in value || '$deferred' in value || path.endsWith('ExtraParams')) return [];
  return [path, ...Object.entries(value).flatMap(([name, each]) => objectsIn(each, `${path}/${name}`))];
}

/** A copy with one more member in the structure at a path. */
function grown(value: Json, [head, ...rest]: readonly string[], member: JsonObject): Json {
  if (head === undefined) return isObject(value) ? { ...value, ...member } : value;
  if (Array.isArray(value)) return value.map((each: Json, index) => (String(index) === head ? grown(each, rest, member) : each));
  return isObject(value) ? { ...value, [head]: grown(value[head] ?? null, rest, member) } : value;
}

t(
  'actions, conditions, rewrites, targets, certificates, security group rules and mutual authentication are among the nested values',
  () => {
    const names = NESTED.map(({ name }) => name);
    for (const name of [
      'rule if',
      'rule rewrite',
      'rule actions',
      'listener defaultActions',
      'listener certificate',
      'listener additionalCertificates',
      'listener mutualAuthentication',
      'targetGroup targets',
      'securityGroup ingress',
      'securityGroup egress',
    ])
      assert.ok(names.includes(name), name);
  },
);

for (const { name, field, samples, answer } of NESTED) {
  const { codec } = field;
  t(`${name}: spec, model, AWS, model, spec`, () => {
    for (const sample of samples) {
      const value = codec.parse(sample);
      const live = codec.read(answer(sent(codec.write(value))), CONTEXT);
      assert.ok(live !== undefined && sameValue(codec, value, live), `${canonical(sample)}: ${canonical(live)}`);
      assert.equal(unknownIn(live), [], canonical(sample));
      const said = sayValue(field, live);
      assert.ok(said !== undefined, `${canonical(live)} can be said`);
      assert.ok(sameValue(codec, codec.parse(said), live), `${canonical(sample)} is said as ${canonical(said)}`);
    }
  });
  t(`${name}: a member that no row knows is kept in every structure, differs, is shown, and is sent back`, () => {
    for (const sample of samples) {
      const value = codec.parse(sample);
      const wire = sent(codec.write(value));
      for (const path of objectsIn(wire, '')) {
        const live = codec.read(answer(grown(wire, path.split('/').slice(1), { NewMember: { Deep: 'x' } })), CONTEXT) ?? null;
        const where = `${canonical(sample)} at ${path}: ${canonical(live)}`;
        assert.match(canonical(live), '"NewMember":{"Deep":"x"}', where);
        assert.match(unknownNames(live).join(' '), /NewMember/, where);
        assert.not.ok(sameValue(codec, value, live), where);
        assert.is(sayValue(field, live), undefined, `no spec says ${where}`);
        assert.match(canonical(codec.say?.(live, {}) ?? live), 'NewMember', `shown: ${where}`);
        assert.match(canonical(codec.write(live)), '"NewMember":{"Deep":"x"}', `sent back: ${where}`);
      }
    }
  });
}

const STRANGE: Readonly<Record<string, Json>> = {
  'a condition of a new kind': { Field: 'client-country', ClientCountryConfig: { Values: ['NL'] } },
  'a condition of a new kind, as the SDK gives it': { Field: 'client-country' },
  'a condition with values and patterns': { Field: 'host-header', HostHeaderConfig: { Values: ['a.b'], RegexValues: ['a'] } },
};
for (const [name, condition] of Object.entries(STRANGE)) {
  t(`${name} is kept whole`, () => {
    const path = { Field: 'path-pattern', PathPatternConfig: { Values: ['/a'] } };
    const codec: Codec = conditions();
    const live = codec.read([path, condition], CONTEXT) ?? null;
    assert.not.ok(sameValue(codec, codec.parse({ path: ['/a'] }), live));
    assert.equal(unknownIn(live), [condition]);
    assert.equal(
      new Set((codec.write(live) as readonly Json[]).map(canonical)),
      new Set([path, condition].map(canonical)),
      'a write of it is no wider',
    );
  });
}

t('two conditions of one kind that must both hold are said, and read back', () => {
  const said = {
    query: [{ key: 'a', value: '1' }],
    headers: { 'x-role': ['*admin*'], 'x-other': ['o'] },
    and: [{ headers: { 'x-role': ['*eu*'] }, query: [{ key: 'b', value: '2' }] }, { query: [{ value: '3' }] }],
  };
  const codec: Codec = conditions();
  const wire = codec.write(codec.parse(said)) as readonly JsonObject[];
  assert.is(wire.filter(({ Field }) => Field === 'query-string').length, 3);
  assert.is(wire.filter(({ Field }) => Field === 'http-header').length, 3);
  const live = codec.read([...wire].reverse(), CONTEXT) ?? null;
  assert.ok(sameValue(codec, codec.parse(said), live));
  assert.ok(sameValue(codec, codec.parse(codec.say?.(live, {}) ?? null), live));
});

t('one more row is one more key, with all that a key has', () => {
  const rows = { mode: key('Mode', oneOf('on', 'off'), 'off', 'Whether.') };
  const more = { ...rows, level: key('Level', text({ pattern: '^\\d$', patternMessage: 'a digit' }), '3', 'How much.') };
  const codec = object(more);
  const level = { type: 'string', pattern: '^\\d$', 'x-pattern-message': 'a digit', description: 'How much.', default: '3' };
  assert.equal((codec.schema['properties'] as JsonObject)['level'], level);
  assert.equal(codec.parse({}), { mode: 'off', level: '3' });
  assert.equal(codec.write({ mode: 'on', level: '5' }), { Mode: 'on', Level: '5' });
  assert.equal(codec.read({ Mode: 'on', Level: '5' }, CONTEXT), { mode: 'on', level: '5' });
  assert.equal(codec.say?.({ mode: 'on', level: '3' }, {}), { mode: 'on' });
  assert.equal(
    object(rows).read({ Mode: 'on', Level: '5' }, CONTEXT),
    { mode: 'on', unknown: { Level: '5' } },
    'without its row it is kept',
  );
});

t('a member that its row cannot read is kept as AWS gave it', () => {
  const codec = object({ name: key('Name', text(), ABSENT, 'A name.'), must: key('Must', text(), REQUIRED, 'Another.') });
  assert.equal(codec.read({ Name: { First: 'a' }, Must: 'b' }, CONTEXT), { must: 'b', unknown: { Name: { First: 'a' } } });
  assert.equal(codec.read({ Must: 'b', Name: null }, CONTEXT), { must: 'b' });
  assert.is(codec.read('text', CONTEXT), undefined);
});

t('an action of a type that no row knows differs from every list of ours, wherever it stands', () => {
  const codec: Codec = actions();
  const ours = codec.parse({ forward: 'web' });
  const wire = sent(codec.write(ours)) as readonly Json[];
  for (const answered of [
    [{ Type: 'throttle', Order: 1 }, ...wire],
    [...wire, { Type: 'throttle', Order: 2 }],
  ]) {
    const live = codec.read(answered, CONTEXT) ?? null;
    assert.not.ok(sameValue(codec, ours, live));
    assert.equal(unknownNames(live), ['throttle']);
  }
});

t.run();
