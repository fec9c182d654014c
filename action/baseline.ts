/** What the last load test of the default branch measured, from the artifacts of its runs: only ever shown, nothing is decided by it. */

import { ReconcileError } from '../reconciler/errors.ts';
import { nameOf } from '../reconciler/run/identity.ts';
import { LARGEST, resultTexts } from './artifact.ts';
import type { Context } from './context.ts';
import { type Entry, type GitHub, GitHubFailure } from './github.ts';
import type { Inputs } from './inputs.ts';
import type { Log } from './log.ts';
import { type Figures, parseResult, type StackResult } from './result.ts';

export interface LastFigures {
  readonly branch: string;
  readonly run: number;
  readonly figures: Figures;
}

/** Artifacts that are looked into for each name. */
const MOST = 2;

/** By region and stack, the newest of each. Throws `GitHubFailure`. */
export async function lastFigures(
  github: GitHub,
  names: readonly string[],
  { owner, repo, runId, defaultBranch: branch }: Context,
): Promise<ReadonlyMap<string, LastFigures>> {
  const found = new Map<string, LastFigures>();
  if (branch === '') return found;
  const lists = await Promise.all(
    names.map((name) => github.call('GET /repos/{owner}/{repo}/actions/artifacts', { owner, repo, name, per_page: 50 })),
  );
  const ours = lists.flatMap(({ data }) =>
    ((data as Entry)['artifacts'] as readonly Entry[])
      .filter((each) => isOf(each, branch, runId) && names.includes(String(each['name'])) && Number(each['size_in_bytes']) <= LARGEST)
      .sort((a, b) => Number(b['id']) - Number(a['id']))
      .slice(0, MOST),
  );
  for (const artifact of ours.sort((a, b) => Number(b['id']) - Number(a['id']))) {
    const { data } = await github.call('GET /repos/{owner}/{repo}/actions/artifacts/{artifact_id}/{archive_format}', {
      ...{ owner, repo, artifact_id: Number(artifact['id']), archive_format: 'zip' },
    });
    const run = Number((artifact['workflow_run'] as Entry)['id']);
    for (const { stack, region, figures } of stacksIn(data)) {
      const key = nameOf({ stack, region });
      if (!found.has(key) && Object.values(figures).some((value) => value !== null)) found.set(key, { branch, run, figures });
    }
  }
  return found;
}

/** Of a run of the default branch of this repository, not of a branch of a fork that has the same name, and not of this run. */
function isOf(artifact: Entry, branch: string, runId: number): boolean {
  const run = artifact['workflow_run'] as Entry | null | undefined;
  return (
    artifact['expired'] !== true &&
    run?.['head_branch'] === branch &&
    run['repository_id'] === run['head_repository_id'] &&
    Number(run['id']) !== runId
  );
}

function stacksIn(data: unknown): readonly StackResult[] {
  let texts: readonly string[] = [];
  try {
    texts = resultTexts(data);
  } catch {
    // No ZIP: there is nothing to compare with.
  }
  return texts.flatMap((text) => {
    try {
      const { command, stacks } = parseResult(text, 'result.json');
      return command === 'verify' ? stacks : [];
    } catch (error) {
      // Of another version, or of something else by that name.
      if (!(error instanceof ReconcileError)) throw error;
      return [];
    }
  });
}

/** Beside the load test, which takes longer. Whatever fails costs the comparison and no more. */
export async function compareWith(
  { command, baseline, token }: Pick<Inputs, 'command' | 'baseline' | 'token'>,
  context: Context,
  github: GitHub,
  log: Log,
  last: Map<string, LastFigures>,
): Promise<void> {
  if (command !== 'verify' || baseline.length === 0 || token === '') return;
  try {
    for (const [key, figures] of await lastFigures(github, baseline, context)) last.set(key, figures);
  } catch (error) {
    if (!(error instanceof GitHubFailure)) throw error;
    log.say(`the figures are not compared with earlier ones: ${error.message}`);
  }
}
