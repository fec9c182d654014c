import { canonical } from '../model/codec.ts';
import type { Field, Member } from '../model/field.ts';
import type { Json } from '../model/json.ts';
import { fieldsOf, kindOf } from '../model/kinds.ts';
import type { Desired, Live, Observed } from '../model/model.ts';
import { mapRefs, refsIn, valueAt, valuesAt } from '../model/paths.ts';
import type { Call } from './reads.ts';

type Identify = NonNullable<Member['identify']>;

/**
 * Ids of members that have to go, where AWS gives each an id of its own (`Member.identify`): removed by that, nothing else can be meant.
 * One call for all resources of a kind, and only when something has to go that needs it; credentials that may not ask remove by what
 * the members are.
 */
export async function findRuleIds(
  live: readonly Live[],
  desired: readonly Desired[],
  existing: Observed['existing'],
  call: Call,
): Promise<readonly Live[]> {
  const leaving = live.flatMap((entry) =>
    fieldsOf(kindOf(entry.kind)).flatMap(([name, field]) => {
      const { wire } = field;
      if (wire.how !== 'member' || wire.member.identify === undefined) return [];
      const wanted = desired.find((other) => other.address === entry.address)?.values[name];
      return wanted !== undefined &&
        surplus(field, wire.member, entry.values[name], resolved(wanted, existing)).some(wire.member.identify.needed)
        ? [{ entry, name, field, identify: wire.member.identify }]
        : [];
    }),
  );
  const [first] = leaving;
  if (first === undefined) return live;
  const ids = [...new Set(leaving.map(({ entry }) => entry.id))];
  const found = await ask(first.identify, ids, call);
  const refer = referOf(live);
  return live.map((entry) => {
    const own = leaving
      .filter((one) => one.entry === entry)
      .map(({ name, field, identify }) => [name, handlesOf(entry, field, identify, found, refer, vpcOf(entry, live))] as const);
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
  const known = new Set((all as readonly Json[]).map(identity));
  return ((live ?? []) as readonly Json[]).filter((value) => !known.has(identity(value)));
}

async function ask(identify: Identify, ids: readonly string[], call: Call): Promise<readonly Json[]> {
  try {
    return valuesAt(await call(identify.op, { Filters: [{ Name: identify.filter, Values: ids }] }), `${identify.list}[]`);
  } catch (cause) {
    if (typeof cause === 'object' && cause !== null && 'class' in cause && cause.class === 'Denied') return [];
    throw cause;
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
      const [value] = (read ?? []) as readonly Json[];
      const id = valueAt(one, identify.id);
      return value === undefined || typeof id !== 'string' ? [] : [[canonical(value), id]];
    }),
  );
}
