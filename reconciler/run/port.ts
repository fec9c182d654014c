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
  /** Ids, ARNs and names of what this run has made or changed: a refusal that names one of them may mean "not yet". */
  readonly made?: ReadonlySet<string>;
  /** One try only: the caller decides about the next. */
  readonly once?: boolean;
  /** Further AWS codes that mean "not yet" for this call, and for how many seconds that is believed. */
  readonly settle?: Readonly<Record<string, number>>;
  readonly onRetry?: (retry: Retry) => void;
  /** The call, sent at `since`, has had no answer for some seconds more; said again after `nextMs`. */
  readonly onSlow?: (nextMs: number, since: number) => void;
}

/** A refusal after which the call is sent again. Times in ms; `since` and `until` since the epoch. */
export interface Retry {
  readonly code: string;
  readonly message: string;
  readonly attempt: number;
  readonly waitMs: number;
  /** When the first try was sent. */
  readonly since: number;
  /** When no further try follows; absent where tries are counted. */
  readonly until?: number;
  /** AWS has not got so far, and is asked again later. */
  readonly notYet?: true;
  readonly throttled?: true;
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
