/** The only file that loads Ajv. In the bundle `scripts/build/validator.mjs` puts ready-made code for the schemas there are in its place. */

import type { ErrorObject } from 'ajv';
import { Ajv2020, type Options } from 'ajv/dist/2020.js';

/** What Ajv makes of a schema, and what its standalone modules export. */
export interface Check {
  (value: unknown): unknown;
  errors?: ErrorObject[] | null;
}

export const AJV_OPTIONS: Options = {
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
};

/** The schema as Ajv gets it: without the keys that would have it look for the dialect, and remember the schema by its name. */
export function schemaBody(schema: object): object {
  const { $schema: _dialect, $id: _id, ...body } = schema as { $schema?: string; $id?: string };
  return body;
}

/** Throws when the schema itself is wrong: a defect of albedo, not of a spec. */
export function compileSchema(schema: object): Check {
  return new Ajv2020(AJV_OPTIONS).compile(schemaBody(schema));
}
