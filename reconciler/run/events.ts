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
      readonly note: string;
    }
  | { readonly kind: 'chaos'; readonly text: string }
  /** Calls wait because AWS allows no more: `seconds` so far. */
  | { readonly kind: 'pace'; readonly text: string; readonly seconds: number }
  | { readonly kind: 'warning'; readonly text: string };
