/**
 * Who reaches whom, as security groups say. AWS drops what they do not allow, so a blocked connection times out. Groups are
 * stateful and only ever allow: the answer is yes when any rule of any group of the interface allows it.
 */
import ipaddr from 'ipaddr.js';
import type { InstanceFacts, LoadBalancerFacts, NetworkView, SecurityGroupRule } from '../types.ts';

/** Clients of an internet-facing load balancer come from loopback and are taken for this address (TEST-NET-3, RFC 5737). */
export const INTERNET_CLIENT = '203.0.113.1';

type Network = Pick<NetworkView, 'securityGroup' | 'subnet'>;

/** Where clients of this load balancer are taken to be: the internet, or for an internal one the first usable address of its first subnet. */
export function clientOf(network: Network, lb: LoadBalancerFacts): string {
  const cidr = lb.scheme === 'internal' ? network.subnet(lb.subnetIds[0] ?? '')?.cidrBlock : undefined;
  if (cidr === undefined) return INTERNET_CLIENT;
  // AWS keeps the first four addresses of every subnet (VPC User Guide, "Subnet CIDR blocks").
  const bytes = ipaddr.IPv4.networkAddressFromCIDR(cidr).octets;
  return [...bytes.slice(0, 3), (bytes[3] ?? 0) + 4].join('.');
}

/** A client can open a connection to this port of the load balancer. */
export function clientReaches(network: Network, lb: LoadBalancerFacts, port: number): boolean {
  const from = { cidr: `${clientOf(network, lb)}/32`, groupIds: [] };
  return rules(network, lb.securityGroupIds, 'ingress').some((rule) => allows(rule, port, from));
}

/** Every node of the load balancer can open a connection to this port of the instance: it may leave the one and enter the other. */
export function loadBalancerReaches(network: Network, lb: LoadBalancerFacts, instance: InstanceFacts, port: number): boolean {
  const target = { cidr: `${instance.privateIp}/32`, groupIds: instance.securityGroupIds };
  if (!rules(network, lb.securityGroupIds, 'egress').some((rule) => allows(rule, port, target))) return false;
  const ingress = rules(network, instance.securityGroupIds, 'ingress');
  // A node's address may be any of its subnet, so a rule by address has to hold the whole subnet.
  return lb.subnetIds.every((id) => {
    const node = { cidr: network.subnet(id)?.cidrBlock, groupIds: lb.securityGroupIds };
    return ingress.some((rule) => allows(rule, port, node));
  });
}

function rules(network: Network, groupIds: readonly string[], direction: 'ingress' | 'egress'): readonly SecurityGroupRule[] {
  return groupIds.flatMap((id) => network.securityGroup(id)?.[direction] ?? []);
}

function allows(rule: SecurityGroupRule, port: number, peer: { cidr: string | undefined; groupIds: readonly string[] }): boolean {
  const all = rule.protocol === '-1';
  if (!all && rule.protocol !== 'tcp' && rule.protocol !== '6') return false;
  if (!all && (port < (rule.fromPort ?? 0) || port > (rule.toPort ?? 65_535))) return false;
  return rule.sourceGroupIds.some((id) => peer.groupIds.includes(id)) || rule.cidrs.some((cidr) => holds(cidr, peer.cidr));
}

/** `inner` lies wholly within `outer`; both in CIDR notation. */
function holds(outer: string, inner: string | undefined): boolean {
  if (inner === undefined || !ipaddr.isValidCIDR(outer) || !ipaddr.isValidCIDR(inner)) return false;
  const [network, length] = ipaddr.parseCIDR(outer);
  const [address, innerLength] = ipaddr.parseCIDR(inner);
  return network.kind() === address.kind() && innerLength >= length && address.match(network, length);
}
