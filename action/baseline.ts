/** What the last load tests of the default branch measured, from the artifacts of its runs: only ever shown, nothing is decided by it. */

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
  /** Of the load and the fault; empty where it told nothing, or was written by an older version. */
  readonly load: string;
}

/** Artifacts that are looked into for each name: enough to see by how much runs differ among themselves. */
const MOST = 6;

/** By region and stack, the newest first. `sandbox`: of runs on the sandbox, or of those in an account. Throws `GitHubFailure`. */
export async function lastFigures(
  github: GitHub,
  names: readonly string[],
  { owner, repo, runId, defaultBranch: branch }: Context,
  sandbox: boolean,
): Promise<ReadonlyMap<string, readonly LastFigures[]>> {
  const found = new Map<string, readonly LastFigures[]>();
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
    for (const { stack, region, figures, load = '' } of stacksIn(data, sandbox)) {
      const key = nameOf({ stack, region });
      if (Object.values(figures).some((value) => value !== null))
        found.set(key, [...(found.get(key) ?? []), { branch, run, figures, load }]);
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

function stacksIn(data: unknown, sandbox: boolean): readonly StackResult[] {
  let texts: readonly string[] = [];
  try {
    texts = resultTexts(data);
  } catch {
    // No ZIP: there is nothing to compare with.
  }
  return texts.flatMap((text) => {
    try {
      const result = parseResult(text, 'result.json');
      return result.command === 'verify' && result.sandbox === sandbox ? result.stacks : [];
    } catch (error) {
      // Of another version, or of something else by that name.
      if (!(error instanceof ReconcileError)) throw error;
      return [];
    }
  });
}

/** Beside the load test, which takes longer. Whatever fails costs the comparison and no more. */
export async function compareWith(
  { command, baseline, token, sandbox }: Pick<Inputs, 'command' | 'baseline' | 'token' | 'sandbox'>,
  context: Context,
  github: GitHub,
  log: Log,
  last: Map<string, readonly LastFigures[]>,
): Promise<void> {
  if (command !== 'verify' || baseline.length === 0 || token === '') return;
  try {
    for (const [key, figures] of await lastFigures(github, baseline, context, sandbox)) last.set(key, figures);
  } catch (error) {
    if (!(error instanceof GitHubFailure)) throw error;
    log.say(`the measurements are not compared with earlier ones: ${error.message}`);
  }
}
