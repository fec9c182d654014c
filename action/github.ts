/**
 * Requests to GitHub. What happens here never decides about AWS: whoever calls catches `GitHubFailure`, says it and goes on. So all of
 * it is bounded, each request and the whole, and a failure names the permission that is missing.
 */

import { Octokit } from '@octokit/rest';
import type { Clock } from '../reconciler/run/port.ts';

export interface GitHub {
  /** `route` as in the REST reference: `POST /repos/{owner}/{repo}/issues/{issue_number}/comments`. Throws `GitHubFailure`. */
  call(route: string, parameters: Readonly<Record<string, unknown>>, options?: CallOptions): Promise<Answer>;
  /** All entries of a list, over all pages. `list` names the field that holds them where the answer is an object. */
  all(route: string, parameters: Readonly<Record<string, unknown>>, list?: string): Promise<readonly Entry[]>;
  /** How many requests were sent. */
  requests(): number;
}

export interface CallOptions {
  /** Not repeated when it may have had its effect: the caller looks first. */
  readonly once?: boolean;
}

export type Entry = { readonly [key: string]: unknown };

export interface Answer {
  readonly status: number;
  readonly data: unknown;
  readonly headers: Readonly<Record<string, unknown>>;
}

export class GitHubFailure extends Error {
  readonly status: number | undefined;
  /** It may have had its effect: no answer came, or one that says nothing about it. */
  readonly uncertain: boolean;
  constructor(message: string, status: number | undefined, uncertain: boolean, cause: unknown) {
    super(message, { cause });
    this.name = 'GitHubFailure';
    this.status = status;
    this.uncertain = uncertain;
  }
}

export interface GitHubOptions {
  readonly token: string;
  readonly apiUrl: string;
  readonly clock: Clock;
  /** Default: Node's own, which honours no proxy. */
  readonly fetch?: typeof fetch;
  /** Time limit of one request (ms). */
  readonly requestMs?: number;
  /** Time limit of all of them together (ms): GitHub may hang, and the job must end. */
  readonly totalMs?: number;
}

const TRIES = 3;
const PAGES = 100;
/** A longer `retry-after` is not waited for: the job costs more than the comment. */
const LONGEST_WAIT_MS = 30_000;

/** Where a permission is missing GitHub answers 403, or 404 as if there were nothing (REST reference, troubleshooting). */
const PERMISSIONS: readonly (readonly [route: RegExp, permission: string])[] = [
  [/\/git\//, 'contents: write'],
  [/^(POST|PATCH) .*\/pulls/, 'pull-requests: write'],
  [/ \/repos\/\{owner\}\/\{repo\}\/check-runs/, 'checks: write'],
  [/^GET .*\/(actions)\//, 'actions: read'],
  [/^GET .*\/(pulls|commits)/, 'pull-requests: read'],
  [/\/issues(\/comments\/\{comment_id\}|\/\{issue_number\}\/comments)$/, 'pull-requests: write'],
  [/\/issues/, 'issues: write'],
];

export const permissionFor = (route: string): string | undefined => PERMISSIONS.find(([pattern]) => pattern.test(route))?.[1];

export function openGitHub(options: GitHubOptions): GitHub {
  const { clock, requestMs = 10_000, totalMs = 60_000 } = options;
  const silent = (): void => undefined;
  const octokit = new Octokit({
    auth: options.token,
    baseUrl: options.apiUrl,
    userAgent: 'albedo',
    ...(options.fetch === undefined ? {} : { request: { fetch: options.fetch } }),
    log: { debug: silent, info: silent, warn: silent, error: silent },
  });
  let sent = 0;
  let spent = 0;

  /** Milliseconds to wait before the next try; undefined when there is none. */
  const pause = (error: unknown, tried: number, once: boolean): number | undefined => {
    const status = statusOf(error);
    const after = retryAfter(error);
    const limited = status === 429 || (status === 403 && after !== undefined);
    if (limited) return after !== undefined && after > LONGEST_WAIT_MS ? undefined : (after ?? 2000 * tried);
    if (once || tried >= TRIES || (status !== undefined && status < 500)) return undefined;
    return 500 * 2 ** tried * (0.5 + clock.random());
  };

  const call: GitHub['call'] = async (route, parameters, { once = false } = {}) => {
    for (let tried = 1; ; tried++) {
      const began = clock.now();
      if (spent >= totalMs)
        throw new GitHubFailure(
          `GitHub took longer than ${totalMs / 1000} s in total; no more requests are sent`,
          undefined,
          false,
          undefined,
        );
      try {
        sent++;
        const answer = await octokit.request(route, {
          ...parameters,
          request: { signal: AbortSignal.timeout(Math.min(requestMs, totalMs - spent)) },
        });
        spent += clock.now() - began;
        return { status: answer.status, data: answer.data, headers: answer.headers as Answer['headers'] };
      } catch (error) {
        spent += clock.now() - began;
        const wait = tried >= TRIES ? undefined : pause(error, tried, once);
        if (wait === undefined || spent + wait > totalMs) throw failureOf(route, error);
        spent += wait;
        await clock.sleep(wait);
      }
    }
  };

  return {
    call,
    async all(route, parameters, list) {
      const entries: Entry[] = [];
      for (let page = 1; page <= PAGES; page++) {
        const { data, headers } = await call(route, { ...parameters, per_page: 100, page });
        entries.push(...((list === undefined ? data : (data as Entry)[list]) as Entry[]));
        if (!/\brel="next"/.test(String(headers['link'] ?? ''))) break;
      }
      return entries;
    },
    requests: () => sent,
  };
}

function statusOf(error: unknown): number | undefined {
  // Octokit gives 500 to what never got an answer.
  const { status, response } = error as { status?: unknown; response?: unknown };
  return typeof status === 'number' && response !== undefined ? status : undefined;
}

function retryAfter(error: unknown): number | undefined {
  const headers = (error as { response?: { headers?: Entry } }).response?.headers;
  const seconds = Number(headers?.['retry-after']);
  if (headers?.['retry-after'] !== undefined && Number.isFinite(seconds)) return seconds * 1000;
  // The hourly limit says when it ends, which may be long.
  return headers?.['x-ratelimit-remaining'] === '0' ? Number.POSITIVE_INFINITY : undefined;
}

function failureOf(route: string, error: unknown): GitHubFailure {
  const status = statusOf(error);
  const said = error instanceof Error ? error.message.split('\n', 1)[0]?.slice(0, 300) : String(error);
  const permission = permissionFor(route);
  const limited = status === 429 || (status === 403 && retryAfter(error) !== undefined);
  const what =
    status === undefined
      ? `GitHub did not answer ${route}: ${(error as Error).name === 'TimeoutError' || /abort|timeout/i.test(said ?? '') ? 'the time limit was reached' : said}`
      : limited
        ? `GitHub's rate limit was reached by ${route}`
        : `GitHub answered ${status} to ${route}: ${said}`;
  const hint =
    !limited && (status === 401 ? true : status === 403 || status === 404) && permission !== undefined
      ? status === 401
        ? '; the token is wrong or expired'
        : `; the job needs the permission ${permission}`
      : '';
  return new GitHubFailure(`${what}${hint}`, status, status === undefined || status >= 500, error);
}

/**
 * The login that comments of this token carry. The job's own token is the app of GitHub Actions; other tokens of apps have no
 * "me" in the REST API, only a viewer in GraphQL.
 */
export async function identify(github: GitHub, token: string, jobToken: string): Promise<string> {
  if (token === jobToken) return 'github-actions[bot]';
  if (token.startsWith('ghs_')) {
    const { data } = await github.call('POST /graphql', { query: '{ viewer { login } }' });
    const login = ((data as Entry)['data'] as { viewer?: { login?: unknown } } | undefined)?.viewer?.login;
    if (typeof login === 'string') return login.endsWith('[bot]') ? login : `${login}[bot]`;
    throw new GitHubFailure('GitHub does not show the owner of the token', undefined, false, data);
  }
  const { data } = await github.call('GET /user', {});
  return String((data as Entry)['login']);
}
