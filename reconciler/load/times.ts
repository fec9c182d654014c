/** How long things took, from samples and the timeline. Pure. */

import { wordsOf } from '../chaos/experiments.ts';
import type { Timeline } from '../chaos/types.ts';
import { only } from './samples.ts';
import type { Measured, Sample, Samples } from './types.ts';

type Words = ReturnType<typeof wordsOf>;

const seconds = (ms: number): number => Math.max(0, ms) / 1000;

/** Stop call -> AWS reports the target as not healthy. An upper bound: it is known to the period of reading. */
export function detectionTime(timeline: Timeline, endedAt: number, words: Words = wordsOf(null)): Measured {
  if (timeline.stopAt === null) return { kind: 'unknown', note: `no ${words.thing} was ${words.done}` };
  if (timeline.notHealthyAt === null) {
    return {
      kind: 'atLeast',
      seconds: seconds((timeline.startAt ?? endedAt) - timeline.stopAt),
      note: 'AWS always reported the target as healthy',
    };
  }
  const early = timeline.lastHealthyAt === null ? 0 : seconds(timeline.lastHealthyAt - timeline.stopAt);
  return {
    kind: 'measured',
    seconds: seconds(timeline.notHealthyAt - timeline.stopAt),
    note: `${timeline.notHealthyAs}; not before ${early.toFixed(1)} s`,
  };
}

/**
 * Stop call -> end of the last failed request that was under way after the stop call and began before the start call: what a user
 * saw last of the loss. What fails after the start call belongs to the recovery. 0 when none failed.
 */
export function failoverTime(samples: Samples, timeline: Timeline, failedBefore: boolean, words: Words = wordsOf(null)): Measured {
  const { stopAt } = timeline;
  if (stopAt === null) return { kind: 'unknown', note: `no ${words.thing} was ${words.done}` };
  const until = timeline.startAt ?? Number.POSITIVE_INFINITY;
  let last: number | null = null;
  for (const sample of samples) {
    const endedAt = sample.at + sample.ms;
    if (!sample.ok && endedAt >= stopAt && sample.at < until) last = Math.max(last ?? 0, endedAt);
  }
  if (last === null)
    return { kind: 'measured', seconds: 0, note: `no request failed between the ${words.verb} and the ${words.undo.verb} call` };
  const note = failedBefore ? 'requests failed before the fault too, so some of this may have another cause' : '';
  return note === '' ? { kind: 'measured', seconds: seconds(last - stopAt) } : { kind: 'measured', seconds: seconds(last - stopAt), note };
}

/** Start call -> AWS reports the target healthy. */
export function healthyAgainTime(timeline: Timeline, endedAt: number, words: Words = wordsOf(null)): Measured {
  if (timeline.startAt === null) return { kind: 'unknown', note: `no ${words.undo.verb} call was sent` };
  if (timeline.notHealthyAt === null) return { kind: 'unknown', note: 'the target was always seen healthy' };
  if (timeline.healthyAt === null) {
    return { kind: 'atLeast', seconds: seconds(endedAt - timeline.startAt), note: 'the target was not healthy again when watching ended' };
  }
  if (timeline.healthyAt < timeline.startAt)
    return { kind: 'unknown', note: `the target was healthy again before the ${words.undo.verb} call` };
  return { kind: 'measured', seconds: seconds(timeline.healthyAt - timeline.startAt) };
}

/** Part of a fair share that counts as having it back. */
export const FAIR_PART = 0.8;
/** Requests that a window must hold per instance for a share to mean something. */
const PER_INSTANCE = 20;

/**
 * Start call -> the victims serve at least `FAIR_PART` of a fair share again. Fair is one part in `instances` for each, of all
 * requests: a failed one was served by nobody, so failures never make the share look better. The time is that of the victim's
 * first answer from which on a window of `20 × instances` requests (and at least a second) has that share.
 */
export function shareBackTime(
  samples: Samples,
  timeline: Timeline,
  victims: readonly string[],
  instances: number,
  words: Words = wordsOf(null),
): Measured {
  const { startAt } = timeline;
  if (startAt === null) return { kind: 'unknown', note: `no ${words.undo.verb} call was sent` };
  if (!servedBefore(samples, victims, timeline.stopAt)) {
    return { kind: 'unknown', note: 'the answers do not show which instance sent them, or the affected one sent none before the fault' };
  }
  const from = Math.max(startAt, timeline.notHealthyAt ?? startAt);
  const requests = only(samples, (sample) => sample.at >= from);
  const byVictim = (sample: Sample): boolean => sample.ok && victims.includes(sample.instance);
  const needed = PER_INSTANCE * instances;
  // A window over the requests: `ahead` is the first one behind it. Both ends only move on, so that each request is passed twice.
  const front = requests[Symbol.iterator]();
  let ahead = front.next();
  let inside = 0;
  let mine = 0;
  let lastAt = startAt;
  for (const opening of requests) {
    while (ahead.done !== true && (inside < needed || ahead.value.at - opening.at < 1000)) {
      inside++;
      if (byVictim(ahead.value)) mine++;
      lastAt = ahead.value.at;
      ahead = front.next();
    }
    if (inside < needed) break;
    if (byVictim(opening)) {
      if (mine / inside >= (FAIR_PART * victims.length) / instances) return { kind: 'measured', seconds: seconds(opening.at - startAt) };
      mine--;
    }
    inside--;
  }
  for (; ahead.done !== true; ahead = front.next()) lastAt = ahead.value.at;
  return {
    kind: 'atLeast',
    seconds: seconds(lastAt - startAt),
    note: 'the load ended before the instance received its share of requests again',
  };
}

/** Whether anything was asked of one of these in `[from, to)`: one of them answered, or a request failed. */
export function askedOf(
  samples: Samples,
  group: ReadonlySet<string>,
  { from, to }: { readonly from: number; readonly to: number },
): boolean {
  for (const sample of samples) if (sample.at >= from && sample.at < to && (!sample.ok || group.has(sample.instance))) return true;
  return false;
}

/** Whether one of the victims answered a request that began before the fault. */
export function servedBefore(samples: Samples, victims: readonly string[], stopAt: number | null): boolean {
  for (const sample of samples) if (sample.ok && victims.includes(sample.instance) && sample.at < (stopAt ?? 0)) return true;
  return false;
}
