import { canonical, isRef } from '../model/codec.ts';
import type { Grade } from '../model/grades.ts';
import type { Json } from '../model/json.ts';
import { IMPACTS, RISKS, type Risk } from '../model/json.ts';
import type { Observed } from '../model/model.ts';
import { valueAt } from '../model/paths.ts';
import { STACK_TAG } from '../model/tags.ts';
import type { Delta, FieldDelta } from './delta.ts';
import { plainDefault, rememberedBy } from './diff.ts';
import { deletedWith } from './foreign.ts';
import { gradeField, gradeWhole } from './grade.ts';
import { type Judgement, keyOf } from './losses.ts';
import type { Change, FieldChange, Step } from './types.ts';

/** The worst of several risks; `none` for none. */
export function worst(risks: readonly Risk[]): Risk {
  return RISKS[Math.max(0, ...risks.map((risk) => RISKS.indexOf(risk)))] ?? 'none';
}

/** What a change is judged by, beside its own values. */
export interface Surroundings {
  readonly observed: Observed;
  readonly steps: readonly Step[];
  /** Absent: nothing of the stack stays, and who serves is no question. */
  readonly judgement?: Judgement;
}

/**
 * A difference as people read it, graded: what happens to the object and what to traffic. Who serves afterwards decides; what the
 * rows of the table say holds for the rest, such as requests under way.
 */
export function describeChange(delta: Delta, { observed, steps, judgement }: Surroundings): Change {
  const blames = judgement?.losses.get(keyOf(delta)) ?? [];
  const idle = judgement?.idle.has(delta.address) === true;
  const calm = <T extends Pick<Grade, 'risk' | 'reason'>>(grade: T): T =>
    idle && grade.risk === 'shift' ? { ...grade, risk: 'none', reason: '' } : grade;
  const fields = [
    ...delta.fields
      .filter((field) => isTelling(delta, field))
      .map((field) => {
        const told = calm(describeField(delta, field));
        const reasons = blames.filter((blame) => blame.field === field.name).flatMap((blame) => blame.reasons);
        if (reasons.length === 0 && field.name === 'ingress' && judgement?.needless.has(delta.address) === true)
          return { ...told, risk: 'none' as const, reason: told.risk === 'drop' ? 'no connection needs what is removed' : told.reason };
        return reasons.length === 0 ? told : { ...told, risk: 'drop' as const, reason: together(reasons) };
      }),
    ...tagChanges(delta),
  ];
  const graded = gradeOf(delta);
  const whole = graded === undefined ? undefined : calm(graded);
  const losses = blames.flatMap((blame) => blame.reasons);
  const reason = losses.length === 0 && delta.verb === 'destroy' ? whole?.reason : undefined;
  const own = IMPACTS[Math.max(0, ...fields.map((field) => IMPACTS.indexOf(field.impact)))] ?? 'none';
  // What carries no tag of this stack was found by the spec's own word (`adopt`), and is taken over by tags.
  const verb = delta.verb === 'update' && delta.tags.set[STACK_TAG] !== undefined ? 'adopt' : delta.verb;
  const impact = verb === 'update' || verb === 'adopt' ? own : verb;
  const position = delta.desired?.position;
  const foreign = deletedWith(
    { address: delta.address, verb, ...(delta.live === undefined ? {} : { physicalId: delta.live.id }) },
    observed,
  );
  const physicalName = delta.duplicate ? undefined : nameToBe(delta, steps);
  return {
    address: delta.address,
    label: delta.kind.label,
    verb,
    fields: fields.map(({ reason: why, ...field }) => (why === '' ? field : { ...field, reason: why })),
    impact,
    risk:
      losses.length > 0 ? 'drop' : delta.verb === 'create' ? 'none' : worst([whole?.risk ?? 'none', ...fields.map((field) => field.risk)]),
    ...(reason === undefined ? {} : { reason }),
    ...(losses.length === 0 ? {} : { losses }),
    ...(foreign.length === 0 ? {} : { foreign: foreign.map(({ text, id }) => ({ text, id })) }),
    ...(physicalName === undefined ? {} : { physicalName }),
    ...(delta.live === undefined ? {} : { physicalId: delta.live.id }),
    ...(position === undefined ? {} : { position }),
  };
}

/** More losses than these are counted: a load balancer has up to a hundred rules. */
const MOST_LOSSES = 5;

/** Why the change as a whole is graded as it is: what is lost where it is not one of its fields that loses it. */
export const reasonOf = ({ verb, reason, losses = [] }: Pick<Change, 'verb' | 'reason' | 'losses'>): string | undefined =>
  reason ?? (losses.length === 0 || verb === 'update' || verb === 'adopt' ? undefined : together(losses));

/** Several losses in one sentence. */
export function together(losses: readonly string[]): string {
  const more = losses.length - MOST_LOSSES;
  return `${losses.slice(0, MOST_LOSSES).join('; ')}${more > 0 ? `; and ${more} more paths` : ''}`;
}

/** The name of what is about to be made, where AWS will know it by another one than was written. */
function nameToBe(delta: Delta, steps: readonly Step[]): string | undefined {
  const { name, op } = delta.kind.create;
  const made = name === undefined ? undefined : steps.find((step) => step.address === delta.address && step.op === op);
  const chosen = made === undefined || name === undefined ? undefined : valueAt(made.input, name.param);
  const written = delta.desired?.values['name'];
  if (typeof chosen !== 'string' || chosen === written) return undefined;
  // Where no name is written, the usual one is stack, name and a hash; what is told is one that was cut or had to give way.
  const own = delta.address.slice(delta.address.indexOf('/') + 1);
  return written === undefined && delta.verb === 'create' && (own === 'main' || chosen.includes(own)) ? undefined : chosen;
}

/** What the end of the old object, or its change for a new one, does to traffic. */
function gradeOf(delta: Delta): Grade | undefined {
  if (delta.verb === 'destroy') return gradeWhole(delta, delta.kind.risk?.destroy);
  if (delta.verb !== 'replace') return undefined;
  return delta.first
    ? { risk: 'drop', reason: 'the old one must be deleted before the new one is created' }
    : gradeWhole(delta, delta.kind.risk?.replace);
}

/** Of a resource about to be made, what was said or follows from the stack is told; defaults are in the reference. */
function isTelling(delta: Delta, change: FieldDelta): boolean {
  if (delta.verb !== 'create' || delta.desired?.positions[change.name] !== undefined) return true;
  return (
    canonical(change.after) !== canonical(plainDefault(change.field, delta.desired?.values)) &&
    !(change.field.internal === true && isRef(change.after))
  );
}

/** As it stands in a plan, with an empty reason where there is nothing to explain. */
type Graded = FieldChange & Pick<Grade, 'reason'>;

function describeField(delta: Delta, change: FieldDelta): Graded {
  const replaced = delta.verb === 'replace' && change.impact === 'replace';
  const grade = delta.verb === 'create' ? undefined : replaced ? gradeOf(delta) : gradeField(delta, change);
  const why = replaced && !delta.first ? (delta.live?.reasons?.[change.name] ?? grade?.reason) : grade?.reason;
  const reason = [change.because === undefined ? '' : `${change.because} is replaced`, why ?? ''].filter((part) => part !== '').join(': ');
  return {
    field: change.name,
    ...(change.before === undefined ? {} : { before: change.before }),
    ...(change.after === undefined ? {} : { after: change.after }),
    impact: grade?.reconnect && change.impact === 'update' ? 'reconnect' : change.impact,
    risk: grade?.risk ?? 'none',
    reason,
    ...(change.because === undefined ? {} : { because: change.because }),
  };
}

function tagChanges(delta: Delta): readonly Graded[] {
  if (delta.verb === 'create' || delta.verb === 'destroy') return [];
  const before = (key: string): { before?: Json } => {
    const value = delta.live?.tags[key];
    return value === undefined ? {} : { before: value };
  };
  const told = rememberedBy(delta);
  return [
    ...Object.entries(delta.tags.set)
      .filter(([key]) => !told.has(key))
      .map(([key, value]): Graded => ({ field: `tags.${key}`, ...before(key), after: value, impact: 'update', risk: 'none', reason: '' })),
    ...delta.tags.remove.map((key): Graded => ({ field: `tags.${key}`, ...before(key), impact: 'update', risk: 'none', reason: '' })),
  ];
}
