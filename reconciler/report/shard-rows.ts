/** The k6 processes that sent a load together, as the rows that every format shows. Pure. */

import type { LoadReport } from '../load/types.ts';
import { count } from './format.ts';

export const SHARD_COLUMNS = ['shard', 'planned', 'begun', 'requests', 'dropped', 'first request after the start', 'exit'] as const;

/** One row for each, of text that nobody outside of albedo wrote; empty where one process sent the load by itself. */
export function shardRows({ shards }: LoadReport): readonly (readonly string[])[] {
  return shards.map(({ shard, of, planned, iterations, requests, dropped, startOffsetMs, exitCode, outcome }) => [
    `${shard} of ${of}`,
    ...[planned, iterations, requests, dropped].map(count),
    startOffsetMs === null ? '–' : `${startOffsetMs.toFixed(1)} ms`,
    outcome === 'missing' ? 'missing' : exitCode === null ? 'killed' : String(exitCode),
  ]);
}
