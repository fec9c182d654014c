import { iamAction, OPERATIONS } from '../../reconciler/aws/operations.ts';
import { EXPERIMENT_ROWS } from '../../reconciler/chaos/experiments.ts';
import type { Codec, Schema } from '../../reconciler/model/codec.ts';
import { canonical } from '../../reconciler/model/codec.ts';
import type { Field, Kind } from '../../reconciler/model/field.ts';
import { fieldsOf, KINDS, kindOf } from '../../reconciler/model/kinds.ts';
import { LINTS } from '../../reconciler/model/lints.ts';
import { SECTIONS, type Section } from '../../reconciler/model/sections.ts';
import { TOP, verifyRows } from '../../reconciler/model/top.ts';
import { FORMATS } from '../../reconciler/report/formats.ts';
import { cell, changeCell, defaultCell, meaningCell, typeCell, valueCell, wireCell } from './cells.ts';
import { isNested, type Key, keysOf, partsOf, wireNamesOf } from './nested.ts';

const INTRODUCTION = [
  '# Reference of a stack file',
  '',
  'Generated from the field table by `npm run generate`; do not edit it by hand. Editors use the same facts from `schemas/stack.schema.json` to complete and explain fields.',
  '',
  'A field that is left out has its default: if it has another value, a plan sets it back. Where the default is *not managed*, AWS keeps its value; *worked out* means that it follows from the rest of the file. Time spans are seconds or `10s`, `5m`, `1d`.',
  '',
  '**On change**: *in place* changes nothing else. *Moves requests*: from then on some requests are routed or answered differently. *Disturbs connections*: some clients are cut off or refused. *Replaces* creates a new resource next to the old one, moves all references to it, then deletes the old one. *With consent* means that a plan needs your consent first.',
  '',
  '**AWS** is the name in the AWS API, with the call in parentheses if the field has its own call.',
  '',
];

/** The reference of a stack file: every field with its type, default, limits, and what a change of it does. */
export function renderReference(): string {
  const told = new Map<string, string>();
  const derived = KINDS.filter((kind) => !SECTIONS.some((section) => section.kind === kind.name));
  const made = derived.map(
    (kind) =>
      `- **${kind.label}**: ${fieldsOf(kind)
        .map(([name, field]) => `${name}: ${field.doc}`)
        .join(' ')}`,
  );
  const calls = Object.entries(OPERATIONS).map(([name, row]) => `| \`${iamAction(name)}\` | ${row.access} |`);
  return [
    ...INTRODUCTION,
    ...['## Top level', '', ...schemaTable(keysOf({ properties: TOP, required: ['stack', 'region'] })), ''],
    ...SECTIONS.flatMap((section) => [...renderSection(section, told), '']),
    ...IGNORE,
    ...[
      '## lint',
      '',
      'A warning is about a setting that AWS accepts but that often causes problems. It has a name and does not stop the plan. `lint: { silence: [<name>] }` hides it for this file.',
      '',
    ],
    ...['| name | warns of |', '| --- | --- |', ...Object.entries(LINTS).map(([name, text]) => `| \`${name}\` | ${cell(text)} |`), ''],
    ...[
      '## Created without being in the spec',
      '',
      ...made,
      '- **security groups** for the load balancer (its listener ports are open to the internet) and for the instances (traffic and health check ports are open to the load balancer only), unless you set your own.',
      '',
    ],
    ...Object.entries(verifyRows(EXPERIMENT_ROWS)).flatMap(([name, schema]) => [
      `## ${name}`,
      '',
      String(schema['description'] ?? ''),
      '',
      // What the items of a list are, its description says.
      ...(schema['items'] === undefined ? [...schemaTable(keysOf(schema)), ''] : []),
    ]),
    ...[
      '## Report formats',
      '',
      'What `--format` writes to standard output, and the files that `--report` writes to a folder.',
      '',
      '| `--format` | file | media type | what for |',
      '| --- | --- | --- | --- |',
      ...FORMATS.map(
        ({ name, extension, contentType, purpose, prints }) =>
          `| ${prints === 'nothing' ? '' : `\`${name}\``} | ${extension === null ? '' : `\`report.${extension}\``} | ${contentType} | ${purpose} |`,
      ),
      '',
    ],
    ...[
      '## AWS calls',
      '',
      'The calls albedo makes and the IAM action that each needs.',
      '',
      '| IAM action | access |',
      '| --- | --- |',
      ...calls.sort(),
      '',
    ],
  ].join('\n');
}

const IGNORE = [
  '## ignore',
  '',
  'Paths of fields that another tool manages, such as weights that a deployment tool sets. albedo sets such a field when it creates the resource; afterwards it neither compares nor writes it. The plan lists it.',
  '',
  '| path | what albedo leaves unchanged |',
  '| --- | --- |',
  '| `targetGroups.web.targets` | one field of one resource |',
  '| `targetGroups.*.healthCheck` | a group of fields, of every target group |',
  '| `listeners.http.forward` | the whole default action: any of its keys stands for all of it |',
  '| `loadBalancer.tags.Cost` | one tag. Tags that albedo did not set are never changed |',
  '',
  'A raw attribute under `attributes` is one that this version has no field for. albedo sends it unchanged and compares its text. An attribute that has a field is refused there, with the name of the field.',
  '',
];

function renderSection(section: Section, told: Map<string, string>): readonly string[] {
  const kind = kindOf(section.kind);
  const place = `${section.path.map((key) => (key === '*' ? '<name>' : key)).join('.')}${section.single === undefined ? '.<name>' : ''}`;
  const fields = fieldsOf(kind).filter(([, field]) => !field.internal);
  const extras = Object.entries({ ...section.existing, ...section.extra });
  return [
    ...[`## \`${place}\``, '', section.doc, ''],
    ...(section.under === undefined ? [] : [`Fields of \`${section.under}\`:`, '']),
    ...['| field | type | default | meaning | on change | AWS |', '| --- | --- | --- | --- | --- | --- |'],
    ...fields.flatMap(([name, field]) => renderField(name, field, kind)),
    ...(extras.length === 0
      ? []
      : [
          '',
          section.existing === undefined ? 'Also:' : 'Also, or instead of the fields above:',
          '',
          ...schemaTable(keysOf({ properties: Object.fromEntries(extras) })),
        ]),
    ...fields.flatMap(([name, field]) => renderParts(place, name, field, told)),
  ];
}

function renderField(name: string, field: Field, kind: Kind): readonly string[] {
  if (field.spread) {
    return spreadOf(field).map(
      ([key, schema]) =>
        `| \`${key}\` | ${typeCell(schema)} | ${key in CHECKS ? 'nothing' : 'one of these'} | ${cell(String(schema['description'] ?? ''))} | ${changeCell(field, kind)} | ${wireCell(field)} |`,
    );
  }
  return [
    `| \`${name}\` | ${typeCell(field.codec.schema, field.codec.type)} | ${defaultCell(field)} | ${meaningCell(field)} | ${changeCell(field, kind)} | ${wireCell(field)} |`,
  ];
}

/** Keys of an action that may stand before the one that finally answers. */
const CHECKS = { authenticateOidc: true, authenticateCognito: true, jwtValidation: true };

const spreadOf = (field: Field): readonly (readonly [string, Schema])[] =>
  Object.entries(field.codec.schema['properties'] as { readonly [key: string]: Schema });

/** Tables of what is inside the fields that hold more than one value; told once, then pointed to. */
function renderParts(place: string, name: string, field: Field, told: Map<string, string>): readonly string[] {
  const { codec } = field;
  const tables = field.spread
    ? spreadOf(field).map(([key, schema]) => ({ key, schema, prefix: `${key}.` }))
    : [{ key: name, schema: codec.schema, prefix: '' }];
  const pointers: string[] = [];
  const lines = tables.flatMap(({ key, schema, prefix }) => {
    if (!isNested(schema)) return [];
    const title = `\`${place}.${key}\``;
    const before = told.get(`${key} ${canonical(schema)}`);
    if (before !== undefined) {
      pointers.push(`- \`${key}\`: the keys of ${before}`);
      return [];
    }
    told.set(`${key} ${canonical(schema)}`, title);
    return ['', `### ${title}`, '', ...schemaTable(partsOf(schema), { codec, prefix })];
  });
  return pointers.length === 0 ? lines : [...lines, '', ...pointers];
}

function schemaTable(keys: readonly Key[], wire?: { readonly codec: Codec; readonly prefix: string }): readonly string[] {
  const aws = (path: string): string =>
    wire === undefined
      ? ''
      : ` ${wireNamesOf(wire.codec, `${wire.prefix}${path}`)
          .map((name) => `\`${name}\``)
          .join(', ')} |`;
  return [
    `| field | type | default | meaning |${wire === undefined ? '' : ' AWS |'}`,
    `| --- | --- | --- | --- |${wire === undefined ? '' : ' --- |'}`,
    ...keys.map(({ path, schema, required }) => {
      const standard = schema['default'] === undefined ? (required ? '**required**' : '') : valueCell(schema, schema['default']);
      return `| \`${path}\` | ${typeCell(schema)} | ${standard} | ${cell(String(schema['description'] ?? ''))} |${aws(path)}`;
    }),
  ];
}
