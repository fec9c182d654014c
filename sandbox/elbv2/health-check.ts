/**
 * Health check settings of a target group: defaults, ranges, and what goes with which kind of group. API reference,
 * CreateTargetGroup and ModifyTargetGroup.
 *
 * The default timeout is disputed: the API text says 6 seconds for HTTP and 10 for HTTPS, but callers who leave it out are
 * told that an interval of 5 is not above it while 6 is accepted (zalando-incubator/kube-ingress-aws-controller#392,
 * terraform-linters/tflint-ruleset-aws#404), and the guide says 5. The server takes 5.
 */
import { invalidConfiguration, validation } from './errors.ts';
import type { Input } from './input.ts';
import type { HealthCheck } from './store.ts';

export const HEALTH_CHECK_PARAMS = [
  'HealthCheckProtocol',
  'HealthCheckPort',
  'HealthCheckEnabled',
  'HealthCheckPath',
  'HealthCheckIntervalSeconds',
  'HealthCheckTimeoutSeconds',
  'HealthyThresholdCount',
  'UnhealthyThresholdCount',
  'Matcher',
] as const;

/** All protocols of the service model: those that cannot check an HTTP group are refused by name. */
export const PROTOCOLS = ['HTTP', 'HTTPS', 'TCP', 'TLS', 'UDP', 'TCP_UDP', 'GENEVE', 'QUIC', 'TCP_QUIC'] as const;

export interface GroupKind {
  readonly targetType: 'instance' | 'ip' | 'lambda';
  readonly grpc: boolean;
}

export function initialHealthCheck(kind: GroupKind): HealthCheck {
  if (kind.targetType === 'lambda')
    return {
      enabled: false,
      path: '/',
      intervalSeconds: 35,
      timeoutSeconds: 30,
      healthyThreshold: 5,
      unhealthyThreshold: 5,
      matcher: '200',
    };
  return {
    enabled: true,
    protocol: 'HTTP',
    port: 'traffic-port',
    path: kind.grpc ? '/AWS.ALB/healthcheck' : '/',
    intervalSeconds: 30,
    timeoutSeconds: 5,
    healthyThreshold: 5,
    unhealthyThreshold: 2,
    matcher: kind.grpc ? '12' : '200',
  };
}

/** `200`, `200,202`, `200-299` or a mix of them, each code within the range and each range rising. */
function isCodeList(text: string, min: number, max: number): boolean {
  return text.split(',').every((part) => {
    const found = /^([0-9]{1,3})(?:-([0-9]{1,3}))?$/.exec(part);
    if (found === null) return false;
    const from = Number(found[1]);
    const to = Number(found[2] ?? found[1]);
    return from >= min && to <= max && from <= to;
  });
}

function readMatcher(input: Input, kind: GroupKind): string | undefined {
  const matcher = input.nested('Matcher');
  if (matcher === undefined) return undefined;
  const http = matcher.text('HttpCode');
  const grpc = matcher.text('GrpcCode');
  if (http !== undefined && grpc !== undefined) throw validation('You cannot specify both an HTTP code and a gRPC code for a matcher');
  if (kind.grpc) {
    if (http !== undefined)
      throw validation("A matcher HTTP code cannot be specified for target groups with protocol version 'GRPC'; specify a gRPC code");
    if (grpc !== undefined && !isCodeList(grpc, 0, 99))
      throw validation(`Health check matcher gRPC code '${grpc}' must be within '0-99' inclusive`);
    return grpc;
  }
  if (grpc !== undefined) throw validation("A matcher gRPC code can be specified only for target groups with protocol version 'GRPC'");
  if (http !== undefined && !isCodeList(http, 200, 499))
    throw validation(`Health check matcher HTTP code '${http}' must be within '200-499' inclusive`);
  return http;
}

function readPath(input: Input, kind: GroupKind): string | undefined {
  const path = input.sized('HealthCheckPath', 1, 1024);
  if (path === undefined || path === '') return path;
  if (!path.startsWith('/')) throw validation(`Health check path '${path}' must begin with a '/' character`);
  if (!/^[\x21-\x7e]+$/.test(path)) throw validation(`Health check path '${path}' contains a character that is not valid`);
  if (kind.grpc && !/^\/[\w.]+\/\w+$/.test(path))
    throw validation(`Health check path '${path}' must have the format /package.service/method`);
  return path;
}

/** The settings in force after this call: `before` with what the call names. Nothing is changed when it throws. */
export function readHealthCheck(input: Input, before: HealthCheck, kind: GroupKind): HealthCheck {
  const lambda = kind.targetType === 'lambda';
  const protocol = input.choice('HealthCheckProtocol', PROTOCOLS);
  const intervalSeconds = input.integer('HealthCheckIntervalSeconds', 5, 300);
  const timeoutSeconds = input.integer('HealthCheckTimeoutSeconds', 2, 120);
  const healthyThreshold = input.integer('HealthyThresholdCount', 2, 10);
  const unhealthyThreshold = input.integer('UnhealthyThresholdCount', 2, 10);
  const enabled = input.flag('HealthCheckEnabled');
  const path = readPath(input, kind);
  input.settle();
  const port = input.text('HealthCheckPort');
  if (lambda) {
    if (protocol !== undefined) throw validation("Health check protocol cannot be specified for target groups with target type 'lambda'");
    if (port !== undefined) throw validation("Health check port cannot be specified for target groups with target type 'lambda'");
  }
  if (protocol !== undefined && protocol !== 'HTTP' && protocol !== 'HTTPS')
    throw validation(
      `Health check protocol '${protocol}' is not supported for target groups with protocol HTTP or HTTPS; it must be one of 'HTTP, HTTPS'`,
    );
  if (port !== undefined && port !== 'traffic-port' && !(/^[0-9]{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65535))
    throw validation(`Health check port '${port}' must be 'traffic-port' or a number between 1 and 65535`);
  if (enabled === false && !lambda)
    throw invalidConfiguration(`Health checks cannot be disabled for target groups with target type '${kind.targetType}'`);
  const matcher = readMatcher(input, kind);
  const after: HealthCheck = {
    ...before,
    enabled: enabled ?? before.enabled,
    path: path ?? before.path,
    intervalSeconds: intervalSeconds ?? before.intervalSeconds,
    timeoutSeconds: timeoutSeconds ?? before.timeoutSeconds,
    healthyThreshold: healthyThreshold ?? before.healthyThreshold,
    unhealthyThreshold: unhealthyThreshold ?? before.unhealthyThreshold,
    matcher: matcher ?? before.matcher,
  };
  if (protocol !== undefined) after.protocol = protocol;
  if (port !== undefined) after.port = port;
  // Words: hashicorp/terraform-provider-aws#48070.
  if (after.timeoutSeconds >= after.intervalSeconds) throw validation('Health check interval must be greater than the timeout.');
  return after;
}
