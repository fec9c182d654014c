import type { Kind } from '../model/field.ts';
import type { Address, Json } from '../model/json.ts';
import { KINDS, kindOf } from '../model/kinds.ts';
import type { Observed } from '../model/model.ts';
import { outputAt, valueAt } from '../model/paths.ts';
import { STACK_TAG } from '../model/tags.ts';
import type { Cloud } from '../run/port.ts';
import { judgeAdoption, type ObserveScope, ownershipOf, preferSpecAddress } from './adopt.ts';
import { childrenOf, mentionedOnes } from './children.ts';
import { outputsOf, type Raw, tagsOf } from './decode.ts';
import { settle } from './duplicates.ts';
import { findElsewhere } from './elsewhere.ts';
import { type Call, detail, list, lookUp, readTags } from './reads.ts';
import { readStrangers } from './strangers.ts';

export interface ObserveOptions {
  /** `shallow`: enough to destroy; details are left out. */
  readonly depth?: 'full' | 'shallow';
  /** Only these kinds are read; the others are taken from `before`, read moments ago and not written since. */
  readonly only?: ReadonlySet<string>;
  readonly before?: { readonly observed: Observed; readonly raws: readonly Raw[] };
  readonly signal?: AbortSignal;
  /** Stacks from which the spec may adopt what is tagged as theirs. */
  readonly adoptFrom?: readonly string[];
  /** Milliseconds since the epoch, by which certificates are due for renewal; absent: none is. */
  readonly now?: number;
}

export interface Observation {
  readonly observed: Observed;
  readonly raws: readonly Raw[];
}

/**
 * One batched read pass over everything of a stack, in waves: lists; their tags; details and, beside them, children and the
 * tags of those. Objects are found by our tags, or by the ARNs that the spec adopts, never by names alone, so that nothing of
 * others is taken for ours.
 */
export async function observe(stack: ObserveScope, cloud: Cloud, options: ObserveOptions = {}): Promise<Observation> {
  const depth = options.depth ?? 'full';
  const wants = (kind: Kind) => options.only === undefined || options.only.has(kind.name);
  const ownership = ownershipOf(stack, depth === 'full', options.adoptFrom);
  const call = (op: string, input: Json) => cloud.call(op, input, options.signal === undefined ? {} : { signal: options.signal });
  const roots = KINDS.filter(
    (kind) =>
      kind.read.by !== 'child' &&
      wants(kind) &&
      (kind.read.mentionedBy === undefined || depth === 'shallow' || stack.desired.some((entry) => entry.kind === kind.name)),
  );
  const [lists, existing] = await Promise.all([
    Promise.all(roots.map(async (kind): Promise<Found> => ({ kind, objects: await list(kind, stack, call) }))),
    options.before === undefined ? Promise.all(stack.existing.map((entry) => lookUp(entry, call))) : Promise.resolve(undefined),
  ]);
  const untagged = lists.filter(({ kind }) => kind.read.by === 'listed');
  const vpcs = vpcIds(lists, existing ?? [], options.before);
  const candidates = untagged.flatMap(({ kind, objects }) =>
    objects
      .filter(
        (object) =>
          valueAt(object, 'VpcId') === undefined ||
          vpcs.has(String(valueAt(object, 'VpcId'))) ||
          ownership.names(kind, object) ||
          isNamedLikeOurs(kind, object, stack),
      )
      .map((object) => ({ kind, object })),
  );
  const tags = await readTags(
    candidates.map(({ kind, object }) => outputAt(object, kind.outputs['arn'] ?? '') ?? ''),
    call,
  );
  const owned = preferSpecAddress(
    [
      ...lists
        .filter(({ kind }) => kind.read.by === 'tagged')
        .flatMap(({ kind, objects }) => objects.flatMap((object) => ownership.own(kind, object, tagsOf(valueAt(object, 'Tags'))))),
      ...candidates.flatMap(({ kind, object }) =>
        ownership.own(kind, object, tags.get(outputAt(object, kind.outputs['arn'] ?? '') ?? '') ?? {}),
      ),
      ...lists
        .filter(({ kind }) => kind.read.by === 'path')
        .flatMap(({ kind, objects }) =>
          objects.map((object): Raw => ({ kind, object, tags: {}, address: pathAddress(kind, object, stack) })),
        ),
    ],
    stack,
  );
  const kept = (options.before?.raws ?? []).filter((raw) => !wants(raw.kind));
  const [details, children] = await Promise.all([
    Promise.all(owned.map((raw) => detail(raw, depth, call, stack, options.now))),
    childrenOf([...owned, ...kept], ownership, stack, call, wants, options.before),
  ]);
  const mentioned = await mentionedOnes(children.raws, roots, ownership, stack, call, wants);
  const accountId = options.before?.observed.account ?? accountIn(lists) ?? (await callerAccount(call));
  const raws = [
    ...kept,
    ...details,
    ...(await Promise.all(mentioned.map((raw) => detail(raw, depth, call, stack, options.now)))),
    ...(await Promise.all(children.raws.map((raw) => detail(raw, depth, call, stack, options.now)))),
  ];
  const { live, duplicates } = settle(raws, stack.desired);
  const elsewhere = await findElsewhere(live, depth === 'full' ? stack.desired : [], call);
  const before = options.before?.observed;
  const claimed = [...(before?.claimed ?? []).filter((entry) => !wants(kindOf(entry.address))), ...ownership.claimed];
  const adoption = judgeAdoption(depth === 'full' ? stack.adopt : [], raws, claimed);
  return {
    raws,
    observed: {
      account: accountId,
      live: elsewhere.live,
      duplicates,
      notes: [...adoption.notes, ...elsewhere.notes],
      foreign: children.foreign,
      strangers: options.before?.observed.strangers ?? (depth === 'full' ? await readStrangers(stack, elsewhere.live, call) : {}),
      occupied: children.occupied,
      claimed,
      absent: adoption.absent,
      taken: options.before?.observed.taken ?? takenNames(untagged, owned, tags),
      existing: options.before?.observed.existing ?? Object.fromEntries((existing ?? []).map((entry) => [entry.address, entry.outputs])),
    },
  };
}

interface Found {
  readonly kind: Kind;
  readonly objects: readonly Json[];
}

/** The account, as ARNs of what is there tell it: a call less, except in an account without load balancers and certificates. */
function accountIn(lists: readonly Found[]): string | undefined {
  for (const { kind, objects } of lists) {
    const account = objects
      .map((object) => outputAt(object, kind.outputs['arn'] ?? '')?.split(':')[4])
      .find((id) => /^\d{12}$/.test(id ?? ''));
    if (account !== undefined) return account;
  }
  return undefined;
}

async function callerAccount(call: Call): Promise<string> {
  return String(valueAt(await call('sts:GetCallerIdentity', {}), 'Account'));
}

/** A certificate's name is `<stack>-<name>-<hash>`, without the middle for the name `main` (`plan/names.ts`); its tags come with the detail read. */
function pathAddress(kind: Kind, object: Json, stack: ObserveScope): Address {
  const name = outputAt(object, kind.outputs['name'] ?? '') ?? '';
  const inner = new RegExp(`^${stack.name}(?:-(.+))?-[0-9a-f]{4}$`).exec(name);
  return `${kind.name}/${inner === null ? name : (inner[1] ?? 'main')}`;
}

/** In a network that the spec has left, only the name tells that an object may be ours; its tags then decide. */
function isNamedLikeOurs(kind: Kind, object: Json, stack: ObserveScope): boolean {
  const name = outputAt(object, kind.outputs['name'] ?? '') ?? '';
  // Made names begin with the stack's, cut to leave room for a hash (`plan/names.ts`).
  return (
    name.startsWith(stack.name.slice(0, 27)) || stack.desired.some((entry) => entry.kind === kind.name && entry.values['name'] === name)
  );
}

function vpcIds(
  lists: readonly Found[],
  existing: readonly { readonly outputs: Readonly<Record<string, string>> }[],
  before: ObserveOptions['before'],
): ReadonlySet<string> {
  const ids = [
    ...lists.filter(({ kind }) => kind.name === 'vpc').flatMap(({ objects }) => objects.map((object) => String(valueAt(object, 'VpcId')))),
    ...existing.flatMap((entry) => [entry.outputs['id'] ?? '', entry.outputs['vpc'] ?? '']),
  ];
  const known =
    before === undefined
      ? []
      : [...before.observed.live, ...before.observed.duplicates].filter((entry) => entry.kind === 'vpc').map((entry) => entry.id);
  const outside = Object.values(before?.observed.existing ?? {}).flatMap((outputs) => [outputs['id'] ?? '', outputs['vpc'] ?? '']);
  return new Set([...ids, ...known, ...outside]);
}

function takenNames(
  lists: readonly Found[],
  owned: readonly Raw[],
  tags: ReadonlyMap<string, Readonly<Record<string, string>>>,
): Observed['taken'] {
  const ours = new Set(owned.map((raw) => outputsOf(raw)['id']));
  return lists.flatMap(({ kind, objects }) =>
    objects.flatMap((object) => {
      const [id, name] = [outputAt(object, kind.outputs['id'] ?? ''), outputAt(object, kind.outputs['name'] ?? '')];
      if (id === undefined || name === undefined || ours.has(id)) return [];
      const stack = tags.get(id)?.[STACK_TAG];
      const owner = stack === undefined ? `nobody albedo knows (${id})` : `stack ${stack} (${id})`;
      return [{ kind: kind.name, name, owner, id, ...(stack === undefined ? {} : { stack }) }];
    }),
  );
}
