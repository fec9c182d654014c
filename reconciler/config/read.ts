import { dirname, resolve } from 'node:path';
import { EXPERIMENT_ROWS } from '../chaos/experiments.ts';
import type { Problem } from '../errors.ts';
import type { Json } from '../model/json.ts';
import type { Stack } from '../model/model.ts';
import { stackSchema } from '../model/schema.ts';
import { readPlainText } from '../run/plain-file.ts';
import { checkAwsRules } from './aws-rules.ts';
import { readBaseFile } from './base-file.ts';
import { buildStack } from './build.ts';
import { MAX_SPEC_BYTES } from './bytes.ts';
import { checkActions } from './check-actions.ts';
import { checkForeignListeners } from './check-foreign-listener.ts';
import { checkSettings } from './check-settings.ts';
import { asObject, type DeferredValues, type Edge } from './draft.ts';
import { dropInvalid } from './drop-invalid.ts';
import { type Base, type Extended, parseExtended } from './extend.ts';
import { lintStack } from './lint.ts';
import { lintSettings } from './lint-settings.ts';
import { corrected } from './misspelt.ts';
import { checkNames } from './names.ts';
import { otherYaml } from './other-yaml.ts';
import { mergeProblems } from './places.ts';
import { checkRanges } from './ranges.ts';
import { readSettings, type VerifySettings } from './settings.ts';
import { examineSpec } from './validate.ts';

/** A spec that is ready to be planned. */
export interface ReadySpec {
  readonly stack: Stack;
  readonly deferred: DeferredValues;
  readonly settings: VerifySettings;
  /** The account that it is for, where the spec or its folder says. */
  readonly account?: string;
  /** Names of the warnings that the spec does not want to hear. */
  readonly silenced: readonly string[];
}

export interface ReadResult {
  readonly spec?: ReadySpec;
  readonly problems: readonly Problem[];
  /** With what it extends, and where each value of it stands. */
  readonly parsed: Extended;
}

/** One object, so that many specs share one validator. */
const SCHEMA = stackSchema(EXPERIMENT_ROWS);
const KEYS: ReadonlySet<string> = new Set(Object.keys(SCHEMA['properties'] as object));

/**
 * Hashing and fingerprints, which this layer must not know how to do; files beside a spec that is not of the disk; the time; and
 * variables: where none are given, none are set. `account`: what the folder of the spec says, where the spec says nothing.
 */
export type Hashing = Pick<Edge, 'sha256' | 'fingerprint'> &
  Partial<Pick<Edge, 'readText' | 'now' | 'env'>> & { readonly account?: string };

/**
 * One spec from bytes to model: parse, schema, ranges, names, rules between fields. All mistakes are reported together: rules
 * between fields are checked on what is left when everything that is wrong in itself is taken out. Only a text that is no
 * YAML ends earlier, since the rest would be guesses.
 */
export function readSpec(source: Uint8Array, file: string, hashing: Hashing): ReadResult {
  const parsed = parseWhole(source, file, hashing);
  return { ...readParsed(parsed, file, hashing), parsed };
}

/** The text of a spec over all that it extends: bases are read as other files beside a spec are. */
export const parseWhole = (source: Uint8Array | string, file: string, { readText }: Pick<Hashing, 'readText'>): Extended =>
  parseExtended(source, file, (path) => (readText === undefined ? readBaseFile(file, path) : Buffer.from(readText(path))));

/** What a spec of the disk extends, the nearest first, as far as it can be read. */
export const basesOf = (source: Uint8Array, file: string): readonly Base[] => parseWhole(source, file, {}).bases;

function readParsed(parsed: Extended, file: string, hashing: Hashing): Omit<ReadResult, 'parsed'> {
  const other = otherYaml(parsed, KEYS);
  if (other !== undefined) return { problems: [other] };
  const { problems: ofSchema, misspelt } = examineSpec(parsed, SCHEMA);
  if (parsed.value === undefined) return { problems: mergeProblems([...parsed.problems, ...ofSchema]) };
  const { value, at } = corrected(parsed.value, (path, what = 'value') => parsed.at(path, what), misspelt);
  const ranges = checkRanges(value, SCHEMA, at);
  const early = [
    // A name that is no text and, in quotes, no name either: what it must be says both.
    ...parsed.problems.filter((one) => !ofSchema.some((other) => samePlace(one, other) && other.path.startsWith(one.path))),
    // The range says what is wrong, the pattern only that something is.
    ...ofSchema.filter(({ path }) => !ranges.some((other) => other.path === path)),
    ...ranges,
    ...checkNames(value, SCHEMA, at, new Set([...parsed.problems, ...ofSchema].map(({ path }) => path))),
    ...checkActions(value, at),
    ...checkForeignListeners(value, at).filter(({ path }) => !ofSchema.some((other) => other.path === path)),
  ];
  const sound = early.length === 0 ? value : dropInvalid(value, early, SCHEMA);
  if (sound === undefined) return { problems: mergeProblems(early) };
  const edge: Edge = {
    now: () => Date.now(),
    readText: (path) => readPlainText(resolve(dirname(file), path), MAX_SPEC_BYTES),
    env: () => undefined,
    ...hashing,
  };
  const built = buildStack(sound, file, at, edge);
  // What was taken out is told already; that it is missing now, from a list too, is no mistake of its own.
  const told = new Set(early.map((problem) => problem.path));
  // Whom a fault is to hit follows from them.
  const noVictims = [...told].some((path) => /^(targetGroups|instances)[.[]/.test(path));
  const later = [...built.problems, ...checkAwsRules(built, at), ...checkSettings(sound, built.stack.desired, at)].filter(
    ({ path }) =>
      !(noVictims && /^(chaos|experiments)\b.*\.(from|instance|target)$/.test(path)) &&
      !told.has(path) &&
      ![...told].some((other) => path !== '' && (other.startsWith(`${path}[`) || other.startsWith(`${path}.`))),
  );
  const problems = mergeProblems([...early, ...later]);
  if (problems.some((problem) => problem.severity === 'error')) return { problems };
  const account = accountOf(sound) ?? hashing.account;
  problems.push(...lintStack(built, at, silenced(sound)), ...lintSettings(sound, built.stack.desired, at, silenced(sound)));
  return {
    spec: {
      stack: built.stack,
      deferred: built.deferred,
      settings: readSettings(parsed.value),
      silenced: silenced(sound),
      ...(account === undefined ? {} : { account }),
    },
    problems,
  };
}

const samePlace = (a: Problem, b: Problem): boolean => a.line === b.line && a.column === b.column && a.path !== b.path;

const accountOf = (spec: Json): string | undefined => {
  const { account } = asObject(spec);
  return typeof account === 'string' ? account : undefined;
};

/** Names of the warnings that the spec does not want to hear. */
const silenced = (spec: Json): readonly string[] => ((asObject(asObject(spec)['lint'])['silence'] ?? []) as readonly Json[]).map(String);
