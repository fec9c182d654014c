/**
 * The network interfaces Elastic Load Balancing makes for a load balancer: one per subnet, managed by `amazon-elb`, and
 * still there for a while after the load balancer is deleted. They are what keeps groups, subnets and gateways from being
 * deleted (aws-sdk waiters and the Terraform provider find them by description and by attachment.instance-owner-id).
 */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../types.ts';
import { listOf, type XmlObject } from '../xml.ts';
import { readBlock, writeAddress } from './cidr.ts';
import type { MirroredSubnet } from './mirror.ts';

export interface BalancerInterface {
  readonly id: string;
  readonly region: string;
  readonly loadBalancerArn: string;
  readonly description: string;
  readonly subnet: MirroredSubnet;
  groupIds: readonly string[];
  readonly privateIp: string;
  /** Empty on an internal load balancer. */
  publicIp: string;
  readonly macAddress: string;
  readonly attachmentId: string;
  readonly attachedAt: number;
  /** Its load balancer has left the subnet or is gone: the interface waits to be removed. */
  released: boolean;
}

export interface BalancerInterfaces {
  all(): readonly BalancerInterface[];
  attach(
    lb: { readonly arn: string; readonly name: string; readonly id: string; readonly scheme: string; readonly groupIds: readonly string[] },
    subnets: readonly MirroredSubnet[],
  ): void;
  update(arn: string, subnets: readonly MirroredSubnet[], groupIds: readonly string[]): void;
  /** Takes the public addresses off an internal load balancer's interfaces. */
  makeInternal(arn: string): void;
  detach(arn: string): void;
  clear(): void;
  /** What there is now, as data; put back, what waits to be removed waits from the start. */
  save(): InterfaceState;
  load(state: InterfaceState): void;
}

export interface InterfaceState {
  readonly interfaces: readonly BalancerInterface[];
  readonly balancers: readonly (readonly [string, Balancer])[];
}

interface Balancer {
  readonly arn: string;
  readonly description: string;
  readonly region: string;
  readonly isPublic: boolean;
}

export function createInterfaces(options: {
  readonly clock: Clock;
  readonly lingerMs: number;
  readonly onChange: () => void;
}): BalancerInterfaces {
  const { clock, lingerMs, onChange } = options;
  const interfaces = new Set<BalancerInterface>();
  const balancers = new Map<string, Balancer>();
  let publicAddresses = 0;

  /** From the subnet's top end: moto hands out its addresses from the bottom. */
  const freeAddress = (subnet: MirroredSubnet): string => {
    const block = readBlock(subnet.cidrBlock);
    if (!block) return '';
    const used = new Set([...interfaces].filter((one) => one.subnet.id === subnet.id).map((one) => one.privateIp));
    for (let value = block.last - 1; value > block.first + 3; value--) {
      const address = writeAddress(value);
      if (!used.has(address)) return address;
    }
    return '';
  };
  const add = (balancer: Balancer, subnet: MirroredSubnet, groupIds: readonly string[]): void => {
    publicAddresses += 1;
    interfaces.add({
      id: `eni-${randomBytes(9).toString('hex').slice(0, 17)}`,
      region: balancer.region,
      loadBalancerArn: balancer.arn,
      description: balancer.description,
      subnet,
      groupIds,
      privateIp: freeAddress(subnet),
      // 198.51.100.0/24 and 203.0.113.0/24 are set aside for documentation (RFC 5737): no such address is anyone's.
      publicIp: balancer.isPublic ? `${publicAddresses % 500 < 250 ? '198.51.100' : '203.0.113'}.${(publicAddresses % 250) + 1}` : '',
      macAddress: `02:${[...randomBytes(5)].map((byte) => byte.toString(16).padStart(2, '0')).join(':')}`,
      attachmentId: `ela-attach-${randomBytes(9).toString('hex').slice(0, 17)}`,
      attachedAt: clock.now(),
      released: false,
    });
  };
  const release = (one: BalancerInterface): void => {
    if (one.released) return;
    one.released = true;
    const remove = (): void => {
      if (interfaces.delete(one)) onChange();
    };
    if (lingerMs === 0) remove();
    else clock.after(lingerMs, remove);
  };
  const clear = (): void => {
    interfaces.clear();
    balancers.clear();
  };
  const live = (arn: string): BalancerInterface[] => [...interfaces].filter((one) => one.loadBalancerArn === arn && !one.released);

  return {
    all: () => [...interfaces],
    attach(lb, subnets) {
      const region = lb.arn.split(':')[3] ?? '';
      const balancer = { arn: lb.arn, description: `ELB app/${lb.name}/${lb.id}`, region, isPublic: lb.scheme !== 'internal' };
      balancers.set(lb.arn, balancer);
      for (const subnet of subnets) add(balancer, subnet, lb.groupIds);
      onChange();
    },
    update(arn, subnets, groupIds) {
      const balancer = balancers.get(arn);
      if (!balancer) return;
      const kept = new Set(subnets.map((subnet) => subnet.id));
      const present = new Set<string>();
      for (const one of live(arn)) {
        if (!kept.has(one.subnet.id)) release(one);
        else present.add(one.subnet.id);
        one.groupIds = groupIds;
      }
      for (const subnet of subnets) if (!present.has(subnet.id)) add(balancer, subnet, groupIds);
      onChange();
    },
    makeInternal(arn) {
      for (const one of interfaces) if (one.loadBalancerArn === arn) one.publicIp = '';
    },
    detach(arn) {
      balancers.delete(arn);
      for (const one of live(arn)) release(one);
      onChange();
    },
    clear,
    save: () => structuredClone({ interfaces: [...interfaces], balancers: [...balancers] }),
    load(state) {
      clear();
      for (const [arn, balancer] of structuredClone(state.balancers)) balancers.set(arn, balancer);
      for (const one of structuredClone(state.interfaces)) {
        const { released } = one;
        one.released = false;
        interfaces.add(one);
        if (released) release(one);
      }
    },
  };
}

/** The interface as DescribeNetworkInterfaces shows it. `groupName` looks a group's name up. */
export function interfaceElement(one: BalancerInterface, groupName: (id: string) => string): XmlObject {
  const privateDnsName = `ip-${one.privateIp.replaceAll('.', '-')}.ec2.internal`;
  const association: XmlObject = one.publicIp
    ? {
        association: {
          ipOwnerId: 'amazon-elb',
          publicDnsName: `ec2-${one.publicIp.replaceAll('.', '-')}.compute-1.amazonaws.com`,
          publicIp: one.publicIp,
        },
      }
    : {};
  return {
    ...association,
    // Still attached while it lingers: the Terraform provider waits on attachment.instance-owner-id until nothing is found.
    attachment: {
      attachmentId: one.attachmentId,
      attachTime: new Date(one.attachedAt).toISOString(),
      deleteOnTermination: 'false',
      deviceIndex: '1',
      instanceOwnerId: 'amazon-elb',
      status: 'attached',
    },
    availabilityZone: one.subnet.availabilityZone,
    description: one.description,
    groupSet: listOf(one.groupIds.map((id) => ({ groupId: id, groupName: groupName(id) }))),
    interfaceType: 'interface',
    ipv6AddressesSet: '',
    macAddress: one.macAddress,
    networkInterfaceId: one.id,
    ownerId: one.loadBalancerArn.split(':')[4] ?? '',
    privateDnsName,
    privateIpAddress: one.privateIp,
    privateIpAddressesSet: listOf([{ primary: 'true', privateDnsName, privateIpAddress: one.privateIp, ...association }]),
    requesterId: 'amazon-elb',
    requesterManaged: 'true',
    sourceDestCheck: 'true',
    status: 'in-use',
    subnetId: one.subnet.id,
    tagSet: '',
    vpcId: one.subnet.vpcId,
  };
}
