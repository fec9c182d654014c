/**
 * What AWS reported -> phases and times. Pure.
 *
 * Phases come from what happened, never from the requested times: a stop call may be late, and an instance takes its own time to
 * boot. `during` begins with the stop call, the earliest moment at which it can have an effect, and ends when AWS reports
 * the victim's target healthy again:
 *
 *   load begins      stop call                start call        target healthy      load ends
 *        |── before ────|───────────── during ─────────────────────────|────── after ──────|
 *                       |─ detection ─| not healthy       |─ recovery ─|
 */

import type { ChaosEvent, Phase, Timeline, TimelineEvent } from './types.ts';

type Health = Extract<ChaosEvent, { kind: 'health' }>;
type InstanceSeen = Extract<ChaosEvent, { kind: 'instance' }>;

const isHealth = (each: ChaosEvent): each is Health => each.kind === 'health';
const isInstance = (each: ChaosEvent): each is InstanceSeen => each.kind === 'instance';

/**
 * `victims` are instance ids, `names` their names in the spec; `from` and `to` bound the load. With several victims, the last one that is found
 * lost and the last one that is healthy again count.
 */
export function readTimeline(input: {
  readonly observations: readonly ChaosEvent[];
  readonly victims: readonly string[];
  /** The health check may keep passing: then `during` ends with the undo call. */
  readonly mayPass?: boolean;
  readonly names: Readonly<Record<string, string>>;
  readonly from: number;
  readonly to: number;
  /** The operations of the fault and of its undo, such as `StopInstances`. */
  readonly calls: { readonly stop: string; readonly start: string };
  /** What begins at `from` and ends at `to`, if that is not the load. */
  readonly ends?: { readonly begins: string; readonly ends: string };
}): Timeline {
  const { victims, from, to } = input;
  const isVictim = ({ instanceId }: { readonly instanceId: string }): boolean => victims.includes(instanceId);
  const observations = [...input.observations].sort((a, b) => a.at - b.at);
  const name = (id: string): string => input.names[id] ?? id;
  const first = <T extends ChaosEvent>(list: readonly T[], test: (each: T) => boolean): T | undefined => list.find(test);

  const stop = observations.find((each) => each.kind === 'stop' && each.outcome === 'sent');
  const stopRefused = observations.some((each) => each.kind === 'stop' && each.outcome === 'refused');
  const stopAt = stop?.at ?? null;
  const start = observations.find((each) => each.kind === 'start' && each.outcome === 'sent');
  const accepted = observations.find((each) => each.kind === 'start' && each.outcome === 'accepted');

  const health = observations.filter((each): each is Health => isHealth(each) && isVictim(each));
  const states = observations.filter((each): each is InstanceSeen => isInstance(each) && isVictim(each));
  const after =
    (at: number | null | undefined) =>
    (each: ChaosEvent): boolean =>
      at !== null && at !== undefined && each.at >= at;

  /** The latest of the events that `found` returns for the victims; undefined until every victim has one. */
  const lastOf = <T extends ChaosEvent>(found: (victim: string) => T | undefined): T | undefined => {
    const all = victims.map(found);
    return all.some((each) => each === undefined)
      ? undefined
      : all.reduce((a, b) => (b !== undefined && (a === undefined || b.at > a.at) ? b : a), undefined);
  };
  const lostOf = (victim: string) => first(health, (each) => each.instanceId === victim && after(stopAt)(each) && each.state !== 'healthy');
  const notHealthy = lastOf(lostOf);
  const stopped = first(states, (each) => after(stopAt)(each) && each.state === 'stopped');
  const running = first(states, (each) => after(accepted?.at)(each) && each.state === 'running');
  const healthy =
    notHealthy === undefined
      ? undefined
      : lastOf((victim) => {
          const lostAt = lostOf(victim)?.at ?? 0;
          const own = health.filter((each) => each.instanceId === victim && each.at > lostAt);
          const last = own.at(-1);
          // Somebody else may have undone it first, such as AWS FIS on an alarm: then it was healthy by the undo call, and stayed so.
          return (
            first(own, (each) => after(accepted?.at)(each) && each.state === 'healthy') ??
            (accepted !== undefined && last?.state === 'healthy' ? last : undefined)
          );
        });
  // A fault that no check noticed is over with its undo.
  const healthyAt = healthy?.at ?? (notHealthy === undefined && input.mayPass === true ? (accepted?.at ?? null) : null);

  return {
    stopAt,
    notHealthyAt: notHealthy?.at ?? null,
    lastHealthyAt: notHealthy?.since ?? null,
    notHealthyAs: notHealthy === undefined ? '' : `${notHealthy.state}${notHealthy.reason === '' ? '' : ` (${notHealthy.reason})`}`,
    stoppedAt: stopped?.at ?? null,
    startAt: start?.at ?? null,
    startAcceptedAt: accepted?.at ?? null,
    runningAt: running?.at ?? null,
    healthyAt,
    fewestOthersHealthy: notHealthy === undefined ? null : fewestOthers(observations, isVictim, notHealthy.at, healthyAt ?? to),
    phases: phasesOf(stopAt, healthyAt, stopRefused && notHealthy === undefined, from, to),
    events: eventsOf(observations, name, from, to, input.calls, input.ends),
  };
}

function phasesOf(
  stopAt: number | null,
  healthyAt: number | null,
  nothingStopped: boolean,
  from: number,
  to: number,
): { phase: Phase; from: number; to: number }[] {
  if (stopAt === null || nothingStopped) return [{ phase: 'before', from, to }];
  const clamp = (at: number): number => Math.min(Math.max(at, from), to);
  const spans: { phase: Phase; from: number; to: number }[] = [
    { phase: 'before', from, to: clamp(stopAt) },
    { phase: 'during', from: clamp(stopAt), to: clamp(healthyAt ?? to) },
  ];
  if (healthyAt !== null) spans.push({ phase: 'after', from: clamp(healthyAt), to });
  return spans.filter((span) => span.to > span.from);
}

/** The smallest number of other targets that were healthy at one time in `[from, to]`; null when no other was ever seen. */
function fewestOthers(
  observations: readonly ChaosEvent[],
  isVictim: (each: { readonly instanceId: string }) => boolean,
  from: number,
  to: number,
): number | null {
  const state = new Map<string, boolean>();
  let fewest: number | null = null;
  const count = (): void => {
    if (state.size === 0) return;
    const healthy = [...state.values()].filter(Boolean).length;
    fewest = fewest === null ? healthy : Math.min(fewest, healthy);
  };
  const others = observations.filter((each): each is Health => isHealth(each) && !isVictim(each));
  for (const each of others) if (each.at < from) state.set(each.instanceId, each.state === 'healthy');
  count();
  // All that one read reported counts together.
  const times = [...new Set(others.filter((each) => each.at >= from && each.at <= to).map((each) => each.at))];
  for (const at of times) {
    for (const each of others) if (each.at === at) state.set(each.instanceId, each.state === 'healthy');
    count();
  }
  return fewest;
}

function eventsOf(
  observations: readonly ChaosEvent[],
  name: (id: string) => string,
  from: number,
  to: number,
  calls: { readonly stop: string; readonly start: string },
  ends: { readonly begins: string; readonly ends: string } = { begins: 'load begins', ends: 'load ends' },
): TimelineEvent[] {
  const events: TimelineEvent[] = [{ at: from, kind: 'load', text: ends.begins }];
  for (const each of observations) {
    switch (each.kind) {
      case 'stop':
      case 'start': {
        events.push({
          at: each.at,
          kind: each.outcome === 'refused' ? 'problem' : 'call',
          text: `${calls[each.kind]} ${each.outcome}${each.detail === '' ? '' : `: ${each.detail}`}`,
        });
        break;
      }
      case 'instance':
        events.push({ at: each.at, kind: 'instance', text: `${name(each.instanceId)} is ${each.state}` });
        break;
      case 'health':
        events.push({
          at: each.at,
          kind: 'health',
          text: `target ${name(each.instanceId)} is ${each.state}${each.reason === '' ? '' : ` (${each.reason})`}`,
        });
        break;
      case 'blind':
        events.push({ at: each.at, kind: 'problem', text: `the state could not be read: ${each.detail}` });
        break;
    }
  }
  events.push({ at: to, kind: 'load', text: ends.ends });
  return events.sort((a, b) => a.at - b.at);
}
