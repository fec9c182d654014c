/** `policy.yaml`: what the stacks of one folder may do. Found beside a spec, checked like one. */

import { dirname, join } from 'node:path';
import type { Problem } from '../errors.ts';
import { type Policy, policySchema } from '../model/policy.ts';
import { readBounded } from './load.ts';
import { parseSpec } from './parse.ts';
import { atStart, mergeProblems } from './places.ts';
import { rangesOf } from './ranges.ts';
import { validateSpec } from './validate.ts';

const NAMES = ['policy.yaml', 'policy.yml'];

const SCHEMA = policySchema();

export interface FoundPolicy {
  readonly policy: Policy;
  readonly problems: readonly Problem[];
  /** Texts by file, to show problems in. */
  readonly sources: ReadonlyMap<string, Uint8Array>;
}

/** One policy from bytes; with problems, it allows nothing. */
export function readPolicy(source: Uint8Array, file: string): { readonly policy: Policy; readonly problems: readonly Problem[] } {
  const parsed = parseSpec(source, file, 'policy');
  const problems = mergeProblems([...parsed.problems, ...validateSpec(parsed, SCHEMA), ...rangesOf(parsed, SCHEMA)]);
  return { policy: problems.length > 0 || parsed.value === undefined ? {} : (parsed.value as Policy), problems };
}

/** The policy in the folder of a spec file; none allows nothing. Text from standard input stands in no folder. */
export async function findPolicy(specFile: string): Promise<FoundPolicy> {
  const sources = new Map<string, Uint8Array>();
  const problems: Problem[] = [];
  if (specFile === '<stdin>') return { policy: {}, problems, sources };
  for (const name of NAMES) {
    const file = join(dirname(specFile), name);
    try {
      sources.set(file, readBounded(file));
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') continue;
      problems.push(
        atStart(file, `the policy cannot be read: ${error instanceof Error ? error.message : String(error)}.`, 'Check its permissions.'),
      );
    }
  }
  const [first, second] = [...sources];
  if (first === undefined) return { policy: {}, problems, sources };
  if (second !== undefined) problems.push(atStart(second[0], `${first[0]} also describes this folder.`, 'Keep one of them.'));
  const read = readPolicy(first[1], first[0]);
  return { policy: read.policy, problems: [...problems, ...read.problems], sources };
}
