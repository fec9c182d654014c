/** A clock that jumps to the next thing waited for, and an EC2 and ELBv2 that follow it: whole runs in milliseconds. */

import { CloudError } from '../../../reconciler/errors.ts';
import type { Json } from '../../../reconciler/model/json.ts';
import type { CallOptions, Clock, Cloud } from '../../../reconciler/run/port.ts';

export interface SimulatedClock extends Clock {
  /** Runs until `work` is settled, or nothing is waited for any more. */
  run<T>(work: Promise<T>): Promise<T>;
  at(ms: number, task: () => void): void;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export function simulatedClock(start = 1_000_000): SimulatedClock {
  let now = start;
  let timers: { at: number; wake: () => void }[] = [];
  const at = (when: number, wake: () => void): void => {
    timers.push({ at: when, wake });
    timers.sort((a, b) => a.at - b.at);
  };
  return {
    now: () => now,
    random: () => 0.5,
    at: (ms, task) => at(start + ms, task),
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted === true) return reject(signal.reason);
        const wake = (): void => {
          signal?.removeEventListener('abort', cancel);
          resolve();
        };
        const cancel = (): void => {
          timers = timers.filter((timer) => timer.wake !== wake);
          reject(signal?.reason);
        };
        at(now + ms, wake);
        signal?.addEventListener('abort', cancel, { once: true });
      }),
    async run(work) {
      let settled = false;
      const watched = work.finally(() => {
        settled = true;
      });
      watched.catch(() => undefined);
      for (;;) {
        for (let i = 0; i < 5; i++) await turn();
        // What is waited for beyond the end is kept: a clock may run again.
        const next = settled ? undefined : timers.shift();
        if (next === undefined) return watched;
        now = Math.max(now, next.at);
        next.wake();
      }
    },
  };
}

export interface Behaviour {
  /** Milliseconds the instance takes to stop, to boot, and to be healthy after that. */
  readonly stopMs?: number;
  readonly bootMs?: number;
  readonly checkMs?: number;
  /** Milliseconds until ELB takes note of the stop. */
  readonly detectMs?: number;
  /** When, from the start, the other target falls out of service. */
  readonly othersFailMs?: number;
  /** A third target, `i-third`, that is unhealthy meanwhile: milliseconds from the start. */
  readonly third?: { readonly from: number; readonly to: number };
  /** When, from the start, somebody else ends the victim. */
  readonly terminatedMs?: number;
  /** The first start is taken and has no effect. */
  readonly firstStartLost?: boolean;
  /** State of FIS's safety lever. */
  readonly lever?: 'engaged';
  /** Error for a call, by operation and its count from 1. */
  readonly fail?: (op: string, count: number) => CloudError | undefined;
  /** Calls that never answer. */
  readonly hang?: (op: string, count: number) => boolean;
}

export interface SimulatedAws extends Cloud {
  readonly calls: { readonly op: string; readonly at: number; readonly poll: boolean; readonly input: Json }[];
  state(): string;
}

/** They belong to the stack `live`. */
const TAGS = [{ Key: 'albedo:stack', Value: 'live' }];

/** Two targets: `i-victim`, which can be stopped, and `i-other`, always healthy. */
export function simulatedAws(clock: SimulatedClock, behaviour: Behaviour = {}): SimulatedAws {
  const { stopMs = 3000, bootMs = 4000, checkMs = 5000, detectMs = 1000, othersFailMs = Number.POSITIVE_INFINITY } = behaviour;
  const began = clock.now();
  let stoppedAt: number | undefined;
  let startedAt: number | undefined;
  let starts = 0;
  const counts = new Map<string, number>();
  const calls: { op: string; at: number; poll: boolean; input: Json }[] = [];
  const instance = (): string => {
    const now = clock.now();
    if (now - began >= (behaviour.terminatedMs ?? Number.POSITIVE_INFINITY)) return 'terminated';
    if (startedAt !== undefined) return now < startedAt + bootMs ? 'pending' : 'running';
    if (stoppedAt !== undefined) return now < stoppedAt + stopMs ? 'stopping' : 'stopped';
    return 'running';
  };
  const health = (): { State: string; Reason?: string } => {
    const now = clock.now();
    if (startedAt !== undefined) {
      if (now >= startedAt + bootMs + checkMs) return { State: 'healthy' };
      return now < startedAt + bootMs
        ? { State: 'unused', Reason: 'Target.InvalidState' }
        : { State: 'initial', Reason: 'Elb.InitialHealthChecking' };
    }
    if (stoppedAt !== undefined && now >= stoppedAt + detectMs) return { State: 'unused', Reason: 'Target.InvalidState' };
    return { State: 'healthy' };
  };
  const third = (): Json[] => {
    if (behaviour.third === undefined) return [];
    const { from, to } = behaviour.third;
    const since = clock.now() - began;
    return [{ Target: { Id: 'i-third', Port: 8080 }, TargetHealth: { State: since >= from && since < to ? 'unhealthy' : 'healthy' } }];
  };
  const answer = (op: string): Json => {
    switch (op) {
      case 'ec2:StopInstances':
        // A second time, once it is there again.
        if (startedAt !== undefined && instance() === 'running') [stoppedAt, startedAt] = [undefined, undefined];
        stoppedAt ??= clock.now();
        return {};
      case 'ec2:StartInstances':
        if (instance() === 'stopping' || instance() === 'terminated')
          throw new CloudError(op, 'IncorrectInstanceState', 'Invalid', 'The instance is not in a state from which it can be started.');
        if (stoppedAt !== undefined && !(behaviour.firstStartLost === true && starts++ === 0)) startedAt ??= clock.now();
        return {};
      case 'ec2:DescribeInstances':
        return {
          Reservations: [
            {
              Instances: [
                { InstanceId: 'i-victim', State: { Name: instance() }, Tags: TAGS },
                { InstanceId: 'i-other', State: { Name: 'running' }, Tags: TAGS },
              ],
            },
          ],
        };
      case 'elbv2:DescribeTargetHealth':
        return {
          TargetHealthDescriptions: [
            { Target: { Id: 'i-victim', Port: 8080 }, TargetHealth: health() },
            {
              Target: { Id: 'i-other', Port: 8080 },
              TargetHealth: { State: clock.now() - began >= othersFailMs ? 'unhealthy' : 'healthy' },
            },
            ...third(),
          ],
        };
      case 'fis:GetSafetyLever':
        return { safetyLever: { id: 'default', state: { status: behaviour.lever ?? 'disengaged', reason: '' } } };
      case 'ec2:CreateTags':
      case 'ec2:DeleteTags':
        return {};
      default:
        throw new Error(`not an operation of this test: ${op}`);
    }
  };
  return {
    calls,
    state: instance,
    async call(op: string, input: Json, options: CallOptions = {}) {
      const count = (counts.get(op) ?? 0) + 1;
      counts.set(op, count);
      calls.push({ op, at: clock.now(), poll: options.poll === true, input });
      options.signal?.throwIfAborted();
      if (behaviour.hang?.(op, count) === true) return new Promise<Json>(() => undefined);
      await clock.sleep(20);
      const error = behaviour.fail?.(op, count);
      if (error !== undefined) throw error;
      return answer(op);
    },
  };
}
