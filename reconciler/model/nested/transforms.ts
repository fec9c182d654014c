import type { Codec } from '../codec.ts';
import { listOf, text } from '../codec.ts';
import { REQUIRED } from '../field.ts';
import { key, object, sole } from '../rows.ts';
import { variant, variantsOf } from '../variants.ts';

/** AWS may leave an empty text out. */
const replacement = (): Codec<string, string> => ({
  ...text({ maxLength: 1024, example: '/$1' }),
  read: (wire) => (typeof wire === 'string' ? wire : ''),
});

const rewrite = object({
  regex: key(
    'Regex',
    text({ minLength: 1, maxLength: 1024, example: '^/api/(.*)', legal: 'regex' }),
    REQUIRED,
    'The regular expression to match.',
  ),
  replace: key('Replace', replacement(), REQUIRED, 'The replacement; $1 is the first capture group.'),
});

const rewrites = (doc: string) => sole({ rewrites: key('Rewrites', listOf(rewrite, { minItems: 1, maxItems: 1 }), REQUIRED, doc) });

/** What a rule changes of a request before it is sent on: host header and URL, by regular expressions (RuleTransform, ELBv2 API reference). */
export const transforms = () =>
  variantsOf(
    {
      host: variant('host-header-rewrite', 'HostHeaderRewriteConfig', rewrites('Rewrite the Host header.')),
      url: variant('url-rewrite', 'UrlRewriteConfig', rewrites('Rewrite the path and query.')),
    },
    { type: 'rewrites' },
  );
