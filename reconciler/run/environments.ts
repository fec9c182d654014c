/** What `environment.yaml` says of folders, for workflows that run a job for each. */

import { basename, join } from 'node:path';
import { findEnvironment } from '../config/environment.ts';
import { mergeProblems } from '../config/places.ts';
import { type Problem, ReconcileError } from '../errors.ts';
import type { Environment } from '../model/environment.ts';

export interface FolderEnvironment extends Omit<Environment, 'load' | 'loadPods' | 'profile'> {
  readonly spec: string;
}

/**
 * By the last part of each folder's path. Throws `SpecInvalid` where one has no environment, says no account or no region, or is wrong: a
 * job for it could not sign in.
 */
export async function readEnvironments(folders: readonly string[]): Promise<Readonly<Record<string, FolderEnvironment>>> {
  const problems: Problem[] = [];
  const sources = new Map<string, Uint8Array>();
  const found: Record<string, FolderEnvironment> = {};
  for (const folder of folders) {
    const { environment, file, problems: own, sources: texts } = await findEnvironment(join(folder, 'any.yaml'));
    for (const [name, text] of texts) sources.set(name, text);
    problems.push(...own);
    const lack = (message: string): void =>
      void problems.push({
        ...{ file: file ?? join(folder, 'environment.yaml'), line: 1, column: 1, path: '', severity: 'error', message },
        hint: 'The workflow needs `account`, `region` and `roles`: see docs/policy.md.',
      });
    if (file === undefined && own.length === 0) lack('There is no environment.yaml in this folder or above.');
    else if (own.length === 0)
      for (const key of ['account', 'region'] as const) if (environment[key] === undefined) lack(`\`${key}\` is not set.`);
    const { load, loadPods, profile, ...rest } = environment;
    found[basename(folder)] = { spec: folder, ...rest };
  }
  const all = mergeProblems(problems);
  if (all.length > 0)
    throw new ReconcileError('SpecInvalid', `${all.length} mistake${all.length === 1 ? '' : 's'} in environments`, {
      cause: { problems: all, sources },
    });
  return found;
}
