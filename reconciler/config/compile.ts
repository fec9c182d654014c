/** Validators of schemas, each made once. */

import { type Check, compileSchema } from './ajv.ts';

export type { Check };

const checks = new WeakMap<object, Check>();

/** The validator of a schema, made once per schema object. Throws when the schema itself is wrong: a defect of albedo, not of a spec. */
export function compileValidator(schema: object): Check {
  const known = checks.get(schema);
  if (known !== undefined) return known;
  const check = compileSchema(schema);
  checks.set(schema, check);
  return check;
}

/** Uses `check` for `schema` from now on, so that Ajv need not compile it. Errors must be `verbose`. */
export function provideValidator(schema: object, check: Check): void {
  checks.set(schema, check);
}
