/** What rows say of the risk of a change, as data: judged in `plan/grade.ts`. */

import type { Json, Risk } from './json.ts';

/** When a grade holds; all of what is said must. */
export interface Occasion {
  /** The old, or the new value is one of these. Of an object only the keys that are set are compared, of a list its members. */
  readonly from?: readonly Json[];
  readonly to?: readonly Json[];
  /** A number falls or rises; members come or go; there was another value before. */
  readonly change?: 'lowered' | 'raised' | 'added' | 'removed' | 'other';
  /** The field is in the spec (true), or follows from the rest of the stack (false). */
  readonly said?: boolean;
  /** True: the value is the same, and what it refers to is replaced. False: it is another value. */
  readonly renewed?: boolean;
  /** Other fields of the resource have these values. */
  readonly values?: Readonly<Record<string, readonly Json[]>>;
}

/** What a change does to requests and connections, and why. */
export interface Grade {
  readonly risk: Risk;
  /**
   * In words, with values of the change: `{before}`, `{after}`, `{added}`, `{removed}`, and `{name}` for any other field or output of
   * the resource. `[a|b]` is `a` where its values are known, and `b` where not.
   */
  readonly reason: string;
  /** Connections are closed and made again, without anything being replaced. */
  readonly reconnect?: true;
  readonly when?: Occasion;
}

/** The first grade that holds counts; none: no risk. */
export type Grades = Grade | readonly Grade[];
