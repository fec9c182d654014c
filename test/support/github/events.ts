/**
 * What the runner writes to the file of `GITHUB_EVENT_PATH`, made of the state as it is. Everything but `schedule` and
 * `pull_request_target`, which are no webhooks, can be held against GitHub's description with `judgeEvent`.
 */
import { issueOf } from './conversations.ts';
import { loadDescription } from './description.ts';
import { commitsBetween, compareTrees, treeSha } from './history.ts';
import type { Commit, Repository } from './model.ts';
import { renderRun, renderWorkflow } from './render-actions.ts';
import { renderFullPull, renderLabel } from './render-conversation.ts';
import { pageUrl, renderRepository, renderSimpleCommit, renderUser } from './render-repository.ts';
import type { Json } from './schema.ts';
import type { State } from './state.ts';
import { ACTIONS_BOT } from './store.ts';

interface Shared {
  readonly repository: string;
  /** Who made it happen; the repository's owner when left out. */
  readonly sender?: string;
}

export interface EventDetails {
  readonly pull_request: Shared & {
    readonly number: number;
    readonly action: 'opened' | 'reopened' | 'ready_for_review' | 'synchronize' | 'labeled' | 'unlabeled' | 'closed';
    /** Of `labeled` and `unlabeled`. */
    readonly label?: string;
    /** Of `synchronize`: where the head was. The first parent of the head when left out. */
    readonly before?: string;
  };
  /** As `pull_request`, for a workflow of the base. */
  readonly pull_request_target: EventDetails['pull_request'];
  /** `before` is the first parent of `after` when left out, and `after` where the ref is. */
  readonly push: Shared & { readonly ref: string; readonly before?: string; readonly after?: string };
  readonly workflow_dispatch: Shared & {
    readonly workflow: string;
    readonly ref?: string;
    readonly inputs?: Readonly<Record<string, string>>;
  };
  readonly workflow_run: Shared & { readonly run: number; readonly action: 'requested' | 'completed' };
  readonly schedule: Shared & { readonly schedule: string; readonly workflow: string };
  /** Puts the pull request into the queue. */
  readonly merge_group: Shared & { readonly number: number };
}

export type EventKind = keyof EventDetails;

const MAKERS: { readonly [Kind in EventKind]: (state: State, repository: Repository, details: EventDetails[Kind]) => Json } = {
  pull_request(state, repository, details) {
    const issue = issueOf(repository, details.number);
    const { head } = state.pullCommits(repository.fullName, details.number);
    const sync = details.action === 'synchronize' ? { before: details.before ?? head.parents[0], after: head.sha } : {};
    const label = details.label === undefined ? {} : { label: renderLabel(state, repository, details.label) };
    return { action: details.action, number: details.number, pull_request: renderFullPull(state, repository, issue), ...sync, ...label };
  },
  pull_request_target: (state, repository, details) => MAKERS.pull_request(state, repository, details),
  push(state, repository, details) {
    const after = details.after ?? repository.refs.get(details.ref);
    if (after === undefined) throw new Error(`${repository.fullName} has no ${details.ref}.`);
    const tip = state.findCommit(after);
    const before = details.before ?? tip.parents[0] ?? NO_COMMIT;
    const commits = before === NO_COMMIT ? [tip] : commitsBetween(before, after, state.findCommit);
    const person = { name: tip.author.login, email: mailOf(tip) };
    return {
      ...{ ref: details.ref, before, after, base_ref: null, created: before === NO_COMMIT, deleted: false, forced: false, pusher: person },
      compare: `${pageUrl(state, repository)}/compare/${before.slice(0, 12)}...${after.slice(0, 12)}`,
      ...{ commits: commits.map((commit) => pushed(state, repository, commit)), head_commit: pushed(state, repository, tip) },
    };
  },
  workflow_dispatch(state, repository, details) {
    const ref = details.ref ?? `refs/heads/${repository.defaultBranch}`;
    state.addWorkflow(repository.fullName, details.workflow);
    return { inputs: details.inputs ?? null, ref, workflow: details.workflow };
  },
  workflow_run(state, repository, details) {
    const run = repository.runs.get(details.run);
    if (!run) throw new Error(`${repository.fullName} has no run ${details.run}.`);
    const workflow = renderWorkflow(state, repository, run.workflow);
    return { action: details.action, workflow, workflow_run: renderRun(state, repository, run) };
  },
  schedule: (_state, _repository, details) => ({ schedule: details.schedule, workflow: details.workflow }),
  merge_group(state, repository, details) {
    const { ref, baseRef, base, head } = state.enqueue(repository.fullName, details.number);
    const group = { head_sha: head.sha, head_ref: ref, base_sha: base.sha, base_ref: baseRef, head_commit: renderSimpleCommit(head) };
    return { action: 'checks_requested', merge_group: group };
  },
};

/** What git and GitHub write for a ref that was not there. */
const NO_COMMIT = '0'.repeat(40);

const mailOf = (commit: Commit): string => `${commit.author.id}+${commit.author.login}@users.noreply.github.com`;

function pushed(state: State, repository: Repository, commit: Commit): Json {
  const [parent] = commit.parents;
  const changes = compareTrees(parent === undefined ? new Map() : state.findCommit(parent).tree, commit.tree);
  // A payload of a push knows no new names: what moved was removed and added.
  const added = changes.filter(({ status }) => status === 'added' || status === 'renamed').map(({ path }) => path);
  const removed = changes.flatMap(({ status, path, previous }) =>
    status === 'removed' ? [path] : previous === undefined ? [] : [previous],
  );
  const modified = changes.filter(({ status }) => status === 'modified').map(({ path }) => path);
  const person = { name: commit.author.login, email: mailOf(commit), username: commit.author.login };
  return {
    ...{ id: commit.sha, tree_id: treeSha(commit.tree), distinct: true, message: commit.message, timestamp: commit.date },
    ...{ url: `${pageUrl(state, repository)}/commit/${commit.sha}`, author: person, committer: person, added, removed, modified },
  };
}

/** The payload of an event, as of now. */
export function eventPayload<Kind extends EventKind>(kind: Kind, state: State, details: EventDetails[Kind]): Json {
  const repository = state.repository(details.repository);
  const sender = details.sender ?? (kind === 'schedule' ? ACTIONS_BOT.login : repository.owner.login);
  const own = MAKERS[kind](state, repository, details);
  return { ...own, repository: renderRepository(state, repository), sender: renderUser(state, state.user(sender)) };
}

/** What of a payload GitHub's description of its webhooks does not allow. */
export function judgeEvent(kind: Exclude<EventKind, 'schedule' | 'pull_request_target'>, payload: Json): string[] {
  const action = typeof payload['action'] === 'string' ? `-${payload['action']}` : '';
  return loadDescription().judgeWebhook(`${kind}${action}`.replaceAll('_', '-'), payload);
}
