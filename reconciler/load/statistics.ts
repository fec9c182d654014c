/** Percentiles, rates and series over samples. Pure. */

import type { Sample, Samples, Series, Statistics } from './types.ts';

/**
 * The value below which the part `p` (0 to 1) lies, interpolated linearly at rank `p × (n − 1)`: k6's own way (k6 source:
 * metrics/sink.go), so that our numbers are those of a k6 summary over the same requests. `sorted` must ascend.
 */
export function percentile(sorted: ArrayLike<number>, p: number): number | null {
  if (sorted.length === 0) return null;
  const rank = p * (sorted.length - 1);
  const below = sorted[Math.floor(rank)] ?? 0;
  const above = sorted[Math.ceil(rank)] ?? below;
  return below + (above - below) * (rank - Math.floor(rank));
}

/** Failed requests count in the latencies too, with the time their users waited. */
export function statistics(samples: Samples): Statistics {
  const sorted = new Float64Array(samples.length);
  let failed = 0;
  let n = 0;
  for (const sample of samples) {
    sorted[n++] = sample.ms;
    if (!sample.ok) failed++;
  }
  sorted.sort();
  return {
    count: sorted.length,
    failed,
    errorRate: sorted.length === 0 ? 0 : failed / sorted.length,
    p50: percentile(sorted, 0.5),
    p95: percentile(sorted, 0.95),
    p99: percentile(sorted, 0.99),
    max: sorted.at(-1) ?? null,
  };
}

/** Each instance's part of the requests that were answered well and by a known instance. */
export function shares(samples: Samples): Record<string, number> {
  const counts = new Map<string, number>();
  let all = 0;
  for (const sample of samples) {
    if (!sample.ok || sample.instance === '') continue;
    counts.set(sample.instance, (counts.get(sample.instance) ?? 0) + 1);
    all++;
  }
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([id, count]) => [id, count / all]));
}

/**
 * Per second since `from`, by when each request began. The last second is the one of the last request; a tenth of a second over
 * is counted to the one before it, since a chart would show it as a collapse of the load.
 */
export function seriesOf(samples: Samples, from: number): Series {
  let lastAt = from;
  for (const { at } of samples) lastAt = Math.max(lastAt, at);
  const seconds = Math.max(1, Math.ceil((lastAt - from) / 1000 - 0.1));
  const zeros = (): number[] => Array.from({ length: seconds }, () => 0);
  const [requests, failed] = [zeros(), zeros()];
  const secondOf = (at: number): number => Math.min(seconds - 1, Math.max(0, Math.floor((at - from) / 1000)));
  const byInstance = new Map<string, number[]>();
  for (const { at, ok, instance } of samples) {
    const second = secondOf(at);
    requests[second] = (requests[second] ?? 0) + 1;
    if (!ok) failed[second] = (failed[second] ?? 0) + 1;
    if (instance === '') continue;
    const answered = byInstance.get(instance) ?? zeros();
    byInstance.set(instance, answered);
    if (ok) answered[second] = (answered[second] ?? 0) + 1;
  }
  // The times of each second, one second after the other in one array.
  const times = new Float64Array(samples.length);
  const next: number[] = [];
  for (let second = 0, start = 0; second < seconds; second++) {
    next.push(start);
    start += requests[second] ?? 0;
  }
  for (const { at, ms } of samples) {
    const second = secondOf(at);
    times[next[second] ?? 0] = ms;
    next[second] = (next[second] ?? 0) + 1;
  }
  return {
    requests,
    failed,
    p95: requests.map((count, second) => percentile(times.subarray((next[second] ?? 0) - count, next[second]).sort(), 0.95)),
    byInstance: Object.fromEntries([...byInstance].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

/** What failures looked like, most frequent first: `status 503`, `request timed out`. */
export function failureKinds(samples: Iterable<Sample>): { what: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const sample of samples) {
    if (sample.ok) continue;
    const what = describeFailure(sample);
    counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  return [...counts].map(([what, count]) => ({ what, count })).sort((a, b) => b.count - a.count || (a.what < b.what ? -1 : 1));
}

/**
 * k6's codes of requests that never reached the load balancer (k6 source: js/modules/k6/http and lib/netext/httpext/error_codes.go):
 * the URL, the name, an address that k6 is closed to, no socket or no way to it, a certificate that the client itself refuses. What
 * is refused, reset or times out may be the load balancer's doing, and is no such code.
 */
const GENERATOR_CODES: ReadonlySet<number> = new Set([1010, 1020, 1100, 1101, 1110, 1111, 1213, 1310, 1311]);

/** Whether a request failed on the machine that sends the load, so that it says nothing of the load balancer. */
export const isGeneratorFailure = ({ status, errorCode }: Pick<Sample, 'status' | 'errorCode'>): boolean =>
  status === 0 && GENERATOR_CODES.has(errorCode);

/** k6's error codes in words (k6 documentation: "Error codes"). */
export function describeFailure(sample: Sample): string {
  if (sample.status >= 200 && sample.status < 400) return `status ${sample.status}, not what was expected`;
  if (sample.status !== 0) return `status ${sample.status}`;
  switch (sample.errorCode) {
    case 1050:
      return 'request timed out';
    case 1211:
      return 'connecting timed out';
    case 1212:
      return 'connection refused';
    case 1220:
      return 'connection reset';
    case 1020:
      return 'the address is not a URL';
    case 1100:
    case 1101:
      return 'name not found';
    case 1110:
    case 1111:
      return 'an address other than the load balancer’s';
    case 1213:
      return 'no socket';
    case 1310:
      return 'certificate of an unknown authority';
    case 1311:
      return 'certificate of another name';
    default:
      if (sample.errorCode >= 1300 && sample.errorCode < 1400) return `TLS error (k6 code ${sample.errorCode})`;
      return sample.errorCode === 0 ? 'no answer' : `no answer (k6 code ${sample.errorCode})`;
  }
}
