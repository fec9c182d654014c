/** Watches the victim's target group, and its instance where that is what the fault changes, through the `Cloud` port and keeps what changes. */

import type { Clock, Cloud, Emit } from '../run/port.ts';
import { instanceStates, type TargetState, targetStates } from './answers.ts';
import type { Experiment } from './experiments/experiment.ts';
import type { ChaosEvent, Victim } from './types.ts';

export interface Watch {
  /** The states seen last, and when the read that told them was sent; empty and 0 before the first answer. */
  readonly seen: { readonly instance: string; readonly health: string; readonly othersHealthy: number; readonly asOf: number };
  /** Reads as often as it may from now on, or no more than needed again. */
  closely(on: boolean): void;
  /** Ends when `stop` is called. Never rejects: a read that fails is itself an observation. */
  readonly done: Promise<void>;
  stop(): void;
}

/** While something is about to change: what is told of it is then at most so much too late. */
const CLOSE_MS = 150;

/**
 * Reads both at once, then waits the rest of `pollMs`, over and over: two calls a period at most, counted as polls. It runs beside
 * whoever breaks and mends the victim, so that a slow read never delays the undo.
 */
export function watchVictim(input: {
  readonly cloud: Cloud;
  readonly clock: Clock;
  readonly victim: Victim;
  readonly victims: Experiment['victims'];
  readonly pollMs: number;
  readonly emit: Emit;
  readonly observe: (observation: ChaosEvent) => void;
}): Watch {
  const { cloud, clock, victim, observe, emit } = input;
  const ended = new AbortController();
  const seen = { instance: '', health: '', othersHealthy: 0, asOf: 0 };
  const last = new Map<string, string>();
  let blind = '';
  let since = clock.now();
  let close = false;
  let nap = new AbortController();

  const isMine = ({ instanceId, port }: TargetState): boolean => instanceId === victim.instanceId && port === victim.port;
  /** AWS lists what is registered; asked by name it would say the same of the others as we do here (ELBv2 API reference, TargetHealth). */
  const withVictim = (states: readonly TargetState[]): readonly TargetState[] =>
    states.some(isMine)
      ? states
      : [
          ...states,
          {
            ...{ instanceId: victim.instanceId, port: victim.port, zone: '' },
            ...{ state: 'unused', reason: 'Target.NotRegistered', description: '' },
          },
        ];

  /** An instance is lost on all its ports. */
  const sharesFate = (target: TargetState): boolean =>
    input.victims === 'targets' ? isMine(target) : target.instanceId === victim.instanceId;

  const look = async (): Promise<void> => {
    const sentAt = clock.now();
    const options = { poll: true, signal: ended.signal };
    const [instances, health] = await Promise.all([
      input.victims === 'targets'
        ? []
        : cloud.call('ec2:DescribeInstances', { InstanceIds: [victim.instanceId] }, options).then(instanceStates),
      cloud.call('elbv2:DescribeTargetHealth', { TargetGroupArn: victim.groupArn }, options).then(targetStates).then(withVictim),
    ]);
    const at = clock.now();
    for (const { instanceId, state } of instances) {
      if (instanceId !== victim.instanceId) continue;
      seen.instance = state;
      if (last.get('instance') === state) continue;
      last.set('instance', state);
      observe({ kind: 'instance', at, since, instanceId, state });
      emit({ kind: 'chaos', text: `${victim.name} is ${state}` });
    }
    for (const target of health) {
      const mine = isMine(target);
      if (mine) seen.health = target.state;
      const key = `${target.instanceId}:${target.port}`;
      const now = `${target.state} ${target.reason}`;
      if (last.get(key) === now) continue;
      last.set(key, now);
      // The same instance on a second port is another target; the timeline follows the victim's own.
      if (target.instanceId === victim.instanceId && !mine) continue;
      observe({
        kind: 'health',
        at,
        since,
        instanceId: target.instanceId,
        state: target.state,
        reason: target.reason,
        detail: target.description,
      });
      if (mine)
        emit({ kind: 'chaos', text: `target of ${victim.name} is ${target.state}${target.reason === '' ? '' : ` (${target.reason})`}` });
    }
    seen.othersHealthy = health.filter((each) => !sharesFate(each) && each.state === 'healthy').length;
    since = sentAt;
    seen.asOf = sentAt;
    blind = '';
  };

  const run = async (): Promise<void> => {
    while (!ended.signal.aborted) {
      const begun = clock.now();
      try {
        await look();
      } catch (error) {
        const detail = error instanceof Error ? error.message : String(error);
        // Said once for as long as it lasts.
        if (!ended.signal.aborted && detail !== blind) observe({ kind: 'blind', at: clock.now(), detail });
        blind = detail;
      }
      try {
        const pause = close ? Math.min(CLOSE_MS, input.pollMs) : input.pollMs;
        await clock.sleep(Math.max(0, pause - (clock.now() - begun)), AbortSignal.any([ended.signal, nap.signal]));
      } catch {
        // Ended, or woken up.
        nap = new AbortController();
      }
    }
  };

  const closely = (on: boolean): void => {
    close = on;
    if (on) nap.abort();
  };
  return { seen, closely, done: run(), stop: () => ended.abort() };
}
