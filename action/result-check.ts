/**
 * Checks a value against the schema of result files. In the bundle `scripts/build/action.mjs` puts ready-made code in the place of this
 * module, since Ajv's compiler is larger than most of what the action adds to the command.
 */

import type { ErrorObject } from 'ajv';
import { Ajv2020, type Options } from 'ajv/dist/2020.js';
import { RESULT_SCHEMA } from './result-schema.ts';

interface Check {
  (value: unknown): boolean;
  errors?: ErrorObject[] | null;
}

/** The file may be a stranger's: the first mistake is enough. */
export const RESULT_OPTIONS: Options = { strict: false };

/** Made when it is asked for: it takes longer than all else that a run without a result file does. */
export const resultCheck = (): Check => new Ajv2020(RESULT_OPTIONS).compile(RESULT_SCHEMA) as Check;
