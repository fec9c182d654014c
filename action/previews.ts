/**
 * The end of previews: found by their tags in the account, whatever became of their specs. Which of them are to end is asked of GitHub;
 * what cannot be looked up ends nothing.
 */

import { ReconcileError } from '../reconciler/errors.ts';
import { nothingOf } from '../reconciler/run/nothing.ts';
import { livePreviews } from '../reconciler/run/previews.ts';
import type { OpenSession } from '../reconciler/run/run-stacks.ts';
import type { Env } from '../reconciler/run/session.ts';
import { type NamedSpec, readSpecs } from '../reconciler/run/specs.ts';
import type { Context } from './context.ts';
import { type Entry, type GitHub, GitHubFailure } from './github.ts';
import type { Inputs } from './inputs.ts';

export interface Ending {
  readonly specs: readonly NamedSpec[];
  /** Pull requests whose previews end: their labels go when all of them are destroyed. */
  readonly numbers: readonly number[];
  /** Why each ends or stays, one a line. */
  readonly told: readonly string[];
}

const DAY_MS = 86_400_000;
export const PREVIEW_LABEL = 'preview';

/** Of the pull request that is named; else of all that are closed, gone, without the label, or without a change for `days`. */
export async function endingPreviews(...asked: Parameters<typeof endingNow>): Promise<Ending> {
  try {
    return await endingNow(...asked);
  } catch (thrown) {
    if (!(thrown instanceof GitHubFailure)) throw thrown;
    throw new ReconcileError('Denied', `the list of previews to end cannot be read: ${thrown.message}; nothing was destroyed`, {
      cause: thrown,
      hint: 'Run it again when GitHub answers; the job needs pull-requests: write.',
    });
  }
}

async function endingNow(
  github: GitHub,
  { preview: only, days }: Pick<Inputs, 'preview' | 'days'>,
  { owner, repo }: Context,
  regions: readonly string[],
  sessionFor: OpenSession,
  now: number,
): Promise<Ending> {
  const repository = `${owner}/${repo}`;
  const each = await Promise.all(
    regions.map(async (region) => {
      const live = await livePreviews(repository, sessionFor({ region }));
      return live.map((one) => ({ ...one, region }));
    }),
  );
  const live = each.flat();
  const numbers = [...new Set(live.map(({ number }) => number))].filter((number) => only === undefined || number === only);
  const told: string[] = [];
  const ending = new Set<number>(only === undefined ? [] : [only]);
  if (only === undefined && numbers.length > 0) {
    // A token that may not read pull requests would take every one for gone.
    await github.call('GET /repos/{owner}/{repo}/pulls', { owner, repo, state: 'all', per_page: 1 });
    for (const number of numbers) {
      const why = await whyEnded(github, { owner, repo, pull_number: number }, now - days * DAY_MS);
      told.push(`preview of #${number}: ${why === undefined ? 'stays' : `ends, since its pull request ${why}`}`);
      if (why !== undefined) ending.add(number);
    }
  }
  const specs = live.filter(({ number }) => ending.has(number)).map(({ stack, region }) => nothingOf(stack, region));
  return { specs, numbers: [...ending], told };
}

async function whyEnded(
  github: GitHub,
  place: { readonly owner: string; readonly repo: string; readonly pull_number: number },
  oldest: number,
): Promise<string | undefined> {
  try {
    const pull = (await github.call('GET /repos/{owner}/{repo}/pulls/{pull_number}', place)).data as Entry;
    const labels = ((pull['labels'] as readonly Entry[] | undefined) ?? []).map(({ name }) => String(name));
    if (pull['state'] === 'closed') return 'is closed';
    if (!labels.includes(PREVIEW_LABEL)) return `has no label ${PREVIEW_LABEL}`;
    return Date.parse(String(pull['updated_at'])) < oldest ? 'is without a change for too long' : undefined;
  } catch (error) {
    if (error instanceof GitHubFailure && error.status === 404) return 'is gone';
    throw error;
  }
}

/** Where previews are looked for: the regions of the input, the region of the role, and those of the specs that can be read. */
export async function regionsFor(
  { regions, spec }: Pick<Inputs, 'regions' | 'spec'>,
  env: Env,
  say: (text: string) => void,
): Promise<readonly string[]> {
  const found = new Set([...regions, env['AWS_REGION'] ?? ''].filter((region) => region !== ''));
  try {
    for (const each of (await readSpecs(spec, env)).specs) found.add(each.spec.stack.region);
  } catch (thrown) {
    if (!(thrown instanceof ReconcileError)) throw thrown;
    say(`the specs cannot be read, so regions that only specs name are not searched for previews: ${thrown.message}`);
  }
  return [...found].sort();
}

/** Takes the label off; one that is off already is no mistake. Throws `GitHubFailure`. */
export async function takeLabelOff(github: GitHub, { owner, repo }: Context, number: number): Promise<void> {
  try {
    await github.call('DELETE /repos/{owner}/{repo}/issues/{issue_number}/labels/{name}', {
      ...{ owner, repo, issue_number: number, name: PREVIEW_LABEL },
    });
  } catch (error) {
    if (!(error instanceof GitHubFailure) || error.status !== 404) throw error;
  }
}
