/** Trials of everything AWS can change without making it anew, on `LIVE`: the tutorial's stack and a few things beside it. */
import type { Json } from '../../reconciler/model/json.ts';
import { type Spec, tutorial, withAt } from './contract-bench.ts';
import type { Edit, Trial } from './contract-trials.ts';

export const withEdits = (spec: Spec, edits: readonly Edit[]): Spec =>
  edits.reduce((made, [path, value]) => withAt(made, path.split('/'), value), spec);

const OWN_RULE = { port: 22, from: '10.0.0.0/16' };
const OWN_OUT = { port: 443, to: '10.0.0.0/16' };
const TRAFFIC = [{ port: 8080, from: '10.0.0.0/16' }];

/** A third zone, two groups said by hand, a second certificate, and a target group that no listener uses. */
export const liveStack = (): Spec =>
  withEdits(tutorial(), [
    ['network/subnets/c', { availabilityZone: 'us-east-1c', cidrBlock: '10.0.3.0/24' }],
    ['securityGroups/own', { description: 'Said by hand', ingress: [OWN_RULE], egress: [OWN_OUT] }],
    [
      'securityGroups/front',
      {
        ingress: [
          { port: 80, from: '0.0.0.0/0' },
          { port: 443, from: '0.0.0.0/0' },
        ],
      },
    ],
    ['securityGroups/back', { ingress: TRAFFIC }],
    ['certificates/spare', { selfSigned: { commonName: 'spare.example' } }],
    ['targetGroups/other', { port: 8080, targets: [] }],
  ]);

const rule = (more: Json) => [{ ...OWN_RULE, ...(more as object) }];
const out = (more: Json) => [{ ...OWN_OUT, ...(more as object) }];
const tcp = (from: number, to: number, peer: Json): Json => ({ protocol: 'tcp', fromPort: from, toPort: to, ...(peer as object) });
const INSIDE = { cidr: '10.0.0.0/16' };
const ingress = ['IpPermissions', 0] as const;
const egress = ['IpPermissionsEgress', 0] as const;

const own = (key: 'ingress' | 'egress', to: Json, after: Json, shows: Trial['shows']): Trial => ({
  on: 'own',
  to,
  before: [key === 'ingress' ? tcp(22, 22, INSIDE) : tcp(443, 443, INSIDE)],
  after: [after],
  ...(shows === undefined ? {} : { shows }),
});

const attribute = (to: Json, key: string, value: string, more: Partial<Trial> = {}): Trial => ({
  on: 'web',
  to,
  shows: [['attributes', key], value],
  ...more,
});
const balancer = (to: Json, key: string, value: string): Trial => ({ on: 'main', to, shows: [['attributes', key], value] });

/** `app_cookie` in force, for what only it has. */
const APP_COOKIE: readonly Edit[] = [['targetGroups/web/stickiness', { type: 'app_cookie', cookieName: 'SESSION' }]];

/** A group of HTTP/2 targets, for what only it has. */
const HTTP2: readonly Edit[] = [['targetGroups/calls', { port: 8081, protocolVersion: 'HTTP2' }]];

const placeholders = { type: 'redirect', protocol: '#{protocol}', host: '#{host}', port: '#{port}', path: '/#{path}', query: '#{query}' };
const redirect = (key: string, value: Json, api: string): Trial => ({
  on: 'http',
  existing: [['listeners/http', { protocol: 'HTTP', port: 80, redirect: { host: 'www.example', statusCode: 'HTTP_301' } }]],
  edits: [[`listeners/http/redirect/${key}`, value]],
  before: [{ ...placeholders, host: 'www.example', statusCode: 'HTTP_301' }],
  after: [{ ...placeholders, host: 'www.example', statusCode: 'HTTP_301', [key]: value }],
  shows: [['DefaultActions', 0, 'RedirectConfig', api], value],
});
const fixed = (key: string, value: Json, api: string): Trial => ({
  on: 'http',
  existing: [['listeners/http', { protocol: 'HTTP', port: 80, fixedResponse: { statusCode: '404' } }]],
  edits: [[`listeners/http/fixedResponse/${key}`, value]],
  before: [{ type: 'fixed-response', contentType: 'text/plain', messageBody: '', statusCode: '404' }],
  after: [{ type: 'fixed-response', contentType: 'text/plain', messageBody: '', statusCode: '404', [key]: value }],
  shows: [['DefaultActions', 0, 'FixedResponseConfig', api], value],
});
const forwardTo = (name: string): Json => [{ type: 'forward', targetGroup: { $ref: `targetGroup/${name}.arn` } }];
const refs = (kind: string, ...names: readonly string[]): Json => names.map((name) => ({ $ref: `${kind}/${name}.id` }));
const target = (name: string, port: number): Json => ({ id: { $ref: `instance/${name}.id`, ready: true }, port });

export const IN_PLACE: Readonly<Record<string, Trial>> = {
  'vpc ipv6': {
    on: 'main',
    to: true,
    before: [],
    after: [{ amazon: true }],
    also: ['update routeTable/public routes'],
    shows: [['Ipv6CidrBlockAssociationSet', 0, 'Ipv6CidrBlockState', 'State'], 'associated'],
  },
  'subnet ipv6': {
    on: 'c',
    to: 5,
    existing: [['network/vpc/ipv6', true]],
    before: [],
    after: [{ index: 5 }],
    shows: [['Ipv6CidrBlockAssociationSet', 0, 'Ipv6CidrBlockState', 'State'], 'associated'],
  },
  'subnet assignIpv6AddressOnCreation': {
    on: 'c',
    to: true,
    existing: [
      ['network/vpc/ipv6', true],
      ['network/subnets/c/ipv6', 5],
    ],
    shows: [['AssignIpv6AddressOnCreation'], true],
  },
  'subnet mapPublicIpOnLaunch': { on: 'c', to: false, shows: [['MapPublicIpOnLaunch'], false] },

  'securityGroup ingress protocol': own('ingress', rule({ protocol: 'udp' }), { ...(tcp(22, 22, INSIDE) as object), protocol: 'udp' }, [
    [...ingress, 'IpProtocol'],
    'udp',
  ]),
  'securityGroup ingress port': own('ingress', rule({ port: 2222 }), tcp(2222, 2222, INSIDE), [[...ingress, 'FromPort'], 2222]),
  'securityGroup ingress ports': own('ingress', [{ ports: [22, 25], from: '10.0.0.0/16' }], tcp(22, 25, INSIDE), [
    [...ingress, 'ToPort'],
    25,
  ]),
  'securityGroup ingress from.group': own(
    'ingress',
    rule({ from: { group: 'front' } }),
    tcp(22, 22, { group: { $ref: 'securityGroup/front.id' } }),
    [[...ingress, 'IpRanges'], []],
  ),
  'securityGroup ingress from.account': own(
    'ingress',
    rule({ from: { group: 'front', account: '222222222222' } }),
    tcp(22, 22, { group: { $ref: 'securityGroup/front.id' }, account: '222222222222' }),
    [[...ingress, 'UserIdGroupPairs', 0, 'UserId'], '222222222222'],
  ),
  'securityGroup ingress from.peering': own(
    'ingress',
    rule({ from: { group: 'front', account: '222222222222', peering: 'pcx-0123456789abcdef0' } }),
    tcp(22, 22, { group: { $ref: 'securityGroup/front.id' }, account: '222222222222', peering: 'pcx-0123456789abcdef0' }),
    [[...ingress, 'UserIdGroupPairs', 0, 'VpcPeeringConnectionId'], 'pcx-0123456789abcdef0'],
  ),
  'securityGroup ingress from.vpc': own(
    'ingress',
    rule({ from: { group: 'front', account: '222222222222', vpc: 'vpc-0123456789abcdef0' } }),
    tcp(22, 22, { group: { $ref: 'securityGroup/front.id' }, account: '222222222222', vpc: 'vpc-0123456789abcdef0' }),
    [[...ingress, 'UserIdGroupPairs', 0, 'VpcId'], 'vpc-0123456789abcdef0'],
  ),
  'securityGroup ingress from.prefixList': {
    on: 'own',
    to: rule({ from: { prefixList: 'com.amazonaws.global.cloudfront.origin-facing' }, description: 'edge' }),
    before: [tcp(22, 22, INSIDE)],
    after: /pl-[0-9a-f]+/,
    shows: [[...ingress, 'PrefixListIds', 0, 'Description'], 'edge'],
  },
  'securityGroup ingress type': own(
    'ingress',
    [{ protocol: 'icmp', type: 8, from: '10.0.0.0/16' }],
    { protocol: 'icmp', fromPort: 8, toPort: -1, ...INSIDE },
    [[...ingress, 'FromPort'], 8],
  ),
  'securityGroup ingress code': own(
    'ingress',
    [{ protocol: 'icmpv6', type: 1, code: 4, from: '2001:db8::/32' }],
    { protocol: 'icmpv6', fromPort: 1, toPort: 4, cidr: '2001:db8::/32' },
    [[...ingress, 'Ipv6Ranges', 0, 'CidrIpv6'], '2001:db8::/32'],
  ),
  'securityGroup ingress description': own('ingress', rule({ description: 'SSH' }), tcp(22, 22, { ...INSIDE, description: 'SSH' }), [
    [...ingress, 'IpRanges', 0, 'Description'],
    'SSH',
  ]),
  'securityGroup egress protocol': own(
    'egress',
    [{ protocol: 'icmp', to: '10.0.0.0/16' }],
    { protocol: 'icmp', fromPort: -1, toPort: -1, ...INSIDE },
    [[...egress, 'IpProtocol'], 'icmp'],
  ),
  'securityGroup egress port': own('egress', out({ port: 53 }), tcp(53, 53, INSIDE), [[...egress, 'FromPort'], 53]),
  'securityGroup egress ports': own('egress', [{ ports: [1, 65535], to: '10.0.0.0/16' }], tcp(1, 65535, INSIDE), [
    [...egress, 'ToPort'],
    65535,
  ]),
  'securityGroup egress to.group': own(
    'egress',
    out({ to: { group: 'front' } }),
    tcp(443, 443, { group: { $ref: 'securityGroup/front.id' } }),
    [[...egress, 'IpRanges'], []],
  ),
  'securityGroup egress to.account': own(
    'egress',
    out({ to: { group: 'front', account: '222222222222' } }),
    tcp(443, 443, { group: { $ref: 'securityGroup/front.id' }, account: '222222222222' }),
    [[...egress, 'UserIdGroupPairs', 0, 'UserId'], '222222222222'],
  ),
  'securityGroup egress to.peering': own(
    'egress',
    out({ to: { group: 'front', account: '222222222222', peering: 'pcx-0123456789abcdef0' } }),
    tcp(443, 443, { group: { $ref: 'securityGroup/front.id' }, account: '222222222222', peering: 'pcx-0123456789abcdef0' }),
    [[...egress, 'UserIdGroupPairs', 0, 'VpcPeeringConnectionId'], 'pcx-0123456789abcdef0'],
  ),
  'securityGroup egress to.vpc': own(
    'egress',
    out({ to: { group: 'front', account: '222222222222', vpc: 'vpc-0123456789abcdef0' } }),
    tcp(443, 443, { group: { $ref: 'securityGroup/front.id' }, account: '222222222222', vpc: 'vpc-0123456789abcdef0' }),
    [[...egress, 'UserIdGroupPairs', 0, 'VpcId'], 'vpc-0123456789abcdef0'],
  ),
  'securityGroup egress to.prefixList': {
    on: 'own',
    to: out({ to: { prefixList: 'com.amazonaws.global.cloudfront.origin-facing' }, description: 'edge' }),
    before: [tcp(443, 443, INSIDE)],
    after: /pl-[0-9a-f]+/,
    shows: [[...egress, 'PrefixListIds', 0, 'Description'], 'edge'],
  },
  'securityGroup egress type': own(
    'egress',
    [{ protocol: 'icmp', type: 8, to: '10.0.0.0/16' }],
    { protocol: 'icmp', fromPort: 8, toPort: -1, ...INSIDE },
    [[...egress, 'FromPort'], 8],
  ),
  'securityGroup egress code': own(
    'egress',
    [{ protocol: 'icmpv6', type: 1, code: 4, to: '2001:db8::/32' }],
    { protocol: 'icmpv6', fromPort: 1, toPort: 4, cidr: '2001:db8::/32' },
    [[...egress, 'Ipv6Ranges', 0, 'CidrIpv6'], '2001:db8::/32'],
  ),
  'securityGroup egress description': own('egress', out({ description: 'TLS' }), tcp(443, 443, { ...INSIDE, description: 'TLS' }), [
    [...egress, 'IpRanges', 0, 'Description'],
    'TLS',
  ]),

  'instance securityGroups': {
    on: 'web-1',
    to: ['own', 'back'],
    before: refs('securityGroup', 'instances'),
    after: refs('securityGroup', 'back', 'own'),
  },

  'targetGroup healthCheck.protocol': { on: 'other', to: 'HTTPS', shows: [['HealthCheckProtocol'], 'HTTPS'] },
  'targetGroup healthCheck.port': {
    on: 'other',
    to: '8081',
    also: ['update securityGroup/instances ingress'],
    shows: [['HealthCheckPort'], '8081'],
  },
  'targetGroup healthCheck.path': { on: 'web', to: '/', shows: [['HealthCheckPath'], '/'] },
  'targetGroup healthCheck.interval': { on: 'web', to: '15s', shows: [['HealthCheckIntervalSeconds'], 15] },
  'targetGroup healthCheck.timeout': { on: 'web', to: 4, shows: [['HealthCheckTimeoutSeconds'], 4] },
  'targetGroup healthCheck.healthyThreshold': { on: 'web', to: 3, shows: [['HealthyThresholdCount'], 3] },
  'targetGroup healthCheck.unhealthyThreshold': { on: 'web', to: 4, shows: [['UnhealthyThresholdCount'], 4] },
  'targetGroup healthCheck.matcher': { on: 'web', to: '200-299,301', shows: [['Matcher', 'HttpCode'], '200-299,301'] },
  'targetGroup healthCheck.grpcMatcher': {
    on: 'calls',
    to: '0,12-13',
    shows: [['Matcher', 'GrpcCode'], '0,12-13'],
    existing: [['targetGroups/calls', { port: 50051, protocolVersion: 'GRPC', healthCheck: { path: '/grpc.health.v1.Health/Check' } }]],
  },
  'targetGroup stickiness.enabled': attribute(false, 'stickiness.enabled', 'false'),
  'targetGroup stickiness.type': attribute('app_cookie', 'stickiness.type', 'app_cookie', {
    edits: [
      ['targetGroups/web/stickiness/duration', undefined],
      ['targetGroups/web/stickiness/cookieName', 'SESSION'],
    ],
    also: ['update targetGroup/web stickiness.type stickiness.cookieName'],
  }),
  'targetGroup stickiness.duration': attribute('7d', 'stickiness.lb_cookie.duration_seconds', '604800'),
  'targetGroup stickiness.cookieName': attribute('LOGIN', 'stickiness.app_cookie.cookie_name', 'LOGIN', { existing: APP_COOKIE }),
  'targetGroup stickiness.appCookieDuration': attribute('1s', 'stickiness.app_cookie.duration_seconds', '1', { existing: APP_COOKIE }),
  'targetGroup deregistrationDelay': attribute(0, 'deregistration_delay.timeout_seconds', '0'),
  'targetGroup slowStart': attribute('30s', 'slow_start.duration_seconds', '30'),
  'targetGroup algorithm': attribute('least_outstanding_requests', 'load_balancing.algorithm.type', 'least_outstanding_requests'),
  'targetGroup resetForwarding': attribute(true, 'routing.http2.rst_stream_error_forwarding.enabled', 'true', {
    on: 'calls',
    existing: HTTP2,
  }),
  'targetGroup wafInspection': attribute(
    'inspect_after_sufficient_data',
    'waf.http2.traffic_inspection_behavior',
    'inspect_after_sufficient_data',
    { on: 'calls', existing: HTTP2 },
  ),
  'targetGroup targets instance': {
    on: 'web',
    to: ['web-1'],
    before: [target('web-1', 8080), target('web-2', 8080)],
    after: [target('web-1', 8080)],
  },
  'targetGroup targets port': {
    on: 'other',
    to: [{ instance: 'web-1', port: 9000 }],
    existing: [['targetGroups/other/targets', ['web-1']]],
    before: [target('web-1', 8080)],
    after: [target('web-1', 9000)],
    also: ['update securityGroup/instances ingress'],
    shows: [['targets', 0, 'Port'], 9000],
  },

  'loadBalancer subnets': {
    on: 'main',
    to: ['a', 'b', 'c'],
    before: refs('subnet', 'a', 'b'),
    after: refs('subnet', 'a', 'b', 'c'),
    shows: [['AvailabilityZones', 'length'], 3],
  },
  'loadBalancer securityGroups': {
    on: 'main',
    to: ['front'],
    before: refs('securityGroup', 'load-balancer'),
    after: refs('securityGroup', 'front'),
    also: ['update securityGroup/instances ingress', 'destroy securityGroup/load-balancer'],
  },
  'loadBalancer idleTimeout': balancer('2m', 'idle_timeout.timeout_seconds', '120'),
  'loadBalancer clientKeepAlive': balancer('7d', 'client_keep_alive.seconds', '604800'),
  'loadBalancer deletionProtection': balancer(true, 'deletion_protection.enabled', 'true'),
  'loadBalancer http2': balancer(false, 'routing.http2.enabled', 'false'),
  'loadBalancer dropInvalidHeaderFields': balancer(true, 'routing.http.drop_invalid_header_fields.enabled', 'true'),
  'loadBalancer preserveHostHeader': balancer(true, 'routing.http.preserve_host_header.enabled', 'true'),
  'loadBalancer desyncMitigationMode': balancer('strictest', 'routing.http.desync_mitigation_mode', 'strictest'),
  'loadBalancer xForwardedFor': balancer('preserve', 'routing.http.xff_header_processing.mode', 'preserve'),
  'loadBalancer xForwardedForClientPort': balancer(true, 'routing.http.xff_client_port.enabled', 'true'),
  'loadBalancer tlsHeaders': balancer(true, 'routing.http.x_amzn_tls_version_and_cipher_suite.enabled', 'true'),
  'loadBalancer tlsKeyExchangeHeader': balancer(true, 'routing.http.x_amzn_tls_kx.enabled', 'true'),
  'loadBalancer wafFailOpen': balancer(true, 'waf.fail_open.enabled', 'true'),

  'listener protocol': {
    on: 'http',
    to: 'HTTPS',
    edits: [['listeners/http/certificate', 'site']],
    also: ['update listener/http protocol certificate'],
    shows: [['Protocol'], 'HTTPS'],
  },
  'listener port': { on: 'http', to: 8080, also: ['update securityGroup/load-balancer ingress'], shows: [['Port'], 8080] },
  'listener sslPolicy': {
    on: 'https',
    to: 'ELBSecurityPolicy-TLS13-1-2-2021-06',
    shows: [['SslPolicy'], 'ELBSecurityPolicy-TLS13-1-2-2021-06'],
  },
  'listener certificate': {
    on: 'https',
    to: 'spare',
    before: { $ref: 'certificate/site.arn', ready: true },
    after: { $ref: 'certificate/spare.arn', ready: true },
  },
  'listener defaultActions forward.targetGroups.targetGroup': {
    on: 'http',
    edits: [['listeners/http/forward', 'other']],
    before: forwardTo('web'),
    after: forwardTo('other'),
    shows: [['DefaultActions', 0, 'Type'], 'forward'],
  },
  'listener defaultActions redirect.protocol': redirect('protocol', 'HTTPS', 'Protocol'),
  'listener defaultActions redirect.host': redirect('host', 'other.example', 'Host'),
  'listener defaultActions redirect.port': redirect('port', '8443', 'Port'),
  'listener defaultActions redirect.path': redirect('path', '/new/#{path}', 'Path'),
  'listener defaultActions redirect.query': redirect('query', 'from=old', 'Query'),
  'listener defaultActions redirect.statusCode': redirect('statusCode', 'HTTP_302', 'StatusCode'),
  'listener defaultActions fixedResponse.statusCode': fixed('statusCode', '503', 'StatusCode'),
  'listener defaultActions fixedResponse.contentType': fixed('contentType', 'text/html', 'ContentType'),
  'listener defaultActions fixedResponse.messageBody': fixed('messageBody', 'Back soon', 'MessageBody'),
};
