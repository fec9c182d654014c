import { canonical, reorder, type SayContext } from '../model/codec.ts';
import { type Field, type Kind, listFields } from '../model/field.ts';
import type { Address, Json } from '../model/json.ts';
import { fieldsOf, kindOf } from '../model/kinds.ts';
import type { Desired, Existing } from '../model/model.ts';
import { mapRefs, withValue } from '../model/paths.ts';
import { pathOf, SECTIONS, sectionOf } from '../model/sections.ts';
import { asObject, holds, matches, type SpecObject } from './draft.ts';
import { physicalId } from './references.ts';

/** The way back from the model to what a person writes. The notation of each value is its codec's own; see `Codec.say`. */

type Values = Readonly<Record<string, Json>>;

export interface SayOptions extends Pick<SayContext, 'secret'> {
  /** Say values that follow from leaving the field out as well. Default: leave them out. */
  readonly defaults?: boolean;
  /** Of single fields: true, say it; false, leave it out; undefined, as `defaults` says. */
  readonly says?: (field: string) => boolean | undefined;
}

/** What a spec cannot say of a resource, with the value in the normal form. */
export interface Unsaid {
  readonly address: string;
  readonly field: string;
  readonly value: Json;
}

/**
 * A value as a spec says it; `undefined` where no text is read back as this value, such as an action of a type that albedo does
 * not know. Whether the schema takes it is for the reader of the whole text to say.
 */
export function sayValue(field: Field, value: Json, context: SayContext = {}): Json | undefined {
  const { codec } = field;
  // Whether it comes back is asked of the full form: what `context` lets be left out, the rest of the resource says.
  const again = parseBack(field, codec.say?.(value, { ...context, values: {} }) ?? value);
  const own = plainRefs(field, value);
  if (again === undefined || !(codec.equal?.(again, own) ?? canonical(again) === canonical(own))) return undefined;
  return codec.say?.(value, context) ?? value;
}

function parseBack(field: Field, said: Json): Json | undefined {
  try {
    return plainRefs(field, field.codec.parse(said));
  } catch {
    return undefined;
  }
}

/** Each reference as the one text that tells what it leads to. */
const plainRefs = (field: Field, value: Json): Json =>
  reorder(
    field.codec,
    mapRefs(value, (address) => physicalId(address) ?? address),
  );

/**
 * What a field is when a spec leaves it out beside these other values; `undefined` when then nothing or something else than the
 * table decides. `grouped`: another field of its group is said.
 */
export function impliedValue(field: Field, values: Values, grouped: boolean): Json | undefined {
  if (typeof field.default === 'symbol') return undefined;
  if (grouped && field.groupDefault !== undefined) return field.codec.parse(field.groupDefault);
  const other = field.defaultWhen?.find(({ when }) => Object.entries(when).every((rule) => matches(rule, values)));
  return field.codec.parse(other?.value ?? field.default);
}

/**
 * The entry of a resource: what stands below its name in a spec. Only what is in `values` is said, and of that only what a spec may
 * say: fields that exist beside the others, and none that albedo alone decides.
 */
export function sayResource(
  address: Address,
  values: Values,
  options: SayOptions = {},
): { readonly said: SpecObject; readonly unsaid: readonly Unsaid[] } {
  const kind = kindOf(address);
  const unsaid: Unsaid[] = [];
  const told = new Map<string, Json>();
  // Fields whose default depends on whether their group is said come last.
  for (const [name, field] of [...fieldsOf(kind)].sort(([, a], [, b]) => rank(a) - rank(b))) {
    const value = values[name];
    const says = options.says?.(name) ?? (options.defaults === true ? true : undefined);
    if (field.internal || value === undefined || says === false || !holds(field, values)) continue;
    const grouped = [...told.keys()].some((other) => other.startsWith(groupOf(name)));
    if (says !== true && canonical(impliedValue(field, values, grouped)) === canonical(value)) continue;
    const said = sayValue(field, value, { ...options, values });
    if (said === undefined) unsaid.push({ address, field: name, value });
    else told.set(name, said);
  }
  return { said: inTableOrder(kind, told), unsaid };
}

const rank = (field: Field): number => (field.groupDefault === undefined ? 0 : 1);
const groupOf = (name: string): string => (name.includes('.') ? name.slice(0, name.lastIndexOf('.') + 1) : `${name}.`);

function inTableOrder(kind: Kind, told: ReadonlyMap<string, Json>): SpecObject {
  let entry: SpecObject = {};
  for (const [name, field] of listFields(kind.fields)) {
    const said = told.get(name);
    if (said === undefined) continue;
    entry = field.spread ? { ...entry, ...asObject(said) } : asObject(withValue(entry, name, said));
  }
  return entry;
}

export interface Sayable {
  readonly stack: string;
  readonly region: string;
  /** In the order in which they are to stand: of rules, that is the order in which they are asked. */
  readonly resources: readonly (Pick<Desired, 'address' | 'values' | 'tags'> & { readonly ignored?: readonly string[] })[];
  readonly existing: readonly Existing[];
  /** What the model does not hold, as a part of a spec: `load`, `instances.web-1.app`, `certificates.site.files`. */
  readonly beside?: SpecObject;
}

/** A whole spec as data. `buildStack` makes the same model of it again, as long as nothing is unsaid. */
export function saySpec(model: Sayable, options: SayOptions = {}): { readonly spec: SpecObject; readonly unsaid: readonly Unsaid[] } {
  const unsaid: Unsaid[] = [];
  const shared = sharedTags(model.resources.map(({ tags }) => tags));
  const entries = new Map<string, SpecObject>();
  const ignore: string[] = [];
  for (const { address, lookup, outputs } of model.existing)
    entries.set(address, sayGiven(address, lookup !== undefined, outputs['id'] ?? ''));
  for (const { address, values, tags, ignored } of model.resources) {
    const path = pathOf(address);
    if (path.length === 0) continue;
    const made = sayResource(address, values, options);
    unsaid.push(...made.unsaid);
    const own = Object.fromEntries(Object.entries(tags).filter(([key, value]) => shared[key] !== value && !key.startsWith('albedo:')));
    const under = sectionOf(address.slice(0, address.indexOf('/')))?.under;
    const body = under === undefined || Object.keys(made.said).length === 0 ? made.said : { [under]: made.said };
    entries.set(address, { ...body, ...(Object.keys(own).length === 0 ? {} : { tags: own }) });
    ignore.push(...(ignored ?? []).map((field) => [...path, field].join('.')));
  }
  let spec: Json = {
    stack: model.stack,
    region: model.region,
    ...(Object.keys(shared).length === 0 ? {} : { tags: shared }),
    ...(ignore.length === 0 ? {} : { ignore }),
  };
  for (const { kind } of SECTIONS) {
    for (const [address, entry] of entries) {
      if (address.startsWith(`${kind}/`))
        spec = merged(
          spec,
          pathOf(address).reduceRight<SpecObject>((inner, key) => ({ [key]: inner }), entry),
        );
    }
  }
  return { spec: asObject(merged(spec, model.beside ?? {})), unsaid };
}

/** Something that exists already: by its id, its name in IAM, or its ARN. */
function sayGiven(address: string, lookedUp: boolean, id: string): SpecObject {
  const keys = Object.keys(sectionOf(address.slice(0, address.indexOf('/')))?.existing ?? {});
  const key = keys.length === 1 ? keys[0] : keys.find((name) => (name === 'iam') === lookedUp);
  return { [key ?? 'id']: id };
}

/** Tags that everything has, but for albedo's own. */
function sharedTags(all: readonly Readonly<Record<string, string>>[]): { readonly [key: string]: string } {
  const [first = {}, ...others] = all;
  return Object.fromEntries(
    Object.entries(first).filter(([key, value]) => !key.startsWith('albedo:') && others.every((tags) => tags[key] === value)),
  );
}

/** Two parts of a spec in one; where both say something, the second one counts. */
function merged(one: Json, two: Json): Json {
  if (typeof one !== 'object' || typeof two !== 'object' || one === null || two === null || Array.isArray(one) || Array.isArray(two))
    return two;
  const said: { [key: string]: Json } = { ...(one as SpecObject) };
  for (const [key, value] of Object.entries(two as SpecObject)) said[key] = said[key] === undefined ? value : merged(said[key], value);
  return said;
}
