import { canonicalCidr, overlap } from './ipv4.ts';
import { asList, type Json, type JsonObject } from './json.ts';
import type { LegalName } from './legal.ts';

/** A JSON Schema fragment: what an editor completes and what `validate` checks. */
export type Schema = { readonly [key: string]: Json };

/** `{ $ref: "vpc/main.id" }`: an output of another resource of the stack, known once that resource stands. */
export type Ref = {
  readonly $ref: string;
  /** The user of the value needs the resource to be ready (an instance running), not only to exist. */
  readonly ready?: true;
};

/** What `read` needs to know besides the answer itself. */
export interface ReadContext {
  /** The `$ref` of a known physical id of this stack, or the id itself when it is somebody else's. */
  refer(id: string): Json;
  /** Tags of the object, which remember what AWS does not return. */
  readonly tags?: Readonly<Record<string, string>>;
  /** The whole object as AWS answered it: whose it is tells what of a member is foreign. */
  readonly object?: Json;
}

/** What `say` may look at besides the value. */
export interface SayContext {
  /** The other values of the resource: what follows from them need not be said. */
  readonly values?: Readonly<Record<string, Json>>;
  /** The environment variable that holds a secret, of which the model knows a hash at most. Without it only a known name is said. */
  readonly secret?: (action: Readonly<Record<string, Json>>) => string | undefined;
  /** The object around a nested value. */
  readonly within?: JsonObject;
}

/**
 * How one value looks in the spec, in the model and on the wire. `parse` and `read` both end in the normal form, so that
 * equality is equality of canonical JSON. `T` is the normal form of what a spec can say; AWS may have more, so what is read is
 * any JSON. `W` is what the SDK takes, references and deferred values counted as the texts that they become.
 */
export interface Codec<T = Json, W = Json> {
  readonly schema: Schema;
  /** One word for the reference docs: `seconds`, `CIDR`. */
  readonly type: string;
  /** From what the spec says (already valid against `schema`) to the normal form. */
  parse(written: Json): T;
  /**
   * What a person writes for a value in the normal form, the shortest that `parse` takes back; the value itself when absent.
   * Inside an object, `undefined` leaves the key out.
   */
  say?(value: T, context: SayContext): Json | undefined;
  /** To the SDK command's input. */
  write(value: T): W;
  /** From the SDK command's answer; `undefined` when the answer does not hold it. */
  read(wire: Json | undefined, context: ReadContext): Json | undefined;
  /** The value is a set: kept sorted, and sorted anew when references in it became ids. */
  readonly unordered?: true;
  /** Tags that remember what AWS does not return of the value: the hash of a secret. */
  tagsToRemember?(value: T): Readonly<Record<string, string>>;
  /** What is wanted once that is counted in which AWS adds by itself to what was written. Default: what was written. */
  settle?(desired: Json, live: Json): Json;
  /** Equality where canonical JSON is too strict. */
  equal?(desired: Json, live: Json): boolean;
  /** What it does rests on what else serves: a redirect to another listener. It is changed after that, and taken back before. */
  redirects?(value: T): boolean;
  /** The same value with one more resource in it that gets no share of the requests; undefined where there is no way to say that. */
  withZeroWeightGroup?(value: T, reference: Json): T | undefined;
  /** Two different values that cannot exist side by side (overlapping CIDRs). Default: never. */
  conflicts?(a: T, b: T): boolean;
}

/** What a value is in the model. */
export type ValueOf<C> = C extends Codec<infer T, infer _> ? T : never;

/** A value that is the same in the spec, in the model and on the wire, once the schema has taken it. */
const plain = <T>(): Pick<Codec<T, T>, 'parse' | 'write'> => ({ parse: (written) => written as T, write: (value) => value });

export function isRef(value: Json | undefined): value is { readonly $ref: string; readonly ready?: true } {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && '$ref' in value;
}

export function text(
  options: {
    pattern?: string;
    patternMessage?: string;
    minLength?: number;
    maxLength?: number;
    example?: string;
    type?: string;
    /** The row of `legal.ts` that says more of it. */
    legal?: LegalName;
  } = {},
): Codec<string, string> {
  return {
    type: options.type ?? 'text',
    schema: {
      type: 'string',
      ...(options.pattern === undefined ? {} : { pattern: options.pattern }),
      ...(options.patternMessage === undefined ? {} : { 'x-pattern-message': options.patternMessage }),
      ...(options.minLength === undefined ? {} : { minLength: options.minLength }),
      ...(options.maxLength === undefined ? {} : { maxLength: options.maxLength }),
      ...(options.example === undefined ? {} : { 'x-example': options.example }),
      ...(options.legal === undefined ? {} : { 'x-legal': options.legal }),
    },
    ...plain<string>(),
    read: (wire) => (typeof wire === 'string' ? wire : undefined),
  };
}

export function integer(minimum: number, maximum: number, unit = 'number'): Codec<number, number> {
  return {
    type: unit,
    schema: { type: 'integer', minimum, maximum },
    ...plain<number>(),
    read: (wire) => (wire === undefined || wire === null || wire === '' ? undefined : Number(wire)),
  };
}

export function flag(): Codec<boolean, boolean> {
  return {
    type: 'true or false',
    schema: { type: 'boolean' },
    ...plain<boolean>(),
    read: (wire) => (wire === undefined || wire === null ? undefined : wire === true || wire === 'true'),
  };
}

export function oneOf<const V extends string>(...values: readonly V[]): Codec<V, V> {
  return {
    type: values.join(' | '),
    schema: { type: 'string', enum: values },
    ...plain<V>(),
    read: (wire) => (typeof wire === 'string' && wire !== '' ? wire : undefined),
  };
}

/** A number, or the word that stands for none (`off`). */
export function numberOr<const V extends string>(word: V, minimum: number, maximum: number): Codec<number | V, number | V> {
  return {
    type: `number or ${word}`,
    schema: {
      anyOf: [
        { type: 'integer', minimum, maximum },
        { type: 'string', const: word },
      ],
    },
    ...plain<number | V>(),
    read: (wire) => (wire === undefined || wire === null || wire === '' ? undefined : wire === word ? word : Number(wire)),
  };
}

/** Only one value is legal; it is there so that a spec can say it. */
export function constant(value: boolean): Codec<boolean, boolean> {
  return { ...flag(), type: String(value), schema: { type: 'boolean', const: value } };
}

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86400 };

/** `10s`, `5m`, `1h30m`, `7d` or a plain number of seconds -> seconds. NaN when it is none of these. */
export function parseDuration(written: Json): number {
  if (typeof written === 'number') return written;
  if (typeof written !== 'string' || !/^(\d+[smhd])+$/.test(written)) return Number.NaN;
  let total = 0;
  for (const [, amount, unit] of written.matchAll(/(\d+)([smhd])/g)) total += Number(amount) * (UNITS[unit ?? 's'] ?? 1);
  return total;
}

/** Seconds -> the shortest exact form: 86400 -> `1d`. */
export function formatDuration(seconds: number): string {
  for (const [unit, size] of [
    ['d', 86400],
    ['h', 3600],
    ['m', 60],
  ] as const) {
    if (seconds !== 0 && seconds % size === 0) return `${seconds / size}${unit}`;
  }
  return `${seconds}s`;
}

/** A time span: a number of seconds or `10s`, `5m`, `1d`. The range is checked by `checkRange` of the spec layer through `x-seconds`. */
export function seconds(minimum: number, maximum: number): Codec<number, number> {
  return {
    type: 'duration',
    schema: {
      anyOf: [
        { type: 'integer', minimum, maximum },
        { type: 'string', pattern: '^(\\d+[smhd])+$' },
      ],
      'x-seconds': [minimum, maximum],
      'x-example': formatDuration(Math.min(Math.max(minimum, 10), maximum)),
    },
    parse: parseDuration,
    say: (value) => formatDuration(value),
    write: (value) => value,
    read: (wire) => (wire === undefined || wire === null || wire === '' ? undefined : Number(wire)),
  };
}

/** A span of whole days: a number of days or `365d`. */
export function days(minimum: number, maximum: number, example = '365d'): Codec<number, number> {
  return {
    type: 'days',
    schema: {
      anyOf: [
        { type: 'integer', minimum, maximum },
        { type: 'string', pattern: '^[1-9]\\d*d$' },
      ],
      'x-days': [minimum, maximum],
      'x-example': example,
    },
    parse: (written) => (typeof written === 'string' ? parseDuration(written) / 86400 : Number(written)),
    say: (value) => `${value}d`,
    write: (value) => value,
    read: (wire) => (typeof wire === 'number' ? wire : undefined),
  };
}

/**
 * The name in AWS, 32 characters of letters, digits and inner hyphens (CreateLoadBalancer, CreateTargetGroup). A replacement
 * stands beside the object it replaces under the said name and a short hash; that still is the said name.
 */
export function physicalName(): Codec<string, string> {
  return {
    ...text({
      minLength: 1,
      maxLength: 32,
      pattern: '^(?!internal-)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$',
      patternMessage: 'letters, digits and hyphens, no hyphen at the ends, not beginning with internal-',
      example: 'webserver',
    }),
    type: 'name',
    equal: (desired, live) =>
      live === desired || new RegExp(`^${String(desired).slice(0, 27).replace(/-+$/, '')}-[0-9a-f]{4}$`).test(String(live)),
  };
}

/** An IPv4 network in canonical form (AWS clears the host bits: CreateVpc, CreateSubnet API reference). */
export function cidr(minimumPrefix: number, maximumPrefix: number): Codec<string, string> {
  return {
    type: 'CIDR',
    schema: {
      type: 'string',
      pattern: '^\\d{1,3}(\\.\\d{1,3}){3}/\\d{1,2}$',
      'x-pattern-message': 'an IPv4 network such as 10.0.0.0/16',
      'x-example': `10.0.0.0/${minimumPrefix}`,
      'x-prefix': [minimumPrefix, maximumPrefix],
    },
    parse: (written) => canonicalCidr(String(written)) ?? String(written),
    write: (value) => value,
    read: (wire) => (typeof wire === 'string' ? (canonicalCidr(wire) ?? wire) : undefined),
    conflicts: (a, b) => overlap(a, b),
  };
}

/** The name by which a spec says a reference; the id of something else is said as it is. */
export function nameOf(value: Json): Json {
  return isRef(value) ? value.$ref.slice(value.$ref.indexOf('/') + 1, value.$ref.lastIndexOf('.')) : value;
}

/** Stands for a text that no plan may hold: the executor puts it there when the step runs, worked out `of` something. To the SDK it is that text. */
export const deferred = (key: string, of?: Json): string => ({ $deferred: key, ...(of === undefined ? {} : { of }) }) as unknown as string;

/** Another resource of the stack, by name in the spec (`web`) or by AWS id. `output` says which of its outputs the API takes. */
export function reference(kind: string, output: string, options: { ready?: true } = {}): Codec<Reference, string> {
  return {
    type: `name of a ${kind}`,
    schema: { type: 'string', 'x-reference': kind },
    parse: (written) => (typeof written === 'string' ? { $ref: `${kind}/${written}.${output}`, ...options } : (written as Reference)),
    say: nameOf,
    // The executor puts the id in the place of the reference before anything is sent.
    write: (value) => value as string,
    read: (wire, context) => {
      if (typeof wire !== 'string') return undefined;
      const value = context.refer(wire);
      return isRef(value) && options.ready ? { ...value, ready: true } : value;
    },
  };
}

/** Another resource in the model: by its address, or by the id of something else. */
export type Reference = Ref | string;

/** The digits of a port, 1 to 65535, as a pattern. */
export const PORT_PATTERN = '[1-9]\\d{0,3}|[1-5]\\d{4}|6[0-4]\\d{3}|65[0-4]\\d{2}|655[0-2]\\d|6553[0-5]';

/** A list in its own order. */
export function listOf<T extends Json, W>(
  item: Codec<T, W>,
  limits: { minItems?: number; maxItems?: number } = {},
): Codec<readonly T[], readonly W[]> {
  return {
    type: `list of ${item.type}`,
    schema: { type: 'array', items: item.schema, ...limits },
    parse: (written) => asList(written).map((entry) => item.parse(entry)),
    say: (values, context) => values.map((entry) => sayWith(item, entry, context) ?? null),
    write: (values) => values.map((entry) => item.write(entry)),
    read: (wire, context) =>
      Array.isArray(wire)
        ? wire.map((entry: Json) => item.read(entry, context)).filter((entry): entry is Json => entry !== undefined)
        : undefined,
    equal: (desired, live) => {
      const [one, other] = [asList(desired), asList(live)];
      return one.length === other.length && one.every((entry, index) => sameValue(item, entry, other[index]));
    },
  };
}

/** An unordered list: kept sorted by canonical JSON and without repeats. `repeats`: to write a member twice is no mistake. */
export function setOf<T extends Json, W>(
  item: Codec<T, W>,
  { repeats, ...limits }: { minItems?: number; maxItems?: number; repeats?: true } = {},
): Codec<readonly T[], readonly W[]> {
  const list = listOf(item);
  return {
    ...list,
    unordered: true,
    schema: { type: 'array', items: item.schema, ...(repeats ? {} : { uniqueItems: true }), ...limits },
    parse: (written) => sortSet(list.parse(written)),
    read: (wire, context) => {
      const values = list.read(wire, context);
      return values === undefined ? undefined : sortSet(asList(values));
    },
    equal: sameSet,
  };
}

/** What a person writes for a value, by its codec. */
export const sayWith = <T extends Json>(codec: Codec<T, unknown>, value: T, context: SayContext): Json | undefined =>
  codec.say === undefined ? value : codec.say(value, context);

/** Whether two values are the same to their codec; one that is absent is the same as another one only. */
export function sameValue(codec: Codec<Json, unknown>, desired: Json | undefined, live: Json | undefined): boolean {
  return codec.equal === undefined ? canonical(desired) === canonical(live) : codec.equal(desired ?? null, live ?? null);
}

/** Whether two lists have the same members. Their order may differ once references in them have become ids. */
export function sameSet(left: Json, right: Json): boolean {
  return canonical(sortSet(asList(left))) === canonical(sortSet(asList(right)));
}

/** The normal form of a value whose references were replaced: of a set, its order. */
export function reorder(codec: Codec, value: Json): Json {
  return codec.unordered && Array.isArray(value) ? sortSet(value) : value;
}

/** As `sortSet`, with repeats kept: whether one is a mistake is for the checks to say. */
export function sortList(values: readonly Json[]): readonly Json[] {
  return values
    .map((value) => [canonical(value), value] as const)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([, value]) => value);
}

export function sortSet<T extends Json>(values: readonly T[]): readonly T[] {
  const byKey = new Map(values.map((value) => [canonical(value), value]));
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
}

/** JSON with sorted keys and no space: equal values give equal texts. */
export function canonical(value: Json | undefined): string {
  if (value === undefined) return 'undefined';
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, entry]) => entry !== undefined);
    entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return `{${entries.map(([key, entry]) => `${JSON.stringify(key)}:${canonical(entry)}`).join(',')}}`;
  }
  return JSON.stringify(value);
}
