import { addressTrouble } from '../model/addresses.ts';
import type { Json, JsonObject } from '../model/json.ts';
import type { Desired } from '../model/model.ts';
import { refsIn } from '../model/paths.ts';
import type { Report } from './draft.ts';

/** Targets by address, where the file says what the VPC has; in a VPC given by its id the plan tells (`observe/given.ts`). */
export function checkAddresses(groups: readonly Desired[], vpc: Desired | undefined, report: Report): void {
  const block = vpc?.values['cidrBlock'];
  for (const group of groups) {
    if (group.values['targetType'] !== 'ip') continue;
    for (const { id = null, zone } of (group.values['targets'] ?? []) as readonly JsonObject[]) {
      if (typeof id !== 'string') continue;
      const family = String(group.values['ipAddressType'] ?? 'ipv4');
      const trouble = addressTrouble(
        id,
        zone === undefined ? undefined : String(zone),
        family,
        typeof block === 'string' ? [block] : undefined,
        group.values['crossZone'] === 'false',
      );
      if (trouble !== undefined) report(group, 'targets', trouble.message, trouble.hint);
    }
  }
}

/** Targets by IPv6 are reached from load balancers that have IPv6 themselves (CreateTargetGroup, IpAddressType: ELBv2 API reference). */
export function checkFamilies(groups: readonly Desired[], balancer: Desired | undefined, others: readonly Desired[], report: Report): void {
  if (balancer?.values['ipAddressType'] !== 'ipv4') return;
  for (const group of groups) {
    const used = (values: Readonly<Record<string, Json>>): boolean =>
      refsIn(Object.values(values)).some(({ address }) => address === group.address);
    if (group.values['ipAddressType'] !== 'ipv6' || !others.some(({ values }) => used(values))) continue;
    report(
      group,
      'ipAddressType',
      'A load balancer with `ipAddressType: ipv4` cannot reach IPv6 targets.',
      'Set `ipAddressType: dualstack` on the load balancer, or `ipv4` here.',
    );
  }
}
