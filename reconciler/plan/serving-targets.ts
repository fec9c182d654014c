/** Whether the targets of a group get requests: registered, in a zone that is served, reachable, and healthy as far as known. Pure. */

import { canonical, isRef, nameOf } from '../model/codec.ts';
import type { Json, JsonObject } from '../model/json.ts';
import type { State } from '../model/model.ts';
import { type Entry, entryOf, listOf, ofKind, reaches, type World, zoneOf, zonesOf } from './serving-world.ts';

const answers = new WeakMap<World, Map<string, Look>>();

/** Whether a target group has a target that gets requests. Looked at once for each world: many rules forward to one group. */
export function groupServes(world: World, balancer: Entry | undefined, group: Json): Look {
  const known = answers.get(world) ?? new Map<string, Look>();
  answers.set(world, known);
  const key = `${balancer?.address ?? ''} ${canonical(group)}`;
  const answer = known.get(key) ?? lookAt(world, balancer, group);
  known.set(key, answer);
  return answer;
}

function lookAt(world: World, balancer: Entry | undefined, group: Json): Look {
  const entry = entryOf(world, group);
  const name = String(nameOf(group));
  if (entry === undefined) {
    const states = typeof group === 'string' ? world.strangers[group] : undefined;
    if (states === undefined) return { sent: true, healthy: true };
    if (states.length === 0) return { sent: false, healthy: false, why: `target group ${name} has no targets` };
    const fine = states.some((state) => !isDown(state));
    return { sent: states.some((state) => !isOff(state)), healthy: fine, ...(fine ? {} : { why: `no target of ${name} is healthy` }) };
  }
  const targets = listOf(entry.values['targets']) as readonly JsonObject[];
  if (targets.length === 0) return { sent: false, healthy: false, why: `target group ${name} has no targets` };
  if (entry.values['targetType'] === 'lambda') return { sent: true, healthy: true };
  const zones = entry.values['targetType'] === 'ip' ? undefined : zonesOf(world, balancer);
  const looks = targets.map((target) => targetServes(world, balancer, entry, target, zones));
  const best = looks.find((look) => look.healthy) ?? looks.find((look) => look.sent) ?? looks[0];
  if (best === undefined || best.why === undefined) return { sent: true, healthy: true };
  const all = new Set(looks.map(({ why }) => why));
  return { sent: best.sent, healthy: best.healthy, why: `target group ${name}: ${[...all].join(', ')}` };
}

/** It gets no requests: stopped, or an address that cannot be used (TargetHealth, ELBv2 API reference). */
const isOff = ({ state, code }: State): boolean => state === 'unused' && (code === 'Target.InvalidState' || code === 'Target.IpUnusable');

const keyOf = (group: Entry, target: JsonObject): string => `${group.address} ${canonical(target)}`;

/** Targets that are healthy and that nothing known lets the load balancer reach: what is known is not all. */
export function believe(world: World): ReadonlySet<string> {
  const [balancer] = ofKind(world, 'loadBalancer');
  const zones = zonesOf(world, balancer);
  return new Set(
    ofKind(world, 'targetGroup').flatMap((group) =>
      (listOf(group.values['targets']) as readonly JsonObject[])
        .filter((target) => group.states?.some(({ of, state }) => state === 'healthy' && of === canonical(target)) === true)
        .filter((target) => !targetServes(world, balancer, group, target, zones).sent)
        .map((target) => keyOf(group, target)),
    ),
  );
}

/** What is not checked yet is taken for healthy: an apply waits for it. */
const isDown = (state: State): boolean => state.state === 'unhealthy' || isOff(state);

interface Look {
  readonly sent: boolean;
  readonly healthy: boolean;
  readonly why?: string;
}

function targetServes(
  world: World,
  balancer: Entry | undefined,
  group: Entry,
  target: JsonObject,
  zones: ReadonlySet<string> | undefined,
): Look {
  const id = target['id'];
  const name = String(nameOf(id ?? null));
  const no = (why: string): Look => ({ sent: false, healthy: false, why });
  const instance = entryOf(world, id);
  if (isRef(id) && instance === undefined) return no(`${name} is deleted`);
  if (instance !== undefined && world.believed?.has(keyOf(group, target)) !== true) {
    const zone = zoneOf(world, instance.values['subnet']);
    if (zone !== undefined && zones !== undefined && !zones.has(zone))
      return no(`${name} is in ${zone}, a zone that the load balancer does not serve`);
    const port = Number(target['port'] ?? group.values['port']);
    if (!reaches(world, balancer, instance.values['securityGroups'], port))
      return no(`the security groups of ${name} do not allow the load balancer on port ${port}`);
  }
  const state = group.states?.find(({ of }) => of === canonical(target));
  if (state === undefined || !isDown(state)) return { sent: true, healthy: true };
  return isOff(state) ? no(`${name} is not running`) : { sent: true, healthy: false, why: `${name} is unhealthy` };
}
