import type { Field } from '../model/field.ts';
import type { Json } from '../model/json.ts';
import { fieldsOf, kindOf } from '../model/kinds.ts';
import type { Desired, Live } from '../model/model.ts';
import { valueAt } from '../model/paths.ts';
import { pathOf, sectionOf } from '../model/sections.ts';
import type { Change, FieldChange } from '../plan/types.ts';
import { asObject, holds } from './draft.ts';
import { type Edit, editText } from './edit-text.ts';
import { mergeEdits, type Normalize } from './merge.ts';
import { formatPath } from './path.ts';
import { sayResource, sayValue } from './say.ts';

/** What is live, to be said by the spec: changes as a plan has them, from live (`before`) to the spec (`after`). */
export interface WriteBackInput {
  readonly text: string;
  /** What the text says, as data. */
  readonly spec: Json;
  readonly desired: readonly Desired[];
  /** Only what is accepted: of each resource the fields that are. */
  readonly changes: readonly Pick<Change, 'address' | 'verb' | 'fields'>[];
  /** Take resources that are missing in AWS out of the spec. */
  readonly acceptMissing?: boolean;
  /** Live ids of what the spec gives by id, by address; such an id is said by its name. */
  readonly existing?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** What is live, for fields that only come with an accepted one. */
  readonly live?: readonly Pick<Live, 'address' | 'values'>[];
}

export interface WriteBack {
  readonly text: string;
  /** `targetGroup/web.healthCheck.interval`, or the address of a resource that was taken out. */
  readonly written: readonly string[];
  readonly refused: readonly Refused[];
}

export interface Refused {
  readonly what: string;
  readonly why: string;
}

/**
 * The text edited so that it says what is live. Pure; whether the new text is a good spec that leaves nothing to do is for the caller
 * to see by reading and planning it. What cannot be said is refused one by one, and the rest is written all the same.
 */
export function writeBack(input: WriteBackInput): WriteBack {
  let { text } = input;
  const written: string[] = [];
  const refused: Refused[] = [];
  for (const change of input.changes) {
    const attempt = (fields: readonly FieldChange[]): string | undefined => {
      const edits = editsOf(input, change, fields);
      if (typeof edits === 'string') return edits;
      const edited = applyAll(text, edits);
      if ('refused' in edited) return edited.refused;
      text = edited.text;
      written.push(...(change.verb === 'create' ? [change.address] : fields.map(({ field }) => `${change.address}.${field}`)));
      return undefined;
    };
    const whole = attempt(change.fields);
    if (whole === undefined) continue;
    // One that cannot be said must not keep the others from being said.
    if (change.fields.length < 2) refused.push({ what: nameOf(change), why: whole });
    else
      for (const field of change.fields) {
        const why = attempt([field]);
        if (why !== undefined) refused.push({ what: `${change.address}.${field.field}`, why });
      }
  }
  return { text, written, refused };
}

const nameOf = ({ address, verb, fields }: WriteBackInput['changes'][number]): string =>
  fields[0] === undefined || verb === 'create' || verb === 'destroy' ? address : `${address}.${fields[0].field}`;

function applyAll(text: string, edits: readonly Edit[]): ReturnType<typeof editText> {
  let now = text;
  for (const edit of edits) {
    const edited = editText(now, edit);
    if ('refused' in edited) return edited;
    now = edited.text;
  }
  return { text: now };
}

function editsOf(
  input: WriteBackInput,
  change: WriteBackInput['changes'][number],
  fields: readonly FieldChange[],
): readonly Edit[] | string {
  const path = pathOf(change.address);
  const desired = input.desired.find(({ address }) => address === change.address);
  if (change.verb === 'create') return missing(input, path);
  if (change.verb === 'destroy' || desired === undefined)
    return 'it belongs to this stack but is not in the spec: `albedo apply` deletes it, or add it to the spec by hand';
  if (path.length === 0) return 'it cannot be set in a spec: albedo derives it, and `albedo apply` restores it';
  const tags = fields.filter(({ field }) => field.startsWith('tags.'));
  const own = fields.filter(({ field }) => !field.startsWith('tags.'));
  const laid = overlay(input, desired, own);
  if (typeof laid === 'string') return laid;
  const { values, taken: accepted } = laid;
  const entry = asObject(input.spec)[path[0] ?? ''] === undefined ? undefined : valueAt(input.spec, path.join('.'));
  if (entry === undefined) return wholeEntry(desired, values, tags, path);
  const under = sectionOf(change.address.slice(0, change.address.indexOf('/')))?.under;
  const base = under === undefined ? path : [...path, under];
  const saying = (taken: ReadonlySet<string>) => ({
    secret: () => undefined,
    says: (name: string): boolean | undefined => {
      if (taken.has(name)) return undefined;
      if (desired.positions[name] !== undefined) return true;
      return typeof fieldOf(change.address, name)?.default === 'symbol' ? false : undefined;
    },
  });
  const before = sayResource(desired.address, desired.values, saying(new Set())).said;
  const after = sayResource(desired.address, values, saying(accepted)).said;
  const normalize: Normalize = (at, member) => normalMember(change.address, values, at.slice(base.length), member);
  const edits = mergeEdits(valueAt(input.spec, base.join('.')), before, after, base, normalize);
  const tagged = tagEdits(input.spec, path, asObject(asObject(entry)['tags']), tags);
  return typeof tagged === 'string' ? tagged : [...edits, ...tagged];
}

const fieldOf = (address: string, name: string) => fieldsOf(kindOf(address)).find(([other]) => other === name)?.[1];

interface Overlay {
  readonly values: Readonly<Record<string, Json>>;
  /** The fields that are said as they are live. */
  readonly taken: ReadonlySet<string>;
}

/** The values that the spec is to say, or why it cannot. */
function overlay(input: WriteBackInput, desired: Desired, fields: readonly FieldChange[]): Overlay | string {
  const values: { [name: string]: Json } = { ...desired.values };
  const taken = new Set<string>();
  const take = (name: string, field: Field, value: Json): string | undefined => {
    values[name] = named(value, input.existing ?? {});
    taken.add(name);
    return sayValue(field, values[name]) === undefined ? `a spec cannot express the value of ${name} in AWS` : undefined;
  };
  for (const { field: name, before } of fields) {
    const field = fieldOf(desired.address, name);
    if (field === undefined || field.internal) return `a spec cannot set ${name}: albedo decides it, and \`albedo apply\` restores it`;
    if (before === undefined) return `AWS does not show ${name}, so there is nothing to write`;
    const why = take(name, field, before);
    if (why !== undefined) return why;
  }
  // A field that exists only beside what is accepted comes with it: the bucket of logs that somebody has switched on.
  const live = input.live?.find(({ address }) => address === desired.address)?.values ?? {};
  for (const [name, field] of fieldsOf(kindOf(desired.address))) {
    const value = live[name];
    if (value === undefined || field.internal || holds(field, desired.values) || !holds(field, values)) continue;
    const why = take(name, field, value);
    if (why !== undefined) return why;
  }
  return { values, taken };
}

/** Ids of what the spec gives by id, as references. */
function named(value: Json, existing: NonNullable<WriteBackInput['existing']>): Json {
  if (typeof value === 'string') {
    for (const [address, outputs] of Object.entries(existing))
      for (const [output, id] of Object.entries(outputs))
        if (['id', 'arn'].includes(output) && id === value) return { $ref: `${address}.${output}` };
    return value;
  }
  if (Array.isArray(value)) return value.map((entry: Json) => named(entry, existing));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, named(entry, existing)]));
}

/** What albedo makes by itself as long as nobody writes it, such as the security groups, has to be said whole. */
function wholeEntry(
  desired: Desired,
  values: Readonly<Record<string, Json>>,
  tags: readonly FieldChange[],
  path: readonly string[],
): readonly Edit[] | string {
  if (tags.length > 0) return `\`${formatPath(path)}\` is not in the file, so its tags cannot be written there`;
  const { said, unsaid } = sayResource(desired.address, values);
  if (unsaid[0] !== undefined) return `a spec cannot express ${unsaid[0].field}`;
  return [{ do: 'set', path, value: said }];
}

/** A member of a list as `say` says it; lists within a value have no notation of their own. */
function normalMember(address: string, values: Readonly<Record<string, Json>>, at: readonly (string | number)[], member: Json): Json {
  const field = fieldOf(address, at.join('.'));
  if (field === undefined) return member;
  const said = field.codec.say?.(field.codec.parse([member]), { values });
  return Array.isArray(said) && said[0] !== undefined ? (said[0] as Json) : member;
}

function tagEdits(
  spec: Json,
  path: readonly string[],
  own: { readonly [key: string]: Json },
  changes: readonly FieldChange[],
): readonly Edit[] | string {
  const shared = asObject(asObject(spec)['tags']);
  const edits: Edit[] = [];
  const removed: string[] = [];
  for (const { field, before } of changes) {
    const key = field.slice('tags.'.length);
    if (key.startsWith('albedo:')) return `the tag ${key} belongs to albedo: \`albedo apply\` restores it`;
    if (before !== undefined) edits.push({ do: 'set', path: [...path, 'tags', key], value: String(before) });
    else if (shared[key] !== undefined)
      return `the tag ${key} is set for the whole stack, under \`tags\`: it cannot be removed from one resource`;
    else removed.push(key);
  }
  if (removed.length > 0 && edits.length === 0 && removed.length === Object.keys(own).length)
    return [{ do: 'remove', path: [...path, 'tags'] }];
  return [...edits, ...removed.map((key): Edit => ({ do: 'remove', path: [...path, 'tags', key] }))];
}

/** Takes the section of what is gone out, and what would be empty without it. */
function missing(input: WriteBackInput, path: readonly string[]): readonly Edit[] | string {
  if (input.acceptMissing !== true)
    return 'it no longer exists: `albedo apply` creates it again, `--accept-missing` removes it from the spec';
  if (path.length === 0 || valueAt(input.spec, path.join('.')) === undefined)
    return 'it cannot be set in a spec: albedo derives it, and `albedo apply` restores it';
  let at = path;
  while (at.length > 1 && Object.keys(asObject(valueAt(input.spec, at.slice(0, -1).join('.')))).length === 1) at = at.slice(0, -1);
  return [{ do: 'remove', path: at }];
}
