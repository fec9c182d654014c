/** Rules: create, describe in priority order with the default rule last, modify, delete, and move several at once. */
import { describeActions, readActions } from './actions.ts';
import { checkArn, ruleArn } from './arn.ts';
import { readConditions } from './conditions.ts';
import { ApiError, noRule, validation } from './errors.ts';
import { changeableRule, namedListener, placeOf } from './listener-lookup.ts';
import type { Call, Operations, Server } from './operation.ts';
import { checkCount, LARGEST_PAGE, pageOf } from './pages.ts';
import { type ListenerRecord, listenersOf, type RuleRecord, refreshAssociations, rulesInOrder } from './store.ts';
import { readNewTags } from './tags.ts';
import { readTransforms } from './transforms.ts';
import type { XmlNode } from './xml.ts';

const HIGHEST_PRIORITY = 50_000;

function describe(rule: RuleRecord): XmlNode {
  return {
    RuleArn: rule.arn,
    Priority: String(rule.priority),
    Conditions: rule.conditions as readonly XmlNode[],
    Actions: describeActions(rule.actions),
    IsDefault: false,
    // On every rule, the default one too (recorded 2026-10).
    Transforms: rule.transforms as unknown as readonly XmlNode[],
  };
}

function describeDefault(listener: ListenerRecord): XmlNode {
  return {
    RuleArn: listener.defaultRuleArn,
    Priority: 'default',
    Conditions: [],
    Actions: describeActions(listener.defaultActions),
    IsDefault: true,
    Transforms: [],
  };
}

// Words: hashicorp/terraform-provider-aws#12212.
const inUse = (priority: number): ApiError => new ApiError('PriorityInUse', `Priority '${priority}' is currently in use`);

function create(call: Call): XmlNode {
  const { input, store, server } = call;
  const listener = namedListener(call);
  const priority = input.integer('Priority', 1, HIGHEST_PRIORITY);
  input.settle();
  if (priority === undefined) throw validation('A priority must be specified');
  const conditions = readConditions(input, server.quotas);
  if (conditions === undefined) throw validation('A condition must be specified');
  const transforms = readTransforms(input) ?? [];
  const tags = readNewTags(input, server.quotas);
  const actions = readActions(input, 'Actions', placeOf(listener, call));
  if (actions === undefined) throw validation('An action must be specified');
  for (const rule of listener.rules.values()) if (rule.priority === priority) throw inUse(priority);
  const count = listenersOf(store, listener.loadBalancerArn).reduce((sum, each) => sum + each.rules.size, 0);
  if (count >= server.quotas.rulesPerLoadBalancer)
    throw new ApiError(
      'TooManyRules',
      `You've reached the limit on the number of rules per load balancer: ${server.quotas.rulesPerLoadBalancer}`,
    );
  const rule: RuleRecord = {
    arn: ruleArn(listener.arn),
    listenerArn: listener.arn,
    sequence: store.nextSequence++,
    priority,
    conditions,
    actions,
    transforms,
    tags,
  };
  listener.rules.set(rule.arn, rule);
  refreshAssociations(store);
  return { Rules: [describe(rule)] };
}

/**
 * By priority, the default rule last, as AWS has been seen to answer; mixed like every list, since the API reference promises
 * no order, and then by what does not change with the priority.
 */
const ruleSequence =
  (listener: ListenerRecord, { order }: Server) =>
  (rule: RuleRecord | undefined): number =>
    order.seed === undefined ? (rule?.priority ?? HIGHEST_PRIORITY + 1) : (rule?.sequence ?? listener.sequence);

function list({ input, store, server }: Call): XmlNode {
  const arns = input.texts('RuleArns') ?? [];
  const byListener = input.has('ListenerArn');
  if (arns.length > 0 && byListener) throw validation('Listener rule ARNs and a listener ARN cannot be specified at the same time');
  if (arns.length === 0 && !byListener) throw validation('You must specify either listener rule ARNs or a listener ARN');
  checkCount(arns, 'rules');
  if (!byListener) {
    for (const arn of arns) checkArn('rule', arn);
    const found = [...store.listeners.values()].flatMap((listener) => [
      ...rulesInOrder(listener)
        .filter((rule) => arns.includes(rule.arn))
        .map(describe),
      ...(arns.includes(listener.defaultRuleArn) ? [describeDefault(listener)] : []),
    ]);
    if (found.length < new Set(arns).size) throw noRule();
    const page = pageOf(found, (_, index) => index, { input, server }, LARGEST_PAGE);
    return { Rules: page.items, NextMarker: page.nextMarker };
  }
  const listener = namedListener({ input, store });
  const places: (RuleRecord | undefined)[] = [...rulesInOrder(listener), undefined];
  const page = pageOf(places, ruleSequence(listener, server), { input, server }, server.pageSize);
  return {
    Rules: page.items.map((rule) => (rule === undefined ? describeDefault(listener) : describe(rule))),
    NextMarker: page.nextMarker,
  };
}

function modify(call: Call): XmlNode {
  const { input, store, server } = call;
  const { listener, rule } = changeableRule(store, checkArn('rule', input.text('RuleArn')), 'modified');
  const conditions = readConditions(input, server.quotas);
  const transforms = readTransforms(input);
  const actions = readActions(input, 'Actions', placeOf(listener, call), rule.actions);
  if (conditions === undefined && actions === undefined && transforms === undefined)
    throw validation('Either conditions or actions must be specified');
  if (transforms !== undefined) rule.transforms = transforms;
  if (conditions !== undefined) rule.conditions = conditions;
  if (actions !== undefined) {
    rule.actions = actions;
    refreshAssociations(store);
  }
  return { Rules: [describe(rule)] };
}

function remove({ input, store }: Call): XmlNode {
  const { listener, rule } = changeableRule(store, checkArn('rule', input.text('RuleArn')), 'deleted');
  listener.rules.delete(rule.arn);
  refreshAssociations(store);
  return {};
}

/**
 * Moves rules in one step. What counts is the new order as a whole (API reference: "as long as there are no priority
 * conflicts in the new order"), so swaps and rotations go through; nothing moves when anything is wrong.
 */
function setPriorities({ input, store }: Call): XmlNode {
  const entries = input.list('RulePriorities') ?? [];
  if (entries.length === 0) throw validation('A rule priority must be specified');
  const moves = entries.map((entry) => {
    const priority = entry.integer('Priority', 1, HIGHEST_PRIORITY);
    return { arn: entry.text('RuleArn'), priority };
  });
  input.settle();
  const wanted = new Map<RuleRecord, number>();
  let home: ListenerRecord | undefined;
  for (const { arn, priority } of moves) {
    if (priority === undefined) throw validation('A priority must be specified');
    const { listener, rule } = changeableRule(store, checkArn('rule', arn), 'moved to another priority');
    if (home !== undefined && home !== listener) throw validation('All rules must belong to the same listener');
    home = listener;
    if (wanted.has(rule)) throw validation(`Rule '${rule.arn}' was provided multiple times`);
    if ([...wanted.values()].includes(priority)) throw validation(`Priority '${priority}' was provided multiple times`);
    wanted.set(rule, priority);
  }
  const staying = new Set<number>();
  for (const rule of home?.rules.values() ?? []) if (!wanted.has(rule)) staying.add(rule.priority);
  for (const priority of wanted.values()) if (staying.has(priority)) throw inUse(priority);
  for (const [rule, priority] of wanted) rule.priority = priority;
  return { Rules: [...wanted.keys()].map(describe) };
}

export const ruleOperations: Operations = {
  CreateRule: { params: ['ListenerArn', 'Conditions', 'Priority', 'Actions', 'Transforms', 'Tags'], writes: true, run: create },
  DescribeRules: { params: ['ListenerArn', 'RuleArns', 'Marker', 'PageSize'], writes: false, run: list },
  ModifyRule: { params: ['RuleArn', 'Conditions', 'Actions', 'Transforms', 'ResetTransforms'], writes: true, run: modify },
  DeleteRule: { params: ['RuleArn'], writes: true, run: remove },
  SetRulePriorities: { params: ['RulePriorities'], writes: true, run: setPriorities },
};
