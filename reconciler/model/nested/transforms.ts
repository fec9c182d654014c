import type { Codec } from '../codec.ts';
import type { Json, JsonObject } from '../json.ts';

const KINDS = [
  { key: 'host', type: 'host-header-rewrite', config: 'HostHeaderRewriteConfig' },
  { key: 'url', type: 'url-rewrite', config: 'UrlRewriteConfig' },
] as const;

const rewrites = (description: string): Json => ({
  type: 'array',
  minItems: 1,
  maxItems: 1,
  description,
  items: {
    type: 'object',
    additionalProperties: false,
    required: ['regex', 'replace'],
    properties: {
      regex: { type: 'string', minLength: 1, maxLength: 1024, description: 'What to look for.', 'x-example': '^/api/(.*)' },
      replace: { type: 'string', maxLength: 1024, description: 'What to put there; $1 is the first group.', 'x-example': '/$1' },
    },
  },
});

/** What a rule changes of a request before it is sent on: host header and URL, by regular expressions (RuleTransform, ELBv2 API reference). */
export function transforms(): Codec {
  return {
    type: 'rewrites',
    schema: {
      type: 'object',
      additionalProperties: false,
      properties: { host: rewrites('Rewrite the Host header.'), url: rewrites('Rewrite path and query.') },
    },
    parse: (written) =>
      KINDS.flatMap(({ key, type }): Json[] => {
        const list = (written as JsonObject)[key];
        return Array.isArray(list) ? [{ type, rewrites: list }] : [];
      }),
    say: (value) =>
      Object.fromEntries(
        (value as readonly JsonObject[]).flatMap((entry) => {
          const key = KINDS.find(({ type }) => type === entry['type'])?.key;
          return key === undefined ? [] : [[key, entry['rewrites'] ?? []]];
        }),
      ),
    write: (value) =>
      (value as readonly JsonObject[]).map((entry) => ({
        Type: entry['type'] ?? null,
        [KINDS.find((kind) => kind.type === entry['type'])?.config ?? '']: {
          Rewrites: ((entry['rewrites'] ?? []) as readonly JsonObject[]).map((one) => ({
            Regex: one['regex'] ?? null,
            Replace: one['replace'] ?? null,
          })),
        },
      })),
    read: (wire) => {
      const list = Array.isArray(wire) ? (wire as readonly JsonObject[]) : [];
      return KINDS.flatMap(({ type, config }): Json[] => {
        const found = list.find((entry) => entry['Type'] === type);
        const made = ((found?.[config] as JsonObject | undefined)?.['Rewrites'] ?? []) as readonly JsonObject[];
        return found === undefined
          ? []
          : [{ type, rewrites: made.map((one) => ({ regex: one['Regex'] ?? null, replace: one['Replace'] ?? '' })) }];
      });
    },
  };
}
