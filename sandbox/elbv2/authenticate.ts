/**
 * Actions that authenticate a user first (HTTPS listeners only; stored and answered, not performed by the data plane).
 * Fields and defaults: API reference, AuthenticateOidcActionConfig and AuthenticateCognitoActionConfig. The client secret is
 * checked for and then forgotten: it is never answered and never in a dump.
 */

import type { ActionPlace, ReadAction } from './action-kinds.ts';
import { invalidAction, validation } from './errors.ts';
import type { Input } from './input.ts';

const MOST_EXTRA_PARAMS = 10;

function readCommon(config: Input): Readonly<Record<string, unknown>> {
  const cookie = config.text('SessionCookieName') ?? 'AWSELBAuthSessionCookie';
  const scope = config.text('Scope') ?? 'openid';
  const timeout = config.integer('SessionTimeout', 1, 604_800) ?? 604_800;
  const behaviour = config.choice('OnUnauthenticatedRequest', ['deny', 'allow', 'authenticate'] as const) ?? 'authenticate';
  const extra = config.map('AuthenticationRequestExtraParams');
  config.settle();
  if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,128}$/.test(cookie)) throw validation(`Session cookie name '${cookie}' is not valid`);
  if (scope.trim() === '') throw validation('A scope must be specified');
  if (extra !== undefined && extra.size > MOST_EXTRA_PARAMS)
    throw validation(
      `Up to '${MOST_EXTRA_PARAMS}' authentication request extra parameters can be specified, but '${extra.size}' were specified`,
    );
  const facts = { SessionCookieName: cookie, Scope: scope, SessionTimeout: timeout, OnUnauthenticatedRequest: behaviour };
  return extra === undefined || extra.size === 0 ? facts : { ...facts, AuthenticationRequestExtraParams: Object.fromEntries(extra) };
}

function required(config: Input, name: string): string {
  const value = config.text(name);
  if (value === undefined || value === '') config.violate(name, undefined, 'Member must not be null');
  return value ?? '';
}

function httpsUrl(config: Input, name: string): string {
  const value = required(config, name);
  if (value !== '' && (!URL.canParse(value) || new URL(value).protocol !== 'https:'))
    throw validation(`The ${name} '${value}' must be a full URL with the HTTPS protocol`);
  return value;
}

/** `before`: the action of this kind that is being replaced, for UseExistingClientSecret; undefined on create. */
export function readOidc(action: Input, before: { readonly hasSecret: boolean } | undefined): ReadAction {
  const config = action.nested('AuthenticateOidcConfig');
  if (config === undefined)
    throw invalidAction("For actions of type 'authenticate-oidc', you must specify the following fields: 'AuthenticateOidcConfig'");
  const Issuer = httpsUrl(config, 'Issuer');
  const AuthorizationEndpoint = httpsUrl(config, 'AuthorizationEndpoint');
  const TokenEndpoint = httpsUrl(config, 'TokenEndpoint');
  const UserInfoEndpoint = httpsUrl(config, 'UserInfoEndpoint');
  const ClientId = required(config, 'ClientId');
  const reuse = config.flag('UseExistingClientSecret') ?? false;
  const secret = config.text('ClientSecret') ?? '';
  const common = readCommon(config);
  if (reuse && secret !== '') throw validation('You cannot specify both a client secret and UseExistingClientSecret');
  if (reuse && before?.hasSecret !== true)
    throw validation('UseExistingClientSecret can be set only when modifying an action that has a client secret');
  if (!reuse && secret === '') throw validation('A client secret must be specified');
  return {
    config: { AuthenticateOidcConfig: { Issuer, AuthorizationEndpoint, TokenEndpoint, UserInfoEndpoint, ClientId, ...common } },
    targetGroupArns: [],
    hasSecret: true,
  };
}

export function readCognito(action: Input, { store }: Pick<ActionPlace, 'store'>): ReadAction {
  const config = action.nested('AuthenticateCognitoConfig');
  if (config === undefined)
    throw invalidAction("For actions of type 'authenticate-cognito', you must specify the following fields: 'AuthenticateCognitoConfig'");
  const UserPoolArn = required(config, 'UserPoolArn');
  const UserPoolClientId = required(config, 'UserPoolClientId');
  const UserPoolDomain = required(config, 'UserPoolDomain');
  const common = readCommon(config);
  if (!/^arn:aws[a-z-]*:cognito-idp:[a-z0-9-]+:[0-9]{12}:userpool\/[A-Za-z0-9_-]+$/.test(UserPoolArn))
    throw validation(`'${UserPoolArn}' is not a valid user pool ARN`);
  // A user pool of another region (aws-load-balancer-controller#1057).
  if (UserPoolArn.split(':')[3] !== store.region) throw invalidAction(`'${UserPoolArn}' is not a valid user pool ARN`);
  // A prefix or a fully-qualified domain name (AuthenticateCognitoActionConfig); never an address.
  if (!/^[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*$/.test(UserPoolDomain))
    throw validation(`'${UserPoolDomain}' is not a valid user pool domain`);
  return {
    config: { AuthenticateCognitoConfig: { UserPoolArn, UserPoolClientId, UserPoolDomain, ...common } },
    targetGroupArns: [],
    hasSecret: false,
  };
}
