import { type Codec, oneOf, PORT_PATTERN, type Reference, sortSet, text, type ValueOf } from '../codec.ts';
import { REQUIRED } from '../field.ts';
import { asList, isObject, type Json } from '../json.ts';
import { key, object } from '../rows.ts';
import { variant, variantsOf, type WireOfMembers } from '../variants.ts';
import { cognito, jwt, oidc } from './authenticate.ts';
import { forward, forwardOf, MOST_GROUPS } from './forward.ts';

/** What is left out is kept from the request (RedirectActionConfig, ELBv2 API reference). */
const redirect = object(
  {
    protocol: key('Protocol', oneOf('HTTP', 'HTTPS', '#{protocol}'), '#{protocol}', 'Protocol of the redirect.'),
    host: key(
      'Host',
      text({ minLength: 1, maxLength: 128, legal: 'redirectHost' }),
      '#{host}',
      'Host name of the redirect; may contain #{host}.',
    ),
    port: key(
      'Port',
      text({ pattern: `^(#\\{port\\}|${PORT_PATTERN})$`, patternMessage: 'a port in quotes, or "#{port}"' }),
      '#{port}',
      'Port of the redirect, in quotes.',
    ),
    path: key(
      'Path',
      text({ pattern: '^/', maxLength: 128, patternMessage: 'a path that starts with /', legal: 'redirectPath' }),
      '/#{path}',
      'Path, starting with /; may contain #{host}, #{path} and #{port}.',
    ),
    query: key(
      'Query',
      text({ maxLength: 128, pattern: '^(?!\\?)', patternMessage: 'a query without the leading ?', legal: 'redirectQuery' }),
      '#{query}',
      'Query without the leading ?.',
    ),
    statusCode: key('StatusCode', oneOf('HTTP_301', 'HTTP_302'), REQUIRED, 'Permanent (HTTP_301) or temporary (HTTP_302).'),
  },
  { doc: 'Redirect the client to another URL. Parts that are left out stay as in the request.' },
);

/** FixedResponseActionConfig, ELBv2 API reference. */
const fixedResponse = object(
  {
    statusCode: key(
      'StatusCode',
      text({ pattern: '^[245]\\d\\d$', patternMessage: 'a status of 2xx, 4xx or 5xx in quotes' }),
      REQUIRED,
      'Status code of the response, in quotes.',
    ),
    contentType: key(
      'ContentType',
      oneOf('text/plain', 'text/css', 'text/html', 'application/javascript', 'application/json'),
      'text/plain',
      'Content type of the body.',
    ),
    messageBody: key('MessageBody', text({ maxLength: 1024 }), '', 'The body.'),
  },
  { doc: 'Answer with a fixed response, without a target.' },
);

const ACTIONS = variantsOf(
  {
    authenticateOidc: variant('authenticate-oidc', 'AuthenticateOidcConfig', oidc),
    authenticateCognito: variant('authenticate-cognito', 'AuthenticateCognitoConfig', cognito),
    jwtValidation: variant('jwt-validation', 'JwtValidationConfig', jwt),
    forward: { type: 'forward', codec: forward() },
    redirect: variant('redirect', 'RedirectConfig', redirect),
    fixedResponse: variant('fixed-response', 'FixedResponseConfig', fixedResponse),
  },
  { type: 'action', shown: ['Order'] },
);

export type Action = ValueOf<typeof ACTIONS>[number];

/** The keys of which exactly one says what finally happens to a request. */
export const FINAL = ['forward', 'redirect', 'fixedResponse'] as const;

/**
 * What is done with a request: first, perhaps, who asks is checked (`authenticateOidc`, `authenticateCognito`,
 * `jwtValidation`), then exactly one of `forward`, `redirect` and `fixedResponse`. The normal form is a list in that order. It
 * says everything AWS fills in (redirect placeholders, content type, weights; Action in the ELBv2 API reference).
 */
export function actions(): Codec<readonly Action[], WireOfMembers<typeof ACTIONS, { readonly Order?: number }>> {
  return {
    ...ACTIONS,
    write: (value) => {
      const sent = ACTIONS.write(value);
      return sent.length < 2 ? sent : sent.map((action, index) => ({ ...action, Order: index + 1 }));
    },
    withZeroWeightGroup,
    redirects: (value) => value.some(({ type }) => type === 'redirect'),
  };
}

function withZeroWeightGroup(list: readonly Action[], reference: Reference): readonly Action[] | undefined {
  const last = list.at(-1);
  if (last?.type !== 'forward') return undefined;
  const shares = 'targetGroups' in last ? last.targetGroups : [{ targetGroup: last.targetGroup, weight: 1 }];
  if (shares.length >= MOST_GROUPS) return undefined;
  // AWS wants an action of several groups to be sticky where one of them is (kubernetes-sigs/aws-load-balancer-controller#2734); a
  // second is the shortest.
  const stickiness = 'targetGroups' in last ? (last.stickiness ?? 1) : 1;
  const final = { ...last, ...forwardOf({ targetGroups: sortSet([...shares, { targetGroup: reference, weight: 0 }]), stickiness }) };
  const { targetGroup: _lone, ...rest } = final as typeof final & { readonly targetGroup?: Reference };
  // A secret is not known here: left out, AWS keeps the one that it has.
  return [...list.slice(0, -1).map((check) => ('secret' in check ? withoutSecret(check) : check)), rest as Action];
}

function withoutSecret(check: Action & { readonly secret: unknown }): Action {
  const { secret: _secret, ...rest } = check;
  return rest as Action;
}

/**
 * Whether a redirect can stand on HTTP listeners only: from HTTPS to HTTP none may lead, and one to the same host and path by HTTPS leads
 * to itself where the listener has its port (InvalidLoadBalancerAction; RedirectActionConfig, ELBv2 API reference).
 */
export const leadsFromHttp = (value: Json): boolean =>
  asList(value).some((action) => {
    const { type, protocol, host, path } = isObject(action) ? action : {};
    return type === 'redirect' && (protocol === 'HTTP' || (protocol === 'HTTPS' && host === '#{host}' && path === '/#{path}'));
  });

/** Whether clients are checked first, which only HTTPS listeners do (authenticate-oidc, authenticate-cognito, jwt-validation; Action, ELBv2 API reference). */
export const hasSignIn = (value: Json): boolean => Array.isArray(value) && value.length > 1;
