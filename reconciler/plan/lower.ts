import { canonical } from '../model/codec.ts';
import type { Await, Field, Kind, Member } from '../model/field.ts';
import { fieldsOf } from '../model/kinds.ts';
import type { Desired, Live } from '../model/model.ts';
import { refsIn, withValue } from '../model/paths.ts';
import { ADDRESS_TAG, STACK_TAG, TAGGING } from '../model/tags.ts';
import { type Delta, type FieldDelta, plainDefault, rememberedBy, wantedTags } from './diff.ts';
import { digestOf } from './digest.ts';
import { type Context, type LooseStep, nameOf, step } from './loose-step.ts';
import { chooseName } from './names.ts';
import { rankStep } from './ranks.ts';
import type { Json } from './types.ts';

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
 * | link | its own call after create | its own call where it is missing, else replacement | its own call before destroy |
 */
export function lower(delta: Delta, context: Context): readonly LooseStep[] {
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

function makeSteps(delta: Delta, desired: Desired, context: Context): readonly LooseStep[] {
  const { kind } = delta;
  const values = desired.values;
  const made = step(delta, 'create', kind.create.op, createInput(delta, desired, context), {
    effect: 'create',
    outputs: outputsOf(kind, kind.create.answer),
    ...lookupOf(delta, desired, context),
    title: `create ${kind.label} ${nameOf(desired.address)}`,
  });
  const self = { $ref: `${desired.address}.id` };
  const steps: LooseStep[] = [made];
  const after = (more: LooseStep) => steps.push({ ...more, needs: [...more.needs, made.id] });
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
      const { initial = [] } = field.wire.member;
      const [added, removed] = [minus(value as readonly Json[], initial), minus(initial, value as readonly Json[])];
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

function createInput(delta: Delta, desired: Desired, context: Context): Json {
  const { kind } = delta;
  let input: Json = fill(kind.create.constants ?? {}, { stack: context.stack, region: context.region, address: desired.address });
  for (const [name, field] of fieldsOf(kind)) {
    const { wire } = field;
    const value = desired.values[name];
    if (isEmpty(field, value) || (field.quiet && canonical(value) === canonical(plainDefault(field, desired.values)))) continue;
    if (
      value === undefined ||
      wire.how === 'attribute' ||
      wire.how === 'rawAttributes' ||
      wire.how === 'member' ||
      wire.how === 'link' ||
      wire.param === undefined
    )
      continue;
    input = put(input, wire.param, field.codec.write(value));
  }
  const naming = kind.create.name;
  if (naming !== undefined) input = withValue(input, naming.param, chooseName(desired, naming.max, context));
  if (kind.create.token !== undefined) input = withValue(input, kind.create.token, { $material: 'token' });
  const tags = tagList(wantedTags(desired, context.stack));
  const { tags: how } = kind.create;
  return withValue(input, how.param, how.param === 'Tags' ? tags : how.types.map((type) => ({ ResourceType: type, Tags: tags })));
}

function lookupOf(delta: Delta, desired: Desired, context: Context): Partial<LooseStep> {
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
  if (kind.read.by === 'path') {
    const name = createInput(delta, desired, context) as { readonly [key: string]: Json };
    const param = kind.create.name?.param ?? '';
    return {
      lookup: {
        op: 'iam:GetServerCertificate',
        input: { [param]: name[param] ?? null },
        list: 'ServerCertificate.ServerCertificateMetadata',
        wrap: kind.create.answer,
        idPath,
        not: known,
      },
    };
  }
  return {};
}

function updateSteps(delta: Delta, desired: Desired, live: Live, context: Context): readonly LooseStep[] {
  const { kind } = delta;
  const steps: LooseStep[] = [];
  const changed = withCompanions(delta, desired);
  const modified = changed.filter(({ field }) => field.wire.how === 'modify');
  if (modified.length > 0 && kind.modify !== undefined) {
    let input: Json = { [kind.modify.param]: live.id };
    for (const { field, after } of modified) input = putModified(input, field, after ?? null);
    steps.push(
      step(delta, 'modify', kind.modify.op, input, { effect: 'update', title: `change ${kind.label} ${nameOf(desired.address)}` }),
    );
  }
  for (const { name, field, before, after } of delta.fields) {
    if (field.wire.how === 'setter') steps.push(setterStep(delta, name, field, field.wire, after ?? null, live.id));
    if (field.wire.how === 'link') steps.push(attachStep(delta, name, field, field.wire, after ?? null, live.id, 'update'));
    if (field.wire.how === 'rank') steps.push(rankStep(delta, field.wire, after ?? null, live.id));
    if (field.wire.how !== 'member') continue;
    const [had, wants] = [(before ?? []) as readonly Json[], (after ?? []) as readonly Json[]];
    const renewed = wants.filter((member) => refsIn(member).some((ref) => context.leaves(ref.address)));
    const added = [...minus(wants, had), ...renewed.filter((member) => had.some((other) => canonical(other) === canonical(member)))];
    const removed = [...minus(had, wants), ...had.filter((member) => renewed.some((other) => canonical(other) === canonical(member)))];
    steps.push(...memberSteps(delta, name, field, field.wire.member, added, removed, live.id, context));
  }
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
  return [...steps, ...awaitSteps(delta, desired, live.id, undefined, context)];
}

/** The value under its parameter, or what says that there is none. */
function putModified(input: Json, field: Field, value: Json): Json {
  if (field.wire.how !== 'modify') return input;
  if (isEmpty(field, value)) return withValue(input, field.empty.param, field.empty.value);
  return put(input, field.wire.param, field.codec.write(value));
}

function isEmpty(field: Field, value: Json | undefined): field is Field & { readonly empty: NonNullable<Field['empty']> } {
  return field.empty !== undefined && canonical(value) === canonical(field.empty.is);
}

/** The value under a parameter; `*` spreads an object over the input. */
function put(input: Json, param: string, value: Json): Json {
  return param === '*'
    ? { ...(input as { readonly [key: string]: Json }), ...(value as { readonly [key: string]: Json }) }
    : withValue(input, param, value);
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

function setterStep(
  delta: Delta,
  name: string,
  field: Field,
  wire: Extract<Field['wire'], { how: 'setter' }>,
  value: Json,
  self: Json,
): LooseStep {
  return step(
    delta,
    `set.${name}`,
    wire.op,
    isEmpty(field, value)
      ? withValue({ [selfParam(delta.kind)]: self }, field.empty.param, field.empty.value)
      : withValue({ [selfParam(delta.kind)]: self }, wire.setParam, field.codec.write(value)),
    { effect: 'update', title: `set ${name} of ${delta.kind.label} ${nameOf(delta.address)}` },
  );
}

function attachStep(
  delta: Delta,
  name: string,
  field: Field,
  wire: Extract<Field['wire'], { how: 'link' }>,
  value: Json,
  self: Json,
  effect: 'create' | 'update',
): LooseStep {
  return step(
    delta,
    `attach.${name}`,
    wire.link,
    { [selfParam(delta.kind)]: self, [wire.param]: field.codec.write(value) },
    { effect, title: `attach ${delta.kind.label} ${nameOf(delta.address)}` },
  );
}

const isAttribute = (field: Field): boolean => field.wire.how === 'attribute' || field.wire.how === 'rawAttributes';

function attributeSteps(
  delta: Delta,
  fields: readonly { readonly name: string; readonly field: Field; readonly after?: Json }[],
  self: Json,
): readonly LooseStep[] {
  const { attributes } = delta.kind;
  if (attributes === undefined || fields.length === 0) return [];
  const pairs = fields.flatMap(({ field, after }) =>
    field.wire.how === 'attribute'
      ? [{ Key: field.wire.key, Value: String(field.codec.write(after ?? null)) }]
      : (field.codec.write(after ?? null) as readonly { readonly Key: string; readonly Value: string }[]),
  );
  const chunks = Array.from({ length: Math.ceil(pairs.length / attributes.most) }, (_, index) =>
    pairs.slice(index * attributes.most, (index + 1) * attributes.most),
  );
  return chunks.map((chunk, index) =>
    step(
      delta,
      index === 0 ? 'attributes' : `attributes.${index + 1}`,
      attributes.op,
      { [selfParam(delta.kind)]: self, [attributes.param]: chunk },
      { effect: 'update', title: `set attributes of ${delta.kind.label} ${nameOf(delta.address)}` },
    ),
  );
}

function memberSteps(
  delta: Delta,
  name: string,
  field: Field,
  member: Member,
  added: readonly Json[],
  removed: readonly Json[],
  self: Json,
  context: Context,
): readonly LooseStep[] {
  const subject = { [selfParam(delta.kind)]: self };
  const wireOf = (values: readonly Json[]) => field.codec.write(values) as readonly Json[];
  const words = `${name} of ${delta.kind.label} ${nameOf(delta.address)}`;
  const calls = (kindOfCall: 'add' | 'remove' | 'amend', values: readonly Json[]): readonly LooseStep[] => {
    if (values.length === 0) return [];
    const op = kindOfCall === 'add' ? member.add : kindOfCall === 'remove' ? member.remove : (member.amend?.op ?? member.add);
    const hurried = kindOfCall === 'remove' && values.some((value) => refsIn(value).some((ref) => context.leavesFirst(ref.address)));
    const more = {
      effect: 'update',
      title: `${kindOfCall} ${words}`,
      first: hurried,
      afterReady: kindOfCall === 'remove' && member.removeAfterReady === true && delta.verb === 'update' && !hurried,
    } as const;
    if (member.batch !== undefined)
      return [step(delta, `${kindOfCall}.${name}`, op, { ...subject, [member.batch]: literal(wireOf(values), kindOfCall, context) }, more)];
    return values.flatMap((value, index): LooseStep | readonly LooseStep[] => {
      if (member.remember !== undefined)
        return rememberedStep(delta, name, member, member.remember, kindOfCall, value, index, field, self, more);
      if (member.each !== undefined)
        return step(
          delta,
          `${kindOfCall}.${name}${index === 0 ? '' : `.${index + 1}`}`,
          op,
          { ...subject, [member.each]: literal(wireOf([value]), kindOfCall, context) },
          more,
        );
      const handle = member.handle === undefined ? undefined : delta.live?.handles[name]?.[canonical(value)];
      const input =
        kindOfCall === 'remove' && member.handleParam !== undefined
          ? { [member.handleParam]: handle ?? null }
          : {
              ...subject,
              ...pick(literal(wireOf([value])[0] ?? {}, kindOfCall, context), kindOfCall === 'remove' ? member.removeKeys : undefined),
            };
      return step(delta, `${kindOfCall}.${name}${index === 0 ? '' : `.${index + 1}`}`, op, input, more);
    });
  };
  // What a member's own end unties is not untied again: the association of a subnet that goes.
  const untied = member.endsWithMember ? removed.filter((value) => !refsIn(value).some((ref) => context.leaves(ref.address))) : removed;
  const identity = (value: Json): Json => without(value, member.amend?.keys ?? []);
  const among =
    (values: readonly Json[]) =>
    (value: Json): boolean =>
      member.amend !== undefined &&
      !refsIn(identity(value)).some((ref) => context.leaves(ref.address)) &&
      values.some((other) => canonical(identity(other)) === canonical(identity(value)));
  const [stays, comes] = [among(added), among(untied)];
  const leaving = calls(
    'remove',
    untied.filter((value) => !stays(value)),
  );
  const coming = calls(
    'add',
    added.filter((value) => !comes(value)),
  );
  const values = delta.desired?.values ?? {};
  const lone = Object.entries(member.lone ?? {}).some(([key, wanted]) =>
    wanted.some((value) => canonical(value) === canonical(values[key])),
  );
  if (lone && leaving.length > 0 && coming.length > 0) {
    const needs = leaving.map(({ id }) => id);
    return [
      ...leaving.map((one) => ({ ...one, afterReady: false })),
      ...coming.map((one) => ({ ...one, needs: [...one.needs, ...needs] })),
    ];
  }
  return [...leaving, ...calls('amend', added.filter(comes)), ...coming];
}

/** Adding a member and remembering its handle, or removing it by that. */
function rememberedStep(
  delta: Delta,
  name: string,
  member: Member,
  { tag, answer }: NonNullable<Member['remember']>,
  call: 'add' | 'remove' | 'amend',
  value: Json,
  index: number,
  field: Field,
  self: Json,
  more: { readonly effect: 'update'; readonly title: string },
): readonly LooseStep[] {
  const hash = digestOf(value).slice(0, 12);
  const [text, id] = [`${tag}:${hash}`, `${tag}-id:${hash}`];
  const subject = { [selfParam(delta.kind)]: self };
  const how = TAGGING[delta.kind.service];
  const target = { [how.subject]: how.list ? [self] : self };
  const suffix = index === 0 ? '' : `.${index + 1}`;
  if (call === 'remove') {
    const handle = Number(delta.live?.handles[name]?.[canonical(value)]);
    const removed = step(delta, `remove.${name}${suffix}`, member.remove, { ...subject, [member.handleParam ?? '']: [handle] }, more);
    return [
      removed,
      step(
        delta,
        `forget.${name}${suffix}`,
        how.remove,
        { ...target, [how.removeParam]: [text, id] },
        { ...more, needs: [removed.id], title: `forget ${name} of ${delta.kind.label} ${nameOf(delta.address)}` },
      ),
    ];
  }
  const added = step(
    delta,
    `add.${name}${suffix}`,
    member.add,
    { ...subject, [member.each ?? '']: field.codec.write([value]) },
    { ...more, outputs: { [`member-${hash}`]: `${answer}|` } },
  );
  const tags = [
    { Key: text, Value: value },
    { Key: id, Value: { $ref: `${delta.address}.member-${hash}` } },
  ];
  return [
    added,
    step(
      delta,
      `remember.${name}${suffix}`,
      how.add,
      { ...target, Tags: tags },
      { ...more, needs: [added.id], title: `remember ${name} of ${delta.kind.label} ${nameOf(delta.address)}` },
    ),
  ];
}

/** Removing names the old object behind a reference, adding the new one. */
const literal = (value: Json, call: 'add' | 'remove' | 'amend', context: Context): Json => (call === 'remove' ? context.old(value) : value);

const without = (value: Json, keys: readonly string[]): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key)))
    : value;

function destroySteps(delta: Delta, live: Live, context: Context): readonly LooseStep[] {
  const { kind, first } = delta;
  if (
    kind.goesWith !== undefined &&
    refsIn(Object.values(live.values)).some((ref) => ref.address.startsWith(`${kind.goesWith}/`) && context.leaves(ref.address))
  )
    return [];
  const steps: LooseStep[] = [];
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
  const subject = live.outputs[kind.destroy.output ?? 'id'] ?? live.id;
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

function awaitSteps(delta: Delta, desired: Desired, self: Json, made: string | undefined, context: Context): readonly LooseStep[] {
  return (delta.kind.awaits ?? [])
    .filter((wait) => wait.name !== 'gone')
    .flatMap((wait) => {
      if (wait.name === 'ready' && made === undefined) return [];
      if (wait.ifAny !== undefined && (desired.values[wait.ifAny] as readonly Json[] | undefined)?.length === 0) return [];
      if (wait.ifUsedBy !== undefined && !context.usedBy(desired.address, wait.ifUsedBy)) return [];
      const members = fieldsOf(delta.kind).flatMap(([name, field]): [string, Json][] =>
        field.wire.how === 'member' && desired.values[name] !== undefined ? [[name, field.codec.write(desired.values[name])]] : [],
      );
      return [awaitStep(delta, wait, { ...Object.fromEntries(members), id: self }, made === undefined ? [] : [made])];
    });
}

function awaitStep(delta: Delta, wait: Await, outputs: Readonly<Record<string, Json>>, needs: readonly string[]): LooseStep {
  return step(delta, `await.${wait.name}`, wait.op, fill(wait.input, outputs), {
    effect: 'await',
    needs,
    await: wait,
    title: `wait until ${delta.kind.label} ${nameOf(delta.address)} is ${wait.words}`,
    until: {
      path: wait.path,
      anyOf: wait.anyOf,
      failOn: wait.failOn ?? [],
      atLeast: wait.atLeast ?? 0,
      goneIsDone: wait.goneIsDone ?? false,
      timeoutSeconds: wait.timeoutSeconds,
      pollSeconds: wait.pollSeconds,
      holdSeconds: wait.holdSeconds ?? 0,
      ...(wait.reasonPath === undefined ? {} : { reasonPath: wait.reasonPath }),
    },
  });
}

function tagSteps(delta: Delta, live: Live, needs: readonly string[]): readonly LooseStep[] {
  const how = TAGGING[delta.kind.service];
  const subject = { [how.subject]: how.list ? [live.id] : live.id };
  const set = tagList(delta.tags.set);
  const words = `tags of ${delta.kind.label} ${nameOf(delta.address)}`;
  return [
    ...(set.length === 0
      ? []
      : [step(delta, 'tag', how.add, { ...subject, Tags: set }, { effect: 'update', needs, title: `set ${words}` })]),
    ...(delta.tags.remove.length === 0
      ? []
      : [
          step(
            delta,
            'untag',
            how.remove,
            {
              ...subject,
              [how.removeParam]: how.removeParam === 'Tags' ? delta.tags.remove.map((key) => ({ Key: key })) : delta.tags.remove,
            },
            { effect: 'update', title: `remove ${words}` },
          ),
        ]),
  ];
}

const tagList = (tags: Readonly<Record<string, string>>): readonly Json[] =>
  Object.entries(tags)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([Key, Value]) => ({ Key, Value }));

const selfParam = (kind: Kind): string => kind.self ?? kind.destroy.param;

function outputsOf(kind: Kind, answer: string): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(kind.outputs).map(([name, path]) => [name, answer === '' ? path : `${answer}.${path}`]));
}

/** `{id}` in texts becomes the value; a text that is nothing else keeps the value's type. */
function fill(template: Json, values: Readonly<Record<string, Json>>): Json {
  if (Array.isArray(template)) return template.map((entry: Json) => fill(entry, values));
  if (typeof template === 'object' && template !== null)
    return Object.fromEntries(Object.entries(template).map(([key, entry]) => [key, fill(entry, values)]));
  if (typeof template !== 'string') return template;
  const whole = /^\{(\w+)\}$/.exec(template);
  if (whole?.[1] !== undefined && values[whole[1]] !== undefined) return values[whole[1]] ?? null;
  return template.replace(/\{(\w+)\}/g, (text, name: string) => (values[name] === undefined ? text : String(values[name])));
}

const minus = (from: readonly Json[], other: readonly Json[]): readonly Json[] => {
  const keys = new Set(other.map(canonical));
  return from.filter((value) => !keys.has(canonical(value)));
};

function pick(value: Json, keys: readonly string[] | undefined): { readonly [key: string]: Json } {
  const record = value as { readonly [key: string]: Json };
  return keys === undefined ? record : Object.fromEntries(Object.entries(record).filter(([key]) => keys.includes(key)));
}
