/**
 * A load that several k6 processes send together, on this machine or on several. Each takes its segment of the whole (k6 docs, "execution
 * segments"): of a rate every Nth tick, of users an equal part. All begin at a time that was agreed, read from the clock, so that none needs
 * a port of another. What they measured is put together sample by sample and judged once. Pure.
 */

import { ReconcileError } from '../errors.ts';
import { endingOf } from './k6-exit.ts';
import { courseOf, peakRate, plannedRequests } from './profile.ts';
import type { K6Outcome, LoadSettings, ShardRun } from './types.ts';

/** As many jobs as a matrix of GitHub Actions may have (GitHub docs, actions limits). */
export const MOST_SHARDS = 256;
/** Of a rate, that each has something to do, and of users: k6 hands out no part of one. */
const LEAST_RATE = 2;
/** A shard that is ready so long (ms) after the agreed start sends nothing: its requests would come after those of the others. */
export const LATE_MS = 1000;

export interface Shard {
  /** From 1. */
  readonly shard: number;
  readonly of: number;
  /** `1/4:2/4`: from where to where of the whole. */
  readonly segment: string;
  /** `0,1/4,2/4,3/4,1`: how all of them lie. Without it, k6 rounds in each for itself, and requests get lost (measured: 963 of 971). */
  readonly sequence: string;
  /** Name of its file of points. */
  readonly pointsFile: string;
  /** Iterations that it is to begin. */
  readonly planned: number;
  /** Most requests a second; those of all shards together are the bound of the whole. */
  readonly most?: number;
}

type Load = Pick<LoadSettings, 'rate' | 'duration' | 'profile' | 'peak'>;

/**
 * The shards of a load. `most` bounds the requests a second of all of them together, and is divided to the last one. Throws `LoadFailed` when
 * there are more than the rate or the bound has work for.
 */
export function shardsOf(count: number, load: Load, most?: number): readonly Shard[] {
  if (!Number.isInteger(count) || count < 1 || count > MOST_SHARDS)
    throw new ReconcileError('LoadFailed', `a load has 1 to ${MOST_SHARDS} shards, not ${count}`);
  const able = Math.floor(Math.min(peakRate(load) / LEAST_RATE, most ?? Number.POSITIVE_INFINITY));
  if (count > 1 && count > able)
    throw new ReconcileError(
      'LoadFailed',
      `${count} shards are too many for ${Math.min(peakRate(load), most ?? peakRate(load))} requests per second`,
      {
        hint: able > 1 ? `Ask for ${able} at most: each sends ${LEAST_RATE} requests a second or more.` : 'Send it from one.',
      },
    );
  const at = (place: number): string => (place === 0 ? '0' : place === count ? '1' : `${place}/${count}`);
  const sequence = Array.from({ length: count + 1 }, (_, place) => at(place)).join(',');
  const planned = plannedRequests(load);
  return Array.from({ length: count }, (_, index) => ({
    ...{ shard: index + 1, of: count, segment: `${at(index)}:${at(index + 1)}`, sequence },
    pointsFile: count === 1 ? 'points.csv' : `points-${index + 1}.csv`,
    planned: partOf(planned, index, count),
    ...(most === undefined ? {} : { most: partOf(most, index, count) }),
  }));
}

/** The part of a whole number that the one at `index` of `count` gets when they take turns: the parts add up to the whole. */
const partOf = (whole: number, index: number, count: number): number => Math.max(0, Math.ceil((whole - index) / count));

/**
 * Of the options of a script, those that keep k6 from dividing a rate unequally: each segment has the part of the arrivals that it has of the
 * users in whole ones, so that of 37 users for three, one sends 13 of 37 (k6 source: lib/executor/constant_arrival_rate.go, Init; measured:
 * 84, 78 and 78 of 240). A few users more, and each has the same.
 */
export function equalParts({ scenarios }: Readonly<Record<string, unknown>>, shards: number): Readonly<Record<string, unknown>> {
  if (!isFields(scenarios)) return {};
  const equal = (scenario: unknown): unknown => {
    if (!isFields(scenario) || !/-arrival-rate$/.test(String(scenario['executor']))) return scenario;
    const most = scenario['maxVUs'] ?? scenario['preAllocatedVUs'];
    return typeof most === 'number' ? { ...scenario, maxVUs: Math.ceil(most / shards) * shards } : scenario;
  };
  return { scenarios: Object.fromEntries(Object.entries(scenarios).map(([name, scenario]) => [name, equal(scenario)])) };
}

const isFields = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What k6 is told beside what it is told when it sends all by itself. */
export const segmentFlags = ({ of, segment, sequence }: Shard): string[] =>
  of === 1 ? [] : ['--execution-segment', segment, '--execution-segment-sequence', sequence];

/** What is known of a shard that has ended. */
export interface ShardEnd {
  readonly outcome: K6Outcome | 'missing';
  readonly exitCode: number | null;
  readonly requests: number;
  readonly iterations: number;
  readonly dropped: number;
  /** Milliseconds since the epoch; undefined when it sent none. */
  readonly firstAt: number | undefined;
  /** What it said last; empty for nothing. */
  readonly said: string;
  /** It was ended since another one failed, or by whoever waited for it. */
  readonly calledOff: boolean;
}

/** Above this part of what a shard was to send, what is missing is its failure. */
const SHORT = 0.01;

/** What a shard did of what it was to do. `startAt`: the agreed start, milliseconds since the epoch. */
export function shardRun({ shard, of, planned }: Shard, load: Load, startAt: number, end: ShardEnd): ShardRun {
  const { outcome, exitCode, requests, iterations, dropped, firstAt } = end;
  const startOffsetMs = firstAt === undefined ? null : Math.round((firstAt - startAt) * 10) / 10;
  const begun = Math.min(requests, iterations === 0 ? Number.POSITIVE_INFINITY : iterations);
  // Its first tick comes after those of the others; the last one of a rate may fall behind the end of the run.
  const turn = (shard / (courseOf(load)?.from ?? load.rate)) * 1000;
  const short = planned - 1 - dropped - begun;
  const problem = end.calledOff
    ? ''
    : outcome === 'missing'
      ? 'its points are missing'
      : outcome !== 'done'
        ? endingOf({ outcome, exitCode, said: end.said })
        : startOffsetMs !== null && startOffsetMs > LATE_MS + turn
          ? `its first request came ${(startOffsetMs / 1000).toFixed(1)} s after the planned start`
          : short > planned * SHORT
            ? `it started ${begun} of ${planned} iterations`
            : '';
  return { shard, of, planned, iterations: begun, requests, dropped, startOffsetMs, outcome, exitCode, problem };
}

/** What is wrong with the shards, each in a sentence. */
export const shardDoubts = (shards: readonly ShardRun[]): string[] =>
  shards.filter(({ problem }) => problem !== '').map(({ shard, of, problem }) => `shard ${shard} of ${of}: ${problem}`);
