import { dirname } from 'node:path';
import { leftoversIn } from '../chaos/leftovers.ts';
import type { ReadySpec } from '../config/read.ts';
import { ReconcileError } from '../errors.ts';
import { widen } from '../model/policy.ts';
import type { LiveRead } from '../observe/slice.ts';
import { compareReports, type EarlierReport } from '../report/compare.ts';
import { buildReport, type Report } from '../report/report.ts';
import type { RollbackReport } from '../report/rollback.ts';
import { openRepository } from '../run/git.ts';
import { preview, type Session } from '../run/pipeline.ts';
import type { NamedSpec } from '../run/specs.ts';
import { mayBeUnscheduled, mostRequests, requireVerifyAllowed } from '../run/verify-terms.ts';
import { undoLeftovers } from './leftovers.ts';
import { untilReachable } from './reachable.ts';
import { findGoal, type Goal, notPossible, notTried, type RollbackRequest, recordPass, rememberedCommit, rollBack } from './rollback.ts';
import { verifyTarget } from './target.ts';
import { type VerifyOptions, verify } from './verify.ts';

export interface VerifyStackOptions extends VerifyOptions {
  /** The file of the spec: if it is committed, a pass is recorded for a later rollback. */
  readonly named?: NamedSpec;
  /** Rolls back if an objective is missed. Only with `named`, whose policy it widens. */
  readonly rollback?: RollbackRequest | undefined;
  /** The report of the apply before it; the returned report covers both. */
  readonly applied?: Report;
  /** Reports of earlier runs, to compare with. */
  readonly earlier?: readonly EarlierReport[];
  /** Consent to a fault that no schedule would undo, in addition to that of the policy. */
  readonly withoutSchedule?: boolean;
  /** Reads `hosts` again, and waits until every listener accepts connections. For a stack that was just applied. */
  readonly freshHosts?: () => VerifyOptions['hosts'];
}

/**
 * Runs load and chaos on the stack in AWS and returns the report. If AWS differs from the spec, a warning says so.
 * `tell` gets the report before an interrupt is thrown, so that the measurements until then are not lost.
 * Throws `RollbackFailed` before any load is sent if a rollback to the commit that `rollback` names is not possible.
 */
export async function verifyOrRollBack(
  spec: ReadySpec,
  session: Session,
  options: VerifyStackOptions,
  tell: (report: Report) => void = () => {},
): Promise<Report> {
  const { named, applied } = options;
  const started = session.clock.now();
  if (named !== undefined) requireVerifyAllowed(spec.stack.name, spec.settings, named.policy, started);
  const { plan, observation } = await preview(spec, session);
  if (plan.changes.length > 0)
    session.emit({
      kind: 'warning',
      text: `${spec.stack.name} differs from its spec: ${plan.changes.length} differences (albedo drift shows them)`,
    });
  // The stack is locked, so the run that set a fault tag has ended.
  await undoLeftovers(leftoversIn(observation.raws), session);
  const goal = goalOf(options, observation, session);
  const { freshHosts } = options;
  const hosts =
    freshHosts === undefined
      ? options.hosts
      : await untilReachable(verifyTarget(spec.stack, observation, options.hosts), freshHosts, session);
  const most = named === undefined ? undefined : mostRequests(named.policy);
  const schedule = {
    notNeeded: options.withoutSchedule === true || (named !== undefined && mayBeUnscheduled(named.policy)),
    ...(named?.scheduleRole === undefined ? {} : { role: named.scheduleRole }),
  };
  const verified = await verify(spec, observation, session, {
    ...{ ...options, hosts, schedule },
    ...(named?.fis === undefined ? {} : { fis: named.fis }),
    ...(named?.loadPods === undefined ? {} : { pods: named.loadPods }),
    ...(most === undefined ? {} : { most }),
  });
  const input = {
    stack: spec.stack.name,
    account: plan.account,
    region: spec.stack.region,
    load: verified.load,
    victim: verified.victim,
    probes: verified.probes,
    stage: verified.stage,
    origin: originOf(named, session.env),
  };
  const timings = [...(applied?.timings ?? []), { name: 'verify', ms: session.clock.now() - started }];
  const { verdict } = buildReport({ ...input, createdAt: session.clock.now() });
  const verifiedAt = session.clock.now();
  const rollback = session.signal.aborted ? undefined : await answer(verdict, goal, session, options);
  if (!session.signal.aborted && verdict === 'pass' && plan.changes.length === 0 && named !== undefined)
    await recordPass(named, observation, session);
  const judged = buildReport({
    ...(applied === undefined ? {} : partsOf(applied)),
    ...input,
    createdAt: session.clock.now(),
    calls: session.cloud.count(),
    rollback: rollback ?? null,
    timings:
      rollback?.plan === undefined || rollback.plan === null
        ? timings
        : [...timings, { name: 'rollback', ms: session.clock.now() - verifiedAt }],
  });
  const report = { ...judged, compare: compareReports(judged, options.earlier ?? []) };
  tell(report);
  if (session.signal.aborted && rollback === undefined)
    throw new ReconcileError('Interrupted', `${spec.stack.name}: the load test was interrupted; its results are not valid`);
  return report;
}

/** The commit and the branch of the spec. In a job of GitHub Actions the checkout is on no branch: its variables name it. */
function originOf(named: NamedSpec | undefined, env: Session['env']): Report['origin'] {
  if (named === undefined || named.file === '<stdin>') return null;
  try {
    const repository = openRepository(dirname(named.file));
    const branch = env['GITHUB_HEAD_REF'] || env['GITHUB_REF_NAME'] || repository.branch();
    return { branch: branch ?? '', commit: repository.commitOf('HEAD') ?? '' };
  } catch {
    return null;
  }
}

const partsOf = ({ plan, run, checkAfter, underLoad }: Report) => ({ plan, run, checkAfter, underLoad });

/**
 * The spec to roll back to, found before the load: a named commit that is missing is an error at once. If none was named, the first version
 * has no earlier spec, which matters only if it misses its objectives.
 */
function goalOf({ named, rollback }: VerifyStackOptions, observation: LiveRead, session: Session): Goal | ReconcileError | undefined {
  if (named === undefined || rollback === undefined) return undefined;
  try {
    return findGoal(named, rememberedCommit(observation), rollback.ref);
  } catch (thrown) {
    if (!(thrown instanceof ReconcileError) || rollback.ref !== undefined) throw thrown;
    session.emit({ kind: 'warning', text: `a rollback would not be possible: ${thrown.message}` });
    return thrown;
  }
}

async function answer(
  verdict: Report['verdict'],
  goal: Goal | ReconcileError | undefined,
  session: Session,
  { named, rollback }: VerifyStackOptions,
): Promise<RollbackReport | undefined> {
  if (goal === undefined || named === undefined || rollback === undefined) return undefined;
  if (verdict !== 'missed') return notTried(verdict);
  if (goal instanceof ReconcileError) return notPossible(goal);
  return rollBack(goal, session, { ...rollback, policy: widen(named.policy, rollback.policy) });
}
