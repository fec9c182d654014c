/** Handshakes of TLS 1.2, looked at from outside: what is resumed, and what the server says in the clear. */
import { connect as connectTcp, createServer } from 'node:net';
import { connect } from 'node:tls';

function addressOf(place: string): { readonly host: string; readonly port: number } {
  const [host = '', port = ''] = place.split(':');
  return { host, port: Number(port) };
}

export interface Shaken {
  /** For the next handshake; undefined when the server gave none. */
  readonly session: Buffer | undefined;
  readonly reused: boolean;
}

/** One request to `<address>:<port>` on a connection of its own, resuming `session` if the server lets it. */
export function shake(place: string, client: { readonly cert: string; readonly key: string }, session?: Buffer): Promise<Shaken> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      ...addressOf(place),
      rejectUnauthorized: false,
      maxVersion: 'TLSv1.2',
      ...client,
      ...(session ? { session } : {}),
    });
    let reused = false;
    let kept: Buffer | undefined;
    socket.on('error', reject);
    socket.on('session', (ticket: Buffer) => {
      kept = ticket;
    });
    socket.on('secureConnect', () => {
      reused = socket.isSessionReused();
      socket.write('GET /status HTTP/1.1\r\nHost: site.example\r\nConnection: close\r\n\r\n');
    });
    socket.resume().on('close', () => resolve({ session: kept, reused }));
  });
}

/** All bytes the server sends to a client without a certificate, up to the end of the connection. */
export function overheard(place: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    const relay = createServer((near) => {
      const far = connectTcp(addressOf(place));
      far.on('data', (chunk: Buffer) => {
        said += chunk.toString('latin1');
      });
      near.pipe(far).pipe(near);
      for (const side of [near, far]) side.on('error', () => undefined);
    });
    relay.listen(0, '127.0.0.1', () => {
      const at = relay.address();
      if (at === null || typeof at === 'string') return reject(new Error('The relay has no port.'));
      const socket = connect({ host: '127.0.0.1', port: at.port, rejectUnauthorized: false, maxVersion: 'TLSv1.2' });
      socket.on('error', () => undefined);
      socket.on('close', () => relay.close(() => resolve(said)));
    });
  });
}
