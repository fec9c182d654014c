import type { Problem } from '../errors.ts';
import type { Desired } from '../model/model.ts';
import { refsIn } from '../model/paths.ts';
import type { Json, Position } from '../plan/types.ts';
import { type At, type Built, asObject } from './draft.ts';
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
    const priority = rule.values['priority'];
    if (priority === undefined) continue;
    const key = `${listener?.address} ${String(priority)}`;
    const other = places.get(key);
    if (other !== undefined) report(rule.positions['priority'] ?? place, `${path}.priority`, `Priority ${String(priority)} is taken by rule \`${other}\`.`, 'Give each rule of a listener a priority of its own, or leave it to the order of the file.');
    places.set(key, rule.address.slice(rule.address.lastIndexOf('.') + 1));
  }
  for (const listener of listeners.values()) checkAuthentication(listener, 'defaultActions', listener, `listeners.${listener.address.slice('listener/'.length)}`, at, report);
  for (const group of desired.filter((entry) => entry.kind === 'targetGroup')) checkKinds(group, at, report);
  return problems;
}

function checkConditions(rule: Desired, place: Position, path: string, report: Report): void {
  const conditions = (rule.values['if'] ?? []) as readonly Json[];
  const values = conditions.flatMap((condition) => asObject(condition)['values'] as readonly Json[]);
  if (values.length > MOST) report(place, path, `The rule has ${values.length} condition values, and at most ${MOST} are allowed.`, 'Split it into several rules (TooManyConditionValues).');
  const wildcards = values.flatMap((value) => [...(typeof value === 'string' ? value : String(asObject(value)['value'])).matchAll(/[*?]/g)]);
  if (wildcards.length > MOST) report(place, path, `The rule has ${wildcards.length} wildcards, and at most ${MOST} are allowed.`, 'Use fewer * and ?.');
  const fields = conditions.map((condition) => String(asObject(condition)['field']));
  for (const field of ['host-header', 'path-pattern']) {
    if (fields.filter((other) => other === field).length > 1) report(place, path, `The rule has two conditions on ${field === 'host-header' ? 'the host' : 'the path'}.`, 'Write them with wildcards or as regular expressions, not both.');
  }
}

function checkAuthentication(resource: Desired, field: string, listener: Desired, path: string, at: At, report: Report): void {
  const types = ((resource.values[field] ?? []) as readonly Json[]).map((action) => String(asObject(action)['type']));
  const checks = types.filter((type) => /^(authenticate|jwt)/.test(type));
  const place = resource.positions[field] ?? resource.position ?? at([]);
  if (checks.length > 1) report(place, path, `Two ways to check who asks: ${checks.join(' and ')}.`, 'Write one of authenticateOidc, authenticateCognito and jwtValidation.');
  if (checks.length > 0 && listener.values['protocol'] !== 'HTTPS') report(place, path, `${checks[0]} needs an HTTPS listener.`, 'Give the listener protocol HTTPS and a certificate.');
}

/** Targets of the kind of their group; one function for a Lambda group; no check turned off elsewhere. */
function checkKinds(group: Desired, at: At, report: Report): void {
  const name = group.address.slice('targetGroup/'.length);
  const kind = String(group.values['targetType']);
  const place = group.positions['targets'] ?? at(['targetGroups', name]);
  for (const target of (group.values['targets'] ?? []) as readonly Json[]) {
    const id = asObject(target)['id'];
    const own = typeof id !== 'string' || id.startsWith('i-') ? 'instance' : id.startsWith('arn:') ? 'lambda' : 'ip';
    if (own !== kind) report(place, `targetGroups.${name}.targets`, `A target of kind ${own} cannot be in a group with targetType ${kind}.`, `Write targets of kind ${kind}, or another targetType.`);
  }
  if (kind === 'lambda' && ((group.values['targets'] ?? []) as readonly Json[]).length > 1) report(place, `targetGroups.${name}.targets`, 'A Lambda group has one target.', 'Make a group for each function.');
  if (kind !== 'lambda' && group.values['healthCheck.enabled'] === false) report(group.positions['healthCheck.enabled'] ?? place, `targetGroups.${name}.healthCheck.enabled`, 'Health checks of instances and addresses cannot be turned off.', 'Leave it out.');
  const [algorithm, mitigation] = [group.values['algorithm'], group.values['anomalyMitigation']];
  if (mitigation === 'on' && algorithm !== 'weighted_random') report(group.positions['anomalyMitigation'] ?? place, `targetGroups.${name}.anomalyMitigation`, 'Anomaly mitigation needs the algorithm weighted_random.', 'Set algorithm: weighted_random, or leave it off.');
}

const pathOf = (rule: Desired): string => {
  const [listener = '', name = ''] = rule.address.slice('rule/'.length).split('.');
  return `listeners.${listener}.rules.${name}`;
};
