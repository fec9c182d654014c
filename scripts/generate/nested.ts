import type { Codec, Schema } from '../../reconciler/model/codec.ts';
import { formatDuration } from '../../reconciler/model/codec.ts';
import type { Json } from '../../reconciler/model/json.ts';
import { SECRET_PREFIX } from '../../reconciler/model/nested/authenticate.ts';
import { ANY_KEY, samplesOf, withSecrets } from '../surface/sample.ts';

/** One key inside a value, by its path from the value: `targetGroups[].weight`, `headers.<name>[]`. */
export interface Key {
  readonly path: string;
  readonly schema: Schema;
  readonly required: boolean;
}

const properties = (schema: Schema): readonly (readonly [string, Schema])[] =>
  Object.entries((schema['properties'] ?? {}) as { readonly [key: string]: Schema });

/** All keys inside a value of the schema, those of every alternative among them. */
export function keysOf(schema: Schema, prefix = ''): readonly Key[] {
  const required = (schema['required'] ?? []) as readonly string[];
  const own = properties(schema).flatMap(([name, inner]): Key[] => {
    const path = `${prefix}${name}`;
    return [{ path, schema: inner, required: required.includes(name) }, ...within(inner, path)];
  });
  return [...own, ...alternatives(schema).flatMap((alternative) => keysOf(alternative, prefix))];
}

function within(schema: Schema, path: string): readonly Key[] {
  const items = schema['items'] as Schema | undefined;
  if (items !== undefined) return keysOf(items, `${path}[].`);
  return [...keysOf(schema, `${path}.`)];
}

/** Whether there is more to say of a value than one line holds. */
export const isNested = (schema: Schema): boolean =>
  keysOf(schema).length > 0 || ((schema['items'] as Schema | undefined) !== undefined && keysOf(schema['items'] as Schema).length > 0);

/** The keys of a value, or of the members of a list. */
export const partsOf = (schema: Schema): readonly Key[] =>
  schema['items'] === undefined ? keysOf(schema) : keysOf(schema['items'] as Schema, '[].');

function alternatives(schema: Schema): readonly Schema[] {
  return Array.isArray(schema['anyOf']) ? (schema['anyOf'] as readonly Schema[]) : [];
}

/** A type in words: `text`, `HTTP | HTTPS`, `list of name of a targetGroup`. */
export function typeOf(schema: Schema): string {
  if (schema['x-seconds'] !== undefined) return 'duration';
  if (schema['x-days'] !== undefined) return 'days';
  if (schema['x-reference'] !== undefined) {
    const name = String(schema['x-reference']);
    return `${schema['x-network'] === undefined ? '' : 'network, or '}name of ${/^[aeiou]/.test(name) ? 'an' : 'a'} ${name}`;
  }
  if (Array.isArray(schema['enum'])) return schema['enum'].join(' | ');
  if (schema['const'] !== undefined) return String(schema['const']);
  const choices = alternatives(schema);
  if (choices.length > 0) return [...new Set(choices.map(typeOf))].join(', or ');
  switch (schema['type']) {
    case 'array':
      return `list of ${typeOf((schema['items'] ?? {}) as Schema)}`;
    case 'object':
      return properties(schema).length > 0 ? 'keys below' : 'map by name';
    case 'integer':
      return 'number';
    case 'boolean':
      return 'true or false';
    default:
      return 'text';
  }
}

/** The limits of a value, each in a few words. */
export function limitsOf(schema: Schema): readonly string[] {
  const seconds = schema['x-seconds'] as readonly number[] | undefined;
  const days = schema['x-days'] as readonly number[] | undefined;
  const prefix = schema['x-prefix'] as readonly number[] | undefined;
  const numbers = schema['minimum'] === undefined ? alternatives(schema).find((entry) => entry['minimum'] !== undefined) : schema;
  const items = schema['items'] as Schema | undefined;
  return [
    ...(seconds === undefined ? [] : [`${formatDuration(seconds[0] ?? 0)} to ${formatDuration(seconds[1] ?? 0)}`]),
    ...(days === undefined ? [] : [`${days[0]}d to ${days[1]}d`]),
    ...(prefix === undefined ? [] : [`/${prefix[0]} to /${prefix[1]}`]),
    ...(seconds !== undefined || days !== undefined || numbers === undefined
      ? []
      : [`${String(numbers['minimum'])} to ${String(numbers['maximum'])}`]),
    ...(schema['maxLength'] === undefined ? [] : [`at most ${String(schema['maxLength'])} characters`]),
    ...(schema['minItems'] !== undefined && schema['minItems'] !== 1 ? [`at least ${String(schema['minItems'])}`] : []),
    ...(schema['maxItems'] === undefined ? [] : [`at most ${String(schema['maxItems'])}`]),
    ...(schema['maxProperties'] === undefined ? [] : [`at most ${String(schema['maxProperties'])}`]),
    ...(typeof schema['x-pattern-message'] === 'string' ? [schema['x-pattern-message']] : []),
    ...(items === undefined || typeof items !== 'object' ? [] : limitsOf(items).map((limit) => `each ${limit}`)),
  ];
}

/** A text and a number that no sample holds: what they become on the wire shows where a key goes. */
const MARK = `${SECRET_PREFIX}MARK-OF-A-KEY`;
const MARK_NUMBER = 424242;

/**
 * The names under which AWS knows a key of a value: found by putting a mark there and looking where the codec writes it. Empty for
 * what AWS does not get under a name of its own.
 */
export function wireNamesOf(codec: Codec, path: string): readonly string[] {
  const found = new Set<string>();
  for (const sample of samplesOf(codec.schema)) {
    // The second as the name of a variable, which has to begin so.
    for (const mark of [MARK, `${SECRET_PREFIX}${MARK}`, MARK_NUMBER]) {
      const marked = put(sample, path.split(/\.|(?=\[\])/), mark);
      if (marked === undefined) continue;
      try {
        const value = codec.parse(marked);
        for (const one of [value, ...withSecrets(value)]) for (const name of marksIn(codec.write(one), '')) found.add(name);
      } catch {
        // A mark where the codec wants something else, such as a list.
      }
    }
  }
  return [...found];
}

/** A copy with the mark at a path; nothing when the sample does not go there. */
function put(value: Json, path: readonly string[], mark: Json): Json | undefined {
  const [head, ...rest] = path;
  if (head === undefined) return typeof value === 'object' ? undefined : mark;
  if (head === '[]') {
    if (!Array.isArray(value)) return undefined;
    const [first = null] = value as readonly Json[];
    const inner = put(first, rest, mark);
    return inner === undefined ? undefined : [inner];
  }
  if (Array.isArray(value) || typeof value !== 'object' || value === null) return undefined;
  const record = value as { readonly [key: string]: Json };
  const key = Object.hasOwn(record, head) ? head : undefined;
  const inner = key === undefined ? undefined : put(record[key] ?? null, rest.length === 0 ? listEnd(record[key] ?? null) : rest, mark);
  return key === undefined || inner === undefined ? undefined : { ...record, [key]: inner };
}

/** A list or map of plain values is marked in its first member. */
function listEnd(value: Json): readonly string[] {
  if (Array.isArray(value)) return ['[]', ...listEnd((value as readonly Json[])[0] ?? null)];
  if (typeof value === 'object' && value !== null && ANY_KEY in value)
    return [ANY_KEY, ...listEnd((value as { readonly [key: string]: Json })[ANY_KEY] ?? null)];
  return [];
}

function marksIn(value: Json, path: string): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((entry: Json) => marksIn(entry, path));
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).flatMap(([key, entry]) =>
      marksIn(entry, key.startsWith('$') || key === ANY_KEY ? path : path === '' ? key : `${path}.${key}`),
    );
  return value === MARK_NUMBER || (typeof value === 'string' && value.includes(MARK)) ? [path] : [];
}
