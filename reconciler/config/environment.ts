/** `environment.yaml`: which account and region the stacks of a folder belong to. Found beside a spec or above it, up to the repository. */

import { stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Problem } from '../errors.ts';
import { type Environment, environmentSchema } from '../model/environment.ts';
import { readBounded } from './load.ts';
import { parseSpec } from './parse.ts';
import { atStart, mergeProblems } from './places.ts';
import { rangesOf } from './ranges.ts';
import { validateSpec } from './validate.ts';

const NAMES = ['environment.yaml', 'environment.yml'];

const SCHEMA = environmentSchema();

export interface FoundEnvironment {
  readonly environment: Environment;
  /** Where it stands, if anywhere. */
  readonly file?: string;
  readonly problems: readonly Problem[];
  /** Texts by file, to show problems in. */
  readonly sources: ReadonlyMap<string, Uint8Array>;
}

/** One environment from bytes; with problems, it says nothing. */
export function readEnvironment(
  source: Uint8Array,
  file: string,
): { readonly environment: Environment; readonly problems: readonly Problem[] } {
  const parsed = parseSpec(source, file, 'environment');
  const problems = mergeProblems([...parsed.problems, ...validateSpec(parsed, SCHEMA), ...rangesOf(parsed, SCHEMA)]);
  return { environment: problems.length > 0 || parsed.value === undefined ? {} : (parsed.value as Environment), problems };
}

/** The nearest one to a spec file. Outside a repository only its own folder counts. Text from standard input stands in no folder. */
export async function findEnvironment(specFile: string): Promise<FoundEnvironment> {
  const sources = new Map<string, Uint8Array>();
  const problems: Problem[] = [];
  if (specFile === '<stdin>') return { environment: {}, problems, sources };
  for (const folder of await foldersAbove(dirname(specFile))) {
    for (const name of NAMES) {
      const file = join(folder, name);
      try {
        sources.set(file, await readBounded(file));
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') continue;
        const reason = error instanceof Error ? error.message : String(error);
        problems.push(atStart(file, `the environment cannot be read: ${reason}.`, 'Check its permissions.'));
      }
    }
    const [first, second] = [...sources];
    if (second !== undefined) problems.push(atStart(second[0], `${first?.[0]} also describes this folder.`, 'Keep one of them.'));
    if (first === undefined && problems.length === 0) continue;
    if (first === undefined) break;
    const read = readEnvironment(first[1], first[0]);
    return { environment: read.environment, file: first[0], problems: [...problems, ...read.problems], sources };
  }
  return { environment: {}, problems, sources };
}

/** The folder and those above it, as paths are written, up to the one that is a repository; the folder alone where none is. */
async function foldersAbove(folder: string): Promise<readonly string[]> {
  const folders: string[] = [];
  for (let at = folder; ; at = join(at, '..')) {
    folders.push(at);
    if (await isThere(join(at, '.git'))) return folders;
    if (dirname(resolve(at)) === resolve(at)) return [folder];
  }
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
