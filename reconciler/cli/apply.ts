import { createInterface } from 'node:readline/promises';
import { ReconcileError } from '../errors.ts';
import { widen } from '../model/policy.ts';
import type { Plan } from '../plan/types.ts';
import { renderMarkdown } from '../report/markdown.ts';
import type { Report } from '../report/report.ts';
import { renderText } from '../report/text.ts';
import { exitOf, failureOf, reportOf, requireAllowed, requireReviewed } from '../run/exit-status.ts';
import { whileLocked } from '../run/lock.ts';
import { type Preview, preview } from '../run/pipeline.ts';
import { writeReport } from '../run/report-files.ts';
import { prove } from '../verify/prove.ts';
import { readHosts } from '../verify/target.ts';
import { policyOf } from './consent.ts';
import { lockRequest } from './lock.ts';
import type { ApplyFlags, DestroyFlags } from './main.ts';
import { showPlan } from './plan.ts';
import { forEachSpec } from './run.ts';
import { paletteFor, print, printJson, renderError, type Shared } from './shell.ts';
import { carryOut, exitOfLoad, withFolder } from './under-load.ts';
import { checkRollback, exitOfProof, rollbackRequest } from './verify.ts';

/** Plans anew, compares with what was reviewed, asks guard, runs, and plans again: that plan must be empty. */
export async function applyCommand(paths: readonly string[], flags: ApplyFlags, shared: Shared): Promise<number> {
  if (flags.rollback !== undefined && flags.verify !== true)
    throw new ReconcileError('SpecInvalid', '--rollback says what follows a missed objective', { hint: 'Say --verify too.' });
  return settleAll(paths, shared, 'apply', flags, async () => true);
}

export async function destroyCommand(paths: readonly string[], flags: DestroyFlags, shared: Shared): Promise<number> {
  return settleAll(
    paths,
    shared,
    'destroy',
    flags,
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
  const lock = lockRequest(flags);
  const tell = (report: Report): void => {
    reports.push(report);
    if (shared.format === 'text') print(renderText(report, paletteFor(shared)));
    if (shared.format === 'markdown') print(renderMarkdown(report));
    if (flags.report !== undefined) writeReport(flags.report, report);
  };
  const exit = await forEachSpec(paths, shared, async (named, session) => {
    const { spec } = named;
    checkRollback(named, flags);
    const started = session.clock.now();
    const planned = async (): Promise<Preview> => {
      const previewed = await preview(spec, session, widen(named.policy, policyOf(flags)), mode);
      if (shared.format === 'text') showPlan(previewed, shared);
      requireReviewed(previewed.plan, flags.planDigest);
      requireAllowed(previewed);
      if (previewed.plan.changes.length > 0 && !(await consent(previewed)))
        throw new ReconcileError('GuardRefused', `${spec.stack.name} was not destroyed: the name was not typed`);
      return previewed;
    };
    return whileLocked(await planned(), session, lock, planned, async (previewed, held) => {
      const { done, underLoad } = await carryOut(spec, previewed, held, flags);
      const report = reportOf(spec, done, held, started, underLoad);
      if (flags.verify === true && !held.signal.aborted && failureOf(done) === undefined)
        return withFolder(flags.report, async (outDir) => {
          // Within the lock of the apply there is none to take.
          const rollback = rollbackRequest(flags, held === session ? lock : undefined);
          const options = {
            outDir,
            hosts: readHosts(process.env),
            freshHosts: () => readHosts(process.env),
            named,
            rollback,
            applied: report,
          };
          const told = reports.length;
          try {
            return exitOfProof(await prove(spec, held, options, tell));
          } catch (thrown) {
            // What was applied is told although it could not be proven.
            if (reports.length === told) tell(report);
            throw thrown;
          }
        });
      tell(report);
      const status = exitOf(done, held) || exitOfLoad(underLoad);
      const failure = failureOf(done);
      if (failure !== undefined) process.stderr.write(renderError(failure));
      return status;
    });
  });
  if (shared.format === 'json') printJson({ version: 1, results: reports });
  return exit;
}
