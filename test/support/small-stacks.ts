/** Many small stacks in one network that somebody else made, in each of some regions. */

import {
  AssociateRouteTableCommand,
  AttachInternetGatewayCommand,
  CreateInternetGatewayCommand,
  CreateRouteCommand,
  CreateRouteTableCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import { readSpec } from '../../reconciler/config/read.ts';
import { hashing } from '../../reconciler/run/pipeline.ts';
import type { NamedSpec } from '../../reconciler/run/specs.ts';

export interface Theirs {
  readonly region: string;
  readonly vpc: string;
  readonly subnets: readonly [string, string];
}

/** A VPC with two public subnets. */
export async function makeNetwork(region: string): Promise<Theirs> {
  const ec2 = new EC2Client({ region, maxAttempts: 1 });
  try {
    const VpcId = (await ec2.send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }))).Vpc?.VpcId ?? '';
    const InternetGatewayId = (await ec2.send(new CreateInternetGatewayCommand({}))).InternetGateway?.InternetGatewayId ?? '';
    await ec2.send(new AttachInternetGatewayCommand({ VpcId, InternetGatewayId }));
    const RouteTableId = (await ec2.send(new CreateRouteTableCommand({ VpcId }))).RouteTable?.RouteTableId ?? '';
    await ec2.send(new CreateRouteCommand({ RouteTableId, DestinationCidrBlock: '0.0.0.0/0', GatewayId: InternetGatewayId }));
    const subnet = async (index: number, zone: string): Promise<string> => {
      const made = await ec2.send(
        new CreateSubnetCommand({ VpcId, CidrBlock: `10.0.${index}.0/24`, AvailabilityZone: `${region}${zone}` }),
      );
      const SubnetId = made.Subnet?.SubnetId ?? '';
      await ec2.send(new AssociateRouteTableCommand({ RouteTableId, SubnetId }));
      return SubnetId;
    };
    return { region, vpc: VpcId, subnets: [await subnet(1, 'a'), await subnet(2, 'b')] };
  } finally {
    ec2.destroy();
  }
}

/** A load balancer with one listener and an empty group. */
export const smallStack = (stack: string, { region, vpc, subnets: [a, b] }: Theirs, more = ''): string => `stack: ${stack}
region: ${region}
lint: { silence: [plain-http] }
network: { vpc: { id: ${vpc} }, subnets: { a: { id: ${a} }, b: { id: ${b} } } }
targetGroups: { web: { port: 8080, targets: [] } }
loadBalancer: { name: ${stack}, subnets: [a, b] }
listeners: { http: { protocol: HTTP, port: 80, forward: web } }
${more}`;

export function namedSpec(file: string, text: string): NamedSpec {
  const bytes = Buffer.from(text);
  const { spec, problems } = readSpec(bytes, file, hashing);
  if (spec === undefined) throw new Error(problems.map(({ path, message }) => `${path}: ${message}`).join('\n'));
  return { file, text: bytes, bases: [], spec, policy: {}, hashing };
}
