import * as assert from 'uvu/assert';
import { stringify } from 'yaml';
import { readSpec } from '../../../reconciler/config/read.ts';
import type { Schema } from '../../../reconciler/model/codec.ts';
import { type Field, listFields } from '../../../reconciler/model/field.ts';
import type { Json } from '../../../reconciler/model/json.ts';
import { kindOf } from '../../../reconciler/model/kinds.ts';
import { SECTIONS } from '../../../reconciler/model/sections.ts';
import { hashing } from '../../../reconciler/run/pipeline.ts';
import { suite } from '../../support/suite.ts';

// Every row of the field table refuses at least one value that AWS refuses, at its line and column, before any call.
const t = suite('spec/every row');

type Tree = { [key: string]: Json };

/** A stack in which every kind has one entry. */
const base = (): Tree => ({
  stack: 'rows',
  region: 'us-east-1',
  network: {
    vpc: { cidrBlock: '10.0.0.0/16' },
    subnets: {
      x: { availabilityZone: 'us-east-1a', cidrBlock: '10.0.1.0/24' },
      b: { availabilityZone: 'us-east-1b', cidrBlock: '10.0.2.0/24' },
    },
  },
  securityGroups: { x: { ingress: [] } },
  instances: { x: { subnet: 'x', app: 'flask-webserver' } },
  certificates: { x: { selfSigned: { commonName: 'x.example' } } },
  trustStores: { x: { bundle: { bucket: 'trust', key: 'ca.pem' } } },
  targetGroups: { x: { port: 8080, targets: ['x'] } },
  loadBalancer: { subnets: ['x', 'b'] },
  listeners: {
    x: { protocol: 'HTTPS', port: 443, certificate: 'x', forward: 'x', rules: { x: { if: { path: ['/x'] }, forward: 'x' } } },
  },
});

/** A value that the schema of a field must refuse: the first that fits its kind. */
function illegal(schema: Schema): Json {
  if (Array.isArray(schema['anyOf'])) return { no: 'such form' };
  if (Array.isArray(schema['enum'])) return 'bogus';
  if (schema['const'] !== undefined) return !schema['const'];
  switch (schema['type']) {
    case 'integer':
      return Number(schema['maximum'] ?? 0) + 1;
    case 'boolean':
      return 'maybe';
    case 'array':
      return 'no list';
    case 'object':
      return 5;
    default:
      return (
        ['\u{1F4A5} no', 'AWSLogs'].find(
          (text) => schema['pattern'] !== undefined && !new RegExp(String(schema['pattern']), 'u').test(text),
        ) ?? 5
      );
  }
}

/** The rows that a section's users can write: path below the entry, and its schema. */
type Row = readonly [path: readonly string[], schema: Schema];

function rowsOf(kind: string): readonly Row[] {
  return listFields(kindOf(kind).fields).flatMap(([name, field]: readonly [string, Field]): readonly Row[] => {
    if (field.internal) return [];
    if (field.spread)
      return Object.entries(field.codec.schema['properties'] as Record<string, Schema>).map(([key, schema]): Row => [[key], schema]);
    return [[name.split('.'), field.codec.schema]];
  });
}

function put(tree: Tree, path: readonly string[], value: Json): void {
  const [head = '', ...rest] = path;
  if (rest.length === 0) {
    tree[head] = value;
    return;
  }
  const next = tree[head];
  const inner: Tree = typeof next === 'object' && next !== null && !Array.isArray(next) ? (next as Tree) : {};
  tree[head] = inner;
  put(inner, rest, value);
}

const problemsOf = (tree: Tree) =>
  readSpec(Buffer.from(stringify(tree)), 'rows.yaml', hashing).problems.filter((problem) => problem.severity === 'error');

t('the stack without a mistake is legal', () => assert.equal(problemsOf(base()), []));

let rows = 0;
for (const section of SECTIONS) {
  const entry = [
    ...section.path.map((key) => (key === '*' ? 'x' : key)),
    ...(section.single === undefined ? ['x'] : []),
    ...(section.under === undefined ? [] : [section.under]),
  ];
  for (const [path, schema] of rowsOf(section.kind)) {
    rows++;
    const whole = [...entry, ...path];
    t(`${whole.join('.')} refuses ${JSON.stringify(illegal(schema))}`, () => {
      const tree = base();
      put(tree, whole, illegal(schema));
      const text = stringify(tree);
      const found = problemsOf(tree).find((problem) => problem.path.startsWith(whole.join('.')));
      assert.ok(found !== undefined, JSON.stringify(problemsOf(tree)));
      const line = text.split('\n')[found.line - 1] ?? '';
      assert.ok(
        line.includes(String(path.at(-1))) || text.split('\n')[found.line - 2]?.includes(String(path.at(-1))),
        `line ${found.line}: ${line}`,
      );
      assert.ok(found.column >= 1 && found.column <= line.length + 1);
      assert.ok(found.message.length > 10);
    });
  }
}

t('all rows were tried', () => assert.ok(rows > 90, String(rows)));

t.run();
