/** What stands under what is ours: listeners by their load balancers, rules by their listeners. */

import type { Kind } from '../model/field.ts';
import type { Json } from '../model/json.ts';
import { fieldsOf, KINDS } from '../model/kinds.ts';
import { refsIn, valueAt } from '../model/paths.ts';
import type { Tags } from '../model/tags.ts';
import { ownershipOf } from './adopt.ts';
import { asWorld, type Draft, type Reader } from './draft.ts';
import { ownedIn, ownsAll } from './owned.ts';
import { keep, listBelow, listByIds, tagAll } from './reads.ts';
import { idOf, indexOf, type ObserveScope, parentOf, readKey } from './snapshot.ts';

/** Up to so many parents are asked for their children one by one: that is complete, and finding them by tags saves nothing yet. */
const FEW_PARENTS = 6;

/** Reads the children of everything in `parents` (ids of the uppermost kind), kind by kind, and the tags of all of them at once. */
export async function readChildren(
  draft: Draft,
  scopes: readonly ObserveScope[],
  reader: Reader,
  wants: (kind: Kind) => boolean,
): Promise<void> {
  const found: { kind: Kind; id: string }[] = [];
  const byTags: Kind[] = [];
  for (const kind of KINDS as readonly Kind[]) {
    if (kind.read.by !== 'child') continue;
    const theirs = new Set([...givenParents(kind, scopes), ...owningParents(draft, kind, scopes)]);
    const above = new Set([...parentsOf(draft, kind, scopes), ...theirs]);
    if (!wants(kind)) continue;
    // What one parent fewer than all of the last pass has under it is not there any more.
    for (const [id, object] of draft.lists.get(kind.name) ?? [])
      if (above.has(parentOf(kind, object))) draft.lists.get(kind.name)?.delete(id);
    const tagged = await taggedChildren(draft, kind, new Set([...above].filter((id) => !theirs.has(id))), scopes, reader);
    // Of a parent of somebody else everything must be known: its other children hold places that are not ours. Where all are ours, too.
    const listed = tagged === undefined ? above : theirs;
    const objects = [
      ...(await Promise.all([...listed].map(async (parent) => withParent(kind, parent, await listBelow(kind, parent, reader))))).flat(),
      ...(await listByIds(kind, tagged ?? [], reader)).flatMap((object) => withParent(kind, parentOf(kind, object), [object])),
    ];
    if (tagged !== undefined) {
      byTags.push(kind);
      draft.foundByTags.set(kind.name, new Set([...above].filter((id) => !theirs.has(id))));
    }
    keep(draft, kind, objects);
    found.push(...objects.map((object) => ({ kind, id: idOf(kind, object) })));
  }
  await tagAll(draft, found, reader);
  for (const kind of byTags) await lookAgain(draft, kind, scopes, reader);
}

/** Ids of what may have children of a kind: what is ours of its parent's kind, and where that stands under something itself, all of it. */
function parentsOf(draft: Draft, kind: Kind, scopes: readonly ObserveScope[]): ReadonlySet<string> {
  const world = asWorld(draft);
  const up = (KINDS as readonly Kind[]).find((entry) => entry.name === kind.read.parent);
  if (up === undefined) return new Set();
  if (up.read.by === 'child') {
    const index = indexOf(world);
    return new Set(
      [...parentsOf(draft, up, scopes)].flatMap((id) => (index.below.get(readKey(up.name, id)) ?? []).map((object) => idOf(up, object))),
    );
  }
  return new Set(
    scopes.flatMap((scope) =>
      ownedIn(scope, world, ownershipOf(scope, draft.mode === 'apply', 'any')).raws.flatMap((raw) =>
        raw.kind === up ? [idOf(up, raw.object)] : [],
      ),
    ),
  );
}

/** Parents that a spec points to, and that somebody else owns: a listener by its ARN. */
const givenParents = (kind: Kind, scopes: readonly ObserveScope[]): ReadonlySet<string> =>
  new Set(
    scopes.flatMap(({ existing }) =>
      existing.flatMap(({ address, outputs }) => (address.startsWith(`${kind.read.parent}/`) ? (outputs['id'] ?? []) : [])),
    ),
  );

/** Parents of ours under which nobody else may put anything. */
function owningParents(draft: Draft, kind: Kind, scopes: readonly ObserveScope[]): readonly string[] {
  if (draft.mode === 'destroy') return [];
  const world = asWorld(draft);
  return scopes
    .filter(({ desired }) => desired.some(({ values }) => values['ownsRules'] === true))
    .flatMap((scope) =>
      ownedIn(scope, world, ownershipOf(scope, true, 'any')).raws.flatMap((raw) =>
        raw.kind.name === kind.read.parent && ownsAll(raw.address, scope) ? [idOf(raw.kind, raw.object)] : [],
      ),
    );
}

/** Where the listed children say nothing of their parent, the parent is put beside what AWS told. */
const withParent = (kind: Kind, parent: string, objects: readonly Json[]): readonly Json[] =>
  objects.map((object): Json => ({ ...(object as { readonly [key: string]: Json }), [kind.read.parentParam ?? '']: parent }));

/** Ids of the children that tags name, where asking for them saves calls. */
async function taggedChildren(
  draft: Draft,
  kind: Kind,
  parents: ReadonlySet<string>,
  scopes: readonly ObserveScope[],
  reader: Reader,
): Promise<readonly string[] | undefined> {
  const { ids, tagType, parentInId } = kind.read;
  // What is destroyed takes with it whatever others have put on it: that is to be seen before.
  if (
    reader.thorough ||
    draft.mode === 'destroy' ||
    parents.size <= FEW_PARENTS ||
    ids === undefined ||
    tagType === undefined ||
    parentInId === undefined
  )
    return undefined;
  const found: ReadonlyMap<string, Tags> | undefined = await reader.find(
    [tagType],
    scopes.map(({ name }) => name),
  );
  const under = (id: string) => parents.has(id.slice(0, id.lastIndexOf('/')).replace(...parentInId));
  return found === undefined ? undefined : [...found.keys()].filter(under);
}

/**
 * Tags find what is there, and prove nothing of what is not. Where what was found is not exactly what the spec holds, in its order,
 * something is to be done, and then everything under that parent must be known, whoever made it.
 */
async function lookAgain(draft: Draft, kind: Kind, scopes: readonly ObserveScope[], reader: Reader): Promise<void> {
  const world = asWorld(draft);
  const doubtful = new Set<string>();
  for (const scope of scopes) {
    const { raws } = ownedIn(scope, world, ownershipOf(scope, draft.mode === 'apply', 'any'));
    const parents = raws.filter((raw) => raw.kind.name === kind.read.parent);
    for (const parent of parents) {
      const id = idOf(parent.kind, parent.object);
      const alone = parents.filter(({ address }) => address === parent.address).length === 1;
      const below = raws.filter((raw) => raw.kind === kind && parentOf(kind, raw.object) === id);
      if (!alone || !isAsWanted(kind, scope, parent.address, below)) doubtful.add(id);
    }
  }
  const objects = (
    await Promise.all([...doubtful].map(async (parent) => withParent(kind, parent, await listBelow(kind, parent, reader))))
  ).flat();
  const known = draft.lists.get(kind.name) ?? new Map<string, Json>();
  for (const [id, object] of known) if (doubtful.has(parentOf(kind, object))) known.delete(id);
  keep(draft, kind, objects);
  for (const id of doubtful) draft.foundByTags.get(kind.name)?.delete(id);
  await tagAll(
    draft,
    objects.map((object) => ({ kind, id: idOf(kind, object) })).filter(({ id }) => !draft.tags.has(id)),
    reader,
  );
}

function isAsWanted(
  kind: Kind,
  scope: ObserveScope,
  parent: string,
  below: readonly { readonly address: string; readonly object: Json }[],
): boolean {
  const rank = fieldsOf(kind).find(([, { wire }]) => wire.how === 'rank');
  const holds = (value: Json | undefined) => refsIn(value).some(({ address }) => address === parent);
  const tie =
    fieldsOf(kind).flatMap(([name, { wire }]) => ('param' in wire && wire.param === kind.read.parentParam ? [name] : []))[0] ?? '';
  const wanted = scope.desired.filter((entry) => entry.kind === kind.name && holds(entry.values[tie]));
  if (wanted.length !== below.length) return false;
  let last = Number.NEGATIVE_INFINITY;
  for (const entry of wanted) {
    const live = below.filter(({ address }) => address === entry.address);
    if (live.length !== 1) return false;
    if (rank === undefined || rank[1].wire.how !== 'rank') continue;
    const place = Number(valueAt(live[0]?.object, rank[1].wire.param));
    const said = entry.values[rank[0]];
    if (!(place > last) || (typeof said === 'number' && said !== place)) return false;
    last = place;
  }
  return true;
}
