/** Values of rules, sign-in and trust: from the spec to AWS and back, in the forms that AWS answers. */

import * as assert from 'uvu/assert';
import type { Codec, ReadContext } from '../../../reconciler/model/codec.ts';
import type { Json } from '../../../reconciler/model/json.ts';
import { actions } from '../../../reconciler/model/nested/actions.ts';
import { SECRET_TAG } from '../../../reconciler/model/nested/authenticate.ts';
import { conditions } from '../../../reconciler/model/nested/conditions.ts';
import { mutualAuthentication } from '../../../reconciler/model/nested/mutual-authentication.ts';
import { transforms } from '../../../reconciler/model/nested/transforms.ts';
import { bundle, revocations } from '../../../reconciler/model/nested/trust.ts';
import { suite } from '../../support/suite.ts';

const t = suite('model/rules');

const WEB = { $ref: 'targetGroup/web.arn' };
const GREEN = { $ref: 'targetGroup/green.arn' };
const IDS: Readonly<Record<string, Json>> = { 'arn:web': WEB, 'arn:green': GREEN, 'arn:ca': { $ref: 'trustStore/ca.arn' } };
const CONTEXT: ReadContext = { refer: (id) => IDS[id] ?? id, tags: { [SECRET_TAG]: 'h' } };

interface Row {
  readonly name: string;
  readonly codec: Codec;
  readonly said: Json;
  readonly wire: Json;
  /** As AWS answers it, when that is not what was written with ids in the place of references. */
  readonly answers?: readonly Json[];
  /** Other ways to say the same. */
  readonly same?: readonly Json[];
  /** Something near that is not the same. */
  readonly other: Json;
}

const OIDC = {
  issuer: 'https://i',
  authorizationEndpoint: 'https://i/a',
  tokenEndpoint: 'https://i/t',
  userInfoEndpoint: 'https://i/u',
  clientId: 'c',
};
const POOL = 'arn:aws:cognito-idp:us-east-1:123456789012:userpool/p';

const ROWS: readonly Row[] = [
  {
    name: 'host',
    codec: conditions(),
    said: { host: ['b.Example', 'A.example'] },
    wire: [{ Field: 'host-header', HostHeaderConfig: { Values: ['a.example', 'b.example'] } }],
    answers: [
      [{ Field: 'host-header', Values: ['b.example', 'a.example'], HostHeaderConfig: { Values: ['b.example', 'a.example'] } }],
      [{ Field: 'host-header', Values: ['a.example', 'b.example'] }],
    ],
    same: [{ host: ['a.example', 'b.example'] }],
    other: { host: ['a.example'] },
  },
  {
    name: 'host by regex, mirrored by AWS',
    codec: conditions(),
    said: { hostRegex: ['^A'] },
    wire: [{ Field: 'host-header', HostHeaderConfig: { RegexValues: ['^A'] } }],
    answers: [[{ Field: 'host-header', RegexValues: ['^A'], HostHeaderConfig: { RegexValues: ['^A'] } }]],
    other: { hostRegex: ['^a'] },
  },
  {
    name: 'path',
    codec: conditions(),
    said: { path: ['/b', '/A'] },
    wire: [{ Field: 'path-pattern', PathPatternConfig: { Values: ['/A', '/b'] } }],
    answers: [[{ Field: 'path-pattern', Values: ['/b', '/A'], PathPatternConfig: { Values: ['/b', '/A'] } }]],
    other: { path: ['/a', '/b'] },
  },
  {
    name: 'path by regex',
    codec: conditions(),
    said: { pathRegex: ['^/a'] },
    wire: [{ Field: 'path-pattern', PathPatternConfig: { RegexValues: ['^/a'] } }],
    other: { path: ['^/a'] },
  },
  {
    name: 'method',
    codec: conditions(),
    said: { method: ['PUT', 'GET'] },
    wire: [{ Field: 'http-request-method', HttpRequestMethodConfig: { Values: ['GET', 'PUT'] } }],
    other: { method: ['GET'] },
  },
  {
    name: 'source',
    codec: conditions(),
    said: { sourceIp: ['10.1.2.3/8'] },
    wire: [{ Field: 'source-ip', SourceIpConfig: { Values: ['10.0.0.0/8'] } }],
    same: [{ sourceIp: ['10.0.0.0/8'] }],
    other: { sourceIp: ['10.0.0.0/9'] },
  },
  {
    name: 'header, whatever its case',
    codec: conditions(),
    said: { headers: { 'X-Kind': ['b', 'a'] } },
    wire: [{ Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'x-kind', Values: ['a', 'b'] } }],
    answers: [[{ Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'X-Kind', Values: ['a', 'b'] } }]],
    other: { headers: { 'X-Kind': ['A', 'b'] } },
  },
  {
    name: 'query',
    codec: conditions(),
    said: { query: [{ value: 'v' }, { key: 'k', value: 'v' }] },
    wire: [{ Field: 'query-string', QueryStringConfig: { Values: [{ Key: 'k', Value: 'v' }, { Value: 'v' }] } }],
    answers: [[{ Field: 'query-string', QueryStringConfig: { Values: [{ Value: 'v' }, { Key: 'k', Value: 'v' }] } }]],
    other: { query: [{ value: 'v' }] },
  },
  {
    name: 'rewrites',
    codec: transforms(),
    said: { url: [{ regex: 'a', replace: 'b' }], host: [{ regex: 'c', replace: 'd' }] },
    wire: [
      { Type: 'host-header-rewrite', HostHeaderRewriteConfig: { Rewrites: [{ Regex: 'c', Replace: 'd' }] } },
      { Type: 'url-rewrite', UrlRewriteConfig: { Rewrites: [{ Regex: 'a', Replace: 'b' }] } },
    ],
    answers: [
      [
        { Type: 'url-rewrite', UrlRewriteConfig: { Rewrites: [{ Regex: 'a', Replace: 'b' }] } },
        { Type: 'host-header-rewrite', HostHeaderRewriteConfig: { Rewrites: [{ Regex: 'c', Replace: 'd' }] } },
      ],
    ],
    other: { url: [{ regex: 'a', replace: 'b' }] },
  },
  { name: 'no rewrites', codec: transforms(), said: {}, wire: [], other: { url: [{ regex: 'a', replace: '' }] } },
  {
    name: 'weights',
    codec: actions(),
    said: { forward: { targetGroups: [{ targetGroup: 'web', weight: 9 }, { targetGroup: 'green' }] } },
    wire: [
      {
        Type: 'forward',
        ForwardConfig: {
          TargetGroups: [
            { TargetGroupArn: 'arn:green', Weight: 1 },
            { TargetGroupArn: 'arn:web', Weight: 9 },
          ],
          TargetGroupStickinessConfig: { Enabled: false },
        },
      },
    ],
    other: { forward: { targetGroups: [{ targetGroup: 'web' }, { targetGroup: 'green' }] } },
  },
  {
    name: 'weights that hold',
    codec: actions(),
    said: { forward: { targetGroups: [{ targetGroup: 'web' }, { targetGroup: 'green' }], stickiness: '1h' } },
    wire: [
      {
        Type: 'forward',
        ForwardConfig: {
          TargetGroups: [
            { TargetGroupArn: 'arn:green', Weight: 1 },
            { TargetGroupArn: 'arn:web', Weight: 1 },
          ],
          TargetGroupStickinessConfig: { Enabled: true, DurationSeconds: 3600 },
        },
      },
    ],
    other: { forward: { targetGroups: [{ targetGroup: 'web' }, { targetGroup: 'green' }] } },
  },
  {
    name: 'a lone group, whatever its weight',
    codec: actions(),
    said: { forward: 'web' },
    wire: [{ Type: 'forward', TargetGroupArn: 'arn:web' }],
    answers: [
      [
        {
          Type: 'forward',
          TargetGroupArn: 'arn:web',
          ForwardConfig: { TargetGroups: [{ TargetGroupArn: 'arn:web', Weight: 7 }], TargetGroupStickinessConfig: { Enabled: false } },
        },
      ],
    ],
    same: [{ forward: { targetGroups: [{ targetGroup: 'web', weight: 5 }] } }],
    other: { forward: 'green' },
  },
  {
    name: 'Cognito first',
    codec: actions(),
    said: { authenticateCognito: { userPoolArn: POOL, userPoolClientId: 'c', userPoolDomain: 'd' }, forward: 'web' },
    wire: [
      {
        Type: 'authenticate-cognito',
        AuthenticateCognitoConfig: {
          UserPoolArn: POOL,
          UserPoolClientId: 'c',
          UserPoolDomain: 'd',
          SessionCookieName: 'AWSELBAuthSessionCookie',
          Scope: 'openid',
          SessionTimeout: 604800,
          OnUnauthenticatedRequest: 'authenticate',
        },
        Order: 1,
      },
      { Type: 'forward', TargetGroupArn: 'arn:web', Order: 2 },
    ],
    same: [
      { authenticateCognito: { userPoolArn: POOL, userPoolClientId: 'c', userPoolDomain: 'd', sessionTimeout: '7d' }, forward: 'web' },
    ],
    other: { authenticateCognito: { userPoolArn: POOL, userPoolClientId: 'c', userPoolDomain: 'd', scope: 'email' }, forward: 'web' },
  },
  {
    name: 'a token first',
    codec: actions(),
    said: {
      jwtValidation: { jwksEndpoint: 'https://i/k', issuer: 'i', claims: [{ name: 'aud', format: 'string-array', values: ['b', 'a'] }] },
      forward: 'web',
    },
    wire: [
      {
        Type: 'jwt-validation',
        JwtValidationConfig: {
          JwksEndpoint: 'https://i/k',
          Issuer: 'i',
          AdditionalClaims: [{ Name: 'aud', Format: 'string-array', Values: ['a', 'b'] }],
        },
        Order: 1,
      },
      { Type: 'forward', TargetGroupArn: 'arn:web', Order: 2 },
    ],
    other: { jwtValidation: { jwksEndpoint: 'https://i/k', issuer: 'i' }, forward: 'web' },
  },
  { name: 'off', codec: mutualAuthentication(), said: { mode: 'off' }, wire: { Mode: 'off' }, other: { mode: 'passthrough' } },
  {
    name: 'verify',
    codec: mutualAuthentication(),
    said: { mode: 'verify', trustStore: 'ca' },
    wire: { Mode: 'verify', TrustStoreArn: 'arn:ca', IgnoreClientCertificateExpiry: false, AdvertiseTrustStoreCaNames: 'off' },
    answers: [{ Mode: 'verify', TrustStoreArn: 'arn:ca', TrustStoreAssociationStatus: 'active' }],
    other: { mode: 'verify', trustStore: 'ca', advertiseTrustStoreCaNames: 'on' },
  },
];

/** What was written, with ids where there were references, as AWS gets it. */
const sent = (value: Json): Json =>
  JSON.parse(JSON.stringify(value).replace(/\{"\$ref":"\w+\/(\w+)\.arn"(?:,"ready":true)?\}/g, '"arn:$1"')) as Json;
const equal = (codec: Codec, a: Json, b: Json | undefined): boolean =>
  b !== undefined && (codec.equal?.(a, b) ?? JSON.stringify(a) === JSON.stringify(b));

for (const { name, codec, said, wire, answers = [], same = [], other } of ROWS) {
  const value = codec.parse(said);
  t(`${name}: written`, () => assert.equal(sent(codec.write(value)), wire));
  t(`${name}: read back`, () => {
    for (const answer of [wire, ...answers])
      assert.ok(equal(codec, value, codec.read(answer, CONTEXT)), JSON.stringify(codec.read(answer, CONTEXT)));
  });
  t(`${name}: the same and not the same`, () => {
    for (const one of same) assert.equal(codec.parse(one), value);
    assert.not.ok(equal(codec, value, codec.read(sent(codec.write(codec.parse(other))), CONTEXT)));
  });
}

t('a client secret is known by the hash in a tag; AWS never answers it', () => {
  const codec: Codec = actions();
  const [first, last] = codec.parse({
    authenticateOidc: { ...OIDC, clientSecret: { env: 'ALBEDO_SECRET_X' } },
    forward: 'web',
  }) as readonly {
    readonly [key: string]: Json;
  }[];
  const answer = (codec.write([{ ...first, secret: { hash: 'h' } }, last ?? null]) as readonly Json[]).map(sent);
  assert.match(JSON.stringify(answer), /"ClientSecret":\{"\$deferred":"secret:h"\}/);
  const live = codec.read(answer, CONTEXT);
  assert.ok(equal(codec, [{ ...first, secret: { hash: 'h' } }, last ?? null], live));
  assert.not.ok(equal(codec, [{ ...first, secret: { hash: 'other' } }, last ?? null], live));
  assert.ok(equal(codec, [first ?? null, last ?? null], live), 'one that cannot be read here is not compared');
  assert.equal(codec.tagsToRemember?.([{ ...first, secret: { hash: 'h' } }]), { [SECRET_TAG]: 'h' });
});

t('places in S3 are one text in a tag, and three parameters', () => {
  for (const [place, text, wire] of [
    [
      { bucket: 'b.c', key: 'k/l@m', version: 'v' },
      'b.c/k/l@m@v',
      { CaCertificatesBundleS3Bucket: 'b.c', CaCertificatesBundleS3Key: 'k/l@m', CaCertificatesBundleS3ObjectVersion: 'v' },
    ],
    [{ bucket: 'bcd', key: 'k@m' }, 'bcd/k@m@', { CaCertificatesBundleS3Bucket: 'bcd', CaCertificatesBundleS3Key: 'k@m' }],
    [{ bucket: 'bcd', key: 'k' }, 'bcd/k', { CaCertificatesBundleS3Bucket: 'bcd', CaCertificatesBundleS3Key: 'k' }],
  ] as const) {
    assert.is(bundle().parse(place), text);
    assert.equal(bundle().write(text), wire);
    assert.is(bundle().read(text, CONTEXT), text);
  }
  assert.equal(
    revocations().write(
      revocations().parse([
        { bucket: 'bcd', key: 'z' },
        { bucket: 'bcd', key: 'a', version: '1' },
      ]),
    ),
    [
      { S3Bucket: 'bcd', S3Key: 'a', S3ObjectVersion: '1', RevocationType: 'CRL' },
      { S3Bucket: 'bcd', S3Key: 'z', RevocationType: 'CRL' },
    ],
  );
});

t.run();
