/**
 * What AWS refuses of one text and no pattern of JSON Schema says, or says in words that help nobody. A row is named by the codecs of
 * the values that it is about (`text({ legal: 'regex' })`), and `config/ranges.ts` asks it wherever such a value stands. What AWS
 * refuses of values that stand beside each other is in `config/aws-rules.ts`.
 */

import { canonicalCidr } from './ipv4.ts';
import { canonicalCidr6 } from './ipv6.ts';

export interface Legal {
  /** What is wrong with the text, as the end of a sentence that begins with it; undefined when it is legal. */
  readonly wrong: (value: string) => string | undefined;
  /** What to write instead. */
  readonly hint: string;
}

export type LegalName = keyof typeof LEGAL;

/** What the engine of Application Load Balancers does not know, outside of escapes and character classes. */
const NOT_IN_PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/\(\?<?[=!]/, 'has a lookahead or lookbehind'],
  [/\(\?>/, 'has an atomic group'],
  [/\(\?(R|\d|[+-]\d|&|P[>=])/, 'has a backreference or recursion'],
  [/[*+?}]\+/, 'has a possessive quantifier'],
];

/** Application Load Balancers guide, "Listener rules": what regular expressions of conditions and transforms may not hold. */
function patternTrouble(pattern: string): string | undefined {
  for (const [, escaped = ''] of pattern.matchAll(/\\([\s\S])/g)) {
    if (/[1-9gk]/.test(escaped)) return 'has a backreference to a group, which load balancers do not support';
    if (/[pPX]/.test(escaped)) return 'has a Unicode character class, which load balancers do not support';
  }
  const bare = pattern.replace(/\\[\s\S]/g, 'e').replace(/\[\^?\]?[^\]]*\]/g, 'c');
  for (const [found, words] of NOT_IN_PATTERNS) if (found.test(bare)) return `${words}, which load balancers do not support`;
  return groupsOf(pattern) === undefined ? 'is not a valid regular expression' : undefined;
}

/** What PCRE has and JavaScript writes otherwise: names of groups, flags in the pattern, comments. An escape or a class is left as it is. */
const asJavaScript = (pattern: string): string =>
  pattern.replace(/(\\[\s\S]|\[\^?\]?(?:\\[\s\S]|[^\]\\])*\])|\(\?#[^)]*\)|\(\?[imsx-]+\)|(\(\?)(?:P(?=<)|[imsx-]+(?=:))/g, '$1$2');

/** How many groups a pattern has; undefined when it does not compile. */
export function groupsOf(pattern: string): number | undefined {
  try {
    // An alternative that fits the empty text; what ends in a backslash would swallow its sign.
    return (new RegExp(`(?:${asJavaScript(pattern)})|`).exec('')?.length ?? 1) - 1;
  } catch {
    return undefined;
  }
}

/** RedirectActionConfig, ELBv2 API reference: which keywords may stand where. */
const keywords = (known: readonly string[]) => (value: string) => {
  for (const [whole, name = ''] of value.matchAll(/#\{([^}]*)\}?/g))
    if (whole !== `#{${name}}` || !known.includes(name)) return `has \`${whole}\`, which is not a keyword here`;
  return undefined;
};

/** Each code within the bounds, each range rising (Matcher, ELBv2 API reference). */
const codes = (least: number, most: number) => (value: string) => {
  for (const part of value.split(',')) {
    const [, first = '', last = first] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? [];
    if (first === '') return undefined;
    if (Number(first) > Number(last)) return `has a range that falls, \`${part}\``;
    if (Number(first) < least || Number(last) > most) return `has codes beyond ${least} to ${most}`;
  }
  return undefined;
};

/** Some readers take a number with a leading zero for an octal one. */
const octalLooking = (address: string): string | undefined =>
  /(^|[./])0\d/.test(address) && !address.includes(':') ? 'has a number with a leading zero, which some read as octal' : undefined;

const isName = (name: string): boolean =>
  /^(\*\.)?([A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.)*[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/.test(name);

export const LEGAL = {
  regex: { wrong: patternTrouble, hint: 'Write it with groups, classes and plain quantifiers only.' },
  redirectHost: {
    wrong: (value: string) =>
      keywords(['host'])(value) ?? (value.includes('..') ? 'has a part without letters between two dots' : undefined),
    hint: 'Write a host name, in which `#{host}` may stand.',
  },
  redirectPath: { wrong: keywords(['host', 'path', 'port']), hint: 'Keywords of a path are `#{host}`, `#{path}` and `#{port}`.' },
  redirectQuery: {
    wrong: keywords(['host', 'path', 'port', 'protocol', 'query']),
    hint: 'Keywords of a query are `#{host}`, `#{path}`, `#{port}`, `#{protocol}` and `#{query}`.',
  },
  /** Application Load Balancers guide, "Add a listener rule": host header. */
  ruleHost: {
    wrong: (value: string) =>
      !/^[\w.*?-]*\.[A-Za-z]+$/.test(value) || value.includes('..') ? 'is not a host name that a rule can match' : undefined,
    hint: 'Use letters, digits, -, _, * and ?, single dots, at least one of them, and only letters after the last one.',
  },
  /** The same, HTTP header and query string: their letters are of ASCII. */
  printable: {
    wrong: (value: string) => (/^[\x20-\x7e]*$/.test(value) ? undefined : 'has a character that a rule cannot match'),
    hint: 'Use printable ASCII characters, with * and ? for others.',
  },
  /** SourceIpConditionConfig, ELBv2 API reference. What has no size is told by the pattern. */
  network: {
    wrong: (value: string) =>
      octalLooking(value) ??
      (value.includes('/') && (canonicalCidr(value) ?? canonicalCidr6(value)) === undefined ? 'is not a network' : undefined),
    hint: 'Write one such as `10.0.0.0/8` or `2001:db8::/32`, its numbers without leading zeros.',
  },
  /** PathPatternConditionConfig, ELBv2 API reference. */
  rulePath: {
    wrong: (value: string) =>
      /^[A-Za-z0-9_.$/~"'@:+&*?-]*$/.test(value) ? undefined : 'has a character that is not allowed in the path of a rule',
    hint: 'Use letters, digits and _-.$/~"\'@:+& with * and ?, or write pathRegex.',
  },
  matcher: { wrong: codes(200, 499), hint: 'Write a code, a list or a rising range: "200", "200,202" or "200-299".' },
  grpcMatcher: { wrong: codes(0, 99), hint: 'Write a code, a list or a rising range: "12", "0,12" or "0-99".' },
  /** Host names of a certificate: labels of at most 63 characters (RFC 1035 2.3.4), a wildcard only as the first one (RFC 6125 6.4.3). */
  certificateName: {
    wrong: (value: string) => (isName(value) ? undefined : 'is not a host name'),
    hint: 'Write names such as `www.example.com` or `*.example.com`: letters, digits and hyphens between single dots.',
  },
  /** "Bucket naming rules", S3 user guide. */
  bucket: {
    wrong: (value: string) => {
      if (value.includes('..')) return 'has two dots in a row';
      if (/^\d+\.\d+\.\d+\.\d+$/.test(value)) return 'is an address';
      return /^(xn--|sthree-|amzn-s3-demo-)|(-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$/.test(value)
        ? 'begins or ends in a way that S3 reserves'
        : undefined;
    },
    hint: 'Write the name of a bucket: letters, digits, single dots and hyphens.',
  },
  /** Of an address. */
  plainNumbers: { wrong: (value: string) => octalLooking(value), hint: 'Write the numbers without leading zeros.' },
  httpsUrl: {
    wrong: (value: string) =>
      value.startsWith('https://') && (!URL.canParse(value) || /\s/.test(value)) ? 'is not an https address' : undefined,
    hint: 'Write the whole address, such as `"https://idp.example.com/authorize"`.',
  },
} satisfies { readonly [name: string]: Legal };
