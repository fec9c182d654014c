/** Where a load balancer stands: its subnets, security groups and kind of addresses, set one by one. */
import { LOAD_BALANCER_ATTRIBUTES } from './attribute-tables.ts';
import { adaptAttributes } from './attributes.ts';
import { rebalanceCapacity } from './capacity.ts';
import { invalidConfiguration, validation } from './errors.ts';
import { checkIpamPool } from './ip-pools.ts';
import { namedLoadBalancer } from './load-balancer-lookup.ts';
import { ADDRESS_TYPES, checkAddressType, checkSecurityGroups, checkSubnets, readSubnetIds } from './network-checks.ts';
import type { Call, Operations, Server } from './operation.ts';
import { groupsUsedBy, type LoadBalancerRecord, type Store } from './store.ts';
import type { XmlNode } from './xml.ts';

export function zones(record: LoadBalancerRecord, server: Server): XmlNode[] {
  const all = record.subnetIds.map((SubnetId) => ({
    ZoneName: server.network.subnet(SubnetId)?.availabilityZone,
    SubnetId,
    LoadBalancerAddresses: [],
  }));
  return [...server.order.arrange(all, ({ ZoneName }, index) => ZoneName ?? String(index))];
}

export const sameSet = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((item) => b.includes(item));

function announce(record: LoadBalancerRecord, server: Server): void {
  server.network.updateLoadBalancer({ arn: record.arn, subnetIds: record.subnetIds, securityGroupIds: record.securityGroupIds });
}

/** What stands in the way of another address type: an IPAM pool (removed first), groups of IPv6 targets (dualstack only). */
function checkAddressChange(record: LoadBalancerRecord, type: string, store: Store): void {
  if (type === record.ipAddressType) return;
  checkIpamPool(record.ipv4IpamPoolId, record.scheme, type);
  if (type === 'ipv4')
    for (const arn of groupsUsedBy(store, record.arn))
      if (store.targetGroups.get(arn)?.ipAddressType === 'ipv6')
        throw invalidConfiguration(`Target group '${arn}' with the IP address type 'ipv6' requires a dualstack load balancer`);
}

/** Attributes that exist for the new type only come and go with it. */
function changeAddressType(record: LoadBalancerRecord, type: LoadBalancerRecord['ipAddressType']): void {
  record.ipAddressType = type;
  adaptAttributes(LOAD_BALANCER_ATTRIBUTES, [record.scheme, type], record.attributes);
}

function setSubnets(call: Call): XmlNode {
  const { input, store, server } = call;
  const record = namedLoadBalancer(call);
  const ipAddressType = input.choice('IpAddressType', ADDRESS_TYPES) ?? record.ipAddressType;
  input.settle();
  const subnets = checkSubnets(readSubnetIds(input), record.scheme, server, record.subnetIds, record.vpcId);
  checkAddressType(ipAddressType, record.scheme, subnets);
  checkAddressChange(record, ipAddressType, store);
  const subnetIds = subnets.map((subnet) => subnet.id);
  if (!sameSet(subnetIds, record.subnetIds)) rebalanceCapacity(record.capacity, server);
  record.subnetIds = subnetIds;
  changeAddressType(record, ipAddressType);
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
  const { input, store, server } = call;
  const record = namedLoadBalancer(call);
  const type = input.choice('IpAddressType', ADDRESS_TYPES);
  input.settle();
  if (type === undefined) throw validation('An IP address type must be specified');
  checkAddressType(
    type,
    record.scheme,
    record.subnetIds.flatMap((id) => server.network.subnet(id) ?? []),
  );
  checkAddressChange(record, type, store);
  changeAddressType(record, type);
  return { IpAddressType: type };
}

export const loadBalancerNetworkOperations: Operations = {
  SetSubnets: {
    params: ['LoadBalancerArn', 'Subnets', 'SubnetMappings', 'IpAddressType'],
    unserved: ['EnablePrefixForIpv6SourceNat'],
    writes: true,
    run: setSubnets,
  },
  SetSecurityGroups: {
    params: ['LoadBalancerArn', 'SecurityGroups', 'EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic'],
    writes: true,
    run: setSecurityGroups,
  },
  SetIpAddressType: { params: ['LoadBalancerArn', 'IpAddressType'], writes: true, run: setIpAddressType },
};
