import { createInterface } from 'node:readline/promises';
import { EXIT, ReconcileError } from '../errors.ts';
import { type Preview, preview, type Reconciled, reconcile, type Session } from '../pipeline.ts';
import type { Plan } from '../plan/types.ts';
import { renderMarkdown } from '../report/markdown.ts';
import { buildReport, type Report } from '../report/report.ts';
import { renderText } from '../report/text.ts';
import type { ReadySpec } from '../spec/read.ts';
import type { ApplyFlags, DestroyFlags } from './main.ts';
import { showPlan } from './plan.ts';
import { writeReport } from './report-files.ts';
import { forEachSpec } from './run.ts';
import { paletteFor, print, printJson, renderError, type Shared } from './shell.ts';

/** Plans anew, compares with what was reviewed, asks guard, runs, and plans again: that plan must be empty. */
export async function applyCommand(paths: readonly string[], flags: ApplyFlags, shared: Shared): Promise<number> {
  return settleAll(paths, shared, 'apply', flags, async () => true);
}

export async function destroyCommand(paths: readonly string[], flags: DestroyFlags, shared: Shared): Promise<number> {
  return settleAll(
    paths,
    shared,
    'destroy',
    { allowReplace: [], ...flags },
    async (previewed) => flags.yes === true || flags.planDigest !== undefined || confirm(previewed.plan),
  );
}

/** On a terminal the name of the stack must be typed; without one, a flag must say yes. */
async function confirm(plan: Plan): Promise<boolean> {
  if (process.stdin.isTTY !== true)
    throw new ReconcileError('GuardRefused', `destroying ${plan.stack} needs consent, and there is no terminal to ask on`, {
      hint: 'Say --yes, or --plan-digest with the digest of the reviewed plan.',
    });
  const question = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await question.question(`Type the name of the stack to destroy it (${plan.stack}): `)).trim() === plan.stack;
  } finally {
    question.close();
  }
}

async function settleAll(
  paths: readonly string[],
  shared: Shared,
  mode: Plan['mode'],
  flags: ApplyFlags,
  consent: (previewed: Preview) => Promise<boolean>,
): Promise<number> {
  const reports: Report[] = [];
  const exit = await forEachSpec(paths, shared, async ({ spec }, session) => {
    const started = session.clock.now();
    const previewed = await preview(spec, session, { allowReplace: flags.allowReplace }, mode);
    if (shared.format === 'text') showPlan(previewed, shared);
    requireReviewed(previewed.plan, flags.planDigest);
    requireAllowed(previewed);
    if (previewed.plan.changes.length > 0 && !(await consent(previewed)))
      throw new ReconcileError('GuardRefused', `${spec.stack.name} was not destroyed: the name was not typed`);
    const done = await reconcile(spec, previewed, session);
    const report = reportOf(spec, done, session, started);
    reports.push(report);
    if (shared.format === 'text') print(renderText(report, paletteFor(shared)));
    if (shared.format === 'markdown') print(renderMarkdown(report));
    if (flags.report !== undefined) writeReport(flags.report, report);
    const status = exitOf(done, session);
    const failure = failureOf(done);
    if (failure !== undefined) process.stderr.write(renderError(failure));
    return status;
  });
  if (shared.format === 'json') printJson({ version: 1, results: reports });
  return exit;
}

/** Throws `PlanDiffers` when a digest was given and the plan has another. */
export function requireReviewed(plan: Plan, digest: string | undefined): void {
  if (digest === undefined) return;
  if (!/^[0-9a-f]{12,64}$/.test(digest))
    throw new ReconcileError('PlanDiffers', `${digest} is no plan digest`, {
      hint: 'Give at least the 12 characters that `albedo plan` prints.',
    });
  if (!plan.digest.startsWith(digest))
    throw new ReconcileError(
      'PlanDiffers',
      `the plan of ${plan.stack} has digest ${plan.digest.slice(0, 12)}, the reviewed one was ${digest.slice(0, 12)}; nothing was changed`,
    );
}

/** Throws `GuardRefused` naming every refusal. */
export function requireAllowed(previewed: Preview): void {
  const [first] = previewed.refusals;
  if (first === undefined) return;
  const all = previewed.refusals.map((refusal) => `${refusal.address}: ${refusal.reason}`).join('; ');
  throw new ReconcileError('GuardRefused', all, {
    hint: `Nothing was changed. ${previewed.refusals.map((refusal) => refusal.remedy).join(' ')}`,
  });
}

export function reportOf(spec: ReadySpec, done: Reconciled, session: Session, started: number): Report {
  return buildReport({
    stack: spec.stack.name,
    account: done.plan.account,
    region: spec.stack.region,
    createdAt: session.clock.now(),
    plan: done.plan,
    run: done.run ?? null,
    calls: done.calls,
    checkAfter: done.check === undefined ? null : { changes: done.check.changes },
    timings: [{ name: done.plan.mode, ms: session.clock.now() - started }],
  });
}

export function exitOf(done: Reconciled, session: Session): number {
  if (session.signal.aborted) throw new ReconcileError('Interrupted', `${done.plan.stack}: stopped before all was done`);
  return failureOf(done)?.exit ?? EXIT.ok;
}

/** What went wrong, in one sentence with what to do next; the steps themselves are in the report. */
export function failureOf(done: Reconciled): ReconcileError | undefined {
  const { plan, run, check } = done;
  const steps = run?.steps ?? [];
  const failed = steps.filter((step) => step.outcome === 'failed');
  const codes = failed.map((step) => step.error?.code ?? '');
  const text = `${plan.stack}: ${failed.length} of ${steps.length} steps failed and ${steps.filter((step) => step.outcome === 'skipped').length} were skipped because of that`;
  if (codes.some((code) => REFUSED.test(code))) return new ReconcileError('CredentialsRefused', text);
  if (codes.some((code) => DENIED.test(code)))
    return new ReconcileError('Denied', text, {
      hint: 'Grant the actions named above to the role that runs albedo, and run the same command again: what was done is found and kept.',
    });
  if (failed.length > 0) return new ReconcileError('ApplyFailed', text);
  const left = check?.changes ?? [];
  if (left.length === 0) return undefined;
  return new ReconcileError(
    'NotConverged',
    `${plan.stack}: all steps are done, and a new plan still wants to ${left.map((change) => `${change.verb} ${change.address}`).join(', ')}`,
    { hint: 'AWS may show what was done late, or somebody else changed it: run the same command again.' },
  );
}

/** EC2, ELBv2 and IAM API references, common errors. */
const DENIED = /^(AccessDenied|UnauthorizedOperation|AuthorizationError)/;
const REFUSED = /^(Expired|RequestExpired|InvalidClientTokenId|AuthFailure|SignatureDoesNotMatch|UnrecognizedClient|Credentials|Token)/;
