/** Users, repositories, commits and refs as GitHub's answers and payloads show them. */
import { blobSha, compareTrees, type FileChange, treeSha } from './history.ts';
import type { Commit, Repository, User } from './model.ts';
import type { Json } from './schema.ts';
import type { State } from './state.ts';
import { ACTIONS_BOT } from './store.ts';

/** GitHub's ids beside the number: opaque to clients. */
export const nodeId = (kind: string, id: number | string): string => `${kind}_${Buffer.from(String(id)).toString('base64url')}`;

const appName = (user: User): string => user.login.replace('[bot]', '');

export function renderUser(state: State, user: User): Json {
  const url = `${state.api}/users/${encodeURIComponent(user.login)}`;
  const page = user.type === 'Bot' ? `${state.site}/apps/${appName(user)}` : `${state.site}/${user.login}`;
  return {
    ...{ login: user.login, id: user.id, node_id: nodeId('U', user.id), type: user.type, site_admin: false, user_view_type: 'public' },
    ...{ avatar_url: `https://avatars.githubusercontent.com/u/${user.id}?v=4`, gravatar_id: '', url, html_url: page },
    ...{
      following_url: `${url}/following{/other_user}`,
      gists_url: `${url}/gists{/gist_id}`,
      starred_url: `${url}/starred{/owner}{/repo}`,
    },
    ...{ events_url: `${url}/events{/privacy}`, organizations_url: `${url}/orgs` },
    ...Object.fromEntries(['followers', 'subscriptions', 'repos', 'received_events'].map((name) => [`${name}_url`, `${url}/${name}`])),
  };
}

export function renderAccount(state: State, user: User): Json {
  const at = '2020-01-01T00:00:00Z';
  const unsaid = Object.fromEntries(['name', 'company', 'location', 'email', 'hireable', 'bio'].map((name) => [name, null]));
  const counts = {
    public_repos: [...state.repositories.values()].filter((each) => each.owner === user).length,
    public_gists: 0,
    followers: 0,
    following: 0,
  };
  return { ...renderUser(state, user), ...unsaid, blog: '', ...counts, created_at: at, updated_at: at };
}

/** Below a repository's URL: the name of the property without `_url`, and what follows the base. */
const LINKS: Readonly<Record<string, string>> = {
  ...{ archive: '/{archive_format}{/ref}', assignees: '/assignees{/user}', blobs: '/git/blobs{/sha}', branches: '/branches{/branch}' },
  ...{
    collaborators: '/collaborators{/collaborator}',
    comments: '/comments{/number}',
    commits: '/commits{/sha}',
    compare: '/compare/{base}...{head}',
  },
  ...{
    contents: '/contents/{+path}',
    contributors: '/contributors',
    deployments: '/deployments',
    downloads: '/downloads',
    events: '/events',
  },
  ...{ forks: '/forks', git_commits: '/git/commits{/sha}', git_refs: '/git/refs{/sha}', git_tags: '/git/tags{/sha}', hooks: '/hooks' },
  ...{
    issue_comment: '/issues/comments{/number}',
    issue_events: '/issues/events{/number}',
    issues: '/issues{/number}',
    keys: '/keys{/key_id}',
  },
  ...{ labels: '/labels{/name}', languages: '/languages', merges: '/merges', milestones: '/milestones{/number}', pulls: '/pulls{/number}' },
  ...{ notifications: '/notifications{?since,all,participating}', releases: '/releases{/id}', stargazers: '/stargazers', tags: '/tags' },
  ...{
    statuses: '/statuses/{sha}',
    subscribers: '/subscribers',
    subscription: '/subscription',
    teams: '/teams',
    trees: '/git/trees{/sha}',
  },
};

export const repositoryUrl = (state: State, repository: Repository): string => `${state.api}/repos/${repository.fullName}`;
export const pageUrl = (state: State, repository: Repository): string => `${state.site}/${repository.fullName}`;

/** What every answer says of a repository; those inside other objects say no more. */
export function renderMinimalRepository(state: State, repository: Repository): Json {
  const url = repositoryUrl(state, repository);
  return {
    ...{
      id: repository.id,
      node_id: nodeId('R', repository.id),
      name: repository.name,
      full_name: repository.fullName,
      private: repository.private,
    },
    ...{
      owner: renderUser(state, repository.owner),
      html_url: pageUrl(state, repository),
      description: null,
      fork: repository.parent !== undefined,
      url,
    },
    ...Object.fromEntries(Object.entries(LINKS).map(([name, rest]) => [`${name}_url`, url + rest])),
  };
}

/** As inside a pull request or a webhook. */
export function renderRepository(state: State, repository: Repository): Json {
  const page = pageUrl(state, repository);
  const open = [...repository.issues.values()].filter((issue) => issue.state === 'open').length;
  const forks = [...state.repositories.values()].filter((each) => each.parent === repository.fullName).length;
  const host = state.site.replace(/^https?:\/\//, '');
  return {
    ...renderMinimalRepository(state, repository),
    ...{
      license: null,
      forks,
      forks_count: forks,
      open_issues: open,
      open_issues_count: open,
      watchers: 0,
      watchers_count: 0,
      stargazers_count: 0,
    },
    ...{
      git_url: `git://${host}/${repository.fullName}.git`,
      ssh_url: `git@${host}:${repository.fullName}.git`,
      clone_url: `${page}.git`,
      svn_url: page,
    },
    ...{
      mirror_url: null,
      homepage: null,
      language: null,
      size: 1,
      default_branch: repository.defaultBranch,
      topics: [],
      is_template: false,
    },
    ...{ has_issues: true, has_projects: true, has_wiki: true, has_pages: false, has_downloads: true, has_discussions: false },
    ...{
      archived: false,
      disabled: false,
      visibility: repository.private ? 'private' : 'public',
      allow_forking: true,
      web_commit_signoff_required: false,
    },
    ...{ created_at: repository.createdAt, updated_at: repository.createdAt, pushed_at: repository.createdAt },
  };
}

export function renderFullRepository(state: State, repository: Repository): Json {
  const above = repository.parent === undefined ? undefined : renderRepository(state, state.repository(repository.parent));
  const whole = { ...renderRepository(state, repository), subscribers_count: 0, network_count: 0 };
  return above ? { ...whole, parent: above, source: above } : whole;
}

const identity = (user: User, date: string): Json => ({
  name: user.login,
  email: `${user.id}+${user.login}@users.noreply.github.com`,
  date,
});

/** The part that git itself stores. */
const renderGitCommit = (state: State, repository: Repository, commit: Commit): Json => ({
  ...{ author: identity(commit.author, commit.date), committer: identity(commit.author, commit.date), message: commit.message },
  tree: { sha: treeSha(commit.tree), url: `${repositoryUrl(state, repository)}/git/trees/${treeSha(commit.tree)}` },
  ...{ url: `${repositoryUrl(state, repository)}/git/commits/${commit.sha}`, comment_count: 0 },
  verification: { verified: false, reason: 'unsigned', signature: null, payload: null, verified_at: null },
});

export function renderCommit(state: State, repository: Repository, commit: Commit): Json {
  const url = `${repositoryUrl(state, repository)}/commits/${commit.sha}`;
  const page = `${pageUrl(state, repository)}/commit`;
  const author = renderUser(state, commit.author);
  const parents = commit.parents.map((sha) => ({
    sha,
    url: `${repositoryUrl(state, repository)}/commits/${sha}`,
    html_url: `${page}/${sha}`,
  }));
  return {
    ...{
      sha: commit.sha,
      node_id: nodeId('C', commit.sha),
      commit: renderGitCommit(state, repository, commit),
      url,
      html_url: `${page}/${commit.sha}`,
    },
    ...{ comments_url: `${url}/comments`, author, committer: author, parents },
  };
}

/** A commit asked for by itself has its files too, against its first parent. */
export function renderWholeCommit(state: State, repository: Repository, commit: Commit, limit: number): Json {
  const [parent] = commit.parents;
  const changes = compareTrees(parent === undefined ? new Map() : state.findCommit(parent).tree, commit.tree);
  const sum = (pick: (change: FileChange) => number): number => changes.reduce((total, change) => total + pick(change), 0);
  const [additions, deletions] = [sum((change) => change.additions), sum((change) => change.deletions)];
  const files = changes.slice(0, limit).map((change) => renderFile(state, repository, commit.sha, change));
  return { ...renderCommit(state, repository, commit), stats: { additions, deletions, total: additions + deletions }, files };
}

export function renderSimpleCommit(commit: Commit): Json {
  const person = { name: commit.author.login, email: `${commit.author.id}+${commit.author.login}@users.noreply.github.com` };
  return {
    id: commit.sha,
    tree_id: treeSha(commit.tree),
    message: commit.message,
    timestamp: commit.date,
    author: person,
    committer: person,
  };
}

/** Without `patch`, which GitHub leaves out of large files as well. */
export function renderFile(state: State, repository: Repository, ref: string, change: FileChange): Json {
  const path = change.path.split('/').map(encodeURIComponent).join('/');
  const page = pageUrl(state, repository);
  return {
    ...{ sha: change.sha, filename: change.path, status: change.status, additions: change.additions, deletions: change.deletions },
    ...{ changes: change.additions + change.deletions, blob_url: `${page}/blob/${ref}/${path}`, raw_url: `${page}/raw/${ref}/${path}` },
    contents_url: `${repositoryUrl(state, repository)}/contents/${path}?ref=${ref}`,
    ...(change.previous === undefined ? {} : { previous_filename: change.previous }),
  };
}

export function renderRef(state: State, repository: Repository, ref: string, sha: string): Json {
  const url = repositoryUrl(state, repository);
  return {
    ref,
    node_id: nodeId('REF', `${repository.id}:${ref}`),
    url: `${url}/git/${ref}`,
    object: { sha, type: 'commit', url: `${url}/git/commits/${sha}` },
  };
}

/** One file as an entry of a directory; `content` is added where the file itself was asked for. */
export function renderContent(state: State, repository: Repository, ref: string, path: string, text: string | undefined): Json {
  const encoded = path.split('/').map(encodeURIComponent).join('/');
  const url = `${repositoryUrl(state, repository)}/contents/${encoded}?ref=${ref}`;
  const directory = text === undefined;
  const sha = blobSha(text ?? path);
  const git = `${repositoryUrl(state, repository)}/git/${directory ? 'trees' : 'blobs'}/${sha}`;
  const html = `${pageUrl(state, repository)}/${directory ? 'tree' : 'blob'}/${ref}/${encoded}`;
  return {
    ...{ name: path.slice(path.lastIndexOf('/') + 1), path, sha, size: Buffer.byteLength(text ?? ''), url, html_url: html, git_url: git },
    download_url: directory ? null : `https://raw.githubusercontent.com/${repository.fullName}/${ref}/${encoded}`,
    ...{ type: directory ? 'dir' : 'file', _links: { self: url, git, html } },
  };
}

/** GitHub Actions, the app that GITHUB_TOKEN belongs to. */
export function renderActionsApp(state: State): Json {
  return {
    ...{ id: 15_368, client_id: 'Iv1.05c79e9ad1f6bdfa', slug: 'github-actions', node_id: nodeId('A', 15_368), name: 'GitHub Actions' },
    ...{ owner: renderUser(state, state.user('github', 'Organization')), description: 'Runs workflows.' },
    ...{ external_url: 'https://help.github.com/en/actions', html_url: `${state.site}/apps/${appName(ACTIONS_BOT)}` },
    ...{ created_at: '2018-07-30T09:30:17Z', updated_at: '2024-04-10T20:33:16Z', permissions: {}, events: [] },
  };
}
