/** Rules of security groups, routes and IPv6 blocks: what AWS refuses, the ledger refuses. */
import {
  AssociateSubnetCidrBlockCommand,
  AssociateVpcCidrBlockCommand,
  AuthorizeSecurityGroupEgressCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateRouteCommand,
  CreateRouteTableCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  DisassociateSubnetCidrBlockCommand,
  DisassociateVpcCidrBlockCommand,
  type IpPermission,
  ModifySubnetAttributeCommand,
  RevokeSecurityGroupEgressCommand,
  RevokeSecurityGroupIngressCommand,
  UpdateSecurityGroupRuleDescriptionsIngressCommand,
} from '@aws-sdk/client-ec2';
import * as assert from 'uvu/assert';
import { code, ec2Suite, gateway, group, subnet, vpc } from '../../support/ec2-bench.ts';

const t = ec2Suite('ledger rules');
const WEB = { IpProtocol: 'tcp', FromPort: 80, ToPort: 80 };
const everyone: IpPermission = { ...WEB, IpRanges: [{ CidrIp: '0.0.0.0/0' }] };
const six: IpPermission = { ...WEB, Ipv6Ranges: [{ CidrIpv6: '::/0' }] };

t('all rules of a call or none', async (context) => {
  const GroupId = await group(context, await vpc(context));
  const add = (...IpPermissions: IpPermission[]) => context.ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }));
  const rules = async () =>
    (await context.ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [GroupId] }))).SecurityGroups?.[0]?.IpPermissions ?? [];
  await add(everyone);
  assert.is(
    await code(add(six, { ...everyone, IpRanges: [{ CidrIp: '0.0.0.0/0', Description: 'again' }] })),
    'InvalidPermission.Duplicate',
  );
  assert.is((await rules())[0]?.Ipv6Ranges?.length, 0, 'the first of the call is not there either');
  assert.is(await code(add(six, six)), 'InvalidParameterValue');
  assert.is(await code(add({ IpProtocol: 'tcp', IpRanges: [{ CidrIp: '10.0.0.0/8' }] })), 'InvalidParameterValue');
  assert.is(await code(add({ ...WEB, IpRanges: [{ CidrIp: '10.0.0.0/8', Description: 'a<b' }] })), 'InvalidParameterValue');
  assert.is(await code(add({ ...WEB, PrefixListIds: [{ PrefixListId: 'pl-0123456789abcdef0' }] })), 'InvalidPrefixListID.NotFound');
  const revoke = (IpPermissions: IpPermission[]) => context.ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId, IpPermissions }));
  assert.is(await code(revoke([everyone, six])), 'InvalidPermission.NotFound');
  assert.is((await rules()).length, 1, 'nothing is revoked');
  const byId = new RevokeSecurityGroupIngressCommand({ GroupId, SecurityGroupRuleIds: ['sgr-0123456789abcdef0'] });
  assert.is(await code(context.ec2.send(byId)), 'InvalidSecurityGroupRuleId.NotFound');
  const describe = new UpdateSecurityGroupRuleDescriptionsIngressCommand({ GroupId, IpPermissions: [six] });
  assert.is(await code(context.ec2.send(describe)), 'InvalidPermission.NotFound');
});

t('an IPv6 rule for what goes out is revoked, with and without IPv6 in the VPC', async (context) => {
  const GroupId = await group(context, await vpc(context));
  await context.ec2.send(new AuthorizeSecurityGroupEgressCommand({ GroupId, IpPermissions: [six] }));
  await context.ec2.send(new RevokeSecurityGroupEgressCommand({ GroupId, IpPermissions: [six] }));
  const { SecurityGroups } = await context.ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [GroupId] }));
  assert.equal(
    SecurityGroups?.[0]?.IpPermissionsEgress?.flatMap(({ Ipv6Ranges }) => Ipv6Ranges ?? []),
    [],
  );
});

t('one route for each destination', async (context) => {
  const id = await vpc(context);
  const GatewayId = await gateway(context, id);
  const RouteTableId = (await context.ec2.send(new CreateRouteTableCommand({ VpcId: id }))).RouteTable?.RouteTableId;
  for (const destination of [{ DestinationCidrBlock: '0.0.0.0/0' }, { DestinationIpv6CidrBlock: '::/0' }]) {
    await context.ec2.send(new CreateRouteCommand({ RouteTableId, GatewayId, ...destination }));
    assert.is(await code(context.ec2.send(new CreateRouteCommand({ RouteTableId, GatewayId, ...destination }))), 'RouteAlreadyExists');
  }
  assert.is(await code(context.ec2.send(new CreateRouteCommand({ RouteTableId, GatewayId }))), 'MissingParameter');
});

t('the part of a subnet is of its VPC, of nobody else, and goes before the block', async (context) => {
  const id = await vpc(context);
  const [SubnetId, other] = [await subnet(context, id, '10.0.1.0/24'), await subnet(context, id, '10.0.2.0/24')];
  const tie = (subnetId: string, Ipv6CidrBlock: string) =>
    context.ec2.send(new AssociateSubnetCidrBlockCommand({ SubnetId: subnetId, Ipv6CidrBlock }));
  assert.is(await code(tie(SubnetId, '2001:db8::/64')), 'InvalidSubnet.Range');
  await context.ec2.send(new AssociateVpcCidrBlockCommand({ VpcId: id, AmazonProvidedIpv6CidrBlock: true }));
  const association = (await context.ec2.send(new DescribeVpcsCommand({ VpcIds: [id] }))).Vpcs?.[0]?.Ipv6CidrBlockAssociationSet?.[0];
  const part = (association?.Ipv6CidrBlock ?? '').replace(/00::\/56$/, '01::/64');
  const on = (Value: boolean) => context.ec2.send(new ModifySubnetAttributeCommand({ SubnetId, AssignIpv6AddressOnCreation: { Value } }));
  assert.is(await code(on(true)), 'InvalidParameterValue');
  await tie(SubnetId, part);
  assert.is(await code(tie(other, part)), 'InvalidSubnet.Conflict');
  assert.is(await code(tie(other, part.replace('/64', '/80'))), 'InvalidSubnet.Range');
  const own = (await context.ec2.send(new DescribeSubnetsCommand({ SubnetIds: [SubnetId] }))).Subnets?.[0]
    ?.Ipv6CidrBlockAssociationSet?.[0];
  assert.is(own?.Ipv6CidrBlockState?.State, 'associated');
  const untie = () => context.ec2.send(new DisassociateSubnetCidrBlockCommand({ AssociationId: own?.AssociationId }));
  const give = () => context.ec2.send(new DisassociateVpcCidrBlockCommand({ AssociationId: association?.AssociationId }));
  assert.is(await code(give()), 'InvalidCidrBlock.InUse');
  await on(true);
  assert.is(await code(untie()), 'InvalidCidrBlock.InUse');
  await on(false);
  await untie();
  assert.is(await code(untie()), 'InvalidSubnetCidrBlockAssociationID.NotFound');
  await give();
});

t.run();
