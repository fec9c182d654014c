import { type Codec, flag, integer, numberOr, oneOf, physicalName, reference, seconds, text } from '../codec.ts';
import { attribute, create, DERIVED, modify, REQUIRED, UNMANAGED } from '../field.ts';
import { addressesThatDo } from '../given.ts';
import { isObject, type Json } from '../json.ts';
import { checkPort, grpcMatcher, matcher } from '../nested/health-check.ts';
import { rawAttributes } from '../nested/raw-attributes.ts';
import { targets } from '../nested/targets.ts';
import { ELB_PAGE, ELB_TAGS } from '../read.ts';
import { kind } from '../values.ts';

const noLambda = { unless: { targetType: ['lambda'] } } as const;
/** The check as a whole is judged anew by each target, within the thresholds. */
const rechecked = { risk: { risk: 'shift', reason: 'targets that fail the new check get no more requests' } } as const;
const spread = { risk: { risk: 'shift', reason: 'requests are spread over the targets differently' } } as const;
const moved = { risk: { risk: 'shift', reason: 'sticky sessions end: those clients may reach another target' } } as const;
const cookie = (kind: string) => ({ when: { 'stickiness.type': [kind] } });

/** AWS shows nothing where there is none, and takes nothing that would unset it: what is off is not sent (`awsDefault`). */
const controlPort = (): Codec<number | 'off', number> => ({
  ...numberOr('off', 1, 65535),
  read: (wire) => (wire === undefined || wire === null ? 'off' : Number(wire)),
  write: Number,
});

/** Whether any target has a zone of this kind. */
const hasZone =
  (fits: (zone: Json) => boolean) =>
  (targets: Json): boolean =>
    Array.isArray(targets) && targets.some((target) => isObject(target) && target['zone'] !== undefined && fits(target['zone']));

/** Rows of the ELBv2 API reference: CreateTargetGroup, ModifyTargetGroup, TargetGroupAttribute. */
export const targetGroup = kind({
  name: 'targetGroup',
  label: 'target group',
  service: 'elbv2',
  fields: {
    vpc: create('VpcId', reference('vpc', 'id'), DERIVED, 'The VPC of the stack.', { internal: true, ...noLambda }),
    name: create(
      'Name',
      physicalName(),
      DERIVED,
      'The name in AWS. Default: made from the stack and this name, changing when the group is replaced.',
      { read: 'TargetGroupName' },
    ),
    targetType: create(
      'TargetType',
      oneOf('instance', 'ip', 'lambda'),
      'instance',
      'The type of the targets: instances, IP addresses, or one Lambda function.',
    ),
    protocol: create('Protocol', oneOf('HTTP', 'HTTPS'), 'HTTP', 'The protocol for requests to the targets.', noLambda),
    port: create('Port', integer(1, 65535, 'port'), REQUIRED, 'The port on which targets listen, unless a target sets another.', noLambda),
    protocolVersion: create(
      'ProtocolVersion',
      oneOf('HTTP1', 'HTTP2', 'GRPC'),
      'HTTP1',
      'The version of HTTP for requests to the targets.',
      {
        ...noLambda,
        // Target groups, "Protocol version" (Application Load Balancers guide): listeners of HTTP/2 and gRPC groups speak HTTPS.
        demands: [
          { of: (version) => version !== 'HTTP1', kind: 'listener', field: 'protocol', oneOf: ['HTTPS'], through: ['listener', 'rule'] },
        ],
      },
    ),
    ipAddressType: create('IpAddressType', oneOf('ipv4', 'ipv6'), 'ipv4', 'The IP version of the targets.', {
      ...noLambda,
      // Target groups, "IP address type" (Application Load Balancers guide): IPv6 targets need a dualstack load balancer.
      demands: [
        {
          of: (type) => type === 'ipv6',
          kind: 'loadBalancer',
          field: 'ipAddressType',
          oneOf: ['dualstack', 'dualstack-without-public-ipv4'],
          through: ['listener', 'rule'],
        },
      ],
    }),
    targetControlPort: create(
      'TargetControlPort',
      controlPort(),
      UNMANAGED,
      'The port of the target optimizer agent, or off. Turning it off replaces the group.',
      { ...noLambda, awsDefault: 'off' },
    ),
    healthCheck: {
      enabled: modify('HealthCheckEnabled', flag(), true, 'Whether targets are health-checked. Only a Lambda group can turn it off.', {
        defaultWhen: [{ when: { targetType: ['lambda'] }, value: false }],
      }),
      protocol: modify('HealthCheckProtocol', oneOf('HTTP', 'HTTPS'), 'HTTP', 'The protocol of the health check.', {
        ...noLambda,
        ...rechecked,
      }),
      port: modify(
        'HealthCheckPort',
        checkPort(),
        'traffic-port',
        'The port of the health check; traffic-port is the port on which the target receives requests.',
        {
          ...noLambda,
          ...rechecked,
        },
      ),
      path: modify(
        'HealthCheckPath',
        text({
          pattern: '^/[\\x21-\\x7e]*$',
          patternMessage: 'a path that starts with / and has no spaces',
          maxLength: 1024,
          example: '/status',
        }),
        '/',
        'The path that the health check requests.',
        { ...rechecked, defaultWhen: [{ when: { protocolVersion: ['GRPC'] }, value: '/AWS.ALB/healthcheck' }] },
      ),
      interval: modify('HealthCheckIntervalSeconds', seconds(5, 300), 30, 'Time between two health checks of a target.', {
        together: 'timing',
        defaultWhen: [{ when: { targetType: ['lambda'] }, value: 35 }],
      }),
      timeout: modify(
        'HealthCheckTimeoutSeconds',
        seconds(2, 120),
        5,
        'A check fails after this time without a response. Must be less than the interval.',
        {
          together: 'timing',
          defaultWhen: [{ when: { targetType: ['lambda'] }, value: 30 }],
          risk: {
            risk: 'shift',
            reason: 'targets that take more than {after} to answer a health check get no more requests',
            when: { change: 'lowered' },
          },
        },
      ),
      healthyThreshold: modify(
        'HealthyThresholdCount',
        integer(2, 10),
        5,
        'Successful checks in a row before an unhealthy target is healthy.',
      ),
      unhealthyThreshold: modify('UnhealthyThresholdCount', integer(2, 10), 2, 'Failed checks in a row before a target is unhealthy.'),
      matcher: modify('Matcher.HttpCode', matcher(), '200', 'The status codes that count as healthy: a code, a list or a range.', {
        ...rechecked,
        unless: { protocolVersion: ['GRPC'] },
      }),
      grpcMatcher: modify(
        'Matcher.GrpcCode',
        grpcMatcher(),
        '12',
        'The gRPC status codes that count as healthy: a code, a list or a range.',
        { ...rechecked, when: { protocolVersion: ['GRPC'] } },
      ),
    },
    stickiness: {
      enabled: attribute(
        'stickiness.enabled',
        flag(),
        false,
        'Keep each client on one target. On when another field of stickiness is set.',
        { ...moved, ...noLambda, groupDefault: true, together: 'algorithm' },
      ),
      type: attribute(
        'stickiness.type',
        oneOf('lb_cookie', 'app_cookie'),
        'lb_cookie',
        'Which cookie is used: lb_cookie (of the load balancer) or app_cookie (of the application).',
        { ...moved, ...noLambda, together: 'algorithm' },
      ),
      duration: attribute(
        'stickiness.lb_cookie.duration_seconds',
        seconds(1, 604800),
        86400,
        'How long the load balancer cookie lasts: 1 second to 7 days.',
        { ...moved, ...noLambda, together: 'algorithm' },
      ),
      cookieName: attribute(
        'stickiness.app_cookie.cookie_name',
        text({
          minLength: 1,
          maxLength: 256,
          pattern: "^(?!AWSALB)[!#$%&'*+.^_`|~0-9A-Za-z-]+$",
          patternMessage: 'a cookie name that does not begin with AWSALB',
        }),
        REQUIRED,
        'The name of the application cookie.',
        { ...moved, ...cookie('app_cookie'), together: 'algorithm' },
      ),
      appCookieDuration: attribute(
        'stickiness.app_cookie.duration_seconds',
        seconds(1, 604800),
        86400,
        'How long stickiness lasts with an application cookie.',
        { ...moved, ...cookie('app_cookie'), together: 'algorithm' },
      ),
    },
    deregistrationDelay: attribute(
      'deregistration_delay.timeout_seconds',
      seconds(0, 3600),
      300,
      'How long a deregistered target may finish its requests.',
      noLambda,
    ),
    slowStart: attribute(
      'slow_start.duration_seconds',
      seconds(0, 900),
      0,
      'How long a new target receives a growing share of the requests. 0, or 30 to 900 seconds.',
      { ...noLambda, together: 'algorithm' },
    ),
    algorithm: attribute(
      'load_balancing.algorithm.type',
      oneOf('round_robin', 'least_outstanding_requests', 'weighted_random'),
      'round_robin',
      'How a target is chosen for a request.',
      { ...noLambda, ...spread, together: 'algorithm' },
    ),
    anomalyMitigation: attribute(
      'load_balancing.algorithm.anomaly_mitigation',
      oneOf('on', 'off'),
      'off',
      'Send fewer requests to targets that behave abnormally. Only with weighted_random.',
      { ...noLambda, ...spread, together: 'algorithm' },
    ),
    crossZone: attribute(
      'load_balancing.cross_zone.enabled',
      oneOf('true', 'false', 'use_load_balancer_configuration'),
      'use_load_balancer_configuration',
      'Whether targets get requests from all zones, in quotes.',
      { ...noLambda, ...spread },
    ),
    groupHealth: {
      dnsFailover: {
        count: attribute(
          'target_group_health.dns_failover.minimum_healthy_targets.count',
          numberOr('off', 1, 1000),
          1,
          'A zone with fewer healthy targets is removed from DNS.',
          noLambda,
        ),
        percentage: attribute(
          'target_group_health.dns_failover.minimum_healthy_targets.percentage',
          numberOr('off', 1, 100),
          'off',
          'The same, as a percentage.',
          noLambda,
        ),
      },
      unhealthyStateRouting: {
        count: attribute(
          'target_group_health.unhealthy_state_routing.minimum_healthy_targets.count',
          integer(1, 1000),
          1,
          'With fewer healthy targets, requests go to all targets, healthy or not.',
          noLambda,
        ),
        percentage: attribute(
          'target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage',
          numberOr('off', 1, 100),
          'off',
          'The same, as a percentage.',
          noLambda,
        ),
      },
    },
    resetForwarding: attribute(
      'routing.http2.rst_stream_error_forwarding.enabled',
      flag(),
      false,
      "Forward a target's RST_STREAM to the client instead of answering 502.",
      { when: { protocolVersion: ['HTTP2', 'GRPC'] } },
    ),
    wafInspection: attribute(
      'waf.http2.traffic_inspection_behavior',
      oneOf('inspect_immediately', 'inspect_after_sufficient_data'),
      'inspect_immediately',
      'When AWS WAF inspects an HTTP/2 request: with the first data, or once there is enough.',
      { when: { protocolVersion: ['HTTP2'] } },
    ),
    multiValueHeaders: attribute('lambda.multi_value_headers.enabled', flag(), false, 'Send repeated headers as lists.', {
      when: { targetType: ['lambda'] },
      risk: { risk: 'drop', reason: 'requests fail if the function does not read and return headers in the new form' },
    }),
    targets: {
      wire: {
        how: 'member',
        member: {
          add: 'elbv2:RegisterTargets',
          remove: 'elbv2:DeregisterTargets',
          batch: 'Targets',
          read: 'TargetHealthDescriptions[]',
          leavesOnTermination: true,
          // An address is looked up in the subnets of its VPC when it is registered (TargetDescription, ELBv2 API reference).
          needsMade: { kind: 'subnet', of: (target) => isObject(target) && /^[\da-f]*[.:][\da-f.:]*$/i.test(String(target['id'])) },
          removeAfterReady: true,
          drained: {
            // A target that is out is `unused`; until then it finishes requests (deregistration delay, ELBv2 user guide).
            name: 'drained',
            op: 'elbv2:DescribeTargetHealth',
            input: { TargetGroupArn: '{id}', Targets: '{members}' },
            path: 'TargetHealthDescriptions[].TargetHealth.State',
            anyOf: ['unused'],
            goneIsDone: true,
            timeoutSeconds: 300,
            timeoutField: 'deregistrationDelay',
            pollSeconds: 5,
            reasonPath: 'TargetHealthDescriptions[].TargetHealth.Description',
            codePath: 'TargetHealthDescriptions[].TargetHealth.Reason',
            whoPath: 'TargetHealthDescriptions[].Target',
            words: 'without the removed targets',
          },
          singleMemberWhen: { targetType: ['lambda'] },
        },
      },
      codec: targets(),
      default: UNMANAGED,
      doc: 'The targets: names of instances, { instance, port }, { ip } or { lambda }. Left out: not managed, for example when an Auto Scaling group, ECS or a controller registers them. [] deregisters all.',
      // "Cross-zone load balancing for target groups", Application Load Balancers guide: `all` and off exclude each other.
      demands: [
        { of: hasZone((zone) => zone !== 'all'), kind: 'targetGroup', field: 'crossZone', oneOf: ['false'] },
        {
          of: hasZone((zone) => zone === 'all'),
          kind: 'targetGroup',
          field: 'crossZone',
          oneOf: ['true', 'use_load_balancer_configuration'],
        },
      ],
      risk: [
        {
          risk: 'drop',
          reason: 'requests to {removed} are lost while crossZone is turned off: they are deregistered before, and registered again after',
          when: { change: 'removed', from: [[{ zone: 'all' }]], values: { crossZone: ['false'] } },
        },
        {
          risk: 'drop',
          reason: 'no function answers until the new one is registered',
          when: { change: 'removed', values: { targetType: ['lambda'] } },
        },
        {
          risk: 'drop',
          reason: 'requests under way to {removed} are cut off: deregistrationDelay is 0',
          when: { change: 'removed', values: { deregistrationDelay: [0] } },
        },
        {
          risk: 'shift',
          reason: 'requests under way to {removed} get [up to {deregistrationDelay}|time] to finish',
          when: { change: 'removed' },
        },
        { risk: 'shift', reason: 'requests under way get [up to {deregistrationDelay}|time] to finish', when: { renewed: true } },
      ],
    },
    attributes: rawAttributes(),
  },
  read: {
    by: 'listed',
    op: 'elbv2:DescribeTargetGroups',
    list: 'TargetGroups',
    tags: ELB_TAGS,
    page: ELB_PAGE,
    within: { path: 'VpcId', kind: 'vpc' },
    tagType: 'elasticloadbalancing:targetgroup',
    details: [
      { op: 'elbv2:DescribeTargetGroupAttributes', param: 'TargetGroupArn', from: 'TargetGroupArn', keep: 'Attributes' },
      { op: 'elbv2:DescribeTargetHealth', param: 'TargetGroupArn', from: 'TargetGroupArn', keep: 'TargetHealthDescriptions' },
    ],
  },
  adoptable: 'targetgroup/',
  outputs: { id: 'TargetGroupArn', arn: 'TargetGroupArn', name: 'TargetGroupName' },
  create: { op: 'elbv2:CreateTargetGroup', answer: 'TargetGroups[0]', name: { param: 'Name', max: 32 }, tags: { param: 'Tags' } },
  modify: { op: 'elbv2:ModifyTargetGroup', param: 'TargetGroupArn' },
  attributes: { op: 'elbv2:ModifyTargetGroupAttributes', param: 'Attributes', read: 'Attributes', most: 20 },
  destroy: { op: 'elbv2:DeleteTargetGroup', param: 'TargetGroupArn' },
  given: addressesThatDo,
  // TargetGroupAssociationLimit: "The following target groups cannot be associated with more than one load balancer".
  serves: { kind: 'loadBalancer', through: ['listener', 'rule'] },
  risk: {
    replace: {
      risk: 'shift',
      reason:
        'requests move to the new group once its targets are in service; those under way get [up to {deregistrationDelay}|time] to finish',
    },
    // Without members nothing is under way. What led to it is changed first, and says where its requests go from then on.
    destroy: [
      { risk: 'none', reason: 'it has no targets', when: { values: { targets: [[]] } } },
      { risk: 'shift', reason: 'requests under way get [up to {deregistrationDelay}|time] to finish' },
    ],
  },
  awaits: [
    {
      // Only those that are to serve: one that leaves may never be in service again, in a zone that the load balancer has left.
      name: 'settled',
      op: 'elbv2:DescribeTargetHealth',
      input: { TargetGroupArn: '{id}', Targets: '{targets}' },
      path: 'TargetHealthDescriptions[].TargetHealth.State',
      last: true,
      ifAny: 'targets',
      ifUsedBy: ['listener', 'rule'],
      anyOf: ['healthy', 'unavailable'],
      atLeast: 1,
      timeoutSeconds: 900,
      pollSeconds: 2,
      reasonPath: 'TargetHealthDescriptions[].TargetHealth.Description',
      codePath: 'TargetHealthDescriptions[].TargetHealth.Reason',
      whoPath: 'TargetHealthDescriptions[].Target',
      // Somebody has taken it out, or stopped its instance (TargetHealth, Reason: ELBv2 API reference): that is for a new plan, or for them.
      hopeless: { 'Target.NotRegistered': 60, 'Target.InvalidState': 120 },
      words: 'in service',
    },
    {
      // Nothing leads to it any more, and requests under way had the time that its targets are given to finish.
      name: 'drained',
      op: 'elbv2:DescribeTargetGroups',
      input: { TargetGroupArns: ['{id}'] },
      path: 'TargetGroups[].LoadBalancerArns[]',
      anyOf: [],
      goneIsDone: true,
      timeoutSeconds: 300,
      pollSeconds: 5,
      holdField: 'deregistrationDelay',
      words: 'out of use and drained',
    },
  ],
  // Without health checks a target is `unavailable`; one that nothing forwards to is `unused` (TargetHealth, ELBv2 API reference).
  condition: {
    members: { list: 'TargetHealthDescriptions[]', field: 'targets' },
    state: 'TargetHealth.State',
    code: 'TargetHealth.Reason',
    text: 'TargetHealth.Description',
    fine: ['healthy', 'unavailable', 'draining'],
  },
  warmUp: {
    by: 'rule',
    on: 'listener',
    // RFC 2606 keeps .invalid free: no request matches.
    values: { if: { host: ['warm-up.albedo.invalid'] }, actions: { forward: '{name}' } },
    ifAny: 'targets',
  },
});
