/** When a rule applies. Rows: RuleCondition, ELBv2 API reference. */
import { type Codec, type Schema, setOf, sortSet, text } from '../codec.ts';
import { REQUIRED } from '../field.ts';
import { canonicalCidr } from '../ipv4.ts';
import { canonicalCidr6 } from '../ipv6.ts';
import { isObject, type Json, type JsonObject } from '../json.ts';
import { ABSENT, key, type ObjectOf, object } from '../rows.ts';
import { merged, UNKNOWN, unknownOf } from '../unknown.ts';

/** Where the values of a condition are: with wildcards (`*` any text, `?` one character), or regular expressions. */
type List = 'Values' | 'RegexValues';

interface On<F extends string = string, C extends string = string, L extends List = List, V extends Json = Json, W = Json> {
  readonly field: F;
  readonly config: C;
  readonly list: L;
  readonly values: Codec<readonly V[], readonly W[]>;
  /** Said by name: one condition for each header. */
  readonly named?: true;
  /** A rule may have several of these, which must all hold (CreateRule, Conditions). */
  readonly several?: true;
}

const on = <const F extends string, const C extends string, const L extends List, V extends Json, W>(
  field: F,
  config: C,
  list: L,
  values: Codec<readonly V[], readonly W[]>,
  doc: string,
  more: Pick<On, 'named' | 'several'> = {},
): On<F, C, L, V, W> => ({ field, config, list, values: { ...values, schema: { ...values.schema, description: doc } }, ...more });

const withExample = <T, W>(codec: Codec<T, W>, example: string): Codec<T, W> => ({
  ...codec,
  schema: { ...codec.schema, 'x-example': example },
});
/** At most 128 characters each. */
const patterns = (example: string, item = text({ minLength: 1, maxLength: 128, legal: 'printable' })) =>
  withExample(setOf(item, { minItems: 1 }), example);

const regex = () => text({ minLength: 1, maxLength: 128, legal: 'regex' });

/** Host names know no case. */
const hostName = (): Codec<string, string> => {
  const lower = (value: Json | undefined) => (typeof value === 'string' ? value.toLowerCase() : undefined);
  return {
    ...text({ minLength: 1, maxLength: 128, legal: 'ruleHost' }),
    parse: (written) => lower(written) ?? String(written),
    read: lower,
  };
};

const network = (): Codec<string, string> => {
  const proper = (value: Json | undefined) =>
    typeof value === 'string' ? (canonicalCidr(value) ?? canonicalCidr6(value) ?? value.toLowerCase()) : undefined;
  return {
    ...text({
      pattern: '^([0-9.]+|[0-9a-fA-F:]+)/\\d{1,3}$',
      patternMessage: 'a network such as 10.0.0.0/8',
      example: '10.0.0.0/8',
      legal: 'network',
    }),
    parse: (written) => proper(written) ?? String(written),
    read: proper,
  };
};

const method = () => text({ pattern: '^[A-Z_-]{1,40}$', patternMessage: 'an HTTP method in capitals', example: 'GET' });

const QUERY_PART = {
  key: key('Key', text({ minLength: 1, maxLength: 128, legal: 'printable' }), ABSENT, 'Name; left out, any name.'),
  value: key('Value', text({ minLength: 1, maxLength: 128, legal: 'printable' }), REQUIRED, 'Value; * and ? are wildcards.'),
};
const queryPart = object(QUERY_PART);

const HEADERS = 'Values of the header; * and ? are wildcards.';
const HEADERS_REGEX = 'Values of the header as regular expressions.';

const CONDITIONS = {
  host: on('host-header', 'HostHeaderConfig', 'Values', patterns('[api.example.com]', hostName()), 'Host names; * and ? are wildcards.'),
  hostRegex: on('host-header', 'HostHeaderConfig', 'RegexValues', patterns('["^api\\\\."]', regex()), 'Host names as regular expressions.'),
  path: on(
    'path-pattern',
    'PathPatternConfig',
    'Values',
    patterns('[/api/*]', text({ minLength: 1, maxLength: 128, legal: 'rulePath' })),
    'Paths, case-sensitive; * and ? are wildcards.',
  ),
  pathRegex: on('path-pattern', 'PathPatternConfig', 'RegexValues', patterns('["^/v[0-9]+/"]', regex()), 'Paths as regular expressions.'),
  method: on('http-request-method', 'HttpRequestMethodConfig', 'Values', setOf(method(), { minItems: 1 }), 'HTTP methods.'),
  sourceIp: on(
    'source-ip',
    'SourceIpConfig',
    'Values',
    setOf(network(), { minItems: 1 }),
    'Source networks of the client. X-Forwarded-For is not used.',
  ),
  headers: on('http-header', 'HttpHeaderConfig', 'Values', patterns('[mobile*]'), HEADERS, { named: true, several: true }),
  headersRegex: on('http-header', 'HttpHeaderConfig', 'RegexValues', patterns('["^mobile"]', regex()), HEADERS_REGEX, {
    named: true,
    several: true,
  }),
  query: on(
    'query-string',
    'QueryStringConfig',
    'Values',
    setOf(queryPart, { minItems: 1, repeats: true }),
    'Parameters of the query string: one of them must match.',
    { several: true },
  ),
};

const ROWS: readonly (readonly [string, On])[] = Object.entries(CONDITIONS);
const SEVERAL = ROWS.filter(([, row]) => row.several);

/** One condition: one of its values must fit. `name` is the header's, in lower case. */
export interface Condition {
  readonly [key: string]: Json;
  readonly field: string;
  readonly list: List;
  readonly values: readonly (string | ObjectOf<typeof QUERY_PART>)[];
}

type Conditions = typeof CONDITIONS;
type Sent<R> = R extends On<infer _F, infer _C, infer L, infer _V, infer W> ? { readonly [K in L]?: readonly W[] } : never;
type HeaderName<R> = R extends { readonly field: 'http-header' } ? { readonly HttpHeaderName?: string } : object;
/** What is sent of a condition. */
export type SentCondition = { readonly Field: Conditions[keyof Conditions]['field'] } & {
  readonly [K in keyof Conditions as Conditions[K]['config']]?: Sent<Conditions[K]> & HeaderName<Conditions[K]>;
};

/**
 * All keys must hold, and of each key one of its values; `and` adds further ones of the kinds that a rule may have several of. The
 * normal form has one entry a condition, values sorted. AWS answers host and path in two notations, and mirrors a regex at the
 * top level: only the `…Config` form is read where it is there (aws-load-balancer-controller, equality of conditions).
 */
export function conditions(): Codec<readonly Condition[], readonly SentCondition[]> {
  const properties = Object.fromEntries(ROWS.map(([name, row]) => [name, schemaOf(name, row)]));
  const several = Object.fromEntries(SEVERAL.map(([name]) => [name, properties[name] ?? {}]));
  return {
    type: 'conditions',
    schema: {
      type: 'object',
      additionalProperties: false,
      minProperties: 1,
      properties: {
        ...properties,
        and: {
          type: 'array',
          minItems: 1,
          description: 'More conditions on headers and the query string, which must all match too.',
          items: { type: 'object', additionalProperties: false, minProperties: 1, properties: several },
        },
      },
    },
    parse: (written) => {
      const said = isObject(written) ? written : {};
      const more = Array.isArray(said['and']) ? said['and'].filter(isObject) : [];
      return sortSet([...parse(said, ROWS), ...more.flatMap((part) => parse(part, SEVERAL))]) as readonly Condition[];
    },
    say,
    write: (value) => value.map(write),
    read: (wire, context) =>
      Array.isArray(wire) ? sortSet(wire.filter(isObject).flatMap((answered: JsonObject) => [read(answered, context)])) : undefined,
  };
}

function schemaOf(name: string, { named, values }: On): Schema {
  if (!named) return values.schema;
  const host = name === 'headers' ? ', other than Host (use host)' : ', other than Host';
  return {
    type: 'object',
    minProperties: 1,
    propertyNames: {
      pattern: "^(?![Hh][Oo][Ss][Tt]$)[!#$%&'*+.^_`|~0-9A-Za-z-]{1,40}$",
      'x-pattern-message': `a header name of at most 40 characters${host}`,
    },
    additionalProperties: values.schema,
    description: name === 'headers' ? 'Headers by name, each with the accepted values.' : 'Headers by name, each with regular expressions.',
  };
}

function parse(written: JsonObject, rows: typeof ROWS): readonly Json[] {
  return rows.flatMap(([name, { field, list, named, values }]): readonly Json[] => {
    const own = written[name];
    if (own === undefined) return [];
    if (!named) return [{ field, list, values: values.parse(own) }];
    return Object.entries(isObject(own) ? own : {}).map(([header, each]) => ({
      field,
      list,
      name: header.toLowerCase(),
      values: values.parse(each),
    }));
  });
}

/** One key a condition; a second one of a key stands under `and`. What no row knows is said as it is: nothing reads it back. */
function say(entries: readonly Condition[]): Json {
  const parts: { [key: string]: Json }[] = [{}];
  const strange: Json[] = [];
  for (const entry of entries) {
    const [name, row] = rowOf(entry) ?? [];
    if (name === undefined || row === undefined || unknownOf(entry) !== undefined) {
      strange.push(row === undefined || entry.values === undefined ? (unknownOf(entry) ?? entry) : entry);
      continue;
    }
    const header = String(entry['name']);
    const at = parts.find((part) => {
      const held = part[name];
      return held === undefined || (row.named === true && isObject(held) && held[header] === undefined);
    });
    const part = at ?? {};
    if (at === undefined) parts.push(part);
    const held = part[name];
    part[name] = row.named ? { ...(isObject(held) ? held : {}), [header]: entry.values } : entry.values;
  }
  const [first = {}, ...more] = parts;
  return { ...first, ...(more.length === 0 ? {} : { and: more }), ...(strange.length === 0 ? {} : { [UNKNOWN]: strange }) };
}

const rowOf = ({ field, list }: Pick<Condition, 'field' | 'list'>) => ROWS.find(([, row]) => row.field === field && row.list === list);

function write(entry: Condition): SentCondition {
  const row = rowOf(entry)?.[1];
  const strange = unknownOf(entry) ?? {};
  if (row === undefined) return strange as unknown as SentCondition;
  const header = row.named ? { HttpHeaderName: entry['name'] ?? null } : {};
  return merged(
    { Field: row.field, [row.config]: { ...header, [row.list]: row.values.write(entry.values) } },
    strange,
  ) as unknown as SentCondition;
}

/** A condition of a kind that no row knows is kept whole: a rule without it would match more requests. */
function read(answered: JsonObject, context: Parameters<Codec['read']>[1]): Json {
  const field = String(answered['Field']);
  const rows = ROWS.filter(([, row]) => row.field === field);
  const config = rows[0]?.[1].config ?? '';
  const { Field: _field, [config]: own, Values: _values, RegexValues: _regex, ...beside } = answered;
  const { HttpHeaderName: name, Values: _v, RegexValues: _r, ...inner } = isObject(own) ? own : {};
  const said = isObject(own) ? own : answered;
  const filled = rows.flatMap(([, row]) => (isFilled(said[row.list]) ? [row] : []));
  const [row] = filled;
  const values = row?.values.read(said[row.list], context);
  if (row === undefined || filled.length > 1 || !Array.isArray(values)) return { field, [UNKNOWN]: answered };
  const strange = { ...beside, ...(Object.keys(inner).length === 0 ? {} : { [config]: inner }) };
  return {
    field,
    list: row.list,
    ...(row.named ? { name: String(name).toLowerCase() } : {}),
    values: values as readonly Json[],
    ...(Object.keys(strange).length === 0 ? {} : { [UNKNOWN]: strange }),
  };
}

const isFilled = (list: Json | undefined): boolean => Array.isArray(list) && list.length > 0;
