import { canonical, isRef } from '../model/codec.ts';
import type { Grade } from '../model/grades.ts';
import type { Json } from '../model/json.ts';
import { IMPACTS, RISKS, type Risk } from '../model/json.ts';
import { STACK_TAG } from '../model/tags.ts';
import { type Delta, type FieldDelta, plainDefault, rememberedBy } from './diff.ts';
import { gradeField, gradeWhole } from './grade.ts';
import type { Change, FieldChange } from './types.ts';

/** The worst of several risks; `none` for none. */
export function worst(risks: readonly Risk[]): Risk {
  return RISKS[Math.max(0, ...risks.map((risk) => RISKS.indexOf(risk)))] ?? 'none';
}

/** A difference as people read it, graded: what happens to the object and what to traffic. */
export function describeChange(delta: Delta): Change {
  const fields = [
    ...delta.fields.filter((field) => isTelling(delta, field)).map((field) => describeField(delta, field)),
    ...tagChanges(delta),
  ];
  const whole = gradeOf(delta);
  const own = IMPACTS[Math.max(0, ...fields.map((field) => IMPACTS.indexOf(field.impact)))] ?? 'none';
  // What carries no tag of this stack was found by the spec's own word (`adopt`), and is taken over by tags.
  const verb = delta.verb === 'update' && delta.tags.set[STACK_TAG] !== undefined ? 'adopt' : delta.verb;
  const impact = verb === 'update' || verb === 'adopt' ? own : verb;
  const position = delta.desired?.position;
  return {
    address: delta.address,
    label: delta.kind.label,
    verb,
    fields,
    impact,
    risk: delta.verb === 'create' ? 'none' : worst([whole?.risk ?? 'none', ...fields.map((field) => field.risk)]),
    ...(whole === undefined || delta.verb !== 'destroy' ? {} : { reason: whole.reason }),
    ...(delta.live === undefined ? {} : { physicalId: delta.live.id }),
    ...(position === undefined ? {} : { position }),
  };
}

/** What the end of the old object, or its change for a new one, does to traffic. */
function gradeOf(delta: Delta): Grade | undefined {
  if (delta.verb === 'destroy') return gradeWhole(delta, delta.kind.risk?.destroy);
  if (delta.verb !== 'replace') return undefined;
  return delta.first
    ? { risk: 'drop', reason: 'the old one must go before the new one is made' }
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

function describeField(delta: Delta, change: FieldDelta): FieldChange {
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

function tagChanges(delta: Delta): readonly FieldChange[] {
  if (delta.verb === 'create' || delta.verb === 'destroy') return [];
  const before = (key: string): { before?: Json } => {
    const value = delta.live?.tags[key];
    return value === undefined ? {} : { before: value };
  };
  const told = rememberedBy(delta);
  return [
    ...Object.entries(delta.tags.set)
      .filter(([key]) => !told.has(key))
      .map(
        ([key, value]): FieldChange => ({ field: `tags.${key}`, ...before(key), after: value, impact: 'update', risk: 'none', reason: '' }),
      ),
    ...delta.tags.remove.map((key): FieldChange => ({ field: `tags.${key}`, ...before(key), impact: 'update', risk: 'none', reason: '' })),
  ];
}
