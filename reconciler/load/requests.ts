/** Single requests for the probes. Edge: node:http(s). */

import { createHash } from 'node:crypto';
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { TLSSocket } from 'node:tls';
import type { ListenerTarget } from './types.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
  /** HTTPS only. SHA-256 of the served certificate's DER, hex. */
  readonly fingerprint: string;
  readonly tlsVersion: string;
  /** When the answer was there, milliseconds since the epoch. */
  readonly at: number;
}

export interface Requester {
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  close(): void;
}

/** No probe needs more of a page than this. */
const BODY_LIMIT = 64 * 1024;

/**
 * Where to connect for `name:port`: the mapping of `name:port`, else of `name`, else the name itself. As k6's `hosts` has it, the
 * answer may carry a port.
 */
export function connectTo(hosts: Readonly<Record<string, string>>, name: string, port: number): { host: string; port: number } {
  const mapped = hosts[`${name}:${port}`] ?? hosts[name];
  if (mapped === undefined) return { host: name, port };
  const bracketed = /^\[(.+)\](?::(\d+))?$/.exec(mapped);
  if (bracketed !== null) return { host: bracketed[1] ?? mapped, port: Number(bracketed[2] ?? port) };
  const parts = mapped.split(':');
  // More than one colon and no brackets: an IPv6 address.
  if (parts.length !== 2) return { host: mapped, port };
  return { host: parts[0] ?? mapped, port: Number(parts[1]) };
}

/**
 * Requests to one listener. Host header and SNI stay those of the load balancer's name, also where the connection goes to a mapped
 * address. The certificate is not verified but read: a self-signed one is judged by its fingerprint.
 */
export function requester(input: {
  readonly dnsName: string;
  readonly hosts: Readonly<Record<string, string>>;
  readonly listener: ListenerTarget;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}): Requester {
  const { dnsName, listener, timeoutMs } = input;
  const secure = listener.protocol === 'HTTPS';
  const { host, port } = connectTo(input.hosts, dnsName, listener.port);
  const agent = secure
    ? new HttpsAgent({ keepAlive: true, maxSockets: 2, rejectUnauthorized: false })
    : new HttpAgent({ keepAlive: true, maxSockets: 2 });
  const usual = secure ? 443 : 80;
  const hostHeader = listener.port === usual ? dnsName : `${dnsName}:${listener.port}`;

  const get = (path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const signal = AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(input.signal === undefined ? [] : [input.signal])]);
      const common = { host, port, path, agent, signal, headers: { host: hostHeader, 'user-agent': 'albedo-probe/1', ...headers } };
      const request = secure ? httpsRequest({ ...common, servername: dnsName, rejectUnauthorized: false }) : httpRequest(common);
      request.once('error', (error) =>
        reject(signal.aborted && input.signal?.aborted !== true ? new Error(`no answer within ${timeoutMs / 1000} s`) : error),
      );
      request.once('response', (response) => {
        // Read now: a socket gone back to the agent may be closed when the body has come.
        const served = secure ? certificateOf(response.socket as TLSSocket) : { fingerprint: '', tlsVersion: '' };
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (text: string) => {
          if (body.length < BODY_LIMIT) body += text;
        });
        response.once('error', reject);
        response.once('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body, ...served, at: Date.now() }),
        );
      });
      request.end();
    });
  return { get, close: () => agent.destroy() };
}

function certificateOf(socket: TLSSocket): { fingerprint: string; tlsVersion: string } {
  // A resumed TLS 1.2 session shows no certificate again; it is then the one of the first connection.
  const raw: Buffer | undefined = socket.getPeerCertificate(false).raw;
  return { fingerprint: raw === undefined ? '' : createHash('sha256').update(raw).digest('hex'), tlsVersion: socket.getProtocol() ?? '' };
}

/** Which instance answered: the `X-Instance` header, else an EC2 instance id in the body. Empty: not told. */
export function instanceOf(answer: Answer): string {
  const header = answer.headers['x-instance'];
  if (typeof header === 'string' && header !== '') return header;
  return /\bi-[0-9a-f]{8,17}\b/.exec(answer.body)?.[0] ?? '';
}
