/** Where things are: targets outside the VPC with a zone of their own or all of them, and a load balancer on an Outpost. */
import { CreateSubnetCommand } from '@aws-sdk/client-ec2';
import { DescribeLoadBalancersCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import * as assert from 'uvu/assert';
import { ReconcileError } from '../../reconciler/errors.ts';
import { guard } from '../../reconciler/plan/guard.ts';
import { contractSuite, converge, look, namesOf, type Spec } from '../support/contract-bench.ts';
import { type GivenNetwork, givenNetwork, givenSpec } from '../support/contract-given.ts';
import { rejects } from '../support/rejects.ts';

const t = contractSuite('places', { dataplane: false, fresh: true });

let net: GivenNetwork;
let timer: NodeJS.Timeout;
t.before.each(async (bench) => {
  net = await givenNetwork(bench);
  // Nobody serves: who is registered is healthy.
  timer = setInterval(() => {
    for (const { arn, targets } of bench.sandbox.elbv2.targetGroups())
      for (const { id, port } of targets) bench.sandbox.elbv2.reportHealth(arn, id, port, { state: 'healthy' });
  }, 50);
});
t.after.each(() => clearInterval(timer));

const outside = (more: Spec, zone: string): Spec =>
  givenSpec(
    net,
    { a: net.a, b: net.b },
    {
      balancer: { scheme: 'internal' },
      group: { targetType: 'ip', ...more, targets: [{ ip: '192.168.1.10', availabilityZone: zone }] },
    },
  );

t('a target outside the VPC: its zone and crossZone go together, in each order that AWS takes', async (bench) => {
  const [stays, spreads] = [outside({ crossZone: 'false' }, 'us-east-1a'), outside({}, 'all')];
  await converge(bench, stays);
  const { plan, observation } = await look(bench, spreads);
  assert.equal(namesOf(plan), ['update targetGroup/blue crossZone targets']);
  assert.equal(guard(plan, observation.observed, {}), []);
  await converge(bench, spreads);
  const back = await look(bench, stays);
  assert.equal(
    guard(back.plan, back.observation.observed, {}).map(({ rule, reason }) => [
      rule,
      /192\.168\.1\.10 .*are lost while crossZone is turned off/.test(reason),
    ]),
    [['drop', true]],
    'nobody is registered in between',
  );
  await converge(bench, stays);
  await converge(bench, stays, 'destroy');
});

t('one subnet: on an Outpost, there alone, and nowhere else', async (bench) => {
  const OutpostArn = 'arn:aws:outposts:us-east-1:123456789012:outpost/op-0123456789abcdef0';
  const made = await bench.ec2.send(
    new CreateSubnetCommand({ VpcId: net.vpc, CidrBlock: '10.0.100.0/24', AvailabilityZone: 'us-east-1a', OutpostArn }),
  );
  const outpost = made.Subnet?.SubnetId ?? '';
  assert.is(made.Subnet?.OutpostArn, OutpostArn);
  const balancer = { customerOwnedIpv4Pool: 'ipv4pool-coip-0123456789abcdef0' };
  const spec = givenSpec(net, { a: outpost }, { balancer });
  await converge(bench, spec);
  assert.is((await bench.elb.send(new DescribeLoadBalancersCommand({}))).LoadBalancers?.[0]?.AvailabilityZones?.length, 1);
  await converge(bench, spec, 'destroy');
  const since = bench.sandbox.calls().length;
  for (const [wrong, sentence] of [
    [givenSpec(net, { a: net.a }, { balancer }), /is not on an Outpost, but `customerOwnedIpv4Pool`/],
    [givenSpec(net, { a: net.a }), /all in one Availability Zone/],
    [givenSpec(net, { a: outpost, b: net.b }), /is on an Outpost, where a load balancer uses one subnet/],
  ] as const) {
    const error = await rejects(look(bench, wrong), ReconcileError);
    assert.match(JSON.stringify([error.message, error.cause]), sentence);
  }
  assert.equal(
    bench.sandbox
      .calls()
      .slice(since)
      .filter(({ action }) => action.startsWith('Create')),
    [],
  );
});

t.run();
