/** The tutorial's stack from nothing to nothing: nothing to do in between, nothing left behind, nothing of others touched. */
import {
  AttachInternetGatewayCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateInternetGatewayCommand,
  CreateRouteCommand,
  CreateRouteTableCommand,
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  DescribeInstancesCommand,
  DescribeInternetGatewaysCommand,
  DescribeNetworkInterfacesCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
} from '@aws-sdk/client-ec2';
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { ListServerCertificatesCommand, UploadServerCertificateCommand } from '@aws-sdk/client-iam';
import * as assert from 'uvu/assert';
import { makeSelfSigned } from '../../reconciler/deferred/self-signed.ts';
import type { Json } from '../../reconciler/model/json.ts';
import { type Bench, changesOf, contractSuite, converge, look, namesOf, tutorial, withAt, writesOf } from '../support/contract-bench.ts';
import { all } from '../support/contract-view.ts';

const t = contractSuite('main flow', { fresh: true });

/** Somebody else's account: a network with a load balancer of its own, a target group and a certificate, none of them tagged. */
async function seed({ ec2, elb, iam, sandbox }: Bench): Promise<void> {
  const VpcId = (await ec2.send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }))).Vpc?.VpcId ?? '';
  const InternetGatewayId = (await ec2.send(new CreateInternetGatewayCommand({}))).InternetGateway?.InternetGatewayId ?? '';
  await ec2.send(new AttachInternetGatewayCommand({ VpcId, InternetGatewayId }));
  const Subnets: string[] = [];
  for (const zone of ['a', 'b']) {
    const made = await ec2.send(
      new CreateSubnetCommand({ VpcId, CidrBlock: `10.0.${zone === 'a' ? 1 : 2}.0/24`, AvailabilityZone: `us-east-1${zone}` }),
    );
    Subnets.push(made.Subnet?.SubnetId ?? '');
  }
  const RouteTableId = (await ec2.send(new CreateRouteTableCommand({ VpcId }))).RouteTable?.RouteTableId ?? '';
  await ec2.send(new CreateRouteCommand({ RouteTableId, DestinationCidrBlock: '0.0.0.0/0', GatewayId: InternetGatewayId }));
  // The names albedo would choose, in another VPC.
  const GroupId =
    (await ec2.send(new CreateSecurityGroupCommand({ VpcId, GroupName: 'webserver-load-balancer', Description: 'not albedo' }))).GroupId ??
    '';
  await ec2.send(
    new AuthorizeSecurityGroupIngressCommand({
      GroupId,
      IpPermissions: [{ IpProtocol: 'tcp', FromPort: 80, ToPort: 80, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }],
    }),
  );
  const group = await elb.send(new CreateTargetGroupCommand({ Name: 'somebody', Protocol: 'HTTP', Port: 8080, VpcId }));
  const balancer = await elb.send(new CreateLoadBalancerCommand({ Name: 'webserver-old', Subnets, SecurityGroups: [GroupId] }));
  await elb.send(
    new CreateListenerCommand({
      LoadBalancerArn: balancer.LoadBalancers?.[0]?.LoadBalancerArn,
      Protocol: 'HTTP',
      Port: 80,
      DefaultActions: [{ Type: 'forward', TargetGroupArn: group.TargetGroups?.[0]?.TargetGroupArn }],
    }),
  );
  const { body, key } = await makeSelfSigned('webserver.example', ['webserver.example'], 365, sandbox.clock.now());
  await iam.send(
    new UploadServerCertificateCommand({
      ServerCertificateName: 'webserver-site',
      Path: '/somebody/',
      CertificateBody: body,
      PrivateKey: key,
    }),
  );
  sandbox.clock.advance(10_000);
}

/** All that AWS shows in the account, as text; what instances leave behind for an hour is no object. */
async function picture(bench: Bench): Promise<Json> {
  const { ec2, elb, iam } = bench;
  const balancers = (await elb.send(new DescribeLoadBalancersCommand({}))).LoadBalancers ?? [];
  const shown = {
    vpcs: (await ec2.send(new DescribeVpcsCommand({}))).Vpcs,
    subnets: (await ec2.send(new DescribeSubnetsCommand({}))).Subnets,
    gateways: (await ec2.send(new DescribeInternetGatewaysCommand({}))).InternetGateways,
    tables: (await ec2.send(new DescribeRouteTablesCommand({}))).RouteTables,
    groups: (await ec2.send(new DescribeSecurityGroupsCommand({}))).SecurityGroups,
    interfaces: (await ec2.send(new DescribeNetworkInterfacesCommand({}))).NetworkInterfaces,
    instances: (await ec2.send(new DescribeInstancesCommand({}))).Reservations?.flatMap(({ Instances = [] }) =>
      Instances.filter(({ State }) => State?.Name !== 'terminated'),
    ),
    balancers: await all(bench, 'loadBalancer'),
    targetGroups: await all(bench, 'targetGroup'),
    listeners: await Promise.all(
      balancers.map(async ({ LoadBalancerArn }) => (await elb.send(new DescribeListenersCommand({ LoadBalancerArn }))).Listeners),
    ),
    certificates: (await iam.send(new ListServerCertificatesCommand({}))).ServerCertificateMetadataList,
  };
  return JSON.parse(JSON.stringify(shown, (key, value) => (key === '$metadata' ? undefined : value))) as Json;
}

const objectsIn = (shown: Json): number =>
  Object.values(shown as Record<string, Json[] | undefined>).reduce((sum, list) => sum + (list?.length ?? 0), 0);

t('created from nothing, nothing to do then, destroyed to nothing', async (bench) => {
  assert.is(objectsIn(await picture(bench)), 0, 'the account starts empty');
  const made = await converge(bench, tutorial());
  assert.ok(made.plan.changes.every(({ verb }) => verb === 'create'));
  assert.is(made.calls.refused, 0, 'no call was refused');

  const before = bench.sandbox.calls().length;
  const again = await converge(bench, tutorial());
  assert.is(again.run, undefined, 'nothing ran');
  assert.equal(writesOf(bench, before), [], 'no write was made');

  const gone = await converge(bench, tutorial(), 'destroy');
  assert.ok(gone.plan.changes.every(({ verb }) => verb === 'destroy'));
  assert.is(gone.calls.refused, 0, 'no call was refused');
  assert.equal(objectsIn(await picture(bench)), 0, JSON.stringify(await picture(bench)));
  assert.equal(
    Object.entries(bench.sandbox.census()).filter(([, count]) => count > 0),
    [],
    'left in the account',
  );

  const twice = await converge(bench, tutorial(), 'destroy');
  assert.equal(changesOf(twice.plan), [], 'there is nothing to destroy twice');
});

t('what others have stays as it is, from creation to destruction', async (bench) => {
  await seed(bench);
  const seeded = await picture(bench);
  assert.ok(objectsIn(seeded) > 10, 'the seed is there');
  await converge(bench, tutorial());
  await converge(bench, withAt(tutorial(), ['targetGroups', 'web', 'port'], 8081));
  await converge(bench, tutorial(), 'destroy');
  assert.equal(await picture(bench), seeded);
});

t('two stacks of one file but for their names do not know each other', async (bench) => {
  const second = withAt(withAt(tutorial(), ['stack'], 'webserver-2'), ['loadBalancer', 'name'], 'webserver-2');
  await converge(bench, tutorial());
  const made = await converge(bench, second);
  assert.ok(
    made.plan.changes.every(({ verb }) => verb === 'create'),
    namesOf(made.plan).join('\n'),
  );
  assert.equal(changesOf((await look(bench, tutorial())).plan), [], 'the first one sees nothing of it');
  await converge(bench, second, 'destroy');
  assert.equal(changesOf((await look(bench, tutorial())).plan), [], 'the first one is whole');
  await converge(bench, tutorial(), 'destroy');
  assert.equal(
    Object.entries(bench.sandbox.census()).filter(([, count]) => count > 0),
    [],
    'left in the account',
  );
});

t('a load balancer name that is taken by somebody is refused, and nothing is made', async (bench) => {
  await seed(bench);
  const before = bench.sandbox.calls().length;
  const planned = await look(bench, withAt(tutorial(), ['loadBalancer', 'name'], 'webserver-old'));
  assert.equal(
    planned.refusals.map(({ address }) => address),
    ['loadBalancer/main'],
  );
  assert.equal(writesOf(bench, before), []);
});

t('what is under deletion protection is not destroyed, nor replaced, even with consent', async (bench) => {
  const guarded = withAt(tutorial(), ['loadBalancer', 'deletionProtection'], true);
  await converge(bench, guarded);
  for (const planned of [
    await look(bench, guarded, 'destroy'),
    await look(bench, withAt(guarded, ['loadBalancer', 'scheme'], 'internal')),
  ]) {
    assert.equal(
      planned.refusals.map(({ address }) => address),
      ['loadBalancer/main'],
    );
  }
});

t.run();
