import { fieldsOf, KINDS, kindOf } from '../model/kinds.ts';
import { refsIn } from '../model/paths.ts';
import type { Delta } from './diff.ts';
import type { DraftStep } from './draft-step.ts';

/**
 * What decides where requests go (`kind.directsTraffic`) is changed when all else of the plan stands: new listeners and rules are made
 * first, then those that are there are changed. At every moment a request is then served by what served it before or by what
 * will serve it. Among the changes, a redirect is taken back before what it led to changes, and begun after it. New rules of a
 * listener that serves come in the order in which they are asked, old ones go in the opposite one: else, for a moment, a
 * request would fall to a rule behind the one that it is meant for.
 *
 * Mutates `needs`. Edges that would make two steps wait for each other are left out: a rule that comes to a place that
 * another one has to leave can only be made after that move.
 */
export function orderTraffic(ordinary: readonly DraftStep[], deltas: readonly Delta[], needs: ReadonlyMap<string, Set<string>>): void {
  const byAddress = new Map(deltas.filter((delta) => !delta.duplicate).map((delta) => [delta.address as string, delta]));
  const leads = ordinary.filter((step) => directs(step));
  // The batches of a rollout wait for each other, and their members for what leads to them: nothing waits for those here.
  const others = ordinary.filter(
    (step) => step.effect !== 'await' && step.effect !== 'destroy' && step.batch === undefined && !directs(step),
  );
  for (const step of leads) {
    const own = orderOf(byAddress.get(step.address));
    const before = [...others, ...leads.filter((other) => orderOf(byAddress.get(other.address)) < own)];
    const waiting = waitingFor(step.id, needs);
    for (const other of before) if (!waiting.has(other.id)) needs.get(step.id)?.add(other.id);
  }
}

/** Puts what is asked in order under a parent that serves into that order when it comes, and into the opposite one when it goes. */
export function createInOrder(loose: readonly DraftStep[], deltas: readonly Delta[], needs: ReadonlyMap<string, Set<string>>): void {
  for (const kind of KINDS) {
    const [name, field] = fieldsOf(kind).find(([, { wire }]) => wire.how === 'rank') ?? [];
    if (name === undefined || field?.wire.how !== 'rank') continue;
    const { within } = field.wire;
    const serving = deltas.filter((delta) => delta.kind === kind && isServed(delta, within, deltas));
    const chain = (side: 'live' | 'desired', verbs: readonly Delta['verb'][], op: string, sign: 1 | -1): void => {
      const placed = serving
        .filter((delta) => verbs.includes(delta.verb) && delta[side] !== undefined)
        .sort((a, b) => sign * (Number(a[side]?.values[name]) - Number(b[side]?.values[name])));
      const steps = placed.flatMap((delta) =>
        // An extra one, whose name another one has by now, goes in its turn too.
        loose.filter(
          (step) => step.op === op && step.id.startsWith(`${delta.address}${delta.duplicate ? `~${delta.live?.id ?? ''}` : ''}:`),
        ),
      );
      steps.forEach((step, index) => {
        const before = steps[index - 1];
        if (before !== undefined) needs.get(step.id)?.add(before.id);
      });
    };
    chain('desired', ['create', 'replace'], kind.create.op, 1);
    chain('live', ['destroy', 'replace'], kind.destroy.op, -1);
  }
}

/** Whether its parent takes requests before and after: nothing of this plan makes or ends it. */
function isServed(delta: Delta, within: string, deltas: readonly Delta[]): boolean {
  const parent = refsIn((delta.desired ?? delta.live)?.values[within])[0]?.address;
  return !deltas.some((other) => other.address === parent && other.verb !== 'update');
}

/** A change of something that serves already: its own call, or the move of its place. */
function directs(step: DraftStep): boolean {
  const kind = kindOf(step.address);
  return (
    kind.directsTraffic === true &&
    step.effect === 'update' &&
    step.noTrafficEffect === undefined &&
    (step.op === kind.modify?.op || step.rank !== undefined)
  );
}

/** 0: it stops resting on something else that serves. 2: it begins to. 1: neither. */
function orderOf(delta: Delta | undefined): 0 | 1 | 2 {
  const redirects = (side: 'before' | 'after'): boolean =>
    delta?.fields.some((change) => change[side] !== undefined && change.field.codec.redirects?.(change[side]) === true) === true;
  const [before, after] = [redirects('before'), redirects('after')];
  return before === after ? 1 : after ? 2 : 0;
}

/** All steps that need this one, however far away. */
function waitingFor(id: string, needs: ReadonlyMap<string, ReadonlySet<string>>): ReadonlySet<string> {
  const found = new Set<string>([id]);
  for (let grew = true; grew; ) {
    grew = false;
    for (const [other, own] of needs)
      if (!found.has(other) && [...own].some((need) => found.has(need))) {
        found.add(other);
        grew = true;
      }
  }
  return found;
}
