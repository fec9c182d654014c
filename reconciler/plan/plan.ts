import { canonical, reorder, sortSet } from '../model/codec.ts';
import { UNMANAGED } from '../model/field.ts';
import type { Json, Note } from '../model/json.ts';
import { fieldsOf, kindOf } from '../model/kinds.ts';
import type { Desired, Live, Observed, Stack } from '../model/model.ts';
import { mapRefs, refsIn } from '../model/paths.ts';
import type { Delta } from './delta.ts';
import { diff, plainDefault } from './diff.ts';
import { digestOf } from './digest.ts';
import type { Context } from './draft-step.ts';
import { foreignNotes } from './foreign.ts';
import { groupBy } from './group.ts';
import { handOver } from './handover.ts';
import { judge, type Scene } from './losses.ts';
import { lower } from './lower.ts';
import { order } from './order.ts';
import { assignRanks, mergeRanks } from './ranks.ts';
import { namers, referrers } from './referrers.ts';
import { describeChange, worst } from './risk.ts';
import { rollOut } from './rollout.ts';
import type { Change, Lookup, Plan, Step } from './types.ts';
import { unfinished } from './unfinished.ts';
import { temporary, warmUp } from './warm-up.ts';
import { openings } from './world.ts';

/**
 * The plan that takes what was observed to what the stack wants. Pure: no clock, no chance, no environment; the same
 * inputs give the same bytes. `mode: destroy` wants nothing of the stack.
 */
export function plan(stack: Stack, seen: Observed, mode: Plan['mode'] = 'apply'): Plan {
  const { observed, desired, deltas } = compareWith(stack, seen, mode);
  const context = contextOf(stack, observed, desired, deltas);
  const bare = mergeRanks(
    deltas.flatMap((delta) => lower(delta, context)),
    deltas,
    observed,
  );
  const loose = warmUp(bare, { deltas, desired, observed, context }).map((step) => ({
    ...step,
    refs: refsIn(step.input),
    input: mapRefs(step.input, (address, output) => context.settled(address, output)),
  }));
  const { steps: whole, milestones } = order(loose, deltas, context.values);
  const { steps, lookups } = shareLookups(whole);
  const judgement = mode === 'destroy' ? undefined : judge({ deltas, desired, observed });
  const changes = deltas.map((delta) => describeChange(delta, { observed, steps, ...(judgement === undefined ? {} : { judgement }) }));
  const notes: readonly Note[] = [
    ...(mode === 'destroy'
      ? []
      : [...openings(deltas, desired), ...stack.notes, ...unfinished(desired, observed, changes), ...leftAlone(desired, observed)]),
    ...temporary(steps, changes),
    ...foreignNotes(changes, observed),
    ...observed.notes,
  ];
  const touched = new Set(deltas.map((delta) => delta.address as string));
  const specDigest = digestOf(mode === 'destroy' ? { destroy: stack.name } : meaningOf(stack));
  // A set: AWS lists things in any order, and the same state must have the same digest.
  const liveDigest = digestOf(
    sortSet(
      [...observed.live, ...observed.duplicates]
        .filter((entry) => touched.has(entry.address))
        .map((entry): Json => [entry.address, entry.id, entry.values, entry.tags]),
    ),
  );
  const count = (verb: Change['verb']) => changes.filter((change) => change.verb === verb).length;
  return {
    version: 1,
    mode,
    stack: stack.name,
    account: observed.account,
    region: stack.region,
    changes,
    steps,
    ...(milestones.length === 0 ? {} : { milestones }),
    ...(Object.keys(lookups).length === 0 ? {} : { lookups }),
    notes,
    summary: {
      create: count('create'),
      adopt: count('adopt'),
      update: count('update'),
      replace: count('replace'),
      destroy: count('destroy'),
      unchanged: desired.filter((entry) => !touched.has(entry.address)).length,
      risk: worst(changes.map((change) => change.risk)),
    },
    specDigest,
    liveDigest,
    digest: digestOf({
      version: 1,
      mode,
      account: observed.account,
      region: stack.region,
      stack: stack.name,
      specDigest,
      liveDigest,
      changes: changes.map(
        (change): Json => [
          change.address,
          change.verb,
          change.physicalId ?? null,
          change.fields.map((field): Json => [field.field, field.before ?? null, field.after ?? null]),
        ],
      ),
      steps: steps.map((step): Json => [step.id, step.op, step.input, step.needs]),
      ...(milestones.length === 0 ? {} : { milestones: milestones.map(({ id, needs }): Json => [id, needs]) }),
    }),
  };
}

/** What is wanted, what is live under the same addresses, and what differs. */
export function compareWith(stack: Stack, seen: Observed, mode: Plan['mode'] = 'apply'): Scene {
  const existing = mode === 'destroy' ? [] : resolveExisting(stack.desired, seen);
  const { observed, recreateSideBySide } = handOver(existing, seen);
  const desired = assignRanks(existing, observed, recreateSideBySide);
  const deltas = rollOut(
    diff({ stack: stack.name, desired, live: observed.live, duplicates: observed.duplicates, recreateSideBySide }),
    stack,
  );
  return { deltas, desired, observed };
}

/** Look-ups that hold nothing of their own step are said once for each operation. */
function shareLookups(whole: readonly Step[]): { readonly steps: readonly Step[]; readonly lookups: Readonly<Record<string, Lookup>> } {
  const lookups: { [op: string]: Lookup } = {};
  const steps = whole.map((step): Step => {
    const { lookup, ...rest } = step;
    if (lookup?.take === undefined || lookup.not.length > 0) return step;
    lookups[step.op] = lookup;
    return rest;
  });
  return { steps, lookups };
}

/** What the spec means, whatever the order and the notation in which it says so. */
const meaningOf = (stack: Stack): Json => [
  stack.name,
  stack.region,
  Object.fromEntries(stack.desired.map((entry): [string, Json] => [entry.address, [entry.values, entry.tags]])),
  Object.fromEntries(stack.existing.map((entry): [string, Json] => [entry.address, [entry.outputs, entry.lookup?.input ?? null]])),
];

/** Fields that the spec does not say, that albedo does not own, and that somebody has set. */
function leftAlone(desired: readonly Desired[], observed: Observed): readonly Note[] {
  const found = new Map(observed.live.map((entry) => [entry.address as string, entry.values]));
  return desired.flatMap((entry) => {
    const live = found.get(entry.address) ?? {};
    return fieldsOf(kindOf(entry.kind)).flatMap(([name, field]): Note[] => {
      const value = live[name];
      const plain =
        value === undefined ||
        canonical(value) === canonical(plainDefault(field, live)) ||
        (Array.isArray(value) && value.length === 0) ||
        canonical(value) === '{}';
      return field.default !== UNMANAGED || field.internal || !entry.unmanaged.includes(name) || plain
        ? []
        : [{ kind: 'unmanaged', address: entry.address, text: `${name} is not in the spec and is left unchanged` }];
    });
  });
}

/** Puts the ids of what exists already in the place of references to it. */
export function resolveExisting(desired: readonly Desired[], observed: Observed): readonly Desired[] {
  const resolve = (address: string, output: string): Json | undefined => observed.existing[address]?.[output];
  return desired.map((entry) => {
    const fields = fieldsOf(kindOf(entry.kind)).flatMap(([name, field]): [string, Json][] => {
      const value = entry.values[name];
      return value === undefined ? [] : [[name, reorder(field.codec, mapRefs(value, resolve))]];
    });
    return { ...entry, values: Object.fromEntries(fields) };
  });
}

/** What stands in a rank under something else, and the field that names it. */
const RULE = { name: 'rule', within: 'listener' } as const;

/**
 * Whether something that stays still holds on to an object: requests come to it from a load balancer that serves on, or network
 * interfaces of what stays are in it.
 */
function heldAmong(live: readonly Live[], leaves: (address: string) => boolean): Context['held'] {
  const [byAddress, byId] = [referrers(live, holding), namers(live, holding)];
  const own = new Set(live);
  return (entry, but = () => false) => {
    const ids = [entry.outputs['id'], entry.outputs['arn']].filter((id) => id !== undefined);
    // The address of a duplicate is another one's too.
    const naming = [...(own.has(entry) ? byAddress(entry.address) : []), ...ids.flatMap((id) => byId(id))];
    const holders = naming.filter((other) => other !== entry && !but(other.address));
    const { serves } = kindOf(entry.kind);
    if (serves === undefined) return holders.some((other) => !leaves(other.address));
    // A rule on a listener that somebody else owns takes requests for as long as it is there.
    const theirs = holders.some((other) => other.kind === RULE.name && typeof other.values[RULE.within] === 'string');
    const stays = theirs || live.some((other) => other.kind === serves.kind && !leaves(other.address));
    return stays && holders.some((other) => serves.through.includes(other.kind));
  };
}

/** What an object holds on to: all it refers to, save what ends the tie by going (`endsWithMember`). */
const holding = (entry: Live): Readonly<Record<string, Json>> =>
  Object.fromEntries(
    fieldsOf(kindOf(entry.kind)).flatMap(([name, { wire }]): [string, Json][] =>
      wire.how === 'member' && wire.member.endsWithMember ? [] : [[name, entry.values[name] ?? null]],
    ),
  );

function contextOf(stack: Stack, observed: Observed, desired: readonly Desired[], deltas: readonly Delta[]): Context {
  const live = new Map(observed.live.map((entry) => [entry.address as string, entry]));
  const wanted = new Map(desired.map((entry) => [entry.address as string, entry]));
  const verbs = new Map(deltas.filter((delta) => !delta.duplicate).map((delta) => [delta.address as string, delta]));
  const known = groupBy([...observed.live, ...observed.duplicates], (entry): string => entry.address);
  const users = referrers(desired, (entry) => entry.values);
  const leaves = (address: string): boolean => ['replace', 'destroy'].includes(verbs.get(address)?.verb ?? '');
  const outputOf = (address: string, output: string): Json | undefined =>
    live.get(address)?.outputs[output] ?? observed.existing[address]?.[output];
  return {
    stack: stack.name,
    account: observed.account,
    region: stack.region,
    leaves,
    destroyBeforeCreate: (address) => leaves(address) && verbs.get(address)?.first === true,
    settled: (address, output) => (['create', 'replace'].includes(verbs.get(address)?.verb ?? '') ? undefined : outputOf(address, output)),
    old: (value) => mapRefs(value, outputOf),
    valueOf: (value, field, side) => {
      const address = refsIn(value)[0]?.address;
      const entries: readonly { readonly address: string; readonly id?: string; readonly values: Readonly<Record<string, Json>> }[] =
        side === 'live' ? [...observed.live, ...observed.duplicates] : desired;
      const known = entries.find((entry) => (address === undefined ? entry.id === value : entry.address === address))?.values[field];
      const given = Object.entries(observed.existing).find(([at, { id }]) => (address === undefined ? id === value : at === address));
      return known ?? given?.[1][field];
    },
    taken: new Set([
      ...observed.taken.map((entry) => `${entry.kind}:${entry.name}`),
      ...[...observed.live, ...observed.duplicates].flatMap((entry) =>
        kindOf(entry.kind).create.name === undefined || entry.outputs['name'] === undefined
          ? []
          : [`${entry.kind}:${entry.outputs['name']}`],
      ),
    ]),
    values: (address, side) => (side === 'live' ? live : wanted).get(address)?.values,
    batchOf: (address) => verbs.get(address)?.batch,
    going: new Set(
      deltas.flatMap((delta) => (delta.live === undefined || !['replace', 'destroy'].includes(delta.verb) ? [] : [delta.live.id])),
    ),
    held: heldAmong(observed.live, leaves),
    idsAt: (address) => (known.get(address) ?? []).map((entry) => entry.id),
    usedBy: (address, kinds) => users(address).some((entry) => kinds.includes(entry.kind)),
  };
}
