import { canonical } from '../model/codec.ts';
import type { Field } from '../model/field.ts';
import type { Json } from '../model/json.ts';
import { fieldsOf, kindOf, rankOf } from '../model/kinds.ts';
import type { Desired, Live } from '../model/model.ts';
import { decode, outputsOf, type Raw } from './decode.ts';

type Chosen = ReadonlyMap<string, Raw>;

/**
 * Of several objects under one address (an interrupted replacement, two runs at once), the one nearest to what is wanted is it; of
 * equally near ones, the one that serves: what others refer to, and of these the one that is referred to from nearest to clients, since
 * a network that holds the load balancer is worth more than one that holds some subnets. Then the one of which less has to be changed:
 * what a run made that was cut off is as wanted, and what it was to follow is not. AWS lists things in any order, so what is
 * still equal is told apart by its id. The rest are duplicates. Kinds are settled in their order, so that something tied to a duplicate
 * counts as far from what is wanted.
 */
export function settle(
  raws: readonly Raw[],
  desired: readonly Desired[],
): { readonly live: readonly Live[]; readonly duplicates: readonly Live[] } {
  const inOrder = [...raws].sort((a, b) => rankOf(a.address) - rankOf(b.address));
  const rough = choose(inOrder, desired, []);
  const chosen = choose(inOrder, desired, [...rough.values()]);
  const current = new Set(chosen.values());
  const known = idsOf(chosen);
  const all = raws.map((raw) => ({ raw, live: decode(raw, { refer: (id) => known.get(id) ?? id }) }));
  return {
    live: all.filter(({ raw }) => current.has(raw)).map(({ live }) => live),
    duplicates: all.filter(({ raw }) => !current.has(raw)).map(({ live }) => live),
  };
}

/** `users`: the objects of an earlier choice, in which the ids of what they use stand. */
function choose(raws: readonly Raw[], desired: readonly Desired[], users: readonly Raw[]): Chosen {
  const chosen = new Map<string, Raw>();
  const known = new Map<string, Json>();
  const words = users.map((raw) => ({ raw, text: canonical(raw.object) }));
  for (const address of new Set(raws.map((raw) => raw.address))) {
    const wanted = desired.find((entry) => entry.address === address);
    const graded = raws
      .filter((raw) => raw.address === address)
      .map((raw) => {
        const live = decode(raw, { refer: (id) => known.get(id) ?? id });
        return {
          raw,
          distance: wanted === undefined ? 0 : distance(live, wanted, isFixed),
          apart: wanted === undefined ? 0 : distance(live, wanted, (field) => !isFixed(field)),
          id: live.id,
          serves: words.reduce(
            (most, user) =>
              user.raw.address !== address && user.text.includes(JSON.stringify(live.id)) ? Math.max(most, rankOf(user.raw.address)) : most,
            -1,
          ),
        };
      });
    const [best] = graded.sort((a, b) => a.distance - b.distance || b.serves - a.serves || a.apart - b.apart || (a.id < b.id ? -1 : 1));
    if (best === undefined) continue;
    chosen.set(address, best.raw);
    for (const [id, ref] of idsOf(new Map([[address, best.raw]]))) known.set(id, ref);
  }
  return chosen;
}

/** Can never change. */
const isFixed = ({ wire }: Field): boolean => wire.how === 'create' || wire.how === 'link';

/** How many of these fields differ. */
function distance(live: Live, wanted: Desired, counts: (field: Field) => boolean): number {
  return fieldsOf(kindOf(live.kind)).filter(([name, field]) => {
    const [after, before] = [wanted.values[name], live.values[name]];
    if (!counts(field) || after === undefined) return false;
    return before === undefined || !(field.codec.equal?.(after, before) ?? canonical(after) === canonical(before));
  }).length;
}

/** Physical id -> reference, in the words that `reference()` rows use: `arn` where the API speaks of ARNs, `id` else. */
function idsOf(chosen: Chosen): ReadonlyMap<string, Json> {
  return new Map(
    [...chosen].flatMap(([address, raw]) => {
      const outputs = outputsOf(raw);
      return ['id', 'arn'].flatMap((name): [string, Json][] =>
        outputs[name] === undefined ? [] : [[outputs[name], { $ref: `${address}.${name}` }]],
      );
    }),
  );
}
