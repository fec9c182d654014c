/** Repositories, users, collaborators, files, refs, commits and comparisons. */
import { roleOf } from './access.ts';
import { pullsOfCommit } from './conversations.ts';
import { ancestors, commitsBetween, compareTrees, mergeBase } from './history.ts';
import { type Repository, ROLES } from './model.ts';
import { notFound, Refusal } from './refusal.ts';
import { renderPull } from './render-conversation.ts';
import {
  pageUrl,
  renderAccount,
  renderCommit,
  renderFile,
  renderFullRepository,
  renderRef,
  renderUser,
  renderWholeCommit,
  repositoryUrl,
} from './render-repository.ts';
import { type Answer, type Call, callerOf, created, type Route, reads, stringIn, writes } from './route.ts';
import type { Json } from './schema.ts';

/** Files shown of one commit or comparison. */
const MOST_FILES = 300;

const noCommit = (ref: string): Refusal => new Refusal(422, `No commit found for SHA: ${ref}`);

function findRef({ repository, params }: Call): { ref: string; sha: string } {
  const ref = `refs/${params['ref'] ?? ''}`;
  const sha = repository.refs.get(ref);
  if (sha === undefined) throw notFound();
  return { ref, sha };
}

function createRef(call: Call): Answer {
  const { state, repository, body } = call;
  const [ref, sha] = [stringIn(body, 'ref') ?? '', stringIn(body, 'sha') ?? ''];
  if (!/^refs\/[^/]+\/.+/.test(ref)) throw new Refusal(422, "Reference name must start with 'refs/' and have at least two slashes.");
  if (repository.refs.has(ref)) throw new Refusal(422, 'Reference already exists');
  if (!state.hasCommit(sha)) throw new Refusal(422, 'Object does not exist');
  state.moveRef(repository.fullName, ref, sha);
  const answer = renderRef(state, repository, ref, sha);
  return created(answer, answer['url']);
}

function updateRef(call: Call): Answer {
  const { state, repository, body, params } = call;
  const ref = `refs/${params['ref'] ?? ''}`;
  const before = repository.refs.get(ref);
  const sha = stringIn(body, 'sha') ?? '';
  if (before === undefined) throw new Refusal(422, 'Reference does not exist');
  if (!state.hasCommit(sha)) throw new Refusal(422, 'Object does not exist');
  const forward = ancestors(sha, state.findCommit).some((commit) => commit.sha === before);
  if (!forward && body['force'] !== true) throw new Refusal(422, 'Update is not a fast forward');
  state.moveRef(repository.fullName, ref, sha);
  return { body: renderRef(state, repository, ref, sha) };
}

function deleteRef(call: Call): Answer {
  const { state, repository, params } = call;
  const ref = `refs/${params['ref'] ?? ''}`;
  if (!repository.refs.has(ref)) throw new Refusal(422, 'Reference does not exist');
  // A pull request whose branch goes is closed.
  for (const base of state.repositories.values())
    for (const issue of base.issues.values())
      if (issue.state === 'open' && issue.pull?.head.repository === repository.fullName && `refs/heads/${issue.pull.head.ref}` === ref)
        state.setState(base.fullName, issue.number, 'closed', callerOf(call).login);
  state.deleteRef(repository.fullName, ref);
  return { status: 204 };
}

/** `branch`, or `owner:branch` of a fork. */
function resolveSide({ state, repository }: Call, name: string): string {
  const [owner, branch] = name.includes(':') ? name.split(':', 2) : [repository.owner.login, name];
  const other: Repository | undefined =
    owner === repository.owner.login ? repository : state.repositories.get(`${owner}/${repository.name}`);
  const sha = other && branch ? state.resolve(other, branch) : undefined;
  if (sha === undefined) throw notFound();
  return sha;
}

function compare(call: Call): Answer {
  const { state, repository, params, query } = call;
  const [baseName, headName] = (params['basehead'] ?? '').split('...', 2);
  if (!baseName || !headName) throw notFound();
  const [base, head] = [resolveSide(call, baseName), resolveSide(call, headName)];
  const from = mergeBase(base, head, state.findCommit);
  if (!from) throw new Refusal(404, `No common ancestor between ${baseName} and ${headName}.`);
  const ahead = commitsBetween(base, head, state.findCommit);
  const behind = commitsBetween(head, base, state.findCommit);
  const status = ahead.length === 0 ? (behind.length === 0 ? 'identical' : 'behind') : behind.length === 0 ? 'ahead' : 'diverged';
  const page = `${pageUrl(state, repository)}/compare`;
  const whole: Json = {
    ...{ url: `${repositoryUrl(state, repository)}/compare/${baseName}...${headName}`, html_url: `${page}/${baseName}...${headName}` },
    ...{ permalink_url: `${page}/${base.slice(0, 7)}...${head.slice(0, 7)}`, diff_url: `${page}/${baseName}...${headName}.diff` },
    ...{ patch_url: `${page}/${baseName}...${headName}.patch`, base_commit: renderCommit(state, repository, state.findCommit(base)) },
    ...{ merge_base_commit: renderCommit(state, repository, from), status, ahead_by: ahead.length, behind_by: behind.length },
    total_commits: ahead.length,
  };
  const changes = compareTrees(from.tree, state.findCommit(head).tree).slice(0, MOST_FILES);
  const files = changes.map((change) => renderFile(state, repository, head, change));
  // Files come with the first page only.
  const first = Number(query.get('page') ?? 1) === 1;
  const items = ahead.map((commit) => renderCommit(state, repository, commit));
  return { items, wrap: (commits) => ({ ...whole, commits, ...(first ? { files } : {}) }) };
}

function listCommits(call: Call): Answer {
  const { state, repository, query } = call;
  const tip = state.resolve(repository, query.get('sha') ?? repository.defaultBranch);
  if (tip === undefined) throw notFound();
  const path = query.get('path');
  const touches = (sha: string): boolean => {
    const commit = state.findCommit(sha);
    const [parent] = commit.parents;
    return (
      path === null ||
      compareTrees(parent ? state.findCommit(parent).tree : new Map(), commit.tree).some((change) =>
        `${change.path}/`.startsWith(`${path}/`),
      )
    );
  };
  return {
    items: ancestors(tip, state.findCommit)
      .filter((each) => touches(each.sha))
      .map((each) => renderCommit(state, repository, each)),
  };
}

/** Names of old, by role: maintain counts as write and triage as read; `role_name` tells them apart. */
const PERMISSION_NAMES = { admin: 'admin', maintain: 'write', write: 'write', triage: 'read', read: 'read' } as const;

function collaborator({ state, repository, params }: Call): Answer {
  const user = state.users.get(params['username'] ?? '');
  if (!user) throw notFound();
  const role = roleOf(repository, user.login);
  const rank = role === undefined ? -1 : ROLES.indexOf(role);
  const at = (least: (typeof ROLES)[number]): boolean => rank >= ROLES.indexOf(least);
  const permissions = { pull: at('read'), triage: at('triage'), push: at('write'), maintain: at('maintain'), admin: at('admin') };
  const roleName = role ?? '';
  return {
    body: {
      permission: role === undefined ? 'none' : PERMISSION_NAMES[role],
      role_name: roleName,
      user: { ...renderUser(state, user), permissions, role_name: roleName },
    },
  };
}

function getUser({ state }: Call, login: string): Answer {
  const user = state.users.get(login);
  if (!user) throw notFound();
  return { body: renderAccount(state, user) };
}

export const REPOSITORY_ROUTES: Readonly<Record<string, Route>> = {
  'users/get-authenticated': {
    handle(call) {
      if (!call.token) throw new Refusal(401, 'Requires authentication');
      return getUser(call, call.token.user.login);
    },
  },
  'users/get-by-username': { handle: (call) => getUser(call, call.params['username'] ?? '') },
  'repos/get': { needs: reads(), handle: ({ state, repository }) => ({ body: renderFullRepository(state, repository) }) },
  'repos/get-collaborator-permission-level': { needs: reads(), handle: collaborator },
  'repos/get-branch': {
    needs: reads('contents'),
    handle(call) {
      const { state, repository, params } = call;
      const name = params['branch'] ?? '';
      const sha = repository.refs.get(`refs/heads/${name}`);
      if (sha === undefined) throw new Refusal(404, 'Branch not found');
      const self = `${repositoryUrl(state, repository)}/branches/${name}`;
      const commit = renderCommit(state, repository, state.findCommit(sha));
      const links = { self, html: `${pageUrl(state, repository)}/tree/${name}` };
      return {
        body: { name, commit, _links: links, protected: false, protection: { enabled: false }, protection_url: `${self}/protection` },
      };
    },
  },
  'git/get-ref': {
    needs: reads('contents'),
    handle: (call) => ({ body: renderRef(call.state, call.repository, findRef(call).ref, findRef(call).sha) }),
  },
  'git/create-ref': { needs: writes('write', 'contents'), handle: createRef },
  'git/update-ref': { needs: writes('write', 'contents'), handle: updateRef },
  'git/delete-ref': { needs: writes('write', 'contents'), handle: deleteRef },
  'repos/get-commit': {
    needs: reads('contents'),
    handle({ state, repository, params, accept }) {
      const ref = params['ref'] ?? '';
      const sha = state.resolve(repository, ref);
      if (sha === undefined) throw noCommit(ref);
      if (/^application\/vnd\.github(\.v3)?\.sha$/.test(accept)) return { raw: { type: 'application/vnd.github.sha', data: sha } };
      return { body: renderWholeCommit(state, repository, state.findCommit(sha), MOST_FILES) };
    },
  },
  'repos/list-commits': { needs: reads('contents'), handle: listCommits },
  'repos/compare-commits-with-basehead': { needs: reads('contents'), handle: compare },
  'repos/list-pull-requests-associated-with-commit': {
    needs: reads('pull_requests'),
    handle({ state, repository, params }) {
      const sha = state.resolve(repository, params['commit_sha'] ?? '');
      if (sha === undefined) throw noCommit(params['commit_sha'] ?? '');
      return { items: pullsOfCommit(state, state, repository, sha).map(({ base, issue }) => renderPull(state, base, issue)) };
    },
  },
};
