/** Target groups: create, describe, modify, delete, and their attributes. Targets are in `targets.ts`. */
import { checkArn, targetGroupArn } from './arn.ts';
import { TARGET_GROUP_ATTRIBUTES } from './attribute-tables.ts';
import { describeAttributes, initialAttributes, modifyAttributes } from './attributes.ts';
import { ApiError, invalidConfiguration, noLoadBalancer, noTargetGroup, unsupported, validation } from './errors.ts';
import { type GroupKind, HEALTH_CHECK_PARAMS, initialHealthCheck, PROTOCOLS, readHealthCheck } from './health-check.ts';
import type { Input } from './input.ts';
import type { Call, Operations, Server } from './operation.ts';
import { checkCount, LARGEST_PAGE, pageOf } from './pages.ts';
import type { HealthCheck, Store, TargetGroupRecord } from './store.ts';
import { readNewTags } from './tags.ts';
import type { XmlNode } from './xml.ts';

export function kindOf(record: Pick<TargetGroupRecord, 'targetType' | 'protocolVersion'>): GroupKind {
  return { targetType: record.targetType, grpc: record.protocolVersion === 'GRPC' };
}

const attributeContext = (group: Pick<TargetGroupRecord, 'targetType' | 'protocolVersion'>): readonly string[] => [
  group.targetType,
  ...(group.protocolVersion === undefined ? [] : [group.protocolVersion]),
];

function describe(record: TargetGroupRecord, created = false): XmlNode {
  const check = record.healthCheck;
  return {
    TargetGroupArn: record.arn,
    TargetGroupName: record.name,
    Protocol: record.protocol,
    Port: record.port,
    VpcId: record.vpcId,
    HealthCheckProtocol: check.protocol,
    HealthCheckPort: check.port,
    HealthCheckEnabled: check.enabled,
    HealthCheckIntervalSeconds: check.intervalSeconds,
    HealthCheckTimeoutSeconds: check.timeoutSeconds,
    HealthyThresholdCount: check.healthyThreshold,
    UnhealthyThresholdCount: check.unhealthyThreshold,
    HealthCheckPath: check.path,
    Matcher: record.protocolVersion === 'GRPC' ? { GrpcCode: check.matcher } : { HttpCode: check.matcher },
    // Not in the answer of CreateTargetGroup (recorded 2020 to 2025).
    LoadBalancerArns: created ? undefined : record.loadBalancerArn === undefined ? [] : [record.loadBalancerArn],
    TargetType: record.targetType,
    ProtocolVersion: record.protocolVersion,
    IpAddressType: record.ipAddressType,
    TargetControlPort: record.targetControlPort,
  };
}

function checkName(input: Input): string {
  const name = input.text('Name');
  if (name === undefined || name === '') throw validation('A target group name must be specified');
  if (name.length > 32) throw validation(`Target group name '${name}' cannot be longer than '32' characters`);
  if (!/^[A-Za-z0-9-]+$/.test(name))
    throw validation(`Target group name '${name}' can only contain characters that are alphanumeric characters or hyphens(-)`);
  if (name.startsWith('-') || name.endsWith('-')) throw validation(`Target group name '${name}' cannot begin or end with '-'`);
  return name;
}

interface Settings {
  readonly targetType: 'instance' | 'ip' | 'lambda';
  readonly protocol?: 'HTTP' | 'HTTPS';
  readonly protocolVersion?: 'HTTP1' | 'HTTP2' | 'GRPC';
  readonly port?: number;
  readonly vpcId?: string;
  readonly ipAddressType?: 'ipv4' | 'ipv6';
  readonly targetControlPort?: number;
}

/** What belongs to a group of servers and must be absent from one of a Lambda function. */
const SERVER_ONLY = ['Protocol', 'ProtocolVersion', 'Port', 'VpcId', 'IpAddressType', 'TargetControlPort'] as const;

function readSettings(input: Input, server: Server): Settings {
  const targetType = input.choice('TargetType', ['instance', 'ip', 'lambda', 'alb'] as const) ?? 'instance';
  const protocol = input.choice('Protocol', PROTOCOLS);
  const port = input.integer('Port', 1, 65535);
  const version = input.text('ProtocolVersion');
  const ipAddressType = input.choice('IpAddressType', ['ipv4', 'ipv6'] as const) ?? 'ipv4';
  const targetControlPort = input.integer('TargetControlPort', 1, 65535);
  const vpcId = input.text('VpcId');
  input.settle();
  if (targetType === 'alb') throw unsupported("A target group with target type 'alb' (a target of Network Load Balancers)");
  if (targetType === 'lambda') {
    for (const name of SERVER_ONLY)
      if (input.has(name)) throw validation(`${name} cannot be specified for target groups with target type 'lambda'`);
    return { targetType };
  }
  if (protocol === undefined) throw validation('A protocol must be specified');
  if (protocol !== 'HTTP' && protocol !== 'HTTPS')
    throw unsupported(`A target group with protocol '${protocol}' (for Network and Gateway Load Balancers)`);
  if (port === undefined) throw validation('A port must be specified');
  if (vpcId === undefined || vpcId === '') throw validation('A VPC ID must be specified');
  if (server.network.vpc(vpcId) === undefined) throw validation(`The VPC ID '${vpcId}' is not found`);
  const protocolVersion = version === undefined ? 'HTTP1' : version;
  if (protocolVersion !== 'HTTP1' && protocolVersion !== 'HTTP2' && protocolVersion !== 'GRPC')
    throw validation(`Protocol version '${protocolVersion}' must be one of 'HTTP1, HTTP2, GRPC'`);
  const settings: Settings = { targetType, protocol, protocolVersion, port, vpcId, ipAddressType };
  return targetControlPort === undefined ? settings : { ...settings, targetControlPort };
}

function sameSettings(known: TargetGroupRecord, wanted: Settings, check: HealthCheck): boolean {
  const facts = (group: Settings): string =>
    JSON.stringify([
      group.targetType,
      group.protocol,
      group.protocolVersion,
      group.port,
      group.vpcId,
      group.ipAddressType,
      group.targetControlPort,
    ]);
  const checks = (of: HealthCheck): string =>
    JSON.stringify([
      of.enabled,
      of.protocol,
      of.port,
      of.path,
      of.intervalSeconds,
      of.timeoutSeconds,
      of.healthyThreshold,
      of.unhealthyThreshold,
      of.matcher,
    ]);
  return facts(known) === facts(wanted) && checks(known.healthCheck) === checks(check);
}

function create({ input, store, server }: Call): XmlNode {
  const name = checkName(input);
  const settings = readSettings(input, server);
  const tags = readNewTags(input, server.quotas);
  const kind = kindOf(settings);
  const healthCheck = readHealthCheck(input, initialHealthCheck(kind), kind);
  for (const known of store.targetGroups.values()) {
    if (known.name !== name) continue;
    if (sameSettings(known, settings, healthCheck)) return { TargetGroups: [describe(known, true)] };
    throw new ApiError('DuplicateTargetGroupName', `A target group with the same name '${name}' exists, but with different settings`);
  }
  if (store.targetGroups.size >= server.quotas.targetGroups)
    throw new ApiError('TooManyTargetGroups', `You've reached the limit on the number of target groups: ${server.quotas.targetGroups}`);
  const record: TargetGroupRecord = {
    ...settings,
    arn: targetGroupArn(store, name),
    name,
    sequence: store.nextSequence++,
    healthCheck,
    attributes: initialAttributes(TARGET_GROUP_ATTRIBUTES, attributeContext(settings)),
    targets: new Map(),
    departed: new Map(),
    tags,
  };
  store.targetGroups.set(record.arn, record);
  return { TargetGroups: [describe(record, true)] };
}

/** The target group a call names; ValidationError or TargetGroupNotFound when it is not there. */
export function namedTargetGroup({ input, store }: Pick<Call, 'input' | 'store'>): TargetGroupRecord {
  const arn = checkArn('target group', input.text('TargetGroupArn'));
  const record = store.targetGroups.get(arn);
  if (record === undefined) throw noTargetGroup(arn);
  return record;
}

function choose(input: Input, store: Store): { readonly groups: readonly TargetGroupRecord[]; readonly named: boolean } {
  const all = [...store.targetGroups.values()];
  const arns = input.texts('TargetGroupArns') ?? [];
  const names = input.texts('Names') ?? [];
  const loadBalancer = input.text('LoadBalancerArn');
  if ([arns.length > 0, names.length > 0, loadBalancer !== undefined].filter(Boolean).length > 1)
    throw validation('Target group names, target group ARNs, and a load balancer ARN cannot be specified at the same time');
  const missing = (): ApiError => new ApiError('TargetGroupNotFound', 'One or more target groups not found');
  checkCount(arns.length > 0 ? arns : names, 'target groups');
  if (arns.length > 0) {
    for (const arn of arns) if (!store.targetGroups.has(checkArn('target group', arn))) throw missing();
    return { groups: all.filter((group) => arns.includes(group.arn)), named: true };
  }
  if (names.length > 0) {
    for (const name of names) if (!all.some((group) => group.name === name)) throw missing();
    return { groups: all.filter((group) => names.includes(group.name)), named: true };
  }
  if (loadBalancer !== undefined) {
    checkArn('load balancer', loadBalancer);
    if (!store.loadBalancers.has(loadBalancer)) throw noLoadBalancer(loadBalancer);
    return { groups: all.filter((group) => group.loadBalancerArn === loadBalancer), named: false };
  }
  return { groups: all, named: false };
}

function list({ input, store, server }: Call): XmlNode {
  const { groups, named } = choose(input, store);
  const page = pageOf(groups, (group) => group.sequence, { input, server }, named ? LARGEST_PAGE : server.pageSize);
  return { TargetGroups: page.items.map((group) => describe(group)), NextMarker: page.nextMarker };
}

function modify(call: Call): XmlNode {
  const record = namedTargetGroup(call);
  record.healthCheck = readHealthCheck(call.input, record.healthCheck, kindOf(record));
  return { TargetGroups: [describe(record)] };
}

function remove({ input, store }: Call): XmlNode {
  const arn = checkArn('target group', input.text('TargetGroupArn'));
  const record = store.targetGroups.get(arn);
  // The operation's only error is ResourceInUse, so a group that is gone counts as deleted.
  if (record === undefined) return {};
  if (record.loadBalancerArn !== undefined)
    throw new ApiError('ResourceInUse', `Target group '${arn}' is currently in use by a listener or a rule`);
  store.targetGroups.delete(arn);
  return {};
}

export const targetGroupOperations: Operations = {
  CreateTargetGroup: { params: ['Name', 'TargetType', ...SERVER_ONLY, ...HEALTH_CHECK_PARAMS, 'Tags'], writes: true, run: create },
  DescribeTargetGroups: { params: ['LoadBalancerArn', 'TargetGroupArns', 'Names', 'Marker', 'PageSize'], writes: false, run: list },
  ModifyTargetGroup: { params: ['TargetGroupArn', ...HEALTH_CHECK_PARAMS], writes: true, run: modify },
  DeleteTargetGroup: { params: ['TargetGroupArn'], writes: true, run: remove },
  DescribeTargetGroupAttributes: {
    params: ['TargetGroupArn'],
    writes: false,
    run: (call) => describeAttributes(namedTargetGroup(call).attributes, call.server.order),
  },
  ModifyTargetGroupAttributes: {
    params: ['TargetGroupArn', 'Attributes'],
    writes: true,
    run: (call) => {
      const record = namedTargetGroup(call);
      modifyAttributes(TARGET_GROUP_ATTRIBUTES, attributeContext(record), record.attributes, call.input, (merged) => {
        const everywhere = [...record.targets.values()].find(
          ({ availabilityZone, drainingUntil }) => availabilityZone === 'all' && drainingUntil === undefined,
        );
        // Application Load Balancers guide, "Cross-zone load balancing for target groups": an error. The words are the
        // sandbox's own, and so is that a target which drains does not count.
        if (everywhere !== undefined && merged.get('load_balancing.cross_zone.enabled') === 'false')
          throw invalidConfiguration(
            `You cannot turn off cross-zone load balancing while the Availability Zone of target '${everywhere.id}' is 'all'`,
          );
      });
      return describeAttributes(record.attributes, call.server.order);
    },
  },
};
