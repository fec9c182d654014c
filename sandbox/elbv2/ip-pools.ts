/**
 * Where a load balancer takes its addresses from: an IPAM pool for public IPv4 ones (API reference, IpamPools and ModifyIpPools), a
 * customer-owned pool on Outposts. Neither pool is looked up: the sandbox has no IPAM and no pools on Outposts.
 */
import { invalidConfiguration, validation } from './errors.ts';
import type { Input } from './input.ts';
import { namedLoadBalancer } from './load-balancer-lookup.ts';
import type { Call, Operations } from './operation.ts';
import type { LoadBalancerRecord } from './store.ts';
import type { XmlNode } from './xml.ts';

/** Reads `IpamPools`; undefined when absent. Patterns and lengths: service model, Ipv4IpamPoolId and CustomerOwnedIpv4Pool. */
export function readIpamPool(input: Input): string | undefined {
  const pools = input.nested('IpamPools');
  if (pools === undefined) return undefined;
  pools.sized('Ipv4IpamPoolId', 0, 1000);
  const pool = pools.matching('Ipv4IpamPoolId', /^(ipam-pool-)[a-zA-Z0-9]+$/);
  pools.settle();
  if (pool === undefined) throw validation('An IPv4 IPAM pool ID must be specified');
  return pool;
}

export function readCustomerOwnedPool(input: Input): string | undefined {
  input.sized('CustomerOwnedIpv4Pool', 0, 256);
  const pool = input.matching('CustomerOwnedIpv4Pool', /^(ipv4pool-coip-)[a-zA-Z0-9]+$/);
  input.settle();
  return pool;
}

/** An IPAM pool hands out public IPv4 addresses: a load balancer that has none cannot use one. */
export function checkIpamPool(pool: string | undefined, scheme: string, addressType: string): void {
  if (pool === undefined) return;
  if (scheme !== 'internet-facing')
    throw invalidConfiguration(`An IPAM pool can be specified only for load balancers with scheme 'internet-facing', not '${scheme}'`);
  if (addressType === 'dualstack-without-public-ipv4')
    throw invalidConfiguration(`An IPv4 IPAM pool cannot be used with the IP address type '${addressType}'`);
}

export function describePools(record: LoadBalancerRecord): XmlNode | undefined {
  return record.ipv4IpamPoolId === undefined ? undefined : { Ipv4IpamPoolId: record.ipv4IpamPoolId };
}

function modify(call: Call): XmlNode {
  const { input } = call;
  const record = namedLoadBalancer(call);
  const removed = input.texts('RemoveIpamPools') ?? [];
  for (const kind of removed) if (kind !== 'ipv4') input.violate('RemoveIpamPools', kind, 'Member must satisfy enum value set: [ipv4]');
  const pool = readIpamPool(input);
  input.settle();
  if (pool === undefined && removed.length === 0) throw validation('You must specify either IpamPools or RemoveIpamPools');
  if (pool !== undefined && removed.length > 0) throw validation('You cannot specify both IpamPools and RemoveIpamPools for ipv4');
  checkIpamPool(pool, record.scheme, record.ipAddressType);
  if (pool === undefined) delete record.ipv4IpamPoolId;
  else record.ipv4IpamPoolId = pool;
  return { IpamPools: describePools(record) };
}

export const ipPoolOperations: Operations = {
  ModifyIpPools: { params: ['LoadBalancerArn', 'IpamPools', 'RemoveIpamPools'], writes: true, run: modify },
};
