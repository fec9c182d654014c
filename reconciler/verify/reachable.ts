import { connect } from 'node:net';
import { connectTo } from '../load/requests.ts';
import type { VerifyTarget } from '../load/types.ts';
import type { Session } from '../run/pipeline.ts';

type Hosts = VerifyTarget['hosts'];

/** The name of a new load balancer resolves everywhere within minutes (DescribeLoadBalancers shows it active before that). */
const LIMIT_MS = 180_000;
const POLL_MS = 1000;
const ANSWER_MS = 2000;

/**
 * Resolves once every listener accepts connections, with the hosts as they are then; after three minutes in any case, with a
 * warning. Otherwise a fresh change would be judged by a name that does not resolve yet.
 */
export async function untilReachable(target: VerifyTarget, readHosts: () => Hosts, session: Session): Promise<Hosts> {
  const { clock, emit, signal } = session;
  const began = clock.now();
  for (let told = false; ; told = true) {
    const hosts = readHosts();
    const open = await Promise.all(target.listeners.map(({ port }) => accepts(connectTo(hosts, target.dnsName, port))));
    const shut = target.listeners.filter((_, index) => open[index] !== true).map(({ name, port }) => `${name} (port ${port})`);
    if (shut.length === 0) return hosts;
    if (clock.now() - began >= LIMIT_MS) {
      emit({ kind: 'warning', text: `${target.dnsName} does not accept connections yet on ${shut.join(', ')}` });
      return hosts;
    }
    if (!told) emit({ kind: 'phase', phase: 'probe', text: `waiting until ${target.dnsName} accepts connections on ${shut.join(', ')}` });
    await clock.sleep(POLL_MS, signal);
  }
}

/** Whether a TCP connection succeeds. */
function accepts(place: { readonly host: string; readonly port: number }): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ ...place, timeout: ANSWER_MS });
    const end = (open: boolean) => () => {
      socket.destroy();
      resolve(open);
    };
    socket.once('connect', end(true)).once('timeout', end(false)).once('error', end(false));
  });
}
