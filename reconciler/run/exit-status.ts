/** What is said of a plan and a run in the same way everywhere: what must not be applied, and what went wrong. */

import { classify } from '../aws/classify.ts';
import { type CloudErrorClass, ERRORS, EXIT, ReconcileError } from '../errors.ts';
import { grantText } from '../iam/grant.ts';
import type { Plan, StepRun } from '../plan/types.ts';
import type { Report } from '../report/report.ts';
import { type Preview, type Reconciled, refusedCredentials, THROTTLED_HINT } from './pipeline.ts';

/** Throws `GuardRefused` naming every refusal. */
export function requireAllowed(previewed: Preview): void {
  const [first] = previewed.refusals;
  if (first === undefined) return;
  const all = previewed.refusals.map((refusal) => `${refusal.address}: ${refusal.reason}`).join('; ');
  throw new ReconcileError('GuardRefused', all, {
    hint: `Nothing was changed. ${[...new Set(previewed.refusals.map((refusal) => refusal.remedy))].join(' ')}`,
  });
}

/** What went wrong, in one sentence with what to do next; the steps themselves are in the report. */
export function failureOf(done: Reconciled): ReconcileError | undefined {
  const { plan, run, check, unchecked } = done;
  const steps = run?.steps ?? [];
  const failed = steps.filter((step) => step.outcome === 'failed');
  const codes = failed.map((step) => step.error?.code ?? '');
  const skipped = steps.filter((step) => step.outcome === 'skipped').length;
  const others = skipped === 0 ? '' : `, and ${skipped} were skipped because of that`;
  const text = `${plan.stack}: ${failed.length} of ${steps.length} steps failed${others}`;
  const refused = failed.find(({ error }) => isOf('Credentials', error?.code));
  if (refused?.error !== undefined) return refusedCredentials(text, refused.error.code, refused.error.message);
  if (codes.some((code) => isOf('Denied', code)))
    return new ReconcileError('Denied', text, {
      hint: `Grant these actions to the role that runs albedo, and run the same command again; finished steps are kept.\n  ${grantFor(plan, failed)}`,
    });
  const quotas = [...new Set(failed.flatMap(({ error }) => error?.hint ?? []))];
  if (quotas.length > 0)
    return new ReconcileError('ApplyFailed', text, {
      hint: `${quotas.join(' ')} Then run the same command again; finished steps are kept.`,
    });
  if (failed.length > 0 && codes.every((code) => isOf('Throttled', code)))
    return new ReconcileError('ApplyFailed', `${text}: AWS throttled them for an hour`, { hint: THROTTLED_HINT });
  if (failed.length > 0) return new ReconcileError('ApplyFailed', text);
  if (unchecked !== undefined) {
    const { code, message, hint } = unchecked;
    return new ReconcileError(code, `${plan.stack}: all ${steps.length} steps are done, but the result could not be checked: ${message}`, {
      cause: unchecked,
      hint,
    });
  }
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
  const denied = new Set(failed.filter((step) => isOf('Denied', step.error?.code)).map((step) => step.id));
  const ops = plan.steps.filter((step) => denied.has(step.id)).map((step) => step.op);
  return grantText(ops, { region: plan.region, stacks: [plan.stack] });
}

const isOf = (group: CloudErrorClass, code = ''): boolean => classify(code, undefined) === group;

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
