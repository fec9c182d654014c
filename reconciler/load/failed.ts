/** The requests that failed, as far as a page can show them. Pure. */

import { describeFailure } from './statistics.ts';
import type { FailedRequest, Sample, Samples } from './types.ts';

/** More rows than this nobody reads, and a page with them is slow; the counts are of all. */
export const MOST_FAILED = 500;

/** One request that failed, in words. `from`: when the load began, milliseconds since the epoch. */
export const failedRequest = (sample: Sample, from: number): FailedRequest => ({
  second: Math.round((sample.at - from) / 10) / 100,
  ms: Math.round(sample.ms * 10) / 10,
  instance: sample.instance,
  status: sample.status,
  error: describeFailure(sample),
});

/**
 * All failed requests in order of time; of more than `most`, evenly spread ones, so that none of the seconds with failures is left out by
 * being late.
 */
export function failedRequests(samples: Samples, from: number, most = MOST_FAILED): FailedRequest[] {
  let total = 0;
  for (const { ok } of samples) if (!ok) total++;
  const step = Math.max(1, total / most);
  const shown: FailedRequest[] = [];
  let index = 0;
  for (const sample of samples) {
    if (sample.ok) continue;
    // The next that is due: floor(0), floor(step), floor(2 × step), …
    if (index === Math.floor(shown.length * step)) shown.push(failedRequest(sample, from));
    index++;
  }
  return shown;
}
