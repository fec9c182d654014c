/** What has a call of its own: setters, links, attributes, tags. */

import { canonical } from '../model/codec.ts';
import type { Field } from '../model/field.ts';
import type { Json } from '../model/json.ts';
import type { Live } from '../model/model.ts';
import { refsIn, withValue } from '../model/paths.ts';
import { TAGGING } from '../model/tags.ts';
import type { Delta, FieldDelta } from './delta.ts';
import { type Context, type DraftStep, nameOf, step } from './draft-step.ts';
import { isEmpty, selfParam, tagList } from './inputs.ts';

export function setterStep(
  delta: Delta,
  name: string,
  field: Field,
  wire: Extract<Field['wire'], { how: 'setter' }>,
  value: Json,
  self: Json,
): DraftStep {
  return step(
    delta,
    `set.${name}`,
    wire.op,
    isEmpty(field, value)
      ? withValue({ [selfParam(delta.kind)]: self }, field.empty.param, field.empty.value)
      : withValue({ [selfParam(delta.kind)]: self }, wire.setParam, field.codec.write(value)),
    { effect: 'update', sets: [name], title: `set ${name} of ${delta.kind.label} ${nameOf(delta.address)}` },
  );
}

/** The other field of the resource that the call of this one says, where that changes too. */
export function companionOf(delta: Delta, { wire }: Field): FieldDelta | undefined {
  return wire.how === 'setter' ? delta.fields.find(({ name }) => name === wire.with?.field) : undefined;
}

/** Whether another field's call says this one. */
export const isCompanion = (delta: Delta, { name }: FieldDelta): boolean =>
  delta.fields.some(({ field }) => companionOf(delta, field)?.name === name);

function withCompanion(step: DraftStep, { name, field, after }: FieldDelta, param: string): DraftStep {
  return { ...step, input: withValue(step.input, param, field.codec.write(after ?? null)), sets: [...(step.sets ?? []), name] };
}

/**
 * The change of what has a call of its own. A set that `expandBeforeShrink` is first all that it was and will be, and then, when the
 * newcomers of the plan are in service, what it will be: a load balancer leaves a zone when targets in another one serve.
 */
export function resettingSteps(
  delta: Delta,
  name: string,
  field: Field,
  wire: Extract<Field['wire'], { how: 'setter' }>,
  before: Json | undefined,
  after: Json,
  self: Json,
  context: Context,
): readonly DraftStep[] {
  const steps = expandAndShrink(delta, name, field, wire, before, after, self, context);
  const companion = companionOf(delta, field);
  if (companion === undefined || wire.with === undefined) return steps;
  const { param, first } = wire.with;
  const at = first.some((value) => canonical(value) === canonical(companion.after ?? null)) ? 0 : steps.length - 1;
  return steps.map((step, index) => (index === at ? withCompanion(step, companion, param) : step));
}

function expandAndShrink(
  delta: Delta,
  name: string,
  field: Field,
  wire: Extract<Field['wire'], { how: 'setter' }>,
  before: Json | undefined,
  after: Json,
  self: Json,
  context: Context,
): readonly DraftStep[] {
  const last = setterStep(delta, name, field, wire, after, self);
  if (field.expandBeforeShrink === undefined || !Array.isArray(before) || !Array.isArray(after)) return [last];
  const { oneOf } = field.expandBeforeShrink;
  const wanted = after as readonly Json[];
  const kept = new Set(wanted.filter((member) => !refsIn(member).some((ref) => context.leaves(ref.address))).map(canonical));
  const leaving = (before as readonly Json[]).filter((member) => !kept.has(canonical(member)));
  const placeOf = (member: Json, side: 'live' | 'desired'): Json | undefined =>
    oneOf === undefined ? undefined : (context.valueOf(member, oneOf, side) ?? delta.live?.handles[name]?.[canonical(member)]);
  const places = new Set(wanted.map((member) => placeOf(member, 'desired')));
  // Two in one place would be refused: where a place is not known, the set is changed in one call.
  if (oneOf !== undefined && [...places, ...leaving.map((member) => placeOf(member, 'live'))].includes(undefined)) return [last];
  const staying = leaving.filter((member) => oneOf === undefined || !places.has(placeOf(member, 'live')));
  const most = Number(field.codec.schema['maxItems'] ?? Number.POSITIVE_INFINITY);
  if (staying.length === 0 || wanted.length + staying.length > most) return [last];
  const narrowed: DraftStep = { ...last, id: `${last.id}.narrow`, afterReady: true, title: `${last.title}, without the removed members` };
  if (wanted.length === kept.size && isWithin(kept, before)) return [narrowed];
  const grown = setterStep(delta, name, field, wire, [...wanted, ...staying.map((member) => context.old(member))], self);
  return [grown, { ...narrowed, needs: [grown.id] }];
}

/** Whether nothing new comes: all that is kept was there before. */
const isWithin = (kept: ReadonlySet<string>, before: Json): boolean => {
  const had = new Set((before as readonly Json[]).map(canonical));
  return [...kept].every((member) => had.has(member));
};

export function attachStep(
  delta: Delta,
  name: string,
  field: Field,
  wire: Extract<Field['wire'], { how: 'link' }>,
  value: Json,
  self: Json,
  effect: 'create' | 'update',
): DraftStep {
  return step(
    delta,
    `attach.${name}`,
    wire.link,
    { [selfParam(delta.kind)]: self, [wire.param]: field.codec.write(value) },
    { effect, sets: [name], title: `attach ${delta.kind.label} ${nameOf(delta.address)}` },
  );
}

export const isAttribute = (field: Field): boolean => field.wire.how === 'attribute' || field.wire.how === 'rawAttributes';

export function attributeSteps(
  delta: Delta,
  fields: readonly { readonly name: string; readonly field: Field; readonly after?: Json }[],
  self: Json,
): readonly DraftStep[] {
  const { attributes } = delta.kind;
  if (attributes === undefined || fields.length === 0) return [];
  const pairs = fields.flatMap(({ name, field, after }) =>
    (field.wire.how === 'attribute'
      ? [{ Key: field.wire.key, Value: String(field.codec.write(after ?? null)) }]
      : (field.codec.write(after ?? null) as readonly { readonly Key: string; readonly Value: string }[])
    ).map((pair) => ({ name, pair })),
  );
  const chunks = Array.from({ length: Math.ceil(pairs.length / attributes.most) }, (_, index) =>
    pairs.slice(index * attributes.most, (index + 1) * attributes.most),
  );
  return chunks.map((chunk, index) =>
    step(
      delta,
      index === 0 ? 'attributes' : `attributes.${index + 1}`,
      attributes.op,
      { [selfParam(delta.kind)]: self, [attributes.param]: chunk.map(({ pair }) => pair) },
      { effect: 'update', sets: chunk.map(({ name }) => name), title: `set attributes of ${delta.kind.label} ${nameOf(delta.address)}` },
    ),
  );
}

export function tagSteps(delta: Delta, live: Live, needs: readonly string[]): readonly DraftStep[] {
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
