/** What came of a command, stack by stack, before it is shown anywhere. */

import { asError, EXIT, type Problem } from '../reconciler/errors.ts';
import type { CommentState } from '../reconciler/report/comment-marker.ts';
import { buildReport, type Report } from '../reconciler/report/report.ts';
import { errorOf, exitOf, exitOfAll, type Outcome } from '../reconciler/run/outcome.ts';
import { problemsOf } from '../reconciler/run/specs.ts';
import type { ActionCommand } from './input-table.ts';

export interface StackOutcome {
  readonly stack: string;
  readonly region: string;
  /** Empty where no spec is behind it. */
  readonly file: string;
  readonly state: CommentState;
  readonly exit: number;
  /** Without any part where the command ended before there was a plan. */
  readonly report: Report;
  readonly failure: Failure | null;
  readonly problems: readonly Problem[];
}

export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

/** In place of a stack where the specs cannot be read, so that it is not known which stacks there are. It has no region. */
export const ALL_SPECS = 'spec';

/** A stack of which only the name is known: not reached, until an outcome says more. */
export function blank(stack: string, region: string, file: string, at: number): StackOutcome {
  return {
    ...{ stack, region, file, state: 'failed', exit: EXIT.error, failure: null, problems: [] },
    report: buildReport({ stack, account: '', region, createdAt: at }),
  };
}

/** Where nothing could be done for any stack: as if it were one. */
export function ended(thrown: unknown, file: string, at: number): StackOutcome {
  const error = asError(thrown);
  const { code, message, hint } = error;
  const problems = problemsOf(error)?.problems ?? [];
  return {
    ...{ stack: ALL_SPECS, region: '', file, exit: error.exit, problems },
    state: code === 'Interrupted' ? 'cancelled' : 'failed',
    report: buildReport({
      ...{ stack: ALL_SPECS, account: '', region: '', createdAt: at },
      failure: { verdict: code === 'Interrupted' ? 'notReached' : 'failed', code, message, hint },
    }),
    failure: problems.length > 0 ? null : { code, message, hint },
  };
}

/** An outcome of a run as the action shows it. */
export function shownOf(outcome: Outcome, command: ActionCommand): StackOutcome {
  const { stack, region, file, report } = outcome;
  const error = errorOf(outcome);
  const problems = error === undefined ? [] : (problemsOf(error)?.problems ?? []);
  // What guard refuses is listed by itself, and so are mistakes of the spec.
  const listed = problems.length > 0 || (report.refusals.length > 0 && error?.code === 'GuardRefused');
  return {
    ...{ stack, region, file, report, problems, state: stateOf(outcome, command) },
    // A pull request that takes the drift into the spec does not end it.
    exit: outcome.kind === 'planned' ? EXIT.changes : exitOf(outcome),
    failure: error === undefined || listed ? null : { code: error.code, message: error.message, hint: error.hint },
  };
}

function stateOf(outcome: Outcome, command: ActionCommand): CommentState {
  switch (outcome.kind) {
    case 'planned':
      return command === 'drift' ? 'drifted' : 'planned';
    case 'unchanged':
      return command === 'destroy' ? 'destroyed' : 'unchanged';
    case 'failed':
      return outcome.error.code === 'Interrupted' ? 'cancelled' : 'failed';
    case 'notReached':
    // Not looked at whole: it says nothing of drift.
    case 'glanced':
      return 'cancelled';
    case 'missed':
    case 'inconclusive':
      return command === 'verify' ? 'verified' : 'applied';
    default:
      return outcome.kind;
  }
}

/** Values of the output `failure-reason`. */
const REASONS: Readonly<Record<string, string>> = {
  PlanDiffers: 'plan-changed',
  Locked: 'locked',
  Denied: 'denied',
  CredentialsMissing: 'denied',
  CredentialsRefused: 'denied',
  GuardRefused: 'guard',
  ApplyFailed: 'partial',
  NotConverged: 'partial',
  Interrupted: 'cancelled',
  SpecInvalid: 'spec',
  SpecNotFound: 'spec',
};

/** Of the worst stack. */
export function failureReason(outcomes: readonly StackOutcome[]): string {
  const worst = exitOfAll(outcomes.map(({ exit }) => exit));
  const bad = outcomes.find((each) => each.exit === worst && each.exit !== EXIT.ok && each.exit !== EXIT.changes);
  if (bad === undefined) return '';
  if (bad.report.refusals.length > 0) return 'guard';
  if (bad.problems.length > 0) return 'spec';
  if (bad.exit === EXIT.objectiveMissed) return 'objective';
  if (bad.exit === EXIT.inconclusive) return 'inconclusive';
  return REASONS[bad.failure?.code ?? ''] ?? 'error';
}
