/** What is said of a plan and a run in the same way everywhere: what must not be applied, and what went wrong. */

import { classify } from '../aws/classify.ts';
import { ERRORS, EXIT, ReconcileError } from '../errors.ts';
import { grantText } from '../iam/grant.ts';
import type { Plan, StepRun } from '../plan/types.ts';
import type { Report } from '../report/report.ts';
import { type Preview, type Reconciled, THROTTLED_HINT } from './pipeline.ts';

/** Throws `GuardRefused` naming every refusal. */
export function requireAllowed(previewed: Preview): void {
  const [first] = previewed.refusals;
  if (first === undefined) return;
  const all = previewed.refusals.map((refusal) => `${refusal.address}: ${refusal.reason}`).join('; ');
  throw new ReconcileError('GuardRefused', all, {
    hint: `Nothing was changed. ${previewed.refusals.map((refusal) => refusal.remedy).join(' ')}`,
  });
}

/** What went wrong, in one sentence with what to do next; the steps themselves are in the report. */
export function failureOf(done: Reconciled): ReconcileError | undefined {
  const { plan, run, check } = done;
  const steps = run?.steps ?? [];
  const failed = steps.filter((step) => step.outcome === 'failed');
  const codes = failed.map((step) => step.error?.code ?? '');
  const text = `${plan.stack}: ${failed.length} of ${steps.length} steps failed, and ${steps.filter((step) => step.outcome === 'skipped').length} were skipped because of that`;
  if (codes.some((code) => REFUSED.test(code))) return new ReconcileError('CredentialsRefused', text);
  if (codes.some((code) => DENIED.test(code)))
    return new ReconcileError('Denied', text, {
      hint: `Grant these actions to the role that runs albedo, and run the same command again; finished steps are kept.\n  ${grantFor(plan, failed)}`,
    });
  const quotas = [...new Set(failed.flatMap(({ error }) => error?.hint ?? []))];
  if (quotas.length > 0)
    return new ReconcileError('ApplyFailed', text, {
      hint: `${quotas.join(' ')} Then run the same command again; finished steps are kept.`,
    });
  if (failed.length > 0 && codes.every((code) => classify(code, undefined) === 'Throttled'))
    return new ReconcileError('ApplyFailed', `${text}: AWS throttled them for an hour`, { hint: THROTTLED_HINT });
  if (failed.length > 0) return new ReconcileError('ApplyFailed', text);
  const left = check?.changes ?? [];
  if (left.length === 0) return undefined;
  return new ReconcileError(
    'NotConverged',
    `${plan.stack}: all steps are done, but a new plan would still ${left.map((change) => `${change.verb} ${change.address}`).join(', ')}`,
    { hint: 'AWS may show the changes late, or somebody else changed something: run the same command again.' },
  );
}

/** The statements that were missing. EC2 never names an action, and ELB not the tags: the table of operations does. */
function grantFor(plan: Plan, failed: readonly StepRun[]): string {
  const denied = new Set(failed.filter((step) => DENIED.test(step.error?.code ?? '')).map((step) => step.id));
  const ops = plan.steps.filter((step) => denied.has(step.id)).map((step) => step.op);
  return grantText(ops, { region: plan.region, stacks: [plan.stack] });
}

/** EC2, ELBv2 and IAM API references, common errors. */
const DENIED = /^(AccessDenied|UnauthorizedOperation|AuthorizationError)/;
const REFUSED = /^(Expired|RequestExpired|InvalidClientTokenId|AuthFailure|SignatureDoesNotMatch|UnrecognizedClient|Credentials|Token)/;

/** The exit status that a verdict deserves. A missed objective that could not be answered has that of what was in the way. */
export function exitOfReport(report: Report): number {
  const stopped = report.rollback?.error;
  if (stopped !== undefined && stopped !== null) return ERRORS[stopped.code].exit;
  switch (report.verdict) {
    case 'missed':
      return EXIT.objectiveMissed;
    case 'inconclusive':
      return EXIT.inconclusive;
    case 'failed':
      return EXIT.error;
    default:
      return EXIT.ok;
  }
}
