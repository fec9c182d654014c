import { ReconcileError } from './errors.ts';
import { preview, type Session } from './pipeline.ts';
import { buildReport, type Report } from './report/report.ts';
import type { ReadySpec } from './spec/read.ts';
import { type VerifyOptions, verify } from './verify.ts';

/**
 * Load and chaos on a live stack, as a report. What is live is loaded, also where it differs from the spec; a warning says so.
 * `tell` gets the report before an interrupt is thrown, so that what was measured until then is not lost.
 */
export async function prove(
  spec: ReadySpec,
  session: Session,
  options: VerifyOptions,
  tell: (report: Report) => void = () => {},
): Promise<Report> {
  const started = session.clock.now();
  const { plan, observation } = await preview(spec, session);
  if (plan.changes.length > 0)
    session.emit({
      kind: 'warning',
      text: `${spec.stack.name} is live otherwise than the spec says: ${plan.changes.length} differences (albedo drift shows them)`,
    });
  const verified = await verify(spec, observation, session, options);
  const report = buildReport({
    stack: spec.stack.name,
    account: plan.account,
    region: spec.stack.region,
    createdAt: session.clock.now(),
    load: verified.load,
    victim: verified.victim,
    probes: verified.probes,
    calls: session.cloud.count(),
    timings: [{ name: 'verify', ms: session.clock.now() - started }],
  });
  tell(report);
  if (session.signal.aborted)
    throw new ReconcileError('Interrupted', `${spec.stack.name}: the load test was cut short, and what it says is of no use`);
  return report;
}
