/**
 * Whether an apply was allowed: looked up at GitHub when it is about to begin, whatever set the run off and whatever its inputs claim.
 * What cannot be looked up is refused.
 */

import { execFileSync } from 'node:child_process';
import { ReconcileError } from '../reconciler/errors.ts';
import { SHORT_DIGEST } from '../reconciler/report/format.ts';
import type { Context } from './context.ts';
import { type Entry, type GitHub, GitHubFailure } from './github.ts';
import type { Inputs } from './inputs.ts';
import type { StackOutcome } from './outcome.ts';
import type { ReviewedPlan } from './reviewed.ts';

interface Asked {
  readonly github: GitHub;
  readonly inputs: Inputs;
  readonly context: Context;
  readonly place: { readonly owner: string; readonly repo: string };
  readonly pull: Pull | undefined;
  readonly reviewed: ReviewedPlan | undefined;
}

interface Pull {
  readonly number: number;
  readonly head: string;
  readonly author: string;
  readonly base: string;
  readonly merged: boolean;
  readonly mergeCommit: string;
}

/** Why it is not allowed, as the end of a sentence. */
class Refused extends Error {}

/** Asked once a run, not once a stack: all but the digest of a label is of the pull request. */
const asked = new WeakMap<GitHub, Promise<(digest: string) => void>>();

/** Throws `GuardRefused` when what the inputs ask for is not there, or cannot be known. */
export async function requireApproved(
  github: GitHub,
  inputs: Inputs,
  context: Context,
  numbers: () => Promise<readonly number[]>,
  reviewed: ReviewedPlan | undefined,
  outcome: StackOutcome,
): Promise<void> {
  // A preview has names and a role of its own, and a sandbox ends with its job: nothing of anybody is there to protect.
  if (inputs.preview !== undefined || (inputs.sandbox && inputs.approval === 'merge')) return;
  try {
    let looked = asked.get(github);
    if (looked === undefined) asked.set(github, (looked = look(github, inputs, context, numbers, reviewed)));
    (await looked)(outcome.report.plan?.digest ?? '');
  } catch (thrown) {
    if (thrown instanceof Refused) throw missing(outcome, thrown.message);
    if (thrown instanceof GitHubFailure) throw missing(outcome, `the approval cannot be read: ${thrown.message}`);
    throw thrown;
  }
}

const missing = (outcome: StackOutcome, why: string): ReconcileError =>
  new ReconcileError('GuardRefused', `${outcome.stack} is not approved: ${why}; nothing was changed`, {
    hint: 'Approve the plan as its comment explains, and run this again.',
  });

async function look(
  github: GitHub,
  inputs: Inputs,
  context: Context,
  numbers: () => Promise<readonly number[]>,
  reviewed: ReviewedPlan | undefined,
): Promise<(digest: string) => void> {
  const found = await numbers();
  // Of a group of the merge queue each has to be approved by itself.
  const all = await Promise.all(
    (found.length === 0 ? [undefined] : found).map((number) => lookAt(github, inputs, context, number, reviewed)),
  );
  return (digest) => {
    for (const check of all) check(digest);
  };
}

async function lookAt(
  github: GitHub,
  inputs: Inputs,
  context: Context,
  number: number | undefined,
  reviewed: ReviewedPlan | undefined,
): Promise<(digest: string) => void> {
  const place = { owner: context.owner, repo: context.repo };
  const pull = number === undefined ? undefined : await readPull(github, place, number);
  const all: Asked = { github, inputs, context, place, reviewed, pull };
  const anyDigest = (): void => undefined;
  if (inputs.approval === 'merge') {
    await requireMerged(all);
    return anyDigest;
  }
  if (pull === undefined) throw new Refused('this run does not belong to a pull request');
  await requireCommitOf(all, pull);
  if (inputs.approval === 'label') return requireLabel(all, pull);
  if (inputs.approval === 'review') await requireReview(all, pull);
  else await requireEnvironment(all);
  return anyDigest;
}

async function readPull(github: GitHub, place: Asked['place'], number: number): Promise<Pull> {
  const { data } = await github.call('GET /repos/{owner}/{repo}/pulls/{pull_number}', { ...place, pull_number: number });
  const pull = data as Entry;
  const text = (value: unknown, name: string): string => String((value as Entry | null | undefined)?.[name] ?? '');
  return {
    number,
    head: text(pull['head'], 'sha'),
    author: text(pull['user'], 'login'),
    base: text(pull['base'], 'ref'),
    merged: pull['merged'] === true,
    mergeCommit: text(pull, 'merge_commit_sha'),
  };
}

/** The pull request is merged into the default branch; and what is applied, with or without one, is on it. */
async function requireMerged(all: Asked): Promise<void> {
  const { pull } = all;
  const branch = await defaultBranch(all);
  if (pull !== undefined) {
    if (!pull.merged) throw new Refused(`#${pull.number} is not merged`);
    if (pull.base !== branch) throw new Refused(`#${pull.number} was merged into ${pull.base}, not into ${branch}`);
    if (!(await isOn(all, branch, pull.mergeCommit))) throw new Refused(`the merge of #${pull.number} is no longer on ${branch}`);
  }
  const commit = commitApplied(all.inputs);
  if (commit !== pull?.mergeCommit && !(await isOn(all, branch, commit)))
    throw new Refused(`the specs are from commit ${commit.slice(0, 7)}, which is not on ${branch}`);
}

/** What is applied is the head of the pull request, its merge into the base, or was merged. */
async function requireCommitOf(all: Asked, pull: Pull): Promise<void> {
  const commit = commitApplied(all.inputs);
  if (commit === pull.head || (commit === pull.mergeCommit && !pull.merged)) return;
  const { data } = await all.github.call('GET /repos/{owner}/{repo}/commits/{ref}', { ...all.place, ref: commit });
  const parents = ((data as Entry)['parents'] as readonly Entry[] | undefined) ?? [];
  if (parents.some(({ sha }) => sha === pull.head)) return;
  if (pull.merged && (await isOn(all, await defaultBranch(all), commit))) return;
  throw new Refused(`the specs are from commit ${commit.slice(0, 7)}, which is not part of the current #${pull.number}`);
}

async function defaultBranch({ github, place }: Asked): Promise<string> {
  const { data } = await github.call('GET /repos/{owner}/{repo}', place);
  return String((data as Entry)['default_branch']);
}

/** Whether a commit is a branch's tip or an ancestor of it (REST reference, compare two commits: `behind` or `identical`). */
async function isOn({ github, place }: Asked, branch: string, commit: string): Promise<boolean> {
  if (commit === '') return false;
  const { data } = await github.call('GET /repos/{owner}/{repo}/compare/{basehead}', {
    ...place,
    basehead: `${branch}...${commit}`,
    per_page: 1,
  });
  return ['behind', 'identical'].includes(String((data as Entry)['status']));
}

/** The commit of the checkout that the specs are of; that of the run where there is no checkout to ask. */
function commitApplied({ commit }: Inputs): string {
  try {
    const name = `${commit === '' ? 'HEAD' : commit}^{commit}`;
    return execFileSync('git', ['rev-parse', '--verify', '--quiet', '--end-of-options', name], { stdio: ['ignore', 'pipe', 'ignore'] })
      .toString('utf8')
      .trim();
  } catch {
    return process.env['GITHUB_SHA'] ?? '';
  }
}

/** Permissions that let somebody merge; see "Get repository permissions for a user" in the REST reference. */
const WRITES = new Set(['write', 'admin']);

async function mayWrite({ github, place }: Asked, login: string): Promise<boolean> {
  try {
    const { data } = await github.call('GET /repos/{owner}/{repo}/collaborators/{username}/permission', { ...place, username: login });
    return WRITES.has(String((data as Entry)['permission']));
  } catch (error) {
    // A deleted account, or an app, is no collaborator.
    if (error instanceof GitHubFailure && error.status === 404) return false;
    throw error;
  }
}

/** When the plan of the pull request ended, milliseconds since the epoch; `otherwise` where no run says so. */
const plannedAt = <T>({ reviewed }: Asked, pull: Pull, otherwise: T): number | T =>
  reviewed?.runs?.find(({ head }) => head === pull.head)?.at ?? otherwise;

/** A label may be put by whoever may triage: what counts is who put it last, and when. */
async function requireLabel(all: Asked, pull: Pull): Promise<(digest: string) => void> {
  const { github, place } = all;
  const issue = { ...place, issue_number: pull.number };
  const labels = (await github.all('GET /repos/{owner}/{repo}/issues/{issue_number}/labels', issue)).map(({ name }) => String(name));
  const events = await github.all('GET /repos/{owner}/{repo}/issues/{issue_number}/events', issue);
  const good: string[] = [];
  const why: string[] = [];
  for (const name of labels) {
    const digest = /^apply:([0-9a-f]{12,64})$/.exec(name)?.[1];
    if (digest === undefined) continue;
    const last = events.filter(({ event, label }) => event === 'labeled' && (label as Entry | undefined)?.['name'] === name).at(-1);
    const login = String((last?.['actor'] as Entry | null | undefined)?.['login'] ?? '');
    if (last === undefined || login === '') why.push(`GitHub does not show who added ${name}`);
    else if (Date.parse(String(last['created_at'])) < plannedAt(all, pull, 0)) why.push(`${name} was added before the plan that it names`);
    else if (!(await mayWrite(all, login))) why.push(`${name} was added by ${login}, who has no write access`);
    else good.push(digest);
  }
  return (digest) => {
    if (good.some((said) => digest.startsWith(said))) return;
    throw new Refused(
      `#${pull.number} has no valid label apply:${digest.slice(0, SHORT_DIGEST)}${why.length > 0 ? ` (${why.join('; ')})` : ''}`,
    );
  };
}

async function requireReview(all: Asked, pull: Pull): Promise<void> {
  const { github, place } = all;
  const at = plannedAt(all, pull, undefined);
  if (at === undefined)
    throw new Refused('an approval must be newer than the plan, but without plan-run-id the time of the plan is not known');
  const reviews = await github.all('GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews', { ...place, pull_number: pull.number });
  // The last word of each reviewer counts; a comment takes no approval back.
  const last = new Map<string, Entry>();
  for (const review of reviews) {
    const login = String((review['user'] as Entry | null)?.['login'] ?? '');
    if (login !== '' && review['state'] !== 'COMMENTED' && review['state'] !== 'PENDING') last.set(login, review);
  }
  const wrote = await authorsOf(all, pull);
  let approved = false;
  for (const [login, review] of last) {
    const counts =
      review['state'] === 'CHANGES_REQUESTED' ||
      (review['state'] === 'APPROVED' &&
        !wrote.has(login) &&
        review['commit_id'] === pull.head &&
        Date.parse(String(review['submitted_at'])) >= at);
    if (!counts || !(await mayWrite(all, login))) continue;
    if (review['state'] === 'CHANGES_REQUESTED') throw new Refused(`${login} asked for changes of #${pull.number}`);
    approved = true;
  }
  if (!approved)
    throw new Refused(
      `no one with write access, apart from its authors, approved ${pull.head.slice(0, 7)} of #${pull.number} since it was planned`,
    );
}

/** Whoever opened the pull request or wrote a commit of it: nobody approves what is their own. */
async function authorsOf({ github, place }: Asked, pull: Pull): Promise<ReadonlySet<string>> {
  const commits = await github.all('GET /repos/{owner}/{repo}/pulls/{pull_number}/commits', { ...place, pull_number: pull.number });
  const logins = commits
    .flatMap(({ author, committer }) => [author, committer])
    .map((who) => String((who as Entry | null)?.['login'] ?? ''));
  return new Set([pull.author, ...logins]);
}

/** The environment asks for reviewers, and one of them approved this run. */
async function requireEnvironment({ github, place, inputs, context }: Asked): Promise<void> {
  const name = inputs.environment;
  if (name === '') throw new Refused('approval: environment needs the input environment');
  const { data } = await github.call('GET /repos/{owner}/{repo}/environments/{environment_name}', { ...place, environment_name: name });
  const rules = ((data as Entry)['protection_rules'] as readonly Entry[] | undefined) ?? [];
  const reviewers = rules
    .filter(({ type }) => type === 'required_reviewers')
    .flatMap((rule) => (rule['reviewers'] as readonly Entry[] | undefined) ?? []);
  if (reviewers.length === 0) throw new Refused(`the environment ${name} requires no reviewer`);
  const { data: said } = await github.call('GET /repos/{owner}/{repo}/actions/runs/{run_id}/approvals', {
    ...place,
    run_id: context.runId,
  });
  const approvals = (said as readonly Entry[]).filter(({ environments }) =>
    ((environments as readonly Entry[] | undefined) ?? []).some((environment) => environment['name'] === name),
  );
  if (!approvals.some(({ state }) => state === 'approved'))
    throw new Refused(`no reviewer of the environment ${name} approved run ${context.runId}`);
}
