import type { Agent as HttpAgent, IncomingMessage } from 'node:http';
import type { Agent as HttpsAgent } from 'node:https';
import { Readable } from 'node:stream';

type Env = Readonly<Record<string, string | undefined>>;

interface Handler {
  readonly httpAgent?: HttpAgent;
  readonly httpsAgent?: HttpsAgent;
}

/**
 * What an SDK client sends its requests with. The SDK knows none of the proxy variables, and makes an agent of its own that
 * NODE_USE_ENV_PROXY does not reach: where HTTPS_PROXY or HTTP_PROXY says so, it gets agents that do.
 */
export async function handlerFor<T extends object>(env: Env, timeouts: T): Promise<T & Handler> {
  const [secure, plain] = [said(env, 'HTTPS_PROXY'), said(env, 'HTTP_PROXY')];
  if (secure === undefined && plain === undefined) return timeouts;
  const { agentsFor } = await import('./proxy-agents.ts');
  return { ...timeouts, ...agentsFor({ secure, plain }, (host, port) => isDirect(env, host, port)) };
}

/** Redirects that are followed, as fetch does (Fetch standard, HTTP-redirect fetch). */
const REDIRECTS = 20;

/**
 * `fetch` that honours the proxy variables. Node's own honours them only where NODE_USE_ENV_PROXY was set before it started. Without such a
 * variable it is Node's own.
 */
export function fetchFor(env: Env): typeof fetch {
  if (said(env, 'HTTPS_PROXY') === undefined && said(env, 'HTTP_PROXY') === undefined) return fetch;
  const handler = handlerFor(env, {});
  return async (input, init) => {
    const agents = await handler;
    const request = new Request(input, init);
    const body = request.body === null ? undefined : Buffer.from(await request.arrayBuffer());
    return send(request, request.url, body, agents, 0);
  };
}

async function send(request: Request, url: string, body: Buffer | undefined, agents: Handler, followed: number): Promise<Response> {
  const target = new URL(url);
  const isSecure = target.protocol === 'https:';
  const { request: open } = isSecure ? await import('node:https') : await import('node:http');
  const agent = isSecure ? agents.httpsAgent : agents.httpAgent;
  const headers: Record<string, string> = Object.fromEntries(request.headers);
  // Answers are handed on as they come; nothing here unpacks them.
  headers['accept-encoding'] = 'identity';
  // What is meant for one host is not shown to the next (Fetch standard: cross-origin redirects lose Authorization).
  if (target.origin !== new URL(request.url).origin) delete headers['authorization'];
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = open(
      target,
      { method: request.method, headers, signal: request.signal, ...(agent === undefined ? {} : { agent }) },
      resolve,
    );
    sent.on('error', reject).end(body);
  });
  const status = answer.statusCode ?? 0;
  const { location } = answer.headers;
  if (
    location !== undefined &&
    [301, 302, 303, 307, 308].includes(status) &&
    /^(GET|HEAD)$/.test(request.method) &&
    request.redirect === 'follow'
  ) {
    answer.resume();
    if (followed >= REDIRECTS) throw new TypeError(`${request.url} redirects more than ${REDIRECTS} times`);
    return send(request, new URL(location, target).href, body, agents, followed + 1);
  }
  const entries = Object.entries(answer.headers).flatMap(([name, value]) =>
    [value ?? []].flat().map((each): [string, string] => [name, each]),
  );
  const empty = request.method === 'HEAD' || [204, 205, 304].includes(status);
  if (empty) answer.resume();
  const stream = empty ? null : (Readable.toWeb(answer) as ReadableStream<Uint8Array>);
  const response = new Response(stream, { status, statusText: answer.statusMessage ?? '', headers: entries });
  Object.defineProperty(response, 'url', { value: url });
  return response;
}

/** In lower case, too, as curl reads them. */
function said(env: Env, name: string): string | undefined {
  const value = env[name] ?? env[name.toLowerCase()];
  return value === undefined || value === '' ? undefined : value.includes('://') ? value : `http://${value}`;
}

/** This machine is never asked through a proxy; other hosts are not where NO_PROXY names them, their domain or everything (`*`). */
export function isDirect(env: Env, host: string, port: string): boolean {
  const name = host.toLowerCase().replace(/^\[|\]$/g, '');
  if (name === 'localhost' || name === '::1' || /^127\.\d+\.\d+\.\d+$/.test(name)) return true;
  const list = (env['NO_PROXY'] ?? env['no_proxy'] ?? '').toLowerCase().split(/[\s,]+/);
  return list.some((entry) => {
    const [, pattern = '', only] = /^\*?(.+?)(?::(\d+))?$/.exec(entry) ?? [];
    if (entry === '*') return true;
    if (pattern === '' || (only !== undefined && only !== port)) return false;
    return name === pattern.replace(/^\./, '') || name.endsWith(pattern.startsWith('.') ? pattern : `.${pattern}`);
  });
}
