/** Which step of an apply a failed request is put down to. Pure. */

import type { StepRun } from '../plan/types.ts';
import { failureKinds } from './statistics.ts';
import type { Sample } from './types.ts';
import type { Blame } from './under-load-types.ts';

interface Timed extends StepRun {
  readonly startedAt: number;
  readonly endedAt: number;
}

const isTimed = (step: StepRun): step is Timed => step.startedAt !== undefined && step.endedAt !== undefined;

interface Count {
  during: number;
  sent: number;
  after: number;
  readonly samples: Sample[];
}

/** The steps that began, and from when to when anything was done; undefined when none began. */
export function spanOf(steps: readonly StepRun[]): { readonly from: number; readonly to: number } | undefined {
  const timed = steps.filter(isTimed);
  if (timed.length === 0) return undefined;
  return { from: Math.min(...timed.map((step) => step.startedAt)), to: Math.max(...timed.map((step) => step.endedAt)) };
}

/**
 * Failed requests by step, worst first; `before` counts those that were over when the first step began.
 *
 * A request counts for every step that was under way at any time from its sending to its failing, waits included. AWS takes
 * a moment to do what it has accepted, so a request that failed while nothing was being changed is put down to the last change
 * that ended before it was sent. At equal counts a change comes before a wait: only changes change anything.
 */
export function attribute(
  samples: readonly Sample[],
  steps: readonly StepRun[],
): { readonly blames: readonly Blame[]; readonly before: number } {
  const timed = steps.filter(isTimed);
  const changes = timed.filter((step) => step.effect !== 'await');
  const span = spanOf(steps);
  const counts = new Map<string, Count>();
  const countOf = (step: Timed): Count => {
    const known = counts.get(step.id) ?? { during: 0, sent: 0, after: 0, samples: [] };
    counts.set(step.id, known);
    return known;
  };
  let before = 0;
  for (const sample of samples) {
    if (sample.ok) continue;
    const failedAt = sample.at + sample.ms;
    if (span === undefined || failedAt < span.from) {
      before++;
      continue;
    }
    const running = timed.filter((step) => step.startedAt <= failedAt && step.endedAt >= sample.at);
    for (const step of running) {
      const count = countOf(step);
      count.during++;
      if (step.startedAt <= sample.at) count.sent++;
      count.samples.push(sample);
    }
    if (running.some((step) => step.effect !== 'await')) continue;
    const last = latest(changes, sample.at);
    if (last === undefined) continue;
    const count = countOf(last);
    count.after++;
    count.samples.push(sample);
  }
  const blames = timed.flatMap((step): Blame[] => {
    const count = counts.get(step.id);
    return count === undefined ? [] : [blameOf(step, count)];
  });
  return { blames: blames.sort(byWorst), before };
}

function latest(changes: readonly Timed[], at: number): Timed | undefined {
  let found: Timed | undefined;
  for (const step of changes) if (step.endedAt < at && (found === undefined || step.endedAt > found.endedAt)) found = step;
  return found;
}

function blameOf(step: Timed, { samples, during, sent, after }: Count): Blame {
  const failedAt = samples.map((sample) => sample.at + sample.ms - step.startedAt);
  return {
    step: step.id,
    title: step.title,
    effect: step.effect,
    outcome: step.outcome,
    startedAt: step.startedAt,
    endedAt: step.endedAt,
    during,
    sent,
    after,
    firstAfterMs: failedAt.reduce((least, each) => Math.min(least, each), Number.POSITIVE_INFINITY),
    lastAfterMs: failedAt.reduce((most, each) => Math.max(most, each), 0),
    failures: failureKinds(samples),
  };
}

const isWait = (blame: Blame): number => (blame.effect === 'await' ? 1 : 0);
const byWorst = (a: Blame, b: Blame): number =>
  b.during + b.after - (a.during + a.after) || isWait(a) - isWait(b) || a.startedAt - b.startedAt;
