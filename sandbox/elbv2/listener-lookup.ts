/** Finding the listener or rule that a call names, and the place that actions for it stand in. */
import type { ActionPlace } from './action-kinds.ts';
import { checkArn } from './arn.ts';
import { noListener, noLoadBalancer, noRule, notPermitted } from './errors.ts';
import type { Call } from './operation.ts';
import { findRule, type ListenerRecord, type RuleRecord, type Store } from './store.ts';

/** ValidationError or ListenerNotFound when it is not there. */
export function namedListener({ input, store }: Pick<Call, 'input' | 'store'>): ListenerRecord {
  const listener = store.listeners.get(checkArn('listener', input.text('ListenerArn')));
  if (listener === undefined) throw noListener();
  return listener;
}

/** The place of actions on this listener, with another protocol or port when it is about to change. */
export function placeOf(
  listener: Pick<ListenerRecord, 'loadBalancerArn' | 'protocol' | 'port'>,
  { store, server }: Pick<Call, 'store' | 'server'>,
): ActionPlace {
  const loadBalancer = store.loadBalancers.get(listener.loadBalancerArn);
  if (loadBalancer === undefined) throw noLoadBalancer(listener.loadBalancerArn);
  return { store, server, loadBalancer, protocol: listener.protocol, port: listener.port };
}

/**
 * A rule that may be changed. `deed` completes "Default rule '…' cannot be": the default rule exists, but only ModifyListener
 * changes it (API reference, ModifyRule and DeleteRule, OperationNotPermitted).
 */
export function changeableRule(store: Store, arn: string, deed: string): { readonly listener: ListenerRecord; readonly rule: RuleRecord } {
  const found = findRule(store, arn);
  if (found !== undefined) return found;
  for (const listener of store.listeners.values())
    if (listener.defaultRuleArn === arn) throw notPermitted(`Default rule '${arn}' cannot be ${deed}`);
  throw noRule();
}
