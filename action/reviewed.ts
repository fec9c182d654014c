/**
 * The digests that a reviewer saw. They come from the inputs, or from the plan run's result file; and that run is believed only if it
 * ran our plan workflow, in this repository, for this pull request, on its head commit, and ended well. A name is never enough.
 */

import { EXIT, ReconcileError } from '../reconciler/errors.ts';
import type { Digests } from '../reconciler/run/digests.ts';
import { nameOf, type StackId } from '../reconciler/run/identity.ts';
import { LARGEST, resultTexts } from './artifact.ts';
import type { Reviewed } from './commands.ts';
import type { Context } from './context.ts';
import { type Entry, type GitHub, GitHubFailure } from './github.ts';
import type { Inputs } from './inputs.ts';
import { parseResult, type ResultFile } from './result.ts';

export interface PlanRun {
  readonly id: number;
  readonly head: string;
  readonly pull: number;
  readonly merged: boolean;
  /** The base that it planned on; empty where its file does not say. */
  readonly base: string;
  readonly attempt: number;
  /** It ended red. */
  readonly failed: boolean;
  /** Milliseconds since the epoch: approvals have to be later. */
  readonly at: number;
}

export interface ReviewedPlan extends Reviewed {
  /** One a pull request; absent where the digests were given. */
  readonly runs?: readonly PlanRun[];
}

const stopped = (
  message: string,
  hint = 'Let the plan workflow run on the pull request, review its comment, and apply again.',
): ReconcileError => new ReconcileError('PlanDiffers', `${message}; nothing was changed`, { hint });

/**
 * Undefined when the workflow asks for no reviewed plan. Of several pull requests, as a merge queue brings them in one push, the digests of
 * all. Throws `PlanDiffers` when one that is asked for cannot be believed.
 */
export async function findReviewed(
  github: GitHub,
  inputs: Inputs,
  context: Context,
  numbers: () => Promise<readonly number[]>,
): Promise<ReviewedPlan | undefined> {
  if (inputs.planRunId === undefined) return inputs.planDigests.size === 0 ? undefined : { digests: inputs.planDigests };
  try {
    const pulls = await numbers();
    if (pulls.length === 0) throw stopped('plan-run-id is set, but this run does not belong to a pull request');
    const each = await Promise.all(pulls.map((pull) => reviewedOf(github, inputs, context, pull)));
    const planned = each.flatMap((one) => one.planned);
    for (const [name, wanted] of inputs.planDigests)
      for (const digest of wanted)
        if (!planned.some((one) => isNamed(name, one) && one.digest.startsWith(digest)))
          throw stopped(`plan-digest ${digest.slice(0, 12)} is not what run ${each.map(({ run }) => run.id).join(', ')} planned`);
    return { digests: digestsOf(planned), runs: each.map(({ run }) => run) };
  } catch (thrown) {
    if (thrown instanceof GitHubFailure)
      throw stopped(`the reviewed plan cannot be read: ${thrown.message}`, 'Apply again when GitHub answers.');
    throw thrown;
  }
}

/** A plan of a run that may be believed. */
interface Planned extends StackId {
  readonly digest: string;
}

/** A stack that two pull requests of one push planned has the digest of each. */
function digestsOf(planned: readonly Planned[]): Digests {
  const digests = new Map<string, readonly string[]>();
  for (const each of planned) digests.set(nameOf(each), [...(digests.get(nameOf(each)) ?? []), each.digest]);
  return digests;
}

/** Whether a name of `plan-digest` is this stack's; an account before it is the apply's to check. */
const isNamed = (name: string, id: StackId): boolean => name === '' || name === id.stack || name.replace(/^\d{12}\//, '') === nameOf(id);

/** What was planned of one pull request. */
async function reviewedOf(
  github: GitHub,
  inputs: Inputs,
  context: Context,
  pull: number,
): Promise<{ readonly planned: readonly Planned[]; readonly run: PlanRun }> {
  const { owner, repo } = context;
  const answer = await github.call('GET /repos/{owner}/{repo}/pulls/{pull_number}', { owner, repo, pull_number: pull });
  const head = textAt(answer.data, 'head', 'sha');
  const run = await planRun(github, inputs, context, head);
  const result = await resultFrom(github, inputs, context, run);
  judgeResult(result, run, context, pull);
  const planned = sound(result).flatMap(({ stack, region, plan }) => (plan === null ? [] : [{ stack, region, digest: plan.digest }]));
  const merged = (answer.data as Entry)['merged'] === true;
  return { run: { ...run, pull, merged, base: result.run.base ?? '' }, planned };
}

/** Attempts of a run keep its id, and begin later (REST reference, `run_started_at`). */
const began = (run: Entry): number => Date.parse(String(run['run_started_at'] ?? run['created_at']));

/**
 * Of the runs on a commit the one that began last, which is what a reader of the comment saw: a repetition of an earlier run is newer than a
 * later run. GitHub says nothing of the order of the list. One that was cancelled said nothing.
 */
export function newestRun(runs: readonly Entry[]): Entry | undefined {
  return [...runs]
    .filter((run) => !['cancelled', 'skipped', 'stale'].includes(String(run['conclusion'])))
    .sort((a, b) => began(b) - began(a) || Number(b['id']) - Number(a['id']))[0];
}

/** The run that was named, or the newest one on the head commit. Throws what is wrong with it. */
async function planRun(github: GitHub, inputs: Inputs, context: Context, head: string): Promise<Omit<PlanRun, 'pull' | 'merged' | 'base'>> {
  const { owner, repo } = context;
  let run: Entry | undefined;
  if (inputs.planRunId === 'auto') {
    const file = inputs.planWorkflow.split('/').at(-1) ?? '';
    const runs = await github.call('GET /repos/{owner}/{repo}/actions/workflows/{workflow_id}/runs', {
      ...{ owner, repo, workflow_id: file, head_sha: head, per_page: 100 },
    });
    run = newestRun((runs.data as Entry)['workflow_runs'] as Entry[]);
    if (run === undefined) throw stopped(`no run of ${inputs.planWorkflow} succeeded on ${head.slice(0, 7)}`);
  } else {
    const answer = await github.call('GET /repos/{owner}/{repo}/actions/runs/{run_id}', { owner, repo, run_id: inputs.planRunId });
    run = answer.data as Entry;
  }
  const id = Number(run['id']);
  // `path` may carry the ref it was taken from: `.github/workflows/plan.yml@refs/heads/main`.
  const path = String(run['path']).split('@')[0];
  const repository = `${owner}/${repo}`.toLowerCase();
  if (path !== inputs.planWorkflow) throw stopped(`run ${id} belongs to ${path}, not to ${inputs.planWorkflow}`);
  if (textAt(run, 'repository', 'full_name').toLowerCase() !== repository) throw stopped(`run ${id} belongs to another repository`);
  if (textAt(run, 'head_repository', 'full_name').toLowerCase() !== repository)
    throw stopped(`run ${id} is from a fork, whose plan was made without credentials`);
  if (run['head_sha'] !== head)
    throw stopped(`run ${id} planned ${String(run['head_sha']).slice(0, 7)}, but the head of the pull request is ${head.slice(0, 7)}`);
  if (!['pull_request', 'merge_group'].includes(String(run['event'])))
    throw stopped(`run ${id} was triggered by ${String(run['event'])}, not by a pull request`);
  // `fail-on-changes` makes a run red for what it found; its file says whether that was all.
  if (run['conclusion'] !== 'success' && run['conclusion'] !== 'failure')
    throw stopped(`run ${id} did not succeed (${String(run['conclusion'] ?? run['status'])})`, 'Wait until it has ended, and apply again.');
  return {
    id,
    head,
    attempt: Number(run['run_attempt'] ?? 1),
    failed: run['conclusion'] === 'failure',
    at: Date.parse(String(run['updated_at'])),
  };
}

/** Attempts that are looked through for the newest file. */
const MOST_ARTIFACTS = 5;

/** The file of the newest attempt: each leaves one of the same name, and GitHub says nothing of their order. */
async function resultFrom(github: GitHub, inputs: Inputs, context: Context, run: Pick<PlanRun, 'id' | 'attempt'>): Promise<ResultFile> {
  const { owner, repo } = context;
  const artifacts = await github.all(
    'GET /repos/{owner}/{repo}/actions/runs/{run_id}/artifacts',
    { owner, repo, run_id: run.id, name: inputs.planArtifact },
    'artifacts',
  );
  const ours = artifacts
    .filter((each) => each['name'] === inputs.planArtifact && each['expired'] !== true)
    .sort((a, b) => Number(b['id']) - Number(a['id']))
    .slice(0, MOST_ARTIFACTS);
  let newest: ResultFile | undefined;
  for (const artifact of ours) {
    const result = await resultIn(github, inputs, context, run.id, artifact);
    // An attempt that repeated other jobs only left none.
    if (result.run.attempt <= run.attempt && result.run.attempt > (newest?.run.attempt ?? 0)) newest = result;
    if (newest?.run.attempt === run.attempt) break;
  }
  if (newest !== undefined) return newest;
  throw stopped(`run ${run.id} has no artifact ${inputs.planArtifact} any more`, 'Plan again, and apply before the artifacts expire.');
}

async function resultIn(github: GitHub, inputs: Inputs, { owner, repo }: Context, runId: number, artifact: Entry): Promise<ResultFile> {
  if (Number(artifact['size_in_bytes']) > LARGEST)
    throw stopped(`the artifact ${inputs.planArtifact} of run ${runId} is too large to be a plan`);
  const { data } = await github.call('GET /repos/{owner}/{repo}/actions/artifacts/{artifact_id}/{archive_format}', {
    ...{ owner, repo, artifact_id: Number(artifact['id']), archive_format: 'zip' },
  });
  let text: string | undefined;
  try {
    [text] = resultTexts(data);
  } catch (cause) {
    throw new ReconcileError('PlanDiffers', `the artifact ${inputs.planArtifact} of run ${runId} cannot be unpacked; nothing was changed`, {
      cause,
    });
  }
  if (text === undefined) throw stopped(`the artifact ${inputs.planArtifact} of run ${runId} has no result.json`);
  return parseResult(text, `result.json of run ${runId}`);
}

/** Stacks whose plan was shown whole: one that failed or was refused keeps no other from being applied, and was not reviewed. */
const sound = ({ stacks }: ResultFile): ResultFile['stacks'] =>
  stacks.filter(({ exitCode, failure }) => failure === null && (exitCode === EXIT.ok || exitCode === EXIT.changes));

function judgeResult(result: ResultFile, run: Pick<PlanRun, 'id' | 'failed' | 'head'>, context: Context, pull: number): void {
  const { run: said } = result;
  if (said.id !== run.id || said.repository.toLowerCase() !== `${context.owner}/${context.repo}`.toLowerCase())
    throw stopped(`the result file of run ${run.id} claims to be from run ${said.id} of ${said.repository}`);
  if (result.command !== 'plan') throw stopped(`run ${run.id} did not plan`);
  if (run.failed && result.exitCode === EXIT.ok) throw stopped(`run ${run.id} did not succeed (failure)`);
  if (said.pullRequest !== pull)
    throw stopped(`run ${run.id} planned for ${said.pullRequest === null ? 'no pull request' : `#${said.pullRequest}`}, not for #${pull}`);
  if (said.event === 'pull_request' && said.head !== run.head) throw stopped(`run ${run.id} planned a commit that is not its head`);
}

function textAt(value: unknown, ...keys: readonly string[]): string {
  let here = value;
  for (const key of keys) here = typeof here === 'object' && here !== null ? (here as Entry)[key] : undefined;
  return typeof here === 'string' ? here : '';
}
