/** Looking things up in a JSON Schema: references, the names it knows, and what it wants in words. */

import { quoteValue } from './quote.ts';
import { resolvePlain } from './scalar.ts';

export type SchemaObject = { readonly [keyword: string]: unknown };

export function isObject(value: unknown): value is SchemaObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Follows `$ref`s within the document; at most 16, so that a ring of them ends. */
export function resolveSchema(schema: unknown, root: SchemaObject): SchemaObject {
  let current = schema;
  for (let i = 0; i < 16 && isObject(current) && typeof current['$ref'] === 'string'; i++) {
    const { $ref, ...beside } = current;
    const target = lookUp(String($ref), root);
    if (!isObject(target)) break;
    current = { ...target, ...beside };
  }
  return isObject(current) ? current : {};
}

export function lookUp(ref: string, root: SchemaObject): unknown {
  if (!ref.startsWith('#')) return undefined;
  let current: unknown = root;
  for (const part of pointerParts(ref.slice(1))) {
    if (!isObject(current) && !Array.isArray(current)) return undefined;
    current = Object.entries(current).find(([key]) => key === part)?.[1];
  }
  return current;
}

/** The parts of a JSON pointer (RFC 6901). */
export function pointerParts(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** Named fields of a mapping, those of `allOf`, `anyOf` and `oneOf` parts included. */
export function fieldsOf(schema: unknown, root: SchemaObject, depth = 0): Map<string, SchemaObject> {
  const out = new Map<string, SchemaObject>();
  if (depth > 8) return out;
  const resolved = resolveSchema(schema, root);
  if (isObject(resolved['properties'])) {
    for (const [name, field] of Object.entries(resolved['properties'])) if (field !== false) out.set(name, isObject(field) ? field : {});
  }
  for (const keyword of ['allOf', 'anyOf', 'oneOf']) {
    for (const part of listOf(resolved[keyword]))
      for (const [name, field] of fieldsOf(part, root, depth + 1)) if (!out.has(name)) out.set(name, field);
  }
  return out;
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function stringsOf(value: unknown): string[] {
  return listOf(value).filter((item) => typeof item === 'string');
}

/** The schema of the value at a path, as far as names lead there; used for hints only. */
export function schemaAt(root: SchemaObject, parts: readonly (string | number)[]): SchemaObject {
  let current = resolveSchema(root, root);
  for (const part of parts) {
    const field = typeof part === 'number' ? undefined : fieldsOf(current, root).get(part);
    const inner = field ?? (typeof part === 'number' ? current['items'] : current['additionalProperties']);
    current = resolveSchema(inner, root);
  }
  return current;
}

/** Types that a schema accepts by `type`, `const` or `enum`; empty when it does not say. */
export function typesOf(schema: SchemaObject): string[] {
  if (typeof schema['type'] === 'string') return [schema['type']];
  if (Array.isArray(schema['type'])) return stringsOf(schema['type']);
  if ('const' in schema) return [typeOf(schema['const'])];
  if (Array.isArray(schema['enum'])) return [...new Set(schema['enum'].map(typeOf))];
  return 'properties' in schema || 'required' in schema ? ['object'] : [];
}

export function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: '`true` or `false`',
  array: 'a list',
  object: 'a mapping of fields',
  null: 'empty',
};

/** What a schema wants: `a whole number from 1 to 65535`, `` text such as `10s` ``, `` `a` or `b` ``. */
export function describeSchema(schema: unknown, root: SchemaObject): string {
  const resolved = resolveSchema(schema, root);
  if ('const' in resolved) return quoteValue(resolved['const']);
  if (Array.isArray(resolved['enum'])) return oneOfValues(resolved['enum']);
  const parts = [...listOf(resolved['anyOf']), ...listOf(resolved['oneOf'])];
  if (parts.length > 0 && resolved['type'] === undefined)
    return inWords(
      [...new Set(parts.map((part) => describeSchema({ 'x-example': resolved['x-example'], ...resolveSchema(part, root) }, root)))],
      'or',
    );
  return inWords(
    typesOf(resolved).map((type) => describeType(type, resolved)),
    'or',
  );
}

function describeType(type: string, schema: SchemaObject): string {
  const words = TYPE_WORDS[type] ?? type;
  if (type === 'integer' || type === 'number') return `${words}${range(schema)}`;
  const example = exampleOf(schema);
  if (type === 'string' && typeof example === 'string')
    return `${words} such as ${quoteValue(typeof resolvePlain(example).value === 'string' ? example : JSON.stringify(example))}`;
  return words;
}

function range(schema: SchemaObject): string {
  const { minimum, maximum } = schema;
  const unit = typeof schema['x-unit'] === 'string' ? ` ${schema['x-unit']}` : '';
  if (typeof minimum === 'number' && typeof maximum === 'number') return ` from ${minimum} to ${maximum}${unit}`;
  if (typeof minimum === 'number') return ` of at least ${minimum}${unit}`;
  if (typeof maximum === 'number') return ` of at most ${maximum}${unit}`;
  return unit === '' ? '' : ` (${unit.trim()})`;
}

/** An example of a value: `x-example`, the first of `examples`, or the default. */
export function exampleOf(schema: SchemaObject): unknown {
  return schema['x-example'] ?? listOf(schema['examples'])[0] ?? schema['default'] ?? schema['x-default'];
}

export function oneOfValues(values: readonly unknown[]): string {
  const shown = values.slice(0, 16).map((value) => quoteValue(value));
  if (values.length > shown.length) return `one of ${shown.join(', ')} and ${values.length - shown.length} others`;
  return inWords(shown, 'or');
}

export function inWords(items: readonly string[], link: 'and' | 'or'): string {
  if (items.length <= 1) return items[0] ?? '';
  return `${items.slice(0, -1).join(', ')} ${link} ${items.at(-1)}`;
}
