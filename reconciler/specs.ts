/** The specs a command is about, read and checked as one: a mistake in any of them, and nothing is called. */

import { type Problem, ReconcileError } from './errors.ts';
import { hashing } from './pipeline.ts';
import { loadSpecs } from './spec/load.ts';
import { type ReadySpec, readSpec } from './spec/read.ts';

export interface NamedSpec {
  readonly file: string;
  /** As it was read. */
  readonly text: Uint8Array;
  readonly spec: ReadySpec;
}

/** Reads and checks all specs before anything else: one mistake anywhere, and AWS is not called. Throws `SpecInvalid`. */
export async function readSpecs(paths: readonly string[]): Promise<{
  readonly specs: readonly NamedSpec[];
  readonly warnings: readonly Problem[];
  readonly sources: ReadonlyMap<string, Uint8Array>;
}> {
  const loaded = await loadSpecs(paths);
  const sources = new Map(loaded.specs.map((entry) => [entry.file, entry.text]));
  const problems: Problem[] = [...loaded.problems];
  const specs: NamedSpec[] = [];
  for (const { file, text } of loaded.specs) {
    const result = readSpec(text, file, hashing);
    problems.push(...result.problems);
    if (result.spec !== undefined) specs.push({ file, text, spec: result.spec });
  }
  problems.push(...sameStackTwice(specs));
  if (problems.some((problem) => problem.severity === 'error'))
    throw new ReconcileError('SpecInvalid', problemCount(problems), { cause: { problems, sources } });
  return { specs, warnings: problems, sources };
}

function sameStackTwice(specs: readonly NamedSpec[]): readonly Problem[] {
  const seen = new Map<string, string>();
  return specs.flatMap(({ file, spec }): Problem[] => {
    const key = `${spec.stack.region} ${spec.stack.name}`;
    const other = seen.get(key);
    seen.set(key, file);
    return other === undefined
      ? []
      : [
          {
            file,
            line: 1,
            column: 1,
            path: 'stack',
            severity: 'error',
            message: `Stack ${spec.stack.name} of ${spec.stack.region} is in ${other} too.`,
            hint: 'One file is one stack: give one of them another name.',
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
