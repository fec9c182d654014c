import { type Codec, constant, flag, numberOr, oneOf, physicalName, reference, seconds, setOf, text } from '../codec.ts';
import { attribute, create, DERIVED, type Fields, REQUIRED, UNMANAGED } from '../field.ts';
import { subnetsThatDo } from '../given.ts';
import { rawAttributes } from '../nested/raw-attributes.ts';
import { ELB_PAGE, ELB_TAGS } from '../read.ts';
import { kind } from '../values.ts';

/** Rows of the ELBv2 API reference: CreateLoadBalancer, SetSubnets, SetSecurityGroups, SetIpAddressType, LoadBalancerAttribute. */
export const loadBalancer = kind({
  name: 'loadBalancer',
  label: 'load balancer',
  service: 'elbv2',
  fields: {
    vpc: create(undefined, reference('vpc', 'id'), DERIVED, 'The VPC of its subnets.', { internal: true, read: 'VpcId' }),
    name: create('Name', physicalName(), DERIVED, 'The name in AWS, at most 32 characters. Default: made from the stack.', {
      read: 'LoadBalancerName',
    }),
    scheme: create('Scheme', oneOf('internet-facing', 'internal'), 'internet-facing', 'Whether clients on the internet reach it.'),
    ipAddressType: {
      wire: { how: 'setter', op: 'elbv2:SetIpAddressType', param: 'IpAddressType', setParam: 'IpAddressType' },
      codec: oneOf('ipv4', 'dualstack', 'dualstack-without-public-ipv4'),
      default: 'ipv4',
      doc: 'The address types that clients use. Internal load balancers support ipv4 or dualstack.',
      risk: [
        { risk: 'drop', reason: 'clients that reach it over IPv6 are cut off', reconnect: true, when: { to: ['ipv4'] } },
        {
          risk: 'drop',
          reason: 'clients that reach it over public IPv4 addresses are cut off',
          reconnect: true,
          when: { to: ['dualstack-without-public-ipv4'] },
        },
      ],
    },
    subnets: {
      wire: {
        how: 'setter',
        op: 'elbv2:SetSubnets',
        param: 'Subnets',
        setParam: 'Subnets',
        read: 'AvailabilityZones[].SubnetId',
        // Dualstack needs an IPv6 range in every subnet, and SetSubnets takes the type as well.
        with: { field: 'ipAddressType', param: 'IpAddressType', first: ['ipv4'] },
      },
      // Two in all but Outposts and Local Zones, where one is all there is: `check-network.ts` and `given.ts` tell.
      codec: setOf(reference('subnet', 'id'), { minItems: 1 }),
      // "You can specify only one subnet per Availability Zone" (SetSubnets, ELBv2 API reference).
      expandBeforeShrink: {
        oneOf: 'availabilityZone',
        seen: { list: 'AvailabilityZones[]', member: 'SubnetId', value: 'ZoneName' },
      },
      default: REQUIRED,
      doc: 'Two or more subnets, each in a different Availability Zone; or one subnet in a Local Zone or on an Outpost.',
      risk: [
        {
          risk: 'shift',
          reason: 'its addresses in {removed} leave DNS, and close within minutes',
          reconnect: true,
          when: { change: 'removed' },
        },
        { risk: 'shift', reason: 'its addresses there leave DNS, and close within minutes', reconnect: true, when: { renewed: true } },
      ],
    },
    securityGroups: {
      wire: { how: 'setter', op: 'elbv2:SetSecurityGroups', param: 'SecurityGroups', setParam: 'SecurityGroups' },
      codec: setOf(reference('securityGroup', 'id'), { minItems: 1, maxItems: 5 }),
      expandBeforeShrink: {},
      default: DERIVED,
      doc: 'Names or ids of its security groups. Default: albedo creates one that is open to the internet on the ports of the listeners.',
      risk: { risk: 'drop', reason: 'new connections that only {removed} allowed are refused', when: { change: 'removed' } },
    },
    ipamPool: {
      wire: { how: 'setter', op: 'elbv2:ModifyIpPools', param: 'IpamPools.Ipv4IpamPoolId', setParam: 'IpamPools.Ipv4IpamPoolId' },
      codec: ipamPool(),
      default: 'none',
      empty: { is: 'none', param: 'RemoveIpamPools', value: ['ipv4'] },
      // A pool hands out public IPv4 addresses (ModifyIpPools; Application Load Balancers guide, "IP address type").
      demands: [{ of: (pool) => pool !== 'none', kind: 'loadBalancer', field: 'ipAddressType', oneOf: ['ipv4', 'dualstack'] }],
      doc: 'The IPAM pool that public addresses come from, or none.',
      risk: { risk: 'shift', reason: 'its public addresses change one by one', reconnect: true },
    },
    customerOwnedIpv4Pool: create(
      'CustomerOwnedIpv4Pool',
      text({
        pattern: '^ipv4pool-coip-[0-9a-f]+$',
        patternMessage: 'a pool such as ipv4pool-coip-0123456789abcdef0',
        example: 'ipv4pool-coip-0123456789abcdef0',
      }),
      UNMANAGED,
      'The customer-owned address pool, on Outposts.',
    ),
    minimumCapacity: {
      wire: {
        how: 'setter',
        op: 'elbv2:ModifyCapacityReservation',
        setParam: 'MinimumLoadBalancerCapacity.CapacityUnits',
        read: 'Capacity.CapacityUnits',
      },
      codec: { ...numberOr('none', 1, 15000), read: (wire) => (wire === undefined || wire === null ? 'none' : Number(wire)) },
      default: UNMANAGED,
      awsDefault: 'none',
      empty: { is: 'none', param: 'ResetCapacityReservation', value: true },
      doc: 'Reserved load balancer capacity units, or none. Not managed when omitted, because reading it costs a call.',
    },
    accessLogs: logs('access', 'One line for each request'),
    connectionLogs: logs('connection', 'One line for each client connection'),
    healthCheckLogs: logs('health_check', 'One line for each health check'),
    crossZone: attribute(
      'load_balancing.cross_zone.enabled',
      constant(true),
      true,
      'Each zone sends requests to targets in all zones. An Application Load Balancer cannot turn it off; a target group can.',
    ),
    zonalShift: attribute('zonal_shift.config.enabled', flag(), false, 'Allow an ARC zonal shift to take a zone out of service.'),
    denyAllIgwTraffic: attribute(
      'ipv6.deny_all_igw_traffic',
      flag(),
      UNMANAGED,
      'Block traffic from internet gateways. The default in AWS depends on the scheme.',
      {
        defaultWhen: [
          { when: { scheme: ['internal'] }, value: true },
          { when: { scheme: ['internet-facing'] }, value: false },
        ],
        risk: { risk: 'drop', reason: 'requests that come through an internet gateway are refused', when: { to: [true] } },
      },
    ),
    // A connection on which an answer is awaited is idle too: HTTP 504 (troubleshooting, Application Load Balancer guide).
    idleTimeout: attribute('idle_timeout.timeout_seconds', seconds(1, 4000), 60, 'How long an idle connection is kept open.', {
      risk: {
        risk: 'shift',
        reason: 'connections that are idle for {after} are closed, even while a request waits for its response',
        reconnect: true,
        when: { change: 'lowered' },
      },
    }),
    clientKeepAlive: attribute('client_keep_alive.seconds', seconds(60, 604800), 3600, 'The longest life of a client connection.', {
      risk: {
        risk: 'shift',
        reason: 'client connections end after {after}, between two requests',
        reconnect: true,
        when: { change: 'lowered' },
      },
    }),
    deletionProtection: attribute('deletion_protection.enabled', flag(), false, 'Refuse to delete the load balancer while true.'),
    http2: attribute('routing.http2.enabled', flag(), true, 'Speak HTTP/2 to clients on HTTPS listeners.', {
      risk: { risk: 'drop', reason: 'clients that speak only HTTP/2, such as gRPC, are refused', reconnect: true, when: { to: [false] } },
    }),
    dropInvalidHeaderFields: attribute(
      'routing.http.drop_invalid_header_fields.enabled',
      flag(),
      false,
      'Remove headers with invalid names instead of forwarding them.',
      { risk: { risk: 'shift', reason: 'targets no longer get headers with invalid names', when: { to: [true] } } },
    ),
    preserveHostHeader: attribute('routing.http.preserve_host_header.enabled', flag(), false, 'Forward the Host header unchanged.', {
      risk: { risk: 'shift', reason: 'targets get a different Host header' },
    }),
    desyncMitigationMode: attribute(
      'routing.http.desync_mitigation_mode',
      oneOf('monitor', 'defensive', 'strictest'),
      'defensive',
      'What to do with requests that could smuggle another request (HTTP desync).',
      {
        risk: [
          { risk: 'drop', reason: 'requests that do not follow RFC 7230 exactly are refused', when: { to: ['strictest'] } },
          { risk: 'drop', reason: 'requests that could smuggle another request are refused', when: { from: ['monitor'] } },
        ],
      },
    ),
    xForwardedFor: attribute(
      'routing.http.xff_header_processing.mode',
      oneOf('append', 'preserve', 'remove'),
      'append',
      'What happens to the X-Forwarded-For header.',
      { risk: { risk: 'shift', reason: 'targets get another X-Forwarded-For header' } },
    ),
    xForwardedForClientPort: attribute('routing.http.xff_client_port.enabled', flag(), false, "Add the client's port to X-Forwarded-For.", {
      risk: { risk: 'shift', reason: 'targets get another X-Forwarded-For header' },
    }),
    tlsHeaders: attribute(
      'routing.http.x_amzn_tls_version_and_cipher_suite.enabled',
      flag(),
      false,
      'Send targets the TLS version and cipher of the client in headers.',
      { risk: { risk: 'shift', reason: 'targets no longer get these headers', when: { to: [false] } } },
    ),
    tlsKeyExchangeHeader: attribute(
      'routing.http.x_amzn_tls_kx.enabled',
      flag(),
      false,
      'Send targets the key exchange group of the client in the x-amzn-tls-kx header.',
    ),
    wafFailOpen: attribute('waf.fail_open.enabled', flag(), false, 'Let requests pass when AWS WAF does not answer.', {
      risk: { risk: 'shift', reason: 'requests are refused whenever AWS WAF does not answer', when: { to: [false] } },
    }),
    attributes: rawAttributes(),
  },
  read: {
    by: 'listed',
    op: 'elbv2:DescribeLoadBalancers',
    list: 'LoadBalancers',
    tags: ELB_TAGS,
    page: ELB_PAGE,
    within: { path: 'VpcId', kind: 'vpc' },
    tagType: 'elasticloadbalancing:loadbalancer/app',
    details: [
      { op: 'elbv2:DescribeLoadBalancerAttributes', param: 'LoadBalancerArn', from: 'LoadBalancerArn', keep: 'Attributes', always: true },
      {
        op: 'elbv2:DescribeCapacityReservation',
        param: 'LoadBalancerArn',
        from: 'LoadBalancerArn',
        keep: 'MinimumLoadBalancerCapacity',
        as: 'Capacity',
        ifSaid: 'minimumCapacity',
        optional: true,
      },
    ],
  },
  adoptable: 'loadbalancer/app/',
  outputs: {
    id: 'LoadBalancerArn',
    arn: 'LoadBalancerArn',
    dnsName: 'DNSName',
    zoneId: 'CanonicalHostedZoneId',
    name: 'LoadBalancerName',
    path: 'LoadBalancerArn|loadbalancer/',
  },
  create: {
    op: 'elbv2:CreateLoadBalancer',
    answer: 'LoadBalancers[0]',
    constants: { Type: 'application' },
    name: { param: 'Name', max: 32 },
    tags: { param: 'Tags' },
  },
  attributes: { op: 'elbv2:ModifyLoadBalancerAttributes', param: 'Attributes', read: 'Attributes', most: 20 },
  destroy: { op: 'elbv2:DeleteLoadBalancer', param: 'LoadBalancerArn' },
  given: subnetsThatDo,
  after: ['internetGateway'],
  risk: {
    replace: { risk: 'drop', reason: 'its DNS name changes: clients of [{dnsName}|the old one] lose access' },
    destroy: { risk: 'drop', reason: 'the DNS name [{dnsName}|of it] is deleted, so its clients lose access' },
  },
  condition: { state: 'State.Code', text: 'State.Reason', fine: ['active'] },
  consent: 'the DNS name changes',
  protection: 'deletionProtection',
  awaits: [
    {
      name: 'settled',
      op: 'elbv2:DescribeLoadBalancers',
      input: { LoadBalancerArns: ['{id}'] },
      path: 'LoadBalancers[].State.Code',
      atLeast: 1,
      // `failed` may still become active: the Terraform provider treats it as pending too (internal/service/elbv2/load_balancer.go).
      anyOf: ['active', 'active_impaired'],
      timeoutSeconds: 900,
      pollSeconds: 5,
      reasonPath: 'LoadBalancers[].State.Reason',
      words: 'active',
    },
    {
      // The interfaces stay for minutes and block groups, subnets and the gateway (Terraform provider, waitForALBNetworkInterfacesToDetach).
      name: 'gone',
      op: 'ec2:DescribeNetworkInterfaces',
      input: { Filters: [{ Name: 'description', Values: ['ELB {path}'] }] },
      path: 'NetworkInterfaces[].NetworkInterfaceId',
      anyOf: [],
      goneIsDone: true,
      timeoutSeconds: 2100,
      pollSeconds: 5,
      words: 'deleted with its network interfaces',
    },
  ],
});

function ipamPool(): Codec {
  const pool = text({
    pattern: '^(none|ipam-pool-[0-9a-f]+)$',
    patternMessage: 'none, or a pool such as ipam-pool-0123456789abcdef0',
    example: 'ipam-pool-0123456789abcdef0',
  });
  return { ...pool, type: 'IPAM pool or none', read: (wire) => (typeof wire === 'string' ? wire : 'none') };
}

/** The three attributes of one kind of log. AWS checks them together: a bucket that ELB may write to. */
function logs(kind: 'access' | 'connection' | 'health_check', what: string): Fields {
  const prefix = kind === 'access' ? 'accessLogs' : kind === 'connection' ? 'connectionLogs' : 'healthCheckLogs';
  const on = { when: { [`${prefix}.enabled`]: [true] }, together: prefix } as const;
  return {
    enabled: attribute(`${kind}_logs.s3.enabled`, flag(), false, `${what}, in an S3 bucket. On when a bucket is set.`, {
      groupDefault: true,
      together: prefix,
    }),
    bucket: attribute(
      `${kind}_logs.s3.bucket`,
      text({
        minLength: 3,
        maxLength: 63,
        pattern: '^[a-z0-9][a-z0-9.-]*[a-z0-9]$',
        patternMessage: 'the name of an S3 bucket',
        example: 'my-logs',
        legal: 'bucket',
      }),
      REQUIRED,
      'A bucket in the same region whose policy allows ELB to write.',
      on,
    ),
    prefix: attribute(
      `${kind}_logs.s3.prefix`,
      text({
        maxLength: 512,
        // cloudformation-coverage-roadmap#1928, ansible#55148: no slash at either end.
        pattern: '^(?!/|.*AWSLogs|.*/$)',
        patternMessage: 'a prefix without AWSLogs, and without a slash at its ends',
        example: 'web/prod',
      }),
      '',
      'The prefix of the log file names.',
      on,
    ),
  };
}
