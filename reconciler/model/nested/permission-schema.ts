import type { Schema } from '../codec.ts';

const PROTOCOLS = ['tcp', 'udp', 'icmp', 'icmpv6', 'all'];

/** What EC2 takes as the description of a rule (EC2 API reference, IpRange and its kin). */
const REMARK = '^[a-zA-Z0-9 ._\\-:/()#,@\\[\\]+=&;{}!$*]*$';

/** One rule of a security group as a spec says it. Which fields have no meaning beside which others, `check-security-groups.ts` tells. */
export function ruleSchema(direction: 'from' | 'to'): Schema {
  const port = { type: 'integer', minimum: 0, maximum: 65535 };
  const peer =
    direction === 'from'
      ? 'Who: a network, IPv4 or IPv6, the name or id of a security group, or a prefix list.'
      : 'Where to: a network, IPv4 or IPv6, the name or id of a security group, or a prefix list.';
  return {
    type: 'object',
    additionalProperties: false,
    // Without it a rule would be open to the world by omission.
    required: [direction],
    properties: {
      protocol: {
        anyOf: [
          { type: 'string', enum: PROTOCOLS },
          { type: 'integer', minimum: 0, maximum: 255 },
        ],
        description: 'The protocol: tcp, udp, icmp, icmpv6, all, or an IANA number. Default tcp.',
      },
      port: { ...port, description: 'One port, with tcp or udp.' },
      ports: { type: 'array', items: port, minItems: 2, maxItems: 2, description: 'First and last port, with tcp or udp.' },
      type: { type: 'integer', minimum: 0, maximum: 255, description: 'The ICMP type, with icmp or icmpv6. Default: all of them.' },
      code: { type: 'integer', minimum: 0, maximum: 255, description: 'The ICMP code, beside type. Default: all of them.' },
      [direction]: {
        anyOf: [{ type: 'string' }, peerSchema()],
        description: peer,
        'x-example': '0.0.0.0/0',
        'x-reference': 'securityGroup',
        'x-network': true,
      },
      description: {
        type: 'string',
        maxLength: 255,
        pattern: REMARK,
        'x-pattern-message': 'letters, digits, spaces and ._-:/()#,@[]+=&;{}!$*',
        description: 'A remark kept with the rule.',
      },
    },
  };
}

function peerSchema(): Schema {
  return {
    type: 'object',
    additionalProperties: false,
    oneOf: [{ required: ['prefixList'] }, { required: ['group'] }],
    'x-exactly-one': ['prefixList', 'group'],
    properties: {
      prefixList: {
        type: 'string',
        pattern: '^(pl-[0-9a-f]{8,17}|[A-Za-z0-9][A-Za-z0-9._-]{0,254})$',
        'x-pattern-message': 'the id or the name of a prefix list, such as com.amazonaws.global.cloudfront.origin-facing',
        'x-example': 'com.amazonaws.global.cloudfront.origin-facing',
        description: 'The id or the name of a prefix list. It counts with all the entries it may have against the quota of rules.',
      },
      group: { type: 'string', 'x-reference': 'securityGroup', description: 'The name or id of a security group.' },
      account: {
        type: 'string',
        pattern: '^\\d{12}$',
        'x-pattern-message': 'the twelve digits of an AWS account, in quotes',
        description: 'The account of the group, where it is another one.',
      },
      peering: {
        type: 'string',
        pattern: '^pcx-[0-9a-f]{8,17}$',
        'x-pattern-message': 'an id such as pcx-0123456789abcdef0',
        description: 'The peering connection to the VPC of the group, where it is in another one.',
      },
      vpc: {
        type: 'string',
        pattern: '^vpc-[0-9a-f]{8,17}$',
        'x-pattern-message': 'an id such as vpc-0123456789abcdef0',
        description: 'The VPC of the group, where it is another one.',
      },
    },
  };
}
