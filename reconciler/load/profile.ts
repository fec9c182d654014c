/** How the rate of a load goes over its time. Pure. */

import type { LoadSettings } from './types.ts';

/** Where a spec says no other: how many times the rate the peak is. */
const PEAK = { spike: 3, breakpoint: 10 } as const;

/** Seconds, and the rate a second that is reached at their end, in a straight line; 0 seconds are a jump. */
export interface Stage {
  readonly seconds: number;
  readonly rate: number;
}

export interface Course {
  readonly from: number;
  readonly stages: readonly Stage[];
}

type Load = Pick<LoadSettings, 'rate' | 'duration' | 'profile' | 'peak'>;

/** The highest rate that is ever asked for. */
export const peakRate = ({ rate, profile, peak }: Load): number =>
  profile === 'spike' || profile === 'breakpoint' ? (peak ?? rate * PEAK[profile]) : rate;

/**
 * The course of the rate; undefined where it is the same all the while (`steady`, and `soak`, which is a long one). Rates are whole numbers,
 * as k6 wants them.
 *
 * - `ramp`: from a tenth of the rate in a straight line to the rate in half of the time, which it then holds
 * - `spike`: the rate, for a fifth of the time in the middle the peak, and the rate again
 * - `breakpoint`: from the rate in a straight line to the peak
 */
export function courseOf(load: Load): Course | undefined {
  const { rate, duration, profile = 'steady' } = load;
  const peak = peakRate(load);
  switch (profile) {
    case 'steady':
    case 'soak':
      return undefined;
    case 'ramp': {
      const rising = Math.round(duration / 2);
      return {
        from: Math.max(1, Math.round(rate / 10)),
        stages: [
          { seconds: rising, rate },
          { seconds: duration - rising, rate },
        ],
      };
    }
    case 'spike': {
      const before = Math.round(duration * 0.4);
      const high = Math.max(1, Math.round(duration * 0.2));
      return {
        from: rate,
        stages: [
          ...[
            { seconds: before, rate },
            { seconds: 0, rate: peak },
            { seconds: high, rate: peak },
          ],
          ...[
            { seconds: 0, rate },
            { seconds: duration - before - high, rate },
          ],
        ],
      };
    }
    case 'breakpoint':
      return { from: rate, stages: [{ seconds: duration, rate: peak }] };
  }
}

/** Requests that the load asks for: the area under its course. */
export function plannedRequests(load: Load): number {
  const course = courseOf(load);
  if (course === undefined) return Math.round(load.rate * load.duration);
  let [area, from] = [0, course.from];
  for (const { seconds, rate } of course.stages) {
    area += ((from + rate) / 2) * seconds;
    from = rate;
  }
  return Math.round(area);
}

/** In a few words, for reports: `50 requests/s`, `50 to 500 requests/s (breakpoint)`. */
export function loadText(load: Load): string {
  const { rate, profile = 'steady' } = load;
  const peak = peakRate(load);
  const range = peak === rate ? `${rate}` : `${rate} to ${peak}`;
  return `${range} requests/s${profile === 'steady' ? '' : ` (${profile})`}`;
}
