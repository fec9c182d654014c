import type { Emit } from '../run/port.ts';
import type { LiveSeconds } from './live.ts';
import type { Points } from './points.ts';

export interface LoadSoFar {
  /** Of the load, milliseconds since the epoch. */
  readonly startedAt: number;
  readonly totalMs: number;
  readonly now: number;
  readonly points: Points;
  readonly live: LiveSeconds;
  /** Why it is not all that is to be known, in a clause; empty when it is. */
  readonly note?: string;
}

/** Tells whoever watches what is known of a load that is being sent. */
export function tellLoad(emit: Emit, { startedAt, totalMs, now, points, live, note = '' }: LoadSoFar): void {
  const { requests, failed } = points.counted();
  emit({ kind: 'load-progress', elapsedMs: Math.min(totalMs, now - startedAt), totalMs, requests, failed, note });
  const news = live.take();
  if (news.seconds.length > 0) emit({ kind: 'load-seconds', startedAt, ...news });
}
