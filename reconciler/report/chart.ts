/** Numbers made small enough to draw. Pure. */

import type { Series } from '../load/types.ts';

export interface Point {
  readonly requests: number;
  readonly failed: number;
  /** The worst second's p95: a mean of percentiles means nothing. Null without requests. */
  readonly p95: number | null;
}

/** At most `most` points, each of the same whole number of seconds. */
export function thin(series: Series, most: number): { readonly points: readonly Point[]; readonly secondsEach: number } {
  const secondsEach = Math.max(1, Math.ceil(series.requests.length / most));
  const points: Point[] = [];
  for (let from = 0; from < series.requests.length; from += secondsEach) {
    const cut = <T>(list: readonly T[]): T[] => list.slice(from, from + secondsEach);
    const sum = (list: readonly number[]): number => cut(list).reduce((a, b) => a + b, 0);
    const slow = cut(series.p95).filter((each): each is number => each !== null);
    points.push({ requests: sum(series.requests), failed: sum(series.failed), p95: slow.length === 0 ? null : Math.max(...slow) });
  }
  return { points, secondsEach };
}

const BARS = '▁▂▃▄▅▆▇█';

/** One character per value, from 0 to the greatest; `·` for nothing. */
export function sparkline(values: readonly (number | null)[]): string {
  const top = Math.max(0, ...values.map((each) => each ?? 0));
  return values
    .map((each) =>
      each === null || each === 0 || top === 0 ? '·' : (BARS[Math.min(BARS.length - 1, Math.floor((each / top) * BARS.length))] ?? '·'),
    )
    .join('');
}

/** A round number at or above `value`, for the top of an axis: 1, 2, 2.5 or 5 times a power of ten. */
export function niceCeiling(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 2.5, 5, 10].find((each) => each * power >= value) ?? 10;
  return step * power;
}
