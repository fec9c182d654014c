/** Watches the target group of the victims, and their instances if the fault changes those, through the `Cloud` port, and records changes. */

import type { Clock, Cloud, Emit } from '../../run/port.ts';
import { instanceStates, type TargetState, targetStates } from '../answers.ts';
import type { Experiment } from '../experiments/experiment.ts';
import type { ChaosEvent, Victim } from '../types.ts';
import { idsOf, membersOf } from '../victim.ts';

export interface Seen {
  /** State of the victims' instances and targets: the first one that is not `running` or `healthy`, if any. Empty: not known. */
  readonly instance: string;
  readonly health: string;
  readonly othersHealthy: number;
  /** All victims are restored. For a victim that does not come back: as many targets are healthy as before. */
  readonly whole: boolean;
  /** When the read with this result was sent; 0 before the first answer. */
  readonly asOf: number;
}

export interface Watch {
  readonly seen: Seen;
  /** Switches between frequent reads and the normal period. */
  closely(on: boolean): void;
  /** Resolves after `stop`. Never rejects: a read that fails is itself an observation. */
  readonly done: Promise<void>;
  stop(): void;
}

/** Period of reads while a change is expected: a change is seen at most this much too late. */
const CLOSE_MS = 150;

const worst = (states: readonly string[], good: string): string => states.find((state) => state !== good) ?? good;

/**
 * Reads both at once, then waits for the rest of `pollMs`, in a loop: at most two calls in each period, counted as polls. It runs
 * concurrently with the fault and its undo, so that a slow read never delays the undo.
 */
export function watchVictim(input: {
  readonly cloud: Cloud;
  readonly clock: Clock;
  readonly victim: Victim;
  readonly experiment: Pick<Experiment, 'victims' | 'refills'>;
  readonly pollMs: number;
  readonly emit: Emit;
  readonly observe: (observation: ChaosEvent) => void;
}): Watch {
  const { cloud, clock, victim, observe, emit, experiment } = input;
  const members = membersOf(victim);
  const ids = idsOf(victim);
  const byInstance = experiment.victims === 'instances';
  const ended = new AbortController();
  const seen = { instance: '', health: '', othersHealthy: 0, whole: false, asOf: 0 };
  const last = new Map<string, string>();
  let blind = '';
  let since = clock.now();
  let close = false;
  let nap = new AbortController();
  let replaced = false;
  /** When the victims were last seen healthy: how many were, and who was not. One of those that recovers takes nobody's place. */
  let healthyBefore = Number(victim.detail ?? '1');
  let unwellBefore: readonly string[] = [];

  const memberOf = ({ instanceId, port }: TargetState) => members.find((each) => each.instanceId === instanceId && each.port === port);
  /** AWS lists only registered targets. For others, asked by name, it returns what we add here (ELBv2 API reference, TargetHealth). */
  const withVictims = (states: readonly TargetState[]): readonly TargetState[] => [
    ...states,
    ...members
      .filter((member) => !states.some((state) => memberOf(state) === member))
      .map(({ instanceId, port }) => ({
        ...{ instanceId, port, zone: '', state: 'unused', reason: 'Target.NotRegistered', description: '' },
      })),
  ];
  /** An instance is lost on all its ports. */
  const sharesFate = (target: TargetState): boolean => (byInstance ? ids.includes(target.instanceId) : memberOf(target) !== undefined);
  const keyOf = ({ instanceId, port }: TargetState): string => `${instanceId}:${port}`;
  const nameOf = (instanceId: string): string => members.find((each) => each.instanceId === instanceId)?.name ?? instanceId;

  const look = async (): Promise<void> => {
    const sentAt = clock.now();
    const options = { poll: true, signal: ended.signal };
    const [instances, health] = await Promise.all([
      byInstance ? cloud.call('ec2:DescribeInstances', { InstanceIds: ids }, options).then(instanceStates) : [],
      cloud.call('elbv2:DescribeTargetHealth', { TargetGroupArn: victim.groupArn }, options).then(targetStates).then(withVictims),
    ]);
    const at = clock.now();
    const own = instances.filter(({ instanceId }) => ids.includes(instanceId));
    for (const { instanceId, state } of own) {
      if (last.get(instanceId) === state) continue;
      last.set(instanceId, state);
      observe({ kind: 'instance', at, since, instanceId, state });
      emit({ kind: 'chaos', text: `${nameOf(instanceId)} is ${state}` });
    }
    for (const target of health) {
      const mine = memberOf(target) !== undefined;
      const key = keyOf(target);
      const now = `${target.state} ${target.reason}`;
      if (last.get(key) === now) continue;
      last.set(key, now);
      emit({ kind: 'target-health', id: target.instanceId, port: target.port, health: target.state, reason: target.reason });
      // The same instance on a second port is another target; the timeline follows only the victim's own.
      if (sharesFate(target) && !mine) continue;
      observe({
        ...{ kind: 'health', at, since, instanceId: target.instanceId },
        ...{ state: target.state, reason: target.reason, detail: target.description },
      });
      if (mine)
        emit({
          kind: 'chaos',
          text: `target of ${nameOf(target.instanceId)} is ${target.state}${target.reason === '' ? '' : ` (${target.reason})`}`,
        });
    }
    if (byInstance)
      seen.instance = worst(
        own.map(({ state }) => state),
        'running',
      );
    seen.health = worst(
      health.filter((each) => memberOf(each) !== undefined).map(({ state }) => state),
      'healthy',
    );
    const others = health.filter((each) => !sharesFate(each) && each.state === 'healthy');
    seen.othersHealthy = others.length;
    if (seen.health === 'healthy') {
      unwellBefore = health.filter(({ state }) => state !== 'healthy').map(keyOf);
      healthyBefore = health.length - unwellBefore.length;
    }
    const inPlace = others.filter((each) => !unwellBefore.includes(keyOf(each))).length;
    seen.whole =
      experiment.refills === true
        ? seen.health !== 'healthy' && inPlace >= healthyBefore
        : seen.health === 'healthy' && (!byInstance || (own.length > 0 && seen.instance === 'running'));
    if (experiment.refills === true && seen.whole && !replaced) {
      replaced = true;
      const text = `in service again with ${others.length} healthy targets`;
      observe({ kind: 'health', at, since, instanceId: victim.instanceId, state: 'healthy', reason: 'replaced', detail: text });
      emit({ kind: 'chaos', text: `${victim.group} is ${text}` });
    }
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
        // Reported once, not at every read.
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
