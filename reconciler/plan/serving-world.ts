/** The state of a stack before or after a change, as far as it decides who answers a request. Pure data. */

import { isRef } from '../model/codec.ts';
import type { Json, JsonObject } from '../model/json.ts';
import type { Observed, State } from '../model/model.ts';
import { groupBy } from './group.ts';
import { contains } from './serving-conditions.ts';

/** One resource in one state of the world. */
export interface Entry {
  readonly address: string;
  readonly kind: string;
  readonly id?: string;
  readonly values: Readonly<Record<string, Json>>;
  /** What AWS says of the health of its targets; absent where nobody knows it yet. */
  readonly states?: readonly State[];
}

export interface World {
  readonly entries: ReadonlyMap<string, Entry>;
  /** Outputs of what was given by id. */
  readonly existing: Observed['existing'];
  /** Target groups of others, by their ARN: the states of their targets. One that is not here could not be read. */
  readonly strangers: Readonly<Record<string, readonly State[]>>;
  /** Targets that AWS calls healthy although zones and security groups, as far as they are known, say otherwise: `believe`. */
  readonly believed?: ReadonlySet<string>;
}

/** The resource that a reference or a physical id names; undefined: somebody else's. */
export function entryOf(world: World, value: Json | undefined): Entry | undefined {
  if (isRef(value)) return world.entries.get(value.$ref.slice(0, value.$ref.lastIndexOf('.')));
  return typeof value === 'string' ? indexOf(world).byId.get(value) : undefined;
}

export const ofKind = (world: World, kind: string): readonly Entry[] => indexOf(world).byKind.get(kind) ?? [];

interface Index {
  readonly byId: ReadonlyMap<string, Entry>;
  readonly byKind: ReadonlyMap<string, readonly Entry[]>;
}

const indexes = new WeakMap<World['entries'], Index>();

/** Entries by what they are asked for, made once for each world. */
function indexOf({ entries }: World): Index {
  const known = indexes.get(entries);
  if (known !== undefined) return known;
  const byId = new Map<string, Entry>();
  for (const entry of entries.values()) if (entry.id !== undefined && !byId.has(entry.id)) byId.set(entry.id, entry);
  const index = { byId, byKind: groupBy([...entries.values()], ({ kind }) => kind) };
  indexes.set(entries, index);
  return index;
}

export const listOf = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? (value as readonly Json[]) : []);

/** The zone of a subnet that is named by reference or id; undefined: not known. */
export function zoneOf(world: World, subnet: Json | undefined): string | undefined {
  const zone = entryOf(world, subnet)?.values['availabilityZone'];
  if (typeof zone === 'string') return zone;
  return Object.values(world.existing).find((outputs) => outputs['id'] === subnet)?.['availabilityZone'];
}

/** The zones that a load balancer serves; undefined where one of its subnets is not known. */
export function zonesOf(world: World, balancer: Entry | undefined): ReadonlySet<string> | undefined {
  const zones = listOf(balancer?.values['subnets']).map((each) => {
    const mapped = typeof each === 'object' && each !== null && !isRef(each) ? (each as JsonObject)['subnet'] : each;
    return zoneOf(world, mapped);
  });
  return zones.length === 0 || zones.includes(undefined) ? undefined : new Set(zones as readonly string[]);
}

/** The networks of a load balancer's subnets and of its VPC, as far as they are known. */
function networksOf(world: World, balancer: Entry | undefined): readonly string[] {
  return listOf(balancer?.values['subnets']).flatMap((each) => {
    const block = entryOf(world, each)?.values['cidrBlock'];
    return typeof block === 'string' ? [block] : [];
  });
}

/** Who may connect on a TCP port by a set of security groups. `anybody`: one of the groups is not known, and believed. */
export function peersOn(world: World, groups: Json | undefined, port: number): readonly Json[] | 'anybody' {
  const found: Json[] = [];
  for (const each of listOf(groups)) {
    const group = entryOf(world, each);
    if (group === undefined) return 'anybody';
    for (const permission of listOf(group.values['ingress']) as readonly JsonObject[])
      if (allows(permission, port)) found.push(peerOf(permission));
  }
  return found;
}

/** Whether a security group rule is about this TCP port. */
export function allows(permission: JsonObject, port: number): boolean {
  const { protocol, fromPort, toPort } = permission;
  return protocol === '-1' || (protocol === 'tcp' && Number(fromPort) <= port && port <= Number(toPort));
}

/** A security group rule without its ports: who it lets in. */
export function peerOf(permission: JsonObject): Json {
  const { protocol: _protocol, fromPort: _from, toPort: _to, description: _text, ...peer } = permission;
  return peer;
}

/** The network of a peer, IPv4 or IPv6; undefined for a group, a prefix list. */
export const networkOf = (peer: Json): string | undefined => {
  const value = Object.values(peer as JsonObject).find((each) => typeof each === 'string' && each.includes('/'));
  return typeof value === 'string' ? value : undefined;
};

/** Whether the load balancer may connect to what is in these groups. What is not known is believed. */
export function reaches(world: World, balancer: Entry | undefined, groups: Json | undefined, port: number): boolean {
  const peers = peersOn(world, groups, port);
  if (peers === 'anybody' || balancer === undefined || listOf(groups).length === 0) return true;
  const own = listOf(balancer.values['securityGroups']);
  const networks = networksOf(world, balancer);
  return peers.some((peer) => {
    const network = networkOf(peer);
    if (network !== undefined) return networks.length === 0 || networks.some((each) => contains(network, each) || contains(each, network));
    const group = (peer as JsonObject)['group'];
    const named = entryOf(world, group);
    // Another kind of peer, or a group of others that the load balancer may be in.
    if (group === undefined || (named === undefined && isRef(group) === false && own.some((each) => !isRef(each)))) return true;
    return own.some((each) => (named === undefined ? each === group : entryOf(world, each)?.address === named.address));
  });
}
