/** What AWS refuses of rules, actions, trust and targets: one mistake each, its exact place, and the nearest spec that is right. */

import * as assert from 'uvu/assert';
import { GOOD, swap } from '../../support/spec-text.ts';
import { problemsOf } from '../../support/stacks.ts';
import { suite } from '../../support/suite.ts';

const t = suite('spec/check-rules');

const HTTP = '  http: { protocol: HTTP, port: 80, forward: web }\n';
const HTTPS = '  https: { protocol: HTTPS, port: 443, certificate: site, forward: web }\n';
const OIDC =
  'authenticateOidc: { issuer: "https://i", authorizationEndpoint: "https://i/a", tokenEndpoint: "https://i/t", userInfoEndpoint: "https://i/u", clientId: c, clientSecret: { env: ALBEDO_SECRET_OIDC } }';
const JWT = 'jwtValidation: { jwksEndpoint: "https://i/k", issuer: i }';
const LAMBDA = 'arn:aws:lambda:us-east-1:123456789012:function';

/** Rules of the HTTP listener, the first on line 29 after the two spaces of its column 7. */
const rules = (...list: readonly string[]): string =>
  swap(HTTP, `  http:\n    protocol: HTTP\n    port: 80\n    forward: web\n    rules:\n${list.map((rule) => `      ${rule}\n`).join('')}`);
const one = (body: string): string => rules(`a: { ${body} }`);
const when = (condition: string): string => one(`if: { ${condition} }, forward: web`);
/** The HTTPS listener, line 25, with more said. */
const https = (more: string, text = GOOD): string =>
  swap(HTTPS, `  https: { protocol: HTTPS, port: 443, certificate: site, forward: web, ${more} }\n`, text);
/** The HTTP listener, line 24, with this action. */
const http = (action: string): string => swap(HTTP, `  http: { protocol: HTTP, port: 80, ${action} }\n`);
/** A second group, from line 20. */
const group = (more: string): string =>
  swap(
    '    targets: [web-1, web-2]\n',
    `    targets: [web-1, web-2]\n  other:\n${more
      .split('; ')
      .map((line) => `    ${line}\n`)
      .join('')}`,
  );
/** The group of the tutorial with more said, from line 17. */
const web = (more: string): string =>
  swap(
    '    port: 8080\n',
    `    port: 8080\n${more
      .split('; ')
      .map((line) => `    ${line}\n`)
      .join('')}`,
  );
const STORE = 'trustStores:\n  ca: { bundle: { bucket: authorities, key: ca.pem } }\n';

type Row = readonly [name: string, mistake: string, told: readonly string[], duplicate: string];

const ROWS: readonly Row[] = [
  [
    'a rule without conditions',
    one('if: {}, forward: web'),
    ['29:12 listeners.http.rules.a.if: `if` needs at least 1 entry'],
    when('path: [/a]'),
  ],
  ['a rule that says no condition at all', one('forward: web'), ['29:7 listeners.http.rules.a.if: `if` is missing'], when('method: [GET]')],
  [
    'six condition values',
    when('path: [/a, /b, /c, /d, /e, /f]'),
    ['29:16 listeners.http.rules.a.if: The rule has 6 condition values'],
    when('path: [/a, /b, /c, /d, /e]'),
  ],
  [
    'six condition values of several conditions',
    when('path: [/a, /b, /c], method: [GET, PUT], query: [{ value: x }]'),
    ['29:16 listeners.http.rules.a.if: The rule has 6 condition values'],
    when('path: [/a, /b, /c], method: [GET], query: [{ value: x }]'),
  ],
  [
    'six wildcards',
    when('path: ["/*/*/*", "/?/?/?"]'),
    ['29:16 listeners.http.rules.a.if: The rule has 6 wildcards'],
    when('path: ["/*/*/*", "/?/?/"]'),
  ],
  [
    'six wildcards in headers and queries',
    when('headers: { X: ["***"] }, query: [{ key: "*", value: "??" }]'),
    ['29:16 listeners.http.rules.a.if: The rule has 6 wildcards'],
    when('headers: { X: ["***"] }, query: [{ key: k, value: "\\\\*?" }]'),
  ],
  [
    'wildcards, but quantifiers do not count',
    when('path: ["/a*b*c*d*e*f*"]'),
    ['29:16 listeners.http.rules.a.if: The rule has 6 wildcards'],
    when('pathRegex: ["^/a*b*c*d*e*f*"]'),
  ],
  [
    'a host in two notations',
    when('host: [a.example], hostRegex: ["^a"]'),
    ['29:16 listeners.http.rules.a.if: The rule has two conditions on the host.'],
    when('host: [a.example, b.example]'),
  ],
  [
    'a path in two notations',
    when('path: [/a], pathRegex: ["^/b"]'),
    ['29:16 listeners.http.rules.a.if: The rule has two conditions on the path.'],
    when('pathRegex: ["^/a", "^/b"]'),
  ],
  [
    'a host without a dot',
    when('host: [localhost]'),
    ['29:25 listeners.http.rules.a.if.host[0]: `localhost` is not a host name'],
    when('host: [localhost.local]'),
  ],
  [
    'a host that ends in a number',
    when('host: [10.0.0.1]'),
    ['29:25 listeners.http.rules.a.if.host[0]: `10.0.0.1` is not a host name'],
    when('host: ["*.Example.COM"]'),
  ],
  [
    'a path with a space',
    when('path: ["/a b"]'),
    ['29:25 listeners.http.rules.a.if.path[0]: `/a b` has a character'],
    when('path: ["/a&b"]'),
  ],
  [
    'the Host header as a header',
    when('headers: { Host: [x] }'),
    ['29:29 listeners.http.rules.a.if.headers.Host: The name `Host`'],
    when('headers: { X-Host: [x] }'),
  ],
  [
    'a method in small letters',
    when('method: [get]'),
    ['29:27 listeners.http.rules.a.if.method[0]: Entry 1 of `method` must be an HTTP method in capitals'],
    when('method: [M-SEARCH]'),
  ],
  [
    'an address that is no network',
    when('sourceIp: [10.0.0.1]'),
    ['29:29 listeners.http.rules.a.if.sourceIp[0]: Entry 1 of `sourceIp` must be a network'],
    when('sourceIp: [10.0.0.1/32]'),
  ],
  [
    'a network of 33 bits',
    when('sourceIp: [10.0.0.0/33]'),
    ['29:29 listeners.http.rules.a.if.sourceIp[0]: `10.0.0.0/33` is not a network.'],
    when('sourceIp: [10.0.0.0/0]'),
  ],
  [
    'an IPv6 network of 129 bits',
    when('sourceIp: ["2001:db8::/129"]'),
    ['29:29 listeners.http.rules.a.if.sourceIp[0]: `2001:db8::/129` is not a network.'],
    when('sourceIp: ["2001:db8::/128"]'),
  ],
  [
    'a query without a value',
    when('query: [{ key: a }]'),
    ['29:26 listeners.http.rules.a.if.query[0].value: `value` is missing'],
    when('query: [{ value: a }]'),
  ],
  [
    '129 characters',
    when(`path: [/${'a'.repeat(128)}]`),
    ['29:25 listeners.http.rules.a.if.path[0]: '],
    when(`path: [/${'a'.repeat(127)}]`),
  ],

  [
    'a priority twice',
    rules('a: { priority: 5, if: { path: [/a] }, forward: web }', 'b: { priority: 5, if: { path: [/b] }, forward: web }'),
    ['30:22 listeners.http.rules.b.priority: Priority 5 is already used by rule `a`.'],
    rules('a: { priority: 5, if: { path: [/a] }, forward: web }', 'b: { priority: 6, if: { path: [/b] }, forward: web }'),
  ],
  [
    'a priority of 0',
    rules('a: { priority: 0, if: { path: [/a] }, forward: web }'),
    ['29:22 listeners.http.rules.a.priority: `priority` must be at least 1'],
    rules('a: { priority: 1, if: { path: [/a] }, forward: web }'),
  ],
  [
    'a priority of 50001',
    rules('a: { priority: 50001, if: { path: [/a] }, forward: web }'),
    ['29:22 listeners.http.rules.a.priority: `priority` must be at most 50000'],
    rules('a: { priority: 50000, if: { path: [/a] }, forward: web }'),
  ],

  [
    'two default actions',
    http('forward: web, fixedResponse: { statusCode: "503" }'),
    ['24:51 listeners.http: `forward` and `fixedResponse` cannot be set together'],
    http('fixedResponse: { statusCode: "503" }'),
  ],
  [
    'two actions of a rule',
    one('if: { path: [/a] }, forward: web, fixedResponse: { statusCode: "503" }'),
    ['29:46 listeners.http.rules.a: `forward` and `fixedResponse` cannot be set together'],
    one('if: { path: [/a] }, fixedResponse: { statusCode: "503" }'),
  ],
  [
    'a rule that does nothing',
    one('if: { path: [/a] }'),
    ['29:7 listeners.http.rules.a: `listeners.http.rules.a` does not say what to do'],
    one('if: { path: [/a] }, forward: web'),
  ],
  [
    'a rule that redirects to itself',
    one('if: { path: [/a] }, redirect: { statusCode: HTTP_301 }'),
    ['29:42 listeners.http.rules.a.redirect: The redirect points to itself.'],
    one('if: { path: [/a] }, redirect: { path: /b, statusCode: HTTP_301 }'),
  ],
  [
    'a rule that redirects to itself, said in full',
    one('if: { path: [/a] }, redirect: { protocol: HTTP, port: "80", statusCode: HTTP_302 }'),
    ['29:42 listeners.http.rules.a.redirect: The redirect points to itself.'],
    one('if: { path: [/a] }, redirect: { protocol: HTTPS, port: "443", statusCode: HTTP_302 }'),
  ],
  [
    'six target groups',
    http(`forward: { targetGroups: [${Array(6).fill('{ targetGroup: web }').join(', ')}] }`),
    ['24:48 listeners.http.forward.targetGroups: `targetGroups` may have at most 5 entries, and has 6.'],
    http('forward: { targetGroups: [{ targetGroup: web }] }'),
  ],
  [
    'a weight of 1000',
    http('forward: { targetGroups: [{ targetGroup: web, weight: 1000 }] }'),
    ['24:91 listeners.http.forward.targetGroups[0].weight: `weight` must be at most 999'],
    http('forward: { targetGroups: [{ targetGroup: web, weight: 999 }] }'),
  ],
  [
    'a week and a day between groups',
    http('forward: { targetGroups: [{ targetGroup: web }], stickiness: 8d }'),
    ['24:98 listeners.http.forward.stickiness: `stickiness` is `8d`'],
    http('forward: { targetGroups: [{ targetGroup: web }], stickiness: 7d }'),
  ],
  [
    'an unknown group among several',
    http('forward: { targetGroups: [{ targetGroup: wbe }] }'),
    ['24:78 listeners.http.forward.targetGroups[0].targetGroup: There is no target group named `wbe`.'],
    http('forward: { targetGroups: [{ targetGroup: web }] }'),
  ],
  [
    'two rewrites of a URL',
    one('if: { path: [/a] }, rewrite: { url: [{ regex: a, replace: b }, { regex: c, replace: d }] }, forward: web'),
    ['29:43 listeners.http.rules.a.rewrite.url: `url` may have at most 1 entry'],
    one('if: { path: [/a] }, rewrite: { url: [{ regex: a, replace: b }], host: [{ regex: c, replace: d }] }, forward: web'),
  ],

  ['two ways to sign in', https(`${OIDC}, ${JWT}`), ['25:10 listeners.https: This sets two ways to authenticate'], https(JWT)],
  ['signing in on HTTP', http(`forward: web, ${JWT}`), ['24:9 listeners.http: '], http('forward: web')],
  [
    'a rule that signs in on HTTP',
    one(`if: { path: [/a] }, forward: web, ${OIDC}`),
    ['29:10 listeners.http.rules.a: '],
    one('if: { path: [/a] }, forward: web'),
  ],
  [
    'no client secret',
    https(OIDC.replace(', clientSecret: { env: ALBEDO_SECRET_OIDC }', '')),
    ['25:73 listeners.https.authenticateOidc.clientSecret: `clientSecret` is missing'],
    https(OIDC),
  ],
  [
    'an endpoint in clear',
    https(OIDC.replace('https://i/a', 'http://i/a')),
    ['25:137 listeners.https.authenticateOidc.authorizationEndpoint: `authorizationEndpoint` must be an https address'],
    https(OIDC),
  ],
  [
    'a session of eight days',
    https(OIDC.replace('clientId: c', 'clientId: c, sessionTimeout: 8d')),
    ['25:244 listeners.https.authenticateOidc.sessionTimeout: `sessionTimeout` is `8d`'],
    https(OIDC.replace('clientId: c', 'clientId: c, sessionTimeout: 7d')),
  ],
  [
    'a claim that is checked anyway',
    https('jwtValidation: { jwksEndpoint: "https://i/k", issuer: i, claims: [{ name: exp, format: single-string, values: [a] }] }'),
    ['25:147 listeners.https.jwtValidation.claims[0].name: '],
    https('jwtValidation: { jwksEndpoint: "https://i/k", issuer: i, claims: [{ name: aud, format: single-string, values: [a] }] }'),
  ],

  [
    'verify without a trust store',
    https('mutualAuthentication: { mode: verify }'),
    ['25:73 listeners.https.mutualAuthentication.trustStore: `trustStore` is missing'],
    https('mutualAuthentication: { mode: verify, trustStore: ca }', GOOD + STORE),
  ],
  [
    'off with a trust store',
    https('mutualAuthentication: { mode: off, trustStore: ca }', GOOD + STORE),
    ['25:108 listeners.https.mutualAuthentication.trustStore: `trustStore` may not be given here, because `mode` is not `verify`.'],
    https('mutualAuthentication: { mode: off }'),
  ],
  [
    'passthrough that accepts ended certificates',
    https('mutualAuthentication: { mode: passthrough, ignoreClientCertificateExpiry: true }'),
    ['25:116 listeners.https.mutualAuthentication.ignoreClientCertificateExpiry: `ignoreClientCertificateExpiry` may not be given here'],
    https('mutualAuthentication: { mode: verify, trustStore: ca, ignoreClientCertificateExpiry: true }', GOOD + STORE),
  ],
  [
    'client certificates on HTTP',
    http('forward: web, mutualAuthentication: { mode: passthrough }'),
    ['24:73 listeners.http.mutualAuthentication: `mutualAuthentication` cannot be set here'],
    https('mutualAuthentication: { mode: passthrough }'),
  ],
  [
    'an unknown trust store',
    https('mutualAuthentication: { mode: verify, trustStore: ac }', GOOD + STORE),
    ['25:123 listeners.https.mutualAuthentication.trustStore: There is no trust store named `ac`.'],
    https('mutualAuthentication: { mode: verify, trustStore: ca }', GOOD + STORE),
  ],

  [
    'slow start with least outstanding requests',
    web('slowStart: 60s; algorithm: least_outstanding_requests'),
    ['17:16 targetGroups.web.slowStart: A slow start cannot be combined with `least_outstanding_requests`.'],
    web('slowStart: 60s'),
  ],
  [
    'anomaly mitigation with round robin',
    web('anomalyMitigation: "on"'),
    ['17:24 targetGroups.web.anomalyMitigation: Anomaly mitigation needs'],
    web('anomalyMitigation: "off"'),
  ],
  [
    'two functions in a group',
    group(`targetType: lambda; targets: [{ lambda: "${LAMBDA}:f" }, { lambda: "${LAMBDA}:g" }]`),
    ['22:14 targetGroups.other.targets: A Lambda group has one target.'],
    group(`targetType: lambda; targets: [{ lambda: "${LAMBDA}:f" }]`),
  ],
  [
    'a port of a function',
    group('targetType: lambda; port: 80'),
    ['22:11 targetGroups.other.port: `port` cannot be set here'],
    group('targetType: lambda'),
  ],
  [
    'an instance in a Lambda group',
    group('targetType: lambda; targets: [web-1]'),
    ['22:14 targetGroups.other.targets: A target of type instance cannot be in a group with targetType lambda.'],
    group('targetType: instance; port: 80; targets: [web-1]'),
  ],
  [
    'an instance among addresses',
    group('targetType: ip; port: 80; targets: [web-1]'),
    ['23:14 targetGroups.other.targets: A target of type instance cannot be in a group with targetType ip.'],
    group('targetType: ip; port: 80; targets: [{ ip: 10.0.1.7 }, { ip: 10.9.0.7, availabilityZone: all }]'),
  ],
  [
    'an address among instances',
    group('port: 80; targets: [web-1, { ip: 10.0.1.7 }]'),
    ['22:14 targetGroups.other.targets: A target of type ip cannot be in a group with targetType instance.'],
    group('port: 80; targets: [web-1, { instance: web-1, port: 81 }]'),
  ],
  [
    'no health check of instances',
    group('port: 80; healthCheck: { enabled: false }'),
    ['22:29 targetGroups.other.healthCheck.enabled: Health checks of instances'],
    group('targetType: lambda; healthCheck: { enabled: false }'),
  ],
  [
    'gRPC codes of HTTP',
    group('port: 80; healthCheck: { grpcMatcher: "0" }'),
    ['22:33 targetGroups.other.healthCheck.grpcMatcher: `healthCheck.grpcMatcher` cannot be set here'],
    group('port: 80; protocolVersion: GRPC; healthCheck: { grpcMatcher: "0" }'),
  ],

  [
    'a raw attribute in capitals',
    web('attributes: { Something: x }'),
    ['17:19 targetGroups.web.attributes.Something: The name `Something`'],
    web('attributes: { something.new: x }'),
  ],
  [
    'a raw attribute that has a field',
    web('attributes: { slow_start.duration_seconds: "60" }'),
    [
      '17:19 targetGroups.web.attributes["slow_start.duration_seconds"]: The attribute `slow_start.duration_seconds` has a field of its own. | Write `slowStart` instead.',
    ],
    web('slowStart: 60s'),
  ],
  [
    'a raw attribute that is no text',
    web('attributes: { something.new: 1 }'),
    ['17:34 targetGroups.web.attributes["something.new"]: '],
    web('attributes: { something.new: "1" }'),
  ],
];

const told = (text: string): string[] =>
  problemsOf(text).map(({ line, column, path, message, hint }) => `${line}:${column} ${path}: ${message} | ${hint}`);

for (const [name, mistake, expected, duplicate] of ROWS) {
  t(name, () => {
    const found = told(mistake);
    assert.is(found.length, expected.length, found.join('\n'));
    for (const [index, words] of expected.entries()) assert.ok(found[index]?.startsWith(words), `${found[index]}\nis not\n${words}`);
  });
  t(`${name}: its duplicate is right`, () => assert.equal(told(duplicate), []));
}

t('a secret in clear is refused, and not repeated', () => {
  const [problem, ...more] = problemsOf(https(OIDC.replace('{ env: ALBEDO_SECRET_OIDC }', 'hunter2-hunter2')));
  assert.equal(more, []);
  assert.is(problem?.path, 'listeners.https.authenticateOidc.clientSecret');
  assert.not.match(JSON.stringify(problem), /hunter2/);
});

t('rules of two listeners may have one priority', () => {
  const text = swap(
    HTTPS,
    '  https:\n    protocol: HTTPS\n    port: 443\n    certificate: site\n    forward: web\n    rules:\n      b: { priority: 5, if: { path: [/b] }, forward: web }\n',
    rules('a: { priority: 5, if: { path: [/a] }, forward: web }'),
  );
  assert.equal(told(text), []);
});

t.run();
