import type { Member } from '../model/field.ts';
import { fieldsOf, kindOf } from '../model/kinds.ts';
import type { Live } from '../model/model.ts';
import { refsIn, textsIn } from '../model/paths.ts';
import type { Delta, FieldDelta } from './delta.ts';
import type { DraftStep } from './draft-step.ts';
import type { Graph } from './graph.ts';
import { groupBy } from './group.ts';
import { namers, referrers } from './referrers.ts';

type Going = Delta & { readonly live: Live };

/** A wait for requests under way at what served. */
export const isDrain = (step: DraftStep): boolean => step.await?.name === 'drained' && kindOf(step.address).serves !== undefined;

/**
 * What goes waits for all that is made, so that nothing goes before what replaces it stands, and for the end of all that holds
 * it. Where something that is made waits for an end (`endsEarly`), that end waits for all else. What goes `first` waits only for the latter, and its successor for it.
 */
export function destroyEdges(loose: readonly DraftStep[], deltas: readonly Delta[], graph: Graph, endsEarly: boolean): void {
  const going = deltas.filter(
    (delta): delta is Going => delta.live !== undefined && (delta.verb === 'destroy' || delta.verb === 'replace'),
  );
  const need = (step: DraftStep, others: readonly { readonly id: string }[]): void => {
    for (const other of others) graph.need(step.id, other.id);
  };
  const ends = groupBy(
    loose.filter((step) => step.phase === 'destroy'),
    (step) => `${step.address} ${step.duplicateOf ?? ''}`,
  );
  const stepsOf = (delta: Going): readonly DraftStep[] => ends.get(`${delta.address} ${delta.duplicate ? delta.live.id : ''}`) ?? [];
  const made = loose.filter((step) => step.phase === 'make');
  const madeAt = groupBy(made, (step) => step.address);
  const hurried = made.filter((step) => step.first);
  const ties = tiesAmong(going);
  // What is emptied serves until nothing that goes forwards to it any more.
  const directing = going.filter((delta) => delta.kind.directsTraffic === true && !delta.first);
  const emptied = new Set<string>();
  for (const [step, users] of emptyings(made, deltas, directing)) {
    emptied.add(step.id);
    for (const user of users) need(step, stepsOf(user));
  }
  /** What is made by a batch of a rollout, or at all; without the removals that wait for what drains themselves. */
  const standing = (batch: number | undefined, undrained: boolean, unemptied: boolean) =>
    made.filter(
      (other) =>
        (batch === undefined || other.batch === batch) &&
        !(undrained && other.afterReady === 'drained') &&
        !(unemptied && emptied.has(other.id)),
    );
  const stands = (batch: number | undefined, undrained: boolean, unemptied: boolean): string =>
    graph.milestone(
      `${batch === undefined ? 'everything' : `batch-${batch + 1}`}${undrained ? '-before-draining' : ''}${unemptied ? '-before-emptying' : ''}`,
      () => standing(batch, undrained, unemptied).map(({ id }) => id),
    );
  /** A listener that goes with its load balancer is gone when that is. */
  const endOf = (delta: Going): readonly DraftStep[] => {
    const own = stepsOf(delta);
    const parent = own.length > 0 ? undefined : [...ties.held(delta)].find((other) => other.kind.name === delta.kind.goesWith);
    return parent === undefined ? own : endOf(parent);
  };
  for (const delta of going) {
    const own = stepsOf(delta);
    if (delta.batch !== undefined)
      for (const step of (madeAt.get(delta.address) ?? []).filter((other) => other.effect === 'create'))
        need(step, going.filter((other) => other.batch !== undefined && other.batch + 1 === delta.batch).flatMap(stepsOf));
    // What must go first cannot wait: the requests that it has are lost, and the plan says so.
    if (!delta.first) for (const other of ties.requestsFrom(delta)) for (const step of own) need(step, stepsOf(other).filter(isDrain));
    for (const other of ties.goBefore(delta)) {
      const before = endOf(other);
      if (before !== own && before[0]?.address !== delta.address) for (const step of own) need(step, before);
    }
    if (!delta.first) continue;
    const cut = hurried.filter((step) => textsIn(step.input).includes(delta.live.id));
    for (const mine of own) need(mine, cut);
    for (const step of (madeAt.get(delta.address) ?? []).filter((other) => other.effect === 'create')) need(step, own);
  }
  for (const delta of going) {
    if (delta.first) continue;
    for (const step of stepsOf(delta)) {
      const undrained = isDrain(step) || delta.kind.directsTraffic === true;
      const waiting = endsEarly ? graph.waitingFor(step.id) : new Set<string>();
      const unemptied = emptied.size > 0 && delta.kind.directsTraffic === true;
      const all = endsEarly ? standing(delta.batch, undrained, unemptied) : [];
      if (all.some(({ id }) => waiting.has(id)))
        need(
          step,
          all.filter(({ id }) => !waiting.has(id)),
        );
      else graph.need(step.id, stands(delta.batch, undrained, unemptied));
    }
  }
}

/** The steps that take the last members out of what listeners or rules that go forward to, each with those. */
function emptyings(
  made: readonly DraftStep[],
  deltas: readonly Delta[],
  directing: readonly Going[],
): ReadonlyMap<DraftStep, readonly Going[]> {
  const emptied = new Map(
    deltas.flatMap((delta): [string, Going][] =>
      delta.live !== undefined && !delta.duplicate && delta.fields.some(isEmptied) ? [[delta.address, { ...delta, live: delta.live }]] : [],
    ),
  );
  if (emptied.size === 0) return new Map();
  const byReference = referrers(directing, (delta) => delta.live.values);
  const byId = namers(directing, (delta) => delta.live.values);
  return new Map(
    made.flatMap((step): [DraftStep, readonly Going[]][] => {
      const group = step.afterReady === true && step.batch === undefined ? emptied.get(step.address) : undefined;
      if (group === undefined) return [];
      const { id = '', arn = '' } = group.live.outputs;
      const users = [...new Set([...byReference(step.address), ...byId(id), ...byId(arn)])];
      return users.length === 0 ? [] : [[step, users]];
    }),
  );
}

const isEmptied = ({ field: { wire }, after }: FieldDelta): boolean =>
  wire.how === 'member' && wire.member.removeAfterReady === true && Array.isArray(after) && after.length === 0;

interface Ties {
  /** What this one keeps from going. */
  held(delta: Going): ReadonlySet<Going>;
  /** All that must be gone before this one can be destroyed. */
  goBefore(delta: Going): ReadonlySet<Going>;
  /** Those by way of which requests may still be under way here, though it could go while it is listed there. */
  requestsFrom(delta: Going): ReadonlySet<Going>;
}

/** Who holds whom among those that go, from the references and ids in what is live: each value is looked through once. */
function tiesAmong(going: readonly Going[]): Ties {
  const atAddress = groupBy(
    going.filter((delta) => !delta.duplicate),
    (delta) => delta.address as string,
  );
  const byId = groupBy(
    going.flatMap((delta) =>
      ['id', 'arn'].flatMap((name) => (delta.live.outputs[name] === undefined ? [] : [{ id: delta.live.outputs[name], delta }])),
    ),
    ({ id }) => id,
  );
  const byKind = groupBy(going, (delta) => delta.kind.name);
  const [held, before, requests] = [pairs(), pairs(), pairs()];
  for (const delta of going) {
    for (const kind of delta.kind.after ?? []) for (const other of byKind.get(kind) ?? []) before.add(other, delta);
    for (const [name, field] of fieldsOf(delta.kind)) {
      const member: Member | undefined = field.wire.how === 'member' ? field.wire.member : undefined;
      const value = delta.live.values[name];
      // A list that was not read may name any of its kind: a certificate that a listener shows cannot be deleted (DeleteConflict).
      const unread = value === undefined && member !== undefined ? (byKind.get(kindNamedIn(field.codec.schema) ?? '') ?? []) : [];
      const named = [
        ...unread,
        ...refsIn(value).flatMap((ref) => atAddress.get(ref.address) ?? []),
        ...textsIn(value ?? null).flatMap((text) => (byId.get(text) ?? []).map((found) => found.delta)),
      ];
      for (const other of named) {
        if (other === delta) continue;
        if (member?.endsWithMember === true) before.add(delta, other);
        else if (member?.leavesOnTermination === true) requests.add(other, delta);
        else {
          held.add(delta, other);
          before.add(other, delta);
        }
      }
    }
  }
  return { held: held.of, goBefore: before.of, requestsFrom: requests.of };
}

function pairs() {
  const sets = new Map<Going, Set<Going>>();
  const of = (delta: Going): ReadonlySet<Going> => sets.get(delta) ?? new Set();
  const add = (delta: Going, other: Going): void => void sets.set(delta, (sets.get(delta) ?? new Set()).add(other));
  return { of, add };
}

/** The kind that the members of a list are names of. */
function kindNamedIn(schema: { readonly items?: unknown }): string | undefined {
  const { items } = schema;
  const kind = typeof items === 'object' && items !== null ? (items as { readonly 'x-reference'?: unknown })['x-reference'] : undefined;
  return typeof kind === 'string' ? kind : undefined;
}
