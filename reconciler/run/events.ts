import type { Wait } from '../model/wait.ts';
import type { Step } from '../plan/types.ts';

/**
 * Everything the core tells while it works. The core never prints; shells choose what to show. `about` names the stack where a run is
 * about several.
 */
export type Event = Happening & { readonly about?: string };

type Happening =
  | {
      readonly kind: 'phase';
      readonly phase: 'validate' | 'observe' | 'plan' | 'apply' | 'check' | 'load' | 'probe' | 'destroy';
      readonly text: string;
    }
  | { readonly kind: 'step-started'; readonly step: Step; readonly running: number; readonly done: number; readonly total: number }
  | (Wait & { readonly kind: 'step-waiting'; readonly step: Step })
  | (Wait & {
      readonly kind: 'step-retrying';
      readonly step: Step;
      readonly code: string;
      readonly attempt: number;
      readonly waitMs: number;
    })
  | { readonly kind: 'step-done'; readonly step: Step; readonly ms: number; readonly done: number; readonly total: number }
  | { readonly kind: 'step-failed'; readonly step: Step; readonly code: string; readonly message: string }
  | { readonly kind: 'step-skipped'; readonly step: Step; readonly because: string }
  /** Interrupted. `text`: what it waited for, or was refused last. */
  | { readonly kind: 'step-cancelled'; readonly step: Step; readonly text?: string }
  | {
      readonly kind: 'load-progress';
      readonly elapsedMs: number;
      readonly totalMs: number;
      readonly requests: number;
      readonly failed: number;
      /** Why this is not all that there was, in a clause; empty when it is. */
      readonly note: string;
    }
  /** Who is about to be loaded. */
  | {
      readonly kind: 'targets';
      readonly rate: number;
      readonly seconds: number;
      readonly targets: readonly {
        readonly id: string;
        readonly name: string;
        readonly zone: string;
        readonly group: string;
        readonly port: number;
        /** As AWS said before the load; empty where it said nothing. */
        readonly health: string;
      }[];
    }
  /** What AWS says of a target of the load, when it is something else than before. */
  | { readonly kind: 'target-health'; readonly id: string; readonly port: number; readonly health: string; readonly reason: string }
  /** Seconds of a load of which more is known than before, for whoever watches; `startedAt`: milliseconds since the epoch. */
  | {
      readonly kind: 'load-seconds';
      readonly startedAt: number;
      readonly seconds: readonly {
        readonly second: number;
        readonly requests: number;
        readonly failed: number;
        readonly p95: number | null;
        readonly byInstance: Readonly<Record<string, number>>;
      }[];
      readonly failed: readonly {
        readonly second: number;
        readonly ms: number;
        readonly instance: string;
        readonly status: number;
        readonly error: string;
      }[];
    }
  /** `mark`: the call that breaks something, or the one that mends it, was sent. */
  | { readonly kind: 'chaos'; readonly text: string; readonly mark?: 'fault' | 'undo'; readonly instanceId?: string }
  /** Calls wait because AWS allows no more: `seconds` so far. */
  | { readonly kind: 'pace'; readonly text: string; readonly seconds: number }
  | { readonly kind: 'warning'; readonly text: string };
