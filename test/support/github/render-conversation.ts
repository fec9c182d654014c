/** Issues, pull requests, comments, labels and reviews as GitHub's answers and payloads show them. */
import { pullOf } from './conversations.ts';
import { commitsBetween, compareTrees, mergeBase } from './history.ts';
import type { Comment, Commit, Issue, LabelEvent, Repository, Review, User } from './model.ts';
import { nodeId, pageUrl, renderActionsApp, renderRepository, renderUser, repositoryUrl } from './render-repository.ts';
import type { Json } from './schema.ts';
import type { State } from './state.ts';
import { ACTIONS_BOT } from './store.ts';

export function renderLabel(state: State, repository: Repository, name: string): Json {
  const label = repository.labels.get(name.toLowerCase());
  if (!label) throw new Error(`${repository.fullName} has no label ${name}.`);
  const url = `${repositoryUrl(state, repository)}/labels/${encodeURIComponent(label.name)}`;
  return {
    id: label.id,
    node_id: nodeId('LA', label.id),
    url,
    name: label.name,
    color: label.color,
    default: false,
    description: label.description,
  };
}

export const renderLabelEvent = (state: State, repository: Repository, { id, event, label, actor, createdAt }: LabelEvent): Json => ({
  ...{ id, node_id: nodeId('LE', id), url: `${repositoryUrl(state, repository)}/issues/events/${id}`, actor: renderUser(state, actor) },
  ...{ event, commit_id: null, commit_url: null, created_at: createdAt, performed_via_github_app: null },
  label: { name: label, color: repository.labels.get(label.toLowerCase())?.color ?? 'ededed' },
});

/** How somebody stands to the repository. */
function association(repository: Repository, user: User): string {
  if (user === repository.owner) return 'OWNER';
  if (repository.roles.has(user.login)) return 'COLLABORATOR';
  const merged = [...repository.issues.values()].some((issue) => issue.user === user && issue.pull?.merged);
  return merged ? 'CONTRIBUTOR' : 'NONE';
}

const app = (state: State, user: User): Json | null => (user.login === ACTIONS_BOT.login ? renderActionsApp(state) : null);

function reactions(url: string): Json {
  const none = Object.fromEntries(['+1', '-1', 'laugh', 'hooray', 'confused', 'heart', 'rocket', 'eyes'].map((name) => [name, 0]));
  return { url: `${url}/reactions`, total_count: 0, ...none };
}

const countComments = (repository: Repository, number: number): number =>
  [...repository.comments.values()].filter((comment) => comment.issue === number).length;

const shared = (state: State, repository: Repository, issue: Issue): Json => ({
  ...{ number: issue.number, state: issue.state, locked: issue.locked, title: issue.title, body: issue.body, active_lock_reason: null },
  ...{ user: renderUser(state, issue.user), labels: issue.labels.map((name) => renderLabel(state, repository, name)), milestone: null },
  ...{
    assignee: issue.assignees[0] ? renderUser(state, issue.assignees[0]) : null,
    assignees: issue.assignees.map((user) => renderUser(state, user)),
  },
  ...{ created_at: issue.createdAt, updated_at: issue.updatedAt, closed_at: issue.closedAt },
  author_association: association(repository, issue.user),
});

export function renderIssue(state: State, repository: Repository, issue: Issue): Json {
  const url = `${repositoryUrl(state, repository)}/issues/${issue.number}`;
  const page = `${pageUrl(state, repository)}/${issue.pull ? 'pull' : 'issues'}/${issue.number}`;
  const pull = issue.pull && {
    pull_request: { ...pullLinks(state, repository, issue.number), merged_at: issue.pull.merged?.at ?? null },
    draft: issue.pull.draft,
  };
  return {
    ...shared(state, repository, issue),
    ...{ id: issue.id, node_id: nodeId('I', issue.id), url, repository_url: repositoryUrl(state, repository), html_url: page },
    ...{
      labels_url: `${url}/labels{/name}`,
      comments_url: `${url}/comments`,
      events_url: `${url}/events`,
      timeline_url: `${url}/timeline`,
    },
    ...{ comments: countComments(repository, issue.number), state_reason: issue.stateReason, reactions: reactions(url) },
    ...{ closed_by: issue.closedBy && renderUser(state, issue.closedBy), performed_via_github_app: app(state, issue.user), ...pull },
  };
}

export function renderComment(state: State, repository: Repository, comment: Comment): Json {
  const url = `${repositoryUrl(state, repository)}/issues/comments/${comment.id}`;
  const side = repository.issues.get(comment.issue)?.pull ? 'pull' : 'issues';
  return {
    ...{ id: comment.id, node_id: nodeId('IC', comment.id), url, body: comment.body, user: renderUser(state, comment.user) },
    ...{ html_url: `${pageUrl(state, repository)}/${side}/${comment.issue}#issuecomment-${comment.id}` },
    ...{
      issue_url: `${repositoryUrl(state, repository)}/issues/${comment.issue}`,
      created_at: comment.createdAt,
      updated_at: comment.updatedAt,
    },
    ...{ author_association: association(repository, comment.user), reactions: reactions(url) },
    performed_via_github_app: app(state, comment.user),
  };
}

function pullLinks(
  state: State,
  repository: Repository,
  number: number,
): { url: string; html_url: string; diff_url: string; patch_url: string } {
  const page = `${pageUrl(state, repository)}/pull/${number}`;
  return {
    url: `${repositoryUrl(state, repository)}/pulls/${number}`,
    html_url: page,
    diff_url: `${page}.diff`,
    patch_url: `${page}.patch`,
  };
}

const renderSide = (state: State, repository: Repository, ref: string, sha: string): Json => ({
  ...{ label: `${repository.owner.login}:${ref}`, ref, sha },
  ...{ user: renderUser(state, repository.owner), repo: renderRepository(state, repository) },
});

/** As in lists. */
export function renderPull(state: State, repository: Repository, issue: Issue): Json {
  const pull = pullOf(issue);
  const { head, base, merge } = state.pullCommits(repository.fullName, issue.number);
  const links = pullLinks(state, repository, issue.number);
  const at = `${repositoryUrl(state, repository)}/issues/${issue.number}`;
  const more = {
    ...{ issue_url: at, comments_url: `${at}/comments`, commits_url: `${links.url}/commits`, review_comments_url: `${links.url}/comments` },
    ...{ review_comment_url: `${repositoryUrl(state, repository)}/pulls/comments{/number}` },
    statuses_url: `${repositoryUrl(state, repository)}/statuses/${head.sha}`,
  };
  const hrefs = {
    self: links.url,
    html: links.html_url,
    issue: at,
    comments: more.comments_url,
    review_comments: more.review_comments_url,
  };
  const hrefsToo = { review_comment: more.review_comment_url, commits: more.commits_url, statuses: more.statuses_url };
  return {
    ...shared(state, repository, issue),
    ...{ ...links, ...more, id: pull.id, node_id: nodeId('PR', pull.id), draft: pull.draft, auto_merge: null },
    ...{ merged_at: pull.merged?.at ?? null, merge_commit_sha: merge?.sha ?? null, requested_reviewers: [], requested_teams: [] },
    head: renderSide(state, state.repository(pull.head.repository), pull.head.ref, head.sha),
    base: renderSide(state, repository, pull.base.ref, base.sha),
    _links: Object.fromEntries(Object.entries({ ...hrefs, ...hrefsToo }).map(([name, href]) => [name, { href }])),
  };
}

/** Commits of a pull request and the files that they change, against where the branches parted. */
export function changesOfPull(state: State, repository: Repository, issue: Issue) {
  const { head, base } = state.pullCommits(repository.fullName, issue.number);
  const from = mergeBase(base.sha, head.sha, state.findCommit);
  const commits: Commit[] = commitsBetween(base.sha, head.sha, state.findCommit);
  return { head, base, commits, files: compareTrees(from?.tree ?? new Map(), head.tree) };
}

/** As asked for by its number. */
export function renderFullPull(state: State, repository: Repository, issue: Issue): Json {
  const pull = pullOf(issue);
  const { commits, files } = changesOfPull(state, repository, issue);
  const { merge } = state.pullCommits(repository.fullName, issue.number);
  const open = issue.state === 'open';
  return {
    ...renderPull(state, repository, issue),
    ...{
      merged: pull.merged !== undefined,
      merged_by: pull.merged ? renderUser(state, pull.merged.by) : null,
      maintainer_can_modify: false,
    },
    ...{ mergeable: open ? merge !== undefined : null, rebaseable: open ? merge !== undefined : null },
    mergeable_state: open ? (merge ? 'clean' : 'dirty') : 'unknown',
    ...{ comments: countComments(repository, issue.number), review_comments: 0, commits: commits.length, changed_files: files.length },
    additions: files.reduce((sum, file) => sum + file.additions, 0),
    deletions: files.reduce((sum, file) => sum + file.deletions, 0),
  };
}

/** As inside runs and checks. */
export function renderMinimalPull(state: State, repository: Repository, issue: Issue): Json {
  const pull = pullOf(issue);
  const { head, base } = state.pullCommits(repository.fullName, issue.number);
  const side = (of: Repository, ref: string, sha: string): Json => ({
    ref,
    sha,
    repo: { id: of.id, url: repositoryUrl(state, of), name: of.name },
  });
  const { url } = pullLinks(state, repository, issue.number);
  const from = side(state.repository(pull.head.repository), pull.head.ref, head.sha);
  return { id: pull.id, number: issue.number, url, head: from, base: side(repository, pull.base.ref, base.sha) };
}

/**
 * Open pull requests whose head is this commit, as runs and checks list them. Those from a fork are not listed: GitHub
 * leaves `pull_requests` empty for them.
 */
export const openPullsAt = (state: State, repository: Repository, sha: string): Issue[] =>
  [...repository.issues.values()].filter(
    ({ number, state: now, pull }) =>
      now === 'open' && pull?.head.repository === repository.fullName && state.pullCommits(repository.fullName, number).head.sha === sha,
  );

export function renderReview(state: State, repository: Repository, issue: Issue, review: Review): Json {
  const { url, html_url: page } = pullLinks(state, repository, issue.number);
  const html = `${page}#pullrequestreview-${review.id}`;
  return {
    ...{ id: review.id, node_id: nodeId('PRR', review.id), user: renderUser(state, review.user), body: review.body, state: review.state },
    ...{ html_url: html, pull_request_url: url, _links: { html: { href: html }, pull_request: { href: url } }, commit_id: review.commit },
    ...(review.state === 'PENDING' ? {} : { submitted_at: review.submittedAt }),
    author_association: association(repository, review.user),
  };
}
