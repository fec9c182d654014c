import { connect } from 'node:tls';
import { connectTo } from '../../reconciler/load/requests.ts';
import type { Look } from '../exercise.ts';
import { listenerOf } from '../read.ts';

/** Where the HTTPS listener is reached, and the name that is asked for. */
export function addressOf(look: Look): { readonly host: string; readonly port: number; readonly name: string } {
  const { port } = listenerOf(look, 'HTTPS');
  const { dnsName: name, hosts } = look.target ?? { dnsName: '', hosts: {} };
  return { ...connectTo(hosts, name, port), name };
}

/** A TLS handshake; the answer is why it failed, or nothing. `strict`: the certificate has to be trusted, as in a browser. */
export const handshake = (host: string, port: number, servername: string, strict: boolean): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect({ host, port, servername, rejectUnauthorized: strict, timeout: 5000 });
    const end = (why: string) => {
      socket.destroy();
      resolve(why);
    };
    socket.once('secureConnect', () => end(''));
    socket.once('timeout', () => end('no answer within 5 s'));
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
  });
