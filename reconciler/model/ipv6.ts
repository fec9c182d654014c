/** IPv6 networks in canonical form (RFC 5952), as EC2 answers them whatever notation it was given. */

interface Network6 {
  readonly base: bigint;
  readonly prefix: number;
}

/** An IPv6 address as a number; undefined when it is none. Zones (`%eth0`) and IPv4 tails (`::ffff:1.2.3.4`) are none: EC2 takes neither. */
export function parseAddress6(written: string): bigint | undefined {
  if (!/^[0-9a-f:]+$/i.test(written)) return undefined;
  const halves = written.split('::');
  if (halves.length > 2) return undefined;
  const [head = [], tail = []] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const groups = [...head, ...Array.from({ length: halves.length === 1 ? 0 : missing }, () => '0'), ...tail];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return groups.reduce((sum, group) => (sum << 16n) | BigInt(Number.parseInt(group, 16)), 0n);
}

function parseCidr6(written: string): Network6 | undefined {
  const [, text = '', size = ''] = /^([^/]+)\/(\d{1,3})$/.exec(written) ?? [];
  const address = parseAddress6(text);
  const prefix = Number(size);
  if (address === undefined || prefix > 128) return undefined;
  const rest = BigInt(128 - prefix);
  return { base: (address >> rest) << rest, prefix };
}

/** `2001:DB8:0::1/32` -> `2001:db8::/32`; undefined when it is no IPv6 network. */
export function canonicalCidr6(written: string): string | undefined {
  const network = parseCidr6(written);
  return network === undefined ? undefined : `${formatAddress6(network.base)}/${network.prefix}`;
}

/** The longest run of two or more groups of zeros is left out, the first of equally long ones (RFC 5952, 4.2). */
function formatAddress6(address: bigint): string {
  const groups = Array.from({ length: 8 }, (_, index) => ((address >> BigInt(112 - index * 16)) & 0xffffn).toString(16));
  const runs = [...groups.join(':').matchAll(/(?<![0-9a-f])0(?::0(?![0-9a-f]))+/g)];
  const longest = runs.reduce((best, run) => (run[0].length > best.length ? run[0] : best), '');
  if (longest === '') return groups.join(':');
  const text = groups.join(':');
  const at = runs.find((run) => run[0] === longest)?.index ?? 0;
  return `${text.slice(0, at).replace(/:$/, '')}::${text.slice(at + longest.length).replace(/^:/, '')}`;
}

/** Whether `inner` lies wholly within `outer`; false when one of them is no IPv6 network. */
export function contains6(outer: string, inner: string): boolean {
  const [a, b] = [parseCidr6(outer), parseCidr6(inner)];
  if (a === undefined || b === undefined || b.prefix < a.prefix) return false;
  const rest = BigInt(128 - a.prefix);
  return b.base >> rest === a.base >> rest;
}

/** The /64 with this number, 0 to 255, of a /56: what a subnet takes of the block of its VPC. Undefined when `block` is no /56. */
export function subnetBlock(block: string, index: number): string | undefined {
  const network = parseCidr6(block);
  if (network === undefined || network.prefix !== 56 || index < 0 || index > 255) return undefined;
  return `${formatAddress6(network.base + (BigInt(index) << 64n))}/64`;
}

/** Which of the 256 /64 of its /56 a subnet's block is; undefined when it is no /64. */
export function subnetIndex(block: string): number | undefined {
  const network = parseCidr6(block);
  return network === undefined || network.prefix !== 64 ? undefined : Number((network.base >> 64n) & 0xffn);
}
