import { flag, integer, oneOf, physicalName, reference, seconds, text } from '../codec.ts';
import { DERIVED, REQUIRED, attribute, create, modify, type Kind } from '../field.ts';
import { targets } from '../nested/targets.ts';

const moved = { risk: { risk: 'shift', reason: 'clients that a cookie held to one target are spread anew' } } as const;
const cookie = (kind: string) => ({ when: { 'stickiness.type': [kind] } });

/** Rows of the ELBv2 API reference: CreateTargetGroup, ModifyTargetGroup, TargetGroupAttribute. */
export const targetGroup: Kind = {
  name: 'targetGroup',
  label: 'target group',
  service: 'elbv2',
  fields: {
    vpc: create('VpcId', reference('vpc', 'id'), DERIVED, 'The VPC of the stack.', { internal: true }),
    name: create('Name', physicalName(), DERIVED, 'The name in AWS. Default: made from the stack and this name, changing when the group is replaced.', { read: 'TargetGroupName' }),
    targetType: create('TargetType', oneOf('instance'), 'instance', 'What the targets are: instance means registered by instance id.'),
    protocol: create('Protocol', oneOf('HTTP', 'HTTPS'), 'HTTP', 'The protocol spoken to the targets.'),
    port: create('Port', integer(1, 65535, 'port'), REQUIRED, 'The port on which targets listen, unless a target says another.'),
    protocolVersion: create('ProtocolVersion', oneOf('HTTP1', 'HTTP2', 'GRPC'), 'HTTP1', 'The version of HTTP spoken to the targets.'),
    ipAddressType: create('IpAddressType', oneOf('ipv4', 'ipv6'), 'ipv4', 'The kind of address of the targets.'),
    healthCheck: {
      protocol: modify('HealthCheckProtocol', oneOf('HTTP', 'HTTPS'), 'HTTP', 'The protocol of the health check.'),
      port: modify('HealthCheckPort', port(), 'traffic-port', 'The port that is checked: traffic-port is the one each target serves on.'),
      path: modify('HealthCheckPath', text({ pattern: '^/', patternMessage: 'a path that starts with /', maxLength: 1024, example: '/status' }), '/', 'The path that is asked for.'),
      interval: modify('HealthCheckIntervalSeconds', seconds(5, 300), 30, 'Time between two checks of a target.', { together: 'timing' }),
      timeout: modify('HealthCheckTimeoutSeconds', seconds(2, 120), 5, 'Time without an answer after which a check has failed. Below the interval.', { together: 'timing' }),
      healthyThreshold: modify('HealthyThresholdCount', integer(2, 10), 5, 'Checks in a row that bring an unhealthy target back.'),
      unhealthyThreshold: modify('UnhealthyThresholdCount', integer(2, 10), 2, 'Failed checks in a row that take a target out.'),
      matcher: modify('Matcher.HttpCode', matcher(), '200', 'The answers that count as healthy: a code, a list or a range.', { when: { protocolVersion: ['HTTP1', 'HTTP2'] } }),
      grpcMatcher: modify('Matcher.GrpcCode', grpcMatcher(), '12', 'The gRPC status codes that count as healthy: a code, a list or a range.', { when: { protocolVersion: ['GRPC'] } }),
    },
    stickiness: {
      enabled: attribute('stickiness.enabled', flag(), false, 'Keep each client on one target. On as soon as anything else of stickiness is said.', { ...moved, groupDefault: true, together: 'algorithm' }),
      type: attribute('stickiness.type', oneOf('lb_cookie', 'app_cookie'), 'lb_cookie', 'Whose cookie decides: the load balancer\'s or the application\'s.', { ...moved, together: 'algorithm' }),
      duration: attribute('stickiness.lb_cookie.duration_seconds', seconds(1, 604800), 86400, 'How long the cookie holds a client: 1 second to 7 days.', { ...moved, together: 'algorithm' }),
      cookieName: attribute('stickiness.app_cookie.cookie_name', text({ minLength: 1, maxLength: 256, pattern: '^(?!AWSALB)[!#$%&\'*+.^_`|~0-9A-Za-z-]+$',  patternMessage: 'a cookie name that does not begin with AWSALB' }), REQUIRED, 'The application cookie to follow.', { ...moved, ...cookie('app_cookie'), together: 'algorithm' }),
      appCookieDuration: attribute('stickiness.app_cookie.duration_seconds', seconds(1, 604800), 86400, 'How long an application cookie holds a client.', { ...moved, ...cookie('app_cookie'), together: 'algorithm' }),
    },
    deregistrationDelay: attribute('deregistration_delay.timeout_seconds', seconds(0, 3600), 300, 'How long a target that is taken out may finish its requests.'),
    slowStart: attribute('slow_start.duration_seconds', seconds(0, 900), 0, 'How long a new target is given a growing share. 0, or 30 to 900 seconds.', { together: 'algorithm' }),
    algorithm: attribute('load_balancing.algorithm.type', oneOf('round_robin', 'least_outstanding_requests', 'weighted_random'), 'round_robin', 'How a target is chosen for a request.', { together: 'algorithm' }),
    targets: {
      wire: { how: 'member', member: { add: 'elbv2:RegisterTargets', remove: 'elbv2:DeregisterTargets', batch: 'Targets', read: 'TargetHealthDescriptions[]', letsGo: true, removeAfterReady: true } },
      codec: targets(), default: [], doc: 'The instances that serve: names of the stack, or { instance, port }.',
      risk: { risk: 'shift', reason: 'a target that leaves finishes its requests within the deregistration delay' },
    },
  },
  read: {
    by: 'listed', op: 'elbv2:DescribeTargetGroups', list: 'TargetGroups',
    details: [
      { op: 'elbv2:DescribeTargetGroupAttributes', param: 'TargetGroupArn', from: 'TargetGroupArn', keep: 'Attributes' },
      { op: 'elbv2:DescribeTargetHealth', param: 'TargetGroupArn', from: 'TargetGroupArn', keep: 'TargetHealthDescriptions' },
    ],
  },
  outputs: { id: 'TargetGroupArn', arn: 'TargetGroupArn', name: 'TargetGroupName' },
  create: { op: 'elbv2:CreateTargetGroup', answer: 'TargetGroups[0]', name: { param: 'Name', max: 32 }, tags: { param: 'Tags' } },
  modify: { op: 'elbv2:ModifyTargetGroup', param: 'TargetGroupArn' },
  attributes: { op: 'elbv2:ModifyTargetGroupAttributes', param: 'Attributes', read: 'Attributes', most: 20 },
  destroy: { op: 'elbv2:DeleteTargetGroup', param: 'TargetGroupArn' },
  // TargetGroupAssociationLimit: "The following target groups cannot be associated with more than one load balancer".
  serves: { kind: 'loadBalancer', through: ['listener', 'rule'] },
  risk: { replace: 'shift', destroy: 'drop', reason: 'requests move to the new group once its targets are registered' },
  awaits: [
    {
      // Only those that are to serve: one that leaves may never be in service again, in a zone that the load balancer has left.
      name: 'settled', op: 'elbv2:DescribeTargetHealth', input: { TargetGroupArn: '{id}', Targets: '{targets}' }, path: 'TargetHealthDescriptions[].TargetHealth.State', last: true, ifAny: 'targets', ifUsedBy: ['listener', 'rule'],
      anyOf: ['healthy'], atLeast: 1, timeoutSeconds: 900, pollSeconds: 2, reasonPath: 'TargetHealthDescriptions[].TargetHealth.Description', words: 'in service',
    },
  ],
};

function port() {
  return { ...text({ pattern: '^(traffic-port|[1-9]\\d{0,4})$', patternMessage: 'traffic-port, or a port in quotes', example: 'traffic-port' }) };
}

function grpcMatcher() {
  return text({ pattern: '^\\d{1,2}(-\\d{1,2})?(,\\d{1,2}(-\\d{1,2})?)*$', patternMessage: 'codes from 0 to 99: "12", "0,12" or "0-99"', example: '12' });
}

function matcher() {
  return text({ pattern: '^[234]\\d\\d(-[234]\\d\\d)?(,[234]\\d\\d(-[234]\\d\\d)?)*$', patternMessage: 'codes from 200 to 499: "200", "200,202" or "200-299"', example: '200' });
}

