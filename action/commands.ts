/** The commands, each a few calls of the pipeline; the same functions as behind the command line. */

import { type Accepted, acceptDrift } from '../reconciler/drift/accept.ts';
import { EXIT, ReconcileError } from '../reconciler/errors.ts';
import { type Policy, widen } from '../reconciler/model/policy.ts';
import type { CommentState } from '../reconciler/report/comment-marker.ts';
import { buildReport } from '../reconciler/report/report.ts';
import { exitOf, exitOfReport, failureOf, reportOf, requireAllowed, requireReviewed } from '../reconciler/run/exit-status.ts';
import { holderOf, type LockRequest, whileLocked } from '../reconciler/run/lock.ts';
import { type Preview, preview, reconcile, type Session } from '../reconciler/run/pipeline.ts';
import type { NamedSpec } from '../reconciler/run/specs.ts';
import { reconcileUnderLoad } from '../reconciler/run/under-load.ts';
import { prove } from '../reconciler/verify/prove.ts';
import { readHosts } from '../reconciler/verify/target.ts';
import { readApplied } from './applied.ts';
import type { Inputs } from './inputs.ts';
import { blank, failed, type StackOutcome } from './outcome.ts';
import { sandboxDigest } from './sandbox-digest.ts';
import type { Locked } from './state.ts';

export interface Job {
  readonly inputs: Inputs;
  readonly specs: readonly NamedSpec[];
  readonly sessionFor: (region: string) => Session;
  /** Digests that were reviewed, by stack; undefined when none was asked for. */
  readonly reviewed: () => Promise<Reviewed | undefined>;
  /** Throws `GuardRefused` when the approval that the inputs ask for is not there. */
  readonly approved: (outcome: StackOutcome) => Promise<void>;
  /** Told of each account id as soon as it is known. */
  readonly learn: (account: string) => void;
  /** Told of states on the way: applying, verifying. Never waits. */
  readonly underWay: (outcome: StackOutcome) => void;
  /** Resolves when all of them were told. */
  readonly told: () => Promise<void>;
  /** Told of the stack whose lock is held from now on; `undefined` when it was given back. */
  readonly holds: (stack: Locked | undefined) => void;
  /** Told of what is live and was written into the text of a spec; its file is as it was. */
  readonly accepted: (named: NamedSpec, accepted: Accepted) => void;
  /** What must be put right, should this process be ended from now on; `undefined` when it is right again. */
  readonly registerRestore: (debt: PendingRestore | undefined) => void;
}

export interface Reviewed {
  readonly digests: ReadonlyMap<string, string>;
}

/** What a killed process would leave behind. */
export interface PendingRestore {
  readonly stack: string;
  readonly region: string;
  readonly instanceId: string;
  readonly name: string;
}

export async function runCommand(job: Job): Promise<readonly StackOutcome[]> {
  const outcomes = await doCommand(job);
  await job.told();
  return outcomes;
}

async function doCommand(job: Job): Promise<readonly StackOutcome[]> {
  switch (job.inputs.command) {
    case 'plan':
      return each(job, async (named, session) => planned(named, session, await look(job, named, session), 'planned'));
    case 'drift':
      return each(job, (named, session) => driftOne(job, named, session));
    case 'apply':
      return settle(job, 'apply');
    case 'destroy':
      return settle(job, 'destroy');
    case 'verify':
      return each(job, (named, session) => verifyOne(job, named, session));
    default:
      return [];
  }
}

/** Stack by stack; what fails in one does not keep the others from being done, unless the job was told to end. */
async function each(job: Job, work: (named: NamedSpec, session: Session) => Promise<StackOutcome>): Promise<StackOutcome[]> {
  const outcomes: StackOutcome[] = [];
  for (const named of job.specs) {
    const session = job.sessionFor(named.spec.stack.region);
    const start = blankOf(named, session);
    try {
      if (session.signal.aborted) throw new ReconcileError('Interrupted', `${named.spec.stack.name}: cancelled before it began`);
      outcomes.push(await work(named, session));
    } catch (thrown) {
      outcomes.push(failed(start, thrown));
    }
  }
  return outcomes;
}

const blankOf = (named: NamedSpec, session: Session): StackOutcome =>
  blank(named.spec.stack.name, named.spec.stack.region, named.file, session.clock.now());

async function look(job: Job, named: NamedSpec, session: Session, mode: 'apply' | 'destroy' = 'apply'): Promise<Preview> {
  const previewed = await preview(named.spec, session, policyOf(named, job.inputs), mode);
  job.learn(previewed.plan.account);
  return job.inputs.sandbox
    ? { ...previewed, plan: { ...previewed.plan, digest: sandboxDigest(previewed.plan, previewed.proof) } }
    : previewed;
}

/** What the folder of the spec allows, and what the workflow adds. */
const policyOf = ({ policy }: NamedSpec, { allowReplace, allowDrop, allowDestroy, maxDeletes, adopt }: Inputs): Policy =>
  widen(policy, { allowReplace, allowDrop, allowDestroy, allowAdopt: adopt, ...(maxDeletes === undefined ? {} : { maxDeletes }) });

async function driftOne(job: Job, named: NamedSpec, session: Session): Promise<StackOutcome> {
  const previewed = await look(job, named, session);
  const { accept, acceptMissing } = job.inputs;
  if (accept.length > 0 && previewed.plan.changes.length > 0) {
    const only = accept.includes('true') ? [] : accept;
    job.accepted(named, acceptDrift(named, previewed.plan, previewed.observation.observed, { only, acceptMissing }));
  }
  return planned(named, session, previewed, 'drifted');
}

/** A plan as an outcome: nothing was done yet. */
function planned(named: NamedSpec, session: Session, previewed: Preview, changed: CommentState): StackOutcome {
  const { plan, refusals } = previewed;
  const refused = refusals.length > 0 && changed !== 'drifted';
  return {
    ...blankOf(named, session),
    report: buildReport({
      ...{ stack: plan.stack, account: plan.account, region: plan.region, createdAt: session.clock.now(), plan },
      // Drift is told, not applied: what guard would say of going back is of no use.
      refusals: changed === 'drifted' ? [] : refusals,
    }),
    state: refused ? 'refused' : plan.changes.length > 0 ? changed : 'unchanged',
    exit: refused ? EXIT.guardRefused : plan.changes.length > 0 ? EXIT.changes : EXIT.ok,
  };
}

/** All stacks are planned and checked before the first is touched: one that may not be applied holds up the others too. */
async function settle(job: Job, mode: 'apply' | 'destroy'): Promise<StackOutcome[]> {
  const reviewed = await job.reviewed();
  const ready: { named: NamedSpec; session: Session; previewed: Preview; outcome: StackOutcome; again: () => Promise<Preview> }[] = [];
  const outcomes = await each(job, async (named, session) => {
    let outcome = blankOf(named, session);
    const again = async (): Promise<Preview> => {
      const previewed = await look(job, named, session, mode);
      outcome = planned(named, session, previewed, 'planned');
      check(job, previewed, reviewed);
      return previewed;
    };
    try {
      const previewed = await again();
      if (previewed.plan.changes.length > 0) await job.approved(outcome);
      ready.push({ named, session, previewed, outcome, again });
      return outcome;
    } catch (thrown) {
      return failed(outcome, thrown);
    }
  });
  if (ready.length < job.specs.length) {
    const held = new ReconcileError('GuardRefused', 'another stack of this run may not be applied, so nothing was changed here either', {
      hint: 'Mend that one, or apply the stacks by themselves.',
    });
    return outcomes.map((outcome) =>
      outcome.failure === null && outcome.report.refusals.length === 0 && outcome.exit === EXIT.changes ? failed(outcome, held) : outcome,
    );
  }
  const done: StackOutcome[] = [];
  for (const { named, session, previewed, outcome, again } of ready)
    done.push(await carryOut(job, named, session, previewed, outcome, again));
  return done;
}

function check(job: Job, previewed: Preview, reviewed: Reviewed | undefined): void {
  const { plan } = previewed;
  if (plan.changes.length === 0) return;
  if (reviewed !== undefined) {
    const digest = reviewed.digests.get(plan.stack) ?? reviewed.digests.get('');
    if (digest === undefined)
      throw new ReconcileError(
        'PlanDiffers',
        `nobody reviewed a plan of ${plan.stack}, and it has ${plan.changes.length} changes; nothing was changed`,
      );
    requireReviewed(plan, digest);
  }
  requireAllowed(previewed);
  if (plan.mode === 'destroy' && job.inputs.preview === undefined && !job.inputs.confirm.includes(plan.stack))
    throw new ReconcileError('GuardRefused', `destroying ${plan.stack} needs its name, typed under confirm; nothing was changed`, {
      hint: `Say confirm: ${plan.stack} once you mean it.`,
    });
}

async function carryOut(
  job: Job,
  named: NamedSpec,
  session: Session,
  previewed: Preview,
  outcome: StackOutcome,
  again: () => Promise<Preview>,
): Promise<StackOutcome> {
  const started = session.clock.now();
  const { plan } = previewed;
  if (plan.changes.length === 0) return { ...outcome, state: plan.mode === 'destroy' ? 'destroyed' : 'unchanged', exit: EXIT.ok };
  job.underWay({ ...outcome, state: 'applying' });
  job.holds({ stack: plan.stack, region: plan.region });
  let current = outcome;
  try {
    return await whileLocked(previewed, session, lockOf(job.inputs), again, async (latest, held) => {
      const { done, underLoad } = await carriedOut(job, named, latest, held);
      current = { ...outcome, report: reportOf(named.spec, done, held, started, underLoad) };
      const exit = exitOf(done, held);
      const failure = failureOf(done);
      if (failure !== undefined) return failed(current, failure);
      return {
        ...current,
        exit: exit || exitOfReport(current.report),
        state: plan.mode === 'destroy' ? ('destroyed' as const) : ('applied' as const),
      };
    });
  } catch (thrown) {
    return failed(current, thrown);
  } finally {
    job.holds(undefined);
  }
}

async function carriedOut(job: Job, { spec }: NamedSpec, previewed: Preview, session: Session) {
  if (!job.inputs.underLoad) return { done: await reconcile(spec, previewed, session), underLoad: undefined };
  const outDir = `${job.inputs.reportFolder}/${spec.stack.name}`;
  return reconcileUnderLoad(spec, previewed, session, { outDir, hosts: readHosts() });
}

const lockOf = ({ lockWait, breakLock }: Inputs): LockRequest => ({ ...holderOf(process.env), wait: lockWait, force: breakLock });

async function verifyOne(job: Job, named: NamedSpec, session: Session): Promise<StackOutcome> {
  const { name, region } = named.spec.stack;
  let outcome = blankOf(named, session);
  const applied = readApplied(job.inputs.applied, name, region);
  job.underWay({ ...outcome, ...(applied === undefined ? {} : { report: applied }), state: 'verifying' });
  let victim: PendingRestore | undefined;
  const { rollback } = job.inputs;
  try {
    const report = await prove(
      named.spec,
      session,
      {
        outDir: `${job.inputs.reportFolder}/${name}`,
        hosts: readHosts(),
        named,
        ...(applied === undefined ? {} : { applied }),
        ...(rollback === ''
          ? {}
          : { rollback: { policy: {}, lock: lockOf(job.inputs), ...(rollback === 'true' ? {} : { ref: rollback }) } }),
        onVictim: ({ instanceId, name: called }) => {
          victim = { stack: name, region, instanceId, name: called };
          job.registerRestore(victim);
        },
      },
      (seen) => {
        job.learn(seen.account);
        outcome = { ...outcome, report: seen };
      },
    );
    // Whoever was not seen healthy again is looked after when the job ends.
    if (victim !== undefined && report.load?.healthyAgain.kind === 'measured') job.registerRestore(undefined);
    // Steps and calls stand in one line, and are those of the apply.
    const told = applied === undefined ? report : { ...report, calls: applied.calls };
    return { ...outcome, report: told, state: 'verified', exit: exitOfReport(report) };
  } catch (thrown) {
    return failed(outcome, thrown);
  }
}
