import { canonical, formatDuration, parseDuration, type ReadContext, type SayContext, type Schema, seconds } from '../codec.ts';
import type { Json, JsonObject } from '../json.ts';

/** One parameter of an action that checks who asks: spec key, API name, schema, default as AWS fills it in. */
interface Part {
  readonly key: string;
  readonly api: string;
  readonly schema: Schema;
  readonly default?: Json;
  readonly required?: true;
  readonly parse?: (written: Json) => Json;
  readonly say?: (value: Json) => Json;
}

const https = (description: string): Schema => ({
  type: 'string',
  pattern: '^https://',
  maxLength: 2048,
  'x-pattern-message': 'an https address',
  'x-example': 'https://idp.example.com/authorize',
  description,
});
const line = (description: string): Schema => ({ type: 'string', minLength: 1, maxLength: 256, description });

/** Defaults: AuthenticateOidcActionConfig and AuthenticateCognitoActionConfig, ELBv2 API reference. */
const SESSION: readonly Part[] = [
  {
    key: 'sessionCookieName',
    api: 'SessionCookieName',
    schema: line('The cookie that keeps the session.'),
    default: 'AWSELBAuthSessionCookie',
  },
  { key: 'scope', api: 'Scope', schema: line('Scopes asked for, parted by spaces.'), default: 'openid' },
  {
    key: 'sessionTimeout',
    api: 'SessionTimeout',
    schema: { ...seconds(1, 604800).schema, description: 'How long a session lasts.' },
    default: 604800,
    parse: parseDuration,
    say: (value) => formatDuration(Number(value)),
  },
  {
    key: 'extraParams',
    api: 'AuthenticationRequestExtraParams',
    schema: {
      type: 'object',
      maxProperties: 10,
      additionalProperties: { type: 'string' },
      description: 'Further parameters of the request to the provider; at most 10.',
    },
    default: {},
  },
  {
    key: 'onUnauthenticated',
    api: 'OnUnauthenticatedRequest',
    schema: { type: 'string', enum: ['deny', 'allow', 'authenticate'], description: 'What happens to a request without a session.' },
    default: 'authenticate',
  },
];

const OIDC: readonly Part[] = [
  { key: 'issuer', api: 'Issuer', schema: https('The issuer.'), required: true },
  { key: 'authorizationEndpoint', api: 'AuthorizationEndpoint', schema: https('Where users sign in.'), required: true },
  { key: 'tokenEndpoint', api: 'TokenEndpoint', schema: https('Where codes become tokens.'), required: true },
  { key: 'userInfoEndpoint', api: 'UserInfoEndpoint', schema: https('Where facts about the user are.'), required: true },
  { key: 'clientId', api: 'ClientId', schema: line('The client id.'), required: true },
  ...SESSION,
];

const COGNITO: readonly Part[] = [
  {
    key: 'userPoolArn',
    api: 'UserPoolArn',
    schema: {
      type: 'string',
      pattern: '^arn:aws[a-z-]*:cognito-idp:[a-z0-9-]+:\\d{12}:userpool/.+$',
      'x-pattern-message': 'the ARN of a Cognito user pool',
      description: 'The user pool.',
    },
    required: true,
  },
  { key: 'userPoolClientId', api: 'UserPoolClientId', schema: line('The client of the pool.'), required: true },
  { key: 'userPoolDomain', api: 'UserPoolDomain', schema: line('Domain prefix or full domain of the pool.'), required: true },
  ...SESSION,
];

const CLAIM: Schema = {
  type: 'object',
  additionalProperties: false,
  required: ['name', 'format', 'values'],
  properties: {
    name: {
      type: 'string',
      minLength: 1,
      maxLength: 256,
      not: { enum: ['exp', 'iss', 'nbf', 'iat'] },
      description: 'Name of the claim; exp, iss, nbf and iat are checked anyway.',
    },
    format: {
      type: 'string',
      enum: ['single-string', 'string-array', 'space-separated-values'],
      description: 'How the claim holds its values.',
    },
    values: {
      type: 'array',
      minItems: 1,
      maxItems: 10,
      items: { type: 'string', minLength: 1, maxLength: 256 },
      description: 'Values that do.',
    },
  },
};

const JWT: readonly Part[] = [
  { key: 'jwksEndpoint', api: 'JwksEndpoint', schema: { ...https('Where the keys are.'), maxLength: 256 }, required: true },
  { key: 'issuer', api: 'Issuer', schema: line('The issuer that tokens must name.'), required: true },
];

/** Remembers the hash of an OIDC client secret: AWS never returns it. */
export const SECRET_TAG = 'albedo:secret';

export interface AuthKind {
  readonly key: string;
  readonly type: string;
  readonly config: string;
  readonly parts: readonly Part[];
  readonly doc: string;
}

export const AUTH: readonly AuthKind[] = [
  {
    key: 'authenticateOidc',
    type: 'authenticate-oidc',
    config: 'AuthenticateOidcConfig',
    parts: OIDC,
    doc: 'First let users sign in with an OpenID Connect provider. HTTPS listeners only.',
  },
  {
    key: 'authenticateCognito',
    type: 'authenticate-cognito',
    config: 'AuthenticateCognitoConfig',
    parts: COGNITO,
    doc: 'First let users sign in with a Cognito user pool. HTTPS listeners only.',
  },
  {
    key: 'jwtValidation',
    type: 'jwt-validation',
    config: 'JwtValidationConfig',
    parts: JWT,
    doc: 'First check the JSON Web Token of the request. HTTPS listeners only.',
  },
];

/** What the name of every variable begins with that a spec may name: else it could send any credential of a job to an endpoint of its choice. */
export const SECRET_PREFIX = 'ALBEDO_SECRET_';

export function authSchema(kind: AuthKind): Schema {
  const extra: { [key: string]: Json } =
    kind.key === 'authenticateOidc'
      ? {
          clientSecret: {
            type: 'object',
            additionalProperties: false,
            required: ['env'],
            properties: {
              env: {
                type: 'string',
                pattern: `^${SECRET_PREFIX}[A-Z0-9_]+$`,
                'x-pattern-message': `the name of an environment variable that begins with ${SECRET_PREFIX}`,
                'x-example': `${SECRET_PREFIX}OIDC`,
                description: `The environment variable that holds it. Its name begins with ${SECRET_PREFIX}, so that no other of a job can be named.`,
              },
            },
            description: 'Where the client secret is; never the secret itself.',
          },
        }
      : kind.key === 'jwtValidation'
        ? { claims: { type: 'array', maxItems: 10, items: CLAIM, description: 'Further claims that must hold.' } }
        : {};
  return {
    type: 'object',
    additionalProperties: false,
    description: kind.doc,
    required: [
      ...kind.parts.filter((part) => part.required).map((part) => part.key),
      ...(kind.key === 'authenticateOidc' ? ['clientSecret'] : []),
    ],
    properties: {
      ...Object.fromEntries(
        kind.parts.map((part) => [part.key, { ...part.schema, ...(part.default === undefined ? {} : { default: part.default }) }]),
      ),
      ...extra,
    },
  };
}

export function parseAuth(kind: AuthKind, written: JsonObject): Json {
  const parts = kind.parts.flatMap((part): [string, Json][] => {
    const value = written[part.key];
    if (value !== undefined) return [[part.key, part.parse?.(value) ?? value]];
    return part.default === undefined ? [] : [[part.key, part.default]];
  });
  const secret = (written['clientSecret'] as JsonObject | undefined)?.['env'];
  const claims = (written['claims'] ?? []) as readonly JsonObject[];
  return {
    type: kind.type,
    ...Object.fromEntries(parts),
    // The name of the variable stands for the secret until `build.ts` knows whether it can be read; see `secrets.ts`.
    ...(typeof secret === 'string' ? { secret: { env: secret } } : {}),
    ...(kind.key === 'jwtValidation'
      ? {
          claims: claims.map((claim) => ({
            name: claim['name'] ?? null,
            format: claim['format'] ?? null,
            values: [...((claim['values'] ?? []) as readonly string[])].sort(),
          })),
        }
      : {}),
  };
}

/** As `parseAuth` takes it back; defaults are left out, and the secret is said by the name of its variable where that is known. */
export function sayAuth(kind: AuthKind, action: JsonObject, context: SayContext): Json {
  const parts = kind.parts.flatMap((part): [string, Json][] => {
    const value = action[part.key];
    if (value === undefined || (part.default !== undefined && canonical(value) === canonical(part.default))) return [];
    return [[part.key, part.say?.(value) ?? value]];
  });
  const known = (action['secret'] as JsonObject | undefined)?.['env'];
  const env = context.secret === undefined ? known : context.secret(action);
  const claims = (action['claims'] ?? []) as readonly Json[];
  return {
    ...Object.fromEntries(parts),
    ...(action['secret'] !== undefined && typeof env === 'string' ? { clientSecret: { env } } : {}),
    ...(claims.length === 0 ? {} : { claims }),
  };
}

export function writeAuth(kind: AuthKind, action: JsonObject): Json {
  const config: { [key: string]: Json } = {};
  for (const part of kind.parts) {
    const value = action[part.key];
    if (value !== undefined && !(part.key === 'extraParams' && Object.keys(value as JsonObject).length === 0)) config[part.api] = value;
  }
  if (kind.key === 'jwtValidation')
    config['AdditionalClaims'] = ((action['claims'] ?? []) as readonly JsonObject[]).map((claim) => ({
      Name: claim['name'] ?? null,
      Format: claim['format'] ?? null,
      Values: claim['values'] ?? [],
    }));
  if (kind.key === 'authenticateOidc') Object.assign(config, secretParam(action['secret']));
  return { Type: kind.type, [kind.config]: config };
}

/** The secret by its hash, put in when the step runs; without one AWS is told to keep what it has. */
function secretParam(secret: Json | undefined): { readonly [key: string]: Json } {
  const hash = (secret as JsonObject | undefined)?.['hash'];
  return typeof hash === 'string' ? { ClientSecret: { $deferred: `secret:${hash}` } } : { UseExistingClientSecret: true };
}

export function readAuth(kind: AuthKind, wire: JsonObject, context: ReadContext): Json {
  const config = (wire[kind.config] ?? {}) as JsonObject;
  const parts = kind.parts.flatMap((part): [string, Json][] => {
    const value = config[part.api] ?? part.default;
    return value === undefined ? [] : [[part.key, part.key === 'sessionTimeout' ? Number(value) : value]];
  });
  const claims = (config['AdditionalClaims'] ?? []) as readonly JsonObject[];
  const secret = context.tags?.[SECRET_TAG];
  return {
    type: kind.type,
    ...Object.fromEntries(parts),
    ...(kind.key === 'authenticateOidc' ? { secret: { hash: secret ?? '' } } : {}),
    ...(kind.key === 'jwtValidation'
      ? {
          claims: claims.map((claim) => ({
            name: claim['Name'] ?? null,
            format: claim['Format'] ?? null,
            values: [...((claim['Values'] ?? []) as readonly string[])].sort(),
          })),
        }
      : {}),
  };
}
