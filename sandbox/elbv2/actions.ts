/**
 * Lists of actions, of listeners and rules alike: exactly one forward, redirect or fixed-response, at the end; authenticate-* and
 * jwt-validation before it, on HTTPS listeners only (API reference, Rule and Action).
 */
import type { ActionFacts } from '../types.ts';
import {
  type ActionPlace,
  checkGroups,
  checkRedirect,
  type ReadAction,
  readFixedResponse,
  readForward,
  readRedirect,
} from './action-kinds.ts';
import { readCognito, readOidc } from './authenticate.ts';
import { ApiError, invalidAction, validation } from './errors.ts';
import type { Input } from './input.ts';
import { readJwtValidation } from './jwt.ts';
import { type ActionRecord, actionListsOf } from './store.ts';
import { checkTargetQuotas } from './targets.ts';
import type { XmlNode } from './xml.ts';

const TYPES = ['forward', 'authenticate-oidc', 'authenticate-cognito', 'redirect', 'fixed-response', 'jwt-validation'] as const;
type ActionType = (typeof TYPES)[number];

const FIELDS: Readonly<Record<ActionType, readonly string[]>> = {
  forward: ['TargetGroupArn', 'ForwardConfig'],
  'authenticate-oidc': ['AuthenticateOidcConfig'],
  'authenticate-cognito': ['AuthenticateCognitoConfig'],
  redirect: ['RedirectConfig'],
  'fixed-response': ['FixedResponseConfig'],
  'jwt-validation': ['JwtValidationConfig'],
};

const isFinal = (type: string): boolean => type === 'forward' || type === 'redirect' || type === 'fixed-response';

function readOne(action: Input, place: ActionPlace, before: readonly ActionRecord[] | undefined): ActionRecord {
  const type = action.choice('Type', TYPES);
  if (!action.has('Type')) action.violate('Type', undefined, 'Member must not be null');
  const order = action.integer('Order', 1, 50_000);
  action.settle();
  if (type === undefined) throw validation('An action type must be specified');
  for (const name of action.names())
    if (name !== 'Type' && name !== 'Order' && !FIELDS[type].includes(name))
      throw invalidAction(`For actions of type '${type}', you cannot specify the following fields: '${name}'`);
  if (!isFinal(type) && place.protocol !== 'HTTPS') throw invalidAction(`Actions of type '${type}' are supported only on HTTPS listeners`);
  const read = ((): ReadAction => {
    switch (type) {
      case 'forward':
        return readForward(action, place);
      case 'redirect':
        return readRedirect(action, place);
      case 'fixed-response':
        return readFixedResponse(action);
      case 'authenticate-oidc':
        return readOidc(
          action,
          before?.find((known) => known.facts.Type === type),
        );
      case 'authenticate-cognito':
        return readCognito(action, place);
      case 'jwt-validation':
        return readJwtValidation(action);
    }
  })();
  const { TargetGroupArn, ...rest } = read.config;
  const facts: ActionFacts = {
    Type: type,
    ...(TargetGroupArn === undefined ? {} : { TargetGroupArn }),
    ...(order === undefined ? {} : { Order: order }),
    ...rest,
  };
  return { facts, hasSecret: read.hasSecret, targetGroupArns: read.targetGroupArns };
}

function checkList(actions: readonly ActionRecord[], limit: number): readonly ActionRecord[] {
  if (actions.length > limit) throw new ApiError('TooManyActions', `You've reached the limit on the number of actions per rule: ${limit}`);
  if (actions.length > 1) {
    const orders = actions.map((action) => action.facts['Order']);
    if (orders.some((order) => order === undefined))
      throw invalidAction('You must specify an order for each action when there are several');
    if (new Set(orders).size < orders.length) throw invalidAction('Actions cannot have the same order');
  }
  const sorted = [...actions].sort((a, b) => Number(a.facts['Order'] ?? 0) - Number(b.facts['Order'] ?? 0));
  const finals = sorted.filter((action) => isFinal(action.facts.Type));
  if (finals.length !== 1) throw invalidAction("A rule must include exactly one action of type 'forward', 'redirect' or 'fixed-response'");
  if (sorted[sorted.length - 1] !== finals[0])
    throw invalidAction(`The action of type '${finals[0]?.facts.Type}' must be the last action to be performed`);
  return sorted;
}

/** Quotas of the load balancer with `actions` in the place of `before`. */
function checkUse(actions: readonly ActionRecord[], place: ActionPlace, before: readonly ActionRecord[] | undefined): void {
  const { store, server, loadBalancer } = place;
  const used = new Set<string>();
  for (const list of [...actionListsOf(store, loadBalancer.arn).filter((known) => known !== before), actions])
    for (const action of list) for (const arn of action.targetGroupArns) used.add(arn);
  const limit = server.quotas.targetGroupsPerLoadBalancer;
  if (used.size > limit)
    throw new ApiError(
      'TooManyUniqueTargetGroupsPerLoadBalancer',
      `You've reached the limit on the number of unique target groups per load balancer: ${limit}`,
    );
  checkTargetQuotas(store, loadBalancer.arn, server, used);
}

/**
 * Reads the action list `name` (`DefaultActions`, `Actions`). Undefined when absent or empty: on modify that means "not
 * changed". `before` is the list it replaces.
 */
export function readActions(
  input: Input,
  name: string,
  place: ActionPlace,
  before?: readonly ActionRecord[],
): readonly ActionRecord[] | undefined {
  const entries = input.list(name);
  if (entries === undefined || entries.length === 0) return undefined;
  const actions = checkList(
    entries.map((entry) => readOne(entry, place, before)),
    place.server.quotas.actionsPerRule,
  );
  checkUse(actions, place, before);
  return actions;
}

/** Throws when actions that stay do not fit the listener as it will be (another protocol or port). */
export function recheckActions(actions: readonly ActionRecord[], place: ActionPlace): void {
  for (const { facts, targetGroupArns } of actions) {
    if (!isFinal(facts.Type) && place.protocol !== 'HTTPS')
      throw invalidAction(`Actions of type '${facts.Type}' are supported only on HTTPS listeners`);
    checkGroups(targetGroupArns, place);
    const redirect = facts['RedirectConfig'];
    if (redirect !== undefined) checkRedirect(redirect as Readonly<Record<string, unknown>>, place);
  }
}

/** The actions as AWS answers them. */
export function describeActions(actions: readonly ActionRecord[]): XmlNode[] {
  return actions.map(({ facts }) => {
    const node: Record<string, unknown> = { ...facts };
    for (const name of ['AuthenticateOidcConfig', 'AuthenticateCognitoConfig']) {
      const config = node[name] as Readonly<Record<string, unknown>> | undefined;
      const extra = config?.['AuthenticationRequestExtraParams'] as Readonly<Record<string, string>> | undefined;
      if (extra !== undefined) node[name] = { ...config, AuthenticationRequestExtraParams: new Map(Object.entries(extra)) };
    }
    return node as XmlNode;
  });
}
