/** Trials of what EC2 and IAM refuse: a spec that says a value, and the call by which the sandbox gets it. */

import type { Json } from '../../reconciler/model/json.ts';
import type { Cloud } from '../../reconciler/run/port.ts';
import { swap } from './spec-text.ts';

/** What stands in the account before each trial, and texts of certificates by name. */
export interface Machines {
  readonly cloud: Cloud;
  readonly vpc: string;
  /** The VPC's IPv6 block without its end: `2600:1f18:1234:5`. */
  readonly six: string;
  readonly subnet: string;
  readonly group: string;
  readonly images: Readonly<Record<'x86_64' | 'arm64', string>>;
  readonly material: Readonly<Record<string, string>>;
}

type Call = readonly [op: string, input: Json];
interface Value {
  readonly said: string;
  readonly sent: Json;
}

export interface MachineTrial {
  /** The rule that knows it; `schema`: the schema and its ranges alone. */
  readonly rule: string;
  readonly what: string;
  readonly spec: (said: string) => string;
  readonly ask: (world: Machines, sent: Json) => Call;
  readonly good: Value;
  readonly bad: Value;
  /** Path of the mistake in the spec. */
  readonly path: string;
  /** What the sandbox says to the bad value. */
  readonly words: RegExp;
}

const same = (value: string): Value => ({ said: JSON.stringify(value), sent: value });

const vpcBlock = (said: string): string => swap('vpc: { cidrBlock: 10.0.0.0/16 }', `vpc: { cidrBlock: ${said} }`);
const subnetBlock = (said: string): string => swap('us-east-1a, cidrBlock: 10.0.1.0/24', `us-east-1a, cidrBlock: ${said}`);
const newSubnet = ({ vpc }: Machines, more: Json): Call => [
  'ec2:CreateSubnet',
  { VpcId: vpc, CidrBlock: '10.0.99.0/24', AvailabilityZone: 'us-east-1a', ...(more as object) },
];
const NETWORK = 'networks, subnets and zones';

const networks: readonly MachineTrial[] = [
  ...[
    ['10.0.0.0/8', /^The CIDR '10\.0\.0\.0\/8' is invalid\.$/],
    ['256.0.0.0/16', /256\.0\.0\.0\/16/],
  ].map(
    ([bad, words]): MachineTrial => ({
      ...{ rule: 'schema', what: 'network of a VPC', spec: vpcBlock, path: 'network.vpc.cidrBlock', words: words as RegExp },
      ...{ ask: (_world, sent) => ['ec2:CreateVpc', { CidrBlock: sent }], good: same('10.0.0.0/16'), bad: same(bad as string) },
    }),
  ),
  ...(
    [
      ['schema', 'a', '10.0.9.0/29', /^The CIDR '10\.0\.9\.0\/29' is invalid\.$/],
      [NETWORK, 'a', '10.9.1.0/24', /^The CIDR '10\.9\.1\.0\/24' is invalid\.$/],
      [NETWORK, 'b', '10.0.2.0/25', /^The CIDR '10\.0\.2\.0\/25' conflicts with another subnet$/],
    ] as const
  ).map(
    ([rule, where, bad, words]): MachineTrial => ({
      path: `network.subnets.${where}.cidrBlock`,
      ...{ rule, what: 'network of a subnet', spec: subnetBlock, words },
      ...{ ask: (world, sent) => newSubnet(world, { CidrBlock: sent }), good: same('10.0.1.0/24'), bad: same(bad) },
    }),
  ),
  {
    ...{
      rule: NETWORK,
      what: 'zone of a subnet',
      path: 'network.subnets.a.availabilityZone',
      words: /^Value \(us-west-2a\) for parameter availabilityZone is invalid\./,
    },
    spec: (said) => swap('availabilityZone: us-east-1a', `availabilityZone: ${said}`),
    ask: (world, sent) => newSubnet(world, { AvailabilityZone: sent }),
    ...{ good: same('us-east-1a'), bad: same('us-west-2a') },
  },
  {
    ...{ rule: NETWORK, what: 'part of the IPv6 block', path: 'network.subnets.b.ipv6' },
    words: /^The CIDR '[0-9a-f:]+\/64' conflicts with another subnet$/,
    spec: (said) =>
      swap(
        '10.0.2.0/24 }',
        `10.0.2.0/24, ipv6: ${said} }`,
        swap(
          '10.0.1.0/24 }',
          '10.0.1.0/24, ipv6: 7 }',
          swap('vpc: { cidrBlock: 10.0.0.0/16 }', 'vpc: { cidrBlock: 10.0.0.0/16, ipv6: true }'),
        ),
      ),
    ask: (world, sent) => newSubnet(world, { Ipv6CidrBlock: `${world.six}0${String(sent)}::/64` }),
    ...{ good: { said: '8', sent: '8' }, bad: { said: '7', sent: '7' } },
  },
  {
    ...{ rule: 'schema', what: 'number of the part of the IPv6 block', path: 'network.subnets.b.ipv6' },
    words: /^The CIDR '[0-9a-f:]+\/64' is invalid\.$/,
    spec: (said) =>
      swap(
        '10.0.2.0/24 }',
        `10.0.2.0/24, ipv6: ${said} }`,
        swap('vpc: { cidrBlock: 10.0.0.0/16 }', 'vpc: { cidrBlock: 10.0.0.0/16, ipv6: true }'),
      ),
    // A number beyond 255 would be a part of another network's block.
    ask: (world, sent) => newSubnet(world, { Ipv6CidrBlock: sent === 'in' ? `${world.six}09::/64` : '2001:db8:9:9::/64' }),
    ...{ good: { said: '9', sent: 'in' }, bad: { said: '256', sent: 'out' } },
  },
  {
    ...{ rule: NETWORK, what: 'IPv6 addresses at the start', path: 'network.subnets.a.assignIpv6AddressOnCreation' },
    words: /^Subnet subnet-\w+ does not have an IPv6 CIDR block$/,
    spec: (said) => swap('10.0.1.0/24 }', `10.0.1.0/24, assignIpv6AddressOnCreation: ${said} }`),
    ask: ({ subnet }, sent) => ['ec2:ModifySubnetAttribute', { SubnetId: subnet, AssignIpv6AddressOnCreation: { Value: sent } }],
    ...{ good: { said: 'false', sent: false }, bad: { said: 'true', sent: true } },
  },
];

const front = (body: string): string => swap('instances:\n', `securityGroups:\n  front: ${body}\ninstances:\n`);
const ingress = (said: string): string => front(`{ ingress: [${said}] }`);
const permit = ({ group }: Machines, permissions: Json): Call => [
  'ec2:AuthorizeSecurityGroupIngress',
  { GroupId: group, IpPermissions: permissions },
];
const tcp = (port: number, more: object = {}): Json => ({
  ...{ IpProtocol: 'tcp', FromPort: port, ToPort: port, IpRanges: [{ CidrIp: '10.1.0.0/16' }] },
  ...more,
});
const RULES = 'rules of security groups';
const REMARKS: readonly string[] = ['a<b', 'größe', 'x'.repeat(256)];
let named = 0;

const groups: readonly MachineTrial[] = [
  {
    ...{ rule: 'names made of that of the stack', what: 'name of a security group', path: 'stack' },
    words: /for parameter GroupName is invalid\. Group names may not be in the format 'sg-\*'\.$/,
    spec: (said) => swap('stack: webserver\n', `stack: ${said}\n`),
    ask: ({ vpc }, sent) => ['ec2:CreateSecurityGroup', { VpcId: vpc, GroupName: `${String(sent)}-${++named}`, Description: 'x' }],
    ...{ good: same('webserver'), bad: same('sg-web') },
  },
  ...REMARKS.flatMap((bad): readonly MachineTrial[] => [
    {
      ...{ rule: 'schema', what: 'description of a security group', path: 'securityGroups.front.description' },
      words:
        bad.length > 255
          ? /^The name and the description of a security group have at most 255 characters$/
          : /for parameter GroupDescription is invalid/,
      spec: (said) => front(`{ description: ${said} }`),
      ask: ({ vpc }, sent) => ['ec2:CreateSecurityGroup', { VpcId: vpc, GroupName: `said-${++named}`, Description: sent }],
      ...{ good: same('Web servers'), bad: same(bad) },
    },
    {
      ...{ rule: 'schema', what: 'description of a rule', path: 'securityGroups.front.ingress[0].description' },
      words: /^Invalid rule description\. Valid descriptions are/,
      spec: (said) => ingress(`{ port: 80, from: 10.1.0.0/16, description: ${said} }`),
      ask: (world, sent) => permit(world, [tcp(80, { IpRanges: [{ CidrIp: '10.1.0.0/16', Description: sent }] })]),
      ...{ good: same('Web servers'), bad: same(bad) },
    },
  ]),
  {
    ...{ rule: RULES, what: 'ports', path: 'securityGroups.front.ingress[0]', words: /^Invalid value for portRange\. Must specify both/ },
    spec: (said) => ingress(`{ ${said}from: 10.1.0.0/16 }`),
    ask: (world, sent) => permit(world, [sent]),
    good: { said: 'port: 80, ', sent: tcp(80) },
    bad: { said: '', sent: { IpProtocol: 'tcp', IpRanges: [{ CidrIp: '10.1.0.0/16' }] } },
  },
  {
    ...{
      rule: RULES,
      what: 'a rule twice',
      path: 'securityGroups.front.ingress[1]',
      words: /^The same permission must not appear multiple times$/,
    },
    spec: (said) => ingress(`{ port: 80, from: 10.1.0.0/16 }, { port: ${said}, from: 10.1.0.0/16 }`),
    ask: (world, sent) => permit(world, [tcp(80), tcp(Number(sent))]),
    ...{ good: { said: '81', sent: 81 }, bad: { said: '80', sent: 80 } },
  },
  {
    ...{ rule: RULES, what: 'number of rules', path: 'securityGroups.front.ingress', words: /maximum number of rules per security group/ },
    spec: (said) => ingress(Array.from({ length: Number(said) }, (_, index) => `{ port: ${index + 1}, from: 10.1.0.0/16 }`).join(', ')),
    ask: (world, sent) =>
      permit(
        world,
        Array.from({ length: Number(sent) }, (_, index) => tcp(index + 1)),
      ),
    ...{ good: { said: '60', sent: 60 }, bad: { said: '61', sent: 61 } },
  },
  ...[
    ['10.1.0.0/16', '10.1.0.0/33', 'IpRanges', 'CidrIp'] as const,
    ['2001:db8::/32', '2001:db8::/129', 'Ipv6Ranges', 'CidrIpv6'] as const,
  ].map(
    ([good, bad, list, key]): MachineTrial => ({
      ...{ rule: 'schema', what: 'peer of a rule', path: 'securityGroups.front.ingress[0].from', words: /^CIDR block .* is malformed$/ },
      spec: (said) => ingress(`{ port: 80, from: ${said} }`),
      ask: (world, sent) => permit(world, [{ IpProtocol: 'tcp', FromPort: 80, ToPort: 80, [list]: [{ [key]: sent }] }]),
      ...{ good: same(good), bad: same(bad) },
    }),
  ),
];

const web1 = (more: string): string => swap('web-1: { subnet: a, app: flask-webserver }', `web-1: { subnet: a, ${more} }`);
const launch = ({ subnet, images }: Machines, more: Json): Call => [
  'ec2:RunInstances',
  { ImageId: images.x86_64, InstanceType: 't3.micro', SubnetId: subnet, MinCount: 1, MaxCount: 1, ...(more as object) },
];

const instances: readonly MachineTrial[] = [
  ...[['schema', 'x'] as const, ['size of the script of the first boot', 'é'] as const].map(
    ([rule, letter]): MachineTrial => ({
      ...{ rule, what: 'script of the first boot', path: 'instances.web-1.userData', words: /^User data is limited to 16384 bytes$/ },
      spec: (said) => web1(`userData: ${said}`),
      ask: (world, sent) => launch(world, { UserData: Buffer.from(String(sent)).toString('base64') }),
      ...{ good: same(letter.repeat(letter === 'x' ? 16_384 : 8192)), bad: same(letter.repeat(letter === 'x' ? 16_385 : 8193)) },
    }),
  ),
  {
    ...{ rule: 'processors of instances and images', what: 'type of an instance', path: 'instances.web-1.instanceType' },
    words: /^The architecture '\w+' of the specified instance type does not match the architecture 'arm64' of the specified AMI\./,
    spec: (said) => web1(`image: al2023-arm64, instanceType: ${said}`),
    ask: (world, sent) => launch(world, { ImageId: world.images.arm64, InstanceType: sent }),
    ...{ good: same('t4g.micro'), bad: same('t3.micro') },
  },
  {
    ...{ rule: 'processors of instances and images', what: 'image of an instance', path: 'instances.web-1.image' },
    words: /^The architecture '.*' of the specified instance type does not match the architecture 'arm64' of the specified AMI\./,
    spec: (said) => web1(`image: ${said}`),
    ask: (world, sent) => launch(world, { ImageId: sent === 'al2023' ? world.images.x86_64 : world.images.arm64 }),
    ...{ good: same('al2023'), bad: same('al2023-arm64') },
  },
  {
    ...{ rule: 'schema', what: 'id of an instance', path: 'instances.web-2.id', words: /Invalid id: "i-00"|does not exist/ },
    spec: (said) => swap('web-2: { subnet: b, app: flask-webserver }', `web-2: { id: ${said} }`),
    // The good one is not there: what is asked for is its form.
    ask: (world, sent) => (sent === 'i-00' ? ['ec2:StopInstances', { InstanceIds: [sent] }] : launch(world, {})),
    ...{ good: same('i-0123456789abcdef0'), bad: same('i-00') },
  },
];

const tagged = (said: string): string => swap('  site:\n', `  site:\n    tags: { ${said} }\n`);
const upload = ({ material }: Machines, more: { readonly [key: string]: Json }): Call => [
  'iam:UploadServerCertificate',
  {
    ServerCertificateName: `trial-${++named}`,
    CertificateBody: material['OWN'] ?? '',
    PrivateKey: material['ALBEDO_SECRET_OWN'] ?? '',
    ...more,
  },
];
const tagSet = (tags: Readonly<Record<string, string>>): Json => Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
const many = (count: number, from = 0): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${from + index}`, 'v']));
const sayTags = (tags: Readonly<Record<string, string>>): string =>
  Object.entries(tags)
    .map(([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`)
    .join(', ');
const tagTrial = (
  rule: string,
  bad: Readonly<Record<string, string>>,
  path: string,
  words: RegExp,
  good: Readonly<Record<string, string>> = { team: 'a' },
): MachineTrial => ({
  ...{ rule, what: 'tags of a certificate', spec: tagged, path, words, good: { said: sayTags(good), sent: tagSet(good) } },
  ...{ bad: { said: sayTags(bad), sent: tagSet(bad) }, ask: (world, sent) => upload(world, { Tags: sent }) },
});

const files = (more: string): string => swap('selfSigned: { commonName: webserver.example, validFor: 365d }', `files: { ${more} }`);
/** A part of the files by the name of a variable. */
const part = (
  key: 'certificate' | 'privateKey' | 'chain',
  parameter: string,
  good: string,
  bad: string,
  words: RegExp,
  at = key,
): MachineTrial => ({
  ...{ rule: 'certificate files', what: `${key} of a certificate`, path: `certificates.site.files.${at}`, words },
  spec: (said) => {
    const parts = { certificate: 'OWN', privateKey: 'ALBEDO_SECRET_OWN', [key]: said };
    return files(
      Object.entries(parts)
        .map(([name, env]) => `${name}: { env: ${env} }`)
        .join(', '),
    );
  },
  ask: (world, sent) => upload(world, { [parameter]: world.material[String(sent)] ?? '' }),
  ...{ good: { said: good, sent: good }, bad: { said: bad, sent: bad } },
});

const certificates: readonly MachineTrial[] = [
  {
    ...{
      rule: 'schema',
      what: 'name of a certificate in IAM',
      path: 'certificates.site.iam',
      words: /for serverCertificateName is invalid/,
    },
    spec: (said) => swap('selfSigned: { commonName: webserver.example, validFor: 365d }', `iam: ${said}`),
    ask: (world, sent) => upload(world, { ServerCertificateName: sent === 'good' ? `good-${++named}` : sent }),
    ...{ good: same('good'), bad: same('a b') },
  },
  tagTrial('schema', { 'aws:x': 'a' }, 'certificates.site.tags["aws:x"]', /^Tag keys that begin with aws: are reserved/),
  tagTrial(
    'schema',
    { ['k'.repeat(129)]: 'a' },
    `certificates.site.tags.${'k'.repeat(129)}`,
    /^A tag key must be 1 to 128 characters long\.$/,
  ),
  tagTrial('schema', { team: 'v'.repeat(257) }, 'certificates.site.tags.team', /^A tag value must be at most 256 characters long\.$/),
  tagTrial('tags of certificates', { team: 'a', Team: 'b' }, 'certificates.site.tags.Team', /^Duplicate tag keys found\./, {
    team: 'a',
    Teams: 'b',
  }),
  tagTrial('schema', many(51), 'certificates.site.tags', /^Cannot exceed quota for TagsPerServerCertificate: 50$/, many(40)),
  {
    ...{ rule: 'number of tags', what: 'tags of the stack and of a certificate', path: 'certificates.site.tags' },
    words: /^Cannot exceed quota for TagsPerServerCertificate: 50$/,
    spec: (said) => `${tagged(sayTags(many(Number(said))))}tags: { ${sayTags(many(30, 100))} }\n`,
    ask: (world, sent) => upload(world, { Tags: tagSet(many(Number(sent))) }),
    ...{ good: { said: '10', sent: 40 }, bad: { said: '21', sent: 51 } },
  },
  part('certificate', 'CertificateBody', 'OWN', 'ENDED', /^The certificate has expired\.$/),
  part('certificate', 'CertificateBody', 'OWN', 'BROKEN', /^Unable to parse certificate\. Please ensure/),
  part(
    'certificate',
    'CertificateBody',
    'OWN',
    'LONG',
    /'certificateBody' failed to satisfy constraint: Member must have length less than or equal to 16384$/,
  ),
  part(
    'privateKey',
    'PrivateKey',
    'ALBEDO_SECRET_OWN',
    'ALBEDO_SECRET_OTHER',
    /^The public key certificate and the private key do not match\.$/,
  ),
  part('privateKey', 'PrivateKey', 'ALBEDO_SECRET_OWN', 'ALBEDO_SECRET_LOCKED', /^The private key is encrypted\./),
  part('privateKey', 'PrivateKey', 'ALBEDO_SECRET_OWN', 'ALBEDO_SECRET_BROKEN', /^Unable to parse key;/),
  part('chain', 'CertificateChain', 'ISSUER', 'STRANGER', /^Unable to validate certificate chain\./),
  {
    ...{
      rule: 'size of certificates made here',
      what: 'names of a certificate',
      path: 'certificates.site.selfSigned.subjectAlternativeNames',
    },
    words: /'certificateBody' failed to satisfy constraint/,
    spec: (said) => swap('validFor: 365d', `validFor: 365d, subjectAlternativeNames: [${names(Number(said)).join(', ')}]`),
    ask: (world, sent) =>
      upload(world, {
        CertificateBody: world.material[`NAMES_${String(sent)}`] ?? '',
        PrivateKey: world.material[`KEY_${String(sent)}`] ?? '',
      }),
    ...{ good: { said: '45', sent: 45 }, bad: { said: '60', sent: 60 } },
  },
];

/** So many host names of 239 characters. */
export const names = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) =>
    [`n${String(index).padStart(3, '0')}`, 'b'.repeat(62), 'c'.repeat(62), 'd'.repeat(62), 'e'.repeat(41), 'ex'].join('.'),
  );

export const MACHINE_TRIALS: readonly MachineTrial[] = [...networks, ...groups, ...instances, ...certificates];
