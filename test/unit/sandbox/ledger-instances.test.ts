/** Instances through the whole sandbox with the AWS SDK, on a clock that only the tests move. */
import {
  CreateSubnetCommand,
  DescribeFpgaImagesCommand,
  DescribeInstanceAttributeCommand,
  DescribeInstanceStatusCommand,
  DescribeInstancesCommand,
  DescribeVpcsCommand,
  EC2Client,
  ModifyInstanceAttributeCommand,
  type RunInstancesCommandInput,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import * as assert from 'uvu/assert';
import { DEFAULT_TIMINGS } from '../../../sandbox/timings.ts';
import { clientOptions, code, ec2Suite, group, refusal, run, shown, stack, stateOf, subnet, vpc } from '../../support/ec2-bench.ts';

const t = ec2Suite('sandbox ledger instances');

t('the account starts empty and says who is calling', async ({ ec2, sandbox }) => {
  assert.equal((await ec2.send(new DescribeVpcsCommand({}))).Vpcs, []);
  const sts = new STSClient(clientOptions(sandbox));
  assert.is((await sts.send(new GetCallerIdentityCommand({}))).Account, '123456789012');
  sts.destroy();
});

t('an instance takes its time, and every read agrees on it', async (context) => {
  const { ec2, sandbox } = context;
  const { id } = await stack(context);
  assert.is(sandbox.network.instance(id)?.state, 'running');
  assert.ok((await shown(context, id))?.PublicIpAddress);
  const stopping = await ec2.send(new StopInstancesCommand({ InstanceIds: [id] }));
  assert.is(stopping.StoppingInstances?.[0]?.CurrentState?.Name, 'stopping');
  assert.is(stopping.StoppingInstances?.[0]?.PreviousState?.Name, 'running');
  assert.is(await stateOf(context, id), 'stopping');
  assert.equal((await ec2.send(new DescribeInstanceStatusCommand({}))).InstanceStatuses, [], 'running ones only');
  sandbox.clock.advance(DEFAULT_TIMINGS.instanceStopping);
  assert.is(await stateOf(context, id), 'stopped');
  assert.is((await shown(context, id))?.PublicIpAddress, undefined);
  const [status] = (await ec2.send(new DescribeInstanceStatusCommand({ IncludeAllInstances: true }))).InstanceStatuses ?? [];
  assert.is(status?.InstanceState?.Name, 'stopped');
  const stopped = { Filters: [{ Name: 'instance-state-name', Values: ['stopped'] }] };
  const running = { Filters: [{ Name: 'instance-state-name', Values: ['pending', 'running'] }] };
  assert.is((await ec2.send(new DescribeInstancesCommand(stopped))).Reservations?.length, 1);
  assert.is((await ec2.send(new DescribeInstancesCommand(running))).Reservations?.length, 0);
  await ec2.send(new StartInstancesCommand({ InstanceIds: [id] }));
  assert.is(sandbox.network.instance(id)?.state, 'pending');
  assert.is((await ec2.send(new DescribeInstancesCommand(running))).Reservations?.length, 1);
});

t('calls in the wrong state are refused and change nothing', async (context) => {
  const { ec2, sandbox } = context;
  const { id, subnetId } = await stack(context);
  assert.is(
    await code(ec2.send(new ModifyInstanceAttributeCommand({ InstanceId: id, UserData: { Value: Buffer.from('x') } }))),
    'IncorrectInstanceState',
  );
  const fresh = await run(context, { SubnetId: subnetId });
  assert.is(await code(ec2.send(new StopInstancesCommand({ InstanceIds: [id, fresh] }))), 'IncorrectInstanceState');
  assert.is(await stateOf(context, id), 'running', 'one refused instance holds back the batch');
  assert.is(
    await code(ec2.send(new TerminateInstancesCommand({ InstanceIds: [id, 'i-00000000000000000'] }))),
    'InvalidInstanceID.NotFound',
  );
  assert.is(await stateOf(context, id), 'running');
  await ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
  assert.is(await code(ec2.send(new StartInstancesCommand({ InstanceIds: [id] }))), 'IncorrectInstanceState');
  await ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
  sandbox.clock.advance(DEFAULT_TIMINGS.instanceShuttingDown);
  assert.is(await stateOf(context, id), 'terminated');
  sandbox.clock.advance(3_600_000);
  assert.is(await code(shown(context, id)), 'InvalidInstanceID.NotFound');
  assert.is(sandbox.network.instance(id), undefined);
});

t('user data is changed on a stopped instance only, and the instance side sees it decoded', async (context) => {
  const { ec2, sandbox } = context;
  const vpcId = await vpc(context);
  const id = await run(context, { SubnetId: await subnet(context, vpcId), UserData: Buffer.from('first').toString('base64') });
  assert.is(sandbox.network.instance(id)?.userData, 'first');
  sandbox.clock.advance(1000);
  await ec2.send(new StopInstancesCommand({ InstanceIds: [id] }));
  sandbox.clock.advance(DEFAULT_TIMINGS.instanceStopping);
  await ec2.send(new ModifyInstanceAttributeCommand({ InstanceId: id, UserData: { Value: Buffer.from('second') } }));
  assert.is(sandbox.network.instance(id)?.userData, 'second');
  const read = await ec2.send(new DescribeInstanceAttributeCommand({ InstanceId: id, Attribute: 'userData' }));
  assert.is(Buffer.from(read.UserData?.Value ?? '', 'base64').toString(), 'second');
});

t('a client token makes one instance, and only with the same request', async (context) => {
  const { sandbox } = context;
  const vpcId = await vpc(context);
  const subnetId = await subnet(context, vpcId);
  const input = {
    SubnetId: subnetId,
    ClientToken: 'token',
    TagSpecifications: [{ ResourceType: 'instance' as const, Tags: [{ Key: 'Name', Value: 'a & b' }] }],
  };
  const id = await run(context, input);
  assert.is(await run(context, input), id);
  assert.is(await code(run(context, { ...input, InstanceType: 't3.small' })), 'IdempotentParameterMismatch');
  assert.is(sandbox.network.instances().length, 1);
  assert.equal(sandbox.network.instance(id)?.tags, { Name: 'a & b' });
  const found = await context.ec2.send(
    new DescribeInstancesCommand({
      Filters: [
        { Name: 'tag:Name', Values: ['a & b'] },
        { Name: 'client-token', Values: ['token'] },
      ],
    }),
  );
  assert.is(found.Reservations?.[0]?.Instances?.[0]?.InstanceId, id);
  await context.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
  sandbox.clock.advance(1000);
  assert.is(await code(run(context, input)), 'IdempotentInstanceTerminated');
});

t('launches AWS would refuse are refused', async (context) => {
  const vpcId = await vpc(context);
  const SubnetId = await subnet(context, vpcId);
  const foreign = await group(context, await vpc(context, '10.1.0.0/16'));
  const cases: [string, Partial<RunInstancesCommandInput>][] = [
    ['InvalidParameter', { SubnetId, SecurityGroupIds: [foreign] }],
    ['InvalidGroup.NotFound', { SubnetId, SecurityGroupIds: ['sg-00000000'] }],
    ['InvalidSubnetID.NotFound', { SubnetId: 'subnet-00000000' }],
    ['InvalidParameterValue', { SubnetId, UserData: Buffer.alloc(16_385).toString('base64') }],
    ['InvalidParameterValue', { SubnetId, UserData: '§' }],
    ['InvalidAMIID.NotFound', { SubnetId, ImageId: 'ami-12345678' }],
    ['InvalidInstanceType.NotFound', { SubnetId, InstanceType: 't9.huge' as 't3.micro' }],
    ['InvalidKeyPair.NotFound', { SubnetId, KeyName: 'none' }],
    ['VPCIdNotSpecified', {}],
    ['InsufficientFreeAddressesInSubnet', { SubnetId: await subnet(context, vpcId, '10.0.2.0/28'), MinCount: 12, MaxCount: 12 }],
  ];
  for (const [expected, more] of cases) assert.is(await code(run(context, more)), expected, JSON.stringify(more));
  assert.is(context.sandbox.network.instances().length, 0);
  await run(context, { SubnetId, UserData: Buffer.alloc(16_384).toString('base64') });
});

t('regions do not see one another', async (context) => {
  const { sandbox } = context;
  const VpcId = await vpc(context);
  const elsewhere = new EC2Client({ ...clientOptions(sandbox), region: 'eu-west-3' });
  assert.equal((await elsewhere.send(new DescribeVpcsCommand({}))).Vpcs, []);
  assert.is(await code(elsewhere.send(new CreateSubnetCommand({ VpcId, CidrBlock: '10.0.1.0/24' }))), 'InvalidVpcID.NotFound');
  elsewhere.destroy();
});

t('what moto cannot answer is a refusal, not a server fault to retry', async ({ ec2 }) => {
  const gap = await refusal(ec2.send(new DescribeFpgaImagesCommand({})));
  assert.is(gap.code, 'InvalidAction');
  assert.match(gap.message, 'sandbox gap');
});

t.run();
