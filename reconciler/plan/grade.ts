import { canonical, isRef, nameOf } from '../model/codec.ts';
import type { Grade, Grades, Occasion } from '../model/grades.ts';
import type { Json } from '../model/json.ts';
import { fieldsOf, kindOf } from '../model/kinds.ts';
import type { Live } from '../model/model.ts';
import { unknownNames } from '../model/unknown.ts';
import type { Delta, FieldDelta } from './delta.ts';

/** The values of both sides: those that are wanted, and those that are live where nothing is wanted. */
type Sides = Pick<Delta, 'desired' | 'live'>;

/** More members than this are counted. */
const MOST_NAMES = 3;

/** The grade that holds for a change of one field, with its reason in real values. */
export function gradeField(delta: Sides, change: FieldDelta): Grade | undefined {
  const kept = unknownNames(change.after);
  const lost = unknownNames(change.before).filter((name) => !kept.includes(name));
  // Without a condition that nobody here can read a rule would match more requests: that is for a person to say.
  if (lost.length > 0) return { risk: 'drop', reason: `removes ${lost.join(', ')}, which this version of albedo does not know` };
  const values = {
    name: change.name,
    before: change.before,
    after: change.after,
    added: membersBeside(change.after, change.before, change),
    removed: membersBeside(change.before, change.after, change),
  };
  const grade = listOf(change.field.risk).find(({ when }) => holds(when, delta, values, change.because !== undefined));
  if (grade === undefined) return undefined;
  const others = { values: delta.desired?.values ?? delta.live?.values ?? {} };
  const said = (value: Json): Json => change.field.codec.say?.(value, others) ?? value;
  const told = {
    ...(change.before === undefined ? {} : { before: said(change.before) }),
    ...(change.after === undefined ? {} : { after: said(change.after) }),
    added: said(values.added),
    removed: said(values.removed),
  };
  return { ...grade, reason: fill(grade.reason, (name) => text(name, told, delta)) };
}

/** The same for what happens to a resource as a whole. */
export function gradeWhole(delta: Sides, grades: Grades | undefined): Grade | undefined {
  const grade = listOf(grades).find(({ when }) => holds(when, delta, {}, false));
  return grade === undefined ? undefined : { ...grade, reason: fill(grade.reason, (name) => text(name, {}, delta)) };
}

const listOf = (grades: Grades | undefined): readonly Grade[] =>
  grades === undefined ? [] : Array.isArray(grades) ? grades : [grades as Grade];

interface Values {
  readonly name?: string;
  readonly before?: Json | undefined;
  readonly after?: Json | undefined;
  readonly added?: readonly Json[];
  readonly removed?: readonly Json[];
}

function holds(when: Occasion | undefined, delta: Sides, values: Values, renewed: boolean): boolean {
  if (when === undefined) return true;
  const among = (value: Json | undefined, list: readonly Json[] | undefined): boolean =>
    list === undefined || list.some((each) => fits(value, each));
  if (when.renewed !== undefined && when.renewed !== renewed) return false;
  if (when.said !== undefined && when.said !== isSaid(delta, values.name)) return false;
  if (!among(values.before, when.from) || !among(values.after, when.to)) return false;
  if (when.change !== undefined && !moves(when.change, values)) return false;
  return Object.entries(when.values ?? {}).every(([name, list]) => among(valueAt(name, delta), list));
}

/** Whether the spec says the field; what no file wants any more was said by one. */
const isSaid = ({ desired }: Sides, name = ''): boolean => desired === undefined || desired.positions[name] !== undefined;

function moves(change: NonNullable<Occasion['change']>, { before, after, added, removed }: Values): boolean {
  switch (change) {
    case 'lowered':
      return typeof before === 'number' && typeof after === 'number' && after < before;
    case 'raised':
      return typeof before === 'number' && typeof after === 'number' && after > before;
    case 'added':
      return (added?.length ?? 0) > 0;
    case 'removed':
      return (removed?.length ?? 0) > 0;
    case 'other':
      return before !== undefined;
  }
}

const isRecord = (value: Json | undefined): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Equal, an object with all the given keys, or a list with each given member. */
function fits(value: Json | undefined, wanted: Json): boolean {
  if (isRecord(wanted)) return isRecord(value) && Object.entries(wanted).every(([key, each]) => fits(value[key], each));
  if (Array.isArray(wanted) && wanted.length > 0)
    return Array.isArray(value) && wanted.every((each) => value.some((member) => fits(member, each)));
  return canonical(value) === canonical(wanted);
}

/** Members of one set that the other lacks; a remark that can be amended does not tell two apart. */
function membersBeside(set: Json | undefined, other: Json | undefined, { field }: FieldDelta): readonly Json[] {
  if (!Array.isArray(set)) return [];
  const remarks = field.wire.how === 'member' ? (field.wire.member.amend?.keys ?? []) : [];
  const key = (member: Json): string =>
    canonical(
      isRecord(member) && !isRef(member) ? Object.fromEntries(Object.entries(member).filter(([name]) => !remarks.includes(name))) : member,
    );
  const known = new Set(Array.isArray(other) ? other.map(key) : []);
  return set.filter((member: Json) => !known.has(key(member)));
}

function valueAt(name: string, { desired, live }: Sides): Json | undefined {
  return desired?.values[name] ?? live?.values[name];
}

/** A field as a spec says it: one value has one notation, wherever it stands. */
function inSpecWords(name: string, delta: Sides): Json | undefined {
  const value = valueAt(name, delta);
  const kind = delta.desired?.kind ?? delta.live?.kind;
  const codec = kind === undefined ? undefined : fieldsOf(kindOf(kind)).find(([other]) => other === name)?.[1].codec;
  return value === undefined ? undefined : (codec?.say?.(value, { values: delta.desired?.values ?? delta.live?.values ?? {} }) ?? value);
}

const outputOf = (name: string, live: Live | undefined): Json | undefined => live?.outputs[name];

function text(name: string, told: Readonly<Record<string, Json | undefined>>, delta: Sides): string | undefined {
  const own = Object.hasOwn(told, name) ? told[name] : (inSpecWords(name, delta) ?? outputOf(name, delta.live));
  return own === undefined ? undefined : words(own);
}

/** A value in a sentence: things of the stack by their names, members one by one, as a spec says them. */
function words(value: Json): string {
  if (isRef(value)) return String(nameOf(value));
  if (Array.isArray(value)) {
    const shown = value.slice(0, MOST_NAMES).map(words);
    const more = value.length - shown.length;
    return more > 0 ? `${shown.join(', ')} and ${more} more` : [shown.slice(0, -1).join(', '), shown.at(-1)].filter(Boolean).join(' and ');
  }
  if (isRecord(value))
    return Object.entries(value)
      .map(([key, each]) => `${key} ${words(each)}`)
      .join(' ');
  return String(value);
}

/** Puts values into a reason; `[a|b]` is `a` where all its values are known. */
export function fill(reason: string, lookUp: (name: string) => string | undefined): string {
  const known = (part: string): boolean => [...part.matchAll(/\{([^}]+)\}/g)].every((match) => lookUp(match[1] ?? '') !== undefined);
  return reason
    .replace(/\[([^|\]]*)\|([^\]]*)\]/g, (_, first: string, second: string) => (known(first) ? first : second))
    .replace(/\{([^}]+)\}/g, (_, name: string) => lookUp(name) ?? 'it');
}
