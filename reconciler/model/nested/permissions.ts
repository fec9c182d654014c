/** Rules of security groups. Rows: IpPermission, EC2 API reference. */
import { type Codec, canonical, numberOr, sameSet, setOf, sortList, sortSet, text } from '../codec.ts';
import { REQUIRED } from '../field.ts';
import { asList, isObject, type Json, type JsonObject } from '../json.ts';
import { ABSENT, key, object, SPREAD, type Spreads } from '../rows.ts';
import { peer } from './peers.ts';

/** EC2 answers these four by name, whatever it was given (EC2 API reference, IpPermission). */
const NAMES: Readonly<Record<string, string>> = { '1': 'icmp', '6': 'tcp', '17': 'udp', '58': 'icmpv6', all: '-1' };

const protocolOf = (protocol: Json): string => NAMES[String(protocol)] ?? String(protocol).toLowerCase();

const protocol = (): Codec<string, string> => ({
  type: 'protocol',
  schema: {
    anyOf: [
      { type: 'string', enum: ['tcp', 'udp', 'icmp', 'icmpv6', 'all'] },
      { type: 'integer', minimum: 0, maximum: 255 },
    ],
  },
  parse: protocolOf,
  say: (value) => (value === '-1' ? 'all' : /^\d+$/.test(value) ? Number(value) : value),
  write: (value) => value,
  read: (wire) => protocolOf(wire ?? '-1'),
});

/** Of any other protocol all ports are open, whatever is sent (EC2 API reference, IpPermission). */
const PORTS = { when: { protocol: ['tcp', 'udp'] } } as const;
/** Of ICMP the two numbers are type and code, and -1 is all of them (EC2 API reference, IpPermission). */
const ICMP = { when: { protocol: ['icmp', 'icmpv6'] } } as const;

const number = { type: 'integer', minimum: 0, maximum: 65535 };

type Range = { readonly fromPort: number; readonly toPort: number };
type SentRange = { readonly FromPort: number; readonly ToPort: number };

const isOne = (range: Json): boolean => isObject(range) && new Set(Object.values(range)).size === 1;

/** Two numbers of the model, said in one key. */
const range = (said: Pick<Codec<Range, SentRange>, 'type' | 'schema' | 'parse' | 'say'>): Codec<Range, SentRange> & Spreads => ({
  ...said,
  keys: ['fromPort', 'toPort'],
  members: ['FromPort', 'ToPort'],
  write: ({ fromPort, toPort }) => ({ FromPort: fromPort, ToPort: toPort }),
  read: (wire) => (isObject(wire) ? { fromPort: wire['FromPort'] ?? null, toPort: wire['ToPort'] ?? null } : undefined),
});

const onePort = range({
  type: 'port',
  schema: number,
  parse: (written) => ({ fromPort: Number(written), toPort: Number(written) }),
  say: ({ fromPort }) => fromPort,
});

const portRange = range({
  type: 'first and last port',
  schema: { type: 'array', items: number, minItems: 2, maxItems: 2 },
  parse: (written) => ({ fromPort: Number(asList(written)[0]), toPort: Number(asList(written)[1]) }),
  say: ({ fromPort, toPort }) => [fromPort, toPort],
});

/** A type or a code of ICMP. */
const icmpNumber = (): Codec<number, number> => ({
  type: 'number or all',
  schema: numberOr('all', 0, 255).schema,
  parse: (written) => (written === 'all' ? -1 : Number(written)),
  say: (value) => (value === -1 ? 'all' : value),
  write: (value) => value,
  read: (wire) => (typeof wire === 'number' ? wire : undefined),
});

/** What EC2 takes as the description of a rule (EC2 API reference, IpRange and its kin). An empty one is none. */
const remark = text({
  maxLength: 255,
  pattern: '^[a-zA-Z0-9 ._\\-:/()#,@\\[\\]+=&;{}!$*]*$',
  patternMessage: 'letters, digits, spaces and ._-:/()#,@[]+=&;{}!$*',
});

const HEAD = {
  protocol: key('IpProtocol', protocol(), 'tcp', 'The protocol: tcp, udp, icmp, icmpv6, all, or an IANA number.'),
  port: key(SPREAD, onePort, ABSENT, 'One port, with tcp or udp.', { says: isOne, ...PORTS }),
  ports: key(SPREAD, portRange, ABSENT, 'First and last port, with tcp or udp.', PORTS),
  type: key('FromPort', icmpNumber(), 'all', 'The ICMP type, with icmp or icmpv6.', { as: 'fromPort', ...ICMP }),
  code: key('ToPort', icmpNumber(), 'all', 'The ICMP code, together with type.', { as: 'toPort', ...ICMP }),
};
const TAIL = { description: key('Description', remark, ABSENT, 'The description of the rule.') };

/** Without its peer a rule would be open to the world by omission. */
const who = (words: string) =>
  key(SPREAD, peer, REQUIRED, `${words}: a network, IPv4 or IPv6, the name or id of a security group, or a prefix list.`);

/** Which keys have no meaning beside which others, `config/check-security-groups.ts` tells. */
const OPTIONS = { type: 'rule', checked: true } as const;
const RULES = {
  from: object({ ...HEAD, from: who('Who'), ...TAIL }, OPTIONS),
  to: object({ ...HEAD, to: who('Where to'), ...TAIL }, OPTIONS),
};

type Rule = ReturnType<typeof RULES.from.parse>;
type Sent = Omit<ReturnType<typeof RULES.from.write>, 'Description'>;

/**
 * Security group rules, one for each peer: EC2 groups several under one IpPermission; the normal form has one each, so that adding one is
 * one member. What no row knows of a rule or of its peer is kept in it.
 */
export function permissions(direction: 'from' | 'to'): Codec<readonly Rule[], readonly Sent[]> {
  const rule = RULES[direction];
  const rules = setOf<Rule, ReturnType<typeof rule.write>>(rule, { repeats: true });
  return {
    ...rules,
    type: 'list of rules',
    // Repeats stay: AWS refuses them, and the checks tell which.
    parse: (written) => sortList(asList(written).map((each) => rule.parse(withoutEmptyRemark(each)))) as readonly Rule[],
    write: (value) => value.map((each) => described(rule.write(each))),
    equal: sameSet,
    settle: withTwin,
    read: (wire, context) => (Array.isArray(wire) ? rules.read(wire.filter(isObject).flatMap(split), context) : undefined),
  };
}

/** What EC2 puts into every new group (CreateSecurityGroup API reference), the second one where the VPC has IPv6 addresses. */
export const ALL_OUT = { protocol: '-1', cidr: '0.0.0.0/0' };
export const ALL_OUT_IPV6 = { protocol: '-1', cidr: '::/0' };

const has = (rules: Json, rule: Json): boolean => asList(rules).some((other) => canonical(other) === canonical(rule));

/** Who lets everything out by IPv4 means the rule that EC2 put beside it as well, where that is there. */
const withTwin = (desired: Json, live: Json): Json =>
  has(desired, ALL_OUT) && has(live, ALL_OUT_IPV6) ? sortSet([...asList(desired), ALL_OUT_IPV6]) : desired;

function withoutEmptyRemark(written: Json): Json {
  const { description, ...rest } = isObject(written) ? written : {};
  return description === undefined || description === '' ? rest : { ...rest, description };
}

/** A permission as several of one peer each, with the description beside it that EC2 keeps in the peer. */
const split = (permission: JsonObject): readonly JsonObject[] => {
  const own = Object.entries(permission).filter(([, member]) => !Array.isArray(member));
  return Object.entries(permission).flatMap(([list, peers]) =>
    asList(peers).map((each): JsonObject => {
      if (!peer.members.includes(list) || !isObject(each)) return { ...Object.fromEntries(own), [list]: [each] };
      const { Description = null, ...rest } = each;
      return { ...Object.fromEntries(own), [list]: [rest], Description };
    }),
  );
};

/** The way back: the description in the peer. */
function described({ Description, ...permission }: ReturnType<typeof RULES.from.write>): Sent {
  if (Description === undefined) return permission;
  const lists = Object.entries(permission).map(([list, peers]) => [
    list,
    peer.members.includes(list) ? asList(peers as Json).map((each) => ({ ...(each as JsonObject), Description })) : peers,
  ]);
  return Object.fromEntries(lists) as Sent;
}
