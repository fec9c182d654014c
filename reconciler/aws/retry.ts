import { CloudError } from '../errors.ts';
import type { Json } from '../model/json.ts';
import type { CallOptions, Clock } from '../run/port.ts';
import { believedFor } from './not-yet.ts';
import type { Operation } from './operations.ts';

/** Longest wait between two tries, and how often a fault that is nobody's business is believed to pass. */
const LONGEST_MS = 20_000;
const MOST_FAULTS = 6;
/** How long a call is throttled before it is given up: as long as the credentials of a role last by default (IAM user guide, AssumeRole). */
export const THROTTLED_MS = 3_600_000;
const HOPELESS = /^(TimeoutError|ETIMEDOUT|NotAnAwsAnswer)$/;

/**
 * Repeats a call as its class and its row allow, with full jitter on a doubling wait: throttling for as long as a run may last, faults of
 * the service where a repeat is safe, "not yet" codes for as long as their row says. Everything else is thrown at once.
 */
export async function withRetry(
  operation: Operation,
  clock: Clock,
  input: Json,
  call: CallOptions,
  attempt: (number: number) => Promise<Json>,
): Promise<Json> {
  const started = clock.now();
  for (let tries = 1; ; tries++) {
    try {
      return await attempt(tries);
    } catch (thrown) {
      if (!(thrown instanceof CloudError)) throw thrown;
      const believed = believedFor(thrown, operation, input, call);
      const wait = waitBefore(thrown, operation, call, tries, clock.now() - started, believed);
      if (wait === undefined) throw thrown;
      const { awsCode: code, class: kind, message } = thrown;
      const lasts = believed !== undefined ? believed * 1000 : kind === 'Throttled' ? THROTTLED_MS : undefined;
      call.onRetry?.({
        ...{ code, message, attempt: tries, waitMs: wait, since: started },
        ...(lasts === undefined ? {} : { until: started + lasts }),
        ...(believed === undefined ? {} : { notYet: true }),
        ...(kind === 'Throttled' ? { throttled: true } : {}),
      });
      await clock.sleep(wait * (0.5 + clock.random() / 2), call.signal);
    }
  }
}

/** Milliseconds to wait before the next try; `undefined`: there is none. */
function waitBefore(
  error: CloudError,
  operation: Operation,
  call: CallOptions,
  tries: number,
  elapsed: number,
  believed: number | undefined,
): number | undefined {
  if (call.once) return undefined;
  const doubling = Math.min(LONGEST_MS, 200 * 2 ** Math.min(tries - 1, 10));
  if (believed !== undefined) return elapsed < believed * 1000 ? Math.min(doubling, 10_000) : undefined;
  if (error.class === 'Throttled') return elapsed < THROTTLED_MS ? Math.max(doubling, 500) : undefined;
  // Each of these took a minute, or comes from something that is not AWS: asking on only keeps the user waiting.
  if (HOPELESS.test(error.awsCode) && tries >= 2) return undefined;
  if (error.class === 'Transient') return operation.repeat === 'look' || tries >= MOST_FAULTS ? undefined : doubling;
  // A connection refused is mostly a wrong address: two quick tries tell a restart from that.
  if (error.class === 'Unreachable') return tries >= 3 ? undefined : doubling;
  return undefined;
}
