/** VPCs, gateways, routes and groups through the whole sandbox with the AWS SDK: what AWS refuses and moto alone does not. */

import { setTimeout as sleep } from 'node:timers/promises';
import {
  AssociateRouteTableCommand,
  AttachInternetGatewayCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateRouteCommand,
  CreateRouteTableCommand,
  CreateVpcCommand,
  DeleteInternetGatewayCommand,
  DeleteNetworkInterfaceCommand,
  DeleteRouteTableCommand,
  DeleteSecurityGroupCommand,
  DeleteSubnetCommand,
  DeleteVpcCommand,
  DescribeNetworkInterfacesCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DetachInternetGatewayCommand,
  RevokeSecurityGroupIngressCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import * as assert from 'uvu/assert';
import { DEFAULT_TIMINGS } from '../../../sandbox/timings.ts';
import { code, ec2Suite, gateway, group, refusal, stack, subnet, vpc } from '../../support/ec2-bench.ts';

const t = ec2Suite('sandbox ledger network');

t('blocks come back canonical and their sizes are checked', async (context) => {
  const { ec2 } = context;
  const made = await ec2.send(new CreateVpcCommand({ CidrBlock: '10.9.3.7/16' }));
  assert.is(made.Vpc?.CidrBlock, '10.9.0.0/16');
  const VpcId = made.Vpc?.VpcId ?? '';
  assert.is(await code(vpc(context, '10.0.0.0/15')), 'InvalidVpc.Range');
  assert.is(await code(vpc(context, '10.0.0.0/29')), 'InvalidVpc.Range');
  assert.is(await code(subnet(context, VpcId, '10.9.0.0/29')), 'InvalidSubnet.Range');
  assert.is(await code(subnet(context, VpcId, '10.8.0.0/24')), 'InvalidSubnet.Range');
  await subnet(context, VpcId, '10.9.1.0/24');
  assert.is(await code(subnet(context, VpcId, '10.9.1.128/25')), 'InvalidSubnet.Conflict');
  const GroupId = await group(context, VpcId);
  const IpPermissions = [{ IpProtocol: '6', FromPort: 80, ToPort: 80, IpRanges: [{ CidrIp: '10.2.3.4/8' }] }];
  await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }));
  const read = await ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [GroupId] }));
  const [rule] = read.SecurityGroups?.[0]?.IpPermissions ?? [];
  assert.equal([rule?.IpProtocol, rule?.IpRanges?.[0]?.CidrIp], ['tcp', '10.0.0.0/8']);
});

t('a dry run answers that it would have worked, and does nothing', async (context) => {
  const { ec2, sandbox } = context;
  const before = sandbox.census();
  assert.is(await code(ec2.send(new CreateVpcCommand({ CidrBlock: '10.7.0.0/16', DryRun: true }))), 'DryRunOperation');
  assert.is(await code(ec2.send(new DescribeSubnetsCommand({ DryRun: true }))), 'DryRunOperation');
  assert.equal(sandbox.census(), before);
});

t('one gateway a VPC, one VPC a gateway, and routes to attached ones only', async (context) => {
  const { ec2 } = context;
  const vpcId = await vpc(context);
  const other = await vpc(context, '10.1.0.0/16');
  const id = await gateway(context);
  const table = (await ec2.send(new CreateRouteTableCommand({ VpcId: vpcId }))).RouteTable?.RouteTableId ?? '';
  const route = new CreateRouteCommand({ RouteTableId: table, DestinationCidrBlock: '0.0.0.0/0', GatewayId: id });
  assert.match((await refusal(ec2.send(route))).message, 'belong to different networks');
  await ec2.send(new AttachInternetGatewayCommand({ InternetGatewayId: id, VpcId: vpcId }));
  assert.is(await code(ec2.send(new AttachInternetGatewayCommand({ InternetGatewayId: id, VpcId: other }))), 'Resource.AlreadyAssociated');
  assert.match((await refusal(gateway(context, vpcId))).message, 'already has an internet gateway attached');
  await ec2.send(route);
  assert.is(await code(ec2.send(new DetachInternetGatewayCommand({ InternetGatewayId: id, VpcId: other }))), 'Gateway.NotAttached');
  assert.is(await code(ec2.send(new DeleteInternetGatewayCommand({ InternetGatewayId: id }))), 'DependencyViolation');
  await ec2.send(new DetachInternetGatewayCommand({ InternetGatewayId: id, VpcId: vpcId }));
  await ec2.send(new DeleteInternetGatewayCommand({ InternetGatewayId: id }));
});

t('a client token makes one route table', async (context) => {
  const { ec2, sandbox } = context;
  const VpcId = await vpc(context);
  const make = async (id: string) =>
    (await ec2.send(new CreateRouteTableCommand({ VpcId: id, ClientToken: 'token' }))).RouteTable?.RouteTableId;
  assert.is(await make(VpcId), await make(VpcId));
  assert.is(sandbox.census()['routeTables'], 1);
  assert.is(await code(make(await vpc(context, '10.1.0.0/16'))), 'IdempotentParameterMismatch');
});

t('nothing goes while an instance stands on it', async (context) => {
  const { ec2, sandbox } = context;
  const { vpcId, gatewayId, subnetId, groupId, id } = await stack(context);
  const detach = new DetachInternetGatewayCommand({ InternetGatewayId: gatewayId, VpcId: vpcId });
  const removals = [new DeleteSubnetCommand({ SubnetId: subnetId }), new DeleteSecurityGroupCommand({ GroupId: groupId })];
  const blocked = async (): Promise<void> => {
    for (const removal of removals) assert.is(await code(ec2.send(removal as DeleteSubnetCommand)), 'DependencyViolation');
    assert.match((await refusal(ec2.send(detach))).message, /^Network vpc-\w+ has some mapped public address\(es\)/);
  };
  await blocked();
  await ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
  await blocked();
  sandbox.clock.advance(DEFAULT_TIMINGS.instanceShuttingDown);
  await ec2.send(detach);
  for (const removal of removals) await ec2.send(removal as DeleteSubnetCommand);
  await ec2.send(new DeleteInternetGatewayCommand({ InternetGatewayId: gatewayId }));
  await ec2.send(new DeleteVpcCommand({ VpcId: vpcId }));
  for (const [kind, count] of Object.entries(sandbox.census())) assert.is(count, 0, kind);
});

t('groups that are referenced or default stay', async (context) => {
  const { ec2 } = context;
  const vpcId = await vpc(context);
  const front = await group(context, vpcId, 'front');
  const back = await group(context, vpcId, 'back');
  const rule = {
    GroupId: back,
    IpPermissions: [{ IpProtocol: 'tcp', FromPort: 8080, ToPort: 8080, UserIdGroupPairs: [{ GroupId: front }] }],
  };
  await ec2.send(new AuthorizeSecurityGroupIngressCommand(rule));
  const blocked = await refusal(ec2.send(new DeleteSecurityGroupCommand({ GroupId: front })));
  assert.equal(blocked, { code: 'DependencyViolation', message: `resource ${front} has a dependent object` });
  await ec2.send(new RevokeSecurityGroupIngressCommand(rule));
  await ec2.send(new DeleteSecurityGroupCommand({ GroupId: front }));
  const standard = context.sandbox.network.vpc(vpcId)?.defaultSecurityGroupId ?? '';
  assert.is(await code(ec2.send(new DeleteSecurityGroupCommand({ GroupId: standard }))), 'CannotDelete');
});

t('main and associated route tables stay, and a deleted subnet lets go of its table', async (context) => {
  const { ec2 } = context;
  const vpcId = await vpc(context);
  const subnetId = await subnet(context, vpcId);
  const tables = (await ec2.send(new DescribeRouteTablesCommand({ Filters: [{ Name: 'vpc-id', Values: [vpcId] }] }))).RouteTables ?? [];
  const main = tables[0]?.RouteTableId ?? '';
  assert.is(await code(ec2.send(new DeleteRouteTableCommand({ RouteTableId: main }))), 'DependencyViolation');
  const table = (await ec2.send(new CreateRouteTableCommand({ VpcId: vpcId }))).RouteTable?.RouteTableId ?? '';
  const second = (await ec2.send(new CreateRouteTableCommand({ VpcId: vpcId }))).RouteTable?.RouteTableId ?? '';
  await ec2.send(new AssociateRouteTableCommand({ RouteTableId: table, SubnetId: subnetId }));
  assert.is(
    await code(ec2.send(new AssociateRouteTableCommand({ RouteTableId: second, SubnetId: subnetId }))),
    'Resource.AlreadyAssociated',
  );
  assert.is(await code(ec2.send(new DeleteRouteTableCommand({ RouteTableId: table }))), 'DependencyViolation');
  await ec2.send(new DeleteSubnetCommand({ SubnetId: subnetId }));
  await ec2.send(new DeleteRouteTableCommand({ RouteTableId: table }));
});

t('a VPC with anything inside stays', async (context) => {
  const { ec2 } = context;
  const VpcId = await vpc(context);
  const remove = (): Promise<unknown> => ec2.send(new DeleteVpcCommand({ VpcId }));
  const InternetGatewayId = await gateway(context, VpcId);
  assert.is(await code(remove()), 'DependencyViolation', 'gateway');
  await ec2.send(new DetachInternetGatewayCommand({ InternetGatewayId, VpcId }));
  const GroupId = await group(context, VpcId);
  assert.is(await code(remove()), 'DependencyViolation', 'group');
  await ec2.send(new DeleteSecurityGroupCommand({ GroupId }));
  const RouteTableId = (await ec2.send(new CreateRouteTableCommand({ VpcId }))).RouteTable?.RouteTableId;
  assert.is(await code(remove()), 'DependencyViolation', 'route table');
  await ec2.send(new DeleteRouteTableCommand({ RouteTableId }));
  const SubnetId = await subnet(context, VpcId);
  assert.is(await code(remove()), 'DependencyViolation', 'subnet');
  await ec2.send(new DeleteSubnetCommand({ SubnetId }));
  await remove();
  assert.is(await code(remove()), 'InvalidVpcID.NotFound');
});

t("a load balancer's interfaces are found like AWS's, hold everything, and linger", async (context) => {
  const { ec2, sandbox } = context;
  const vpcId = await vpc(context);
  const gatewayId = await gateway(context, vpcId);
  const subnetIds = [await subnet(context, vpcId), await subnet(context, vpcId, '10.0.2.0/24')];
  const groupId = await group(context, vpcId);
  const arn = 'arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/web/50dc6c495c0c9188';
  sandbox.network.attachLoadBalancer({ arn, name: 'web', id: '50dc6c495c0c9188', subnetIds, securityGroupIds: [groupId] });
  const find = async (Name: string, value: string) =>
    (await ec2.send(new DescribeNetworkInterfacesCommand({ Filters: [{ Name, Values: [value] }] }))).NetworkInterfaces ?? [];
  const [first] = await find('description', 'ELB app/web/50dc6c495c0c9188');
  assert.equal([first?.RequesterId, first?.RequesterManaged, first?.Attachment?.InstanceOwnerId], ['amazon-elb', true, 'amazon-elb']);
  for (const [name, value, count] of [
    ['attachment.instance-owner-id', 'amazon-elb', 2],
    ['requester-id', 'amazon-elb', 2],
    ['group-id', groupId, 2],
    ['vpc-id', vpcId, 2],
    ['subnet-id', subnetIds[0], 1],
    ['description', 'ELB app/other/*', 0],
  ] as const) {
    assert.is((await find(name, value ?? '')).length, count, name);
  }
  const [room] = (await ec2.send(new DescribeSubnetsCommand({ SubnetIds: subnetIds.slice(0, 1) }))).Subnets ?? [];
  assert.is(room?.AvailableIpAddressCount, 250);
  assert.is(sandbox.network.subnet(subnetIds[0] ?? '')?.freeAddresses, 250);
  assert.is(
    await code(ec2.send(new DeleteNetworkInterfaceCommand({ NetworkInterfaceId: first?.NetworkInterfaceId }))),
    'InvalidParameterValue',
  );
  const removals = [
    (): Promise<unknown> => ec2.send(new DetachInternetGatewayCommand({ InternetGatewayId: gatewayId, VpcId: vpcId })),
    (): Promise<unknown> => ec2.send(new DeleteSecurityGroupCommand({ GroupId: groupId })),
    (): Promise<unknown> => ec2.send(new DeleteSubnetCommand({ SubnetId: subnetIds[0] })),
  ];
  for (const removal of removals) assert.is(await code(removal()), 'DependencyViolation');
  sandbox.network.detachLoadBalancer(arn);
  sandbox.clock.advance(DEFAULT_TIMINGS.interfaceLinger - 1);
  for (const removal of removals) assert.is(await code(removal()), 'DependencyViolation');
  sandbox.clock.advance(1);
  assert.equal(await find('vpc-id', vpcId), []);
  for (const removal of removals) await removal();
});

t(
  'a load balancer and a deletion at once: either it stands in the subnet and the deletion is refused, or the subnet is gone',
  async (context) => {
    const { ec2, sandbox } = context;
    const vpcId = await vpc(context);
    const groupId = await group(context, vpcId);
    for (let late = 0; late < 16; late++) {
      const subnetId = await subnet(context, vpcId, `10.0.${late}.0/24`);
      const deletion = ec2.send(new DeleteSubnetCommand({ SubnetId: subnetId })).then(
        () => 'deleted',
        (error: Error) => error.name,
      );
      await sleep(late);
      const seen = sandbox.network.subnet(subnetId) !== undefined;
      const id = `50dc6c495c0c91${late}`;
      const arn = `arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/web/${id}`;
      if (seen) sandbox.network.attachLoadBalancer({ arn, name: 'web', id, subnetIds: [subnetId], securityGroupIds: [groupId] });
      assert.is(await deletion, seen ? 'DependencyViolation' : 'deleted', `attached ${late} ms after the call`);
    }
  },
);

t.run();
