/** One read pass over all stacks of an account and region: what they share is asked once, what takes many is asked for many. */

import type { Kind } from '../model/field.ts';
import type { Json } from '../model/json.ts';
import { KINDS } from '../model/kinds.ts';
import { outputAt, valueAt, valuesAt } from '../model/paths.ts';
import type { Cloud } from '../run/port.ts';
import { ownershipOf } from './adopt.ts';
import { readChildren } from './children.ts';
import type { Raw } from './decode.ts';
import { asWorld, type Draft, draftOf, emptyDraft, type Reader } from './draft.ts';
import { readElsewhere } from './elsewhere.ts';
import { finder } from './find.ts';
import { readGiven } from './lookups.ts';
import { nameStarts, ownedIn, readsFor } from './owned.ts';
import { listRoot, readDetail, tagAll } from './reads.ts';
import { readMemberIds } from './rule-ids.ts';
import { idOf, lookUpKey, type ObserveScope, pathFor, readKey, type World } from './snapshot.ts';
import { readStrangers } from './strangers.ts';

export { type LiveRead, liveRead } from './slice.ts';
export { identityOf, type ObserveScope, type World } from './snapshot.ts';

export interface WorldOptions {
  /** `destroy`: enough to destroy. Default: `apply`, with everything that is compared. */
  readonly mode?: World['mode'];
  readonly signal?: AbortSignal;
  /** The account, where it is known already. */
  readonly account?: string;
  /** Nobody waits for it: other calls go first. */
  readonly background?: boolean;
  /** Children are listed by each parent, so that those that others made are seen however many stacks are read. */
  readonly thorough?: boolean;
}

/**
 * Reads all scopes, which are of one account and region. In waves: lists; what is pointed to; tags; children, and beside them details;
 * tags of children; their details. Objects are found by our tags and paths, or by the ARNs that a spec adopts, never by names alone,
 * so that nothing of others is taken for ours.
 */
export async function observeWorld(scopes: readonly ObserveScope[], cloud: Cloud, options: WorldOptions = {}): Promise<World> {
  const draft = emptyDraft(scopes[0]?.region ?? '', options.mode ?? 'apply');
  return pass(draft, scopes, readerFor(cloud, options), () => true, options.account);
}

/**
 * The world after an apply: of the scopes that it touched, the kinds that it wrote to and those that are read through them (`touched`)
 * are read again. What the specs point to is believed to be as it was.
 */
export async function refresh(
  world: World,
  scopes: readonly ObserveScope[],
  touched: ReadonlySet<string>,
  cloud: Cloud,
  options: Omit<WorldOptions, 'mode' | 'account'> = {},
): Promise<World> {
  const draft = draftOf(world);
  for (const scope of scopes)
    for (const { kind, object } of ownedIn(scope, world, ownershipOf(scope, world.mode === 'apply', 'any')).raws) {
      if (!touched.has(kind.name)) continue;
      draft.lists.get(kind.name)?.delete(idOf(kind, object));
      for (const { op, from } of kind.read.details ?? []) draft.details.delete(readKey(op, outputAt(object, from) ?? ''));
    }
  return pass(draft, scopes, readerFor(cloud, options), (kind) => touched.has(kind.name), world.account);
}

export function readerFor(cloud: Cloud, { signal, background, thorough = false }: WorldOptions): Reader {
  const how = { ...(signal === undefined ? {} : { signal }), ...(background ? { background } : {}) };
  const call = (op: string, input: Json) => cloud.call(op, input, how);
  return { call, find: finder(call), thorough };
}

async function pass(
  draft: Draft,
  scopes: readonly ObserveScope[],
  reader: Reader,
  wants: (kind: Kind) => boolean,
  account: string | undefined,
): Promise<World> {
  const kinds = (KINDS as readonly Kind[]).filter((kind) => kind.read.by !== 'child' && wants(kind));
  const roots = kinds.filter((kind) => isHeld(kind, scopes, draft.mode));
  await Promise.all(roots.map((kind) => listRoot(draft, kind, scopes, reader)));
  await readGiven(draft, scopes, reader);
  await tagCandidates(draft, roots, scopes, reader);
  const done = new Set<string>();
  await Promise.all([readDetails(draft, scopes, reader, wants, done), readChildren(draft, scopes, reader, wants)]);
  await readMentioned(
    draft,
    kinds.filter((kind) => !roots.includes(kind)),
    scopes,
    reader,
  );
  await Promise.all([
    readDetails(draft, scopes, reader, wants, done),
    readElsewhere(draft, scopes, reader),
    readMemberIds(draft, scopes, reader),
    readStrangers(draft, scopes, reader),
  ]);
  draft.account = account ?? accountIn(draft, scopes) ?? String(valueAt(await reader.call('sts:GetCallerIdentity', {}), 'Account'));
  return asWorld(draft);
}

/** Most kinds are always read, since something that a spec has dropped must be found. */
function isHeld(kind: Kind, scopes: readonly ObserveScope[], mode: World['mode']): boolean {
  const { mentionedBy } = kind.read;
  if (mentionedBy === undefined || (mode === 'destroy' && mentionedBy.whileDestroying)) return true;
  return scopes.some(({ desired, adopt }) => [...desired, ...adopt].some(({ address }) => address.startsWith(`${kind.name}/`)));
}

/** Kinds that no spec holds, where one of ours names one: a certificate or trust store that a spec has dropped. */
async function readMentioned(draft: Draft, kinds: readonly Kind[], scopes: readonly ObserveScope[], reader: Reader): Promise<void> {
  const world = asWorld(draft);
  const owned = scopes.flatMap((scope) => ownedIn(scope, world, ownershipOf(scope, draft.mode === 'apply', 'any')).raws);
  const named = kinds.filter(({ read: { mentionedBy, path } }) =>
    owned.some(
      (raw) =>
        raw.kind.name === mentionedBy?.kind &&
        valuesAt(raw.object, mentionedBy.path).some(
          (id) => path === undefined || scopes.some((scope) => String(id).includes(pathFor(path.stack, scope))),
        ),
    ),
  );
  await Promise.all(named.map((kind) => listRoot(draft, kind, scopes, reader)));
  await tagCandidates(draft, named, scopes, reader);
}

/** More strangers than this are not asked about one by one: their tags would cost more than finding ours by the tagging API. */
const MANY_STRANGERS = 60;

/**
 * Reads the tags of what may be ours. In a network that no spec knows only a name tells that; in one of ours anything may, under a name
 * that a spec said once.
 */
async function tagCandidates(draft: Draft, roots: readonly Kind[], scopes: readonly ObserveScope[], reader: Reader): Promise<void> {
  const likely: { kind: Kind; id: string }[] = [];
  const strangers: { kind: Kind; id: string }[] = [];
  for (const kind of roots) {
    if (kind.read.by !== 'listed') continue;
    const { within } = kind.read;
    const networks = within === undefined ? undefined : networksOf(draft, within.kind, scopes);
    const named = new Set(scopes.flatMap((scope) => ownershipOf(scope, draft.mode === 'apply').named));
    // Without a spec nothing tells a name or a network of its own: each that is there may be its.
    const blind = scopes.some(({ desired, existing }) => desired.length + existing.length === 0);
    const starts = [...new Set(scopes.flatMap((scope) => nameStarts(kind, scope)))];
    for (const [id, object] of draft.lists.get(kind.name) ?? []) {
      const network = within === undefined ? undefined : valueAt(object, within.path);
      const name = outputAt(object, kind.outputs['name'] ?? '') ?? '';
      if (blind || network === undefined || named.has(id) || starts.some((start) => name.startsWith(start))) likely.push({ kind, id });
      else if (networks?.has(String(network)) && !draft.tags.has(id)) strangers.push({ kind, id });
    }
  }
  const types = [...new Set(strangers.flatMap(({ kind }) => kind.read.tagType ?? []))];
  const found =
    strangers.length > MANY_STRANGERS && !reader.thorough
      ? await reader.find(
          types,
          scopes.map(({ name }) => name),
        )
      : undefined;
  await tagAll(draft, [...likely, ...strangers.filter(({ id }) => found === undefined || found.has(id))], reader);
}

/** Ids of the networks that the scopes have or point to. */
function networksOf(draft: Draft, kind: string, scopes: readonly ObserveScope[]): ReadonlySet<string> {
  const given = scopes.flatMap(({ existing }) =>
    existing.flatMap((entry) => {
      const found = draft.given.get(lookUpKey(entry));
      const outputs = entry.lookup?.outputs ?? {};
      const told = typeof found === 'object' && found !== null && !(found instanceof Error) ? found : {};
      return [
        entry.outputs['id'],
        ...Object.keys(outputs).map((name) => (name === kind ? outputAt(told, outputs[name] ?? '') : undefined)),
      ];
    }),
  );
  return new Set([...(draft.lists.get(kind)?.keys() ?? []), ...given.filter((id) => id !== undefined)]);
}

/** The further reads of what is ours, each once. `done` holds those of an earlier wave. */
async function readDetails(
  draft: Draft,
  scopes: readonly ObserveScope[],
  reader: Reader,
  wants: (kind: Kind) => boolean,
  done: Set<string>,
): Promise<void> {
  const world = asWorld(draft);
  const reads: Promise<void>[] = [];
  const ask = (raw: Raw, scope: ObserveScope) => {
    for (const read of readsFor(raw, scope, draft.mode)) {
      const key = readKey(read.op, outputAt(raw.object, read.from) ?? '');
      if (done.has(key) || draft.details.has(key)) continue;
      done.add(key);
      reads.push(readDetail(draft, read, raw.object, reader));
    }
  };
  for (const scope of scopes)
    for (const raw of ownedIn(scope, world, ownershipOf(scope, draft.mode === 'apply', 'any')).raws) if (wants(raw.kind)) ask(raw, scope);
  await Promise.all(reads);
}

/** The account, as the ARN of something of ours tells it: a call less. What is shared with us from elsewhere is not asked. */
function accountIn(draft: Draft, scopes: readonly ObserveScope[]): string | undefined {
  const world = asWorld(draft);
  for (const scope of scopes)
    for (const { kind, object } of ownedIn(scope, world, ownershipOf(scope, false)).raws) {
      const account = outputAt(object, kind.outputs['arn'] ?? '')?.split(':')[4];
      if (/^\d{12}$/.test(account ?? '')) return account;
    }
  return undefined;
}
