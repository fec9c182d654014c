/** What came of a command, stack by stack, before it is shown anywhere. */

import { EXIT, type Problem, ReconcileError } from '../reconciler/errors.ts';
import type { CommentState } from '../reconciler/report/comment-marker.ts';
import { buildReport, type Report } from '../reconciler/report/report.ts';

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

/** A stack of which nothing is known but its name. */
export function blank(stack: string, region: string, file: string, at: number): StackOutcome {
  return {
    ...{ stack, region, file, state: 'unchanged', exit: EXIT.ok, failure: null, problems: [] },
    report: buildReport({ stack, account: '', region, createdAt: at }),
  };
}

/** The outcome with what ended the command early. Anything but our own errors is a defect, and said to be one. */
export function failed(outcome: StackOutcome, thrown: unknown): StackOutcome {
  const error =
    thrown instanceof ReconcileError
      ? thrown
      : new ReconcileError('Internal', thrown instanceof Error ? thrown.message : String(thrown), { cause: thrown });
  const before = error.code === 'PlanDiffers' || error.code === 'GuardRefused' || error.code === 'Locked';
  return {
    ...outcome,
    state: error.code === 'Interrupted' ? 'cancelled' : before ? 'refused' : 'failed',
    exit: error.exit,
    // What guard refuses is listed by itself.
    failure:
      outcome.report.refusals.length > 0 && error.code === 'GuardRefused'
        ? null
        : { code: error.code, message: error.message, hint: error.hint },
  };
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

export function failureReason(outcomes: readonly StackOutcome[]): string {
  const bad = outcomes.find((each) => each.exit !== EXIT.ok && each.exit !== EXIT.changes);
  if (bad === undefined) return '';
  if (bad.report.refusals.length > 0) return 'guard';
  if (bad.problems.length > 0) return 'spec';
  if (bad.exit === EXIT.objectiveMissed) return 'objective';
  if (bad.exit === EXIT.inconclusive) return 'inconclusive';
  return REASONS[bad.failure?.code ?? ''] ?? 'error';
}

/** The first exit status that is not 0, as the command line has it; any failure comes before mere changes. */
export function exitOfAll(outcomes: readonly StackOutcome[]): number {
  const worse = outcomes.find((each) => each.exit !== EXIT.ok && each.exit !== EXIT.changes);
  return worse?.exit ?? outcomes.find((each) => each.exit !== EXIT.ok)?.exit ?? EXIT.ok;
}
