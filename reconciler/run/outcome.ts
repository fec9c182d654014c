/**
 * What came of a run, stack by stack. A sum type: that something failed, was refused or was not reached is a case of its own, so that
 * nothing can render what is missing as a good end. See docs/adr/0010.
 */

import type { Accepted } from '../drift/accept.ts';
import { ERRORS, EXIT, type ReconcileError } from '../errors.ts';
import type { Glance } from '../observe/light.ts';
import type { Report } from '../report/report.ts';
import type { Since } from './changed-since.ts';
import type { StackId } from './identity.ts';
import type { Looked } from './orphans.ts';
import type { Preview, Reconciled } from './pipeline.ts';

/** From worst to best. */
export const OUTCOME_KINDS = [
  'failed',
  'missed',
  'refused',
  'notReached',
  'inconclusive',
  'planned',
  'verified',
  'applied',
  'destroyed',
  'glanced',
  'unchanged',
] as const;
export type OutcomeKind = (typeof OUTCOME_KINDS)[number];

/** Why a stack was refused: by guard or a missing consent, since the plan is not the reviewed one, by a lock, or for another stack's sake. */
export type RefusedBecause = 'guard' | 'differs' | 'locked' | 'other';

export type Case =
  /** Something differs or, of a drift check, is not in service; nothing was done. `accepted`: what of the drift was written into the spec. */
  | { readonly kind: 'planned'; readonly previewed: Preview; readonly accepted?: Accepted }
  /** There is nothing to do, and a plan says so. */
  | { readonly kind: 'unchanged'; readonly previewed: Preview; readonly accepted?: Accepted }
  /** A light look found nothing missing, extra or retagged; values were not compared, and there is no plan. */
  | { readonly kind: 'glanced'; readonly glance: Glance }
  /** Nothing was changed. */
  | { readonly kind: 'refused'; readonly because: RefusedBecause; readonly error: ReconcileError; readonly previewed?: Preview }
  | { readonly kind: 'applied' | 'destroyed'; readonly done: Reconciled }
  /** With `done`, some of it may have been changed. */
  | { readonly kind: 'failed'; readonly error: ReconcileError; readonly previewed?: Preview; readonly done?: Reconciled }
  /** The run ended before it came to this stack; nothing was changed. */
  | { readonly kind: 'notReached'; readonly error: ReconcileError; readonly previewed?: Preview }
  /** Loaded and judged; `done` where it was applied before. */
  | { readonly kind: 'verified' | 'missed' | 'inconclusive'; readonly done?: Reconciled };

export type Outcome = Required<StackId> & {
  /** The spec. */
  readonly file: string;
  /** How long this stack took (ms), waiting for others not counted. */
  readonly ms: number;
  /** All that is known of it. Its verdict is that of the case. */
  readonly report: Report;
} & Case;

/** Exit statuses, worst first: that of a run is the worst of its stacks. */
export const EXIT_ORDER: readonly number[] = [
  ERRORS.Interrupted.exit,
  EXIT.error,
  EXIT.credentials,
  EXIT.objectiveMissed,
  EXIT.locked,
  EXIT.planDiffers,
  EXIT.guardRefused,
  EXIT.inconclusive,
  EXIT.changes,
  EXIT.ok,
];

const rankOf = (exit: number): number => (EXIT_ORDER.includes(exit) ? EXIT_ORDER.indexOf(exit) : 1);

/** The exit status of one stack. */
export function exitOf(outcome: Outcome): number {
  switch (outcome.kind) {
    case 'planned':
      return outcome.accepted?.rest.length === 0 ? EXIT.ok : EXIT.changes;
    case 'refused':
    case 'failed':
    case 'notReached':
      return outcome.error.exit;
    case 'missed': {
      // That of what was in the way of an answer to it, where there was something.
      const stopped = outcome.report.rollback?.error;
      return stopped === undefined || stopped === null ? EXIT.objectiveMissed : ERRORS[stopped.code].exit;
    }
    case 'inconclusive':
      return EXIT.inconclusive;
    case 'unchanged':
    case 'glanced':
    case 'applied':
    case 'destroyed':
    case 'verified':
      return EXIT.ok;
  }
}

/** Worst first; equals stay in their order. */
export const worstFirst = <T extends Outcome>(outcomes: readonly T[]): readonly T[] =>
  [...outcomes].sort((a, b) => rankOf(exitOf(a)) - rankOf(exitOf(b)) || OUTCOME_KINDS.indexOf(a.kind) - OUTCOME_KINDS.indexOf(b.kind));

/** The exit status of a run: of its worst stack. */
export const exitOfAll = (exits: readonly number[]): number =>
  exits.reduce((worst, exit) => (rankOf(exit) < rankOf(worst) ? exit : worst), EXIT.ok);

/** What is told beside the stacks of a run: of a comparison with a commit, and live stacks whose file is gone. */
export interface Beside {
  readonly since?: Since;
  /** Absent: nobody looked. */
  readonly looked?: Looked;
}

/** The exit status of a command. A live stack without a file is drift; for `plan` it is a note, since `apply` would not touch it. */
export const exitWith = (command: string, outcomes: readonly Outcome[], { looked }: Beside): number =>
  exitOfAll([...outcomes.map(exitOf), ...(command === 'drift' && (looked?.orphans.length ?? 0) > 0 ? [EXIT.changes] : [])]);

/** What ended the stack's part early; undefined when nothing did. */
export const errorOf = (outcome: Case): ReconcileError | undefined => ('error' in outcome ? outcome.error : undefined);

/** The plan of a stack, in whatever case it is known. */
export const previewOf = (outcome: Case): Preview | undefined =>
  'previewed' in outcome ? outcome.previewed : 'done' in outcome ? outcome.done : undefined;
