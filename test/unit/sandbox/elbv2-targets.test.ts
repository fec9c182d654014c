import * as assert from 'uvu/assert';
import { type Bench, createBench, type Params } from '../../support/elbv2-bench.ts';
import { INSTANCES, SUBNETS } from '../../support/sandbox-network.ts';
import { suite } from '../../support/suite.ts';

const t = suite('sandbox/elbv2 targets');

interface Stack {
  readonly bench: Bench;
  readonly TargetGroupArn: string;
  readonly ListenerArn: string;
  /** `id:port` -> `state reason`. */
  health(params?: Params): Record<string, string>;
  register(...targets: Params[]): void;
  deregister(...targets: Params[]): void;
}

function createStack(options: Parameters<typeof createBench>[0] = {}, group: Params = {}): Stack {
  const bench = createBench(options);
  const TargetGroupArn = bench.targetGroup('web', group);
  const ListenerArn = bench.listener(bench.loadBalancer(), TargetGroupArn);
  bench.clock.advance(3000);
  return {
    bench,
    TargetGroupArn,
    ListenerArn,
    health: (params = {}) =>
      Object.fromEntries(
        bench
          .call('DescribeTargetHealth', { TargetGroupArn, ...params })
          .list('TargetHealthDescriptions')
          .map((each) => {
            const one = each as { Target: { Id: string; Port?: string }; TargetHealth: { State: string; Reason?: string } };
            const key = one.Target.Port === undefined ? one.Target.Id : `${one.Target.Id}:${one.Target.Port}`;
            return [key, [one.TargetHealth.State, one.TargetHealth.Reason].filter(Boolean).join(' ')];
          }),
      ),
    register: (...Targets) => void bench.call('RegisterTargets', { TargetGroupArn, Targets }),
    deregister: (...Targets) => void bench.call('DeregisterTargets', { TargetGroupArn, Targets }),
  };
}

const ONE = `${INSTANCES.one}:8080`;

t('initial until a health check reports, then what it reported', () => {
  const { bench, TargetGroupArn, health, register } = createStack();
  register({ Id: INSTANCES.one });
  assert.equal(health(), { [ONE]: 'initial Elb.InitialHealthChecking' });
  bench.elbv2.state.reportHealth(TargetGroupArn, INSTANCES.one, 8080, { state: 'healthy' });
  assert.equal(health(), { [ONE]: 'healthy' });
  bench.elbv2.state.reportHealth(TargetGroupArn, INSTANCES.one, 8080, { state: 'unhealthy', reason: 'Target.Timeout' });
  const one = bench.call('DescribeTargetHealth', { TargetGroupArn });
  assert.equal(one.get('TargetHealthDescriptions.0.TargetHealth'), {
    State: 'unhealthy',
    Reason: 'Target.Timeout',
    Description: 'Request timed out',
  });
  assert.is(one.get('TargetHealthDescriptions.0.HealthCheckPort'), '8080');
  bench.elbv2.state.reportHealth(TargetGroupArn, INSTANCES.two, 8080, { state: 'healthy' });
  bench.elbv2.state.reportHealth('nothing', INSTANCES.one, 8080, { state: 'healthy' });
  assert.is(Object.keys(health()).length, 1);
});

t('registration is in progress while the load balancer is provisioning', () => {
  const bench = createBench();
  const TargetGroupArn = bench.targetGroup();
  bench.listener(bench.loadBalancer(), TargetGroupArn);
  bench.call('RegisterTargets', { TargetGroupArn, Targets: [{ Id: INSTANCES.one }] });
  const reason = () => bench.call('DescribeTargetHealth', { TargetGroupArn }).get('TargetHealthDescriptions.0.TargetHealth.Reason');
  assert.is(reason(), 'Elb.RegistrationInProgress');
  bench.clock.advance(3000);
  assert.is(reason(), 'Elb.InitialHealthChecking');
});

t('a group behind no listener is unused, and its health starts over when it comes into use', () => {
  const { bench, TargetGroupArn, ListenerArn, health, register } = createStack();
  register({ Id: INSTANCES.one });
  bench.elbv2.state.reportHealth(TargetGroupArn, INSTANCES.one, 8080, { state: 'healthy' });
  bench.call('ModifyListener', { ListenerArn, DefaultActions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '503' } }] });
  assert.equal(health(), { [ONE]: 'unused Target.NotInUse' });
  assert.equal(bench.elbv2.state.targetGroups()[0]?.loadBalancerArns, []);
  bench.rule(ListenerArn, TargetGroupArn, 7);
  assert.equal(health(), { [ONE]: 'initial Elb.InitialHealthChecking' });
});

t('an instance in a zone the load balancer is not in is unused', () => {
  const { bench, health, register } = createStack();
  register({ Id: INSTANCES.far });
  assert.equal(health(), { [`${INSTANCES.far}:8080`]: 'unused Target.NotInUse' });
  const LoadBalancerArn = bench.elbv2.state.loadBalancers()[0]?.arn;
  bench.call('SetSubnets', { LoadBalancerArn, Subnets: [SUBNETS.a, SUBNETS.b, SUBNETS.c] });
  assert.equal(health(), { [`${INSTANCES.far}:8080`]: 'initial Elb.InitialHealthChecking' });
});

t('a stopped instance is unused but stays; started again it is checked anew; terminated it leaves', () => {
  const { bench, TargetGroupArn, health, register } = createStack();
  register({ Id: INSTANCES.one });
  bench.elbv2.state.reportHealth(TargetGroupArn, INSTANCES.one, 8080, { state: 'healthy' });
  bench.network.setInstance(INSTANCES.one, 'stopping');
  assert.equal(health(), { [ONE]: 'healthy' }, 'checked until it has stopped');
  bench.elbv2.state.reportHealth(TargetGroupArn, INSTANCES.one, 8080, { state: 'unhealthy', reason: 'Target.FailedHealthChecks' });
  assert.equal(health(), { [ONE]: 'unhealthy Target.FailedHealthChecks' });
  for (const state of ['stopped', 'pending'] as const) {
    bench.network.setInstance(INSTANCES.one, state);
    assert.equal(health(), { [ONE]: 'unused Target.InvalidState' }, state);
    bench.elbv2.state.reportHealth(TargetGroupArn, INSTANCES.one, 8080, { state: 'healthy' });
  }
  bench.network.setInstance(INSTANCES.one, 'running');
  assert.equal(health(), { [ONE]: 'initial Elb.InitialHealthChecking' });
  bench.network.setInstance(INSTANCES.one, 'shutting-down');
  assert.equal(health(), { [ONE]: 'unused Target.InvalidState' });
  let told = 0;
  bench.elbv2.state.onChange(() => told++);
  bench.network.setInstance(INSTANCES.one, 'terminated');
  assert.is(told, 1);
  assert.equal(health(), {});
  assert.equal(bench.elbv2.state.targetGroups()[0]?.targets, []);
});

t('a stop and start that nobody looked at still starts the checks over', () => {
  const { bench, TargetGroupArn, health, register } = createStack();
  register({ Id: INSTANCES.one });
  bench.elbv2.state.reportHealth(TargetGroupArn, INSTANCES.one, 8080, { state: 'healthy' });
  bench.network.setInstance(INSTANCES.one, 'stopped');
  bench.network.setInstance(INSTANCES.one, 'running');
  assert.equal(health(), { [ONE]: 'initial Elb.InitialHealthChecking' });
});

t('targets are told apart by id and port', () => {
  const { health, register, deregister } = createStack();
  register({ Id: INSTANCES.one }, { Id: INSTANCES.one, Port: 9090 }, { Id: INSTANCES.one, Port: 8080 });
  assert.equal(Object.keys(health()), [ONE, `${INSTANCES.one}:9090`]);
  deregister({ Id: INSTANCES.one });
  assert.equal(health(), {
    [ONE]: 'draining Target.DeregistrationInProgress',
    [`${INSTANCES.one}:9090`]: 'initial Elb.InitialHealthChecking',
  });
});

t('draining lasts the delay of the group, then the target is gone and everybody is told', () => {
  const { bench, TargetGroupArn, health, register, deregister } = createStack();
  register({ Id: INSTANCES.one });
  bench.call('ModifyTargetGroupAttributes', { TargetGroupArn, Attributes: [{ Key: 'deregistration_delay.timeout_seconds', Value: '10' }] });
  deregister({ Id: INSTANCES.one });
  assert.is(bench.elbv2.state.targetGroups()[0]?.targets[0]?.drainingUntil, bench.clock.now() + 10_000);
  bench.clock.advance(9999);
  assert.equal(health(), { [ONE]: 'draining Target.DeregistrationInProgress' });
  deregister({ Id: INSTANCES.one });
  bench.elbv2.state.reportHealth(TargetGroupArn, INSTANCES.one, 8080, { state: 'healthy' });
  assert.equal(health(), { [ONE]: 'draining Target.DeregistrationInProgress' });
  let told = 0;
  bench.elbv2.state.onChange(() => told++);
  bench.clock.advance(1);
  assert.ok(told > 0);
  assert.equal(health(), {});
  assert.equal(health({ Targets: [{ Id: INSTANCES.one }] }), { [ONE]: 'unused Target.NotRegistered' });
});

t('registering a draining target again cancels the drain and starts its health over', () => {
  const { bench, TargetGroupArn, health, register, deregister } = createStack();
  register({ Id: INSTANCES.one });
  bench.elbv2.state.reportHealth(TargetGroupArn, INSTANCES.one, 8080, { state: 'healthy' });
  const before = bench.elbv2.state.targetGroups()[0]?.targets[0]?.registeredAt ?? 0;
  register({ Id: INSTANCES.one });
  assert.equal(health(), { [ONE]: 'healthy' });
  deregister({ Id: INSTANCES.one });
  bench.clock.advance(1000);
  register({ Id: INSTANCES.one });
  assert.equal(health(), { [ONE]: 'initial Elb.InitialHealthChecking' });
  assert.is(bench.elbv2.state.targetGroups()[0]?.targets[0]?.registeredAt, before + 1000);
  bench.clock.advance(1_000_000);
  assert.is(Object.keys(health()).length, 1);
});

t('with no delay, or in a group not in use, a target is gone at once', () => {
  const { bench, TargetGroupArn, health, register, deregister } = createStack();
  bench.call('ModifyTargetGroupAttributes', { TargetGroupArn, Attributes: [{ Key: 'deregistration_delay.timeout_seconds', Value: '0' }] });
  register({ Id: INSTANCES.one });
  deregister({ Id: INSTANCES.one });
  assert.equal(health(), {});
  const idle = bench.targetGroup('idle');
  bench.call('RegisterTargets', { TargetGroupArn: idle, Targets: [{ Id: INSTANCES.one }] });
  bench.call('DeregisterTargets', { TargetGroupArn: idle, Targets: [{ Id: INSTANCES.one }] });
  assert.equal(bench.call('DescribeTargetHealth', { TargetGroupArn: idle }).list('TargetHealthDescriptions'), []);
});

t('deregistering what is not there succeeds', () => {
  const { deregister, health } = createStack();
  deregister({ Id: INSTANCES.two }, { Id: 'i-0123456789abcdef0', Port: 1 });
  assert.equal(health(), {});
});

const refusals: [code: string, targets: Params[], words?: string | RegExp][] = [
  ['ValidationError', [], 'A target must be specified'],
  ['ValidationError', [{ Port: 80 }], 'A target ID must be specified'],
  ['ValidationError', [{ Id: '10.0.1.10' }], "Instance ID '10.0.1.10' is not valid"],
  ['ValidationError', [{ Id: INSTANCES.one, Port: 0 }], /at 'targets.1.member.port'/],
  ['ValidationError', [{ Id: INSTANCES.one, Port: 65536 }], /less than or equal to 65535/],
  ['ValidationError', [{ Id: INSTANCES.one, AvailabilityZone: 'us-east-1a' }], /Availability Zone/],
  ['ValidationError', [{ Id: INSTANCES.one, QuicServerId: '0x0' }], /QUIC/],
  ['InvalidTarget', [{ Id: INSTANCES.one }, { Id: 'i-0123456789abcdef0' }], /i-0123456789abcdef0/],
  ['InvalidTarget', [{ Id: INSTANCES.other }], /not in the target group VPC/],
  [
    'InvalidTarget',
    [{ Id: INSTANCES.stopped }],
    `The following targets are not in a running state and cannot be registered: '${INSTANCES.stopped}'`,
  ],
];
for (const [code, Targets, words] of refusals)
  t(`RegisterTargets refuses ${JSON.stringify(Targets)}`, () => {
    const { bench, TargetGroupArn, health } = createStack();
    bench.refused(code, 'RegisterTargets', { TargetGroupArn, Targets }, words);
    assert.equal(health(), {});
  });

t('ip targets: addresses of the VPC, private ones elsewhere with the zone "all", never public ones', () => {
  const { bench, TargetGroupArn, health, register } = createStack({}, { TargetType: 'ip' });
  register({ Id: '10.0.1.77' }, { Id: '10.200.0.1', Port: 81, AvailabilityZone: 'all' });
  assert.equal(Object.keys(health()), ['10.0.1.77:8080', '10.200.0.1:81']);
  const refused = (Target: Params, words: RegExp) =>
    bench.refused('ValidationError', 'RegisterTargets', { TargetGroupArn, Targets: [Target] }, words);
  refused({ Id: '10.200.0.2' }, /Availability Zone is required for IP address '10.200.0.2' because it is not in the VPC/);
  refused({ Id: '10.200.0.2', AvailabilityZone: 'us-east-1a' }, /must be 'all'/);
  refused({ Id: '8.8.8.8', AvailabilityZone: 'all' }, /8\.8\.8\.8/);
  refused({ Id: '10.1' }, /not valid/);
  refused({ Id: 'fd00::1' }, /not valid for a target group with the IP address type 'ipv4'/);
  refused({ Id: INSTANCES.one }, /not valid/);
});

t('a lambda group takes one function, without a port; nothing checks it unless told to', () => {
  const { bench, TargetGroupArn, health, register } = createStack(
    {},
    { TargetType: 'lambda', Protocol: undefined, Port: undefined, VpcId: undefined },
  );
  const fn = 'arn:aws:lambda:us-east-1:123456789012:function:hello';
  register({ Id: fn });
  assert.equal(health(), { [fn]: 'unavailable Target.HealthCheckDisabled' });
  bench.refused('ValidationError', 'RegisterTargets', { TargetGroupArn, Targets: [{ Id: fn, Port: 80 }] });
  bench.refused('ValidationError', 'RegisterTargets', { TargetGroupArn, Targets: [{ Id: INSTANCES.one }] });
  bench.refused('ValidationError', 'RegisterTargets', { TargetGroupArn, Targets: [{ Id: fn, AvailabilityZone: 'us-east-1a' }] });
  bench.refused('TooManyTargets', 'RegisterTargets', { TargetGroupArn, Targets: [{ Id: `${fn}2` }] });
});

t('quotas: targets per group, per load balancer, registrations of one target; a refused call leaves no trace', () => {
  const perGroup = createStack({ quotas: { targetsPerTargetGroup: 1 } });
  perGroup.bench.refused('TooManyTargets', 'RegisterTargets', {
    TargetGroupArn: perGroup.TargetGroupArn,
    Targets: [{ Id: INSTANCES.one }, { Id: INSTANCES.two }],
  });
  assert.equal(perGroup.health(), {});

  const perBalancer = createStack({ quotas: { targetsPerLoadBalancer: 2 } });
  perBalancer.register({ Id: INSTANCES.one });
  perBalancer.bench.refused('TooManyTargets', 'RegisterTargets', {
    TargetGroupArn: perBalancer.TargetGroupArn,
    Targets: [{ Id: INSTANCES.two }, { Id: INSTANCES.two, Port: 81 }],
  });
  assert.equal(Object.keys(perBalancer.health()), [ONE]);
  const idle = perBalancer.bench.targetGroup('idle');
  perBalancer.bench.call('RegisterTargets', { TargetGroupArn: idle, Targets: [{ Id: INSTANCES.one }, { Id: INSTANCES.two }] });
  perBalancer.bench.refused('TooManyTargets', 'CreateRule', {
    ListenerArn: perBalancer.ListenerArn,
    Priority: 1,
    Conditions: [{ Field: 'path-pattern', Values: ['/x'] }],
    Actions: [{ Type: 'forward', TargetGroupArn: idle }],
  });

  const perId = createStack({ quotas: { registrationsPerTargetId: 1 } });
  perId.register({ Id: INSTANCES.one });
  perId.bench.refused('TooManyRegistrationsForTargetId', 'RegisterTargets', {
    TargetGroupArn: perId.TargetGroupArn,
    Targets: [{ Id: INSTANCES.one, Port: 81 }],
  });
});

t('DescribeTargetHealth: chosen targets, anomaly detection on request, unknown groups', () => {
  const { bench, TargetGroupArn, health, register } = createStack();
  register({ Id: INSTANCES.one }, { Id: INSTANCES.two });
  assert.equal(Object.keys(health({ Targets: [{ Id: INSTANCES.two }] })), [`${INSTANCES.two}:8080`]);
  const one = bench.call('DescribeTargetHealth', { TargetGroupArn, Include: ['AnomalyDetection'] });
  assert.equal(one.get('TargetHealthDescriptions.0.AnomalyDetection'), { Result: 'normal', MitigationInEffect: 'no' });
  assert.is(bench.call('DescribeTargetHealth', { TargetGroupArn }).get('TargetHealthDescriptions.0.AnomalyDetection'), undefined);
  bench.refused('ValidationError', 'DescribeTargetHealth', { TargetGroupArn, Include: ['Everything'] });
  bench.refused('ValidationError', 'DescribeTargetHealth', { TargetGroupArn, Targets: [{ Id: 'x' }] });
  bench.refused('TargetGroupNotFound', 'DescribeTargetHealth', { TargetGroupArn: `${TargetGroupArn.slice(0, -16)}${'0'.repeat(16)}` });
});

t.run();
