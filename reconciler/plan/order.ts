import { fieldsOf, kindOf, rankOf } from '../model/kinds.ts';
import { refsIn } from '../model/paths.ts';
import type { Delta } from './delta.ts';
import { destroyEdges, isDrain } from './destroy-order.ts';
import type { DraftStep } from './draft-step.ts';
import { Graph } from './graph.ts';
import { groupBy } from './group.ts';
import { memberEdges } from './member-order.ts';
import { demandEdges, type ValuesAt } from './preconditions.ts';
import { createInOrder, orderTraffic } from './traffic-order.ts';
import type { Milestone, Step } from './types.ts';

/**
 * Draws the edges between the steps of different resources, and sorts them.
 *
 * - A step whose input refers to `x.id` needs the steps that make x, and those that make it ready where it asks for that.
 *   A change of something that serves already needs x to be complete: a listener is pointed to a new target group only
 *   when its targets are registered.
 * - What AWS demands of other fields (`field.demands`) is there first, and goes last (`preconditions.ts`).
 * - What AWS wants of members (`needsMade`, `wantedBy`, `goesAfter`) is in `member-order.ts`, and here where it is another's making.
 * - `kind.after` orders what no reference shows: a load balancer after the gateway, an instance after the routes.
 * - What comes where another one is (`delta.after`) needs that one to have gone or moved.
 * - What decides where requests go is changed when all else stands (`traffic-order.ts`).
 * - A wait marked `last` needs every create and update; a removal that waits for newcomers needs those waits.
 * - In a rollout, what leaves waits only for its own batch, and the next batch for its end.
 * - A destroy needs every other step, so that nothing goes before what replaces it stands, and the destroys of all that
 *   holds it. What goes `first` needs only the latter, and its successor needs it.
 */
export function order(loose: readonly DraftStep[], deltas: readonly Delta[], valuesAt: ValuesAt = () => undefined): Ordered {
  const graph = new Graph(loose);
  const { endsEarly, unwaited } = demandEdges(loose, deltas, valuesAt, graph);
  const made = loose.filter((step) => step.phase === 'make');
  const waits = made.filter((step) => step.await?.last === true);
  const isRemoval = (step: DraftStep): boolean => step.afterReady !== false && !unwaited.has(step.id);
  const removals = made.filter(isRemoval);
  const ordinary = made.filter((step) => step.await?.last !== true && !isRemoval(step));
  const need = (step: DraftStep, others: readonly { readonly id: string }[]): void => {
    for (const other of others) graph.need(step.id, other.id);
  };
  const byAddress = groupBy(ordinary, (step): string => step.address);
  const making = groupBy(
    ordinary.filter((step) => step.effect !== 'await'),
    (step): string => step.address,
  );
  const makingKind = groupBy(
    ordinary.filter((step) => step.effect !== 'await'),
    (step) => kindOf(step.address).name,
  );

  const born = new Set(ordinary.filter((step) => step.effect === 'create').map((step) => step.address));
  for (const step of made) {
    for (const ref of refsIn(step.input)) {
      if (ref.address === step.address) continue;
      const makers = making.get(ref.address) ?? [];
      need(step, born.has(step.address) && !ref.complete ? makers.filter((other) => other.effect === 'create') : makers);
      if (ref.ready)
        need(
          step,
          (byAddress.get(ref.address) ?? []).filter((other) => other.await?.name === 'ready'),
        );
    }
    const { needsMade } = step;
    if (needsMade !== undefined)
      graph.need(
        step.id,
        graph.milestone(`${needsMade}s-created`, () =>
          idsOf((makingKind.get(needsMade) ?? []).filter((other) => other.effect === 'create')),
        ),
      );
    if (step.effect === 'create')
      for (const kind of kindOf(step.address).after ?? [])
        graph.need(
          step.id,
          graph.milestone(`${kind}-made`, () => idsOf(makingKind.get(kind) ?? [])),
        );
  }
  const endings = groupBy(
    loose.filter((step) => step.phase === 'destroy'),
    (step): string => step.address,
  );
  for (const delta of deltas) {
    const moves = (address: string) => (byAddress.get(address) ?? []).filter((step) => step.op === delta.kind.modify?.op);
    const goes = (address: string) => (endings.get(address) ?? []).filter((step) => step.first);
    const comes = (byAddress.get(delta.address) ?? []).filter(
      (step) => step.op === delta.kind.create.op || step.op === delta.kind.modify?.op,
    );
    for (const other of delta.after ?? []) for (const step of comes) need(step, goes(other).length > 0 ? goes(other) : moves(other));
  }
  // A tie made anew under something that stands: what names that by its id waits for the tie (a route through a gateway).
  const ties = new Map(
    deltas.flatMap((delta): [string, readonly DraftStep[]][] => {
      const links = fieldsOf(delta.kind).flatMap(([, { wire }]) => (wire.how === 'link' ? [wire.link] : []));
      const tying = (byAddress.get(delta.address) ?? []).filter((step) => links.includes(step.op));
      return delta.verb !== 'update' || tying.length === 0 ? [] : [[delta.address, tying]];
    }),
  );
  if (ties.size > 0)
    for (const step of made) for (const ref of step.refs ?? []) if (ref.address !== step.address) need(step, ties.get(ref.address) ?? []);
  memberEdges(loose, deltas, graph);
  createInOrder(loose, deltas, graph);
  orderTraffic(ordinary, deltas, graph);
  const everything = () => graph.milestone('made', () => idsOf(ordinary));
  const inService = () => (waits.length > 0 ? graph.milestone('in-service', () => idsOf(waits)) : everything());
  for (const wait of waits) graph.need(wait.id, everything());
  const batches = groupBy(ordinary, (step) => step.batch);
  for (const removal of removals)
    graph.need(
      removal.id,
      removal.batch !== undefined
        ? graph.milestone(`batch-${removal.batch + 1}-made`, () => idsOf(batches.get(removal.batch) ?? []))
        : inService(),
    );
  const drains = loose.filter(isDrain);
  for (const removal of removals)
    if (removal.afterReady === 'drained')
      graph.need(
        removal.id,
        graph.milestone('drained', () => idsOf(drains)),
      );
  destroyEdges(loose, deltas, graph, endsEarly);
  return sortSteps(loose, graph);
}

export interface Ordered {
  readonly steps: readonly Step[];
  readonly milestones: readonly Milestone[];
}

const idsOf = (steps: readonly DraftStep[]): readonly string[] => steps.map(({ id }) => id);

/** Topological, by kind and id among those that are free: the same plan always has the same order. Throws on a cycle. */
function sortSteps(loose: readonly DraftStep[], graph: Graph): Ordered {
  const { needs, round, milestones } = graph.reduce();
  const named = new Set(loose.flatMap((step) => refsIn(step.input).map(({ address, output }) => `${address}.${output}`)));
  const steps = [...loose]
    .sort((a, b) => round(a.id) - round(b.id) || rankOf(a.address) - rankOf(b.address) || (a.id < b.id ? -1 : 1))
    .map((step): Step => {
      const {
        phase: _phase,
        first: _first,
        await: _await,
        afterReady: _afterReady,
        rank: _rank,
        batch: _batch,
        noTrafficEffect: _noTrafficEffect,
        goesAfter: _goesAfter,
        needsMade: _needsMade,
        refs: _refs,
        sets: _sets,
        duplicateOf: _duplicateOf,
        outputs: all = {},
        ...plain
      } = step;
      // Only what another step names is read from an answer.
      const outputs = Object.fromEntries(Object.entries(all).filter(([name]) => named.has(`${step.address}.${name}`)));
      return { ...plain, needs: needs(step.id), ...(Object.keys(outputs).length === 0 ? {} : { outputs }) };
    });
  return { steps, milestones };
}
