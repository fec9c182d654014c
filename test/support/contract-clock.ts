/**
 * Time for tests that wait as users do, at a pace of their own: while anybody sleeps, the sandbox's clock is pushed a second
 * for every few milliseconds of real time. Health checks, draining and lingering then take their proper number of seconds,
 * in their proper order, and hardly any of the test's.
 */

import type { Clock } from '../../reconciler/run/port.ts';
import type { SteppableClock } from '../../sandbox/clock.ts';

/** Real time (ms) that real things (an HTTP health check, a starting process) get for each second that is pushed. */
const REAL_MS_A_SECOND = 20;

export function paceClock(clock: SteppableClock): Clock {
  let sleepers = 0;
  let pumping = false;
  const pump = (): void => {
    pumping = sleepers > 0;
    if (!pumping) return;
    setTimeout(() => {
      clock.advance(1000);
      pump();
    }, REAL_MS_A_SECOND);
  };
  return {
    now: () => clock.now(),
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        sleepers++;
        const end = (): void => {
          sleepers--;
          cancel();
          signal?.removeEventListener('abort', abort);
        };
        const abort = (): void => {
          end();
          reject(signal?.reason);
        };
        const cancel = clock.after(ms, () => {
          end();
          resolve();
        });
        signal?.addEventListener('abort', abort, { once: true });
        if (!pumping) pump();
      }),
    random: () => 0.5,
  };
}
