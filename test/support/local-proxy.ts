/** A proxy on this machine that names what goes through it, and a TLS server that stands for hosts nobody has. */

import { createServer, request } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, connect, type Server, type Socket } from 'node:net';
import { createAuthority } from './certificate-authority.ts';

export interface LocalProxy {
  readonly url: string;
  /** `CONNECT host:443`, `GET http://host/path`. */
  readonly seen: string[];
  stop(): Promise<void>;
}

const listen = (server: Server): Promise<number> =>
  new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)));
const close = (server: Server & { closeAllConnections?(): void }): Promise<unknown> => {
  server.closeAllConnections?.();
  return new Promise((resolve) => server.close(resolve));
};

/** `places`: where a host leads, by its name; others are answered with 502. */
export async function startProxy(places: Readonly<Record<string, number>>): Promise<LocalProxy> {
  const seen: string[] = [];
  const tunnels = new Set<Socket>();
  const server = createServer((asked, answer) => {
    seen.push(`${asked.method} ${asked.url}`);
    const url = new URL(asked.url ?? '/', 'http://nobody');
    const port = places[url.hostname];
    if (port === undefined) return void answer.writeHead(502).end();
    const options = { host: '127.0.0.1', port, method: asked.method, path: url.pathname + url.search, headers: asked.headers };
    const passed = request(options, (from) => {
      answer.writeHead(from.statusCode ?? 502, from.headers);
      from.pipe(answer);
    });
    passed.on('error', () => answer.destroy());
    asked.pipe(passed);
  });
  server.on('connect', (asked, client) => {
    seen.push(`CONNECT ${asked.url}`);
    const port = places[String(asked.url).split(':')[0] ?? ''];
    if (port === undefined) return void client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
    const upstream = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(client);
      client.pipe(upstream);
    });
    for (const [side, other] of [
      [client as Socket, upstream],
      [upstream, client as Socket],
    ] as const) {
      tunnels.add(side);
      side.on('error', () => undefined).on('close', () => other.destroy());
    }
  });
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    stop: async () => {
      for (const each of tunnels) each.destroy();
      await close(server);
    },
  };
}

export interface Secure {
  readonly port: number;
  /** The certificate of its authority, PEM. */
  readonly authority: string;
  stop(): Promise<void>;
}

/** TLS for a host name in front of a server without it; `port` is the one behind. */
export async function startSecure(host: string, port: number): Promise<Secure> {
  const authority = await createAuthority('albedo tests');
  const { body, key } = await authority.issue(host);
  const server = createSecureServer({ cert: body, key }, (asked, answer) => {
    // The server behind answers to its own name alone.
    const headers = { ...asked.headers, host: `127.0.0.1:${port}` };
    const passed = request({ host: '127.0.0.1', port, method: asked.method, path: asked.url, headers }, (from) => {
      answer.writeHead(from.statusCode ?? 502, from.headers);
      from.pipe(answer);
    });
    passed.on('error', () => answer.destroy());
    asked.pipe(passed);
  });
  const own = await listen(server);
  return { port: own, authority: authority.pem, stop: async () => void (await close(server)) };
}
