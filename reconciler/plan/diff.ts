import { canonical } from '../model/codec.ts';
import { type Field, type Kind, NOWHERE } from '../model/field.ts';
import type { Address, Json } from '../model/json.ts';
import { fieldsOf, kindOf, rankOf } from '../model/kinds.ts';
import type { Desired, Live } from '../model/model.ts';
import { refsIn } from '../model/paths.ts';
import { ADDRESS_TAG, KEYS_TAG, recallKeys, rememberKeys, STACK_TAG } from '../model/tags.ts';
import { conflict, findConflicts } from './conflicts.ts';
import type { Delta, FieldDelta } from './delta.ts';
import { impossibleInPlace, type ValuesAt } from './preconditions.ts';
import { referrers } from './referrers.ts';

export interface DiffInput {
  readonly stack: string;
  readonly desired: readonly Desired[];
  readonly live: readonly Live[];
  readonly duplicates: readonly Live[];
  /** Addresses to be made anew beside the old ones whatever differs (`handover.ts`). */
  readonly recreateSideBySide?: ReadonlySet<string>;
}

/**
 * What separates the desired from the live model, resource by resource and field by field.
 *
 * | desired | live | verdict |
 * | --- | --- | --- |
 * | yes | no | create |
 * | no | yes | destroy |
 * | yes | yes, a `create` or `link` field differs | replace: the new one beside the old one, then the old one goes |
 * | yes | yes, a `link` is missing | update: it is tied again |
 * | yes | yes, the new one cannot stand beside the old one | replace with `first`: the old one and all that holds it go first |
 * | yes | yes, and no order of calls allows the change in place | the same |
 * | yes | yes, other fields differ | update |
 *
 * A reference to something that is replaced counts as a difference, since the id behind it changes: that is how the
 * replacement of a VPC replaces what is in it, and that of a target group only repoints its listeners. What can serve only
 * one thing (`kind.serves`) is replaced with it, since old and new stand side by side for a while.
 */
export function diff(input: DiffInput): readonly Delta[] {
  const live = new Map(input.live.map((entry) => [entry.address as string, entry]));
  const wanted = new Map(input.desired.map((entry) => [entry.address as string, entry]));
  const replaced = new Map<string, { first: boolean }>([...(input.recreateSideBySide ?? [])].map((address) => [address, { first: false }]));
  const valuesAt: ValuesAt = (address, side) => (side === 'live' ? live : wanted).get(address)?.values;
  let drafts: Delta[] = [];
  // Replacements cause replacements; each round finds those that the last one caused.
  for (let rounds = 0; rounds <= input.desired.length; rounds++) {
    drafts = input.desired.map((desired) => compare(desired, live.get(desired.address), replaced, input.stack));
    const before = replaced.size + [...replaced.values()].filter((entry) => entry.first).length;
    for (const delta of drafts) if (delta.verb === 'replace' && !replaced.has(delta.address)) replaced.set(delta.address, { first: false });
    for (const address of findConflicts(drafts, input.live, replaced).first) replaced.set(address, { first: true });
    for (const address of impossibleInPlace(drafts, valuesAt)) replaced.set(address, { first: true });
    spreadFirst(drafts, replaced, live);
    for (const address of boundTo(drafts, [...input.live, ...input.duplicates], replaced)) replaced.set(address, { first: false });
    if (before === replaced.size + [...replaced.values()].filter((entry) => entry.first).length) break;
  }
  const { after } = findConflicts(drafts, input.live, replaced);
  const changed = drafts
    .map((delta) => ({ ...delta, first: replaced.get(delta.address)?.first ?? false, after: after.get(delta.address) ?? [] }))
    .filter((delta) => delta.verb !== 'update' || delta.fields.length > 0 || hasTags(delta));
  const inTheWay = (entry: Live): boolean => holdsFirst(entry, replaced);
  const gone = input.live
    .filter((entry) => !wanted.has(entry.address))
    .map((entry) => removal(entry, false, inTheWay(entry) || replaced.get(entry.address)?.first === true));
  const extra = input.duplicates.map((entry) => removal(entry, true, inTheWay(entry)));
  return [...changed, ...gone, ...extra].sort(
    (a, b) => rankOf(a.address) - rankOf(b.address) || compareText(a.address, b.address) || compareText(a.live?.id ?? '', b.live?.id ?? ''),
  );
}

const hasTags = (delta: Delta): boolean => Object.keys(delta.tags.set).length + delta.tags.remove.length > 0;
const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function removal(live: Live, duplicate: boolean, first: boolean): Delta {
  return {
    address: live.address,
    kind: kindOf(live.kind),
    verb: 'destroy',
    live,
    fields: [],
    tags: { set: {}, remove: [] },
    first,
    duplicate,
  };
}

function compare(desired: Desired, live: Live | undefined, replaced: ReadonlyMap<string, unknown>, stack: string): Delta {
  const kind = kindOf(desired.kind);
  const base = { address: desired.address, kind, desired, duplicate: false, first: false };
  if (live === undefined) {
    const fields = fieldsOf(kind).flatMap(([name, field]): FieldDelta[] =>
      desired.values[name] === undefined ? [] : [{ name, field, after: desired.values[name], impact: 'create' }],
    );
    return { ...base, verb: 'create', fields, tags: { set: wantedTags(desired, stack), remove: [] } };
  }
  const fields = [...fieldsOf(kind).flatMap(([name, field]) => compareField(name, field, desired, live, replaced))];
  const forced = replaced.has(desired.address);
  const because =
    forced && fields.every((entry) => entry.impact !== 'replace')
      ? [...replaced.keys()].find((address) => address.startsWith(`${kind.serves?.kind}/`))
      : undefined;
  const naming = fieldsOf(kind).find(([name]) => name === 'name')?.[1];
  // What it is replaced for is no field of its own; the name is, and the new one has another.
  if (because !== undefined && naming !== undefined)
    fields.push({
      name: 'name',
      field: naming,
      ...(live.values['name'] === undefined ? {} : { before: live.values['name'] }),
      impact: 'replace',
      because: because as Address,
    });
  const verb = forced || fields.some((entry) => entry.impact === 'replace') ? 'replace' : 'update';
  return { ...base, live, verb, fields, tags: compareTags(desired, live, stack) };
}

function compareField(name: string, field: Field, desired: Desired, live: Live, replaced: ReadonlyMap<string, unknown>): FieldDelta[] {
  const before = live.values[name];
  const wanted = desired.values[name];
  const after = wanted === undefined || before === undefined ? wanted : (field.codec.settle?.(wanted, before) ?? wanted);
  if (after === undefined || desired.ignored.some((left) => left === name || name.startsWith(`${left}.`))) return [];
  const { wire } = field;
  if (wire.how === 'policy') return [];
  const immutable = wire.how === 'create' || wire.how === 'link';
  const impact = immutable ? 'replace' : 'update';
  const renewed = refsIn(after).find((ref) => replaced.has(ref.address));
  if (renewed !== undefined) {
    return [{ name, field, ...(before === undefined ? {} : { before }), after, impact, because: renewed.address as Address }];
  }
  if (before === undefined) {
    if (live.unread?.includes(name)) return [];
    // What a tag remembered, and what AWS never shows, is unknown now; what AWS leaves out otherwise has its default or is not there.
    if ((wire.how === 'create' || wire.how === 'modify') && (wire.tag !== undefined || wire.read === NOWHERE)) return [];
    if (canonical(after) === canonical(plainDefault(field, desired.values))) return [];
    return [{ name, field, after, impact: wire.how === 'link' ? 'update' : impact }];
  }
  const equal = field.codec.equal?.(after, before) ?? canonical(after) === canonical(before);
  return equal ? [] : [{ name, field, before, after, impact }];
}

export function plainDefault(field: Field, values: Readonly<Record<string, Json>> = {}): Json | undefined {
  if (field.awsDefault !== undefined) return field.awsDefault;
  const other = field.defaultWhen?.find(({ when }) =>
    Object.entries(when).every(([name, wanted]) => wanted.some((value) => canonical(value) === canonical(values[name]))),
  );
  if (other !== undefined) return field.codec.parse(other.value);
  return typeof field.default === 'symbol' ? undefined : field.codec.parse(field.default);
}

/** Marks what must go before its successor is made, and everything that holds it. */
function spreadFirst(drafts: readonly Delta[], replaced: Map<string, { first: boolean }>, live: ReadonlyMap<string, Live>): void {
  for (const delta of drafts) {
    const entry = replaced.get(delta.address);
    if (entry !== undefined && !entry.first && collides(delta, replaced)) entry.first = true;
  }
  const drafted = new Set<string>(drafts.map((delta) => delta.address));
  let grew = true;
  while (grew) {
    grew = false;
    for (const [address, held] of live) {
      if (replaced.get(address)?.first) continue;
      if (!holdsFirst(held, replaced) || !drafted.has(address)) continue;
      replaced.set(address, { first: true });
      grew = true;
    }
  }
}

/** Whether a live object keeps something from going that must go first. */
function holdsFirst(live: Live, replaced: ReadonlyMap<string, { readonly first: boolean }>): boolean {
  return fieldsOf(kindOf(live.kind)).some(
    ([name, field]) => field.wire.how !== 'member' && refsIn(live.values[name]).some((ref) => replaced.get(ref.address)?.first),
  );
}

/**
 * What cannot serve a replacement beside the old one: the target groups behind the listeners of a new load balancer, and
 * those that listeners of an old one, left by an interrupted run, still hold.
 */
function boundTo(
  drafts: readonly Delta[],
  standing: readonly Live[],
  replaced: ReadonlyMap<string, { readonly first: boolean }>,
): readonly string[] {
  // A listener that somebody else owns is named by its ARN: it stays, on a load balancer that is not replaced here.
  const named = (values: Readonly<Record<string, Json>> | undefined): readonly string[] =>
    Object.values(values ?? {}).filter((value): value is string => typeof value === 'string' && /:listener\/app\//.test(value));
  const given = new Set(drafts.flatMap(({ desired }) => named(desired?.values)));
  /** What a user leads to, itself or by way of other users: a rule by its listener. */
  const reaches = (
    values: Readonly<Record<string, Json>> | undefined,
    { kind, through }: NonNullable<Kind['serves']>,
    of: (address: string) => Readonly<Record<string, Json>> | undefined,
  ): readonly string[] => [
    ...named(values).filter((id) => given.has(id)),
    ...refsIn(Object.values(values ?? {})).flatMap((ref) => {
      const other = ref.address.split('/')[0] ?? '';
      return other === kind ? [ref.address] : through.includes(other) ? reaches(of(ref.address), { kind, through }, of) : [];
    }),
  ];
  const drafted = new Map(drafts.map((delta) => [delta.address as string, delta]));
  const stands = new Map<string, Live>();
  for (const entry of standing) if (!stands.has(entry.address)) stands.set(entry.address, entry);
  const wanted = (address: string) => drafted.get(address)?.desired?.values;
  const live = (address: string) => stands.get(address)?.values;
  const usersOf = referrers(drafts, (delta) => delta.desired?.values);
  const holdersOf = referrers(standing, (entry) => entry.values);
  return drafts.flatMap((delta) => {
    const { serves } = delta.kind;
    if (serves === undefined || delta.live === undefined || replaced.has(delta.address)) return [];
    const users = usersOf(delta.address).filter((other) => serves.through.includes(other.kind.name));
    const moving = users.some((other) =>
      reaches(other.desired?.values, serves, wanted).some((address) => replaced.get(address)?.first === false),
    );
    const held =
      users.length > 0 &&
      holdersOf(delta.address).some((other) => serves.through.includes(other.kind) && reaches(other.values, serves, live).length === 0);
    return moving || held ? [delta.address] : [];
  });
}

const collides = (delta: Delta, replaced: ReadonlyMap<string, unknown>): boolean =>
  delta.kind.exclusive !== undefined && conflict(delta, delta.desired?.values ?? {}, delta.live?.values ?? {}, replaced);

/** All tags an object of ours has: the owner's two, a name for the EC2 console, what fields remember, and the user's. */
export function wantedTags(desired: Desired, stack: string): Readonly<Record<string, string>> {
  const kind = kindOf(desired.kind);
  const remembered = fieldsOf(kind).flatMap(([name, field]): [string, string][] => {
    const value = desired.values[name];
    return (field.wire.how === 'create' || field.wire.how === 'modify') && field.wire.tag !== undefined && value !== undefined
      ? [[field.wire.tag, typeof value === 'string' ? value : canonical(value)]]
      : [];
  });
  const memories = fieldsOf(kind).flatMap(([name, field]): [string, string][] =>
    desired.values[name] === undefined ? [] : Object.entries(field.codec.tagsToRemember?.(desired.values[name]) ?? {}),
  );
  const own = Object.keys(desired.tags).sort();
  return {
    ...(kind.service === 'ec2' ? { Name: `${stack}-${desired.address.slice(desired.address.indexOf('/') + 1)}` } : {}),
    ...desired.tags,
    ...Object.fromEntries([...remembered, ...memories]),
    ...(own.length === 0 ? {} : { [KEYS_TAG]: rememberKeys(own) }),
    [STACK_TAG]: stack,
    [ADDRESS_TAG]: desired.address,
  };
}

/** Tags that remember a field which changes: the field is what people read of. */
export function rememberedBy({ fields }: Delta): ReadonlySet<string> {
  return new Set(
    fields.flatMap(({ field, after }) => {
      const own = (field.wire.how === 'create' || field.wire.how === 'modify') && field.wire.tag !== undefined ? [field.wire.tag] : [];
      return [...own, ...(after === undefined ? [] : Object.keys(field.codec.tagsToRemember?.(after) ?? {}))];
    }),
  );
}

function compareTags(desired: Desired, live: Live, stack: string): Delta['tags'] {
  const wanted = wantedTags(desired, stack);
  // A memory tag that is gone is not written anew: nobody knows any more whether it would be true.
  const memory = new Set(
    fieldsOf(kindOf(desired.kind)).flatMap(([, field]) =>
      (field.wire.how === 'create' || field.wire.how === 'modify') && field.wire.tag !== undefined ? [field.wire.tag] : [],
    ),
  );
  const left = new Set(desired.ignored.flatMap((name) => (name.startsWith('tags.') ? [name.slice(5)] : [])));
  const set = Object.fromEntries(
    Object.entries(wanted).filter(
      ([key, value]) => live.tags[key] !== value && !left.has(key) && !(memory.has(key) && live.tags[key] === undefined),
    ),
  );
  const ours = recallKeys(live.tags[KEYS_TAG] ?? '');
  const remove = [...ours, ...(live.tags[KEYS_TAG] === undefined ? [] : [KEYS_TAG])].filter(
    (key) => wanted[key] === undefined && live.tags[key] !== undefined,
  );
  return { set, remove };
}
