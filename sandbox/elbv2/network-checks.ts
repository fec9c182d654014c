/** What a load balancer demands of the network it is put into: subnets, zones, addresses, gateway, security groups. */
import type { SubnetFacts } from '../types.ts';
import { ApiError, invalidConfiguration, unsupported, validation } from './errors.ts';
import type { Input } from './input.ts';
import type { Server } from './operation.ts';

/** Application Load Balancers guide, "Subnets for your load balancer": /27 or larger, and 8 free addresses in each. */
const SMALLEST_SUBNET_BITS = 27;
const FREE_ADDRESSES_NEEDED = 8;

export const SCHEMES = ['internet-facing', 'internal'] as const;
export const ADDRESS_TYPES = ['ipv4', 'dualstack', 'dualstack-without-public-ipv4'] as const;
export type Scheme = (typeof SCHEMES)[number];

/** Subnet ids of `Subnets` or `SubnetMappings`; exactly one of the two must be there. */
export function readSubnetIds(input: Input): string[] {
  const plain = input.texts('Subnets');
  const mappings = input.list('SubnetMappings');
  if (plain !== undefined && plain.length > 0 && mappings !== undefined && mappings.length > 0)
    throw validation('You must specify either subnets or subnet mappings, but not both');
  if (mappings !== undefined && mappings.length > 0) {
    return mappings.map((mapping) => {
      for (const name of mapping.names())
        if (name !== 'SubnetId')
          throw invalidConfiguration(`The subnet mapping field '${name}' is not supported for load balancers with type 'application'`);
      return mapping.text('SubnetId') ?? '';
    });
  }
  // Words: kasmtech/terraform#5.
  if (plain === undefined || plain.length === 0)
    throw validation('At least two subnets in two different Availability Zones must be specified');
  return plain;
}

/**
 * The subnets, checked one by one and as a whole. `already` are those the load balancer has: they need no further free
 * addresses. `vpcId` is given when the load balancer exists, which cannot move to another VPC.
 */
export function checkSubnets(
  ids: readonly string[],
  scheme: Scheme,
  server: Server,
  already: readonly string[] = [],
  vpcId?: string,
): readonly SubnetFacts[] {
  const { network } = server;
  const subnets = ids.map((id) => {
    if (!/^subnet-[0-9a-f]{8,17}$/.test(id)) throw validation(`The subnet ID '${id}' is not valid`);
    const facts = network.subnet(id);
    if (facts === undefined) throw new ApiError('SubnetNotFound', `The subnet ID '${id}' does not exist`);
    return facts;
  });
  if (new Set(ids).size < ids.length)
    throw validation(`A subnet was specified more than once: '${ids.find((id, index) => ids.indexOf(id) !== index)}'`);
  const home = vpcId ?? subnets[0]?.vpcId;
  const stranger = subnets.find((subnet) => subnet.vpcId !== home);
  if (stranger !== undefined)
    throw invalidConfiguration(`All subnets must belong to the same VPC: '${stranger.id}' is in '${stranger.vpcId}', not in '${home}'`);
  // API reference, CreateLoadBalancer, Subnets: one Outpost subnet; the words for more are the sandbox's own.
  const outpost = subnets.find((subnet) => subnet.outpostArn !== undefined);
  if (outpost !== undefined && subnets.length > 1)
    throw invalidConfiguration(`A load balancer on an Outpost has one subnet: '${outpost.id}' is on '${outpost.outpostArn}'`);
  if (subnets.length < 2 && outpost === undefined)
    throw validation('At least two subnets in two different Availability Zones must be specified');
  // Words: terraform-aws-vault#5.
  if (new Set(subnets.map((subnet) => subnet.availabilityZone)).size < subnets.length)
    throw invalidConfiguration('A load balancer cannot be attached to multiple subnets in the same Availability Zone');
  // Words: openshift/installer#1110.
  if (scheme === 'internet-facing' && home !== undefined && network.vpc(home)?.hasGateway !== true)
    throw new ApiError('InvalidSubnet', `VPC ${home} has no internet gateway`);
  for (const subnet of subnets) {
    const bits = Number(subnet.cidrBlock.split('/')[1] ?? '32');
    const full = !already.includes(subnet.id) && subnet.freeAddresses < FREE_ADDRESSES_NEEDED;
    // Words: kubernetes-sigs/aws-load-balancer-controller#1233.
    if (full || bits > SMALLEST_SUBNET_BITS)
      throw new ApiError(
        'InvalidSubnet',
        `Not enough IP space available in ${subnet.id}. ELB requires at least ${FREE_ADDRESSES_NEEDED} free IP addresses in each subnet.`,
      );
  }
  return subnets;
}

/**
 * An address type together with scheme and subnets. Internal load balancers may be dualstack (getmoto/moto#9680, tried on AWS in
 * 2026-01; the attribute ipv6.deny_all_igw_traffic is theirs), whatever CreateLoadBalancer's reference says. One without public
 * IPv4 addresses has nothing to leave out when it is internal.
 */
export function checkAddressType(type: string, scheme: Scheme, subnets: readonly SubnetFacts[]): void {
  if (type === 'ipv4') return;
  if (scheme === 'internal' && type === 'dualstack-without-public-ipv4')
    throw invalidConfiguration(`Internal load balancers must use the IP address type 'ipv4' or 'dualstack', not '${type}'`);
  const lacking = subnets.find((subnet) => subnet.ipv6CidrBlock === undefined);
  if (lacking !== undefined)
    throw new ApiError('InvalidSubnet', `You must specify subnets with an associated IPv6 CIDR block: '${lacking.id}' has none`);
}

/** Security groups in `vpcId`; the default group of the VPC when the list is absent, as at AWS. */
export function checkSecurityGroups(ids: readonly string[] | undefined, vpcId: string, server: Server): readonly string[] {
  const { network, quotas } = server;
  if (ids === undefined || ids.length === 0) {
    const fallback = network.vpc(vpcId)?.defaultSecurityGroupId;
    if (fallback === undefined) throw new ApiError('InvalidSecurityGroup', `The default security group of VPC '${vpcId}' does not exist`);
    return [fallback];
  }
  const wanted = [...new Set(ids)];
  for (const id of wanted) {
    // Words: in4it/ecs-deploy#8; the next ones: kubernetes-sigs/aws-load-balancer-controller#2371, hashicorp/terraform#958, boto/boto3#177.
    if (!/^sg-[0-9a-f]{8,17}$/.test(id)) throw validation(`Security group '${id}' is not valid`);
    const facts = network.securityGroup(id);
    if (facts === undefined) throw new ApiError('InvalidSecurityGroup', `The security group '${id}' does not exist`);
    if (facts.vpcId !== vpcId) throw invalidConfiguration(`Security group '${id}' does not belong to VPC '${vpcId}'`);
  }
  if (wanted.length > quotas.securityGroupsPerLoadBalancer)
    throw invalidConfiguration('The maximum number of security groups per load balancer has been reached');
  return wanted;
}

/** Refuses load balancers of the two other types: AWS has them, this sandbox does not. */
export function checkLoadBalancerType(input: Input): void {
  const type = input.choice('Type', ['application', 'network', 'gateway'] as const);
  input.settle();
  if (type === 'network' || type === 'gateway') throw unsupported(`A load balancer of type '${type}'`);
}
