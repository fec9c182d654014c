/**
 * The sandbox's time. It runs with the wall clock, can be pushed forward (a terminated instance's hour in no time), and
 * in manual mode stands still until it is pushed: then a test decides when anything happens.
 */
import type { Clock } from './types.ts';

export interface SteppableClock extends Clock {
  /** Moves time forward by `ms` and runs what falls due on the way, in order, each task seeing its own moment as `now()`. */
  advance(ms: number): void;
  /** Forgets every task not yet run. */
  clear(): void;
}

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly task: () => void;
}

/** `manual`: time stands still between calls of `advance`. `start` (ms since the epoch): where manual time begins, now by default. */
export function createClock(options: { readonly manual?: boolean; readonly start?: number } = {}): SteppableClock {
  const timers = new Set<Timer>();
  let pushed = options.manual ? (options.start ?? Date.now()) : 0;
  let order = 0;
  let wake: NodeJS.Timeout | undefined;

  const now = (): number => (options.manual ? pushed : Date.now() + pushed);
  const next = (): Timer | undefined => {
    let first: Timer | undefined;
    for (const timer of timers) {
      if (!first || timer.at < first.at || (timer.at === first.at && timer.order < first.order)) first = timer;
    }
    return first;
  };
  const runDue = (): void => {
    for (let timer = next(); timer && timer.at <= now(); timer = next()) {
      timers.delete(timer);
      timer.task();
    }
    arm();
  };
  const arm = (): void => {
    if (options.manual) return;
    clearTimeout(wake);
    const timer = next();
    if (!timer) return;
    // Node's timers hold at most 2^31 - 1 ms. Unreferenced: a pending life-cycle step is no reason to keep a process up.
    wake = setTimeout(runDue, Math.min(Math.max(timer.at - now(), 0), 2_147_483_647)).unref();
  };

  return {
    now,
    after(ms, task) {
      const timer = { at: now() + ms, order: order++, task };
      timers.add(timer);
      arm();
      return () => {
        timers.delete(timer);
      };
    },
    advance(ms) {
      if (!(ms >= 0)) throw new RangeError(`Time only moves forward: cannot advance the clock by ${ms} ms.`);
      const target = now() + ms;
      for (let timer = next(); timer && timer.at <= target; timer = next()) {
        pushed += Math.max(timer.at - now(), 0);
        timers.delete(timer);
        timer.task();
      }
      pushed += Math.max(target - now(), 0);
      arm();
    },
    clear() {
      timers.clear();
      clearTimeout(wake);
    },
  };
}
