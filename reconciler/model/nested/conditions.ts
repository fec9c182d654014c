import { type Codec, canonicalCidr, sortSet } from '../codec.ts';
import type { Json, JsonObject } from '../json.ts';

/** Values of one condition, with wildcards: `*` any text, `?` one character. At most 128 characters each. */
const patterns = (example: string, description: string): Json => ({
  type: 'array',
  minItems: 1,
  uniqueItems: true,
  items: { type: 'string', minLength: 1, maxLength: 128 },
  'x-example': example,
  description,
});

interface Simple {
  readonly key: string;
  readonly field: string;
  readonly config: string;
  readonly list: 'Values' | 'RegexValues';
}

/** Spec key -> the condition of the API (RuleCondition, ELBv2 API reference). */
const SIMPLE: readonly Simple[] = [
  { key: 'host', field: 'host-header', config: 'HostHeaderConfig', list: 'Values' },
  { key: 'hostRegex', field: 'host-header', config: 'HostHeaderConfig', list: 'RegexValues' },
  { key: 'path', field: 'path-pattern', config: 'PathPatternConfig', list: 'Values' },
  { key: 'pathRegex', field: 'path-pattern', config: 'PathPatternConfig', list: 'RegexValues' },
  { key: 'method', field: 'http-request-method', config: 'HttpRequestMethodConfig', list: 'Values' },
  { key: 'sourceIp', field: 'source-ip', config: 'SourceIpConfig', list: 'Values' },
];

const HEADERS = [
  ['headers', 'Values'],
  ['headersRegex', 'RegexValues'],
] as const;

/**
 * When a rule applies: all keys must hold, and of each key one of its values. The normal form has one entry a key, values
 * sorted; host names and header names without regard to case. AWS answers host and path in two notations, and mirrors a
 * regex at the top level: only the `…Config` form is read (aws-load-balancer-controller, equality of conditions).
 */
export function conditions(): Codec {
  return {
    type: 'conditions',
    schema: {
      type: 'object',
      additionalProperties: false,
      minProperties: 1,
      properties: {
        host: patterns('[api.example.com]', 'Host names; * and ? are wildcards.'),
        hostRegex: patterns('["^api\\\\."]', 'Host names as regular expressions.'),
        path: patterns('[/api/*]', 'Paths, with regard to case; * and ? are wildcards.'),
        pathRegex: patterns('["^/v[0-9]+/"]', 'Paths as regular expressions.'),
        method: {
          type: 'array',
          minItems: 1,
          uniqueItems: true,
          items: { type: 'string', pattern: '^[A-Z_-]{1,40}$', 'x-pattern-message': 'an HTTP method in capitals', 'x-example': 'GET' },
          description: 'HTTP methods.',
        },
        sourceIp: {
          type: 'array',
          minItems: 1,
          uniqueItems: true,
          items: {
            type: 'string',
            pattern: '^([0-9.]+|[0-9a-fA-F:]+)/\\d{1,3}$',
            'x-pattern-message': 'a network such as 10.0.0.0/8',
            'x-example': '10.0.0.0/8',
          },
          description: 'Networks of the client. X-Forwarded-For does not count.',
        },
        headers: {
          type: 'object',
          minProperties: 1,
          propertyNames: {
            pattern: "^(?![Hh][Oo][Ss][Tt]$)[!#$%&'*+.^_`|~0-9A-Za-z-]{1,40}$",
            'x-pattern-message': 'a header name of at most 40 characters, other than Host (use host)',
          },
          additionalProperties: patterns('[mobile*]', 'Values of the header; * and ? are wildcards.'),
          description: 'Headers by name, each with the values that do.',
        },
        headersRegex: {
          type: 'object',
          minProperties: 1,
          propertyNames: {
            pattern: "^(?![Hh][Oo][Ss][Tt]$)[!#$%&'*+.^_`|~0-9A-Za-z-]{1,40}$",
            'x-pattern-message': 'a header name of at most 40 characters, other than Host',
          },
          additionalProperties: patterns('["^mobile"]', 'Values of the header as regular expressions.'),
          description: 'Headers by name, each with regular expressions.',
        },
        query: {
          type: 'array',
          minItems: 1,
          description: 'Parts of the query string: one of them must be there.',
          items: {
            type: 'object',
            additionalProperties: false,
            required: ['value'],
            properties: {
              key: { type: 'string', minLength: 1, maxLength: 128, description: 'Name; any when left out.' },
              value: { type: 'string', minLength: 1, maxLength: 128, description: 'Value; * and ? are wildcards.' },
            },
          },
        },
      },
    },
    parse: (written) => parse(written as JsonObject),
    say: (value) => say(value as readonly JsonObject[]),
    write: (value) => (value as readonly JsonObject[]).map(toWire),
    read: (wire) => (Array.isArray(wire) ? sortSet(wire.flatMap((entry: Json) => fromWire(entry as JsonObject))) : undefined),
  };
}

function parse(written: JsonObject): Json {
  const entries: Json[] = [];
  for (const { key, field, list } of SIMPLE) {
    const values = written[key];
    if (Array.isArray(values))
      entries.push({ field, list, values: sorted(values.map((value: Json) => normalValue(field, list, String(value)))) });
  }
  for (const [key, list] of HEADERS) {
    for (const [name, values] of Object.entries((written[key] ?? {}) as JsonObject))
      entries.push({ field: 'http-header', list, name: name.toLowerCase(), values: sorted((values as readonly Json[]).map(String)) });
  }
  if (Array.isArray(written['query']))
    entries.push({
      field: 'query-string',
      list: 'Values',
      values: sortSet(written['query'].map((part: Json) => queryPart(part as JsonObject, 'key', 'value'))),
    });
  return sortSet(entries);
}

/** One key a condition. Two of one key, which only others than albedo write, cannot both be said. */
function say(entries: readonly JsonObject[]): Json {
  const said: { [key: string]: Json } = {};
  for (const { field, list, name, values } of entries) {
    const header = HEADERS.find(([, kind]) => field === 'http-header' && kind === list)?.[0];
    const key = SIMPLE.find((row) => row.field === field && row.list === list)?.key;
    if (header !== undefined) said[header] = { ...(said[header] as JsonObject | undefined), [String(name)]: values ?? [] };
    else if (field === 'query-string') said['query'] = values ?? [];
    else if (key !== undefined) said[key] = values ?? [];
  }
  return said;
}

function normalValue(field: string, list: Simple['list'], value: string): string {
  if (field === 'host-header' && list === 'Values') return value.toLowerCase();
  return field === 'source-ip' ? (canonicalCidr(value) ?? value.toLowerCase()) : value;
}

function queryPart(part: JsonObject, key: string, value: string): Json {
  return { ...(part[key] === undefined || part[key] === null ? {} : { key: part[key] }), value: part[value] ?? null };
}

const sorted = (values: readonly string[]): readonly string[] => [...new Set(values)].sort();

function toWire(entry: JsonObject): Json {
  const { field, list, values } = entry as { readonly field: string; readonly list: string; readonly values: readonly Json[] };
  if (field === 'http-header') return { Field: field, HttpHeaderConfig: { HttpHeaderName: entry['name'] ?? null, [list]: values } };
  if (field === 'query-string')
    return {
      Field: field,
      QueryStringConfig: {
        Values: (values as readonly JsonObject[]).map((part) => ({
          ...(part['key'] === undefined ? {} : { Key: part['key'] }),
          Value: part['value'] ?? null,
        })),
      },
    };
  const config = SIMPLE.find((row) => row.field === field)?.config ?? '';
  return { Field: field, [config]: { [list]: values } };
}

function fromWire(condition: JsonObject): readonly Json[] {
  const field = String(condition['Field']);
  if (field === 'query-string') {
    const values = ((condition['QueryStringConfig'] as JsonObject | undefined)?.['Values'] ?? []) as readonly JsonObject[];
    return [{ field, list: 'Values', values: sortSet(values.map((part) => queryPart(part, 'Key', 'Value'))) }];
  }
  const header = condition['HttpHeaderConfig'] as JsonObject | undefined;
  const config = header ?? (condition[SIMPLE.find((row) => row.field === field)?.config ?? ''] as JsonObject | undefined) ?? condition;
  return (['Values', 'RegexValues'] as const).flatMap((list): Json[] => {
    const values = (config[list] ?? []) as readonly Json[];
    if (values.length === 0) return [];
    const normal = sorted(values.map((value) => normalValue(field, list, String(value))));
    return [{ field, list, ...(header === undefined ? {} : { name: String(header['HttpHeaderName']).toLowerCase() }), values: normal }];
  });
}
