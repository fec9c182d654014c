/**
 * The one composition: what every shell does with specs. Each stack goes its own way (plan, guard, lock, apply, check, verify), side by
 * side within a bound, and what ends one stops no other; or, all or nothing, the first write of any waits until none is refused.
 * Whatever happens to a stack becomes an outcome. Shells only render outcomes. See docs/adr/0010.
 */

import { groupsOf, type Scope, scopeKey } from './group.ts';
import { nameOf } from './identity.ts';
import type { Outcome } from './outcome.ts';
import type { Session } from './pipeline.ts';
import { barrier, limiter } from './pool.ts';
import type { NamedSpec } from './specs.ts';
import { StackRun } from './stack-run.ts';
import { modeOf, type Work } from './work.ts';

/** Opens the session for the stacks of one account and region: called once for each. */
export type OpenSession = (scope: Scope) => Session;

/** Each has some calls under way; more would only wait for AWS's limits. */
const WIDTH = 10;

/** Does the work for every stack. Never throws for what happens to one: the answer has an outcome for each, in the order of the specs. */
export async function runStacks(specs: readonly NamedSpec[], open: OpenSession, work: Work): Promise<readonly Outcome[]> {
  const loads = work.command === 'verify' || work.verify !== undefined || work.underLoad !== undefined;
  const slots = limiter(work.width ?? (loads ? 1 : WIDTH));
  const gates = work.allOrNothing === true ? { planned: barrier(specs.length), locked: barrier(specs.length) } : undefined;
  // Locks are taken in one order, so that of two runs that want all one gets all.
  const order = specs.toSorted((a, b) => (nameOfSpec(a) < nameOfSpec(b) ? -1 : 1));
  const openOnce = once(open);
  const all = groupsOf(specs, openOnce, modeOf(work));
  const glances = work.light === undefined ? new Map<NamedSpec, never>() : await (await import('./light.ts')).lookLightly(all, work.light);
  const full = specs.filter((named) => !glances.has(named));
  const groups = glances.size === 0 ? all : groupsOf(full, openOnce, modeOf(work));
  return Promise.all(
    specs.map(async (named) => {
      const glance = glances.get(named);
      const group = (glance === undefined ? groups : all).get(named);
      if (group === undefined) throw new Error(`no group for ${named.file}`);
      const session = specs.length > 1 ? about(group.session, named) : group.session;
      const own = new StackRun(named, { ...group, session }, work, slots, gates, order.indexOf(named));
      const outcome = glance === undefined ? await own.outcome() : (await import('./light.ts')).glancedAt(named, glance, group);
      work.tell?.(outcome, named);
      return outcome;
    }),
  );
}

/** One session for each account and region, however often it is asked for. */
function once(open: OpenSession): OpenSession {
  const opened = new Map<string, Session>();
  return (scope) => {
    const key = scopeKey(scope);
    const session = opened.get(key) ?? open(scope);
    opened.set(key, session);
    return session;
  };
}

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
