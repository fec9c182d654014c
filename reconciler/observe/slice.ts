/** One stack out of a world. Pure: a stack looked at alone and among five hundred is seen the same. */

import type { Kind } from '../model/field.ts';
import type { Json, Note } from '../model/json.ts';
import { fieldsOf, KINDS } from '../model/kinds.ts';
import type { Observed } from '../model/model.ts';
import { outputAt, valueAt } from '../model/paths.ts';
import { STACK_TAG, tagsOf } from '../model/tags.ts';
import { judgeAdoption, ownershipOf } from './adopt.ts';
import { outputsOf, type Raw } from './decode.ts';
import { takeApart } from './decoders.ts';
import { settle } from './duplicates.ts';
import { heldElsewhere } from './elsewhere.ts';
import { endpointNotes } from './endpoint-routes.ts';
import { givenTo } from './lookups.ts';
import { nameStarts, ownedIn, readsFor, saidOf } from './owned.ts';
import { withMemberIds } from './rule-ids.ts';
import { type ObserveScope, readKey, type World } from './snapshot.ts';
import { strangersOf } from './strangers.ts';

export interface SliceOptions {
  /** Stacks from which the spec may adopt what is tagged as theirs. */
  readonly adoptFrom?: readonly string[];
  /** Milliseconds since the epoch, by which certificates are due for renewal; absent: none is. */
  readonly now?: number;
}

/** What is live of one stack: what the planner compares, and the objects as AWS showed them. */
export interface LiveRead {
  readonly observed: Observed;
  readonly raws: readonly Raw[];
  /** What it was cut from. */
  readonly world: World;
}

/** Throws `CloudError` where AWS refused a look-up of what the spec points to: its mistake, or of what it may not see. */
export function liveRead(scope: ObserveScope, world: World, options: SliceOptions = {}): LiveRead {
  const ownership = ownershipOf(scope, world.mode === 'apply', options.adoptFrom);
  const { existing, unknown } = givenTo(scope, world);
  const bare = ownedIn(scope, world, ownership);
  const raws = bare.raws.map((raw) => detailed(raw, scope, world, options.now));
  const { live, duplicates } = settle(raws, scope.desired);
  const elsewhere =
    world.mode === 'apply' ? heldElsewhere(withMemberIds(live, scope.desired, existing, world), scope.desired, world) : { live, notes: [] };
  const adoption = judgeAdoption(world.mode === 'apply' ? scope.adopt : [], raws, ownership.claimed);
  return {
    raws,
    world,
    observed: {
      account: world.account,
      live: elsewhere.live,
      duplicates,
      notes: [...adoption.notes, ...elsewhere.notes, ...unreadNotes(raws, world), ...(world.mode === 'apply' ? endpointNotes(raws) : [])],
      occupied: bare.occupied,
      foreign: bare.foreign,
      strangers: world.mode === 'apply' ? strangersOf(scope, elsewhere.live, world) : {},
      claimed: [...ownership.claimed],
      absent: adoption.absent,
      taken: takenNames(scope, world, bare.raws),
      existing,
      unknown,
    },
  };
}

function detailed(raw: Raw, scope: ObserveScope, world: World, now: number | undefined): Raw {
  const parts: { [name: string]: Json } = {};
  const unread: string[] = [];
  for (const read of readsFor(raw, scope, world.mode)) {
    const key = readKey(read.op, outputAt(raw.object, read.from) ?? '');
    const part = world.details.get(key);
    if (part !== undefined) parts[read.as ?? read.keep] = part;
    else if (world.refused.has(key)) unread.push(...fieldsOfRead(raw.kind, read.as ?? read.keep));
  }
  const object = { ...(raw.object as { readonly [key: string]: Json }), ...parts };
  const { tags: source } = raw.kind.read;
  const tags = raw.kind.read.path !== undefined && 'at' in source ? tagsOf(valueAt(object, source.at)) : raw.tags;
  return takeApart({ ...raw, object, tags, ...(unread.length === 0 ? {} : { unread }) }, saidOf(raw.address, scope), now);
}

/** Fields of a kind whose values come from one of its further reads. */
function fieldsOfRead(kind: Kind, as: string): readonly string[] {
  const from = (path: string | undefined) => path?.split(/[.[]/)[0] === as;
  return fieldsOf(kind).flatMap(([name, { wire }]) => {
    const its =
      wire.how === 'attribute' || wire.how === 'rawAttributes'
        ? kind.attributes?.read === as
        : wire.how === 'member'
          ? from(wire.member.read)
          : 'read' in wire && from(wire.read);
    return its ? [name] : [];
  });
}

function unreadNotes(raws: readonly Raw[], world: World): readonly Note[] {
  return raws.flatMap(({ kind, address, object, unread = [] }): Note[] => {
    if (unread.length === 0) return [];
    const refused = (kind.read.details ?? []).flatMap(({ op, from }) => {
      const code = world.refused.get(readKey(op, outputAt(object, from) ?? ''));
      return code === undefined ? [] : [`${op} answered ${code}`];
    });
    const fields = unread.length > 4 ? `${unread.slice(0, 3).join(', ')} and ${unread.length - 3} more` : unread.join(', ');
    return [{ kind: 'warning', address, text: `${fields} cannot be read and are not compared: ${refused.join(', ')}` }];
  });
}

/** Names like ours that others have. */
function takenNames(scope: ObserveScope, world: World, owned: readonly Raw[]): Observed['taken'] {
  const ours = new Set(owned.map((raw) => outputsOf(raw)['id']));
  return (KINDS as readonly Kind[]).flatMap((kind) => {
    if (kind.read.by !== 'listed') return [];
    const starts = nameStarts(kind, scope);
    return [...(world.lists.get(kind.name) ?? [])].flatMap(([id, object]) => {
      const name = outputAt(object, kind.outputs['name'] ?? '');
      if (name === undefined || ours.has(id) || !starts.some((start) => name.startsWith(start))) return [];
      const stack = world.tags.get(id)?.[STACK_TAG];
      const owner = stack === undefined ? `an unknown owner (${id})` : `stack ${stack} (${id})`;
      return [{ kind: kind.name, name, owner, id, ...(stack === undefined ? {} : { stack }) }];
    });
  });
}
