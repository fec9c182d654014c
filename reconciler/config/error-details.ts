/**
 * What Ajv's `verbose` adds to an error, looked up when there is one: the generated code then need not carry it at each of its thousand
 * places, a third of the bundle's validators.
 */

import type { ErrorObject } from 'ajv';

/** What Ajv makes of a schema, and what its standalone modules export. */
export interface Check {
  (value: unknown): unknown;
  errors?: ErrorObject[] | null;
}

/** A check whose errors also have the keyword's `schema`, its `parentSchema`, and the `data` they are about. */
export function withDetails(schema: object, check: Check): Check {
  const detailed: Check = (value: unknown): unknown => {
    const valid = check(value);
    detailed.errors = check.errors?.map((error) => ({ ...error, ...detailsOf(schema, value, error) })) ?? null;
    return valid;
  };
  return detailed;
}

function detailsOf(whole: object, value: unknown, { schemaPath, instancePath, propertyName }: ErrorObject) {
  const path = partsOf(decodeURIComponent(schemaPath.slice(schemaPath.indexOf('#') + 1)));
  const schema = checkedBy(whole, partsOf(instancePath));
  const parentSchema = at(schema, path.slice(0, -1)) as object;
  return {
    schema: at(parentSchema, path.slice(-1)),
    parentSchema,
    // A rule on the names of an object is about the name.
    data: propertyName ?? at(value, partsOf(instancePath)),
  };
}

/** Of a schema that is referred to Ajv makes a function of its own, whose paths begin there: the one that the value at a path was left to. */
function checkedBy(whole: object, instance: readonly string[]): unknown {
  let [begun, current]: unknown[] = [whole, whole];
  for (const part of instance) {
    current = at(current, ['properties', part]) ?? at(current, ['items']) ?? at(current, ['additionalProperties']);
    const ref = at(current, ['$ref']);
    if (typeof ref === 'string') begun = current = at(whole, partsOf(ref.slice(1)));
  }
  return begun;
}

/** The parts of a JSON pointer (RFC 6901). */
const partsOf = (pointer: string): readonly string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));

const at = (value: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>(
    (inner, part) =>
      typeof inner === 'object' && inner !== null && Object.hasOwn(inner, part) ? (inner as Record<string, unknown>)[part] : undefined,
    value,
  );
