/** What changes or loads a stack: a plan that may be run, and the load test of what is live. */

import { join } from 'node:path';
import type { ReadySpec } from '../config/read.ts';
import { asError, ReconcileError } from '../errors.ts';
import type { Report } from '../report/report.ts';
import { type VerifyStackOptions, verifyOrRollBack } from '../verify/verify-stack.ts';
import { failureOf } from './exit-status.ts';
import type { Case } from './outcome.ts';
import { type Preview, type Reconciled, reconcile, type Session } from './pipeline.ts';
import { withFolder } from './report-files.ts';
import { reportOf, withFailure } from './report-of.ts';
import type { NamedSpec } from './specs.ts';
import { reconcileUnderLoad, type UnderLoadOptions } from './under-load.ts';

/** A case with all that is known of it. */
export type Ended = Case & { readonly report: Report };

/** How a stack is loaded and judged. */
export interface VerifyRequest extends Omit<VerifyStackOptions, 'outDir' | 'named' | 'applied' | 'onVictim'> {
  /** Report on an apply before it, of another run, which the report on both takes up. */
  readonly appliedBefore?: (named: NamedSpec) => Report | undefined;
  /** Told of the report as soon as it is there, also when the run is cut short right after. */
  readonly seen?: (report: Report) => void;
  readonly onVictim?: (victim: Parameters<NonNullable<VerifyStackOptions['onVictim']>>[0], named: NamedSpec) => void;
}

/** Runs a previewed plan, under load when that was asked for. Raw points go into the folder, or nowhere. */
export async function carryOut(
  spec: ReadySpec,
  previewed: Preview,
  session: Session,
  command: 'apply' | 'destroy',
  options: { readonly underLoad?: Omit<UnderLoadOptions, 'outDir'> | undefined; readonly outDir?: string | undefined },
): Promise<Ended> {
  const started = session.clock.now();
  const { underLoad: wanted } = options;
  const { done, underLoad } =
    wanted === undefined
      ? { done: await reconcile(spec, previewed, session), underLoad: undefined }
      : await withFolder(options.outDir, (folder) =>
          // Apart from the points of a load test that may follow.
          reconcileUnderLoad(spec, previewed, session, { ...wanted, outDir: join(folder, 'under-load') }),
        );
  const took = { name: command, ms: session.clock.now() - started };
  const error = endedBy(done, session);
  if (error !== undefined) {
    const came: Case = { kind: 'failed', error, done };
    return { ...came, report: reportOf(spec, came, session, took, underLoad) };
  }
  const report = reportOf(spec, { kind: 'applied', done }, session, took, underLoad);
  if (report.verdict === 'missed' || report.verdict === 'inconclusive') return { kind: report.verdict, done, report };
  return { kind: command === 'destroy' ? 'destroyed' : 'applied', done, report };
}

/** What went wrong with a run; an interrupt counts only where it cut something off. */
function endedBy(done: Reconciled, { signal }: Session): ReconcileError | undefined {
  const { plan, run, check } = done;
  const whole = plan.steps.length === 0 || (run?.outcome === 'done' && check !== undefined);
  if (signal.aborted && !whole) {
    const { reason } = signal;
    if (reason instanceof ReconcileError && reason.code === 'Locked') return reason;
    return new ReconcileError('Interrupted', `${plan.stack}: stopped before all was done`);
  }
  return failureOf(done);
}

/** Loads a live stack and judges it. With `before`, what was applied is told although it could not be proven. */
export async function verifyStack(
  named: NamedSpec,
  session: Session,
  verify: VerifyRequest,
  outDir: string | undefined,
  before?: { readonly done: Reconciled; readonly report: Report },
): Promise<Ended> {
  const { appliedBefore, onVictim, seen, ...options } = verify;
  const applied = before?.report ?? appliedBefore?.(named);
  const done = before === undefined ? {} : { done: before.done };
  let told: Report | undefined;
  try {
    const report = await withFolder(outDir, (folder) =>
      verifyOrRollBack(
        named.spec,
        session,
        {
          ...options,
          ...{ outDir: folder, named },
          ...(applied === undefined ? {} : { applied }),
          ...(onVictim === undefined ? {} : { onVictim: (victim) => onVictim(victim, named) }),
        },
        (report) => {
          told = report;
          seen?.(report);
        },
      ),
    );
    // Steps and calls stand in one line, and are those of the apply.
    const whole = before === undefined && applied !== undefined ? { ...report, calls: applied.calls } : report;
    const { verdict } = whole;
    return { kind: verdict === 'missed' || verdict === 'inconclusive' ? verdict : 'verified', ...done, report: whole };
  } catch (thrown) {
    const known = told ?? before?.report;
    if (known === undefined) throw thrown;
    const came: Case = { kind: 'failed', error: asError(thrown), ...done };
    return { ...came, report: withFailure(known, came, came.error) };
  }
}
