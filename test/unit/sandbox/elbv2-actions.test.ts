import * as assert from 'uvu/assert';
import { type Bench, createBench, type Params } from '../../support/elbv2-bench.ts';
import { CERTIFICATES } from '../../support/sandbox-network.ts';
import { suite } from '../../support/suite.ts';

const t = suite('sandbox/elbv2 actions');

interface Stack {
  readonly bench: Bench;
  readonly groups: readonly string[];
  /** On port 80 and 443. */
  readonly http: string;
  readonly https: string;
}
function createStack(options: Parameters<typeof createBench>[0] = {}): Stack {
  const bench = createBench(options);
  const groups = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => bench.targetGroup(name));
  const LoadBalancerArn = bench.loadBalancer();
  const http = bench.listener(LoadBalancerArn, groups[0] ?? '');
  const https = bench.listener(LoadBalancerArn, groups[0] ?? '', {
    Protocol: 'HTTPS',
    Port: 443,
    Certificates: [{ CertificateArn: CERTIFICATES.site }],
  });
  return { bench, groups, http, https };
}

const Conditions = [{ Field: 'path-pattern', Values: ['/x'] }];
const fixed = (change: Params = {}): Params => ({ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '404', ...change } });
const redirect = (change: Params = {}): Params => ({
  Type: 'redirect',
  RedirectConfig: { StatusCode: 'HTTP_301', Host: 'other.example', ...change },
});
const OIDC = {
  Issuer: 'https://idp.example',
  AuthorizationEndpoint: 'https://idp.example/authorize',
  TokenEndpoint: 'https://idp.example/token',
  UserInfoEndpoint: 'https://idp.example/userinfo',
  ClientId: 'client',
  ClientSecret: 'planted-secret',
};
const oidc = (change: Params = {}): Params => ({ Type: 'authenticate-oidc', Order: 1, AuthenticateOidcConfig: { ...OIDC, ...change } });
const COGNITO = {
  UserPoolArn: 'arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_abc',
  UserPoolClientId: 'client',
  UserPoolDomain: 'login',
};
const cognito = (change: Params = {}): Params => ({
  Type: 'authenticate-cognito',
  Order: 1,
  AuthenticateCognitoConfig: { ...COGNITO, ...change },
});
const last = { ...fixed(), Order: 2 };

/** What is sent and what is answered as Actions of a rule on the HTTPS listener. */
const echoes: [what: string, sent: (groups: readonly string[]) => Params[], answered: (groups: readonly string[]) => unknown][] = [
  [
    'redirect with everything left out that can be',
    () => [redirect()],
    () => [
      {
        Type: 'redirect',
        RedirectConfig: {
          Protocol: '#{protocol}',
          Port: '#{port}',
          Host: 'other.example',
          Path: '/#{path}',
          Query: '#{query}',
          StatusCode: 'HTTP_301',
        },
      },
    ],
  ],
  [
    'redirect in full',
    () => [
      redirect({
        StatusCode: 'HTTP_302',
        Protocol: 'HTTPS',
        Port: '8443',
        Host: 'new.#{host}',
        Path: '/v2/#{path}',
        Query: 'from=#{host}&#{query}',
      }),
    ],
    () => [
      {
        Type: 'redirect',
        RedirectConfig: {
          Protocol: 'HTTPS',
          Port: '8443',
          Host: 'new.#{host}',
          Path: '/v2/#{path}',
          Query: 'from=#{host}&#{query}',
          StatusCode: 'HTTP_302',
        },
      },
    ],
  ],
  [
    'fixed response',
    () => [fixed()],
    () => [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '404', ContentType: 'text/plain' } }],
  ],
  [
    'fixed response in full, with text that XML must escape',
    () => [fixed({ StatusCode: '200', ContentType: 'text/html', MessageBody: '<b>"a" & b</b>\n' })],
    () => [
      { Type: 'fixed-response', FixedResponseConfig: { MessageBody: '<b>"a" & b</b>\n', StatusCode: '200', ContentType: 'text/html' } },
    ],
  ],
  [
    'forward to several, weighted and sticky',
    ([a = '', b = '']) => [
      {
        Type: 'forward',
        ForwardConfig: {
          TargetGroups: [
            { TargetGroupArn: a, Weight: 999 },
            { TargetGroupArn: b, Weight: 0 },
          ],
          TargetGroupStickinessConfig: { Enabled: true, DurationSeconds: 604800 },
        },
      },
    ],
    ([a, b]) => [
      {
        Type: 'forward',
        ForwardConfig: {
          TargetGroups: [
            { TargetGroupArn: a, Weight: '999' },
            { TargetGroupArn: b, Weight: '0' },
          ],
          TargetGroupStickinessConfig: { Enabled: 'true', DurationSeconds: '604800' },
        },
      },
    ],
  ],
  [
    'forward to one in both forms',
    ([a = '']) => [{ Type: 'forward', TargetGroupArn: a, ForwardConfig: { TargetGroups: [{ TargetGroupArn: a }] } }],
    ([a]) => [
      {
        Type: 'forward',
        TargetGroupArn: a,
        ForwardConfig: { TargetGroups: [{ TargetGroupArn: a, Weight: '1' }], TargetGroupStickinessConfig: { Enabled: 'false' } },
      },
    ],
  ],
  [
    'OIDC first, sent in the wrong order; the secret is not answered',
    () => [last, oidc({ AuthenticationRequestExtraParams: undefined })],
    () => {
      const { ClientSecret: _, ...shown } = OIDC;
      const config = {
        ...shown,
        SessionCookieName: 'AWSELBAuthSessionCookie',
        Scope: 'openid',
        SessionTimeout: '604800',
        OnUnauthenticatedRequest: 'authenticate',
      };
      return [
        { Type: 'authenticate-oidc', Order: '1', AuthenticateOidcConfig: config },
        { Type: 'fixed-response', Order: '2', FixedResponseConfig: { StatusCode: '404', ContentType: 'text/plain' } },
      ];
    },
  ],
  [
    'Cognito',
    () => [cognito({ Scope: 'openid email', SessionTimeout: 1, OnUnauthenticatedRequest: 'deny', SessionCookieName: 'c' }), last],
    () => [
      {
        Type: 'authenticate-cognito',
        Order: '1',
        AuthenticateCognitoConfig: {
          ...COGNITO,
          SessionCookieName: 'c',
          Scope: 'openid email',
          SessionTimeout: '1',
          OnUnauthenticatedRequest: 'deny',
        },
      },
      { Type: 'fixed-response', Order: '2', FixedResponseConfig: { StatusCode: '404', ContentType: 'text/plain' } },
    ],
  ],
];
for (const [what, sent, answered] of echoes)
  t(`answered in full: ${what}`, () => {
    const { bench, groups, https } = createStack();
    const made = bench.call('CreateRule', { ListenerArn: https, Priority: 1, Conditions, Actions: sent(groups) });
    assert.equal(made.get('Rules.0.Actions'), answered(groups));
    assert.equal(bench.call('DescribeRules', { ListenerArn: https }).get('Rules.0.Actions'), answered(groups));
    assert.not.match(JSON.stringify([bench.elbv2.dump(), bench.elbv2.state.listeners()]), /planted-secret/);
  });

t('extra parameters of an authentication request are a map', () => {
  const { bench, https } = createStack();
  const entries = {
    'Actions.member.1.AuthenticateOidcConfig.AuthenticationRequestExtraParams.entry.1.key': 'prompt',
    'Actions.member.1.AuthenticateOidcConfig.AuthenticationRequestExtraParams.entry.1.value': 'a<b',
  };
  const made = bench.call('CreateRule', { ListenerArn: https, Priority: 1, Conditions, Actions: [oidc(), last], ...entries });
  assert.equal(made.get('Rules.0.Actions.0.AuthenticateOidcConfig.AuthenticationRequestExtraParams'), {
    entry: { key: 'prompt', value: 'a<b' },
  });
});

type Make = (groups: readonly string[]) => Params[];
const forward =
  (config: Params): Make =>
  () => [{ Type: 'forward', ForwardConfig: config }];
const action = 'InvalidLoadBalancerAction';
const value = 'ValidationError';
/** Refused as Actions of a rule on the listener named. */
const refusals: [code: string, listener: 'http' | 'https', actions: Make, words?: string | RegExp][] = [
  [value, 'http', () => [{ Order: 1 }], /null at 'actions.1.member.type'/],
  [
    value,
    'http',
    () => [{ Type: 'teapot' }],
    "1 validation error detected: Value 'teapot' at 'actions.1.member.type' failed to satisfy constraint: Member must satisfy enum value set: [forward, authenticate-oidc, authenticate-cognito, redirect, fixed-response, jwt-validation]",
  ],
  [action, 'https', () => [{ Type: 'jwt-validation', Order: 1 }, last], /must specify the following fields: 'JwtValidationConfig'/],
  [action, 'http', () => [{ Type: 'jwt-validation', Order: 1 }, last], /HTTPS listeners/],
  // Lists
  [action, 'http', () => [fixed(), fixed()], /order for each action/],
  [action, 'http', () => [{ ...fixed(), Order: 1 }, last], /exactly one/],
  [action, 'https', () => [oidc()], /exactly one/],
  [
    action,
    'https',
    () => [
      { ...fixed(), Order: 1 },
      { ...oidc(), Order: 2 },
    ],
    /must be the last action/,
  ],
  [action, 'https', () => [oidc(), { ...last, Order: 1 }], /same order/],
  [value, 'http', () => [{ ...fixed(), Order: 0 }], /at 'actions.1.member.order'/],
  [value, 'http', () => [{ ...fixed(), Order: 50001 }]],
  [action, 'http', () => [oidc(), last], /only on HTTPS listeners/],
  [action, 'http', () => [cognito(), last], /only on HTTPS listeners/],
  ['TooManyActions', 'https', () => [1, 2, 3, 4, 5].map((Order): Params => ({ ...cognito(), Order })).concat({ ...last, Order: 6 })],
  [
    action,
    'http',
    () => [{ ...fixed(), RedirectConfig: { StatusCode: 'HTTP_301' } }],
    /you cannot specify the following fields: 'RedirectConfig'/,
  ],
  // Forward
  [value, 'http', () => [{ Type: 'forward' }], 'A target group ARN must be specified'],
  [value, 'http', forward({ TargetGroups: [] }), 'A target group ARN must be specified'],
  [value, 'http', forward({ TargetGroups: [{ Weight: 1 }] }), 'A target group ARN must be specified'],
  [
    value,
    'http',
    ([a = '']) => [{ Type: 'forward', ForwardConfig: { TargetGroups: [{ TargetGroupArn: a, Weight: -1 }] } }],
    /between '0-999'/,
  ],
  [
    value,
    'http',
    ([a = '']) => [{ Type: 'forward', ForwardConfig: { TargetGroups: [{ TargetGroupArn: a, Weight: 1000 }] } }],
    /between '0-999'/,
  ],
  [
    value,
    'http',
    ([a = '']) => [{ Type: 'forward', ForwardConfig: { TargetGroups: [{ TargetGroupArn: a }, { TargetGroupArn: a }] } }],
    /more than once/,
  ],
  [
    value,
    'http',
    ([a = '', b = '']) => [{ Type: 'forward', TargetGroupArn: a, ForwardConfig: { TargetGroups: [{ TargetGroupArn: b }] } }],
    /same target group/,
  ],
  [
    'TooManyTargetGroups',
    'http',
    (groups) => [{ Type: 'forward', ForwardConfig: { TargetGroups: groups.map((TargetGroupArn) => ({ TargetGroupArn })) } }],
  ],
  ...[
    { Enabled: true },
    { Enabled: true, DurationSeconds: 0 },
    { Enabled: true, DurationSeconds: 604801 },
    { Enabled: false, DurationSeconds: 0 },
  ].map((TargetGroupStickinessConfig): [string, 'http', Make, string] => [
    value,
    'http',
    ([a = '']) => [{ Type: 'forward', ForwardConfig: { TargetGroups: [{ TargetGroupArn: a }], TargetGroupStickinessConfig } }],
    'Target group stickiness duration must be between 1 and 604800 seconds',
  ]),
  // Redirect
  [action, 'http', () => [{ Type: 'redirect' }], "For actions of type 'redirect', you must specify the following fields: 'RedirectConfig'"],
  [value, 'http', () => [redirect({ StatusCode: undefined })], /statusCode/],
  [value, 'http', () => [redirect({ StatusCode: 'HTTP_307' })], /enum value set: \[HTTP_301, HTTP_302\]/],
  [value, 'http', () => [redirect({ Protocol: 'FTP' })]],
  [value, 'http', () => [redirect({ Port: '0' })]],
  [value, 'http', () => [redirect({ Port: '65536' })]],
  [value, 'http', () => [redirect({ Port: '#{host}' })]],
  // An empty host is one left out, and then the redirect leads to itself.
  [action, 'http', () => [redirect({ Host: '' })]],
  [value, 'http', () => [redirect({ Host: 'x'.repeat(129) })]],
  [value, 'http', () => [redirect({ Host: '#{path}' })], /keyword/],
  [value, 'http', () => [redirect({ Path: 'x' })], /begin with/],
  [value, 'http', () => [redirect({ Path: `/${'x'.repeat(128)}` })]],
  [value, 'http', () => [redirect({ Path: '/#{query}' })], /keyword/],
  [value, 'http', () => [redirect({ Query: '?a=b' })], /must not begin/],
  [value, 'http', () => [redirect({ Query: 'x'.repeat(129) })]],
  [value, 'http', () => [redirect({ Query: '#{cookie}' })], /keyword/],
  [action, 'https', () => [redirect({ Protocol: 'HTTP' })], /HTTPS/],
  [action, 'http', () => [redirect({ Host: undefined })], 'The redirect configuration is not valid because it creates a loop.'],
  [action, 'http', () => [redirect({ Host: '#{host}', Protocol: 'HTTP', Port: '80', Path: '/#{path}', Query: 'a=b' })], /loop/],
  // Fixed response
  [action, 'http', () => [{ Type: 'fixed-response' }], /'FixedResponseConfig'/],
  ...['301', '99', '600', '2XX', ''].map((StatusCode): [string, 'http', Make] => [value, 'http', () => [fixed({ StatusCode })]]),
  [action, 'http', () => [fixed({ ContentType: 'image/png' })], /ContentType must be one of/],
  [value, 'http', () => [fixed({ MessageBody: 'x'.repeat(1025) })], /messageBody/],
  [value, 'http', () => [fixed({ StatusCode: undefined, MessageBody: 'x' })], /null at '.*statusCode'/],
  // Authenticate
  ...(['Issuer', 'AuthorizationEndpoint', 'TokenEndpoint', 'UserInfoEndpoint', 'ClientId', 'ClientSecret'] as const).map(
    (name): [string, 'https', Make] => [value, 'https', () => [oidc({ [name]: undefined }), last]],
  ),
  ...(['Issuer', 'AuthorizationEndpoint', 'TokenEndpoint', 'UserInfoEndpoint'] as const).map((name): [string, 'https', Make, RegExp] => [
    value,
    'https',
    () => [oidc({ [name]: 'http://idp.example' }), last],
    /HTTPS/,
  ]),
  [value, 'https', () => [oidc({ SessionTimeout: 0 }), last]],
  [value, 'https', () => [oidc({ SessionTimeout: 604801 }), last]],
  [value, 'https', () => [oidc({ OnUnauthenticatedRequest: 'shrug' }), last]],
  [value, 'https', () => [oidc({ SessionCookieName: 'a b' }), last]],
  [value, 'https', () => [oidc({ Scope: ' ' }), last]],
  [value, 'https', () => [oidc({ UseExistingClientSecret: true }), last], /both/],
  [value, 'https', () => [oidc({ ClientSecret: undefined, UseExistingClientSecret: true }), last], /UseExistingClientSecret/],
  [action, 'https', () => [{ Type: 'authenticate-oidc', Order: 1 }, last]],
  ...(['UserPoolArn', 'UserPoolClientId', 'UserPoolDomain'] as const).map((name): [string, 'https', Make] => [
    value,
    'https',
    () => [cognito({ [name]: undefined }), last],
  ]),
  [value, 'https', () => [cognito({ UserPoolArn: 'pool' }), last]],
  [action, 'https', () => [{ Type: 'authenticate-cognito', Order: 1 }, last]],
];
refusals.forEach(([code, name, make, words], index) => {
  t(`refused ${index + 1}: ${code} for ${JSON.stringify(make(['a', 'b'])).slice(0, 100)}`, () => {
    const stack = createStack();
    const { bench, groups } = stack;
    const before = JSON.stringify(bench.elbv2.dump());
    bench.refused(code, 'CreateRule', { ListenerArn: stack[name], Priority: 1, Conditions, Actions: make(groups) }, words);
    const said =
      typeof words === 'string'
        ? words.replace("'actions.", "'defaultActions.")
        : words instanceof RegExp
          ? new RegExp(words.source.replace("'actions.", "'defaultActions."))
          : undefined;
    bench.refused(code, 'ModifyListener', { ListenerArn: stack[name], DefaultActions: make(groups) }, said);
    assert.is(JSON.stringify(bench.elbv2.dump()), before);
  });
});

const legal: [what: string, Make][] = [
  [
    'five groups',
    (groups) => [{ Type: 'forward', ForwardConfig: { TargetGroups: groups.slice(0, 5).map((TargetGroupArn) => ({ TargetGroupArn })) } }],
  ],
  [
    'a duration without stickiness',
    ([a = '']) => [
      {
        Type: 'forward',
        ForwardConfig: { TargetGroups: [{ TargetGroupArn: a }], TargetGroupStickinessConfig: { Enabled: false, DurationSeconds: 1 } },
      },
    ],
  ],
  ['HTTP to HTTPS', () => [redirect({ Protocol: 'HTTPS', Port: '443', Host: undefined })]],
  ['another port', () => [redirect({ Port: '8080', Host: undefined })]],
  ['another path', () => [redirect({ Path: '/x', Host: undefined })]],
  ['an empty query', () => [redirect({ Query: '' })]],
  ...['200', '299', '400', '499', '500', '599'].map((StatusCode): [string, Make] => [
    `status ${StatusCode}`,
    () => [fixed({ StatusCode })],
  ]),
  ...['text/plain', 'text/css', 'text/html', 'application/javascript', 'application/json'].map((ContentType): [string, Make] => [
    ContentType,
    () => [fixed({ ContentType, MessageBody: 'x'.repeat(1024) })],
  ]),
  ['an order on a single action', () => [{ ...fixed(), Order: 50_000 }]],
];
for (const [what, make] of legal)
  t(`accepted: ${what}`, () => {
    const { bench, groups, http } = createStack();
    bench.call('CreateRule', { ListenerArn: http, Priority: 1, Conditions, Actions: make(groups) });
    bench.call('ModifyListener', { ListenerArn: http, DefaultActions: make(groups) });
  });

t('an existing client secret can be kept on modify', () => {
  const { bench, https } = createStack();
  const keep = [oidc({ ClientSecret: undefined, UseExistingClientSecret: true, Scope: 'email' }), last];
  const RuleArn = bench
    .call('CreateRule', { ListenerArn: https, Priority: 1, Conditions, Actions: [oidc(), last] })
    .text('Rules.0.RuleArn');
  const config = bench.call('ModifyRule', { RuleArn, Actions: keep }).get('Rules.0.Actions.0.AuthenticateOidcConfig') as Record<
    string,
    string
  >;
  assert.is(config['Scope'], 'email');
  assert.is(config['UseExistingClientSecret'], undefined);
  bench.call('ModifyRule', { RuleArn, Actions: keep });
  bench.refused('InvalidLoadBalancerAction', 'ModifyListener', { ListenerArn: https, Protocol: 'HTTP' });
  bench.call('ModifyRule', { RuleArn, Actions: [fixed()] });
  bench.refused('ValidationError', 'ModifyRule', { RuleArn, Actions: keep });
});

t('a redirect that would loop after a change of port stops the change', () => {
  const { bench, http } = createStack();
  bench.call('CreateRule', { ListenerArn: http, Priority: 1, Conditions, Actions: [redirect({ Host: undefined, Port: '8080' })] });
  bench.refused('InvalidLoadBalancerAction', 'ModifyListener', { ListenerArn: http, Port: 8080 }, /loop/);
  bench.call('ModifyListener', { ListenerArn: http, Port: 8081 });
});

t('quota of groups per load balancer counts each group once, and not those replaced', () => {
  const { bench, groups, http } = createStack({ quotas: { targetGroupsPerLoadBalancer: 2 } });
  const [a = '', b = '', c = ''] = groups;
  const rule = bench.rule(http, b, 1);
  bench.rule(http, a, 2);
  bench.refused('TooManyUniqueTargetGroupsPerLoadBalancer', 'CreateRule', {
    ListenerArn: http,
    Priority: 3,
    Conditions,
    Actions: [{ Type: 'forward', TargetGroupArn: c }],
  });
  bench.call('ModifyRule', { RuleArn: rule, Actions: [{ Type: 'forward', TargetGroupArn: c }] });
});

t.run();
