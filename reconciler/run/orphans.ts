/** Live stacks of the repository whose file is gone: what `plan` and `drift` of a folder tell beside the stacks that have one. */

import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CloudError } from '../errors.ts';
import { observeSources } from '../observe/sources.ts';
import type { StackId } from './identity.ts';
import type { Session } from './session.ts';
import { type Home, homeOf, pathIn } from './source.ts';
import type { NamedSpec } from './specs.ts';

export interface Orphan {
  readonly stack: string;
  readonly region: string;
  readonly account: string;
  /** The file it was applied from, from the root of the repository. */
  readonly file: string;
}

/** What a folder, and the specs in it, say of the stacks that come from it. */
export interface Known {
  readonly home: Home;
  /** Folders that were named, from the root of the repository; `''` is all of it. */
  readonly folders: readonly string[];
}

/** The folders among the paths of a command, and their repository; undefined where there is none, so that nothing is looked for. */
export function foldersOf(paths: readonly string[], env: Session['env']): Known | undefined {
  const folders = paths.filter((path) => path !== '-' && statSync(path, { throwIfNoEntry: false })?.isDirectory() === true);
  const [first] = folders;
  const home = first === undefined ? undefined : homeOf(first, env);
  if (home === undefined) return undefined;
  return { home, folders: folders.flatMap((folder) => pathIn(home.root, resolve(folder)) ?? []) };
}

/**
 * Looks in every account and region that some stack of the run was read in: elsewhere the credentials may be of another account. A stack
 * is one without a file where that stood below a named folder, is there no more, and no spec of the run is of that stack.
 */
export async function findOrphans(
  known: Known,
  specs: readonly NamedSpec[],
  outcomes: readonly Required<StackId>[],
  sessionOf: (region: string) => Session,
): Promise<readonly Orphan[]> {
  const { home, folders } = known;
  const places = new Map(
    outcomes.flatMap(({ region, account }) => (account === '' ? [] : [[`${account}/${region}`, { region, account }]])),
  );
  const below = (path: string): boolean => folders.some((folder) => folder === '' || path.startsWith(`${folder}/`));
  const found = await Promise.all(
    [...places.values()].map(async ({ region, account }): Promise<readonly Orphan[]> => {
      const session = sessionOf(region);
      const here = new Set(specs.flatMap(({ spec: { stack } }) => (stack.region === region ? [stack.name] : [])));
      const files = new Set(specs.flatMap(({ file }) => pathIn(home.root, resolve(file)) ?? []));
      // A file that is there and says another stack has left its old one behind.
      const isGone = (path: string): boolean => files.has(path) || !existsSync(join(home.root, path));
      try {
        const stacks = await observeSources(
          (op, input) => session.cloud.call(op, input, { signal: session.signal }),
          home.repository,
          ({ stack, path }) => !here.has(stack) && below(path) && isGone(path),
        );
        return stacks.map(({ stack, path }) => ({ stack, region, account, file: path }));
      } catch (thrown) {
        if (!(thrown instanceof CloudError)) throw thrown;
        const text = `whether a live stack of ${region} has lost its file is not known: ${thrown.op} answered ${thrown.awsCode}`;
        session.emit({ kind: 'warning', text });
        return [];
      }
    }),
  );
  const once = new Map(found.flat().map((orphan) => [`${orphan.account}/${orphan.region}/${orphan.stack}`, orphan]));
  return [...once.values()].sort((a, b) => (`${a.region}/${a.stack}` < `${b.region}/${b.stack}` ? -1 : 1));
}
