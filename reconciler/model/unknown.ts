/**
 * What AWS has and no row knows. It stays in the value, under this key, as AWS gave it: so it differs from all that a spec can say,
 * is shown in plans and drift, and is sent back where the value is. Nothing is dropped by being read.
 */
import { isObject, type Json, type JsonObject } from './json.ts';

export const UNKNOWN = 'unknown';

/** The members that no row knows; undefined where there are none. */
export function unknownOf(value: Json | undefined): JsonObject | undefined {
  const own = isObject(value) ? value[UNKNOWN] : undefined;
  return isObject(own) ? own : undefined;
}

/** All that no row knows inside a value, however deep. */
export function unknownIn(value: Json | undefined): readonly JsonObject[] {
  if (Array.isArray(value)) return value.flatMap((entry: Json) => unknownIn(entry));
  if (!isObject(value)) return [];
  const own = unknownOf(value);
  return [
    ...(own === undefined ? [] : [own]),
    ...Object.entries(value).flatMap(([key, entry]) => (key === UNKNOWN ? [] : unknownIn(entry))),
  ];
}

/** What it is called in the API: the type of a whole condition or action, or the names of single members. */
export const unknownNames = (value: Json | undefined): readonly string[] => [
  ...new Set(
    unknownIn(value).flatMap((own) => {
      const whole = own['Field'] ?? own['Type'];
      return typeof whole === 'string' ? [whole] : Object.entries(own).flatMap(([name, inner]) => leavesOf(name, inner));
    }),
  ),
];

/** The members within a structure that a row knows: `RedirectConfig.NewMember`. */
const leavesOf = (name: string, inner: Json): readonly string[] =>
  Array.isArray(inner) && inner.some(isObject)
    ? inner.flatMap((each: Json) => leavesOf(name, each))
    : isObject(inner) && Object.keys(inner).length > 0
      ? Object.entries(inner).flatMap(([each, deeper]) => leavesOf(`${name}.${each}`, deeper))
      : [name];

/** Two objects in one, members of both in both, in lists by their places; where both have a text, or lists of texts, the first one counts. */
export function merged(one: JsonObject, two: JsonObject): JsonObject {
  const made: { [key: string]: Json } = { ...two, ...one };
  for (const [key, value] of Object.entries(one)) {
    const other = two[key];
    if (isObject(value) && isObject(other)) made[key] = merged(value, other);
    else if (Array.isArray(value) && Array.isArray(other)) made[key] = value.map((each: Json, index) => mergedAt(each, other[index]));
  }
  return made;
}

const mergedAt = (one: Json, two: Json | undefined): Json => (isObject(one) && isObject(two) ? merged(one, two) : one);
