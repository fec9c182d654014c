import { canonical } from '../model/codec.ts';
import type { Member } from '../model/field.ts';
import type { Json, Note } from '../model/json.ts';
import { fieldsOf, kindOf } from '../model/kinds.ts';
import type { Desired, Live } from '../model/model.ts';
import { outputAt, refsIn, valueAt, valuesAt } from '../model/paths.ts';
import { ownershipOf } from './adopt.ts';
import { asWorld, chunksOf, type Draft, type Reader } from './draft.ts';
import { settle } from './duplicates.ts';
import { ownedIn } from './owned.ts';
import { type ObserveScope, readKey, type World } from './snapshot.ts';

type Elsewhere = NonNullable<Member['elsewhere']>;

interface Missing {
  readonly entry: Live;
  readonly name: string;
  readonly member: Member;
  readonly elsewhere: Elsewhere;
  readonly named: readonly { readonly value: Json; readonly address: string; readonly id: string }[];
}

/** Wanted members that are not where they should be, and whose ids are known (`Member.elsewhere`). */
function missingFrom(live: readonly Live[], desired: readonly Desired[]): readonly Missing[] {
  return live.flatMap((entry) =>
    fieldsOf(kindOf(entry.kind)).flatMap(([name, { wire }]): Missing[] => {
      if (wire.how !== 'member' || wire.member.elsewhere === undefined) return [];
      const wanted = desired.find((other) => other.address === entry.address)?.values[name];
      const has = new Set(membersIn(entry.values[name]).map(canonical));
      const named = membersIn(wanted).flatMap((value) => {
        const address = has.has(canonical(value)) ? undefined : refsIn(value)[0]?.address;
        const id = live.find((other) => other.address === address)?.id;
        return id === undefined || address === undefined ? [] : [{ value, address, id }];
      });
      return named.length === 0 ? [] : [{ entry, name, member: wire.member, elsewhere: wire.member.elsewhere, named }];
    }),
  );
}

/** A filter takes 200 values (EC2 API reference). */
const MOST_VALUES = 200;

/** Asks who has what is missing from ours. AWS is asked only when something is. */
export async function readElsewhere(draft: Draft, scopes: readonly ObserveScope[], { call }: Reader): Promise<void> {
  draft.elsewhere.clear();
  if (draft.mode === 'destroy') return;
  const world = asWorld(draft);
  const asked = new Map<string, { readonly elsewhere: Elsewhere; readonly ids: Set<string> }>();
  for (const scope of scopes) {
    if (!scope.desired.some(({ kind }) => canBeElsewhere(kind))) continue;
    const { live } = settle(ownedIn(scope, world, ownershipOf(scope, true)).raws, scope.desired);
    for (const { elsewhere, named } of missingFrom(live, scope.desired)) {
      const entry = asked.get(elsewhere.op) ?? { elsewhere, ids: new Set<string>() };
      for (const { id } of named) entry.ids.add(id);
      asked.set(elsewhere.op, entry);
    }
  }
  await Promise.all(
    [...asked.values()].flatMap(({ elsewhere, ids }) =>
      chunksOf([...ids], MOST_VALUES).map(async (Values) => {
        const answer = await call(elsewhere.op, { Filters: [{ Name: elsewhere.filter, Values }] });
        for (const id of Values) draft.elsewhere.set(readKey(elsewhere.op, id), valuesAt(answer, `${elsewhere.list}[]`));
      }),
    ),
  );
}

const canBeElsewhere = (kind: string): boolean =>
  fieldsOf(kindOf(kind)).some(([, { wire }]) => wire.how === 'member' && wire.member.elsewhere !== undefined);

/**
 * Wanted members that something of somebody else has: what they are moved back by is added to the handles, and a note says where they
 * are.
 */
export function heldElsewhere(
  live: readonly Live[],
  desired: readonly Desired[],
  world: Pick<World, 'elsewhere'>,
): { readonly live: readonly Live[]; readonly notes: readonly Note[] } {
  const found = missingFrom(live, desired).map((missing) => heldBy(missing, world));
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

function heldBy({ entry, name, member, elsewhere, named }: Missing, world: Pick<World, 'elsewhere'>): Found {
  const kind = kindOf(entry.kind);
  const holders = new Set(named.flatMap(({ id }) => world.elsewhere.get(readKey(elsewhere.op, id)) ?? []));
  const ties = [...holders].flatMap((holder) =>
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
      text: `${kindOf(address).label} ${address.slice(address.indexOf('/') + 1)} is on the ${kind.label} ${holder}, which does not belong to this stack: it is moved back`,
    })),
  };
}

const withHandles = (entry: Live, { name, handles }: Found): Live => ({
  ...entry,
  handles: { ...entry.handles, [name]: { ...entry.handles[name], ...handles } },
});

const membersIn = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);
