import type { Schema } from './codec.ts';
import { type Field, type Fields, isField, REQUIRED, UNMANAGED } from './field.ts';
import type { Json } from './json.ts';
import { kindOf } from './kinds.ts';
import { SECTIONS, type Section } from './sections.ts';
import { TOP, verifyRows } from './top.ts';

/** The JSON Schema of a stack file, made from the field table. Draft 2020-12 vocabulary that editors know; `x-` keys are ours. `experiments`: as `verifyRows`. */
export function stackSchema(experiments: Readonly<Record<string, Schema>>): Schema {
  const properties: { [key: string]: Json } = { ...TOP };
  const verify = verifyRows(experiments);
  const required = ['stack', 'region'];
  const network: { [key: string]: Json } = {};
  for (const section of SECTIONS) {
    const [head = '', tail] = section.path;
    if (section.path.includes('*')) continue;
    const schema = sectionSchema(section);
    if (tail === undefined) {
      properties[head] = schema;
      if (section.required) required.push(head);
    } else {
      network[tail] = schema;
    }
  }
  properties['network'] = {
    type: 'object',
    description: 'The VPC and its subnets.',
    additionalProperties: false,
    required: ['vpc'],
    properties: network,
  };
  required.push('network');
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: 'urn:albedo:stack:1',
    title: 'albedo stack',
    description: 'One load balancer and everything it needs. One file is one stack.',
    type: 'object',
    additionalProperties: false,
    required: required.sort(),
    properties: { ...properties, ...verify, chaos: EXPERIMENT, experiments: { ...verify['experiments'], items: EXPERIMENT } },
    definitions: { chaos: verify['chaos'] ?? {} },
  };
}

/** What may stand under `chaos` stands once in the schema, and once in the code that is made of it. */
const EXPERIMENT = { $ref: '#/definitions/chaos' };

const NAME = {
  pattern: '^[a-z][a-z0-9-]{0,62}$',
  'x-pattern-message': 'a name of lower-case letters, digits and hyphens, beginning with a letter',
};

function sectionSchema(section: Section): Schema {
  const entry = entrySchema(section);
  if (section.single !== undefined) return { ...entry, description: section.doc };
  return {
    type: 'object',
    description: section.doc,
    propertyNames: NAME,
    minProperties: section.required ? 1 : 0,
    additionalProperties: entry,
  };
}

/** Either the fields of the kind, or one key that points to something that exists. `x-one-of` names the keys that exclude each other. */
function entrySchema(section: Section): Schema {
  const kind = kindOf(section.kind);
  const own = fieldsSchema(kind.fields);
  const tags = { tags: TOP['tags'] ?? {} };
  const alternatives = [...Object.keys(section.existing ?? {}), ...Object.keys(section.under === undefined ? {} : (section.extra ?? {}))];
  if (section.under !== undefined) {
    const properties = {
      [section.under]: { ...own, required: ['commonName'], description: 'Made by albedo in memory: RSA 2048, self-signed.' },
      ...section.existing,
      ...section.extra,
      ...tags,
    };
    return {
      type: 'object',
      additionalProperties: false,
      properties,
      'x-exactly-one': [section.under, ...alternatives],
      oneOf: [section.under, ...alternatives].map((key) => ({ required: [key] })),
    };
  }
  const nested = SECTIONS.filter(
    (other) =>
      other.path.length === section.path.length + 2 &&
      other.path[section.path.length] === '*' &&
      section.path.every((key, index) => other.path[index] === key),
  );
  const within = Object.fromEntries(nested.map((other) => [other.path.at(-1) ?? '', sectionSchema(other)]));
  const properties = { ...(own['properties'] as { [key: string]: Json }), ...section.existing, ...section.extra, ...within, ...tags };
  const required = own['required'] as readonly string[];
  if (section.existing === undefined) return { type: 'object', additionalProperties: false, properties, required };
  return {
    type: 'object',
    additionalProperties: false,
    properties,
    ...(required.length === 0 ? {} : { if: { not: { required: Object.keys(section.existing).slice(0, 1) } }, then: { required } }),
  };
}

function fieldsSchema(fields: Fields): Schema {
  const properties: { [key: string]: Json } = {};
  const required: string[] = [];
  for (const [name, entry] of Object.entries(fields)) {
    if (!isField(entry)) {
      const group = fieldsSchema(entry);
      properties[name] = group;
      continue;
    }
    if (entry.internal) continue;
    if (entry.spread) {
      Object.assign(properties, entry.codec.schema['properties']);
      continue;
    }
    properties[name] = {
      ...entry.codec.schema,
      description: describe(entry),
      ...(isPlain(entry.default) ? { default: entry.default } : {}),
    };
    if (entry.default === REQUIRED && entry.when === undefined && entry.unless === undefined) required.push(name);
  }
  return { type: 'object', additionalProperties: false, properties, required };
}

const isPlain = (value: Field['default']): value is Json => typeof value !== 'symbol';

function describe(field: Field): string {
  const left = field.default === UNMANAGED ? ' Not managed when omitted.' : '';
  const when =
    field.when === undefined
      ? ''
      : ` Only with ${Object.entries(field.when)
          .map(([name, values]) => `${name} ${values.join(' or ')}`)
          .join(' and ')}.`;
  return `${field.doc}${when}${left}`;
}
