/** What a comparison of runs is. Plain JSON. */

/** One run, as far as it is compared. Times are milliseconds since the epoch. */
export interface ComparedRun {
  /** File that it was read from; empty for the run itself. */
  readonly file: string;
  readonly at: number;
  readonly verdict: string;
  /** Why its figures are not held against this run, such as another rate; empty when they are. */
  readonly apart: string;
  readonly branch: string;
  readonly commit: string;
}

export interface ComparedFigure {
  readonly name: string;
  readonly unit: 'ratio' | 'ms' | 's';
  /** One for each run, in the order of `runs`; null where there is none. */
  readonly values: readonly (number | null)[];
  /** The span in which a run like the earlier ones may lie; null with fewer than two of them. */
  readonly usual: { readonly from: number; readonly to: number } | null;
  readonly result: 'worse' | 'better' | 'usual' | 'not known';
}

/** Earlier runs first, by their time; the last one is the run itself. */
export interface Comparison {
  readonly runs: readonly ComparedRun[];
  /** Index of the newest run of `main` among them that this one is like; null when there is none. */
  readonly main: number | null;
  readonly figures: readonly ComparedFigure[];
}
