/** What AWS would refuse, or what could mean nothing: one mistake each, its exact place and words, and the spec without it. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { GOOD, swap } from '../../support/spec-text.ts';
import { changed, problemsOf, type SpecData } from '../../support/stacks.ts';

const t = suite('spec/check');

interface Row {
  readonly name: string;
  readonly replace: string;
  /** The mistake. */
  readonly by: string;
  /** `line:column path: message | hint`, all of them. */
  readonly told: readonly string[];
  /** The nearest thing that is right. */
  readonly twin: string;
}

const ROWS: readonly Row[] = [
  {
    name: 'one zone',
    replace: 'us-east-1b',
    by: 'us-east-1a',
    twin: 'us-east-1c',
    told: [
      '22:12 loadBalancer.subnets: The subnets are all in one Availability Zone, us-east-1a. | A load balancer needs subnets in at least two zones (ValidationError).',
    ],
  },
  {
    name: 'two subnets of one zone among three',
    replace: '  subnets: [a, b]',
    by: '  subnets: [a, b, c]',
    twin: '  subnets: [b, c]',
    told: [
      '23:12 loadBalancer.subnets: `a` and `c` are both in us-east-1a. | A load balancer takes one subnet of each zone (InvalidConfigurationRequest).',
    ],
  },
  {
    name: 'a zone of another region',
    replace: 'us-east-1b',
    by: 'eu-west-1b',
    twin: 'us-east-1d',
    told: ['7:28 network.subnets.b.availabilityZone: `eu-west-1b` is not in the region us-east-1. | Write a zone such as `us-east-1a`.'],
  },
  {
    name: 'overlapping subnets',
    replace: '10.0.2.0/24',
    by: '10.0.1.128/25',
    twin: '10.0.3.128/25',
    told: [
      '7:51 network.subnets.b.cidrBlock: `10.0.1.128/25` overlaps `10.0.1.0/24` of subnet `a`. | Give each subnet addresses of its own (InvalidSubnet.Conflict).',
    ],
  },
  {
    name: 'a /29',
    replace: '10.0.2.0/24',
    by: '10.0.2.0/29',
    twin: '10.0.2.0/27',
    told: [
      '7:51 network.subnets.b.cidrBlock: `10.0.2.0/29`: a network of /29 is too small. | A load balancer needs /27 or larger, with 8 free addresses (ELB user guide).',
    ],
  },
  {
    name: 'a subnet outside',
    replace: '10.0.2.0/24',
    by: '10.1.2.0/24',
    twin: '10.0.255.0/24',
    told: [
      "7:51 network.subnets.b.cidrBlock: `10.1.2.0/24` is not within the VPC's `10.0.0.0/16`. | Choose a part of 10.0.0.0/16 (InvalidSubnet.Range).",
    ],
  },
  {
    name: 'bits beyond the size',
    replace: '10.0.2.0/24',
    by: '10.0.2.1/24',
    twin: '10.0.2.0/25',
    told: ['7:51 network.subnets.b.cidrBlock: `10.0.2.1/24` has bits set beyond its size. | AWS would make it `10.0.2.0/24`: write that.'],
  },
  {
    name: 'a VPC that is too large',
    replace: '10.0.0.0/16',
    by: '10.0.0.0/8',
    twin: '10.0.0.0/18',
    told: ['4:21 network.vpc.cidrBlock: `10.0.0.0/8`: a network of /8 is too large. | Write a size of /16 to /28.'],
  },
  {
    name: 'no network',
    replace: '10.0.0.0/16',
    by: '300.0.0.0/16',
    twin: '10.0.0.0/17',
    told: [
      '4:21 network.vpc.cidrBlock: `300.0.0.0/16` is no IPv4 network. | Each number is 0 to 255 and the size 0 to 32, as in `10.0.0.0/16`.',
    ],
  },
  {
    name: 'a given subnet in a VPC made here',
    replace: 'b: { availabilityZone: us-east-1b, cidrBlock: 10.0.2.0/24 }',
    by: 'b: { id: subnet-0123456789abcdef0 }',
    twin: 'b: { availabilityZone: us-east-1f, cidrBlock: 10.0.2.0/24 }',
    told: [
      '7:14 network.subnets.b.id: A subnet that exists already cannot be in a VPC that is made here. | Give the VPC by id too: `vpc: { id: vpc-… }`.',
    ],
  },
  {
    name: 'fields beside an id',
    replace: 'vpc: { cidrBlock: 10.0.0.0/16 }',
    by: 'vpc: { id: vpc-0123456789abcdef0, cidrBlock: 10.0.0.0/16 }',
    twin: 'vpc: { id: vpc-0123456789abcdef0 }',
    told: [
      '4:37 network.vpc.cidrBlock: `cidrBlock` has no meaning beside `id`: what exists already is not changed. | Leave out `cidrBlock`, or leave out `id` to have it made here.',
    ],
  },
  {
    name: 'IPv6 without IPv6',
    replace: '  name: webserver',
    by: '  ipAddressType: dualstack',
    twin: '  ipAddressType: ipv4',
    told: [
      '21:18 loadBalancer.ipAddressType: `dualstack` needs subnets with IPv6 addresses, and subnets made here have none. | Write `ipv4`, or give subnets with IPv6 addresses by id.',
    ],
  },

  {
    name: 'stickiness of eight days',
    replace: 'duration: 1d',
    by: 'duration: 8d',
    twin: 'duration: 7d',
    told: [
      '18:29 targetGroups.web.stickiness.duration: `duration` is `8d`, which is longer than the most that is allowed, `7d`. | Write `1s` to `7d`.',
    ],
  },
  {
    name: 'stickiness of no time',
    replace: 'duration: 1d',
    by: 'duration: 0s',
    twin: 'duration: 1s',
    told: [
      '18:29 targetGroups.web.stickiness.duration: `duration` is `0s`, which is shorter than the least that is allowed, `1s`. | Write `1s` to `7d`.',
    ],
  },
  {
    name: 'too many seconds',
    replace: 'duration: 1d',
    by: 'duration: 604801',
    twin: 'duration: 604800',
    told: [
      '18:29 targetGroups.web.stickiness.duration: `duration` must be at most 604800; it is `604801`. | Allowed: a whole number from 1 to 604800.',
    ],
  },
  {
    name: 'a certificate of eleven years',
    replace: '365d',
    by: '4000d',
    twin: '3650d',
    told: [
      '13:60 certificates.site.selfSigned.validFor: `validFor` is `4000d`, which is longer than the most that is allowed, `3650d`. | Write `1d` to `3650d`.',
    ],
  },
  {
    name: 'timeout as long as the interval',
    replace: 'timeout: 5s',
    by: 'timeout: 10s',
    twin: 'timeout: 9s',
    told: [
      '17:59 targetGroups.web.healthCheck.timeout: The timeout of 10 s is not below the interval of 10 s. | Shorten the timeout or lengthen the interval.',
    ],
  },
  {
    name: 'interval as short as the usual timeout',
    replace: 'interval: 10s, timeout: 5s',
    by: 'interval: 5s',
    twin: 'interval: 6s',
    told: [
      '17:45 targetGroups.web.healthCheck.interval: The timeout of 5 s is not below the interval of 5 s. | Shorten the timeout or lengthen the interval.',
    ],
  },
  {
    name: 'a port that is none, in a text',
    replace: 'path: /status',
    by: 'port: "65536"',
    twin: 'port: "65535"',
    told: [
      '17:26 targetGroups.web.healthCheck.port: `port` must be traffic-port, or a port in quotes; it is `65536`. | For example: `port: traffic-port`.',
    ],
  },
  {
    name: 'short slow start',
    replace: 'port: 8080',
    by: 'port: 8080\n    slowStart: 29s',
    twin: 'port: 8080\n    slowStart: 30s',
    told: ['17:16 targetGroups.web.slowStart: A slow start of 29 s is too short. | Write `0` to turn it off, or `30s` to `900s`.'],
  },
  {
    name: 'slow start with another algorithm',
    replace: 'port: 8080',
    by: 'port: 8080\n    slowStart: 60s\n    algorithm: least_outstanding_requests',
    twin: 'port: 8080\n    slowStart: 60s\n    algorithm: round_robin',
    told: [
      '17:16 targetGroups.web.slowStart: A slow start does not go with `least_outstanding_requests`. | Use `round_robin`, or `slowStart: 0`.',
    ],
  },
  {
    name: 'weighted random with stickiness',
    replace: 'stickiness: { duration: 1d }',
    by: 'stickiness: { enabled: true }\n    algorithm: weighted_random',
    twin: 'stickiness: { enabled: false }\n    algorithm: weighted_random',
    told: [
      '19:16 targetGroups.web.algorithm: `weighted_random` does not go with stickiness. | Use another algorithm, or `stickiness: { enabled: false }`.',
    ],
  },
  {
    name: 'a cookie name without its kind',
    replace: 'duration: 1d',
    by: 'cookieName: session',
    twin: 'type: app_cookie, cookieName: session',
    told: [
      '18:31 targetGroups.web.stickiness.cookieName: `stickiness.cookieName` has no meaning here: it goes with `stickiness.type: app_cookie`. | Leave it out, or change the other field.',
    ],
  },
  {
    name: 'an application cookie without a name',
    replace: 'duration: 1d',
    by: 'type: app_cookie',
    twin: 'type: lb_cookie',
    told: [
      '15:3 targetGroups.web.stickiness.cookieName: `stickiness.cookieName` is missing in `targetGroups.web`: it is required, since it goes with `stickiness.type: app_cookie`. | The application cookie to follow.',
    ],
  },
  {
    name: 'a target twice',
    replace: '[web-1, web-2]',
    by: '[web-1, { instance: web-1, port: 8080 }]',
    twin: '[web-1, { instance: web-1, port: 8081 }]',
    told: ['19:14 targetGroups.web.targets: A target is listed twice. | List each instance and port once.'],
  },

  {
    name: 'unknown target',
    replace: '[web-1, web-2]',
    by: '[web-1, wbe-2]',
    twin: '[web-1, web-2]',
    told: ['19:22 targetGroups.web.targets[1]: There is no instance named `wbe-2`. | Did you mean `web-2`?'],
  },
  {
    name: 'unknown target, nothing near',
    replace: '[web-1, web-2]',
    by: '[web-1, elephant]',
    twin: '[web-1, i-0123456789abcdef0]',
    told: ['19:22 targetGroups.web.targets[1]: There is no instance named `elephant`. | There are: web-1, web-2.'],
  },
  {
    name: 'unknown target on a port',
    replace: '[web-1, web-2]',
    by: '[{ instance: web_1, port: 80 }]',
    twin: '[{ instance: web-1, port: 80 }]',
    told: ['19:27 targetGroups.web.targets[0].instance: There is no instance named `web_1`. | Did you mean `web-1`?'],
  },
  {
    name: 'unknown subnet of the load balancer',
    replace: '[a, b]',
    by: '[a, c]',
    twin: '[a, b]',
    told: ['22:16 loadBalancer.subnets[1]: There is no subnet named `c`. | There are: a, b.'],
  },
  {
    name: 'unknown subnet of an instance',
    replace: 'subnet: b,',
    by: 'subnet: B,',
    twin: 'subnet: a,',
    told: ['10:20 instances.web-2.subnet: There is no subnet named `B`. | Did you mean `b`?'],
  },
  {
    name: 'unknown target group',
    replace: 'port: 80, forward: web',
    by: 'port: 80, forward: wbe',
    twin: 'port: 80, forward: web',
    told: ['24:46 listeners.http.forward: There is no target group named `wbe`. | Did you mean `web`?'],
  },
  {
    name: 'unknown certificate',
    replace: 'certificate: site',
    by: 'certificate: sites',
    twin: 'certificate: site',
    told: ['25:53 listeners.https.certificate: There is no certificate named `sites`. | Did you mean `site`?'],
  },
  {
    name: 'unknown group in a rule',
    replace: 'certificates:\n',
    by: 'securityGroups: { front: { ingress: [{ port: 80, from: frnt }] } }\ncertificates:\n',
    twin: 'securityGroups: { front: { ingress: [{ port: 80, from: front }] } }\ncertificates:\n',
    told: ['11:56 securityGroups.front.ingress[0].from: There is no security group named `frnt`. | Did you mean `front`?'],
  },
  {
    name: 'a rule for no network',
    replace: 'certificates:\n',
    by: 'securityGroups: { front: { ingress: [{ port: 80, from: 10.0.0.0/33 }] } }\ncertificates:\n',
    twin: 'securityGroups: { front: { ingress: [{ port: 80, from: 10.0.0.0/32 }] } }\ncertificates:\n',
    told: [
      '11:56 securityGroups.front.ingress[0].from: `10.0.0.0/33` is no IPv4 network. | Each number is 0 to 255 and the size 0 to 32, as in `10.0.0.0/16`.',
    ],
  },
  {
    name: 'a rule from nowhere',
    replace: 'certificates:\n',
    by: 'securityGroups: { front: { ingress: [{ port: 80 }] } }\ncertificates:\n',
    twin: 'securityGroups: { front: { ingress: [{ port: 80, from: 0.0.0.0/0 }] } }\ncertificates:\n',
    told: [
      '11:38 securityGroups.front.ingress[0].from: `from` is missing in `securityGroups.front.ingress[0]`. | For example: `from: 0.0.0.0/0`.',
    ],
  },
  {
    name: 'ports the wrong way round',
    replace: 'certificates:\n',
    by: 'securityGroups: { front: { ingress: [{ ports: [90, 80], from: 0.0.0.0/0 }] } }\ncertificates:\n',
    twin: 'securityGroups: { front: { ingress: [{ ports: [80, 90], from: 0.0.0.0/0 }] } }\ncertificates:\n',
    told: ['11:37 securityGroups.front.ingress: The ports 90 to 80 are in the wrong order. | Write `ports: [80, 90]`.'],
  },

  {
    name: 'a name of 33 characters',
    replace: 'name: webserver',
    by: `name: ${'w'.repeat(33)}`,
    twin: `name: ${'w'.repeat(32)}`,
    told: [`21:9 loadBalancer.name: \`name\` is 33 characters long, and at most 32 are allowed: \`${'w'.repeat(33)}\`. | undefined`],
  },
  {
    name: 'a name that ends in a hyphen',
    replace: 'name: webserver',
    by: 'name: web-',
    twin: 'name: w-b',
    told: [
      '21:9 loadBalancer.name: `name` must be letters, digits and hyphens, no hyphen at the ends, not beginning with internal-; it is `web-`. | For example: `name: webserver`.',
    ],
  },
  {
    name: 'a name AWS keeps for itself',
    replace: 'name: webserver',
    by: 'name: internal-web',
    twin: 'name: internalweb',
    told: [
      '21:9 loadBalancer.name: `name` must be letters, digits and hyphens, no hyphen at the ends, not beginning with internal-; it is `internal-web`. | For example: `name: webserver`.',
    ],
  },
  {
    name: 'one name for two groups',
    replace: '  web:\n    port: 8080\n',
    by: '  more:\n    port: 80\n    name: one\n  web:\n    port: 8080\n    name: one\n',
    twin: '  more:\n    port: 80\n    name: one\n  web:\n    port: 8080\n    name: two\n',
    told: ['20:11 targetGroups.web.name: The name `one` is taken by `targetGroups.more`. | Choose another name.'],
  },
  {
    name: 'a port twice',
    replace: 'port: 443',
    by: 'port: 80',
    twin: 'port: 81',
    told: ['25:35 listeners.https.port: Port 80 is taken by listener `http`. | Give each listener a port of its own (DuplicateListener).'],
  },
  {
    name: 'two actions',
    replace: 'port: 80, forward: web',
    by: 'port: 80, forward: web, fixedResponse: { statusCode: "503" }',
    twin: 'port: 80, fixedResponse: { statusCode: "503" }',
    told: [
      '24:51 listeners.http: `forward` and `fixedResponse` exclude each other in `listeners.http`. | Write exactly one of `forward`, `redirect` and `fixedResponse`.',
    ],
  },
  {
    name: 'no action',
    replace: 'port: 80, forward: web',
    by: 'port: 80',
    twin: 'port: 80, forward: web',
    told: [
      '24:3 listeners.http: `listeners.http` does not say what to do with requests. | Write exactly one of `forward`, `redirect` and `fixedResponse`.',
    ],
  },
  {
    name: 'a redirect to itself',
    replace: 'port: 80, forward: web',
    by: 'port: 80, redirect: { statusCode: HTTP_301 }',
    twin: 'port: 80, redirect: { path: /x, statusCode: HTTP_301 }',
    told: [
      '24:37 listeners.http.redirect: The redirect leads to itself. | Change at least one of protocol, host, port and path (InvalidLoadBalancerAction).',
    ],
  },
  {
    name: 'a redirect to itself, said in full',
    replace: 'port: 80, forward: web',
    by: 'port: 80, redirect: { protocol: HTTP, port: "80", statusCode: HTTP_301 }',
    twin: 'port: 80, redirect: { protocol: HTTP, port: "8080", statusCode: HTTP_301 }',
    told: [
      '24:37 listeners.http.redirect: The redirect leads to itself. | Change at least one of protocol, host, port and path (InvalidLoadBalancerAction).',
    ],
  },
  {
    name: 'a redirect out of HTTPS',
    replace: 'certificate: site, forward: web',
    by: 'certificate: site, redirect: { protocol: HTTP, port: "80", statusCode: HTTP_301 }',
    twin: 'certificate: site, redirect: { protocol: HTTPS, port: "444", statusCode: HTTP_301 }',
    told: ['25:59 listeners.https.redirect: A redirect from HTTPS to HTTP is refused. | Redirect to HTTPS, or leave `protocol` out.'],
  },
  {
    name: 'HTTPS without a certificate',
    replace: 'certificate: site, ',
    by: '',
    twin: 'certificate: site, ',
    told: [
      '25:3 listeners.https.certificate: `certificate` is missing in `listeners.https`: it is required, since it goes with `protocol: HTTPS`. | Name of the certificate to show, under certificates.',
    ],
  },
  {
    name: 'HTTP with a certificate',
    replace: 'port: 80, forward',
    by: 'port: 80, certificate: site, forward',
    twin: 'port: 80, forward',
    told: [
      '24:50 listeners.http.certificate: `certificate` has no meaning here: it goes with `protocol: HTTPS`. | Leave it out, or change the other field.',
    ],
  },
  {
    name: 'a TLS policy on HTTP',
    replace: 'port: 80, forward',
    by: 'port: 80, sslPolicy: ELBSecurityPolicy-2016-08, forward',
    twin: 'port: 80, forward',
    told: [
      '24:48 listeners.http.sslPolicy: `sslPolicy` has no meaning here: it goes with `protocol: HTTPS`. | Leave it out, or change the other field.',
    ],
  },
  {
    name: 'no as a boolean',
    replace: '  name: webserver',
    by: '  deletionProtection: no',
    twin: '  deletionProtection: false',
    told: [
      '21:23 loadBalancer.deletionProtection: `deletionProtection` must be `true` or `false`, and is the text `no`. | YAML 1.2 reads `no` as text: write `false`.',
    ],
  },
  {
    name: 'two sources of a certificate',
    replace: '    selfSigned:',
    by: '    iam: own\n    selfSigned:',
    twin: '    selfSigned:',
    told: ['14:5 certificates.site: `iam` and `selfSigned` exclude each other in `certificates.site`. | Keep one of them.'],
  },
  {
    name: 'a tag value that ELB refuses',
    replace: 'region: us-east-1\n',
    by: 'region: us-east-1\ntags: { note: "ok!" }\n',
    twin: 'region: us-east-1\ntags: { note: "ok: 1+1=2 @ home" }\n',
    told: ['3:15 tags.note: `note` must be letters, digits, spaces and _.:/=+-@; it is `ok!`. | undefined'],
  },
  {
    name: "a tag key of AWS's own",
    replace: 'region: us-east-1\n',
    by: 'region: us-east-1\ntags: { "AWS:x": y }\n',
    twin: 'region: us-east-1\ntags: { "AWSx": y }\n',
    told: [
      '3:9 tags["AWS:x"]: The name `AWS:x` in `tags` must be a tag key of at most 128 characters that does not begin with aws: or albedo:. | undefined',
    ],
  },

  {
    name: 'chaos on an unknown group',
    replace: 'from: web',
    by: 'from: wen',
    twin: 'from: web',
    told: ['27:32 chaos.stopInstance.from: There is no target group named `wen`. | Did you mean `web`?'],
  },
  {
    name: 'chaos after the load',
    replace: 'at: 20s',
    by: 'at: 1m',
    twin: 'at: 59s',
    told: [
      '27:41 chaos.stopInstance.at: The instance would be stopped after 60 s, when the load of 60 s has ended. | Stop it earlier, or lengthen `load.duration`.',
    ],
  },
  {
    name: 'chaos where nothing serves',
    replace: '    targets: [web-1, web-2]\n',
    by: '',
    twin: '    targets: [web-1]\n',
    told: [
      '26:32 chaos.stopInstance.from: The target group `web` has no instance of this stack among its targets. | List the instances that serve under its `targets`.',
    ],
  },
  {
    name: 'load on an unknown listener',
    replace: 'load: { rate: 50/s,',
    by: 'load: { listener: htps,',
    twin: 'load: { listener: https,',
    told: ['26:19 load.listener: There is no listener named `htps`. | Did you mean `https`?'],
  },
];

/** Rows that need a third subnet to choose. */
const base = (row: Row): string =>
  row.by.includes('[a, b, c]') ? swap('    b: {', '    c: { availabilityZone: us-east-1a, cidrBlock: 10.0.3.0/24 }\n    b: {') : GOOD;
const told = (text: string): string[] =>
  problemsOf(text).map(({ line, column, path, message, hint }) => `${line}:${column} ${path}: ${message} | ${hint}`);

t('the spec that all others are made from is right', () => assert.equal(problemsOf(GOOD), []));

for (const row of ROWS) {
  t(row.name, () => assert.equal(told(swap(row.replace, row.by, base(row))), row.told));
  t(`${row.name}: its twin is right`, () => assert.equal(told(swap(row.replace, row.twin, base(row))), []));
}

t('an instance may be the victim only when it serves', () => {
  const text = swap('from: web,', 'from: web, instance: web-2,');
  assert.equal(told(text), []);
  assert.equal(told(swap('[web-1, web-2]', '[web-1]', text)), [
    '27:47 chaos.stopInstance.instance: `web-2` is no target of `web`. | Its targets are `web-1`.',
  ]);
});

t('files of a certificate are read beside the spec', () => {
  const text = swap(
    'selfSigned: { commonName: webserver.example, validFor: 365d }',
    'files: { certificate: none.pem, privateKey: none.key }',
  );
  assert.equal(told(text), [
    '13:27 certificates.site.files.certificate: `none.pem` is no readable PEM certificate: ENOENT: no such file or directory. | Paths are relative to the spec file.',
    '13:49 certificates.site.files.privateKey: `none.key` is no readable PEM key: ENOENT: no such file or directory. | Paths are relative to the spec file.',
  ]);
});

t('all mistakes of a file are told at once, in the order of the file', () => {
  const edits: readonly (readonly [string, string])[] = [
    ['us-east-1b', 'us-east-1a'],
    ['10.0.2.0/24', '10.0.1.0/25'],
    ['subnet: b,', 'subnet: c,'],
    ['duration: 1d', 'duration: 8d'],
    ['timeout: 5s', 'timeout: 30s'],
    ['[web-1, web-2]', '[web-1, web-3]'],
    ['name: webserver', 'name: web-'],
    ['port: 80, forward: web', 'port: 80'],
    ['at: 20s', 'at: 99s'],
  ];
  const text = edits.reduce(
    (result, [from, to]) =>
      result.replace(from === 'name: webserver' ? /^ {2}name: webserver$/m : from, from === 'name: webserver' ? '  name: web-' : to),
    GOOD,
  );
  const problems = problemsOf(text);
  const paths = problems.map((problem) => problem.path);
  for (const path of [
    'network.subnets.b.cidrBlock',
    'instances.web-2.subnet',
    'targetGroups.web.stickiness.duration',
    'targetGroups.web.healthCheck.timeout',
    'targetGroups.web.targets[1]',
    'loadBalancer.subnets',
    'loadBalancer.name',
    'listeners.http',
    'chaos.stopInstance.at',
  ]) {
    assert.ok(paths.includes(path), `${path} is not among ${paths.join(', ')}`);
  }
  const places = problems.map((problem) => problem.line * 1000 + problem.column);
  assert.equal(
    places,
    [...places].sort((a, b) => a - b),
  );
});

t('each problem is a sentence with a place', () => {
  for (const row of ROWS) {
    for (const problem of problemsOf(swap(row.replace, row.by, base(row)))) {
      assert.match(problem.message, /^[A-Z`].*\.$/s, row.name);
      if (problem.hint !== undefined) assert.match(problem.hint, /^[A-Z].*[.?]$/s, row.name);
      assert.ok(problem.line > 0 && problem.column > 0 && problem.file === 'web.yaml', row.name);
      assert.is(problem.severity, 'error', row.name);
    }
  }
});

t('a name like an id means the one in the file', () => {
  const spec = changed((data: SpecData) => {
    data.instances['i-deadbeef'] = data.instances['web-2'];
    delete data.instances['web-2'];
    data.targetGroups.web.targets = ['web-1', 'i-deadbeef'];
  });
  assert.equal(problemsOf(spec), []);
});

t.run();
