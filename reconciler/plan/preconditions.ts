import { canonical } from '../model/codec.ts';
import type { Demand, Field } from '../model/field.ts';
import type { Json } from '../model/json.ts';
import { fieldsOf, KINDS, kindOf } from '../model/kinds.ts';
import { refsIn } from '../model/paths.ts';
import type { Delta, FieldDelta } from './delta.ts';
import type { DraftStep, Side } from './draft-step.ts';
import type { Graph } from './graph.ts';
import { groupBy } from './group.ts';

export type ValuesAt = (address: string, side: Side) => Readonly<Record<string, Json>> | undefined;

/** What the demands of fields (`field.demands`, `field.when`) did to a plan. */
export interface Demanded {
  /** Something may only change when what demands its old value is gone: that goes before the rest of the plan stands. */
  readonly endsEarly: boolean;
  /** Steps that others wait for: they do not wait until the newcomers of the plan are in service. */
  readonly unwaited: ReadonlySet<string>;
}

/**
 * Draws the edges that demands ask for.
 *
 * | the demanded field | so |
 * | --- | --- |
 * | gets a value that is demanded from now on | its call comes before the calls that make the demand: HTTPS before a rule signs in |
 * | loses a value that was demanded | its call comes after those that end the demand: the sign-in goes before HTTPS does |
 */
export function demandEdges(loose: readonly DraftStep[], deltas: readonly Delta[], valuesAt: ValuesAt, graph: Graph): Demanded {
  const turning = deltas.filter((delta) => delta.verb !== 'destroy' && delta.fields.some(({ name }) => isDemanded(delta.kind.name, name)));
  const turningAt = new Map(turning.map((delta) => [delta.address as string, delta]));
  const unwaited = new Set<string>();
  let endsEarly = false;
  if (turning.length === 0) return { endsEarly, unwaited };
  const stepsAt = groupBy(loose, (step): string => step.address);
  const setting = (address: string, field: string): readonly DraftStep[] =>
    (stepsAt.get(address) ?? []).filter((step) => step.phase === 'make' && step.sets?.includes(field));
  /** The call that gives or takes what is demanded, and in which direction. */
  const turnsOf = (
    owner: string | undefined,
    demand: Demand,
  ): { readonly comes: boolean; readonly calls: readonly DraftStep[] } | undefined => {
    const turn = turningAt.get(owner ?? '');
    const change = turn?.fields.find(({ name }) => name === demand.field);
    if (owner === undefined || turn === undefined || change === undefined) return undefined;
    // What is made anew has nothing of what was there before.
    const before = turn.verb === 'update' ? change.before : undefined;
    const [had, has] = [satisfies(before, demand, change), satisfies(change.after, demand, change)];
    return had === has ? undefined : { comes: has, calls: setting(owner, demand.field) };
  };
  /** `before` comes first, and if only after newcomers are in service, then without waiting for them: `then` waits for it. */
  const inOrder = (before: readonly DraftStep[], then: readonly DraftStep[]): void => {
    for (const step of then)
      for (const other of before) {
        graph.need(step.id, other.id);
        if (step.id !== other.id && other.afterReady) unwaited.add(other.id);
      }
  };
  const begin = (begins: readonly DraftStep[], calls: readonly DraftStep[]): void => inOrder(calls, begins);
  const end = (ends: readonly DraftStep[], calls: readonly DraftStep[]): void => {
    inOrder(ends, calls);
    if (ends.some(({ phase }) => phase === 'destroy')) endsEarly = true;
  };
  /** The calls by which a field gets its value, or loses it: a set has one for each. */
  const turningTo = (address: string, name: string, { wire }: Field, way: 'add' | 'remove'): readonly DraftStep[] =>
    setting(address, name).filter(({ op }) => wire.how !== 'member' || op === wire.member[way]);
  const goingAt = (delta: Delta): readonly DraftStep[] =>
    (stepsAt.get(delta.address) ?? []).filter(
      (step) => step.phase === 'destroy' && step.duplicateOf === (delta.duplicate ? delta.live?.id : undefined),
    );

  for (const delta of deltas) {
    for (const [name, field] of fieldsOf(delta.kind))
      for (const demand of demandsOf(delta.kind.name, field)) {
        if (demand.through !== undefined) continue;
        const { desired, live } = delta;
        const wants = desired?.values[name] !== undefined && demand.of(desired.values[name]);
        const wanted = wants ? turnsOf(belongsTo(delta.address, desired.values, demand.kind, 'desired', valuesAt), demand) : undefined;
        if (wanted?.comes) begin(turningTo(delta.address, name, field, 'add'), wanted.calls);
        const had = live?.values[name] !== undefined && demand.of(live.values[name]);
        const left = had ? turnsOf(belongsTo(delta.address, live.values, demand.kind, 'live', valuesAt), demand) : undefined;
        if (left !== undefined && !left.comes)
          end(delta.verb === 'update' ? turningTo(delta.address, name, field, 'remove') : goingAt(delta), left.calls);
      }
    if (delta.live === undefined) continue;
    // What led to something that demands it leads there no more.
    for (const { of, demand } of demandsBehind(delta.kind.name, delta.live.values, 'live', valuesAt)) {
      const left = turnsOf(belongsTo(delta.address, delta.live.values, demand.kind, 'live', valuesAt), demand);
      if (left === undefined || left.comes) continue;
      const names = delta.fields.filter(({ before }) => refsIn(before).some((ref) => ref.address === of)).map(({ name }) => name);
      end(delta.verb === 'update' ? names.flatMap((name) => setting(delta.address, name)) : goingAt(delta), left.calls);
    }
  }
  // What begins to lead to something that demands it, also for the warm-up alone.
  for (const step of loose) {
    if (step.phase !== 'make' || (step.effect !== 'create' && step.effect !== 'update')) continue;
    const kind = kindOf(step.address);
    if (kind.read.parent === undefined) continue;
    const parent = (step.refs ?? refsIn(step.input)).find((ref) => ref.address.startsWith(`${kind.read.parent}/`));
    const values =
      valuesAt(step.address, 'desired') ?? (parent === undefined ? {} : { [kind.read.parent]: { $ref: `${parent.address}.arn` } });
    for (const { demand } of demandsBehind(
      kind.name,
      { refs: (step.refs ?? []).map((ref) => ({ $ref: `${ref.address}.id` })) },
      'desired',
      valuesAt,
    )) {
      const wanted = turnsOf(belongsTo(step.address, values, demand.kind, 'desired', valuesAt), demand);
      if (wanted?.comes) begin([step], wanted.calls);
    }
  }
  return { endsEarly, unwaited };
}

/**
 * Updates in place that no order allows: one call ends the demand for a value that goes and makes the demand for the one that comes. A
 * rule that redirects to HTTPS and is to sign in needs HTTP until its call and HTTPS from it on, and its listener turns from one to the
 * other in a call of its own. The old one has to go before that call, and the new one comes after it.
 */
export function impossibleInPlace(deltas: readonly Delta[], valuesAt: ValuesAt): readonly string[] {
  const turning = new Map(deltas.filter(({ verb }) => verb === 'update').map((delta) => [delta.address as string, delta]));
  const demandsIn = ({ kind }: Delta, side: Side, { name, field, before, after }: FieldDelta): readonly Demand[] => {
    const value = side === 'live' ? before : after;
    if (value === undefined) return [];
    const own = demandsOf(kind.name, field).filter(({ through, of }) => through === undefined && of(value));
    return [...own, ...demandsBehind(kind.name, { [name]: value }, side, valuesAt).map(({ demand }) => demand)];
  };
  /** What is demanded on one side alone: of which owner, and which field of it. */
  const turns = (delta: Delta, side: Side, change: FieldDelta): readonly string[] =>
    demandsIn(delta, side, change).flatMap((demand) => {
      const owner = belongsTo(delta.address, valuesAt(delta.address, side), demand.kind, side, valuesAt);
      const turn = owner === delta.address ? undefined : turning.get(owner ?? '')?.fields.find(({ name }) => name === demand.field);
      if (turn === undefined) return [];
      const [had, has] = [satisfies(turn.before, demand, turn), satisfies(turn.after, demand, turn)];
      return had !== has && has === (side === 'desired') ? [`${owner}.${demand.field}`] : [];
    });
  return [...turning.values()].flatMap((delta) =>
    delta.fields.some((change) => {
      const ended = turns(delta, 'live', change);
      return ended.length > 0 && turns(delta, 'desired', change).some((turn) => ended.includes(turn));
    })
      ? [delta.address]
      : [],
  );
}

/**
 * Whether something new can be led to from this listener before the listener itself changes: not if it only then gets what the new
 * one demands of it.
 */
export function isFitFor(cold: string, host: string, valuesAt: ValuesAt): boolean {
  const wants = valuesAt(cold, 'desired') ?? {};
  const has = (side: Side, { field, oneOf }: Demand): boolean =>
    oneOf.some((value) => canonical(value) === canonical(valuesAt(host, side)?.[field]));
  return fieldsOf(kindOf(cold)).every(([name, field]) =>
    demandsOf(kindOf(cold).name, field)
      .filter(
        ({ through, kind, of }) => through !== undefined && kind === kindOf(host).name && wants[name] !== undefined && of(wants[name]),
      )
      .every((demand) => has('live', demand) || !has('desired', demand)),
  );
}

/** A field's own demands, and those of its `when`. */
function demandsOf(kind: string, field: Field): readonly Demand[] {
  const own = Object.entries(field.when ?? {}).map(([name, oneOf]): Demand => ({ of: () => true, kind, field: name, oneOf }));
  return [...(field.demands ?? []), ...own];
}

const demanded = new Set(
  KINDS.flatMap((kind) =>
    fieldsOf(kind).flatMap(([, field]) => demandsOf(kind.name, field).map((demand) => `${demand.kind}.${demand.field}`)),
  ),
);

/** Whether any field of any kind demands something of this one. */
const isDemanded = (kind: string, name: string): boolean => demanded.has(`${kind}.${name}`);

/** What the resources that a user refers to demand because it does. */
function demandsBehind(
  user: string,
  values: Readonly<Record<string, Json>>,
  side: Side,
  valuesAt: ValuesAt,
): readonly { readonly of: string; readonly demand: Demand }[] {
  return Object.values(values).flatMap((value) =>
    refsIn(value).flatMap(({ address }) =>
      fieldsOf(kindOf(address)).flatMap(([name, field]) => {
        if (field.demands === undefined) return [];
        const said = valuesAt(address, side)?.[name];
        return field.demands
          .filter((demand) => demand.through?.includes(user) && said !== undefined && demand.of(said))
          .map((demand) => ({ of: address, demand }));
      }),
    ),
  );
}

/** The address of the resource of a kind that this one is, or belongs to: a rule to its listener, and by that to a load balancer. */
function belongsTo(
  address: string,
  values: Readonly<Record<string, Json>> | undefined,
  kind: string,
  side: Side,
  valuesAt: ValuesAt,
): string | undefined {
  const own = kindOf(address);
  if (own.name === kind) return address;
  const parent = own.read.parent === undefined ? undefined : refsIn(values?.[own.read.parent])[0]?.address;
  return parent === undefined ? undefined : belongsTo(parent, valuesAt(parent, side), kind, side, valuesAt);
}

function satisfies(value: Json | undefined, demand: Demand, { field }: FieldDelta): boolean {
  const said = value ?? (typeof field.default === 'symbol' ? undefined : field.codec.parse(field.default));
  return demand.oneOf.some((one) => canonical(one) === canonical(said));
}
