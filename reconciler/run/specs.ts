/** The specs a command is about, read and checked as one: a mistake in any of them, and nothing is called. */

import { doubleClaims } from '../config/claims.ts';
import { findEnvironment } from '../config/environment.ts';
import { loadSpecs } from '../config/load.ts';
import { parseSpec } from '../config/parse.ts';
import { mergeProblems } from '../config/places.ts';
import { findPolicy } from '../config/policy.ts';
import { type Hashing, type ReadySpec, readSpec } from '../config/read.ts';
import { type Problem, ReconcileError } from '../errors.ts';
import type { Environment } from '../model/environment.ts';
import type { Policy } from '../model/policy.ts';
import { hashing } from './pipeline.ts';
import type { Env } from './session.ts';

/** For shells that want the files and not what is in them. */
export { loadSpecs };

export interface NamedSpec {
  readonly file: string;
  /** As it was read. */
  readonly text: Uint8Array;
  readonly spec: ReadySpec;
  /** What the folder of the spec allows its stacks. */
  readonly policy: Policy;
  /** With what it was read, to read a changed text of it in the same way. */
  readonly hashing: Hashing;
  /** The AWS profile that the environment of its folder names. */
  readonly profile?: string;
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
  for (const { file, text } of loaded.specs) {
    const found = await findPolicy(file);
    for (const [name, source] of found.sources) sources.set(name, source);
    problems.push(...found.problems);
    const around = await findEnvironment(file);
    for (const [name, source] of around.sources) sources.set(name, source);
    problems.push(...around.problems);
    const { account, profile } = around.environment;
    const how: Hashing = { ...hashing, env: (name) => env[name], ...(account === undefined ? {} : { account }) };
    const result = readSpec(text, file, how);
    problems.push(...result.problems);
    const own = result.spec;
    if (around.file !== undefined && own !== undefined) problems.push(...misplaced(own, text, around.environment, around.file));
    if (result.spec !== undefined)
      specs.push({ file, text, spec: result.spec, policy: found.policy, hashing: how, ...(profile === undefined ? {} : { profile }) });
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

/** What a spec says otherwise than the environment that it stands in. */
function misplaced(spec: ReadySpec, text: Uint8Array, { account, region }: Environment, where: string): readonly Problem[] {
  const report = (key: string, message: string): Problem => ({
    ...parseSpec(text, spec.stack.file).at(key, 'value'),
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
