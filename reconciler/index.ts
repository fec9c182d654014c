/**
 * The library: what the command line does with specs, as functions. Nothing is printed, and nothing is thrown for what happens to a
 * stack: each has an outcome. See docs/library.md.
 */

import { conductLibrary } from './run/library.ts';
import type { ApplyOptions, DestroyOptions, Options, Outcome, PlanOptions, Specs, VerifyOptions } from './run/library-types.ts';

export { type ErrorCode, EXIT, ReconcileError } from './errors.ts';
export type { Change, FieldChange, Plan, PlanSummary, Run, StepRun } from './plan/types.ts';
export type { Difference, DriftReport } from './report/drift.ts';
export type { Report, ReportVerdict } from './report/report.ts';
export type { Event } from './run/events.ts';
export type { ApplyOptions, Consent, DestroyOptions, Options, Outcome, PlanOptions, Specs, VerifyOptions } from './run/library-types.ts';

/** The process's own variables, where none are given: this is where they are looked for. */
const withEnv = <O extends Options>(options: O) => ({ env: process.env, ...options });

/** Reads and compares; changes nothing. @throws ReconcileError for specs that cannot be read, before AWS is called. */
export const plan = (specs: Specs, options: PlanOptions = {}): Promise<readonly Outcome[]> =>
  conductLibrary('plan', specs, withEnv(options));

/** Makes what is live what the specs say. @throws ReconcileError for specs that cannot be read, before AWS is called. */
export const apply = (specs: Specs, options: ApplyOptions = {}): Promise<readonly Outcome[]> =>
  conductLibrary('apply', specs, withEnv(options));

/** Removes everything of the stacks. The caller has asked whoever has to be asked. @throws ReconcileError as `plan`. */
export const destroy = (specs: Specs, options: DestroyOptions = {}): Promise<readonly Outcome[]> =>
  conductLibrary('destroy', specs, withEnv(options));

/** Finds what differs between AWS and the specs: `planned` with its `drift`, else `unchanged`. @throws ReconcileError as `plan`. */
export const drift = (specs: Specs, options: Options = {}): Promise<readonly Outcome[]> => conductLibrary('drift', specs, withEnv(options));

/** Loads live stacks while an instance of each is stopped, and judges them; one after the other. @throws ReconcileError as `plan`. */
export const verify = (specs: Specs, options: VerifyOptions = {}): Promise<readonly Outcome[]> =>
  conductLibrary('verify', specs, withEnv(options));
