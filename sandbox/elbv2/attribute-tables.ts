/**
 * Attribute keys of Application Load Balancers, their target groups and listeners. Keys, defaults and ranges: API reference,
 * LoadBalancerAttribute, TargetGroupAttribute, ListenerAttribute. Conflicts between target group attributes with their words:
 * kubernetes-sigs/aws-load-balancer-controller#3686, hashicorp/terraform-provider-aws#35083.
 */
import type { AttributeRow, AttributeTable } from './attributes.ts';
import { invalidConfiguration, validation } from './errors.ts';

type Check = AttributeRow['check'];

const oneOf =
  (...values: readonly string[]): Check =>
  (value) =>
    values.includes(value) ? undefined : `must be one of '${values.join(', ')}'`;
const flag = oneOf('true', 'false');
const within =
  (min: number, max: number): Check =>
  (value) =>
    /^[0-9]{1,9}$/.test(value) && Number(value) >= min && Number(value) <= max ? undefined : `must be between '${min}-${max}' inclusive`;
const either =
  (first: Check, second: Check): Check =>
  (value) =>
    first(value) === undefined ? undefined : second(value);
const empty: Check = (value) => (value === '' ? undefined : 'must be empty');
const matching =
  (pattern: RegExp, words: string): Check =>
  (value) =>
    pattern.test(value) ? undefined : words;

/** S3 user guide, "Bucket naming rules". */
const bucket = either(empty, (value) =>
  /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(value) && !/\.\.|^[0-9.]+$|^xn--|-s3alias$/.test(value)
    ? undefined
    : 'is not the name of an S3 bucket',
);
const prefix: Check = (value) => (/AWSLogs|^\/|\/$/.test(value) ? "must not contain 'AWSLogs', or begin or end with '/'" : undefined);

const row = (key: string, initial: AttributeRow['initial'], check: Check): AttributeRow => ({ key, initial, check });

/**
 * An attribute of November 2026 (botocore 1.44.6, whose text says for which objects). No recording is young enough to show it; it is
 * answered with its default from the first day on, as the other attributes of its kind are (from memory).
 */
const fresh = (key: string, initial: string, check: Check, only?: readonly string[]): AttributeRow => ({
  key,
  initial,
  check,
  ...(only === undefined ? {} : { only }),
});

/** A bucket whose name begins so is one that ELB may not write to: there is no S3 here to ask. */
const CLOSED_BUCKET = /^denied-/;

function needsBucket(values: ReadonlyMap<string, string>, family: string): void {
  if (values.get(`${family}.s3.enabled`) === 'true' && (values.get(`${family}.s3.bucket`) ?? '') === '')
    throw invalidConfiguration(`The value of '${family}.s3.bucket' cannot be empty when '${family}.s3.enabled' is true`);
  const name = values.get(`${family}.s3.bucket`) ?? '';
  // Words: kubernetes-sigs/aws-load-balancer-controller#1956.
  if (values.get(`${family}.s3.enabled`) === 'true' && CLOSED_BUCKET.test(name))
    throw invalidConfiguration(`Access Denied for bucket: ${name}. Please check S3bucket permission`);
}

/** Keys that exist for other kinds of load balancer only: refused with other words than a key that nobody knows. */
const OTHER_TYPES = new Set(['dns_record.client_routing_policy', 'secondary_ips.auto_assigned.per_subnet']);

export const LOAD_BALANCER_ATTRIBUTES: AttributeTable = {
  perCall: 20,
  rows: [
    row('access_logs.s3.enabled', 'false', flag),
    row('access_logs.s3.bucket', '', bucket),
    row('access_logs.s3.prefix', '', prefix),
    row('health_check_logs.s3.enabled', 'false', flag),
    row('health_check_logs.s3.bucket', '', bucket),
    row('health_check_logs.s3.prefix', '', prefix),
    row('idle_timeout.timeout_seconds', '60', within(1, 4000)),
    row('deletion_protection.enabled', 'false', flag),
    row('routing.http2.enabled', 'true', flag),
    row('routing.http.drop_invalid_header_fields.enabled', 'false', flag),
    row('routing.http.xff_client_port.enabled', 'false', flag),
    row('routing.http.preserve_host_header.enabled', 'false', flag),
    row('routing.http.xff_header_processing.mode', 'append', oneOf('append', 'preserve', 'remove')),
    // "The default for Application Load Balancers is true, and can't be changed."
    row('load_balancing.cross_zone.enabled', 'true', oneOf('true')),
    row('routing.http.desync_mitigation_mode', 'defensive', oneOf('monitor', 'defensive', 'strictest')),
    row('client_keep_alive.seconds', '3600', within(60, 604_800)),
    row('waf.fail_open.enabled', 'false', flag),
    row('routing.http.x_amzn_tls_version_and_cipher_suite.enabled', 'false', flag),
    row('zonal_shift.config.enabled', 'false', flag),
    row('connection_logs.s3.enabled', 'false', flag),
    row('connection_logs.s3.bucket', '', bucket),
    row('connection_logs.s3.prefix', '', prefix),
    fresh('routing.http.x_amzn_tls_kx.enabled', 'false', flag),
    {
      key: 'ipv6.deny_all_igw_traffic',
      initial: (context) => (context.includes('internal') ? 'true' : 'false'),
      check: flag,
      // Not among the 22 attributes of a fresh internet-facing ipv4 load balancer (recorded in two accounts, 2026-02).
      shown: ['internal', 'dualstack', 'dualstack-without-public-ipv4'],
    },
  ],
  // Words: hashicorp/terraform-provider-aws#3611 and modifyLoadBalancerAttributes of that provider.
  unknownKey: (key) =>
    OTHER_TYPES.has(key)
      ? `Load balancer attribute key '${key}' is not supported on load balancers with type 'application'`
      : `Load balancer attribute key '${key}' is not recognized`,
  conflicts: (values) => {
    for (const family of ['access_logs', 'connection_logs', 'health_check_logs']) needsBucket(values, family);
  },
};

const SERVERS = ['instance', 'ip'];
const server = (key: string, initial: string, check: Check): AttributeRow => ({ key, initial, check, only: SERVERS });
const off = oneOf('off');
const cookieName: Check = (value) => {
  if (value === '') return undefined;
  if (/^AWSALB/.test(value))
    return "must not begin with 'AWSALB', 'AWSALBAPP' or 'AWSALBTG': these prefixes are reserved for the load balancer";
  // RFC 6265: a cookie name is a token.
  return /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,512}$/.test(value) ? undefined : 'is not a valid cookie name';
};

export const TARGET_GROUP_ATTRIBUTES: AttributeTable = {
  rows: [
    server('deregistration_delay.timeout_seconds', '300', within(0, 3600)),
    server('stickiness.enabled', 'false', flag),
    server('stickiness.type', 'lb_cookie', oneOf('lb_cookie', 'app_cookie')),
    server('stickiness.lb_cookie.duration_seconds', '86400', within(1, 604_800)),
    server('stickiness.app_cookie.cookie_name', '', cookieName),
    server('stickiness.app_cookie.duration_seconds', '86400', within(1, 604_800)),
    server('load_balancing.algorithm.type', 'round_robin', oneOf('round_robin', 'least_outstanding_requests', 'weighted_random')),
    server('load_balancing.algorithm.anomaly_mitigation', 'off', oneOf('on', 'off')),
    server('slow_start.duration_seconds', '0', either(oneOf('0'), within(30, 900))),
    server(
      'load_balancing.cross_zone.enabled',
      'use_load_balancer_configuration',
      oneOf('true', 'false', 'use_load_balancer_configuration'),
    ),
    fresh('routing.http2.rst_stream_error_forwarding.enabled', 'false', flag, ['HTTP2', 'GRPC']),
    fresh('waf.http2.traffic_inspection_behavior', 'inspect_immediately', oneOf('inspect_immediately', 'inspect_after_sufficient_data'), [
      'HTTP2',
    ]),
    // Upper bound: as many targets as a group may hold (quota 1000).
    server('target_group_health.dns_failover.minimum_healthy_targets.count', '1', either(off, within(1, 1000))),
    server('target_group_health.dns_failover.minimum_healthy_targets.percentage', 'off', either(off, within(1, 100))),
    server('target_group_health.unhealthy_state_routing.minimum_healthy_targets.count', '1', within(1, 1000)),
    server('target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage', 'off', either(off, within(1, 100))),
    // All that a Lambda group has (turbot/steampipe-plugin-aws#2664, 2025-10; example of the AWS CLI).
    { key: 'lambda.multi_value_headers.enabled', initial: 'false', check: flag, only: ['lambda'] },
  ],
  // Words: hashicorp/terraform-provider-aws#12726.
  unknownKey: (key) => `The provided target group attribute is not supported: '${key}'`,
  conflicts: (values) => {
    const algorithm = values.get('load_balancing.algorithm.type');
    const slowStart = (values.get('slow_start.duration_seconds') ?? '0') !== '0';
    const sticky = values.get('stickiness.enabled') === 'true';
    if (slowStart && algorithm === 'weighted_random')
      throw invalidConfiguration('You cannot enable both slow start and weighted random algorithm on a target group');
    if (slowStart && algorithm === 'least_outstanding_requests')
      throw invalidConfiguration('You cannot enable both slow start and least outstanding requests algorithm on a target group');
    if (sticky && algorithm === 'weighted_random')
      throw invalidConfiguration('You cannot have both stickiness and weighted random algorithm enabled on the same target group.');
    if (values.get('load_balancing.algorithm.anomaly_mitigation') === 'on' && algorithm !== 'weighted_random')
      throw invalidConfiguration('You can enable anomaly mitigation only with the weighted random algorithm');
    // Application Load Balancers guide, "Cross-zone load balancing for target groups": no stickiness while it is off.
    if (sticky && values.get('load_balancing.cross_zone.enabled') === 'false')
      throw invalidConfiguration('You cannot enable stickiness on a target group with cross-zone load balancing turned off');
    if (values.get('stickiness.type') === 'app_cookie' && (values.get('stickiness.app_cookie.cookie_name') ?? '') === '')
      throw validation("'stickiness.app_cookie.cookie_name' must be specified when 'stickiness.type' is 'app_cookie'");
  },
};

const HEADER_NAME = matching(/^[A-Za-z0-9_-]{1,40}$/, 'must be 1 to 40 letters, digits, hyphens or underscores');
/** A request header that the load balancer adds, renamed; HTTPS listeners only. */
const requestHeader = (name: string, initial: string): AttributeRow => ({
  key: `routing.http.request.${name}.header_name`,
  initial,
  check: HEADER_NAME,
  only: ['HTTPS'],
});
/** A response header that the load balancer sets; empty: it does not. Formats: Application Load Balancers guide, "HTTP header modification". */
const responseHeader = (name: string, pattern: RegExp, words: string): AttributeRow => ({
  key: `routing.http.response.${name}.header_value`,
  initial: '',
  check: either(empty, matching(pattern, words)),
});
const TOKENS = /^(\*|[A-Za-z0-9!#$%&'*+.^_`|~-]+( *, *[A-Za-z0-9!#$%&'*+.^_`|~-]+)*)$/;
const METHODS =
  /^(\*|(GET|HEAD|POST|PUT|DELETE|CONNECT|OPTIONS|TRACE|PATCH)( *, *(GET|HEAD|POST|PUT|DELETE|CONNECT|OPTIONS|TRACE|PATCH))*)$/;

export const LISTENER_ATTRIBUTES: AttributeTable = {
  rows: [
    requestHeader('x_amzn_mtls_clientcert_serial_number', 'X-Amzn-Mtls-Clientcert-Serial-Number'),
    requestHeader('x_amzn_mtls_clientcert_issuer', 'X-Amzn-Mtls-Clientcert-Issuer'),
    requestHeader('x_amzn_mtls_clientcert_subject', 'X-Amzn-Mtls-Clientcert-Subject'),
    requestHeader('x_amzn_mtls_clientcert_validity', 'X-Amzn-Mtls-Clientcert-Validity'),
    requestHeader('x_amzn_mtls_clientcert_leaf', 'X-Amzn-Mtls-Clientcert-Leaf'),
    requestHeader('x_amzn_mtls_clientcert', 'X-Amzn-Mtls-Clientcert'),
    requestHeader('x_amzn_tls_version', 'X-Amzn-Tls-Version'),
    requestHeader('x_amzn_tls_cipher_suite', 'X-Amzn-Tls-Cipher-Suite'),
    row('routing.http.response.server.enabled', 'true', flag),
    responseHeader(
      'strict_transport_security',
      /^max-age=[0-9]{1,10}( *; *includeSubDomains)?( *; *preload)?$/i,
      "must be 'max-age=<seconds>', optionally followed by '; includeSubDomains' and '; preload'",
    ),
    responseHeader(
      'access_control_allow_origin',
      /^(\*|null|[a-z][a-z0-9+.-]*:\/\/[^\s/?#]+)$/i,
      "must be '*' or an origin such as https://example.com",
    ),
    responseHeader('access_control_allow_methods', METHODS, "must be '*' or a list of HTTP methods"),
    responseHeader('access_control_allow_headers', TOKENS, "must be '*' or a list of header names"),
    responseHeader('access_control_allow_credentials', /^true$/, "must be 'true'"),
    responseHeader('access_control_expose_headers', TOKENS, "must be '*' or a list of header names"),
    responseHeader('access_control_max_age', /^[0-9]{1,5}$/, 'must be a number of seconds'),
    responseHeader('content_security_policy', /^[\x20-\x7e]{1,1024}$/, 'must be printable ASCII text'),
    responseHeader('x_content_type_options', /^nosniff$/, "must be 'nosniff'"),
    responseHeader(
      'x_frame_options',
      /^(DENY|SAMEORIGIN|ALLOW-FROM +[a-z][a-z0-9+.-]*:\/\/\S+)$/,
      "must be 'DENY', 'SAMEORIGIN' or 'ALLOW-FROM <uri>'",
    ),
  ],
  unknownKey: (key, protocol) => `Listener attribute key '${key}' is not supported on listeners with protocol '${protocol.join()}'`,
  conflicts: () => undefined,
};
