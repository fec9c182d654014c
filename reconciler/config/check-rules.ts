import type { Problem } from '../errors.ts';
import { asList, type Position } from '../model/json.ts';
import { listener as listenerKind } from '../model/kinds/listener.ts';
import { rule as ruleKind } from '../model/kinds/rule.ts';
import { targetGroup as targetGroupKind } from '../model/kinds/target-group.ts';
import { fieldsOf, kindOf } from '../model/kinds.ts';
import type { Desired } from '../model/model.ts';
import type { Condition } from '../model/nested/conditions.ts';
import { refsIn } from '../model/paths.ts';
import { pathOf as sectionPathOf } from '../model/sections.ts';
import { valuesOf } from '../model/values.ts';
import { redirectTroubles } from './check-traffic.ts';
import { type At, asObject, type Built } from './draft.ts';
import { formatPath } from './path.ts';
import { oneProblem } from './places.ts';

type Report = (position: Position, path: string, message: string, hint: string) => void;

/** A rule may hold so many values and so many wildcards, all conditions together (ELB user guide, quotas). */
const MOST = 5;

/** What AWS refuses of rules and of actions that check who asks, beyond what single values say. */
export function checkRules(built: Built, at: At): readonly Problem[] {
  const { desired } = built.stack;
  const problems: Problem[] = [];
  const report: Report = (position, path, message, hint) => problems.push(oneProblem(position, path, message, hint));
  const listeners = new Map(desired.filter((entry) => entry.kind === 'listener').map((entry) => [entry.address as string, entry]));
  const places = new Map<string, string>();
  for (const rule of desired.filter((entry) => entry.kind === 'rule')) {
    const path = pathOf(rule);
    const place = rule.positions['if'] ?? rule.position ?? at([]);
    checkConditions(rule, place, `${path}.if`, report);
    const listener = listeners.get(refsIn(rule.values['listener'])[0]?.address ?? '');
    if (listener !== undefined) checkAuthentication(rule, 'actions', listener, path, at, report);
    if (listener !== undefined) {
      const { protocol, port } = valuesOf(listenerKind, listener);
      const actions = valuesOf(ruleKind, rule).actions ?? [];
      for (const { message, hint } of redirectTroubles(actions, protocol, Number(port)))
        report(at([...path.split('.'), 'redirect']), `${path}.redirect`, message, hint);
    }
    const priority = rule.values['priority'];
    if (priority === undefined) continue;
    const key = `${listener?.address} ${String(priority)}`;
    const other = places.get(key);
    if (other !== undefined)
      report(
        rule.positions['priority'] ?? place,
        `${path}.priority`,
        `Priority ${String(priority)} is already used by rule \`${other}\`.`,
        'Give each rule of a listener its own priority, or leave it out to use the order of the file.',
      );
    places.set(key, rule.address.slice(rule.address.lastIndexOf('.') + 1));
  }
  for (const listener of listeners.values())
    checkAuthentication(listener, 'defaultActions', listener, `listeners.${listener.address.slice('listener/'.length)}`, at, report);
  for (const group of desired.filter((entry) => entry.kind === 'targetGroup')) checkKinds(group, at, report);
  for (const resource of desired) checkRaw(resource, at, report);
  return problems;
}

function checkConditions(rule: Desired, place: Position, path: string, report: Report): void {
  const { if: conditions = [] } = valuesOf(ruleKind, rule);
  const values = conditions.flatMap((condition) => condition.values);
  if (values.length > MOST)
    report(
      place,
      path,
      `The rule has ${values.length} condition values; at most ${MOST} are allowed.`,
      'Split it into several rules (TooManyConditionValues).',
    );
  const wildcards = conditions
    .filter(takesWildcards)
    .flatMap((condition) => condition.values.flatMap((value) => [...wildcardText(value).matchAll(/[*?]/g)]));
  if (wildcards.length > MOST)
    report(place, path, `The rule has ${wildcards.length} wildcards; at most ${MOST} are allowed.`, 'Use fewer * and ?.');
  for (const field of ['host-header', 'path-pattern']) {
    if (conditions.filter((condition) => condition.field === field).length > 1)
      report(
        place,
        path,
        `The rule has two conditions on ${field === 'host-header' ? 'the host' : 'the path'}.`,
        'Use either wildcards or regular expressions, not both.',
      );
  }
}

/** Regular expressions, methods and networks hold no wildcards. */
const takesWildcards = ({ list, field }: Condition): boolean =>
  list === 'Values' && ['host-header', 'path-pattern', 'http-header', 'query-string'].includes(field);

/** A backslash takes the wildcard away (QueryStringConditionConfig, ELBv2 API reference). */
const wildcardText = (value: Condition['values'][number]): string =>
  (typeof value === 'string' ? value : `${value.key ?? ''}${value.value}`).replace(/\\[*?]/g, '');

/** An attribute with a field of its own, said raw, would never be found again among those without. */
function checkRaw(resource: Desired, at: At, report: Report): void {
  for (const key of Object.keys(asObject(resource.values['attributes']))) {
    const own = fieldsOf(kindOf(resource.kind)).find(([, field]) => field.wire.how === 'attribute' && field.wire.key === key)?.[0];
    const parts = [...sectionPathOf(resource.address), 'attributes', key];
    if (own !== undefined)
      report(at(parts, 'key'), formatPath(parts), `The attribute \`${key}\` has a field of its own.`, `Write \`${own}\` instead.`);
  }
}

function checkAuthentication(resource: Desired, field: string, listener: Desired, path: string, at: At, report: Report): void {
  const types = asList(resource.values[field]).map((action) => String(asObject(action)['type']));
  const checks = types.filter((type) => /^(authenticate|jwt)/.test(type));
  const place = resource.positions[field] ?? resource.position ?? at([]);
  if (checks.length > 1)
    report(
      place,
      path,
      `This sets two ways to authenticate: ${checks.join(' and ')}.`,
      'Keep one of authenticateOidc, authenticateCognito and jwtValidation.',
    );
  if (checks.length > 0 && listener.values['protocol'] !== 'HTTPS')
    report(place, path, `${checks[0]} needs an HTTPS listener.`, 'Give the listener protocol HTTPS and a certificate.');
}

/** Targets of the kind of their group; one function for a Lambda group; no check turned off elsewhere. */
function checkKinds(group: Desired, at: At, report: Report): void {
  const name = group.address.slice('targetGroup/'.length);
  const values = valuesOf(targetGroupKind, group);
  const { targetType: kind, targets = [], algorithm, anomalyMitigation: mitigation } = values;
  const place = group.positions['targets'] ?? at(['targetGroups', name]);
  for (const { id } of targets) {
    const own = typeof id !== 'string' || id.startsWith('i-') ? 'instance' : id.startsWith('arn:') ? 'lambda' : 'ip';
    if (own !== kind)
      report(
        place,
        `targetGroups.${name}.targets`,
        `A target of type ${own} cannot be in a group with targetType ${kind}.`,
        `Use targets of type ${kind}, or another targetType.`,
      );
  }
  if (kind === 'lambda' && targets.length > 1)
    report(place, `targetGroups.${name}.targets`, 'A Lambda group has one target.', 'Create a group for each function.');
  if (kind !== 'lambda' && values['healthCheck.enabled'] === false)
    report(
      group.positions['healthCheck.enabled'] ?? place,
      `targetGroups.${name}.healthCheck.enabled`,
      'Health checks of instances and IP addresses cannot be turned off.',
      'Leave it out.',
    );
  if (mitigation === 'on' && algorithm !== 'weighted_random')
    report(
      group.positions['anomalyMitigation'] ?? place,
      `targetGroups.${name}.anomalyMitigation`,
      'Anomaly mitigation needs the algorithm weighted_random.',
      'Set algorithm: weighted_random, or leave out anomalyMitigation.',
    );
}

const pathOf = (rule: Desired): string => {
  const [listener = '', name = ''] = rule.address.slice('rule/'.length).split('.');
  return `listeners.${listener}.rules.${name}`;
};
