/** The only place that loads Ajv. A validator made ahead of time (Ajv standalone code, with `verbose`) can be put in instead. */

import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';

/** What Ajv makes of a schema, and what its standalone modules export. */
export interface Check {
  (value: unknown): unknown;
  errors?: ErrorObject[] | null;
}

const checks = new WeakMap<object, Check>();

/** The validator of a schema, made once per schema object. Throws when the schema itself is wrong: a defect of albedo, not of a spec. */
export function compileValidator(schema: object): Check {
  const known = checks.get(schema);
  if (known !== undefined) return known;
  const ajv = new Ajv2020({
    allErrors: true,
    // `x-…` keywords are ours; unknown ones are left alone.
    strict: false,
    // Errors must carry the schema and the value they come from.
    verbose: true,
    messages: false,
    discriminator: true,
    // Names such as `toString` are not to be found on every mapping.
    ownProperties: true,
    validateSchema: false,
    validateFormats: false,
    addUsedSchema: false,
    logger: false,
  });
  const { $schema: _dialect, $id: _id, ...body } = schema as { $schema?: string; $id?: string };
  const check: Check = ajv.compile(body);
  checks.set(schema, check);
  return check;
}

/** Uses `check` for `schema` from now on, so that Ajv need not compile it. Errors must be `verbose`. */
export function provideValidator(schema: object, check: Check): void {
  checks.set(schema, check);
}
