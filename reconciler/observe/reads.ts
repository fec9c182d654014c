/** Single reads of a pass: lists, tags, details. Each asks for many where AWS takes many. */

import { CloudError } from '../errors.ts';
import type { Kind } from '../model/field.ts';
import type { Json } from '../model/json.ts';
import { outputAt, valueAt, valuesAt } from '../model/paths.ts';
import type { TagSource } from '../model/read.ts';
import { STACK_TAG, type Tags, tagsOf } from '../model/tags.ts';
import { chunksOf, type Draft, type Reader } from './draft.ts';
import { idOf, type ObserveScope, pathFor, readKey } from './snapshot.ts';

export type Call = Reader['call'];

/** A filter takes 200 values in the whole call (EC2 API reference); kinds have some of their own. */
const MOST_NAMES = 150;

/** Everything of a kind that may be a stack's: by tag or path where the list takes one, else everybody's. */
export async function listRoot(draft: Draft, kind: Kind, scopes: readonly ObserveScope[], { call }: Reader): Promise<void> {
  const { read } = kind;
  const page = read.page === undefined ? {} : { [read.page.param]: read.page.size };
  const own = (read.input ?? {}) as { readonly [key: string]: Json };
  const named = scopes.length <= MOST_NAMES;
  const filter: Json = named
    ? { Name: `tag:${STACK_TAG}`, Values: scopes.map(({ name }) => name) }
    : { Name: 'tag-key', Values: [STACK_TAG] };
  const first = scopes[0];
  const input: Json =
    read.by === 'tagged'
      ? { ...own, ...page, Filters: [filter, ...((own['Filters'] ?? []) as readonly Json[])] }
      : read.path !== undefined && first !== undefined
        ? { ...own, ...page, [read.path.param]: pathFor(scopes.length === 1 ? read.path.stack : read.path.region, first) }
        : { ...own, ...page };
  keep(draft, kind, objectsIn(kind, await call(read.op, input)));
}

export function keep(draft: Draft, kind: Kind, objects: readonly Json[]): void {
  const list = draft.lists.get(kind.name) ?? new Map<string, Json>();
  for (const object of objects) list.set(idOf(kind, object), object);
  draft.lists.set(kind.name, list);
}

/** The objects of an answer but those that the kind passes over. */
export function objectsIn(kind: Kind, answer: Json): readonly Json[] {
  const { list, except } = kind.read;
  const objects = valuesAt(answer, list.endsWith(']') ? list : `${list}[]`);
  return except === undefined ? objects : objects.filter((object) => !except.values.includes(String(valueAt(object, except.path))));
}

/** Children of one parent; of one that is gone, none. */
export async function listBelow(kind: Kind, parent: string, { call }: Pick<Reader, 'call'>): Promise<readonly Json[]> {
  const { op, page, parentParam = '' } = kind.read;
  const answer = await lookTwice(() => call(op, { [parentParam]: parent, ...(page === undefined ? {} : { [page.param]: page.size }) }));
  return answer === undefined ? [] : objectsIn(kind, answer);
}

/** The answer, or `undefined` where "not found" came twice: a part of AWS that does not know of a thing yet says it once, too. */
async function lookTwice(ask: () => Promise<Json>): Promise<Json | undefined> {
  for (const last of [false, true])
    try {
      return await ask();
    } catch (thrown) {
      if (!isNotFound(thrown)) throw thrown;
      if (last) return undefined;
    }
  return undefined;
}

/** Objects by their ids. Those that are gone are left out. */
export async function listByIds(kind: Kind, ids: readonly string[], { call }: Pick<Reader, 'call'>): Promise<readonly Json[]> {
  const { op, ids: by } = kind.read;
  if (by === undefined) return [];
  return inBatches(ids, by.most, async (some) => objectsIn(kind, await call(op, { [by.param]: some })));
}

/** Tags of objects whose kinds say how, by id. */
export async function readTags(arns: readonly string[], source: TagSource, call: Call): Promise<ReadonlyMap<string, Tags>> {
  if ('at' in source) return new Map();
  const answers = await inBatches(arns, source.ids.most, async (some) =>
    valuesAt(await call(source.op, { [source.ids.param]: some }), source.list),
  );
  return new Map(answers.map((entry) => [String(valueAt(entry, source.id)), tagsOf(valueAt(entry, source.tags))]));
}

/** Tags of objects of any kinds, those of one service together. */
export async function tagAll(
  draft: Draft,
  objects: readonly { readonly kind: Kind; readonly id: string }[],
  { call }: Reader,
): Promise<void> {
  const sources = new Map<TagSource, string[]>();
  for (const { kind, id } of objects) {
    const ids = sources.get(kind.read.tags) ?? [];
    ids.push(id);
    sources.set(kind.read.tags, ids);
  }
  const answers = await Promise.all([...sources].map(([source, ids]) => readTags([...new Set(ids)], source, call)));
  for (const answer of answers) for (const [id, tags] of answer) draft.tags.set(id, tags);
}

/** One id that is gone fails the call for all: halves are then asked for, which finds it in few calls. */
async function inBatches(
  ids: readonly string[],
  most: number,
  ask: (ids: readonly string[]) => Promise<readonly Json[]>,
): Promise<readonly Json[]> {
  const half = async (some: readonly string[]): Promise<readonly Json[]> => {
    try {
      return await ask(some);
    } catch (thrown) {
      if (!isNotFound(thrown)) throw thrown;
      if (some.length === 1) return [];
      const middle = Math.ceil(some.length / 2);
      return (await Promise.all([half(some.slice(0, middle)), half(some.slice(middle))])).flat();
    }
  };
  return (await Promise.all(chunksOf(ids, most).map(half))).flat();
}

export const isNotFound = (thrown: unknown): boolean => thrown instanceof CloudError && thrown.class === 'NotFound';

/** Codes by which a region, a partition or a policy says that a call is not for this account. */
const NOT_HERE =
  /^(UnsupportedOperation|UnsupportedOperationException|OperationNotPermitted|UnknownOperationException|InvalidAction|OptInRequired)$/;

/** One further read of one object. What is gone has none; what is refused and can be done without is remembered as refused. */
export async function readDetail(
  draft: Draft,
  read: NonNullable<Kind['read']['details']>[number],
  object: Json,
  { call }: Reader,
): Promise<void> {
  const id = outputAt(object, read.from) ?? '';
  const input = { [read.param]: id };
  const known = draft.given.get(readKey(read.op, JSON.stringify(input)));
  if (known !== undefined && !(known instanceof CloudError)) {
    draft.details.set(readKey(read.op, id), known);
    return;
  }
  try {
    const answer = await lookTwice(() => call(read.op, input));
    const part = answer === undefined ? undefined : valueAt(answer, read.keep);
    if (part !== undefined) draft.details.set(readKey(read.op, id), part);
  } catch (thrown) {
    if (!read.optional || !(thrown instanceof CloudError) || !(thrown.class === 'Denied' || NOT_HERE.test(thrown.awsCode))) throw thrown;
    draft.refused.set(readKey(read.op, id), thrown.awsCode);
  }
}
