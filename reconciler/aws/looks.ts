import type { Json } from '../model/json.ts';
import type { Look } from '../model/look.ts';

const groupRules = (list: 'IpPermissions' | 'IpPermissionsEgress', there: boolean): Look => ({
  op: 'ec2:DescribeSecurityGroups',
  input: { GroupIds: ['{GroupId}'] },
  path: `SecurityGroups[].${list}[]`,
  there,
  batch: 'IpPermissions',
  remarks: ['Description'],
});
const ruleIds: Look = {
  op: 'ec2:DescribeSecurityGroupRules',
  input: { Filters: [{ Name: 'group-id', Values: ['{GroupId}'] }] },
  path: 'SecurityGroupRules[].SecurityGroupRuleId',
  there: false,
  batch: 'SecurityGroupRuleIds',
};
const attachment = (there: boolean): Look => ({
  op: 'ec2:DescribeInternetGateways',
  input: { InternetGatewayIds: ['{InternetGatewayId}'] },
  path: 'InternetGateways[].Attachments[]',
  there,
});
const inTable = (list: 'Routes' | 'Associations', there: boolean): Look => ({
  op: 'ec2:DescribeRouteTables',
  input: { RouteTableIds: ['{RouteTableId}'] },
  path: `RouteTables[].${list}[]`,
  there,
});
/** Something asked for by its id is not found, or not listed. */
const gone = (op: string, input: Json, path: string): readonly Look[] => [{ op, input, path, there: false }];

/** An IPv6 block that is tied to a VPC or subnet. */
const associated = (op: string, filter: string, list: string): Look => ({
  op,
  input: { Filters: [{ Name: filter, Values: ['{AssociationId}'] }] },
  path: `${list}.Ipv6CidrBlockAssociationSet[]`,
  there: false,
  as: { AssociationId: '{AssociationId}', Ipv6CidrBlockState: { State: 'associated' } },
});

/**
 * How each call is believed that AWS may answer with "there already" or "not found" (`done` in the operations table, and every call that
 * destroys). API references of the calls named. A call without a row is not believed.
 */
export const LOOKS: Readonly<Record<string, readonly Look[]>> = {
  'ec2:AttachInternetGateway': [attachment(true)],
  'ec2:DetachInternetGateway': [attachment(false)],
  'ec2:CreateRoute': [inTable('Routes', true)],
  'ec2:DeleteRoute': [inTable('Routes', false)],
  'ec2:AssociateRouteTable': [inTable('Associations', true)],
  'ec2:DisassociateRouteTable': gone(
    'ec2:DescribeRouteTables',
    { Filters: [{ Name: 'association.route-table-association-id', Values: ['{AssociationId}'] }] },
    'RouteTables[]',
  ),
  'ec2:AuthorizeSecurityGroupIngress': [groupRules('IpPermissions', true)],
  'ec2:RevokeSecurityGroupIngress': [groupRules('IpPermissions', false), ruleIds],
  'ec2:AuthorizeSecurityGroupEgress': [groupRules('IpPermissionsEgress', true)],
  'ec2:RevokeSecurityGroupEgress': [groupRules('IpPermissionsEgress', false), ruleIds],
  'elbv2:RemoveTrustStoreRevocations': [
    {
      op: 'elbv2:DescribeTrustStoreRevocations',
      input: { TrustStoreArn: '{TrustStoreArn}' },
      path: 'TrustStoreRevocations[].RevocationId',
      there: false,
      batch: 'RevocationIds',
    },
  ],

  // An association that has ended stays in the answer for a while.
  'ec2:DisassociateVpcCidrBlock': [associated('ec2:DescribeVpcs', 'ipv6-cidr-block-association.association-id', 'Vpcs[]')],
  'ec2:DisassociateSubnetCidrBlock': [associated('ec2:DescribeSubnets', 'ipv6-cidr-block-association.association-id', 'Subnets[]')],

  'ec2:DeleteVpc': gone('ec2:DescribeVpcs', { VpcIds: ['{VpcId}'] }, 'Vpcs[]'),
  'ec2:DeleteSubnet': gone('ec2:DescribeSubnets', { SubnetIds: ['{SubnetId}'] }, 'Subnets[]'),
  'ec2:DeleteInternetGateway': gone('ec2:DescribeInternetGateways', { InternetGatewayIds: ['{InternetGatewayId}'] }, 'InternetGateways[]'),
  'ec2:DeleteRouteTable': gone('ec2:DescribeRouteTables', { RouteTableIds: ['{RouteTableId}'] }, 'RouteTables[]'),
  'ec2:DeleteSecurityGroup': gone('ec2:DescribeSecurityGroups', { GroupIds: ['{GroupId}'] }, 'SecurityGroups[]'),
  'ec2:TerminateInstances': gone('ec2:DescribeInstances', { InstanceIds: '{InstanceIds}' }, 'Reservations[].Instances[]'),
  'iam:DeleteServerCertificate': gone(
    'iam:GetServerCertificate',
    { ServerCertificateName: '{ServerCertificateName}' },
    'ServerCertificate',
  ),
  'elbv2:DeleteLoadBalancer': gone('elbv2:DescribeLoadBalancers', { LoadBalancerArns: ['{LoadBalancerArn}'] }, 'LoadBalancers[]'),
  'elbv2:DeleteTargetGroup': gone('elbv2:DescribeTargetGroups', { TargetGroupArns: ['{TargetGroupArn}'] }, 'TargetGroups[]'),
  'elbv2:DeleteListener': gone('elbv2:DescribeListeners', { ListenerArns: ['{ListenerArn}'] }, 'Listeners[]'),
  'elbv2:DeleteRule': gone('elbv2:DescribeRules', { RuleArns: ['{RuleArn}'] }, 'Rules[]'),
  'elbv2:DeleteTrustStore': gone('elbv2:DescribeTrustStores', { TrustStoreArns: ['{TrustStoreArn}'] }, 'TrustStores[]'),
};

export const looksOf = (op: string): readonly Look[] => (Object.hasOwn(LOOKS, op) ? (LOOKS[op] ?? []) : []);
