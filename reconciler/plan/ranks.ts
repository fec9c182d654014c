import { canonical } from '../model/codec.ts';
import type { Field } from '../model/field.ts';
import { fieldsOf, kindOf } from '../model/kinds.ts';
import type { Desired, Observed } from '../model/model.ts';
import { refsIn } from '../model/paths.ts';
import type { Delta } from './diff.ts';
import { groupBy } from './group.ts';
import { type LooseStep, step } from './loose-step.ts';
import { rank } from './priorities.ts';
import type { Json } from './types.ts';

type RankWire = Extract<Field['wire'], { how: 'rank' }>;

const rankField = (kind: string): readonly [string, RankWire] | undefined => {
  const found = fieldsOf(kindOf(kind)).find(([, field]) => field.wire.how === 'rank');
  return found?.[1].wire.how === 'rank' ? [found[0], found[1].wire] : undefined;
};

/** Gives every ranked resource its place among its siblings, from the order of the file, what is said, and what is live. */
export function assignRanks(desired: readonly Desired[], observed: Observed): readonly Desired[] {
  const groups = groupBy(
    desired.filter((entry) => rankField(entry.kind) !== undefined),
    (entry) => `${entry.kind} ${canonical(entry.values[rankField(entry.kind)?.[1].within ?? ''])}`,
  );
  const places = new Map<string, number>();
  for (const members of groups.values()) {
    const [name = '', wire] = rankField(members[0]?.kind ?? '') ?? [];
    const parent = refsIn(members[0]?.values[wire?.within ?? ''])[0]?.address;
    const parentId = observed.live.find((entry) => entry.address === parent)?.id;
    const foreign = new Set(
      observed.occupied.filter((entry) => entry.kind === members[0]?.kind && entry.parent === parentId).map((entry) => entry.value),
    );
    const ranked = members.map((entry) => {
      const [pinned, live] = [entry.values[name], observed.live.find((other) => other.address === entry.address)?.values[name]];
      return { address: entry.address, ...(typeof pinned === 'number' ? { pinned } : {}), ...(typeof live === 'number' ? { live } : {}) };
    });
    for (const [address, place] of rank(ranked, foreign)) places.set(address, place);
  }
  return desired.map((entry) => {
    const place = places.get(entry.address);
    const name = rankField(entry.kind)?.[0];
    return place === undefined || name === undefined ? entry : { ...entry, values: { ...entry.values, [name]: place } };
  });
}

/** The move of one resource, before all moves of its group become one call. */
export function rankStep(delta: Delta, wire: RankWire, value: Json, id: string): LooseStep {
  return step(
    delta,
    'move',
    wire.op,
    { [wire.list]: [{ [wire.idParam]: id, [wire.param]: value }] },
    {
      effect: 'update',
      title: `move ${delta.kind.label} ${delta.address.slice(delta.address.indexOf('/') + 1)}`,
      rank: { op: wire.op, list: wire.list, group: canonical(delta.live?.values[wire.within]) },
    },
  );
}

/**
 * One call for all moves within a group, since AWS checks the new order as a whole. A sibling that is about to go but
 * still holds a place somebody needs is moved out of the way in the same call; what is made needs that call first.
 */
export function mergeRanks(loose: readonly LooseStep[], deltas: readonly Delta[], observed: Observed): readonly LooseStep[] {
  const groups = new Map(
    groupBy(
      loose.filter((entry) => entry.rank !== undefined),
      (entry) => `${entry.op} ${entry.rank?.group}`,
    ),
  );
  const ranked = deltas.flatMap((delta) => {
    const found = rankField(delta.kind.name);
    return found === undefined ? [] : [{ delta, name: found[0], wire: found[1] }];
  });
  const merged: LooseStep[] = [];
  const before = new Map<string, string>();
  const keyOf = (delta: Delta, wire: RankWire, side: 'live' | 'desired') => `${wire.op} ${canonical(delta[side]?.values[wire.within])}`;
  for (const { delta, name, wire } of ranked) {
    if (delta.live === undefined || (delta.verb !== 'destroy' && delta.verb !== 'replace')) continue;
    const key = keyOf(delta, wire, 'live');
    const needed = ranked.some(
      (other) =>
        other.delta.desired !== undefined &&
        keyOf(other.delta, other.wire, 'desired') === key &&
        other.delta.desired.values[name] === delta.live?.values[name],
    );
    if (needed)
      groups.set(key, [...(groups.get(key) ?? []), rankStep(delta, wire, spare(delta, name, wire, deltas, observed), delta.live.id)]);
  }
  for (const [key, steps] of groups) {
    const [first] = steps;
    if (first?.rank === undefined) continue;
    const { list } = first.rank;
    const moves = steps.flatMap((entry) => (entry.input as { readonly [key: string]: readonly Json[] })[list] ?? []);
    merged.push({
      ...first,
      input: { [list]: moves },
      title: moves.length === 1 ? first.title : `move ${moves.length} ${kindOf(first.address).label}s in one call`,
    });
    before.set(key, first.id);
  }
  const rest = loose
    .filter((entry) => entry.rank === undefined)
    .map((entry) => {
      const found = ranked.find(
        ({ delta }) => delta.address === entry.address && entry.effect === 'create' && entry.id === `${delta.address}:create`,
      );
      const first = found === undefined ? undefined : before.get(keyOf(found.delta, found.wire, 'desired'));
      return first === undefined ? entry : { ...entry, needs: [...entry.needs, first] };
    });
  return [...rest, ...merged];
}

/** A place at the far end that nobody has or wants. */
function spare(delta: Delta, name: string, wire: RankWire, deltas: readonly Delta[], observed: Observed): number {
  const same = (value: Json | undefined) => canonical(value) === canonical(delta.live?.values[wire.within]);
  const used = new Set<Json | undefined>([
    ...observed.live
      .filter((entry) => entry.kind === delta.kind.name && same(entry.values[wire.within]))
      .map((entry) => entry.values[name]),
    ...deltas.filter((other) => same(other.desired?.values[wire.within])).map((other) => other.desired?.values[name]),
    ...observed.occupied.map((entry) => entry.value),
  ]);
  const index = deltas.filter((other) => other.kind === delta.kind && other.verb !== 'create' && other.address < delta.address).length;
  let place = 50_000 - index;
  while (used.has(place)) place -= deltas.length + 1;
  return place;
}
