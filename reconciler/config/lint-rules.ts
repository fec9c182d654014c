/** Warnings about requests that never arrive: rules that no request reaches, and redirects to a port on which nobody listens. */

import { canonical } from '../model/codec.ts';
import type { Json } from '../model/json.ts';
import { listener as listenerKind } from '../model/kinds/listener.ts';
import { rule as ruleKind } from '../model/kinds/rule.ts';
import type { LintName } from '../model/lints.ts';
import type { Desired } from '../model/model.ts';
import type { Action } from '../model/nested/actions.ts';
import type { Condition } from '../model/nested/conditions.ts';
import { refsIn } from '../model/paths.ts';
import { valuesOf } from '../model/values.ts';

/** A warning at a field of a resource. */
export type Warn = (name: LintName, resource: Desired, field: string, message: string, hint: string) => void;

/** `hasForeign`: whether the load balancer of another team is concerned, whose listeners the file does not name. */
export function lintRules(desired: readonly Desired[], hasForeign: boolean, warn: Warn): void {
  const of = (kind: string) => desired.filter((resource) => resource.kind === kind);
  const ipv4 = of('loadBalancer')[0]?.values['ipAddressType'] === 'ipv4';
  for (const listener of of('listener')) {
    const rules = of('rule').filter((rule) => refsIn(rule.values['listener'])[0]?.address === listener.address);
    lintOrder(inOrder(rules), ipv4, warn);
    for (const rule of rules) lintPaths(rule, warn);
    for (const resource of [listener, ...rules]) lintLoop(resource, listener, inOrder(rules), warn);
    if (hasForeign) continue;
    for (const resource of [listener, ...rules]) lintRedirect(resource, listener, of('listener'), warn);
  }
}

/** By their numbers where both have one, else as they stand in the file. */
const inOrder = (rules: readonly Desired[]): readonly Desired[] =>
  rules.every((rule) => typeof rule.values['priority'] === 'number')
    ? [...rules].sort((a, b) => Number(a.values['priority']) - Number(b.values['priority']))
    : rules;

function lintOrder(rules: readonly Desired[], ipv4: boolean, warn: Warn): void {
  for (const [index, rule] of rules.entries()) {
    const own = conditionsOf(rule);
    const earlier = rules.slice(0, index).find((other) => covers(conditionsOf(other), own, ipv4));
    if (earlier === undefined) continue;
    const equal = covers(own, conditionsOf(earlier), ipv4);
    warn(
      equal ? 'equal-conditions' : 'unreachable-rule',
      rule,
      'if',
      equal
        ? `Rule ${nameOf(rule)} has the same conditions as ${nameOf(earlier)}, which is evaluated first: it never applies.`
        : `Rule ${nameOf(rule)} never applies: ${nameOf(earlier)}, which is evaluated first, matches all of its requests.`,
      equal ? 'Remove one of them, or change its conditions.' : `Move it before ${nameOf(earlier)}.`,
    );
  }
}

const conditionsOf = (rule: Desired): readonly Condition[] => valuesOf(ruleKind, rule).if ?? [];

/** Whether every request that meets `narrow` meets `wide`. False where that is not certain. */
function covers(wide: readonly Condition[], narrow: readonly Condition[], ipv4: boolean): boolean {
  return wide.every(
    (one) =>
      takesAll(one, ipv4) ||
      narrow.some(
        (other) => sameSubject(one, other) && other.values.every((value) => one.values.some((with_) => takes(one, with_, value))),
      ),
  );
}

const sameSubject = (a: Condition, b: Condition): boolean => a.field === b.field && a.list === b.list && a['name'] === b['name'];

/** Every path begins with a slash; of source addresses there are those of IPv4, and of IPv6 where the load balancer has them. */
function takesAll({ field, list, values }: Condition, ipv4: boolean): boolean {
  if (list !== 'Values') return false;
  if (field === 'path-pattern') return values.some((value) => /^\/?\*+$/.test(String(value)));
  return field === 'source-ip' && values.includes('0.0.0.0/0') && (ipv4 || values.includes('::/0'));
}

function takes({ field, list }: Condition, wide: Json, narrow: Json): boolean {
  if (canonical(wide) === canonical(narrow)) return true;
  return list === 'Values' && (field === 'path-pattern' || field === 'host-header') && wildcard(String(wide)).test(String(narrow));
}

/** Of another pattern `*` takes wildcards too, and `?` one that stands for one character. */
const wildcard = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replace(/\*+/g, '[\\s\\S]*')
      .replace(/\?/g, '[^*]')}$`,
  );

/** Every path begins with a slash (RFC 9112, request target). */
function lintPaths(rule: Desired, warn: Warn): void {
  const never = conditionsOf(rule)
    .flatMap(({ field, list, values }) => (field === 'path-pattern' && list === 'Values' ? values : []))
    .find((value) => !/^[/*?]/.test(String(value)));
  if (never === undefined) return;
  const message = `No path matches \`${String(never)}\`: every path begins with a slash.`;
  warn('path-without-slash', rule, 'if', message, `Write \`/${String(never)}\`.`);
}

/** A redirect whose new address meets the same rule again: browsers give up after some twenty of them. */
function lintLoop(resource: Desired, from: Desired, rules: readonly Desired[], warn: Warn): void {
  const redirect = redirectOf(resource);
  if (redirect === undefined || redirect.host !== '#{host}') return;
  const { protocol, port } = valuesOf(listenerKind, from);
  if (![protocol, '#{protocol}'].includes(redirect.protocol) || !['#{port}', String(port)].includes(redirect.port)) return;
  const own = resource.kind === 'rule' ? conditionsOf(resource) : [];
  const paths = own.filter(({ field }) => field === 'path-pattern');
  if (paths.some(({ list }) => list !== 'Values') || (redirect.query !== '#{query}' && own.some(({ field }) => field === 'query-string')))
    return;
  // What the rules before it, or all rules before the default action, may take is not certain to come back.
  const before = resource.kind === 'rule' ? rules.slice(0, rules.indexOf(resource)) : rules;
  const samples = paths.length === 0 ? ['/x'] : paths.flatMap(({ values }) => values.map((value) => String(value).replace(/[*?]/g, 'x')));
  const again = samples
    .map((path) => redirect.path.replaceAll('#{path}', path.slice(1)).replaceAll('#{host}', 'host').replaceAll('#{port}', String(port)))
    .find((path) => paths.every((condition) => meets(condition, path)) && !before.some((rule) => mayTake(rule, path)));
  if (again === undefined) return;
  warn(
    'redirect-loop',
    resource,
    resource.kind === 'listener' ? 'defaultActions' : 'actions',
    `The redirect leads to itself: ${again} is redirected again.`,
    'Redirect to another host, port or path, or put a rule that serves the new path before it.',
  );
}

const meets = ({ values }: Condition, path: string): boolean => values.some((value) => wildcard(String(value)).test(path));
const mayTake = (rule: Desired, path: string): boolean =>
  conditionsOf(rule).every((condition) => condition.field !== 'path-pattern' || condition.list !== 'Values' || meets(condition, path));

function redirectOf(resource: Desired): Redirect | undefined {
  const actions = resource.kind === 'listener' ? valuesOf(listenerKind, resource).defaultActions : valuesOf(ruleKind, resource).actions;
  return actions?.find((action): action is Redirect => action.type === 'redirect');
}

type Redirect = Extract<Action, { readonly type: 'redirect' }>;

/** A redirect to the same host arrives at this load balancer again. */
function lintRedirect(resource: Desired, from: Desired, listeners: readonly Desired[], warn: Warn): void {
  const redirect = redirectOf(resource);
  if (redirect === undefined || redirect.host !== '#{host}') return;
  const { protocol: own, port: ownPort } = valuesOf(listenerKind, from);
  const protocol = redirect.protocol === '#{protocol}' ? own : redirect.protocol;
  const port = redirect.port === '#{port}' ? ownPort : Number(redirect.port);
  const there = listeners.find((listener) => listener.values['port'] === port);
  if (there !== undefined && there.values['protocol'] === protocol) return;
  warn(
    'redirect-to-nowhere',
    resource,
    resource.kind === 'listener' ? 'defaultActions' : 'actions',
    there === undefined
      ? `The redirect points to port ${port}, but the load balancer has no listener there.`
      : `The redirect points to ${protocol} on port ${port}, but listener ${nameOf(there)} on that port uses ${String(there.values['protocol'])}.`,
    'Set the port of a listener with that protocol, such as port: "443", or set another host.',
  );
}

const nameOf = (resource: Desired): string => resource.address.slice(resource.address.search(/[./]/) + 1).replace(/^[^.]*\./, '');
