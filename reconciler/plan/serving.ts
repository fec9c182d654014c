/**
 * Who serves a request: a pure function of the state of the world. A path is what clients ask for: the port of a listener, with the
 * conditions of one rule or with none, which is its default action.
 */

import { canonical, isRef, nameOf } from '../model/codec.ts';
import type { Json, JsonObject } from '../model/json.ts';
import { contains, covers, disjoint } from './serving-conditions.ts';
import { groupServes } from './serving-targets.ts';
import { type Entry, entryOf, listOf, networkOf, ofKind, peersOn, type World } from './serving-world.ts';

/** How much of the requests somebody answers, from 0 to 1. */
export interface Served {
  /** Sent to a registered target that the load balancer reaches, healthy or not: with none healthy, requests go to all (ELBv2 guide). */
  readonly sent: number;
  /** The same, with targets that are healthy as far as anybody knows. */
  readonly healthy: number;
  /** Why it is less than 1, in words. */
  readonly why: readonly string[];
}

export interface Loss {
  /** What tells it from other losses: the listener, the rule that matched before and the one that does after. */
  readonly key: string;
  /** In one sentence. */
  readonly reason: string;
  /** Addresses that decide what the path is answered now and was before: rules, listener and groups. */
  readonly by: readonly string[];
  readonly path: Path;
}

/** What clients ask for. */
export interface Path {
  readonly listener: string;
  /** The rule that matched before, or the listener; absent: the port itself. */
  readonly handler?: string;
  /** The one that matches afterwards. */
  readonly next?: string;
}

interface Handler {
  readonly address: string;
  readonly conditions: readonly Json[];
  readonly actions: readonly JsonObject[];
}

/**
 * What is served before and is not, or less, after; with `only`, of one path. A listener that goes, or whose port changes, is told by
 * its own grade.
 */
export function lossesBetween(before: World, after: World, only?: Path): readonly Loss[] {
  return ofKind(before, 'listener').flatMap((listener) => {
    if (only !== undefined && only.listener !== listener.address) return [];
    const next = listenerLike(after, listener);
    if (next === undefined) return [];
    const closed = only?.handler === undefined ? closedTo(before, after, listener, next) : [];
    if (only !== undefined && only.handler === undefined) return closed;
    const [was, is] = [handlersOf(before, listener), handlersOf(after, next)];
    return [
      ...closed,
      ...was.flatMap((handler, index) =>
        only === undefined || only.handler === handler.address
          ? lossOf(before, after, listener, next, handler, was.slice(0, index), is, only?.next)
          : [],
      ),
    ];
  });
}

/** Addresses of the target groups that requests are forwarded to. */
export function groupsInUse(world: World): ReadonlySet<string> {
  return new Set(
    [...ofKind(world, 'listener'), ...ofKind(world, 'rule')].flatMap((entry) =>
      sharesOf(actionsOf(entry)).flatMap(({ group, weight }) => (weight > 0 ? [entryOf(world, group)?.address ?? ''] : [])),
    ),
  );
}

const balancerOf = (world: World, listener: Entry): Entry | undefined => entryOf(world, listener.values['loadBalancer']);

/** The listener that takes the place of another one: of the same load balancer, with the same port. */
const listenerLike = (world: World, listener: Entry): Entry | undefined =>
  ofKind(world, 'listener').find(
    (other) =>
      other.values['port'] === listener.values['port'] &&
      canonical(other.values['loadBalancer']) === canonical(listener.values['loadBalancer']),
  );

const actionsOf = (entry: Entry): readonly JsonObject[] =>
  listOf(entry.values[entry.kind === 'rule' ? 'actions' : 'defaultActions']) as readonly JsonObject[];

/** Rules in the order in which they are asked, and the default action. */
function handlersOf(world: World, listener: Entry): readonly Handler[] {
  const rules = ofKind(world, 'rule')
    .filter((rule) => entryOf(world, rule.values['listener'])?.address === listener.address)
    .sort((a, b) => Number(a.values['priority']) - Number(b.values['priority']));
  return [
    ...rules.map((rule) => ({ address: rule.address, conditions: listOf(rule.values['if']), actions: actionsOf(rule) })),
    { address: listener.address, conditions: [], actions: actionsOf(listener) },
  ];
}

/** Clients that could connect to the port and no longer can. */
function closedTo(before: World, after: World, listener: Entry, next: Entry): readonly Loss[] {
  const port = Number(listener.values['port']);
  const [was, is] = [
    peersOn(before, balancerOf(before, listener)?.values['securityGroups'], port),
    peersOn(after, balancerOf(after, next)?.values['securityGroups'], port),
  ];
  if (is === 'anybody' || was === 'anybody') return [];
  const networks = is.flatMap((peer) => networkOf(peer) ?? []);
  const kept = new Set(is.map(canonical));
  const out = was.filter((peer) => {
    const network = networkOf(peer);
    return !kept.has(canonical(peer)) && (network === undefined || !networks.some((wide) => contains(wide, network)));
  });
  if (out.length === 0) return [];
  const who = out
    .map(
      (peer) =>
        networkOf(peer) ??
        Object.values(peer as JsonObject)
          .map((value) => String(nameOf(value)))
          .join(' '),
    )
    .join(', ');
  return [
    {
      key: `${listener.address} clients`,
      reason: `no security group rule allows ${who} to connect to ${labelOf(next)} any more`,
      by: [],
      path: { listener: listener.address },
    },
  ];
}

function lossOf(
  before: World,
  after: World,
  listener: Entry,
  next: Entry,
  handler: Handler,
  earlier: readonly Handler[],
  is: readonly Handler[],
  only: string | undefined,
): readonly Loss[] {
  const old = answered(before, listener, handler, 'before');
  if (old.sent === 0) return [];
  const losses: Loss[] = [];
  for (const each of is) {
    if (disjoint(each.conditions, handler.conditions)) continue;
    if (only !== undefined && only !== each.address) {
      if (covers(each.conditions, handler.conditions)) break;
      continue;
    }
    const now = answered(after, next, { ...each, conditions: handler.conditions }, 'after');
    const lost = old.sent - now.sent > 1e-9 ? old.sent - now.sent : old.healthy - now.healthy > 1e-9 ? old.healthy - now.healthy : 0;
    // What both match was another rule's before.
    if (lost > 0 && !earlier.some((other) => covers(other.conditions, each.conditions)))
      losses.push(told(listener, handler, each, now, lost));
    if (covers(each.conditions, handler.conditions)) break;
  }
  return losses;
}

function told(listener: Entry, was: Handler, is: Handler, now: Served, lost: number): Loss {
  const part = lost > 0.999 ? '' : `${Math.round(lost * 100)}% of the `;
  const rule = (handler: Handler) => `rule ${handler.address.slice(handler.address.lastIndexOf('.') + 1)} of `;
  const path = `${part}requests to ${was.conditions.length === 0 ? '' : rule(was)}${labelOf(listener)}`;
  const where = is.address === was.address || is.conditions.length === 0 ? '' : ` that ${rule(is).replace(/ of $/, '')} takes`;
  return {
    key: `${listener.address} ${was.address} ${is.address}`,
    reason: `${path}${where} are lost: ${now.why.join('; ')}`,
    path: { listener: listener.address, handler: was.address, next: is.address },
    by: [
      was.address,
      is.address,
      ...sharesOf(is.actions).map(({ group }) => (isRef(group) ? group.$ref.slice(0, group.$ref.lastIndexOf('.')) : '')),
    ],
  };
}

const labelOf = (listener: Entry): string =>
  `listener ${listener.address.slice(listener.address.indexOf('/') + 1)} (${String(listener.values['protocol'])} ${String(listener.values['port'])})`;

interface Share {
  readonly group: Json;
  readonly weight: number;
}

/** The groups of a forward action; the weight of a lone one means nothing. */
function sharesOf(actions: readonly JsonObject[]): readonly Share[] {
  const last = actions.at(-1) ?? {};
  if (last['type'] !== 'forward') return [];
  const groups = listOf(last['targetGroups']) as readonly JsonObject[];
  if (groups.length === 0) return [{ group: last['targetGroup'] ?? null, weight: 1 }];
  return groups.map((each) => ({ group: each['targetGroup'] ?? null, weight: groups.length === 1 ? 1 : Number(each['weight'] ?? 1) }));
}

/**
 * How much of the requests is served. An error page counts as an answer where the spec asks for it, and not as something that was
 * served before and could be lost.
 */
function answered(
  world: World,
  listener: Entry,
  { actions, conditions }: Pick<Handler, 'actions' | 'conditions'>,
  side: 'before' | 'after',
  hops = 0,
): Served {
  const last = actions.at(-1) ?? {};
  if (last['type'] === 'fixed-response' && side === 'before' && /^[45]/.test(String(last['statusCode'])))
    return { sent: 0, healthy: 0, why: [] };
  if (last['type'] === 'redirect') return redirected(world, listener, last, conditions, side, hops);
  if (last['type'] !== 'forward') return ALL;
  const balancer = balancerOf(world, listener);
  const shares = sharesOf(actions);
  const total = shares.reduce((sum, { weight }) => sum + weight, 0);
  if (total === 0)
    return { sent: 0, healthy: 0, why: [`all weights are 0 (${shares.map(({ group }) => String(nameOf(group))).join(', ')})`] };
  let [sent, healthy] = [0, 0];
  const why: string[] = [];
  for (const { group, weight } of shares.filter((each) => each.weight > 0)) {
    const own = groupServes(world, balancer, group);
    if (own.sent) sent += weight / total;
    if (own.healthy) healthy += weight / total;
    if (own.why !== undefined) why.push(own.why);
  }
  return { sent, healthy, why };
}

const ALL: Served = { sent: 1, healthy: 1, why: [] };

/** A client that is sent back to the same load balancer is served by what it finds there; elsewhere, nobody here knows. */
function redirected(
  world: World,
  listener: Entry,
  action: JsonObject,
  conditions: readonly Json[],
  side: 'before' | 'after',
  hops: number,
): Served {
  if (action['host'] !== '#{host}' || hops > 2) return ALL;
  const port = action['port'] === '#{port}' ? listener.values['port'] : Number(action['port']);
  const next = listenerLike(world, { ...listener, values: { ...listener.values, port: port ?? null } });
  if (next === undefined) return { sent: 0, healthy: 0, why: [`it redirects to port ${String(port)}, which has no listener`] };
  const kept = action['path'] === '/#{path}' ? conditions : conditions.filter((each) => (each as JsonObject)['field'] !== 'path-pattern');
  let worst = ALL;
  for (const handler of handlersOf(world, next)) {
    if (disjoint(handler.conditions, kept)) continue;
    const own = answered(world, next, { actions: handler.actions, conditions: kept }, side, hops + 1);
    if (own.sent < worst.sent || own.healthy < worst.healthy) worst = own;
    if (covers(handler.conditions, kept)) break;
  }
  return worst;
}
