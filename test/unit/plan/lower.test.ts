import * as assert from 'uvu/assert';
import type { Json } from '../../../reconciler/model/json.ts';
import { plan } from '../../../reconciler/plan/plan.ts';
import { BEFORE, LIVE, planOf, stepOf } from '../../support/plans.ts';
import { idOf, NOTHING } from '../../support/stacks.ts';
import { suite } from '../../support/suite.ts';

const t = suite('plan/lower');

const CREATE = plan(BEFORE, NOTHING);

t('a create says all it can say at once, with its tags', () => {
  const made = stepOf(CREATE, 'targetGroup/web:create').input as { readonly [key: string]: Json };
  assert.equal(
    { ...made, Name: 'x', Tags: [] },
    {
      Name: 'x',
      VpcId: { $ref: 'vpc/main.id' },
      TargetType: 'instance',
      Protocol: 'HTTP',
      Port: 8080,
      ProtocolVersion: 'HTTP1',
      IpAddressType: 'ipv4',
      HealthCheckEnabled: true,
      HealthCheckProtocol: 'HTTP',
      HealthCheckPort: 'traffic-port',
      HealthCheckPath: '/status',
      HealthCheckIntervalSeconds: 10,
      HealthCheckTimeoutSeconds: 5,
      HealthyThresholdCount: 2,
      UnhealthyThresholdCount: 2,
      Matcher: { HttpCode: '200' },
      Tags: [],
    },
  );
  assert.equal(made['Tags'], [
    { Key: 'albedo:address', Value: 'targetGroup/web' },
    { Key: 'albedo:stack', Value: 'webserver' },
  ]);
  const vpc = stepOf(CREATE, 'vpc/main:create').input;
  assert.equal(vpc, {
    CidrBlock: '10.0.0.0/16',
    TagSpecifications: [
      {
        ResourceType: 'vpc',
        Tags: [
          { Key: 'Name', Value: 'webserver-main' },
          { Key: 'albedo:address', Value: 'vpc/main' },
          { Key: 'albedo:stack', Value: 'webserver' },
        ],
      },
    ],
  });
});

t("a create sends only the attributes that differ from AWS's own", () => {
  assert.equal(stepOf(CREATE, 'targetGroup/web:attributes').input, {
    TargetGroupArn: { $ref: 'targetGroup/web.id' },
    Attributes: [{ Key: 'stickiness.enabled', Value: 'true' }],
  });
  assert.is(
    CREATE.steps.some((step) => step.id === 'loadBalancer/main:attributes'),
    false,
  );
});

t('a create that cannot say a field sets it after, unless AWS has it so', () => {
  assert.equal(stepOf(CREATE, 'subnet/a:set.mapPublicIpOnLaunch').input, {
    SubnetId: { $ref: 'subnet/a.id' },
    MapPublicIpOnLaunch: { Value: true },
  });
  const closed = planOf((spec) => (spec.network.subnets.a.mapPublicIpOnLaunch = false), NOTHING);
  assert.is(
    closed.steps.some((step) => step.id === 'subnet/a:set.mapPublicIpOnLaunch'),
    false,
  );
});

t('members of something new: added, and what AWS puts in by itself removed', () => {
  const planned = planOf((spec) => {
    spec.securityGroups = {
      front: {
        ingress: [
          { port: 80, from: '0.0.0.0/0' },
          { port: 81, from: 'front' },
        ],
        egress: [],
      },
    };
    spec.loadBalancer.securityGroups = ['front'];
  }, NOTHING);
  assert.equal(stepOf(planned, 'securityGroup/front:remove.egress').input, {
    GroupId: { $ref: 'securityGroup/front.id' },
    IpPermissions: [{ IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] }],
  });
  assert.equal(stepOf(planned, 'securityGroup/front:add.ingress').input, {
    GroupId: { $ref: 'securityGroup/front.id' },
    IpPermissions: [
      { IpProtocol: 'tcp', FromPort: 80, ToPort: 80, IpRanges: [{ CidrIp: '0.0.0.0/0' }] },
      { IpProtocol: 'tcp', FromPort: 81, ToPort: 81, UserIdGroupPairs: [{ GroupId: { $ref: 'securityGroup/front.id' } }] },
    ],
  });
  assert.is(
    CREATE.steps.some((step) => step.id.endsWith('.egress')),
    false,
    'all out is what AWS begins with',
  );
});

t('members one by one where a call takes one', () => {
  assert.equal(
    ['routeTable/public:add.subnets', 'routeTable/public:add.subnets.2'].map((id) => stepOf(CREATE, id).input),
    [
      { RouteTableId: { $ref: 'routeTable/public.id' }, SubnetId: { $ref: 'subnet/a.id' } },
      { RouteTableId: { $ref: 'routeTable/public.id' }, SubnetId: { $ref: 'subnet/b.id' } },
    ],
  );
});

t('a repeat of a create is safe by its token, or looks first', () => {
  assert.equal((stepOf(CREATE, 'instance/web-1:create').input as { ClientToken: Json }).ClientToken, { $deferred: 'token' });
  assert.equal(stepOf(CREATE, 'vpc/main:create').lookup, {
    op: 'ec2:DescribeVpcs',
    input: {
      Filters: [
        { Name: 'tag:albedo:stack', Values: ['webserver'] },
        { Name: 'tag:albedo:address', Values: ['vpc/main'] },
      ],
    },
    list: 'Vpcs',
    wrap: 'Vpc',
    idPath: 'VpcId',
    not: [],
  });
  assert.is(
    (stepOf(CREATE, 'instance/web-1:create').lookup?.input as { Filters: Json[] } | undefined)?.Filters.length,
    3,
    'terminated ones are not it',
  );
  const certificate = stepOf(CREATE, 'certificate/site:create');
  assert.equal(certificate.lookup, {
    op: 'iam:GetServerCertificate',
    input: { ServerCertificateName: (certificate.input as { ServerCertificateName: Json }).ServerCertificateName ?? null },
    list: 'ServerCertificate.ServerCertificateMetadata',
    wrap: 'ServerCertificateMetadata',
    idPath: 'ServerCertificateName',
    not: [],
  });
  assert.is(stepOf(CREATE, 'loadBalancer/main:create').lookup, undefined, 'the same name and settings give the same load balancer');
});

t('a look-up passes over everything that was there before', () => {
  const [vpc] = LIVE.live;
  if (vpc === undefined) throw new Error('no VPC');
  const planned = planOf((spec) => (spec.network.vpc.cidrBlock = '10.0.0.0/17'), {
    ...LIVE,
    duplicates: [{ ...vpc, id: 'vpc-twin', outputs: { id: 'vpc-twin' } }],
  });
  assert.equal(stepOf(planned, 'vpc/main:create').lookup?.not, [idOf('vpc/main'), 'vpc-twin']);
});

t('outputs are found in the answer of the create, as far as later steps name them', () => {
  assert.equal(stepOf(CREATE, 'loadBalancer/main:create').outputs, {
    id: 'LoadBalancers[0].LoadBalancerArn',
    arn: 'LoadBalancers[0].LoadBalancerArn',
  });
  assert.equal(stepOf(CREATE, 'securityGroup/instances:create').outputs, { id: 'GroupId' });
  assert.equal(stepOf(CREATE, 'listener/http:create').outputs, undefined, 'nothing refers to it');
  assert.equal(stepOf(CREATE, 'instance/web-1:create').outputs?.['id'], 'Instances[0].InstanceId');
});

t('private things are deferred', () => {
  const made = stepOf(CREATE, 'certificate/site:create').input as { readonly [key: string]: Json };
  assert.is(made['Path'], '/albedo/us-east-1/webserver/');
  assert.equal(
    [made['CertificateBody'], made['PrivateKey']],
    [{ $deferred: 'certificate:certificate/site:body' }, { $deferred: 'certificate:certificate/site:key' }],
  );
  assert.is('CertificateChain' in made, false);
});

t.run();
