/** Drift: what differs between AWS and the spec, found by a plan and told from the live side. */

import type { ReadySpec } from '../config/read.ts';
import { sayValue } from '../config/say.ts';
import { ALARMS } from '../model/alarms.ts';
import { canonical, isRef } from '../model/codec.ts';
import { asList, type Json } from '../model/json.ts';
import { fieldsOf, kindOf } from '../model/kinds.ts';
import type { Observed } from '../model/model.ts';
import { refsIn } from '../model/paths.ts';
import { ADDRESS_TAG, STACK_TAG, TAGGING } from '../model/tags.ts';
import { gradeWhole } from '../plan/grade.ts';
import { judgeDrift } from '../plan/losses.ts';
import { compareWith } from '../plan/plan.ts';
import { reasonOf } from '../plan/risk.ts';
import type { Change, FieldChange, Plan } from '../plan/types.ts';
import { type Difference, DRIFT_GRADES, type DriftGrade, type DriftReport, type FieldDrift } from '../report/drift.ts';
import type { Preview } from '../run/pipeline.ts';
import type { NamedSpec } from '../run/specs.ts';

/** The plan that would go back to the spec, read from the other side. */
export function describeDrift(
  { file, spec }: Pick<NamedSpec, 'file' | 'spec'>,
  {
    plan,
    refusals,
    observation: { observed },
  }: Pick<Preview, 'plan' | 'refusals'> & { readonly observation: Pick<Preview['observation'], 'observed'> },
): DriftReport {
  const lost = judgeDrift(compareWith(spec.stack, observed));
  const differences = plan.changes.map((change) => differenceOf(change, plan, spec, observed.taken, lost));
  const rank = ({ grade }: Difference): number => -DRIFT_GRADES.indexOf(grade);
  return {
    version: 1,
    stack: plan.stack,
    account: plan.account,
    region: plan.region,
    file,
    differences: differences
      .map((each, index) => ({ each, index }))
      .sort((a, b) => rank(a.each) - rank(b.each) || a.index - b.index)
      .map(({ each }) => each),
    notes: plan.notes,
    refusals: refusals.map(({ address, reason, remedy }) => ({ address, reason, remedy })),
  };
}

function differenceOf(
  change: Change,
  plan: Plan,
  spec: ReadySpec,
  taken: Observed['taken'],
  lostNow: ReturnType<typeof judgeDrift>,
): Difference {
  const state = change.verb === 'create' ? 'missing' : change.verb === 'destroy' ? 'extra' : 'changed';
  const desired = spec.stack.desired.find(({ address }) => address === change.address);
  const whole =
    state === 'missing' ? gradeWhole(desired === undefined ? {} : { desired }, kindOf(change.address).risk?.destroy) : undefined;
  const fields = state === 'changed' ? change.fields.map((field) => fieldOf(change, field, desired?.values ?? {})) : [];
  const lost = state === 'missing' ? lostOf(change, plan, taken) : [];
  // What clients lose as it is weighs more than what the way back does.
  const duplicate = change.verb === 'destroy' && plan.changes.some((other) => other !== change && other.address === change.address);
  const losses = (lostNow.get(duplicate ? `${change.address}~${change.physicalId}` : change.address) ?? []).flatMap(
    ({ reasons }) => reasons,
  );
  const own = losses.length > 0 ? 'drop' : (whole?.risk ?? change.risk);
  const grade = worst([own, ...fields.map((field) => field.grade)]);
  return {
    address: change.address,
    label: change.label,
    state,
    ...(change.physicalId === undefined ? {} : { physicalId: change.physicalId }),
    fields: fields.sort((a, b) => DRIFT_GRADES.indexOf(b.grade) - DRIFT_GRADES.indexOf(a.grade)),
    grade,
    reason: fields.length > 0 ? '' : (whole?.reason ?? reasonOf(change) ?? ''),
    ...(losses.length === 0 ? {} : { losses }),
    ...(lost.length === 0 ? {} : { lost }),
    ...(change.position === undefined ? {} : { position: change.position }),
  };
}

const worst = (grades: readonly DriftGrade[]): DriftGrade =>
  DRIFT_GRADES[Math.max(0, ...grades.map((grade) => DRIFT_GRADES.indexOf(grade)))] ?? 'none';

function fieldOf(
  change: Change,
  { field: name, before, after, risk, reason }: FieldChange,
  values: Readonly<Record<string, Json>>,
): FieldDrift {
  const kind = kindOf(change.address);
  const field = fieldsOf(kind).find(([other]) => other === name)?.[1];
  const say = (value: Json): Json => (field === undefined || field.internal ? value : (sayValue(field, value, { values }) ?? value));
  const alarm = ALARMS[`${kind.name} ${name}`]?.(before, after);
  const [live, spec] = [before === undefined ? undefined : say(before), after === undefined ? undefined : say(after)];
  const sets = field?.codec.unordered === true && Array.isArray(live) && Array.isArray(spec);
  return {
    field: name,
    ...(live === undefined ? {} : { live }),
    ...(spec === undefined ? {} : { spec }),
    ...(sets ? { added: membersBeside(live, spec), removed: membersBeside(spec, live) } : {}),
    grade: alarm === undefined ? risk : 'alarm',
    reason: alarm ?? reason ?? '',
  };
}

function membersBeside(list: Json, other: Json): readonly Json[] {
  const known = new Set(asList(other).map((member) => canonical(member)));
  return asList(list).filter((member) => !known.has(canonical(member)));
}

/**
 * What is probably the missing object without its tags: what others of ours still point to by its id, what has its name, and a
 * stranger beside ours that says the same of itself. Made a second time it would be there twice.
 */
function lostOf(change: Change, plan: Plan, taken: Observed['taken']): NonNullable<Difference['lost']> {
  const pointed = plan.changes.flatMap((other) =>
    other.fields.flatMap(({ before, after }) => {
      if (before === undefined || !refsIn(after).some((ref) => ref.address === change.address)) return [];
      const told = new Set(textsIn(after));
      return textsIn(before).filter((text) => isIdOf(change, text) && !told.has(text));
    }),
  );
  const name = change.fields.find(({ field }) => field === 'name')?.after;
  const named = taken
    .filter((other) => other.stack === undefined && other.name === name && change.address.startsWith(`${other.kind}/`))
    .map(({ id }) => id ?? '');
  const kind = kindOf(change.address);
  const said = (kind.read.describe ?? []).map((param) => {
    const own = fieldsOf(kind).find(([, { wire }]) => 'param' in wire && wire.param === param)?.[0];
    return String(change.fields.find(({ field }) => field === own)?.after ?? '');
  });
  const strangers = plan.notes.flatMap(({ kind: sort, text }) =>
    sort === 'foreign' && said.length > 0 && text.startsWith(`${kind.label} ${said.join(' ')} on `)
      ? [/\(([^()]+)\)$/.exec(text)?.[1] ?? '']
      : [],
  );
  return [...new Set([...pointed, ...named, ...strangers])]
    .filter((id) => id !== '')
    .map((physicalId) => ({ physicalId, command: tagCommand(change, plan.stack, physicalId) }));
}

/** Texts in a value, but for what stands in references. */
function textsIn(value: Json | undefined): readonly string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null || isRef(value)) return [];
  return Object.values(value).flatMap((entry) => textsIn(entry as Json));
}

/** Ids of EC2 begin with the kind of thing; ARNs hold it. */
const ID_MARKS: Readonly<Record<string, RegExp>> = {
  vpc: /^vpc-/,
  subnet: /^subnet-/,
  internetGateway: /^igw-/,
  routeTable: /^rtb-/,
  securityGroup: /^sg-/,
  instance: /^i-/,
  certificate: /:server-certificate\//,
  trustStore: /:truststore\//,
  targetGroup: /:targetgroup\//,
  loadBalancer: /:loadbalancer\//,
  listener: /:listener\//,
};
const isIdOf = (change: Change, text: string): boolean => ID_MARKS[kindOf(change.address).name]?.test(text) === true;

/** The command of the AWS CLI that puts the two tags of ownership back. */
function tagCommand(change: Change, stack: string, id: string): string {
  const { service } = kindOf(change.address);
  const tags = `Key=${STACK_TAG},Value=${stack} Key=${ADDRESS_TAG},Value=${change.address}`;
  const dashed = (text: string): string => text.replace(/(?<=[a-z])[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
  const { add, subject } = TAGGING[service];
  return `aws ${service} ${dashed(add.slice(add.indexOf(':') + 1))} --${dashed(subject)} ${id} --tags ${tags}`;
}
