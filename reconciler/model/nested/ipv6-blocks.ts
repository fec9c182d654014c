import { type Codec, canonical, deferred, sameSet, sortSet } from '../codec.ts';
import { subnetIndex } from '../ipv6.ts';
import type { Json, JsonObject } from '../json.ts';

/** Blocks that were given back stay in the answer for a while (EC2 API reference, VpcCidrBlockState; hashicorp/terraform issue 12895). */
const stands = (association: JsonObject): boolean =>
  ['associated', 'associating'].includes(String((association['Ipv6CidrBlockState'] as JsonObject | undefined)?.['State']));

const AMAZON = { amazon: true };

/** The IPv6 block of a VPC: `true` is one member, a /56 of Amazon's. One from a pool of the account's own stays what it is: no spec can say it. */
export function vpcBlock(): Codec<Json, readonly { readonly AmazonProvidedIpv6CidrBlock: boolean }[]> {
  return {
    type: 'true or false',
    unordered: true,
    schema: { type: 'boolean' },
    parse: (written) => (written === true ? [AMAZON] : written === false ? [] : written),
    say: (value) => (canonical(value) === canonical([AMAZON]) ? true : canonical(value) === '[]' ? false : value),
    write: (value) => (value as readonly Json[]).map(() => ({ AmazonProvidedIpv6CidrBlock: true })),
    equal: sameSet,
    read: (wire) =>
      sortSet(
        (Array.isArray(wire) ? (wire as readonly JsonObject[]) : []).filter(stands).map((association): Json => {
          const { Ipv6Pool: pool, Ipv6CidrBlock: block } = association;
          return typeof pool === 'string' && pool !== '' && pool !== 'Amazon' ? { pool, block: block ?? null } : AMAZON;
        }),
      ),
  };
}

/**
 * The /64 of a subnet, by its number in the /56 of the VPC, which AWS chooses: so the number is all that a spec can say. The block itself is
 * worked out when the step runs and the VPC has one.
 */
export function subnetBlocks(): Codec<Json, readonly { readonly Ipv6CidrBlock: string }[]> {
  return {
    type: 'number or false',
    unordered: true,
    schema: {
      anyOf: [
        { type: 'integer', minimum: 0, maximum: 255 },
        { type: 'boolean', const: false },
      ],
      'x-example': 0,
    },
    parse: (written) => (written === false ? [] : typeof written === 'number' ? [{ index: written }] : written),
    say: (value) => {
      const [only, ...others] = value as readonly JsonObject[];
      return only === undefined ? false : others.length === 0 && typeof only['index'] === 'number' ? only['index'] : value;
    },
    write: (value) =>
      (value as readonly JsonObject[]).map(({ index }) => ({
        Ipv6CidrBlock: deferred(`ipv6-subnet:${String(index)}`, { $ref: 'vpc/main.id', complete: true }),
      })),
    equal: sameSet,
    read: (wire) =>
      sortSet(
        (Array.isArray(wire) ? (wire as readonly JsonObject[]) : []).filter(stands).map((association): Json => {
          const block = String(association['Ipv6CidrBlock'] ?? '');
          const index = subnetIndex(block);
          return index === undefined ? { block } : { index };
        }),
      ),
    conflicts: (a, b) => canonical(a) !== '[]' && canonical(a) === canonical(b),
  };
}
