import { canonical } from '../model/codec.ts';
import type { Json, JsonObject } from '../model/json.ts';
import { fieldsOf } from '../model/kinds.ts';
import type { Desired, Live } from '../model/model.ts';
import { refsIn, valueAt, withValue } from '../model/paths.ts';
import { ADDRESS_TAG, STACK_TAG } from '../model/tags.ts';
import { awaitStep, awaitSteps } from './await-steps.ts';
import type { Delta, FieldDelta } from './delta.ts';
import { plainDefault, rememberedBy, wantedTags } from './diff.ts';
import { type Context, type DraftStep, nameOf, step } from './draft-step.ts';
import { fill, isEmpty, minus, outputsOf, put, putModified, selfParam, tagList } from './inputs.ts';
import { memberSteps } from './member-steps.ts';
import { chooseName } from './names.ts';
import { rankStep } from './ranks.ts';
import { attachStep, attributeSteps, isAttribute, isCompanion, resettingSteps, setterStep, tagSteps } from './setting-steps.ts';

/**
 * From a difference to AWS calls. A resource's changes are grouped by operation: ten attributes are one call, and only
 * what differs is sent, save that fields marked `together` travel as a set.
 *
 * | wire | on create | on change | on destroy |
 * | --- | --- | --- | --- |
 * | create | in the create call | replacement | – |
 * | modify | in the create call | one modify call | – |
 * | setter | in the create call, or its own when that cannot say it | its own call | – |
 * | attribute | one call for those that differ from AWS's default | one call | – |
 * | member | add | add, amend and remove what differs | nothing, or remove when the tie would hold |
 * | rank | in the create call | one call for all siblings (`ranks.ts`) | – |
 * | link | its own call after create | its own call where it is missing, else replacement | its own call before destroy |
 */
export function lower(delta: Delta, context: Context): readonly DraftStep[] {
  const { desired, live } = delta;
  switch (delta.verb) {
    case 'create':
      return desired === undefined ? [] : makeSteps(delta, desired, context);
    case 'replace':
      return desired === undefined || live === undefined
        ? []
        : [...makeSteps(delta, desired, context), ...destroySteps(delta, live, context)];
    case 'update':
      return desired === undefined || live === undefined ? [] : updateSteps(delta, desired, live, context);
    case 'destroy':
      return live === undefined ? [] : destroySteps(delta, live, context);
  }
}

function makeSteps(delta: Delta, desired: Desired, context: Context): readonly DraftStep[] {
  const { kind } = delta;
  const values = desired.values;
  const made = step(delta, 'create', kind.create.op, createInput(delta, desired, context), {
    effect: 'create',
    outputs: outputsOf(kind, kind.create.answer),
    ...lookupOf(delta, desired, context),
    sets: fieldsOf(kind).flatMap(([name, { wire }]) =>
      wire.how === 'create' || wire.how === 'modify' || wire.how === 'rank' || (wire.how === 'setter' && wire.param !== undefined)
        ? [name]
        : [],
    ),
    title: `create ${kind.label} ${nameOf(desired.address)}`,
  });
  const self = { $ref: `${desired.address}.id` };
  const steps: DraftStep[] = [made];
  const after = (more: DraftStep) => steps.push({ ...more, needs: [...more.needs, made.id] });
  for (const [name, field] of fieldsOf(kind)) {
    const value = values[name];
    if (value === undefined) continue;
    if (field.wire.how === 'link') {
      after(attachStep(delta, name, field, field.wire, value, self, 'create'));
    }
    if (
      field.wire.how === 'setter' &&
      field.wire.param === undefined &&
      canonical(value) !== canonical(plainDefault(field, desired.values))
    ) {
      after(setterStep(delta, name, field, field.wire, value, self));
    }
    if (field.wire.how === 'member') {
      const { initial = [], initialWhere, onCreate } = field.wire.member;
      const place = initialWhere === undefined ? undefined : context.valueOf(values[initialWhere.of] ?? null, initialWhere.has, 'desired');
      const there = [...initial, ...(hasAny(place) ? (initialWhere?.members ?? []) : [])];
      const [added, removed] = [
        onCreate === undefined ? minus(value as readonly Json[], initial) : [],
        minus(there, value as readonly Json[]),
      ];
      for (const more of memberSteps(delta, name, field, field.wire.member, added, removed, self, context)) after(more);
    }
  }
  const attributes = fieldsOf(kind).filter(
    ([name, field]) =>
      isAttribute(field) && values[name] !== undefined && canonical(values[name]) !== canonical(plainDefault(field, desired.values)),
  );
  for (const more of attributeSteps(
    delta,
    attributes.map(([name, field]) => ({ name, field, after: values[name] ?? null })),
    self,
  ))
    after(more);
  return [...steps, ...awaitSteps(delta, desired, self, made.id, context)];
}

const hasAny = (value: Json | undefined): boolean => value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0);

function createInput(delta: Delta, desired: Desired, context: Context): Json {
  const { kind } = delta;
  let input: Json = fill(kind.create.constants ?? {}, { stack: context.stack, region: context.region, address: desired.address });
  for (const [name, field] of fieldsOf(kind)) {
    const { wire } = field;
    const value = desired.values[name];
    if (wire.how === 'member' && wire.member.onCreate !== undefined) {
      const [only] = value === undefined ? [] : (field.codec.write(value) as readonly JsonObject[]);
      if (only !== undefined) input = withValue(input, wire.member.onCreate, only[wire.member.onCreate] ?? null);
      continue;
    }
    if (isEmpty(field, value) || (field.awsDefault !== undefined && canonical(value) === canonical(field.awsDefault))) continue;
    if (
      value === undefined ||
      wire.how === 'attribute' ||
      wire.how === 'rawAttributes' ||
      wire.how === 'member' ||
      wire.how === 'link' ||
      wire.how === 'policy' ||
      wire.param === undefined
    )
      continue;
    input = put(input, wire.param, field.codec.write(value));
  }
  const naming = kind.create.name;
  if (naming !== undefined) input = withValue(input, naming.param, chooseName(desired, naming.max, context));
  if (kind.create.token !== undefined) input = withValue(input, kind.create.token, { $deferred: 'token' });
  const tags = tagList(wantedTags(desired, context.stack));
  const { tags: how } = kind.create;
  return withValue(input, how.param, how.param === 'Tags' ? tags : how.types.map((type) => ({ ResourceType: type, Tags: tags })));
}

function lookupOf(delta: Delta, desired: Desired, context: Context): Partial<DraftStep> {
  const { kind } = delta;
  const known = context.idsAt(delta.address);
  const idPath = kind.outputs['id'] ?? '';
  if (kind.read.by === 'tagged') {
    const filters = [
      { Name: `tag:${STACK_TAG}`, Values: [context.stack] },
      { Name: `tag:${ADDRESS_TAG}`, Values: [delta.address] },
    ];
    const own = (kind.read.input as { readonly Filters?: readonly Json[] } | undefined)?.Filters ?? [];
    return {
      lookup: {
        op: kind.read.op,
        input: { Filters: [...filters, ...own] },
        list: kind.read.list,
        wrap: kind.create.answer,
        idPath,
        not: known,
      },
    };
  }
  const get = kind.read.details?.[0];
  const { name, find } = kind.create;
  if (find !== undefined)
    return {
      lookup: {
        op: kind.read.op,
        input: {},
        list: kind.read.list,
        wrap: kind.create.answer,
        idPath,
        not: known,
        take: find.take,
        same: find.same,
        tagged: { op: 'elbv2:DescribeTags', param: 'ResourceArns', list: 'TagDescriptions[0].Tags' },
      },
    };
  if (kind.read.by === 'path' && get !== undefined && name !== undefined) {
    const said = valueAt(createInput(delta, desired, context), name.param) ?? null;
    return {
      lookup: {
        op: get.op,
        input: { [get.param]: said },
        list: `${get.keep}.${kind.create.answer}`,
        wrap: kind.create.answer,
        idPath,
        not: known,
      },
    };
  }
  return {};
}

function updateSteps(delta: Delta, desired: Desired, live: Live, context: Context): readonly DraftStep[] {
  const { kind } = delta;
  const steps: DraftStep[] = [];
  const changed = withCompanions(delta, desired);
  const modified = changed.filter(({ field }) => field.wire.how === 'modify');
  if (modified.length > 0 && kind.modify !== undefined) {
    let input: Json = { [kind.modify.param]: live.id };
    for (const { field, after } of modified) input = putModified(input, field, after ?? null);
    steps.push(
      step(delta, 'modify', kind.modify.op, input, {
        effect: 'update',
        sets: modified.map(({ name }) => name),
        title: `change ${kind.label} ${nameOf(desired.address)}`,
      }),
    );
  }
  for (const change of delta.fields) {
    const { name, field, before, after } = change;
    if (field.wire.how === 'setter' && !isCompanion(delta, change))
      steps.push(...resettingSteps(delta, name, field, field.wire, before, after ?? null, live.id, context));
    if (field.wire.how === 'link') steps.push(attachStep(delta, name, field, field.wire, after ?? null, live.id, 'update'));
    if (field.wire.how === 'rank') steps.push(rankStep(delta, field.wire, after ?? null, live.id));
    if (field.wire.how !== 'member') continue;
    const [had, wants] = [(before ?? []) as readonly Json[], (after ?? []) as readonly Json[]];
    const renewed = wants.filter((member) => refsIn(member).some((ref) => context.leaves(ref.address)));
    const added = [...minus(wants, had), ...renewed.filter((member) => had.some((other) => canonical(other) === canonical(member)))];
    const removed = [...minus(had, wants), ...had.filter((member) => renewed.some((other) => canonical(other) === canonical(member)))];
    steps.push(...memberSteps(delta, name, field, field.wire.member, added, removed, live.id, context));
  }
  drawMemberNeeds(delta, desired, live, steps);
  steps.push(
    ...attributeSteps(
      delta,
      changed.filter(({ field }) => isAttribute(field)),
      live.id,
    ),
  );
  // A tag that remembers a change is written after it: were the change refused, the tag would hide it from the next plan.
  const remembered = Object.keys(delta.tags.set).some((key) => rememberedBy(delta).has(key));
  steps.push(...tagSteps(delta, live, remembered ? steps.map(({ id }) => id) : []));
  // Tags change nothing that could be waited for: what is adopted may have been out of order long before.
  return delta.fields.length === 0 ? steps : [...steps, ...awaitSteps(delta, desired, live.id, undefined, context)];
}

/**
 * What can be on only while a member stands is switched on after that came and off before it goes; where a member goes for another one,
 * it is off in between.
 */
function drawMemberNeeds(delta: Delta, desired: Desired, live: Live, steps: DraftStep[]): void {
  for (const [name, field] of fieldsOf(delta.kind)) {
    const { wire, needsMember } = field;
    if (wire.how !== 'setter' || needsMember === undefined) continue;
    const own = (call: string, of: string) => steps.filter(({ id }) => id.startsWith(`${delta.address}:${call}.${of}`));
    const [coming, going] = [own('add', needsMember), own('remove', needsMember)];
    if (going.length > 0 && live.values[name] === true && desired.values[name] === true) {
      const off = setterStep(delta, name, field, wire, false, live.id);
      steps.push({ ...off, id: `${off.id}.off` }, setterStep(delta, name, field, wire, true, live.id));
    }
    for (const [index, step] of steps.entries()) {
      const needs = (others: readonly DraftStep[]) => {
        steps[index] = { ...step, needs: [...new Set([...step.needs, ...others.map(({ id }) => id)])] };
      };
      const setter = `${delta.address}:set.${name}`;
      if (step.id === setter && desired.values[name] === true) needs(coming);
      if (going.some(({ id }) => id === step.id))
        needs(steps.filter(({ id }) => id === (desired.values[name] === true ? `${setter}.off` : setter)));
    }
  }
}

/** The changed fields and, where one is marked `together`, the rest of its set. */
function withCompanions(delta: Delta, desired: Desired): readonly FieldDelta[] {
  const sets = new Set(delta.fields.map(({ field }) => field.together).filter((name) => name !== undefined));
  const names = new Set(delta.fields.map(({ name }) => name));
  const companions = fieldsOf(delta.kind).flatMap(([name, field]): FieldDelta[] => {
    const value = desired.values[name];
    if (field.together === undefined || !sets.has(field.together) || names.has(name) || value === undefined) return [];
    // An attribute that AWS did not answer is one that the region lacks: saying it would be refused.
    const lacking = field.wire.how === 'attribute' && delta.live?.values[name] === undefined;
    return lacking ? [] : [{ name, field, after: value, impact: 'none' }];
  });
  return [...delta.fields, ...companions];
}

function destroySteps(delta: Delta, live: Live, context: Context): readonly DraftStep[] {
  const { kind, first } = delta;
  if (
    kind.goesWith !== undefined &&
    refsIn(Object.values(live.values)).some((ref) => ref.address.startsWith(`${kind.goesWith}/`) && context.leaves(ref.address))
  )
    return [];
  const steps: DraftStep[] = [];
  for (const [name, field] of fieldsOf(kind)) {
    const value = live.values[name];
    if (value === undefined) continue;
    if (field.wire.how === 'link')
      steps.push(
        step(
          delta,
          `detach.${name}`,
          field.wire.unlink,
          { [selfParam(kind)]: live.id, [field.wire.param]: context.old(field.codec.write(value)) },
          { effect: 'destroy', first, title: `detach ${kind.label} ${nameOf(delta.address)}` },
        ),
      );
    if (field.wire.how === 'member' && field.wire.member.endsWithMember) {
      const staying = (value as readonly Json[]).filter((member) => !refsIn(member).some((ref) => context.leaves(ref.address)));
      steps.push(
        ...memberSteps(delta, name, field, field.wire.member, [], staying, live.id, context).map((more) => ({
          ...more,
          effect: 'destroy' as const,
          phase: 'destroy' as const,
          first,
        })),
      );
    }
  }
  const drained = (kind.awaits ?? [])
    .filter((wait) => wait.name === 'drained' && !first && context.held(live))
    .map((wait) => ({ ...awaitStep(delta, wait, live.outputs, [], live.values), phase: 'destroy' as const }));
  steps.push(...drained);
  const subject = live.outputs['id'] ?? live.id;
  const done = step(
    delta,
    'destroy',
    kind.destroy.op,
    { [kind.destroy.param]: kind.destroy.list ? [subject] : subject },
    { effect: 'destroy', first, needs: steps.map((other) => other.id), title: `destroy ${kind.label} ${nameOf(delta.address)}` },
  );
  const gone = (kind.awaits ?? [])
    .filter((wait) => wait.name === 'gone')
    .map((wait) => ({ ...awaitStep(delta, wait, live.outputs, [done.id]), phase: 'destroy' as const, first }));
  return [...steps, done, ...gone];
}
