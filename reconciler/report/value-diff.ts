/**
 * What differs between two values of a field, in the notation of the spec: the paths and words that differ, never cut so that both
 * sides look the same. Pure; answers plain text that its user must still escape.
 */

import { diffWordsWithSpace } from 'diff';
import { canonical, isRef } from '../model/codec.ts';
import type { Json, JsonObject } from '../model/json.ts';
import { fieldsOf, kindOf } from '../model/kinds.ts';
import type { Change, FieldChange } from '../plan/types.ts';
import { escaped, plainValue, visible } from './format.ts';

/** One place at which two values differ. */
export interface Part {
  /** Within the field: `forward.targetGroups[third].weight`; empty for the field itself. */
  readonly path: string;
  /** Absent: not there. Both absent where a secret differs, which nobody may read. */
  readonly before?: string;
  readonly after?: string;
  /** Of two long texts: what is the same, abridged, and what is not. */
  readonly words?: readonly Word[];
  /** In the place of values. */
  readonly note?: string;
}

export interface Word {
  readonly kind: 'same' | 'removed' | 'added';
  readonly text: string;
}

/** From here on two texts are compared word by word. */
const LONG_TEXT = 60;
/** Of what is the same on both sides of a changed word, so many characters are shown. */
const CONTEXT = 24;
/** Texts with more differing words than this are shown whole. A count, not a time: the same plan always has the same bytes. */
const MOST_EDITS = 400;

/** All that differs in a field of a change. Only what it becomes where nothing was, and where only what it refers to is made anew. */
export function partsOf(change: Change, field: FieldChange): readonly Part[] {
  const [before, after] = [said(change, field, 'before'), said(change, field, 'after')];
  const only: Part = { path: '', ...(after === undefined ? {} : { after: plainValue(after) }) };
  if (change.verb === 'create' || field.before === undefined) return [only];
  if (canonical(before) === canonical(after) && field.because !== undefined) return [only];
  const found = [...differences(before, after, ''), ...secretParts(field)];
  if (found.length > 0 && !looksSame(found)) return found;
  // The notation of the spec does not tell the two apart: then the values as albedo compares them do.
  const raw = differences(field.before, field.after, '');
  if (raw.length > 0 && !looksSame(raw)) return raw;
  return [{ path: '', before: exact(field.before), after: exact(field.after) }];
}

/** One part on one line: `weight: 0 → 900`, `+ 10.0.0.0/8`, `"…frame-ancestors [-'none'-]{+*+}"`. */
export function partText({ path, before, after, words, note }: Part): string {
  const lead = path === '' ? '' : `${path}: `;
  if (note !== undefined) return `${lead}${note}`;
  if (words !== undefined) return `${lead}${words.map(wordText).join('')}`;
  if (path.endsWith('[]'))
    return `${path.slice(0, -2)}${path.length > 2 ? ': ' : ''}${before === undefined ? `+ ${after}` : `- ${before}`}`;
  return before === undefined ? `${lead}${after ?? '–'}` : `${lead}${before} → ${after ?? '–'}`;
}

const SIGNS = { same: ['', ''], removed: ['[-', '-]'], added: ['{+', '+}'] } as const;
const wordText = ({ kind, text }: Word): string => `${SIGNS[kind][0]}${text}${SIGNS[kind][1]}`;

/** A field as a spec says it, `forward: web`, `5m`; what is no field of the table, such as a tag, as it is. */
function said(change: Change, field: FieldChange, which: 'before' | 'after'): Json | undefined {
  const json = field[which];
  const codec = fieldsOf(kindOf(change.address)).find(([name]) => name === field.field)?.[1].codec;
  if (json === undefined || codec?.say === undefined) return json;
  const others = change.fields.flatMap((other): [string, Json][] => (other[which] === undefined ? [] : [[other.field, other[which]]]));
  return codec.say(json, { values: Object.fromEntries(others) });
}

const looksSame = (parts: readonly Part[]): boolean =>
  parts.every(({ before, after, words, note }) => note === undefined && words === undefined && before === after);

/** Quotes and escapes: no two values give the same text. */
const exact = (value: Json | undefined): string =>
  value === undefined ? '–' : canonical(value).replace(/[^\u0020-\u007e]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);

const isRecord = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !isRef(value);

function differences(before: Json | undefined, after: Json | undefined, path: string): readonly Part[] {
  if (canonical(before) === canonical(after)) return [];
  if (isRecord(before) && isRecord(after) && Object.keys(before).some((key) => key in after))
    return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) =>
      differences(before[key], after[key], path === '' ? key : `${path}.${key}`),
    );
  if (Array.isArray(before) && Array.isArray(after)) return listDifferences(before, after, path);
  if (typeof before === 'string' && typeof after === 'string' && Math.max(before.length, after.length) > LONG_TEXT) {
    const words = wordsOf(before, after);
    if (words !== undefined) return [{ path, words }];
  }
  return [scalarPart(before, after, path)];
}

function scalarPart(before: Json | undefined, after: Json | undefined, path: string): Part {
  const [was, is] = [before === undefined ? '–' : plainValue(before), after === undefined ? '–' : plainValue(after)];
  return was === is ? { path, before: exact(before), after: exact(after) } : { path, before: was, after: is };
}

/** What names a member among others. */
const NAMES = ['targetGroup', 'name', 'key', 'instance', 'ip', 'subnet', 'destination'];

function listDifferences(before: readonly Json[], after: readonly Json[], path: string): readonly Part[] {
  const [gone, come] = [without(before, after), without(after, before)];
  if (gone.length === 0 && come.length === 0) return [scalarPart(before, after, path)];
  const nameOf = (member: Json): string | undefined => {
    const key = isRecord(member) ? NAMES.find((each) => typeof (member as JsonObject)[each] === 'string') : undefined;
    return key === undefined ? undefined : String((member as JsonObject)[key]);
  };
  const alone = (list: readonly Json[], name: string): Json | undefined => {
    const same = list.filter((member) => nameOf(member) === name);
    return same.length === 1 ? same[0] : undefined;
  };
  const pairs = gone.flatMap((member): (readonly [string, Json, Json])[] => {
    const name = nameOf(member);
    const other = name === undefined || alone(gone, name) === undefined ? undefined : alone(come, name);
    return name === undefined || other === undefined ? [] : [[name, member, other]];
  });
  const paired = new Set<Json>(pairs.flatMap(([, a, b]) => [a, b]));
  return [
    ...pairs.flatMap(([name, a, b]) => differences(a, b, `${path}[${name}]`)),
    ...gone.filter((member) => !paired.has(member)).map((member): Part => ({ path: `${path}[]`, before: plainValue(member) })),
    ...come.filter((member) => !paired.has(member)).map((member): Part => ({ path: `${path}[]`, after: plainValue(member) })),
  ];
}

/** The members of one list that another one lacks; what is there twice counts twice. */
function without(list: readonly Json[], other: readonly Json[]): readonly Json[] {
  const left = new Map<string, number>();
  for (const member of other) left.set(canonical(member), (left.get(canonical(member)) ?? 0) + 1);
  return list.filter((member) => {
    const count = left.get(canonical(member)) ?? 0;
    left.set(canonical(member), count - 1);
    return count <= 0;
  });
}

function wordsOf(before: string, after: string): readonly Word[] | undefined {
  const found = diffWordsWithSpace(before, after, { maxEditLength: MOST_EDITS });
  if (found === undefined) return undefined;
  const words = found.map(({ added, removed, value }, index): Word => {
    const text = shown(value);
    return added || removed
      ? { kind: added ? 'added' : 'removed', text }
      : { kind: 'same', text: abridged(text, index === 0, index === found.length - 1) };
  });
  const side = (other: Word['kind']): string =>
    words
      .filter(({ kind }) => kind !== other)
      .map(({ text }) => text)
      .join('');
  return side('added') === side('removed') ? undefined : words;
}

/** What a terminal would not show, or would obey, in a notation that keeps two of them apart. */
const shown = (text: string): string => (visible(text) === text ? text : escaped(text).slice(1, -1));

/** The part of a stretch that is the same on both sides which stands next to what differs. */
function abridged(text: string, first: boolean, last: boolean): string {
  if (text.length <= 2 * CONTEXT + 3) return text;
  return `${first ? '' : text.slice(0, CONTEXT)}…${last ? '' : text.slice(-CONTEXT)}`;
}

/**
 * A secret is known by its hash at most: that it is another one is all that can be said. The hash holds the client's id, so of another
 * client not even that: AWS is given the secret again.
 */
function secretParts({ before, after }: FieldChange): readonly Part[] {
  const differs = (key: string): boolean => canonical(allAt(key, before)) !== canonical(allAt(key, after));
  if (allAt('secret', before).length === 0 || allAt('secret', after).length === 0 || !differs('secret')) return [];
  return [{ path: '', note: differs('clientId') ? 'secret written again' : 'secret changed' }];
}

/** What stands under this key, however deep. */
const allAt = (wanted: string, value: Json | undefined): readonly Json[] => {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) => (key === wanted ? [each as Json] : allAt(wanted, each as Json)));
};
