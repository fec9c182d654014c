/** Actions that check who asks, before another one serves. Rows and defaults: AuthenticateOidcActionConfig, AuthenticateCognitoActionConfig, JwtValidationActionConfig, ELBv2 API reference. */
import { type Codec, deferred, oneOf, type Schema, seconds, setOf, text } from '../codec.ts';
import { REQUIRED } from '../field.ts';
import { isObject, type Json } from '../json.ts';
import { key, object, textMap } from '../rows.ts';

const https = (maxLength = 2048) =>
  text({
    pattern: '^https://',
    maxLength,
    patternMessage: 'an https address',
    example: 'https://idp.example.com/authorize',
    legal: 'httpsUrl',
  });
const line = () => text({ minLength: 1, maxLength: 256 });
/** A token of RFC 6265 4.1.1. The length is ELB's (from memory). */
const cookieName = () =>
  text({
    maxLength: 128,
    pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$",
    patternMessage: "a cookie name: letters, digits and !#$%&'*+-.^_`|~",
  });

const SESSION = {
  sessionCookieName: key('SessionCookieName', cookieName(), 'AWSELBAuthSessionCookie', 'The cookie that keeps the session.'),
  scope: key(
    'Scope',
    text({ maxLength: 256, pattern: '\\S', patternMessage: 'scopes separated by spaces', example: 'openid email' }),
    'openid',
    'The requested scopes, separated by spaces.',
  ),
  sessionTimeout: key('SessionTimeout', seconds(1, 604800), 604800, 'How long a session lasts.'),
  extraParams: key(
    'AuthenticationRequestExtraParams',
    textMap({ maxProperties: 10 }),
    {},
    'More parameters of the request to the provider; at most 10.',
  ),
  onUnauthenticated: key(
    'OnUnauthenticatedRequest',
    oneOf('deny', 'allow', 'authenticate'),
    'authenticate',
    'What happens to a request without a session.',
  ),
};

/** Remembers the hash of an OIDC client secret: AWS never returns it. */
export const SECRET_TAG = 'albedo:secret';

/** Known by the name of its variable until `config/secrets.ts` has read it, and by its hash from then on. */
export type Secret = { readonly env: string } | { readonly hash: string };

const hashOf = (value: Json | undefined): string | undefined => {
  const hash = isObject(value) ? value['hash'] : undefined;
  return typeof hash === 'string' ? hash : undefined;
};

/** What the name of every variable begins with that a spec may name: else it could send any credential of a job to an endpoint of its choice. */
export const SECRET_PREFIX = 'ALBEDO_SECRET_';

/** A secret by its hash, put in when the step runs. Where none can be read here, what is live is not compared and is kept. */
function clientSecret(): Codec<Secret, string | null> {
  const env: Schema = {
    type: 'string',
    pattern: `^${SECRET_PREFIX}[A-Z0-9_]+$`,
    'x-pattern-message': `the name of an environment variable that begins with ${SECRET_PREFIX}`,
    'x-example': `${SECRET_PREFIX}OIDC`,
    description: `The environment variable with the secret. Its name begins with ${SECRET_PREFIX}, so that a spec cannot name other variables of a job.`,
  };
  return {
    type: 'name of a variable',
    schema: { type: 'object', additionalProperties: false, required: ['env'], properties: { env } },
    parse: (written) => written as Secret,
    say: (value, { secret, within = {} }) => {
      const name = secret === undefined ? ('env' in value ? value.env : undefined) : secret(within);
      return name === undefined ? undefined : { env: name };
    },
    write: (value) => ('hash' in value ? deferred(`secret:${value.hash}`) : null),
    read: (_, { tags }) => ({ hash: tags?.[SECRET_TAG] ?? '' }),
    equal: (desired, live) => hashOf(desired) === undefined || hashOf(desired) === hashOf(live),
    tagsToRemember: (value): Readonly<Record<string, string>> => ('hash' in value ? { [SECRET_TAG]: value.hash } : {}),
  };
}

export const oidc = object(
  {
    issuer: key('Issuer', https(), REQUIRED, 'The issuer.'),
    authorizationEndpoint: key('AuthorizationEndpoint', https(), REQUIRED, 'The authorization endpoint, where users sign in.'),
    tokenEndpoint: key('TokenEndpoint', https(), REQUIRED, 'The token endpoint, which exchanges codes for tokens.'),
    userInfoEndpoint: key('UserInfoEndpoint', https(), REQUIRED, 'The user info endpoint.'),
    clientId: key('ClientId', line(), REQUIRED, 'The client id.'),
    ...SESSION,
    clientSecret: key('ClientSecret', clientSecret(), REQUIRED, 'Where to find the client secret; never the secret itself.', {
      as: 'secret',
      none: { UseExistingClientSecret: true },
    }),
  },
  { doc: 'Users must first sign in with an OpenID Connect provider. HTTPS listeners only.', shown: ['UseExistingClientSecret'] },
);

/** A prefix or a whole domain name, never an address (AuthenticateCognitoActionConfig, ELBv2 API reference). */
const poolDomain = () =>
  text({
    maxLength: 256,
    pattern: '^[A-Za-z0-9-]{1,63}(\\.[A-Za-z0-9-]{1,63})*$',
    patternMessage: 'a domain, or the prefix of one, without https://',
    example: 'auth.example.com',
  });

export const cognito = object(
  {
    userPoolArn: key(
      'UserPoolArn',
      text({
        pattern: '^arn:aws[a-z-]*:cognito-idp:[a-z0-9-]+:\\d{12}:userpool/[A-Za-z0-9_-]+$',
        patternMessage: 'the ARN of a Cognito user pool',
      }),
      REQUIRED,
      'The user pool.',
    ),
    userPoolClientId: key('UserPoolClientId', line(), REQUIRED, 'The client of the pool.'),
    userPoolDomain: key('UserPoolDomain', poolDomain(), REQUIRED, 'Domain prefix or full domain of the pool.'),
    ...SESSION,
  },
  { doc: 'Users must first sign in with a Cognito user pool. HTTPS listeners only.' },
);

/** Name of a claim that is not checked anyway. */
const claimName = (): Codec<string, string> => {
  const inner = line();
  return { ...inner, schema: { ...inner.schema, not: { enum: ['exp', 'iss', 'nbf', 'iat'] } } };
};

const claim = object({
  name: key('Name', claimName(), REQUIRED, 'Name of the claim; exp, iss, nbf and iat are always checked.'),
  format: key('Format', oneOf('single-string', 'string-array', 'space-separated-values'), REQUIRED, 'The format of the values.'),
  values: key('Values', setOf(line(), { minItems: 1, maxItems: 10, repeats: true }), REQUIRED, 'The accepted values.'),
});

export const jwt = object(
  {
    jwksEndpoint: key('JwksEndpoint', https(256), REQUIRED, 'The URL of the public keys (JWKS).'),
    issuer: key('Issuer', line(), REQUIRED, 'The issuer that tokens must name.'),
    claims: key('AdditionalClaims', setOf(claim, { maxItems: 10, repeats: true }), [], 'More claims that must match.'),
  },
  { doc: 'The request must have a valid JSON Web Token. HTTPS listeners only.' },
);
