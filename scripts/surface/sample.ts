import { resolveSecrets } from '../../reconciler/config/secrets.ts';
import type { Schema } from '../../reconciler/model/codec.ts';
import type { Json, JsonObject } from '../../reconciler/model/json.ts';

/** The key that samples use where any key may stand. */
export const ANY_KEY = 'any-key';

/**
 * Values that a schema takes, as many as are needed for every key and every alternative to be in one of them: each key alone
 * beside the required ones, and each with all others, since a codec may read one key only with, or only without, another.
 */
export function samplesOf(schema: Schema): readonly Json[] {
  const alternatives = (schema['anyOf'] ?? schema['enum']) as readonly Json[] | undefined;
  if (schema['const'] !== undefined) return [schema['const']];
  if (schema['enum'] !== undefined) return alternatives ?? [];
  if (schema['x-seconds'] !== undefined || schema['x-days'] !== undefined) return [schema['x-example'] ?? 1];
  if (alternatives !== undefined) return alternatives.flatMap((alternative) => samplesOf(alternative as Schema));
  switch (schema['type']) {
    case 'object':
      return objects(schema);
    case 'array':
      return samplesOf((schema['items'] ?? {}) as Schema).map((item) => [item]);
    case 'boolean':
      return [true, false];
    case 'integer':
      return [schema['minimum'] ?? 1];
    case 'string':
      return [typeof schema['x-example'] === 'string' ? schema['x-example'] : 'sample'];
    default:
      return [];
  }
}

function objects(schema: Schema): readonly Json[] {
  const properties = Object.entries((schema['properties'] ?? {}) as { readonly [key: string]: Schema }).map(
    ([key, inner]) => [key, samplesOf(inner)] as const,
  );
  const free =
    typeof schema['additionalProperties'] === 'object'
      ? samplesOf(schema['additionalProperties'] as Schema).map((value): Json => ({ [ANY_KEY]: value }))
      : [];
  const first = (keys: readonly string[] | undefined): JsonObject =>
    Object.fromEntries(
      properties.flatMap(([key, values]) =>
        values[0] !== undefined && (keys === undefined || keys.includes(key)) ? [[key, values[0]]] : [],
      ),
    );
  const always = (schema['required'] ?? []) as readonly string[];
  const beside = (schema['dependencies'] ?? {}) as { readonly [key: string]: readonly string[] };
  const required = (key: string): JsonObject => first([...always, ...(beside[key] ?? [])]);
  const all = first(undefined);
  return [
    ...free,
    ...properties.flatMap(([key, values]) =>
      values.flatMap((value): Json[] => [
        { ...required(key), [key]: value },
        { ...all, [key]: value },
      ]),
    ),
  ];
}

/** Paths of what is said in a value for the API: `Actions[].Order`. `null` says nothing; a reference or deferred value is one value. */
export function leavesOf(value: Json, path: string): readonly string[] {
  if (value === null) return [];
  if (Array.isArray(value)) return value.flatMap((entry: Json) => leavesOf(entry, `${path}[]`));
  if (typeof value !== 'object') return [path];
  const entries = Object.entries(value);
  if (entries.some(([key]) => key.startsWith('$') || key === ANY_KEY)) return [path];
  return entries.flatMap(([key, entry]) => leavesOf(entry, path === '' ? key : `${path}.${key}`));
}

/** A value as it is where its secrets can be read. The name of the variable stands for the secret and for its hash, so that it can be found again. */
export function withSecrets(value: Json): readonly Json[] {
  if (!Array.isArray(value)) return [];
  const draft = { values: { value: value as Json }, address: 'listener/sample' };
  resolveSecrets([draft as unknown as Parameters<typeof resolveSecrets>[0][number]], new Map(), {
    sha256: (text) => text.slice(text.lastIndexOf(' ') + 1),
    env: (name) => name,
    now: () => 0,
    readText: () => '',
    fingerprint: () => '',
  });
  return [draft.values.value];
}
