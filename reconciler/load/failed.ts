/** The requests that failed, as far as a page can show them. Pure. */

import { describeFailure } from './statistics.ts';
import type { FailedRequest, Sample } from './types.ts';

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
export function failedRequests(samples: readonly Sample[], from: number, most = MOST_FAILED): FailedRequest[] {
  const failed = samples.filter((sample) => !sample.ok);
  const step = Math.max(1, failed.length / most);
  const shown = failed.length <= most ? failed : Array.from({ length: most }, (_, index) => failed[Math.floor(index * step)] as Sample);
  return shown.map((sample) => failedRequest(sample, from));
}
