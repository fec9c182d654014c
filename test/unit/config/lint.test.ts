/** What AWS accepts and users regret: for each warning a spec that is warned of, one that is not, and one that does not want to hear. */

import * as assert from 'uvu/assert';
import { TOP } from '../../../reconciler/model/top.ts';
import { GOOD, swap } from '../../support/spec-text.ts';
import { adviceOf, problemsOf, ready } from '../../support/stacks.ts';
import { suite } from '../../support/suite.ts';

const t = suite('spec/lint');

const HTTP = '  http: { protocol: HTTP, port: 80, forward: web }\n';
/** Nothing to regret: what comes in on port 80 is sent to HTTPS. */
const QUIET = swap(HTTP, '  http: { protocol: HTTP, port: 80, redirect: { protocol: HTTPS, port: "443", statusCode: HTTP_301 } }\n');
const quietly = (from: string, to: string): string => swap(from, to, QUIET);
const group = (ingress: string): string =>
  quietly('certificates:\n', `securityGroups: { own: { ingress: ${ingress} } }\ncertificates:\n`).replace(
    'subnet: a, app',
    'subnet: a, securityGroups: [own], app',
  );
/** Rules of the HTTPS listener, the first on line 31 after the spaces of its column 7. */
const rules = (...list: readonly string[]): string =>
  quietly(
    '  https: { protocol: HTTPS, port: 443, certificate: site, forward: web }\n',
    `  https:\n    protocol: HTTPS\n    port: 443\n    certificate: site\n    forward: web\n    rules:\n${list.map((rule) => `      ${rule}\n`).join('')}`,
  );
/** The load balancer with a security group of its own. */
const facing = (ingress: string): string =>
  swap('certificates:\n', `securityGroups: { front: { ingress: ${ingress} } }\ncertificates:\n`, QUIET).replace(
    'subnets: [a, b]',
    'subnets: [a, b]\n  securityGroups: [front]',
  );
/** A third zone, and an instance in it. */
const elsewhere = (instance: string): string =>
  QUIET.replace(/(\n {4}b: .*\n)/, '$1    c: { availabilityZone: us-east-1c, cidrBlock: 10.0.3.0/24 }\n').replace(
    /\n {2}web-2: .*\n/,
    `\n  ${instance}\n`,
  );
/** One that breaks nothing: a single target may do. */
const unbroken = (text: string): string => text.replace(/chaos: .*\n/, '');
const policy = (name: string): string => quietly('certificate: site, forward', `certificate: site, sslPolicy: ${name}, forward`);

interface Row {
  readonly lint: string;
  readonly warned: string;
  /** `line:column` and the beginning of the words. */
  readonly told: string;
  readonly not: readonly string[];
}

const twice = (duration: string): string =>
  quietly(
    'load: { rate: 50/s, duration: 60s }\nchaos: { stopInstance: { from: web, at: 20s, for: 20s } }',
    `load: { rate: 50/s, duration: ${duration} }\nexperiments: [{ stopInstance: { from: web } }, { stopInstance: { from: web } }]`,
  );

const ROWS: readonly Row[] = [
  {
    lint: 'sticky-single-target',
    warned: unbroken(quietly('[web-1, web-2]', '[web-1]')),
    told: '15:3 Target group web has stickiness but only one target.',
    not: [QUIET, unbroken(quietly('    stickiness: { duration: 1d }\n    targets: [web-1, web-2]', '    targets: [web-1]'))],
  },
  {
    lint: 'sticky-single-target',
    warned: unbroken(
      quietly('stickiness: { duration: 1d }\n    targets: [web-1, web-2]', 'stickiness: { enabled: true }\n    targets: [web-2]'),
    ),
    told: '18:28 Target group web has stickiness but only one target.',
    not: [
      unbroken(
        quietly('stickiness: { duration: 1d }\n    targets: [web-1, web-2]', 'stickiness: { enabled: false }\n    targets: [web-2]'),
      ),
    ],
  },
  {
    lint: 'health-check-closed',
    warned: group('[{ port: 22, from: 0.0.0.0/0 }]'),
    told: '16:3 No security group rule of web-1 allows the health check on port 8080',
    not: [
      group('[{ port: 8080, from: 0.0.0.0/0 }]'),
      group('[{ ports: [8000, 9000], from: 10.0.0.0/16 }]'),
      group('[{ port: 8080, from: load-balancer }]'),
      group('[{ port: 8080, from: 10.0.1.0/24 }]'),
      group('[{ protocol: all, from: load-balancer }]'),
    ],
  },
  {
    lint: 'health-check-closed',
    warned: group('[{ port: 8080, from: 192.168.0.0/16 }]'),
    told: '16:3 No security group rule of web-1 allows the health check',
    not: [quietly('path: /status', 'path: /status, port: "9000"')],
  },
  {
    lint: 'plain-http',
    warned: GOOD,
    told: '24:21 Listener http serves requests without encryption.',
    not: [
      QUIET,
      swap('  name: webserver\n', '  name: webserver\n  scheme: internal\n'),
      swap(HTTP, '  http: { protocol: HTTP, port: 80, fixedResponse: { statusCode: "404" } }\n'),
    ],
  },
  {
    lint: 'unreachable-rule',
    warned: rules('all: { if: { path: ["/*"] }, forward: web }', 'api: { if: { path: [/api/*] }, forward: web }'),
    told: '32:18 Rule api never applies: all, which is evaluated first, matches all of its requests.',
    not: [
      rules('api: { if: { path: [/api/*] }, forward: web }', 'all: { if: { path: ["/*"] }, forward: web }'),
      rules('a: { if: { path: [/api/v1/*] }, forward: web }', 'b: { if: { path: [/api/*] }, forward: web }'),
      rules('a: { if: { path: [/a*], method: [GET] }, forward: web }', 'b: { if: { path: [/ab] }, forward: web }'),
      rules('a: { if: { path: [/a?] }, forward: web }', 'b: { if: { path: ["/a*"] }, forward: web }'),
      rules('a: { if: { sourceIp: ["::/0"] }, forward: web }', 'b: { if: { path: [/a] }, forward: web }'),
      rules('a: { if: { pathRegex: ["^/"] }, forward: web }', 'b: { if: { path: [/a] }, forward: web }'),
    ],
  },
  {
    lint: 'unreachable-rule',
    warned: rules(
      'b: { priority: 2, if: { host: [www.example.com] }, forward: web }',
      'a: { priority: 1, if: { host: ["*.example.com"] }, forward: web }',
    ),
    told: '31:29 Rule b never applies: a, which is evaluated first, matches all of its requests.',
    not: [
      rules(
        'b: { priority: 1, if: { host: [www.example.com] }, forward: web }',
        'a: { priority: 2, if: { host: ["*.example.com"] }, forward: web }',
      ),
    ],
  },
  {
    lint: 'equal-conditions',
    warned: rules(
      'a: { if: { path: [/a, /b], method: [GET] }, forward: web }',
      'b: { if: { method: [GET], path: [/b, /a] }, forward: web }',
    ),
    told: '32:16 Rule b has the same conditions as a, which is evaluated first: it never applies.',
    not: [rules('a: { if: { path: [/a], method: [GET] }, forward: web }', 'b: { if: { path: [/a], method: [PUT] }, forward: web }')],
  },
  {
    lint: 'redirect-to-nowhere',
    warned: swap(HTTP, '  http: { protocol: HTTP, port: 80, redirect: { protocol: HTTPS, port: "8443", statusCode: HTTP_301 } }\n'),
    told: '24:9 The redirect points to port 8443, but the load balancer has no listener there.',
    not: [
      swap(HTTP, '  http: { protocol: HTTP, port: 80, redirect: { protocol: HTTPS, port: "443", statusCode: HTTP_301 } }\n'),
      swap(HTTP, '  http: { protocol: HTTP, port: 80, redirect: { host: other.example, port: "8443", statusCode: HTTP_301 } }\n'),
    ],
  },
  {
    lint: 'redirect-to-nowhere',
    warned: swap(HTTP, '  http: { protocol: HTTP, port: 80, redirect: { protocol: HTTPS, statusCode: HTTP_301 } }\n'),
    told: '24:9 The redirect points to HTTPS on port 80, but listener http on that port uses HTTP.',
    not: [rules('a: { if: { path: [/a] }, redirect: { path: /b, statusCode: HTTP_301 } }')],
  },
  {
    lint: 'redirect-loop',
    warned: rules('a: { if: { path: [/a] }, redirect: { path: /a, statusCode: HTTP_301 } }'),
    told: '31:10 The redirect leads to itself: /a is redirected again.',
    not: [
      rules('a: { if: { path: [/a] }, redirect: { path: /b, statusCode: HTTP_301 } }'),
      rules('a: { if: { path: [/a] }, redirect: { path: /a, host: other.example, statusCode: HTTP_301 } }'),
      swap(HTTP, '  http: { protocol: HTTP, port: 80, redirect: { path: /a, protocol: HTTPS, port: "443", statusCode: HTTP_301 } }\n'),
      rules('b: { if: { path: [/a], query: [{ key: v, value: "1" }] }, redirect: { path: /a, query: v=2, statusCode: HTTP_301 } }'),
    ],
  },
  {
    lint: 'redirect-loop',
    warned: rules('a: { if: { path: ["/*"] }, redirect: { path: "/new/#{path}", statusCode: HTTP_301 } }'),
    told: '31:10 The redirect leads to itself: /new/x is redirected again.',
    not: [
      rules(
        'n: { if: { path: [/new/*] }, forward: web }',
        'a: { if: { path: ["/*"] }, redirect: { path: "/new/#{path}", statusCode: HTTP_301 } }',
      ),
      rules('a: { if: { path: [/old/*] }, redirect: { path: "/new/#{path}", statusCode: HTTP_301 } }'),
      rules('a: { if: { pathRegex: ["^/"] }, redirect: { path: "/new/#{path}", statusCode: HTTP_301 } }'),
    ],
  },
  {
    lint: 'redirect-loop',
    warned: swap(HTTP, '  http: { protocol: HTTP, port: 80, redirect: { path: /new, statusCode: HTTP_301 } }\n'),
    told: '24:9 The redirect leads to itself: /new is redirected again.',
    not: [
      swap(
        HTTP,
        '  http: { protocol: HTTP, port: 80, redirect: { path: /new, statusCode: HTTP_301 }, rules: { n: { if: { path: [/new] }, forward: web } } }\n',
      ),
    ],
  },
  {
    lint: 'path-without-slash',
    warned: rules('a: { if: { path: [/a, static/*] }, forward: web }'),
    told: '31:16 No path matches `static/*`: every path begins with a slash.',
    not: [rules('a: { if: { path: ["*.png", "?a", /a] }, forward: web }'), rules('a: { if: { pathRegex: [static] }, forward: web }')],
  },
  {
    lint: 'listener-closed',
    warned: facing('[{ port: 443, from: 0.0.0.0/0 }]'),
    told: '26:33 No security group of the load balancer has an ingress rule for port 80.',
    not: [
      QUIET,
      facing('[{ port: 443, from: 0.0.0.0/0 }, { port: 80, from: 10.0.0.0/8 }]'),
      facing('[{ ports: [80, 443], from: "::/0" }]'),
      facing('[{ protocol: all, from: 0.0.0.0/0 }]'),
    ],
  },
  {
    lint: 'target-zone-disabled',
    warned: elsewhere('web-2: { subnet: c, app: flask-webserver }'),
    told: '20:14 Target web-2 is in us-east-1c, where the load balancer has no subnet: it gets no requests.',
    not: [QUIET, elsewhere('web-2: { subnet: c, app: flask-webserver }').replace('subnets: [a, b]', 'subnets: [a, b, c]')],
  },
  {
    lint: 'no-target-left',
    warned: quietly('[web-1, web-2]', '[web-1]').replace('stickiness: { duration: 1d }', 'stickiness: { enabled: false }'),
    told: '27:32 Target group web has fewer than two targets, and one must stay in service: the experiment will break nothing.',
    not: [
      QUIET,
      quietly('    targets: [web-1, web-2]\n', ''),
      quietly('[web-1, web-2]', '[web-1]')
        .replace('stickiness: { duration: 1d }', 'stickiness: { enabled: false }')
        .replace('stopInstance: { from: web, at: 20s, for: 20s }', 'terminateInstance: { from: web }'),
    ],
  },
  {
    lint: 'no-target-left',
    warned: quietly('chaos: { stopInstance: { from: web,', 'chaos: { stopZone: { from: web, zone: us-east-1d,'),
    told: '27:39 Target group web has no target in us-east-1d: the experiment will break nothing.',
    not: [quietly('chaos: { stopInstance: { from: web,', 'chaos: { stopZone: { from: web, zone: us-east-1b,')],
  },
  {
    lint: 'objective-without-experiment',
    warned: quietly('chaos: { stopInstance: { from: web, at: 20s, for: 20s } }\n', '').replace('p95: "< 300ms"', 'recovery: "< 30s"'),
    told: '27:44 `recovery` is measured while something is broken, but the spec has no experiment: every load test will be inconclusive.',
    not: [
      quietly('p95: "< 300ms"', 'recovery: "< 30s"'),
      quietly('chaos: { stopInstance: { from: web, at: 20s, for: 20s } }\n', ''),
      quietly(
        'chaos: { stopInstance: { from: web, at: 20s, for: 20s } }',
        'experiments: [{ stopInstance: { from: web, at: 20s, for: 20s } }]',
      ).replace('p95: "< 300ms"', 'recovery: "< 30s"'),
    ],
  },
  {
    // 40 s, at most 145 s until it is healthy again, 5 s of the steady state, and 40 s.
    lint: 'short-load',
    warned: twice('229s'),
    told: '26:31 The experiments can take 230 s, but the load ends after 229 s: the later ones may not be reached.',
    not: [twice('230s'), QUIET],
  },
  {
    lint: 'weak-tls',
    warned: policy('ELBSecurityPolicy-2016-08'),
    told: '25:70 ELBSecurityPolicy-2016-08 allows TLS 1.0 or 1.1.',
    not: [
      QUIET,
      policy('ELBSecurityPolicy-TLS13-1-2-2021-06'),
      policy('ELBSecurityPolicy-TLS-1-2-2017-01'),
      policy('ELBSecurityPolicy-FS-1-2-Res-2020-10'),
      policy('ELBSecurityPolicy-TLS13-1-3-2021-06'),
    ],
  },
  ...['TLS-1-0-2015-04', 'TLS-1-1-2017-01', 'FS-2018-06', 'FS-1-1-2019-08', 'TLS13-1-0-2021-06', 'TLS13-1-1-2021-06'].map(
    (name): Row => ({
      lint: 'weak-tls',
      warned: policy(`ELBSecurityPolicy-${name}`),
      told: `25:70 ELBSecurityPolicy-${name} allows`,
      not: [],
    }),
  ),
  {
    lint: 'long-drain',
    warned: quietly('    port: 8080\n', '    port: 8080\n    deregistrationDelay: 301s\n'),
    told: '17:26 Target group web drains for 301 s.',
    not: [quietly('    port: 8080\n', '    port: 8080\n    deregistrationDelay: 300s\n')],
  },
  {
    lint: 'single-zone',
    warned: quietly('web-2: { subnet: b,', 'web-2: { subnet: a,'),
    told: '19:14 All targets of web are in us-east-1a.',
    not: [QUIET],
  },
  {
    lint: 'short-certificate',
    warned: quietly('365d', '29d'),
    told: '13:60 The certificate expires after 29 days.',
    not: [quietly('365d', '30d')],
  },
];

const advice = (text: string): string[] => {
  assert.equal(problemsOf(text), [], 'no mistake');
  return adviceOf(text).map(({ line, column, message }) => `${line}:${column} ${message}`);
};
const silencing = (text: string, ...names: readonly string[]): string => `${text}lint: { silence: [${names.join(', ')}] }\n`;

for (const { lint, warned, told, not } of ROWS) {
  t(`${lint}: ${told}`, () => {
    const [first = '', ...more] = advice(warned);
    assert.equal(more, []);
    assert.ok(first.startsWith(told), `${first}\nis not\n${told}`);
    assert.ok(first.endsWith(`(${lint})`), first);
    assert.match(adviceOf(warned)[0]?.hint ?? '', new RegExp(`[.] Silence it with lint: \\{ silence: \\[${lint}\\] \\}[.]$`));
    assert.ok(ready(warned).stack.desired.length > 0, 'a warning stops nothing');
  });
  for (const [index, text] of not.entries())
    t(`${lint}: nothing to warn of, ${index + 1} of ${told}`, () => assert.equal(advice(text), []));
  t(`${lint}: silenced, ${told}`, () => {
    assert.equal(advice(silencing(warned, lint)), []);
    const other = lint === 'plain-http' ? 'weak-tls' : 'plain-http';
    assert.is(advice(silencing(warned, other)).length, 1, 'silence is for one thing');
  });
}

t('all targets in the zone that is stopped: that is one more thing to tell than that they are in one zone', () => {
  const text = quietly('web-2: { subnet: b,', 'web-2: { subnet: a,').replace(
    'stopInstance: { from: web,',
    'stopZone: { from: web, zone: us-east-1a,',
  );
  const told = 'All targets of web are in us-east-1a, and one must stay in service: the experiment will break nothing. (no-target-left)';
  assert.ok(adviceOf(text).some(({ message }) => message === told));
});

const NAMES = (TOP['lint'] as { readonly properties: { readonly silence: { readonly items: { readonly enum: readonly string[] } } } })
  .properties.silence.items.enum;

// One is said of what is live, not of the file: `test/unit/observe/ending.test.ts`.
t('each name that can be silenced is warned of here', () =>
  assert.equal([...new Set(ROWS.map((row) => row.lint)), 'ending-certificate'].sort(), [...NAMES].sort()),
);

t('a name that no warning has is a mistake', () => {
  const [problem, ...more] = problemsOf(silencing(GOOD, 'plain-htp'));
  assert.equal(more, []);
  assert.equal([problem?.line, problem?.column, problem?.path], [29, 19, 'lint.silence[0]']);
  assert.match(problem?.hint ?? '', /Did you mean `plain-http`\?/);
});

t('where there are mistakes there is no advice', () =>
  assert.equal(adviceOf(swap('cidrBlock: 10.0.2.0/24', 'cidrBlock: 10.0.1.0/25')), []),
);

t('several are told at once', () => {
  const names = adviceOf(swap('365d', '7d', swap('[web-1, web-2]', '[web-1]'))).map(
    (problem) => /\(([a-z-]+)\)$/.exec(problem.message)?.[1],
  );
  assert.equal(names.sort(), ['no-target-left', 'plain-http', 'short-certificate', 'sticky-single-target']);
});

t.run();
