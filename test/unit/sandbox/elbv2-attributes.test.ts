import * as assert from 'uvu/assert';
import { LISTENER_ATTRIBUTES, LOAD_BALANCER_ATTRIBUTES, TARGET_GROUP_ATTRIBUTES } from '../../../sandbox/elbv2/attribute-tables.ts';
import { type Bench, createBench } from '../../support/elbv2-bench.ts';
import { CERTIFICATES, SUBNETS } from '../../support/sandbox-network.ts';
import { suite } from '../../support/suite.ts';

const t = suite('sandbox/elbv2 attributes');

/** Key, default, legal values, illegal values. Written by hand from the API reference: the tables of the server are what is tested. */
type Row = [key: string, initial: string, legal: readonly string[], illegal: readonly string[]];
const FLAGS = ['true', 'false'];
const NO_FLAGS = ['yes', 'TRUE', '1', ''];

const loadBalancerRows: Row[] = [
  ['deletion_protection.enabled', 'false', FLAGS, NO_FLAGS],
  ['access_logs.s3.enabled', 'false', ['false'], NO_FLAGS],
  ['access_logs.s3.bucket', '', ['my-logs', ''], ['B', 'a_b', 'x'.repeat(64)]],
  ['access_logs.s3.prefix', '', ['web/lb', ''], ['AWSLogs', 'a/AWSLogs/b', '/a']],
  ['connection_logs.s3.enabled', 'false', ['false'], NO_FLAGS],
  ['connection_logs.s3.bucket', '', ['my-logs'], ['B']],
  ['connection_logs.s3.prefix', '', ['web'], ['AWSLogs']],
  ['health_check_logs.s3.enabled', 'false', ['false'], NO_FLAGS],
  ['health_check_logs.s3.bucket', '', ['my-logs'], ['B']],
  ['health_check_logs.s3.prefix', '', ['web'], ['AWSLogs']],
  ['zonal_shift.config.enabled', 'false', FLAGS, NO_FLAGS],
  ['load_balancing.cross_zone.enabled', 'true', ['true'], ['false', ...NO_FLAGS]],
  ['idle_timeout.timeout_seconds', '60', ['1', '4000'], ['0', '4001', '-1', '60s', '1.5', '']],
  ['client_keep_alive.seconds', '3600', ['60', '604800'], ['59', '604801', 'x']],
  ['routing.http.desync_mitigation_mode', 'defensive', ['monitor', 'defensive', 'strictest'], ['off', '']],
  ['routing.http.drop_invalid_header_fields.enabled', 'false', FLAGS, NO_FLAGS],
  ['routing.http.preserve_host_header.enabled', 'false', FLAGS, NO_FLAGS],
  ['routing.http.x_amzn_tls_version_and_cipher_suite.enabled', 'false', FLAGS, NO_FLAGS],
  ['routing.http.xff_client_port.enabled', 'false', FLAGS, NO_FLAGS],
  ['routing.http.xff_header_processing.mode', 'append', ['append', 'preserve', 'remove'], ['drop', '']],
  ['routing.http2.enabled', 'true', FLAGS, NO_FLAGS],
  ['waf.fail_open.enabled', 'false', FLAGS, NO_FLAGS],
  ['routing.http.x_amzn_tls_kx.enabled', 'false', FLAGS, NO_FLAGS],
];

const COUNTS = ['1', '1000'];
const targetGroupRows: Row[] = [
  ['deregistration_delay.timeout_seconds', '300', ['0', '3599', '3600'], ['-1', '3601', '5m', '']],
  ['stickiness.enabled', 'false', FLAGS, NO_FLAGS],
  ['stickiness.type', 'lb_cookie', ['lb_cookie'], ['source_ip', '']],
  ['stickiness.lb_cookie.duration_seconds', '86400', ['1', '604800'], ['0', '604801', '1d']],
  ['stickiness.app_cookie.cookie_name', '', ['SESSION', ''], ['AWSALB', 'AWSALBAPP-1', 'AWSALBTG', 'a b', 'a;b']],
  ['stickiness.app_cookie.duration_seconds', '86400', ['1', '604800'], ['0', '604801']],
  [
    'load_balancing.cross_zone.enabled',
    'use_load_balancer_configuration',
    ['true', 'false', 'use_load_balancer_configuration'],
    ['on', ''],
  ],
  ['target_group_health.dns_failover.minimum_healthy_targets.count', '1', ['off', ...COUNTS], ['0', '1001', 'x']],
  ['target_group_health.dns_failover.minimum_healthy_targets.percentage', 'off', ['off', '1', '100'], ['0', '101']],
  ['target_group_health.unhealthy_state_routing.minimum_healthy_targets.count', '1', COUNTS, ['off', '0']],
  ['target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage', 'off', ['off', '1', '100'], ['0', '101']],
  ['load_balancing.algorithm.type', 'round_robin', ['round_robin', 'least_outstanding_requests', 'weighted_random'], ['bogus', '']],
  ['load_balancing.algorithm.anomaly_mitigation', 'off', ['off'], ['true', '']],
  ['slow_start.duration_seconds', '0', ['0', '30', '900'], ['5', '29', '901', '-1']],
];

const listenerRows: Row[] = [
  ['routing.http.response.server.enabled', 'true', FLAGS, NO_FLAGS],
  [
    'routing.http.response.strict_transport_security.header_value',
    '',
    ['max-age=31536000; includeSubDomains; preload', 'max-age=0', ''],
    ['forever', 'max-age=x'],
  ],
  ['routing.http.response.access_control_allow_origin.header_value', '', ['*', 'https://example.com:8443'], ['example.com', 'https://a b']],
  ['routing.http.response.access_control_allow_methods.header_value', '', ['GET', 'GET,POST', '*'], ['get', 'FETCH']],
  ['routing.http.response.access_control_allow_headers.header_value', '', ['*', 'X-A, X-B'], ['a b']],
  ['routing.http.response.access_control_allow_credentials.header_value', '', ['true'], ['false']],
  ['routing.http.response.access_control_expose_headers.header_value', '', ['X-A'], ['a(b']],
  ['routing.http.response.access_control_max_age.header_value', '', ['0', '86400'], ['1h', '-1']],
  ['routing.http.response.content_security_policy.header_value', '', ["default-src 'self'"], ['é', 'x'.repeat(1025)]],
  ['routing.http.response.x_content_type_options.header_value', '', ['nosniff'], ['sniff']],
  ['routing.http.response.x_frame_options.header_value', '', ['DENY', 'SAMEORIGIN', 'ALLOW-FROM https://a.example'], ['ALLOW']],
];
const HEADERS: Record<string, string> = {
  x_amzn_mtls_clientcert_serial_number: 'X-Amzn-Mtls-Clientcert-Serial-Number',
  x_amzn_mtls_clientcert_issuer: 'X-Amzn-Mtls-Clientcert-Issuer',
  x_amzn_mtls_clientcert_subject: 'X-Amzn-Mtls-Clientcert-Subject',
  x_amzn_mtls_clientcert_validity: 'X-Amzn-Mtls-Clientcert-Validity',
  x_amzn_mtls_clientcert_leaf: 'X-Amzn-Mtls-Clientcert-Leaf',
  x_amzn_mtls_clientcert: 'X-Amzn-Mtls-Clientcert',
  x_amzn_tls_version: 'X-Amzn-Tls-Version',
  x_amzn_tls_cipher_suite: 'X-Amzn-Tls-Cipher-Suite',
};
const httpsRows: Row[] = [
  ...Object.entries(HEADERS).map(
    ([name, initial]): Row => [
      `routing.http.request.${name}.header_name`,
      initial,
      ['X-Mine', 'a_b', 'x'.repeat(40)],
      ['', 'a b', 'a:b', 'x'.repeat(41)],
    ],
  ),
  ...listenerRows,
];

interface Subject {
  readonly bench: Bench;
  readonly arn: Record<string, string>;
}

function onLoadBalancer(): Subject {
  const bench = createBench();
  return { bench, arn: { LoadBalancerArn: bench.loadBalancer() } };
}
function onTargetGroup(params = {}): Subject {
  const bench = createBench();
  return { bench, arn: { TargetGroupArn: bench.targetGroup('web', params) } };
}
function onListener(protocol: 'HTTP' | 'HTTPS'): Subject {
  const bench = createBench();
  const secure = protocol === 'HTTPS' ? { Protocol: 'HTTPS', Port: 443, Certificates: [{ CertificateArn: CERTIFICATES.site }] } : {};
  return { bench, arn: { ListenerArn: bench.listener(bench.loadBalancer(), bench.targetGroup(), secure) } };
}

const read = ({ bench, arn }: Subject, what: string): Record<string, string> =>
  Object.fromEntries(
    bench
      .call(`Describe${what}Attributes`, arn)
      .list('Attributes')
      .map((each) => Object.values(each as Record<string, string>) as [string, string]),
  );

const cases: [what: string, name: string, make: () => Subject, rows: Row[]][] = [
  ['LoadBalancer', 'load balancer', onLoadBalancer, loadBalancerRows],
  ['TargetGroup', 'target group', onTargetGroup, targetGroupRows],
  ['Listener', 'HTTP listener', () => onListener('HTTP'), listenerRows],
  ['Listener', 'HTTPS listener', () => onListener('HTTPS'), httpsRows],
];
for (const [what, name, make, rows] of cases) {
  t(`${name}: all attributes are answered with their defaults`, () => {
    assert.equal(read(make(), what), Object.fromEntries(rows.map(([key, initial]) => [key, initial])));
  });
  for (const [key, initial, legal, illegal] of rows) {
    t(`${name}: ${key}`, () => {
      const subject = make();
      const { bench, arn } = subject;
      for (const Value of illegal)
        bench.refused('ValidationError', `Modify${what}Attributes`, { ...arn, Attributes: [{ Key: key, Value }] });
      assert.is(read(subject, what)[key], initial);
      for (const Value of legal) {
        const answer = bench.call(`Modify${what}Attributes`, { ...arn, Attributes: [{ Key: key, Value }] });
        assert.is(answer.list('Attributes').length, rows.length);
        assert.is(read(subject, what)[key], Value);
      }
    });
  }
  t(`${name}: what Modify${what}Attributes refuses`, () => {
    const { bench, arn } = make();
    const modify = `Modify${what}Attributes`;
    const key = rows[0]?.[0] ?? '';
    bench.refused('InvalidConfigurationRequest', modify, { ...arn, Attributes: [{ Key: 'bogus', Value: '1' }] });
    bench.refused('ValidationError', modify, { ...arn, Attributes: [] }, 'An attribute must be specified');
    bench.refused('ValidationError', modify, { ...arn, Attributes: [{ Value: '1' }] }, 'An attribute key must be specified');
    bench.refused('ValidationError', modify, { ...arn, Attributes: [{ Key: 'no spaces', Value: '1' }] }, /regular expression/);
    bench.refused(
      'ValidationError',
      modify,
      {
        ...arn,
        Attributes: [
          { Key: key, Value: 'true' },
          { Key: key, Value: 'true' },
        ],
      },
      /more than once/,
    );
  });
}

/** Attributes that exist, or are shown, for some objects only; each has a test of its own below. */
const SPECIAL = [
  'lambda.multi_value_headers.enabled',
  'ipv6.deny_all_igw_traffic',
  'routing.http.x_amzn_tls_kx.enabled',
  'routing.http2.rst_stream_error_forwarding.enabled',
  'waf.http2.traffic_inspection_behavior',
];

t('the tests above name every attribute that the server has', () => {
  const known = new Set([...[...loadBalancerRows, ...targetGroupRows, ...httpsRows].map(([key]) => key), ...SPECIAL]);
  for (const table of [LOAD_BALANCER_ATTRIBUTES, TARGET_GROUP_ATTRIBUTES, LISTENER_ATTRIBUTES])
    for (const row of table.rows) assert.ok(known.has(row.key), row.key);
});

t('ipv6.deny_all_igw_traffic is shown where IPv6 or the scheme says something of it, or where it was set', () => {
  const key = 'ipv6.deny_all_igw_traffic';
  const bench = createBench();
  for (const id of [SUBNETS.a, SUBNETS.b]) {
    const facts = bench.network.subnet(id);
    if (facts !== undefined) bench.network.subnetFacts.set(id, { ...facts, ipv6CidrBlock: `2001:db8:0:${id === SUBNETS.a ? 1 : 2}::/64` });
  }
  const of = (LoadBalancerArn: string) => read({ bench, arn: { LoadBalancerArn } }, 'LoadBalancer')[key];
  assert.is(of(bench.loadBalancer('inside', { Scheme: 'internal' })), 'true');
  assert.is(of(bench.loadBalancer('both', { IpAddressType: 'dualstack' })), 'false');
  assert.is(of(bench.loadBalancer('inside-both', { Scheme: 'internal', IpAddressType: 'dualstack' })), 'true');
  const LoadBalancerArn = bench.loadBalancer('plain');
  assert.is(of(LoadBalancerArn), undefined);
  bench.call('SetIpAddressType', { LoadBalancerArn, IpAddressType: 'dualstack' });
  assert.is(of(LoadBalancerArn), 'false');
  bench.call('SetIpAddressType', { LoadBalancerArn, IpAddressType: 'ipv4' });
  assert.is(of(LoadBalancerArn), undefined);
  bench.call('ModifyLoadBalancerAttributes', { LoadBalancerArn, Attributes: [{ Key: key, Value: 'true' }] });
  assert.is(of(LoadBalancerArn), 'true');
});

/** Attributes of November 2026: key, default, a legal and an illegal value, and the protocol versions they exist for (none: load balancers). */
const FRESH: readonly [key: string, initial: string, legal: string, illegal: string, versions?: readonly string[]][] = [
  ['routing.http.x_amzn_tls_kx.enabled', 'false', 'true', 'yes'],
  ['routing.http2.rst_stream_error_forwarding.enabled', 'false', 'true', 'yes', ['HTTP2', 'GRPC']],
  ['waf.http2.traffic_inspection_behavior', 'inspect_immediately', 'inspect_after_sufficient_data', 'x', ['HTTP2']],
];
for (const [key, initial, legal, illegal, versions] of FRESH)
  t(`${key} is there where it exists, and can be set`, () => {
    const what = versions === undefined ? 'LoadBalancer' : 'TargetGroup';
    for (const version of versions === undefined ? [''] : ['HTTP1', 'HTTP2', 'GRPC']) {
      const subject = versions === undefined ? onLoadBalancer() : onTargetGroup({ ProtocolVersion: version });
      const { bench, arn } = subject;
      const set = (Value: string) => ({ ...arn, Attributes: [{ Key: key, Value }] });
      if (versions !== undefined && !versions.includes(version)) {
        assert.is(read(subject, what)[key], undefined);
        bench.refused('InvalidConfigurationRequest', `Modify${what}Attributes`, set(legal));
        continue;
      }
      assert.is(read(subject, what)[key], initial);
      bench.refused('ValidationError', `Modify${what}Attributes`, set(illegal));
      bench.call(`Modify${what}Attributes`, set(legal));
      assert.is(read(subject, what)[key], legal);
    }
  });

t('a bucket that Elastic Load Balancing may not write to', () => {
  const { bench, arn } = onLoadBalancer();
  const log = (bucket: string) => ({
    ...arn,
    Attributes: [
      { Key: 'access_logs.s3.enabled', Value: 'true' },
      { Key: 'access_logs.s3.bucket', Value: bucket },
    ],
  });
  const words = 'Access Denied for bucket: denied-logs. Please check S3bucket permission';
  bench.refused('InvalidConfigurationRequest', 'ModifyLoadBalancerAttributes', log('denied-logs'), words);
  bench.call('ModifyLoadBalancerAttributes', log('logs'));
});

t('load balancer: 20 attributes a call, words for foreign keys, logs need a bucket', () => {
  const { bench, arn } = onLoadBalancer();
  const many = loadBalancerRows.slice(0, 21).map(([Key, Value]) => ({ Key, Value }));
  bench.refused('ValidationError', 'ModifyLoadBalancerAttributes', { ...arn, Attributes: many }, /length less than or equal to 20/);
  bench.call('ModifyLoadBalancerAttributes', { ...arn, Attributes: many.slice(0, 20) });
  bench.refused(
    'InvalidConfigurationRequest',
    'ModifyLoadBalancerAttributes',
    { ...arn, Attributes: [{ Key: 'bogus', Value: '1' }] },
    "Load balancer attribute key 'bogus' is not recognized",
  );
  bench.refused(
    'InvalidConfigurationRequest',
    'ModifyLoadBalancerAttributes',
    { ...arn, Attributes: [{ Key: 'dns_record.client_routing_policy', Value: 'any_availability_zone' }] },
    "Load balancer attribute key 'dns_record.client_routing_policy' is not supported on load balancers with type 'application'",
  );
  for (const family of ['access_logs', 'connection_logs', 'health_check_logs']) {
    const on = { Key: `${family}.s3.enabled`, Value: 'true' };
    bench.refused('InvalidConfigurationRequest', 'ModifyLoadBalancerAttributes', { ...arn, Attributes: [on] }, /cannot be empty/);
    bench.call('ModifyLoadBalancerAttributes', { ...arn, Attributes: [on, { Key: `${family}.s3.bucket`, Value: 'my-logs' }] });
    bench.refused('InvalidConfigurationRequest', 'ModifyLoadBalancerAttributes', {
      ...arn,
      Attributes: [{ Key: `${family}.s3.bucket`, Value: '' }],
    });
  }
});

const SLOW = { Key: 'slow_start.duration_seconds', Value: '30' };
const STICKY = { Key: 'stickiness.enabled', Value: 'true' };
const RANDOM = { Key: 'load_balancing.algorithm.type', Value: 'weighted_random' };
const LEAST = { Key: 'load_balancing.algorithm.type', Value: 'least_outstanding_requests' };
const conflicts: [code: string, attributes: { Key: string; Value: string }[], words: RegExp][] = [
  ['InvalidConfigurationRequest', [SLOW, RANDOM], /^You cannot enable both slow start and weighted random algorithm on a target group$/],
  ['InvalidConfigurationRequest', [SLOW, LEAST], /slow start and least outstanding requests/],
  [
    'InvalidConfigurationRequest',
    [STICKY, RANDOM],
    /^You cannot have both stickiness and weighted random algorithm enabled on the same target group\.$/,
  ],
  ['InvalidConfigurationRequest', [{ Key: 'load_balancing.algorithm.anomaly_mitigation', Value: 'on' }], /anomaly mitigation/],
  ['InvalidConfigurationRequest', [STICKY, { Key: 'load_balancing.cross_zone.enabled', Value: 'false' }], /cross-zone/],
  ['ValidationError', [{ Key: 'stickiness.type', Value: 'app_cookie' }], /cookie_name/],
];
for (const [code, attributes, words] of conflicts) {
  t(`target group: ${attributes.map((each) => `${each.Key}=${each.Value}`).join(' with ')} is refused, at once or in two steps`, () => {
    const { bench, arn } = onTargetGroup();
    bench.refused(code, 'ModifyTargetGroupAttributes', { ...arn, Attributes: attributes }, words);
    for (const each of attributes.slice(0, -1)) bench.call('ModifyTargetGroupAttributes', { ...arn, Attributes: [each] });
    bench.refused(code, 'ModifyTargetGroupAttributes', { ...arn, Attributes: attributes.slice(-1) }, words);
  });
}

t('target group: conflicting settings can be changed for each other in one call', () => {
  const { bench, arn } = onTargetGroup();
  bench.call('ModifyTargetGroupAttributes', { ...arn, Attributes: [SLOW] });
  const anomaly = { Key: 'load_balancing.algorithm.anomaly_mitigation', Value: 'on' };
  bench.call('ModifyTargetGroupAttributes', { ...arn, Attributes: [{ ...SLOW, Value: '0' }, RANDOM, anomaly] });
  bench.call('ModifyTargetGroupAttributes', {
    ...arn,
    Attributes: [
      STICKY,
      { ...RANDOM, Value: 'round_robin' },
      { ...anomaly, Value: 'off' },
      { Key: 'stickiness.type', Value: 'app_cookie' },
      { Key: 'stickiness.app_cookie.cookie_name', Value: 'SID' },
    ],
  });
  assert.is(bench.elbv2.state.targetGroups()[0]?.attributes['stickiness.app_cookie.cookie_name'], 'SID');
});

t('a lambda group has keys of its own', () => {
  const subject = onTargetGroup({ TargetType: 'lambda', Protocol: undefined, Port: undefined, VpcId: undefined });
  const { bench, arn } = subject;
  const attributes = read(subject, 'TargetGroup');
  assert.is(attributes['lambda.multi_value_headers.enabled'], 'false');
  assert.is(attributes['stickiness.enabled'], undefined);
  bench.call('ModifyTargetGroupAttributes', { ...arn, Attributes: [{ Key: 'lambda.multi_value_headers.enabled', Value: 'true' }] });
  bench.refused('ValidationError', 'ModifyTargetGroupAttributes', {
    ...arn,
    Attributes: [{ Key: 'lambda.multi_value_headers.enabled', Value: 'x' }],
  });
  bench.refused('InvalidConfigurationRequest', 'ModifyTargetGroupAttributes', { ...arn, Attributes: [STICKY] });
  const plain = onTargetGroup();
  plain.bench.refused('InvalidConfigurationRequest', 'ModifyTargetGroupAttributes', {
    ...plain.arn,
    Attributes: [{ Key: 'lambda.multi_value_headers.enabled', Value: 'true' }],
  });
});

t('HTTPS-only listener keys come and go with the protocol', () => {
  const subject = onListener('HTTPS');
  const { bench, arn } = subject;
  const name = 'routing.http.request.x_amzn_tls_version.header_name';
  bench.call('ModifyListenerAttributes', {
    ...arn,
    Attributes: [
      { Key: name, Value: 'X-V' },
      { Key: 'routing.http.response.server.enabled', Value: 'false' },
    ],
  });
  bench.call('ModifyListener', { ...arn, Protocol: 'HTTP' });
  assert.is(read(subject, 'Listener')[name], undefined);
  assert.is(read(subject, 'Listener')['routing.http.response.server.enabled'], 'false');
  bench.refused(
    'InvalidConfigurationRequest',
    'ModifyListenerAttributes',
    { ...arn, Attributes: [{ Key: name, Value: 'X-V' }] },
    /protocol 'HTTP'/,
  );
});

t('attributes of what is not there', () => {
  const bench = createBench();
  const id = '0123456789abcdef';
  const base = 'arn:aws:elasticloadbalancing:us-east-1:123456789012:';
  bench.refused('LoadBalancerNotFound', 'DescribeLoadBalancerAttributes', { LoadBalancerArn: `${base}loadbalancer/app/x/${id}` });
  bench.refused('TargetGroupNotFound', 'DescribeTargetGroupAttributes', { TargetGroupArn: `${base}targetgroup/x/${id}` });
  bench.refused('ListenerNotFound', 'DescribeListenerAttributes', { ListenerArn: `${base}listener/app/x/${id}/${id}` });
  bench.refused('ValidationError', 'DescribeListenerAttributes', {}, 'A listener ARN must be specified');
});

t.run();
