import { clockTime } from '../model/wait.ts';
import type { Step } from '../plan/types.ts';
import type { Clock, Emit, Retry } from '../run/port.ts';

/**
 * Between two lines about a step that waits (ms). A line is said when the next occasion would come later than that: an occasion is a
 * look, a retry, or ten seconds of a call without an answer, so that no silence lasts thirty seconds.
 */
const QUIET_MS = 20_000;

/** What the waits and retries of one step say, and when. */
export interface Teller {
  /** Of a wait, `nextMs` before the next time. `until`: when it is given up, ms since the epoch. */
  waits(text: string, nextMs: number, until?: number): void;
  retries(retry: Retry): void;
  /** A call has had no answer for a while; asked again after `nextMs`. */
  slow(nextMs: number): void;
  /** What was said last, for an interrupt; undefined where nothing was waited for. */
  last(): string | undefined;
  /** The last refusal. */
  refusal(): { readonly code: string; readonly message: string } | undefined;
}

/** `finished`: of the whole run, in words: `12 of 40 steps are done`. */
export function tellerOf(step: Step, clock: Clock, emit: Emit, finished: () => string): Teller {
  const started = clock.now();
  let saidAt = started;
  let said: string | undefined;
  let last: { readonly text: string; readonly until: number | undefined } | undefined;
  let refusal: { readonly code: string; readonly message: string } | undefined;
  const secondsAt = (now: number): number => Math.round((now - started) / 1000);
  /** Whether this is to be a line of its own. */
  const isLine = (key: string, now: number, nextMs: number): boolean => {
    const line = said !== key || now + nextMs - saidAt > QUIET_MS;
    if (line) [said, saidAt] = [key, now];
    return line;
  };
  const waits = (text: string, nextMs: number, until?: number): void => {
    const now = clock.now();
    last = { text, until };
    const line = isLine(text, now, nextMs);
    emit({ kind: 'step-waiting', step, text, seconds: secondsAt(now), line, ...(until === undefined ? {} : { until }) });
  };
  return {
    waits,
    retries(retry) {
      const now = clock.now();
      const { code, message, attempt, waitMs, throttled, until } = retry;
      refusal = { code, message };
      const text = throttled === true ? `throttled by AWS (${code}) since ${clockTime(retry.since)}, ${finished()}` : `${code}: ${message}`;
      last = { text, until };
      const line = isLine(code, now, waitMs);
      emit({
        ...{ kind: 'step-retrying', step, code, attempt, waitMs, text, line },
        seconds: secondsAt(now),
        ...(until === undefined ? {} : { until }),
      });
    },
    slow(nextMs) {
      const now = clock.now();
      waits(last?.text ?? 'AWS has not answered yet', now + nextMs - saidAt > QUIET_MS ? nextMs : 0, last?.until);
    },
    last: () => last?.text,
    refusal: () => refusal,
  };
}
