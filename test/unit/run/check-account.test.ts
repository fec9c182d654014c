/** What only the account can tell of what a plan writes: asked when something is written, told with file and line, and only then. */

import * as assert from 'uvu/assert';
import { CloudError } from '../../../reconciler/errors.ts';
import type { Json } from '../../../reconciler/model/json.ts';
import type { Observed } from '../../../reconciler/model/model.ts';
import type { LiveRead } from '../../../reconciler/observe/slice.ts';
import { plan } from '../../../reconciler/plan/plan.ts';
import type { AccountChecks } from '../../../reconciler/run/account-asked.ts';
import { checkAccount } from '../../../reconciler/run/check-account.ts';
import { GOOD, swap } from '../../support/spec-text.ts';
import { appliedOf, NOTHING, stackOf } from '../../support/stacks.ts';
import { suite } from '../../support/suite.ts';

const t = suite('run/check-account');

const POLICIES = ['ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09', 'ELBSecurityPolicy-TLS13-1-2-2021-06'];
const EC2: Readonly<Record<string, Json>> = {
  'ec2:DescribeSecurityGroups': { SecurityGroups: [{ GroupId: 'sg-0123456789abcdef0' }] },
  'ec2:DescribeSubnets': { Subnets: [] },
  'ec2:DescribeInstances': { Reservations: [] },
  'ec2:DescribeImages': { Images: [{ ImageId: 'ami-0123456789abcdef0' }] },
  'ec2:DescribeKeyPairs': { KeyPairs: [{ KeyName: 'ops' }] },
  'ec2:DescribeAvailabilityZones': { AvailabilityZones: [{ ZoneName: 'us-east-1a' }, { ZoneName: 'us-east-1b' }] },
  'ec2:DescribeInstanceTypeOfferings': {
    InstanceTypeOfferings: [
      { InstanceType: 't3.micro', Location: 'us-east-1a' },
      { InstanceType: 't3.micro', Location: 'us-east-1b' },
      { InstanceType: 'm7g.large', Location: 'us-east-1b' },
    ],
  },
};
const PARAMETER = '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64';

interface Asked extends AccountChecks {
  readonly calls: readonly string[];
}

async function checks(
  text: string,
  observed: Observed = NOTHING,
  limits: Readonly<Record<string, string>> = {},
  denied: readonly string[] = [],
  shown: Readonly<Record<string, Json>> = {},
  world: object = { lists: new Map() },
): Promise<Asked> {
  const stack = stackOf(text);
  const calls: string[] = [];
  const call = async (op: string, input: Json): Promise<Json> => {
    calls.push(op);
    if (op === 'ssm:GetParameter') {
      if ((input as { readonly Name: string }).Name !== PARAMETER) throw new CloudError(op, 'ParameterNotFound', 'NotFound', 'no');
      return { Parameter: { Name: PARAMETER } };
    }
    if (denied.includes(op)) throw new CloudError(op, 'AccessDenied', 'Denied', 'no');
    if (op === 'elbv2:DescribeSSLPolicies') return { SslPolicies: POLICIES.map((Name) => ({ Name })) };
    if (op === 'elbv2:DescribeAccountLimits') return { Limits: Object.entries(limits).map(([Name, Max]) => ({ Name, Max })) };
    return shown[op] ?? EC2[op] ?? {};
  };
  const read = { observed, raws: [], world } as unknown as LiveRead;
  const found = await checkAccount(plan(stack, observed), stack, read, call);
  return { ...found, calls };
}

const policy = (name: string): string => swap('certificate: site,', `certificate: site, sslPolicy: ${name},`);
const told = ({ problems }: AccountChecks): readonly string[] =>
  problems.map(({ line, column, path, message, hint }) => `${line}:${column} ${path}: ${message} | ${hint}`);

t('a plan that writes nothing asks nothing', async () => {
  const { calls, problems, notes } = await checks(GOOD, appliedOf(stackOf(GOOD)));
  assert.equal([calls, problems, notes], [[], [], []]);
});

t('an unknown security policy is a mistake at its place, with the one that was meant', async () => {
  assert.equal(told(await checks(policy('ELBSecurityPolicy-TLS13-1-2-2021-07'))), [
    '25:70 listeners.https.sslPolicy: There is no security policy `ELBSecurityPolicy-TLS13-1-2-2021-07` in us-east-1. | Did you mean `ELBSecurityPolicy-TLS13-1-2-2021-06`?',
  ]);
  assert.equal(told(await checks(policy('ELBSecurityPolicy-TLS13-1-2-2021-06'))), []);
});

t('a policy that stays is not asked about', async () => {
  const text = policy('ELBSecurityPolicy-Of-Long-Ago');
  const more = text.replace('port: 80,', 'port: 81,');
  const { calls, problems } = await checks(more, appliedOf(stackOf(text)));
  assert.equal(problems, []);
  assert.not.ok(calls.includes('elbv2:DescribeSSLPolicies'));
});

t('what may not be asked is a note, and AWS decides', async () => {
  const { problems, notes } = await checks(policy('ELBSecurityPolicy-Nope'), NOTHING, {}, [
    'elbv2:DescribeSSLPolicies',
    'elbv2:DescribeAccountLimits',
  ]);
  assert.equal(problems, []);
  assert.equal(
    notes.map(({ kind }) => kind),
    ['warning', 'warning'],
  );
  assert.match(
    notes[0]?.text ?? '',
    /Whether each security policy exists cannot be checked before the apply: elbv2:DescribeSSLPolicies answered AccessDenied/,
  );
});

const rules = (count: number): string =>
  swap(
    '  http: { protocol: HTTP, port: 80, forward: web }\n',
    `  http:\n    protocol: HTTP\n    port: 80\n    forward: web\n    rules:\n${Array.from({ length: count }, (_, index) => `      r${index}: { if: { path: [/${index}] }, forward: web }\n`).join('')}`,
  );
const LIMIT = { 'rules-per-application-load-balancer': '3' };

t('a quota says its name, its value, what there would be, and how to raise it', async () => {
  const [problem, ...more] = told(await checks(rules(4), NOTHING, LIMIT));
  assert.equal(more, []);
  assert.match(
    problem ?? '',
    /^32:7 listeners\.http\.rules\.r3: Rules per Application Load Balancer: AWS allows 3 here, but there would be 4: 4 in this file\. \| Raise the quota/,
  );
  assert.equal(told(await checks(rules(3), NOTHING, LIMIT)), []);
});

t('what others have counts too', async () => {
  const before = appliedOf(stackOf(rules(2)), {
    foreign: [{ kind: 'rule', id: 'x', parent: 'id:listener/http', text: 'rule 5', forwardsTo: [] }],
  });
  assert.equal(told(await checks(rules(2), before, LIMIT)), []);
  assert.match(told(await checks(rules(3), before, LIMIT))[0] ?? '', /there would be 4: 3 in this file and 1 beside them/);
});

const CERTIFICATES = { 'certificates-per-application-load-balancer': '2' };
/** Two more certificates of a listener, the first with this host name. */
const extra = (host: string, used: string): string =>
  swap('certificate: site,', `certificate: site, additionalCertificates: [${used}],`).replace(
    '\ntargetGroups:',
    `\n  s1: { selfSigned: { commonName: ${host}, validFor: 365d } }\n  s2: { selfSigned: { commonName: s2.example, validFor: 365d } }\ntargetGroups:`,
  );

t('old ones that go only when the new ones are in use count too: certificates', async () => {
  const before = appliedOf(stackOf(extra('s1.example', 's1, s2')));
  const [problem = '', ...more] = told(await checks(extra('s11.example', 's1, s2'), before, CERTIFICATES));
  assert.equal(more, []);
  assert.match(
    problem,
    /Certificates per Application Load Balancer: AWS allows 2 here, but there would be 3: 2 in this file and 1 old until the new ones are in use\. \| .*or make the change in two steps, first the one that makes room\.$/,
  );
  assert.equal(told(await checks(extra('s1.example', 's1'), before, CERTIFICATES)), [], 'one that is only taken off needs no room');
  const one = appliedOf(stackOf(extra('s1.example', 's1')));
  assert.equal(told(await checks(extra('s1.example', 's1, s2'), one, CERTIFICATES)), []);
});

t('old ones that go only when the new ones are in use count too: target groups', async () => {
  const before = appliedOf(stackOf(GOOD));
  const replaced = swap('    port: 8080\n', '    port: 8081\n');
  const limit = { 'target-groups-per-application-load-balancer': '1' };
  assert.match(
    told(await checks(replaced, before, limit))[0] ?? '',
    /Target Groups per Application Load Balancer: AWS allows 1 here, but there would be 2: 1 in this file and 1 old until .* cannot be raised: make the change in two steps/,
  );
  assert.equal(told(await checks(replaced, before, { 'target-groups-per-application-load-balancer': '2' })), []);
});

t('stacks of one run share what a region has', async () => {
  const world = { lists: new Map() };
  const limit = { 'application-load-balancers': '1' };
  const other = GOOD.replace('stack: webserver', 'stack: second');
  const of = async (text: string, read: object) => told(await checks(text, NOTHING, limit, [], {}, read));
  assert.equal(await of(GOOD, world), []);
  assert.equal(await of(GOOD, world), [], 'planned again');
  assert.match((await of(other, world))[0] ?? '', /there would be 2: 1 in this file and 1 that other stacks of this run create/);
  assert.equal(await of(other, { lists: new Map() }), [], 'a read of its own shows what they have made');
});

t('ids in the middle of fields are looked up', async () => {
  const groups = (id: string): string => swap('  subnets: [a, b]\n', `  subnets: [a, b]\n  securityGroups: [${id}]\n`);
  assert.equal(told(await checks(groups('sg-0123456789abcdef0'))), []);
  assert.equal(told(await checks(groups('sg-0123456789abcdef1'))), [
    '23:19 loadBalancer.securityGroups: There is no security group `sg-0123456789abcdef1` in us-east-1. | Check the id, the region, and the account of the credentials.',
  ]);
});

/** What the account has is no mistake, what it has not is one at its place. */
const NAMES: readonly (readonly [what: string, swap: (said: string) => string, good: string, bad: string, told: RegExp])[] = [
  [
    'a key pair',
    (said) => swap('web-1: { subnet: a,', `web-1: { subnet: a, keyName: ${said},`),
    'ops',
    'opps',
    /^9:32 instances\.web-1\.keyName: There is no key pair `opps` in us-east-1\. \| Did you mean `ops`\?$/,
  ],
  [
    'a machine image',
    (said) => swap('web-1: { subnet: a,', `web-1: { subnet: a, image: ${said},`),
    'ami-0123456789abcdef0',
    'ami-00000000',
    /^9:30 instances\.web-1\.image: There is no machine image `ami-00000000` in us-east-1\. \| An AMI belongs to one region/,
  ],
  [
    'a parameter that names an image',
    (said) => swap('web-1: { subnet: a,', `web-1: { subnet: a, image: ${said},`),
    PARAMETER,
    '/aws/service/nope',
    /^9:30 instances\.web-1\.image: There is no parameter `\/aws\/service\/nope` in us-east-1\./,
  ],
  [
    'an instance type',
    (said) => swap('web-1: { subnet: a,', `web-1: { subnet: a, instanceType: ${said},`),
    't3.micro',
    'x9.huge',
    /^9:37 instances\.web-1\.instanceType: There is no instance type `x9\.huge` in us-east-1\./,
  ],
  [
    'an instance type in a zone',
    (said) => swap(`web-1: { subnet: a,`, `web-1: { subnet: ${said}, instanceType: m7g.large, image: ami-0123456789abcdef0,`),
    'b',
    'a',
    /^9:37 instances\.web-1\.instanceType: The instance type `m7g\.large` is not available in us-east-1a, the zone of `a`\. \| It is available in us-east-1b\./,
  ],
  [
    'a zone',
    (said) => swap('b: { availabilityZone: us-east-1b', `b: { availabilityZone: us-east-1${said}`),
    'b',
    'z',
    /^7:28 network\.subnets\.b\.availabilityZone: There is no Availability Zone `us-east-1z` in us-east-1\./,
  ],
];
for (const [what, text, good, bad, expected] of NAMES)
  t(`${what} that the account has not is a mistake at its place`, async () => {
    assert.equal(told(await checks(text(good))), []);
    assert.match(told(await checks(text(bad)))[0] ?? '', expected);
  });

t('each is asked for in one call', async () => {
  const { calls } = await checks(GOOD);
  for (const op of ['ec2:DescribeInstanceTypeOfferings', 'ec2:DescribeAvailabilityZones', 'ssm:GetParameter'])
    assert.is(calls.filter((call) => call === op).length, 1, op);
  assert.not.ok(calls.includes('ec2:DescribeKeyPairs'));
});

t('a group of another VPC is a mistake, in a rule it is a peer', async () => {
  const there = { 'ec2:DescribeSecurityGroups': { SecurityGroups: [{ GroupId: 'sg-0123456789abcdef0', VpcId: 'vpc-0123456789abcdef1' }] } };
  const own = swap('  subnets: [a, b]\n', '  subnets: [a, b]\n  securityGroups: [sg-0123456789abcdef0]\n');
  assert.equal(told(await checks(own, NOTHING, {}, [], there)), [
    '23:19 loadBalancer.securityGroups: `sg-0123456789abcdef0` is in vpc-0123456789abcdef1, but the VPC of this stack does not exist yet. | All resources of a stack are in one VPC.',
  ]);
  const peer = swap('instances:\n', 'securityGroups:\n  front: { ingress: [{ port: 80, from: sg-0123456789abcdef0 }] }\ninstances:\n');
  assert.equal(told(await checks(peer, NOTHING, {}, [], there)), []);
});

const ONE = 'subnet-0123456789abcdef0';
const TWO = 'subnet-0123456789abcdef1';
/** The load balancer in a VPC of others, in two subnets that stand in its field. */
const inTwo = swap('  subnets: [a, b]\n', `  subnets: [${ONE}, ${TWO}]\n`).replace(
  '{ cidrBlock: 10.0.0.0/16 }',
  '{ id: vpc-0123456789abcdef0 }',
);
const there = (zones: readonly string[], more: Json = {}): Readonly<Record<string, Json>> => ({
  'ec2:DescribeSubnets': {
    Subnets: [ONE, TWO].map((SubnetId, index) => ({
      ...{ SubnetId, VpcId: 'vpc-0123456789abcdef0', AvailabilityZone: zones[index] ?? '', AvailableIpAddressCount: 100 },
      ...(index === 1 ? (more as object) : {}),
    })),
  },
});
const given = { ...NOTHING, existing: { 'vpc/main': { id: 'vpc-0123456789abcdef0' } } };

t('subnets that stand in the field of the load balancer have to do as well', async () => {
  const of = async (zones: readonly string[], more: Json = {}, text = inTwo) =>
    told(await checks(text, given, {}, [], there(zones, more))).map((line) => line.replace(/ \|.*/, ''));
  assert.equal(await of(['us-east-1a', 'us-east-1b']), []);
  assert.equal(await of(['us-east-1a', 'us-east-1a']), [`22:12 loadBalancer.subnets: \`${ONE}\` is also in us-east-1a.`]);
  assert.equal(await of(['us-east-1a', 'us-east-1b'], { AvailableIpAddressCount: 3 }), [
    `22:12 loadBalancer.subnets: \`${TWO}\` has only 3 free addresses.`,
  ]);
  const [first, ...more] = await of(
    ['us-east-1a', 'us-east-1b'],
    {},
    inTwo.replace('  subnets: [subnet', '  ipAddressType: dualstack\n  subnets: [subnet'),
  );
  assert.is(first, `23:12 loadBalancer.subnets: \`${ONE}\` has no IPv6 addresses, but \`ipAddressType: dualstack\` needs them.`);
  assert.is(more.length, 1);
});

t('what has to be of the own account and is not is a mistake at its place', async () => {
  const group = (account: string): string =>
    swap('80, forward: web', `80, forward: arn:aws:elasticloadbalancing:us-east-1:${account}:targetgroup/a/0123456789abcdef`);
  const acm = (account: string): string =>
    swap('selfSigned: { commonName: webserver.example, validFor: 365d }', `acm: arn:aws:acm:us-east-1:${account}:certificate/a`);
  const withArn = (account: string): Observed => ({
    ...NOTHING,
    existing: { 'certificate/site': { arn: `arn:aws:acm:us-east-1:${account}:certificate/a` } },
  });
  assert.equal(told(await checks(group('123456789012'))), []);
  assert.equal(told(await checks(group('210987654321'))), [
    '24:9 listeners.http: This belongs to the account 210987654321: `arn:aws:elasticloadbalancing:us-east-1:210987654321:targetgroup/a/0123456789abcdef`. | The credentials are for 123456789012: use one of that account.',
  ]);
  assert.equal(told(await checks(acm('123456789012'), withArn('123456789012'))), []);
  assert.match(
    told(await checks(acm('210987654321'), withArn('210987654321')))[0] ?? '',
    /^13:5 certificates\.site: This belongs to the account 210987654321/,
  );
});

const ARN = 'arn:aws:elasticloadbalancing:us-east-1:123456789012';
const GROUP = `${ARN}:targetgroup/theirs/0123456789abcdef`;
const BALANCER = `${ARN}:loadbalancer/app/webserver/0123456789abcdef`;
const THEIRS = { TargetGroupArn: GROUP, VpcId: 'vpc-0aaaaaaaaaaaaaaa1', Protocol: 'HTTP', ProtocolVersion: 'HTTP1', LoadBalancerArns: [] };
const inPlace = { ...NOTHING, existing: { 'vpc/main': { id: 'vpc-0aaaaaaaaaaaaaaa1' } } };
const toTheirs = swap('port: 80, forward: web }', `port: 80, forward: "${GROUP}" }`);

/** What is told of a forward to a target group that somebody else has made, where it is like this. */
const ofTheirs = async (group: object, text = toTheirs, observed: Observed = inPlace): Promise<readonly string[]> =>
  told(await checks(text, observed, {}, [], {}, { lists: new Map([['targetGroup', new Map([[GROUP, { ...THEIRS, ...group }]])]]) }));

t('a target group of others has to fit the listener', async () => {
  assert.equal(await ofTheirs({}), []);
  assert.equal(await ofTheirs({ LoadBalancerArns: [BALANCER] }), [
    `24:9 listeners.http: \`${GROUP}\` is used by another load balancer already: \`${BALANCER}\`. | A target group is for one load balancer. Use another one, or remove it from there first.`,
  ]);
  for (const [group, what] of [
    [{ VpcId: 'vpc-0aaaaaaaaaaaaaaa2' }, 'is in vpc-0aaaaaaaaaaaaaaa2, and the load balancer is in vpc-0aaaaaaaaaaaaaaa1'],
    [{ Protocol: 'TCP', ProtocolVersion: undefined }, 'has the protocol TCP'],
    [{ Protocol: 'GENEVE', VpcId: 'vpc-0aaaaaaaaaaaaaaa2' }, 'has the protocol GENEVE'],
    [{ ProtocolVersion: 'GRPC' }, 'has the protocol version GRPC'],
    [{ ProtocolVersion: 'HTTP2' }, 'has the protocol version HTTP2'],
    [{ IpAddressType: 'ipv6' }, 'has the IP address type ipv6'],
  ] as const) {
    const found = await ofTheirs(group);
    assert.is(found.length, 1, found.join('\n'));
    assert.match(found[0] ?? '', what);
  }
  assert.match((await ofTheirs({}, toTheirs, NOTHING)).join(), 'and the load balancer in one that does not exist yet');
  // A function has neither a VPC nor a protocol.
  assert.equal(await ofTheirs({ TargetType: 'lambda', VpcId: undefined, Protocol: undefined, ProtocolVersion: undefined }), []);
  const overTls = swap('certificate: site, forward: web }', `certificate: site, forward: "${GROUP}" }`);
  assert.equal(await ofTheirs({ ProtocolVersion: 'GRPC' }, overTls), [], 'over HTTPS it is taken');
  const applied = appliedOf(stackOf(toTheirs));
  const balancer = applied.live.find(({ kind }) => kind === 'loadBalancer')?.id;
  const vpc = applied.live.find(({ kind }) => kind === 'vpc')?.id;
  const again = toTheirs.replace('port: 80,', 'port: 81,');
  assert.equal(await ofTheirs({ LoadBalancerArns: [balancer], VpcId: vpc }, again, applied), [], 'ours uses it already');
});

t('a target group of the spec has to fit the listener of others', async () => {
  const guest = `stack: guest
region: us-east-1
network:
  vpc: { id: vpc-0aaaaaaaaaaaaaaa1 }
targetGroups:
  web: { port: 8080, targetType: ip, targets: [] }
listeners:
  shared:
    arn: ${ARN}:listener/app/webserver/0123456789abcdef/0123456789abcdef
    priorities: 100-199
    rules:
      web: { priority: 100, if: { path: [/web] }, forward: web }
`;
  const beside = async (balancer: object, protocol = 'HTTP', text = guest): Promise<readonly string[]> => {
    const shared = { id: 'listener', arn: 'listener', loadBalancer: BALANCER, protocol, port: '80' };
    const observed = { ...inPlace, existing: { ...inPlace.existing, 'listener/shared': shared } };
    const theirs = { LoadBalancerArn: BALANCER, VpcId: 'vpc-0aaaaaaaaaaaaaaa1', IpAddressType: 'ipv4', ...balancer };
    return told(await checks(text, observed, {}, [], {}, { lists: new Map([['loadBalancer', new Map([[BALANCER, theirs]])]]) }));
  };
  assert.equal(await beside({}), []);
  assert.equal(await beside({ VpcId: 'vpc-0aaaaaaaaaaaaaaa2' }), [
    '12:12 listeners.shared.rules.web: `web` is in vpc-0aaaaaaaaaaaaaaa1, and the load balancer is in vpc-0aaaaaaaaaaaaaaa2. | A listener forwards only to target groups of the VPC of its load balancer.',
  ]);
  const grpc = guest.replace('targets: []', 'targets: [], protocolVersion: GRPC');
  assert.match((await beside({}, 'HTTP', grpc)).join(), '`web` has the protocol version GRPC, and an HTTP listener cannot forward to it.');
  assert.equal(await beside({}, 'HTTPS', grpc), []);
});

t.run();
