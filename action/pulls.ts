/** Which pull requests a run is about, and which files they change. */

import type { Context } from './context.ts';
import type { Entry, GitHub } from './github.ts';
import type { Inputs } from './inputs.ts';

export interface Pulls {
  /** That of the event, or those that a push brought, the last one first; none of a run by hand or on a schedule. Throws `GitHubFailure`. */
  numbers(): Promise<readonly number[]>;
  /** Files that they change; undefined without a pull request, and where GitHub does not list them all. Throws `GitHubFailure`. */
  changed(): Promise<readonly string[] | undefined>;
  /** The one that changes this file; the last one where none does. Throws `GitHubFailure`. */
  numberFor(file: string): Promise<number | undefined>;
}

/** GitHub lists so many files of a pull request and no more (REST reference, list pull requests files). */
const MOST_FILES = 3000;

/** `find` says it where the event does not. */
export function openPulls(github: GitHub, inputs: Inputs, context: Context, find?: (github: GitHub) => Promise<number | undefined>): Pulls {
  const { owner, repo } = context;

  async function ofPush(): Promise<readonly number[]> {
    const pulls = await github.all('GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls', { owner, repo, commit_sha: context.head });
    const last = pulls.find((pull) => pull['merge_commit_sha'] === context.head && pull['merged_at'] !== null) ?? pulls[0];
    const numbers = last === undefined ? [] : [Number(last['number'])];
    // The merge queue pushes a group at once: one request finds the others by the commits that their merges made.
    const earlier = new Set(context.pushed.filter((sha) => sha !== context.head));
    if (earlier.size === 0) return numbers;
    const { data } = await github.call('GET /repos/{owner}/{repo}/pulls', {
      ...{
        owner,
        repo,
        state: 'closed',
        base: context.ref.replace(/^refs\/heads\//, ''),
        sort: 'updated',
        direction: 'desc',
        per_page: 100,
      },
    });
    const others = (data as readonly Entry[]).filter((pull) => pull['merged_at'] !== null && earlier.has(String(pull['merge_commit_sha'])));
    return [...new Set([...numbers, ...others.map((pull) => Number(pull['number']))])];
  }

  async function findAll(): Promise<readonly number[]> {
    if (find !== undefined) {
      const found = await find(github);
      return found === undefined ? [] : [found];
    }
    const named = inputs.pullRequest ?? context.pullRequest;
    if (named !== undefined) return [named];
    return context.event === 'push' ? ofPush() : [];
  }

  let found: Promise<readonly number[]> | undefined;
  const numbers = (): Promise<readonly number[]> => (found ??= findAll());
  const read = new Map<number, Promise<readonly string[]>>();
  const filesOf = (number: number): Promise<readonly string[]> => {
    const known = read.get(number) ?? listFiles(number);
    read.set(number, known);
    return known;
  };
  const listFiles = async (number: number): Promise<readonly string[]> => {
    const files = await github.all('GET /repos/{owner}/{repo}/pulls/{pull_number}/files', { owner, repo, pull_number: number });
    return files.flatMap((file) =>
      [file['filename'], file['previous_filename']].flatMap((name) => (typeof name === 'string' ? [name] : [])),
    );
  };

  return {
    numbers,
    async changed() {
      const all = await numbers();
      const lists = await Promise.all(all.map(filesOf));
      return all.length === 0 || lists.some((files) => files.length >= MOST_FILES) ? undefined : lists.flat();
    },
    async numberFor(file) {
      const all = await numbers();
      if (all.length > 1) for (const number of all) if ((await filesOf(number)).includes(file)) return number;
      return all[0];
    },
  };
}

/** The open pull request whose head a run was of: asked for by owner and branch, and believed only if its head is that commit. */
export async function pullOfCause(github: GitHub, context: Context): Promise<number | undefined> {
  const { owner, repo, cause } = context;
  if (cause === undefined || cause.head === '') return undefined;
  const pulls: readonly Entry[] = await github.all('GET /repos/{owner}/{repo}/pulls', {
    ...{ owner, repo, state: 'open', head: `${cause.owner}:${cause.branch}` },
  });
  const pull = pulls.find((each) => (each['head'] as Entry | undefined)?.['sha'] === cause.head);
  return pull === undefined ? undefined : Number(pull['number']);
}
