import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Problem } from '../errors.ts';
import { stackSchema } from '../model/schema.ts';
import type { Stack } from '../model/model.ts';
import { type Edge, type Materials, buildStack } from './build.ts';
import { checkActions, checkStack } from './check.ts';
import { mergeProblems } from './places.ts';
import { parseSpec } from './parse.ts';
import { checkRanges } from './ranges.ts';
import { type VerifySettings, readSettings } from './settings.ts';
import { validateSpec } from './validate.ts';

/** A spec that is ready to be planned. */
export interface ReadySpec {
  readonly stack: Stack;
  readonly materials: Materials;
  readonly settings: VerifySettings;
}

export interface ReadResult {
  readonly spec?: ReadySpec;
  readonly problems: readonly Problem[];
}

/** Hashing and fingerprints, which this layer must not know how to do. */
export type Hashing = Pick<Edge, 'sha256' | 'fingerprint'>;

/**
 * One spec from bytes to model: parse, schema, ranges, names, rules between fields. Every mistake of a stage is reported
 * together; later stages run only on what the earlier ones accepted, since their answers would be guesses.
 */
export function readSpec(source: Uint8Array, file: string, hashing: Hashing): ReadResult {
  const parsed = parseSpec(source, file);
  const schema = stackSchema();
  const shape = [...parsed.problems, ...validateSpec(parsed, schema)];
  if (parsed.value === undefined) return { problems: mergeProblems(shape) };
  const at = (path: readonly (string | number)[], what: 'key' | 'value' = 'value') => parsed.at(path, what);
  const early = [...shape, ...checkRanges(parsed.value, schema, at), ...checkActions(parsed.value, at)];
  if (shape.some((problem) => problem.severity === 'error')) return { problems: mergeProblems(early) };
  const edge: Edge = { ...hashing, readText: (path) => readFileSync(resolve(dirname(file), path), 'utf8') };
  const built = buildStack(parsed.value, file, at, edge);
  const problems = mergeProblems([...early, ...built.problems, ...checkStack(built, at)]);
  if (problems.some((problem) => problem.severity === 'error')) return { problems };
  return { spec: { stack: built.stack, materials: built.materials, settings: readSettings(parsed.value) }, problems };
}
