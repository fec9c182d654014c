/** What `apply --under-load` finds: the load, its phases, and which step each failed request is put down to. Plain JSON. */

import type { Phase } from '../chaos/types.ts';
import type { StepRun } from '../plan/types.ts';
import type { K6Outcome, ObjectiveResult, Statistics } from './types.ts';

/** Requests that failed while one step ran, or after it. */
export interface FailureAttribution {
  /** Step id of the plan. */
  readonly step: string;
  readonly title: string;
  readonly effect: StepRun['effect'];
  readonly outcome: StepRun['outcome'];
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** Failed requests that were under way while the step was. One request counts for every step that ran then. */
  readonly during: number;
  /** Of those, the ones that were sent while the step ran. */
  readonly sent: number;
  /** Failed requests sent within a second after its end, or later when it was the last change before them and none was running. */
  readonly after: number;
  /** From the start of the step to the first and the last of these failures, in milliseconds. */
  readonly firstAfterMs: number;
  readonly lastAfterMs: number;
  /** Answers instead of what was asked for, most frequent first. */
  readonly failures: readonly { readonly what: string; readonly count: number }[];
}

/** `from` and `to` are milliseconds since the epoch. */
export interface LoadPhase extends Statistics {
  readonly phase: Phase;
  readonly from: number;
  readonly to: number;
}

export interface LoadedApply {
  readonly kind: 'loaded';
  readonly verdict: 'pass' | 'missed' | 'inconclusive';
  /** One sentence: `0 of 6,012 requests failed while 14 steps ran`. */
  readonly sentence: string;
  /** Why it is not a pass, worst first. */
  readonly reasons: readonly string[];
  /** What was asked for: `http://name/path`, by way of which listener. Redirects were followed. */
  readonly url: string;
  readonly listener: string;
  /** Requests a second. */
  readonly rate: number;
  readonly k6: { readonly version: string; readonly outcome: K6Outcome };
  readonly steps: number;
  readonly overall: Statistics;
  /** Before the first step, from its start to the end of the last one, after that. */
  readonly phases: readonly LoadPhase[];
  /** Worst first. Empty when none failed. */
  readonly blames: readonly FailureAttribution[];
  /** Failed requests that were answered before the first step began: the apply did not cause them. */
  readonly failedBefore: number;
  readonly failures: readonly { readonly what: string; readonly count: number }[];
  readonly objectives: readonly ObjectiveResult[];
  /** Requests k6 was too late to send. */
  readonly dropped: number;
}

/** There was nothing to load, and the apply went on without. */
export interface UnloadedApply {
  readonly kind: 'not-loaded';
  readonly because: string;
}

export type UnderLoadReport = LoadedApply | UnloadedApply;
