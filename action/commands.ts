/** The commands as work for the one composition of runs; what comes of it is made into what the action shows. */

import type { Victim } from '../reconciler/chaos/types.ts';
import type { Accepted } from '../reconciler/drift/accept.ts';
import { ReconcileError } from '../reconciler/errors.ts';
import { type Policy, widen } from '../reconciler/model/policy.ts';
import type { Report } from '../reconciler/report/report.ts';
import type { VerifyRequest } from '../reconciler/run/carry-out.ts';
import type { Digests } from '../reconciler/run/digests.ts';
import type { Scope } from '../reconciler/run/group.ts';
import { folderOf } from '../reconciler/run/identity.ts';
import { holderOf, type LockRequest } from '../reconciler/run/lock.ts';
import { realClock, type Session } from '../reconciler/run/pipeline.ts';
import { asPlanned } from '../reconciler/run/report-of.ts';
import { type OpenSession, runStacks } from '../reconciler/run/run-stacks.ts';
import type { NamedSpec } from '../reconciler/run/specs.ts';
import type { Work } from '../reconciler/run/work.ts';
import { asInput, senderOf } from '../reconciler/verify/send-options.ts';
import { readHosts } from '../reconciler/verify/target.ts';
import { readApplied } from './applied.ts';
import { baseOf } from './commit.ts';
import type { Inputs } from './inputs.ts';
import { blank, type StackOutcome, shownOf } from './outcome.ts';
import { sandboxDigest } from './sandbox-digest.ts';
import { wayOn } from './way-on.ts';

export interface Job {
  readonly inputs: Inputs;
  readonly specs: readonly NamedSpec[];
  readonly sessionFor: OpenSession;
  /** Digests that were reviewed; undefined when none was asked for. */
  readonly reviewed: () => Promise<Reviewed | undefined>;
  /** Throws `GuardRefused` when the approval that the inputs ask for is not there. */
  readonly approved: (outcome: StackOutcome) => Promise<void>;
  /** Told of each account id as soon as it is known. */
  readonly learn: (account: string) => void;
  /** Told of states on the way: applying, verifying. Never waits. */
  readonly underWay: (outcome: StackOutcome) => void;
  /** Resolves when all of them were told. */
  readonly told: () => Promise<void>;
  /** Told of the stacks whose locks are held from now on. */
  readonly holds: (stacks: readonly Locked[]) => void;
  /** Told of what is live and was written into the text of a spec; its file is as it was. */
  readonly accepted: (named: NamedSpec, accepted: Accepted) => void;
  /** What must be put right, should this process be ended from now on; `undefined` when it is right again. */
  readonly registerRestore: (debt: PendingRestore | undefined) => void;
}

export interface Reviewed {
  readonly digests: Digests;
  /** The runs that planned; absent where the digests were given. */
  readonly runs?: readonly { readonly id: number; readonly pull: number; readonly merged: boolean; readonly base: string }[];
}

/** A stack that was being applied. */
export interface Locked {
  readonly stack: string;
  readonly region: string;
}

/** What a killed process would leave behind. */
export interface PendingRestore {
  readonly stack: string;
  readonly region: string;
  readonly victim: Victim;
}

export async function runCommand(job: Job): Promise<readonly StackOutcome[]> {
  const open = (scope: Scope): Session => {
    if (scope.account !== undefined) job.learn(scope.account);
    const session = job.sessionFor(scope);
    const account = async (): Promise<string> => {
      const id = await session.account();
      job.learn(id);
      return id;
    };
    return { ...session, account };
  };
  const outcomes = await runStacks(job.specs, open, await workOf(job));
  await job.told();
  const shown = outcomes.map((outcome) => shownOf(outcome, job.inputs.command));
  return shown.some(({ failure }) => failure?.code === 'PlanDiffers') ? withWayOn(shown, job) : shown;
}

/** A group of the merge queue has no single author of a plan: only the general hint is shown. */
async function withWayOn(outcomes: readonly StackOutcome[], job: Job): Promise<readonly StackOutcome[]> {
  const [run, ...more] = (await job.reviewed())?.runs ?? [];
  if (run === undefined || more.length > 0) return outcomes;
  const now = baseOf(job.inputs.commit);
  return outcomes.map((outcome) => {
    const { failure, report, stack } = outcome;
    if (failure?.code !== 'PlanDiffers' || report.plan === null) return outcome;
    const { id, pull, merged, base } = run;
    const hint = wayOn({ planned: base, now, run: id, pull, merged, digest: report.plan.digest, name: stack });
    return { ...outcome, failure: { ...failure, hint } };
  });
}

async function workOf(job: Job): Promise<Work> {
  const { inputs } = job;
  const { command } = inputs;
  if (command === 'report' || command === 'doctor' || command === 'previews' || command === 'environments')
    throw new Error(`${command} is not a command for stacks`);
  const changes = command === 'apply' || command === 'destroy';
  const reviewed = changes ? await job.reviewed() : undefined;
  const common: Work = {
    command,
    policyOf: (named) => policyOf(named, inputs),
    outDir: ({ spec }) => folderOf(inputs.reportFolder, { stack: spec.stack.name, region: spec.stack.region }, true),
    seen: (previewed) => {
      job.learn(previewed.plan.account);
      return inputs.sandbox
        ? { ...previewed, plan: { ...previewed.plan, digest: sandboxDigest(previewed.plan, previewed.verify) } }
        : previewed;
    },
  };
  switch (command) {
    case 'plan':
      return common;
    case 'drift':
      if (inputs.accept.length > 0) return { ...common, ...accepting(job) };
      return inputs.light === undefined ? common : { ...common, light: inputs.light };
    case 'verify':
      return { ...common, lock: lockOf(inputs), verify: verifyRequest(job), begun: verifying(job) };
    default:
      return {
        ...common,
        ...{ lock: lockOf(inputs), allOrNothing: inputs.allOrNothing, emptyIsReviewed: true },
        ...(reviewed === undefined ? {} : { reviewed: reviewed.digests }),
        ...(inputs.underLoad ? { underLoad: { hosts: readHosts(process.env) } } : {}),
        ...telling(job),
        approve: async (named, previewed) => {
          requireConfirmed(job, previewed.plan);
          await job.approved(shownOf(asPlanned(named, previewed, { clock: realClock }), command));
        },
      };
  }
}

/** What the folder of the spec allows, and what the workflow adds. */
const policyOf = (
  { policy }: NamedSpec,
  { allowReplace, allowDrop, allowDestroy, allowDestroyForeign, maxDeletes, adopt }: Inputs,
): Policy =>
  widen(policy, {
    allowReplace,
    allowDrop,
    allowDestroy,
    allowDestroyForeign,
    allowAdopt: adopt,
    ...(maxDeletes === undefined ? {} : { maxDeletes }),
  });

const lockOf = ({ lockWait, breakLock }: Inputs): LockRequest => ({ ...holderOf(process.env), wait: lockWait, force: breakLock });

function requireConfirmed({ inputs }: Job, { mode, stack }: { readonly mode: string; readonly stack: string }): void {
  if (mode !== 'destroy' || inputs.preview !== undefined || inputs.confirm.includes(stack)) return;
  throw new ReconcileError('GuardRefused', `destroying ${stack} needs its name in the input confirm; nothing was changed`, {
    hint: `Set confirm: ${stack} if you are sure.`,
  });
}

/** What is told of a stack that is being changed, for comments and for whoever cleans up. */
function telling(job: Job): Pick<Work, 'begun' | 'ended'> {
  const held = new Map<NamedSpec, Locked>();
  const told = (): void => job.holds([...held.values()]);
  return {
    begun: (named, previewed) => {
      const { name, region } = named.spec.stack;
      if (previewed !== undefined) {
        const outcome = asPlanned(named, previewed, { clock: realClock });
        job.underWay({ ...shownOf(outcome, job.inputs.command), state: 'applying' });
      }
      held.set(named, { stack: name, region });
      told();
    },
    ended: (named) => {
      held.delete(named);
      told();
    },
  };
}

function accepting({ inputs, accepted }: Job): Pick<Work, 'accept' | 'tell'> {
  return {
    accept: { only: inputs.accept.includes('true') ? [] : inputs.accept, acceptMissing: inputs.acceptMissing },
    tell: (outcome, named) => {
      if (outcome.kind === 'planned' && outcome.previewed.plan.changes.length > 0 && outcome.accepted !== undefined)
        accepted(named, outcome.accepted);
    },
  };
}

const appliedOf = ({ inputs }: Job, { spec }: NamedSpec) => readApplied(inputs.applied, spec.stack.name, spec.stack.region);

/** Whoever cleans up gives back the locks of all that were begun. */
function verifying(job: Job): NonNullable<Work['begun']> {
  const held: Locked[] = [];
  return (named) => {
    held.push({ stack: named.spec.stack.name, region: named.spec.stack.region });
    job.holds(held);
    tellVerifying(job, named);
  };
}

function tellVerifying(job: Job, named: NamedSpec): void {
  const { name, region } = named.spec.stack;
  const report = appliedOf(job, named);
  job.underWay({ ...blank(name, region, named.file, realClock.now()), ...(report === undefined ? {} : { report }), state: 'verifying' });
}

function verifyRequest(job: Job): VerifyRequest {
  const { inputs } = job;
  const { rollback } = inputs;
  return {
    hosts: readHosts(process.env),
    sender: senderOf(inputs.send, asInput),
    appliedBefore: (named) => appliedOf(job, named),
    ...(rollback === '' ? {} : { rollback: { policy: {}, lock: lockOf(inputs), ...(rollback === 'true' ? {} : { ref: rollback }) } }),
    onVictim: (victim, { spec }) => job.registerRestore({ stack: spec.stack.name, region: spec.stack.region, victim }),
    seen: (report) => {
      job.learn(report.account);
      // Whoever was not seen healthy again is looked after when the job ends.
      if (allSeenWhole(report)) job.registerRestore(undefined);
    },
  };
}

/** Of each experiment that had a victim: it was seen healthy again. */
function allSeenWhole({ load, victim }: Report): boolean {
  const all = (load?.experiments ?? [{ victim, load }]).filter((each) => each.victim !== null);
  return all.length > 0 && all.every((each) => each.load?.recovery.kind === 'measured');
}
