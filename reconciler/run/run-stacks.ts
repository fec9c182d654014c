/**
 * The one composition: what every shell does with specs. Each stack goes its own way (plan, guard, lock, apply, check, verify), side by
 * side within a bound, and what ends one stops no other; or, all or nothing, the first write of any waits until none is refused.
 * Whatever happens to a stack becomes an outcome. Shells only render outcomes. See docs/adr/0010.
 */

import type { AcceptOptions } from '../drift/accept.ts';
import { asError, CloudError, type ErrorCode, ReconcileError } from '../errors.ts';
import type { Policy } from '../model/policy.ts';
import type { Plan } from '../plan/types.ts';
import type { RollbackRequest } from '../verify/rollback.ts';
import type { Ended, Proof, proveStack } from './carry-out.ts';
import { type Digests, requireReviewed } from './digests.ts';
import { requireAllowed } from './exit-status.ts';
import { nameOf } from './identity.ts';
import { type LockRequest, whileLocked } from './lock.ts';
import type { Case, Outcome, RefusedBecause } from './outcome.ts';
import { explainCloudError, type Preview, preview, type Session } from './pipeline.ts';
import { type Barrier, barrier, limiter } from './pool.ts';
import { reportOf } from './report-of.ts';
import type { NamedSpec } from './specs.ts';
import type { UnderLoadOptions } from './under-load.ts';

/** Of a session: one region of one account, for one stack. */
export interface Scope {
  readonly region: string;
  readonly named: NamedSpec;
}

export type OpenSession = (scope: Scope) => Session;

/** What to do with the stacks. */
export interface Work {
  readonly command: 'plan' | 'apply' | 'destroy' | 'drift' | 'verify';
  /** Of `plan`: what is planned. Default: that of the command. */
  readonly mode?: Plan['mode'];
  /** What a stack's plan may lose: that of its folder, widened by what the caller was told. */
  readonly policyOf: (named: NamedSpec) => Policy;
  /** Nothing is written before every stack is planned, allowed and locked; one that is not holds up all. */
  readonly allOrNothing?: boolean;
  /** Stacks at a time. Load tests go one after the other: they would measure each other. */
  readonly width?: number;
  /** Absent: no digest is asked for. */
  readonly reviewed?: Digests;
  /** A plan of nothing needs no review. */
  readonly emptyIsReviewed?: boolean;
  /** Asked for each plan with changes that guard and digest allow, and again when it had to be made anew. Throws `GuardRefused`. */
  readonly approve?: (named: NamedSpec, previewed: Preview) => Promise<void>;
  readonly lock?: LockRequest | undefined;
  readonly underLoad?: Omit<UnderLoadOptions, 'outDir'>;
  /** Of `apply`: a load test after it. Of `verify`: how. */
  readonly proof?: Proof;
  /** Of `drift`: what is live is written into the text of the spec; its file stays as it is. */
  readonly accept?: AcceptOptions;
  /** Where reports and raw points of a stack go; absent: nowhere. */
  readonly outDir?: (named: NamedSpec) => string;
  /** Every plan as it is seen from here on, such as with a digest of its own. */
  readonly seen?: (previewed: Preview, named: NamedSpec) => Preview;
  /** Told of each plan. */
  readonly planned?: (previewed: Preview, named: NamedSpec) => void;
  /** Told when a stack begins to be changed or loaded, and when that has ended. */
  readonly begun?: (named: NamedSpec, previewed: Preview | undefined) => void;
  readonly ended?: (named: NamedSpec) => void;
  /** Told of each outcome as soon as it is there. */
  readonly tell?: (outcome: Outcome, named: NamedSpec) => void;
}

/** Each has some calls under way; more would only wait for AWS's limits. */
const WIDTH = 10;
/** A plan that is older is made anew before it is run (ms): others may have changed what it was made from. */
const PLAN_HOLDS_MS = 60_000;

/** Does the work for every stack. Never throws for what happens to one: the answer has an outcome for each, in the order of the specs. */
export async function runStacks(specs: readonly NamedSpec[], open: OpenSession, work: Work): Promise<readonly Outcome[]> {
  const loads = work.command === 'verify' || work.proof !== undefined || work.underLoad !== undefined;
  const slots = limiter(work.width ?? (loads ? 1 : WIDTH));
  const gates = work.allOrNothing === true ? { planned: barrier(specs.length), locked: barrier(specs.length) } : undefined;
  // Locks are taken in one order, so that of two runs that want all one gets all.
  const order = specs.toSorted((a, b) => (nameOfSpec(a) < nameOfSpec(b) ? -1 : 1));
  return Promise.all(
    specs.map(async (named) => {
      const session = open({ region: named.spec.stack.region, named });
      const own = new StackRun(named, specs.length > 1 ? about(session, named) : session, work, slots, gates, order.indexOf(named));
      const outcome = await own.outcome();
      work.tell?.(outcome, named);
      return outcome;
    }),
  );
}

const nameOfSpec = ({ spec, file }: NamedSpec): string => `${nameOf({ region: spec.stack.region, stack: spec.stack.name })} ${file}`;

/** The session, with the stack named in all that it tells. */
function about(session: Session, { spec }: NamedSpec): Session {
  const { name: stack, region } = spec.stack;
  return {
    ...session,
    emit: (event) => session.emit({ ...event, about: nameOf({ region, stack }) }),
    journal: { write: (entry) => session.journal.write({ region, stack, ...entry }) },
  };
}

const HELD = 'another stack of this run may not be applied, so nothing was changed here either';
const held = (): ReconcileError =>
  new ReconcileError('GuardRefused', HELD, { hint: 'Mend that one, or let every stack go its own way: leave --all-or-nothing out.' });

interface Gates {
  readonly planned: Barrier;
  readonly locked: Barrier;
}

/** What says no before anything is changed. */
const REFUSED: Partial<Record<ErrorCode, RefusedBecause>> = { GuardRefused: 'guard', PlanDiffers: 'differs', Locked: 'locked' };

/** One stack's way through a run. */
class StackRun {
  readonly #named: NamedSpec;
  readonly #session: Session;
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

  constructor(named: NamedSpec, session: Session, work: Work, slots: ReturnType<typeof limiter>, gates: Gates | undefined, index: number) {
    this.#named = named;
    this.#session = session;
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
    const { command, proof } = this.#work;
    if (command === 'apply' || command === 'destroy') return this.#settle(command);
    return this.#timed(() => (command === 'verify' && proof !== undefined ? this.#load(proof, this.#session) : this.#look()));
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

  async #plan(): Promise<Preview> {
    const { command, mode = command === 'destroy' ? 'destroy' : 'apply', policyOf, seen, planned } = this.#work;
    this.#last = undefined;
    const made = await preview(this.#named.spec, this.#session, policyOf(this.#named), mode);
    this.#plannedAt = this.#session.clock.now();
    this.#last = seen === undefined ? made : seen(made, this.#named);
    planned?.(this.#last, this.#named);
    return this.#last;
  }

  /** A plan as it is: nothing is done. Drift is told, not applied: what guard would say of going back decides nothing. */
  async #look(): Promise<Case> {
    const { command, accept } = this.#work;
    const previewed = await this.#plan();
    if (command === 'plan') requireAllowed(previewed);
    const kind = previewed.plan.changes.length > 0 ? 'planned' : 'unchanged';
    if (command === 'plan' || accept === undefined) return { kind, previewed };
    const { acceptDrift } = await import('../drift/accept.ts');
    return { kind, previewed, accepted: acceptDrift(this.#named, previewed.plan, previewed.observation.observed, accept) };
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
    const previewed = await this.#timed(this.#ready);
    gates?.planned.tell(this.#index, true);
    if (previewed.plan.changes.length === 0 && (command === 'destroy' || this.#work.proof === undefined)) {
      gates?.locked.tell(this.#index, true);
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

  /** Runs the plan, and proves what came of it where that was asked for. */
  async #change(previewed: Preview, session: Session, command: 'apply' | 'destroy'): Promise<Ended> {
    const { underLoad, proof, outDir, begun, ended } = this.#work;
    // Loaded when needed: a plan needs neither k6 nor the executor's parts.
    const { carryOut } = await import('./carry-out.ts');
    this.#changing = true;
    begun?.(this.#named, previewed);
    try {
      const came = await carryOut(this.#named.spec, previewed, session, command, { underLoad, outDir: outDir?.(this.#named) });
      if (proof === undefined || command === 'destroy' || came.kind === 'failed' || !('done' in came) || came.done === undefined)
        return came;
      return await this.#load(proof, session, { done: came.done, report: came.report });
    } finally {
      ended?.(this.#named);
    }
  }

  async #load(proof: Proof, session: Session, before?: Parameters<typeof proveStack>[4]): Promise<Ended> {
    const { proveStack } = await import('./carry-out.ts');
    this.#changing = true;
    if (before === undefined) this.#work.begun?.(this.#named, undefined);
    // Within the lock of the apply there is none to take.
    const own = session === this.#session || proof.rollback === undefined ? proof : { ...proof, rollback: withoutLock(proof.rollback) };
    return proveStack(this.#named, session, own, this.#work.outDir?.(this.#named), before);
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
