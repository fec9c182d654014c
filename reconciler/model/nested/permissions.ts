import { type Codec, canonical, canonicalCidr, nameOf, type ReadContext, reference, sameSet, sortList, sortSet } from '../codec.ts';
import { canonicalCidr6 } from '../ipv6.ts';
import type { Json, JsonObject } from '../json.ts';
import { ruleSchema } from './permission-schema.ts';

const group = reference('securityGroup', 'id');
const prefixList = reference('prefixList', 'id');

/** EC2 answers these four by name, whatever it was given (EC2 API reference, IpPermission). */
const NAMES: Readonly<Record<string, string>> = { '1': 'icmp', '6': 'tcp', '17': 'udp', '58': 'icmpv6', all: '-1' };

/** Of ICMP the two numbers are type and code, and -1 is all of them (EC2 API reference, IpPermission). */
const isIcmp = (protocol: Json | undefined): boolean => protocol === 'icmp' || protocol === 'icmpv6';
/** Of any other protocol all ports are open, whatever is sent (EC2 API reference, IpPermission). */
const hasPorts = (protocol: Json | undefined): boolean => protocol === 'tcp' || protocol === 'udp' || isIcmp(protocol);

/**
 * Security group rules, one per peer: `{ protocol, fromPort?, toPort?, description? }` and one of
 *
 * | key | peer |
 * | --- | --- |
 * | `cidr` | an IPv4 or IPv6 network, canonical |
 * | `prefixList` | the id of a prefix list, or a reference to one that the spec names |
 * | `group` | a security group; with `account`, `peering` or `vpc` where it is not one of this account's in this VPC |
 * | `other` | what this version has no word for, as EC2 answered it: it differs from all that a spec can say, and can be removed |
 *
 * EC2 groups several peers under one IpPermission; the normal form has one each, so that adding one is one member.
 */
export function permissions(direction: 'from' | 'to'): Codec {
  return {
    type: 'list of rules',
    unordered: true,
    schema: { type: 'array', items: ruleSchema(direction) },
    // Repeats stay: AWS refuses them, and the checks tell which.
    parse: (written) => sortList((written as readonly Json[]).map(normal)),
    say: (value) => (value as readonly JsonObject[]).map((rule) => sayRule(rule, direction)),
    write: (value) => (value as readonly Json[]).map(toPermission),
    equal: sameSet,
    settle: withTwin,
    read: (wire, context) =>
      Array.isArray(wire) ? sortSet(wire.flatMap((entry: Json) => fromPermission(entry as JsonObject, context))) : undefined,
  };
}

/** What EC2 puts into every new group (CreateSecurityGroup API reference), the second one where the VPC has IPv6 addresses. */
export const ALL_OUT = { protocol: '-1', cidr: '0.0.0.0/0' };
export const ALL_OUT_IPV6 = { protocol: '-1', cidr: '::/0' };

const has = (rules: Json, rule: Json): boolean => (rules as readonly Json[]).some((other) => canonical(other) === canonical(rule));

/** Who lets everything out by IPv4 means the rule that EC2 put beside it as well, where that is there. */
const withTwin = (desired: Json, live: Json): Json =>
  has(desired, ALL_OUT) && has(live, ALL_OUT_IPV6) ? sortSet([...(desired as readonly Json[]), ALL_OUT_IPV6]) : desired;

/** An empty description is none. */
const remarkOf = (text: Json | undefined): JsonObject => (typeof text === 'string' && text !== '' ? { description: text } : {});
const protocolOf = (protocol: Json | undefined): string => NAMES[String(protocol ?? 'tcp')] ?? String(protocol ?? 'tcp').toLowerCase();

function normal(written: Json): Json {
  const rule = written as JsonObject;
  const protocol = protocolOf(rule['protocol']);
  return {
    protocol,
    ...(hasPorts(protocol) ? portsOf(rule, protocol) : {}),
    ...(rule['cidr'] !== undefined ? { cidr: rule['cidr'] } : peerOf(rule['from'] ?? rule['to'] ?? null)),
    ...remarkOf(rule['description']),
  };
}

/** A rule that leaves out what it must say has no ports: `check-network.ts` tells it, and nothing is opened by it. */
function portsOf(rule: JsonObject, protocol: string): JsonObject {
  if (isIcmp(protocol)) return { fromPort: rule['type'] ?? -1, toPort: rule['code'] ?? -1 };
  const [first, last] = Array.isArray(rule['ports']) ? rule['ports'] : [rule['port'], rule['port']];
  return first === undefined || last === undefined ? {} : { fromPort: first, toPort: last };
}

function peerOf(written: Json): JsonObject {
  if (typeof written === 'object' && written !== null) {
    const { prefixList: list, group: named, account, vpc, peering } = written as JsonObject;
    if (list !== undefined) return { prefixList: listOf(list) };
    const beside = Object.entries({ account, peering, vpc }).filter((entry): entry is [string, Json] => entry[1] !== undefined);
    return { group: group.parse(named ?? null), ...Object.fromEntries(beside) };
  }
  const text = String(written);
  const cidr = canonicalCidr(text) ?? canonicalCidr6(text);
  if (cidr !== undefined) return { cidr };
  return /^pl-[0-9a-f]{8,17}$/.test(text) ? { prefixList: text } : { group: group.parse(written) };
}

const listOf = (list: Json): Json => (/^pl-[0-9a-f]{8,17}$/.test(String(list)) ? list : prefixList.parse(list));

function sayRule(rule: JsonObject, direction: 'from' | 'to'): Json {
  const { protocol, fromPort, toPort } = rule;
  return {
    ...(protocol === 'tcp' ? {} : { protocol: protocol === '-1' ? 'all' : sayNumber(protocol ?? null) }),
    ...(isIcmp(protocol)
      ? { ...(fromPort === -1 ? {} : { type: fromPort ?? null }), ...(toPort === -1 ? {} : { code: toPort ?? null }) }
      : fromPort === undefined
        ? {}
        : fromPort === toPort
          ? { port: fromPort }
          : { ports: [fromPort, toPort ?? null] }),
    [direction]: sayPeer(rule),
    ...remarkOf(rule['description']),
  };
}

const sayNumber = (protocol: Json): Json => (/^\d+$/.test(String(protocol)) ? Number(protocol) : protocol);

/** What no spec can say is shown as EC2 answered it. */
function sayPeer({ cidr, prefixList: list, group: named, account, peering, vpc, other }: JsonObject): Json {
  if (other !== undefined) return other;
  if (cidr !== undefined) return cidr;
  if (list !== undefined) return { prefixList: nameOf(list) };
  const beside = Object.entries({ account, peering, vpc }).filter((entry): entry is [string, Json] => entry[1] !== undefined);
  return beside.length === 0 ? nameOf(named ?? null) : { group: nameOf(named ?? null), ...Object.fromEntries(beside) };
}

function toPermission(value: Json): Json {
  const rule = value as JsonObject;
  const remark = rule['description'] === undefined ? {} : { Description: rule['description'] };
  return {
    IpProtocol: rule['protocol'] ?? '-1',
    ...(rule['fromPort'] === undefined ? {} : { FromPort: rule['fromPort'], ToPort: rule['toPort'] ?? null }),
    ...toPeer(rule, remark),
  };
}

function toPeer({ cidr, prefixList: list, group: named, account, peering, vpc, other }: JsonObject, remark: JsonObject): JsonObject {
  if (other !== undefined) return other as JsonObject;
  if (list !== undefined) return { PrefixListIds: [{ PrefixListId: list, ...remark }] };
  if (typeof cidr === 'string')
    return cidr.includes(':') ? { Ipv6Ranges: [{ CidrIpv6: cidr, ...remark }] } : { IpRanges: [{ CidrIp: cidr, ...remark }] };
  const beside = Object.entries({ UserId: account, VpcPeeringConnectionId: peering, VpcId: vpc }).filter(
    ([, entry]) => entry !== undefined,
  );
  return { UserIdGroupPairs: [{ GroupId: named ?? null, ...(Object.fromEntries(beside) as JsonObject), ...remark }] };
}

/** All keys of an IpPermission that are no list of peers. */
const OWN = new Set(['IpProtocol', 'FromPort', 'ToPort']);

function fromPermission(permission: JsonObject, context: ReadContext): readonly Json[] {
  const protocol = protocolOf(permission['IpProtocol'] ?? '-1');
  const base = {
    protocol,
    ...(hasPorts(protocol)
      ? {
          fromPort: permission['FromPort'] ?? (isIcmp(protocol) ? -1 : null),
          toPort: permission['ToPort'] ?? (isIcmp(protocol) ? -1 : null),
        }
      : {}),
  };
  return Object.entries(permission).flatMap(([key, list]) =>
    OWN.has(key) || !Array.isArray(list)
      ? []
      : (list as readonly JsonObject[]).map((entry) => ({ ...base, ...fromPeer(key, entry, context) })),
  );
}

function fromPeer(list: string, entry: JsonObject, context: ReadContext): JsonObject {
  const { CidrIp, CidrIpv6, PrefixListId, GroupId } = entry;
  const remark = remarkOf(entry['Description']);
  if (list === 'IpRanges' && typeof CidrIp === 'string') return { cidr: canonicalCidr(CidrIp) ?? CidrIp, ...remark };
  if (list === 'Ipv6Ranges' && typeof CidrIpv6 === 'string') return { cidr: canonicalCidr6(CidrIpv6) ?? CidrIpv6, ...remark };
  if (list === 'PrefixListIds' && typeof PrefixListId === 'string') return { prefixList: PrefixListId, ...remark };
  if (list !== 'UserIdGroupPairs' || typeof GroupId !== 'string') return { other: { [list]: [entry] } };
  return { group: group.read(GroupId, context) ?? GroupId, ...abroad(entry, context), ...remark };
}

/**
 * Where a group is, of one that is not this account's in this VPC: EC2 names the account of every group, and VPC and peering
 * connection of those of another VPC (EC2 API reference, UserIdGroupPair). Without its account such a rule cannot be written.
 */
function abroad(pair: JsonObject, { object }: ReadContext): JsonObject {
  const owner = (object as JsonObject | undefined)?.['OwnerId'];
  const { UserId: account, VpcPeeringConnectionId: peering, VpcId: vpc } = pair;
  const far = (peering ?? '') !== '' || (vpc ?? '') !== '';
  return {
    ...(typeof account === 'string' && account !== '' && (owner === undefined ? far : account !== owner) ? { account } : {}),
    ...(typeof peering === 'string' && peering !== '' ? { peering } : {}),
    ...(typeof vpc === 'string' && vpc !== '' && vpc !== (object as JsonObject | undefined)?.['VpcId'] ? { vpc } : {}),
  };
}
