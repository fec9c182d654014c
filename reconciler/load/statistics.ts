/** Percentiles, rates and series over samples. Pure. */

import type { Sample, Series, Statistics } from './types.ts';

/**
 * The value below which the part `p` (0 to 1) lies, interpolated linearly at rank `p × (n − 1)`: k6's own way (k6 source:
 * metrics/sink.go), so that our numbers are those of a k6 summary over the same requests. `sorted` must ascend.
 */
export function percentile(sorted: readonly number[], p: number): number | null {
  if (sorted.length === 0) return null;
  const rank = p * (sorted.length - 1);
  const below = sorted[Math.floor(rank)] ?? 0;
  const above = sorted[Math.ceil(rank)] ?? below;
  return below + (above - below) * (rank - Math.floor(rank));
}

/** Failed requests count in the latencies too, with the time their users waited. */
export function statistics(samples: readonly Sample[]): Statistics {
  const times = samples.map((sample) => sample.ms).sort((a, b) => a - b);
  const failed = samples.reduce((sum, sample) => sum + (sample.ok ? 0 : 1), 0);
  return {
    count: samples.length,
    failed,
    errorRate: samples.length === 0 ? 0 : failed / samples.length,
    p50: percentile(times, 0.5),
    p95: percentile(times, 0.95),
    p99: percentile(times, 0.99),
    max: times.at(-1) ?? null,
  };
}

/** Each instance's part of the requests that were answered well and by a known instance. */
export function shares(samples: readonly Sample[]): Record<string, number> {
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
export function seriesOf(samples: readonly Sample[], from: number): Series {
  const lastAt = samples.reduce((latest, sample) => Math.max(latest, sample.at), from);
  const seconds = Math.max(1, Math.ceil((lastAt - from) / 1000 - 0.1));
  const buckets: Sample[][] = Array.from({ length: seconds }, () => []);
  for (const sample of samples) buckets[Math.min(seconds - 1, Math.floor((sample.at - from) / 1000))]?.push(sample);
  const ids = [...new Set(samples.map((sample) => sample.instance).filter((id) => id !== ''))].sort();
  return {
    requests: buckets.map((bucket) => bucket.length),
    failed: buckets.map((bucket) => bucket.filter((sample) => !sample.ok).length),
    p95: buckets.map((bucket) => statistics(bucket).p95),
    byInstance: Object.fromEntries(ids.map((id) => [id, buckets.map((bucket) => bucket.filter((s) => s.ok && s.instance === id).length)])),
  };
}

/** What failures looked like, most frequent first: `status 503`, `request timed out`. */
export function failureKinds(samples: readonly Sample[]): { what: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const sample of samples) {
    if (sample.ok) continue;
    const what = describeFailure(sample);
    counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  return [...counts].map(([what, count]) => ({ what, count })).sort((a, b) => b.count - a.count || (a.what < b.what ? -1 : 1));
}

/** k6's error codes in words (k6 documentation: "Error codes"). */
export function describeFailure(sample: Sample): string {
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
    case 1101:
      return 'name not found';
    default:
      if (sample.errorCode >= 1300 && sample.errorCode < 1400) return `TLS error (k6 code ${sample.errorCode})`;
      return sample.errorCode === 0 ? 'no answer' : `no answer (k6 code ${sample.errorCode})`;
  }
}
