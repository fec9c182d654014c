import type { Problem } from '../errors.ts';
import type { Kind } from '../model/field.ts';
import type { Address, Json, Note } from '../model/json.ts';
import { kindOf, rankOf } from '../model/kinds.ts';
import type { Adopted, Observed } from '../model/model.ts';
import { outputAt } from '../model/paths.ts';
import { ADDRESS_TAG, STACK_TAG, type Tags } from '../model/tags.ts';
import { outputsOf, type Raw } from './decode.ts';
import type { ObserveScope } from './snapshot.ts';

/** Whose an object is: by its tags, and where it has none of ours, by the spec's own word. */
export interface Ownership {
  /** The object as ours, or nothing. */
  own(kind: Kind, object: Json, tags: Tags): readonly Raw[];
  /** Whether the spec names the object, so that its tags must be read wherever it stands. */
  names(kind: Kind, object: Json): boolean;
  /** Ids that the spec names. */
  readonly named: readonly string[];
  /** What the spec names and another stack has, of all that was asked about so far. */
  readonly claimed: Observed['claimed'];
}

/**
 * `adopt: false` while destroying: what carries no tags of ours does not go. `from`: stacks from which may be taken what is
 * tagged as theirs.
 */
export function ownershipOf(stack: ObserveScope, adopt: boolean, from: readonly string[] | 'any' = []): Ownership {
  const named = new Map((adopt ? stack.adopt : []).map((entry) => [entry.id, entry.address]));
  const claimed: Observed['claimed'][number][] = [];
  const idOf = (kind: Kind, object: Json) => outputAt(object, kind.outputs['id'] ?? '') ?? '';
  return {
    claimed,
    named: [...named.keys()],
    names: (kind, object) => named.has(idOf(kind, object)),
    own: (kind, object, tags) => {
      const [owner, tagged] = [tags[STACK_TAG], tags[ADDRESS_TAG]];
      if (owner === stack.name) return tagged?.startsWith(`${kind.name}/`) ? [{ kind, object, tags, address: tagged as Address }] : [];
      const address = named.get(idOf(kind, object));
      if (address === undefined || !address.startsWith(`${kind.name}/`)) return [];
      if (owner !== undefined && from !== 'any' && !from.includes(owner)) {
        claimed.push({ address, id: idOf(kind, object), owner });
        return [];
      }
      return [{ kind, object, tags, address }];
    },
  };
}

/** An address that an object of ours has already is not given to a second one, which would count as left over and be removed. */
export function preferSpecAddress(raws: readonly Raw[], stack: ObserveScope): readonly Raw[] {
  const isTagged = (raw: Raw): boolean => raw.tags[STACK_TAG] === stack.name;
  const held = new Set(raws.filter(isTagged).map((raw) => raw.address));
  return raws.filter((raw) => raw.kind.adoptable === undefined || isTagged(raw) || !held.has(raw.address));
}

/** What came of each line of `adopt`, for the kinds that were read: lines that say nothing any more are noted, objects that are not there told. */
export function judgeAdoption(
  lines: readonly Adopted[],
  raws: readonly Raw[],
  claimed: Observed['claimed'],
): { readonly notes: readonly Note[]; readonly absent: readonly Adopted[] } {
  const notes: Note[] = [];
  const absent: Adopted[] = [];
  // What stands on something that cannot be read is not missed: the one above is told.
  const unread = new Set(claimed.map((entry) => kindOf(entry.address).name));
  for (const line of [...lines].sort((a, b) => rankOf(a.address) - rankOf(b.address))) {
    const kind = kindOf(line.address);
    const stale = (text: string) => notes.push({ kind: 'warning', address: line.address, text, position: line.position });
    const found = raws.find((raw) => outputsOf(raw)['id'] === line.id);
    const holder = raws.find((raw) => raw.address === line.address);
    if (kind.read.parent !== undefined && unread.has(kind.read.parent)) unread.add(kind.name);
    if (found !== undefined) {
      if (found.address !== line.address)
        stale(`adopt lists ${line.id}, which already belongs to this stack, as ${found.address}: the line has no effect`);
    } else if (claimed.some((entry) => entry.id === line.id)) continue;
    else if (holder !== undefined)
      stale(`adopt lists ${line.id}, but ${outputsOf(holder)['id']} is already ${line.address}: the line has no effect, remove it`);
    else if (!unread.has(kind.name)) {
      absent.push(line);
      unread.add(kind.name);
    }
  }
  return { notes, absent };
}

/** Objects to adopt that are not there, as mistakes of the spec: making them anew is not what it says. */
export function checkAdopted(stack: ObserveScope, observed: Observed): readonly Problem[] {
  return observed.absent.map(({ address, id, position }): Problem => {
    const { label, read } = kindOf(address);
    const where = read.parent === undefined ? `in ${stack.region}` : `on the ${kindOf(read.parent).label} of this stack`;
    return {
      ...position,
      path: `adopt.${address}`,
      message: `There is no ${label} \`${id}\` ${where}.`,
      hint: `Correct the ARN, or remove the line: then a new ${address} is created.`,
      severity: 'error',
    };
  });
}
