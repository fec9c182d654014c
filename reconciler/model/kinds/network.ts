import { cidr, flag, reference, setOf, text } from '../codec.ts';
import { create, DERIVED, REQUIRED } from '../field.ts';
import { inOneVpc, partOfBlock } from '../given.ts';
import type { JsonObject } from '../json.ts';
import { subnetBlocks, vpcBlock } from '../nested/ipv6-blocks.ts';
import { ROUTE_KEYS, routes } from '../nested/routes.ts';
import { EC2_PAGE, TAGS_WITHIN } from '../read.ts';
import { kind } from '../values.ts';
import { ZONE } from '../zones.ts';
import { freeOf, interfacesOf } from './interfaces.ts';

/** VPC, subnets, internet gateway and public route table: what the tutorial relies on. EC2 API reference. */
export const vpc = kind({
  name: 'vpc',
  label: 'VPC',
  service: 'ec2',
  fields: {
    cidrBlock: create('CidrBlock', cidr(16, 28), REQUIRED, 'The IPv4 addresses of the network. /16 to /28.'),
    ipv6: {
      wire: {
        how: 'member',
        member: {
          add: 'ec2:AssociateVpcCidrBlock',
          remove: 'ec2:DisassociateVpcCidrBlock',
          read: 'Ipv6CidrBlockAssociationSet[]',
          handle: 'AssociationId',
          handleParam: 'AssociationId',
          onCreate: 'AmazonProvidedIpv6CidrBlock',
          singleMember: true,
          // A block goes when no subnet has a part of it (Terraform provider issue 40791).
          goesAfter: { kind: 'subnet', field: 'ipv6' },
        },
      },
      codec: vpcBlock(),
      default: false,
      doc: 'Whether the network also has IPv6 addresses: a /56 from Amazon, with a route to the internet.',
      risk: { risk: 'drop', reason: 'clients are not served over IPv6 any more', when: { change: 'removed' } },
    },
  },
  read: { by: 'tagged', op: 'ec2:DescribeVpcs', list: 'Vpcs', tags: TAGS_WITHIN, page: EC2_PAGE },
  outputs: { id: 'VpcId' },
  create: { op: 'ec2:CreateVpc', answer: 'Vpc', tags: { param: 'TagSpecifications', types: ['vpc'] } },
  destroy: { op: 'ec2:DeleteVpc', param: 'VpcId' },
  given: inOneVpc,
  // The main route table and the default group go with it (DeleteVpc, EC2 API reference).
  users: [
    { op: 'ec2:DescribeSubnets', filter: 'vpc-id', list: 'Subnets[]', id: 'SubnetId', uses: 'VpcId', label: 'subnet' },
    {
      ...{ op: 'ec2:DescribeSecurityGroups', filter: 'vpc-id', list: 'SecurityGroups[]', id: 'GroupId', uses: 'VpcId' },
      ...{ label: 'security group', except: { path: 'GroupName', value: 'default' } },
    },
    {
      ...{ op: 'ec2:DescribeRouteTables', filter: 'vpc-id', list: 'RouteTables[]', id: 'RouteTableId', uses: 'VpcId' },
      ...{ label: 'route table', except: { path: 'Associations[].Main', value: true } },
    },
    {
      ...{ op: 'ec2:DescribeInternetGateways', filter: 'attachment.vpc-id', list: 'InternetGateways[]', id: 'InternetGatewayId' },
      ...{ uses: 'Attachments[].VpcId', label: 'internet gateway' },
    },
  ],
});

export const subnet = kind({
  name: 'subnet',
  label: 'subnet',
  service: 'ec2',
  fields: {
    vpc: create('VpcId', reference('vpc', 'id'), DERIVED, 'The VPC of the stack.', { internal: true }),
    availabilityZone: create(
      'AvailabilityZone',
      text({
        pattern: `^${ZONE}$`,
        patternMessage: 'an Availability Zone such as us-east-1a, or a Local Zone such as us-west-2-lax-1a',
        example: 'us-east-1a',
      }),
      REQUIRED,
      'The Availability Zone. A load balancer needs subnets in at least two.',
      {
        exists: [
          {
            label: 'Availability Zone',
            op: 'ec2:DescribeAvailabilityZones',
            filter: 'zone-name',
            names: 'AvailabilityZones[].ZoneName',
            hint: '`aws ec2 describe-availability-zones` lists the zones of this account; for a Local Zone you must opt in.',
          },
        ],
      },
    ),
    cidrBlock: create(
      'CidrBlock',
      cidr(16, 27),
      REQUIRED,
      'The IPv4 addresses of the subnet, within the VPC. A load balancer needs /27 or larger.',
    ),
    mapPublicIpOnLaunch: {
      wire: { how: 'setter', op: 'ec2:ModifySubnetAttribute', setParam: 'MapPublicIpOnLaunch.Value', read: 'MapPublicIpOnLaunch' },
      codec: flag(),
      default: true,
      awsDefault: false,
      doc: 'Instances started in the subnet get a public address.',
    },
    ipv6: {
      wire: {
        how: 'member',
        member: {
          add: 'ec2:AssociateSubnetCidrBlock',
          remove: 'ec2:DisassociateSubnetCidrBlock',
          read: 'Ipv6CidrBlockAssociationSet[]',
          handle: 'AssociationId',
          handleParam: 'AssociationId',
          onCreate: 'Ipv6CidrBlock',
          singleMember: true,
          // A dualstack load balancer has addresses of each subnet's block (SetIpAddressType, SetSubnets: ELBv2 API reference).
          wantedBy: ['elbv2:SetIpAddressType', 'elbv2:SetSubnets'],
        },
      },
      codec: subnetBlocks(),
      default: false,
      doc: "Which /64 of the VPC's IPv6 block the subnet has, 0 to 255; false: none. A dualstack load balancer needs one in each of its subnets.",
      risk: { risk: 'drop', reason: 'connections by IPv6 through the subnet end', when: { change: 'removed' } },
    },
    assignIpv6AddressOnCreation: {
      wire: {
        how: 'setter',
        op: 'ec2:ModifySubnetAttribute',
        setParam: 'AssignIpv6AddressOnCreation.Value',
        read: 'AssignIpv6AddressOnCreation',
      },
      codec: flag(),
      default: false,
      awsDefault: false,
      // AWS refuses to take the block of a subnet while this is on (Terraform provider issue 46017).
      needsMember: 'ipv6',
      doc: 'Instances started in the subnet get an IPv6 address. Needs ipv6.',
    },
  },
  read: { by: 'tagged', op: 'ec2:DescribeSubnets', list: 'Subnets', tags: TAGS_WITHIN, page: EC2_PAGE },
  outputs: { id: 'SubnetId' },
  create: { op: 'ec2:CreateSubnet', answer: 'Subnet', tags: { param: 'TagSpecifications', types: ['subnet'] } },
  destroy: { op: 'ec2:DeleteSubnet', param: 'SubnetId' },
  given: partOfBlock,
  awaits: [freeOf('subnet-id')],
  users: [interfacesOf('subnet-id')],
  exclusive: ['vpc', 'cidrBlock'],
});

export const internetGateway = kind({
  name: 'internetGateway',
  label: 'internet gateway',
  service: 'ec2',
  fields: {
    vpc: {
      wire: {
        how: 'link',
        link: 'ec2:AttachInternetGateway',
        unlink: 'ec2:DetachInternetGateway',
        param: 'VpcId',
        read: 'Attachments[0].VpcId',
      },
      codec: reference('vpc', 'id'),
      default: DERIVED,
      internal: true,
      doc: 'The VPC that it connects to the internet.',
    },
  },
  read: { by: 'tagged', op: 'ec2:DescribeInternetGateways', list: 'InternetGateways', tags: TAGS_WITHIN, page: EC2_PAGE },
  outputs: { id: 'InternetGatewayId' },
  create: { op: 'ec2:CreateInternetGateway', answer: 'InternetGateway', tags: { param: 'TagSpecifications', types: ['internet-gateway'] } },
  destroy: { op: 'ec2:DeleteInternetGateway', param: 'InternetGatewayId' },
});

export const routeTable = kind({
  name: 'routeTable',
  label: 'route table',
  service: 'ec2',
  fields: {
    vpc: create('VpcId', reference('vpc', 'id'), DERIVED, 'The VPC of the stack.', { internal: true }),
    routes: {
      wire: {
        how: 'member',
        member: {
          add: 'ec2:CreateRoute',
          remove: 'ec2:DeleteRoute',
          amend: { op: 'ec2:ReplaceRoute', keys: ROUTE_KEYS },
          // The route of the VPC itself can be led elsewhere and not be deleted (EC2 API reference, ReplaceRoute, LocalTarget).
          restore: { key: 'local', op: 'ec2:ReplaceRoute', set: { LocalTarget: true } },
          read: 'Routes[]',
          removeKeys: ['DestinationCidrBlock', 'DestinationIpv6CidrBlock', 'DestinationPrefixListId'],
        },
      },
      codec: routes(),
      default: [],
      internal: true,
      doc: 'Where traffic to addresses outside the VPC goes.',
      risk: { risk: 'drop', reason: 'traffic for {removed} takes another way, or none', when: { change: 'removed' } },
    },
    subnets: {
      wire: {
        how: 'member',
        member: {
          add: 'ec2:AssociateRouteTable',
          remove: 'ec2:DisassociateRouteTable',
          read: 'Associations[]',
          handle: 'RouteTableAssociationId',
          handleParam: 'AssociationId',
          elsewhere: {
            op: 'ec2:DescribeRouteTables',
            filter: 'association.subnet-id',
            list: 'RouteTables',
            move: 'ec2:ReplaceRouteTableAssociation',
          },
          endsWithMember: true,
        },
      },
      codec: setOf(associatedSubnet()),
      default: [],
      internal: true,
      doc: 'The subnets that use this table.',
    },
  },
  read: { by: 'tagged', op: 'ec2:DescribeRouteTables', list: 'RouteTables', tags: TAGS_WITHIN, page: { param: 'MaxResults', size: 100 } },
  outputs: { id: 'RouteTableId' },
  create: {
    op: 'ec2:CreateRouteTable',
    answer: 'RouteTable',
    tags: { param: 'TagSpecifications', types: ['route-table'] },
    token: 'ClientToken',
  },
  destroy: { op: 'ec2:DeleteRouteTable', param: 'RouteTableId' },
});

/** One association: `{ SubnetId }` on the wire, a reference in the model; `{ gateway }` where somebody routes a gateway by the table. */
function associatedSubnet() {
  const inner = reference('subnet', 'id');
  return {
    ...inner,
    write: (value: Parameters<typeof inner.write>[0]) => ({ SubnetId: inner.write(value) }),
    read: (wire: Parameters<typeof inner.read>[0], context: Parameters<typeof inner.read>[1]) =>
      typeof wire !== 'object' || wire === null || Array.isArray(wire) || isOver(wire as JsonObject)
        ? undefined
        : typeof (wire as JsonObject)['GatewayId'] === 'string'
          ? { gateway: (wire as JsonObject)['GatewayId'] ?? null }
          : inner.read((wire as JsonObject)['SubnetId'], context),
  };
}

/** An association that ends, or that AWS could not make, stays in the answer for a while (EC2 API reference, RouteTableAssociationState). */
const isOver = (association: JsonObject): boolean =>
  ['disassociating', 'disassociated', 'failed'].includes(String((association['AssociationState'] as JsonObject | undefined)?.['State']));
