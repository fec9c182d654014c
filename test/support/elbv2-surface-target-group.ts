/** Surface cases of target groups and targets. */
import * as assert from 'uvu/assert';
import type { Params } from './elbv2-bench.ts';
import { attributeCases, reads, type SurfaceCase, tagCases, type World } from './elbv2-surface.ts';
import { INSTANCES, VPC } from './sandbox-network.ts';

const BASE: Params = { Name: 'web', Protocol: 'HTTP', Port: 8080, VpcId: VPC };
const GRPC: Params = { ProtocolVersion: 'GRPC' };
const LAMBDA: Params = { Name: 'fn', TargetType: 'lambda' };
const FUNCTION = 'arn:aws:lambda:us-east-1:123456789012:function:hello';

interface Spec {
  /** Parameters of CreateTargetGroup beside the usual ones, for both halves. */
  readonly beside?: Params;
  readonly path?: string;
  readonly code?: string;
  /** Also set and refused by ModifyTargetGroup. */
  readonly mutable?: boolean;
}

/** A field of the target group itself. The field's name is the path it is read at unless said. */
function field(name: string, legal: Params, expected: unknown, illegal: Params, spec: Spec = {}): SurfaceCase {
  const { beside = {}, path = name, code = 'ValidationError', mutable = false } = spec;
  return {
    row: `targetGroup.${name}`,
    works(world) {
      world.call('CreateTargetGroup', { ...BASE, ...beside, ...legal });
      reads(world.call('DescribeTargetGroups'), `TargetGroups.0.${path}`, expected);
      if (!mutable) return;
      const TargetGroupArn = world.targetGroup('second', beside);
      world.call('ModifyTargetGroup', { TargetGroupArn, ...legal });
      reads(world.call('DescribeTargetGroups', { TargetGroupArns: [TargetGroupArn] }), `TargetGroups.0.${path}`, expected);
    },
    refused(world) {
      world.refused(code, 'CreateTargetGroup', { ...BASE, ...beside, ...illegal });
      if (mutable) world.refused(code, 'ModifyTargetGroup', { TargetGroupArn: world.targetGroup('second', beside), ...illegal });
    },
  };
}

const check = (name: string, legal: unknown, illegal: unknown, beside?: Params): SurfaceCase =>
  field(
    name,
    { [name]: legal as string },
    legal,
    { [name]: illegal as string },
    { mutable: true, ...(beside === undefined ? {} : { beside }) },
  );

/** A field of a target: `group` is made, `targets` registered and read, `illegal` ones refused. */
function target(name: string, group: Params, targets: Params, path: string, expected: string, illegal: Params, code: string): SurfaceCase {
  return {
    row: `targetGroup.Targets[].${name}`,
    works(world) {
      const TargetGroupArn = world.targetGroup('web', group);
      world.call('RegisterTargets', { TargetGroupArn, Targets: [targets] });
      reads(world.call('DescribeTargetHealth', { TargetGroupArn }), `TargetHealthDescriptions.0.${path}`, expected);
      world.call('DeregisterTargets', { TargetGroupArn, Targets: [targets] });
      assert.equal(world.call('DescribeTargetHealth', { TargetGroupArn }).list('TargetHealthDescriptions'), []);
    },
    refused: (world) => {
      world.refused(code, 'RegisterTargets', { TargetGroupArn: world.targetGroup('web', group), Targets: [illegal] });
    },
  };
}

const group = (world: World, key: string): string =>
  key.startsWith('lambda.')
    ? world.call('CreateTargetGroup', LAMBDA).text('TargetGroups.0.TargetGroupArn')
    : world.targetGroup('web', key.includes('.http2.') ? HTTP2 : {});
const HTTP2: Params = { ProtocolVersion: 'HTTP2' };
const STICKY_COOKIE = { 'stickiness.app_cookie.cookie_name': 'session' };

export const targetGroupCases: readonly SurfaceCase[] = [
  field('Name', { Name: 'my-web' }, 'my-web', { Name: '-web' }, { path: 'TargetGroupName' }),
  field('Protocol', { Protocol: 'HTTPS' }, 'HTTPS', { Protocol: 'SPDY' }),
  field('ProtocolVersion', { ProtocolVersion: 'HTTP2' }, 'HTTP2', { ProtocolVersion: 'HTTP3' }),
  field('Port', { Port: 65535 }, 65535, { Port: 65536 }),
  field('VpcId', {}, VPC, { VpcId: 'vpc-0cccccccccccccccc' }),
  field('TargetType', { TargetType: 'ip' }, 'ip', { TargetType: 'host' }),
  field('IpAddressType', { IpAddressType: 'ipv6' }, 'ipv6', { IpAddressType: 'dualstack' }, { beside: { TargetType: 'ip' } }),
  field('TargetControlPort', { TargetControlPort: 3000 }, 3000, { TargetControlPort: 0 }),
  check('HealthCheckProtocol', 'HTTPS', 'TCP'),
  check('HealthCheckPort', '9000', '0'),
  check('HealthCheckPath', '/health', 'health'),
  check('HealthCheckIntervalSeconds', 10, 301),
  check('HealthCheckTimeoutSeconds', 6, 30),
  check('HealthyThresholdCount', 10, 11),
  check('UnhealthyThresholdCount', 3, 1),
  field('Matcher.HttpCode', { Matcher: { HttpCode: '200,204-299' } }, '200,204-299', { Matcher: { HttpCode: '500' } }, { mutable: true }),
  field('Matcher.GrpcCode', { Matcher: { GrpcCode: '0-5' } }, '0-5', { Matcher: { GrpcCode: '100' } }, { beside: GRPC, mutable: true }),
  {
    row: 'targetGroup.HealthCheckEnabled',
    works(world) {
      world.call('CreateTargetGroup', { ...LAMBDA, HealthCheckEnabled: true });
      reads(world.call('DescribeTargetGroups'), 'TargetGroups.0.HealthCheckEnabled', true);
      world.call('ModifyTargetGroup', {
        TargetGroupArn: world.call('DescribeTargetGroups').text('TargetGroups.0.TargetGroupArn'),
        HealthCheckEnabled: false,
      });
      reads(world.call('DescribeTargetGroups'), 'TargetGroups.0.HealthCheckEnabled', false);
    },
    refused(world) {
      world.refused('InvalidConfigurationRequest', 'CreateTargetGroup', { ...BASE, HealthCheckEnabled: false });
      world.refused('InvalidConfigurationRequest', 'ModifyTargetGroup', { TargetGroupArn: world.targetGroup(), HealthCheckEnabled: false });
    },
  },
  ...tagCases('targetGroup', 'CreateTargetGroup', () => BASE, 'TargetGroups.0.TargetGroupArn'),
  target('Id', {}, { Id: INSTANCES.one }, 'Target.Id', INSTANCES.one, { Id: INSTANCES.stopped }, 'InvalidTarget'),
  target('Port', {}, { Id: INSTANCES.one, Port: 9000 }, 'Target.Port', '9000', { Id: INSTANCES.one, Port: 65536 }, 'ValidationError'),
  target(
    'AvailabilityZone',
    { TargetType: 'ip' },
    { Id: '192.168.1.1', AvailabilityZone: 'all' },
    'Target.AvailabilityZone',
    'all',
    { Id: '192.168.1.1', AvailabilityZone: 'us-east-1a' },
    'ValidationError',
  ),
  ...attributeCases('TargetGroup', group, [
    ['deregistration_delay.timeout_seconds', '0', '3601'],
    ['stickiness.enabled', 'true', 'on'],
    ['stickiness.type', 'app_cookie', 'source_ip', 'ValidationError', STICKY_COOKIE],
    ['stickiness.lb_cookie.duration_seconds', '604800', '0'],
    ['stickiness.app_cookie.cookie_name', 'session', 'AWSALB'],
    ['stickiness.app_cookie.duration_seconds', '1', '604801'],
    ['load_balancing.cross_zone.enabled', 'false', 'off'],
    ['target_group_health.dns_failover.minimum_healthy_targets.count', 'off', '0'],
    ['target_group_health.dns_failover.minimum_healthy_targets.percentage', '50', '101'],
    ['target_group_health.unhealthy_state_routing.minimum_healthy_targets.count', '2', 'off'],
    ['target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage', '50', '0'],
    ['load_balancing.algorithm.type', 'least_outstanding_requests', 'random'],
    ['load_balancing.algorithm.anomaly_mitigation', 'on', 'yes', 'ValidationError', { 'load_balancing.algorithm.type': 'weighted_random' }],
    ['slow_start.duration_seconds', '30', '29'],
    ['routing.http2.rst_stream_error_forwarding.enabled', 'true', 'on'],
    ['waf.http2.traffic_inspection_behavior', 'inspect_after_sufficient_data', 'never'],
    ['lambda.multi_value_headers.enabled', 'true', 'on'],
  ]),
];

/** A group of a Lambda function as AWS takes it: one target, no port, the zone `all`. */
export function checkLambdaGroup(world: World): void {
  const TargetGroupArn = world.call('CreateTargetGroup', LAMBDA).text('TargetGroups.0.TargetGroupArn');
  for (const [name, value] of Object.entries({ Protocol: 'HTTP', Port: 80, VpcId: VPC, ProtocolVersion: 'HTTP1', TargetControlPort: 1 }))
    world.refused('ValidationError', 'CreateTargetGroup', { ...LAMBDA, Name: 'other', [name]: value });
  world.refused('ValidationError', 'RegisterTargets', { TargetGroupArn, Targets: [{ Id: FUNCTION, Port: 80 }] });
  world.refused('ValidationError', 'RegisterTargets', { TargetGroupArn, Targets: [{ Id: FUNCTION, AvailabilityZone: 'us-east-1a' }] });
  world.refused('ValidationError', 'RegisterTargets', { TargetGroupArn, Targets: [{ Id: INSTANCES.one }] });
  world.call('RegisterTargets', { TargetGroupArn, Targets: [{ Id: FUNCTION, AvailabilityZone: 'all' }] });
  reads(world.call('DescribeTargetHealth', { TargetGroupArn }), 'TargetHealthDescriptions.0.Target', {
    Id: FUNCTION,
    AvailabilityZone: 'all',
  });
  world.refused('TooManyTargets', 'RegisterTargets', { TargetGroupArn, Targets: [{ Id: `${FUNCTION}2` }] });
}
