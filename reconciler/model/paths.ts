import { isObject, type Json, type JsonObject } from './json.ts';

/**
 * Values at a path: `a.b`, `list[].key`, `list[0].key`. An empty path is the value itself. `[]` spreads a list.
 * Always a list; empty when nothing is there.
 */
export function valuesAt(value: Json | undefined, path: string): readonly Json[] {
  let found: readonly Json[] = value === undefined || value === null ? [] : [value];
  for (const { name, index } of partsOf(path)) {
    found = found.flatMap((entry) => {
      const inner = name === '' ? entry : property(entry, name);
      if (inner === undefined || inner === null) return [];
      if (index === undefined) return [inner];
      if (!Array.isArray(inner)) return [];
      if (index === '') return inner as readonly Json[];
      const element: Json | undefined = inner[Number(index)];
      return element === undefined ? [] : [element];
    });
  }
  return found;
}

interface Part {
  readonly name: string;
  /** What stands in brackets, if any. */
  readonly index: string | undefined;
}

const parsed = new Map<string, readonly Part[]>();

/** Paths are few and written in our own tables; each is taken apart once. */
function partsOf(path: string): readonly Part[] {
  const known = parsed.get(path);
  if (known !== undefined) return known;
  const parts = (path === '' ? [] : path.split('.')).map((part): Part => {
    const [, name = '', index] = /^([^[]*)(?:\[(\d*)\])?$/.exec(part) ?? [];
    return { name, index };
  });
  parsed.set(path, parts);
  return parts;
}

/** The first value at a path. A path with `[]` at its end or inside gives the list of all instead. */
export function valueAt(value: Json | undefined, path: string): Json | undefined {
  const values = valuesAt(value, path);
  return path.includes('[]') ? values : values[0];
}

/** The value of an output path; `path|mark` is the text after the mark, nothing where there is none. */
export function outputAt(object: Json, path: string): string | undefined {
  const [where = '', mark] = path.split('|');
  const value = valueAt(object, where);
  if (value === undefined || value === null || typeof value === 'object') return undefined;
  const text = String(value);
  if (mark === undefined) return text;
  return text.includes(mark) ? text.slice(text.indexOf(mark) + mark.length) : undefined;
}

/** A copy of `target` with `value` put at a dotted path; objects on the way are made. */
export function withValue(target: Json, path: string, value: Json): Json {
  const [head = '', ...rest] = path.split('.');
  const base = typeof target === 'object' && target !== null && !Array.isArray(target) ? (target as { readonly [key: string]: Json }) : {};
  return { ...base, [head]: rest.length === 0 ? value : withValue(base[head] ?? {}, rest.join('.'), value) };
}

function property(value: Json, name: string): Json | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return Object.hasOwn(value, name) ? (value as { readonly [key: string]: Json })[name] : undefined;
}

export interface Ref {
  readonly address: string;
  readonly output: string;
  /** The user of the value needs the resource to be ready. */
  readonly ready: boolean;
  /** It needs all that this plan does to the resource, not only its making. */
  readonly complete?: true;
}

const NO_REFS: readonly Ref[] = [];

/** What was found in a value, which never changes: planning asks for the same values again and again. */
const knownRefs = new WeakMap<object, readonly Ref[]>();

/** Every `{ $ref }` inside a value, with its address and output. */
export function refsIn(value: Json | undefined): readonly Ref[] {
  if (typeof value !== 'object' || value === null) return NO_REFS;
  const known = knownRefs.get(value);
  if (known !== undefined) return known;
  const found = isObject(value) && typeof value['$ref'] === 'string' ? [refOf(value['$ref'], value)] : within(value);
  knownRefs.set(value, found);
  return found;
}

function refOf(target: string, { ready, complete }: JsonObject): Ref {
  const dot = target.lastIndexOf('.');
  return {
    address: target.slice(0, dot),
    output: target.slice(dot + 1),
    ready: ready === true,
    ...(complete === true ? { complete } : {}),
  };
}

function within(value: object): readonly Ref[] {
  const found = Object.values(value as { readonly [key: string]: Json }).flatMap((entry) => refsIn(entry));
  return found.length === 0 ? NO_REFS : found;
}

/** A copy of the value in which every `{ $ref }` is replaced by what `resolve` answers (`undefined`: left as it is). */
export function mapRefs(value: Json, resolve: (address: string, output: string) => Json | undefined): Json {
  if (Array.isArray(value)) return value.map((entry: Json) => mapRefs(entry, resolve));
  if (typeof value !== 'object' || value === null) return value;
  const [found] = typeof (value as { readonly [key: string]: Json })['$ref'] === 'string' ? refsIn(value) : [];
  if (found !== undefined) return resolve(found.address, found.output) ?? value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, mapRefs(entry, resolve)]));
}

/** Every text inside a value. */
export function textsIn(value: Json): readonly string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

/** `{id}` in texts becomes the value; a text that is nothing else keeps the value's type. */
export function fill(template: Json, values: Readonly<Record<string, Json>>): Json {
  if (Array.isArray(template)) return template.map((entry: Json) => fill(entry, values));
  if (typeof template === 'object' && template !== null)
    return Object.fromEntries(Object.entries(template).map(([key, entry]) => [key, fill(entry, values)]));
  if (typeof template !== 'string') return template;
  const whole = /^\{(\w+)\}$/.exec(template);
  if (whole?.[1] !== undefined && values[whole[1]] !== undefined) return values[whole[1]] ?? null;
  return template.replace(/\{(\w+)\}/g, (text, name: string) => (values[name] === undefined ? text : String(values[name])));
}
