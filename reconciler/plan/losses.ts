/**
 * What a change takes from clients, found by comparing who serves before and after (`serving.ts`), and which part of the
 * change is the cause.
 */

import { canonical, isRef } from '../model/codec.ts';
import type { Json, JsonObject } from '../model/json.ts';
import type { Desired, Live, Observed } from '../model/model.ts';
import type { Delta } from './delta.ts';
import { groupsInUse, type Loss, lossesBetween } from './serving.ts';
import { contains } from './serving-conditions.ts';
import { believe } from './serving-targets.ts';
import { allows, type Entry, entryOf, listOf, networkOf, ofKind, peerOf, type World } from './serving-world.ts';

export interface Blame {
  /** The field of an update; absent: the change as a whole. */
  readonly field?: string;
  readonly reasons: readonly string[];
}

export interface Judgement {
  /** By address: what its change loses. Each loss has one cause, the one nearest to the client. */
  readonly losses: ReadonlyMap<string, readonly Blame[]>;
  /** Target groups and instances that get no requests now: what is done to them moves none. */
  readonly idle: ReadonlySet<string>;
  /** Security groups of which only such rules are taken out that nobody can use, or that another rule makes up for. */
  readonly needless: ReadonlySet<string>;
}

/** A comparison, with both of its sides. */
export interface Scene {
  readonly deltas: readonly Delta[];
  readonly desired: readonly Desired[];
  readonly observed: Observed;
}

/** What is live. */
export function worldNow({ observed }: Pick<Scene, 'observed'>): World {
  return worldFrom([...observed.live.map(entryFrom), ...observed.duplicates.map(extraFrom)], observed);
}

/** What the spec wants, with nothing known of health: all that is registered is taken for healthy. */
export function worldWanted(scene: Scene): World {
  const world = worldAfter(scene, () => true);
  return worldFrom(
    [...world.entries.values()].map(({ states: _states, ...entry }) => entry),
    { existing: world.existing, strangers: {} },
  );
}

/** What tells a change from all others: an extra object has the address of another one. */
export const keyOf = ({ address, duplicate, live }: Delta): string => (duplicate ? `${address}~${live?.id ?? ''}` : address);

const extraFrom = (live: Live): Entry => ({ ...entryFrom(live), address: `${live.address}~${live.id}` });

/** Judges a plan that applies. */
export function judge(scene: Scene): Judgement {
  const now = worldNow(scene);
  const believed = believe(now);
  const before: World = { ...now, believed };
  const after = (applied: Applied): World => ({ ...worldAfter(scene, applied), believed });
  const lost = lossesBetween(
    before,
    after(() => true),
  );
  return { losses: causesOf(before, lost, scene, after), idle: idleIn(before), needless: needlessIn(scene, before) };
}

/** The same from the other side: what clients lose as it is live now, against what the spec says, and by which difference. */
export function judgeDrift(scene: Scene): Judgement['losses'] {
  const wanted = worldWanted(scene);
  const withoutHealth = (world: World): World =>
    worldFrom(
      [...world.entries.values()].map(({ states: _states, ...entry }) => entry),
      { existing: world.existing, strangers: {} },
    );
  const updates = new Set(scene.deltas.flatMap((delta) => (delta.verb === 'update' ? [delta.address as string] : [])));
  // A difference that is left as it is stays live; all others are as the spec says. Of an update each field is one.
  const live = (drifted: Applied): World =>
    withoutHealth(worldAfter(scene, (address, field) => (field === undefined && updates.has(address)) || !drifted(address, field)));
  return causesOf(
    wanted,
    lossesBetween(
      wanted,
      live(() => true),
    ),
    scene,
    live,
  );
}

/** Whether a change, or one field of it, is part of a world. */
type Applied = (address: string, field?: string) => boolean;

/** What is nearest to clients first. */
const NEAREST = ['rule', 'listener', 'targetGroup', 'securityGroup', 'loadBalancer', 'instance', 'subnet'];

function causesOf(before: World, losses: readonly Loss[], scene: Scene, worldWith: (applied: Applied) => World): Judgement['losses'] {
  const found = new Map<string, { readonly field?: string; readonly reasons: string[] }[]>();
  if (losses.length === 0) return found;
  const nearness = (delta: Delta): number => (NEAREST.indexOf(delta.kind.name) + NEAREST.length) % NEAREST.length;
  const causes = [...scene.deltas].map((delta) => ({ ...delta, key: keyOf(delta) })).sort((a, b) => nearness(a) - nearness(b));
  const worlds = remembering(worldWith);
  for (const loss of losses) {
    // Of a world only this path is looked at.
    const lostWith = (key: string, applied: Applied): boolean =>
      lossesBetween(before, worlds(key, applied), loss.path).some((other) => other.key === loss.key);
    const without = (address: string): boolean => !lostWith(`without ${address}`, (other) => other !== address);
    const alone = (address: string): boolean => lostWith(`only ${address}`, (other) => other === address);
    const isNamed = ({ key }: { readonly key: string }): boolean => loss.by.includes(key);
    // First what the path names, then what took another one: mostly it is one of them.
    const named = causes.filter(isNamed);
    const likely = [...named, ...causes.filter((each) => !isNamed(each) && found.has(each.key))];
    // Of very many losses the change of what answered a path is taken for the cause: trying each in a world of its own would take long.
    const obvious = losses.length > MANY ? (named.find(({ key }) => key === loss.path.handler) ?? named[0]) : undefined;
    const cause =
      obvious ??
      likely.find(({ key }) => without(key)) ??
      causes.find(({ key }) => without(key)) ??
      causes.find(({ key }) => alone(key)) ??
      named[0];
    if (cause === undefined) continue;
    const { key: address } = cause;
    const field =
      cause.verb !== 'update'
        ? undefined
        : obvious !== undefined
          ? // A place among others decides less than what is matched and done.
            (cause.fields.find(({ field }) => field.wire.how !== 'rank') ?? cause.fields[0])?.name
          : (cause.fields.find(({ name }) => !lostWith(`without ${address} ${name}`, (other, part) => other !== address || part !== name))
              ?.name ??
            cause.fields.find(({ name }) =>
              lostWith(`only ${address} ${name}`, (other, part) => other === address && (part === undefined || part === name)),
            )?.name);
    const own = found.get(address) ?? [];
    found.set(address, own);
    const same = own.find((blame) => blame.field === field);
    if (same === undefined) own.push({ ...(field === undefined ? {} : { field }), reasons: [loss.reason] });
    else if (!same.reasons.includes(loss.reason)) same.reasons.push(loss.reason);
  }
  return found;
}

/** More losses than a reader would look at one by one. */
const MANY = 100;

/** A world of a thousand rules takes memory: so many are kept. */
const MOST_WORLDS = 50;

/** Worlds are many and asked for again and again. */
function remembering<T>(make: (applied: Applied) => T): (key: string, applied: Applied) => T {
  const known = new Map<string, T>();
  return (key, applied) => {
    const value = known.get(key) ?? make(applied);
    known.set(key, value);
    const [oldest] = known.size > MOST_WORLDS ? known.keys() : [];
    if (oldest !== undefined) known.delete(oldest);
    return value;
  };
}

/** What is the same in all worlds of a comparison. */
interface Ground {
  readonly changes: ReadonlyMap<string, Delta>;
  readonly live: ReadonlyMap<string, Live>;
  /** Objects with all their changes made, where these alone decide what they are then. */
  readonly whole: Map<string, Entry>;
}

const grounds = new WeakMap<Scene, Ground>();

function groundOf(scene: Scene): Ground {
  const known = grounds.get(scene);
  if (known !== undefined) return known;
  const changes = new Map(scene.deltas.filter((delta) => !delta.duplicate).map((delta) => [delta.address as string, delta]));
  const ground = { changes, live: new Map(scene.observed.live.map((entry) => [entry.address as string, entry])), whole: new Map() };
  grounds.set(scene, ground);
  return ground;
}

/** The world in which some of the changes were made. */
function worldAfter(scene: Scene, applied: Applied): World {
  const { desired, observed } = scene;
  const { changes, live, whole } = groundOf(scene);
  const ends = (address: string): boolean => ['replace', 'destroy'].includes(changes.get(address)?.verb ?? '') && applied(address);
  const wanted = desired.flatMap((entry): Entry[] => {
    const now = live.get(entry.address);
    const delta = changes.get(entry.address);
    if (delta !== undefined && !applied(entry.address)) return now === undefined ? [] : [entryFrom(now)];
    if (now === undefined || delta?.verb === 'replace') return [{ address: entry.address, kind: entry.kind, values: entry.values }];
    const isWhole = delta?.fields.every(({ name }) => applied(entry.address, name)) !== false;
    const known = isWhole ? whole.get(entry.address) : undefined;
    if (known !== undefined) return [known];
    const made = merged(entry, now, delta, applied, ends);
    // What is left of its targets hangs on which instances end.
    if (isWhole && (entry.values['targets'] !== undefined || now.values['targets'] === undefined)) whole.set(entry.address, made);
    return [made];
  });
  const known = new Set(desired.map((entry) => entry.address as string));
  const rest = observed.live.filter((entry) => !known.has(entry.address) && !applied(entry.address)).map(entryFrom);
  const extra = observed.duplicates.map(extraFrom).filter((entry) => !applied(entry.address));
  return worldFrom([...wanted, ...rest, ...extra], observed);
}

/** What stays of the live object where the spec says nothing, or leaves the field to somebody else. */
function merged(wanted: Desired, now: Live, delta: Delta | undefined, applied: Applied, ends: (address: string) => boolean): Entry {
  const left = (name: string): boolean =>
    wanted.values[name] === undefined || wanted.ignored.some((ignored) => ignored === name || name.startsWith(`${ignored}.`));
  const values: { [name: string]: Json } = { ...wanted.values };
  for (const [name, value] of Object.entries(now.values)) if (left(name)) values[name] = staying(name, value, ends);
  for (const { name } of delta?.fields ?? []) {
    if (applied(wanted.address, name)) continue;
    const value = now.values[name];
    if (value === undefined) delete values[name];
    else values[name] = value;
  }
  return { address: wanted.address, kind: wanted.kind, id: now.id, values, ...(now.states === undefined ? {} : { states: now.states }) };
}

/** A target that nobody registers again ends with its instance. */
const staying = (name: string, value: Json, ends: (address: string) => boolean): Json =>
  name !== 'targets' || !Array.isArray(value)
    ? value
    : (value as readonly JsonObject[]).filter(({ id }) => !(isRef(id) && ends(id.$ref.slice(0, id.$ref.lastIndexOf('.')))));

const entryFrom = ({ address, kind, id, values, states }: Live): Entry => ({
  address,
  kind,
  id,
  values,
  ...(states === undefined ? {} : { states }),
});

const worldFrom = (entries: readonly Entry[], { existing, strangers }: Pick<Observed, 'existing' | 'strangers'>): World => ({
  entries: new Map(entries.map((entry) => [entry.address, entry])),
  existing,
  strangers: strangers ?? {},
});

function idleIn(world: World): ReadonlySet<string> {
  const used = groupsInUse(world);
  const serving = new Set(
    ofKind(world, 'targetGroup')
      .filter((group) => used.has(group.address))
      .flatMap((group) =>
        (listOf(group.values['targets']) as readonly JsonObject[]).map(({ id }) => entryOf(world, id)?.address ?? canonical(id)),
      ),
  );
  return new Set([
    ...ofKind(world, 'targetGroup').flatMap(({ address }) => (used.has(address) ? [] : [address])),
    ...ofKind(world, 'instance').flatMap(({ address }) => (serving.has(address) ? [] : [address])),
  ]);
}

function needlessIn({ deltas }: Scene, world: World): ReadonlySet<string> {
  const ports = ofKind(world, 'listener').map((listener) => Number(listener.values['port']));
  return new Set(
    deltas.flatMap((delta) => {
      const change = delta.kind.name === 'securityGroup' ? delta.fields.find(({ name }) => name === 'ingress') : undefined;
      if (change === undefined || delta.duplicate) return [];
      const users = ['loadBalancer', 'instance'].flatMap((kind) =>
        ofKind(world, kind).filter((entry) =>
          listOf(entry.values['securityGroups']).some((group) => entryOf(world, group)?.address === delta.address),
        ),
      );
      // What listens on an instance nobody here knows; a load balancer listens where its listeners do.
      const onlyListeners = users.length > 0 && users.every(({ kind }) => kind === 'loadBalancer');
      const kept = listOf(change.after) as readonly JsonObject[];
      const spare = (rule: JsonObject): boolean =>
        kept.some((other) => includes(other, rule)) || (onlyListeners && !ports.some((port) => allows(rule, port)));
      return (listOf(change.before) as readonly JsonObject[]).every(spare) ? [delta.address] : [];
    }),
  );
}

/** Whether one security group rule lets in all that another one does. */
function includes(wide: JsonObject, narrow: JsonObject): boolean {
  const [outer, inner] = [networkOf(peerOf(wide)), networkOf(peerOf(narrow))];
  const peers =
    canonical(peerOf(wide)) === canonical(peerOf(narrow)) || (outer !== undefined && inner !== undefined && contains(outer, inner));
  if (!peers) return false;
  if (wide['protocol'] === '-1') return true;
  return (
    wide['protocol'] === narrow['protocol'] &&
    Number(wide['fromPort']) <= Number(narrow['fromPort']) &&
    Number(wide['toPort']) >= Number(narrow['toPort'])
  );
}
