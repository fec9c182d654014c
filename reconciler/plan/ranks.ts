import { canonical } from '../model/codec.ts';
import type { Field } from '../model/field.ts';
import type { Json } from '../model/json.ts';
import { fieldsOf, kindOf } from '../model/kinds.ts';
import type { Desired, Observed } from '../model/model.ts';
import { refsIn } from '../model/paths.ts';
import type { Delta } from './delta.ts';
import { type DraftStep, step, stepId } from './draft-step.ts';
import { groupBy } from './group.ts';
import { LAST, rank } from './priorities.ts';

type RankWire = Extract<Field['wire'], { how: 'rank' }>;

const rankField = (kind: string): readonly [string, RankWire] | undefined => {
  const found = fieldsOf(kindOf(kind)).find(([, field]) => field.wire.how === 'rank');
  return found?.[1].wire.how === 'rank' ? [found[0], found[1].wire] : undefined;
};

/**
 * Gives every ranked resource its place among its siblings, from the order of the file, what is said, and what is live. What is
 * made anew (`apart`) gets a place beside the old one's.
 */
export function assignRanks(
  desired: readonly Desired[],
  observed: Observed,
  recreateSideBySide: ReadonlySet<string> = new Set(),
): readonly Desired[] {
  const groups = groupBy(
    desired.filter((entry) => rankField(entry.kind) !== undefined),
    (entry) => `${entry.kind} ${canonical(entry.values[rankField(entry.kind)?.[1].within ?? ''])}`,
  );
  const places = new Map<string, number>();
  const live = new Map(observed.live.map((entry) => [entry.address as string, entry]));
  for (const members of groups.values()) {
    const [name = '', wire] = rankField(members[0]?.kind ?? '') ?? [];
    const parent = refsIn(members[0]?.values[wire?.within ?? ''])[0]?.address;
    const parentId = live.get(parent ?? '')?.id ?? members[0]?.values[wire?.within ?? ''];
    const foreign = new Set(
      observed.occupied.filter((entry) => entry.kind === members[0]?.kind && entry.parent === parentId).map((entry) => entry.value),
    );
    const placeOf = (address: string): Json | undefined => live.get(address)?.values[name];
    const held = members.flatMap(({ address }) => (recreateSideBySide.has(address) ? [Number(placeOf(address))] : []));
    const ranked = members.map((entry) => {
      const [pinned, now] = [entry.values[name], recreateSideBySide.has(entry.address) ? undefined : placeOf(entry.address)];
      return {
        address: entry.address,
        ...(typeof pinned === 'number' ? { pinned } : {}),
        ...(typeof now === 'number' ? { live: now } : {}),
      };
    });
    for (const [address, place] of rank(ranked, new Set([...foreign, ...held]), members[0]?.range)) places.set(address, place);
  }
  return desired.map((entry) => {
    const place = places.get(entry.address);
    const name = rankField(entry.kind)?.[0];
    return place === undefined || name === undefined ? entry : { ...entry, values: { ...entry.values, [name]: place } };
  });
}

/** The move of one resource, before all moves of its group become one call. */
export function rankStep(delta: Delta, wire: RankWire, value: Json, id: string): DraftStep {
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
 * still holds a place somebody needs is moved out of the way in the same call; what is made needs that call first, and so does
 * its own end: a call that names a rule that is gone is refused as a whole (RuleNotFound, SetRulePriorities).
 */
export function mergeRanks(loose: readonly DraftStep[], deltas: readonly Delta[], observed: Observed): readonly DraftStep[] {
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
  const merged: DraftStep[] = [];
  const before = new Map<string, string>();
  /** Ids of the steps that come after the call of a group. */
  const waiting = new Map<string, string>();
  const keyOf = (delta: Delta, wire: RankWire, side: 'live' | 'desired') => `${wire.op} ${canonical(delta[side]?.values[wire.within])}`;
  const gone = new Set(deltas.filter(leaves).map((delta): string => delta.address));
  const standing = groupBy(ranked, ({ delta, wire }) => (delta.live === undefined ? '' : keyOf(delta, wire, 'live')));
  const coming = groupBy(ranked, ({ delta, wire }) => (delta.desired === undefined ? '' : keyOf(delta, wire, 'desired')));
  const leavers = new Map<string, ReadonlyMap<Delta, number>>();
  for (const { delta, name, wire } of ranked) {
    if (!leaves(delta) || refsIn(delta.live?.values[wire.within]).some((ref) => gone.has(ref.address))) continue;
    const own = keyOf(delta, wire, 'live');
    const found = leavers.get(own) ?? placesOfLeavers(standing.get(own) ?? [], coming.get(own) ?? [], name, observed);
    leavers.set(own, found);
    const place = found.get(delta);
    if (place === undefined || place === delta.live?.values[name]) continue;
    const key = keyOf(delta, wire, 'live');
    groups.set(key, [...(groups.get(key) ?? []), rankStep(delta, wire, place, delta.live?.id ?? '')]);
    waiting.set(stepId(delta, 'destroy'), key);
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
  // What an interrupted run left behind has the address of what is made, and is not made.
  for (const { delta, wire } of ranked)
    if (delta.desired !== undefined) waiting.set(stepId(delta, 'create'), keyOf(delta, wire, 'desired'));
  const rest = loose
    .filter((entry) => entry.rank === undefined)
    .map((entry) => {
      const first = before.get(waiting.get(entry.id) ?? '');
      return first === undefined ? entry : { ...entry, needs: [...entry.needs, first] };
    });
  return [...rest, ...merged];
}

interface RankedDelta {
  readonly delta: Delta;
  readonly name: string;
  readonly wire: RankWire;
}

const leaves = ({ live, verb }: Delta): boolean => live !== undefined && (verb === 'destroy' || verb === 'replace');

/**
 * Where those that go stand until then. One whose place is somebody else's from now on moves, and all keep the order in which
 * they were asked, among each other and beside those that stay: the highest free place below the next one's. Where those that
 * stay leave no gap, the far end.
 */
function placesOfLeavers(
  here: readonly RankedDelta[],
  coming: readonly RankedDelta[],
  name: string,
  observed: Observed,
): ReadonlyMap<Delta, number> {
  const [first] = here;
  if (first === undefined) return new Map();
  const group = canonical(first.delta.live?.values[first.wire.within]);
  const touched = new Set(here.map(({ delta }) => delta.live?.id));
  const wanted = new Set<Json | undefined>(coming.map(({ delta }) => delta.desired?.values[name]));
  // Those that stay, changed or not, with the place they will have; in the order in which they are asked now.
  const staying = [
    ...observed.live
      .filter((entry) => entry.kind === first.delta.kind.name && canonical(entry.values[first.wire.within]) === group)
      .filter((entry) => !touched.has(entry.id))
      .map((entry) => ({ now: Number(entry.values[name]), then: Number(entry.values[name]) })),
    ...here
      .filter(({ delta }) => !leaves(delta))
      .map(({ delta }) => ({ now: Number(delta.live?.values[name]), then: Number(delta.desired?.values[name]) })),
  ];
  const { from = 1, to = LAST } = coming[0]?.delta.desired?.range ?? {};
  const used = new Set<Json | undefined>([...wanted, ...staying.map(({ then }) => then), ...observed.occupied.map((entry) => entry.value)]);
  const places = new Map<Delta, number>();
  const going = here.map(({ delta }) => delta).filter(leaves);
  const placeOf = (delta: Delta): number => Number(delta.live?.values[name]);
  let next = to + 1;
  for (const delta of going.sort((a, b) => placeOf(b) - placeOf(a))) {
    const above = staying.filter(({ now }) => now > placeOf(delta)).map(({ then }) => then);
    const below = staying.filter(({ now }) => now < placeOf(delta)).map(({ then }) => then);
    const limit = Math.min(next, ...above);
    let place = Math.min(placeOf(delta), limit - 1);
    if (used.has(place)) place = limit - 1;
    while (place > Math.max(from - 1, ...below) && used.has(place)) place--;
    if (place <= Math.max(from - 1, ...below)) for (place = to; used.has(place); ) place--;
    used.add(place);
    places.set(delta, place);
    next = place;
  }
  return places;
}
