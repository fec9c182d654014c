import type { Problem } from '../errors.ts';
import { addressTrouble } from '../model/addresses.ts';
import { asList, type Json, type JsonObject } from '../model/json.ts';
import { kindOf } from '../model/kinds.ts';
import type { Observed, Stack } from '../model/model.ts';
import { refsIn } from '../model/paths.ts';

/**
 * What the spec takes for granted and AWS must confirm before anything is planned: that what is given by id exists, in
 * this VPC, in zones of its own, with room for a load balancer (eight free addresses a subnet, ELB user guide).
 */
export function checkExisting(stack: Stack, observed: Observed): readonly Problem[] {
  const problems: Problem[] = [];
  const report = (entry: Stack['existing'][number], message: string, hint: string) =>
    problems.push({ ...entry.position, path: entry.address, message, hint, severity: 'error' });
  const vpc = observed.existing['vpc/main']?.['id'] ?? observed.live.find(({ kind }) => kind === 'vpc')?.id;
  const made = vpc === undefined && stack.desired.some(({ kind }) => kind === 'vpc');
  const balancer = stack.desired.find((entry) => entry.kind === 'loadBalancer');
  const used = new Set(refsIn(balancer?.values['subnets']).map((ref) => ref.address));
  const zones = new Map<string, string>(
    stack.desired
      .filter((entry) => entry.kind === 'subnet' && used.has(entry.address))
      .map((entry) => [String(entry.values['availabilityZone']), entry.address]),
  );
  const standing = observed.live.flatMap((live) => (live.kind === 'loadBalancer' ? idsIn(live.values['subnets'] ?? []) : []));
  for (const entry of stack.existing) {
    const code = observed.unknown?.[entry.address];
    // What is wrong with a prefix list is told by `prefix-lists.ts`.
    if (code !== undefined && !entry.address.startsWith('prefixList/')) {
      const said = code === '' ? '' : ` (${code})`;
      report(
        entry,
        `There is no ${kindOf(entry.address).label} \`${entry.outputs['id'] ?? ''}\` in ${stack.region}${said}.`,
        'Check the id, the region, and the account of the credentials.',
      );
      continue;
    }
    const outputs = observed.existing[entry.address] ?? {};
    if (vpc !== undefined && outputs['vpc'] !== undefined && entry.address !== 'vpc/main' && outputs['vpc'] !== vpc)
      report(
        entry,
        `\`${outputs['id'] ?? entry.address}\` is in ${outputs['vpc']}, not in ${vpc}.`,
        'Everything of a stack is in one VPC.',
      );
    if (made && outputs['vpc'] !== undefined && outputs['id'] !== undefined)
      report(
        entry,
        `\`${outputs['id']}\` is in ${outputs['vpc']}, and the VPC of this stack is yet to be made.`,
        'Give the VPC by id too: `vpc: { id: vpc-… }`.',
      );
    if (entry.address === 'vpc/main' && outputs['id'] !== undefined && !hasIpv6(outputs)) {
      const subnet = stack.desired.find(
        ({ kind, values }) => kind === 'subnet' && ((values['ipv6'] ?? []) as readonly unknown[]).length > 0,
      );
      if (subnet !== undefined)
        report(
          entry,
          `\`${outputs['id']}\` has no IPv6 block, of which subnet \`${subnet.address.slice(7)}\` is to have a part.`,
          'Leave out `ipv6` of the subnet, or give the VPC a block.',
        );
    }
    if (!used.has(entry.address)) continue;
    if (String(balancer?.values['ipAddressType']).startsWith('dualstack') && outputs['id'] !== undefined && !hasIpv6(outputs))
      report(
        entry,
        `\`${outputs['id']}\` has no IPv6 addresses, and \`ipAddressType: ${String(balancer?.values['ipAddressType'])}\` needs them.`,
        'Give the subnet an IPv6 block, or write `ipAddressType: ipv4`.',
      );
    const zone = outputs['availabilityZone'] ?? '';
    const other = zones.get(zone);
    if (other !== undefined)
      report(entry, `\`${other.slice(other.indexOf('/') + 1)}\` is in ${zone} too.`, 'A load balancer takes one subnet of each zone.');
    zones.set(zone, entry.address);
    // What a load balancer stands in already has what it needs.
    if (Number(outputs['free'] ?? 8) < 8 && !standing.includes(outputs['id'] ?? ''))
      report(entry, `Only ${outputs['free']} addresses are free in \`${outputs['id']}\`.`, 'A load balancer needs 8 in each subnet.');
  }
  const literal = ((balancer?.values['subnets'] ?? []) as readonly unknown[]).length - used.size;
  const blocks = Object.entries(observed.existing['vpc/main'] ?? {}).flatMap(([name, block]) => (/^block\d$/.test(name) ? [block] : []));
  for (const group of blocks.length === 0
    ? []
    : stack.desired.filter(({ kind, values }) => kind === 'targetGroup' && values['targetType'] === 'ip'))
    for (const { id = null, zone } of (group.values['targets'] ?? []) as readonly JsonObject[]) {
      const family = String(group.values['ipAddressType'] ?? 'ipv4');
      const trouble =
        typeof id === 'string'
          ? addressTrouble(id, zone === undefined ? undefined : String(zone), family, blocks, group.values['crossZone'] === 'false')
          : undefined;
      if (trouble !== undefined)
        problems.push({
          ...(group.positions['targets'] ?? group.position ?? { file: stack.file, line: 1, column: 1 }),
          path: `targetGroups.${group.address.slice('targetGroup/'.length)}.targets`,
          ...trouble,
          severity: 'error',
        });
    }
  const onOutpost = ({ address }: Stack['existing'][number]): boolean => observed.existing[address]?.['outpost'] !== undefined;
  const chosen = stack.existing.filter(({ address }) => used.has(address) && observed.existing[address]?.['id'] !== undefined);
  // A load balancer on an Outpost has one subnet, and only there addresses come from a pool of the customer's (CreateLoadBalancer,
  // Subnets and CustomerOwnedIpv4Pool: ELBv2 API reference).
  const [first, other] = [chosen.find(onOutpost), chosen.find((entry) => !onOutpost(entry))];
  if (first !== undefined && zones.size + literal > 1)
    report(first, `\`${first.outputs['id']}\` is on an Outpost, where a load balancer has one subnet.`, 'Leave out the other subnets.');
  if (other !== undefined && balancer?.values['customerOwnedIpv4Pool'] !== undefined)
    report(
      other,
      `\`${other.outputs['id']}\` is not on an Outpost, and \`customerOwnedIpv4Pool\` is for load balancers there.`,
      'Name a subnet of the Outpost, or leave the pool out.',
    );
  const alone =
    first !== undefined || (zones.size > 0 && [...zones.keys()].every((zone) => /^[a-z]{2}(-[a-z]+)+-\d-[a-z]+-\d[a-z]$/.test(zone)));
  if (problems.length === 0 && literal === 0 && zones.size < 2 && stack.existing.length > 0 && !alone) {
    const lone = stack.existing.find((entry) => used.has(entry.address));
    if (lone !== undefined)
      report(
        lone,
        'The subnets of the load balancer are all in one Availability Zone.',
        'A load balancer needs subnets in at least two zones.',
      );
  }
  return problems;
}

const hasIpv6 = (outputs: Readonly<Record<string, string>>): boolean =>
  outputs['ipv6'] !== undefined && !/^(disassociat|fail)/.test(outputs['ipv6State'] ?? '');

const idsIn = (subnets: Json): readonly string[] => asList(subnets).filter((id): id is string => typeof id === 'string');
