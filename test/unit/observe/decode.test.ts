import * as assert from 'uvu/assert';
import type { Address, Json } from '../../../reconciler/model/json.ts';
import { kindOf } from '../../../reconciler/model/kinds.ts';
import type { Live } from '../../../reconciler/model/model.ts';
import { tagsOf } from '../../../reconciler/model/tags.ts';
import { decode, outputsOf } from '../../../reconciler/observe/decode.ts';
import { suite } from '../../support/suite.ts';

const t = suite('observe/decode');

const IDS: Readonly<Record<string, string>> = {
  'vpc-1': 'vpc/main.id',
  'subnet-1': 'subnet/a.id',
  'subnet-2': 'subnet/b.id',
  'sg-1': 'securityGroup/lb.id',
  'igw-1': 'internetGateway/main.id',
  'i-1': 'instance/web-1.id',
  'arn:lb/app/web/1': 'loadBalancer/main.arn',
  'arn:tg': 'targetGroup/web.arn',
  'arn:cert': 'certificate/site.arn',
};
const ref = (to: string, more: object = {}) => ({ $ref: to, ...more });

/** These values, whatever other fields the kind has. */
function has(values: Live['values'], expected: { readonly [name: string]: Json | undefined }): void {
  for (const [name, value] of Object.entries(expected)) assert.equal(values[name], value, name);
}

/** What an answer of AWS becomes, also when AWS says more than anybody asked. */
function read(address: Address, object: { readonly [key: string]: Json }, tags: Readonly<Record<string, string>> = {}): Live {
  const raw = (more: object) => ({ kind: kindOf(address), address, tags, object: { ...object, ...more } as Json });
  const context = { refer: (id: string): Json => (IDS[id] === undefined ? id : ref(IDS[id])) };
  const live = decode(raw({}), context);
  assert.equal(
    decode(raw({ SomethingNew: { Deep: [1, null, { a: 'b' }] }, OwnerId: '1' }), context),
    live,
    'what is new in AWS is no difference',
  );
  return live;
}

t('a VPC', () => {
  const live = read('vpc/main', { VpcId: 'vpc-1', CidrBlock: '10.0.0.0/16' }, { a: 'b' });
  assert.equal(
    { ...live, values: {} },
    { address: 'vpc/main', kind: 'vpc', id: 'vpc-1', outputs: { id: 'vpc-1' }, values: {}, tags: { a: 'b' }, handles: { ipv6: {} } },
  );
  has(live.values, { cidrBlock: '10.0.0.0/16' });
});

t('a subnet', () => {
  has(
    read('subnet/a', {
      SubnetId: 'subnet-1',
      VpcId: 'vpc-1',
      AvailabilityZone: 'us-east-1a',
      CidrBlock: '10.0.1.0/24',
      MapPublicIpOnLaunch: false,
    }).values,
    { vpc: ref('vpc/main.id'), availabilityZone: 'us-east-1a', cidrBlock: '10.0.1.0/24', mapPublicIpOnLaunch: false },
  );
  assert.is(read('subnet/a', { SubnetId: 'subnet-1', VpcId: 'vpc-9' }).values['vpc'], 'vpc-9', 'in a VPC of others');
});

t('a gateway, attached and not', () => {
  has(read('internetGateway/main', { InternetGatewayId: 'igw-1', Attachments: [{ State: 'available', VpcId: 'vpc-1' }] }).values, {
    vpc: ref('vpc/main.id'),
  });
  has(read('internetGateway/main', { InternetGatewayId: 'igw-1', Attachments: [] }).values, {});
  has(read('internetGateway/main', { InternetGatewayId: 'igw-1' }).values, {});
});

t('a route table: associations with their handles, the main one and the local route passed over', () => {
  const live = read('routeTable/public', {
    RouteTableId: 'rtb-1',
    VpcId: 'vpc-1',
    PropagatingVgws: [],
    Routes: [
      { DestinationCidrBlock: '10.0.0.0/16', GatewayId: 'local', State: 'active' },
      { DestinationCidrBlock: '0.0.0.0/0', GatewayId: 'igw-1' },
    ],
    Associations: [
      { Main: true, RouteTableAssociationId: 'assoc-0' },
      { RouteTableAssociationId: 'assoc-2', SubnetId: 'subnet-2' },
      { RouteTableAssociationId: 'assoc-1', SubnetId: 'subnet-1' },
      { RouteTableAssociationId: 'assoc-9', SubnetId: 'subnet-9' },
    ],
  });
  has(live.values, {
    vpc: ref('vpc/main.id'),
    routes: [{ destination: '0.0.0.0/0', gateway: ref('internetGateway/main.id') }],
    subnets: ['subnet-9', ref('subnet/a.id'), ref('subnet/b.id')],
  });
  assert.equal(live.handles, {
    subnets: { '{"$ref":"subnet/a.id"}': 'assoc-1', '{"$ref":"subnet/b.id"}': 'assoc-2', '"subnet-9"': 'assoc-9' },
  });
});

t('a security group, with lists missing', () => {
  const live = read('securityGroup/x', {
    GroupId: 'sg-1',
    GroupName: 'x',
    Description: 'D',
    VpcId: 'vpc-1',
    IpPermissions: [
      {
        IpProtocol: '6',
        FromPort: 80,
        ToPort: 80,
        IpRanges: [{ CidrIp: '0.0.0.0/0' }],
        UserIdGroupPairs: [],
        Ipv6Ranges: [],
        PrefixListIds: [],
      },
    ],
    IpPermissionsEgress: [{ IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] }],
  });
  has(live.values, {
    vpc: ref('vpc/main.id'),
    description: 'D',
    ingress: [{ protocol: 'tcp', fromPort: 80, toPort: 80, cidr: '0.0.0.0/0' }],
    egress: [{ protocol: '-1', cidr: '0.0.0.0/0' }],
  });
  const bare = read('securityGroup/x', { GroupId: 'sg-1', GroupName: 'x' });
  has(bare.values, { ingress: [], egress: [] });
});

t('an instance: what AWS does not tell as it was said comes from tags', () => {
  const object = {
    InstanceId: 'i-1',
    SubnetId: 'subnet-1',
    InstanceType: 't3.micro',
    ImageId: 'ami-1',
    State: { Name: 'running' },
    Placement: { AvailabilityZone: 'us-east-1a' },
    SecurityGroups: [{ GroupId: 'sg-1' }, { GroupId: 'sg-9' }],
  };
  const live = read('instance/web-1', object, { 'albedo:image': '/aws/service/x', 'albedo:user-data': 'abc' });
  has(live.values, {
    subnet: ref('subnet/a.id'),
    instanceType: 't3.micro',
    image: '/aws/service/x',
    userData: 'abc',
    securityGroups: ['sg-9', ref('securityGroup/lb.id')],
  });
  assert.equal(live.outputs, { id: 'i-1', state: 'running', zone: 'us-east-1a' });
  assert.equal('image' in read('instance/web-1', object).values, false, 'without the tag nobody knows');
  assert.is(read('instance/web-1', { ...object, KeyName: 'ops' }).values['keyName'], 'ops');
});

t('a certificate is its contents', () => {
  const live = read('certificate/site', {
    ServerCertificateName: 'web-site-0000',
    Arn: 'arn:cert',
    Certificate: { commonName: 'x', subjectAlternativeNames: ['b', 'a'], validDays: 365, keyAlgorithm: 'RSA-2048', fingerprint: 'ff' },
  });
  has(live.values, { commonName: 'x', subjectAlternativeNames: ['a', 'b'], validFor: 365, keyAlgorithm: 'RSA-2048', fingerprint: 'ff' });
  assert.equal(live.outputs, { id: 'web-site-0000', arn: 'arn:cert', name: 'web-site-0000' });
  assert.equal(
    read('certificate/site', { ServerCertificateName: 'x', Certificate: {} }).values,
    {},
    'one that cannot be read is like nothing',
  );
});

t('a target group: attributes are texts, targets come from their health', () => {
  const live = read('targetGroup/web', {
    TargetGroupArn: 'arn:tg',
    TargetGroupName: 'web',
    VpcId: 'vpc-1',
    Protocol: 'HTTP',
    Port: 8080,
    TargetType: 'instance',
    ProtocolVersion: 'HTTP1',
    IpAddressType: 'ipv4',
    HealthCheckEnabled: true,
    HealthCheckProtocol: 'HTTP',
    HealthCheckPort: 'traffic-port',
    HealthCheckPath: '/',
    HealthCheckIntervalSeconds: 30,
    HealthCheckTimeoutSeconds: 5,
    HealthyThresholdCount: 5,
    UnhealthyThresholdCount: 2,
    Matcher: { HttpCode: '200' },
    LoadBalancerArns: [],
    Attributes: [
      { Key: 'stickiness.enabled', Value: 'true' },
      { Key: 'stickiness.lb_cookie.duration_seconds', Value: '86400' },
      { Key: 'stickiness.app_cookie.cookie_name', Value: '' },
      { Key: 'something.new', Value: 'x' },
      { Key: 'slow_start.duration_seconds' },
    ],
    TargetHealthDescriptions: [
      { Target: { Id: 'i-1', Port: 8080 }, HealthCheckPort: '8080', TargetHealth: { State: 'healthy' } },
      { Target: { Id: 'i-2', Port: 8080 }, TargetHealth: { State: 'draining', Reason: 'Target.DeregistrationInProgress' } },
    ],
  });
  assert.is(live.values['stickiness.enabled'], true);
  assert.is(live.values['stickiness.duration'], 86400);
  assert.is(live.values['healthCheck.matcher'], '200');
  assert.is(live.values['slowStart'], undefined, 'an attribute without a value is not there');
  assert.is(live.values['algorithm'], undefined, 'one the region lacks neither');
  assert.equal(live.values['targets'], [{ id: ref('instance/web-1.id', { ready: true }), port: 8080 }]);
});

t('a load balancer', () => {
  const live = read('loadBalancer/main', {
    LoadBalancerArn: 'arn:lb/app/web/1',
    LoadBalancerName: 'web',
    DNSName: 'web.elb',
    CanonicalHostedZoneId: 'Z',
    Scheme: 'internal',
    IpAddressType: 'ipv4',
    VpcId: 'vpc-1',
    SecurityGroups: ['sg-1'],
    State: { Code: 'active' },
    Type: 'application',
    AvailabilityZones: [
      { ZoneName: 'us-east-1b', SubnetId: 'subnet-2', LoadBalancerAddresses: [] },
      { ZoneName: 'us-east-1a', SubnetId: 'subnet-1' },
    ],
    Attributes: [
      { Key: 'idle_timeout.timeout_seconds', Value: '61' },
      { Key: 'deletion_protection.enabled', Value: 'false' },
    ],
  });
  has(live.values, {
    vpc: ref('vpc/main.id'),
    name: 'web',
    scheme: 'internal',
    ipAddressType: 'ipv4',
    subnets: [ref('subnet/a.id'), ref('subnet/b.id')],
    securityGroups: [ref('securityGroup/lb.id')],
    idleTimeout: 61,
    deletionProtection: false,
  });
  assert.is(live.outputs['dnsName'], 'web.elb');
});

t('a listener, of HTTP and of HTTPS', () => {
  const http = read('listener/http', {
    ListenerArn: 'arn:l',
    LoadBalancerArn: 'arn:lb/app/web/1',
    Protocol: 'HTTP',
    Port: 80,
    DefaultActions: [{ Type: 'forward', TargetGroupArn: 'arn:tg' }],
  });
  has(http.values, {
    loadBalancer: ref('loadBalancer/main.arn'),
    protocol: 'HTTP',
    port: 80,
    defaultActions: [{ type: 'forward', targetGroup: ref('targetGroup/web.arn') }],
  });
  const https = read('listener/https', {
    ListenerArn: 'arn:l',
    LoadBalancerArn: 'arn:lb/app/web/1',
    Protocol: 'HTTPS',
    Port: 443,
    SslPolicy: 'P',
    Certificates: [{ CertificateArn: 'arn:cert' }],
    DefaultActions: [],
    AlpnPolicy: [],
  });
  assert.equal(https.values['certificate'], ref('certificate/site.arn', { ready: true }));
  assert.is(https.values['sslPolicy'], 'P');
  assert.equal(https.values['defaultActions'], []);
});

t('an object of which hardly anything is known', () => {
  const bare = read('loadBalancer/main', {});
  assert.equal([bare.id, bare.outputs, bare.tags, bare.handles], ['', {}, {}, {}]);
  has(bare.values, { subnets: [], name: undefined, scheme: undefined, idleTimeout: undefined, vpc: undefined });
  assert.equal(outputsOf({ kind: kindOf('instance'), object: { InstanceId: 'i-1' } }), { id: 'i-1' });
});

t('tags as a map', () => {
  assert.equal(tagsOf([{ Key: 'a', Value: 'b' }, { Key: 'c' }, { Key: 'd', Value: '' }]), { a: 'b', c: '', d: '' });
  assert.equal(tagsOf(undefined), {});
  assert.equal(tagsOf('x'), {});
});

t.run();
