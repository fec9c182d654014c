/** One request to its answer: judged by the description, let in or not, and done. Knows no sockets. */
import { createHash } from 'node:crypto';
import { acceptedPermissions, checkAccess, readToken } from './access.ts';
import { loadDescription, type Match, onlyUnknown } from './description.ts';
import type { Limits } from './limits.ts';
import type { Permission, Repository, Token } from './model.ts';
import { takePage } from './pages.ts';
import { notFound, Refusal } from './refusal.ts';
import type { Answer, Call, Route } from './route.ts';
import { ACTION_ROUTES } from './routes-actions.ts';
import { CHECK_ROUTES } from './routes-checks.ts';
import { CONTENT_ROUTES } from './routes-contents.ts';
import { ISSUE_ROUTES } from './routes-issues.ts';
import { PULL_ROUTES } from './routes-pulls.ts';
import { REPOSITORY_ROUTES } from './routes-repository.ts';
import { isJson, type Json } from './schema.ts';
import type { State } from './state.ts';

export const ROUTES: Readonly<Record<string, Route>> = {
  ...ISSUE_ROUTES,
  ...PULL_ROUTES,
  ...CHECK_ROUTES,
  ...ACTION_ROUTES,
  ...CONTENT_ROUTES,
  ...REPOSITORY_ROUTES,
};

export interface Request {
  readonly method: string;
  /** Below the base URL, encoded as it came, with `/repositories/ID/…` put as `/repos/OWNER/NAME/…`. */
  readonly path: string;
  /** As it came, for the links of pages. */
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly text: string;
  readonly match: Match | undefined;
}

export interface Response {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON unless `raw`. */
  readonly body?: unknown;
  readonly raw?: string;
}

export interface Served {
  readonly response: Response;
  readonly token: Token | undefined;
  /** What the request or the answer has that the description has not. */
  readonly problems: readonly string[];
}

export interface ServeOptions {
  readonly state: State;
  readonly limits: Limits;
  /** No page holds more. */
  readonly pageCap: number;
}

const VERSION = '2022-11-28';
/** Media types that GitHub answers; the rest is refused with 415. */
const ACCEPTED = /^(\*\/\*|application\/(\*|json|vnd\.github(\.v3)?(\.(raw|text|html|full|object|sha|diff|patch))?(\+json)?))$/;

export function serve(request: Request, options: ServeOptions): Served {
  const problems: string[] = [];
  let token: Token | undefined;
  const { state, limits } = options;
  try {
    token = readToken(state, request.headers['authorization']);
    const response = answer(request, token, options, problems);
    return { response: { ...response, headers: { ...commonHeaders(request, limits, token), ...response.headers } }, token, problems };
  } catch (error) {
    if (!(error instanceof Refusal)) problems.push(`the server itself failed: ${error instanceof Error ? error.stack : String(error)}`);
    const refusal = error instanceof Refusal ? error : new Refusal(500, 'Server Error');
    const response = refuse(refusal, request.match);
    if (request.match && error instanceof Refusal)
      problems.push(...loadDescription().judgeAnswer(request.match.operation, response.status, 'application/json', response.body));
    return { response: { ...response, headers: { ...commonHeaders(request, limits, token), ...response.headers } }, token, problems };
  }
}

/** An error as GitHub writes it. */
export function refuse(refusal: Refusal, match: Match | undefined): Response {
  const { status, message, extra, headers } = refusal;
  const documentation = match?.operation.documentation ?? 'https://docs.github.com/rest';
  return { status, headers, body: { message, documentation_url: documentation, ...extra, status: String(status) } };
}

export function commonHeaders(request: Request, limits: Limits, token: Token | undefined, spent = false): Record<string, string> {
  const need = ROUTES[request.match?.operation.id ?? '']?.needs;
  return {
    ...limits.headers(token, spent),
    ...(need && token?.kind === 'installation' ? { 'x-accepted-github-permissions': acceptedPermissions(need) } : {}),
    ...{ 'x-github-api-version-selected': VERSION, 'x-github-media-type': 'github.v3; format=json', server: 'github.com' },
  };
}

function answer(request: Request, token: Token | undefined, { state, limits, pageCap }: ServeOptions, problems: string[]): Response {
  const { match, method, headers } = request;
  const accept = checkHeaders(headers, request.text, problems);
  if (!match) {
    problems.push('no operation of the description has this method and path');
    throw notFound();
  }
  const { operation, params } = match;
  const description = loadDescription();
  problems.push(...description.judgeQuery(operation, request.query, params));
  if (operation.id === 'rate-limit/get') return { status: 200, headers: {}, body: limits.overview(token) };
  limits.count(token, method !== 'GET');
  const route = ROUTES[operation.id];
  if (!route) {
    problems.push(`this server does not serve ${operation.id}`);
    throw new Refusal(500, `Not served for tests: ${operation.id}`);
  }
  if (!operation.forApps && token?.kind === 'installation') throw new Refusal(403, 'Resource not accessible by integration');
  const repository = findRepository(state, params, operation.path);
  if (route.needs && repository) checkAccess(route.needs, token, repository, counts(repository, params));
  const body = readBody(request, problems);
  const done = route.handle(callOf({ state, token, params, query: request.query, body, accept }, repository));
  const response = finish(done, request, state, repository, pageCap);
  const type = done.raw ? done.raw.type : 'application/json';
  problems.push(...description.judgeAnswer(operation, response.status, type, response.body));
  const tagged = withTag(response, headers['if-none-match'], method);
  if (tagged.status === 304) limits.giveBack(token);
  return tagged;
}

function checkHeaders(headers: Request['headers'], text: string, problems: string[]): string {
  if (!headers['user-agent']) {
    problems.push('a request without User-Agent');
    throw new Refusal(403, 'Request forbidden by administrative rules. Please make sure your request has a User-Agent header');
  }
  const version = headers['x-github-api-version'];
  if (version !== undefined && version !== VERSION) {
    problems.push(`the API version ${version} is not served here`);
    throw new Refusal(400, `The provided version ${version} is not supported`);
  }
  const types = (headers['accept'] ?? '*/*').split(',').map((type) => (type.split(';', 1)[0] ?? '').trim());
  const accept = types.find((type) => ACCEPTED.test(type));
  if (accept === undefined) {
    problems.push(`GitHub answers nothing of what Accept asks for: ${types.join(', ')}`);
    throw new Refusal(415, `Unsupported 'Accept' header: ${types.join(', ')}. Must accept 'application/json'.`);
  }
  if (text !== '' && !/^application\/(json|vnd\.github(\.v3)?\+json)\b/.test(headers['content-type'] ?? ''))
    problems.push('a body that is not sent as application/json');
  return accept;
}

function readBody({ text, match }: Request, problems: string[]): Json {
  let body: unknown;
  try {
    body = text === '' ? undefined : JSON.parse(text);
  } catch {
    problems.push('a body that is not JSON');
    throw new Refusal(400, 'Problems parsing JSON');
  }
  const wrong = match ? loadDescription().judgeBody(match.operation, body) : [];
  problems.push(...wrong);
  if (wrong.length > 0 && !onlyUnknown(wrong)) throw new Refusal(422, `Invalid request.\n\n${wrong.join('\n')}`);
  // A list of labels may come without its object.
  return isJson(body) ? body : Array.isArray(body) ? { labels: body } : {};
}

function findRepository(state: State, params: Readonly<Record<string, string>>, path: string): Repository | undefined {
  if (!path.startsWith('/repos/{owner}/{repo}')) return undefined;
  const wanted = `${params['owner']}/${params['repo']}`.toLowerCase();
  const found = [...state.repositories.values()].find((each) => each.fullName.toLowerCase() === wanted);
  if (!found) throw notFound();
  return found;
}

function callOf(call: Omit<Call, 'repository'>, repository: Repository | undefined): Call {
  return {
    ...call,
    get repository() {
      if (!repository) throw new Error('An operation that is of no repository looked at one.');
      return repository;
    },
  };
}

/** On an issue that is no pull request, permissions on pull requests count for nothing. */
function counts(repository: Repository, params: Readonly<Record<string, string>>): (permission: Permission) => boolean {
  const number = params['issue_number'] ?? repository.comments.get(Number(params['comment_id']))?.issue;
  const issue = number === undefined ? undefined : repository.issues.get(Number(number));
  return (permission) => permission !== 'pull_requests' || !issue || issue.pull !== undefined;
}

function finish(done: Answer, request: Request, state: State, repository: Repository | undefined, pageCap: number): Response {
  const { status = 200, headers = {}, body, items, wrap, raw } = done;
  if (raw) return { status, headers: { ...headers, 'content-type': `${raw.type}; charset=utf-8` }, raw: raw.data };
  if (!items) return { status, headers, ...(body === undefined ? {} : { body }) };
  // GitHub's links name the repository by its number, which survives a new name.
  const url = state.api + (repository ? request.path.replace(/^\/repos\/[^/]+\/[^/]+/, `/repositories/${repository.id}`) : request.path);
  const { page, link } = takePage(items, request.query, url, pageCap);
  return { status, headers: { ...headers, ...(link ? { link } : {}) }, body: wrap ? wrap(page, items.length) : page };
}

function withTag(response: Response, known: string | undefined, method: string): Response {
  if (method !== 'GET' || response.status !== 200) return response;
  const etag = `W/"${createHash('sha256')
    .update(response.raw ?? JSON.stringify(response.body))
    .digest('hex')}"`;
  if (known === etag) return { status: 304, headers: { etag } };
  return { ...response, headers: { ...response.headers, etag } };
}
