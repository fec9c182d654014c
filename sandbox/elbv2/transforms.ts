/**
 * Transforms of a rule: one rewrite of the host header, one of the URL. API reference, RuleTransform and RewriteConfig; basics:
 * Application Load Balancers guide, "Transforms for listener rules". Order is kept as sent; AWS promises none.
 */
import type { RewriteFacts, TransformFacts } from '../types.ts';
import { validation } from './errors.ts';
import type { Input } from './input.ts';
import { regexProblem } from './regexes.ts';

const TYPES = ['host-header-rewrite', 'url-rewrite'] as const;
const CONFIGS = { 'host-header-rewrite': 'HostHeaderRewriteConfig', 'url-rewrite': 'UrlRewriteConfig' } as const;
const LONGEST = 1024;

function readRewrite(entry: Input): RewriteFacts {
  const regex = entry.sized('Regex', 1, LONGEST);
  const replace = entry.sized('Replace', 0, LONGEST);
  if (regex === undefined) entry.violate('Regex', undefined, 'Member must not be null');
  if (replace === undefined) entry.violate('Replace', undefined, 'Member must not be null');
  entry.settle();
  const problem = regexProblem(regex ?? '');
  if (problem !== undefined) throw validation(`The regex '${regex}' of a transform is not a valid regular expression: ${problem}`);
  // "You can specify capture groups": those that the pattern has; a group that is not there could never be filled.
  const groups = new RegExp(`${(regex ?? '').replace(/^\(\?[imsx]+\)/, '')}|`).exec('')?.length ?? 1;
  for (const [, number] of (replace ?? '').matchAll(/\$([0-9]+)/g))
    if (Number(number) >= groups)
      throw validation(`The replacement '${replace}' names the capture group $${number}, which '${regex}' does not have`);
  return { Regex: regex ?? '', Replace: replace ?? '' };
}

function readOne(entry: Input): TransformFacts {
  const type = entry.choice('Type', TYPES);
  if (!entry.has('Type')) entry.violate('Type', undefined, 'Member must not be null');
  entry.settle();
  if (type === undefined) throw validation('A transform type must be specified');
  const name = CONFIGS[type];
  for (const other of entry.names())
    if (other !== 'Type' && other !== name)
      throw validation(`For transforms of type '${type}', you cannot specify the following fields: '${other}'`);
  const rewrites = entry.nested(name)?.list('Rewrites') ?? [];
  if (rewrites.length === 0) throw validation(`A rewrite must be specified in '${name}'`);
  // The API reference has a list here and speaks of one rewrite.
  if (rewrites.length > 1) throw validation(`Up to '1' rewrites can be specified in '${name}', but '${rewrites.length}' were specified`);
  const config = { Rewrites: rewrites.map(readRewrite) };
  return type === 'url-rewrite' ? { Type: type, UrlRewriteConfig: config } : { Type: type, HostHeaderRewriteConfig: config };
}

/**
 * Reads `Transforms` and, on modify, `ResetTransforms`. Undefined when neither says anything: on modify that means "not
 * changed"; an empty list does too.
 */
export function readTransforms(input: Input): readonly TransformFacts[] | undefined {
  const reset = input.flag('ResetTransforms');
  input.settle();
  const entries = input.list('Transforms') ?? [];
  if (reset === true && entries.length > 0) throw validation('You cannot specify both Transforms and ResetTransforms');
  if (reset === true) return [];
  if (entries.length === 0) return undefined;
  const read = entries.map(readOne);
  for (const type of TYPES)
    if (read.filter((transform) => transform.Type === type).length > 1) throw validation(`A rule can only have one '${type}' transform`);
  return read;
}
