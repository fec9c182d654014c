/**
 * One health check: a request on a connection of its own, in the protocol version of the group, as the load balancer makes
 * it (Application Load Balancers guide, "Health checks for your target groups"). A gRPC check calls a method with an empty
 * message and looks at the status it ends with, whatever the HTTP status.
 */
import { request as requestHttp } from 'node:http';
import { connect as connectHttp2, type IncomingHttpHeaders } from 'node:http2';
import { request as requestHttps } from 'node:https';
import type { Clock, TargetGroupFacts } from '../types.ts';
import type { Outcome } from './health.ts';

export interface ProbeTarget {
  readonly group: TargetGroupFacts;
  /** Where the check goes; undefined when nothing lets it through, so that it can only time out. */
  readonly place: { readonly host: string; readonly port: number } | undefined;
  /** What the check tells the target about whom it thinks it talks to. */
  readonly privateIp: string;
}

const USER_AGENT = 'ELB-HealthChecker/2.0';
/** Length-prefixed-Message of gRPC over HTTP/2: not compressed, no bytes. */
const EMPTY_MESSAGE = Buffer.alloc(5);

/** Starts the check and tells its outcome once, unless it was abandoned before; the answer abandons it. */
type Attempt = (place: { readonly host: string; readonly port: number }, told: (outcome: Outcome) => void) => () => void;

/** Never rejects. */
export function probe(clock: Clock, target: ProbeTarget): Promise<Outcome> {
  const { healthCheck, protocolVersion } = target.group;
  return new Promise((resolve) => {
    let abandon = (): void => undefined;
    const cancel = afterRunning(clock, healthCheck.timeoutSeconds * 1000, () => {
      resolve({ kind: 'timeout' });
      abandon();
    });
    if (target.place === undefined) return;
    const attempt = protocolVersion === 'HTTP2' || protocolVersion === 'GRPC' ? overHttp2(target) : overHttp1(target);
    abandon = attempt(target.place, (outcome) => {
      cancel();
      resolve(outcome);
      abandon();
    });
  });
}

const SLICE_MS = 100;

/**
 * Time in which this process was held up does not count: an answer may be there that it had no chance to read. A load balancer in AWS
 * has machines of its own, and finds no target unhealthy because another program was busy.
 */
function afterRunning(clock: Clock, ms: number, task: () => void): () => void {
  let left = ms;
  let cancel = (): void => undefined;
  const next = (): void => {
    const slice = Math.min(SLICE_MS, left);
    left -= slice;
    cancel = clock.after(slice, left > 0 ? next : task);
  };
  next();
  return () => cancel();
}

function overHttp1({ group, privateIp }: ProbeTarget): Attempt {
  return ({ host, port }, told) => {
    const secure = group.healthCheck.protocol === 'HTTPS';
    const asked = (secure ? requestHttps : requestHttp)({
      host,
      port,
      path: group.healthCheck.path,
      agent: false,
      headers: { Host: `${privateIp}:${port}`, 'User-Agent': USER_AGENT, Connection: 'close' },
      // Load balancers do not verify their targets' certificates (Application Load Balancers guide, "Routing configuration").
      ...(secure ? { rejectUnauthorized: false } : {}),
    });
    asked.once('response', (answer) => told({ kind: 'status', status: answer.statusCode ?? 0 }));
    asked.on('error', () => told({ kind: 'refused' }));
    asked.end();
    return () => asked.destroy();
  };
}

function overHttp2({ group, privateIp }: ProbeTarget): Attempt {
  return ({ host, port }, told) => {
    const secure = group.healthCheck.protocol === 'HTTPS';
    const session = connectHttp2(`${secure ? 'https' : 'http'}://${host}:${port}`, secure ? { rejectUnauthorized: false } : {});
    const refused = (): void => told({ kind: 'refused' });
    session.on('error', refused).on('close', refused);
    const grpc = group.protocolVersion === 'GRPC';
    const asked = session.request({
      ':method': grpc ? 'POST' : 'GET',
      ':path': group.healthCheck.path,
      ':authority': `${privateIp}:${port}`,
      'user-agent': USER_AGENT,
      ...(grpc ? { 'content-type': 'application/grpc', te: 'trailers' } : {}),
    });
    asked.on('error', refused);
    if (grpc) {
      // An answer without a message has its status among the headers.
      const look = (headers: IncomingHttpHeaders): void => {
        const status = headers['grpc-status'];
        if (status !== undefined) told({ kind: 'status', status: Number(status) });
      };
      asked.on('response', look).on('trailers', look).on('end', refused).resume();
      asked.end(EMPTY_MESSAGE);
    } else {
      asked.on('response', (headers) => told({ kind: 'status', status: Number(headers[':status']) }));
      asked.end();
    }
    return () => session.destroy();
  };
}
