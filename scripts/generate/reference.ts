import type { Json } from '../../reconciler/plan/types.ts';
import { type Field, type Kind, REQUIRED, UNMANAGED } from '../../reconciler/model/field.ts';
import { KINDS, fieldsOf, kindOf } from '../../reconciler/model/kinds.ts';
import { SECTIONS, type Section } from '../../reconciler/model/sections.ts';
import { TOP, VERIFY } from '../../reconciler/model/top.ts';
import { OPERATIONS, iamAction } from '../../reconciler/aws/operations.ts';

type Schema = { readonly [key: string]: Json };

/** The reference of a stack file: every field with its type, default, limits, and what a change of it does. */
export function renderReference(): string {
  const parts = [
    '# Reference of a stack file',
    '',
    'Made from the field table by `npm run generate`; do not edit it by hand. The same facts are in `schemas/stack.schema.json`, from which editors complete and explain.',
    '',
    'A field that is left out has its default, and is set back to it when it was otherwise before; where the default is *left alone*, AWS keeps what it has. Time spans are seconds or `10s`, `5m`, `1d`.',
    '',
    '**On change**: *in place* changes nothing else; *replaces* makes a new object beside the old one, moves what points to it, then removes the old one.',
    '',
    '## Top level',
    '',
    ...schemaTable(TOP),
    '',
  ];
  for (const section of SECTIONS) parts.push(...renderSection(section), '');
  const derived = KINDS.filter((kind) => !SECTIONS.some((section) => section.kind === kind.name));
  parts.push('## Made without being said', '', ...derived.map((kind) => `- **${kind.label}**: ${fieldsOf(kind).map(([name, field]) => `${name}: ${field.doc}`).join(' ')}`), '- **security groups** for the load balancer (its listener ports open to the world) and for the instances (traffic and health-check ports open to the load balancer only), unless you say your own.', '');
  for (const [name, schema] of Object.entries(VERIFY)) parts.push(`## ${name}`, '', String(schema['description'] ?? ''), '', ...nestedTable(schema), '');
  parts.push('## AWS calls', '', 'The calls albedo makes and the IAM action that each needs.', '', '| IAM action | access |', '| --- | --- |', ...Object.entries(OPERATIONS).map(([name, row]) => `| \`${iamAction(name)}\` | ${row.access} |`).sort(), '');
  return parts.join('\n');
}

function renderSection(section: Section): readonly string[] {
  const kind = kindOf(section.kind);
  const place = `${section.path.join('.')}${section.single === undefined ? '.<name>' : ''}`;
  const extras = Object.entries({ ...section.given, ...section.extra });
  return [
    `## ${place}`, '', section.doc, '',
    ...(section.under === undefined ? [] : [`Fields of \`${section.under}\`:`, '']),
    '| field | type | default | meaning | on change | AWS |',
    '| --- | --- | --- | --- | --- | --- |',
    ...fieldsOf(kind).filter(([, field]) => !field.internal).flatMap(([name, field]) => rows(name, field, kind)),
    ...(extras.length === 0 ? [] : ['', section.given === undefined ? 'Also:' : 'Also, or instead of the fields above:', '', ...extras.map(([name, schema]) => `- \`${name}\`: ${String(schema['description'] ?? '')}`)]),
  ];
}

function rows(name: string, field: Field, kind: Kind): readonly string[] {
  if (field.spread) {
    return Object.entries(field.codec.schema['properties'] as Record<string, Schema>).map(([key, schema]) => `| \`${key}\` | ${String(schema['type'])} | one of them | ${cell(String(schema['description'] ?? ''))} | in place: ${field.risk?.reason ?? ''} | ${wireName(field)} |`);
  }
  return [`| \`${name}\` | ${cell(field.codec.type)}${limits(field)} | ${defaultOf(field)} | ${cell(field.doc)}${condition(field)} | ${onChange(field, kind)} | ${wireName(field)} |`];
}

function onChange(field: Field, kind: Kind): string {
  if (field.wire.how === 'create' || field.wire.how === 'link') return `replaces the ${kind.label}${kind.consent === undefined ? '' : `, with consent (${kind.consent})`}`;
  return `in place${field.risk === undefined ? '' : `: ${field.risk.reason}`}`;
}

function defaultOf(field: Field): string {
  if (field.default === REQUIRED) return '**required**';
  if (field.default === UNMANAGED) return '*left alone*';
  if (typeof field.default === 'symbol') return '*worked out*';
  return `\`${JSON.stringify(field.default)}\``;
}

function limits(field: Field): string {
  const { schema } = field.codec;
  const span = (schema['x-seconds'] ?? schema['x-days'] ?? schema['x-prefix']) as readonly number[] | undefined;
  const [least, most] = span ?? [schema['minimum'], schema['maximum']];
  if (schema['x-prefix'] !== undefined) return `, /${String(least)} to /${String(most)}`;
  return least === undefined ? '' : `, ${String(least)} to ${String(most)}`;
}

const condition = (field: Field): string => (field.when === undefined ? '' : ` Only with ${Object.entries(field.when).map(([name, values]) => `\`${name}: ${values.join(' or ')}\``).join(' and ')}.`);

function wireName(field: Field): string {
  const { wire } = field;
  switch (wire.how) {
    case 'attribute':
      return `\`${wire.key}\``;
    case 'member':
      return `\`${wire.member.add.split(':')[1]}\`, \`${wire.member.remove.split(':')[1]}\``;
    case 'setter':
      return `\`${wire.op.split(':')[1]}\``;
    case 'link':
      return `\`${wire.link.split(':')[1]}\``;
    case 'rank':
      return `\`${wire.op.split(':')[1]}\``;
    case 'rawAttributes':
      return 'any key';
    default:
      return wire.param === undefined ? '' : `\`${wire.param}\``;
  }
}

function schemaTable(schemas: Readonly<Record<string, Schema>>): readonly string[] {
  return ['| field | default | meaning |', '| --- | --- | --- |', ...Object.entries(schemas).map(([name, schema]) => `| \`${name}\` | ${schema['default'] === undefined ? '' : `\`${JSON.stringify(schema['default'])}\``} | ${cell(String(schema['description'] ?? ''))} |`)];
}

function nestedTable(schema: Schema, prefix = ''): readonly string[] {
  const flat = (inner: Schema, path: string): readonly (readonly [string, Schema])[] => Object.entries((inner['properties'] ?? {}) as Record<string, Schema>).flatMap(([name, entry]) => (entry['properties'] === undefined ? [[`${path}${name}`, entry] as const] : flat(entry, `${path}${name}.`)));
  return schemaTable(Object.fromEntries(flat(schema, prefix)));
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
