import { CloudError } from '../errors.ts';
import { canonical } from '../model/codec.ts';
import type { Field, Member } from '../model/field.ts';
import { asList, type Json } from '../model/json.ts';
import { fieldsOf, kindOf } from '../model/kinds.ts';
import type { Desired, Live, Observed } from '../model/model.ts';
import { mapRefs, refsIn, valueAt, valuesAt } from '../model/paths.ts';
import { ownershipOf } from './adopt.ts';
import { asWorld, chunksOf, type Draft, type Reader } from './draft.ts';
import { settle } from './duplicates.ts';
import { givenTo } from './lookups.ts';
import { ownedIn } from './owned.ts';
import { lookUpKey, type ObserveScope, readKey, type World } from './snapshot.ts';

type Identify = NonNullable<Member['identify']>;

/** A filter takes 200 values (EC2 API reference). */
const MOST_VALUES = 200;

interface Leaving {
  readonly entry: Live;
  readonly name: string;
  readonly field: Field;
  readonly identify: Identify;
}

/** Sets from which something has to go that is told safely only by an id of its own (`Member.identify`). */
export function leavingFrom(live: readonly Live[], desired: readonly Desired[], existing: Observed['existing']): readonly Leaving[] {
  return live.flatMap((entry) =>
    fieldsOf(kindOf(entry.kind)).flatMap(([name, field]): Leaving[] => {
      const { wire } = field;
      if (wire.how !== 'member' || wire.member.identify === undefined) return [];
      const { member } = wire;
      const { identify } = wire.member;
      const wanted = desired.find((other) => other.address === entry.address)?.values[name];
      if (wanted === undefined) return [];
      const going = surplus(field, member, entry.values[name], resolved(wanted, existing));
      return going.some((value) => identify.needed(value)) ? [{ entry, name, field, identify }] : [];
    }),
  );
}

/**
 * Asks for the ids of members that have to go, where AWS gives each an id of its own: removed by that, nothing else can be meant. One
 * call for all resources, and only when something has to go that needs it; credentials that may not ask remove by what the members are.
 */
export async function readMemberIds(draft: Draft, scopes: readonly ObserveScope[], { call }: Reader): Promise<void> {
  draft.memberIds.clear();
  if (draft.mode === 'destroy') return;
  const world = asWorld(draft);
  const leaving: Leaving[] = [];
  for (const scope of scopes) {
    // What AWS would not show of what it points to is told where its slice is cut.
    if (scope.existing.some((entry) => draft.given.get(lookUpKey(entry)) instanceof CloudError)) continue;
    if (!scope.desired.some(({ kind }) => hasIds(kind))) continue;
    const { live } = settle(ownedIn(scope, world, ownershipOf(scope, true)).raws, scope.desired);
    leaving.push(...leavingFrom(live, scope.desired, givenTo(scope, world).existing));
  }
  for (const [key, found] of await idsFor(leaving, call)) draft.memberIds.set(key, found);
}

/** What shows the ids, by operation and id of the resource. */
export async function idsFor(leaving: readonly Leaving[], call: Reader['call']): Promise<World['memberIds']> {
  const asks = new Map(leaving.map(({ identify }) => [identify.op, identify]));
  const found = await Promise.all(
    [...asks.values()].flatMap((identify) => {
      const ids = new Set(leaving.filter((one) => one.identify.op === identify.op).map(({ entry }) => entry.id));
      return chunksOf([...ids], MOST_VALUES).map(async (some): Promise<readonly (readonly [string, readonly Json[]])[]> => {
        const shown = await ask(identify, some, call);
        return some.map((id) => [readKey(identify.op, id), shown]);
      });
    }),
  );
  return new Map(found.flat());
}

const hasIds = (kind: string): boolean =>
  fieldsOf(kindOf(kind)).some(([, { wire }]) => wire.how === 'member' && wire.member.identify !== undefined);

/** What is live, with the ids of members that have to go as their handles, as far as they were read. */
export function withMemberIds(
  live: readonly Live[],
  desired: readonly Desired[],
  existing: Observed['existing'],
  world: Pick<World, 'memberIds'>,
): readonly Live[] {
  if (world.memberIds.size === 0) return live;
  const leaving = leavingFrom(live, desired, existing);
  const refer = referOf(live);
  return live.map((entry) => {
    const own = leaving.flatMap((one): [string, Readonly<Record<string, string>>][] => {
      const found = world.memberIds.get(readKey(one.identify.op, entry.id));
      return one.entry !== entry || found === undefined
        ? []
        : [[one.name, handlesOf(entry, one.field, one.identify, found, refer, vpcOf(entry, live))]];
    });
    return own.length === 0 ? entry : { ...entry, handles: { ...entry.handles, ...Object.fromEntries(own) } };
  });
}

const resolved = (value: Json, existing: Observed['existing']): Json => mapRefs(value, (address, output) => existing[address]?.[output]);

/** Live members that are neither wanted nor to be amended. */
function surplus(field: Field, member: Member, live: Json | undefined, wanted: Json): readonly Json[] {
  const all = field.codec.settle?.(wanted, live ?? []) ?? wanted;
  const keys = member.amend?.keys ?? [];
  const identity = (value: Json): string =>
    canonical(Object.fromEntries(Object.entries(value as { readonly [key: string]: Json }).filter(([key]) => !keys.includes(key))));
  const known = new Set(asList(all).map(identity));
  return asList(live).filter((value) => !known.has(identity(value)));
}

/** None where the credentials may not ask. */
async function ask(identify: Identify, ids: readonly string[], call: Reader['call']): Promise<readonly Json[]> {
  try {
    return valuesAt(await call(identify.op, { Filters: [{ Name: identify.filter, Values: ids }] }), `${identify.list}[]`);
  } catch (thrown) {
    if (thrown instanceof CloudError && thrown.class === 'Denied') return [];
    throw thrown;
  }
}

/** The reference behind a physical id, as the members themselves were read. */
function referOf(live: readonly Live[]): (id: string) => Json {
  const known = new Map(live.map((entry): [string, Json] => [entry.id, { $ref: `${entry.address}.id` }]));
  return (id) => known.get(id) ?? id;
}

/** Of groups in other VPCs the answers name theirs; that of our own is told by the resource. */
function vpcOf(entry: Live, live: readonly Live[]): string | undefined {
  const vpc = entry.values['vpc'];
  return typeof vpc === 'string' ? vpc : live.find(({ address }) => address === refsIn(vpc)[0]?.address)?.id;
}

function handlesOf(
  entry: Live,
  field: Field,
  identify: Identify,
  found: readonly Json[],
  refer: (id: string) => Json,
  vpc: string | undefined,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    found.flatMap((one): [string, string][] => {
      if (!Object.entries(identify.where(entry.id)).every(([key, value]) => valueAt(one, key) === value)) return [];
      const owner = valueAt(one, 'GroupOwnerId');
      const object: Json = { ...(owner === undefined ? {} : { OwnerId: owner }), ...(vpc === undefined ? {} : { VpcId: vpc }) };
      const read = field.codec.read([identify.element(one)], { refer, object });
      const [value] = asList(read);
      const id = valueAt(one, identify.id);
      return value === undefined || typeof id !== 'string' ? [] : [[canonical(value), id]];
    }),
  );
}
