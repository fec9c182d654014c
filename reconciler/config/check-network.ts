import type { Problem } from '../errors.ts';
import { contains, overlap } from '../model/ipv4.ts';
import { asList } from '../model/json.ts';
import type { Desired, Existing } from '../model/model.ts';
import { refsIn } from '../model/paths.ts';
import { pathOf } from '../model/sections.ts';
import { isEdgeZone, isRegion } from '../model/zones.ts';
import type { At, Report, SpecObject } from './draft.ts';
import { formatPath } from './path.ts';
import { oneProblem } from './places.ts';

interface Network {
  readonly vpc: Desired | undefined;
  readonly subnets: readonly Desired[];
  readonly balancer: Desired | undefined;
  readonly existing: readonly Existing[];
  readonly region: string;
}

/** Addresses and zones: EC2 API reference, CreateSubnet; ELBv2 API reference, CreateLoadBalancer. */
export function checkNetwork(network: Network, at: At, report: Report): readonly Problem[] {
  checkSubnets(network, report);
  if (network.balancer !== undefined) checkZones(network.balancer, network, report);
  if (network.vpc === undefined) return [];
  return network.existing
    .filter((entry) => entry.address.startsWith('subnet/'))
    .map((entry) => {
      const path = [...pathOf(entry.address), 'id'];
      return oneProblem(
        at(path),
        formatPath(path),
        'An existing subnet cannot be in a VPC that albedo creates.',
        'Give the VPC by id too: `vpc: { id: vpc-… }`.',
      );
    });
}

function checkSubnets({ vpc, subnets, region }: Network, report: Report): void {
  const range = vpc?.values['cidrBlock'];
  const seen: { name: string; cidr: string }[] = [];
  const parts = new Map<number, string>();
  for (const subnet of subnets) {
    const zone = String(subnet.values['availabilityZone']);
    // A region that is missing or malformed is told by itself, and says nothing of zones.
    if (isRegion(region) && !zone.startsWith(region))
      report(subnet, 'availabilityZone', `\`${zone}\` is not in the region ${region}.`, `Write a zone such as \`${region}a\`.`);
    const cidr = String(subnet.values['cidrBlock']);
    if (typeof range === 'string' && !contains(range, cidr))
      report(
        subnet,
        'cidrBlock',
        `\`${cidr}\` is not within the VPC's \`${range}\`.`,
        `Choose a range inside ${range} (InvalidSubnet.Range).`,
      );
    for (const other of seen) {
      if (overlap(other.cidr, cidr))
        report(
          subnet,
          'cidrBlock',
          `\`${cidr}\` overlaps \`${other.cidr}\` of subnet \`${other.name}\`.`,
          'Give each subnet its own range (InvalidSubnet.Conflict).',
        );
    }
    seen.push({ name: nameOf(subnet.address), cidr });
    const [part] = (subnet.values['ipv6'] ?? []) as readonly SpecObject[];
    if (part === undefined && subnet.values['assignIpv6AddressOnCreation'] === true)
      report(
        subnet,
        'assignIpv6AddressOnCreation',
        'The subnet has no IPv6 range, so instances cannot get IPv6 addresses.',
        'Add `ipv6: 0`: the number of its /64 in the block of the VPC.',
      );
    if (part === undefined) continue;
    if (vpc !== undefined && asList(vpc.values['ipv6']).length === 0)
      report(subnet, 'ipv6', 'The VPC has no IPv6 block.', 'Set `ipv6: true` on the VPC, or leave out `ipv6` here.');
    const holder = parts.get(Number(part['index']));
    if (holder !== undefined)
      report(
        subnet,
        'ipv6',
        `Number ${String(part['index'])} is already used by subnet \`${holder}\`.`,
        'Give each subnet its own number (InvalidSubnet.Conflict).',
      );
    parts.set(Number(part['index']), nameOf(subnet.address));
  }
}

/** What is given by id is checked when AWS has told its zone (`observe/given.ts`). */
function checkZones(balancer: Desired, { subnets, existing }: Network, report: Report): void {
  const chosen = refsIn(balancer.values['subnets']).map((ref) => ref.address);
  const made = chosen.flatMap((address) => subnets.filter((subnet) => subnet.address === address));
  const literal = asList(balancer.values['subnets']).length - chosen.length;
  const outside = literal > 0 || chosen.some((address) => existing.some((entry) => entry.address === address));
  const zones = new Map<string, string>();
  const twice: string[] = [];
  for (const subnet of made) {
    const zone = String(subnet.values['availabilityZone']);
    const other = zones.get(zone);
    if (other !== undefined) twice.push(`\`${nameOf(other)}\` and \`${nameOf(subnet.address)}\` are both in ${zone}.`);
    else zones.set(zone, subnet.address);
  }
  if (zones.size < 2 && !outside && made.length === chosen.length && !mayStandAlone(balancer, [...zones.keys()])) {
    report(
      balancer,
      'subnets',
      `The subnets are all in one Availability Zone${zones.size === 1 ? `, ${[...zones.keys()].join('')}` : ''}.`,
      'A load balancer needs subnets in at least two zones (ValidationError).',
    );
    return;
  }
  for (const message of twice)
    report(balancer, 'subnets', message, 'A load balancer uses one subnet in each zone (InvalidConfigurationRequest).');
  if (!String(balancer.values['ipAddressType']).startsWith('dualstack')) return;
  const lacking = made.filter((subnet) => asList(subnet.values['ipv6']).length === 0).map(({ address }) => `\`${nameOf(address)}\``);
  if (lacking.length > 0)
    report(
      balancer,
      'ipAddressType',
      `\`${String(balancer.values['ipAddressType'])}\` needs subnets with IPv6 addresses, and ${lacking.join(' and ')} ${lacking.length === 1 ? 'has' : 'have'} none.`,
      'Use `ipv4`, or set `ipv6: true` on the VPC and `ipv6: 0`, `ipv6: 1` on the subnets.',
    );
}

/**
 * Whether a load balancer may have one zone only: in a Local Zone, and on an Outpost, where its addresses come from a pool of the
 * customer's (CreateLoadBalancer, Subnets and CustomerOwnedIpv4Pool: ELBv2 API reference).
 */
const mayStandAlone = ({ values }: Pick<Desired, 'values'>, zones: readonly string[]): boolean =>
  values['customerOwnedIpv4Pool'] !== undefined || (zones.length > 0 && zones.every(isEdgeZone));

const nameOf = (address: string): string => address.slice(address.indexOf('/') + 1);
