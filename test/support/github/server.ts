/**
 * GitHub's REST API on loopback, for tests: `startGitHub()`. What a client sends and what it is answered are held against
 * GitHub's own description; what does not fit fails the test when the server stops. README.md says what is checked.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { loadDescription } from './description.ts';
import { createFaults, type Fault, type FaultRule, type Spoil } from './faults.ts';
import { createLimits, type LimitOptions, type Limits } from './limits.ts';
import { Refusal } from './refusal.ts';
import { commonHeaders, type Request, type Response, refuse, type ServeOptions, serve } from './serve.ts';
import { createState, type State, type StateOptions } from './state.ts';

export interface GitHubOptions extends StateOptions {
  /** In front of every path, such as `/api/v3` of an Enterprise Server. Default none, as at api.github.com. */
  readonly basePath?: string;
  /** No page of a list holds more than this, whatever is asked for; 2 makes short lists long. */
  readonly pageCap?: number;
  readonly limits?: LimitOptions;
}

export interface RecordedRequest {
  readonly method: string;
  /** Below the base URL, decoded as it came. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** Without Authorization. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  /** The name of its token, such as `job-1`; undefined without one. */
  readonly token: string | undefined;
  /** Such as `issues/create-comment`; undefined where the description has none. */
  readonly operation: string | undefined;
  /** What was answered; `dropped` where the connection was. */
  readonly status: number | 'dropped';
  readonly answer: unknown;
}

export interface GitHub {
  /** For `GITHUB_API_URL` and octokit's `baseUrl`. */
  readonly url: string;
  readonly state: State;
  /** All that was asked, in order of arrival. */
  requests(): readonly RecordedRequest[];
  /** Spoils requests to come. */
  fail(rule: FaultRule): Fault;
  /** What the description does not allow, so far; those that were taken with `takeViolations` are gone. */
  violations(): readonly string[];
  takeViolations(): string[];
  /** Throws when there are violations. */
  assertClean(): void;
  /** Ends the server, then `assertClean`. May be called more than once. */
  stop(): Promise<void>;
}

/** Starts a server on a free port of 127.0.0.1, with no repository and no token. */
export async function startGitHub(options: GitHubOptions = {}): Promise<GitHub> {
  const state = createState(options);
  const limits = createLimits(options.now ?? (() => new Date()), options.limits);
  const faults = createFaults();
  const records: RecordedRequest[] = [];
  const violations: string[] = [];
  const timers = new Set<NodeJS.Timeout>();
  const serveOptions: ServeOptions = { state, limits, pageCap: options.pageCap ?? Number.POSITIVE_INFINITY };
  const basePath = options.basePath ?? '';

  const handle = (incoming: IncomingMessage, outgoing: ServerResponse, text: string): void => {
    const request = readRequest(incoming, text, basePath, state);
    const spoil = faults.next(request.method, decode(request.path), request.match?.operation);
    // A rate limit or an outage stands before everything else; with `effect` only the answer is lost.
    const served = !spoil || spoil.effect ? serve(request, serveOptions) : undefined;
    for (const problem of served?.problems ?? []) violations.push(`${request.method} ${decode(request.path)}: ${problem}`);
    const token = served?.token ?? state.tokens.get(/\s(\S+)$/.exec(incoming.headers.authorization ?? '')?.[1] ?? '');
    const response = spoil ? spoilt(spoil, request, limits, token) : served?.response;
    records.push({
      ...{
        method: request.method,
        path: decode(request.path),
        query: Object.fromEntries(request.query),
        headers: shown(request),
        body: parsed(text),
      },
      ...{
        token: token?.name,
        operation: request.match?.operation.id,
        status: response?.status ?? 'dropped',
        answer: response?.body ?? response?.raw,
      },
    });
    if (response) {
      send(outgoing, response, records.length);
      return;
    }
    const holdMs = spoil && 'holdMs' in spoil.how ? spoil.how.holdMs : 0;
    const timer = setTimeout(() => {
      timers.delete(timer);
      drop(incoming.socket);
    }, holdMs);
    timers.add(timer);
  };
  const api = await listen(handle);
  const files = await listen((incoming, outgoing) => sendFile(state, incoming, outgoing));
  state.api = `${addressOf(api)}${basePath}`;
  state.downloads = addressOf(files);
  let ending: Promise<void> | undefined;
  const assertClean = (): void => {
    if (violations.length === 0) return;
    throw new Error(
      `What GitHub's description does not allow (${violations.length}):\n${violations.map((each) => `- ${each}`).join('\n')}`,
    );
  };
  return {
    url: state.api,
    state,
    requests: () => records,
    fail: (rule) => faults.add(rule),
    violations: () => violations,
    takeViolations: () => violations.splice(0),
    assertClean,
    async stop() {
      for (const timer of timers) clearTimeout(timer);
      ending ??= Promise.all([api, files].map(close)).then(() => undefined);
      await ending;
      assertClean();
    },
  };
}

function readRequest(incoming: IncomingMessage, text: string, basePath: string, state: State): Request {
  const url = new URL(incoming.url ?? '/', 'http://127.0.0.1');
  const method = incoming.method ?? 'GET';
  const below = url.pathname.startsWith(`${basePath}/`) ? url.pathname.slice(basePath.length) : `(outside ${basePath})${url.pathname}`;
  const path = below.replace(/^\/repositories\/(\d+)/, (whole, id: string) => {
    const found = [...state.repositories.values()].find((each) => each.id === Number(id));
    return found ? `/repos/${found.fullName}` : whole;
  });
  const headers = Object.fromEntries(
    Object.entries(incoming.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  );
  return { method, path, query: url.searchParams, headers, text, match: findOperation(method, path) };
}

/** A path with broken percent signs is of no operation. */
function findOperation(method: string, path: string): Request['match'] {
  try {
    return loadDescription().match(method, path);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

function spoilt(spoil: Spoil, request: Request, limits: Limits, token: Parameters<Limits['headers']>[0]): Response | undefined {
  if (!(spoil.how instanceof Refusal)) return undefined;
  const response = refuse(spoil.how, request.match);
  return { ...response, headers: { ...commonHeaders(request, limits, token, spoil.limit === 'primary'), ...response.headers } };
}

function send(outgoing: ServerResponse, response: Response, count: number): void {
  const headers = { 'content-type': 'application/json; charset=utf-8', 'x-github-request-id': `TEST:${count}`, ...response.headers };
  const text = response.raw ?? (response.body === undefined ? '' : JSON.stringify(response.body));
  outgoing.writeHead(response.status, text === '' ? { ...headers, 'content-length': '0' } : headers).end(text);
}

/** The store of artifacts: a signed URL needs no token, and refuses one as the real store does. */
function sendFile(state: State, incoming: IncomingMessage, outgoing: ServerResponse): void {
  const found = state.findDownload(incoming.url ?? '');
  if (incoming.headers.authorization !== undefined) outgoing.writeHead(400).end('InvalidAuthenticationInfo');
  else if (!found) outgoing.writeHead(404).end('BlobNotFound');
  else outgoing.writeHead(200, { 'content-type': 'application/zip' }).end(found.zip);
}

function shown({ headers }: Request): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (name === 'authorization' || value === undefined ? [] : [[name, value]])),
  );
}

function parsed(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return text;
  }
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function listen(handle: (incoming: IncomingMessage, outgoing: ServerResponse, text: string) => void): Promise<Server> {
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('error', () => outgoing.destroy());
    incoming.on('end', () => handle(incoming, outgoing, Buffer.concat(chunks).toString()));
  });
  return new Promise((settle, refuseIt) => {
    server.once('error', refuseIt);
    server.listen(0, '127.0.0.1', () => settle(server));
  });
}

const addressOf = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

function close(server: Server): Promise<void> {
  return new Promise((settle) => {
    server.close(() => settle());
    server.closeAllConnections();
  });
}

const drop = (socket: Socket): void => void socket.resetAndDestroy();
