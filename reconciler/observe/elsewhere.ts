import { canonical } from '../model/codec.ts';
import type { Member } from '../model/field.ts';
import type { Json, Note } from '../model/json.ts';
import { fieldsOf, kindOf } from '../model/kinds.ts';
import type { Desired, Live } from '../model/model.ts';
import { outputAt, refsIn, valueAt, valuesAt } from '../model/paths.ts';
import type { Call } from './reads.ts';

/**
 * Wanted members that are missing from what is ours because something of somebody else has them (`Member.elsewhere`): what they are
 * moved back by is added to the handles, and a note says where they are. Asks AWS only when one is missing.
 */
export async function findElsewhere(
  live: readonly Live[],
  desired: readonly Desired[],
  call: Call,
): Promise<{ readonly live: readonly Live[]; readonly notes: readonly Note[] }> {
  const found = await Promise.all(
    live.flatMap((entry) =>
      fieldsOf(kindOf(entry.kind)).flatMap(([name, { wire }]) => {
        if (wire.how !== 'member' || wire.member.elsewhere === undefined) return [];
        const wanted = desired.find((other) => other.address === entry.address)?.values[name];
        const has = new Set(membersIn(entry.values[name]).map(canonical));
        const missing = membersIn(wanted).filter((value) => !has.has(canonical(value)));
        return missing.length > 0 ? [lookFor(entry, name, wire.member, wire.member.elsewhere, missing, live, call)] : [];
      }),
    ),
  );
  return {
    live: live.map((entry) => found.filter((one) => one.entry === entry).reduce(withHandles, entry)),
    notes: found.flatMap(({ notes }) => notes),
  };
}

interface Found {
  readonly entry: Live;
  readonly name: string;
  readonly handles: Readonly<Record<string, string>>;
  readonly notes: readonly Note[];
}

async function lookFor(
  entry: Live,
  name: string,
  member: Member,
  elsewhere: NonNullable<Member['elsewhere']>,
  missing: readonly Json[],
  live: readonly Live[],
  call: Call,
): Promise<Found> {
  const kind = kindOf(entry.kind);
  const named = missing.flatMap((value) => {
    const address = refsIn(value)[0]?.address;
    const id = live.find((other) => other.address === address)?.id;
    return id === undefined || address === undefined ? [] : [{ value, address, id }];
  });
  if (named.length === 0) return { entry, name, handles: {}, notes: [] };
  const filter = { Name: elsewhere.filter, Values: named.map(({ id }) => id) };
  const holders = valuesAt(await call(elsewhere.op, { Filters: [filter] }), `${elsewhere.list}[]`);
  const ties = holders.flatMap((holder) =>
    valuesAt(holder, member.read).map((tie) => ({ tie, holder: outputAt(holder, kind.outputs['id'] ?? '') ?? '' })),
  );
  const held = named.flatMap(({ value, address, id }) => {
    const tied = ties.find(({ tie }) => Object.values(tie as { readonly [key: string]: Json }).includes(id));
    const handle = valueAt(tied?.tie, member.handle ?? '');
    return tied === undefined || typeof handle !== 'string' ? [] : [{ value, address, handle, holder: tied.holder }];
  });
  return {
    entry,
    name,
    handles: Object.fromEntries(held.map(({ value, handle }) => [canonical(value), handle])),
    notes: held.map(({ address, holder }) => ({
      kind: 'foreign',
      text: `${kindOf(address).label} ${address.slice(address.indexOf('/') + 1)} is on the ${kind.label} ${holder}, which is not of this stack, and is taken back from it`,
    })),
  };
}

const withHandles = (entry: Live, { name, handles }: Found): Live => ({
  ...entry,
  handles: { ...entry.handles, [name]: { ...entry.handles[name], ...handles } },
});

const membersIn = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);
