/** What the library takes and answers; no types of AWS are among them. */

import type { ReconcileError } from '../errors.ts';
import type { Plan, Run } from '../plan/types.ts';
import type { DriftReport } from '../report/drift.ts';
import type { Report } from '../report/report.ts';
import type { Event } from './events.ts';

/** What every command takes. */
export interface Options {
  /** Ends the run: what is under way is finished, what was not reached has that outcome. */
  readonly signal?: AbortSignal;
  /** Told of everything on the way; `about` names the stack where there are several. */
  readonly onEvent?: (event: Event) => void;
  /** The variables that AWS tools know, and those that specs name. Default: those of the process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Only stacks whose files differ since this commit. */
  readonly changedSince?: string;
}

/** What a plan may lose, on top of what `policy.yaml` beside the spec allows. Addresses, or `*` for all. */
export interface Consent {
  readonly allowReplace?: readonly string[];
  readonly allowDrop?: readonly string[];
  readonly allowDestroy?: readonly string[];
  readonly maxDeletes?: number;
  readonly adopt?: boolean;
}

export interface PlanOptions extends Options, Consent {
  /** Plans the destruction instead. */
  readonly destroy?: boolean;
}

export interface ApplyOptions extends Options, Consent {
  /** Digests of reviewed plans, by `STACK` or `REGION/STACK`; a plan that is another is refused. */
  readonly digests?: Readonly<Record<string, string>>;
  /** No stack is changed before all are planned, allowed and locked. */
  readonly allOrNothing?: boolean;
  /** The lock of the stack: seconds to wait for another run's, or `false` for none. Default: 0 s. */
  readonly lock?: number | false;
}

export interface DestroyOptions extends Omit<ApplyOptions, keyof Consent> {
  readonly maxDeletes?: number;
}

export interface VerifyOptions extends Options {
  /** Folder for the raw points of the load; none are kept without. */
  readonly folder?: string;
}

/** What came of one stack. `kind` says what else there is. */
export type Outcome = {
  readonly stack: string;
  readonly region: string;
  /** Twelve digits; empty where AWS was not reached. */
  readonly account: string;
  /** The spec. */
  readonly file: string;
  readonly ms: number;
  /** That of the command line for this stack alone. */
  readonly exitCode: number;
  readonly report: Report;
} & (
  | { readonly kind: 'planned' | 'unchanged'; readonly plan: Plan; readonly drift?: DriftReport }
  | {
      readonly kind: 'refused';
      readonly because: 'guard' | 'differs' | 'locked' | 'other';
      readonly error: ReconcileError;
      readonly plan?: Plan;
    }
  | { readonly kind: 'applied' | 'destroyed'; readonly plan: Plan; readonly run?: Run }
  | { readonly kind: 'failed'; readonly error: ReconcileError; readonly plan?: Plan; readonly run?: Run }
  | { readonly kind: 'notReached'; readonly error: ReconcileError; readonly plan?: Plan }
  | { readonly kind: 'verified' | 'missed' | 'inconclusive' }
);

/** Files, folders that hold some, as on the command line. */
export type Specs = string | readonly string[];
