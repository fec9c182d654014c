import { holds, matches } from '../config/draft.ts';
import { impliedValue } from '../config/say.ts';
import { canonical } from '../model/codec.ts';
import type { Field } from '../model/field.ts';
import type { Json } from '../model/json.ts';
import { fieldsOf, kindOf } from '../model/kinds.ts';
import type { Live } from '../model/model.ts';
import { valueAt } from '../model/paths.ts';
import type { Scaled } from './discover.ts';

/** What is worth knowing of something live before it is kept by a spec. */

type Values = Readonly<Record<string, Json>>;

/** Whether a field without a default of ours has what AWS gives it by itself. */
export function isUnset(field: Field, value: Json, values: Values): boolean {
  const usual =
    field.defaultWhen?.find(({ when }) => Object.entries(when).every((rule) => matches(rule, values)))?.value ?? field.awsDefault;
  return [canonical(usual), '[]', '{}', '""'].includes(canonical(value));
}

/** Settings that AWS keeps while they mean nothing: the bucket of logs that are off. */
export function asleep(live: Live): readonly string[] {
  return fieldsOf(kindOf(live.kind)).flatMap(([name, field]) => {
    const value = live.values[name];
    if (value === undefined || field.internal || holds(field, live.values) || isUnset(field, value, live.values)) return [];
    return canonical(value) === canonical(impliedValue(field, live.values, false))
      ? []
      : [`${live.address} ${name}: ${canonical(value)}, which AWS keeps although it is not in use`];
  });
}

/** Tags by which other tools know their own. */
const MANAGERS: readonly (readonly [tag: RegExp, tool: string])[] = [
  [/^aws:cloudformation:stack-name$/, 'CloudFormation'],
  [/^(elbv2\.k8s\.aws\/cluster|kubernetes\.io\/cluster\/.+)$/, 'the AWS Load Balancer Controller'],
  [/^elasticbeanstalk:environment-name$/, 'Elastic Beanstalk'],
  [/^AmazonECSManaged$/, 'ECS'],
];

export function managers(live: readonly Live[]): readonly string[] {
  const tools = live.flatMap(({ tags }) =>
    Object.keys(tags).flatMap((key) =>
      MANAGERS.filter(([tag]) => tag.test(key)).map(([, tool]) => `${tool} manages it (tag ${key}: ${tags[key]})`),
    ),
  );
  return [...new Set(tools)].map((text) => `${text}: two owners undo each other's changes, so remove it there before you apply`);
}

/** The Auto Scaling groups whose instances are targets of a group: they register and deregister them. */
export function scalersOf(live: Live, scaled: Scaled): readonly string[] {
  const targets = (live.kind === 'targetGroup' ? (live.values['targets'] ?? []) : []) as readonly Json[];
  return [...new Set(targets.flatMap((target) => scaled.get(String(valueAt(target, 'id'))) ?? []))].sort();
}

/** Who may be registering targets, as far as it can be seen. */
export function registrars(live: Live, scaled: Scaled): readonly string[] {
  const scalers = scalersOf(live, scaled).map(
    (group) => `the Auto Scaling group ${group} registers the targets of ${live.address}: the spec leaves them unchanged (ignore)`,
  );
  const addresses = live.values['targetType'] === 'ip' && canonical(live.values['targets']) !== '[]';
  return addresses ? [`${live.address} has IP addresses as targets: if ECS or Kubernetes registers them, add them to ignore`] : scalers;
}
