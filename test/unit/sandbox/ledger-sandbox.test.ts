/** The sandbox as tests and the demo use it in their own process: both sides of it at once, its controls, several at a time. */
import {
  DeleteSubnetCommand,
  DescribeNetworkInterfacesCommand,
  DescribeVpcsCommand,
  DetachInternetGatewayCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import {
  CreateLoadBalancerCommand,
  DeleteLoadBalancerCommand,
  DescribeLoadBalancersCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import * as assert from 'uvu/assert';
import { startSandbox } from '../../../sandbox/sandbox.ts';
import { DEFAULT_TIMINGS } from '../../../sandbox/timings.ts';
import { clientOptions, code, ec2Suite, gateway, group, run, subnet, vpc } from '../../support/ec2-bench.ts';

const t = ec2Suite('sandbox in one process');

t('a load balancer holds its network from creation until its interfaces have gone', async (bench) => {
  const { ec2, sandbox } = bench;
  const elb = new ElasticLoadBalancingV2Client(clientOptions(sandbox));
  const vpcId = await vpc(bench);
  const gatewayId = await gateway(bench, vpcId);
  const subnets = [await subnet(bench, vpcId), await subnet(bench, vpcId, '10.0.2.0/24', 'us-east-1b')];
  const groupId = await group(bench, vpcId);
  const detach = new DetachInternetGatewayCommand({ InternetGatewayId: gatewayId, VpcId: vpcId });
  for (const Scheme of ['internet-facing', 'internal'] as const) {
    const made = await elb.send(
      new CreateLoadBalancerCommand({ Name: Scheme.slice(0, 5), Subnets: subnets, SecurityGroups: [groupId], Scheme }),
    );
    const balancer = made.LoadBalancers?.[0];
    assert.is(balancer?.State?.Code, 'provisioning');
    sandbox.clock.advance(DEFAULT_TIMINGS.loadBalancerProvisioning);
    const [read] = (await elb.send(new DescribeLoadBalancersCommand({}))).LoadBalancers ?? [];
    assert.is(read?.State?.Code, 'active');
    const found = await ec2.send(new DescribeNetworkInterfacesCommand({ Filters: [{ Name: 'requester-id', Values: ['amazon-elb'] }] }));
    assert.equal(
      found.NetworkInterfaces?.map((one) => one.Association !== undefined),
      Array(2).fill(Scheme === 'internet-facing'),
    );
    if (Scheme === 'internet-facing') assert.is(await code(ec2.send(detach)), 'DependencyViolation');
    await elb.send(new DeleteLoadBalancerCommand({ LoadBalancerArn: balancer?.LoadBalancerArn }));
    assert.is(await code(ec2.send(new DeleteSubnetCommand({ SubnetId: subnets[0] }))), 'DependencyViolation');
    sandbox.clock.advance(DEFAULT_TIMINGS.interfaceLinger);
  }
  await ec2.send(detach);
  await ec2.send(new DeleteSubnetCommand({ SubnetId: subnets[0] }));
  elb.destroy();
});

async function control(endpoint: string, method: string, path: string, body?: string) {
  const answer = await fetch(`${endpoint}/_sandbox/${path}`, { method, ...(body === undefined ? {} : { body }) });
  return { status: answer.status, body: (await answer.json()) as { resources: Record<string, number> } };
}

t('its controls answer over HTTP and reset forgets everything', async (bench) => {
  const { sandbox, ec2 } = bench;
  const { endpoint } = sandbox;
  const subnetId = await subnet(bench, await vpc(bench));
  const id = await run(bench, { SubnetId: subnetId });
  await control(endpoint, 'POST', 'clock', JSON.stringify({ advance: DEFAULT_TIMINGS.instancePending }));
  assert.is(sandbox.network.instance(id)?.state, 'running');
  assert.is((await control(endpoint, 'POST', 'clock', '{}')).status, 400);
  await control(endpoint, 'POST', 'faults', JSON.stringify([{ match: { action: 'DescribeVpcs' }, fault: 'throttle', times: 9 }]));
  assert.is(await code(ec2.send(new DescribeVpcsCommand({}))), 'RequestLimitExceeded');
  assert.is((await control(endpoint, 'POST', 'faults', '[{"fault":"no"}]')).status, 400);
  const status = await control(endpoint, 'GET', 'status');
  assert.is(status.body.resources['instances'], 1);
  const calls = (await control(endpoint, 'GET', 'calls')).body as unknown as { action: string }[];
  assert.equal(
    calls.map((call) => call.action),
    ['CreateVpc', 'CreateSubnet', 'RunInstances', 'DescribeVpcs'],
  );
  await control(endpoint, 'POST', 'reset');
  assert.equal(sandbox.calls(), []);
  assert.equal((await ec2.send(new DescribeVpcsCommand({}))).Vpcs, []);
  assert.is(sandbox.network.instance(id), undefined);
  assert.is((await control(endpoint, 'GET', 'nonsense')).status, 404);
});

t('two at once share nothing, and the account may start with its default VPC', async (bench) => {
  const second = await startSandbox({ dataplane: false, defaultVpc: true });
  const client = new EC2Client(clientOptions(second));
  await vpc(bench);
  const own = (await client.send(new DescribeVpcsCommand({}))).Vpcs ?? [];
  assert.equal(
    own.map((one) => [one.IsDefault, one.CidrBlock]),
    [[true, '172.31.0.0/16']],
  );
  assert.is(second.network.vpc(own[0]?.VpcId ?? '')?.hasGateway, true);
  client.destroy();
  await second.stop();
  await second.stop();
  assert.is((await bench.ec2.send(new DescribeVpcsCommand({}))).Vpcs?.length, 1);
});

t.run();
