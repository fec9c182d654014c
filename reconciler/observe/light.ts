/**
 * A light pass: what is missing, extra or tagged otherwise, of many stacks in few calls. Nothing that takes one resource a call is read,
 * so no value is compared. The tagging API finds; what it finds is described, since it names what is gone, too.
 */

import type { Kind } from '../model/field.ts';
import type { Address, Json } from '../model/json.ts';
import { KINDS, kindOf } from '../model/kinds.ts';
import { ADDRESS_TAG, STACK_TAG, type Tags } from '../model/tags.ts';
import type { Cloud } from '../run/port.ts';
import { asWorld, type Draft, emptyDraft } from './draft.ts';
import { keep, listByIds, listRoot } from './reads.ts';
import { idOf, type ObserveScope, tagsIn } from './snapshot.ts';
import { readerFor, type WorldOptions } from './world.ts';

export interface Glance {
  readonly stack: string;
  readonly region: string;
  /** Addresses of the spec of which nothing of ours was found: the full pass says whether they are gone. */
  readonly missing: readonly Address[];
  /** What is ours and the spec does not hold, or holds once and is there twice. */
  readonly extra: readonly { readonly address: string; readonly id: string }[];
  /** What is ours and has other tags than the spec says. */
  readonly retagged: readonly { readonly address: string; readonly id: string; readonly tags: readonly string[] }[];
  /** Kinds that this pass could not look at. They are read by a full pass. */
  readonly unseen: readonly string[];
}

/** Looks over all scopes, which are of one account and region. */
export async function observeLight(scopes: readonly ObserveScope[], cloud: Cloud, options: WorldOptions = {}): Promise<readonly Glance[]> {
  const draft = emptyDraft(scopes[0]?.region ?? '', 'apply');
  const reader = readerFor(cloud, { background: true, ...options });
  const all = KINDS as readonly Kind[];
  const found = all.filter(({ read }) => read.tagType !== undefined);
  const listed = all.filter(({ read }) => read.by === 'tagged' || (read.by === 'listed' && read.tagType !== undefined));
  const [tags] = await Promise.all([
    reader.find(
      found.flatMap(({ read }) => read.tagType ?? []),
      scopes.map(({ name }) => name),
    ),
    ...listed.map((kind) => listRoot(draft, kind, scopes, reader)),
  ]);
  // What tags are not found by is not seen: neither children nor the owners of what is listed.
  const unseen = new Set(all.filter((kind) => !listed.includes(kind) && !found.includes(kind)).map(({ name }) => name));
  if (tags === undefined) for (const { name } of found) unseen.add(name);
  else {
    for (const [id, own] of tags) draft.tags.set(id, own);
    await describeChildren(draft, found, tags, reader);
  }
  const world = asWorld(draft);
  const owned = new Map<string, { readonly kind: Kind; readonly object: Json; readonly tags: Tags }[]>();
  for (const kind of all)
    for (const object of world.lists.get(kind.name)?.values() ?? []) {
      const own = tagsIn(world, kind, object);
      const owner = own[STACK_TAG];
      if (owner === undefined) continue;
      const list = owned.get(owner) ?? [];
      list.push({ kind, object, tags: own });
      owned.set(owner, list);
    }
  return scopes.map((scope) => glance(scope, owned.get(scope.name) ?? [], unseen));
}

/**
 * Children, the lowest first: a rule that is there proves its listener. Only listeners without one are asked for.
 */
async function describeChildren(
  draft: Draft,
  kinds: readonly Kind[],
  tags: ReadonlyMap<string, Tags>,
  reader: Parameters<typeof listByIds>[2],
): Promise<void> {
  const proven = new Set<string>();
  for (const kind of kinds.filter(({ read }) => read.by === 'child').toReversed()) {
    const ids = [...tags.keys()].filter((id) => isOf(kind, id));
    const objects = await listByIds(
      kind,
      ids.filter((id) => !proven.has(id)),
      reader,
    );
    keep(draft, kind, objects);
    for (const id of ids) if (proven.has(id)) draft.lists.get(kind.name)?.set(id, { [kind.outputs['id'] ?? '']: id });
    const { parentInId } = kind.read;
    if (parentInId === undefined) continue;
    for (const id of draft.lists.get(kind.name)?.keys() ?? []) proven.add(id.slice(0, id.lastIndexOf('/')).replace(...parentInId));
  }
}

const isOf = ({ read: { tagType = '' } }: Kind, arn: string): boolean => arn.includes(`:${tagType.slice(tagType.indexOf(':') + 1)}/`);

function glance(
  scope: ObserveScope,
  objects: readonly { readonly kind: Kind; readonly object: Json; readonly tags: Tags }[],
  unseen: ReadonlySet<string>,
): Glance {
  const wanted = new Map(scope.desired.map((entry) => [entry.address as string, entry]));
  const seen = new Set<string>();
  const extra: Glance['extra'][number][] = [];
  const retagged: Glance['retagged'][number][] = [];
  for (const { kind, object, tags } of objects) {
    const address = tags[ADDRESS_TAG] ?? '';
    const id = idOf(kind, object);
    const entry = wanted.get(address);
    if (entry === undefined || seen.has(address)) {
      extra.push({ address, id });
      continue;
    }
    seen.add(address);
    const differ = Object.entries(entry.tags).flatMap(([key, value]) =>
      tags[key] === value || entry.ignored.includes(`tags.${key}`) || entry.ignored.includes('tags') ? [] : [key],
    );
    if (differ.length > 0) retagged.push({ address, id, tags: differ });
  }
  const adopted = new Set(scope.adopt.map(({ address }) => address as string));
  const missing = scope.desired.flatMap(({ address, kind }) =>
    seen.has(address) || unseen.has(kindOf(kind).name) || adopted.has(address) ? [] : [address],
  );
  return { stack: scope.name, region: scope.region, missing, extra, retagged, unseen: [...unseen] };
}
