/** The report of a case: what is known of it, with the verdict that the case deserves. */

import type { ReadySpec } from '../config/read.ts';
import type { ReconcileError } from '../errors.ts';
import type { UnderLoadReport } from '../load/under-load-types.ts';
import { buildReport, type Report, type ReportFailure } from '../report/report.ts';
import { addressesOf } from '../verify/target.ts';
import { type Case, errorOf, type Outcome, previewOf } from './outcome.ts';
import type { Preview, Session } from './pipeline.ts';
import type { NamedSpec } from './specs.ts';

export interface Took {
  readonly name: string;
  readonly ms: number;
}

export function reportOf(
  spec: ReadySpec,
  came: Case,
  session: Pick<Session, 'clock'> & Partial<Pick<Session, 'env'>>,
  took: Took,
  underLoad?: UnderLoadReport,
): Report {
  const plan = previewOf(came)?.plan;
  const done = 'done' in came ? came.done : undefined;
  const error = errorOf(came);
  return buildReport({
    stack: spec.stack.name,
    account: plan?.account ?? '',
    region: spec.stack.region,
    createdAt: session.clock.now(),
    plan: plan ?? null,
    // Drift is told, not applied: what guard would say of going back is no refusal.
    refusals: came.kind === 'refused' ? (came.previewed?.refusals ?? []) : [],
    run: done?.run ?? null,
    calls: done?.calls ?? null,
    checkAfter: done?.check === undefined ? null : { changes: done.check.changes },
    underLoad: underLoad ?? null,
    timings: [took],
    links: came.kind === 'applied' && done !== undefined ? addressesOf(done.after ?? done.observation, session.env ?? {}) : [],
    glance: came.kind === 'glanced' ? { unseen: came.glance.unseen } : null,
    failure: error === undefined ? null : failureIn(came, error),
  });
}

/** The same report, ended by an error. */
export const withFailure = (report: Report, came: Case, error: ReconcileError): Report =>
  buildReport({ ...report, failure: failureIn(came, error) });

const failureIn = ({ kind }: Case, { code, message, hint }: ReconcileError): ReportFailure => ({
  verdict: kind === 'refused' || kind === 'notReached' ? kind : 'failed',
  ...{ code, message, hint },
});

/** A plan that waits to be run, as an outcome: for whoever has to be told or asked on the way. */
export function asPlanned({ spec, file }: NamedSpec, previewed: Preview, session: Pick<Session, 'clock'>): Outcome {
  const report = reportOf(spec, { kind: 'planned', previewed }, session, { name: 'plan', ms: 0 });
  const { stack, region, account } = report;
  return { kind: 'planned', previewed, ...{ stack, region, account, file, ms: 0, report } };
}
