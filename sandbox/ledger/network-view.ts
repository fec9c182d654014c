/** EC2 as the load balancer side sees it: the mirror, with the life cycle's states and the balancers' interfaces on top. */
import type { InstanceFacts, NetworkView } from '../types.ts';
import type { Ec2Context } from './context.ts';
import type { MirroredInstance, MirroredKind, MirroredSubnet, Region } from './mirror.ts';

export interface LedgerView extends NetworkView {
  /** Number of resources of each kind in every region; terminated instances and default groups are not counted. */
  census(): Readonly<Record<string, number>>;
}

export function createNetworkView(context: Ec2Context, listeners: Set<() => void>): LedgerView {
  const { mirror, lives, interfaces } = context;
  const find = <K extends MirroredKind>(kind: K, id: string) => {
    for (const region of mirror.regions()) {
      const found = region[kind].get(id);
      if (found) return found as Region[K] extends ReadonlyMap<string, infer T> ? T : never;
    }
    return undefined;
  };
  const factsOf = (instance: MirroredInstance): InstanceFacts | undefined => {
    const life = lives.find(instance.id);
    if (!life || life.gone) return undefined;
    const { id, vpcId, subnetId, availabilityZone, privateIp, securityGroupIds, tags } = instance;
    return { id, vpcId, subnetId, availabilityZone, privateIp, securityGroupIds, tags, state: life.state, userData: life.userData };
  };
  const subnetsOf = (ids: readonly string[]): MirroredSubnet[] =>
    ids.flatMap((id) => {
      const subnet = find('subnets', id);
      return subnet ? [subnet] : [];
    });

  const withBalancers = (subnet: MirroredSubnet): MirroredSubnet => {
    const taken = interfaces.all().filter((one) => one.subnet.id === subnet.id).length;
    const outpostArn = context.outposts.get(subnet.id);
    return { ...subnet, freeAddresses: subnet.freeAddresses - taken, ...(outpostArn === undefined ? {} : { outpostArn }) };
  };

  return {
    subnet(id) {
      const subnet = find('subnets', id);
      return subnet && withBalancers(subnet);
    },
    subnets: () => mirror.regions().flatMap((region) => [...region.subnets.values()].map(withBalancers)),
    vpc(id) {
      const region = mirror.regions().find((one) => one.vpcs.has(id));
      if (!region) return undefined;
      const group = [...region.groups.values()].find((one) => one.vpcId === id && one.name === 'default');
      return {
        id,
        hasGateway: [...region.gateways.values()].some((gateway) => gateway.vpcId === id),
        defaultSecurityGroupId: group?.id ?? '',
      };
    },
    securityGroup: (id) => find('groups', id),
    instance(id) {
      const instance = find('instances', id);
      return instance && factsOf(instance);
    },
    instances: () => mirror.regions().flatMap((region) => [...region.instances.values()].flatMap((instance) => factsOf(instance) ?? [])),
    onChange(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    attachLoadBalancer(lb) {
      interfaces.attach({ ...lb, scheme: lb.scheme ?? 'internet-facing', groupIds: lb.securityGroupIds }, subnetsOf(lb.subnetIds));
    },
    updateLoadBalancer(lb) {
      interfaces.update(lb.arn, subnetsOf(lb.subnetIds), lb.securityGroupIds);
    },
    detachLoadBalancer: (arn) => interfaces.detach(arn),
    census() {
      const counts: Record<string, number> = { balancerInterfaces: interfaces.all().length };
      const add = (name: string, count: number): void => {
        counts[name] = (counts[name] ?? 0) + count;
      };
      for (const region of mirror.regions()) {
        add('vpcs', region.vpcs.size);
        add('subnets', region.subnets.size);
        add('gateways', region.gateways.size);
        add('securityGroups', [...region.groups.values()].filter((group) => group.name !== 'default').length);
        add('routeTables', [...region.routeTables.values()].filter((table) => !table.isMain).length);
        add('instances', [...region.instances.keys()].filter((id) => !['terminated', undefined].includes(lives.state(id))).length);
      }
      return counts;
    },
  };
}
