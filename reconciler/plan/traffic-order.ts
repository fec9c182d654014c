import { fieldsOf, KINDS, kindOf } from '../model/kinds.ts';
import { refsIn } from '../model/paths.ts';
import type { Delta } from './delta.ts';
import type { DraftStep } from './draft-step.ts';
import type { Graph } from './graph.ts';
import { groupBy } from './group.ts';

/**
 * What decides where requests go (`kind.directsTraffic`) is changed when all else of the plan stands: new listeners and rules are made
 * first, then those that are there are changed. At every moment a request is then served by what served it before or by what
 * will serve it. Among the changes, a redirect is taken back before what it led to changes, and begun after it. New rules of a
 * listener that serves come in the order in which they are asked, old ones go in the opposite one: else, for a moment, a
 * request would fall to a rule behind the one that it is meant for.
 *
 * Adds to the graph. Edges that would make two steps wait for each other are left out: a rule that comes to a place that
 * another one has to leave can only be made after that move.
 */
export function orderTraffic(ordinary: readonly DraftStep[], deltas: readonly Delta[], graph: Graph): void {
  const byAddress = new Map(deltas.filter((delta) => !delta.duplicate).map((delta) => [delta.address as string, delta]));
  const leads = ordinary.filter((step) => directs(step)).map((step) => ({ id: step.id, order: orderOf(byAddress.get(step.address)) }));
  // The batches of a rollout wait for each other, and their members for what leads to them: nothing waits for those here.
  const others = ordinary
    .filter((step) => step.effect !== 'await' && step.effect !== 'destroy' && step.batch === undefined && !directs(step))
    .map(({ id }) => id);
  const before = (among: typeof leads, order: number) => among.filter((other) => other.order < order).map(({ id }) => id);
  const placed = new Set([...others, ...leads.map(({ id }) => id)]);
  // Those that others wait for have to leave these out. They are few: one call moves all rules of a listener.
  const early = leads.filter(({ id }) => [...graph.waitingFor(id)].some((other) => other !== id && placed.has(other)));
  for (const { id, order } of early) {
    const waiting = graph.waitingFor(id);
    for (const other of [...others, ...before(early, order)]) if (!waiting.has(other)) graph.need(id, other);
  }
  const isEarly = new Set(early.map(({ id }) => id));
  for (const { id, order } of leads) {
    if (isEarly.has(id)) continue;
    graph.need(
      id,
      graph.milestone(`before-traffic-${order}`, () => [...others, ...before(leads, order)]),
    );
  }
}

/** Puts what is asked in order under a parent that serves into that order when it comes, and into the opposite one when it goes. */
export function createInOrder(loose: readonly DraftStep[], deltas: readonly Delta[], graph: Graph): void {
  const byAddress = groupBy(loose, (step) => step.address);
  const verbs = new Map<string, readonly Delta[]>(groupBy(deltas, (delta) => delta.address));
  for (const kind of KINDS) {
    const [name, field] = fieldsOf(kind).find(([, { wire }]) => wire.how === 'rank') ?? [];
    if (name === undefined || field?.wire.how !== 'rank') continue;
    const { within } = field.wire;
    const serving = deltas.filter((delta) => delta.kind === kind && isServed(delta, within, verbs));
    const chain = (side: 'live' | 'desired', among: readonly Delta['verb'][], op: string, sign: 1 | -1): void => {
      const placed = serving
        .filter((delta) => among.includes(delta.verb) && delta[side] !== undefined)
        .sort((a, b) => sign * (Number(a[side]?.values[name]) - Number(b[side]?.values[name])));
      const steps = placed.flatMap((delta) =>
        // An extra one, whose name another one has by now, goes in its turn too.
        (byAddress.get(delta.address) ?? []).filter(
          (step) => step.op === op && step.duplicateOf === (delta.duplicate ? delta.live?.id : undefined),
        ),
      );
      steps.forEach((step, index) => {
        const before = steps[index - 1];
        if (before !== undefined) graph.need(step.id, before.id);
      });
    };
    chain('desired', ['create', 'replace'], kind.create.op, 1);
    chain('live', ['destroy', 'replace'], kind.destroy.op, -1);
  }
}

/** Whether its parent takes requests before and after: nothing of this plan makes or ends it. */
function isServed(delta: Delta, within: string, verbs: ReadonlyMap<string, readonly Delta[]>): boolean {
  const parent = refsIn((delta.desired ?? delta.live)?.values[within])[0]?.address;
  return !(verbs.get(parent ?? '') ?? []).some((other) => other.verb !== 'update');
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
