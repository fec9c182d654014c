/** Small pieces of the inputs of AWS calls. */

import { canonical } from '../model/codec.ts';
import type { Field, Kind } from '../model/field.ts';
import type { Json } from '../model/json.ts';
import { withValue } from '../model/paths.ts';

export { fill } from '../model/paths.ts';

/** The value under its parameter, or what says that there is none. */
export function putModified(input: Json, field: Field, value: Json): Json {
  if (field.wire.how !== 'modify') return input;
  if (isEmpty(field, value)) return withValue(input, field.empty.param, field.empty.value);
  return put(input, field.wire.param, field.codec.write(value));
}

export function isEmpty(field: Field, value: Json | undefined): field is Field & { readonly empty: NonNullable<Field['empty']> } {
  return field.empty !== undefined && canonical(value) === canonical(field.empty.is);
}

/** The value under a parameter; `*` spreads an object over the input. */
export function put(input: Json, param: string, value: Json): Json {
  return param === '*'
    ? { ...(input as { readonly [key: string]: Json }), ...(value as { readonly [key: string]: Json }) }
    : withValue(input, param, value);
}

export const without = (value: Json, keys: readonly string[]): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key)))
    : value;

export const tagList = (tags: Readonly<Record<string, string>>): readonly Json[] =>
  Object.entries(tags)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([Key, Value]) => ({ Key, Value }));

export const selfParam = ({ destroy: { param, list } }: Kind): string => (list ? param.replace(/s$/, '') : param);

export function outputsOf(kind: Kind, answer: string): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(kind.outputs).map(([name, path]) => [name, answer === '' ? path : `${answer}.${path}`]));
}

export const minus = (from: readonly Json[], other: readonly Json[]): readonly Json[] => {
  const keys = new Set(other.map(canonical));
  return from.filter((value) => !keys.has(canonical(value)));
};

export function pick(value: Json, keys: readonly string[] | undefined): { readonly [key: string]: Json } {
  const record = value as { readonly [key: string]: Json };
  return keys === undefined ? record : Object.fromEntries(Object.entries(record).filter(([key]) => keys.includes(key)));
}
