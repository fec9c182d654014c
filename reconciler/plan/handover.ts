import { canonical } from '../model/codec.ts';
import type { Kind } from '../model/field.ts';
import type { Address, Json } from '../model/json.ts';
import { fieldsOf, KINDS } from '../model/kinds.ts';
import type { Desired, Live, Observed } from '../model/model.ts';
import { refsIn } from '../model/paths.ts';
import { isIntruder } from '../model/tags.ts';
import { groupBy } from './group.ts';
import { assignRanks } from './ranks.ts';

/** What the planner goes by instead of the bare observation. */
export interface Handover {
  readonly observed: Observed;
  /** Addresses whose change would take requests away before another one takes them: made anew beside the old ones. */
  readonly recreateSideBySide: ReadonlySet<string>;
}

/**
 * Rules hand requests to each other. Nobody knows a rule by its ARN, so which live rule becomes which of the file is free:
 *
 * | in the file | so |
 * | --- | --- |
 * | a rule has another name, and the conditions of one that is there | that one is renamed, by its tag |
 * | two rules exchange their conditions | they exchange their names |
 * | rules only change their order, or their numbers | one call moves them all, before others come |
 * | one rule gets other conditions, with other actions or without, or any get other actions | in place |
 * | several get other conditions, or the conditions of one change and the order, or the actions of others | new ones are made beside the old ones, which then go: whatever moves from one rule to another has its old or its new answer all the while |
 * | the same, and no room for more rules (quota) | each is changed in place, and those that come take over those that go |
 */
export function handOver(desired: readonly Desired[], observed: Observed): Handover {
  return KINDS.reduce<Handover>((done, kind) => handOverOf(kind, desired, done), { observed, recreateSideBySide: new Set() });
}

function handOverOf(kind: Kind, desired: readonly Desired[], done: Handover): Handover {
  const [matching] = fieldsOf(kind).find(([, field]) => field.matchesRequests) ?? [];
  const [place, { wire } = { wire: undefined }] = fieldsOf(kind).find(([, field]) => field.wire.how === 'rank') ?? [];
  if (matching === undefined || place === undefined || wire?.how !== 'rank') return done;
  const { live, duplicates, occupied } = done.observed;
  // What others made goes: it never becomes one of ours, which would be taking it over.
  const intruders = live.filter((entry) => entry.kind === kind.name && isIntruder(entry.address));
  const own = live.filter((entry) => entry.kind === kind.name && !isIntruder(entry.address));
  const wanted = desired.filter((entry) => entry.kind === kind.name);
  const others = [...occupied, ...duplicates].filter((entry) => entry.kind === kind.name).length;
  const room = (kind.most ?? Number.POSITIVE_INFINITY) - others - own.length - intruders.length;
  const groupOf = (entry: Desired | Live): string => canonical(entry.values[wire.within]);
  const standing = groupBy(own, groupOf);
  const groups = [...groupBy(wanted, groupOf)].map(([group, members]) => ({ wanted: members, own: standing.get(group) ?? [] }));
  const paired = groups.map((group) => ({ ...group, pairs: pairUp(group.wanted, group.own, matching, room) }));
  const addressOf = new Map(paired.flatMap(({ pairs }) => pairs.map(({ to, from }): [Live, Address] => [from, to.address])));
  const taken = new Set(addressOf.values());
  const left = own.filter((entry) => !addressOf.has(entry));
  const observed: Observed = {
    ...done.observed,
    live: [
      ...live.filter((entry) => entry.kind !== kind.name),
      ...[...addressOf].map(([entry, address]) => ({ ...entry, address })),
      ...left.filter((entry) => !taken.has(entry.address)),
      ...intruders,
    ],
    // Its name is another one's now: like what an interrupted run left behind, it goes.
    duplicates: [...duplicates, ...left.filter((entry) => taken.has(entry.address))],
  };
  const places = new Map(assignRanks(wanted, observed).map((entry) => [entry.address, entry.values[place]]));
  const foreign = (group: { readonly own: readonly Live[] }): readonly number[] => {
    const within = group.own[0]?.values[wire.within];
    const parent = refsIn(within)[0]?.address;
    const id = live.find((entry) => entry.address === parent)?.id ?? within;
    return occupied.filter((entry) => entry.kind === kind.name && entry.parent === id).map((entry) => entry.value);
  };
  const recreateSideBySide = paired.flatMap((group) => recreatedIn({ ...group, foreign: foreign(group) }, kind, matching, place, places));
  const coming = wanted.length - addressOf.size;
  return {
    observed,
    recreateSideBySide: new Set([...done.recreateSideBySide, ...(recreateSideBySide.length + coming > room ? [] : recreateSideBySide)]),
  };
}

/** Addresses of the rules of one listener that cannot be changed one after the other without a request falling between them. */
function recreatedIn(
  { wanted, own, pairs, foreign }: Group,
  kind: Kind,
  matching: string,
  place: string,
  places: ReadonlyMap<string, Json | undefined>,
): readonly string[] {
  const matched = pairs.filter((pair) => differs(pair, kind, matching));
  const standing = [
    ...pairs.map((pair) => ({ pair, now: Number(pair.from.values[place]), then: Number(places.get(pair.to.address)) })),
    ...foreign.map((value) => ({ pair: undefined, now: value, then: value })),
  ];
  const moved = standing.flatMap(({ pair, now, then }) =>
    pair !== undefined && now !== then && standing.some((other) => (other.now - now) * (other.then - then) < 0) ? [pair] : [],
  );
  // One call says conditions and actions of a rule at once: nobody meets the new ones of one and the old ones of the other.
  const lone = matched.length === 1 ? matched[0] : undefined;
  const acting = pairs.filter(
    (pair) => pair !== lone && fieldsOf(kind).some(([name]) => name !== matching && name !== place && differs(pair, kind, name)),
  );
  const comesOrGoes = wanted.length > pairs.length || own.length > pairs.length;
  const recreateSideBySide = [
    ...(comesOrGoes || matched.length > 0 || acting.length > 0 ? moved : []),
    ...(matched.length > 1 || acting.length > 0 || moved.length > 0 ? matched : []),
  ];
  // What another owner keeps is said only when a rule is made: making it anew would say it again.
  return recreateSideBySide.filter(({ to }) => to.ignored.length === 0).map(({ to }) => to.address);
}

function differs({ to, from }: Pair, kind: Kind, name: string): boolean {
  const [after, before] = [to.values[name], from.values[name]];
  if (after === undefined || before === undefined) return false;
  const codec = fieldsOf(kind).find(([other]) => other === name)?.[1].codec;
  return !(codec?.equal?.(after, before) ?? canonical(after) === canonical(before));
}

interface Group {
  readonly wanted: readonly Desired[];
  readonly own: readonly Live[];
  readonly pairs: readonly Pair[];
  /** Places of rules that are not ours. */
  readonly foreign: readonly number[];
}

interface Pair {
  readonly to: Desired;
  readonly from: Live;
}

/** Which live object becomes which of the file: by name where the conditions are the same, by conditions, by name, and at last, where there is no room for more, as they come. */
function pairUp(wanted: readonly Desired[], live: readonly Live[], matching: string, room: number): readonly Pair[] {
  const pairs = new Map<Desired, Live>();
  const [free, open] = [new Set(live), new Set(wanted)];
  const keys = new Map<Desired | Live, string>([...wanted, ...live].map((entry) => [entry, canonical(entry.values[matching] as Json)]));
  const alike = (to: Desired, from: Live): boolean => keys.get(to) === keys.get(from);
  const named = groupBy(wanted, (entry): string => entry.address);
  const [byAddress, byKey] = [groupBy(live, (entry): string => entry.address), groupBy(live, (entry) => keys.get(entry))];
  const take = (candidates: (to: Desired) => Iterable<Live>, fits: (to: Desired, from: Live) => boolean): void => {
    for (const to of open) {
      for (const from of candidates(to)) {
        if (!free.has(from) || !fits(to, from)) continue;
        pairs.set(to, from);
        free.delete(from);
        open.delete(to);
        break;
      }
    }
  };
  const sameName = (to: Desired) => byAddress.get(to.address) ?? [];
  take(sameName, alike);
  take(
    (to) => byKey.get(keys.get(to)) ?? [],
    (_, from) => !(named.get(from.address) ?? []).some((other) => alike(other, from)),
  );
  take(sameName, () => true);
  if (open.size > room)
    take(
      () => free,
      () => true,
    );
  return wanted.flatMap((to) => {
    const from = pairs.get(to);
    return from === undefined ? [] : [{ to, from }];
  });
}
