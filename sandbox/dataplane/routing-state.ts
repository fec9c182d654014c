/**
 * What should be served, worked out anew from the state of the sandbox: which listeners are open, which targets take
 * requests, which targets are to be checked. No side effects; `config.ts` turns it into HAProxy's words.
 */
import type {
  Elbv2State,
  ListenerFacts,
  LoadBalancerFacts,
  NetworkView,
  RuleFacts,
  TargetFacts,
  TargetGroupFacts,
  TargetHealth,
} from '../types.ts';
import { finalAction, readForward } from './actions-facts.ts';
import { NOT_IN_USE, notRunning, ZONE_NOT_ENABLED } from './health.ts';
import type { CheckedTarget } from './health-checks.ts';
import { clientOf, clientReaches, loadBalancerReaches } from './reach.ts';
import type { Slots } from './slots.ts';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** A listener of an active load balancer. */
export interface Frontend {
  readonly id: string;
  readonly lb: LoadBalancerFacts;
  readonly listener: ListenerFacts;
  readonly rules: readonly RuleFacts[];
  readonly at: Endpoint;
  /** False when security groups keep clients out. */
  readonly open: boolean;
  /** The address its clients are taken to have. */
  readonly client: string;
}

/** One server of HAProxy's. */
export interface Member {
  readonly name: string;
  readonly at: Endpoint;
  /** Takes requests. */
  readonly ready: boolean;
}

/** A target group in use. */
export interface Pool {
  readonly id: string;
  readonly lb: LoadBalancerFacts;
  readonly group: TargetGroupFacts;
  readonly members: readonly Member[];
}

export interface RoutingState {
  readonly frontends: readonly Frontend[];
  readonly pools: readonly Pool[];
  readonly checks: readonly CheckedTarget[];
  /** Targets that are not checked, and why. */
  readonly unused: readonly { readonly groupArn: string; readonly id: string; readonly port: number; readonly health: TargetHealth }[];
}

export interface Surroundings {
  readonly state: Elbv2State;
  readonly network: NetworkView;
  readonly slots: Slots;
  readonly tarpit: Endpoint;
  /** What the last checks said of the target with this key. */
  readonly health: (key: string) => TargetHealth | undefined;
  readonly boots: (instanceId: string) => number;
  readonly instanceAddress: (instanceId: string) => string;
  readonly loadBalancerAddress: (arn: string) => string;
  readonly boundPort: (port: number) => number;
}

/** Where servers without a target point. */
export const NOWHERE: Endpoint = { host: '127.0.0.1', port: 1 };

export function routingState(around: Surroundings): RoutingState {
  const { state, network, slots } = around;
  const active = new Map(
    state
      .loadBalancers()
      .filter((lb) => lb.state === 'active' || lb.state === 'active_impaired')
      .map((lb) => [lb.arn, lb]),
  );
  const frontends: Frontend[] = [];
  const users = new Map<string, LoadBalancerFacts>();
  for (const listener of state.listeners()) {
    const lb = active.get(listener.loadBalancerArn);
    if (!lb) continue;
    const rules = state.rules(listener.arn);
    const at = { host: around.loadBalancerAddress(lb.arn), port: around.boundPort(listener.port) };
    frontends.push({
      id: slots.id('l', listener.arn),
      lb,
      listener,
      rules,
      at,
      open: clientReaches(network, lb, listener.port),
      client: clientOf(network, lb),
    });
    for (const actions of [listener.defaultActions, ...rules.map((rule) => rule.actions)]) {
      const action = finalAction(actions);
      if (action?.Type === 'forward') for (const { arn } of readForward(action).groups) users.set(arn, lb);
    }
  }
  const checks: CheckedTarget[] = [];
  const unused: RoutingState['unused'][number][] = [];
  const pools: Pool[] = [];
  for (const group of state.targetGroups()) {
    const lb = users.get(group.arn);
    if (group.targetType === 'lambda') continue;
    if (!lb) {
      for (const { id, port } of group.targets) unused.push({ groupArn: group.arn, id, port, health: NOT_IN_USE });
      continue;
    }
    const seen = group.targets.map((target) => look(around, lb, group, target));
    for (const { target, check, idle } of seen) {
      if (check) checks.push(check);
      else if (idle) unused.push({ groupArn: group.arn, id: target.id, port: target.port, health: idle });
    }
    pools.push({ id: slots.id('g', group.arn), lb, group, members: members(around, group, seen) });
  }
  return { frontends, pools, checks, unused };
}

interface Seen {
  readonly target: TargetFacts;
  readonly key: string;
  /** Where requests go; the tarpit when security groups are in the way. */
  readonly at: Endpoint;
  readonly check?: CheckedTarget;
  readonly idle?: TargetHealth;
}

function look(around: Surroundings, lb: LoadBalancerFacts, group: TargetGroupFacts, target: TargetFacts): Seen {
  const { key, at, ...rest } = place(around, lb, group, target);
  // A draining target is neither checked nor sent anything new, but keeps what it has.
  return target.drainingUntil === undefined ? { key, at, ...rest } : { key, at, target };
}

function place(around: Surroundings, lb: LoadBalancerFacts, group: TargetGroupFacts, target: TargetFacts): Seen {
  const { network } = around;
  const key = `${group.arn} ${target.id}:${target.port}`;
  const instance =
    group.targetType === 'instance'
      ? network.instance(target.id)
      : network.instances().find((facts) => facts.privateIp === target.id && facts.vpcId === group.vpcId);
  // Nothing of the sandbox has this address: as in AWS, nobody answers.
  if (!instance) {
    if (group.targetType === 'instance') return { target, key, at: around.tarpit, idle: notRunning('terminated') };
    return {
      target,
      key,
      at: around.tarpit,
      check: { key, group, id: target.id, port: target.port, era: String(target.registeredAt), place: undefined, privateIp: target.id },
    };
  }
  const host = around.instanceAddress(instance.id);
  const reach = (port: number): Endpoint | undefined =>
    loadBalancerReaches(network, lb, instance, port) ? { host, port: around.boundPort(port) } : undefined;
  const at = reach(target.port) ?? around.tarpit;
  // While the machine shuts down its checks go on and fail; only then is it out of use.
  if (instance.state !== 'running' && instance.state !== 'stopping') return { target, key, at, idle: notRunning(instance.state) };
  const zones = lb.subnetIds.map((id) => network.subnet(id)?.availabilityZone);
  if (!zones.includes(instance.availabilityZone)) return { target, key, at, idle: ZONE_NOT_ENABLED };
  const checkPort = group.healthCheck.port === 'traffic-port' ? target.port : Number(group.healthCheck.port);
  const era = `${target.registeredAt} ${around.boots(instance.id)} ${lb.arn}`;
  return {
    target,
    key,
    at,
    check: { key, group, id: target.id, port: target.port, era, place: reach(checkPort), privateIp: instance.privateIp },
  };
}

/** Healthy targets take requests; all do when too few are healthy (the group fails open). */
function members(around: Surroundings, group: TargetGroupFacts, seen: readonly Seen[]): readonly Member[] {
  const id = around.slots.id('g', group.arn);
  const usable = seen.filter(({ check }) => check !== undefined);
  const healthy = new Set(
    usable.filter(({ key }) => !group.healthCheck.enabled || around.health(key)?.state === 'healthy').map(({ key }) => key),
  );
  const open = healthy.size < fewestHealthy(group, usable.length);
  const byName = new Map(
    seen.map(({ target, key, at, check }) => [
      around.slots.of(id, `${target.id}:${target.port}`),
      { at, ready: check !== undefined && (open || healthy.has(key)) },
    ]),
  );
  return around.slots.all(id).map((name) => ({ name, at: NOWHERE, ready: false, ...byName.get(name) }));
}

/** Below this many healthy targets the group fails open (attribute `target_group_health.unhealthy_state_routing…`). */
function fewestHealthy(group: TargetGroupFacts, targets: number): number {
  const read = (unit: string): number | undefined => {
    const value = group.attributes[`target_group_health.unhealthy_state_routing.minimum_healthy_targets.${unit}`];
    return value === undefined || value === 'off' ? undefined : Number(value);
  };
  return Math.max(read('count') ?? 1, Math.ceil(((read('percentage') ?? 0) * targets) / 100));
}
