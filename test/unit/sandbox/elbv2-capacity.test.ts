/** Reserved capacity, pools of addresses, IPv6, zones of ip targets: what a load balancer stands on beside its subnets. */

import * as assert from 'uvu/assert';
import { createBench, type Params } from '../../support/elbv2-bench.ts';
import { createAuthorities, createWorld } from '../../support/elbv2-surface.ts';
import { OTHER_VPC, SUBNETS } from '../../support/sandbox-network.ts';
import { suite } from '../../support/suite.ts';

const t = suite('sandbox/elbv2 capacity and addresses');
const authorities = await createAuthorities();
const DAY_MS = 86_400_000;

const units = (LoadBalancerArn: string, CapacityUnits: number): Params => ({
  LoadBalancerArn,
  MinimumLoadBalancerCapacity: { CapacityUnits },
});

t('a reservation is pending, then provisioned; the next one waits for it', () => {
  const world = createWorld(authorities);
  const arn = world.loadBalancer();
  assert.equal(world.call('DescribeCapacityReservation', { LoadBalancerArn: arn }).all, {
    DecreaseRequestsRemaining: '2',
    CapacityReservationState: '',
  });
  world.call('ModifyCapacityReservation', units(arn, 100));
  const answer = world.elbv2.handle({
    service: 'elasticloadbalancing',
    action: 'ModifyCapacityReservation',
    params: { LoadBalancerArn: arn, 'MinimumLoadBalancerCapacity.CapacityUnits': '200' },
    region: 'us-east-1',
    account: '123456789012',
    requestId: 'r',
  });
  assert.is(answer.status, 429);
  assert.match(answer.body, /<Code>PriorRequestNotComplete<\/Code>/);
  world.settle();
  world.call('ModifyCapacityReservation', units(arn, 200));
  world.settle();
  const state = world.call('DescribeCapacityReservation', { LoadBalancerArn: arn });
  assert.is(state.text('MinimumLoadBalancerCapacity.CapacityUnits'), '200');
  assert.is(state.text('CapacityReservationState.0.EffectiveCapacityUnits'), '100');
  // The same again asks for nothing.
  const before = state.text('LastModifiedTime');
  assert.is(world.call('ModifyCapacityReservation', units(arn, 200)).text('LastModifiedTime'), before);
});

t('capacity goes down twice a day, a reset counted', () => {
  const world = createWorld(authorities);
  const arn = world.loadBalancer();
  for (const count of [300, 200]) {
    world.call('ModifyCapacityReservation', units(arn, count));
    world.settle();
  }
  world.call('ModifyCapacityReservation', { LoadBalancerArn: arn, ResetCapacityReservation: true });
  world.call('ModifyCapacityReservation', units(arn, 300));
  world.settle();
  world.refused('CapacityDecreaseRequestLimitExceeded', 'ModifyCapacityReservation', units(arn, 299));
  world.refused('CapacityDecreaseRequestLimitExceeded', 'ModifyCapacityReservation', {
    LoadBalancerArn: arn,
    ResetCapacityReservation: true,
  });
  world.clock.advance(DAY_MS);
  world.call('ModifyCapacityReservation', units(arn, 299));
});

t('quotas of a region count all load balancers; other zones rebalance', () => {
  const bench = createBench({ quotas: { capacityUnitsPerRegion: 250 } });
  const [one, two] = [bench.loadBalancer('one'), bench.loadBalancer('two')];
  bench.call('ModifyCapacityReservation', units(one, 210));
  bench.refused('CapacityUnitsLimitExceeded', 'ModifyCapacityReservation', units(two, 41));
  bench.call('ModifyCapacityReservation', units(two, 40));
  bench.clock.advance(10_000);
  bench.call('SetSubnets', { LoadBalancerArn: one, Subnets: [SUBNETS.a, SUBNETS.b, SUBNETS.c] });
  const state = bench.call('DescribeCapacityReservation', { LoadBalancerArn: one }).list('CapacityReservationState');
  assert.is(state.length, 3);
  assert.equal((state[0] as { State: unknown }).State, { Code: 'rebalancing' });
  bench.clock.advance(10_000);
  const spread = bench.call('DescribeCapacityReservation', { LoadBalancerArn: one });
  assert.is(spread.text('CapacityReservationState.2.State.Code'), 'provisioned');
});

t('an IPAM pool needs public IPv4, and is in the way of giving it up', () => {
  const world = createWorld(authorities);
  const pools: Params = { IpamPools: { Ipv4IpamPoolId: 'ipam-pool-1' } };
  const arn = world.loadBalancer('web', pools);
  world.refused('InvalidConfigurationRequest', 'SetIpAddressType', {
    LoadBalancerArn: arn,
    IpAddressType: 'dualstack-without-public-ipv4',
  });
  world.call('SetIpAddressType', { LoadBalancerArn: arn, IpAddressType: 'dualstack' });
  world.call('ModifyIpPools', { LoadBalancerArn: arn, RemoveIpamPools: ['ipv4'] });
  world.call('SetIpAddressType', { LoadBalancerArn: arn, IpAddressType: 'dualstack-without-public-ipv4' });
  world.refused('InvalidConfigurationRequest', 'ModifyIpPools', { LoadBalancerArn: arn, ...pools });
  const inside = world.loadBalancer('inside', { Scheme: 'internal' });
  world.refused('InvalidConfigurationRequest', 'ModifyIpPools', { LoadBalancerArn: inside, ...pools });
  // Same settings answer the load balancer that exists, another pool does not.
  world.refused('DuplicateLoadBalancerName', 'CreateLoadBalancer', {
    Name: 'inside',
    Subnets: [SUBNETS.a, SUBNETS.b],
    Scheme: 'internal',
    CustomerOwnedIpv4Pool: 'ipv4pool-coip-1',
  });
});

t('groups of IPv6 targets go with dualstack load balancers only', () => {
  const world = createWorld(authorities);
  const group = world.targetGroup('six', { TargetType: 'ip', IpAddressType: 'ipv6' });
  const DefaultActions = [{ Type: 'forward', TargetGroupArn: group }];
  const plain = world.loadBalancer('plain');
  world.refused(
    'InvalidConfigurationRequest',
    'CreateListener',
    { LoadBalancerArn: plain, Port: 80, Protocol: 'HTTP', DefaultActions },
    /dualstack/,
  );
  const dual = world.loadBalancer('dual', { IpAddressType: 'dualstack' });
  world.listener(dual, group);
  world.refused('InvalidConfigurationRequest', 'SetIpAddressType', { LoadBalancerArn: dual, IpAddressType: 'ipv4' });
  world.call('RegisterTargets', { TargetGroupArn: group, Targets: [{ Id: '2001:db8:0:2::7' }] });
  world.refused('ValidationError', 'RegisterTargets', { TargetGroupArn: group, Targets: [{ Id: '10.0.1.7' }] });
  world.refused(
    'ValidationError',
    'RegisterTargets',
    { TargetGroupArn: group, Targets: [{ Id: '2001:db8:0:9::7' }] },
    /Availability Zone is required/,
  );
  const health = world.call('DescribeTargetHealth', { TargetGroupArn: group });
  assert.is(health.text('TargetHealthDescriptions.0.Target.AvailabilityZone'), 'us-east-1b');
});

t('the zone of an address in the VPC is found; a zone that is not enabled gets no traffic', () => {
  const world = createWorld(authorities);
  const group = world.targetGroup('ips', { TargetType: 'ip' });
  world.listener(world.loadBalancer(), group);
  world.call('RegisterTargets', {
    TargetGroupArn: group,
    Targets: [{ Id: '10.0.1.9' }, { Id: '10.0.4.9' }, { Id: '192.168.0.9', AvailabilityZone: 'all' }],
  });
  const health = world.call('DescribeTargetHealth', { TargetGroupArn: group }).list('TargetHealthDescriptions') as {
    readonly Target: { readonly AvailabilityZone: string };
    readonly TargetHealth: { readonly State: string };
  }[];
  assert.equal(
    health.map((one) => [one.Target.AvailabilityZone, one.TargetHealth.State]),
    [
      ['us-east-1a', 'initial'],
      ['us-east-1c', 'unused'],
      ['all', 'initial'],
    ],
  );
  assert.equal(
    world.elbv2.state.targetGroups()[0]?.targets.map((target) => target.availabilityZone),
    ['us-east-1a', 'us-east-1c', 'all'],
  );
  // An address of another VPC is outside of this one.
  assert.ok(world.network.subnets?.().some((subnet) => subnet.vpcId === OTHER_VPC && subnet.cidrBlock === '10.9.0.0/24'));
  world.refused(
    'ValidationError',
    'RegisterTargets',
    { TargetGroupArn: group, Targets: [{ Id: '10.9.0.5' }] },
    /Availability Zone is required/,
  );
  world.refused('ValidationError', 'RegisterTargets', { TargetGroupArn: group, Targets: [{ Id: '8.8.8.8', AvailabilityZone: 'all' }] });
});

t.run();
