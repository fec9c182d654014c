/** The parts that one or several k6 processes sent, as the run that is judged. Pure. */

import type { FileRead, PointsRead } from './points.ts';
import { firstOf } from './samples.ts';
import { type Shard, type ShardEnd, shardRun } from './shards.ts';
import type { LoadRun, LoadSettings } from './types.ts';

/** What one k6 did. */
export interface Part {
  readonly shard: Shard;
  readonly outcome: ShardEnd['outcome'];
  /** Null when a signal ended it, or nothing is known. */
  readonly exitCode: number | null;
  readonly exceptions: number;
  /** The last exception, or what k6 said last, with the place in the script; empty for nothing. */
  readonly said: string;
  readonly thresholds: readonly string[];
  readonly log: readonly string[];
  /** Ended because of another one, or by whoever waited. */
  readonly calledOff: boolean;
  readonly file: FileRead;
  /** What else is wrong with what it handed in, in a clause. */
  readonly objection?: string;
}

/** `startAt`: when all were to begin; undefined where one sends by itself, at once. `begunAt`, `now`: where there are no samples to go by. */
export function mergeParts(
  points: PointsRead,
  parts: readonly Part[],
  settings: LoadSettings,
  {
    version,
    startAt,
    begunAt,
    now,
  }: { readonly version: string; readonly startAt?: number; readonly begunAt: number; readonly now: number },
): LoadRun {
  const { samples, dropped, iterations, unrecorded, traffic } = points;
  let last = 0;
  for (const { at, ms } of samples) last = Math.max(last, at + ms);
  // The one that broke off the others says what was wrong.
  const worst =
    parts.find((each) => each.outcome !== 'done' && !each.calledOff) ?? parts.find((each) => each.outcome !== 'done') ?? parts[0];
  const outcome = worst === undefined || worst.outcome === 'missing' ? 'failed' : worst.outcome;
  const broken = parts.find((each) => each.exceptions > 0);
  const thresholds = [...new Set(parts.flatMap((each) => each.thresholds))];
  return {
    outcome,
    exitCode: worst?.exitCode ?? null,
    version,
    startedAt: firstOf(samples)?.at ?? begunAt,
    endedAt: samples.length > 0 ? last : now,
    samples,
    ...{ dropped, iterations, unrecorded, traffic },
    exceptions: parts.reduce((sum, each) => sum + each.exceptions, 0),
    thresholds: parts.some((each) => each.exitCode === 99) && thresholds.length === 0 ? ['unnamed'] : thresholds,
    said: outcome === 'done' ? '' : (worst?.said ?? ''),
    log: outcome !== 'done' ? (worst?.log ?? []) : broken === undefined ? [] : [broken.said],
    shards:
      startAt === undefined
        ? []
        : parts.map((part) => {
            const run = shardRun(part.shard, settings, startAt, { ...part, ...part.file });
            return part.objection === undefined || part.objection === '' ? run : { ...run, problem: part.objection };
          }),
  };
}
