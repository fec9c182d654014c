/** What was read of one account and region, once, for all stacks that are looked at together. */

import type { CloudError } from '../errors.ts';
import type { Kind } from '../model/field.ts';
import type { Json } from '../model/json.ts';
import { KINDS } from '../model/kinds.ts';
import type { Existing, Stack } from '../model/model.ts';
import { outputAt, valueAt } from '../model/paths.ts';
import { STACK_TAG, type Tags, tagsOf } from '../model/tags.ts';

/** What of a stack tells which objects are its own, and which details of them are worth a call. */
export type ObserveScope = Pick<Stack, 'name' | 'region' | 'desired' | 'existing' | 'adopt'>;

/**
 * Immutable; `refresh` makes another one of it. Objects are as AWS listed them; what was read of them further stands apart, so that
 * it is clear what was asked: a key that is absent was not.
 */
export interface World {
  readonly account: string;
  readonly region: string;
  readonly mode: 'apply' | 'destroy';
  /** By kind, then by id. A kind that is absent was not read. */
  readonly lists: ReadonlyMap<string, ReadonlyMap<string, Json>>;
  /** By id, of kinds whose tags take a call. */
  readonly tags: ReadonlyMap<string, Tags>;
  /** What is kept of the answer of a further read, by operation and id. Absent: not asked, gone or refused. */
  readonly details: ReadonlyMap<string, Json>;
  /** What a spec points to, by its look-up: the object, nothing where AWS answered none, or the refusal. */
  readonly given: ReadonlyMap<string, Json | CloudError | undefined>;
  /** Objects of anybody that hold what is missing from ours, by operation and id of what is missing. */
  readonly elsewhere: ReadonlyMap<string, readonly Json[]>;
  /** What shows the ids of single members, by operation and id of their resource. Absent: not asked, or refused. */
  readonly memberIds: ReadonlyMap<string, readonly Json[]>;
  /** The AWS codes of refused reads that a plan can do without, by operation and id. */
  readonly refused: ReadonlyMap<string, string>;
  /** By kind: parents whose children were found by our tags. Children that others made below them are not known. */
  readonly foundByTags: ReadonlyMap<string, ReadonlySet<string>>;
}

/** The same name in another region, or in another account, is another stack: in every map, digest, artifact, comment and lock. */
export const identityOf = (stack: { readonly account: string; readonly region: string; readonly stack: string }): string =>
  `${stack.account}/${stack.region}/${stack.stack}`;

export const idOf = (kind: Kind, object: Json): string => outputAt(object, kind.outputs['id'] ?? '') ?? '';

/** The key of what an operation told of one id. */
export const readKey = (op: string, id: string): string => `${op} ${id}`;

export const lookUpKey = ({ lookup }: Existing): string => (lookup === undefined ? '' : readKey(lookup.op, JSON.stringify(lookup.input)));

/** The path under which a stack's objects stand, or all of a region. */
export const pathFor = (pattern: string, scope: Pick<ObserveScope, 'name' | 'region'>): string =>
  pattern.replace('{region}', scope.region).replace('{stack}', scope.name);

/** The id of what an object stands under, for kinds that are listed by their parent. */
export function parentOf(kind: Kind, object: Json): string {
  const { parentParam = '', parentInId } = kind.read;
  if (parentInId === undefined) return outputAt(object, parentParam) ?? '';
  const id = idOf(kind, object);
  return id.slice(0, id.lastIndexOf('/')).replace(...parentInId);
}

/** The tags of an object, wherever its kind has them. */
export function tagsIn(world: Pick<World, 'tags'>, kind: Kind, object: Json): Tags {
  const { tags } = kind.read;
  return 'at' in tags ? tagsOf(valueAt(object, tags.at)) : (world.tags.get(idOf(kind, object)) ?? {});
}

/** Objects by whose they are: found once for all slices of a world. */
export interface Index {
  /** By kind and stack; for kinds found by their path, by kind and path. */
  readonly owned: ReadonlyMap<string, readonly Json[]>;
  /** By kind and parent. */
  readonly below: ReadonlyMap<string, readonly Json[]>;
}

const indexes = new WeakMap<World, Index>();

export function indexOf(world: World): Index {
  const known = indexes.get(world);
  if (known !== undefined) return known;
  const owned = new Map<string, Json[]>();
  const below = new Map<string, Json[]>();
  const put = (map: Map<string, Json[]>, key: string, object: Json) => {
    const list = map.get(key);
    if (list === undefined) map.set(key, [object]);
    else list.push(object);
  };
  for (const kind of KINDS as readonly Kind[])
    for (const object of world.lists.get(kind.name)?.values() ?? []) {
      if (kind.read.by === 'child') put(below, readKey(kind.name, parentOf(kind, object)), object);
      const owner = kind.read.path === undefined ? tagsIn(world, kind, object)[STACK_TAG] : outputAt(object, kind.read.path.at);
      if (owner !== undefined) put(owned, readKey(kind.name, owner), object);
    }
  const index = { owned, below };
  indexes.set(world, index);
  return index;
}
