/** Files of a repository, read and written without git. */
import { blobSha } from './history.ts';
import type { Commit } from './model.ts';
import { notFound, Refusal } from './refusal.ts';
import { renderCommit, renderContent, repositoryUrl } from './render-repository.ts';
import { type Answer, type Call, callerOf, created, objectsIn, type Route, reads, stringIn, stringsIn, writes } from './route.ts';
import { isJson, type Json } from './schema.ts';

/** Bytes above which an answer holds no content, unless raw is asked for; above the second, none at all. */
const MOST_INLINE = 1_048_576;
const MOST_RAW = 104_857_600;

const isRaw = (accept: string): boolean => /^application\/vnd\.github(\.v3)?\.raw(\+json)?$/.test(accept);

function getContent(call: Call): Answer {
  const { state, repository, params, query, accept } = call;
  const ref = query.get('ref') ?? repository.defaultBranch;
  const sha = state.resolve(repository, ref);
  if (sha === undefined) throw new Refusal(404, `No commit found for the ref ${ref}`);
  const path = (params['path'] ?? '').replace(/^\/+|\/+$/g, '');
  const { tree } = state.findCommit(sha);
  const text = tree.get(path);
  if (text === undefined) return listFolder(call, ref, path, tree);
  const size = Buffer.byteLength(text);
  const tooLarge = { resource: 'Blob', field: 'data', code: 'too_large' };
  if (size > MOST_RAW) throw new Refusal(403, 'This API returns blobs up to 100 MB in size.', { errors: [tooLarge] });
  if (isRaw(accept)) return { raw: { type: accept, data: text } };
  const inline = size <= MOST_INLINE;
  const content = inline ? wrapped(Buffer.from(text).toString('base64')) : '';
  return { body: { ...renderContent(state, repository, ref, path, text), content, encoding: inline ? 'base64' : 'none' } };
}

/** GitHub breaks base64 into lines of 60. */
const wrapped = (base64: string): string => base64.replace(/.{1,60}/g, '$&\n');

function listFolder({ state, repository }: Call, ref: string, path: string, tree: Commit['tree']): Answer {
  const prefix = path === '' ? '' : `${path}/`;
  const entries = new Map<string, string | undefined>();
  for (const [name, text] of tree) {
    if (!name.startsWith(prefix)) continue;
    const [first = '', ...below] = name.slice(prefix.length).split('/');
    entries.set(prefix + first, below.length === 0 ? text : undefined);
  }
  if (entries.size === 0) throw notFound();
  return {
    body: [...entries].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, text]) => renderContent(state, repository, ref, name, text)),
  };
}

function putContent(call: Call): Answer {
  const { state, repository, params, body } = call;
  const path = params['path'] ?? '';
  const branch = (stringIn(body, 'branch') ?? repository.defaultBranch).replace(/^refs\/heads\//, '');
  const tip = repository.refs.get(`refs/heads/${branch}`);
  if (tip === undefined) throw new Refusal(404, `Branch ${branch} not found`);
  const before = state.findCommit(tip).tree.get(path);
  const said = stringIn(body, 'sha');
  if (before !== undefined && said === undefined) throw new Refusal(422, 'Invalid request.\n\n"sha" wasn\'t supplied.');
  if (said !== undefined && (before === undefined || said !== blobSha(before))) throw new Refusal(409, `${path} does not match ${said}`);
  const encoded = (stringIn(body, 'content') ?? '').replace(/\s/g, '');
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(encoded) || encoded.length % 4 !== 0) throw new Refusal(422, 'content is not valid Base64');
  const text = Buffer.from(encoded, 'base64').toString();
  const seed = { files: { [path]: text }, message: stringIn(body, 'message') ?? '', author: callerOf(call).login };
  const commit = state.commit(repository.fullName, branch, seed);
  const answer = {
    content: renderContent(state, repository, branch, path, text),
    commit: gitPart(renderCommit(state, repository, commit)),
  };
  return before === undefined ? created(answer) : { body: answer };
}

/** A tree from another one and files, or from files alone. Only files, and only by their text. */
function createTree({ state, repository, body }: Call): Answer {
  const base = stringIn(body, 'base_tree');
  const before = base === undefined ? new Map<string, string>() : state.findTree(base);
  if (before === undefined) throw new Refusal(404, 'Not Found');
  const tree = new Map(before);
  for (const entry of objectsIn(body, 'tree')) {
    const [path, text] = [stringIn(entry, 'path') ?? '', stringIn(entry, 'content')];
    if (path === '' || path.startsWith('/') || path.split('/').some((part) => part === '..' || part === ''))
      throw new Refusal(422, 'tree.path contains a malformed path component');
    if (!/^100(644|755)$/.test(stringIn(entry, 'mode') ?? '')) throw new Refusal(422, 'Must supply a valid tree.mode');
    if (text === undefined) throw new Refusal(422, 'Must supply either tree.sha or tree.content');
    tree.set(path, text);
  }
  const sha = state.addTree(tree);
  const url = `${repositoryUrl(state, repository)}/git`;
  const entries = [...tree].map(([path, text]) => ({
    ...{ path, mode: '100644', type: 'blob', sha: blobSha(text), size: Buffer.byteLength(text), url: `${url}/blobs/${blobSha(text)}` },
  }));
  return created({ sha, url: `${url}/trees/${sha}`, tree: entries, truncated: false }, `${url}/trees/${sha}`);
}

/** By whoever asks, unless an author is said, which is not modelled. */
function createCommit(call: Call): Answer {
  const { state, repository, body } = call;
  const tree = state.findTree(stringIn(body, 'tree') ?? '');
  const parents = stringsIn(body, 'parents');
  if (tree === undefined) throw new Refusal(422, 'Tree SHA does not exist');
  if (!parents.every((sha) => state.hasCommit(sha))) throw new Refusal(422, 'Parent SHA does not exist or is not a commit object');
  const commit = state.addCommit({ parents, tree, message: stringIn(body, 'message') ?? '', author: callerOf(call) });
  const answer = gitPart(renderCommit(state, repository, commit));
  return created(answer, answer['url']);
}

/** A commit as this one answer has it: what git stores, with the site's numbers. */
function gitPart(commit: Json): Json {
  const { sha, node_id, html_url, parents, commit: git } = commit;
  const { comment_count: _, ...rest } = isJson(git) ? git : {};
  return { sha, node_id, html_url, parents, ...rest };
}

export const CONTENT_ROUTES: Readonly<Record<string, Route>> = {
  'repos/get-content': { needs: reads('contents'), handle: getContent },
  'git/get-commit': {
    needs: reads('contents'),
    handle({ state, repository, params }) {
      const sha = params['commit_sha'] ?? '';
      if (!state.hasCommit(sha)) throw notFound();
      return { body: gitPart(renderCommit(state, repository, state.findCommit(sha))) };
    },
  },
  'git/create-tree': { needs: writes('write', 'contents'), handle: createTree },
  'git/create-commit': { needs: writes('write', 'contents'), handle: createCommit },
  'repos/create-or-update-file-contents': { needs: writes('write', 'contents'), handle: putContent },
};
