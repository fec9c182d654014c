/** Load balancers: create, describe, set, delete, and their attributes. */
import { checkArn, dnsName, hostedZoneId, loadBalancerArn, newId } from './arn.ts';
import { LOAD_BALANCER_ATTRIBUTES } from './attribute-tables.ts';
import { describeAttributes, initialAttributes, modifyAttributes } from './attributes.ts';
import { ApiError, notPermitted, validation } from './errors.ts';
import type { Input } from './input.ts';
import { checkIpamPool, describePools, readCustomerOwnedPool, readIpamPool } from './ip-pools.ts';
import { namedLoadBalancer } from './load-balancer-lookup.ts';
import { loadBalancerNetworkOperations, sameSet, zones } from './load-balancer-network.ts';
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
import { LARGEST_PAGE, NAMED_PER_CALL, pageOf } from './pages.ts';
import { type LoadBalancerRecord, listenersOf, refreshAssociations, type Store } from './store.ts';
import { readNewTags } from './tags.ts';
import type { XmlNode } from './xml.ts';

export function stateOf(record: LoadBalancerRecord, now: number): 'provisioning' | 'active' {
  return now >= record.activeAt ? 'active' : 'provisioning';
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
    SecurityGroups: server.order.arrange(record.securityGroupIds, (_, index) => String(index)),
    IpAddressType: record.ipAddressType,
    // A setting of Network Load Balancers, answered for all since late 2024 (recorded 2025-02, 2026-03, 2026-10).
    EnablePrefixForIpv6SourceNat: 'off',
    CustomerOwnedIpv4Pool: record.customerOwnedIpv4Pool,
    IpamPools: describePools(record),
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

function create({ input, store, server }: Call): XmlNode {
  const name = checkName(input);
  checkLoadBalancerType(input);
  const scheme = input.choice('Scheme', SCHEMES) ?? 'internet-facing';
  const ipAddressType = input.choice('IpAddressType', ADDRESS_TYPES) ?? 'ipv4';
  const tags = readNewTags(input, server.quotas);
  const customerOwnedIpv4Pool = readCustomerOwnedPool(input);
  const ipv4IpamPoolId = readIpamPool(input);
  input.settle();
  const known = [...store.loadBalancers.values()].find((record) => record.name === name);
  const subnets = checkSubnets(readSubnetIds(input), scheme, server, known?.subnetIds);
  const vpcId = subnets[0]?.vpcId ?? '';
  checkAddressType(ipAddressType, scheme, subnets);
  checkIpamPool(ipv4IpamPoolId, scheme, ipAddressType);
  const securityGroupIds = checkSecurityGroups(input.texts('SecurityGroups'), vpcId, server);
  const subnetIds = subnets.map((subnet) => subnet.id);

  if (known !== undefined) {
    // Tags are not compared: nobody has said that AWS does, so a caller must expect somebody else's load balancer here.
    const same =
      known.scheme === scheme &&
      known.ipAddressType === ipAddressType &&
      known.customerOwnedIpv4Pool === customerOwnedIpv4Pool &&
      known.ipv4IpamPoolId === ipv4IpamPoolId &&
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
    attributes: initialAttributes(LOAD_BALANCER_ATTRIBUTES, [scheme, ipAddressType]),
    ...(customerOwnedIpv4Pool === undefined ? {} : { customerOwnedIpv4Pool }),
    ...(ipv4IpamPoolId === undefined ? {} : { ipv4IpamPoolId }),
    capacityDecreases: [],
    tags,
  };
  server.network.attachLoadBalancer({ arn: record.arn, name, id, subnetIds, securityGroupIds, scheme });
  store.loadBalancers.set(record.arn, record);
  server.wake(server.timings.loadBalancerProvisioning);
  return { LoadBalancers: [describe(record, store, server)] };
}

function list({ input, store, server }: Call): XmlNode {
  const arns = input.texts('LoadBalancerArns') ?? [];
  const names = input.texts('Names') ?? [];
  if (arns.length > 0 && names.length > 0)
    throw validation('Load balancer names and load balancer ARNs cannot be specified at the same time');
  // Words: cloud-custodian/cloud-custodian#10550.
  const count = Math.max(arns.length, names.length);
  if (count > NAMED_PER_CALL)
    throw validation(`Up to ${NAMED_PER_CALL} load balancers can be described at a time, but ${count} were specified`);
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
  const page = pageOf(chosen, (record) => record.sequence, { input, server }, chosen === all ? server.pageSize : LARGEST_PAGE);
  return { LoadBalancers: page.items.map((record) => describe(record, store, server)), NextMarker: page.nextMarker };
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
    params: [
      'Name',
      'Subnets',
      'SubnetMappings',
      'SecurityGroups',
      'Scheme',
      'Tags',
      'Type',
      'IpAddressType',
      'CustomerOwnedIpv4Pool',
      'IpamPools',
    ],
    unserved: ['EnablePrefixForIpv6SourceNat'],
    writes: true,
    run: create,
  },
  DescribeLoadBalancers: { params: ['LoadBalancerArns', 'Names', 'Marker', 'PageSize'], writes: false, run: list },
  ...loadBalancerNetworkOperations,
  DeleteLoadBalancer: { params: ['LoadBalancerArn'], writes: true, run: remove },
  DescribeLoadBalancerAttributes: {
    params: ['LoadBalancerArn'],
    writes: false,
    run: (call) => describeAttributes(namedLoadBalancer(call).attributes, call.server.order),
  },
  ModifyLoadBalancerAttributes: {
    params: ['LoadBalancerArn', 'Attributes'],
    writes: true,
    run: (call) => {
      const record = namedLoadBalancer(call);
      modifyAttributes(LOAD_BALANCER_ATTRIBUTES, [record.scheme, record.ipAddressType], record.attributes, call.input);
      return describeAttributes(record.attributes, call.server.order);
    },
  },
};
