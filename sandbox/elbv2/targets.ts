/** Targets of a group: register, deregister with draining, and what is known of their health. */
import ipaddr from 'ipaddr.js';
import { checkArn } from './arn.ts';
import { ApiError, validation } from './errors.ts';
import type { Input } from './input.ts';
import type { Call, Operations, Server } from './operation.ts';
import { groupsUsedBy, type Store, type TargetGroupRecord, type TargetRecord, targetKey } from './store.ts';
import { namedTargetGroup } from './target-group.ts';
import { describeHealth, isChecked } from './target-health.ts';

export interface TargetInput {
  readonly id: string;
  readonly port: number;
  readonly availabilityZone?: string;
}

/** How long a target that leaves finishes its requests (ms). */
const drainingTime = (group: TargetGroupRecord): number =>
  Number(group.attributes.get('deregistration_delay.timeout_seconds') ?? '0') * 1000;

/**
 * Lets go of targets whose time has come: drained ones, and terminated instances, which ELB deregisters by itself. Called
 * before anything looks at the targets, so that nobody sees one too long. Answers whether any left.
 */
export function sweepTargets(group: TargetGroupRecord, server: Server): boolean {
  const now = server.clock.now();
  const count = group.targets.size;
  for (const [key, until] of group.departed) if (until <= now) group.departed.delete(key);
  for (const [key, target] of group.targets) {
    if (target.drainingUntil !== undefined && target.drainingUntil <= now) group.targets.delete(key);
    else if (group.targetType === 'instance') {
      const state = server.network.instance(target.id)?.state ?? 'terminated';
      if (state === 'terminated') {
        group.targets.delete(key);
        if (group.loadBalancerArn !== undefined) group.departed.set(key, now + drainingTime(group));
      }
      // An instance that comes back is checked anew: what was seen before it stopped says nothing.
      else if (!isChecked(state)) delete target.health;
    }
  }
  return group.targets.size < count;
}

/** Address ranges an `ip` target may lie in outside the VPC: RFC 1918 and RFC 6598 (API reference, CreateTargetGroup, TargetType). */
const PRIVATE = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10'].map((cidr) => ipaddr.IPv4.parseCIDR(cidr));

/** Checks the address of an `ip` target. Answers its zone: the one of its subnet in the VPC, else the one that was said. */
function checkAddress(group: TargetGroupRecord, id: string, zone: string | undefined, server: Server): string | undefined {
  if (!ipaddr.isValid(id) || (ipaddr.IPv4.isValid(id) && !ipaddr.IPv4.isValidFourPartDecimal(id)))
    throw validation(`IP address '${id}' is not valid`);
  const address = ipaddr.parse(id);
  if (address.kind() !== group.ipAddressType)
    throw validation(`IP address '${id}' is not valid for a target group with the IP address type '${group.ipAddressType}'`);
  const subnets = server.network.subnets?.().filter((subnet) => subnet.vpcId === group.vpcId);
  const home = subnets?.find((subnet) => {
    const block = address.kind() === 'ipv4' ? subnet.cidrBlock : subnet.ipv6CidrBlock;
    return block !== undefined && address.match(ipaddr.parseCIDR(block));
  });
  // API reference, TargetDescription: in a subnet of the VPC "the Availability Zone is automatically detected".
  // Words: kubernetes-sigs/aws-load-balancer-controller#561.
  if (home !== undefined && zone === 'all')
    throw validation(
      `The IP address '${id}' is within the VPC, and cannot have its Availability Zone overridden to 'all' from '${home.availabilityZone}'`,
    );
  if (home !== undefined) return zone ?? home.availabilityZone;
  if (address.kind() === 'ipv4' && !PRIVATE.some((range) => (address as ipaddr.IPv4).match(range)))
    throw validation(`IP address '${id}' is not within the VPC or a private range, and cannot be registered`);
  if (subnets === undefined) return zone;
  // Words: kubernetes-sigs/aws-load-balancer-controller#3714 and aws/eks-charts#392.
  if (zone === undefined) throw validation(`The Availability Zone is required for IP address '${id}' because it is not in the VPC`);
  // "Cross-zone load balancing for target groups", Application Load Balancers guide: a zone by name goes with cross-zone off only.
  if (group.attributes.get('load_balancing.cross_zone.enabled') === 'false') {
    if (zone === 'all')
      throw validation(`The Availability Zone for IP address '${id}' cannot be 'all' when cross-zone load balancing is off`);
    return zone;
  }
  if (zone !== 'all')
    throw validation(
      `The Availability Zone for IP address '${id}' must be 'all' for Application Load Balancer target groups, when not within the VPC`,
    );
  return zone;
}

function checkForm(group: TargetGroupRecord, id: string): void {
  // Words: kubernetes-sigs/aws-load-balancer-controller#328.
  if (group.targetType === 'instance' && !/^i-([0-9a-f]{8}|[0-9a-f]{17})$/.test(id)) throw validation(`Instance ID '${id}' is not valid`);
  if (group.targetType === 'ip' && !ipaddr.isValid(id)) throw validation(`IP address '${id}' is not valid`);
  if (group.targetType === 'lambda' && !/^arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:function:[A-Za-z0-9_-]+(:[A-Za-z0-9_$-]+)?$/.test(id))
    throw validation(`Lambda function ARN '${id}' is not valid`);
}

/** Reads `Targets`; ports left out are the group's. */
export function readTargets(input: Input, group: TargetGroupRecord): TargetInput[] {
  const entries = input.list('Targets') ?? [];
  const targets = entries.map((entry) => {
    const id = entry.text('Id');
    if (id === undefined || id === '') throw validation('A target ID must be specified');
    const port = entry.integer('Port', 1, 65535);
    const zone = entry.text('AvailabilityZone');
    if (entry.has('QuicServerId')) throw validation('A QUIC server ID can be specified only for target groups with a QUIC protocol');
    if (group.targetType === 'lambda' && port !== undefined)
      throw validation("A port cannot be specified for targets of a target group with target type 'lambda'");
    const target = { id, port: port ?? group.port ?? 0 };
    return zone === undefined ? target : { ...target, availabilityZone: zone };
  });
  input.settle();
  for (const target of targets) checkForm(group, target.id);
  return targets;
}

function checkInstances(group: TargetGroupRecord, targets: readonly TargetInput[], server: Server): void {
  const quoted = (ids: Iterable<string>): string => [...new Set(ids)].map((id) => `'${id}'`).join(', ');
  const facts = targets.map((target) => ({ id: target.id, instance: server.network.instance(target.id) }));
  if (targets.some((target) => target.availabilityZone !== undefined))
    throw validation("An Availability Zone cannot be specified for targets of a target group with target type 'instance'");
  const unknown = facts.filter(({ instance }) => instance === undefined);
  if (unknown.length > 0) throw new ApiError('InvalidTarget', `The following targets do not exist: ${quoted(unknown.map(({ id }) => id))}`);
  const strangers = facts.filter(({ instance }) => instance?.vpcId !== group.vpcId);
  if (strangers.length > 0)
    throw new ApiError(
      'InvalidTarget',
      `The following targets are not in the target group VPC '${group.vpcId}': ${quoted(strangers.map(({ id }) => id))}`,
    );
  const idle = facts.filter(({ instance }) => instance?.state !== 'running');
  // Words: kubernetes-sigs/cluster-api-provider-aws#5037.
  if (idle.length > 0)
    throw new ApiError(
      'InvalidTarget',
      `The following targets are not in a running state and cannot be registered: ${quoted(idle.map(({ id }) => id))}`,
    );
}

const liveTargets = (group: TargetGroupRecord): TargetRecord[] =>
  [...group.targets.values()].filter((target) => target.drainingUntil === undefined);

/** Quotas over the targets of a load balancer: those of all its groups, or of `groups` when it is about to use others. */
export function checkTargetQuotas(
  store: Store,
  loadBalancerArn: string,
  server: Server,
  groups: ReadonlySet<string> = groupsUsedBy(store, loadBalancerArn),
): void {
  const perId = new Map<string, number>();
  let count = 0;
  for (const arn of groups) {
    const group = store.targetGroups.get(arn);
    if (group === undefined) continue;
    for (const target of liveTargets(group)) {
      count++;
      perId.set(target.id, (perId.get(target.id) ?? 0) + 1);
    }
  }
  if (count > server.quotas.targetsPerLoadBalancer)
    throw new ApiError(
      'TooManyTargets',
      `You've reached the limit on the number of targets per load balancer: ${server.quotas.targetsPerLoadBalancer}`,
    );
  for (const [id, times] of perId)
    if (times > server.quotas.registrationsPerTargetId)
      throw new ApiError(
        'TooManyRegistrationsForTargetId',
        `You've reached the limit on the number of times target '${id}' can be registered with a load balancer: ${server.quotas.registrationsPerTargetId}`,
      );
}

function register(call: Call): Record<string, never> {
  const { input, store, server } = call;
  const group = namedTargetGroup(call);
  sweepTargets(group, server);
  const named = readTargets(input, group);
  if (named.length === 0) throw validation('A target must be specified');
  if (group.targetType === 'instance') checkInstances(group, named, server);
  const targets = named.map((target): TargetInput => {
    if (group.targetType !== 'ip') return target;
    const zone = checkAddress(group, target.id, target.availabilityZone, server);
    return zone === undefined ? target : { ...target, availabilityZone: zone };
  });
  if (group.targetType === 'lambda' && targets.some((target) => target.availabilityZone !== undefined && target.availabilityZone !== 'all'))
    throw validation("The Availability Zone of a Lambda function must be 'all'");
  const limit = group.targetType === 'lambda' ? 1 : server.quotas.targetsPerTargetGroup;
  const after = new Set([...liveTargets(group), ...targets].map((target) => targetKey(target.id, target.port)));
  if (after.size > limit)
    throw new ApiError('TooManyTargets', `You've reached the limit on the number of targets per target group: ${limit}`);

  const before = new Map([...group.targets].map(([key, target]) => [key, { ...target }]));
  for (const target of targets) {
    const key = targetKey(target.id, target.port);
    const known = group.targets.get(key);
    if (known !== undefined && known.drainingUntil === undefined) continue;
    // A draining target that is registered again stays, and starts its health checks over.
    group.targets.set(key, { ...target, registeredAt: server.clock.now() });
  }
  if (group.loadBalancerArn !== undefined) {
    try {
      checkTargetQuotas(store, group.loadBalancerArn, server);
    } catch (refused) {
      group.targets.clear();
      for (const [key, target] of before) group.targets.set(key, target);
      throw refused;
    }
  }
  return {};
}

function deregister(call: Call): Record<string, never> {
  const { input, server } = call;
  const group = namedTargetGroup(call);
  sweepTargets(group, server);
  const targets = readTargets(input, group);
  if (targets.length === 0) throw validation('A target must be specified');
  const delay = drainingTime(group);
  for (const { id, port } of targets) {
    const key = targetKey(id, port);
    const target = group.targets.get(key);
    // API reference, DeregisterTargets: "If the specified target does not exist, the action returns successfully."
    if (target === undefined || target.drainingUntil !== undefined) continue;
    if (group.loadBalancerArn === undefined || delay === 0) group.targets.delete(key);
    else {
      target.drainingUntil = server.clock.now() + delay;
      delete target.health;
      server.wake(delay);
    }
  }
  return {};
}

export const targetOperations: Operations = {
  RegisterTargets: { params: ['TargetGroupArn', 'Targets'], writes: true, run: register },
  DeregisterTargets: { params: ['TargetGroupArn', 'Targets'], writes: true, run: deregister },
  DescribeTargetHealth: {
    params: ['TargetGroupArn', 'Targets', 'Include'],
    writes: false,
    run: (call) => {
      checkArn('target group', call.input.text('TargetGroupArn'));
      const group = namedTargetGroup(call);
      sweepTargets(group, call.server);
      const include = call.input.texts('Include') ?? [];
      for (const option of include)
        if (option !== 'AnomalyDetection' && option !== 'All')
          call.input.violate('Include', option, 'Member must satisfy enum value set: [AnomalyDetection, All]');
      const asked = call.input.has('Targets') ? readTargets(call.input, group) : undefined;
      call.input.settle();
      const wanted: readonly TargetInput[] =
        asked === undefined || asked.length === 0
          ? call.server.order.arrange([...group.targets.values()], (_, index) => String(index))
          : asked;
      return { TargetHealthDescriptions: wanted.map((target) => describeHealth(group, target, call, include.length > 0)) };
    },
  },
};
