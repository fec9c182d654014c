import { isRef } from '../model/codec.ts';
import type { Kind } from '../model/field.ts';
import type { Address, Json, JsonObject, Note } from '../model/json.ts';
import { fieldsOf, kindOf } from '../model/kinds.ts';
import type { Desired, Live, Observed } from '../model/model.ts';
import { refsIn, valueAt } from '../model/paths.ts';
import { awaitStep, membersOf } from './await-steps.ts';
import type { Delta } from './delta.ts';
import { type Context, type DraftStep, nameOf, step } from './draft-step.ts';
import { groupBy } from './group.ts';
import { fill, put } from './inputs.ts';
import { lower } from './lower.ts';
import { isFitFor } from './preconditions.ts';
import { referrers } from './referrers.ts';
import type { Change, Step } from './types.ts';

/** What a plan is made from, as far as warming up needs it. */
export interface Scene {
  readonly deltas: readonly Delta[];
  readonly desired: readonly Desired[];
  readonly observed: Observed;
  readonly context: Context;
}

/**
 * Requests are led to a target group only when its targets are in service. A group behind no listener is not even checked
 * (Target.NotInUse), and one with `initial` targets answers 503: repointing a listener to a new group loses requests until the
 * first checks have passed. So a new group is first put in use by something that no request matches:
 *
 * | step | waits for |
 * | --- | --- |
 * | make the group, register its targets | |
 * | make the rule `warm-up@web`, which forwards what nobody asks for | the group |
 * | wait until the targets are healthy | the rule, the targets |
 * | repoint listeners and rules, make new rules | the wait |
 * | remove the rule | those |
 *
 * The rule has our tags: one that an interrupted run left behind is removed by the next plan. A group that is in use already is
 * only waited for. At the quota there is no room for the rule: then the group is put, without a share of the requests, into an action
 * that is to lead to it anyway.
 */
export function warmUp(loose: readonly DraftStep[], scene: Scene): readonly DraftStep[] {
  const added: DraftStep[] = [];
  const steps = groupBy(loose, (one): string => one.address);
  const rooms = new Map<Kind, Room>();
  let count = 0;
  const waits = new Map<string, string[]>();
  const leading = referrers(scene.deltas, (delta) => delta.live?.values);
  const coming = referrers(scene.deltas, (delta) => delta.desired?.values);
  const changed = new Map(scene.deltas.filter((delta) => !delta.duplicate).map((delta) => [delta.address as string, delta]));
  const standing = new Map(scene.observed.live.map((entry) => [entry.address as string, entry]));
  const redirecting = scene.deltas.filter(redirects);
  const beside: Beside = new Map();
  for (const cold of scene.desired) {
    const kind = kindOf(cold.kind);
    if (kind.warmUp === undefined || kind.serves === undefined) continue;
    const live = standing.get(cold.address);
    const members = membersIn(cold, kind.warmUp.ifAny, live, scene.context);
    if (members.length === 0) continue;
    const found = changed.get(cold.address);
    const users = newUsers({ cold, kind, live, found }, coming(cold.address), redirecting);
    const [host] = users.flatMap((user) => hostOf(cold.address, user, kind, scene));
    if (host === undefined) continue;
    const room = rooms.get(kind) ?? roomFor(kind, loose, scene);
    rooms.set(kind, room);
    const warming = warmUpOf({ cold, kind, host, members, users, found, live, room, steps, index: count++ }, scene.context, beside);
    added.push(...warming);
    const wait = warming.find((one) => one.effect === 'await');
    // What leads to it now lets go only then, too: unused, it would never be in service.
    const holders = leading(cold.address).filter((delta) => kind.serves?.through.includes(delta.kind.name) === true);
    for (const { address } of new Set([...users, ...holders]))
      if (wait !== undefined) waits.set(address, [...(waits.get(address) ?? []), wait.id]);
  }
  if (added.length === 0) return loose;
  const held = loose.map((one) =>
    isLeading(one) || (one.effect === 'destroy' && one.first) ? { ...one, needs: [...one.needs, ...(waits.get(one.address) ?? [])] } : one,
  );
  return [...held, ...added];
}

/** What exists only while the plan runs, for people: such a rule is no change, and stands in AWS for a while all the same. */
export function temporary(steps: readonly Step[], changes: readonly Change[]): readonly Note[] {
  const lasting = new Set(changes.map((change) => change.address as string));
  return steps.flatMap((one): Note[] => {
    if (one.effect !== 'create' || lasting.has(one.address)) return [];
    const kind = kindOf(one.address);
    const place = fieldsOf(kind).find(([, field]) => field.wire.how === 'rank')?.[1].wire;
    const at = place?.how === 'rank' ? valueAt(one.input, place.param) : undefined;
    return [
      {
        kind: 'temporary',
        address: one.address,
        text: `${kind.label}${at === undefined ? '' : ` with ${String(place?.how === 'rank' ? place.param.toLowerCase() : '')} ${String(at)}`}, created and deleted again during the apply: ${one.title}`,
      },
    ];
  });
}

/** What is registered: as the spec says, or, of what it leaves alone, by whoever did. */
function membersIn({ address, values }: Desired, field: string, live: Live | undefined, context: Context): readonly Json[] {
  return (values[field] ?? (context.leaves(address) ? undefined : live?.values[field]) ?? []) as readonly Json[];
}

/** The call by which a listener or rule begins to lead somewhere. */
const isLeading = (one: DraftStep): boolean => [kindOf(one.address).create.op, kindOf(one.address).modify?.op].includes(one.op);

/** One group that is to be warmed up, and where. */
interface Cold {
  readonly cold: Desired;
  readonly kind: Kind;
  /** Address of the listener whose rule puts it in use. */
  readonly host: string;
  /** What is registered when all is done. */
  readonly members: readonly Json[];
  readonly users: readonly Delta[];
  readonly found: Delta | undefined;
  readonly live: Live | undefined;
  readonly room: Room;
  /** All steps so far, by address. */
  readonly steps: ReadonlyMap<string, readonly DraftStep[]>;
  /** How many were warmed up before this one. */
  readonly index: number;
}

function warmUpOf(one: Cold, context: Context, beside: Beside): readonly DraftStep[] {
  const { cold, kind, members, users, found, live, room, steps, index } = one;
  const delta: Delta = found ?? bare(cold, live);
  const stands = live !== undefined && found?.verb !== 'replace';
  const own = (steps.get(cold.address) ?? []).filter((each) => each.phase === 'make' && each.effect !== 'await' && !each.afterReady);
  // What leads to it now and must go first leaves it unused before anything else leads to it.
  const probe =
    stands && context.held(live, (address) => context.destroyBeforeCreate(address))
      ? []
      : ((room.most > index ? undefined : besideSteps(cold, users, context, beside)) ?? probeSteps(one, context));
  const settled = kind.awaits?.find((wait) => wait.name === 'settled');
  // In a range that is full nothing can be put in use beforehand: the group's targets are checked once the rule leads to it.
  if (settled === undefined || probe === undefined) return [];
  const { last: _last, ...wait } = settled;
  const self: Json = stands ? live.id : { $ref: `${cold.address}.id` };
  const needs = [...own, ...probe.filter((each) => each.effect !== 'destroy')].map(({ id }) => id);
  const registered = kind.warmUp === undefined ? cold.values : { ...cold.values, [kind.warmUp.ifAny]: members };
  const waiting = awaitStep(delta, wait, { ...membersOf(kind, registered), id: self }, needs);
  return [...probe, { ...waiting, id: `${cold.address}:await.warm` }];
}

interface Room {
  /** How many rules the load balancer still takes while all that goes is still there and all that comes has come. */
  readonly most: number;
  /** A place that no rule has or gets, another one each time; within a range where one is given. Undefined where none is left. */
  readonly place: (range?: Desired['range']) => number | undefined;
}

function roomFor(kind: Kind, loose: readonly DraftStep[], { desired, observed }: Scene): Room {
  const by = kindOf(kind.warmUp?.by ?? kind.name);
  const there = [...observed.live, ...observed.duplicates].filter((entry) => entry.kind === by.name);
  const occupied = observed.occupied.filter((entry) => entry.kind === by.name);
  const coming = loose.filter((one) => one.op === by.create.op).length;
  const [place] = fieldsOf(by).find(([, { wire }]) => wire.how === 'rank') ?? [''];
  const wanted = desired.filter((entry) => entry.kind === by.name);
  const used = new Set<Json | undefined>([...there, ...wanted].map((entry) => entry.values[place]));
  for (const entry of occupied) used.add(entry.value);
  return {
    most: (by.most ?? Number.POSITIVE_INFINITY) - there.length - occupied.length - coming,
    place: (range) => takePlace(used, range),
  };
}

/**
 * In use beside what serves now, in the action of one that is to lead to it: nothing has to be taken back, since that action is
 * changed next. Undefined where no such action has room, or another owner keeps it.
 */
function besideSteps(cold: Desired, users: readonly Delta[], context: Context, beside: Beside): readonly DraftStep[] | undefined {
  for (const user of users) {
    const { modify } = user.kind;
    if (user.live === undefined || user.verb !== 'update' || modify === undefined) continue;
    for (const { name, field } of user.fields) {
      if (field.wire.how !== 'modify') continue;
      const last = beside.get(user.address);
      const now = last?.value ?? context.old(user.live.values[name] ?? null);
      const value = field.codec.withZeroWeightGroup?.(now, { $ref: `${cold.address}.arn` });
      if (value === undefined) continue;
      const made = step(
        user,
        `beside.${nameOf(cold.address)}`,
        modify.op,
        put({ [modify.param]: user.live.id }, field.wire.param, field.codec.write(value)),
        {
          effect: 'update',
          noTrafficEffect: true,
          needs: last === undefined ? [] : [last.id],
          title: `attach ${kindOf(cold.kind).label} ${nameOf(cold.address)} beside the serving group, without requests`,
        },
      );
      beside.set(user.address, { value, id: made.id });
      return [made];
    }
  }
  return undefined;
}

/** What the actions hold once the steps so far are done, by the address of listener or rule. */
type Beside = Map<string, { readonly value: Json; readonly id: string }>;

/** What puts the group in use for that while, and its removal once the real users lead to it. */
function probeSteps({ cold, kind, host, users, room, steps }: Cold, context: Context): readonly DraftStep[] | undefined {
  const { warmUp } = kind;
  if (warmUp === undefined) return [];
  const by = kindOf(warmUp.by);
  const { desired: guest } = users.find((user) => user.desired?.values[warmUp.on] === host) ?? {};
  const place = room.place(guest?.range);
  if (place === undefined) return undefined;
  const listener = guest === undefined ? nameOf(host) : nameOf(guest.address).replace(/\.[^.]*$/, '');
  const address: Address = `${by.name}/${listener}.warm-up@${nameOf(cold.address)}`;
  const values = fieldsOf(by).flatMap(([name, field]): [string, Json][] => {
    if (name === warmUp.on) return [[name, guest === undefined ? { $ref: `${host}.arn` } : host]];
    if (field.wire.how === 'rank') return [[name, place]];
    const said = warmUp.values[name] ?? (typeof field.default === 'symbol' ? undefined : field.default);
    return said === undefined ? [] : [[name, field.codec.parse(fill(said, { name: nameOf(cold.address) }))]];
  });
  const desired: Desired = {
    address,
    kind: by.name,
    values: Object.fromEntries(values),
    tags: {},
    positions: {},
    ignored: [],
    unmanaged: [],
  };
  const delta: Delta = { ...bare(desired), verb: 'create' };
  const made = lower(delta, context).map((one) => ({
    ...one,
    title: `attach ${kind.label} ${nameOf(cold.address)}, without requests`,
  }));
  const leading = users.flatMap((user) => (steps.get(user.address) ?? []).filter(isLeading));
  const removed = step(
    delta,
    'destroy',
    by.destroy.op,
    { [by.destroy.param]: { $ref: `${address}.id` } },
    {
      effect: 'destroy',
      phase: 'make',
      needs: [...made, ...leading].map(({ id }) => id),
      title: `end the warm-up of ${kind.label} ${nameOf(cold.address)}`,
    },
  );
  return [...made, removed];
}

const bare = (desired: Desired, live?: Live): Delta => ({
  address: desired.address,
  kind: kindOf(desired.kind),
  verb: 'update',
  desired,
  ...(live === undefined ? {} : { live }),
  fields: [],
  tags: { set: {}, remove: [] },
  first: false,
  duplicate: false,
});

/** What will serve and leads to the group only from now on. */
function newUsers(
  { cold, kind, live, found }: Pick<Cold, 'cold' | 'kind' | 'live' | 'found'>,
  coming: readonly Delta[],
  redirecting: readonly Delta[],
): readonly Delta[] {
  const members = live?.values[kind.warmUp?.ifAny ?? ''];
  // One that has no members yet serves nothing now, whoever forwards to it.
  const isEmpty = Array.isArray(members) && members.length === 0;
  const isNew = found !== undefined && found.verb !== 'update';
  const begins = (delta: Delta): boolean =>
    isNew ||
    delta.verb !== 'update' ||
    (sharesOut(cold.address, delta.desired?.values) && (isEmpty || !sharesOut(cold.address, delta.live?.values)));
  const users = [...coming.filter(begins), ...(isEmpty ? redirecting : [])];
  return [...new Set(users)].filter((delta) => kind.serves?.through.includes(delta.kind.name) === true && delta.verb !== 'destroy');
}

/** Whether it begins to send clients to another listener, which may forward to the group. */
const redirects = (delta: Delta): boolean =>
  delta.fields.some(({ field, after }) => after !== undefined && field.codec.redirects?.(after) === true);

/** Whether requests go to the group: it is named, and not with a weight of 0. */
function sharesOut(address: string, values: Json | undefined): boolean {
  if (typeof values !== 'object' || values === null) return false;
  if (isRef(values)) return refsIn(values)[0]?.address === address;
  if (!Array.isArray(values) && (values as JsonObject)['weight'] === 0) return false;
  return Object.values(values).some((each) => sharesOut(address, each as Json));
}

/** The staying listener by which requests reach a user: itself, or the one it belongs to. Nothing where none is live. */
function hostOf(cold: string, user: Delta, kind: Kind, { context }: Scene): readonly string[] {
  const by = kindOf(kind.warmUp?.by ?? user.kind.name);
  const on = user.desired?.values[kind.warmUp?.on ?? ''];
  const parent = refsIn(on)[0]?.address;
  // A listener that somebody else owns stays.
  if (user.kind === by && parent === undefined && typeof on === 'string') return [on];
  const host = user.kind === by ? parent : user.address;
  const stays = host !== undefined && !context.leaves(host) && context.idsAt(host).length > 0;
  return stays && isFitFor(cold, host, context.values) ? [host] : [];
}

/** From where free places are looked for, downwards: far from where rules are, and from where `ranks.ts` puts those that go. */
const FAR = 49_000;

function takePlace(used: Set<Json | undefined>, { from, to }: NonNullable<Desired['range']> = { from: 1, to: FAR }): number | undefined {
  for (let place = to; place >= from; place--)
    if (!used.has(place)) {
      used.add(place);
      return place;
    }
  return undefined;
}
