/** What specs point to by id, looked up for all stacks together. */

import { CloudError } from '../errors.ts';
import type { Kind } from '../model/field.ts';
import type { Json } from '../model/json.ts';
import { KINDS } from '../model/kinds.ts';
import type { Existing, Observed } from '../model/model.ts';
import { outputAt, valuesAt } from '../model/paths.ts';
import { chunksOf, type Draft, type Reader } from './draft.ts';
import { lookUpKey, type ObserveScope, type World } from './snapshot.ts';

type LookUp = NonNullable<Existing['lookup']>;

/** EC2 takes 200 values of filters, and about a thousand ids, in a call: fewer answers fit a page. */
const MOST_IDS = 200;

/** Looks up what is neither known nor listed already. One id that is wrong is the mistake of the spec that says it, and of no other. */
export async function readGiven(draft: Draft, scopes: readonly ObserveScope[], reader: Reader): Promise<void> {
  const wanted = new Map(
    scopes.flatMap(({ existing }) =>
      existing.flatMap((entry): [string, LookUp][] => (entry.lookup === undefined ? [] : [[lookUpKey(entry), entry.lookup]])),
    ),
  );
  const single: [string, LookUp][] = [];
  const batches = new Map<string, { readonly lookup: LookUp; readonly param: string; readonly keys: Map<string, string> }>();
  for (const [key, lookup] of wanted) {
    if (draft.given.has(key)) continue;
    const [[param, ids] = ['', undefined], ...more] = Object.entries(lookup.input as { readonly [key: string]: Json });
    if (more.length > 0 || !Array.isArray(ids) || ids.length !== 1 || typeof ids[0] !== 'string') {
      single.push([key, lookup]);
      continue;
    }
    const listed = (KINDS as readonly Kind[]).find((kind) => kind.read.op === lookup.op && kind.read.list === lookup.list);
    const known = listed === undefined ? undefined : draft.lists.get(listed.name)?.get(String(ids[0]));
    if (known !== undefined) {
      draft.given.set(key, known);
      continue;
    }
    const batch = batches.get(`${lookup.op} ${param}`) ?? { lookup, param, keys: new Map<string, string>() };
    batch.keys.set(String(ids[0]), key);
    batches.set(`${lookup.op} ${param}`, batch);
  }
  await Promise.all([
    ...single.map(async ([key, lookup]) =>
      draft.given.set(key, await askFor(lookup, lookup.input, reader).then((found) => (found instanceof CloudError ? found : found[0]))),
    ),
    ...[...batches.values()].flatMap(({ lookup, param, keys }) =>
      chunksOf([...keys.keys()], MOST_IDS).map((ids) => lookUpIds(draft, lookup, param, ids, keys, reader)),
    ),
  ]);
}

/** One id that is not there fails the call for all: then each is asked for alone. */
async function lookUpIds(
  draft: Draft,
  lookup: LookUp,
  param: string,
  ids: readonly string[],
  keys: ReadonlyMap<string, string>,
  reader: Reader,
): Promise<void> {
  const found = await askFor(lookup, { [param]: ids }, reader);
  if (found instanceof CloudError && ids.length > 1) {
    await Promise.all(ids.map((id) => lookUpIds(draft, lookup, param, [id], keys, reader)));
    return;
  }
  for (const id of ids)
    draft.given.set(
      keys.get(id) ?? '',
      found instanceof CloudError ? found : found.find((object) => outputAt(object, lookup.outputs['id'] ?? '') === id),
    );
}

/** What AWS says against the question is an answer; that it cannot be asked is none. */
async function askFor(lookup: LookUp, input: Json, { call }: Reader): Promise<readonly Json[] | CloudError> {
  try {
    const answer = await call(lookup.op, input);
    return lookup.list.includes('[') ? valuesAt(answer, lookup.list) : valuesAt(answer, lookup.list).flatMap((entry: Json) => entry);
  } catch (thrown) {
    if (thrown instanceof CloudError && /^(NotFound|Invalid|Denied)$/.test(thrown.class)) return thrown;
    throw thrown;
  }
}

/**
 * Outputs of what a spec points to, by address, and what of it AWS does not have. Throws the refusal of the first that these credentials
 * may not look at.
 */
export function givenTo(
  scope: ObserveScope,
  world: Pick<World, 'given' | 'mode'>,
): { readonly existing: Observed['existing']; readonly unknown: NonNullable<Observed['unknown']> } {
  const unknown: { [address: string]: string } = {};
  const existing = Object.fromEntries(
    scope.existing.map((entry) => {
      if (entry.lookup === undefined) return [entry.address, entry.outputs];
      const found = world.given.get(lookUpKey(entry));
      // What is to be destroyed needs nothing of it, and it may be gone.
      if (found instanceof CloudError && world.mode === 'destroy') return [entry.address, entry.outputs];
      if (found instanceof CloudError && found.class === 'Denied') throw found;
      if (found === undefined || found instanceof CloudError) unknown[entry.address] = found?.awsCode ?? '';
      const shown = found === undefined || found instanceof CloudError ? {} : found;
      const outputs = Object.entries(entry.lookup.outputs).flatMap(([name, path]): [string, string][] => {
        const value = outputAt(shown, path);
        return value === undefined ? [] : [[name, value]];
      });
      return [entry.address, { ...entry.outputs, ...Object.fromEntries(outputs) }];
    }),
  );
  return { existing, unknown };
}
