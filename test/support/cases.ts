/**
 * Small inputs that went wrong once, where somebody keeps them beside the repository: `../shared/cases`. They name what was made
 * beforehand (`<vpc-1>`, or any id): here it is made, and the ids are put in.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  AssociateSubnetCidrBlockCommand,
  AssociateVpcCidrBlockCommand,
  AttachInternetGatewayCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateInternetGatewayCommand,
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  DescribeVpcsCommand,
} from '@aws-sdk/client-ec2';
import { createAuthority } from './certificate-authority.ts';
import type { Bench } from './contract-bench.ts';
import { type Ended, makePlace, type Place, startCommand } from './faults-cli.ts';
import { handMadeCertificate, handMadeInstances } from './hand-made.ts';

export const CASES = join(import.meta.dirname, '../../../shared/cases');
export const isThere = existsSync(CASES);

/** Every input of the folder, folders of inputs as one. */
export const inputs = (): readonly string[] => readdirSync(CASES).filter((name) => name !== 'README.md');
export const textOf = (name: string): string => readFileSync(join(CASES, name), 'utf8');

/** The ids of what is made beforehand, by their names in the inputs. */
export type World = Readonly<Record<string, string>>;

/** Zone, whether it has IPv6 addresses. */
const SUBNETS = {
  'subnet-a': ['a', true],
  'subnet-b': ['b', true],
  'subnet-a2': ['a', true],
  'subnet-c': ['c', true],
  v4a: ['a', false],
  v4b: ['b', false],
  v6d: ['d', true],
} as const;

/** A network with an internet gateway, IPv6 in most subnets, one security group, two instances, and the server certificate `c1`. */
export async function makeWorld(bench: Bench): Promise<World> {
  const { ec2 } = bench;
  const VpcId = (await ec2.send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }))).Vpc?.VpcId ?? '';
  await ec2.send(new AssociateVpcCidrBlockCommand({ VpcId, AmazonProvidedIpv6CidrBlock: true }));
  const { Vpcs = [] } = await ec2.send(new DescribeVpcsCommand({ VpcIds: [VpcId] }));
  const block = Vpcs[0]?.Ipv6CidrBlockAssociationSet?.[0]?.Ipv6CidrBlock ?? '';
  const InternetGatewayId = (await ec2.send(new CreateInternetGatewayCommand({}))).InternetGateway?.InternetGatewayId ?? '';
  await ec2.send(new AttachInternetGatewayCommand({ VpcId, InternetGatewayId }));
  const subnets: Record<string, string> = {};
  for (const [index, [name, [zone, hasIpv6]]] of Object.entries(SUBNETS).entries()) {
    const CidrBlock = `10.0.${index + 1}.0/24`;
    const made = await ec2.send(new CreateSubnetCommand({ VpcId, CidrBlock, AvailabilityZone: `us-east-1${zone}` }));
    const SubnetId = made.Subnet?.SubnetId ?? '';
    const Ipv6CidrBlock = block.replace(/00::\/56$/, `0${index + 1}::/64`);
    if (hasIpv6) await ec2.send(new AssociateSubnetCidrBlockCommand({ SubnetId, Ipv6CidrBlock }));
    subnets[name] = SubnetId;
  }
  const made = await ec2.send(new CreateSecurityGroupCommand({ VpcId, GroupName: 'front', Description: 'front' }));
  const GroupId = made.GroupId ?? '';
  const open = [80, 443].map((port) => ({ IpProtocol: 'tcp', FromPort: port, ToPort: port, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }));
  await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: open }));
  const places = [subnets['subnet-a'] ?? '', subnets['subnet-b'] ?? ''];
  const [one = '', two = ''] = await handMadeInstances(bench, { vpc: VpcId, subnets: places, group: GroupId });
  await handMadeCertificate(bench, 'c1');
  return { 'vpc-1': VpcId, ...subnets, 'sg-1': GroupId, 'i-1': one, 'i-2': two };
}

/** The text with the ids of the world: by name, and whatever ids of another world stand in it, in the order in which they come. */
export function filledIn(text: string, world: World): string {
  const orders: Readonly<Record<string, readonly string[]>> = {
    vpc: ['vpc-1'],
    subnet: ['subnet-a', 'subnet-b'],
    sg: ['sg-1'],
  };
  const seen = new Map<string, string>();
  return text
    .replaceAll(/\b(vpc|subnet|sg)-[0-9a-f]{17}\b/g, (id, kind: string) => {
      if (!seen.has(id)) seen.set(id, orders[kind]?.[[...seen.keys()].filter((other) => other.startsWith(kind)).length] ?? id);
      return `<${seen.get(id)}>`;
    })
    .replaceAll(/<([\w-]+)>/g, (all, name: string) => world[name] ?? all);
}

/** One input on an account of its own. */
export interface Case extends Bench {
  readonly world: World;
  readonly place: Place;
  /** Runs a command on what stands in this file of the folder, or on what is made of it, under its name. */
  run(command: string, name: string, change?: (text: string) => string): Promise<Ended>;
  /** Runs any command in the folder of the inputs. */
  command(...args: readonly string[]): Promise<Ended>;
}

/** An empty account with the world in it, and a folder with the commands to be run there. `close` ends what it started. */
export async function openCase(bench: Bench): Promise<{ readonly one: Case; close(): void }> {
  const { sandbox } = bench;
  await sandbox.reset();
  sandbox.objects.put('trust', 't1.pem', (await createAuthority('Clients')).pem);
  const world = await makeWorld(bench);
  const place = makePlace();
  const env = {
    AWS_ENDPOINT_URL: sandbox.endpoint,
    AWS_ACCESS_KEY_ID: 'sandbox',
    AWS_SECRET_ACCESS_KEY: 'sandbox',
    ALBEDO_SECRET_OIDC: 'hush',
  };
  const command: Case['command'] = (...args) => startCommand(place, ['--yes', '--quiet', ...args], env, place.folder).ended;
  const run: Case['run'] = (words, name, change = (text) => text) => {
    // A spec may read variables of its own names only, which the inputs do not know.
    const text = change(filledIn(textOf(name), world)).replaceAll('OIDC_SECRET', 'ALBEDO_SECRET_OIDC');
    return command(...words.split(' ').filter(Boolean), place.file(name, text));
  };
  // Nobody serves here: who is registered is healthy.
  const timer = setInterval(() => {
    for (const { arn, targets } of sandbox.elbv2.targetGroups())
      for (const { id, port } of targets) sandbox.elbv2.reportHealth(arn, id, port, { state: 'healthy' });
  }, 50);
  return {
    one: { ...bench, world, place, run, command },
    close() {
      clearInterval(timer);
      place.remove();
    },
  };
}
