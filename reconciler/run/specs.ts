/** The specs a command is about, read and checked as one: a mistake in any of them, and nothing is called. */

import { resolve } from 'node:path';
import { faultsOf, isByFis } from '../chaos/experiments.ts';
import { doubleClaims } from '../config/claims.ts';
import { findEnvironment } from '../config/environment.ts';
import type { Base, Extended } from '../config/extend.ts';
import { loadSpecs, type SpecFile } from '../config/load.ts';
import { formatPath } from '../config/path.ts';
import { mergeProblems } from '../config/places.ts';
import { findPolicy } from '../config/policy.ts';
import { basesOf, type Hashing, type ReadySpec, readSpec } from '../config/read.ts';
import { type Problem, ReconcileError } from '../errors.ts';
import type { Environment, FisEnvironment } from '../model/environment.ts';
import type { LoadPods } from '../model/load-pods.ts';
import type { Policy } from '../model/policy.ts';
import { hashing } from './pipeline.ts';
import type { Env } from './session.ts';

/** For shells that want the files and not what is in them. */
export { basesOf, loadSpecs };

export interface NamedSpec {
  readonly file: string;
  /** As it was read. */
  readonly text: Uint8Array;
  /** What it extends, the nearest first. */
  readonly bases: readonly Base[];
  readonly spec: ReadySpec;
  /** What the folder of the spec allows its stacks. */
  readonly policy: Policy;
  /** With what it was read, to read a changed text of it in the same way. */
  readonly hashing: Hashing;
  /** The AWS profile that the environment of its folder names. */
  readonly profile?: string;
  /** The role of that environment by which EventBridge Scheduler undoes a fault. */
  readonly scheduleRole?: string;
  /** The pods of that environment that send a load from a cluster. */
  readonly loadPods?: LoadPods;
  /** By what AWS FIS breaks, of the same. */
  readonly fis?: FisEnvironment;
}

/**
 * Reads and checks all specs before anything else: one mistake anywhere, and AWS is not called. `env`: the variables that specs may
 * name. Throws `SpecInvalid`.
 */
export async function readSpecs(
  paths: readonly string[],
  env: Env,
): Promise<{
  readonly specs: readonly NamedSpec[];
  readonly warnings: readonly Problem[];
  readonly sources: ReadonlyMap<string, Uint8Array>;
}> {
  const loaded = await loadSpecs(paths);
  const sources = new Map(loaded.specs.map((entry) => [entry.file, entry.text]));
  const problems: Problem[] = [...loaded.problems];
  const specs: NamedSpec[] = [];
  const each = await Promise.all(loaded.specs.map((one) => readOne(one, env)));
  const extended = new Set(each.flatMap(({ bases }) => bases.map(({ file }) => resolve(file))));
  for (const one of each) {
    // What others extend and names no stack is a part of theirs, and is read with each of them.
    if (!one.namesStack && extended.has(resolve(one.file))) continue;
    for (const [name, source] of one.sources) sources.set(name, source);
    problems.push(...one.problems);
    if (one.named !== undefined) specs.push(one.named);
  }
  problems.push(
    ...doubleClaims(specs.map(({ file, spec: { stack, account } }) => ({ file, stack, ...(account === undefined ? {} : { account }) }))),
  );
  // A policy that several specs share is read with each of them.
  const all = mergeProblems(problems);
  if (all.some((problem) => problem.severity === 'error'))
    throw new ReconcileError('SpecInvalid', problemCount(all), { cause: { problems: all, sources } });
  return { specs, warnings: all, sources };
}

interface ReadOne {
  readonly file: string;
  readonly named: NamedSpec | undefined;
  readonly bases: readonly Base[];
  /** False where the file itself says no `stack`, and nothing that it extends does. */
  readonly namesStack: boolean;
  readonly problems: readonly Problem[];
  readonly sources: ReadonlyMap<string, Uint8Array>;
}

async function readOne({ file, text }: SpecFile, env: Env): Promise<ReadOne> {
  const found = await findPolicy(file);
  const around = await findEnvironment(file);
  const { account, profile, load, loadPods, scheduleRole, fis } = around.environment;
  const how: Hashing = { ...hashing, env: (name) => env[name], ...(account === undefined ? {} : { account }) };
  const { spec, problems, parsed } = readSpec(text, file, how);
  const { bases } = parsed;
  const policy = load === undefined ? found.policy : { ...found.policy, loadAround: load };
  const named =
    spec === undefined
      ? undefined
      : {
          ...{ file, text, bases, spec, policy, hashing: how },
          ...(profile === undefined ? {} : { profile }),
          ...(scheduleRole === undefined ? {} : { scheduleRole }),
          ...(loadPods === undefined ? {} : { loadPods }),
          ...(fis === undefined ? {} : { fis }),
        };
  const unnamedIn = spec === undefined || fis !== undefined || around.problems.length > 0 ? [] : withoutFis(spec, parsed);
  const misplacedIn = around.file === undefined || spec === undefined ? [] : misplaced(spec, parsed, around.environment, around.file);
  return {
    ...{ file, named, bases, problems: [...found.problems, ...around.problems, ...problems, ...misplacedIn, ...unnamedIn] },
    // What cannot be read names no stack either, and is a mistake wherever it stands.
    namesStack: parsed.value === undefined || (typeof parsed.value === 'object' && parsed.value !== null && 'stack' in parsed.value),
    sources: new Map([...found.sources, ...around.sources, ...bases.map((base) => [base.file, base.text] as const)]),
  };
}

/** What a spec says otherwise than the environment that it stands in. */
function misplaced(spec: ReadySpec, parsed: Extended, { account, region }: Environment, where: string): readonly Problem[] {
  const report = (key: string, message: string): Problem => ({
    ...parsed.at(key, 'value'),
    ...{ path: key, severity: 'error' as const, message },
    hint: `Move the spec to the folder of its own environment, or correct ${key} here or in ${where}.`,
  });
  return [
    ...(region === undefined || region === spec.stack.region
      ? []
      : [report('region', `The stack is in ${spec.stack.region}, and ${where} is for ${region}.`)]),
    ...(account === undefined || account === spec.account
      ? []
      : [report('account', `The stack is of the account ${spec.account}, and ${where} is for ${account}.`)]),
  ];
}

/** Faults with `by: fis` without a role in the environment. */
function withoutFis({ settings }: ReadySpec, parsed: Extended): readonly Problem[] {
  return faultsOf(settings).flatMap((fault, index) => {
    if (!isByFis(fault)) return [];
    const place = [...(settings.experiments === undefined ? ['chaos'] : ['experiments', index]), fault.experiment.name, 'by'];
    return [
      {
        ...parsed.at(place, 'value'),
        ...{ path: formatPath(place), severity: 'error' as const },
        message: '`by: fis` needs a role for AWS FIS, but no environment.yaml sets one.',
        hint: 'Set it there: `fis: { role: albedo-fis }`. `albedo iam trust --role fis` and `albedo iam policy --role fis` print its policies.',
      },
    ];
  });
}

const problemCount = (problems: readonly Problem[]): string => {
  const errors = problems.filter((problem) => problem.severity === 'error').length;
  return `${errors} mistake${errors === 1 ? '' : 's'} in the spec`;
};

/** The problems that a `SpecInvalid` carries; a list alone has no sources. */
export function problemsOf(
  error: ReconcileError,
): { readonly problems: readonly Problem[]; readonly sources: ReadonlyMap<string, Uint8Array> } | undefined {
  const cause = error.cause;
  if (Array.isArray(cause)) return { problems: cause as readonly Problem[], sources: new Map() };
  if (typeof cause === 'object' && cause !== null && 'problems' in cause && 'sources' in cause)
    return cause as { problems: readonly Problem[]; sources: ReadonlyMap<string, Uint8Array> };
  return undefined;
}
