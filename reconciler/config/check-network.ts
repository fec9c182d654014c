import type { Problem } from '../errors.ts';
import { contains, overlap } from '../model/codec.ts';
import { asList } from '../model/json.ts';
import type { Desired, Existing } from '../model/model.ts';
import { refsIn } from '../model/paths.ts';
import { pathOf } from '../model/sections.ts';
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
        'A subnet that exists already cannot be in a VPC that is made here.',
        'Give the VPC by id too: `vpc: { id: vpc-… }`.',
      );
    });
}

function checkSubnets({ vpc, subnets, region }: Network, report: Report): void {
  const range = vpc?.values['cidrBlock'];
  const seen: { name: string; cidr: string }[] = [];
  for (const subnet of subnets) {
    const zone = String(subnet.values['availabilityZone']);
    if (!zone.startsWith(region))
      report(subnet, 'availabilityZone', `\`${zone}\` is not in the region ${region}.`, `Write a zone such as \`${region}a\`.`);
    const cidr = String(subnet.values['cidrBlock']);
    if (typeof range === 'string' && !contains(range, cidr))
      report(subnet, 'cidrBlock', `\`${cidr}\` is not within the VPC's \`${range}\`.`, `Choose a part of ${range} (InvalidSubnet.Range).`);
    for (const other of seen) {
      if (overlap(other.cidr, cidr))
        report(
          subnet,
          'cidrBlock',
          `\`${cidr}\` overlaps \`${other.cidr}\` of subnet \`${other.name}\`.`,
          'Give each subnet addresses of its own (InvalidSubnet.Conflict).',
        );
    }
    seen.push({ name: nameOf(subnet.address), cidr });
  }
}

/** Ports of a rule are first and last (EC2: InvalidParameterValue); those of ICMP are type and code. */
export function checkRules(group: Desired, report: Report): void {
  for (const field of ['ingress', 'egress']) {
    for (const rule of (group.values[field] ?? []) as readonly SpecObject[]) {
      const [first, last] = [Number(rule['fromPort']), Number(rule['toPort'])];
      if (rule['protocol'] !== 'icmp' && first > last)
        report(group, field, `The ports ${first} to ${last} are in the wrong order.`, `Write \`ports: [${last}, ${first}]\`.`);
    }
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
  if (zones.size < 2 && !outside && made.length === chosen.length) {
    report(
      balancer,
      'subnets',
      `The subnets are all in one Availability Zone${zones.size === 1 ? `, ${[...zones.keys()].join('')}` : ''}.`,
      'A load balancer needs subnets in at least two zones (ValidationError).',
    );
    return;
  }
  for (const message of twice)
    report(balancer, 'subnets', message, 'A load balancer takes one subnet of each zone (InvalidConfigurationRequest).');
  if (balancer.values['ipAddressType'] === 'dualstack' && made.length > 0) {
    report(
      balancer,
      'ipAddressType',
      '`dualstack` needs subnets with IPv6 addresses, and subnets made here have none.',
      'Write `ipv4`, or give subnets with IPv6 addresses by id.',
    );
  }
}

const nameOf = (address: string): string => address.slice(address.indexOf('/') + 1);
