/** What an interrupt ends: waits at once, calls after a grace period, since one of them may be the undo. */

import { setMaxListeners } from 'node:events';
import type { Clock } from '../../run/port.ts';

/** After Ctrl-C, an undo call that hangs is given up after this time; one that AWS refuses because it is too early is not. */
const GRACE_MS = 4500;

export interface Interruption {
  readonly aborted: () => boolean;
  /** Ends calls: some seconds after the interrupt, or after the last `bearWith`. */
  readonly hard: AbortSignal;
  /** Ends when there is nothing more to wait for. */
  readonly finished: AbortSignal;
  /** Begins the grace period anew. */
  bearWith(): void;
  /** Rejects with the end of `hard`: a call that hangs and ignores its signal must not delay the end. */
  bounded<T>(work: Promise<T>): Promise<T>;
  /** Also rejects after this time. */
  within<T>(ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** False when the signal, by default that of the interrupt, ended the wait. `at`: milliseconds since the epoch. */
  waitUntil(at: number, signal?: AbortSignal): Promise<boolean>;
  finish(): void;
}

export function interruptionOf(clock: Clock, caller: AbortSignal | undefined): Interruption {
  const hard = new AbortController();
  const finished = new AbortController();
  // Every call and wait listens to them; this is not a leak.
  setMaxListeners(0, hard.signal, finished.signal);
  let grace = new AbortController();
  const bearWith = (): void => {
    grace.abort();
    grace = new AbortController();
    void clock.sleep(GRACE_MS, AbortSignal.any([grace.signal, finished.signal])).then(
      () => hard.abort(new Error('interrupted')),
      () => undefined,
    );
  };
  caller?.addEventListener('abort', bearWith, { once: true });
  const outOfTime = new Promise<never>((_, reject) => {
    hard.signal.addEventListener('abort', () => reject(hard.signal.reason), { once: true });
  });
  outOfTime.catch(() => undefined);
  const bounded = <T>(work: Promise<T>): Promise<T> => Promise.race([work, outOfTime]);
  return {
    aborted: () => caller?.aborted === true,
    ...{ hard: hard.signal, finished: finished.signal, bearWith, bounded },
    async within(ms, work) {
      const over = new AbortController();
      const tooLong = clock.sleep(ms, AbortSignal.any([finished.signal, over.signal])).then((): never => {
        throw new Error(`there was no answer within ${ms / 1000} s`);
      });
      try {
        return await Promise.race([bounded(work(AbortSignal.any([hard.signal, over.signal]))), tooLong]);
      } finally {
        over.abort();
      }
    },
    async waitUntil(at, signal = caller) {
      try {
        if (signal?.aborted !== true) await clock.sleep(Math.max(0, at - clock.now()), signal);
      } catch {
        // The signal is checked next.
      }
      return signal?.aborted !== true;
    },
    finish() {
      finished.abort();
      caller?.removeEventListener('abort', bearWith);
    },
  };
}
