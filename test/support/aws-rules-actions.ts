/** Trials of actions: where requests go, and who is asked first. */

import { certificate, http, https, listener, ownRule, plainListener, rule, same, swap, type Trial } from './aws-rules-trial.ts';
import type { Params, ParamValue } from './elbv2-bench.ts';
import { LAST, type World } from './elbv2-surface.ts';

const redirect =
  (field: string) =>
  (world: World, sent: ParamValue): readonly [string, Params] =>
    plainListener(world, [{ Type: 'redirect', RedirectConfig: { StatusCode: 'HTTP_301', Path: '/x', [field]: sent } }]);
const redirects = (key: string, field: string, rule: string, good: string, bad: string, words: RegExp): Trial => ({
  rule,
  what: `${key} of a redirect`,
  spec: (said) => http(`redirect: { statusCode: HTTP_301, ${key === 'path' ? '' : 'path: /x, '}${key}: ${said} }`),
  ask: redirect(field),
  good: same(good),
  bad: same(bad),
  path: `listeners.http.redirect.${key}`,
  words,
});

const OIDC_SAID =
  'issuer: "https://i", authorizationEndpoint: "https://i/a", tokenEndpoint: "https://i/t", userInfoEndpoint: "https://i/u", clientId: c, clientSecret: { env: ALBEDO_SECRET_X }';
const OIDC_SENT: Params = {
  Issuer: 'https://i',
  AuthorizationEndpoint: 'https://i/a',
  TokenEndpoint: 'https://i/t',
  UserInfoEndpoint: 'https://i/u',
  ClientId: 'c',
  ClientSecret: 's',
};
const oidc = (key: string, field: string, ruleName: string, good: string, bad: string, words: RegExp): Trial => ({
  rule: ruleName,
  what: `${key} of a sign-in`,
  spec: (said) => https(`authenticateOidc: { ${OIDC_SAID.replace(new RegExp(`${key}: "[^"]*", `), '')}, ${key}: ${said} }`),
  ask: (world, sent) =>
    listener(world, [{ Type: 'authenticate-oidc', Order: 1, AuthenticateOidcConfig: { ...OIDC_SENT, [field]: sent } }, LAST]),
  good: same(good),
  bad: same(bad),
  path: `listeners.https.authenticateOidc.${key}`,
  words,
});
const cognito = (key: string, field: string, good: string, bad: string, words: RegExp): Trial => ({
  rule: 'schema',
  what: `${key} of a sign-in`,
  spec: (said) => {
    const all: Record<string, string> = {
      userPoolArn: '"arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_A"',
      userPoolClientId: 'c',
      userPoolDomain: 'd',
    };
    return https(
      `authenticateCognito: { ${Object.entries({ ...all, [key]: said })
        .map((pair) => pair.join(': '))
        .join(', ')} }`,
    );
  },
  ask: (world, sent) =>
    listener(world, [
      {
        Type: 'authenticate-cognito',
        Order: 1,
        AuthenticateCognitoConfig: {
          UserPoolArn: 'arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_A',
          UserPoolClientId: 'c',
          UserPoolDomain: 'd',
          [field]: sent,
        },
      },
      LAST,
    ]),
  good: same(good),
  bad: same(bad),
  path: `listeners.https.authenticateCognito.${key}`,
  words,
});
const claims = (
  what: string,
  rule: string,
  good: readonly (readonly [string, string, ...string[]])[],
  bad: typeof good,
  path: string,
  words: RegExp,
): Trial => {
  const value = (list: typeof good) => ({
    said: `[${list.map(([name, format, ...values]) => `{ name: ${name}, format: ${format}, values: ${JSON.stringify(values)} }`).join(', ')}]`,
    sent: list.map(([Name, Format, ...Values]) => ({ Name, Format, Values })),
  });
  return {
    rule,
    what,
    spec: (said) => https(`jwtValidation: { jwksEndpoint: "https://i/k", issuer: i, claims: ${said} }`),
    ask: (world, sent) =>
      listener(world, [
        { Type: 'jwt-validation', Order: 1, JwtValidationConfig: { JwksEndpoint: 'https://i/k', Issuer: 'i', AdditionalClaims: sent } },
        LAST,
      ]),
    good: value(good),
    bad: value(bad),
    path: `listeners.https.jwtValidation.claims${path}`,
    words,
  };
};
const many = (count: number, prefix: string): readonly string[] => Array.from({ length: count }, (_, index) => `${prefix}${index}`);

const forwards = (
  what: string,
  ruleName: string,
  spec: Trial['spec'],
  ask: Trial['ask'],
  path: string,
  words: RegExp,
  good: Trial['good'],
  bad: Trial['bad'],
): Trial => ({
  rule: ruleName,
  what,
  spec,
  ask,
  path,
  words,
  good,
  bad,
});
const shares = (world: World, weights: readonly ParamValue[], names: readonly string[]): Params => {
  const arns = new Map([...new Set(names)].map((name) => [name, world.targetGroup(name)]));
  return {
    Type: 'forward',
    ForwardConfig: { TargetGroups: names.map((name, index) => ({ TargetGroupArn: arns.get(name) ?? '', Weight: weights[index] ?? 1 })) },
  };
};

const rewrite = (what: string, ruleName: string, key: string, path: string, words: RegExp, good: string, bad: string): Trial => ({
  rule: ruleName,
  what,
  spec: (said) =>
    rule(
      `if: { path: [/a] }, rewrite: { url: [{ ${key === 'regex' ? 'replace: /x' : 'regex: "^/(a)"'}, ${key}: ${said} }] }, forward: web`,
    ),
  ask: (world, sent) =>
    ownRule(world, {
      Transforms: [
        {
          Type: 'url-rewrite',
          UrlRewriteConfig: { Rewrites: [{ Regex: '^/(a)', Replace: '/x', [key === 'regex' ? 'Regex' : 'Replace']: sent }] },
        },
      ],
    }),
  path: `listeners.https.rules.a.rewrite.url[0].${path}`,
  words,
  good: same(good),
  bad: same(bad),
});

/** Another action than the last one: an equal listener made again is no mistake (CreateListener is idempotent). */
const OTHER: Params = { Type: 'fixed-response', FixedResponseConfig: { StatusCode: '200' } };

export const ACTION_TRIALS: readonly Trial[] = [
  redirects('host', 'Host', 'redirectHost', 'www.#{host}', 'www.#{path}', /redirect host .* keyword/),
  redirects('host', 'Host', 'redirectHost', 'a.example', 'a..example', /redirect host .* is not valid/),
  redirects('path', 'Path', 'redirectPath', '/#{host}/#{port}/#{path}', '/#{nope}', /redirect path .* keyword/),
  redirects('path', 'Path', 'schema', '/y', 'y', /must begin with '\/'/),
  redirects('query', 'Query', 'redirectQuery', 'from=#{host}&#{query}', 'from=#{user}', /redirect query .* keyword/),
  redirects('query', 'Query', 'schema', 'a=b', '?a=b', /must not begin with '\?'/),
  redirects('port', 'Port', 'schema', '8443', '70000', /redirect port/),
  {
    ...redirects('protocol', 'Protocol', 'ports and redirects of listeners', 'HTTPS', 'HTTP', /from an HTTPS listener to protocol 'HTTP'/),
    spec: (said) =>
      swap('certificate: site, forward: web', `certificate: site, redirect: { statusCode: HTTP_301, path: /x, protocol: ${said} }`),
    ask: (world, sent) => listener(world, [{ Type: 'redirect', RedirectConfig: { StatusCode: 'HTTP_301', Path: '/x', Protocol: sent } }]),
    path: 'listeners.https.redirect',
  },
  {
    ...redirects(
      'protocol',
      'Protocol',
      'conditions, priorities, sign-in and kinds of targets',
      'HTTPS',
      'HTTP',
      /from an HTTPS listener to protocol 'HTTP'/,
    ),
    what: 'a rule that redirects from HTTPS',
    spec: (said) => rule(`if: { path: [/a] }, redirect: { statusCode: HTTP_301, path: /x, protocol: ${said} }`),
    ask: (world, sent) =>
      ownRule(world, { Actions: [{ Type: 'redirect', RedirectConfig: { StatusCode: 'HTTP_301', Path: '/x', Protocol: sent } }] }),
    path: 'listeners.https.rules.a.redirect',
  },
  {
    ...redirects('path', 'Path', 'ports and redirects of listeners', '/x', '/#{path}', /creates a loop/),
    path: 'listeners.http.redirect',
  },
  {
    rule: 'schema',
    what: 'status of a fixed response',
    spec: (said) => http(`fixedResponse: { statusCode: ${said} }`),
    ask: (world, sent) => plainListener(world, [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: sent } }]),
    good: same('503'),
    bad: same('301'),
    path: 'listeners.http.fixedResponse.statusCode',
    words: /statusCode/,
  },
  {
    rule: 'schema',
    what: 'content type of a fixed response',
    spec: (said) => http(`fixedResponse: { statusCode: "200", contentType: ${said} }`),
    ask: (world, sent) => plainListener(world, [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '200', ContentType: sent } }]),
    good: same('text/html'),
    bad: same('image/png'),
    path: 'listeners.http.fixedResponse.contentType',
    words: /ContentType must be one of/,
  },
  oidc('sessionCookieName', 'SessionCookieName', 'schema', 'Session', 'a b', /Session cookie name/),
  oidc('scope', 'Scope', 'schema', 'openid', ' ', /A scope must be specified/),
  oidc('tokenEndpoint', 'TokenEndpoint', 'httpsUrl', 'https://i/token', 'https://', /must be a full URL/),
  oidc('issuer', 'Issuer', 'schema', 'https://j', 'http://j', /must be a full URL/),
  {
    ...oidc('extraParams', 'AuthenticationRequestExtraParams', 'schema', '', '', /authentication request extra parameters/),
    good: { said: '{ a: b }', sent: { entry: { 1: { key: 'a', value: 'b' } } } },
    bad: {
      said: `{ ${many(11, 'k')
        .map((key) => `${key}: v`)
        .join(', ')} }`,
      sent: { entry: Object.fromEntries(many(11, 'k').map((key, index) => [index + 1, { key, value: 'v' }])) },
    },
  },
  cognito(
    'userPoolArn',
    'UserPoolArn',
    'arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_A',
    'arn:aws:cognito-idp:us-east-1:123456789012:userpool/a b',
    /user pool ARN/,
  ),
  cognito('userPoolDomain', 'UserPoolDomain', 'auth.example.com', 'https://auth.example.com', /user pool domain/),
  {
    ...cognito(
      'userPoolArn',
      'UserPoolArn',
      'arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_A',
      'arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_A',
      /not a valid user pool ARN/,
    ),
    rule: 'ARNs of the region',
  },
  {
    rule: 'httpsUrl',
    what: 'keys of tokens',
    spec: (said) => https(`jwtValidation: { jwksEndpoint: ${said}, issuer: i }`),
    ask: (world, sent) =>
      listener(world, [{ Type: 'jwt-validation', Order: 1, JwtValidationConfig: { JwksEndpoint: sent, Issuer: 'i' } }, LAST]),
    good: same('https://i/k'),
    bad: same('https://a b'),
    path: 'listeners.https.jwtValidation.jwksEndpoint',
    words: /JwksEndpoint .* must be a full URL/,
  },
  claims(
    'a claim with one value',
    'claims',
    [['role', 'single-string', 'a']],
    [['role', 'single-string', 'a', 'b']],
    '[0].values[1]',
    /can have one value only/,
  ),
  claims(
    'words with spaces',
    'claims',
    [['role', 'space-separated-values', 'a']],
    [['role', 'space-separated-values', 'a b']],
    '[0].values[0]',
    /cannot include spaces/,
  ),
  claims(
    'a claim twice',
    'claims',
    [['role', 'string-array', 'a']],
    [
      ['role', 'string-array', 'a'],
      ['role', 'string-array', 'b'],
    ],
    '[1].name',
    /A claim was specified more than once/,
  ),
  claims(
    'a claim that is checked anyway',
    'schema',
    [['role', 'single-string', 'a']],
    [['iss', 'single-string', 'a']],
    '[0].name',
    /validated by default/,
  ),
  claims(
    'eleven values',
    'schema',
    [['role', 'string-array', ...many(10, 'v')] as never],
    [['role', 'string-array', ...many(11, 'v')] as never],
    '[0].values',
    /Up to '10' values/,
  ),
  claims(
    'eleven claims',
    'schema',
    many(10, 'c').map((name) => [name, 'single-string', 'a']),
    many(11, 'c').map((name) => [name, 'single-string', 'a']),
    '',
    /additional claims can be specified/,
  ),
  claims(
    'a value that is too long',
    'schema',
    [['role', 'single-string', 'a']],
    [['role', 'single-string', 'x'.repeat(257)]],
    '[0].values[0]',
    /is too long/,
  ),
  claims(
    'an empty value',
    'schema',
    [['role', 'single-string', 'a']],
    [['role', 'single-string', '']],
    '[0].values[0]',
    /A value of claim 'role' must be specified/,
  ),
  forwards(
    'a group twice',
    'a group once in a forward',
    (said) =>
      swap(
        'targetGroups:\n',
        'targetGroups:\n  other: { port: 80 }\n',
        http(`forward: { targetGroups: [{ targetGroup: web }, { targetGroup: ${said} }] }`),
      ),
    (world, sent) => plainListener(world, [shares(world, [], ['web', String(sent)])]),
    'listeners.http.forward.targetGroups[1].targetGroup',
    /specified more than once in a forward/,
    same('other'),
    same('web'),
  ),
  forwards(
    'a weight',
    'schema',
    (said) => http(`forward: { targetGroups: [{ targetGroup: web, weight: ${said} }] }`),
    (world, sent) => plainListener(world, [shares(world, [sent], ['web'])]),
    'listeners.http.forward.targetGroups[0].weight',
    /must be between '0-999'/,
    same(999),
    same(1000),
  ),
  forwards(
    'stickiness between groups',
    'schema',
    (said) => http(`forward: { targetGroups: [{ targetGroup: web }], stickiness: ${said} }`),
    (world, sent) => {
      const TargetGroupArn = world.targetGroup();
      return plainListener(world, [
        {
          Type: 'forward',
          ForwardConfig: { TargetGroups: [{ TargetGroupArn }], TargetGroupStickinessConfig: { Enabled: true, DurationSeconds: sent } },
        },
      ]);
    },
    'listeners.http.forward.stickiness',
    /stickiness duration must be between/,
    same(604_800),
    same(604_801),
  ),
  forwards(
    'six groups',
    'schema',
    (said) =>
      swap(
        'targetGroups:\n',
        `targetGroups:\n${many(6, 'g')
          .map((name) => `  ${name}: { port: 80 }\n`)
          .join('')}`,
        http(
          `forward: { targetGroups: [${said
            .split(' ')
            .map((name) => `{ targetGroup: ${name} }`)
            .join(', ')}] }`,
        ),
      ),
    (world, sent) => plainListener(world, [shares(world, [], sent as readonly string[])]),
    'listeners.http.forward.targetGroups',
    /number of target groups per action/,
    { said: many(5, 'g').join(' '), sent: many(5, 'g') },
    { said: many(6, 'g').join(' '), sent: many(6, 'g') },
  ),
  ...(['HTTP2', 'GRPC'] as const).map((version) =>
    forwards(
      `${version} behind HTTP`,
      'HTTP/2 and gRPC behind HTTPS',
      (said) => swap('targetGroups:\n', `targetGroups:\n  other: { port: 80, protocolVersion: ${said} }\n`, http('forward: other')),
      (world, sent) => plainListener(world, [{ Type: 'forward', TargetGroupArn: world.targetGroup('other', { ProtocolVersion: sent }) }]),
      'listeners.http.forward',
      /not supported with a target group with the protocol-version/,
      same('HTTP1'),
      same(version),
    ),
  ),
  forwards(
    'targets by IPv6',
    'targets by IPv6',
    (said) =>
      swap('targetGroups:\n', `targetGroups:\n  other: { port: 80, targetType: ip, ipAddressType: ${said} }\n`, http('forward: other')),
    (world, sent) =>
      plainListener(world, [{ Type: 'forward', TargetGroupArn: world.targetGroup('other', { TargetType: 'ip', IpAddressType: sent }) }]),
    'targetGroups.other.ipAddressType',
    /'ipv6' requires a dualstack load balancer/,
    same('ipv4'),
    same('ipv6'),
  ),
  {
    rule: 'conditions, priorities, sign-in and kinds of targets',
    what: 'sign-in without HTTPS',
    spec: (said) =>
      said === 'HTTPS' ? https(`authenticateOidc: { ${OIDC_SAID} }`) : http(`forward: web, authenticateOidc: { ${OIDC_SAID} }`),
    ask: (world, sent) =>
      (sent === 'HTTPS' ? listener : plainListener)(world, [
        { Type: 'authenticate-oidc', Order: 1, AuthenticateOidcConfig: OIDC_SENT },
        LAST,
      ]),
    good: { said: 'HTTPS', sent: 'HTTPS' },
    bad: { said: 'HTTP', sent: 'HTTP' },
    path: 'listeners.http',
    words: /supported only on HTTPS listeners/,
  },
  rewrite('a pattern of a rewrite', 'regex', 'regex', 'regex', /of a transform is not a valid regular expression/, '^/(b)$', '^/(b'),
  rewrite('a group that is put in', 'groups that a rewrite puts in', 'replace', 'replace', /names the capture group \$2/, '/$1', '/$2'),
  {
    rule: 'ports and redirects of listeners',
    what: 'a port twice',
    spec: (said) => swap('port: 443', `port: ${said}`),
    ask: (world, sent) => {
      const LoadBalancerArn = world.loadBalancer();
      world.call('CreateListener', { LoadBalancerArn, Port: 80, Protocol: 'HTTP', DefaultActions: [OTHER] });
      return ['CreateListener', { LoadBalancerArn, Port: sent, Protocol: 'HTTP', DefaultActions: [LAST] }];
    },
    good: same(443),
    bad: same(80),
    path: 'listeners.https.port',
    words: /already exists on this port/,
  },
  {
    rule: 'ARNs of the region',
    what: 'a certificate of another region',
    spec: (said) => certificate(`acm: ${said}`),
    ask: (world, sent) => listener(world, [LAST], { Certificates: [{ CertificateArn: sent }] }),
    good: { said: '"arn:aws:acm:us-east-1:123456789012:certificate/0"', sent: 'arn:aws:iam::123456789012:server-certificate/site' },
    bad: same('arn:aws:acm:eu-west-1:123456789012:certificate/0'),
    path: 'certificates.site.acm',
    words: /Certificate/,
  },
  {
    rule: 'schema',
    what: 'a header under another name',
    spec: (said) => https(`requestHeaders: { tlsVersion: ${said} }`),
    ask: (world, sent) => [
      'ModifyListenerAttributes',
      { ListenerArn: world.https(), Attributes: [{ Key: 'routing.http.request.x_amzn_tls_version.header_name', Value: sent }] },
    ],
    good: same('X-Tls'),
    bad: same('X Tls'),
    path: 'listeners.https.requestHeaders.tlsVersion',
    words: /must be 1 to 40 letters/,
  },
];
