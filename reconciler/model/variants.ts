/** Lists whose members are of several types, told by a member such as `Type`: actions, rewrites. A spec says each under a key of its own. */
import { type Codec, canonical, type SayContext, type Schema, sameValue } from './codec.ts';
import { isObject, type Json, type JsonObject } from './json.ts';
import { UNKNOWN, unknownOf } from './unknown.ts';

export interface Variant<N extends string = string, T = Json, W = Json> {
  /** As the API says it. */
  readonly type: N;
  /** Of the members beside the type. */
  readonly codec: Codec<T, W>;
}

export type Variants = { readonly [key: string]: Variant };

/** One type of member; its parameters are in the structure `config`. */
export function variant<const N extends string, const C extends string, T, W>(
  type: N,
  config: C,
  codec: Codec<T, W>,
): Variant<N, T, { readonly [K in C]: W }> {
  return { type, codec: within(config, codec) };
}

/** A structure that has all its members in another one. */
function within<const C extends string, T, W>(config: C, codec: Codec<T, W>): Codec<T, { readonly [K in C]: W }> {
  return {
    ...codec,
    write: (value) => ({ [config]: codec.write(value) }) as { readonly [K in C]: W },
    read: (wire, context) => {
      if (!isObject(wire)) return undefined;
      const { [config]: own, ...beside } = wire;
      const value = codec.read(own ?? {}, context);
      if (!isObject(value)) return undefined;
      const strange = unknownOf(value);
      const all = { ...beside, ...(strange === undefined ? {} : { [config]: strange }) };
      return Object.keys(all).length === 0 ? value : { ...value, [UNKNOWN]: all };
    },
  };
}

/** The normal form of a list with these variants: its members in the order of the table. */
export type MemberOf<V extends Variants> = {
  [K in keyof V]: V[K] extends Variant<infer N, infer T, infer _> ? { readonly type: N } & T : never;
}[keyof V];

/** What is sent of a member. */
export type SentMember<V extends Variants> = {
  [K in keyof V]: V[K] extends Variant<infer N, infer _, infer W> ? { readonly Type: N } & W : never;
}[keyof V];

/** What is sent of such a list, with further members of each. */
export type WireOfMembers<C, More> = C extends Codec<infer _, readonly (infer M)[]> ? readonly (M & More)[] : never;

export interface VariantOptions {
  readonly type: string;
  /** Members of the API's structure that AWS shows of every member and that say nothing of it. */
  readonly shown?: readonly string[];
}

/** A member of a type that no row knows is kept whole: it differs from all that a spec can say, and is shown. */
export function variantsOf<const V extends Variants>(
  variants: V,
  { type, shown = [] }: VariantOptions,
): Codec<readonly MemberOf<V>[], readonly SentMember<V>[]> & { readonly schema: { readonly properties: Schema } } {
  const entries = Object.entries(variants);
  const of = (member: JsonObject): readonly [string, Variant] | undefined => entries.find(([, each]) => each.type === member['type']);
  const rank = (member: Json): number => {
    const at = entries.findIndex(([, each]) => isObject(member) && each.type === member['type']);
    return at < 0 ? entries.length : at;
  };
  const say = (member: JsonObject, context: SayContext): JsonObject => {
    const found = of(member);
    if (found === undefined) return { [String(member['type'])]: unknownOf(member) ?? {} };
    const [key, each] = found;
    const said = each.codec.say?.(member, context);
    return said === undefined ? {} : { [key]: said };
  };
  return {
    type,
    schema: {
      type: 'object',
      additionalProperties: false,
      properties: Object.fromEntries(entries.map(([key, each]) => [key, each.codec.schema])),
    },
    parse: (written) =>
      entries.flatMap(([key, each]) => {
        const own = isObject(written) ? written[key] : undefined;
        return own === undefined ? [] : [{ type: each.type, ...(each.codec.parse(own) as JsonObject) } as MemberOf<V>];
      }),
    say: (members, context) => {
      const said: { [key: string]: Json } = {};
      for (const member of members) {
        // A second one of a type has no key left: it stands beside, where nothing reads it back.
        for (const [key, own] of Object.entries(say(member as JsonObject, context))) said[key in said ? `${key} again` : key] = own;
      }
      return said;
    },
    write: (members) =>
      members.map((member) => {
        const each = of(member as JsonObject)?.[1];
        if (each === undefined) return (unknownOf(member as JsonObject) ?? {}) as SentMember<V>;
        return { Type: each.type, ...(each.codec.write(member as Json) as JsonObject) } as SentMember<V>;
      }),
    read: (wire, context) => {
      if (!Array.isArray(wire)) return undefined;
      const members = wire.filter(isObject).map((answered: JsonObject): Json => {
        const { Type: own, ...rest } = Object.fromEntries(Object.entries(answered).filter(([name]) => !shown.includes(name)));
        const each = entries.find(([, candidate]) => candidate.type === own)?.[1];
        const value = each?.codec.read(rest, context);
        return isObject(value) ? { type: String(own), ...value } : { type: String(own), [UNKNOWN]: answered };
      });
      return members.sort((a, b) => rank(a) - rank(b));
    },
    equal: (desired, live) => {
      if (!Array.isArray(desired) || !Array.isArray(live) || desired.length !== live.length) return false;
      return desired.every((one: Json, index) => {
        const [own, other]: readonly (Json | undefined)[] = [one, live[index]];
        if (!isObject(own) || !isObject(other) || own['type'] !== other['type']) return canonical(own) === canonical(other);
        return sameValue(of(own)?.[1].codec ?? NEVER, own, other);
      });
    },
    tagsToRemember: (members) =>
      Object.assign({}, ...members.map((member) => of(member as JsonObject)?.[1].codec.tagsToRemember?.(member as Json) ?? {})) as Readonly<
        Record<string, string>
      >,
  };
}

/** Of a member that no row knows. */
const NEVER: Codec = { type: '', schema: {}, parse: (written) => written, write: (value) => value, read: (wire) => wire };
