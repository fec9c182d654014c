/** Sets: the calls that add, remove and amend members. */

import { canonical } from '../model/codec.ts';
import type { Field, Member } from '../model/field.ts';
import type { Json, JsonObject } from '../model/json.ts';
import { refsIn, textsIn } from '../model/paths.ts';
import { TAGGING } from '../model/tags.ts';
import { awaitStep } from './await-steps.ts';
import type { Delta } from './delta.ts';
import { digestOf } from './digest.ts';
import { type Context, type DraftStep, nameOf, step } from './draft-step.ts';
import { pick, selfParam, without } from './inputs.ts';

export function memberSteps(
  delta: Delta,
  name: string,
  field: Field,
  member: Member,
  added: readonly Json[],
  removed: readonly Json[],
  self: Json,
  context: Context,
): readonly DraftStep[] {
  const subject = { [selfParam(delta.kind)]: self };
  const wireOf = (values: readonly Json[]) => field.codec.write(values) as readonly Json[];
  const words = `${name} of ${delta.kind.label} ${nameOf(delta.address)}`;
  const calls = (kindOfCall: 'add' | 'remove' | 'amend', values: readonly Json[]): readonly DraftStep[] =>
    batchesOf(values, context).flatMap(([batch, members]) => inBatch(batch, callsOf(kindOfCall, members)));
  const callsOf = (kindOfCall: 'add' | 'remove' | 'amend', values: readonly Json[]): readonly DraftStep[] => {
    if (values.length === 0) return [];
    const op = kindOfCall === 'add' ? member.add : kindOfCall === 'remove' ? member.remove : (member.amend?.op ?? member.add);
    const hurried =
      kindOfCall === 'remove' && values.some((value) => refsIn(value).some((ref) => context.destroyBeforeCreate(ref.address)));
    const more = {
      effect: 'update',
      sets: [name],
      title: `${kindOfCall} ${words}`,
      first: hurried,
      ...(kindOfCall === 'add' && member.needsMade !== undefined && values.some(member.needsMade.of)
        ? { needsMade: member.needsMade.kind }
        : {}),
      afterReady: kindOfCall === 'remove' && delta.verb === 'update' && !hurried && (member.removeAfterReady ?? false),
    } as const;
    const ids = kindOfCall === 'remove' ? idsOf(delta, name, member, values) : undefined;
    if (ids !== undefined) return [step(delta, `${kindOfCall}.${name}`, op, { ...subject, ...ids }, more)];
    if (member.batch !== undefined)
      return [step(delta, `${kindOfCall}.${name}`, op, { ...subject, [member.batch]: literal(wireOf(values), kindOfCall, context) }, more)];
    return values.flatMap((value, index): DraftStep | readonly DraftStep[] => {
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
      const suffix = index === 0 ? '' : `.${index + 1}`;
      const own = restored(member, value);
      if (kindOfCall === 'remove' && own !== undefined)
        return step(
          delta,
          `restore.${name}${suffix}`,
          own.op,
          { ...subject, ...pick(wireOf([value])[0] ?? {}, member.removeKeys), ...own.set },
          more,
        );
      const handle = member.handle === undefined ? undefined : delta.live?.handles[name]?.[canonical(value)];
      if (kindOfCall === 'add' && member.elsewhere !== undefined && handle !== undefined && stays(value)) {
        const input = { ...subject, [member.handleParam ?? '']: handle };
        return step(delta, `move.${name}${suffix}`, member.elsewhere.move, input, { ...more, title: `take back ${words}` });
      }
      const input =
        kindOfCall === 'remove' && member.handleParam !== undefined
          ? { [member.handleParam]: handle ?? null }
          : {
              ...subject,
              ...pick(literal(wireOf([value])[0] ?? {}, kindOfCall, context), kindOfCall === 'remove' ? member.removeKeys : undefined),
            };
      return step(delta, `${kindOfCall}.${name}${suffix}`, op, input, more);
    });
  };
  const stays = (value: Json): boolean => !refsIn(value).some((ref) => context.leaves(ref.address));
  // What a member's own end unties is not untied again: the association of a subnet that goes.
  const untied = member.endsWithMember ? removed.filter(stays) : removed;
  const identity = (value: Json): Json => without(value, member.amend?.keys ?? []);
  const among =
    (values: readonly Json[]) =>
    (value: Json): boolean =>
      member.amend !== undefined &&
      stays(identity(value)) &&
      values.some((other) => canonical(identity(other)) === canonical(identity(value)));
  const [again, before] = [among(added), among(untied)];
  const { goesAfter } = member;
  const leaving = calls(
    'remove',
    untied.filter((value) => !again(value)),
  ).map((removal): DraftStep => (goesAfter === undefined ? removal : { ...removal, goesAfter, phase: 'destroy' }));
  const coming = calls(
    'add',
    added.filter((value) => !before(value)),
  );
  const values = delta.desired?.values ?? {};
  const lone =
    member.singleMember === true ||
    Object.entries(member.singleMemberWhen ?? {}).some(([key, wanted]) =>
      wanted.some((value) => canonical(value) === canonical(values[key])),
    );
  if (lone && leaving.length > 0 && coming.length > 0) {
    const needs = leaving.map(({ id }) => id);
    return [
      ...leaving.map((one) => ({ ...one, afterReady: false })),
      ...coming.map((one) => ({ ...one, needs: [...one.needs, ...needs] })),
    ];
  }
  const draining = batchesOf(untied, context).flatMap(([batch, members]) => {
    const removals = leaving.filter((removal) => removal.batch === batch);
    return inBatch(batch, drainSteps(delta, name, field, member, removals, members, self, context));
  });
  const serving = batchesOf(added, context).flatMap(([batch, members]) => {
    const additions = coming.filter((one) => one.batch === batch);
    return batch === undefined ? [] : inBatch(batch, serviceSteps(delta, name, field, additions, members, self, context));
  });
  return [...leaving, ...draining, ...calls('amend', added.filter(before)), ...coming, ...serving];
}

/** The members by the ids that AWS gives each of them, where all are known. */
function idsOf(delta: Delta, name: string, { identify }: Member, values: readonly Json[]): JsonObject | undefined {
  const ids = values.flatMap((value) => delta.live?.handles[name]?.[canonical(value)] ?? []);
  return identify === undefined || ids.length < values.length ? undefined : { [identify.param]: ids };
}

/** How AWS's own member is put back, of one that is such. */
const restored = ({ restore }: Member, value: Json): Member['restore'] =>
  restore !== undefined && typeof value === 'object' && value !== null && restore.key in value ? restore : undefined;

/** Members by the batch of what they name, those of no batch together. */
function batchesOf(values: readonly Json[], context: Context): readonly (readonly [number | undefined, readonly Json[]])[] {
  const batchOf = (value: Json) =>
    refsIn(value)
      .map((ref) => context.batchOf(ref.address))
      .find((batch) => batch !== undefined);
  return [...new Set(values.map(batchOf))].map((batch) => [batch, values.filter((value) => batchOf(value) === batch)]);
}

/** The steps as those of a batch of a rollout: each batch has its own under names of their own. */
function inBatch(batch: number | undefined, steps: readonly DraftStep[]): readonly DraftStep[] {
  if (batch === undefined) return steps;
  const named = (id: string): string => (id.includes('@') ? id : `${id}@${batch + 1}`);
  return steps.map((one) => ({ ...one, batch, id: named(one.id), needs: one.needs.map(named) }));
}

/** The wait until the newcomers of one batch of a rollout are in service. */
function serviceSteps(
  delta: Delta,
  name: string,
  field: Field,
  additions: readonly DraftStep[],
  members: readonly Json[],
  self: Json,
  context: Context,
): readonly DraftStep[] {
  const needs = additions.map(({ id }) => id);
  return (delta.kind.awaits ?? [])
    .filter((wait) => wait.last && wait.ifAny === name && context.usedBy(delta.address, wait.ifUsedBy ?? []))
    .map(({ last: _last, ...wait }) => awaitStep(delta, wait, { id: self, [name]: field.codec.write(members) }, needs));
}

/** The wait between the removal of members and the end of what they name; none where what they name stays. */
function drainSteps(
  delta: Delta,
  name: string,
  field: Field,
  member: Member,
  removals: readonly DraftStep[],
  removed: readonly Json[],
  self: Json,
  context: Context,
): readonly DraftStep[] {
  const ending = removed.filter((value) => textsIn(context.old(value)).some((id) => context.going.has(id)));
  if (member.drained === undefined || ending.length === 0 || removals.some((removal) => removal.first)) return [];
  const members = context.old(field.codec.write(ending));
  const values = { ...delta.desired?.values, ...delta.live?.values };
  const wait = awaitStep(
    delta,
    member.drained,
    { id: self, members },
    removals.map(({ id }) => id),
    values,
  );
  return [{ ...wait, id: `${wait.id}.${name}`, afterReady: true }];
}

/** Adding a member and remembering its handle, or removing it by that. */
export function rememberedStep(
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
): readonly DraftStep[] {
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
export const literal = (value: Json, call: 'add' | 'remove' | 'amend', context: Context): Json =>
  call === 'remove' ? context.old(value) : value;
