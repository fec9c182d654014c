import { disrupt } from '../reconciler/chaos/carry-out/disrupt.ts';
import { experimentNamed } from '../reconciler/chaos/experiments.ts';
import { cookiesOf } from '../reconciler/load/cookies.ts';
import { instanceOf, requester } from '../reconciler/load/requests.ts';
import type { ListenerTarget, VerifyTarget } from '../reconciler/load/types.ts';
import { type Preview, preview } from '../reconciler/run/pipeline.ts';
import type { Session } from '../reconciler/run/session.ts';
import type { NamedSpec } from '../reconciler/run/specs.ts';
import { readHosts, verifyTarget } from '../reconciler/verify/target.ts';
import type { Look, Reply } from './exercise.ts';

/** Milliseconds for one request; what takes longer has no answer. */
const TIMEOUT = 5000;

/** Reads the stack once, and answers what criteria look with. @throws ReconcileError when AWS cannot be read. */
export async function openLook(named: NamedSpec, session: Session, say: (text: string) => void): Promise<Look> {
  const seen = await preview(named.spec, session, named.policy);
  const { live } = seen.observation.observed;
  const target = targetOf(named, seen, session);
  const shared = new Map<string, Promise<unknown>>();
  return {
    named,
    live,
    ...(target === undefined ? {} : { target }),
    of: (kind) => live.filter((entry) => entry.kind === kind),
    differences: seen.plan.changes.map(({ verb, address, fields }) =>
      [verb, address, ...(verb === 'update' ? fields.map(({ field }) => field) : [])].join(' '),
    ),
    account: () => session.account(),
    call: (op, input) => session.cloud.call(op, input, { signal: session.signal }),
    ask: (listener, path, count, { keepCookies = false } = {}) => ask(required(target), listener, path, count, keepCookies, session),
    once: <T>(name: string, work: () => Promise<T>): Promise<T> => {
      if (!shared.has(name)) shared.set(name, work());
      return shared.get(name) as Promise<T>;
    },
    now: () => session.clock.now(),
    sleep: (ms) => session.clock.sleep(ms, session.signal),
    say,
    turnOff: async (instanceId, groupArn, port, seconds) => {
      const { outcome, problem } = await disrupt({
        cloud: session.cloud,
        clock: session.clock,
        experiment: experimentNamed('stopInstance'),
        victim: { experiment: 'stopInstance', instanceId, name: instanceId, zone: '', port, group: '', groupArn, seed: '' },
        settings: { at: 0, for: seconds },
        startedAt: session.clock.now(),
        watchSeconds: seconds,
        recoverWithinMs: 120_000,
        emit: session.emit,
        signal: session.signal,
      });
      return { recovered: outcome === 'recovered', problem };
    },
  };
}

/** Undefined where the stack has no load balancer, which is what many an exercise begins with. */
function targetOf({ spec }: NamedSpec, { observation }: Preview, session: Session): VerifyTarget | undefined {
  const some = observation.observed.live.some(({ kind }) => kind === 'loadBalancer');
  return some ? verifyTarget(spec.stack, observation, readHosts(session.env)) : undefined;
}

function required(target: VerifyTarget | undefined): VerifyTarget {
  if (target === undefined) throw new Error('the stack has no load balancer');
  return target;
}

async function ask(
  target: VerifyTarget,
  listener: ListenerTarget,
  path: string,
  count: number,
  keepCookies: boolean,
  session: Session,
): Promise<readonly Reply[]> {
  const client = requester({ dnsName: target.dnsName, hosts: target.hosts, listener, timeoutMs: TIMEOUT, signal: session.signal });
  const jar = new Map<string, string>();
  const replies: Reply[] = [];
  try {
    for (let i = 0; i < count; i++) {
      session.signal.throwIfAborted();
      const at = session.clock.now();
      const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
      try {
        const answer = await client.get(path, cookie === '' ? {} : { cookie });
        const cookies = cookiesOf(answer.headers['set-cookie'], answer.at);
        if (keepCookies) for (const each of cookies) jar.set(each.name, each.value);
        const { status, fingerprint, tlsVersion } = answer;
        const set = cookies.map(({ name, value }) => `${name}=${value}`);
        replies.push({ status, instance: instanceOf(answer), cookies: set, fingerprint, tlsVersion, ms: session.clock.now() - at, at });
      } catch {
        session.signal.throwIfAborted();
        replies.push({ status: 0, instance: '', cookies: [], fingerprint: '', tlsVersion: '', ms: session.clock.now() - at, at });
      }
    }
  } finally {
    client.close();
  }
  return replies;
}
