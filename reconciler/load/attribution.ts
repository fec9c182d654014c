/** Which step of an apply a failed request is put down to. Pure. */

import type { StepRun } from '../plan/types.ts';
import { failureKinds } from './statistics.ts';
import type { Sample, Samples } from './types.ts';
import type { FailureAttribution } from './under-load-types.ts';

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

/** AWS says yes to a change a moment before it acts on it. Requests sent so long (ms) after a change may still be its doing. */
const LAG_MS = 1000;

/**
 * Failed requests by step, changes before waits and worst first; `before` counts those that were over when the first step began.
 *
 * A request counts for every step that was under way at any time from its sending to its failing, and for the changes that ended
 * shortly before it was sent; later than that, and when nothing was being changed, for the last change before it. Waits change
 * nothing, so they are told after the changes.
 */
export function attribute(
  samples: Samples,
  steps: readonly StepRun[],
): { readonly blames: readonly FailureAttribution[]; readonly before: number } {
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
    for (const step of endedBefore(changes, sample.at)) {
      const count = countOf(step);
      count.after++;
      count.samples.push(sample);
    }
  }
  const blames = timed.flatMap((step): FailureAttribution[] => {
    const count = counts.get(step.id);
    return count === undefined ? [] : [attributeFailures(step, count)];
  });
  return { blames: blames.sort(byWorst), before };
}

function endedBefore(changes: readonly Timed[], at: number): readonly Timed[] {
  const ended = changes.filter((step) => step.endedAt < at).sort((a, b) => b.endedAt - a.endedAt);
  const recent = ended.filter((step) => at - step.endedAt <= LAG_MS);
  if (recent.length > 0 || changes.some((step) => step.startedAt <= at && step.endedAt >= at)) return recent;
  return ended.slice(0, 1);
}

function attributeFailures(step: Timed, { samples, during, sent, after }: Count): FailureAttribution {
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

const isWait = (blame: FailureAttribution): number => (blame.effect === 'await' ? 1 : 0);
const byWorst = (a: FailureAttribution, b: FailureAttribution): number =>
  isWait(a) - isWait(b) || b.sent + b.after - (a.sent + a.after) || b.during - a.during || a.startedAt - b.startedAt;
