/** The steady state between two experiments: every target as healthy as before, and the requests answered. Pure. */

import type { TargetState } from '../chaos/answers.ts';
import type { Objectives, Samples } from './types.ts';

/** For so long all has to be well before the next one begins. */
export const STEADY_SECONDS = 5;

/** What AWS says of the targets of each group, by the group's ARN. */
export type Health = ReadonlyMap<string, readonly TargetState[]>;

/** The part of the requests that may fail meanwhile: as many as before a fault, or in the whole run, and none where the spec says nothing. */
export const failuresAllowed = ({ before, errorRate }: Objectives): number => before?.errorRate ?? errorRate ?? 0;

const isHealthy = ({ state }: TargetState): boolean => state === 'healthy';
const keyOf = ({ instanceId, port }: TargetState): string => `${instanceId}:${port}`;

/**
 * What is not yet as it was, in a clause; empty when all is. `replaced`: targets may have been replaced by others, of which there then have
 * to be as many.
 */
export function unlike(before: Health, now: Health, replaced: boolean, nameOf: (id: string) => string): string {
  for (const [arn, states] of before) {
    const was = states.filter(isHealthy);
    const is = now.get(arn) ?? [];
    const healthy = is.filter(isHealthy);
    if (replaced) {
      if (healthy.length < was.length) return `${healthy.length} targets are healthy, but ${was.length} were before`;
      continue;
    }
    const lost = was.find((each) => !healthy.some((one) => keyOf(one) === keyOf(each)));
    if (lost === undefined) continue;
    const state = is.find((each) => keyOf(each) === keyOf(lost))?.state ?? 'not registered';
    return `the target of ${nameOf(lost.instanceId)} is ${state}`;
  }
  return '';
}

/** Requests so far. */
export interface Told {
  readonly requests: number;
  readonly failed: number;
}

/** Requests so far, of a load of which it may not be known how it goes. */
export interface Progress extends Told {
  /** Why it is not known, in a clause; empty when it is. */
  readonly unknown: string;
}

/** Why the requests between two moments are not those of a steady state, in a clause; empty when they are. */
export function unanswered(from: Told, to: Told, allowed: number): string {
  const [requests, failed] = [to.requests - from.requests, to.failed - from.failed];
  if (requests <= 0) return 'no request was answered';
  return failed / requests > allowed ? `${failed} of ${requests} requests failed` : '';
}

/** The same afterwards, from all requests that ended in the seconds before `at` (milliseconds since the epoch). */
export function unsteadyBefore(samples: Samples, at: number, allowed: number): string {
  let [requests, failed] = [0, 0];
  for (const sample of samples) {
    const ended = sample.at + sample.ms;
    if (ended < at - STEADY_SECONDS * 1000 || ended > at) continue;
    requests++;
    if (!sample.ok) failed++;
  }
  return unanswered({ requests: 0, failed: 0 }, { requests, failed }, allowed);
}
