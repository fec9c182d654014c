/**
 * Stands in for targets that security groups hide. A load balancer gives up connecting after 10 s and answers 504
 * (Application Load Balancers guide, "Troubleshoot", HTTP 504); loopback has no packets to drop, so this server takes the
 * connection, says nothing for those 10 s of the sandbox's time, and then gives that answer in the load balancer's name.
 */
import { createServer, type Socket } from 'node:net';
import type { Clock } from '../types.ts';
import { OWN_ANSWER, rawError } from './error-pages.ts';

/** The load balancer's connection timeout (ms). */
export const CONNECT_TIMEOUT_MS = 10_000;

export interface Tarpit {
  readonly host: string;
  readonly port: number;
  stop(): Promise<void>;
}

export function startTarpit(clock: Clock, host: string): Promise<Tarpit> {
  const sockets = new Map<Socket, () => void>();
  const server = createServer((socket) => {
    const cancel = clock.after(CONNECT_TIMEOUT_MS, () => socket.end(rawError(504, `${OWN_ANSWER}: 1`, 'Connection: close')));
    sockets.set(socket, cancel);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      cancel();
      sockets.delete(socket);
    });
    socket.resume();
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port: 0 }, () => {
      const address = server.address();
      if (address === null || typeof address === 'string') throw new Error(`The tarpit listens on no port of ${host}.`);
      server.unref();
      const stop = (): Promise<void> =>
        new Promise((done) => {
          server.close(() => done());
          for (const [socket, cancel] of sockets) {
            cancel();
            socket.destroy();
          }
        });
      resolve({ host, port: address.port, stop });
    });
  });
}
