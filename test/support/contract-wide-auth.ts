/** Trials of what is done with a request, on the default action of an HTTPS listener and on a rule: the same table for both. */
import type { Json } from '../../reconciler/model/json.ts';
import type { Edit } from './contract-trials.ts';
import type { WideTrial } from './contract-wide-run.ts';

const IDP = 'https://idp.example.com';
const POOL = 'arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_abcdef';

const OIDC: Json = {
  issuer: IDP,
  authorizationEndpoint: `${IDP}/authorize`,
  tokenEndpoint: `${IDP}/token`,
  userInfoEndpoint: `${IDP}/me`,
  clientId: 'albedo',
  clientSecret: { env: 'ALBEDO_SECRET_OIDC' },
};
const COGNITO: Json = { userPoolArn: POOL, userPoolClientId: 'albedo', userPoolDomain: 'sign-in' };
const JWT: Json = { jwksEndpoint: `${IDP}/jwks`, issuer: IDP };

/** Variables that the specs name. */
export const SECRETS = { ALBEDO_SECRET_OIDC: 'first-secret', ALBEDO_SECRET_OIDC_TWO: 'second-secret' } as const;

/** Another value for each key; what need not be said is set first. */
const SESSION: Readonly<Record<string, readonly [values: readonly Json[], api: string, last: unknown]>> = {
  sessionCookieName: [['One', 'Two'], 'SessionCookieName', 'Two'],
  scope: [['openid email', 'openid profile'], 'Scope', 'openid profile'],
  sessionTimeout: [['1h', '2h'], 'SessionTimeout', 7200],
  extraParams: [
    [{ prompt: 'login' }, { prompt: 'login', display: 'page' }],
    'AuthenticationRequestExtraParams',
    { display: 'page', prompt: 'login' },
  ],
  onUnauthenticated: [['deny', 'allow'], 'OnUnauthenticatedRequest', 'allow'],
};

const claim = (more: object): Json => [{ name: 'scope', format: 'space-separated-values', values: ['read'], ...more }];

const CHECKS: readonly {
  readonly key: string;
  readonly config: string;
  readonly existing: Json;
  readonly keys: Readonly<Record<string, readonly [values: readonly Json[], api: string, last: unknown]>>;
}[] = [
  {
    key: 'authenticateOidc',
    config: 'AuthenticateOidcConfig',
    existing: OIDC,
    keys: {
      issuer: [[`${IDP}/2`], 'Issuer', `${IDP}/2`],
      authorizationEndpoint: [[`${IDP}/2`], 'AuthorizationEndpoint', `${IDP}/2`],
      tokenEndpoint: [[`${IDP}/2`], 'TokenEndpoint', `${IDP}/2`],
      userInfoEndpoint: [[`${IDP}/2`], 'UserInfoEndpoint', `${IDP}/2`],
      clientId: [['other'], 'ClientId', 'other'],
      ...SESSION,
    },
  },
  {
    key: 'authenticateCognito',
    config: 'AuthenticateCognitoConfig',
    existing: COGNITO,
    keys: {
      userPoolArn: [[`${POOL}2`], 'UserPoolArn', `${POOL}2`],
      userPoolClientId: [['other'], 'UserPoolClientId', 'other'],
      userPoolDomain: [['other'], 'UserPoolDomain', 'other'],
      ...SESSION,
    },
  },
  {
    key: 'jwtValidation',
    config: 'JwtValidationConfig',
    existing: JWT,
    keys: { jwksEndpoint: [[`${IDP}/2`], 'JwksEndpoint', `${IDP}/2`], issuer: [['other'], 'Issuer', 'other'] },
  },
];

/** A weighted forward of two groups. */
const split = (first: number, more: object = {}): Json => ({
  targetGroups: [{ targetGroup: 'web', weight: first }, { targetGroup: 'other' }],
  ...more,
});

/** Trials of the actions in `field` of `on`, written at `place` and shown by AWS under `api`. */
export function actionTrials(kind: string, field: string, on: string, place: string, api: string): Readonly<Record<string, WideTrial>> {
  const trials: [string, WideTrial][] = [];
  const put = (key: string, trial: Omit<WideTrial, 'on'>): void => void trials.push([`${kind} ${field} ${key}`, { on, ...trial }]);
  for (const check of CHECKS) {
    const existing: readonly Edit[] = [[`${place}/${check.key}`, check.existing]];
    for (const [key, [values, name, last]] of Object.entries(check.keys)) {
      // The plan says the hash of the secret.
      const opaque = check.key === 'authenticateOidc' ? ({ opaque: true } as const) : {};
      put(`${check.key}.${key}`, { existing, values, shows: [[api, 0, check.config, name], last], ...opaque });
    }
  }
  put('authenticateOidc.clientSecret.env', {
    existing: [[`${place}/authenticateOidc`, OIDC]],
    values: ['ALBEDO_SECRET_OIDC_TWO'],
    opaque: true,
  });
  const jwt: readonly Edit[] = [[`${place}/jwtValidation`, JWT]];
  const claims = (values: readonly Json[], shows: WideTrial['shows']): Omit<WideTrial, 'on'> => ({
    existing: jwt,
    at: 'jwtValidation/claims',
    values,
    ...(shows === undefined ? {} : { shows }),
  });
  const inner = [api, 0, 'JwtValidationConfig', 'AdditionalClaims', 0];
  put('jwtValidation.claims.name', claims([claim({}), claim({ name: 'roles' })], [[...inner, 'Name'], 'roles']));
  put('jwtValidation.claims.format', claims([claim({}), claim({ format: 'string-array' })], [[...inner, 'Format'], 'string-array']));
  put(
    'jwtValidation.claims.values',
    claims(
      [claim({}), claim({ values: ['read', 'write'] })],
      [
        [...inner, 'Values'],
        ['read', 'write'],
      ],
    ),
  );

  put('forward.targetGroups.weight', {
    at: 'forward',
    values: [split(1), split(9)],
    shows: [[api, 0, 'ForwardConfig', 'TargetGroups', 'length'], 2],
  });
  put('forward.stickiness', {
    existing: [[`${place}/forward`, split(1)]],
    values: ['60s', '2m'],
    shows: [[api, 0, 'ForwardConfig', 'TargetGroupStickinessConfig'], { Enabled: true, DurationSeconds: 120 }],
  });
  return Object.fromEntries(trials);
}
