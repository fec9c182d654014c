import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { environmentOf } from '../../sandbox/control.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { root } from '../../scripts/setup/places.mjs';
import type { ReadySpec } from '../config/read.ts';
import { ReconcileError } from '../errors.ts';
import { buildReport, type Report } from '../report/report.ts';
import { headOf } from '../run/document.ts';
import { exitOfReport, failureOf, requireAllowed } from '../run/exit-status.ts';
import { journalTo, openSession, preview, reconcile, type Session } from '../run/pipeline.ts';
import { writeReport } from '../run/report-files.ts';
import { reportOf } from '../run/report-of.ts';
import { readSpecs } from '../run/specs.ts';
import { readHosts } from '../verify/target.ts';
import { verify } from '../verify/verify.ts';
import { showPlan } from './plan.ts';
import { EXAMPLE } from './program-parts.ts';
import { listenForInterrupt, type Progress, paletteFor, print, printJson, progressFor, type Shared } from './shell.ts';
import { ensureTools } from './tools.ts';

/**
 * The main job from start to end on its own sandbox: plan, apply, plan again, load while an instance is stopped, report,
 * destroy, look for leftovers. Whatever happens, the sandbox and everything that it started is removed at the end.
 */
export async function demoCommand(path: string, flags: { readonly report: string }, shared: Shared): Promise<number> {
  const { specs } = await readSpecs([exampleOr(path)], process.env);
  const named = specs[0];
  if (specs.length !== 1 || named === undefined)
    throw new ReconcileError('SpecNotFound', `the demo takes one spec, but ${path} has ${specs.length}`);
  await ensureTools(['python', 'haproxy', 'k6'], shared);
  const interrupt = listenForInterrupt();
  const progress = await progressFor(shared);
  const runDir = mkdtempSync(join(tmpdir(), 'albedo-demo-'));
  const removeRunDir = (): void => rmSync(runDir, { recursive: true, force: true });
  // Also when a second Ctrl-C ends the process at once; what the sandbox started ends with it.
  process.once('exit', removeRunDir);
  let sandbox: Sandbox | undefined;
  try {
    progress.emit({ kind: 'phase', phase: 'validate', text: `${named.file} is valid; starting the sandbox` });
    sandbox = await unlessAborted(startSandbox({ runDir }), interrupt.signal).catch((cause: unknown) => {
      if (interrupt.signal.aborted) throw cause;
      throw new ReconcileError(
        'ToolMissing',
        `the sandbox cannot start: ${cause instanceof Error ? cause.message.replace(/\.$/, '') : String(cause)}`,
        { cause },
      );
    });
    Object.assign(process.env, environmentOf(sandbox));
    const session = openSession({
      region: named.spec.stack.region,
      env: process.env,
      emit: progress.emit,
      signal: interrupt.signal,
      journal: journalTo(join(flags.report, 'journal.jsonl')),
    });
    return await wholeJob(named.spec, session, progress, sandbox, flags.report, shared);
  } finally {
    progress.stop();
    await sandbox?.stop();
    removeRunDir();
    process.off('exit', removeRunDir);
    interrupt.done();
  }
}

/** The example of the checkout, or else the one in the package. */
const exampleOr = (path: string): string => (path === EXAMPLE && !existsSync(path) ? join(root, EXAMPLE) : path);

/** A start takes seconds and cannot be cancelled: an interrupt does not wait for it, and it ends with the process. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    work.then(resolve, reject);
  });
}

async function wholeJob(
  spec: ReadySpec,
  session: Session,
  progress: Progress,
  sandbox: Sandbox,
  folder: string,
  shared: Shared,
): Promise<number> {
  const started = session.clock.now();
  const first = await preview(spec, session);
  progress.stop();
  if (shared.format.prints === 'told') showPlan(first, shared);
  requireAllowed(first);
  const applied = await reconcile(spec, first, session);
  if (session.signal.aborted) throw new ReconcileError('Interrupted', `${spec.stack.name}: stopped before it was finished`);
  const failed = failureOf(applied);
  const appliedAt = session.clock.now();
  if (failed !== undefined) {
    const report = reportOf(spec, { kind: 'failed', error: failed, done: applied }, session, { name: 'apply', ms: appliedAt - started });
    return tell(report, folder, shared, failed.exit);
  }
  const again = await preview(spec, session);
  if (again.plan.changes.length > 0)
    throw new ReconcileError('NotConverged', `a second plan of ${spec.stack.name} still has ${again.plan.changes.length} changes`);
  progress.emit({ kind: 'phase', phase: 'check', text: 'the second plan is empty' });
  await sandbox.settled();
  const verified = await verify(spec, again.observation, session, { outDir: folder, hosts: readHosts(process.env) });
  const verifiedAt = session.clock.now();
  if (session.signal.aborted) throw new ReconcileError('Interrupted', 'interrupted; the sandbox and everything in it was removed');
  const destroyed = await reconcile(spec, await preview(spec, session, undefined, 'destroy'), session);
  const leftovers = (await preview(spec, session, undefined, 'destroy')).plan.changes;
  const ended = session.clock.now();
  const report = buildReport({
    stack: spec.stack.name,
    account: applied.plan.account,
    region: spec.stack.region,
    createdAt: ended,
    plan: applied.plan,
    run: applied.run ?? null,
    calls: session.cloud.count(),
    checkAfter: applied.check === undefined ? null : { changes: applied.check.changes },
    load: verified.load,
    victim: verified.victim,
    stage: verified.stage,
    probes: verified.probes,
    timings: [
      { name: 'apply', ms: appliedAt - started },
      { name: 'verify', ms: verifiedAt - appliedAt },
      { name: 'destroy', ms: ended - verifiedAt },
    ],
  });
  progress.stop();
  const status = tell(report, folder, shared, exitOfReport(report));
  if (destroyed.run?.outcome !== 'done' || leftovers.length > 0)
    throw new ReconcileError('NotConverged', `destroying left ${leftovers.map((change) => change.address).join(', ') || 'steps undone'}`);
  if (shared.format.prints === 'told') print(`Everything was destroyed and nothing is left. The report: ${join(folder, 'report.html')}`);
  return status;
}

function tell(report: Report, folder: string, shared: Shared, status: number): number {
  writeReport(folder, report);
  const { format } = shared;
  if (format.prints === 'document') printJson({ ...headOf('demo', status), results: [report] });
  else print(format.render(report, paletteFor(shared)));
  return status;
}
