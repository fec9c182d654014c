import type { Clock, Emit } from '../run/port.ts';
import { type Bucket, bucketsOf } from './rates.ts';

/**
 * The pace of all calls of a run in one account and region. Each try of a call takes a token from each of AWS's buckets that it counts
 * in (`rates.ts`). The SDK's adaptive mode is no substitute: it begins without a limit, and knows one client only.
 */
export interface Scheduler {
  /**
   * Resolves when the call may be sent, with what must be called when it has ended. Rejects with the signal's reason. `urgency`: writes
   * before reads that somebody waits for, these before reads in the background.
   */
  enter(op: string, access: 'read' | 'write', how: { readonly background?: boolean; readonly signal?: AbortSignal }): Promise<() => void>;
  /** AWS refused a call for its rate: its buckets are refilled at half their rate for a minute, beginning empty. */
  refused(op: string, access: 'read' | 'write'): void;
}

/** A share of the published rates, or how to do without. */
export type Pace = number | 'once refused' | 'unlimited';

export interface PaceOptions {
  readonly clock: Clock;
  readonly emit?: Emit;
  /**
   * The share of what the account has, over 0 and up to 1: others work in it too. `once refused`: as fast as it goes, and by half of what
   * is published for a family from its first refusal on. `unlimited`: refusals alone are waited for.
   */
  readonly pace?: Pace;
  /** Calls under way at once. The SDK opens 50 connections for each service. */
  readonly most?: number;
}

/** Longer waits are told. */
const TELL_AFTER_MS = 3000;
/** How often a wait that goes on is told again. */
const TELL_AGAIN_MS = 20_000;
const PENALTY_MS = 60_000;
/** Seconds between the sending of the first call and its arrival: AWS's bucket begins to refill only then. */
const LEAD_SECONDS = 0.5;
const MOST_CALLS = 32;

interface Level {
  readonly bucket: Bucket;
  readonly share: number;
  tokens: number;
  at: number;
  slowUntil: number;
}

interface Waiting {
  readonly rank: number;
  readonly since: number;
  readonly levels: readonly string[];
  readonly go: () => void;
}

/** The most tokens at a time, at least one: a bucket whose share is less than one call would never give any. */
const roomOf = ({ depth, refill }: Bucket, share: number): number => Math.max(1, Math.min(depth * share, depth - refill * LEAD_SECONDS));

export function paced(options: PaceOptions): Scheduler {
  const { clock, emit, pace = 0.5, most = MOST_CALLS } = options;
  const levels = new Map<string, Level>();
  const waiting: Waiting[] = [];
  let running = 0;
  let timer: AbortController | undefined;
  let told = Number.NEGATIVE_INFINITY;

  const levelOf = (name: string, bucket: Bucket): Level => {
    const share = typeof pace === 'number' ? pace : 0.5;
    const level = levels.get(name) ?? { bucket, share, tokens: roomOf(bucket, share), at: clock.now(), slowUntil: 0 };
    levels.set(name, level);
    return level;
  };

  const fill = (level: Level, now: number): void => {
    const { bucket, share, at, slowUntil } = level;
    const slow = Math.max(0, Math.min(now, slowUntil) - at);
    level.tokens = Math.min(roomOf(bucket, share), level.tokens + ((now - at - slow / 2) / 1000) * bucket.refill * share);
    level.at = now;
  };

  /** Milliseconds until there is a token. */
  const missing = (level: Level, now: number): number => {
    if (level.tokens >= 1) return 0;
    const perMs = (level.bucket.refill * level.share) / 1000 / (now < level.slowUntil ? 2 : 1);
    return (1 - level.tokens) / perMs;
  };

  const pump = (): void => {
    const now = clock.now();
    for (const level of levels.values()) fill(level, now);
    // What waits for a bucket is not overtaken by what would take from the same one; of its other buckets it holds nothing back.
    const blocked = new Set<string>();
    let next = Number.POSITIVE_INFINITY;
    let slowest: { readonly label: string; readonly since: number } | undefined;
    for (const entry of [...waiting]) {
      if (running >= most) break;
      const own = entry.levels
        .map((name) => ({ name, level: levels.get(name) }))
        .filter((one): one is { name: string; level: Level } => one.level !== undefined);
      const short = own.filter(({ name, level }) => blocked.has(name) || level.tokens < 1);
      if (short.length > 0) {
        for (const { name, level } of short) {
          blocked.add(name);
          next = Math.min(next, Math.max(1, missing(level, now)));
          if (slowest === undefined || entry.since < slowest.since) slowest = { label: level.bucket.label, since: entry.since };
        }
        continue;
      }
      for (const { level } of own) level.tokens -= 1;
      waiting.splice(waiting.indexOf(entry), 1);
      running++;
      entry.go();
    }
    if (slowest !== undefined) tell(slowest, now);
    timer?.abort();
    timer = undefined;
    if (!Number.isFinite(next)) return;
    const own = new AbortController();
    timer = own;
    // A long wait is looked at before it ends, so that it is told.
    clock.sleep(Math.ceil(Math.min(next, TELL_AFTER_MS)), own.signal).then(
      () => (timer === own ? pump() : undefined),
      () => undefined,
    );
  };

  const tell = ({ label, since }: { readonly label: string; readonly since: number }, now: number): void => {
    if (now - since < TELL_AFTER_MS || now - told < TELL_AGAIN_MS) return;
    told = now;
    const seconds = Math.round((now - since) / 1000);
    emit?.({
      kind: 'pace',
      text: `waiting for AWS's rate limit: ${label}, ${waiting.length} call${waiting.length === 1 ? '' : 's'} to go`,
      seconds,
    });
  };

  return {
    enter(op, access, { background = false, signal }) {
      signal?.throwIfAborted();
      const buckets = pace === 'unlimited' ? [] : bucketsOf(op, access);
      const names = pace === 'once refused' ? buckets.filter(({ name }) => levels.has(name)) : buckets;
      for (const { name, bucket } of names) levelOf(name, bucket);
      const rank = access === 'write' ? 0 : background ? 2 : 1;
      return new Promise((resolve, reject) => {
        let left = false;
        const entry: Waiting = {
          rank,
          since: clock.now(),
          levels: names.map(({ name }) => name),
          go: () => {
            signal?.removeEventListener('abort', onAbort);
            resolve(() => {
              if (left) return;
              left = true;
              running--;
              pump();
            });
          },
        };
        const onAbort = () => {
          const at = waiting.indexOf(entry);
          if (at >= 0) waiting.splice(at, 1);
          reject(signal?.reason);
        };
        signal?.addEventListener('abort', onAbort, { once: true });
        const behind = waiting.findIndex((other) => other.rank > rank);
        waiting.splice(behind < 0 ? waiting.length : behind, 0, entry);
        pump();
      });
    },
    refused(op, access) {
      if (pace === 'unlimited') return;
      const now = clock.now();
      for (const { name, bucket } of bucketsOf(op, access)) {
        const level = levelOf(name, bucket);
        fill(level, now);
        level.tokens = Math.min(level.tokens, 0);
        level.slowUntil = now + PENALTY_MS;
      }
      pump();
    },
  };
}
