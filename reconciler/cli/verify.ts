import { existsSync } from 'node:fs';
import { ReconcileError } from '../errors.ts';
import { renderMarkdown } from '../report/markdown.ts';
import type { Report } from '../report/report.ts';
import { renderText } from '../report/text.ts';
import { exitOfReport } from '../run/exit-status.ts';
import type { LockRequest } from '../run/lock.ts';
import { writeReport } from '../run/report-files.ts';
import type { NamedSpec } from '../run/specs.ts';
import { prove } from '../verify/prove.ts';
import { findGoal, type RollbackRequest } from '../verify/rollback.ts';
import { readHosts } from '../verify/target.ts';
import { type ConsentFlags, policyOf } from './consent.ts';
import { lockRequest } from './lock.ts';
import type { LockFlags } from './main.ts';
import { forEachSpec } from './run.ts';
import { paletteFor, print, printJson, renderError, type Shared } from './shell.ts';

export interface RollbackFlags extends ConsentFlags {
  /** A commit; `true`: the last good one. */
  readonly rollback?: string | true;
}

export interface VerifyFlags extends RollbackFlags, LockFlags {
  readonly report: string;
}

/** Load and chaos on a live stack. */
export async function verifyCommand(paths: readonly string[], flags: VerifyFlags, shared: Shared): Promise<number> {
  const reports: Report[] = [];
  const hosts = readHosts(process.env);
  const rollback = rollbackRequest(flags, lockRequest(flags));
  const exit = await forEachSpec(paths, shared, async (named, session) => {
    const report = await prove(named.spec, session, { outDir: flags.report, hosts, named, rollback }, (report) => {
      reports.push(report);
      writeReport(flags.report, report);
      if (shared.format === 'text') print(renderText(report, paletteFor(shared)));
      if (shared.format === 'markdown') print(renderMarkdown(report));
    });
    return exitOfProof(report);
  });
  if (shared.format === 'json') printJson({ version: 1, results: reports });
  return exit;
}

/** The exit status of a proof; a rollback that did not come about is told on standard error as well. */
export function exitOfProof(report: Report): number {
  const stopped = report.rollback?.error;
  if (stopped) {
    const error = new ReconcileError(stopped.code, `${report.stack}: ${report.rollback?.sentence ?? ''}`, { hint: stopped.hint });
    process.stderr.write(renderError(error));
  }
  return exitOfReport(report);
}

export function rollbackRequest(flags: RollbackFlags, lock: LockRequest | undefined): RollbackRequest | undefined {
  if (flags.rollback === undefined) return undefined;
  return {
    policy: policyOf(flags),
    ...(flags.rollback === true ? {} : { ref: flags.rollback }),
    ...(lock === undefined ? {} : { lock }),
  };
}

/** Throws `RollbackFailed` when the commit that was named cannot be gone back to, before anything is changed. */
export function checkRollback(named: NamedSpec, { rollback }: Partial<RollbackFlags>): void {
  if (typeof rollback === 'string') findGoal(named, undefined, rollback);
}

/**
 * `--rollback` may name a commit and need not: what follows it and is a file or a folder that is there is the first spec.
 * A branch of the same name is meant by `refs/heads/<name>`.
 */
export function readRollback<F extends { readonly rollback?: string | true }>(
  specs: readonly string[],
  existing: boolean,
  flags: F,
): { readonly specs: readonly string[]; readonly flags: F } {
  const { rollback } = flags;
  if (typeof rollback !== 'string' || !(rollback === '-' || existsSync(rollback))) return { specs, flags };
  return { specs: existing ? [rollback, ...specs] : [rollback], flags: { ...flags, rollback: true } };
}
