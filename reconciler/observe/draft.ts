import type { CloudError } from '../errors.ts';
import type { Json } from '../model/json.ts';
import type { Tags } from '../model/tags.ts';
import type { World } from './snapshot.ts';

/** A world while it is read. */
export interface Draft {
  account: string;
  readonly region: string;
  readonly mode: World['mode'];
  readonly lists: Map<string, Map<string, Json>>;
  readonly tags: Map<string, Tags>;
  readonly details: Map<string, Json>;
  readonly given: Map<string, Json | CloudError | undefined>;
  readonly elsewhere: Map<string, readonly Json[]>;
  readonly memberIds: Map<string, readonly Json[]>;
  readonly refused: Map<string, string>;
  readonly foundByTags: Map<string, Set<string>>;
}

/** How a pass asks. */
export interface Reader {
  readonly call: (op: string, input: Json) => Promise<Json>;
  /** Objects that tags name, by ARN, or nothing where that cannot be asked: what is not among them may be there all the same. */
  readonly find: (tagTypes: readonly string[], stacks: readonly string[]) => Promise<ReadonlyMap<string, Tags> | undefined>;
  /** Children are listed by each parent, however many. */
  readonly thorough: boolean;
}

export const emptyDraft = (region: string, mode: World['mode']): Draft => ({
  account: '',
  region,
  mode,
  lists: new Map(),
  tags: new Map(),
  details: new Map(),
  given: new Map(),
  elsewhere: new Map(),
  memberIds: new Map(),
  refused: new Map(),
  foundByTags: new Map(),
});

/** A copy that may be changed. */
export const draftOf = (world: World): Draft => ({
  account: world.account,
  region: world.region,
  mode: world.mode,
  lists: new Map([...world.lists].map(([kind, objects]) => [kind, new Map(objects)])),
  tags: new Map(world.tags),
  details: new Map(world.details),
  given: new Map(world.given),
  elsewhere: new Map(world.elsewhere),
  memberIds: new Map(world.memberIds),
  refused: new Map(world.refused),
  foundByTags: new Map([...world.foundByTags].map(([kind, parents]) => [kind, new Set(parents)])),
});

/** What was read so far, as a world: an object of its own, so that nothing remembered of an earlier state is taken for this one. */
export const asWorld = (draft: Draft): World => ({ ...draft });

export function chunksOf<T>(list: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, index) => list.slice(index * size, (index + 1) * size));
}
