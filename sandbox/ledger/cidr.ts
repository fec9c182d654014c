/** IPv4 blocks as EC2 treats them: canonical on the way in (`10.9.3.7/16` becomes `10.9.0.0/16`), with AWS's size limits. */
import ipaddr from 'ipaddr.js';

export interface Block {
  readonly cidr: string;
  readonly prefix: number;
  /** First and last address as numbers. */
  readonly first: number;
  readonly last: number;
}

/** Undefined when `cidr` is not an IPv4 block. */
export function readBlock(cidr: string): Block | undefined {
  if (!/^\d{1,3}(\.\d{1,3}){3}\/\d{1,2}$/.test(cidr) || !ipaddr.IPv4.isValidCIDR(cidr)) return undefined;
  const [address, prefix] = ipaddr.IPv4.parseCIDR(cidr);
  const size = 2 ** (32 - prefix);
  const value = address.octets.reduce((sum, octet) => sum * 256 + octet, 0);
  const first = value - (value % size);
  return { cidr: `${writeAddress(first)}/${prefix}`, prefix, first, last: first + size - 1 };
}

export function writeAddress(value: number): string {
  return [value / 2 ** 24, value / 2 ** 16, value / 2 ** 8, value].map((part) => Math.floor(part) % 256).join('.');
}

const BLOCK_PARAMETER = /(^|\.)(CidrBlock|DestinationCidrBlock|CidrIp)$/;
const PROTOCOL_NAMES: Readonly<Record<string, string>> = { '6': 'tcp', '17': 'udp', '1': 'icmp', '58': 'icmpv6' };

/**
 * The parameters with every IPv4 block canonical and protocol numbers by name; protocol -1 loses its ports (API
 * reference of CreateVpc, CreateSubnet, CreateRoute, IpPermission). What is no block stays, for moto to refuse.
 */
export function canonicalise(params: Readonly<Record<string, string>>): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(params)) {
    if (BLOCK_PARAMETER.test(name)) result[name] = readBlock(value)?.cidr ?? value;
    else if (/(^|\.)IpProtocol$/.test(name)) result[name] = PROTOCOL_NAMES[value] ?? value;
    else result[name] = value;
  }
  for (const [name, value] of Object.entries(result)) {
    if (!name.endsWith('IpProtocol') || value !== '-1') continue;
    const prefix = name.slice(0, -'IpProtocol'.length);
    delete result[`${prefix}FromPort`];
    delete result[`${prefix}ToPort`];
  }
  return result;
}
