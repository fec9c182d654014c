/** What is known of each second while the load runs, for whoever watches. Pure; nothing is judged from it. */

import { failedRequest } from './failed.ts';
import type { SampleSink } from './points.ts';
import { percentile } from './statistics.ts';
import type { FailedRequest, Sample } from './types.ts';

/** A request is known when it has ended: one that times out belongs to a second this many before. */
const OPEN_SECONDS = 65;
/** Failed requests that one look hands on; the counts are of all. */
const MOST_FAILED = 20;

/** What is known of one second of a load that still runs. */
export interface LiveSecond {
  readonly second: number;
  readonly requests: number;
  readonly failed: number;
  /** Milliseconds. */
  readonly p95: number | null;
  /** Requests answered well, by instance. */
  readonly byInstance: Readonly<Record<string, number>>;
}

export interface LiveSeconds extends SampleSink {
  /** The seconds that changed since the last call, and some of the requests that failed. Empty before `begin`. */
  take(): { readonly seconds: readonly LiveSecond[]; readonly failed: readonly FailedRequest[] };
  /** Milliseconds since the epoch that second 0 begins at. Samples added before count too. */
  begin(at: number): void;
}

interface Bucket {
  requests: number;
  failed: number;
  readonly times: number[];
  readonly byInstance: Map<string, number>;
}

/** Memory is bounded: latencies are held for the last minute only, however long the load lasts. */
export function liveSeconds(): LiveSeconds {
  const buckets = new Map<number, Bucket>();
  const changed = new Set<number>();
  const early: Sample[] = [];
  let failed: FailedRequest[] = [];
  let from: number | undefined;
  let newest = 0;
  const put = (sample: Sample, origin: number): void => {
    const second = Math.max(0, Math.floor((sample.at - origin) / 1000));
    // What comes so late, as from a pod that was not heard for a while, is in the report; a second that is drawn is not drawn anew from it.
    if (second < newest - OPEN_SECONDS) return;
    newest = Math.max(newest, second);
    let bucket = buckets.get(second);
    if (bucket === undefined) {
      bucket = { requests: 0, failed: 0, times: [], byInstance: new Map() };
      buckets.set(second, bucket);
      for (const old of buckets.keys()) if (old < second - OPEN_SECONDS) buckets.delete(old);
    }
    bucket.requests++;
    bucket.times.push(sample.ms);
    if (sample.ok && sample.instance !== '') bucket.byInstance.set(sample.instance, (bucket.byInstance.get(sample.instance) ?? 0) + 1);
    if (!sample.ok) {
      bucket.failed++;
      if (failed.length < MOST_FAILED) failed.push(failedRequest(sample, origin));
    }
    changed.add(second);
  };
  return {
    add: (sample) => void (from === undefined ? early.push(sample) : put(sample, from)),
    forget() {
      early.length = 0;
      failed = [];
      for (const second of buckets.keys()) {
        buckets.set(second, { requests: 0, failed: 0, times: [], byInstance: new Map() });
        changed.add(second);
      }
    },
    begin(at) {
      from = at;
      for (const sample of early.splice(0)) put(sample, at);
    },
    take() {
      const seconds = [...changed]
        .sort((a, b) => a - b)
        .flatMap((second): LiveSecond[] => {
          const bucket = buckets.get(second);
          if (bucket === undefined) return [];
          const p95 = percentile(
            [...bucket.times].sort((a, b) => a - b),
            0.95,
          );
          return [{ second, requests: bucket.requests, failed: bucket.failed, p95, byInstance: Object.fromEntries(bucket.byInstance) }];
        });
      changed.clear();
      const shown = failed;
      failed = [];
      return { seconds, failed: shown };
    },
  };
}
