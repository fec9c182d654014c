/** Serves the page on this machine only, and passes on the actions of its buttons. Edge: node:http. */

import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ACTIONS, type Action, livePage, partsOf, type Scene } from '../report/page/live.ts';
import { policyOf } from '../report/page/page.ts';

export const USUAL_PORT = 8089;
/** Time between two checks for changes (ms). */
const TURN_MS = 500;
/** Without news, a comment line is sent after this many checks, so that both ends notice a lost connection. */
const QUIET_TURNS = 30;
/** A browser that no longer reads is disconnected: its unsent data would fill the memory. */
const MOST_WAITING = 4 * 1024 * 1024;
const BODY_LIMIT = 4096;

export interface PageServerInput {
  /** Port on 127.0.0.1; another one when it is taken. */
  readonly port?: number;
  readonly scene: () => Scene;
  /** The value of the rate field. */
  readonly rate: () => number;
  /** Carries out the action of a button. The page shows an error that it throws. */
  readonly act: (action: Action, value: string | undefined) => Promise<void>;
  /** The report of the last run as a page; undefined if there is none yet. */
  readonly report: () => string | undefined;
}

export interface PageServer {
  /** Includes the token: everybody who has it can see the page and press its buttons. */
  readonly address: string;
  readonly port: number;
  close(): Promise<void>;
}

export async function servePage(input: PageServerInput): Promise<PageServer> {
  const token = randomBytes(24).toString('base64url');
  const clients = new Set<ServerResponse>();
  let last: Readonly<Record<string, string>> = {};
  let lastState = '';
  let quiet = 0;
  const server = createServer((request, response) => {
    serve(request, response).catch(() => {
      if (!response.headersSent) response.writeHead(500).end();
      else response.destroy();
    });
  });
  const port = await listen(server, input.port ?? USUAL_PORT);
  // Cookies ignore ports: two pages on this machine would overwrite each other's.
  const cookie = `albedo-${port}`;
  const hosts = new Set([`localhost:${port}`, `127.0.0.1:${port}`]);

  const news = (scene: Scene, parts: Readonly<Record<string, string>>): string =>
    `data: ${JSON.stringify({ parts, can: scene.can, title: titleOf(scene), said: scene.said })}\n\n`;

  const turn = (): void => {
    if (clients.size === 0) return;
    const scene = input.scene();
    const parts = partsOf(scene);
    const changed = Object.fromEntries(Object.entries(parts).filter(([name, markup]) => last[name] !== markup));
    const state = JSON.stringify([scene.can, scene.said, titleOf(scene)]);
    last = parts;
    if (Object.keys(changed).length === 0 && state === lastState) {
      quiet = (quiet + 1) % QUIET_TURNS;
      if (quiet === 0) send(': still here\n\n');
      return;
    }
    lastState = state;
    send(news(scene, changed));
  };
  const send = (text: string): void => {
    for (const client of clients) {
      if (client.writableLength > MOST_WAITING) client.destroy();
      else client.write(text);
    }
  };
  const timer = setInterval(turn, TURN_MS);

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const refuse = (status: number, text: string): void => {
      request.resume();
      response.writeHead(status, { ...HEADERS, 'content-type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
    };
    const { host = '', origin } = request.headers;
    // A foreign name that resolves to this machine (DNS rebinding), and pages of other sites; sandbox/web-pages.ts does the same for the sandbox.
    if (!hosts.has(host)) return refuse(421, 'This page is available on localhost only.');
    if (origin !== undefined && origin !== `http://${host}`) return refuse(403, 'Requests from another site are refused.');
    const site = request.headers['sec-fetch-site'];
    if (site === 'cross-site' || (site === 'same-site' && request.method !== 'GET'))
      return refuse(403, 'Requests from another site are refused.');
    const given = url.searchParams.get('token');
    if (given !== null) {
      if (!same(given, token)) return refuse(401, 'The token in the address does not belong to this run.');
      // Removed from the address at once: it would stay in the history and be sent with links.
      response.writeHead(303, {
        ...HEADERS,
        location: url.pathname,
        'set-cookie': `${cookie}=${token}; Path=/; HttpOnly; SameSite=Strict`,
      });
      response.end();
      return;
    }
    if (!same(cookieOf(request, cookie), token)) return refuse(401, 'Open the address that albedo printed, with its token.');
    const route = `${request.method} ${url.pathname}`;
    if (route === 'GET /') return page(response, livePage(input.scene(), input.rate()), true);
    if (route === 'GET /events') return subscribe(response);
    if (route === 'GET /report.html') {
      const report = input.report();
      return report === undefined ? refuse(404, 'There is no report yet.') : page(response, report, false);
    }
    if (route === 'POST /do') return press(request, response, refuse);
    refuse(404, 'There is no such page.');
  }

  function subscribe(response: ServerResponse): void {
    response.writeHead(200, { ...HEADERS, 'content-type': 'text/event-stream' });
    const scene = input.scene();
    // The whole state, whatever a reconnecting browser missed.
    response.write(`retry: 1000\n\n${news(scene, partsOf(scene))}`);
    clients.add(response);
    response.once('close', () => clients.delete(response));
  }

  async function press(request: IncomingMessage, response: ServerResponse, refuse: (status: number, text: string) => void): Promise<void> {
    // A form of another site cannot send JSON without a preflight request.
    if (!/^application\/json\b/.test(request.headers['content-type'] ?? '')) return refuse(415, 'Buttons send JSON.');
    let body = '';
    for await (const piece of request as AsyncIterable<Buffer>) {
      body += piece.toString('utf8');
      if (body.length > BODY_LIMIT) return refuse(413, 'The request is too long.');
    }
    let asked: { readonly action?: unknown; readonly value?: unknown } | null;
    try {
      asked = JSON.parse(body) as typeof asked;
    } catch {
      return refuse(400, 'The request is not JSON.');
    }
    const action = ACTIONS.find((each) => each === asked?.action);
    if (action === undefined) return refuse(400, `There is no such button. There are: ${ACTIONS.join(', ')}.`);
    if (!input.scene().can.includes(action)) return refuse(409, 'That cannot be done now.');
    try {
      await input.act(action, typeof asked?.value === 'string' ? asked.value : undefined);
    } catch (thrown) {
      return refuse(400, thrown instanceof Error ? thrown.message : String(thrown));
    }
    response.writeHead(204, HEADERS).end();
    turn();
  }

  return {
    address: `http://localhost:${port}/?token=${token}`,
    port,
    close: () => {
      clearInterval(timer);
      // Otherwise the event connections would keep the process alive.
      server.closeAllConnections();
      return new Promise((done) => server.close(() => done()));
    },
  };
}

const HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
};

function page(response: ServerResponse, markup: string, live: boolean): void {
  const policy = `${policyOf(live)}; frame-ancestors 'none'`;
  response.writeHead(200, { ...HEADERS, 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy }).end(markup);
}

const titleOf = ({ stack, load, report }: Scene): string =>
  report !== null
    ? `${stack}: ${report.verdict}`
    : load === null
      ? `${stack}: albedo`
      : `${stack}: ${load.rate.toFixed(0)}/s, ${load.failed} failed`;

function same(given: string, token: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function cookieOf(request: IncomingMessage, name: string): string {
  for (const pair of (request.headers.cookie ?? '').split(';')) {
    const [key, value = ''] = pair.trim().split('=');
    if (key === name) return value;
  }
  return '';
}

/** Listens on the port, or on any other if it is in use. */
async function listen(server: Server, port: number): Promise<number> {
  const bind = (wanted: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: '127.0.0.1', port: wanted }, () => {
        server.off('error', reject);
        resolve();
      });
    });
  await bind(port).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE' || port === 0) throw error;
    return bind(0);
  });
  return (server.address() as AddressInfo).port;
}
