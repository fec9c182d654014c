/** Load balancers: create, describe, set, delete, and their attributes. */
import { checkArn, dnsName, hostedZoneId, loadBalancerArn, newId } from './arn.ts';
import { LOAD_BALANCER_ATTRIBUTES } from './attribute-tables.ts';
import { describeAttributes, initialAttributes, modifyAttributes } from './attributes.ts';
import { ApiError, invalidConfiguration, noLoadBalancer, notPermitted, validation } from './errors.ts';
import type { Input } from './input.ts';
import {
  ADDRESS_TYPES,
  checkAddressType,
  checkLoadBalancerType,
  checkSecurityGroups,
  checkSubnets,
  readSubnetIds,
  SCHEMES,
} from './network-checks.ts';
import type { Call, Operations, Server } from './operation.ts';
import { LARGEST_PAGE, pageOf } from './pages.ts';
import { type LoadBalancerRecord, listenersOf, refreshAssociations, type Store } from './store.ts';
import { readNewTags } from './tags.ts';
import type { XmlNode } from './xml.ts';

/** API reference, DescribeLoadBalancers: "up to 20 load balancers in a single call". */
const ARNS_PER_CALL = 20;

export function stateOf(record: LoadBalancerRecord, now: number): 'provisioning' | 'active' {
  return now >= record.activeAt ? 'active' : 'provisioning';
}

function zones(record: LoadBalancerRecord, server: Server): XmlNode[] {
  return record.subnetIds.map((SubnetId) => ({
    ZoneName: server.network.subnet(SubnetId)?.availabilityZone,
    SubnetId,
    LoadBalancerAddresses: [],
  }));
}

function describe(record: LoadBalancerRecord, store: Store, server: Server): XmlNode {
  return {
    LoadBalancerArn: record.arn,
    DNSName: record.dnsName,
    CanonicalHostedZoneId: hostedZoneId(store.region),
    CreatedTime: new Date(record.createdAt).toISOString(),
    LoadBalancerName: record.name,
    Scheme: record.scheme,
    VpcId: record.vpcId,
    State: { Code: stateOf(record, server.clock.now()) },
    Type: 'application',
    AvailabilityZones: zones(record, server),
    SecurityGroups: record.securityGroupIds,
    IpAddressType: record.ipAddressType,
  };
}

function checkName(input: Input): string {
  const name = input.text('Name');
  if (name === undefined || name === '') throw validation('A load balancer name must be specified');
  // Words: aws-cloudformation/cfn-lint#3259 for the length; the others follow its form.
  if (name.length > 32) throw validation(`The load balancer name '${name}' cannot be longer than '32' characters`);
  if (!/^[A-Za-z0-9-]+$/.test(name))
    throw validation(`The load balancer name '${name}' can only contain characters that are alphanumeric characters or hyphens(-)`);
  if (name.startsWith('-') || name.endsWith('-')) throw validation(`The load balancer name '${name}' cannot begin or end with '-'`);
  if (name.startsWith('internal-')) throw validation(`The load balancer name '${name}' cannot begin with 'internal-'`);
  return name;
}

const sameSet = (a: readonly string[], b: readonly string[]): boolean => a.length === b.length && a.every((item) => b.includes(item));

function create({ input, store, server }: Call): XmlNode {
  const name = checkName(input);
  checkLoadBalancerType(input);
  const scheme = input.choice('Scheme', SCHEMES) ?? 'internet-facing';
  const ipAddressType = input.choice('IpAddressType', ADDRESS_TYPES) ?? 'ipv4';
  const tags = readNewTags(input, server.quotas);
  input.settle();
  const known = [...store.loadBalancers.values()].find((record) => record.name === name);
  const subnets = checkSubnets(readSubnetIds(input), scheme, server, known?.subnetIds);
  const vpcId = subnets[0]?.vpcId ?? '';
  checkAddressType(ipAddressType, scheme, subnets);
  const securityGroupIds = checkSecurityGroups(input.texts('SecurityGroups'), vpcId, server);
  const subnetIds = subnets.map((subnet) => subnet.id);

  if (known !== undefined) {
    // Tags are not compared: nobody has said that AWS does, so a caller must expect somebody else's load balancer here.
    const same =
      known.scheme === scheme &&
      known.ipAddressType === ipAddressType &&
      sameSet(known.subnetIds, subnetIds) &&
      sameSet(known.securityGroupIds, securityGroupIds);
    if (same) return { LoadBalancers: [describe(known, store, server)] };
    // Words: kubernetes-sigs/aws-load-balancer-controller#3173.
    throw new ApiError('DuplicateLoadBalancerName', `A load balancer with the same name '${name}' exists, but with different settings`);
  }
  if (store.loadBalancers.size >= server.quotas.loadBalancers)
    throw new ApiError('TooManyLoadBalancers', `You've reached the limit on the number of load balancers: ${server.quotas.loadBalancers}`);

  const id = newId();
  const now = server.clock.now();
  const record: LoadBalancerRecord = {
    arn: loadBalancerArn(store, name, id),
    id,
    name,
    dnsName: dnsName(name, scheme, store.region),
    scheme,
    vpcId,
    sequence: store.nextSequence++,
    createdAt: now,
    activeAt: now + server.timings.loadBalancerProvisioning,
    ipAddressType,
    subnetIds,
    securityGroupIds,
    attributes: initialAttributes(LOAD_BALANCER_ATTRIBUTES, scheme),
    tags,
  };
  server.network.attachLoadBalancer({ arn: record.arn, name, id, subnetIds, securityGroupIds });
  store.loadBalancers.set(record.arn, record);
  server.wake(server.timings.loadBalancerProvisioning);
  return { LoadBalancers: [describe(record, store, server)] };
}

/** The load balancer a call names; ValidationError or LoadBalancerNotFound when it is not there. */
export function namedLoadBalancer({ input, store }: Pick<Call, 'input' | 'store'>): LoadBalancerRecord {
  const arn = checkArn('load balancer', input.text('LoadBalancerArn'));
  const record = store.loadBalancers.get(arn);
  if (record === undefined) throw noLoadBalancer(arn);
  return record;
}

function list({ input, store, server }: Call): XmlNode {
  const arns = input.texts('LoadBalancerArns') ?? [];
  const names = input.texts('Names') ?? [];
  if (arns.length > 0 && names.length > 0)
    throw validation('Load balancer names and load balancer ARNs cannot be specified at the same time');
  if (arns.length > ARNS_PER_CALL)
    input.violate('LoadBalancerArns', `[${arns.join(', ')}]`, `Member must have length less than or equal to ${ARNS_PER_CALL}`);
  input.settle();
  const all = [...store.loadBalancers.values()];
  let chosen = all;
  if (arns.length > 0) {
    for (const arn of arns)
      if (!store.loadBalancers.has(checkArn('load balancer', arn)))
        throw new ApiError('LoadBalancerNotFound', 'One or more load balancers not found');
    chosen = all.filter((record) => arns.includes(record.arn));
  } else if (names.length > 0) {
    const missing = names.filter((name) => !all.some((record) => record.name === name));
    if (missing.length > 0) throw new ApiError('LoadBalancerNotFound', `Load balancers '[${missing.join(', ')}]' not found`);
    chosen = all.filter((record) => names.includes(record.name));
  }
  const page = pageOf(chosen, (record) => record.sequence, input, chosen === all ? server.pageSize : LARGEST_PAGE);
  return { LoadBalancers: page.items.map((record) => describe(record, store, server)), NextMarker: page.nextMarker };
}

function announce(record: LoadBalancerRecord, server: Server): void {
  server.network.updateLoadBalancer({ arn: record.arn, subnetIds: record.subnetIds, securityGroupIds: record.securityGroupIds });
}

function setSubnets(call: Call): XmlNode {
  const { input, server } = call;
  const record = namedLoadBalancer(call);
  const ipAddressType = input.choice('IpAddressType', ADDRESS_TYPES) ?? record.ipAddressType;
  input.settle();
  const subnets = checkSubnets(readSubnetIds(input), record.scheme, server, record.subnetIds, record.vpcId);
  checkAddressType(ipAddressType, record.scheme, subnets);
  record.subnetIds = subnets.map((subnet) => subnet.id);
  record.ipAddressType = ipAddressType;
  announce(record, server);
  return { AvailabilityZones: zones(record, server), IpAddressType: record.ipAddressType };
}

function setSecurityGroups(call: Call): XmlNode {
  const { input, server } = call;
  const record = namedLoadBalancer(call);
  if (input.has('EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic'))
    throw invalidConfiguration(
      "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic is not supported for load balancers with type 'application'",
    );
  const ids = input.texts('SecurityGroups') ?? [];
  if (ids.length === 0) throw validation('A security group must be specified');
  record.securityGroupIds = checkSecurityGroups(ids, record.vpcId, server);
  announce(record, server);
  return { SecurityGroupIds: record.securityGroupIds };
}

function setIpAddressType(call: Call): XmlNode {
  const { input, server } = call;
  const record = namedLoadBalancer(call);
  const type = input.choice('IpAddressType', ADDRESS_TYPES);
  input.settle();
  if (type === undefined) throw validation('An IP address type must be specified');
  checkAddressType(
    type,
    record.scheme,
    record.subnetIds.flatMap((id) => server.network.subnet(id) ?? []),
  );
  record.ipAddressType = type;
  return { IpAddressType: type };
}

function remove({ input, store, server }: Call): XmlNode {
  const arn = checkArn('load balancer', input.text('LoadBalancerArn'));
  const record = store.loadBalancers.get(arn);
  // API reference, DeleteLoadBalancer: "If the load balancer does not exist or has already been deleted, the call succeeds."
  if (record === undefined) return {};
  // Words: rebuy-de/aws-nuke#258.
  if (record.attributes.get('deletion_protection.enabled') === 'true')
    throw notPermitted(`Load balancer '${arn}' cannot be deleted because deletion protection is enabled`);
  for (const listener of listenersOf(store, arn)) store.listeners.delete(listener.arn);
  store.loadBalancers.delete(arn);
  refreshAssociations(store);
  server.network.detachLoadBalancer(arn);
  return {};
}

export const loadBalancerOperations: Operations = {
  CreateLoadBalancer: {
    params: ['Name', 'Subnets', 'SubnetMappings', 'SecurityGroups', 'Scheme', 'Tags', 'Type', 'IpAddressType'],
    writes: true,
    run: create,
  },
  DescribeLoadBalancers: { params: ['LoadBalancerArns', 'Names', 'Marker', 'PageSize'], writes: false, run: list },
  SetSubnets: { params: ['LoadBalancerArn', 'Subnets', 'SubnetMappings', 'IpAddressType'], writes: true, run: setSubnets },
  SetSecurityGroups: {
    params: ['LoadBalancerArn', 'SecurityGroups', 'EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic'],
    writes: true,
    run: setSecurityGroups,
  },
  SetIpAddressType: { params: ['LoadBalancerArn', 'IpAddressType'], writes: true, run: setIpAddressType },
  DeleteLoadBalancer: { params: ['LoadBalancerArn'], writes: true, run: remove },
  DescribeLoadBalancerAttributes: {
    params: ['LoadBalancerArn'],
    writes: false,
    run: (call) => describeAttributes(namedLoadBalancer(call).attributes),
  },
  ModifyLoadBalancerAttributes: {
    params: ['LoadBalancerArn', 'Attributes'],
    writes: true,
    run: (call) => {
      const record = namedLoadBalancer(call);
      modifyAttributes(LOAD_BALANCER_ATTRIBUTES, record.scheme, record.attributes, call.input);
      return describeAttributes(record.attributes);
    },
  },
};
