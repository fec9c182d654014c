/** Surface cases of load balancers. */
import * as assert from 'uvu/assert';
import type { Params } from './elbv2-bench.ts';
import { attributeCases, reads, type SurfaceCase, tagCases, type World } from './elbv2-surface.ts';
import { GROUPS, SUBNETS } from './sandbox-network.ts';

const BASE: Params = { Name: 'web', Subnets: [SUBNETS.a, SUBNETS.b] };

/** A field of CreateLoadBalancer: `[field, parameters, path it is read at, expected, illegal parameters, code]`. */
function created(
  ...[field, params, path, expected, illegal, code = 'ValidationError']: [string, Params, string, unknown, Params, string?]
): SurfaceCase {
  return {
    row: `loadBalancer.${field}`,
    works(world) {
      world.call('CreateLoadBalancer', { ...BASE, ...params });
      reads(world.call('DescribeLoadBalancers'), `LoadBalancers.0.${path}`, expected);
    },
    refused: (world) => {
      world.refused(code, 'CreateLoadBalancer', { ...BASE, ...illegal });
    },
  };
}

const capacity = (world: World, LoadBalancerArn: string, CapacityUnits: number | string): void => {
  world.call('ModifyCapacityReservation', { LoadBalancerArn, MinimumLoadBalancerCapacity: { CapacityUnits } });
};
const poolOf = (world: World): unknown => world.call('DescribeLoadBalancers').get('LoadBalancers.0.IpamPools');
const pool: Params = { IpamPools: { Ipv4IpamPoolId: 'ipam-pool-0a1b' } };
const BUCKET = (family: string) => ({ [`${family}.s3.bucket`]: 'logs' });

const logs = ['access_logs', 'connection_logs', 'health_check_logs'].flatMap(
  (family) =>
    [
      [`${family}.s3.enabled`, 'true', 'yes', 'ValidationError', BUCKET(family)],
      [`${family}.s3.bucket`, 'logs', 'No_Bucket'],
      [`${family}.s3.prefix`, 'web', 'x/AWSLogs'],
    ] as const,
);
const flags = [
  'deletion_protection.enabled',
  'ipv6.deny_all_igw_traffic',
  'zonal_shift.config.enabled',
  'routing.http.drop_invalid_header_fields.enabled',
  'routing.http.preserve_host_header.enabled',
  'routing.http.x_amzn_tls_version_and_cipher_suite.enabled',
  'routing.http.x_amzn_tls_kx.enabled',
  'routing.http.xff_client_port.enabled',
  'waf.fail_open.enabled',
].map((key) => [key, 'true', 'on'] as const);

export const loadBalancerCases: readonly SurfaceCase[] = [
  created('Name', { Name: 'my-web' }, 'LoadBalancerName', 'my-web', { Name: 'internal-web' }),
  created('Subnets[]', {}, 'AvailabilityZones.1.SubnetId', SUBNETS.b, { Subnets: [SUBNETS.a] }),
  created(
    'SubnetMappings[].SubnetId',
    { Subnets: undefined, SubnetMappings: [{ SubnetId: SUBNETS.b }, { SubnetId: SUBNETS.c }] },
    'AvailabilityZones.1.SubnetId',
    SUBNETS.c,
    { Subnets: undefined, SubnetMappings: [{ SubnetId: SUBNETS.a }, { SubnetId: SUBNETS.a2 }] },
    'InvalidConfigurationRequest',
  ),
  created(
    'SecurityGroups[]',
    { SecurityGroups: [GROUPS.web] },
    'SecurityGroups.0',
    GROUPS.web,
    { SecurityGroups: [GROUPS.other] },
    'InvalidConfigurationRequest',
  ),
  created('Scheme', { Scheme: 'internal' }, 'Scheme', 'internal', { Scheme: 'hidden' }),
  created('Type', { Type: 'application' }, 'Type', 'application', { Type: 'classic' }),
  created('IpAddressType', { IpAddressType: 'dualstack-without-public-ipv4' }, 'IpAddressType', 'dualstack-without-public-ipv4', {
    IpAddressType: 'ipv6',
  }),
  created('CustomerOwnedIpv4Pool', { CustomerOwnedIpv4Pool: 'ipv4pool-coip-0a' }, 'CustomerOwnedIpv4Pool', 'ipv4pool-coip-0a', {
    CustomerOwnedIpv4Pool: 'coip-0a',
  }),
  created('IpamPools.Ipv4IpamPoolId', pool, 'IpamPools.Ipv4IpamPoolId', 'ipam-pool-0a1b', { IpamPools: { Ipv4IpamPoolId: 'pool-0' } }),
  {
    row: 'loadBalancer.RemoveIpamPools[]',
    works(world) {
      const LoadBalancerArn = world.loadBalancer();
      reads(world.call('ModifyIpPools', { LoadBalancerArn, ...pool }), 'IpamPools.Ipv4IpamPoolId', 'ipam-pool-0a1b');
      assert.equal(poolOf(world), { Ipv4IpamPoolId: 'ipam-pool-0a1b' });
      world.call('ModifyIpPools', { LoadBalancerArn, RemoveIpamPools: ['ipv4'] });
      assert.is(poolOf(world), undefined);
    },
    refused(world) {
      const LoadBalancerArn = world.loadBalancer();
      world.refused('ValidationError', 'ModifyIpPools', { LoadBalancerArn, RemoveIpamPools: ['ipv6'] });
      world.refused('ValidationError', 'ModifyIpPools', { LoadBalancerArn, RemoveIpamPools: ['ipv4'], ...pool });
      world.refused('ValidationError', 'ModifyIpPools', { LoadBalancerArn });
    },
  },
  {
    row: 'loadBalancer.MinimumLoadBalancerCapacity.CapacityUnits',
    works(world) {
      const LoadBalancerArn = world.loadBalancer();
      capacity(world, LoadBalancerArn, 100);
      const answer = world.call('DescribeCapacityReservation', { LoadBalancerArn });
      reads(answer, 'MinimumLoadBalancerCapacity.CapacityUnits', 100);
      reads(answer, 'CapacityReservationState.0.State.Code', 'pending');
      world.settle();
      reads(world.call('DescribeCapacityReservation', { LoadBalancerArn }), 'CapacityReservationState.1', {
        State: { Code: 'provisioned' },
        AvailabilityZone: 'us-east-1b',
        EffectiveCapacityUnits: '50',
      });
    },
    refused(world) {
      const LoadBalancerArn = world.loadBalancer();
      const set = (CapacityUnits: number): Params => ({ LoadBalancerArn, MinimumLoadBalancerCapacity: { CapacityUnits } });
      world.refused('CapacityUnitsLimitExceeded', 'ModifyCapacityReservation', set(15_001));
      world.refused('ValidationError', 'ModifyCapacityReservation', set(0));
    },
  },
  {
    row: 'loadBalancer.ResetCapacityReservation',
    works(world) {
      const LoadBalancerArn = world.loadBalancer();
      capacity(world, LoadBalancerArn, 100);
      world.settle();
      world.call('ModifyCapacityReservation', { LoadBalancerArn, ResetCapacityReservation: true });
      assert.equal(world.call('DescribeCapacityReservation', { LoadBalancerArn }).all, {
        DecreaseRequestsRemaining: '1',
        CapacityReservationState: '',
      });
    },
    refused(world) {
      const params = {
        LoadBalancerArn: world.loadBalancer(),
        ResetCapacityReservation: true,
        MinimumLoadBalancerCapacity: { CapacityUnits: 1 },
      };
      world.refused('ValidationError', 'ModifyCapacityReservation', params);
    },
  },
  ...tagCases('loadBalancer', 'CreateLoadBalancer', () => BASE, 'LoadBalancers.0.LoadBalancerArn'),
  ...attributeCases('LoadBalancer', (world) => world.loadBalancer(), [
    ...logs,
    ...flags,
    ['load_balancing.cross_zone.enabled', 'true', 'false'],
    ['routing.http2.enabled', 'false', 'no'],
    ['idle_timeout.timeout_seconds', '4000', '4001'],
    ['client_keep_alive.seconds', '60', '59'],
    ['routing.http.desync_mitigation_mode', 'strictest', 'strict'],
    ['routing.http.xff_header_processing.mode', 'preserve', 'keep'],
  ]),
];
