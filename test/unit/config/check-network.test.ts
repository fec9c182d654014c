/** Network, names and tags: what AWS would refuse, and the spec without it. */

import { type Row, tryRows } from '../../support/spec-rows.ts';
import { suite } from '../../support/suite.ts';

const t = suite('spec/check-network');

const ROWS: readonly Row[] = [
  {
    name: 'one zone',
    replace: 'us-east-1b',
    by: 'us-east-1a',
    duplicate: 'us-east-1c',
    told: [
      '22:12 loadBalancer.subnets: The subnets are all in one Availability Zone, us-east-1a. | A load balancer needs subnets in at least two zones (ValidationError).',
    ],
  },
  {
    name: 'two subnets of one zone among three',
    replace: '  subnets: [a, b]',
    by: '  subnets: [a, b, c]',
    duplicate: '  subnets: [b, c]',
    told: [
      '23:12 loadBalancer.subnets: `a` and `c` are both in us-east-1a. | A load balancer uses one subnet in each zone (InvalidConfigurationRequest).',
    ],
  },
  {
    name: 'a zone of another region',
    replace: 'us-east-1b',
    by: 'eu-west-1b',
    duplicate: 'us-east-1d',
    told: ['7:28 network.subnets.b.availabilityZone: `eu-west-1b` is not in the region us-east-1. | Write a zone such as `us-east-1a`.'],
  },
  {
    name: 'overlapping subnets',
    replace: '10.0.2.0/24',
    by: '10.0.1.128/25',
    duplicate: '10.0.3.128/25',
    told: [
      '7:51 network.subnets.b.cidrBlock: `10.0.1.128/25` overlaps `10.0.1.0/24` of subnet `a`. | Give each subnet its own range (InvalidSubnet.Conflict).',
    ],
  },
  {
    name: 'a /29',
    replace: '10.0.2.0/24',
    by: '10.0.2.0/29',
    duplicate: '10.0.2.0/27',
    told: [
      '7:51 network.subnets.b.cidrBlock: `10.0.2.0/29`: a network of /29 is too small. | A load balancer needs /27 or larger, with 8 free addresses (ELB user guide).',
    ],
  },
  {
    name: 'a subnet outside',
    replace: '10.0.2.0/24',
    by: '10.1.2.0/24',
    duplicate: '10.0.255.0/24',
    told: [
      "7:51 network.subnets.b.cidrBlock: `10.1.2.0/24` is not within the VPC's `10.0.0.0/16`. | Choose a range inside 10.0.0.0/16 (InvalidSubnet.Range).",
    ],
  },
  {
    name: 'bits beyond the size',
    replace: '10.0.2.0/24',
    by: '10.0.2.1/24',
    duplicate: '10.0.2.0/25',
    told: ['7:51 network.subnets.b.cidrBlock: `10.0.2.1/24` has bits set beyond its size. | AWS would make it `10.0.2.0/24`: write that.'],
  },
  {
    name: 'a VPC that is too large',
    replace: '10.0.0.0/16',
    by: '10.0.0.0/8',
    duplicate: '10.0.0.0/18',
    told: ['4:21 network.vpc.cidrBlock: `10.0.0.0/8`: a network of /8 is too large. | Write a size of /16 to /28.'],
  },
  {
    name: 'no network',
    replace: '10.0.0.0/16',
    by: '300.0.0.0/16',
    duplicate: '10.0.0.0/17',
    told: [
      '4:21 network.vpc.cidrBlock: `300.0.0.0/16` is not an IPv4 network. | Each number is 0 to 255 and the size 0 to 32, as in `10.0.0.0/16`.',
    ],
  },
  {
    name: 'a given subnet in a VPC made here',
    replace: 'b: { availabilityZone: us-east-1b, cidrBlock: 10.0.2.0/24 }',
    by: 'b: { id: subnet-0123456789abcdef0 }',
    duplicate: 'b: { availabilityZone: us-east-1f, cidrBlock: 10.0.2.0/24 }',
    told: [
      '7:14 network.subnets.b.id: An existing subnet cannot be in a VPC that albedo creates. | Give the VPC by id too: `vpc: { id: vpc-… }`.',
    ],
  },
  {
    name: 'fields beside an id',
    replace: 'vpc: { cidrBlock: 10.0.0.0/16 }',
    by: 'vpc: { id: vpc-0123456789abcdef0, cidrBlock: 10.0.0.0/16 }',
    duplicate: 'vpc: { id: vpc-0123456789abcdef0 }',
    told: [
      '4:37 network.vpc.cidrBlock: `cidrBlock` cannot be set together with `id`: albedo does not change an existing resource. | Leave out `cidrBlock`, or leave out `id` so that albedo creates the resource.',
    ],
  },
  {
    name: 'IPv6 without IPv6',
    replace: '  name: webserver',
    by: '  ipAddressType: dualstack',
    duplicate: '  ipAddressType: ipv4',
    told: [
      '21:18 loadBalancer.ipAddressType: `dualstack` needs subnets with IPv6 addresses, and `a` and `b` have none. | Use `ipv4`, or set `ipv6: true` on the VPC and `ipv6: 0`, `ipv6: 1` on the subnets.',
    ],
  },
  {
    name: 'unknown subnet of the load balancer',
    replace: '[a, b]',
    by: '[a, c]',
    duplicate: '[a, b]',
    told: ['22:16 loadBalancer.subnets[1]: There is no subnet named `c`. | There are: a, b.'],
  },
  {
    name: 'unknown subnet of an instance',
    replace: 'subnet: b,',
    by: 'subnet: B,',
    duplicate: 'subnet: a,',
    told: ['10:20 instances.web-2.subnet: There is no subnet named `B`. | Did you mean `b`?'],
  },
  {
    name: 'unknown group in a rule',
    replace: 'certificates:\n',
    by: 'securityGroups: { front: { ingress: [{ port: 80, from: frnt }] } }\ncertificates:\n',
    duplicate: 'securityGroups: { front: { ingress: [{ port: 80, from: front }] } }\ncertificates:\n',
    told: ['11:56 securityGroups.front.ingress[0].from: There is no security group named `frnt`. | Did you mean `front`?'],
  },
  {
    name: 'a rule for no network',
    replace: 'certificates:\n',
    by: 'securityGroups: { front: { ingress: [{ port: 80, from: 10.0.0.0/33 }] } }\ncertificates:\n',
    duplicate: 'securityGroups: { front: { ingress: [{ port: 80, from: 10.0.0.0/32 }] } }\ncertificates:\n',
    told: [
      '11:56 securityGroups.front.ingress[0].from: `10.0.0.0/33` is not an IPv4 network. | Each number is 0 to 255 and the size 0 to 32, as in `10.0.0.0/16`.',
    ],
  },
  {
    name: 'a rule from nowhere',
    replace: 'certificates:\n',
    by: 'securityGroups: { front: { ingress: [{ port: 80 }] } }\ncertificates:\n',
    duplicate: 'securityGroups: { front: { ingress: [{ port: 80, from: 0.0.0.0/0 }] } }\ncertificates:\n',
    told: [
      '11:38 securityGroups.front.ingress[0].from: `from` is missing in `securityGroups.front.ingress[0]`. | For example: `from: 0.0.0.0/0`.',
    ],
  },
  {
    name: 'ports the wrong way round',
    replace: 'certificates:\n',
    by: 'securityGroups: { front: { ingress: [{ ports: [90, 80], from: 0.0.0.0/0 }] } }\ncertificates:\n',
    duplicate: 'securityGroups: { front: { ingress: [{ ports: [80, 90], from: 0.0.0.0/0 }] } }\ncertificates:\n',
    told: ['11:40 securityGroups.front.ingress[0].ports: The ports 90 to 80 are in the wrong order. | Write `ports: [80, 90]`.'],
  },
  {
    name: 'a name of 33 characters',
    replace: 'name: webserver',
    by: `name: ${'w'.repeat(33)}`,
    duplicate: `name: ${'w'.repeat(32)}`,
    told: [`21:9 loadBalancer.name: \`name\` is 33 characters long, and at most 32 are allowed: \`${'w'.repeat(33)}\`. | undefined`],
  },
  {
    name: 'a name that ends in a hyphen',
    replace: 'name: webserver',
    by: 'name: web-',
    duplicate: 'name: w-b',
    told: [
      '21:9 loadBalancer.name: `name` must be letters, digits and hyphens, no hyphen at the ends, not beginning with internal-; it is `web-`. | For example: `name: webserver`.',
    ],
  },
  {
    name: 'a name AWS keeps for itself',
    replace: 'name: webserver',
    by: 'name: internal-web',
    duplicate: 'name: internalweb',
    told: [
      '21:9 loadBalancer.name: `name` must be letters, digits and hyphens, no hyphen at the ends, not beginning with internal-; it is `internal-web`. | For example: `name: webserver`.',
    ],
  },
  {
    name: 'no as a boolean',
    replace: '  name: webserver',
    by: '  deletionProtection: no',
    duplicate: '  deletionProtection: false',
    told: [
      '21:23 loadBalancer.deletionProtection: `deletionProtection` must be `true` or `false`, and is the text `no`. | YAML 1.2 reads `no` as text: write `false`.',
    ],
  },
  {
    name: 'a tag value that ELB refuses',
    replace: 'region: us-east-1\n',
    by: 'region: us-east-1\ntags: { note: "ok!" }\n',
    duplicate: 'region: us-east-1\ntags: { note: "ok: 1+1=2 @ home" }\n',
    told: ['3:15 tags.note: `note` must be letters, digits, spaces and _.:/=+-@; it is `ok!`. | undefined'],
  },
  {
    name: "a tag key of AWS's own",
    replace: 'region: us-east-1\n',
    by: 'region: us-east-1\ntags: { "AWS:x": y }\n',
    duplicate: 'region: us-east-1\ntags: { "AWSx": y }\n',
    told: [
      '3:9 tags["AWS:x"]: The name `AWS:x` in `tags` must be a tag key of at most 128 characters that does not begin with aws: or albedo:. | undefined',
    ],
  },
];

/** One rule of a group in the place of the certificates, refused and taken. */
const RULE = (name: string, wrong: string, right: string, told: readonly string[]): Row => ({
  name,
  replace: 'certificates:\n',
  by: `securityGroups: { front: { ingress: [${wrong}] } }\ncertificates:\n`,
  duplicate: `securityGroups: { front: { ingress: [${right}] } }\ncertificates:\n`,
  told,
});
const AT = 'securityGroups.front.ingress';
const SIXTY = (count: number): string => Array.from({ length: count }, (_, index) => `{ port: 80, from: 10.0.${index}.0/24 }`).join(', ');

const RULES: readonly Row[] = [
  RULE('a rule without a port', '{ from: 0.0.0.0/0 }', '{ ports: [0, 65535], from: 0.0.0.0/0 }', [
    `11:38 ${AT}[0]: The rule sets no port, but tcp needs one. | Add \`port: 443\`, \`ports: [8000, 8999]\`, or \`ports: [0, 65535]\` for all of them.`,
  ]),
  RULE('UDP without a port', '{ protocol: udp, from: 0.0.0.0/0 }', '{ protocol: udp, port: 53, from: 0.0.0.0/0 }', [
    `11:38 ${AT}[0]: The rule sets no port, but udp needs one. | Add \`port: 443\`, \`ports: [8000, 8999]\`, or \`ports: [0, 65535]\` for all of them.`,
  ]),
  RULE('a port beside all protocols', '{ protocol: all, port: 443, from: 0.0.0.0/0 }', '{ protocol: all, from: 0.0.0.0/0 }', [
    `11:55 ${AT}[0].port: \`port\` cannot be set with \`protocol: all\`: EC2 opens all of it, whatever the port. | Leave out \`protocol\` for tcp on that port, or leave out \`port\`.`,
  ]),
  RULE('ports of a protocol by number', '{ protocol: 50, ports: [1, 2], from: 0.0.0.0/0 }', '{ protocol: 50, from: 0.0.0.0/0 }', [
    `11:54 ${AT}[0].ports: \`ports\` cannot be set with \`protocol: 50\`: EC2 opens all of it, whatever the port. | Leave out \`protocol\` for tcp on that port, or leave out \`ports\`.`,
  ]),
  RULE('port beside ports', '{ port: 80, ports: [80, 90], from: 0.0.0.0/0 }', '{ ports: [80, 90], from: 0.0.0.0/0 }', [
    `11:50 ${AT}[0].ports: \`ports\` and \`port\` cannot be set together. | Keep the one that you mean.`,
  ]),
  RULE('a port of ICMP', '{ protocol: icmp, port: 8, from: 0.0.0.0/0 }', '{ protocol: icmp, type: 8, code: 0, from: 0.0.0.0/0 }', [
    `11:56 ${AT}[0].port: \`port\` cannot be set with \`protocol: icmp\`, which has types and codes. | Write \`type\` and \`code\`, or leave them out for all.`,
  ]),
  RULE(
    'a code of all types',
    '{ protocol: icmp, type: all, code: 0, from: 0.0.0.0/0 }',
    '{ protocol: icmp, type: all, code: all, from: 0.0.0.0/0 }',
    [`11:67 ${AT}[0].code: \`code\` cannot be set without \`type\`: all types include all codes. | Add the type, or leave out the code.`],
  ),
  RULE(
    'the account of a prefix list',
    '{ port: 80, from: { prefixList: pl-0123456789abcdef0, account: "123456789012" } }',
    '{ port: 80, from: { group: sg-0123456789abcdef0, account: "123456789012" } }',
    [
      `11:50 ${AT}[0].from.group: \`group\` is missing in \`securityGroups.front.ingress[0].from\`, because \`account\` is set. | Add \`group\`: text.`,
    ],
  ),
  RULE('a code without a type', '{ protocol: icmpv6, code: 0, from: "::/0" }', '{ protocol: icmpv6, from: "::/0" }', [
    `11:58 ${AT}[0].code: \`code\` cannot be set without \`type\`: all types include all codes. | Add the type, or leave out the code.`,
  ]),
  RULE('a type of TCP', '{ port: 80, type: 8, from: 0.0.0.0/0 }', '{ port: 80, from: 0.0.0.0/0 }', [
    `11:50 ${AT}[0].type: \`type\` cannot be set with \`protocol: tcp\`: it is for ICMP only. | Leave it out, or write \`protocol: icmp\`.`,
  ]),
  RULE(
    'one rule twice',
    '{ port: 80, from: "::/0" }, { protocol: 6, ports: [80, 80], from: "::/0", description: again }',
    '{ port: 80, from: "::/0" }, { port: 81, from: "::/0" }',
    [
      `11:66 ${AT}[1]: The rule is the same as number 1 of the list. | Remove one of them: two rules that differ only in their description are the same rule to AWS.`,
    ],
  ),
  RULE('61 rules', SIXTY(61), SIXTY(60), [
    `11:37 ${AT}: The list has 61 rules for IPv4; a security group allows at most 60. | Merge adjacent networks, use a prefix list, or split the rules over two groups (RulesPerSecurityGroupLimitExceeded).`,
  ]),
  RULE('a description with <', '{ port: 80, from: 0.0.0.0/0, description: a<b }', '{ port: 80, from: 0.0.0.0/0, description: "a;b (x)" }', [
    `11:80 ${AT}[0].description: \`description\` must be letters, digits, spaces and ._-:/()#,@[]+=&;{}!$*; it is \`a<b\`. | undefined`,
  ]),
  RULE('leading zeros', '{ port: 80, from: 010.0.0.0/8 }', '{ port: 80, from: 10.0.0.0/8 }', [
    `11:56 ${AT}[0].from: \`010.0.0.0/8\` has a number with a leading zero, which some read as octal. | Write \`10.0.0.0/8\`.`,
  ]),
  RULE('an address alone', '{ port: 80, from: 10.0.0.7 }', '{ port: 80, from: 10.0.0.7/32 }', [
    `11:56 ${AT}[0].from: \`10.0.0.7\` is an address, and a rule takes networks. | Write \`10.0.0.7/32\` for this address alone.`,
  ]),
  RULE('an IPv6 address alone', '{ port: 80, from: "2001:db8::1" }', '{ port: 80, from: "2001:db8::1/128" }', [
    `11:56 ${AT}[0].from: \`2001:db8::1\` is an address, and a rule takes networks. | Write \`"2001:db8::1/128"\` for this address alone.`,
  ]),
  RULE('no IPv6 network', '{ port: 80, from: "2001:db8:::/32" }', '{ port: 80, from: "2001:DB8::/32" }', [
    `11:56 ${AT}[0].from: \`2001:db8:::/32\` is not an IPv6 network. | Write an address and a size of 0 to 128, as in \`"2001:db8::/32"\`.`,
  ]),
  RULE('IPv6 bits beyond the size', '{ port: 80, from: "2001:db8::1/32" }', '{ port: 80, from: "2001:db8:0::/32" }', [
    `11:56 ${AT}[0].from: \`2001:db8::1/32\` has bits set beyond its size. | AWS would make it \`2001:db8::/32\`: write that.`,
  ]),
  {
    name: 'the loopback as a VPC',
    replace: '10.0.0.0/16',
    by: '127.0.0.0/16',
    duplicate: '10.0.0.0/17',
    told: [
      '4:21 network.vpc.cidrBlock: `127.0.0.0/16` is within 127.0.0.0/8, the loopback. | Choose private addresses, such as a part of `10.0.0.0/8` (InvalidVpc.Range).',
    ],
  },
  {
    name: 'a part of a block that the VPC has not',
    replace: 'b: { availabilityZone: us-east-1b, cidrBlock: 10.0.2.0/24 }',
    by: 'b: { availabilityZone: us-east-1b, cidrBlock: 10.0.2.0/24, ipv6: 3 }',
    duplicate: 'b: { availabilityZone: us-east-1b, cidrBlock: 10.0.2.0/24, ipv6: false }',
    told: ['7:70 network.subnets.b.ipv6: The VPC has no IPv6 block. | Set `ipv6: true` on the VPC, or leave out `ipv6` here.'],
  },
  {
    name: 'addresses that the subnet has not',
    replace: 'b: { availabilityZone: us-east-1b, cidrBlock: 10.0.2.0/24 }',
    by: 'b: { availabilityZone: us-east-1b, cidrBlock: 10.0.2.0/24, assignIpv6AddressOnCreation: true }',
    duplicate: 'b: { availabilityZone: us-east-1b, cidrBlock: 10.0.2.0/24, assignIpv6AddressOnCreation: false }',
    told: [
      '7:93 network.subnets.b.assignIpv6AddressOnCreation: The subnet has no IPv6 range, so instances cannot get IPv6 addresses. | Add `ipv6: 0`: the number of its /64 in the block of the VPC.',
    ],
  },
];

tryRows(t, ROWS);
tryRows(t, RULES);

t.run();
