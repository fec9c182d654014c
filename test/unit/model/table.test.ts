/** What must hold of every row of the field table, whichever rows there are. */

import { Ajv } from 'ajv';
import * as assert from 'uvu/assert';
import { OPERATIONS } from '../../../reconciler/aws/operations.ts';
import { EXPERIMENT_ROWS } from '../../../reconciler/chaos/experiments.ts';
import { canonical, isRef, sayWith, text } from '../../../reconciler/model/codec.ts';
import {
  attribute,
  create,
  DERIVED,
  type Field,
  isField,
  type Kind,
  listFields,
  modify,
  REQUIRED,
  UNMANAGED,
} from '../../../reconciler/model/field.ts';
import type { Json } from '../../../reconciler/model/json.ts';
import { fieldsOf, KINDS, kindOf, rankOf } from '../../../reconciler/model/kinds.ts';
import { stackSchema } from '../../../reconciler/model/schema.ts';
import { pathOf, SECTIONS, type Section, sectionOf } from '../../../reconciler/model/sections.ts';
import { recallKeys, rememberKeys, TAGGING } from '../../../reconciler/model/tags.ts';
import { type SpecData, tutorial } from '../../support/stacks.ts';
import { suite } from '../../support/suite.ts';

const t = suite('model/table');

const kinds: readonly Kind[] = KINDS;
const rows: readonly (readonly [string, Kind, string, Field])[] = kinds.flatMap((kind) =>
  fieldsOf(kind).map(([name, field]) => [`${kind.name}.${name}`, kind, name, field] as const),
);
const each = (check: (field: Field, where: string, kind: Kind, name: string) => void): void => {
  for (const [where, kind, name, field] of rows) check(field, where, kind, name);
};
const ajv = new Ajv({ strict: false, allErrors: true });

/** Every text of the table that names an operation, with where it stands. */
function operationsOf(kind: Kind): readonly (readonly [string, string])[] {
  const found: [string, string][] = [];
  const walk = (value: unknown, where: string): void => {
    if (typeof value === 'string' && /^(ec2|elbv2|iam|ssm|sts):[A-Z]/.test(value)) found.push([where, value]);
    if (typeof value === 'object' && value !== null) for (const [key, entry] of Object.entries(value)) walk(entry, `${where}.${key}`);
  };
  walk(kind, kind.name);
  return found;
}

t('there are rows', () => assert.ok(rows.length > 60));

t('each row says in one sentence what it is', () => {
  each((field, where) => {
    assert.match(field.doc, /^[A-Z].*\.$/, `${where}: ${field.doc}`);
    assert.not.match(field.doc, /\bTODO\b/, where);
    assert.ok(field.codec.type.length > 0, where);
  });
});

t('each default is legal as the spec would say it', () => {
  each((field, where) => {
    for (const value of [field.default, field.groupDefault]) {
      if (value === undefined || typeof value === 'symbol') continue;
      assert.ok(ajv.validate(field.codec.schema, value), `${where}: ${JSON.stringify(value)} ${ajv.errorsText()}`);
      const said = sayWith(field.codec, field.codec.parse(value), {});
      assert.equal(field.codec.parse(said ?? null), field.codec.parse(value), `${where}: the default is not said as it is written`);
    }
  });
});

t("what AWS has by itself is in the field's normal form", () => {
  each((field, where) => {
    if (field.awsDefault !== undefined) assert.is(canonical(field.codec.parse(field.awsDefault)), canonical(field.awsDefault), where);
    if (field.wire.how === 'member') {
      for (const member of field.wire.member.initial ?? [])
        assert.equal(field.codec.read(field.codec.write([member]), { refer: (id) => id }), [member], where);
    }
  });
});

t('a kind has each attribute key and parameter once', () => {
  for (const kind of kinds) {
    const keys = fieldsOf(kind).flatMap(([, { wire }]) => (wire.how === 'attribute' ? [wire.key] : []));
    assert.is(new Set(keys).size, keys.length, kind.name);
    assert.is(keys.length > 0, kind.attributes !== undefined, `${kind.name}: attributes and the call that sets them go together`);
    const parameters = fieldsOf(kind).flatMap(([, { wire }]) => ('param' in wire && wire.param !== undefined ? [wire.param] : []));
    assert.is(new Set(parameters).size, parameters.length, kind.name);
    const tags = fieldsOf(kind).flatMap(([, { wire }]) => (wire.how === 'create' && wire.tag !== undefined ? [wire.tag] : []));
    assert.is(new Set(tags).size, tags.length, kind.name);
    for (const tag of tags) assert.match(tag, /^albedo:/, kind.name);
  }
});

t('each row can be changed in the way it says', () => {
  each((field, where, kind) => {
    if (field.wire.how === 'modify') assert.ok(kind.modify !== undefined, where);
    if (field.wire.how === 'setter' && field.wire.param === undefined)
      assert.ok(field.awsDefault !== undefined, `${where}: what AWS starts with must be known`);
    if (field.wire.how === 'create')
      assert.ok(field.wire.param !== undefined || field.wire.read !== undefined, `${where}: neither said nor seen`);
    if (field.wire.how === 'member' && field.wire.member.handle !== undefined)
      assert.ok(field.wire.member.handleParam !== undefined, where);
  });
});

t('conditions are on fields and values that exist', () => {
  each((field, where, kind) => {
    for (const [name, values] of Object.entries(field.when ?? {})) {
      const other = fieldsOf(kind).find(([candidate]) => candidate === name)?.[1];
      assert.ok(other !== undefined, `${where} depends on ${name}`);
      for (const value of values) assert.ok(ajv.validate(other.codec.schema, value), `${where}: ${name} is never ${JSON.stringify(value)}`);
    }
  });
});

t('sets that travel together have more than one field', () => {
  for (const kind of kinds) {
    const names = fieldsOf(kind).flatMap(([, field]) => (field.together === undefined ? [] : [field.together]));
    for (const name of new Set(names)) assert.ok(names.filter((other) => other === name).length > 1, `${kind.name} ${name}`);
  }
});

t('each operation that a row names is in the operations table', () => {
  for (const kind of kinds) {
    const named = operationsOf(kind);
    assert.ok(named.length >= 3, kind.name);
    for (const [where, op] of named) assert.ok(op in OPERATIONS, `${where}: ${op}`);
  }
  for (const [service, how] of Object.entries(TAGGING))
    for (const op of [how.add, how.remove]) assert.ok(op in OPERATIONS, `${service}: ${op}`);
});

const commands: Readonly<Record<string, () => Promise<unknown>>> = {
  ec2: () => import('../../../reconciler/aws/clients/ec2.ts'),
  elbv2: () => import('../../../reconciler/aws/clients/elbv2.ts'),
  iam: () => import('../../../reconciler/aws/clients/iam.ts'),
  ssm: () => import('../../../reconciler/aws/clients/ssm.ts'),
  sts: () => import('../../../reconciler/aws/clients/sts.ts'),
};
for (const [service, load] of Object.entries(commands)) {
  t(`each ${service} operation is a command of the SDK, and each command an operation`, async () => {
    const client = (await load()) as { readonly commands: Readonly<Record<string, { readonly name: string }>> };
    const wanted = Object.keys(OPERATIONS)
      .filter((op) => op.startsWith(`${service}:`))
      .map((op) => op.slice(service.length + 1));
    assert.equal(Object.keys(client.commands).sort(), wanted.sort());
    for (const [name, command] of Object.entries(client.commands)) assert.is(command.name, `${name}Command`);
  });
}

t('each kind says how it is found, named, made and destroyed', () => {
  assert.is(new Set(kinds.map((kind) => kind.name)).size, kinds.length);
  for (const kind of kinds) {
    assert.ok('id' in kind.outputs, kind.name);
    assert.is(kindOf(kind.name), kind);
    assert.is(kindOf(`${kind.name}/x`), kind);
    assert.is(rankOf(`${kind.name}/x`), kinds.indexOf(kind));
    for (const other of [...(kind.after ?? []), kind.goesWith, kind.serves?.kind, ...(kind.serves?.through ?? []), kind.read.parent])
      if (other !== undefined) assert.is(kindOf(other).name, other, `${kind.name} names ${other}`);
    if (kind.protection !== undefined)
      assert.ok(
        fieldsOf(kind).some(([name]) => name === kind.protection),
        kind.name,
      );
    for (const name of kind.exclusive ?? [])
      assert.ok(
        fieldsOf(kind).some(([other]) => other === name),
        `${kind.name}.${name}`,
      );
    for (const wait of kind.awaits ?? []) {
      assert.ok(wait.timeoutSeconds >= wait.pollSeconds && wait.pollSeconds >= 1, kind.name);
      if (wait.ifAny !== undefined)
        assert.ok(
          fieldsOf(kind).some(([name]) => name === wait.ifAny),
          kind.name,
        );
      for (const user of wait.ifUsedBy ?? []) kindOf(user);
    }
  }
  assert.throws(() => kindOf('elephant/x'), /no such kind: elephant/);
  assert.is(rankOf('elephant/x'), -1);
});

t('a kind comes after the kinds that its references name', () => {
  each((field, where, kind) => {
    const schema = JSON.stringify(field.codec.schema);
    for (const [, other = ''] of schema.matchAll(/"x-reference":"(\w+)"/g))
      if (other !== kind.name) assert.ok(rankOf(other) < rankOf(kind.name), `${where} refers to ${other}`);
  });
});

t('fields are listed with their groups, those of unknown kinds too', () => {
  const fields = {
    one: create('One', text(), REQUIRED, 'A.'),
    group: {
      two: modify('Two', text(), UNMANAGED, 'B.', { read: 'Else' }),
      three: attribute('three', text(), DERIVED, 'C.', { internal: true }),
    },
  };
  assert.equal(
    listFields(fields).map(([name]) => name),
    ['one', 'group.two', 'group.three'],
  );
  assert.is(isField(fields.one), true);
  assert.is(isField(fields.group), false);
  assert.equal(fields.group.two.wire, { how: 'modify', param: 'Two', read: 'Else' });
  assert.equal(fields.one.wire, { how: 'create', param: 'One' });
  assert.equal(create(undefined, text(), REQUIRED, 'A.', { read: 'There', tag: 'albedo:x' }).wire, {
    how: 'create',
    read: 'There',
    tag: 'albedo:x',
  });
});

t('addresses and places in a spec belong together', () => {
  for (const section of SECTIONS) {
    assert.is(sectionOf(section.kind), section);
    const nested = section.path.includes('*');
    const address = `${section.kind}/${section.single ?? (nested ? 'owner.x' : 'x')}`;
    const path = section.path.map((key) => (key === '*' ? 'owner' : key));
    assert.equal(pathOf(address), section.single === undefined ? [...path, 'x'] : path);
  }
  assert.equal(pathOf('routeTable/public'), []);
  assert.is(sectionOf('routeTable'), undefined);
});

t('tag keys are remembered in one tag, as far as they fit', () => {
  for (const keys of [[], ['a'], ['a', 'b'], ['cost center', 'a=b', '=20', 'größe'], ['x\u00a0y']])
    assert.equal(recallKeys(rememberKeys(keys)), keys);
  assert.match(rememberKeys(['cost center', 'a=b']), /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u);
  const many = Array.from({ length: 40 }, (_, index) => `a-rather-long-key-${index}`);
  assert.ok(rememberKeys(many).length <= 256);
  assert.ok(rememberKeys(many).length > 200);
  for (const key of recallKeys(rememberKeys(many))) assert.ok(many.includes(key), `${key} was cut off`);
});

const schema = stackSchema(EXPERIMENT_ROWS);
const strict = new Ajv({ strict: true, allErrors: true, strictRequired: false, strictTypes: false, allowUnionTypes: true });
for (const word of [
  'x-pattern-message',
  'x-example',
  'x-seconds',
  'x-days',
  'x-prefix',
  'x-network',
  'x-own-only',
  'x-legal',
  'x-reference',
  'x-exactly-one',
])
  strict.addKeyword(word);

/** An entry of the tutorial in a section; nothing where the tutorial has none. Certificates have theirs one key deeper. */
function entryOf(spec: SpecData, section: Section): SpecData {
  const found = section.path.reduce((value, key) => value?.[key], spec);
  if (found === undefined || section.single !== undefined) return found;
  const first = Object.values(found)[0] as SpecData;
  return section.under === undefined ? first : first[section.under];
}

let accepts: ReturnType<typeof strict.compile>;

t('the schema of a stack compiles, with no keyword that nobody knows', () => {
  accepts = strict.compile(structuredClone(schema));
});

t('the schema accepts the tutorial, and every default said aloud', () => {
  assert.ok(accepts(tutorial()), strict.errorsText(accepts.errors));
  const spec = tutorial();
  // One of each kind that the tutorial does without, with what it cannot lack.
  spec.trustStores = { own: { bundle: { bucket: 'authorities', key: 'bundle.pem' } } };
  spec.listeners.http.rules = { own: { if: { path: ['/x'] }, forward: 'web' } };
  const said: Json[] = [];
  each((field, where, kind, name) => {
    if (field.internal || field.spread || typeof field.default === 'symbol' || field.when !== undefined || isRef(field.default)) return;
    const section = sectionOf(kind.name);
    if (section === undefined) return;
    let entry = entryOf(spec, section);
    if (entry === undefined) return;
    const parts = name.split('.');
    for (const part of parts.slice(0, -1)) entry = entry[part] ??= {};
    entry[parts.at(-1) ?? ''] = field.default;
    said.push(where);
  });
  assert.ok(said.length > 30);
  assert.ok(accepts(spec), strict.errorsText(accepts.errors));
});

t('the schema refuses what is not in it, at every level', () => {
  const places: readonly (readonly string[])[] = [
    [],
    ['network'],
    ['network', 'vpc'],
    ['network', 'subnets', 'a'],
    ['instances', 'web-1'],
    ['certificates', 'site'],
    ['certificates', 'site', 'selfSigned'],
    ['targetGroups', 'web'],
    ['targetGroups', 'web', 'healthCheck'],
    ['targetGroups', 'web', 'stickiness'],
    ['loadBalancer'],
    ['listeners', 'http'],
    ['load'],
    ['chaos'],
    ['chaos', 'stopInstance'],
    ['objectives'],
  ];
  for (const place of places) {
    const spec = tutorial();
    place.reduce((value, key) => value[key], spec)['elephant'] = 1;
    assert.is(accepts(spec), false, place.join('.'));
  }
});

t('fields that albedo alone sets cannot be said', () => {
  const words = JSON.stringify(schema);
  each((field, where, kind, name) => {
    const section = sectionOf(kind.name);
    if (!field.internal || section === undefined || field.spread) return;
    if (Object.keys(section.extra ?? {}).includes(name)) return;
    const spec = tutorial();
    const entry = entryOf(spec, section);
    if (entry === undefined) return;
    entry[name] = 'x';
    assert.is(accepts(spec), false, where);
  });
  assert.not.match(words, /undefined/);
});

t.run();
