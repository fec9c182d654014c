/** A network made by hand beside the reconciler, for stacks that are given ids. */
import {
  AssociateSubnetCidrBlockCommand,
  AssociateVpcCidrBlockCommand,
  AttachInternetGatewayCommand,
  CreateInternetGatewayCommand,
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  DescribeVpcsCommand,
} from '@aws-sdk/client-ec2';
import { UploadServerCertificateCommand } from '@aws-sdk/client-iam';
import { makeSelfSigned } from '../../reconciler/deferred/self-signed.ts';
import type { Json } from '../../reconciler/model/json.ts';
import type { Bench, Spec } from './contract-bench.ts';

export interface GivenNetwork {
  readonly vpc: string;
  /** With an IPv6 block: zones a, b, c, d, and a second one of zone a. */
  readonly a: string;
  readonly b: string;
  readonly c: string;
  readonly d: string;
  readonly a2: string;
  /** Without one, in zones a and b. */
  readonly v4a: string;
  readonly v4b: string;
  readonly group: string;
}

export async function givenNetwork({ ec2 }: Bench): Promise<GivenNetwork> {
  const vpc = (await ec2.send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }))).Vpc?.VpcId ?? '';
  await ec2.send(new AssociateVpcCidrBlockCommand({ VpcId: vpc, AmazonProvidedIpv6CidrBlock: true }));
  const seen = await ec2.send(new DescribeVpcsCommand({ VpcIds: [vpc] }));
  const block = seen.Vpcs?.[0]?.Ipv6CidrBlockAssociationSet?.[0]?.Ipv6CidrBlock ?? '';
  const InternetGatewayId = (await ec2.send(new CreateInternetGatewayCommand({}))).InternetGateway?.InternetGatewayId ?? '';
  await ec2.send(new AttachInternetGatewayCommand({ VpcId: vpc, InternetGatewayId }));
  let count = 0;
  const subnet = async (zone: string, six: boolean): Promise<string> => {
    const number = ++count;
    const made = await ec2.send(
      new CreateSubnetCommand({ VpcId: vpc, CidrBlock: `10.0.${number}.0/24`, AvailabilityZone: `us-east-1${zone}` }),
    );
    const SubnetId = made.Subnet?.SubnetId ?? '';
    if (six)
      await ec2.send(new AssociateSubnetCidrBlockCommand({ SubnetId, Ipv6CidrBlock: block.replace(/00::\/56$/, `0${number}::/64`) }));
    return SubnetId;
  };
  const made = await ec2.send(new CreateSecurityGroupCommand({ VpcId: vpc, GroupName: 'given', Description: 'given' }));
  return {
    vpc,
    a: await subnet('a', true),
    b: await subnet('b', true),
    c: await subnet('c', true),
    d: await subnet('d', true),
    a2: await subnet('a', true),
    v4a: await subnet('a', false),
    v4b: await subnet('b', false),
    group: made.GroupId ?? '',
  };
}

/** A server certificate that the stack is given by this name. */
export async function givenCertificate({ iam, sandbox }: Bench, name: string): Promise<void> {
  const host = `${name}.example.com`;
  const { body, key } = await makeSelfSigned(host, [host], 300, sandbox.clock.now());
  await iam.send(new UploadServerCertificateCommand({ ServerCertificateName: name, CertificateBody: body, PrivateKey: key }));
  // ELB learns of it seconds later.
  sandbox.clock.advance(10_000);
}

/** A stack in that network: one group, one listener, and what a test says of them. */
export function givenSpec(
  { vpc, group }: GivenNetwork,
  subnets: Readonly<Record<string, string>>,
  more: {
    readonly balancer?: Spec;
    readonly group?: Spec;
    readonly listener?: Spec;
    readonly rules?: Spec;
    readonly top?: Spec;
    readonly uses?: readonly string[];
  } = {},
): Spec {
  const listener: Spec = { protocol: 'HTTP', port: 80, forward: 'blue', ...more.listener };
  const network: Json = { vpc: { id: vpc }, subnets: Object.fromEntries(Object.entries(subnets).map(([name, id]) => [name, { id }])) };
  return {
    stack: 'given',
    region: 'us-east-1',
    lint: { silence: ['plain-http'] },
    network,
    targetGroups: { blue: { port: 80, ...more.group } },
    loadBalancer: { name: 'given', subnets: [...(more.uses ?? Object.keys(subnets))], securityGroups: [group], ...more.balancer },
    listeners: { web: more.rules === undefined ? listener : { ...listener, rules: more.rules } },
    ...more.top,
  };
}
