import * as assert from 'uvu/assert';
import type { Codec } from '../../../reconciler/model/codec.ts';
import { type Fields, isField, type Kind, listFields } from '../../../reconciler/model/field.ts';
import type { Json } from '../../../reconciler/model/json.ts';
import { KINDS, kindOf } from '../../../reconciler/model/kinds.ts';
import { type Judged, judgeRows, renderCoverage } from '../../../scripts/surface/coverage.ts';
import { type ServiceModel, unknownNames } from '../../../scripts/surface/newest.ts';
import { ROWS } from '../../../scripts/surface/rows.ts';
import { samplesOf } from '../../../scripts/surface/sample.ts';
import { suite } from '../../support/suite.ts';

const t = suite('surface');

const uncovered = (judged: readonly Judged[]): readonly string[] =>
  judged.filter(({ by }) => by.length === 0).map(({ row }) => `${row.resource} ${row.field}`);

function without(fields: Fields, path: string): Fields {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, entry]) => {
      if (name === path) return [];
      return [[name, path.startsWith(`${name}.`) && !isField(entry) ? without(entry, path.slice(name.length + 1)) : entry]];
    }),
  );
}

/** A copy of the table in which one kind is another. */
const withKind = (changed: Kind): readonly Kind[] => KINDS.map((kind) => (kind.name === changed.name ? changed : kind));

/** A copy of the table in which one field has another codec. */
function withCodec(kind: Kind, name: string, change: (codec: Codec) => Codec): readonly Kind[] {
  const field = listFields(kind.fields).find(([path]) => path === name)?.[1];
  if (field === undefined) throw new Error(`no field ${name}`);
  return withKind({ ...kind, fields: { ...kind.fields, [name]: { ...field, codec: change(field.codec) } } });
}

t('every settable name of an Application Load Balancer is covered', () => {
  const judged = judgeRows(ROWS, KINDS);
  assert.is(judged.length, ROWS.filter(({ appliesToAlb }) => appliesToAlb).length);
  assert.equal(uncovered(judged), []);
  const { text, unexplained } = renderCoverage(judged);
  assert.is(unexplained, 0);
  assert.ok(text.startsWith(`${judged.length} / ${judged.length} `));
});

t('names that only other load balancers have are not counted', () => {
  assert.ok(ROWS.length > judgeRows(ROWS, KINDS).length);
  assert.not(judgeRows(ROWS, KINDS).some(({ row }) => row.field === 'AlpnPolicy[]'));
});

t('taking any field out of the table uncovers exactly the names that it alone says', () => {
  const judged = judgeRows(ROWS, KINDS);
  let removed = 0;
  for (const name of ['loadBalancer', 'targetGroup', 'listener', 'rule', 'trustStore']) {
    const kind = kindOf(name);
    const rows = ROWS.filter((row) => row.resource === name);
    for (const [path] of listFields(kind.fields)) {
      const lost = judged
        .filter(({ row, by }) => row.resource === name && by.length === 1 && by[0] === path)
        .map(({ row }) => `${row.resource} ${row.field}`);
      assert.equal(uncovered(judgeRows(rows, [{ ...kind, fields: without(kind.fields, path) }])), lost, `${name} ${path}`);
      removed += lost.length;
    }
  }
  // What is left is said by the kind itself: five pairs of tags and the type of the load balancer.
  assert.is(removed, judged.length - 11);
});

t('a codec that stops writing one key uncovers it', () => {
  const drop = (value: Json): Json => {
    if (Array.isArray(value)) return value.map((entry: Json) => drop(entry));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).flatMap(([key, entry]) => (key === 'JwksEndpoint' ? [] : [[key, drop(entry)]])));
  };
  const kinds = withCodec(kindOf('rule'), 'actions', (codec) => ({ ...codec, write: (value) => drop(codec.write(value)) }));
  assert.equal(uncovered(judgeRows(ROWS, kinds)), ['rule Actions[].JwtValidationConfig.JwksEndpoint']);
});

t('a key that the schema no longer takes is uncovered, even when the codec could write it', () => {
  const kinds = withCodec(kindOf('listener'), 'mutualAuthentication', (codec) => {
    const { advertiseTrustStoreCaNames: _, ...properties } = codec.schema['properties'] as { readonly [key: string]: Json };
    return {
      ...codec,
      schema: { ...codec.schema, properties },
      write: (value) => ({ ...(codec.write(value) as object), AdvertiseTrustStoreCaNames: null }),
    };
  });
  assert.equal(uncovered(judgeRows(ROWS, kinds)), ['listener MutualAuthentication.AdvertiseTrustStoreCaNames']);
});

t('a name that is only shown is uncovered once the table is misled by it', () => {
  const kinds = withCodec(kindOf('listener'), 'mutualAuthentication', (codec) => ({ ...codec, read: (wire) => wire }));
  assert.equal(uncovered(judgeRows(ROWS, kinds)), ['listener MutualAuthentication.TrustStoreAssociationStatus']);
  const extra = withCodec(kindOf('listener'), 'additionalCertificates', (codec) => ({ ...codec, read: (wire) => wire }));
  assert.equal(uncovered(judgeRows(ROWS, extra)), ['listener Certificates[].IsDefault']);
});

t('a call that a field no longer uses does not count for it', () => {
  const { modify: _, ...kind } = kindOf('trustStore');
  const row = { resource: 'trustStore', field: 'CaCertificatesBundleS3Key', api: ['ModifyTrustStore'], appliesToAlb: true };
  assert.equal(uncovered(judgeRows([row], KINDS)), []);
  assert.equal(uncovered(judgeRows([row], withKind(kind))), ['trustStore CaCertificatesBundleS3Key']);
});

t('a name without cover and reason is listed and counted', () => {
  const { text, unexplained } = renderCoverage(
    judgeRows([{ resource: 'listener', field: 'Tomorrow', api: ['CreateListener'], appliesToAlb: true }], KINDS),
  );
  assert.is(unexplained, 1);
  assert.match(text, /^0 \/ 1 /);
  assert.match(text, /listener Tomorrow: NO REASON GIVEN/);
});

t('samples hold every key alone and with all others', () => {
  const schema = { type: 'object', required: ['a'], properties: { a: { type: 'integer', minimum: 7 }, b: { enum: ['x', 'y'] } } };
  assert.equal(samplesOf(schema), [{ a: 7 }, { a: 7, b: 'x' }, { a: 7, b: 'x' }, { a: 7, b: 'x' }, { a: 7, b: 'y' }, { a: 7, b: 'y' }]);
});

/** A service model with one call and one list of attributes. */
const model = (keys: readonly string[], members: readonly string[]): ServiceModel => ({
  operations: { SetIpAddressType: { input: { shape: 'Input' } }, DescribeRules: { input: { shape: 'Unread' } } },
  shapes: {
    Input: {
      type: 'structure',
      members: Object.fromEntries(members.map((name) => [name, { shape: name.endsWith('s') ? 'List' : 'Text' }])),
    },
    List: { type: 'list', member: { shape: 'Structure' } },
    Structure: { type: 'structure', members: { Inner: { shape: 'Text' } } },
    Text: { type: 'string' },
    ...Object.fromEntries(
      ['LoadBalancer', 'TargetGroup', 'Listener'].map((name) => [
        `${name}Attribute`,
        {
          type: 'structure',
          members: {
            Key: { shape: 'Text', documentation: keys.map((key) => `<li> <p> <code>${key}</code> - Whether.</p> </li>`).join('') },
          },
        },
      ]),
    ),
  },
});
const ROW = { api: ['SetIpAddressType'], appliesToAlb: true };
const KNOWN = ['loadBalancer', 'targetGroup', 'listener'].flatMap((resource) => [
  { ...ROW, resource, field: 'IpAddressType' },
  { ...ROW, resource, field: 'Attributes[a.b]' },
]);

t('the newest service model is held against the rows: its new attributes, parameters and calls are named', () => {
  assert.equal(unknownNames(model(['a.b'], ['LoadBalancerArn', 'IpAddressType']), KNOWN), []);
  assert.equal(unknownNames(model(['a.b', 'c.d_e'], ['IpAddressType', 'News']), KNOWN), [
    ...['loadBalancer', 'targetGroup', 'listener'].map((name) => `${name} Attributes[c.d_e]`),
    'SetIpAddressType News[].Inner',
  ]);
  assert.equal(
    unknownNames(
      model(['a.b'], ['IpAddressType']),
      KNOWN.filter(({ field }) => field !== 'IpAddressType'),
    ).at(-1),
    'SetIpAddressType IpAddressType',
  );
  assert.match(unknownNames(model([], ['IpAddressType']), KNOWN)[0] ?? '', 'no attribute keys are documented');
});

t.run();
