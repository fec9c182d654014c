import { flag, oneOf, physicalName, reference, seconds, setOf } from '../codec.ts';
import { DERIVED, REQUIRED, attribute, create, type Kind } from '../field.ts';

/** Rows of the ELBv2 API reference: CreateLoadBalancer, SetSubnets, SetSecurityGroups, SetIpAddressType, LoadBalancerAttribute. */
export const loadBalancer: Kind = {
  name: 'loadBalancer',
  label: 'load balancer',
  service: 'elbv2',
  fields: {
    vpc: create(undefined, reference('vpc', 'id'), DERIVED, 'The VPC of its subnets.', { internal: true, read: 'VpcId' }),
    name: create('Name', physicalName(), DERIVED, 'The name in AWS, at most 32 characters. Default: made from the stack.', { read: 'LoadBalancerName' }),
    scheme: create('Scheme', oneOf('internet-facing', 'internal'), 'internet-facing', 'Whether clients on the internet reach it.'),
    ipAddressType: {
      wire: { how: 'setter', op: 'elbv2:SetIpAddressType', param: 'IpAddressType', setParam: 'IpAddressType' },
      codec: oneOf('ipv4', 'dualstack'), default: 'ipv4', doc: 'The addresses that clients use.',
    },
    subnets: {
      wire: { how: 'setter', op: 'elbv2:SetSubnets', param: 'Subnets', setParam: 'Subnets', read: 'AvailabilityZones[].SubnetId' },
      codec: setOf(reference('subnet', 'id'), { minItems: 2 }), default: REQUIRED, doc: 'Two or more subnets, each in another Availability Zone.',
      risk: { risk: 'shift', reason: 'the addresses in a zone that is left close within minutes' },
    },
    securityGroups: {
      wire: { how: 'setter', op: 'elbv2:SetSecurityGroups', param: 'SecurityGroups', setParam: 'SecurityGroups' },
      codec: setOf(reference('securityGroup', 'id'), { minItems: 1, maxItems: 5 }), default: DERIVED,
      doc: 'Names or ids of its security groups. Default: one made on your behalf, open to the world on the ports of the listeners.',
    },
    idleTimeout: attribute('idle_timeout.timeout_seconds', seconds(1, 4000), 60, 'How long an idle connection is kept open.'),
    clientKeepAlive: attribute('client_keep_alive.seconds', seconds(60, 604800), 3600, 'The longest life of a client connection.'),
    deletionProtection: attribute('deletion_protection.enabled', flag(), false, 'Refuse to delete the load balancer while true.'),
    http2: attribute('routing.http2.enabled', flag(), true, 'Speak HTTP/2 to clients on HTTPS listeners.'),
    dropInvalidHeaderFields: attribute('routing.http.drop_invalid_header_fields.enabled', flag(), false, 'Remove headers with illegal names instead of passing them on.'),
    preserveHostHeader: attribute('routing.http.preserve_host_header.enabled', flag(), false, 'Pass the Host header on unchanged.'),
    desyncMitigationMode: attribute('routing.http.desync_mitigation_mode', oneOf('monitor', 'defensive', 'strictest'), 'defensive', 'How requests that could smuggle another are treated.'),
    xForwardedFor: attribute('routing.http.xff_header_processing.mode', oneOf('append', 'preserve', 'remove'), 'append', 'What happens to the X-Forwarded-For header.'),
    xForwardedForClientPort: attribute('routing.http.xff_client_port.enabled', flag(), false, 'Add the client\'s port to X-Forwarded-For.'),
    tlsHeaders: attribute('routing.http.x_amzn_tls_version_and_cipher_suite.enabled', flag(), false, 'Tell targets the TLS version and cipher of the client in headers.'),
    wafFailOpen: attribute('waf.fail_open.enabled', flag(), false, 'Let requests pass when AWS WAF cannot be asked.'),
  },
  read: {
    by: 'listed', op: 'elbv2:DescribeLoadBalancers', list: 'LoadBalancers',
    details: [{ op: 'elbv2:DescribeLoadBalancerAttributes', param: 'LoadBalancerArn', from: 'LoadBalancerArn', keep: 'Attributes', always: true }],
  },
  outputs: { id: 'LoadBalancerArn', arn: 'LoadBalancerArn', dnsName: 'DNSName', zoneId: 'CanonicalHostedZoneId', name: 'LoadBalancerName', path: 'LoadBalancerArn|loadbalancer/' },
  create: { op: 'elbv2:CreateLoadBalancer', answer: 'LoadBalancers[0]', constants: { Type: 'application' }, name: { param: 'Name', max: 32 }, tags: { param: 'Tags' } },
  attributes: { op: 'elbv2:ModifyLoadBalancerAttributes', param: 'Attributes', read: 'Attributes', most: 20 },
  destroy: { op: 'elbv2:DeleteLoadBalancer', param: 'LoadBalancerArn' },
  after: ['internetGateway'],
  risk: { replace: 'drop', destroy: 'drop', reason: 'its DNS name changes: clients of the old name are cut off' },
  consent: 'the DNS name changes',
  protection: 'deletionProtection',
  awaits: [
    {
      name: 'settled', op: 'elbv2:DescribeLoadBalancers', input: { LoadBalancerArns: ['{id}'] }, path: 'LoadBalancers[].State.Code', atLeast: 1,
      // `failed` may still become active: the Terraform provider treats it as pending too (internal/service/elbv2/load_balancer.go).
      anyOf: ['active', 'active_impaired'], timeoutSeconds: 900, pollSeconds: 5, reasonPath: 'LoadBalancers[].State.Reason', words: 'active',
    },
    {
      // The interfaces stay for minutes and block groups, subnets and the gateway (Terraform provider, waitForALBNetworkInterfacesToDetach).
      name: 'gone', op: 'ec2:DescribeNetworkInterfaces',
      input: { Filters: [{ Name: 'description', Values: ['ELB {path}'] }] }, path: 'NetworkInterfaces[].NetworkInterfaceId',
      anyOf: [], goneIsDone: true, timeoutSeconds: 2100, pollSeconds: 5, words: 'gone with its network interfaces',
    },
  ],
};
