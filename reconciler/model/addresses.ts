/** Where a target by its address may be (RegisterTargets, TargetDescription and CreateTargetGroup, TargetType: ELBv2 API reference). */

import { contains } from './ipv4.ts';
import { parseAddress6 } from './ipv6.ts';

/** Addresses outside its VPC that a target group takes: RFC 1918 and RFC 6598. */
const PRIVATE = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10'];

export interface Trouble {
  readonly message: string;
  readonly hint: string;
}

/**
 * Why AWS would refuse an address, or nothing. `family` is that of the target group; `blocks` are the IPv4 networks of the VPC, undefined
 * while they are not known: then only the family is judged. `stays`: requests stay in their zone ("Cross-zone load balancing for target
 * groups", Application Load Balancers guide: zones by name go with that only, and `all` does not).
 */
export function addressTrouble(
  address: string,
  zone: string | undefined,
  family: string,
  blocks: readonly string[] | undefined,
  stays: boolean,
): Trouble | undefined {
  const own = address.includes(':') ? 'ipv6' : 'ipv4';
  if (own !== family)
    return {
      message: `\`${address}\` is an address of ${own === 'ipv6' ? 'IPv6' : 'IPv4'}, but the group has ${family === 'ipv6' ? 'IPv6' : 'IPv4'}.`,
      hint: `Write \`ipAddressType: ${own}\`, or another address.`,
    };
  if (own === 'ipv6')
    return parseAddress6(address) === undefined
      ? { message: `\`${address}\` is not an IPv6 address.`, hint: 'Write one such as `2001:db8::7`.' }
      : undefined;
  if (!contains('0.0.0.0/0', `${address}/32`))
    return { message: `\`${address}\` is not an IPv4 address.`, hint: 'Each number is 0 to 255, as in `10.0.1.7`.' };
  const isIn = (networks: readonly string[]): boolean => networks.some((network) => contains(network, `${address}/32`));
  if (blocks === undefined || isIn(blocks)) return undefined;
  if (!isIn(PRIVATE))
    return {
      message: `\`${address}\` is neither in the VPC (${blocks.join(', ')}) nor a private address.`,
      hint: 'A target group accepts addresses of its VPC, and addresses outside it in 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 and 100.64.0.0/10.',
    };
  const outside = `\`${address}\` is outside the VPC (${blocks.join(', ')})`;
  if (stays)
    return zone === undefined || zone === 'all'
      ? {
          message: `${outside}, and with \`crossZone: "false"\` it needs a zone of its own.`,
          hint: 'Add the zone from which it gets requests: `availabilityZone: us-east-1a`.',
        }
      : undefined;
  if (zone === undefined) return { message: `${outside}, and has no zone.`, hint: 'Add `availabilityZone: all`.' };
  return zone === 'all'
    ? undefined
    : {
        message: `${outside}, where a zone such as \`${zone}\` needs \`crossZone: "false"\`.`,
        hint: 'Write `availabilityZone: all`.',
      };
}
