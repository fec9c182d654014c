/** Where the state is kept, and its verbs on users, repositories, commits and tokens. */
import { randomBytes } from 'node:crypto';
import { commitSha, treeSha } from './history.ts';
import type { Artifact, Commit, Grants, Repository, Role, Token, Tree, User } from './model.ts';

/** The author of everything that a workflow's own token writes. */
export const ACTIONS_BOT: User = { id: 41_898_282, login: 'github-actions[bot]', type: 'Bot' };
/** The account of GitHub itself, committer of what is made on the site. */
export const WEB_FLOW: User = { id: 19_864_447, login: 'web-flow', type: 'User' };

export interface RepositorySeed {
  readonly private?: boolean;
  /** Default `main`. */
  readonly defaultBranch?: string;
  /** What the first commit holds. Default one README.md. */
  readonly files?: Readonly<Record<string, string>>;
}

export interface CommitSeed {
  /** Path to new text, or to null where the file goes. */
  readonly files: Readonly<Record<string, string | null>>;
  readonly message?: string;
  readonly author?: string;
  /** Where a branch that is not there yet starts; the default branch when left out. */
  readonly from?: string;
}

/** `permissions:` of a job as a workflow writes it, with `-`. */
export type JobPermissions = Readonly<
  Partial<Record<'actions' | 'checks' | 'contents' | 'deployments' | 'issues' | 'pull-requests' | 'statuses', 'read' | 'write'>>
>;

export interface Store {
  /** Base URL of the API, without `/` at its end. */
  api: string;
  /** Base URL of signed downloads: another origin, as at GitHub. */
  downloads: string;
  /** Base URL of pages. */
  readonly site: string;
  readonly users: ReadonlyMap<string, User>;
  readonly repositories: ReadonlyMap<string, Repository>;
  readonly tokens: ReadonlyMap<string, Token>;
  /** ISO 8601 with whole seconds, as in every answer. */
  now(): string;
  nextId(): number;
  /** The user of that login, made when there is none. */
  user(login: string, type?: User['type']): User;
  repository(fullName: string): Repository;
  addRepository(fullName: string, seed?: RepositorySeed): Repository;
  /** A fork under another owner, with the branches of its parent. */
  fork(parent: string, owner: string): Repository;
  setRole(repository: string, login: string, role: Role): void;
  /** Commits to a branch and moves it. */
  commit(repository: string, branch: string, seed: CommitSeed): Commit;
  addCommit(commit: Omit<Commit, 'sha' | 'date'>): Commit;
  /** A tree that no commit has yet; its name. */
  addTree(tree: Tree): string;
  findTree(sha: string): Tree | undefined;
  findCommit(sha: string): Commit;
  hasCommit(sha: string): boolean;
  moveRef(repository: string, ref: string, sha: string): void;
  deleteRef(repository: string, ref: string): void;
  /** Called after a ref has moved. */
  onMove(listener: (repository: Repository, ref: string) => void): void;
  /** A token as a workflow's job gets it (GITHUB_TOKEN); permissions that are not named are none. */
  jobToken(repository: string, permissions: JobPermissions): string;
  /** What a job on a pull request from a fork gets: every permission that is asked for becomes `read`. */
  forkToken(repository: string, permissions: JobPermissions): string;
  /** A personal access token, which may do what its user may. */
  userToken(login: string): string;
  /** A URL under which the archive can be had without a token. */
  signDownload(artifact: Artifact): string;
  /** The archive of such a URL's path. */
  findDownload(path: string): Artifact | undefined;
}

export function createStore(clock: () => Date, site: string): Store {
  const users = new Map<string, User>([ACTIONS_BOT, WEB_FLOW].map((user) => [user.login, user]));
  const repositories = new Map<string, Repository>();
  const commits = new Map<string, Commit>();
  const trees = new Map<string, Tree>();
  const tokens = new Map<string, Token>();
  const listeners: ((repository: Repository, ref: string) => void)[] = [];
  const downloads = new Map<string, Artifact>();
  let last = 1_000_000;
  const nextId = (): number => (last += 1);
  const now = (): string =>
    clock()
      .toISOString()
      .replace(/\.\d+Z$/, 'Z');

  const user = (login: string, type: User['type'] = 'User'): User => {
    const found = users.get(login) ?? { id: nextId(), login, type };
    users.set(login, found);
    return found;
  };
  const repository = (fullName: string): Repository => {
    const found = repositories.get(fullName);
    if (!found)
      throw new Error(
        `There is no repository ${fullName}. It has: ${[...repositories.keys()].join(', ') || 'none'}; add it with addRepository.`,
      );
    return found;
  };
  const findCommit = (sha: string): Commit => {
    const found = commits.get(sha);
    if (!found) throw new Error(`There is no commit ${sha}.`);
    return found;
  };
  const addTree = (tree: Tree): string => {
    const sha = treeSha(tree);
    trees.set(sha, tree);
    return sha;
  };
  const addCommit = (draft: Omit<Commit, 'sha' | 'date'>): Commit => {
    const date = now();
    addTree(draft.tree);
    const commit = { ...draft, date, sha: commitSha({ ...draft, date }) };
    commits.set(commit.sha, commit);
    return commit;
  };
  const moveRef = (fullName: string, ref: string, sha: string): void => {
    const found = repository(fullName);
    found.refs.set(ref, findCommit(sha).sha);
    for (const listener of listeners) listener(found, ref);
  };
  const makeRepository = (
    fullName: string,
    details: Pick<Repository, 'private' | 'defaultBranch'> & { readonly parent?: string },
  ): Repository => {
    const [owner = '', name = '', ...rest] = fullName.split('/');
    if (!owner || !name || rest.length > 0) throw new Error(`${fullName} is no repository's name: it is OWNER/NAME.`);
    if (repositories.has(fullName)) throw new Error(`There is a repository ${fullName} already.`);
    const made: Repository = {
      ...details,
      ...{
        id: nextId(),
        owner: user(owner),
        name,
        fullName,
        createdAt: now(),
        roles: new Map<string, Role>([[owner, 'admin']]),
        refs: new Map(),
        actionsMayOpenPulls: false,
      },
      ...{
        issues: new Map(),
        comments: new Map(),
        labels: new Map(),
        checkRuns: new Map(),
        statuses: [],
        workflows: new Map(),
        runs: new Map(),
      },
      ...{ dispatches: [], environments: new Map(), deployments: new Map() },
    };
    repositories.set(fullName, made);
    return made;
  };
  const makeToken = (
    token:
      | { readonly kind: 'user'; readonly user: User }
      | { readonly kind: 'installation'; readonly repository: string; readonly grants: Grants },
  ): string => {
    const value = `${token.kind === 'user' ? 'ghp' : 'ghs'}_${randomBytes(27).toString('base64url').replace(/[-_]/g, 'x')}`;
    const name = `${token.kind === 'user' ? token.user.login : 'job'}-${tokens.size + 1}`;
    tokens.set(value, token.kind === 'user' ? { ...token, name, value } : { ...token, name, value, user: ACTIONS_BOT });
    return value;
  };
  const grantsOf = (permissions: JobPermissions, most: 'read' | 'write'): Grants =>
    Object.fromEntries(Object.entries(permissions).map(([name, level]) => [name.replaceAll('-', '_'), most === 'read' ? 'read' : level]));

  const store: Store = {
    ...{
      api: '',
      downloads: '',
      site,
      users,
      repositories,
      tokens,
      now,
      nextId,
      user,
      repository,
      addCommit,
      findCommit,
      moveRef,
      addTree,
    },
    findTree: (sha) => trees.get(sha),
    addRepository(fullName, seed = {}) {
      const made = makeRepository(fullName, { private: seed.private ?? false, defaultBranch: seed.defaultBranch ?? 'main' });
      const tree = new Map(Object.entries(seed.files ?? { 'README.md': `# ${made.name}\n` }));
      moveRef(fullName, `refs/heads/${made.defaultBranch}`, addCommit({ parents: [], tree, message: 'Begin', author: made.owner }).sha);
      return made;
    },
    fork(parent, owner) {
      const source = repository(parent);
      const made = makeRepository(`${owner}/${source.name}`, { private: source.private, defaultBranch: source.defaultBranch, parent });
      for (const [ref, sha] of source.refs) if (ref.startsWith('refs/heads/')) made.refs.set(ref, sha);
      return made;
    },
    setRole: (fullName, login, role) => void repository(fullName).roles.set(user(login).login, role),
    commit(fullName, branch, seed) {
      const found = repository(fullName);
      const ref = `refs/heads/${branch}`;
      const parent = found.refs.get(ref) ?? found.refs.get(`refs/heads/${seed.from ?? found.defaultBranch}`);
      if (parent === undefined) throw new Error(`${fullName} has no branch ${seed.from ?? found.defaultBranch} to start ${branch} from.`);
      const tree = new Map(findCommit(parent).tree);
      for (const [path, text] of Object.entries(seed.files)) {
        if (text === null) tree.delete(path);
        else tree.set(path, text);
      }
      const author = seed.author === undefined ? found.owner : user(seed.author);
      const commit = addCommit({ parents: [parent], tree, message: seed.message ?? 'Change', author });
      moveRef(fullName, ref, commit.sha);
      return commit;
    },
    hasCommit: (sha) => commits.has(sha),
    deleteRef: (fullName, ref) => void repository(fullName).refs.delete(ref),
    onMove: (listener) => void listeners.push(listener),
    jobToken: (fullName, permissions) =>
      makeToken({ kind: 'installation', repository: repository(fullName).fullName, grants: grantsOf(permissions, 'write') }),
    forkToken: (fullName, permissions) =>
      makeToken({ kind: 'installation', repository: repository(fullName).fullName, grants: grantsOf(permissions, 'read') }),
    userToken: (login) => makeToken({ kind: 'user', user: user(login) }),
    signDownload(artifact) {
      const path = `/${artifact.id}/${randomBytes(12).toString('hex')}.zip`;
      downloads.set(path, artifact);
      return store.downloads + path;
    },
    findDownload: (path) => downloads.get(path),
  };
  return store;
}
