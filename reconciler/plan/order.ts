import { canonical } from '../model/codec.ts';
import type { Member } from '../model/field.ts';
import { fieldsOf, kindOf, rankOf } from '../model/kinds.ts';
import type { Live } from '../model/model.ts';
import { refsIn } from '../model/paths.ts';
import type { Delta } from './diff.ts';
import type { DraftStep } from './draft-step.ts';
import { groupBy } from './group.ts';
import { pointsTo } from './pointing.ts';
import { createInOrder, orderTraffic } from './traffic-order.ts';
import type { Step } from './types.ts';

/**
 * Draws the edges between the steps of different resources, and sorts them.
 *
 * - A step whose input refers to `x.id` needs the steps that make x, and those that make it ready where it asks for that.
 *   A change of something that serves already needs x to be complete: a listener is pointed to a new target group only
 *   when its targets are registered.
 * - `kind.after` orders what no reference shows: a load balancer after the gateway, an instance after the routes.
 * - What comes where another one is (`delta.after`) needs that one to have gone or moved.
 * - What decides where requests go is changed when all else stands (`routes.ts`).
 * - A wait marked `last` needs every create and update; a removal that waits for newcomers needs those waits.
 * - In a rollout, what leaves waits only for its own batch, and the next batch for its end.
 * - A destroy needs every other step, so that nothing goes before what replaces it stands, and the destroys of all that
 *   holds it. What goes `first` needs only the latter, and its successor needs it.
 */
export function order(loose: readonly DraftStep[], deltas: readonly Delta[]): readonly Step[] {
  const made = loose.filter((step) => step.phase === 'make');
  const waits = made.filter((step) => step.await?.last === true);
  const removals = made.filter((step) => step.afterReady);
  const ordinary = made.filter((step) => step.await?.last !== true && !step.afterReady);
  const needs = new Map(loose.map((step) => [step.id, new Set(step.needs)]));
  const need = (step: DraftStep, others: readonly { readonly id: string }[]): void => {
    for (const other of others) if (other.id !== step.id) needs.get(step.id)?.add(other.id);
  };
  const making = groupBy(
    ordinary.filter((step) => step.effect !== 'await'),
    (step) => step.address,
  );
  const ready = groupBy(
    ordinary.filter((step) => step.await?.name === 'ready'),
    (step) => step.address,
  );

  const born = new Set(ordinary.filter((step) => step.effect === 'create').map((step) => step.address));
  for (const step of made) {
    for (const ref of refsIn(step.input)) {
      if (ref.address === step.address) continue;
      const makers = making.get(ref.address) ?? [];
      need(step, born.has(step.address) ? makers.filter((other) => other.effect === 'create') : makers);
      if (ref.ready) need(step, ready.get(ref.address) ?? []);
    }
    if (step.effect === 'create')
      need(
        step,
        ordinary.filter((other) => other.effect !== 'await' && kindOf(step.address).after?.includes(kindOf(other.address).name)),
      );
  }
  for (const delta of deltas) {
    const moves = (address: string) => ordinary.filter((step) => step.address === address && step.op === delta.kind.modify?.op);
    const goes = (address: string) => loose.filter((step) => step.address === address && step.phase === 'destroy' && step.first);
    const comes = ordinary.filter(
      (step) => step.address === delta.address && (step.op === delta.kind.create.op || step.op === delta.kind.modify?.op),
    );
    for (const other of delta.after ?? []) for (const step of comes) need(step, goes(other).length > 0 ? goes(other) : moves(other));
  }
  for (const delta of deltas) {
    // A tie made anew under something that stands: what names that by its id waits for the tie (a route through a gateway).
    const links = fieldsOf(delta.kind).flatMap(([, { wire }]) => (wire.how === 'link' ? [wire.link] : []));
    const ties = delta.verb === 'update' ? ordinary.filter((step) => step.address === delta.address && links.includes(step.op)) : [];
    for (const step of ties.length === 0 ? [] : made)
      if (step.address !== delta.address && canonical(step.input).includes(JSON.stringify(delta.live?.id))) need(step, ties);
  }
  createInOrder(loose, deltas, needs);
  orderTraffic(ordinary, deltas, needs);
  for (const wait of waits) need(wait, ordinary);
  for (const removal of removals)
    need(
      removal,
      removal.batch !== undefined ? ordinary.filter((step) => step.batch === removal.batch) : waits.length > 0 ? waits : ordinary,
    );
  const drains = loose.filter(isDrain);
  for (const removal of removals) if (removal.afterReady === 'drained') need(removal, drains);
  destroyEdges(loose, deltas, need);
  return sortSteps(loose, needs);
}

/** A wait for requests under way at what served. */
const isDrain = (step: DraftStep): boolean => step.await?.name === 'drained' && kindOf(step.address).serves !== undefined;

function destroyEdges(
  loose: readonly DraftStep[],
  deltas: readonly Delta[],
  need: (step: DraftStep, others: readonly { readonly id: string }[]) => void,
): void {
  const going = deltas.filter(
    (delta): delta is Delta & { readonly live: Live } => delta.live !== undefined && (delta.verb === 'destroy' || delta.verb === 'replace'),
  );
  const stepsOf = (delta: Delta) =>
    loose.filter(
      (step) =>
        step.phase === 'destroy' &&
        step.address === delta.address &&
        step.id.includes('~') === delta.duplicate &&
        (!delta.duplicate || step.id.includes(`~${delta.live?.id}:`)),
    );
  const made = loose.filter((step) => step.phase === 'make');
  /** A listener that goes with its load balancer is gone when that is. */
  const endOf = (delta: Delta & { readonly live: Live }): readonly DraftStep[] => {
    const own = stepsOf(delta);
    const parent = own.length > 0 ? undefined : going.find((other) => other.kind.name === delta.kind.goesWith && holds(delta, other));
    return parent === undefined ? own : endOf(parent);
  };
  // What is emptied serves until nothing that goes forwards to it any more.
  const directing = going.filter((delta) => delta.kind.directsTraffic === true && !delta.first);
  const emptied = new Set(
    directing.flatMap((delta) => {
      const steps = emptyings(made, deltas, delta);
      for (const step of steps) need(step, stepsOf(delta));
      return steps;
    }),
  );
  for (const delta of going) {
    const own = stepsOf(delta);
    const stands = (delta.batch === undefined ? made : made.filter((other) => other.batch === delta.batch)).filter(
      (other) => !(directing.includes(delta) && emptied.has(other)),
    );
    if (!delta.first)
      for (const step of own)
        need(step, isDrain(step) || delta.kind.directsTraffic ? stands.filter((other) => other.afterReady !== 'drained') : stands);
    if (delta.batch !== undefined)
      for (const step of made.filter((other) => other.address === delta.address && other.effect === 'create'))
        need(step, going.filter((other) => other.batch !== undefined && other.batch + 1 === delta.batch).flatMap(stepsOf));
    for (const other of going) {
      if (other === delta) continue;
      // What must go first cannot wait: the requests that it has are lost, and the plan says so.
      const drained = !delta.first && requestsUnderWay(other, delta) ? stepsOf(other).filter(isDrain) : [];
      for (const step of own) need(step, drained);
      if (!mustGoBefore(other, delta)) continue;
      const before = endOf(other);
      if (before !== own && before[0]?.address !== delta.address) for (const step of own) need(step, before);
    }
    if (delta.first) {
      for (const step of made.filter((other) => other.first && canonical(other.input).includes(JSON.stringify(delta.live.id))))
        for (const mine of own) need(mine, [step]);
      for (const step of made.filter((other) => other.address === delta.address && other.effect === 'create')) need(step, own);
    }
  }
}

/** The steps that take the last members out of what a listener or rule forwards to. */
function emptyings(made: readonly DraftStep[], deltas: readonly Delta[], user: Delta & { readonly live: Live }): readonly DraftStep[] {
  return made.filter((step) => {
    if (step.afterReady !== true || step.batch !== undefined) return false;
    const group = deltas.find((other) => other.address === step.address && !other.duplicate);
    return (
      group?.live !== undefined &&
      pointsTo(Object.values(user.live.values), { live: group.live, duplicate: false }) &&
      group.fields.some(({ name, after }) => memberOf(group, name)?.removeAfterReady === true && Array.isArray(after) && after.length === 0)
    );
  });
}

/** Whether requests that came by way of `holder` may still be under way at `held`, which could go while it is listed there. */
function requestsUnderWay(holder: Delta & { readonly live: Live }, held: Delta & { readonly live: Live }): boolean {
  return Object.entries(holder.live.values).some(
    ([name, value]) => memberOf(holder, name)?.leavesOnTermination === true && pointsTo(value, held),
  );
}

/** Whether `holder` must be gone before `held` can be destroyed. */
function mustGoBefore(holder: Delta & { readonly live: Live }, held: Delta & { readonly live: Live }): boolean {
  if (holder.kind.after?.includes(held.kind.name)) return true;
  return holds(holder, held) || endsWith(held, holder);
}

function holds(holder: Delta & { readonly live: Live }, held: Delta & { readonly live: Live }): boolean {
  return Object.entries(holder.live.values).some(
    ([name, value]) => memberOf(holder, name)?.leavesOnTermination !== true && !isTie(holder, name) && pointsTo(value, held),
  );
}

/** `held` has ties that end when `holder` goes: the route table goes after the subnet. */
function endsWith(held: Delta & { readonly live: Live }, holder: Delta & { readonly live: Live }): boolean {
  return Object.entries(held.live.values).some(([name, value]) => isTie(held, name) && pointsTo(value, holder));
}

const isTie = (delta: Delta, name: string): boolean => memberOf(delta, name)?.endsWithMember === true;

function memberOf(delta: Delta, name: string): Member | undefined {
  const wire = fieldsOf(delta.kind).find(([other]) => other === name)?.[1].wire;
  return wire?.how === 'member' ? wire.member : undefined;
}

/** Topological, by kind and id among those that are free: the same plan always has the same order. Throws on a cycle. */
function sortSteps(loose: readonly DraftStep[], needs: ReadonlyMap<string, ReadonlySet<string>>): readonly Step[] {
  const rest = new Map(loose.map((step) => [step.id, step]));
  const sorted: Step[] = [];
  while (rest.size > 0) {
    const free = [...rest.values()].filter((step) => ![...(needs.get(step.id) ?? [])].some((other) => rest.has(other)));
    if (free.length === 0) throw new Error(`the plan's steps wait for each other: ${[...rest.keys()].join(', ')}`);
    free.sort((a, b) => rankOf(a.address) - rankOf(b.address) || (a.id < b.id ? -1 : 1));
    for (const step of free) {
      rest.delete(step.id);
      const {
        phase: _phase,
        first: _first,
        await: _await,
        afterReady: _afterReady,
        rank: _rank,
        batch: _batch,
        noTrafficEffect: _noTrafficEffect,
        ...plain
      } = step;
      sorted.push({ ...plain, needs: [...(needs.get(step.id) ?? [])].sort() });
    }
  }
  return sorted;
}
