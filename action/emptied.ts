/** Specs that a pull request deletes: the last one of a folder too. Nothing is left to plan there, which is no mistake of the pull request. */

import { existsSync, mkdirSync } from 'node:fs';
import { extname } from 'node:path';
import { ReconcileError } from '../reconciler/errors.ts';
import { loadSpecs } from '../reconciler/run/specs.ts';
import { GitHubFailure } from './github.ts';
import type { Inputs } from './inputs.ts';
import type { Log } from './log.ts';
import type { Publisher } from './publish.ts';

/**
 * The paths of `spec` without those of which the pull request has deleted the last spec. Any other path without a spec stays, and is an
 * error: a folder with another name than the workflow has must not pass for one with nothing to do.
 */
export async function heldPaths(
  { command, commit, spec, applied }: Pick<Inputs, 'command' | 'commit' | 'spec' | 'applied'>,
  publisher: Pick<Publisher, 'changed'>,
  log: Pick<Log, 'say'>,
): Promise<readonly string[]> {
  const about = command === 'plan' || command === 'apply' || (command === 'verify' && applied !== '');
  if (!about || commit === '') return spec;
  const empty: string[] = [];
  for (const path of spec) if (!(await holdsSpec(path))) empty.push(path);
  if (empty.length === 0) return spec;
  const deleted = (await changedFiles(publisher)).filter((file) => /\.ya?ml$/.test(file) && !existsSync(file));
  const gone = empty.filter((path) => deleted.some((file) => file === path || file.startsWith(`${path.replace(/\/$/, '')}/`)));
  for (const path of gone) {
    log.say(`${path} has no spec any more: the pull request deletes the last one, but its stack stays in AWS`);
    // An empty folder of the commit, so that live stacks that came from it are found.
    if (extname(path) === '') mkdirSync(path, { recursive: true });
  }
  return spec.filter((path) => !gone.includes(path));
}

async function holdsSpec(path: string): Promise<boolean> {
  try {
    await loadSpecs([path]);
    return true;
  } catch (thrown) {
    if (thrown instanceof ReconcileError && thrown.code === 'SpecNotFound') return false;
    throw thrown;
  }
}

/** None where it cannot be known: then a path without a spec is an error as ever. */
async function changedFiles(publisher: Pick<Publisher, 'changed'>): Promise<readonly string[]> {
  try {
    return (await publisher.changed()) ?? [];
  } catch (error) {
    if (!(error instanceof GitHubFailure)) throw error;
    return [];
  }
}
