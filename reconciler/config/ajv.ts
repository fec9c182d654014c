/** The only file that loads Ajv. In the bundle `scripts/build/validator.mjs` puts ready-made code for the schemas there are in its place. */

import { Ajv2020, type Options } from 'ajv/dist/2020.js';
import { type Check, withDetails } from './error-details.ts';

export type { Check };

export const AJV_OPTIONS: Options = {
  allErrors: true,
  // `x-…` keywords are ours; unknown ones are left alone.
  strict: false,
  // What errors carry beside is looked up when there are some: `error-details.ts`.
  verbose: false,
  messages: false,
  discriminator: true,
  // Names such as `toString` are not to be found on every mapping.
  ownProperties: true,
  validateSchema: false,
  validateFormats: false,
  addUsedSchema: false,
  // What is referred to becomes a function of its own, and not a copy at each place.
  inlineRefs: false,
  logger: false,
};

/** The schema as Ajv gets it: without the keys that would have it look for the dialect, and remember the schema by its name. */
export function schemaBody(schema: object): object {
  const { $schema: _dialect, $id: _id, ...body } = schema as { $schema?: string; $id?: string };
  return body;
}

/** Throws when the schema itself is wrong: a defect of albedo, not of a spec. */
export function compileSchema(schema: object): Check {
  const body = schemaBody(schema);
  return withDetails(body, new Ajv2020(AJV_OPTIONS).compile(body));
}
