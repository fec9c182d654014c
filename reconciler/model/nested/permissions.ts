import { type Codec, canonical, canonicalCidr, nameOf, reference, sameSet, sortSet } from '../codec.ts';
import type { Json, JsonObject } from '../json.ts';

const group = reference('securityGroup', 'id');

/**
 * Security group rules, one per source: `{ protocol, port | ports, from }`. EC2 groups several sources under one IpPermission;
 * the normal form has one source each, so that adding one is one member. Protocol `-1` has no ports, `6` reads back as
 * `tcp` (EC2 API reference, IpPermission).
 */
export function permissions(direction: 'from' | 'to'): Codec {
  const peer = {
    from: 'Who: an IPv4 network, or the name or id of a security group.',
    to: 'Where to: an IPv4 network, or the name or id of a security group.',
  }[direction];
  return {
    type: 'list of rules',
    unordered: true,
    schema: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        // Without it a rule would be open to the world by omission.
        required: [direction],
        properties: {
          protocol: { type: 'string', enum: ['tcp', 'udp', 'icmp', 'all'], description: 'The protocol. Default tcp.' },
          port: { type: 'integer', minimum: 0, maximum: 65535, description: 'One port.' },
          ports: {
            type: 'array',
            items: { type: 'integer', minimum: 0, maximum: 65535 },
            minItems: 2,
            maxItems: 2,
            description: 'First and last port.',
          },
          [direction]: { type: 'string', description: peer, 'x-example': '0.0.0.0/0', 'x-reference': 'securityGroup', 'x-prefix': [0, 32] },
          description: { type: 'string', maxLength: 255, description: 'A remark kept with the rule.' },
        },
      },
    },
    parse: (written) => sortSet((written as readonly Json[]).map(normal)),
    say: (value) => (value as readonly JsonObject[]).map((rule) => sayRule(rule, direction)),
    write: (value) => (value as readonly Json[]).map(toPermission),
    equal: (desired, live) => sameSet(desired, withoutTwin(desired as readonly Json[], live as readonly Json[])),
    read: (wire, context) => {
      if (!Array.isArray(wire)) return undefined;
      return sortSet(wire.flatMap((entry: Json) => fromPermission(entry as JsonObject, (id) => group.read(id, context) ?? id)));
    },
  };
}

const EVERYWHERE = { protocol: '-1', cidr: '0.0.0.0/0' };
const EVERYWHERE_IPV6 = { protocol: '-1', cidr: '::/0' };

/**
 * In a VPC with IPv6 addresses EC2 puts the rule that lets everything out into a new group twice, once for IPv6
 * (CreateSecurityGroup API reference). Who allows the one means the other.
 */
function withoutTwin(desired: readonly Json[], live: readonly Json[]): readonly Json[] {
  const allowsAll = desired.some((rule) => canonical(rule) === canonical(EVERYWHERE));
  return allowsAll ? live.filter((rule) => canonical(rule) !== canonical(EVERYWHERE_IPV6)) : live;
}

function normal(written: Json): Json {
  const rule = written as JsonObject;
  const protocol = rule['protocol'] === 'all' ? '-1' : (rule['protocol'] ?? 'tcp');
  const [first, last] = allPorts(protocol);
  const ports = Array.isArray(rule['ports']) ? rule['ports'] : [rule['port'] ?? first, rule['port'] ?? last];
  const source = rule['from'] ?? rule['to'] ?? '0.0.0.0/0';
  const cidr = typeof source === 'string' ? canonicalCidr(source) : undefined;
  return {
    protocol,
    ...(protocol === '-1' ? {} : { fromPort: ports[0], toPort: ports[1] }),
    ...(cidr === undefined ? { group: group.parse(source) } : { cidr }),
    ...remarkOf(rule['description']),
  };
}

/** Of ICMP the two numbers are type and code, and -1 is all of them (EC2 API reference, IpPermission). */
const allPorts = (protocol: Json | undefined): readonly [number, number] => (protocol === 'icmp' ? [-1, -1] : [0, 65535]);

function sayRule(rule: JsonObject, direction: 'from' | 'to'): Json {
  const { protocol, fromPort, toPort } = rule;
  const [first, last] = allPorts(protocol);
  const ports =
    fromPort === undefined || (fromPort === first && toPort === last)
      ? {}
      : fromPort === toPort
        ? { port: fromPort }
        : { ports: [fromPort, toPort ?? null] };
  return {
    ...(protocol === 'tcp' ? {} : { protocol: protocol === '-1' ? 'all' : (protocol ?? null) }),
    ...ports,
    [direction]: rule['cidr'] ?? nameOf(rule['group'] ?? null),
    ...remarkOf(rule['description']),
  };
}

/** An empty description is none. */
const remarkOf = (text: Json | undefined): JsonObject => (typeof text === 'string' && text !== '' ? { description: text } : {});

function toPermission(value: Json): Json {
  const rule = value as JsonObject;
  const remark = rule['description'] === undefined ? {} : { Description: rule['description'] };
  return {
    IpProtocol: rule['protocol'] ?? '-1',
    ...(rule['fromPort'] === undefined ? {} : { FromPort: rule['fromPort'], ToPort: rule['toPort'] ?? null }),
    ...(rule['cidr'] === undefined
      ? { UserIdGroupPairs: [{ GroupId: rule['group'] ?? null, ...remark }] }
      : { IpRanges: [{ CidrIp: rule['cidr'], ...remark }] }),
  };
}

function fromPermission(permission: JsonObject, refer: (id: string) => Json): readonly Json[] {
  const protocol = permission['IpProtocol'] === '6' ? 'tcp' : (permission['IpProtocol'] ?? '-1');
  const base = {
    protocol,
    ...(protocol === '-1' ? {} : { fromPort: permission['FromPort'] ?? null, toPort: permission['ToPort'] ?? null }),
  };
  const remark = (entry: JsonObject) => remarkOf(entry['Description']);
  const list = (name: string) => (Array.isArray(permission[name]) ? (permission[name] as readonly JsonObject[]) : []);
  return [
    ...list('IpRanges').map((entry) => ({ ...base, cidr: entry['CidrIp'] ?? null, ...remark(entry) })),
    ...list('Ipv6Ranges').map((entry) => ({ ...base, cidr: entry['CidrIpv6'] ?? null, ...remark(entry) })),
    ...list('UserIdGroupPairs').map((entry) => ({ ...base, group: refer(String(entry['GroupId'])), ...remark(entry) })),
  ];
}
