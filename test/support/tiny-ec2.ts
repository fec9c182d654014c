/** EC2 of a tiny AWS: network, security groups, instances. API references of the calls named. */

import type { Operations, Store, Wire } from './tiny-store.ts';

export function ec2Operations(store: Store): Operations {
  const { objects, all, add, need, remove, refuse, next, bare, addTags, dropTags } = store;
  const hex = (prefix: string): string => `${prefix}-${next(17)}`;
  const match = (object: Wire, filters: Wire[] = []): boolean =>
    filters.every(({ Name, Values }: Wire) => {
      if (Name.startsWith('tag:')) return Values.includes(object.Tags.find((tag: Wire) => tag.Key === Name.slice(4))?.Value);
      if (Name === 'tag-key') return object.Tags.some((tag: Wire) => Values.includes(tag.Key));
      if (Name === 'instance-state-name') return Values.includes(object.State.Name);
      if (Name === 'association.subnet-id') return object.Associations.some((entry: Wire) => Values.includes(entry.SubnetId));
      if (Name === 'association.route-table-association-id')
        return object.Associations.some((entry: Wire) => Values.includes(entry.RouteTableAssociationId));
      return refuse('InvalidParameterValue', `filter ${Name}`);
    });
  const select = (type: string, input: Wire, ids: string): Wire[] =>
    all(type).filter((object) => match(object, input.Filters) && (input[ids] === undefined || input[ids].includes(object.id)));
  const range = (cidr: string): [number, number] => {
    const [address = '', size = ''] = cidr.split('/');
    const base = address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
    return [base, base + 2 ** (32 - Number(size))];
  };
  const specTags = (input: Wire): Wire[] => input.TagSpecifications?.[0]?.Tags ?? [];
  const rules = (permissions: Wire[]): string[] =>
    permissions.flatMap((entry) =>
      [...(entry.IpRanges ?? []), ...(entry.UserIdGroupPairs ?? [])].map((peer: Wire) =>
        JSON.stringify([entry.IpProtocol, entry.FromPort ?? null, entry.ToPort ?? null, peer.CidrIp ?? peer.GroupId]),
      ),
    );
  const authorize =
    (list: string) =>
    (input: Wire): Wire => {
      const group = need(input.GroupId, 'InvalidGroup.NotFound');
      for (const entry of input.IpPermissions) for (const pair of entry.UserIdGroupPairs ?? []) need(pair.GroupId, 'InvalidGroup.NotFound');
      if (rules(input.IpPermissions).some((rule) => rules(group[list]).includes(rule))) refuse('InvalidPermission.Duplicate');
      group[list].push(...structuredClone(input.IpPermissions));
      return {};
    };
  const revoke =
    (list: string) =>
    (input: Wire): Wire => {
      const group = need(input.GroupId, 'InvalidGroup.NotFound');
      for (const id of input.SecurityGroupRuleIds ?? []) {
        const rule =
          [...new Set(rules(group[list]))].find((one) => ruleId(group.id, list, one) === id) ??
          refuse('InvalidSecurityGroupRuleId.NotFound');
        group[list] = group[list].filter((entry: Wire) => !rules([entry]).includes(rule));
      }
      for (const rule of rules(input.IpPermissions ?? [])) {
        if (!rules(group[list]).includes(rule)) refuse('InvalidPermission.NotFound');
        group[list] = group[list].filter((entry: Wire) => !rules([entry]).includes(rule));
      }
      return {};
    };
  /** The same for as long as the rule stands. */
  const ruleId = (group: string, list: string, rule: string): string => `sgr-${group}-${list}-${rule}`;
  const listRules = (input: Wire): Wire[] =>
    (input.Filters?.[0]?.Values ?? []).flatMap((id: string) => {
      const group = objects.get(id) ?? { IpPermissions: [], IpPermissionsEgress: [] };
      return ['IpPermissions', 'IpPermissionsEgress'].flatMap((list) =>
        group[list].flatMap((entry: Wire) =>
          [...(entry.IpRanges ?? []), ...(entry.UserIdGroupPairs ?? [])].map((peer: Wire) => ({
            SecurityGroupRuleId: ruleId(
              id,
              list,
              rules([{ ...entry, IpRanges: peer.CidrIp ? [peer] : [], UserIdGroupPairs: peer.GroupId ? [peer] : [] }])[0] ?? '',
            ),
            GroupId: id,
            IsEgress: list !== 'IpPermissions',
            IpProtocol: entry.IpProtocol,
            FromPort: entry.FromPort ?? -1,
            ToPort: entry.ToPort ?? -1,
            ...(peer.CidrIp === undefined ? { ReferencedGroupInfo: { GroupId: peer.GroupId } } : { CidrIpv4: peer.CidrIp }),
            ...(peer.Description === undefined ? {} : { Description: peer.Description }),
          })),
        ),
      );
    });
  const describe =
    (list: string) =>
    (input: Wire): Wire => {
      const group = need(input.GroupId, 'InvalidGroup.NotFound');
      for (const entry of input.IpPermissions) {
        const [rule = ''] = rules([entry]);
        if (!rules(group[list]).includes(rule)) refuse('InvalidPermission.NotFound');
        group[list] = group[list].map((other: Wire) => (rules([other]).includes(rule) ? structuredClone(entry) : other));
      }
      return {};
    };

  return {
    'ec2:DescribeVpcs': (input) => ({ Vpcs: select('vpc', input, 'VpcIds').map(bare) }),
    'ec2:DescribeSubnets': (input) => ({ Subnets: select('subnet', input, 'SubnetIds').map(bare) }),
    'ec2:DescribeInternetGateways': (input) => ({ InternetGateways: select('gateway', input, 'InternetGatewayIds').map(bare) }),
    'ec2:DescribeRouteTables': (input) => ({ RouteTables: select('table', input, 'RouteTableIds').map(bare) }),
    'ec2:DescribeSecurityGroups': (input) => ({ SecurityGroups: select('group', input, 'GroupIds').map(bare) }),
    'ec2:DescribeSecurityGroupRules': (input) => ({ SecurityGroupRules: listRules(input) }),
    'ec2:DescribeInstances': (input) => ({
      Reservations: select('instance', input, 'InstanceIds').map((object) => ({ Instances: [bare(object)] })),
    }),
    'ec2:DescribeNetworkInterfaces': () => ({ NetworkInterfaces: [] }),
    'ec2:CreateVpc': (input) => {
      const id = hex('vpc');
      return { Vpc: bare(add('vpc', id, { VpcId: id, CidrBlock: input.CidrBlock, Tags: specTags(input) })) };
    },
    'ec2:DeleteVpc': ({ VpcId }) => {
      need(VpcId, 'InvalidVpcID.NotFound');
      if (
        ['subnet', 'group', 'table'].some((type) => all(type).some((object) => object.VpcId === VpcId)) ||
        all('gateway').some((object) => object.Attachments[0]?.VpcId === VpcId)
      )
        refuse('DependencyViolation', `${VpcId} has dependencies`);
      return remove(VpcId);
    },
    'ec2:CreateSubnet': (input) => {
      const vpc = need(input.VpcId, 'InvalidVpcID.NotFound');
      const [from, to] = range(input.CidrBlock);
      const [first, last] = range(vpc.CidrBlock);
      if (from < first || to > last) refuse('InvalidSubnet.Range');
      for (const other of all('subnet').filter((subnet) => subnet.VpcId === input.VpcId)) {
        const [start, end] = range(other.CidrBlock);
        if (from < end && start < to) refuse('InvalidSubnet.Conflict', `${input.CidrBlock} conflicts with ${other.CidrBlock}`);
      }
      const id = hex('subnet');
      return {
        Subnet: bare(
          add('subnet', id, {
            SubnetId: id,
            VpcId: input.VpcId,
            CidrBlock: input.CidrBlock,
            AvailabilityZone: input.AvailabilityZone,
            MapPublicIpOnLaunch: false,
            Tags: specTags(input),
          }),
        ),
      };
    },
    'ec2:ModifySubnetAttribute': (input) => {
      need(input.SubnetId, 'InvalidSubnetID.NotFound').MapPublicIpOnLaunch = input.MapPublicIpOnLaunch.Value;
      return {};
    },
    'ec2:DeleteSubnet': ({ SubnetId }) => {
      need(SubnetId, 'InvalidSubnetID.NotFound');
      if (
        all('instance').some((object) => object.SubnetId === SubnetId && object.State.Name !== 'terminated') ||
        all('balancer').some((object) => object.AvailabilityZones.some((zone: Wire) => zone.SubnetId === SubnetId))
      )
        refuse('DependencyViolation', `${SubnetId} has dependencies`);
      for (const table of all('table')) table.Associations = table.Associations.filter((entry: Wire) => entry.SubnetId !== SubnetId);
      return remove(SubnetId);
    },
    'ec2:CreateInternetGateway': (input) => {
      const id = hex('igw');
      return { InternetGateway: bare(add('gateway', id, { InternetGatewayId: id, Attachments: [], Tags: specTags(input) })) };
    },
    'ec2:AttachInternetGateway': (input) => {
      need(input.VpcId, 'InvalidVpcID.NotFound');
      const gateway = need(input.InternetGatewayId, 'InvalidInternetGatewayID.NotFound');
      if (all('gateway').some((other) => other.Attachments[0]?.VpcId === input.VpcId))
        refuse('InvalidParameterValue', 'the VPC has a gateway already');
      gateway.Attachments = [{ State: 'available', VpcId: input.VpcId }];
      return {};
    },
    'ec2:DetachInternetGateway': (input) => {
      const gateway = need(input.InternetGatewayId, 'InvalidInternetGatewayID.NotFound');
      if (gateway.Attachments[0]?.VpcId !== input.VpcId) refuse('Gateway.NotAttached');
      const inside = (id: string) => objects.get(id)?.VpcId === input.VpcId;
      if (
        all('instance').some((object) => object.State.Name === 'running' && inside(object.SubnetId)) ||
        all('balancer').some((object) => object.VpcId === input.VpcId)
      )
        refuse('DependencyViolation', 'some mapped public addresses');
      gateway.Attachments = [];
      return {};
    },
    'ec2:DeleteInternetGateway': (input) => {
      if (need(input.InternetGatewayId, 'InvalidInternetGatewayID.NotFound').Attachments.length > 0) refuse('DependencyViolation');
      for (const table of all('table')) table.Routes = table.Routes.filter((route: Wire) => route.GatewayId !== input.InternetGatewayId);
      return remove(input.InternetGatewayId);
    },
    'ec2:CreateRouteTable': (input) => {
      const vpc = need(input.VpcId, 'InvalidVpcID.NotFound');
      const id = hex('rtb');
      return {
        RouteTable: bare(
          add('table', id, {
            RouteTableId: id,
            VpcId: input.VpcId,
            Routes: [{ DestinationCidrBlock: vpc.CidrBlock, GatewayId: 'local' }],
            Associations: [],
            Tags: specTags(input),
          }),
        ),
      };
    },
    'ec2:CreateRoute': (input) => {
      const table = need(input.RouteTableId, 'InvalidRouteTableID.NotFound');
      const gateway = need(input.GatewayId, 'InvalidInternetGatewayID.NotFound');
      if (gateway.Attachments[0]?.VpcId !== table.VpcId)
        refuse('InvalidParameterValue', 'route table and gateway belong to different networks');
      if (table.Routes.some((route: Wire) => route.DestinationCidrBlock === input.DestinationCidrBlock)) refuse('RouteAlreadyExists');
      table.Routes.push({ DestinationCidrBlock: input.DestinationCidrBlock, GatewayId: input.GatewayId });
      return {};
    },
    'ec2:ReplaceRoute': (input) => {
      const route =
        need(input.RouteTableId, 'InvalidRouteTableID.NotFound').Routes.find(
          (entry: Wire) => entry.DestinationCidrBlock === input.DestinationCidrBlock,
        ) ?? refuse('InvalidRoute.NotFound');
      need(input.GatewayId, 'InvalidInternetGatewayID.NotFound');
      route.GatewayId = input.GatewayId;
      return {};
    },
    'ec2:DeleteRoute': (input) => {
      const table = need(input.RouteTableId, 'InvalidRouteTableID.NotFound');
      if (Object.keys(input).some((key) => !['RouteTableId', 'DestinationCidrBlock'].includes(key))) refuse('UnknownParameter');
      if (!table.Routes.some((route: Wire) => route.DestinationCidrBlock === input.DestinationCidrBlock)) refuse('InvalidRoute.NotFound');
      table.Routes = table.Routes.filter((route: Wire) => route.DestinationCidrBlock !== input.DestinationCidrBlock);
      return {};
    },
    'ec2:AssociateRouteTable': (input) => {
      const table = need(input.RouteTableId, 'InvalidRouteTableID.NotFound');
      need(input.SubnetId, 'InvalidSubnetID.NotFound');
      if (all('table').some((other) => other.Associations.some((entry: Wire) => entry.SubnetId === input.SubnetId)))
        refuse('Resource.AlreadyAssociated');
      table.Associations.push({ RouteTableAssociationId: hex('rtbassoc'), RouteTableId: table.id, SubnetId: input.SubnetId });
      return {};
    },
    'ec2:ReplaceRouteTableAssociation': ({ AssociationId, RouteTableId }) => {
      const table = need(RouteTableId, 'InvalidRouteTableID.NotFound');
      const holder =
        all('table').find((other) => other.Associations.some((entry: Wire) => entry.RouteTableAssociationId === AssociationId)) ??
        refuse('InvalidAssociationID.NotFound');
      const moved = holder.Associations.find((entry: Wire) => entry.RouteTableAssociationId === AssociationId);
      holder.Associations = holder.Associations.filter((entry: Wire) => entry !== moved);
      const NewAssociationId = hex('rtbassoc');
      table.Associations.push({ RouteTableAssociationId: NewAssociationId, RouteTableId: table.id, SubnetId: moved.SubnetId });
      return { NewAssociationId };
    },
    'ec2:DisassociateRouteTable': ({ AssociationId }) => {
      const table =
        all('table').find((other) => other.Associations.some((entry: Wire) => entry.RouteTableAssociationId === AssociationId)) ??
        refuse('InvalidAssociationID.NotFound');
      table.Associations = table.Associations.filter((entry: Wire) => entry.RouteTableAssociationId !== AssociationId);
      return {};
    },
    'ec2:DeleteRouteTable': ({ RouteTableId }) => {
      if (need(RouteTableId, 'InvalidRouteTableID.NotFound').Associations.length > 0)
        refuse('DependencyViolation', `${RouteTableId} has associations`);
      return remove(RouteTableId);
    },
    'ec2:CreateSecurityGroup': (input) => {
      need(input.VpcId, 'InvalidVpcID.NotFound');
      if (all('group').some((other) => other.VpcId === input.VpcId && other.GroupName === input.GroupName))
        refuse('InvalidGroup.Duplicate');
      const id = hex('sg');
      add('group', id, {
        GroupId: id,
        GroupName: input.GroupName,
        Description: input.Description,
        VpcId: input.VpcId,
        IpPermissions: [],
        IpPermissionsEgress: [{ IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] }],
        Tags: specTags(input),
      });
      return { GroupId: id, Tags: specTags(input) };
    },
    'ec2:AuthorizeSecurityGroupIngress': authorize('IpPermissions'),
    'ec2:AuthorizeSecurityGroupEgress': authorize('IpPermissionsEgress'),
    'ec2:RevokeSecurityGroupIngress': revoke('IpPermissions'),
    'ec2:RevokeSecurityGroupEgress': revoke('IpPermissionsEgress'),
    'ec2:UpdateSecurityGroupRuleDescriptionsIngress': describe('IpPermissions'),
    'ec2:UpdateSecurityGroupRuleDescriptionsEgress': describe('IpPermissionsEgress'),
    'ec2:DeleteSecurityGroup': ({ GroupId }) => {
      need(GroupId, 'InvalidGroup.NotFound');
      const pairs = (group: Wire): Wire[] =>
        [...group.IpPermissions, ...group.IpPermissionsEgress].flatMap((entry: Wire) => entry.UserIdGroupPairs ?? []);
      if (
        all('instance').some(
          (object) => object.State.Name !== 'terminated' && object.SecurityGroups.some((entry: Wire) => entry.GroupId === GroupId),
        ) ||
        all('balancer').some((object) => object.SecurityGroups?.includes(GroupId)) ||
        all('group').some((other) => other.id !== GroupId && pairs(other).some((pair) => pair.GroupId === GroupId))
      )
        refuse('DependencyViolation', `${GroupId} has a dependent object`);
      return remove(GroupId);
    },
    'ec2:RunInstances': (input) => {
      const subnet = need(input.SubnetId, 'InvalidSubnetID.NotFound');
      for (const group of input.SecurityGroupIds)
        if (need(group, 'InvalidGroup.NotFound').VpcId !== subnet.VpcId)
          refuse('InvalidParameter', 'group and subnet belong to different networks');
      if (!/^ami-/.test(input.ImageId)) refuse('InvalidAMIID.Malformed');
      const id = hex('i');
      const object = add('instance', id, {
        InstanceId: id,
        InstanceType: input.InstanceType,
        ImageId: input.ImageId,
        SubnetId: input.SubnetId,
        KeyName: input.KeyName,
        SecurityGroups: input.SecurityGroupIds.map((GroupId: string) => ({ GroupId })),
        State: { Name: 'running' },
        Placement: { AvailabilityZone: subnet.AvailabilityZone },
        Tags: specTags(input),
      });
      return { Instances: [bare(object)] };
    },
    'ec2:ModifyInstanceAttribute': (input) => {
      for (const group of input.Groups) need(group, 'InvalidGroup.NotFound');
      need(input.InstanceId, 'InvalidInstanceID.NotFound').SecurityGroups = input.Groups.map((GroupId: string) => ({ GroupId }));
      return {};
    },
    'ec2:TerminateInstances': ({ InstanceIds }) => {
      for (const id of InstanceIds) need(id, 'InvalidInstanceID.NotFound').State = { Name: 'terminated' };
      return {};
    },
    'ec2:CreateTags': ({ Resources, Tags }) => {
      for (const id of Resources) addTags(need(id, 'InvalidID'), Tags);
      return {};
    },
    'ec2:DeleteTags': ({ Resources, Tags }) => {
      for (const id of Resources)
        dropTags(
          need(id, 'InvalidID'),
          Tags.map((tag: Wire) => tag.Key),
        );
      return {};
    },
  };
}
