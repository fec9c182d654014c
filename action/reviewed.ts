/**
 * The digests that a reviewer saw. They come from the inputs, or from the plan run's result file; and that run is believed only if it
 * ran our plan workflow, in this repository, for this pull request, on its head commit, and ended well. A name is never enough.
 */

import { unzipSync } from 'fflate';
import { ReconcileError } from '../reconciler/errors.ts';
import type { Digests } from '../reconciler/run/digests.ts';
import { nameOf } from '../reconciler/run/identity.ts';
import type { Reviewed } from './commands.ts';
import type { Context } from './context.ts';
import { type Entry, type GitHub, GitHubFailure } from './github.ts';
import type { Inputs } from './inputs.ts';
import { parseResult, type ResultFile } from './result.ts';

export interface PlanRun {
  readonly id: number;
  readonly head: string;
  /** Milliseconds since the epoch: approvals have to be later. */
  readonly at: number;
}

export interface ReviewedPlan extends Reviewed {
  /** Absent where the digests were given. */
  readonly run?: PlanRun;
}

const stopped = (
  message: string,
  hint = 'Let the plan workflow run on the pull request, review its comment, and apply again.',
): ReconcileError => new ReconcileError('PlanDiffers', `${message}; nothing was changed`, { hint });

/** Undefined when the workflow asks for no reviewed plan. Throws `PlanDiffers` when the one it asks for cannot be believed. */
export async function findReviewed(
  github: GitHub,
  inputs: Inputs,
  context: Context,
  number: () => Promise<number | undefined>,
): Promise<ReviewedPlan | undefined> {
  if (inputs.planRunId === undefined) return inputs.planDigests.size === 0 ? undefined : { digests: inputs.planDigests };
  try {
    const pull = await number();
    if (pull === undefined) throw stopped('plan-run-id is said, and this run belongs to no pull request');
    const { owner, repo } = context;
    const answer = await github.call('GET /repos/{owner}/{repo}/pulls/{pull_number}', { owner, repo, pull_number: pull });
    const head = textAt(answer.data, 'head', 'sha');
    const run = await planRun(github, inputs, context, head);
    const result = await resultFrom(github, inputs, context, run.id);
    judgeResult(result, run, context, pull);
    const planned = result.stacks.flatMap(({ stack, region, plan }) => (plan === null ? [] : [{ stack, region, digest: plan.digest }]));
    const digests: Digests = new Map(planned.map((each) => [nameOf(each), [each.digest]]));
    for (const [name, wanted] of inputs.planDigests)
      for (const digest of wanted)
        if (!planned.some((each) => isNamed(name, each) && each.digest.startsWith(digest)))
          throw stopped(`plan-digest ${digest.slice(0, 12)} is not what run ${run.id} planned`);
    return { digests, run };
  } catch (thrown) {
    if (thrown instanceof GitHubFailure)
      throw stopped(`the reviewed plan cannot be read: ${thrown.message}`, 'Apply again when GitHub answers.');
    throw thrown;
  }
}

/** Whether a name of `plan-digest` is this stack's; an account before it is the apply's to check. */
const isNamed = (name: string, id: { readonly stack: string; readonly region: string }): boolean =>
  name === '' || name === id.stack || name.replace(/^\d{12}\//, '') === nameOf(id);

/** The run that was named, or the last one that ended well on the head commit. Throws what is wrong with it. */
async function planRun(github: GitHub, inputs: Inputs, context: Context, head: string): Promise<PlanRun> {
  const { owner, repo } = context;
  let run: Entry | undefined;
  if (inputs.planRunId === 'auto') {
    const file = inputs.planWorkflow.split('/').at(-1) ?? '';
    const runs = await github.call('GET /repos/{owner}/{repo}/actions/workflows/{workflow_id}/runs', {
      ...{ owner, repo, workflow_id: file, head_sha: head, status: 'success', per_page: 10 },
    });
    run = ((runs.data as Entry)['workflow_runs'] as Entry[])[0];
    if (run === undefined) throw stopped(`no run of ${inputs.planWorkflow} ended well on ${head.slice(0, 7)}`);
  } else {
    const answer = await github.call('GET /repos/{owner}/{repo}/actions/runs/{run_id}', { owner, repo, run_id: inputs.planRunId });
    run = answer.data as Entry;
  }
  const id = Number(run['id']);
  // `path` may carry the ref it was taken from: `.github/workflows/plan.yml@refs/heads/main`.
  const path = String(run['path']).split('@')[0];
  const repository = `${owner}/${repo}`.toLowerCase();
  if (path !== inputs.planWorkflow) throw stopped(`run ${id} is of ${path}, not of ${inputs.planWorkflow}`);
  if (textAt(run, 'repository', 'full_name').toLowerCase() !== repository) throw stopped(`run ${id} is of another repository`);
  if (textAt(run, 'head_repository', 'full_name').toLowerCase() !== repository)
    throw stopped(`run ${id} is of a fork, whose plan was made without credentials`);
  if (run['head_sha'] !== head)
    throw stopped(`run ${id} planned ${String(run['head_sha']).slice(0, 7)}, and the head of the pull request is ${head.slice(0, 7)}`);
  if (run['conclusion'] !== 'success') throw stopped(`run ${id} did not end well (${String(run['conclusion'] ?? run['status'])})`);
  if (!['pull_request', 'merge_group'].includes(String(run['event'])))
    throw stopped(`run ${id} was set off by ${String(run['event'])}, not by a pull request`);
  return { id, head, at: Date.parse(String(run['updated_at'])) };
}

/** An artifact is a ZIP; a plan's has one file of at most some megabytes. */
const LARGEST = 16 * 1024 * 1024;

async function resultFrom(github: GitHub, inputs: Inputs, context: Context, runId: number): Promise<ResultFile> {
  const { owner, repo } = context;
  const artifacts = await github.all(
    'GET /repos/{owner}/{repo}/actions/runs/{run_id}/artifacts',
    { owner, repo, run_id: runId, name: inputs.planArtifact },
    'artifacts',
  );
  const artifact = artifacts.filter((each) => each['name'] === inputs.planArtifact && each['expired'] !== true).at(-1);
  if (artifact === undefined)
    throw stopped(
      `run ${runId} has no artifact ${inputs.planArtifact} any more`,
      'Plan again, and apply within the time artifacts are kept.',
    );
  if (Number(artifact['size_in_bytes']) > LARGEST)
    throw stopped(`the artifact ${inputs.planArtifact} of run ${runId} is too large to be a plan`);
  const { data } = await github.call('GET /repos/{owner}/{repo}/actions/artifacts/{artifact_id}/{archive_format}', {
    ...{ owner, repo, artifact_id: Number(artifact['id']), archive_format: 'zip' },
  });
  let text: string | undefined;
  try {
    const files = unzipSync(new Uint8Array(data as ArrayBuffer), {
      filter: ({ name, originalSize }) => /(^|\/)result\.json$/.test(name) && originalSize <= LARGEST,
    });
    const [first] = Object.values(files);
    text = first === undefined ? undefined : new TextDecoder().decode(first);
  } catch (cause) {
    throw new ReconcileError('PlanDiffers', `the artifact ${inputs.planArtifact} of run ${runId} cannot be unpacked; nothing was changed`, {
      cause,
    });
  }
  if (text === undefined) throw stopped(`the artifact ${inputs.planArtifact} of run ${runId} holds no result.json`);
  return parseResult(text, `result.json of run ${runId}`);
}

function judgeResult(result: ResultFile, run: PlanRun, context: Context, pull: number): void {
  const { run: said } = result;
  if (said.id !== run.id || said.repository.toLowerCase() !== `${context.owner}/${context.repo}`.toLowerCase())
    throw stopped(`the result file of run ${run.id} says that it is of run ${said.id} of ${said.repository}`);
  if (result.command !== 'plan') throw stopped(`run ${run.id} did not plan`);
  if (said.pullRequest !== pull)
    throw stopped(`run ${run.id} planned for ${said.pullRequest === null ? 'no pull request' : `#${said.pullRequest}`}, not for #${pull}`);
  if (said.event === 'pull_request' && said.head !== run.head) throw stopped(`run ${run.id} planned another commit than its head`);
}

function textAt(value: unknown, ...keys: readonly string[]): string {
  let here = value;
  for (const key of keys) here = typeof here === 'object' && here !== null ? (here as Entry)[key] : undefined;
  return typeof here === 'string' ? here : '';
}
