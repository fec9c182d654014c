/** Who a security group rule lets in, or where it lets out to. Rows: IpRange, Ipv6Range, PrefixListId and UserIdGroupPair, EC2 API reference. */
import { type Codec, isRef, type ReadContext, type Reference, reference, text } from '../codec.ts';
import { REQUIRED } from '../field.ts';
import { canonicalCidr } from '../ipv4.ts';
import { canonicalCidr6 } from '../ipv6.ts';
import { isObject, type Json, type JsonObject } from '../json.ts';
import { ABSENT, key, object, type Spreads } from '../rows.ts';
import { UNKNOWN, unknownOf } from '../unknown.ts';

const PREFIX_LIST_ID = /^pl-[0-9a-f]{8,17}$/;

const network = (canonical: (written: string) => string | undefined): Codec<string, string> => ({
  ...text(),
  read: (wire) => (typeof wire === 'string' ? (canonical(wire) ?? wire) : undefined),
});

/** By its id, or by a name that is looked up. */
function prefixList(): Codec<Reference, string> {
  const named = reference('prefixList', 'id');
  return {
    ...named,
    schema: text({
      pattern: '^(pl-[0-9a-f]{8,17}|[A-Za-z0-9][A-Za-z0-9._-]{0,254})$',
      patternMessage: 'the id or the name of a prefix list, such as com.amazonaws.global.cloudfront.origin-facing',
      example: 'com.amazonaws.global.cloudfront.origin-facing',
    }).schema,
    parse: (written) => (PREFIX_LIST_ID.test(String(written)) ? String(written) : named.parse(written)),
  };
}

const beside = { beside: 'group' } as const;

const LIST = {
  prefixList: key(
    'PrefixListId',
    prefixList(),
    REQUIRED,
    'The id or the name of a prefix list. Its maximum number of entries counts against the quota of rules.',
  ),
};

const GROUP = {
  group: key('GroupId', reference('securityGroup', 'id'), REQUIRED, 'The name or id of a security group.'),
  account: key(
    'UserId',
    text({ pattern: '^\\d{12}$', patternMessage: 'the twelve digits of an AWS account, in quotes' }),
    ABSENT,
    'The account of the group, if it is a different one.',
    beside,
  ),
  peering: key(
    'VpcPeeringConnectionId',
    text({ pattern: '^pcx-[0-9a-f]{8,17}$', patternMessage: 'an id such as pcx-0123456789abcdef0' }),
    ABSENT,
    'The peering connection to the VPC of the group, if it is in a different VPC.',
    beside,
  ),
  vpc: key(
    'VpcId',
    text({ pattern: '^vpc-[0-9a-f]{8,17}$', patternMessage: 'an id such as vpc-0123456789abcdef0' }),
    ABSENT,
    'The VPC of the group, if it is a different one.',
    beside,
  ),
};

/** Of each list of an IpPermission, what stands in it. The first key of a structure is what it cannot be without. */
const LISTS = {
  IpRanges: object({ cidr: key('CidrIp', network(canonicalCidr), REQUIRED, 'An IPv4 network.') }),
  Ipv6Ranges: object({ cidr: key('CidrIpv6', network(canonicalCidr6), REQUIRED, 'An IPv6 network.') }),
  PrefixListIds: object(LIST),
  UserIdGroupPairs: object(GROUP, { shown: ['GroupName', 'PeeringStatus'] }),
};

/** A peer that is said by more than a text. */
const named = object({ ...LIST, ...GROUP }, { exactlyOne: ['prefixList', 'group'] });

const listOf = ({ cidr, prefixList: list }: JsonObject): keyof typeof LISTS =>
  cidr !== undefined
    ? isObject(cidr) || !String(cidr).includes(':')
      ? 'IpRanges'
      : 'Ipv6Ranges'
    : list === undefined
      ? 'UserIdGroupPairs'
      : 'PrefixListIds';

type Peer = JsonObject;
type Sent = { readonly [L in keyof typeof LISTS]?: readonly ReturnType<(typeof LISTS)[L]['write']>[] };

/**
 * A peer, by the keys of one of the structures: `cidr`, canonical; `prefixList`; or `group`, with `account`, `peering` or `vpc` where it
 * is not one of this account's in this VPC. On the wire it is the only entry of its list.
 */
export const peer: Codec<Peer, Sent> & Spreads = {
  type: 'peer',
  keys: [...new Set(Object.values(LISTS).flatMap(({ keys }) => keys))],
  members: Object.keys(LISTS),
  schema: { anyOf: [{ type: 'string' }, named.schema], 'x-example': '0.0.0.0/0', 'x-reference': 'securityGroup', 'x-network': true },
  parse: (written) => {
    if (isObject(written)) return named.parse(written) as JsonObject;
    const cidr = canonicalCidr(String(written)) ?? canonicalCidr6(String(written));
    if (cidr !== undefined) return { cidr };
    return named.parse(PREFIX_LIST_ID.test(String(written)) ? { prefixList: written } : { group: written }) as JsonObject;
  },
  say: (value, context) => {
    if (value['cidr'] !== undefined) return value['cidr'];
    const said = named.say?.(value as never, context);
    return isObject(said) && Object.keys(said).length === 1 && said['group'] !== undefined ? said['group'] : said;
  },
  write: (value) => ({ [listOf(value)]: [(LISTS[listOf(value)] as Codec).write(value)] }) as Sent,
  read: (wire, context) => {
    const [[list, entries] = ['', undefined]] = Object.entries(isObject(wire) ? wire : {});
    const [entry] = Array.isArray(entries) ? (entries as readonly Json[]) : [];
    const codec = (LISTS as { readonly [list: string]: Codec & Spreads })[list];
    const value = codec?.read(isObject(entry) ? near(entry, context) : entry, context);
    if (!isObject(value) || value[codec?.keys[0] ?? ''] === undefined) return undefined;
    const strange = unknownOf(value);
    return strange === undefined ? value : { ...value, [UNKNOWN]: { [list]: [strange] } };
  },
};

/**
 * Without what says nothing: EC2 names the account of every group, and VPC and peering connection of those of another VPC (EC2 API
 * reference, UserIdGroupPair). Only where a group is another account's or VPC's it cannot be written without them.
 */
function near(entry: JsonObject, { object: whole }: ReadContext): JsonObject {
  const { OwnerId: owner, VpcId: own } = isObject(whole) ? whole : {};
  const {
    UserId: account,
    VpcPeeringConnectionId: peering,
    VpcId: vpc,
    ...rest
  } = Object.fromEntries(Object.entries(entry).filter(([, said]) => said !== ''));
  const far = peering !== undefined || vpc !== undefined;
  return {
    ...rest,
    UserId: (owner === undefined ? far : account !== owner) ? (account ?? null) : null,
    VpcPeeringConnectionId: peering ?? null,
    VpcId: vpc === own ? null : (vpc ?? null),
  };
}

/** Whether a rule is told from all others by what it is: by a network, or a group of ours (`Member.identify`). */
export const isTold = ({ cidr, group, account, peering, vpc, [UNKNOWN]: unknown }: JsonObject): boolean =>
  unknown === undefined && (cidr !== undefined || (isRef(group) && account === undefined && peering === undefined && vpc === undefined));
