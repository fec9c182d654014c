/** The state's verbs on issues, pull requests, comments, labels and reviews. Requests go through them too. */
import { ancestors, commitsBetween, mergeBase, mergeTrees } from './history.ts';
import type { Comment, Commit, Issue, Label, Pull, Repository, Review, User } from './model.ts';
import { invalid } from './refusal.ts';
import type { Store } from './store.ts';

export interface IssueSeed {
  readonly title: string;
  readonly body?: string | null;
  readonly user?: string;
  readonly labels?: readonly string[];
}

export interface PullSeed extends IssueSeed {
  /** A branch, or `owner:branch` of a fork. */
  readonly head: string;
  /** The default branch when left out. */
  readonly base?: string;
  readonly draft?: boolean;
}

export interface Conversations {
  openIssue(repository: string, seed: IssueSeed): Issue;
  openPull(repository: string, seed: PullSeed): Issue;
  /** A commit where the head of the pull request is, where its base was, and the trial merge of both, if there is one. */
  pullCommits(repository: string, number: number): { readonly head: Commit; readonly base: Commit; readonly merge: Commit | undefined };
  /** Merges as the button on the page does, and closes. */
  merge(repository: string, number: number, by: string, method?: 'merge' | 'squash'): Commit;
  /** Puts a pull request into the merge queue: a branch of the queue with the merge of it into the base as it is now. */
  enqueue(
    repository: string,
    number: number,
  ): { readonly ref: string; readonly baseRef: string; readonly base: Commit; readonly head: Commit };
  setState(repository: string, number: number, state: Issue['state'], by: string, reason?: Issue['stateReason']): void;
  comment(repository: string, number: number, user: string, body: string): Comment;
  /** Labels that the repository has not are made, as GitHub does. */
  /** By the owner of the repository when nobody is named. */
  addLabels(repository: string, number: number, names: readonly string[], by?: string): void;
  removeLabel(repository: string, number: number, name: string, by?: string): void;
  /** Takes it off every issue too. */
  deleteLabel(repository: string, name: string): void;
  addLabel(repository: string, name: string, color?: string, description?: string | null): Label;
  review(repository: string, number: number, user: string, state: Review['state'], body?: string): Review;
}

export const pullOf = (issue: Issue): Pull => {
  if (!issue.pull) throw new Error(`#${issue.number} is an issue, not a pull request.`);
  return issue.pull;
};

export function issueOf(repository: Repository, number: number): Issue {
  const found = repository.issues.get(number);
  if (!found) throw new Error(`${repository.fullName} has no #${number}.`);
  return found;
}

export function createConversations(store: Store): Conversations {
  const label = (repository: Repository, name: string, color = 'ededed', description: string | null = null): Label => {
    const found = repository.labels.get(name.toLowerCase()) ?? { id: store.nextId(), name, color, description };
    repository.labels.set(name.toLowerCase(), found);
    return found;
  };
  const open = (repository: Repository, seed: IssueSeed, pull?: Pull): Issue => {
    const at = store.now();
    const issue: Issue = {
      ...{ id: store.nextId(), number: repository.issues.size + 1, user: store.user(seed.user ?? repository.owner.login) },
      ...{ title: seed.title, body: seed.body ?? null, state: 'open', stateReason: null, assignees: [], locked: false },
      labels: (seed.labels ?? []).map((name) => label(repository, name).name),
      labelEvents: [],
      ...{ createdAt: at, updatedAt: at, closedAt: null, closedBy: null },
      ...(pull ? { pull } : {}),
    };
    repository.issues.set(issue.number, issue);
    return issue;
  };
  const headOf = (pull: Pull): string => {
    const sha = pull.closedHead ?? store.repository(pull.head.repository).refs.get(`refs/heads/${pull.head.ref}`);
    if (sha === undefined) throw new Error(`${pull.head.repository} has no branch ${pull.head.ref}.`);
    return sha;
  };
  const trials = new Map<string, Commit | undefined>();
  /** The merge of both, made once for each pair, as refs/pull/N/merge is. */
  const trialMerge = (base: string, head: string, message: string, author: User): Commit | undefined => {
    const key = `${base} ${head}`;
    if (!trials.has(key)) {
      const from = mergeBase(base, head, store.findCommit)?.tree ?? new Map<string, string>();
      const tree = mergeTrees(from, store.findCommit(base).tree, store.findCommit(head).tree);
      trials.set(key, tree && store.addCommit({ parents: [base, head], tree, message, author }));
    }
    return trials.get(key);
  };
  const pullCommits: Conversations['pullCommits'] = (fullName, number) => {
    const issue = issueOf(store.repository(fullName), number);
    const pull = pullOf(issue);
    const head = headOf(pull);
    const merged = pull.merged?.sha;
    const merge = merged ? store.findCommit(merged) : trialMerge(pull.baseSha, head, `Merge ${head} into ${pull.baseSha}`, issue.user);
    return { head: store.findCommit(head), base: store.findCommit(pull.baseSha), merge };
  };
  const setState: Conversations['setState'] = (fullName, number, state, by, reason) => {
    const issue = issueOf(store.repository(fullName), number);
    if (issue.state === state) return;
    const closed = state === 'closed';
    if (issue.pull) {
      if (closed) issue.pull.closedHead = headOf(issue.pull);
      else if (issue.pull.merged)
        throw invalid({
          resource: 'PullRequest',
          field: 'state',
          code: 'invalid',
          message: 'state cannot be changed. The pull request is merged.',
        });
      else delete issue.pull.closedHead;
    }
    issue.state = state;
    issue.stateReason = reason ?? (issue.pull ? null : closed ? 'completed' : 'reopened');
    issue.closedAt = closed ? store.now() : null;
    issue.closedBy = closed ? store.user(by) : null;
    issue.updatedAt = store.now();
  };
  // GitHub notes the base anew when the head moves, and only then.
  store.onMove((moved, ref) => {
    for (const repository of store.repositories.values())
      for (const issue of repository.issues.values()) {
        const { pull } = issue;
        if (!pull || issue.state === 'closed' || pull.head.repository !== moved.fullName || `refs/heads/${pull.head.ref}` !== ref) continue;
        pull.baseSha = repository.refs.get(`refs/heads/${pull.base.ref}`) ?? pull.baseSha;
        issue.updatedAt = store.now();
      }
  });
  const note = (issue: Issue, event: 'labeled' | 'unlabeled', name: string, by: string): void =>
    void issue.labelEvents.push({ id: store.nextId(), event, label: name, actor: store.user(by), createdAt: store.now() });
  /** The merge of a pull request into its base as that is now, which is on no branch yet. */
  const mergeIntoTip = (fullName: string, issue: Issue, method: 'merge' | 'squash', author: User): Commit => {
    const pull = pullOf(issue);
    const head = headOf(pull);
    const tip = store.repository(fullName).refs.get(`refs/heads/${pull.base.ref}`) ?? pull.baseSha;
    const from = mergeBase(tip, head, store.findCommit);
    const tree = mergeTrees(from?.tree ?? new Map(), store.findCommit(tip).tree, store.findCommit(head).tree);
    if (!tree) throw new Error(`#${issue.number} does not merge into ${pull.base.ref}: both changed a file.`);
    const merge = method === 'merge';
    const message = merge
      ? `Merge pull request #${issue.number} from ${pull.head.repository}/${pull.head.ref}`
      : `${issue.title} (#${issue.number})`;
    return store.addCommit({ parents: merge ? [tip, head] : [tip], tree, message, author });
  };
  return {
    pullCommits,
    setState,
    openIssue: (fullName, seed) => open(store.repository(fullName), seed),
    openPull(fullName, seed) {
      const repository = store.repository(fullName);
      const [owner, branch] = seed.head.includes(':') ? (seed.head.split(':', 2) as [string, string]) : [repository.owner.login, seed.head];
      const from = owner === repository.owner.login ? repository : store.repositories.get(`${owner}/${repository.name}`);
      const head = from?.refs.get(`refs/heads/${branch}`);
      if (!from || head === undefined) throw invalid({ resource: 'PullRequest', field: 'head', code: 'invalid' });
      const ref = seed.base ?? repository.defaultBranch;
      const base = repository.refs.get(`refs/heads/${ref}`);
      if (base === undefined) throw invalid({ resource: 'PullRequest', field: 'base', code: 'invalid' });
      const custom = (message: string) => invalid({ resource: 'PullRequest', field: 'base', code: 'custom', message });
      if (commitsBetween(base, head, store.findCommit).length === 0) throw custom(`No commits between ${ref} and ${branch}`);
      const duplicate = [...repository.issues.values()].find(
        ({ state, pull }) =>
          state === 'open' && pull?.head.repository === from.fullName && pull.head.ref === branch && pull.base.ref === ref,
      );
      if (duplicate) throw custom(`A pull request already exists for ${owner}:${branch}.`);
      const draft = seed.draft ?? false;
      return open(repository, seed, {
        id: store.nextId(),
        head: { repository: from.fullName, ref: branch },
        base: { ref },
        baseSha: base,
        draft,
        reviews: [],
      });
    },
    merge(fullName, number, by, method = 'merge') {
      const issue = issueOf(store.repository(fullName), number);
      const pull = pullOf(issue);
      const commit = mergeIntoTip(fullName, issue, method, method === 'merge' ? store.user(by) : issue.user);
      setState(fullName, number, 'closed', by);
      pull.merged = { at: store.now(), by: store.user(by), sha: commit.sha };
      store.moveRef(fullName, `refs/heads/${pull.base.ref}`, commit.sha);
      return commit;
    },
    enqueue(fullName, number) {
      const issue = issueOf(store.repository(fullName), number);
      const { base } = pullOf(issue);
      const head = mergeIntoTip(fullName, issue, 'merge', issue.user);
      const [from = ''] = head.parents;
      const ref = `refs/heads/gh-readonly-queue/${base.ref}/pr-${number}-${from}`;
      store.moveRef(fullName, ref, head.sha);
      return { ref, baseRef: `refs/heads/${base.ref}`, base: store.findCommit(from), head };
    },
    comment(fullName, number, user, body) {
      const repository = store.repository(fullName);
      const at = store.now();
      const comment: Comment = {
        id: store.nextId(),
        issue: issueOf(repository, number).number,
        user: store.user(user),
        body,
        createdAt: at,
        updatedAt: at,
      };
      repository.comments.set(comment.id, comment);
      return comment;
    },
    addLabel: (fullName, name, color, description) => label(store.repository(fullName), name, color, description),
    addLabels(fullName, number, names, by) {
      const repository = store.repository(fullName);
      const issue = issueOf(repository, number);
      for (const name of names.map((each) => label(repository, each).name)) {
        if (issue.labels.includes(name)) continue;
        issue.labels.push(name);
        note(issue, 'labeled', name, by ?? repository.owner.login);
      }
    },
    removeLabel(fullName, number, name, by) {
      const repository = store.repository(fullName);
      const issue = issueOf(repository, number);
      const gone = issue.labels.filter((each) => each.toLowerCase() === name.toLowerCase());
      issue.labels = issue.labels.filter((each) => !gone.includes(each));
      for (const each of gone) note(issue, 'unlabeled', each, by ?? repository.owner.login);
    },
    deleteLabel(fullName, name) {
      const repository = store.repository(fullName);
      repository.labels.delete(name.toLowerCase());
      for (const issue of repository.issues.values())
        issue.labels = issue.labels.filter((each) => each.toLowerCase() !== name.toLowerCase());
    },
    review(fullName, number, user, state, body = '') {
      const pull = pullOf(issueOf(store.repository(fullName), number));
      const review: Review = { id: store.nextId(), user: store.user(user), body, state, commit: headOf(pull), submittedAt: store.now() };
      pull.reviews.push(review);
      return review;
    },
  };
}

/**
 * Pull requests that brought a commit in, or would: GitHub's way from a merged commit, squashed or not, to its review. While a
 * pull request from a fork is open its commits lead to it only from the fork: asked of the base, GitHub answers none.
 */
export function pullsOfCommit(
  store: Store,
  conversations: Conversations,
  asked: Repository,
  sha: string,
): { base: Repository; issue: Issue }[] {
  const tip = asked.refs.get(`refs/heads/${asked.defaultBranch}`);
  const onDefault = tip !== undefined && ancestors(tip, store.findCommit).some((commit) => commit.sha === sha);
  const brings = (base: Repository, issue: Issue): boolean => {
    const { pull, number } = issue;
    if (!pull || (onDefault && !pull.merged)) return false;
    if (base === asked && pull.merged?.sha === sha) return true;
    if (pull.head.repository !== asked.fullName && !(base === asked && onDefault)) return false;
    const commits = conversations.pullCommits(base.fullName, number);
    return commitsBetween(commits.base.sha, commits.head.sha, store.findCommit).some((commit) => commit.sha === sha);
  };
  return [...store.repositories.values()].flatMap((base) =>
    [...base.issues.values()].filter((issue) => brings(base, issue)).map((issue) => ({ base, issue })),
  );
}
