import type { Kind } from '../model/field.ts';
import { fieldsOf, KINDS, kindOf } from '../model/kinds.ts';
import type { Given, Observed } from '../model/model.ts';
import { outputAt, valueAt, valuesAt } from '../model/paths.ts';
import { STACK_TAG } from '../model/tags.ts';
import type { Address, Json, Note } from '../plan/types.ts';
import type { Cloud } from '../port.ts';
import { judgeAdoption, type Ownership, ownershipOf, type Watched, withoutRivals } from './adopt.ts';
import { outputsOf, type Raw, tagsOf } from './decode.ts';
import { renewalOf } from './ending.ts';
import { settle } from './settle.ts';
import { decodeCertificate } from './x509.ts';

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
export async function observe(stack: Watched, cloud: Cloud, options: ObserveOptions = {}): Promise<Observation> {
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
  const [lists, given] = await Promise.all([
    Promise.all(roots.map(async (kind): Promise<Found> => ({ kind, objects: await list(kind, stack, call) }))),
    options.before === undefined ? Promise.all(stack.given.map((entry) => lookUp(entry, call))) : Promise.resolve(undefined),
  ]);
  const untagged = lists.filter(({ kind }) => kind.read.by === 'listed');
  const vpcs = vpcIds(lists, given ?? [], options.before);
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
  const owned = withoutRivals(
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
  const { live, twins } = settle(raws, stack.desired);
  const before = options.before?.observed;
  const claimed = [...(before?.claimed ?? []).filter((entry) => !wants(kindOf(entry.address))), ...ownership.claimed];
  const adoption = judgeAdoption(depth === 'full' ? stack.adopt : [], raws, claimed);
  return {
    raws,
    observed: {
      account: accountId,
      live,
      twins,
      notes: [...children.notes, ...adoption.notes],
      occupied: children.occupied,
      claimed,
      absent: adoption.absent,
      taken: options.before?.observed.taken ?? takenNames(untagged, owned, tags),
      given: options.before?.observed.given ?? Object.fromEntries((given ?? []).map((entry) => [entry.address, entry.outputs])),
    },
  };
}

interface Found {
  readonly kind: Kind;
  readonly objects: readonly Json[];
}

type Call = (op: string, input: Json) => Promise<Json>;

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

/** Kinds that are read only because something of ours names one: a trust store that the spec has dropped. */
async function mentionedOnes(
  children: readonly Raw[],
  read: readonly Kind[],
  ownership: Ownership,
  stack: Watched,
  call: Call,
  wants: (kind: Kind) => boolean,
): Promise<readonly Raw[]> {
  const kinds = KINDS.filter(
    (kind: Kind) =>
      kind.read.mentionedBy !== undefined &&
      !read.includes(kind) &&
      wants(kind) &&
      children.some((raw) => valueAt(raw.object, kind.read.mentionedBy ?? '') !== undefined),
  );
  const found = await Promise.all(
    kinds.map(async (kind) => {
      const objects = await list(kind, stack, call);
      const tags = await readTags(
        objects.map((object) => outputAt(object, kind.outputs['arn'] ?? '') ?? ''),
        call,
      );
      return objects.flatMap((object) => ownership.own(kind, object, tags.get(outputAt(object, kind.outputs['arn'] ?? '') ?? '') ?? {}));
    }),
  );
  return found.flat();
}

async function callerAccount(call: Call): Promise<string> {
  return String(valueAt(await call('sts:GetCallerIdentity', {}), 'Account'));
}

async function list(kind: Kind, stack: Watched, call: Call): Promise<readonly Json[]> {
  const { read } = kind;
  const filters = (read.input as { readonly Filters?: readonly Json[] } | undefined)?.Filters ?? [];
  const input: Json =
    read.by === 'tagged'
      ? { Filters: [{ Name: `tag:${STACK_TAG}`, Values: [stack.name] }, ...filters] }
      : read.by === 'path'
        ? { PathPrefix: `/albedo/${stack.region}/${stack.name}/` }
        : (read.input ?? {});
  const objects = valuesAt(await call(read.op, input), read.list.endsWith(']') ? read.list : `${read.list}[]`);
  return without(kind, objects);
}

/** The objects but those that the kind passes over. */
function without(kind: Kind, objects: readonly Json[]): readonly Json[] {
  const { except } = kind.read;
  return except === undefined ? objects : objects.filter((object) => !except.values.includes(String(valueAt(object, except.path))));
}

/** A certificate's name is `<stack>-<name>-<hash>`, without the middle for the name `main` (`plan/names.ts`); its tags come with the detail read. */
function pathAddress(kind: Kind, object: Json, stack: Watched): Address {
  const name = outputAt(object, kind.outputs['name'] ?? '') ?? '';
  const inner = new RegExp(`^${stack.name}(?:-(.+))?-[0-9a-f]{4}$`).exec(name);
  return `${kind.name}/${inner === null ? name : (inner[1] ?? 'main')}`;
}

/** In a network that the spec has left, only the name tells that an object may be ours; its tags then decide. */
function isNamedLikeOurs(kind: Kind, object: Json, stack: Watched): boolean {
  const name = outputAt(object, kind.outputs['name'] ?? '') ?? '';
  // Made names begin with the stack's, cut to leave room for a hash (`plan/names.ts`).
  return (
    name.startsWith(stack.name.slice(0, 27)) || stack.desired.some((entry) => entry.kind === kind.name && entry.values['name'] === name)
  );
}

function vpcIds(
  lists: readonly Found[],
  given: readonly { readonly outputs: Readonly<Record<string, string>> }[],
  before: ObserveOptions['before'],
): ReadonlySet<string> {
  const ids = [
    ...lists.filter(({ kind }) => kind.name === 'vpc').flatMap(({ objects }) => objects.map((object) => String(valueAt(object, 'VpcId')))),
    ...given.flatMap((entry) => [entry.outputs['id'] ?? '', entry.outputs['vpc'] ?? '']),
  ];
  const known =
    before === undefined
      ? []
      : [...before.observed.live, ...before.observed.twins].filter((entry) => entry.kind === 'vpc').map((entry) => entry.id);
  const outside = Object.values(before?.observed.given ?? {}).flatMap((outputs) => [outputs['id'] ?? '', outputs['vpc'] ?? '']);
  return new Set([...ids, ...known, ...outside]);
}

/** ELBv2 DescribeTags takes 20 ARNs a call (API reference). */
export async function readTags(arns: readonly string[], call: Call): Promise<ReadonlyMap<string, Readonly<Record<string, string>>>> {
  const chunks = Array.from({ length: Math.ceil(arns.length / 20) }, (_, index) => arns.slice(index * 20, index * 20 + 20));
  const answers = await Promise.all(chunks.map((chunk) => tagsOfArns(chunk, call)));
  return new Map(answers.flat().map((entry) => [String(valueAt(entry, 'ResourceArn')), tagsOf(valueAt(entry, 'Tags'))]));
}

/** One ARN that is gone fails the call for all: then each is asked for alone. */
async function tagsOfArns(arns: readonly string[], call: Call): Promise<readonly Json[]> {
  try {
    return valuesAt(await call('elbv2:DescribeTags', { ResourceArns: arns }), 'TagDescriptions[]');
  } catch (cause) {
    if (!isNotFound(cause)) throw cause;
    return arns.length === 1 ? [] : (await Promise.all(arns.map((arn) => tagsOfArns([arn], call)))).flat();
  }
}

const isNotFound = (cause: unknown): boolean =>
  typeof cause === 'object' && cause !== null && 'class' in cause && cause.class === 'NotFound';

async function childrenOf(
  owned: readonly Raw[],
  ownership: Ownership,
  stack: Watched,
  call: Call,
  wants: (kind: Kind) => boolean,
  before: ObserveOptions['before'],
): Promise<{ raws: readonly Raw[]; notes: readonly Note[]; occupied: Observed['occupied'] }> {
  const occupied: Observed['occupied'][number][] = [];
  const raws: Raw[] = [];
  const notes: Note[] = [];
  for (const kind of KINDS.filter((entry) => entry.read.by === 'child' && wants(entry))) {
    const parents = [...owned, ...raws].filter((raw) => raw.kind.name === kind.read.parent);
    const found = (
      await Promise.all(
        parents.map(async (parent) => {
          try {
            const objects = valuesAt(
              await call(kind.read.op, { [kind.read.parentParam ?? '']: outputsOf(parent)['id'] ?? '' }),
              `${kind.read.list}[]`,
            );
            return without(kind, objects).map(
              (object): Json => ({
                ...(object as { readonly [key: string]: Json }),
                [kind.read.parentParam ?? '']: outputsOf(parent)['id'] ?? '',
              }),
            );
          } catch (cause) {
            if (isNotFound(cause)) return [];
            throw cause;
          }
        }),
      )
    ).flat();
    const idOf = (object: Json) => outputAt(object, kind.outputs['id'] ?? '') ?? '';
    const tags = await readTags(found.map(idOf), call);
    const mine = withoutRivals(
      found.flatMap((object) => ownership.own(kind, object, tags.get(idOf(object)) ?? {})),
      stack,
    );
    raws.push(...mine);
    for (const object of found) {
      if (mine.some((raw) => raw.object === object)) continue;
      notes.push({
        kind: 'foreign',
        text: `${kind.label} ${(kind.read.describe ?? []).map((path) => String(valueAt(object, path))).join(' ')} on our ${kind.read.parent} is not of this stack and left alone (${idOf(object)})`,
      });
      const ranked = fieldsOf(kind).find(([, field]) => field.wire.how === 'rank')?.[1].wire;
      if (ranked?.how === 'rank')
        occupied.push({
          kind: kind.name,
          parent: String(valueAt(object, kind.read.parentParam ?? '')),
          value: Number(valueAt(object, ranked.param)),
        });
    }
  }
  if (before !== undefined) notes.push(...before.observed.notes.filter((note) => note.kind === 'foreign' && raws.length === 0));
  return { raws, notes, occupied };
}

async function detail(raw: Raw, depth: 'full' | 'shallow', call: Call, stack: Watched, now: number | undefined): Promise<Raw> {
  const said = stack.desired.find((entry) => entry.address === raw.address)?.values ?? {};
  const reads = (raw.kind.read.details ?? []).filter(
    (read) => (depth === 'full' || read.always) && (read.ifSaid === undefined || said[read.ifSaid] !== undefined),
  );
  const parts = await Promise.all(
    reads.map(async (read): Promise<[string, Json | undefined]> => {
      try {
        return [read.as ?? read.keep, valueAt(await call(read.op, { [read.param]: outputAt(raw.object, read.from) ?? '' }), read.keep)];
      } catch (cause) {
        if (isNotFound(cause)) return [read.as ?? read.keep, undefined];
        throw cause;
      }
    }),
  );
  const object: Json = {
    ...(raw.object as { readonly [key: string]: Json }),
    ...Object.fromEntries(parts.filter((part): part is [string, Json] => part[1] !== undefined)),
  };
  const body = valueAt(object, 'ServerCertificate.CertificateBody');
  if (typeof body !== 'string') return { ...raw, object };
  const tags = tagsOf(valueAt(object, 'ServerCertificate.Tags'));
  const certificate = decodeCertificate(body);
  const renewal = renewalOf(certificate['validTo'], said['renewBefore'], now);
  const made = { ...raw, tags, object: { ...object, Certificate: { ...certificate, renewal: renewal.state } } };
  return renewal.reason === undefined ? made : { ...made, reasons: { renewal: renewal.reason } };
}

async function lookUp(given: Given, call: Call): Promise<{ address: string; outputs: Readonly<Record<string, string>> }> {
  if (given.lookup === undefined) return { address: given.address, outputs: given.outputs };
  const found =
    valuesAt(
      await call(given.lookup.op, given.lookup.input),
      given.lookup.list.endsWith(']') || given.lookup.list === 'ServerCertificate' ? given.lookup.list : `${given.lookup.list}[]`,
    )[0] ?? {};
  const outputs = Object.fromEntries(
    Object.entries(given.lookup.outputs).flatMap(([name, path]) => {
      const value = outputAt(found, path);
      return value === undefined ? [] : [[name, value]];
    }),
  );
  return { address: given.address, outputs: { ...given.outputs, ...outputs } };
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
