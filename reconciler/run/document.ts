/** What `--format json` prints: one document for each command, whatever happens. Its schemas are in `document-schema.ts`. */

import { describeDrift } from '../drift/describe.ts';
import type { Problem, ReconcileError } from '../errors.ts';
import type { Plan } from '../plan/types.ts';
import type { DriftReport } from '../report/drift.ts';
import type { Report } from '../report/report.ts';
import { unifiedDiff } from '../report/unified-diff.ts';
import type { Looked } from './orphans.ts';
import { type Beside, errorOf, exitOf, exitWith, type Outcome, type OutcomeKind, previewOf, type RefusedBecause } from './outcome.ts';
import { type NamedSpec, problemsOf } from './specs.ts';

/** Goes up when a key changes its meaning or goes. */
export const DOCUMENT_VERSION = 2;

/** Commands about stacks, whose documents have a result for each. */
export type StackCommand = 'plan' | 'apply' | 'destroy' | 'drift' | 'verify';
export type DocumentCommand = StackCommand | 'validate' | 'import' | 'doctor' | 'cost' | 'demo' | 'sandbox' | 'iam';

/** How every document begins. */
export interface DocumentHead {
  readonly version: typeof DOCUMENT_VERSION;
  readonly command: string;
  readonly exitCode: number;
  /** What ended the command before it could do its work. */
  readonly error: DocumentError | null;
}

export const headOf = (command: DocumentCommand, exitCode: number): DocumentHead => ({
  version: DOCUMENT_VERSION,
  command,
  exitCode,
  error: null,
});

export interface DocumentError {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly problems: readonly Problem[];
}

export interface DocumentResult {
  readonly outcome: OutcomeKind;
  readonly because?: RefusedBecause;
  readonly exitCode: number;
  readonly stack: string;
  readonly region: string;
  /** Empty where AWS was not reached. */
  readonly account: string;
  readonly file: string;
  readonly ms: number;
  readonly headline: string;
  readonly error: DocumentError | null;
  /** `plan`: with all its steps; null when there is none. */
  readonly plan?: Plan | null;
  readonly refusals?: Report['refusals'];
  /** `drift`: null when there is no plan. */
  readonly drift?: DriftReport | null;
  readonly accepted?: object;
  /** `apply`, `destroy`, `verify`. */
  readonly report?: Report;
}

export interface Document extends DocumentHead {
  /** With `--changed-since`. */
  readonly since?: object;
  /** `plan` and `drift` of a folder. */
  readonly orphans?: Looked['orphans'];
  readonly lookedIn?: Looked['lookedIn'];
  readonly results: readonly DocumentResult[];
}

/** `specs` has the spec of each outcome, in the same order. */
export function documentOf(command: StackCommand, outcomes: readonly Outcome[], specs: readonly NamedSpec[], beside: Beside): Document {
  const { since, looked } = beside;
  return {
    version: DOCUMENT_VERSION,
    command,
    exitCode: exitWith(command, outcomes, beside),
    error: null,
    ...(since === undefined ? {} : { since: { ref: since.ref, commit: since.commit, gone: since.gone } }),
    ...looked,
    results: outcomes.map((outcome, index) => resultOf(command, outcome, specs[index])),
  };
}

/** Where nothing could be done for any stack. The mistakes of specs are what validate is asked for. */
export const endedDocument = (command: string, error: ReconcileError): DocumentHead & object => ({
  ...{ version: DOCUMENT_VERSION, command, exitCode: error.exit, error: errorIn(error) },
  ...(command === 'validate' ? { valid: false, files: [], problems: errorIn(error).problems } : { results: [] }),
});

export const errorIn = (error: ReconcileError): DocumentError => ({
  ...{ code: error.code, message: error.message, hint: error.hint },
  problems: problemsOf(error)?.problems ?? [],
});

function resultOf(command: StackCommand, outcome: Outcome, named: NamedSpec | undefined): DocumentResult {
  const { kind, stack, region, account, file, ms, report } = outcome;
  const error = errorOf(outcome);
  return {
    outcome: kind,
    ...(outcome.kind === 'refused' ? { because: outcome.because } : {}),
    exitCode: exitOf(outcome),
    ...{ stack, region, account, file, ms, headline: report.headline },
    error: error === undefined ? null : errorIn(error),
    ...partsOf(command, outcome, named),
  };
}

function partsOf(command: StackCommand, outcome: Outcome, named: NamedSpec | undefined): Partial<DocumentResult> {
  const previewed = previewOf(outcome);
  if (command === 'plan') return { plan: previewed?.plan ?? null, refusals: previewed?.refusals ?? [] };
  if (command !== 'drift') return { report: outcome.report };
  const drift = previewed === undefined || named === undefined ? null : describeDrift(named, previewed);
  if (!('accepted' in outcome) || outcome.accepted === undefined) return { drift };
  const { before, after, ...rest } = outcome.accepted;
  return { drift, accepted: { ...rest, diff: unifiedDiff(outcome.file, before, after) } };
}
