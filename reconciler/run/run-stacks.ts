/**
 * The one composition: what every shell does with specs. Each stack goes its own way (plan, guard, lock, apply, check, verify), side by
 * side within a bound, and what ends one stops no other; or, all or nothing, the first write of any waits until none is refused.
 * Whatever happens to a stack becomes an outcome. Shells only render outcomes. See docs/adr/0010.
 */

import type { AcceptOptions } from '../drift/accept.ts';
import type { Policy } from '../model/policy.ts';
import type { Plan } from '../plan/types.ts';
import type { Proof } from './carry-out.ts';
import type { Digests } from './digests.ts';
import { groupsOf, type Scope } from './group.ts';
import { nameOf } from './identity.ts';
import type { LockRequest } from './lock.ts';
import type { Outcome } from './outcome.ts';
import type { Preview, Session } from './pipeline.ts';
import { barrier, limiter } from './pool.ts';
import type { NamedSpec } from './specs.ts';
import { StackRun } from './stack-run.ts';
import type { UnderLoadOptions } from './under-load.ts';

/** Opens the session for the stacks of one account and region: called once for each. */
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

/** Does the work for every stack. Never throws for what happens to one: the answer has an outcome for each, in the order of the specs. */
export async function runStacks(specs: readonly NamedSpec[], open: OpenSession, work: Work): Promise<readonly Outcome[]> {
  const loads = work.command === 'verify' || work.proof !== undefined || work.underLoad !== undefined;
  const slots = limiter(work.width ?? (loads ? 1 : WIDTH));
  const gates = work.allOrNothing === true ? { planned: barrier(specs.length), locked: barrier(specs.length) } : undefined;
  // Locks are taken in one order, so that of two runs that want all one gets all.
  const order = specs.toSorted((a, b) => (nameOfSpec(a) < nameOfSpec(b) ? -1 : 1));
  const groups = groupsOf(specs, open, modeOf(work));
  return Promise.all(
    specs.map(async (named) => {
      const group = groups.get(named);
      if (group === undefined) throw new Error(`no group for ${named.file}`);
      const session = specs.length > 1 ? about(group.session, named) : group.session;
      const own = new StackRun(named, { ...group, session }, work, slots, gates, order.indexOf(named));
      const outcome = await own.outcome();
      work.tell?.(outcome, named);
      return outcome;
    }),
  );
}

/** What the plans of a run are for. */
export const modeOf = ({ command, mode }: Work): Plan['mode'] => mode ?? (command === 'destroy' ? 'destroy' : 'apply');

const nameOfSpec = ({ spec, file }: NamedSpec): string => `${nameOf({ region: spec.stack.region, stack: spec.stack.name })} ${file}`;

/** The session, with calls counted apart, and the stack named in all that it tells. */
function about(session: Session, { spec }: NamedSpec): Session {
  const { name: stack, region } = spec.stack;
  return {
    ...session,
    cloud: session.cloud.apart?.() ?? session.cloud,
    emit: (event) => session.emit({ ...event, about: nameOf({ region, stack }) }),
    journal: { write: (entry) => session.journal.write({ region, stack, ...entry }) },
  };
}
