/** What somebody changes behind albedo's back: named with its old and its new value, and repaired by the next apply. */
import {
  AssociateRouteTableCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateInternetGatewayCommand,
  CreateRouteTableCommand,
  CreateTagsCommand,
  DeleteRouteCommand,
  DeleteRouteTableCommand,
  DeleteTagsCommand,
  DescribeRouteTablesCommand,
  DisassociateRouteTableCommand,
  ModifyInstanceAttributeCommand,
  ModifySubnetAttributeCommand,
  RevokeSecurityGroupIngressCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import {
  CreateListenerCommand,
  DeleteListenerCommand,
  DeleteLoadBalancerCommand,
  DeleteTargetGroupCommand,
  DeregisterTargetsCommand,
  DescribeListenersCommand,
  ModifyListenerCommand,
  ModifyLoadBalancerAttributesCommand,
  ModifyTargetGroupAttributesCommand,
  ModifyTargetGroupCommand,
  RegisterTargetsCommand,
  RemoveTagsCommand,
  SetSecurityGroupsCommand,
  SetSubnetsCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import * as assert from 'uvu/assert';
import type { Json } from '../../reconciler/model/json.ts';
import { apply, type Bench, changesOf, contractSuite, converge, look, namesOf } from '../support/contract-bench.ts';
import { liveStack } from '../support/contract-in-place.ts';
import { at, viewOf } from '../support/contract-view.ts';

const t = contractSuite('drift');

let astray = true;

/** `fields`: what the plan must say of the first change, as `[field, before, after]`. */
function drift(
  name: string,
  meddle: (bench: Bench) => Promise<unknown>,
  plan: readonly string[],
  ...fields: readonly (readonly [string, Json | undefined, Json | undefined])[]
): void {
  t(name, async (bench) => {
    if (astray) await converge(bench, liveStack());
    astray = true;
    await meddle(bench);
    const seen = await look(bench, liveStack());
    assert.equal(namesOf(seen.plan).toSorted(), plan.toSorted(), JSON.stringify(changesOf(seen.plan)));
    for (const [field, before, after] of fields) {
      const found = seen.plan.changes.flatMap((change) => change.fields).find((one) => one.field === field);
      assert.equal([found?.before, found?.after], [before, after], field);
    }
    await converge(bench, liveStack());
    astray = false;
  });
}

const idOf = async (bench: Bench, address: string, key: string): Promise<string> => String((await viewOf(bench, address))[key]);
const balancer = (bench: Bench) => idOf(bench, 'loadBalancer/main', 'LoadBalancerArn');
const listener = (bench: Bench) => idOf(bench, 'listener/http', 'ListenerArn');
const group = (bench: Bench, name = 'web') => idOf(bench, `targetGroup/${name}`, 'TargetGroupArn');
const instance = (bench: Bench, name = 'web-1') => idOf(bench, `instance/${name}`, 'InstanceId');
const sg = (bench: Bench, name: string) => idOf(bench, `securityGroup/${name}`, 'GroupId');
const forward = (name: string): Json => [{ type: 'forward', targetGroup: { $ref: `targetGroup/${name}.arn` } }];

async function publicTable(bench: Bench) {
  const found = await bench.ec2.send(
    new DescribeRouteTablesCommand({ Filters: [{ Name: 'tag:albedo:address', Values: ['routeTable/public'] }] }),
  );
  const table = found.RouteTables?.[0];
  if (table === undefined) throw new Error('there is no public route table');
  return table;
}

// modify
drift(
  'the health check made slack',
  async (bench) =>
    bench.elb.send(new ModifyTargetGroupCommand({ TargetGroupArn: await group(bench), HealthCheckPath: '/', UnhealthyThresholdCount: 9 })),
  ['update targetGroup/web healthCheck.path healthCheck.unhealthyThreshold'],
  ['healthCheck.path', '/', '/status'],
  ['healthCheck.unhealthyThreshold', 9, 2],
);
drift(
  'a listener pointed elsewhere',
  async (bench) =>
    bench.elb.send(
      new ModifyListenerCommand({
        ListenerArn: await listener(bench),
        DefaultActions: [{ Type: 'forward', TargetGroupArn: await group(bench, 'other') }],
      }),
    ),
  ['update listener/http defaultActions'],
  ['defaultActions', forward('other'), forward('web')],
);
drift(
  'a listener moved to another port',
  async (bench) => bench.elb.send(new ModifyListenerCommand({ ListenerArn: await listener(bench), Port: 81 })),
  ['update listener/http port'],
  ['port', 81, 80],
);
drift(
  'a listener that answers by itself',
  async (bench) =>
    bench.elb.send(
      new ModifyListenerCommand({
        ListenerArn: await listener(bench),
        DefaultActions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '503' } }],
      }),
    ),
  ['update listener/http defaultActions'],
  ['defaultActions', [{ type: 'fixed-response', contentType: 'text/plain', messageBody: '', statusCode: '503' }], forward('web')],
);
// setter
drift(
  'public addresses switched off',
  async (bench) =>
    bench.ec2.send(
      new ModifySubnetAttributeCommand({ SubnetId: await idOf(bench, 'subnet/a', 'SubnetId'), MapPublicIpOnLaunch: { Value: false } }),
    ),
  ['update subnet/a mapPublicIpOnLaunch'],
  ['mapPublicIpOnLaunch', false, true],
);
drift(
  'a zone more at the load balancer',
  async (bench) => {
    const Subnets = await Promise.all(['a', 'b', 'c'].map((name) => idOf(bench, `subnet/${name}`, 'SubnetId')));
    await bench.elb.send(new SetSubnetsCommand({ LoadBalancerArn: await balancer(bench), Subnets }));
  },
  ['update loadBalancer/main subnets'],
);
drift(
  'another security group at the load balancer',
  async (bench) =>
    bench.elb.send(new SetSecurityGroupsCommand({ LoadBalancerArn: await balancer(bench), SecurityGroups: [await sg(bench, 'own')] })),
  ['update loadBalancer/main securityGroups'],
  ['securityGroups', [{ $ref: 'securityGroup/own.id' }], [{ $ref: 'securityGroup/load-balancer.id' }]],
);
drift(
  'another security group at an instance',
  async (bench) =>
    bench.ec2.send(new ModifyInstanceAttributeCommand({ InstanceId: await instance(bench), Groups: [await sg(bench, 'own')] })),
  ['update instance/web-1 securityGroups'],
  ['securityGroups', [{ $ref: 'securityGroup/own.id' }], [{ $ref: 'securityGroup/instances.id' }]],
);
// attribute
drift(
  'attributes of the load balancer',
  async (bench) =>
    bench.elb.send(
      new ModifyLoadBalancerAttributesCommand({
        LoadBalancerArn: await balancer(bench),
        Attributes: [
          { Key: 'idle_timeout.timeout_seconds', Value: '61' },
          { Key: 'deletion_protection.enabled', Value: 'true' },
        ],
      }),
    ),
  ['update loadBalancer/main idleTimeout deletionProtection'],
  ['idleTimeout', 61, 60],
  ['deletionProtection', true, false],
);
drift(
  'stickiness switched off and slow start on',
  async (bench) =>
    bench.elb.send(
      new ModifyTargetGroupAttributesCommand({
        TargetGroupArn: await group(bench),
        Attributes: [
          { Key: 'stickiness.enabled', Value: 'false' },
          { Key: 'slow_start.duration_seconds', Value: '40' },
        ],
      }),
    ),
  ['update targetGroup/web stickiness.enabled slowStart'],
  ['stickiness.enabled', false, true],
  ['slowStart', 40, 0],
);
// member
drift(
  'a rule added to a security group',
  async (bench) =>
    bench.ec2.send(
      new AuthorizeSecurityGroupIngressCommand({
        GroupId: await sg(bench, 'instances'),
        IpPermissions: [
          {
            IpProtocol: 'tcp',
            FromPort: 22,
            ToPort: 22,
            IpRanges: [{ CidrIp: '0.0.0.0/0' }, { CidrIp: '10.9.0.0/16', Description: 'me' }],
          },
        ],
      }),
    ),
  ['update securityGroup/instances ingress'],
);
drift(
  'a rule taken from a security group',
  async (bench) =>
    bench.ec2.send(
      new RevokeSecurityGroupIngressCommand({
        GroupId: await sg(bench, 'load-balancer'),
        IpPermissions: [{ IpProtocol: 'tcp', FromPort: 80, ToPort: 80, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }],
      }),
    ),
  ['update securityGroup/load-balancer ingress'],
);
drift(
  'a target deregistered',
  async (bench) =>
    bench.elb.send(
      new DeregisterTargetsCommand({ TargetGroupArn: await group(bench), Targets: [{ Id: await instance(bench), Port: 8080 }] }),
    ),
  ['update targetGroup/web targets'],
  [
    'targets',
    [{ id: { $ref: 'instance/web-2.id', ready: true }, port: 8080 }],
    [
      { id: { $ref: 'instance/web-1.id', ready: true }, port: 8080 },
      { id: { $ref: 'instance/web-2.id', ready: true }, port: 8080 },
    ],
  ],
);
drift(
  'a target registered twice, on another port',
  async (bench) =>
    bench.elb.send(
      new RegisterTargetsCommand({ TargetGroupArn: await group(bench), Targets: [{ Id: await instance(bench), Port: 9999 }] }),
    ),
  ['update targetGroup/web targets'],
);
// link and route
drift(
  'the route to the internet taken out',
  async (bench) =>
    bench.ec2.send(new DeleteRouteCommand({ RouteTableId: (await publicTable(bench)).RouteTableId, DestinationCidrBlock: '0.0.0.0/0' })),
  ['update routeTable/public routes'],
  ['routes', [], [{ destination: '0.0.0.0/0', gateway: { $ref: 'internetGateway/main.id' } }]],
);
drift(
  'a subnet cut off from its route table',
  async (bench) => {
    const association = (await publicTable(bench)).Associations?.[0]?.RouteTableAssociationId;
    await bench.ec2.send(new DisassociateRouteTableCommand({ AssociationId: association }));
  },
  ['update routeTable/public subnets'],
);
// whole objects
drift(
  'an instance terminated',
  async (bench) => {
    await bench.ec2.send(new TerminateInstancesCommand({ InstanceIds: [await instance(bench)] }));
    bench.sandbox.clock.advance(5000);
  },
  ['create instance/web-1', 'update targetGroup/web targets'],
);
drift('a listener deleted', async (bench) => bench.elb.send(new DeleteListenerCommand({ ListenerArn: await listener(bench) })), [
  'create listener/http',
]);
drift(
  'an unused target group deleted',
  async (bench) => bench.elb.send(new DeleteTargetGroupCommand({ TargetGroupArn: await group(bench, 'other') })),
  ['create targetGroup/other'],
);
drift(
  'the load balancer deleted',
  async (bench) => {
    await bench.elb.send(new DeleteLoadBalancerCommand({ LoadBalancerArn: await balancer(bench) }));
    bench.sandbox.clock.advance(10_000);
  },
  ['create loadBalancer/main', 'create listener/http', 'create listener/https'],
);
// tags
drift(
  'the user-visible name of an instance changed',
  async (bench) => bench.ec2.send(new CreateTagsCommand({ Resources: [await instance(bench)], Tags: [{ Key: 'Name', Value: 'pet' }] })),
  ['update instance/web-1 tags.Name'],
  ['tags.Name', 'pet', 'webserver-web-1'],
);
drift(
  'the name of a VPC removed',
  async (bench) => bench.ec2.send(new DeleteTagsCommand({ Resources: [await idOf(bench, 'vpc/main', 'VpcId')], Tags: [{ Key: 'Name' }] })),
  ['update vpc/main tags.Name'],
  ['tags.Name', undefined, 'webserver-main'],
);

t('a subnet that somebody put on a route table of theirs: told, and taken back without a moment on no table', async (bench) => {
  if (astray) await converge(bench, liveStack());
  astray = true;
  const table = await publicTable(bench);
  const SubnetId = await idOf(bench, 'subnet/c', 'SubnetId');
  const AssociationId = table.Associations?.find((one) => one.SubnetId === SubnetId)?.RouteTableAssociationId;
  await bench.ec2.send(new DisassociateRouteTableCommand({ AssociationId }));
  const RouteTableId = (await bench.ec2.send(new CreateRouteTableCommand({ VpcId: table.VpcId }))).RouteTable?.RouteTableId;
  await bench.ec2.send(new AssociateRouteTableCommand({ RouteTableId, SubnetId }));
  // AssociateRouteTable would be refused with Resource.AlreadyAssociated, whoever made the association.
  const done = await apply(bench, liveStack());
  assert.equal(namesOf(done.plan), ['update routeTable/public subnets']);
  assert.equal(
    done.plan.steps.map(({ op }) => op),
    ['ec2:ReplaceRouteTableAssociation'],
  );
  assert.match(
    done.plan.notes.map(({ text }) => text).join(),
    `subnet c is on the route table ${RouteTableId}, which does not belong to this stack: it is moved back`,
  );
  assert.equal(done.check?.changes, []);
  // Nothing holds on to their table, which stays.
  await bench.ec2.send(new DeleteRouteTableCommand({ RouteTableId }));
  assert.equal(changesOf((await look(bench, liveStack())).plan), []);
  astray = false;
});

t('a tag of somebody else is left alone, and so is a gateway of theirs', async (bench) => {
  if (astray) await converge(bench, liveStack());
  await bench.ec2.send(new CreateTagsCommand({ Resources: [await instance(bench)], Tags: [{ Key: 'cost-center', Value: '7' }] }));
  await bench.ec2.send(new CreateInternetGatewayCommand({}));
  assert.equal(changesOf((await look(bench, liveStack())).plan), []);
  assert.is(at(await viewOf(bench, 'instance/web-1'), ['tags', 'cost-center']), '7');
});

t('a listener somebody added is told and left alone', async (bench) => {
  const made = await bench.elb.send(
    new CreateListenerCommand({
      LoadBalancerArn: await balancer(bench),
      Protocol: 'HTTP',
      Port: 9000,
      DefaultActions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '200' } }],
    }),
  );
  const { plan } = await look(bench, liveStack());
  assert.equal(changesOf(plan), []);
  assert.ok(
    plan.notes.some(({ kind, text }) => kind === 'foreign' && text.includes('9000')),
    JSON.stringify(plan.notes),
  );
  const left = await bench.elb.send(new DescribeListenersCommand({ ListenerArns: [made.Listeners?.[0]?.ListenerArn ?? ''] }));
  assert.is(left.Listeners?.length, 1);
});

t("without its owner's tags an object is nobody's: nothing is taken over, the name is refused", async (bench) => {
  await bench.elb.send(new RemoveTagsCommand({ ResourceArns: [await balancer(bench)], TagKeys: ['albedo:stack'] }));
  const seen = await look(bench, liveStack());
  assert.equal(
    seen.refusals.map(({ address }) => address),
    ['loadBalancer/main'],
    JSON.stringify(changesOf(seen.plan)),
  );
});

t.run();
