/**
 * Nested values, described by rows as flat fields are. From one line come type, schema, default, wire name, reading, writing, saying,
 * comparing and the reference: `protocol: key('Protocol', oneOf('HTTP', 'HTTPS'), 'HTTP', 'Protocol of the new address.')`.
 */
import { type Codec, canonical, isRef, type ReadContext, type Schema, sameValue, sayWith } from './codec.ts';
import { REQUIRED } from './field.ts';
import { isObject, type Json, type JsonObject } from './json.ts';
import { merged, UNKNOWN, unknownOf } from './unknown.ts';

/** In the place of a default: a key that is left out is not there. */
export const ABSENT = Symbol('absent');

/** In the place of a member: the value is an object whose keys, and on the wire whose members, stand in the one around it. */
export const SPREAD = '*';

/** A codec of such a value. */
export interface Spreads {
  /** Its keys in the model. */
  readonly keys: readonly string[];
  /** Its members in the API. */
  readonly members: readonly string[];
}

export interface Row<N extends string = string, T = Json, W = Json, D = Json | typeof REQUIRED | typeof ABSENT> {
  /** The member of the structure in the API, or `SPREAD`. */
  readonly wire: N;
  readonly codec: Codec<T, W> & Partial<Spreads>;
  /** As a spec would say it. */
  readonly default: D;
  readonly doc: string;
}

interface More {
  /** The key in the model, where several keys of a spec are one value there. */
  readonly as?: string;
  /** Of several such keys: whether this one says the value. Also asked of what AWS answers. */
  readonly says?: (value: Json) => boolean;
  /** The key exists only while other keys of the object have these values. */
  readonly when?: Readonly<Record<string, readonly Json[]>>;
  /** The key exists only beside this other one. */
  readonly beside?: string;
  /** What is sent while the value is not there: how the API says "none". */
  readonly none?: JsonObject;
}

export type Rows = { readonly [key: string]: Row & More };

/** One key of a nested value. */
export const key = <const N extends string, T, W, const D extends Json | typeof REQUIRED | typeof ABSENT, const M extends More = object>(
  wire: N,
  codec: N extends typeof SPREAD ? Codec<T, W> & Spreads : Codec<T, W>,
  fallback: D,
  doc: string,
  more?: M,
): Row<N, T, W, D> & NoInfer<M> => ({ wire, codec, default: fallback, doc, ...(more as M) });

type NameOf<K, R> = R extends { readonly as: infer A extends string } ? A : K;
type Optional = { readonly default: typeof ABSENT } | { readonly when: object } | { readonly beside: string };
type TypeOf<R> = R extends { readonly codec: Codec<infer T, infer _> } ? T : never;
type SentOf<R> = R extends { readonly codec: Codec<infer _, infer W> } ? W : never;

/** The normal form of an object with these rows. */
export type ObjectOf<R> = { readonly [K in keyof R as R[K] extends Optional | Spread ? never : NameOf<K, R[K]>]: TypeOf<R[K]> } & {
  readonly [K in keyof R as R[K] extends Spread ? never : R[K] extends Optional ? NameOf<K, R[K]> : never]?: TypeOf<R[K]>;
} & All<{ [K in keyof R]: R[K] extends Spread ? (R[K] extends Optional ? Partial<TypeOf<R[K]>> : TypeOf<R[K]>) : never }[keyof R]>;

type Spread = { readonly wire: typeof SPREAD };
/** The members of a union, all at once. */
type All<U> = [U] extends [never] ? object : (U extends unknown ? (each: U) => void : never) extends (all: infer A) => void ? A : never;

/** What is sent of it. */
export type SentObject<R extends Rows> = { readonly [K in keyof R as R[K] extends Spread ? never : R[K]['wire']]?: SentOf<R[K]> } & All<
  { [K in keyof R]: R[K] extends Spread ? Partial<SentOf<R[K]>> : never }[keyof R]
>;

export interface ObjectOptions {
  /** One word for the reference docs. */
  readonly type?: string;
  readonly doc?: string;
  /** A lone value says this key: `web-1` is `{ instance: web-1 }`. */
  readonly short?: string;
  /** Exactly one of these keys is said. */
  readonly exactlyOne?: readonly string[];
  /** Members that AWS shows and nobody sets. */
  readonly shown?: readonly string[];
  /** Members that are always sent like this. */
  readonly constants?: JsonObject;
  /** Which keys go with which values is told by a check of its own, in better words than a schema has. */
  readonly checked?: true;
}

/** A row and where its value is: of one that spreads it, all its keys and members. */
interface Placed {
  readonly name: string;
  readonly row: Row & More;
  readonly keys: readonly string[];
  readonly members: readonly string[];
}

/** An object, by its rows. Members of an answer that no row knows are kept: see `unknown.ts`. */
export function object<const R extends Rows>(rows: R, options: ObjectOptions = {}): Codec<ObjectOf<R>, SentObject<R>> & Spreads {
  const list = Object.entries(rows).map(([name, row]): Placed => {
    const { keys = [], members = [] } = row.wire === SPREAD ? row.codec : { keys: [row.as ?? name], members: [row.wire] };
    return { name, row, keys, members };
  });
  const keys = [...new Set(list.flatMap((each) => each.keys))];
  const members = [
    ...new Set([...list.flatMap((each) => each.members), ...(options.shown ?? []), ...Object.keys(options.constants ?? {})]),
  ];
  const { short } = options;
  const shared = new Set(keys.filter((at) => list.filter((each) => each.keys.includes(at)).length > 1));
  /** Rows that exist beside these values, each value of the model by one of them. */
  const present = (values: JsonObject): readonly Placed[] => {
    const taken = new Set<string>();
    return list.filter((each) => {
      const value = valueIn(each, values);
      const another = value !== undefined && each.keys.some((at) => shared.has(at)) && each.row.says?.(value) === false;
      if (each.keys.some((at) => taken.has(at)) || another || !holds(each.row, values)) return false;
      for (const at of each.keys) taken.add(at);
      return true;
    });
  };
  return {
    type: options.type ?? 'object',
    keys,
    members,
    schema: schemaOf(rows, options),
    parse: (written) => {
      const said = isObject(written) && !isRef(written) ? written : short === undefined ? {} : { [short]: written };
      const values: { [key: string]: Json } = {};
      for (const each of list) {
        const { name, row } = each;
        const own = said[name] ?? (isPlain(row.default) && valueIn(each, values) === undefined ? row.default : undefined);
        if (own !== undefined && holds(row, values)) put(each, values, own === null ? null : (row.codec.parse(own) as Json));
      }
      return values as ObjectOf<R>;
    },
    say: (value, context) => {
      const values = value as unknown as JsonObject;
      const said: { [key: string]: Json } = {};
      for (const each of present(values)) {
        const own = valueIn(each, values);
        if (own === undefined || own === null || isUsual(each.row, own)) continue;
        const words = sayWith(each.row.codec, own, { ...context, within: values });
        if (words !== undefined) said[each.name] = words;
      }
      const strange = unknownOf(values);
      if (strange !== undefined) return { ...said, [UNKNOWN]: strange };
      const lone = short !== undefined && Object.keys(said).length === 1 ? said[short] : undefined;
      return lone ?? said;
    },
    write: (value) => {
      const values = value as unknown as JsonObject;
      const sent: { [member: string]: Json } = { ...options.constants };
      for (const each of present(values)) {
        const own = valueIn(each, values) ?? null;
        const wire = own === null ? null : each.row.codec.write(own);
        if (wire === null) Object.assign(sent, each.row.none);
        else if (each.row.wire === SPREAD) Object.assign(sent, wire);
        else if (!isNothing(wire)) sent[each.row.wire] = wire;
      }
      return merged(sent, unknownOf(values) ?? {}) as SentObject<R>;
    },
    read: (wire, context) => (isObject(wire) ? read(wire, context) : undefined),
    equal: (desired, live) => {
      if (!isObject(desired) || !isObject(live)) return canonical(desired) === canonical(live);
      const rest = [desired, live].map((value) =>
        canonical(Object.fromEntries(Object.entries(value).filter(([at]) => !keys.includes(at)))),
      );
      return (
        rest[0] === rest[1] && present(desired).every((each) => sameValue(each.row.codec, valueIn(each, desired), valueIn(each, live)))
      );
    },
    tagsToRemember: (value) =>
      Object.assign(
        {},
        ...list.map((each) => {
          const own = valueIn(each, value as unknown as JsonObject);
          return own === undefined ? {} : (each.row.codec.tagsToRemember?.(own) ?? {});
        }),
      ) as Readonly<Record<string, string>>,
  };

  function read(wire: JsonObject, context: ReadContext): Json {
    const values: { [key: string]: Json } = {};
    const strange: { [member: string]: Json } = {};
    for (const each of list) {
      const { row } = each;
      const answered = answerTo(each, wire);
      if (!holds(row, values) || valueIn(each, values) !== undefined || (answered !== undefined && row.says?.(answered) === false))
        continue;
      const own = row.codec.read(answered, context);
      if (own !== undefined) put(each, values, own, strange);
      else if (answered !== undefined && answered !== '') Object.assign(strange, row.wire === SPREAD ? answered : { [row.wire]: answered });
      else if (isPlain(row.default)) put(each, values, row.default === null ? null : (row.codec.parse(row.default) as Json));
    }
    for (const [member, answered] of Object.entries(wire))
      if (!members.includes(member) && answered !== undefined && answered !== null) strange[member] = answered;
    return Object.keys(strange).length === 0 ? values : { ...values, [UNKNOWN]: strange };
  }
}

/** Those of the names that are there; undefined where none is. */
function picked(names: readonly string[], from: JsonObject): JsonObject | undefined {
  const found = names.flatMap((name): [string, Json][] => (from[name] === undefined || from[name] === null ? [] : [[name, from[name]]]));
  return found.length === 0 ? undefined : Object.fromEntries(found);
}

const valueIn = ({ row, keys }: Placed, values: JsonObject): Json | undefined =>
  row.wire === SPREAD ? picked(keys, values) : values[keys[0] ?? ''];

const answerTo = ({ row, members }: Placed, wire: JsonObject): Json | undefined =>
  row.wire === SPREAD ? picked(members, wire) : (wire[row.wire] ?? undefined);

/** What no row inside a value that spreads knows, is unknown to the object around it. */
function put({ row, keys }: Placed, values: { [key: string]: Json }, own: Json, strange: { [member: string]: Json } = {}): void {
  if (row.wire !== SPREAD) values[keys[0] ?? ''] = own;
  else if (isObject(own)) {
    const { [UNKNOWN]: within, ...known } = own;
    Object.assign(values, known);
    if (isObject(within)) Object.assign(strange, within);
  }
}

const isPlain = (value: Row['default']): value is Json => typeof value !== 'symbol';

/** Lists and maps without entries are not sent: the API has no notation for them. */
const isNothing = (value: Json): boolean => canonical(value) === '[]' || canonical(value) === '{}';

const isUsual = (row: Row, value: Json): boolean =>
  isPlain(row.default) && row.default !== null && canonical(row.codec.parse(row.default)) === canonical(value);

const holds = (row: More, values: JsonObject): boolean =>
  (row.beside === undefined || values[row.beside] !== undefined) &&
  Object.entries(row.when ?? {}).every(([other, wanted]) => wanted.some((value) => value === values[other]));

function schemaOf(rows: Rows, options: ObjectOptions): Schema {
  const entries = Object.entries(rows);
  const required = entries
    .filter(([name, row]) => row.default === REQUIRED && row.when === undefined && !(options.exactlyOne ?? []).includes(name))
    .map(([name]) => name);
  const own: Schema = {
    type: 'object',
    additionalProperties: false,
    ...(required.length === 0 ? {} : { required }),
    ...(options.exactlyOne === undefined
      ? {}
      : { oneOf: options.exactlyOne.map((name) => ({ required: [name] })), 'x-exactly-one': options.exactlyOne }),
    properties: Object.fromEntries(
      entries.map(([name, row]) => [
        name,
        { ...row.codec.schema, description: row.doc, ...(isPlain(row.default) && row.default !== null ? { default: row.default } : {}) },
      ]),
    ),
    ...(options.checked ? {} : conditional(entries)),
    ...dependent(entries),
  };
  const { short, doc } = options;
  const whole = short === undefined ? own : { anyOf: [rows[short]?.codec.schema ?? {}, own] };
  return doc === undefined ? whole : { ...whole, description: doc };
}

/** Keys that exist only beside another one. */
function dependent(entries: readonly (readonly [string, Row & More])[]): Schema {
  const bound = entries.flatMap(([name, { beside }]): [string, Json][] => (beside === undefined ? [] : [[name, [beside]]]));
  return bound.length === 0 ? {} : { dependencies: Object.fromEntries(bound) };
}

/** Keys that exist only beside a value of another one, all beside the same: then those are required of them, else none is there. */
function conditional(entries: readonly (readonly [string, Row & More])[]): Schema {
  const bound = entries.filter(([, row]) => row.when !== undefined);
  const [other, wanted = []] = Object.entries(bound[0]?.[1].when ?? {})[0] ?? [];
  if (other === undefined) return {};
  return {
    if: { properties: { [other]: wanted.length === 1 ? { const: wanted[0] ?? null } : { enum: wanted } } },
    then: { required: bound.filter(([, row]) => row.default === REQUIRED).map(([name]) => name) },
    else: { properties: Object.fromEntries(bound.map(([name]) => [name, false])) },
  };
}

/** An object with one key, of which a spec says the value alone. */
export function sole<const R extends Rows>(rows: R): Codec<ObjectOf<R>, SentObject<R>> {
  const inner = object(rows);
  const [[name, row] = ['', undefined]] = Object.entries(rows);
  return {
    ...inner,
    schema: { ...row?.codec.schema, description: row?.doc ?? '' },
    parse: (written) => inner.parse({ [name]: written }),
    say: (value, context) => {
      const said = inner.say?.(value, context);
      return isObject(said) && unknownOf(said) === undefined ? said[name] : said;
    },
  };
}

/** As `sole`, and the value in the model is that of the key as well: the object stands there only with members that no row knows. */
export function flat<const N extends string, T extends Json, W>(
  wire: N,
  codec: Codec<T, W>,
  options: ObjectOptions = {},
): Codec<T, { readonly [K in N]?: W }> {
  const inner = object({ value: key(wire, codec as unknown as Codec & Spreads, REQUIRED, '') }, options);
  return {
    ...codec,
    say: (value, context) => (unknownOf(value) === undefined ? sayWith(codec, value, context) : inner.say?.(value as never, context)),
    write: (value) => inner.write((unknownOf(value) === undefined ? { value } : value) as never) as unknown as { readonly [K in N]?: W },
    read: (answered, context) => {
      const value = inner.read(answered, context);
      return isObject(value) && unknownOf(value) === undefined ? value['value'] : value;
    },
  };
}

/** Texts by name. */
export const textMap = (
  limits: { readonly maxProperties?: number } = {},
): Codec<{ readonly [name: string]: string }, { readonly [name: string]: string }> => ({
  type: 'map',
  schema: { type: 'object', ...limits, additionalProperties: { type: 'string' } },
  parse: (written) => written as { readonly [name: string]: string },
  write: (value) => value,
  read: (wire) => (isObject(wire) ? wire : undefined),
});
