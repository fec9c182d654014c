/** Targets that Flask cannot be: several protocols, on the loopback address of an instance that runs no app of its own. */
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import {
  createServer as createHttp2,
  createSecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Stream,
} from 'node:http2';
import { createServer as createHttps } from 'node:https';
import type { Server, Socket } from 'node:net';
import type { Running } from './dataplane-world.ts';

export type Protocol = 'http' | 'https' | 'h2c' | 'h2' | 'grpc';

export interface Pem {
  readonly cert: string;
  readonly key: string;
}

/**
 * Addresses of instances go by the order in which targets name them first. Known once something is served: load balancers
 * of the same sandbox have 127.N.128.1 and up.
 */
export function instanceAddress(running: Running, index: number): string {
  const place = Object.values(running.dataplane.hosts())[0] ?? '';
  return `127.${place.split('.')[1]}.0.${index}`;
}

export interface TargetServer {
  /** Requests that `/hold` keeps waiting. */
  readonly held: number;
  /** Answers them. */
  release(): void;
  stop(): Promise<void>;
}

/** Answers every request with its protocol, its port and what it was asked; `/hold` waits until released. */
export async function startTarget(protocol: Protocol, host: string, port: number, pem?: Pem): Promise<TargetServer> {
  const waiting: (() => void)[] = [];
  const answer = (request: IncomingMessage | Http2ServerRequest, response: ServerResponse | Http2ServerResponse): void => {
    const body = JSON.stringify({ port, version: request.httpVersion, url: request.url, headers: request.headers });
    const send = (): void => {
      response.setHeader('x-instance', `node:${port}`);
      response.setHeader('content-type', 'application/json');
      response.end(body);
    };
    if (request.url === '/hold') waiting.push(send);
    else send();
  };
  const sockets = new Set<Socket>();
  const server = make(protocol, pem, answer);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => resolve());
  });
  return {
    get held() {
      return waiting.length;
    },
    release() {
      for (const send of waiting.splice(0)) send();
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

type Answer = (request: IncomingMessage | Http2ServerRequest, response: ServerResponse | Http2ServerResponse) => void;

function make(protocol: Protocol, pem: Pem | undefined, answer: Answer): Server {
  switch (protocol) {
    case 'http':
      return createHttp(answer);
    case 'https':
      return createHttps({ ...pem }, answer);
    case 'h2c':
      return createHttp2(answer);
    case 'h2':
      return createSecureServer({ ...pem }, answer);
    case 'grpc': {
      const server = createHttp2();
      server.on('stream', serveGrpc);
      return server;
    }
  }
}

/** gRPC over HTTP/2: `/t.Echo/Say` answers the message it gets, twice; `/t.Health/Check` is fine; all else unimplemented (12). */
function serveGrpc(stream: ServerHttp2Stream, headers: Readonly<Record<string, unknown>>): void {
  const path = String(headers[':path']);
  stream.on('error', () => undefined);
  if (path !== '/t.Echo/Say' && path !== '/t.Health/Check') {
    stream.respond(
      { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '12', 'grpc-message': 'unknown method' },
      { endStream: true },
    );
    return;
  }
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0', 'x-trailer': 'kept' }));
  stream.on('data', (chunk: Buffer) => {
    stream.write(chunk);
    if (path === '/t.Echo/Say') stream.write(chunk);
  });
  stream.on('end', () => stream.end());
}
