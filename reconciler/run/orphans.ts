/** Live stacks of the repository whose file is gone: what `plan` and `drift` of a folder tell beside the stacks that have one. */

import { existsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { findEnvironment } from '../config/environment.ts';
import { CloudError } from '../errors.ts';
import { observeSources } from '../observe/sources.ts';
import { type Scope, scopeKey, scopeOf } from './group.ts';
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

/** Where it was looked for them. What is in other regions is not known. */
export interface Looked {
  readonly orphans: readonly Orphan[];
  readonly lookedIn: readonly { readonly account: string; readonly region: string }[];
}

/** What a folder, and the specs in it, say of the stacks that come from it. */
export interface Known {
  readonly home: Home;
  /** Folders that were named, from the root of the repository; `''` is all of it. */
  readonly folders: readonly string[];
  /** The same as they were named. */
  readonly named: readonly string[];
}

/** The folders among the paths of a command, and their repository; undefined where there is none, so that nothing is looked for. */
export function foldersOf(paths: readonly string[], env: Session['env']): Known | undefined {
  const folders = paths.filter((path) => path !== '-' && statSync(path, { throwIfNoEntry: false })?.isDirectory() === true);
  const [first] = folders;
  const home = first === undefined ? undefined : homeOf(first, env);
  if (home === undefined) return undefined;
  return { home, folders: folders.flatMap((folder) => pathIn(home.root, resolve(folder)) ?? []), named: folders };
}

/**
 * Where it is looked: wherever a spec is of, and in the regions that environments beside the specs and folders, or above them, name
 * further. Of stacks that the run did not reach the account is told by STS.
 */
async function placesOf({ named }: Known, specs: readonly NamedSpec[], also: readonly Scope[]): Promise<readonly Scope[]> {
  const folders = new Set([...named, ...specs.flatMap(({ file }) => (file.startsWith('<') ? [] : [dirname(file)]))]);
  const around = await Promise.all([...folders].map((folder) => findEnvironment(join(folder, 'environment.yaml'))));
  const further = around.flatMap(({ environment: { regions = [], account, profile } }) =>
    regions.map(
      (region): Scope => ({ region, ...(account === undefined ? {} : { account }), ...(profile === undefined ? {} : { profile }) }),
    ),
  );
  return [...new Map([...specs.map(scopeOf), ...also, ...further].map((scope) => [scopeKey(scope), scope])).values()];
}

/**
 * A stack is one without a file where that stood below a named folder, is there no more, and no spec of the run is of that stack. A
 * region that cannot be looked in is told. `also`: where it is looked beside what the specs and environments say.
 */
export async function findOrphans(
  known: Known,
  specs: readonly NamedSpec[],
  open: (scope: Scope) => Session,
  also: readonly Scope[] = [],
): Promise<Looked> {
  const { home, folders } = known;
  const below = (path: string): boolean => folders.some((folder) => folder === '' || path.startsWith(`${folder}/`));
  const files = new Set(specs.flatMap(({ file }) => pathIn(home.root, resolve(file)) ?? []));
  // A file that is there and says another stack has left its old one behind.
  const isGone = (path: string): boolean => files.has(path) || !existsSync(join(home.root, path));
  const lookIn = async (scope: Scope): Promise<Looked> => {
    const session = open(scope);
    const { region } = scope;
    const unknown = (why: string): Looked => {
      session.emit({ kind: 'warning', text: `it is not known whether a stack of ${region} has lost its file: ${why}` });
      return { orphans: [], lookedIn: [] };
    };
    try {
      const account = await session.account();
      if (scope.account !== undefined && scope.account !== account)
        return unknown(`the credentials belong to account ${account}, not ${scope.account}`);
      const here = new Set(specs.flatMap(({ spec: { stack } }) => (stack.region === region ? [stack.name] : [])));
      const stacks = await observeSources(
        (op, input) => session.cloud.call(op, input, { signal: session.signal }),
        home.repository,
        ({ stack, path }) => !here.has(stack) && below(path) && isGone(path),
      );
      return { orphans: stacks.map(({ stack, path }) => ({ stack, region, account, file: path })), lookedIn: [{ account, region }] };
    } catch (thrown) {
      if (!(thrown instanceof CloudError)) throw thrown;
      return unknown(`${thrown.op} answered ${thrown.awsCode}`);
    }
  };
  const all = await Promise.all((await placesOf(known, specs, also)).map(lookIn));
  const place = ({ account, region }: { readonly account: string; readonly region: string }): string => `${account}/${region}`;
  return {
    orphans: once(
      all.flatMap(({ orphans }) => orphans),
      (orphan) => `${place(orphan)}/${orphan.stack}`,
    ),
    lookedIn: once(
      all.flatMap(({ lookedIn }) => lookedIn),
      place,
    ),
  };
}

/** Each once, by its key and in that order. */
const once = <T>(all: readonly T[], keyOf: (one: T) => string): readonly T[] =>
  [...new Map(all.map((one) => [keyOf(one), one])).entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
