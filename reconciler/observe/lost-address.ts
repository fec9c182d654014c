/** Objects that carry the tag of a stack and have lost the one that says which of its objects they are. */

import { canonical } from '../model/codec.ts';
import type { Field, Kind } from '../model/field.ts';
import type { Address, Json } from '../model/json.ts';
import { fieldsOf } from '../model/kinds.ts';
import { ADDRESS_TAG, STACK_TAG, type Tags } from '../model/tags.ts';
import { decode, outputsOf, type Raw } from './decode.ts';
import type { ObserveScope } from './snapshot.ts';

export const hasLostAddress = (kind: Kind, tags: Tags, { name }: ObserveScope): boolean =>
  tags[STACK_TAG] === name && tags[ADDRESS_TAG]?.startsWith(`${kind.name}/`) !== true;

/** What tells objects of a kind apart: what can never change, and what requests a rule matches. */
const tells = ({ wire, matchesRequests }: Field): boolean => wire.how === 'create' || wire.how === 'link' || matchesRequests === true;

/**
 * Those of `lost` that are what the spec wants and nothing else is (`own`): the one open address of their kind to which all fits that
 * tells such objects apart. A plan puts the tag back. `known`: what is ours already, for references.
 */
export function recovered(
  kind: Kind,
  lost: readonly { readonly object: Json; readonly tags: Tags }[],
  own: readonly Raw[],
  known: readonly Raw[],
  scope: ObserveScope,
): readonly Raw[] {
  const held = new Set(own.map(({ address }) => address));
  const open = scope.desired.filter((entry) => entry.kind === kind.name && !held.has(entry.address));
  if (open.length === 0) return [];
  const refs = new Map(
    known.flatMap((raw) => Object.entries(outputsOf(raw)).map(([name, id]): [string, Json] => [id, { $ref: `${raw.address}.${name}` }])),
  );
  return lost.flatMap(({ object, tags }): Raw[] => {
    const raw = (address: Address): Raw => ({ kind, object, tags, address });
    const fits = open.filter((entry) => {
      const { values } = decode(raw(entry.address), { refer: (id) => refs.get(id) ?? id });
      return fieldsOf(kind).every(([name, field]) => {
        const [after, before] = [entry.values[name], values[name]];
        if (!tells(field) || after === undefined || before === undefined) return true;
        return field.codec.equal?.(after, before) ?? canonical(after) === canonical(before);
      });
    });
    const [only, ...more] = fits;
    return only === undefined || more.length > 0 ? [] : [raw(only.address)];
  });
}
