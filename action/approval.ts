/** Approvals that GitHub does not check by itself: a review after the plan, or a label that names the digest. */

import { ReconcileError } from '../reconciler/errors.ts';
import { SHORT_DIGEST } from '../reconciler/report/format.ts';
import type { Context } from './context.ts';
import { type Entry, type GitHub, GitHubFailure } from './github.ts';
import type { Inputs } from './inputs.ts';
import type { StackOutcome } from './outcome.ts';
import type { ReviewedPlan } from './reviewed.ts';

/** Throws `GuardRefused` when what the inputs ask for is not there, or cannot be known. */
export async function requireApproved(
  github: GitHub,
  inputs: Inputs,
  context: Context,
  number: () => Promise<number | undefined>,
  reviewed: ReviewedPlan | undefined,
  outcome: StackOutcome,
): Promise<void> {
  if (inputs.approval === 'merge' || inputs.approval === 'environment') return;
  const digest = outcome.report.plan?.digest ?? '';
  try {
    const pull = await number();
    if (pull === undefined) throw missing(outcome, 'this run belongs to no pull request');
    const place = { owner: context.owner, repo: context.repo };
    if (inputs.approval === 'label') await requireLabel(github, place, pull, outcome, digest);
    else await requireReview(github, place, pull, outcome, reviewed);
  } catch (thrown) {
    if (thrown instanceof GitHubFailure) throw missing(outcome, `it cannot be read: ${thrown.message}`);
    throw thrown;
  }
}

type Repository = { readonly owner: string; readonly repo: string };

const missing = (outcome: StackOutcome, why: string): ReconcileError =>
  new ReconcileError('GuardRefused', `${outcome.stack} is not approved: ${why}; nothing was changed`, {
    hint: 'Approve the plan as its comment says, and run this again.',
  });

async function requireLabel(github: GitHub, place: Repository, pull: number, outcome: StackOutcome, digest: string): Promise<void> {
  const labels = await github.all('GET /repos/{owner}/{repo}/issues/{issue_number}/labels', { ...place, issue_number: pull });
  const named = labels.some(({ name }) => {
    const said = /^apply:([0-9a-f]{12,64})$/.exec(String(name))?.[1];
    return said !== undefined && digest.startsWith(said);
  });
  if (!named) throw missing(outcome, `no label apply:${digest.slice(0, SHORT_DIGEST)} is on #${pull}`);
}

/** Permissions that let somebody merge; see "Get repository permissions for a user" in the REST reference. */
const WRITES = new Set(['write', 'admin']);

async function requireReview(
  github: GitHub,
  place: Repository,
  pull: number,
  outcome: StackOutcome,
  reviewed: ReviewedPlan | undefined,
): Promise<void> {
  const { data } = await github.call('GET /repos/{owner}/{repo}/pulls/{pull_number}', { ...place, pull_number: pull });
  const head = String(((data as Entry)['head'] as Entry)['sha']);
  const author = String(((data as Entry)['user'] as Entry | null)?.['login'] ?? '');
  const reviews = await github.all('GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews', { ...place, pull_number: pull });
  // The last word of each reviewer counts; a comment takes no approval back.
  const last = new Map<string, Entry>();
  for (const review of reviews) {
    const login = String((review['user'] as Entry | null)?.['login'] ?? '');
    if (login !== '' && login !== author && review['state'] !== 'COMMENTED' && review['state'] !== 'PENDING') last.set(login, review);
  }
  const since = reviewed?.run?.at ?? 0;
  for (const [login, review] of last) {
    if (review['state'] !== 'APPROVED' || review['commit_id'] !== head || Date.parse(String(review['submitted_at'])) < since) continue;
    const rights = await github.call('GET /repos/{owner}/{repo}/collaborators/{username}/permission', { ...place, username: login });
    if (WRITES.has(String((rights.data as Entry)['permission']))) return;
  }
  throw missing(outcome, `nobody with write access approved ${head.slice(0, 7)} of #${pull} since it was planned`);
}
