/** The other way out of drift: a pull request that writes what is live into a spec; one a stack, written anew while it is open. */

import { realpathSync, statSync } from 'node:fs';
import { relative, sep } from 'node:path';
import { ReconcileError } from '../reconciler/errors.ts';
import { type Acceptance, acceptanceTitle, renderAcceptance } from '../reconciler/report/acceptance.ts';
import type { Context } from './context.ts';
import { type Entry, type GitHub, GitHubFailure } from './github.ts';

export interface Proposal extends Acceptance {
  /** The new text of the file. */
  readonly text: string;
}

export interface Proposer {
  readonly github: GitHub;
  readonly context: Context;
  /** The login by which commits of the token are known. */
  readonly me: () => Promise<string>;
  /** The token is the job's own. */
  readonly held: boolean;
  /** Hides account ids in what people read; the file is written as it is. */
  readonly mask: <T>(value: T) => T;
}

const REPO = '/repos/{owner}/{repo}';

/**
 * The address of the pull request. The commit is made first and the branch moved to it in one step, since GitHub closes a pull
 * request whose branch has nothing of its own, if only for a moment (wei/pull#365).
 * @throws GitHubFailure; ReconcileError where the branch holds what is not ours, or the file is outside of the repository.
 */
export async function propose(proposal: Proposal, { github, context, me, held, mask }: Proposer): Promise<string> {
  const { owner, repo, ref, head } = context;
  const place = { owner, repo };
  const base = /^refs\/heads\/(.+)$/.exec(ref)?.[1];
  if (base === undefined)
    throw new ReconcileError('SpecInvalid', `accept opens a pull request into a branch, but this run is on ${ref || 'none'}`, {
      hint: 'Run the workflow on a branch.',
    });
  const branch = `albedo/accept-${proposal.stack}`;
  const { tree } = await object(github, `GET ${REPO}/git/commits/{commit_sha}`, { ...place, commit_sha: head });
  const file = { path: pathInRepository(proposal.file), mode: modeOf(proposal.file), type: 'blob', content: proposal.text };
  const changed = await object(github, `POST ${REPO}/git/trees`, { ...place, base_tree: (tree as Entry)['sha'], tree: [file] });
  const message = `${acceptanceTitle(proposal)}\n\n${proposal.written.join('\n')}\n`;
  const commit = await object(github, `POST ${REPO}/git/commits`, { ...place, message, tree: changed['sha'], parents: [head] });
  await moveBranch(branch, String(commit['sha']), github, place, me);
  const text = {
    title: mask(acceptanceTitle(proposal)),
    body: renderAcceptance(mask<Acceptance>(proposal), { runUrl: context.runUrl, held }),
  };
  const [open] = await github.all(`GET ${REPO}/pulls`, { ...place, state: 'open', head: `${owner}:${branch}`, base });
  const pull =
    open === undefined
      ? await object(github, `POST ${REPO}/pulls`, { ...place, ...text, head: branch, base }, { once: true })
      : await object(github, `PATCH ${REPO}/pulls/{pull_number}`, { ...place, ...text, pull_number: open['number'] });
  return String(pull['html_url']);
}

/** Makes the branch, or moves ours. One that ends in a commit of somebody else is theirs. */
async function moveBranch(branch: string, sha: string, github: GitHub, place: Entry, me: () => Promise<string>): Promise<void> {
  try {
    await github.call(`POST ${REPO}/git/refs`, { ...place, ref: `refs/heads/${branch}`, sha });
    return;
  } catch (error) {
    // "Reference already exists" (REST reference, create a reference).
    if (!(error instanceof GitHubFailure) || error.status !== 422) throw error;
  }
  const tip = await object(github, `GET ${REPO}/commits/{ref}`, { ...place, ref: `heads/${branch}` });
  const author = String((tip['author'] as Entry | null)?.['login'] ?? 'somebody');
  if (author.toLowerCase() !== (await me()).toLowerCase())
    throw new ReconcileError('SpecInvalid', `the last commit of branch ${branch} is from ${author}, so the branch was left unchanged`, {
      hint: 'Merge it or delete it, and run this again.',
    });
  await github.call(`PATCH ${REPO}/git/refs/{ref}`, { ...place, ref: `heads/${branch}`, sha, force: true });
}

async function object(github: GitHub, route: string, parameters: Entry, options?: { readonly once: boolean }): Promise<Entry> {
  return (await github.call(route, parameters, options)).data as Entry;
}

/** Where git has it: a link is followed, and the runner starts a step at the top of the checkout. */
function pathInRepository(file: string): string {
  const path = relative(realpathSync('.'), realpathSync(file));
  if (path.startsWith('..'))
    throw new ReconcileError('SpecInvalid', `${file} is not in the checkout of this repository`, {
      hint: 'accept works only on specs of the repository in which the workflow runs.',
    });
  return path.split(sep).join('/');
}

/** Modes of files in git's trees. */
const modeOf = (file: string): string => ((statSync(file).mode & 0o111) === 0 ? '100644' : '100755');
