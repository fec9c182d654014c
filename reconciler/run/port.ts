import type { Json } from '../model/json.ts';

/** The only door to AWS. `op` is a key of the operations table, `input` the SDK command's input as JSON. */
export interface Cloud {
  /**
   * One call, pages followed to the end for paginated reads. Retries what is safe to retry.
   * Throws `CloudError` (see `errors.ts`) with the AWS code and a class.
   */
  call(op: string, input: Json, options?: CallOptions): Promise<Json>;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Nobody waits for the answer: calls of which somebody does go first. */
  readonly background?: boolean;
  /** The call is a poll of a wait: counted apart. */
  readonly poll?: boolean;
  /** The call names something that this run has made: codes that say "unknown" may mean "not yet". */
  readonly fresh?: boolean;
  /** One try only: the caller decides about the next. */
  readonly once?: boolean;
  /** Further AWS codes that mean "not yet" for this call, and for how many seconds that is believed. */
  readonly settle?: Readonly<Record<string, number>>;
  /** `notYet`: AWS has not got so far, and is asked again later; else the call failed, or there were too many. */
  readonly onRetry?: (retry: { readonly code: string; readonly attempt: number; readonly waitMs: number; readonly notYet?: true }) => void;
}

/** Time and chance, injected so that tests step the one and seed the other. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms`; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** 0 ≤ x < 1, for jitter. */
  random(): number;
}

/** Evidence: one JSON line per thing done. Never read back to decide anything. */
export interface Journal {
  write(entry: { readonly [key: string]: Json }): void;
}

/** Where typed progress goes; shells render it. */
export type Emit = (event: import('./events.ts').Event) => void;
