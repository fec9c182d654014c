import * as assert from 'uvu/assert';
import { createBench, type Params } from '../../support/elbv2-bench.ts';
import { OTHER_VPC, VPC } from '../../support/sandbox-network.ts';
import { suite } from '../../support/suite.ts';

const t = suite('sandbox/elbv2 target groups');
const plain: Params = { Name: 'web', Protocol: 'HTTP', Port: 8080, VpcId: VPC };
const lambda: Params = { Name: 'fn', TargetType: 'lambda' };

t('defaults are filled in', () => {
  const group = createBench().call('CreateTargetGroup', plain).get('TargetGroups.0') as Record<string, unknown>;
  const { TargetGroupArn, ...rest } = group;
  assert.match(String(TargetGroupArn), /^arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup\/web\/[0-9a-f]{16}$/);
  assert.equal(rest, {
    TargetGroupName: 'web',
    Protocol: 'HTTP',
    Port: '8080',
    VpcId: VPC,
    HealthCheckProtocol: 'HTTP',
    HealthCheckPort: 'traffic-port',
    HealthCheckEnabled: 'true',
    HealthCheckIntervalSeconds: '30',
    HealthCheckTimeoutSeconds: '5',
    HealthyThresholdCount: '5',
    UnhealthyThresholdCount: '2',
    HealthCheckPath: '/',
    Matcher: { HttpCode: '200' },
    TargetType: 'instance',
    ProtocolVersion: 'HTTP1',
    IpAddressType: 'ipv4',
  });
});

t('a gRPC group and a lambda group have other defaults', () => {
  const bench = createBench();
  const grpc = bench.call('CreateTargetGroup', { ...plain, ProtocolVersion: 'GRPC' });
  assert.equal(grpc.get('TargetGroups.0.Matcher'), { GrpcCode: '12' });
  assert.is(grpc.get('TargetGroups.0.HealthCheckPath'), '/AWS.ALB/healthcheck');
  const fn = bench.call('CreateTargetGroup', lambda);
  assert.is(fn.get('TargetGroups.0.HealthCheckEnabled'), 'false');
  assert.is(fn.get('TargetGroups.0.HealthCheckIntervalSeconds'), '35');
  assert.is(fn.get('TargetGroups.0.HealthCheckTimeoutSeconds'), '30');
  assert.is(fn.get('TargetGroups.0.UnhealthyThresholdCount'), '5');
  assert.is(fn.get('TargetGroups.0.Port'), undefined);
  assert.is(fn.get('TargetGroups.0.ProtocolVersion'), undefined);
});

const GRPC = { ProtocolVersion: 'GRPC' };
/** Parameter, legal values, illegal values with their code; each as further parameters of CreateTargetGroup. */
const creates: [what: string, legal: readonly Params[], illegal: readonly Params[], code?: string][] = [
  [
    'Name',
    [{ Name: 'x'.repeat(32) }, { Name: 'a-B-1' }],
    [{ Name: undefined }, { Name: 'x'.repeat(33) }, { Name: 'a_b' }, { Name: '-a' }, { Name: 'a-' }],
  ],
  ['Protocol', [{ Protocol: 'HTTPS' }], [{ Protocol: undefined }, { Protocol: 'SPDY' }]],
  ['Protocol of another product', [], [{ Protocol: 'TCP' }, { Protocol: 'GENEVE' }, { TargetType: 'alb' }], 'UnsupportedInSandbox'],
  ['ProtocolVersion', [{ ProtocolVersion: 'HTTP1' }, { ProtocolVersion: 'HTTP2' }, GRPC], [{ ProtocolVersion: 'HTTP9' }]],
  ['Port', [{ Port: 1 }, { Port: 65535 }], [{ Port: undefined }, { Port: 0 }, { Port: 65536 }, { Port: 'http' }]],
  ['VpcId', [{ VpcId: OTHER_VPC }], [{ VpcId: undefined }, { VpcId: 'vpc-0123456789abcdef0' }]],
  ['TargetType', [{ TargetType: 'instance' }, { TargetType: 'ip' }], [{ TargetType: 'pod' }]],
  ['IpAddressType', [{ IpAddressType: 'ipv4' }, { IpAddressType: 'ipv6', TargetType: 'ip' }], [{ IpAddressType: 'dualstack' }]],
  ['TargetControlPort', [{ TargetControlPort: 3000 }], [{ TargetControlPort: 0 }, { TargetControlPort: 65536 }]],
  [
    'a lambda group with what it cannot have',
    [],
    [{ ...lambda }, { ...lambda, Protocol: undefined, Port: undefined }, { ...lambda, Protocol: undefined, VpcId: undefined }],
  ],
  ['Tags', [{ Tags: [{ Key: 'a', Value: '' }] }], [{ Tags: [{ Key: 'aws:x', Value: '' }] }]],
];
/** The same for the health check: legal and illegal on create and on modify alike. */
const checks: [what: string, legal: readonly Params[], illegal: readonly Params[], base?: Params, code?: string][] = [
  [
    'HealthCheckProtocol',
    [{ HealthCheckProtocol: 'HTTP' }, { HealthCheckProtocol: 'HTTPS' }],
    [{ HealthCheckProtocol: 'TCP' }, { HealthCheckProtocol: 'ftp' }],
  ],
  [
    'HealthCheckPort',
    [{ HealthCheckPort: 'traffic-port' }, { HealthCheckPort: '1' }, { HealthCheckPort: '65535' }],
    [{ HealthCheckPort: '0' }, { HealthCheckPort: '65536' }, { HealthCheckPort: 'http' }],
  ],
  [
    'HealthCheckPath',
    [{ HealthCheckPath: '/status?x=1' }, { HealthCheckPath: `/${'x'.repeat(1023)}` }],
    [{ HealthCheckPath: 'nope' }, { HealthCheckPath: '/a b' }, { HealthCheckPath: `/${'x'.repeat(1024)}` }],
  ],
  [
    'HealthCheckPath of a gRPC group',
    [{ HealthCheckPath: '/my.Service/Check' }],
    [{ HealthCheckPath: '/' }, { HealthCheckPath: '/a/b/c' }],
    GRPC,
  ],
  ['HealthCheckEnabled', [{ HealthCheckEnabled: true }], [{ HealthCheckEnabled: 'maybe' }]],
  ['HealthCheckEnabled of servers', [], [{ HealthCheckEnabled: false }], {}, 'InvalidConfigurationRequest'],
  [
    'HealthCheckIntervalSeconds',
    [{ HealthCheckIntervalSeconds: 6 }, { HealthCheckIntervalSeconds: 300 }],
    [{ HealthCheckIntervalSeconds: 4 }, { HealthCheckIntervalSeconds: 301 }, { HealthCheckIntervalSeconds: '10s' }],
  ],
  [
    'HealthCheckTimeoutSeconds',
    [{ HealthCheckTimeoutSeconds: 2 }, { HealthCheckTimeoutSeconds: 120, HealthCheckIntervalSeconds: 121 }],
    [{ HealthCheckTimeoutSeconds: 1 }, { HealthCheckTimeoutSeconds: 121, HealthCheckIntervalSeconds: 300 }],
  ],
  [
    'interval above timeout',
    [{ HealthCheckIntervalSeconds: 10, HealthCheckTimeoutSeconds: 9 }],
    [
      { HealthCheckIntervalSeconds: 10, HealthCheckTimeoutSeconds: 10 },
      { HealthCheckIntervalSeconds: 5 },
      { HealthCheckTimeoutSeconds: 30 },
    ],
  ],
  [
    'HealthyThresholdCount',
    [{ HealthyThresholdCount: 2 }, { HealthyThresholdCount: 10 }],
    [{ HealthyThresholdCount: 1 }, { HealthyThresholdCount: 11 }],
  ],
  [
    'UnhealthyThresholdCount',
    [{ UnhealthyThresholdCount: 2 }, { UnhealthyThresholdCount: 10 }],
    [{ UnhealthyThresholdCount: 1 }, { UnhealthyThresholdCount: 99 }],
  ],
  [
    'Matcher.HttpCode',
    [{ Matcher: { HttpCode: '200,202' } }, { Matcher: { HttpCode: '200-499' } }, { Matcher: { HttpCode: '204' } }],
    [
      { Matcher: { HttpCode: '600' } },
      { Matcher: { HttpCode: '199' } },
      { Matcher: { HttpCode: '500' } },
      { Matcher: { HttpCode: '299-200' } },
      { Matcher: { HttpCode: '200,' } },
      { Matcher: { GrpcCode: '0' } },
      { Matcher: { HttpCode: '200', GrpcCode: '0' } },
    ],
  ],
  [
    'Matcher.GrpcCode',
    [{ Matcher: { GrpcCode: '0' } }, { Matcher: { GrpcCode: '0-99' } }, { Matcher: { GrpcCode: '0,12' } }],
    [{ Matcher: { GrpcCode: '100' } }, { Matcher: { GrpcCode: 'OK' } }, { Matcher: { HttpCode: '200' } }],
    GRPC,
  ],
];

for (const [what, legal, illegal, code = 'ValidationError'] of creates)
  t(`CreateTargetGroup: ${what}`, () => {
    for (const change of illegal) {
      const bench = createBench();
      bench.refused(code, 'CreateTargetGroup', { ...plain, ...change });
      assert.equal(bench.call('DescribeTargetGroups').list('TargetGroups'), []);
    }
    for (const change of legal) {
      const answer = createBench().call('CreateTargetGroup', { ...plain, ...change });
      for (const [name, value] of Object.entries(change))
        if (name !== 'Tags' && name !== 'Name') assert.is(answer.get(`TargetGroups.0.${name}`), String(value));
    }
  });
for (const [what, legal, illegal, base = {}, code = 'ValidationError'] of checks)
  t(`health check on create and modify: ${what}`, () => {
    for (const change of illegal) {
      const bench = createBench();
      bench.refused(code, 'CreateTargetGroup', { ...plain, ...base, ...change });
      const TargetGroupArn = bench.targetGroup('web', base);
      const before = bench.call('DescribeTargetGroups').all;
      bench.refused(code, 'ModifyTargetGroup', { TargetGroupArn, ...change });
      assert.equal(bench.call('DescribeTargetGroups').all, before);
    }
    for (const change of legal) {
      const bench = createBench();
      const made = bench.call('CreateTargetGroup', { ...plain, ...base, ...change });
      const TargetGroupArn = bench.targetGroup('other', base);
      const changed = bench.call('ModifyTargetGroup', { TargetGroupArn, ...change });
      for (const answer of [made, changed])
        for (const [name, value] of Object.entries(change))
          assert.equal(answer.get(`TargetGroups.0.${name}`), typeof value === 'object' ? value : String(value));
    }
  });

t('several broken constraints are told at once', () => {
  createBench().refused(
    'ValidationError',
    'CreateTargetGroup',
    { ...plain, Port: 0, HealthyThresholdCount: 1, HealthCheckIntervalSeconds: 1 },
    /^1 validation error detected: Value '0' at 'port' failed to satisfy constraint: Member must have value greater than or equal to 1$/,
  );
  createBench().refused(
    'ValidationError',
    'CreateTargetGroup',
    { ...plain, HealthyThresholdCount: 1, HealthCheckIntervalSeconds: 301 },
    /^2 validation errors detected: Value '301' at 'healthCheckIntervalSeconds' .* 300; Value '1' at 'healthyThresholdCount'/,
  );
});

t('the words for an interval that is not above the timeout', () => {
  createBench().refused(
    'ValidationError',
    'CreateTargetGroup',
    { ...plain, HealthCheckIntervalSeconds: 5 },
    'Health check interval must be greater than the timeout.',
  );
});

t('the same settings again give the same group, other settings DuplicateTargetGroupName', () => {
  const bench = createBench();
  const arn = bench.targetGroup();
  assert.is(bench.targetGroup(), arn);
  assert.is(bench.targetGroup('web', { HealthCheckPath: '/', Tags: [{ Key: 'a', Value: 'b' }] }), arn);
  for (const change of [{ Port: 80 }, { HealthCheckPath: '/x' }, { TargetType: 'ip' }, { Protocol: 'HTTPS' }])
    bench.refused(
      'DuplicateTargetGroupName',
      'CreateTargetGroup',
      { ...plain, ...change },
      "A target group with the same name 'web' exists, but with different settings",
    );
});

t('a lambda group may have its health check turned on', () => {
  const bench = createBench();
  const TargetGroupArn = bench.call('CreateTargetGroup', lambda).text('TargetGroups.0.TargetGroupArn');
  assert.is(bench.call('ModifyTargetGroup', { TargetGroupArn, HealthCheckEnabled: true }).get('TargetGroups.0.HealthCheckEnabled'), 'true');
  bench.refused('ValidationError', 'ModifyTargetGroup', { TargetGroupArn, HealthCheckPort: '80' });
  bench.refused('ValidationError', 'ModifyTargetGroup', { TargetGroupArn, HealthCheckProtocol: 'HTTP' });
});

t('describe by ARN, name and load balancer; the three exclude each other', () => {
  const bench = createBench();
  const LoadBalancerArn = bench.loadBalancer();
  const [a, b] = [bench.targetGroup('a'), bench.targetGroup('b')];
  bench.listener(LoadBalancerArn, b);
  bench.listener(LoadBalancerArn, b, { Port: 81 });
  assert.is(bench.call('DescribeTargetGroups').list('TargetGroups').length, 2);
  assert.is(bench.call('DescribeTargetGroups', { TargetGroupArns: [a] }).get('TargetGroups.0.TargetGroupName'), 'a');
  assert.is(bench.call('DescribeTargetGroups', { Names: ['b'] }).get('TargetGroups.0.TargetGroupArn'), b);
  const used = bench.call('DescribeTargetGroups', { LoadBalancerArn });
  assert.is(used.list('TargetGroups').length, 1);
  assert.equal(used.get('TargetGroups.0.LoadBalancerArns'), [LoadBalancerArn]);
  assert.equal(bench.call('DescribeTargetGroups', { LoadBalancerArn: bench.loadBalancer('idle') }).list('TargetGroups'), []);
  bench.refused('ValidationError', 'DescribeTargetGroups', { Names: ['a'], LoadBalancerArn }, /cannot be specified at the same time/);
  bench.refused('TargetGroupNotFound', 'DescribeTargetGroups', { Names: ['a', 'zz'] }, 'One or more target groups not found');
  bench.call('DeleteLoadBalancer', { LoadBalancerArn });
  bench.refused('LoadBalancerNotFound', 'DescribeTargetGroups', { LoadBalancerArn });
});

t('delete: in use is refused, a missing one counts as deleted', () => {
  const bench = createBench();
  const TargetGroupArn = bench.targetGroup();
  const ListenerArn = bench.listener(bench.loadBalancer(), bench.targetGroup('default'));
  const RuleArn = bench.rule(ListenerArn, TargetGroupArn, 1);
  bench.refused(
    'ResourceInUse',
    'DeleteTargetGroup',
    { TargetGroupArn },
    `Target group '${TargetGroupArn}' is currently in use by a listener or a rule`,
  );
  bench.call('DeleteRule', { RuleArn });
  bench.call('DeleteTargetGroup', { TargetGroupArn });
  bench.call('DeleteTargetGroup', { TargetGroupArn });
  bench.refused('TargetGroupNotFound', 'ModifyTargetGroup', { TargetGroupArn, HealthCheckPath: '/' });
  bench.refused('ValidationError', 'DeleteTargetGroup', { TargetGroupArn: 'web' }, "'web' is not a valid target group ARN");
});

t('quota of target groups', () => {
  const bench = createBench({ quotas: { targetGroups: 1 } });
  bench.targetGroup('a');
  bench.refused('TooManyTargetGroups', 'CreateTargetGroup', plain);
});

t.run();
