/** IPv4 networks in canonical form, as AWS answers them (it clears the host bits: CreateVpc, CreateSubnet, EC2 API reference). */

interface Network {
  readonly base: number;
  readonly prefix: number;
}

export function parseCidr(written: string): Network | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(written);
  if (match === null) return undefined;
  const octets = match.slice(1, 5).map(Number);
  const prefix = Number(match[5]);
  if (octets.some((octet) => octet > 255) || prefix > 32) return undefined;
  const address = octets.reduce((sum, octet) => sum * 256 + octet, 0);
  const size = 2 ** (32 - prefix);
  return { base: Math.floor(address / size) * size, prefix };
}

export function canonicalCidr(written: string): string | undefined {
  const network = parseCidr(written);
  if (network === undefined) return undefined;
  const octets = [24, 16, 8, 0].map((shift) => Math.floor(network.base / 2 ** shift) % 256);
  return `${octets.join('.')}/${network.prefix}`;
}

/** Whether `inner` lies wholly within `outer`. */
export function contains(outer: string, inner: string): boolean {
  const [a, b] = [parseCidr(outer), parseCidr(inner)];
  if (a === undefined || b === undefined) return false;
  return b.prefix >= a.prefix && b.base >= a.base && b.base < a.base + 2 ** (32 - a.prefix);
}

export function overlap(left: string, right: string): boolean {
  return contains(left, right) || contains(right, left);
}
