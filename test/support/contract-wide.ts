/** Trials on a stack that needs no traffic: attributes, rules, sign-in, client certificates, groups of every kind of target. */

import type { Json } from '../../reconciler/model/json.ts';
import { LISTENER_ATTRIBUTES, LOAD_BALANCER_ATTRIBUTES, TARGET_GROUP_ATTRIBUTES } from '../../sandbox/elbv2/attribute-tables.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { createAuthority } from './certificate-authority.ts';
import type { Spec } from './contract-bench.ts';
import type { Edit } from './contract-trials.ts';
import { actionTrials } from './contract-wide-auth.ts';
import { RULE_TRIALS } from './contract-wide-rules.ts';
import type { WideTrial } from './contract-wide-run.ts';

const place = (key: string): Json => ({ bucket: 'authorities', key });

export const wideStack = (): Spec => ({
  stack: 'wide',
  region: 'us-east-1',
  network: {
    vpc: { cidrBlock: '10.0.0.0/16' },
    subnets: {
      a: { availabilityZone: 'us-east-1a', cidrBlock: '10.0.1.0/24' },
      b: { availabilityZone: 'us-east-1b', cidrBlock: '10.0.2.0/24' },
    },
  },
  certificates: { site: { selfSigned: { commonName: 'wide.example' } }, spare: { selfSigned: { commonName: 'spare.example' } } },
  trustStores: { people: { bundle: place('people.pem') }, staff: { bundle: place('people.pem') } },
  targetGroups: {
    web: { port: 8080 },
    other: { port: 8080 },
    addresses: { targetType: 'ip', port: 8080 },
    function: { targetType: 'lambda' },
  },
  loadBalancer: { subnets: ['a', 'b'] },
  listeners: {
    http: { protocol: 'HTTP', port: 80, forward: 'web' },
    https: {
      protocol: 'HTTPS',
      port: 443,
      certificate: 'site',
      forward: 'web',
      rules: { one: { if: { path: ['/one'] }, forward: 'web' } },
    },
  },
});

/** The attribute that AWS adds tomorrow. */
const TOMORROW = 'routing.http.tomorrow.enabled';

/** Puts bundles and lists of revoked certificates into S3; answers the versions of one bundle, oldest first. */
export async function stockObjects({ objects }: Sandbox): Promise<readonly string[]> {
  const [people, staff] = [await createAuthority('People'), await createAuthority('Staff')];
  objects.put('elsewhere', 'people.pem', people.pem);
  objects.put('authorities', 'staff.pem', staff.pem);
  objects.put('authorities', 'revoked.pem', await people.crl(2));
  objects.put('authorities', 'more.pem', await people.crl(3));
  objects.put('elsewhere', 'revoked.pem', await people.crl(1));
  const lists = [objects.put('authorities', 'old.pem', await people.crl(1)), objects.put('authorities', 'old.pem', await people.crl(2))];
  return [
    objects.put('authorities', 'people.pem', people.pem),
    objects.put('authorities', 'people.pem', `${people.pem}${staff.pem}`),
    ...lists,
  ];
}

/** From now on AWS has an attribute that no field knows. */
export function addTomorrow(): void {
  for (const { rows } of [LISTENER_ATTRIBUTES, LOAD_BALANCER_ATTRIBUTES, TARGET_GROUP_ATTRIBUTES])
    (rows as unknown as object[]).push({ key: TOMORROW, initial: 'false', check: () => undefined });
}

const attribute = (on: string, values: readonly Json[], key: string, more: Partial<WideTrial> = {}): WideTrial => ({
  on,
  values,
  shows: [['attributes', key], String(values.at(-1))],
  ...more,
});

function logs(name: string, key: string): Readonly<Record<string, WideTrial>> {
  const existing: readonly Edit[] = [[`loadBalancer/${name}`, { bucket: 'my-logs' }]];
  return {
    // The bucket goes with it, and AWS keeps it while the logs are off: in the other trials, `enabled` follows from a bucket.
    [`loadBalancer ${name}.enabled`]: {
      on: 'main',
      at: name,
      values: [{ enabled: true, bucket: `${name.toLowerCase()}-on` }],
      fields: [`${name}.enabled ${name}.bucket`],
      shows: [['attributes', `${key}.s3.enabled`], 'true'],
    },
    [`loadBalancer ${name}.bucket`]: attribute('main', ['other-logs', 'more-logs'], `${key}.s3.bucket`, { existing }),
    [`loadBalancer ${name}.prefix`]: attribute('main', ['one', 'two'], `${key}.s3.prefix`, { existing }),
  };
}

const header = (name: string, key: string): [string, WideTrial] => [
  `listener requestHeaders.${name}`,
  attribute('https', ['X-One', 'X-Two'], `routing.http.request.${key}.header_name`),
];
const answer = (name: string, key: string, ...values: readonly Json[]): [string, WideTrial] => [
  `listener responseHeaders.${name}`,
  attribute('http', values, `routing.http.response.${key}.header_value`),
];
const health = (name: string, key: string): [string, WideTrial] => [
  `targetGroup groupHealth.${name}`,
  attribute('other', name.endsWith('count') ? [2, 3] : [50, 60], `target_group_health.${key}`),
];
const VERIFY: readonly Edit[] = [['listeners/https/mutualAuthentication', { mode: 'verify', trustStore: 'people' }]];
const tried = (key: string, value: Json, shown: unknown = value): WideTrial => ({
  on: 'https',
  existing: VERIFY,
  values: [value],
  shows: [['MutualAuthentication', key], shown],
});
const target = (...targets: readonly Json[]): Json => targets;
const FUNCTION = 'arn:aws:lambda:us-east-1:123456789012:function:';

/** `versions`: of `authorities/people.pem` (two) and of `authorities/old.pem` (two). */
export const wideTrials = (versions: readonly string[]): Readonly<Record<string, WideTrial>> => ({
  'trustStore name': { on: 'staff', values: ['said-by-hand', 'said-anew'], verb: 'replace', stays: true, shows: [['Name'], 'said-anew'] },
  'trustStore bundle bucket': { on: 'staff', values: ['elsewhere'], shows: [['NumberOfCaCertificates'], 1] },
  'trustStore bundle key': { on: 'staff', values: ['staff.pem'], shows: [['NumberOfCaCertificates'], 1] },
  'trustStore bundle version': { on: 'staff', values: versions.slice(0, 2), shows: [['NumberOfCaCertificates'], 2] },
  'trustStore revocations bucket': {
    on: 'staff',
    at: 'revocations',
    values: [[place('revoked.pem')], [{ bucket: 'elsewhere', key: 'revoked.pem' }]],
    shows: [['TotalRevokedEntries'], 1],
  },
  'trustStore revocations key': {
    on: 'staff',
    at: 'revocations',
    values: [[place('revoked.pem')], [place('more.pem')]],
    shows: [['TotalRevokedEntries'], 3],
  },
  'trustStore revocations version': {
    on: 'staff',
    at: 'revocations',
    values: versions.slice(2, 4).map((version) => [{ bucket: 'authorities', key: 'old.pem', version }]),
    shows: [['TotalRevokedEntries'], 2],
  },

  'targetGroup targetControlPort': {
    on: 'other',
    values: [3000, 'off', 3001],
    verb: 'replace',
    stays: true,
    shows: [['TargetControlPort'], 3001],
  },
  'targetGroup healthCheck.enabled': { on: 'function', values: [true], shows: [['HealthCheckEnabled'], true] },
  'targetGroup anomalyMitigation': attribute('other', ['on'], 'load_balancing.algorithm.anomaly_mitigation', {
    existing: [['targetGroups/other/algorithm', 'weighted_random']],
  }),
  'targetGroup crossZone': attribute('other', ['true', 'false'], 'load_balancing.cross_zone.enabled'),
  ...Object.fromEntries([
    health('dnsFailover.count', 'dns_failover.minimum_healthy_targets.count'),
    health('dnsFailover.percentage', 'dns_failover.minimum_healthy_targets.percentage'),
    health('unhealthyStateRouting.count', 'unhealthy_state_routing.minimum_healthy_targets.count'),
    health('unhealthyStateRouting.percentage', 'unhealthy_state_routing.minimum_healthy_targets.percentage'),
  ]),
  'targetGroup multiValueHeaders': attribute('function', [true], 'lambda.multi_value_headers.enabled'),
  'targetGroup targets ip': {
    on: 'addresses',
    at: 'targets',
    values: [target({ ip: '10.0.1.7' }), target({ ip: '10.0.1.8' })],
    opaque: true,
    stays: true,
    shows: [['targets', 0, 'Id'], '10.0.1.8'],
  },
  'targetGroup targets lambda': {
    on: 'function',
    at: 'targets',
    values: [target({ lambda: `${FUNCTION}one` }), target({ lambda: `${FUNCTION}two` })],
    stays: true,
  },
  'targetGroup targets availabilityZone': {
    on: 'addresses',
    at: 'targets',
    values: [target({ ip: '192.168.0.7', availabilityZone: 'all' }), target({ ip: '192.168.0.8', availabilityZone: 'all' })],
    opaque: true,
    stays: true,
    shows: [['targets', 0, 'AvailabilityZone'], 'all'],
  },
  'targetGroup attributes': attribute('other', [{ [TOMORROW]: 'one' }, { [TOMORROW]: 'two' }], TOMORROW, {
    stays: true,
    shows: [['attributes', TOMORROW], 'two'],
  }),

  'loadBalancer ipamPool': {
    on: 'main',
    values: ['ipam-pool-0123456789abcdef0', 'ipam-pool-0123456789abcdef1'],
    shows: [['IpamPools', 'Ipv4IpamPoolId'], 'ipam-pool-0123456789abcdef1'],
  },
  'loadBalancer customerOwnedIpv4Pool': {
    on: 'main',
    values: ['ipv4pool-coip-0123456789abcdef0', 'ipv4pool-coip-0123456789abcdef1'],
    verb: 'replace',
    stays: true,
    shows: [['CustomerOwnedIpv4Pool'], 'ipv4pool-coip-0123456789abcdef1'],
    // A target group serves one load balancer, so a new one needs a new group beside the old one.
    also: [
      'replace listener/http loadBalancer defaultActions',
      'replace listener/https loadBalancer defaultActions',
      'replace rule/https.one listener actions',
      'replace targetGroup/web name',
    ],
  },
  // "You can only decrease the reserved capacity two times per day": up, and then down once.
  'loadBalancer minimumCapacity': { on: 'main', values: [100, 200, 'none'], stays: true },
  ...logs('accessLogs', 'access_logs'),
  ...logs('connectionLogs', 'connection_logs'),
  ...logs('healthCheckLogs', 'health_check_logs'),
  'loadBalancer zonalShift': attribute('main', [true], 'zonal_shift.config.enabled'),
  'loadBalancer denyAllIgwTraffic': attribute('main', [true, false], 'ipv6.deny_all_igw_traffic', { stays: true }),
  'loadBalancer attributes': attribute('main', [{ [TOMORROW]: 'one' }, { [TOMORROW]: 'two' }], TOMORROW, {
    stays: true,
    shows: [['attributes', TOMORROW], 'two'],
  }),

  'listener additionalCertificates': { on: 'https', values: [['spare'], []], stays: true },
  'listener mutualAuthentication mode': {
    on: 'https',
    at: 'mutualAuthentication',
    values: [{ mode: 'passthrough' }, { mode: 'verify', trustStore: 'people' }],
    shows: [['MutualAuthentication', 'Mode'], 'verify'],
  },
  'listener mutualAuthentication trustStore': { on: 'https', existing: VERIFY, values: ['staff'] },
  'listener mutualAuthentication ignoreClientCertificateExpiry': tried('IgnoreClientCertificateExpiry', true),
  'listener mutualAuthentication advertiseTrustStoreCaNames': tried('AdvertiseTrustStoreCaNames', 'on'),
  ...Object.fromEntries([
    header('clientCertSerialNumber', 'x_amzn_mtls_clientcert_serial_number'),
    header('clientCertIssuer', 'x_amzn_mtls_clientcert_issuer'),
    header('clientCertSubject', 'x_amzn_mtls_clientcert_subject'),
    header('clientCertValidity', 'x_amzn_mtls_clientcert_validity'),
    header('clientCertLeaf', 'x_amzn_mtls_clientcert_leaf'),
    header('clientCert', 'x_amzn_mtls_clientcert'),
    header('tlsVersion', 'x_amzn_tls_version'),
    header('tlsCipherSuite', 'x_amzn_tls_cipher_suite'),
    answer('strictTransportSecurity', 'strict_transport_security', 'max-age=1', 'max-age=2'),
    answer('accessControlAllowOrigin', 'access_control_allow_origin', 'https://example.com', '*'),
    answer('accessControlAllowMethods', 'access_control_allow_methods', 'GET', 'GET,POST'),
    answer('accessControlAllowHeaders', 'access_control_allow_headers', 'X-One', '*'),
    answer('accessControlAllowCredentials', 'access_control_allow_credentials', 'true'),
    answer('accessControlExposeHeaders', 'access_control_expose_headers', 'X-One', 'X-Two'),
    answer('accessControlMaxAge', 'access_control_max_age', '600', '700'),
    answer('contentSecurityPolicy', 'content_security_policy', "default-src 'self'", "default-src 'none'"),
    answer('xContentTypeOptions', 'x_content_type_options', 'nosniff'),
    answer('xFrameOptions', 'x_frame_options', 'DENY', 'SAMEORIGIN'),
  ]),
  'listener responseHeaders.server': attribute('http', [false], 'routing.http.response.server.enabled'),
  'listener attributes': attribute('http', [{ [TOMORROW]: 'one' }, { [TOMORROW]: 'two' }], TOMORROW, {
    stays: true,
    shows: [['attributes', TOMORROW], 'two'],
  }),
  ...actionTrials('listener', 'defaultActions', 'https', 'listeners/https', 'DefaultActions'),

  ...RULE_TRIALS,
  ...actionTrials('rule', 'actions', 'https.one', 'listeners/https/rules/one', 'Actions'),
  'rule actions forward.targetGroups.targetGroup': {
    on: 'https.one',
    at: 'forward',
    values: ['other', { targetGroups: [{ targetGroup: 'web' }, { targetGroup: 'other' }] }],
  },
});
