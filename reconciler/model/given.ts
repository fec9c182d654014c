/**
 * What kinds want of that which a spec gives by id, once AWS has shown it: all in one VPC, in zones of their own, with room. Pure; each is
 * named in the row of its kind (`Kind.given`).
 */
import { addressTrouble, type Trouble } from './addresses.ts';
import { asList, isObject, type Json, type Position } from './json.ts';
import type { Existing, Observed, Stack } from './model.ts';
import { refsIn } from './paths.ts';
import { isEdgeZone } from './zones.ts';

/** Something that is given and will not do. */
export interface Misgiven extends Trouble {
  readonly path: string;
  readonly position?: Position;
}

export type Given = (stack: Stack, observed: Observed) => readonly Misgiven[];

type Outputs = Readonly<Record<string, string>>;

/** What is given and was found, with what AWS shows of it. */
const found = (stack: Stack, observed: Observed): readonly (readonly [Existing, Outputs])[] =>
  stack.existing.flatMap((entry) =>
    observed.unknown?.[entry.address] === undefined ? [[entry, observed.existing[entry.address] ?? {}] as const] : [],
  );

const misgiven = ({ address, position }: Existing, message: string, hint: string): Misgiven => ({ path: address, position, message, hint });

const hasIpv6 = (outputs: Outputs): boolean => outputs['ipv6'] !== undefined && !/^(disassociat|fail)/.test(outputs['ipv6State'] ?? '');

/** Of a VPC: everything of a stack is in it. */
export const inOneVpc: Given = (stack, observed) => {
  const vpc = observed.existing['vpc/main']?.['id'] ?? observed.live.find(({ kind }) => kind === 'vpc')?.id;
  if (vpc === undefined && !stack.desired.some(({ kind }) => kind === 'vpc')) return [];
  return found(stack, observed).flatMap(([entry, { id, vpc: own }]) => {
    if (own === undefined || own === vpc || entry.address === 'vpc/main') return [];
    if (vpc !== undefined)
      return [misgiven(entry, `\`${id ?? entry.address}\` is in ${own}, not in ${vpc}.`, 'All resources of a stack are in one VPC.')];
    if (id === undefined) return [];
    const message = `\`${id}\` is in ${own}, but the VPC of this stack does not exist yet.`;
    return [misgiven(entry, message, 'Give the VPC by id too: `vpc: { id: vpc-… }`.')];
  });
};

/** Of a subnet that is made here: its part of the IPv6 block of a VPC that is given. */
export const partOfBlock: Given = (stack, observed) => {
  const subnet = stack.desired.find(({ kind, values }) => kind === 'subnet' && asList(values['ipv6']).length > 0);
  if (subnet === undefined) return [];
  return found(stack, observed).flatMap(([entry, outputs]) =>
    entry.address !== 'vpc/main' || outputs['id'] === undefined || hasIpv6(outputs)
      ? []
      : [
          misgiven(
            entry,
            `\`${outputs['id']}\` has no IPv6 block, but subnet \`${subnet.address.slice('subnet/'.length)}\` needs a part of it.`,
            'Leave out `ipv6` of the subnet, or add an IPv6 block to the VPC.',
          ),
        ],
  );
};

/** Free addresses that a load balancer wants of each subnet (ELB user guide). */
const ROOM = 8;

/** Of a load balancer: its subnets. */
export const subnetsThatDo: Given = (stack, observed) => {
  const balancer = stack.desired.find(({ kind }) => kind === 'loadBalancer');
  const used = new Set<string>(refsIn(balancer?.values['subnets']).map(({ address }) => address));
  const zones = new Map<string, string>(
    stack.desired
      .filter(({ kind, address }) => kind === 'subnet' && used.has(address))
      .map(({ address, values }) => [String(values['availabilityZone']), address]),
  );
  const standing = observed.live.flatMap(({ kind, values }) => (kind === 'loadBalancer' ? asList(values['subnets']) : []));
  const type = String(balancer?.values['ipAddressType']);
  const given = found(stack, observed).filter(([{ address }]) => used.has(address));
  const wrong: Misgiven[] = [];
  for (const [entry, outputs] of given) {
    const tell = (message: string, hint: string) => void wrong.push(misgiven(entry, message, hint));
    const { id, availabilityZone: zone = '', free = ROOM } = outputs;
    if (type.startsWith('dualstack') && id !== undefined && !hasIpv6(outputs))
      tell(
        `\`${id}\` has no IPv6 addresses, but \`ipAddressType: ${type}\` needs them.`,
        'Add an IPv6 block to the subnet, or set `ipAddressType: ipv4`.',
      );
    const other = zones.get(zone);
    if (other !== undefined)
      tell(`\`${other.slice(other.indexOf('/') + 1)}\` is also in ${zone}.`, 'A load balancer uses one subnet in each zone.');
    zones.set(zone, entry.address);
    // What a load balancer stands in already has what it needs.
    if (Number(free) < ROOM && !standing.includes(id ?? ''))
      tell(`\`${id}\` has only ${free} free addresses.`, `A load balancer needs ${ROOM} in each subnet.`);
  }
  const literal = asList(balancer?.values['subnets']).length - used.size;
  const chosen = given.filter(([, { id }]) => id !== undefined);
  const there = chosen.find(([, { outpost }]) => outpost !== undefined);
  // What a load balancer stands in already has what it needs.
  const elsewhere = chosen.find(([, { outpost, id = '' }]) => outpost === undefined && !standing.includes(id));
  // A load balancer on an Outpost has one subnet, and only there addresses come from a pool of the customer's (CreateLoadBalancer,
  // Subnets and CustomerOwnedIpv4Pool: ELBv2 API reference).
  if (there !== undefined && zones.size + literal > 1)
    wrong.push(
      misgiven(
        there[0],
        `\`${there[1]['id']}\` is on an Outpost, where a load balancer uses one subnet only.`,
        'Leave out the other subnets.',
      ),
    );
  if (elsewhere !== undefined && balancer?.values['customerOwnedIpv4Pool'] !== undefined)
    wrong.push(
      misgiven(
        elsewhere[0],
        `\`${elsewhere[1]['id']}\` is not on an Outpost, but \`customerOwnedIpv4Pool\` is only for load balancers on an Outpost.`,
        'Use a subnet of the Outpost, or leave out the pool.',
      ),
    );
  const alone = there !== undefined || (zones.size > 0 && [...zones.keys()].every(isEdgeZone));
  const whole = wrong.length === 0 && literal === 0 && Object.keys(observed.unknown ?? {}).length === 0;
  const [first] = given[0] ?? [];
  return whole && zones.size < 2 && !alone && first !== undefined
    ? [
        misgiven(
          first,
          'The subnets of the load balancer are all in one Availability Zone.',
          'A load balancer needs subnets in at least two zones.',
        ),
      ]
    : wrong;
};

/** Of target groups: addresses that are in the VPC, or outside all of it. */
export const addressesThatDo: Given = (stack, observed) => {
  const blocks = Object.entries(observed.existing['vpc/main'] ?? {}).flatMap(([name, block]) => (/^block\d$/.test(name) ? [block] : []));
  const groups = stack.desired.filter(({ kind, values }) => kind === 'targetGroup' && values['targetType'] === 'ip');
  return (blocks.length === 0 ? [] : groups).flatMap(({ address, values, positions, position }) =>
    asList(values['targets']).flatMap((target: Json): readonly Misgiven[] => {
      const { id, zone } = isObject(target) ? target : {};
      if (typeof id !== 'string') return [];
      const family = String(values['ipAddressType'] ?? 'ipv4');
      const trouble = addressTrouble(id, zone === undefined ? undefined : String(zone), family, blocks, values['crossZone'] === 'false');
      const at = positions['targets'] ?? position;
      const path = `targetGroups.${address.slice('targetGroup/'.length)}.targets`;
      return trouble === undefined ? [] : [{ ...trouble, path, ...(at === undefined ? {} : { position: at }) }];
    }),
  );
};
