import { CloudError } from '../errors.ts';
import type { Json } from '../model/json.ts';
import type { CallOptions, Clock } from '../run/port.ts';
import type { Operation } from './operations.ts';

/** Longest wait between two tries, and how often a fault that is nobody's business is believed to pass. */
const LONGEST_MS = 20_000;
const MOST_TRIES = 10;
const HOPELESS = /^(TimeoutError|ETIMEDOUT|NotAnAwsAnswer)$/;

/**
 * Repeats a call as its class and its row allow, with full jitter on a doubling wait: throttling always, faults of the
 * service where a repeat is safe, "not yet" codes for as long as their row says. Everything else is thrown at once.
 */
export async function withRetry(
  operation: Operation,
  clock: Clock,
  call: CallOptions,
  attempt: (number: number) => Promise<Json>,
): Promise<Json> {
  const started = clock.now();
  for (let tries = 1; ; tries++) {
    try {
      return await attempt(tries);
    } catch (thrown) {
      if (!(thrown instanceof CloudError)) throw thrown;
      const wait = waitBefore(thrown, operation, call, tries, clock.now() - started);
      if (wait === undefined) throw thrown;
      const notYet = believedFor(thrown, operation, call) !== undefined;
      call.onRetry?.({ code: thrown.awsCode, attempt: tries, waitMs: wait, ...(notYet ? { notYet } : {}) });
      await clock.sleep(wait * (0.5 + clock.random() / 2), call.signal);
    }
  }
}

/** For how many seconds a code means "not yet" here; `undefined`: it does not. */
const believedFor = (error: CloudError, operation: Operation, call: CallOptions): number | undefined =>
  call.settle?.[error.awsCode] ??
  (call.fresh ? (operation.fresh?.[error.awsCode] ?? (error.class === 'NotFound' ? 120 : undefined)) : undefined) ??
  operation.settle?.[error.awsCode];

/** Milliseconds to wait before the next try; `undefined`: there is none. */
function waitBefore(error: CloudError, operation: Operation, call: CallOptions, tries: number, elapsed: number): number | undefined {
  if (call.once) return undefined;
  const doubling = Math.min(LONGEST_MS, 200 * 2 ** (tries - 1));
  const believed = believedFor(error, operation, call);
  if (believed !== undefined) return elapsed < believed * 1000 ? Math.min(doubling, 10_000) : undefined;
  if (tries >= MOST_TRIES) return undefined;
  if (error.class === 'Throttled') return Math.max(doubling, 500);
  // Each of these took a minute, or comes from something that is not AWS: asking on only keeps the user waiting.
  if (HOPELESS.test(error.awsCode) && tries >= 2) return undefined;
  if (error.class === 'Transient') return operation.repeat === 'look' ? undefined : tries >= 6 ? undefined : doubling;
  // A connection refused is mostly a wrong address: two quick tries tell a restart from that.
  if (error.class === 'Unreachable') return tries >= 3 ? undefined : doubling;
  return undefined;
}
