/** One stack's way through a run: plan, guard, lock, apply, check, verify. Whatever happens to it becomes its outcome. */

import { leftoversIn } from '../chaos/leftovers.ts';
import { asError, CloudError, type ErrorCode, ReconcileError } from '../errors.ts';
import type { RollbackRequest } from '../verify/rollback.ts';
import type { Ended, VerifyRequest, verifyStack } from './carry-out.ts';
import { requireReviewed } from './digests.ts';
import { requireAllowed } from './exit-status.ts';
import type { Group } from './group.ts';
import { lockNotes, removeDead, whileLocked, withLock } from './lock.ts';
import type { Case, Outcome, RefusedBecause } from './outcome.ts';
import { explainCloudError, type Preview, preview, type Session } from './pipeline.ts';
import type { Barrier, limiter } from './pool.ts';
import { reportOf } from './report-of.ts';
import { recordSource } from './source.ts';
import type { NamedSpec } from './specs.ts';
import { mostRequests } from './verify-terms.ts';
import { modeOf, type Work } from './work.ts';

/** A plan that is older is made anew before it is run (ms): others may have changed what it was made from. */
const PLAN_HOLDS_MS = 60_000;

const HELD = 'another stack of this run may not be applied, so nothing was changed here either';
const held = (): ReconcileError =>
  new ReconcileError('GuardRefused', HELD, { hint: 'Fix that one, or leave --all-or-nothing out: then every stack goes its own way.' });

/** Of a run that is all or nothing. */
export interface Gates {
  readonly planned: Barrier;
  readonly locked: Barrier;
}

/** What says no before anything is changed. */
const REFUSED: Partial<Record<ErrorCode, RefusedBecause>> = { GuardRefused: 'guard', PlanDiffers: 'differs', Locked: 'locked' };

/** One stack's way through a run. */
export class StackRun {
  readonly #named: NamedSpec;
  readonly #session: Session;
  readonly #group: Group;
  readonly #work: Work;
  readonly #slots: ReturnType<typeof limiter>;
  readonly #gates: Gates | undefined;
  readonly #index: number;
  #ms = 0;
  /** The last plan, and when it was made. */
  #last: Preview | undefined;
  #plannedAt = 0;
  #approved = '';
  /** From here on something may have been changed. */
  #changing = false;

  constructor(named: NamedSpec, group: Group, work: Work, slots: ReturnType<typeof limiter>, gates: Gates | undefined, index: number) {
    this.#named = named;
    this.#session = group.session;
    this.#group = group;
    this.#work = work;
    this.#slots = slots;
    this.#gates = gates;
    this.#index = index;
  }

  async outcome(): Promise<Outcome> {
    const { spec, file } = this.#named;
    const came = await this.#go().catch((thrown: unknown) => this.#endedBy(thrown));
    // Whoever came to a gate stays as told.
    this.#gates?.planned.tell(this.#index, false);
    this.#gates?.locked.tell(this.#index, false);
    const report = 'report' in came ? came.report : reportOf(spec, came, this.#session, { name: this.#work.command, ms: this.#ms });
    return { ...came, stack: spec.stack.name, region: spec.stack.region, account: report.account, file, ms: this.#ms, report };
  }

  #go(): Promise<Case | Ended> {
    const { command, verify } = this.#work;
    if (command === 'apply' || command === 'destroy') return this.#settle(command);
    return this.#timed(() => (command === 'verify' && verify !== undefined ? this.#verify(verify) : this.#look()));
  }

  /** Within the bound, unless the run was interrupted meanwhile; the time counts. */
  #timed<T>(task: () => Promise<T>): Promise<T> {
    return this.#slots(async () => {
      const { signal, clock } = this.#session;
      if (signal.aborted)
        throw new ReconcileError('Interrupted', `${this.#named.spec.stack.name}: the run was interrupted before it came to this stack`);
      const started = clock.now();
      try {
        return await task();
      } finally {
        this.#ms += clock.now() - started;
      }
    });
  }

  /** From what was read for all of the group; a second plan from a read of its own. */
  async #plan(): Promise<Preview> {
    const { policyOf, seen, planned } = this.#work;
    const world = this.#plannedAt === 0 ? await this.#group.world() : undefined;
    this.#plannedAt = world === undefined ? this.#session.clock.now() : this.#group.readAt();
    this.#last = undefined;
    const made = await preview(this.#named.spec, this.#session, policyOf(this.#named), modeOf(this.#work), world);
    this.#last = seen === undefined ? made : seen(made, this.#named);
    planned?.(this.#last, this.#named);
    return this.#last;
  }

  /** A plan as it is: nothing is done. Drift is told, not applied: what guard would say of going back decides nothing. */
  async #look(): Promise<Case> {
    const { command, accept } = this.#work;
    const previewed = await this.#plan();
    if (command === 'plan') return this.#shown(previewed);
    // A drift check answers for what is not in service too.
    const isUnfinished = previewed.plan.notes.some((note) => note.kind === 'unfinished');
    const kind = previewed.plan.changes.length > 0 || isUnfinished ? 'planned' : 'unchanged';
    if (accept === undefined) return { kind, previewed };
    const { acceptDrift } = await import('../drift/accept.ts');
    return { kind, previewed, accepted: acceptDrift(this.#named, previewed.plan, previewed.observation.observed, accept) };
  }

  /** A plan of changes says who holds the lock that they need. */
  async #shown(previewed: Preview): Promise<Case> {
    requireAllowed(previewed);
    const { plan } = previewed;
    if (plan.changes.length === 0) return { kind: 'unchanged', previewed };
    const notes = [...plan.notes, ...(await lockNotes(plan.stack, this.#session))];
    return { kind: 'planned', previewed: { ...previewed, plan: { ...plan, notes } } };
  }

  /** A plan that may be run: reviewed, allowed by guard, approved. Throws what is against it. */
  readonly #ready = async (): Promise<Preview> => {
    const { reviewed, emptyIsReviewed, approve } = this.#work;
    const previewed = await this.#plan();
    const { plan } = previewed;
    if (plan.changes.length > 0 || emptyIsReviewed !== true) requireReviewed(plan, reviewed);
    requireAllowed(previewed);
    if (plan.changes.length > 0 && plan.digest !== this.#approved) {
      await approve?.(this.#named, previewed);
      this.#approved = plan.digest;
    }
    return previewed;
  };

  async #settle(command: 'apply' | 'destroy'): Promise<Case | Ended> {
    const gates = this.#gates;
    const first = await this.#timed(this.#ready);
    const previewed = command === 'apply' && (await this.#undoesLeftovers(first)) ? await this.#timed(this.#ready) : first;
    gates?.planned.tell(this.#index, true);
    if (previewed.plan.changes.length === 0 && (command === 'destroy' || this.#work.verify === undefined)) {
      gates?.locked.tell(this.#index, true);
      const { lock } = this.#work;
      if (lock?.force === true) await removeDead(previewed.plan.stack, this.#session, lock);
      // If the file was moved, the plan is empty but the recorded source is outdated.
      if (command === 'apply')
        await recordSource(this.#named.spec.stack, previewed.observation, this.#session, this.#work.policyOf(this.#named));
      return { kind: 'unchanged', previewed };
    }
    if (gates !== undefined && !((await gates.planned.all) && (await gates.locked.before(this.#index)))) throw held();
    return whileLocked(previewed, this.#session, this.#work.lock, this.#ready, async (current, session) => {
      gates?.locked.tell(this.#index, true);
      if (gates !== undefined && !(await gates.locked.all)) throw held();
      return this.#timed(async () => {
        const old = session.clock.now() - this.#plannedAt > PLAN_HOLDS_MS;
        return this.#change(old ? await this.#ready() : current, session, command);
      });
    });
  }

  /** Undoes the faults that an ended load test left; a running one holds the lock. Returns whether there were any. */
  async #undoesLeftovers({ observation }: Preview): Promise<boolean> {
    const left = leftoversIn(observation.raws);
    if (left.every(({ mark }) => mark === undefined)) return false;
    const { undoLeftovers } = await import('../verify/leftovers.ts');
    const { name } = this.#named.spec.stack;
    await withLock(name, this.#session, this.#work.lock, (session) => this.#timed(() => undoLeftovers(left, session)));
    return true;
  }

  /** Runs the plan, and then verifies the result if that was requested. */
  async #change(previewed: Preview, session: Session, command: 'apply' | 'destroy'): Promise<Ended> {
    const { underLoad, verify, outDir, begun, ended } = this.#work;
    const most = mostRequests(this.#work.policyOf(this.#named));
    // Loaded when needed: a plan needs neither k6 nor the executor's parts.
    const { carryOut } = await import('./carry-out.ts');
    this.#changing = true;
    begun?.(this.#named, previewed);
    try {
      const came = await carryOut(this.#named.spec, previewed, session, command, {
        outDir: outDir?.(this.#named),
        underLoad: underLoad === undefined || most === undefined ? underLoad : { ...underLoad, most },
      });
      if (verify === undefined || command === 'destroy' || came.kind === 'failed' || !('done' in came) || came.done === undefined)
        return came;
      return await this.#load(verify, session, { done: came.done, report: came.report });
    } finally {
      ended?.(this.#named);
    }
  }

  /** An apply under a load test would be judged with it, and a second fault would leave nobody to serve. */
  #verify(verify: VerifyRequest): Promise<Ended> {
    return withLock(this.#named.spec.stack.name, this.#session, this.#work.lock, (session) => this.#load(verify, session));
  }

  async #load(verify: VerifyRequest, session: Session, before?: Parameters<typeof verifyStack>[4]): Promise<Ended> {
    const { verifyStack } = await import('./carry-out.ts');
    this.#changing = true;
    if (before === undefined) this.#work.begun?.(this.#named, undefined);
    // Within the lock there is none to take.
    const own = session === this.#session || verify.rollback === undefined ? verify : { ...verify, rollback: withoutLock(verify.rollback) };
    return verifyStack(this.#named, session, own, this.#work.outDir?.(this.#named), before);
  }

  #endedBy(thrown: unknown): Case {
    const { name } = this.#named.spec.stack;
    const error =
      thrown instanceof CloudError
        ? explainCloudError(thrown)
        : this.#session.signal.aborted && !(thrown instanceof ReconcileError)
          ? new ReconcileError('Interrupted', `${name}: interrupted`, { cause: thrown })
          : asError(thrown);
    const known = this.#last === undefined ? {} : { previewed: this.#last };
    if (this.#changing) return { kind: 'failed', error, ...known };
    if (error.code === 'Interrupted') return { kind: 'notReached', error, ...known };
    const because = error.message === HELD ? 'other' : REFUSED[error.code];
    return because === undefined ? { kind: 'failed', error, ...known } : { kind: 'refused', because, error, ...known };
  }
}

function withoutLock({ lock: _, ...rest }: RollbackRequest): RollbackRequest {
  return rest;
}
