/** A sandbox without data plane on a clock of its own, and the few EC2 calls most tests of the ledger begin with. */
import {
  AttachInternetGatewayCommand,
  CreateInternetGatewayCommand,
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  DescribeInstancesCommand,
  EC2Client,
  RunInstancesCommand,
  type RunInstancesCommandInput,
} from '@aws-sdk/client-ec2';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { createClock } from '../../sandbox/clock.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { DEFAULT_TIMINGS } from '../../sandbox/timings.ts';
import { suite } from './suite.ts';

export interface Ec2Bench {
  sandbox: Sandbox;
  ec2: EC2Client;
  /** An AMI found through SSM, as users find one. */
  image: string;
}

export const clientOptions = (sandbox: Sandbox) => ({
  endpoint: sandbox.endpoint,
  region: 'us-east-1',
  maxAttempts: 1,
  credentials: { accessKeyId: 'sandbox', secretAccessKey: 'sandbox' },
});

/** A suite with one sandbox for all its tests, emptied before each. */
export function ec2Suite(name: string): ReturnType<typeof suite<Ec2Bench>> {
  const t = suite<Ec2Bench>(name);
  t.before(async (bench) => {
    const sandbox = await startSandbox({ dataplane: false, reuseUpstream: true, clock: createClock({ manual: true }) });
    bench.sandbox = sandbox;
    bench.ec2 = new EC2Client(clientOptions(sandbox));
    const ssm = new SSMClient(clientOptions(sandbox));
    const Name = '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64';
    bench.image = (await ssm.send(new GetParameterCommand({ Name }))).Parameter?.Value ?? '';
    ssm.destroy();
  });
  t.before.each(({ sandbox }) => sandbox.reset());
  t.after(async ({ sandbox, ec2 }) => {
    ec2.destroy();
    await sandbox.stop();
  });
  return t;
}

/** The code and message a call is refused with. */
export async function refusal(call: Promise<unknown>): Promise<{ readonly code: string; readonly message: string }> {
  try {
    await call;
  } catch (error) {
    const { name, message } = error as Error;
    return { code: name, message };
  }
  throw new Error('expected the call to be refused, but it was accepted');
}
export const code = async (call: Promise<unknown>): Promise<string> => (await refusal(call)).code;

export async function vpc({ ec2 }: Ec2Bench, CidrBlock = '10.0.0.0/16'): Promise<string> {
  return (await ec2.send(new CreateVpcCommand({ CidrBlock }))).Vpc?.VpcId ?? '';
}
export async function subnet(
  { ec2 }: Ec2Bench,
  VpcId: string,
  CidrBlock = '10.0.1.0/24',
  AvailabilityZone = 'us-east-1a',
): Promise<string> {
  return (await ec2.send(new CreateSubnetCommand({ VpcId, CidrBlock, AvailabilityZone }))).Subnet?.SubnetId ?? '';
}
export async function group({ ec2 }: Ec2Bench, VpcId: string, GroupName = 'web'): Promise<string> {
  return (await ec2.send(new CreateSecurityGroupCommand({ VpcId, GroupName, Description: GroupName }))).GroupId ?? '';
}
export async function gateway({ ec2 }: Ec2Bench, VpcId?: string): Promise<string> {
  const id = (await ec2.send(new CreateInternetGatewayCommand({}))).InternetGateway?.InternetGatewayId ?? '';
  if (VpcId !== undefined) await ec2.send(new AttachInternetGatewayCommand({ InternetGatewayId: id, VpcId }));
  return id;
}
const runInput = (context: Ec2Bench, more: Partial<RunInstancesCommandInput>): RunInstancesCommandInput => ({
  ImageId: context.image,
  InstanceType: 't3.micro',
  MinCount: 1,
  MaxCount: 1,
  ...more,
});
export async function run(context: Ec2Bench, more: Partial<RunInstancesCommandInput>): Promise<string> {
  return (await context.ec2.send(new RunInstancesCommand(runInput(context, more)))).Instances?.[0]?.InstanceId ?? '';
}
export async function shown({ ec2 }: Ec2Bench, id: string) {
  return (await ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }))).Reservations?.[0]?.Instances?.[0];
}
export const stateOf = async (context: Ec2Bench, id: string): Promise<string | undefined> => (await shown(context, id))?.State?.Name;

/** A public network with one instance, the clock past its start. */
export async function stack(context: Ec2Bench) {
  const vpcId = await vpc(context);
  const gatewayId = await gateway(context, vpcId);
  const subnetId = await subnet(context, vpcId);
  const groupId = await group(context, vpcId);
  const id = await run(context, {
    NetworkInterfaces: [{ DeviceIndex: 0, SubnetId: subnetId, Groups: [groupId], AssociatePublicIpAddress: true }],
  });
  context.sandbox.clock.advance(DEFAULT_TIMINGS.instancePending);
  return { vpcId, gatewayId, subnetId, groupId, id };
}
