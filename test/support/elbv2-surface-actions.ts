/** Surface cases of actions, once for listeners and once for rules. */
import * as assert from 'uvu/assert';
import type { Params } from './elbv2-bench.ts';
import { LAST, reads, type SurfaceCase } from './elbv2-surface.ts';
import { type ActionCase, type Actions, CARRIERS, type Carrier } from './elbv2-surface-carriers.ts';

/** A field of the structure `config` of actions of one type: legal and illegal values for it, `undefined` for missing. */
function configFields(
  type: string,
  config: string,
  base: Params,
  fields: readonly (readonly [name: string, legal: unknown, illegal: unknown, code?: string, expected?: unknown])[],
): ActionCase[] {
  const final = ['redirect', 'fixed-response', 'forward'].includes(type);
  const make =
    (name: string, value: unknown): Actions =>
    () => [{ Type: type, Order: 1, [config]: { ...base, [name]: value } as Params }, ...(final ? [] : [LAST])];
  return fields.map(([name, legal, illegal, code = 'ValidationError', expected = legal]) => ({
    field: `${config}.${name}`,
    legal: make(name, legal),
    path: `${config}.${name}`,
    expected,
    illegal: make(name, illegal),
    code,
  }));
}

const OIDC: Params = {
  Issuer: 'https://id.example.com',
  AuthorizationEndpoint: 'https://id.example.com/a',
  TokenEndpoint: 'https://id.example.com/t',
  UserInfoEndpoint: 'https://id.example.com/u',
  ClientId: 'web',
  ClientSecret: 'hunter2',
};
const COGNITO: Params = {
  UserPoolArn: 'arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_AbC',
  UserPoolClientId: 'web',
  UserPoolDomain: 'login',
};
const JWT: Params = { JwksEndpoint: 'https://id.example.com/keys', Issuer: 'https://id.example.com' };

const extra = (count: number): Params => ({
  entry: Object.fromEntries(Array.from({ length: count }, (_, index) => [index + 1, { key: `k${index}`, value: 'v' }])),
});
const SESSION = [
  ['SessionCookieName', 'Session', 'a b'],
  ['Scope', 'openid email', ' '],
  ['SessionTimeout', 1, 604_801],
  ['AuthenticationRequestExtraParams', extra(1), extra(11), 'ValidationError', { entry: { key: 'k0', value: 'v' } }],
  ['OnUnauthenticatedRequest', 'deny', 'maybe'],
] as const;

const claim = (change: Params): Params => ({
  ...JWT,
  AdditionalClaims: [{ Format: 'string-array', Name: 'role', Values: ['a', 'b'], ...change }],
});
const claimCase = (name: string, path: string, legal: Params, expected: string, illegal: Params): ActionCase => ({
  field: `JwtValidationConfig.AdditionalClaims[].${name}`,
  legal: () => [{ Type: 'jwt-validation', Order: 1, JwtValidationConfig: claim(legal) }, LAST],
  path: `JwtValidationConfig.AdditionalClaims.0.${path}`,
  expected,
  illegal: () => [{ Type: 'jwt-validation', Order: 1, JwtValidationConfig: claim(illegal) }, LAST],
  code: 'ValidationError',
});

const forward =
  (make: (arn: string) => Params): Actions =>
  (world) => [{ Type: 'forward', ...make(world.targetGroup('target')) }];
const groups = (entry: Params, more: Params = {}) =>
  forward((TargetGroupArn) => ({ ForwardConfig: { TargetGroups: [{ TargetGroupArn, ...entry }], ...more } }));
const sticky = (TargetGroupStickinessConfig: Params): Actions => groups({}, { TargetGroupStickinessConfig });
const UNKNOWN = 'arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/none/0123456789abcdef';

const CASES: readonly ActionCase[] = [
  {
    field: 'Type',
    legal: () => [LAST],
    path: 'Type',
    expected: 'fixed-response',
    illegal: () => [{ ...LAST, Type: 'teapot' }],
    code: 'ValidationError',
  },
  {
    field: 'TargetGroupArn',
    legal: forward((TargetGroupArn) => ({ TargetGroupArn })),
    path: 'ForwardConfig.TargetGroups.0.Weight',
    expected: '1',
    illegal: () => [{ Type: 'forward', TargetGroupArn: UNKNOWN }],
    code: 'TargetGroupNotFound',
  },
  {
    field: 'Order',
    legal: () => [{ ...LAST, Order: 7 }],
    path: 'Order',
    expected: '7',
    illegal: () => [{ ...LAST, Order: 50_001 }],
    code: 'ValidationError',
  },
  ...configFields('authenticate-oidc', 'AuthenticateOidcConfig', OIDC, [
    ...['Issuer', 'AuthorizationEndpoint', 'TokenEndpoint', 'UserInfoEndpoint'].map(
      (name) => [name, 'https://a.example.com/x', 'http://a.example.com'] as const,
    ),
    ['ClientId', 'shop', undefined],
    ...SESSION,
  ]),
  ...configFields('authenticate-cognito', 'AuthenticateCognitoConfig', COGNITO, [
    ['UserPoolArn', COGNITO['UserPoolArn'], 'us-east-1_AbC'],
    ['UserPoolClientId', 'shop', undefined],
    ['UserPoolDomain', 'login.example.com', 'https://login.example.com'],
    ...SESSION,
  ]),
  ...configFields('redirect', 'RedirectConfig', { StatusCode: 'HTTP_302', Path: '/else' }, [
    ['Protocol', 'HTTPS', 'HTTP', 'InvalidLoadBalancerAction'],
    ['Port', '8443', '65536'],
    ['Host', 'www.#{host}', '#{path}.com'],
    ['Path', '/new/#{path}', 'new'],
    ['Query', 'a=1&#{query}', '?a=1'],
    ['StatusCode', 'HTTP_301', 'HTTP_307'],
  ]),
  ...configFields('fixed-response', 'FixedResponseConfig', { StatusCode: '200' }, [
    ['StatusCode', '503', '302'],
    ['ContentType', 'application/json', 'image/png', 'InvalidLoadBalancerAction'],
    ['MessageBody', 'hello', 'x'.repeat(1025)],
  ]),
  {
    field: 'ForwardConfig.TargetGroups[].TargetGroupArn',
    legal: groups({}),
    path: 'ForwardConfig.TargetGroups.0.Weight',
    expected: '1',
    illegal: groups({ TargetGroupArn: UNKNOWN }),
    code: 'TargetGroupNotFound',
  },
  {
    field: 'ForwardConfig.TargetGroups[].Weight',
    legal: groups({ Weight: 999 }),
    path: 'ForwardConfig.TargetGroups.0.Weight',
    expected: '999',
    illegal: groups({ Weight: 1000 }),
    code: 'ValidationError',
  },
  {
    field: 'ForwardConfig.TargetGroupStickinessConfig.Enabled',
    legal: sticky({ Enabled: true, DurationSeconds: 60 }),
    path: 'ForwardConfig.TargetGroupStickinessConfig.Enabled',
    expected: 'true',
    illegal: sticky({ Enabled: true }),
    code: 'ValidationError',
  },
  {
    field: 'ForwardConfig.TargetGroupStickinessConfig.DurationSeconds',
    legal: sticky({ Enabled: true, DurationSeconds: 60 }),
    path: 'ForwardConfig.TargetGroupStickinessConfig.DurationSeconds',
    expected: '60',
    illegal: sticky({ Enabled: true, DurationSeconds: 604_801 }),
    code: 'ValidationError',
  },
  ...configFields('jwt-validation', 'JwtValidationConfig', JWT, [
    ['JwksEndpoint', 'https://b.example.com/keys', 'http://b.example.com/keys'],
    ['Issuer', 'me', 'x'.repeat(257)],
  ]),
  claimCase('Format', 'Format', { Format: 'space-separated-values' }, 'space-separated-values', { Format: 'csv' }),
  claimCase('Name', 'Name', { Name: 'scope' }, 'scope', { Name: 'exp' }),
  claimCase('Values[]', 'Values.1', {}, 'b', { Values: Array.from({ length: 11 }, (_, index) => `v${index}`) }),
];

const oidc = (change: Params): readonly Params[] => [
  { Type: 'authenticate-oidc', Order: 1, AuthenticateOidcConfig: { ...OIDC, ...change } },
  LAST,
];

/** The secret goes in and never comes out; it may stay as it is when an action is modified. */
function secretCases({ row, action, params, read, path }: Carrier): SurfaceCase[] {
  return [
    {
      row: `${row}.AuthenticateOidcConfig.ClientSecret`,
      works(world) {
        const answer = world.call(action, params(world, oidc({})));
        assert.not.match(JSON.stringify([answer.all, read(world, answer).all, world.elbv2.dump()]), /hunter2/);
        reads(read(world, answer), `${path}.AuthenticateOidcConfig.ClientId`, 'web');
      },
      refused: (world) => {
        world.refused('ValidationError', action, params(world, oidc({ ClientSecret: undefined })));
      },
    },
    {
      row: `${row}.AuthenticateOidcConfig.UseExistingClientSecret`,
      works(world) {
        const answer = world.call(action, params(world, oidc({})));
        const kept = oidc({ ClientSecret: undefined, UseExistingClientSecret: true, ClientId: 'shop' });
        if (action === 'CreateRule') world.call('ModifyRule', { RuleArn: answer.text('Rules.0.RuleArn'), Actions: kept });
        else world.call('ModifyListener', { ListenerArn: answer.text('Listeners.0.ListenerArn'), DefaultActions: kept });
        reads(read(world, answer), `${path}.AuthenticateOidcConfig.ClientId`, 'shop');
      },
      refused: (world) => {
        world.refused('ValidationError', action, params(world, oidc({ ClientSecret: undefined, UseExistingClientSecret: true })));
      },
    },
  ];
}

export const actionCases: readonly SurfaceCase[] = CARRIERS.flatMap((carrier) => [
  ...CASES.map(
    (one): SurfaceCase => ({
      row: `${carrier.row}.${one.field}`,
      works(world) {
        const answer = world.call(carrier.action, carrier.params(world, one.legal(world)));
        reads(carrier.read(world, answer), `${carrier.path}.${one.path}`, one.expected);
      },
      refused: (world) => {
        world.refused(one.code, carrier.action, carrier.params(world, one.illegal(world)));
      },
    }),
  ),
  ...secretCases(carrier),
]);
