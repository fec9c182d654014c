import * as assert from 'uvu/assert';
import type { Codec } from '../../../reconciler/model/codec.ts';
import type { Json } from '../../../reconciler/model/json.ts';
import { actions } from '../../../reconciler/model/nested/actions.ts';
import { defaultCertificate } from '../../../reconciler/model/nested/certificates.ts';
import { image } from '../../../reconciler/model/nested/image.ts';
import { permissions } from '../../../reconciler/model/nested/permissions.ts';
import { routes } from '../../../reconciler/model/nested/routes.ts';
import { targets } from '../../../reconciler/model/nested/targets.ts';
import { userData } from '../../../reconciler/model/nested/user-data.ts';
import { suite } from '../../support/suite.ts';

const t = suite('model/nested');

/** Ids of this stack, as observed. */
const IDS: Readonly<Record<string, string>> = {
  'sg-1': 'securityGroup/lb.id',
  'i-1': 'instance/web-1.id',
  'igw-1': 'internetGateway/main.id',
  'arn:tg': 'targetGroup/web.arn',
  'arn:cert': 'certificate/site.arn',
};
const context = { refer: (id: string): Json => (IDS[id] === undefined ? id : { $ref: IDS[id] }) };
const read = (codec: { read(wire: Json | undefined, c: typeof context): Json | undefined }, wire: Json | undefined) =>
  codec.read(wire, context);
const WEB = { $ref: 'targetGroup/web.arn' };

t('a forward is one action, in whichever of its notations AWS answers', () => {
  const value = actions().parse({ forward: 'web' });
  assert.equal(value, [{ type: 'forward', targetGroup: WEB }]);
  assert.equal(actions().write(value), [{ Type: 'forward', TargetGroupArn: WEB }]);
  assert.equal(read(actions(), [{ Type: 'forward', TargetGroupArn: 'arn:tg' }]), value);
  assert.equal(
    read(actions(), [
      {
        Type: 'forward',
        TargetGroupArn: 'arn:tg',
        Order: 1,
        ForwardConfig: { TargetGroups: [{ TargetGroupArn: 'arn:tg', Weight: 1 }], TargetGroupStickinessConfig: { Enabled: false } },
      },
    ]),
    value,
  );
  assert.equal(read(actions(), [{ Type: 'forward', ForwardConfig: { TargetGroups: [{ TargetGroupArn: 'arn:tg' }] } }]), value);
});

t('a forward to a stranger, or to several, is seen', () => {
  assert.equal(read(actions(), [{ Type: 'forward', TargetGroupArn: 'arn:other' }]), [{ type: 'forward', targetGroup: 'arn:other' }]);
  const two = { Type: 'forward', ForwardConfig: { TargetGroups: [{ TargetGroupArn: 'arn:tg' }, { TargetGroupArn: 'arn:other' }] } };
  const [value] = read(actions(), [two]) as Json[];
  assert.equal(
    JSON.stringify(value)
      .match(/arn:other|targetGroup\/web\.arn/g)
      ?.sort(),
    ['arn:other', 'targetGroup/web.arn'],
  );
});

t('what a redirect leaves out is kept from the request, said or answered', () => {
  const value = actions().parse({ redirect: { protocol: 'HTTPS', port: '443', statusCode: 'HTTP_301' } });
  assert.equal(value, [
    { type: 'redirect', protocol: 'HTTPS', host: '#{host}', port: '443', path: '/#{path}', query: '#{query}', statusCode: 'HTTP_301' },
  ]);
  assert.equal(read(actions(), actions().write(value)), value);
  assert.equal(read(actions(), [{ Type: 'redirect', RedirectConfig: { Protocol: 'HTTPS', Port: '443', StatusCode: 'HTTP_301' } }]), value);
});

t('a fixed response has a content type and a body, if empty', () => {
  const value = actions().parse({ fixedResponse: { statusCode: '503' } });
  assert.equal(value, [{ type: 'fixed-response', contentType: 'text/plain', messageBody: '', statusCode: '503' }]);
  assert.equal(read(actions(), actions().write(value)), value);
  assert.equal(read(actions(), [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '503' } }]), value);
});

t('actions of other types are kept as they are and differ from ours', () => {
  const strange = { Type: 'teleport', TeleportConfig: { To: 'x' } };
  assert.equal(read(actions(), [strange]), [{ type: 'teleport', unknown: strange }]);
  assert.is(read(actions(), undefined), undefined);
  assert.is(read(actions(), 'forward'), undefined);
});

t('a target is an id and a port', () => {
  assert.equal(targets().parse(['web-1', { instance: 'web-1', port: 9090 }]), [
    { id: { $ref: 'instance/web-1.id', ready: true }, port: 9090 },
    { id: { $ref: 'instance/web-1.id', ready: true }, port: null },
  ]);
  assert.equal(targets().write([{ id: 'i-1', port: 80 }]), [{ Id: 'i-1', Port: 80 }]);
});

const health = (state: string, reason?: string, id = 'i-1') => ({
  Target: { Id: id, Port: 80 },
  TargetHealth: { State: state, ...(reason === undefined ? {} : { Reason: reason }) },
});
for (const [state, reason, there] of [
  ['healthy', undefined, true],
  ['initial', 'Elb.RegistrationInProgress', true],
  ['unhealthy', 'Target.Timeout', true],
  ['unhealthy', 'Target.ResponseCodeMismatch', true],
  ['unused', 'Target.NotInUse', true],
  ['unused', 'Target.InvalidState', true],
  ['draining', 'Target.DeregistrationInProgress', false],
  ['draining', undefined, false],
  ['unused', 'Target.NotRegistered', false],
  ['unhealthy.draining', 'Target.DeregistrationInProgress', false],
] as const) {
  t(`a target that is ${state}${reason === undefined ? '' : ` (${reason})`} is ${there ? '' : 'no longer '}registered`, () => {
    assert.equal(read(targets(), [health(state, reason)]), there ? [{ id: { $ref: 'instance/web-1.id', ready: true }, port: 80 }] : []);
  });
}

t("a stranger's target is seen, a target without an id is not", () => {
  assert.equal(read(targets(), [health('healthy', undefined, 'i-9'), { TargetHealth: { State: 'healthy' } }]), [{ id: 'i-9', port: 80 }]);
  assert.is(read(targets(), undefined), undefined);
});

t('rules: one a source, whatever EC2 groups', () => {
  const wire = [
    {
      IpProtocol: 'tcp',
      FromPort: 80,
      ToPort: 80,
      IpRanges: [{ CidrIp: '0.0.0.0/0', Description: 'all' }, { CidrIp: '10.0.0.0/8' }],
      UserIdGroupPairs: [{ GroupId: 'sg-1', UserId: '1' }],
      Ipv6Ranges: [{ CidrIpv6: '::/0' }],
      PrefixListIds: [],
    },
  ];
  const base = { protocol: 'tcp', fromPort: 80, toPort: 80 };
  assert.equal(
    new Set((read(permissions('from'), wire) as Json[]).map((rule) => JSON.stringify(rule))),
    new Set(
      [
        { ...base, cidr: '0.0.0.0/0', description: 'all' },
        { ...base, cidr: '10.0.0.0/8' },
        { ...base, cidr: '::/0' },
        { ...base, group: { $ref: 'securityGroup/lb.id' } },
      ].map((rule) => JSON.stringify(rule)),
    ),
  );
});

t('rules: all protocols have no ports, 6 is tcp, missing lists are empty', () => {
  assert.equal(read(permissions('from'), [{ IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] }]), [
    { protocol: '-1', cidr: '0.0.0.0/0' },
  ]);
  assert.equal(read(permissions('from'), [{ IpProtocol: '6', FromPort: 1, ToPort: 2, IpRanges: [{ CidrIp: '1.0.0.0/8' }] }]), [
    { protocol: 'tcp', fromPort: 1, toPort: 2, cidr: '1.0.0.0/8' },
  ]);
  assert.equal(read(permissions('from'), [{ IpProtocol: 'tcp', FromPort: 1, ToPort: 2 }]), []);
  assert.equal(read(permissions('from'), []), []);
  assert.is(read(permissions('from'), undefined), undefined);
});

for (const [written, value] of [
  [
    { port: 80, from: '0.0.0.0/0' },
    { protocol: 'tcp', fromPort: 80, toPort: 80, cidr: '0.0.0.0/0' },
  ],
  [
    { ports: [80, 90], from: '10.1.2.3/8' },
    { protocol: 'tcp', fromPort: 80, toPort: 90, cidr: '10.0.0.0/8' },
  ],
  [
    { ports: [0, 65535], from: 'lb' },
    { protocol: 'tcp', fromPort: 0, toPort: 65535, group: { $ref: 'securityGroup/lb.id' } },
  ],
  [
    { protocol: 'all', to: '0.0.0.0/0' },
    { protocol: '-1', cidr: '0.0.0.0/0' },
  ],
  [
    { protocol: 'udp', port: 53, to: '0.0.0.0/0', description: 'names' },
    { protocol: 'udp', fromPort: 53, toPort: 53, cidr: '0.0.0.0/0', description: 'names' },
  ],
  [
    { protocol: 'icmp', from: '0.0.0.0/0' },
    { protocol: 'icmp', fromPort: -1, toPort: -1, cidr: '0.0.0.0/0' },
  ],
] as const) {
  t(`rule ${JSON.stringify(written)}`, () => {
    const codec: Codec = permissions('to' in written ? 'to' : 'from');
    assert.equal(codec.parse([written]), [value]);
    const back = JSON.parse(JSON.stringify(codec.write([value])).replace('{"$ref":"securityGroup/lb.id"}', '"sg-1"'));
    assert.equal(read(codec, back), [value]);
  });
}

t('routes: every target is read, and only what nobody writes by hand is passed over', () => {
  const wire = [
    { DestinationCidrBlock: '10.0.0.0/16', GatewayId: 'local', Origin: 'CreateRouteTable', State: 'active' },
    { DestinationIpv6CidrBlock: '2600:1f18:1:2::/56', GatewayId: 'local', Origin: 'CreateRouteTable', State: 'active' },
    { DestinationCidrBlock: '172.16.0.0/12', GatewayId: 'vgw-1', Origin: 'EnableVgwRoutePropagation', State: 'active' },
    { DestinationCidrBlock: '172.17.0.0/16', NetworkInterfaceId: 'eni-1', Origin: 'Advertisement', State: 'active' },
    { DestinationPrefixListId: 'pl-12345678', GatewayId: 'vpce-1', Origin: 'CreateRoute', State: 'active' },
    { DestinationCidrBlock: '0.0.0.0/0', GatewayId: 'igw-1', Origin: 'CreateRoute', State: 'blackhole' },
    { DestinationIpv6CidrBlock: '::/0', GatewayId: 'igw-1' },
  ];
  assert.equal(read(routes(), wire), [
    { destination: '0.0.0.0/0', gateway: { $ref: 'internetGateway/main.id' } },
    { destination: '::/0', gateway: { $ref: 'internetGateway/main.id' } },
  ]);
  assert.equal(routes().parse([{ destination: '0.0.0.1/0', gateway: 'main' }]), [
    { destination: '0.0.0.0/0', gateway: { $ref: 'internetGateway/main.id' } },
  ]);
});

const HAND = { Origin: 'CreateRoute', State: 'active' };
for (const [name, wire, value, written] of [
  ['another gateway', { GatewayId: 'igw-9' }, { gateway: 'igw-9' }],
  ['a VPN gateway', { GatewayId: 'vgw-9' }, { gateway: 'vgw-9' }],
  ['a NAT gateway', { NatGatewayId: 'nat-1' }, { natGateway: 'nat-1' }],
  ['an instance', { InstanceId: 'i-9', InstanceOwnerId: '1', NetworkInterfaceId: 'eni-9' }, { instance: 'i-9' }, { InstanceId: 'i-9' }],
  ['an interface', { NetworkInterfaceId: 'eni-9' }, { networkInterface: 'eni-9' }],
  ['a transit gateway', { TransitGatewayId: 'tgw-1' }, { transitGateway: 'tgw-1' }],
  ['a peering connection', { VpcPeeringConnectionId: 'pcx-1' }, { peering: 'pcx-1' }],
  ['an egress-only gateway', { EgressOnlyInternetGatewayId: 'eigw-1' }, { egressOnlyGateway: 'eigw-1' }],
  ['a carrier gateway', { CarrierGatewayId: 'cagw-1' }, { carrierGateway: 'cagw-1' }],
  ['a local gateway', { LocalGatewayId: 'lgw-1' }, { localGateway: 'lgw-1' }],
  ['a core network', { CoreNetworkArn: 'arn:core' }, { coreNetwork: 'arn:core' }],
  ['an ODB network', { OdbNetworkArn: 'arn:odb' }, { odbNetwork: 'arn:odb' }],
  ['an endpoint', { GatewayId: 'vpce-9' }, { endpoint: 'vpce-9' }, { VpcEndpointId: 'vpce-9' }],
  ['what is gone', { NatGatewayId: 'nat-1', State: 'blackhole' }, { natGateway: 'nat-1', state: 'blackhole' }, { NatGatewayId: 'nat-1' }],
  ['a new kind', { WormholeId: 'wh-1' }, { unknown: { WormholeId: 'wh-1' } }],
  [
    'the VPC led elsewhere',
    { NetworkInterfaceId: 'eni-9', Origin: 'CreateRouteTable' },
    { networkInterface: 'eni-9', local: true },
    { NetworkInterfaceId: 'eni-9' },
  ],
] as const)
  for (const [key, destination] of [
    ['DestinationCidrBlock', '10.9.0.0/16'],
    ['DestinationIpv6CidrBlock', '2001:db8::/32'],
    ['DestinationPrefixListId', 'pl-0123456789abcdef0'],
  ] as const) {
    // By a prefix list an endpoint is a gateway endpoint, which alone keeps such routes.
    if (name === 'an endpoint' && key === 'DestinationPrefixListId') continue;
    t(`a route for ${destination} by ${name}, there and back`, () => {
      const [found] = read(routes(), [{ ...HAND, [key]: destination, ...wire }]) as Json[];
      assert.equal(found, { destination, ...value });
      assert.equal((routes() as Codec).write([found ?? null]), [{ [key]: destination, ...(written ?? wire) }]);
    });
  }

t('the certificate of a listener is the first of a list, and must be ready', () => {
  const value = { $ref: 'certificate/site.arn', ready: true } as const;
  assert.equal(defaultCertificate().parse('site'), value);
  assert.equal(defaultCertificate().write(value), [{ CertificateArn: value }]);
  assert.equal(read(defaultCertificate(), [{ CertificateArn: 'arn:cert' }]), value);
  for (const wire of [undefined, [], [null], [{}], 'x'] as const) assert.is(read(defaultCertificate(), wire as Json), undefined);
});

t('an image by name is looked up when it is needed, an AMI is itself', () => {
  const path = '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64';
  assert.is(image().parse('al2023'), path);
  assert.equal(image().write(path), { $deferred: `ssm:${path}` });
  assert.is(image().write('ami-0123456789abcdef0'), 'ami-0123456789abcdef0');
  assert.is(image().parse('ami-0123456789abcdef0'), 'ami-0123456789abcdef0');
  assert.is(read(image(), path), path);
  assert.is(read(image(), undefined), undefined);
});

t('a script is its hash, and only its hash', () => {
  assert.is(userData().parse('ab12'), 'ab12');
  assert.equal(userData().write('ab12'), { $deferred: 'user-data:ab12' });
  assert.is(read(userData(), 'ab12'), 'ab12');
  assert.is(read(userData(), 7), undefined);
});

t.run();
