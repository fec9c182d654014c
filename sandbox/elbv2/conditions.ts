/**
 * Conditions of a rule: read from a call, checked, and brought into the form AWS answers. Limits and characters: API
 * reference, RuleCondition and its configs. AWS answers both the short form (`Values`) and the long one for host-header and
 * path-pattern, whichever was sent.
 */
import ipaddr from 'ipaddr.js';
import { validation } from './errors.ts';
import type { Input } from './input.ts';
import type { Quotas } from './quotas.ts';
import { regexProblem } from './regexes.ts';

export type ConditionFacts = Readonly<Record<string, unknown>>;

const FIELDS = ['path-pattern', 'host-header', 'http-header', 'http-request-method', 'query-string', 'source-ip'] as const;
type Field = (typeof FIELDS)[number];
const CONFIGS: Readonly<Record<Field, string>> = {
  'path-pattern': 'PathPatternConfig',
  'host-header': 'HostHeaderConfig',
  'http-header': 'HttpHeaderConfig',
  'http-request-method': 'HttpRequestMethodConfig',
  'query-string': 'QueryStringConfig',
  'source-ip': 'SourceIpConfig',
};
/** At most one condition of each of these in a rule (API reference, Rule, Conditions). */
const SINGLE: readonly Field[] = ['path-pattern', 'host-header', 'http-request-method', 'source-ip'];
const LONGEST = 128;
const LONGEST_NAME = 40;

interface Counted {
  readonly facts: ConditionFacts;
  readonly values: readonly string[];
  readonly wildcards: boolean;
}

const badCharacter = (value: string): Error => validation(`Condition value '${value}' contains a character that is not valid`);

function checkLength(field: string, value: string, longest = LONGEST): void {
  if (value === '') throw validation('A condition value must be specified');
  if ([...value].length > longest) throw validation(`The '${field}' value is too long; the limit is '${longest}'`);
}

function checkHost(value: string): void {
  checkLength('host-header', value);
  // Application Load Balancers guide, "Add a listener rule": letters, digits, -_. and wildcards.
  if (!/^[A-Za-z0-9_.*?-]+$/.test(value) || value.includes('..')) throw badCharacter(value);
  // "You must include at least one '.' character. You can include only alphabetical characters after the final '.' character."
  if (!/\.[A-Za-z]+$/.test(value))
    throw validation(`Condition value '${value}' must include at least one '.' and only alphabetical characters after the final one`);
}

function checkPath(value: string): void {
  checkLength('path-pattern', value);
  if (!/^[A-Za-z0-9_.$/~"'@:+&*?-]+$/.test(value)) throw badCharacter(value);
}

function checkPattern(field: string, value: string): void {
  checkLength(field, value);
  const problem = regexProblem(value);
  if (problem !== undefined) throw validation(`Condition value '${value}' is not a valid regular expression: ${problem}`);
}

function checkText(field: string): (value: string) => void {
  return (value) => {
    checkLength(field, value);
    if (!/^[\x20-\x7e]+$/.test(value)) throw badCharacter(value);
  };
}

function checkMethod(value: string): void {
  checkLength('http-request-method', value, LONGEST_NAME);
  if (!/^[A-Z_-]+$/.test(value))
    throw validation("The 'http-request-method' value is invalid; the allowed characters are A-Z, hyphen and underscore");
}

function checkCidr(value: string): void {
  if (!/^([0-9]+(\.[0-9]+){3}|[0-9a-f:]+)\/[0-9]+$/i.test(value) || !ipaddr.isValidCIDR(value))
    throw validation(`Condition value '${value}' is not a valid CIDR block`);
}

function onlyKnown(config: Input, known: readonly string[]): void {
  for (const name of config.names())
    if (!known.includes(name)) throw validation(`The field '${name}' is not supported in '${config.path}'`);
}

/** host-header and path-pattern: short or long form, values or regular expressions. */
function readPatterns(condition: Input, field: 'host-header' | 'path-pattern', check: (value: string) => void): Counted {
  const name = CONFIGS[field];
  const config = condition.nested(name);
  const short = condition.texts('Values');
  const shortRegex = condition.texts('RegexValues');
  // Words: aws-controllers-k8s/community#2759.
  if (config !== undefined && (short !== undefined || shortRegex !== undefined))
    throw validation(`You cannot provide both Values and '${name}' for a condition of type '${field}'`);
  if (config !== undefined) onlyKnown(config, ['Values', 'RegexValues']);
  if (short !== undefined && short.length > 1) throw validation(`The '${field}' field contains too many values; the limit is '1'`);
  const values = short ?? config?.texts('Values') ?? [];
  const patterns = shortRegex ?? config?.texts('RegexValues') ?? [];
  if (values.length > 0 && patterns.length > 0)
    throw validation(`You cannot provide both values and regular expressions for a condition of type '${field}'`);
  if (values.length === 0 && patterns.length === 0) throw validation('A condition value must be specified');
  for (const value of values) check(value);
  for (const value of patterns) checkPattern(field, value);
  if (patterns.length > 0)
    return { facts: { Field: field, RegexValues: patterns, [name]: { RegexValues: patterns } }, values: patterns, wildcards: false };
  return { facts: { Field: field, Values: values, [name]: { Values: values } }, values, wildcards: true };
}

function needConfig(condition: Input, field: Field): Input {
  const config = condition.nested(CONFIGS[field]);
  if (config === undefined) throw validation(`A '${CONFIGS[field]}' must be specified with '${field}'`);
  return config;
}

function readHeader(condition: Input): Counted {
  const config = needConfig(condition, 'http-header');
  onlyKnown(config, ['HttpHeaderName', 'Values', 'RegexValues']);
  const name = config.text('HttpHeaderName');
  if (name === undefined || name === '') throw validation("A 'HttpHeaderName' must be specified in 'HttpHeaderConfig'");
  if (name.length > LONGEST_NAME) throw validation(`The 'HttpHeaderName' value is too long; the limit is '${LONGEST_NAME}'`);
  // RFC 7230, section 3.2.6: a header name is a token; a * in it is no wildcard.
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name))
    throw validation(`The 'HttpHeaderName' value '${name}' contains a character that is not valid`);
  if (name.toLowerCase() === 'host') throw validation("The 'HttpHeaderName' value cannot be 'Host'; use a condition of type 'host-header'");
  const values = config.texts('Values') ?? [];
  const patterns = condition.texts('RegexValues') ?? config.texts('RegexValues') ?? [];
  if (values.length > 0 && patterns.length > 0)
    throw validation("You cannot provide both values and regular expressions for a condition of type 'http-header'");
  if (values.length === 0 && patterns.length === 0) throw validation('A condition value must be specified');
  values.forEach(checkText('http-header'));
  for (const value of patterns) checkPattern('http-header', value);
  if (patterns.length > 0)
    return {
      facts: { Field: 'http-header', RegexValues: patterns, HttpHeaderConfig: { HttpHeaderName: name, RegexValues: patterns } },
      values: patterns,
      wildcards: false,
    };
  return { facts: { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: name, Values: values } }, values, wildcards: true };
}

function readQuery(condition: Input): Counted {
  const config = needConfig(condition, 'query-string');
  onlyKnown(config, ['Values']);
  const check = checkText('query-string');
  const pairs = (config.list('Values') ?? []).map((pair) => {
    const key = pair.text('Key');
    const value = pair.text('Value');
    if (value === undefined) throw validation("A 'Value' must be specified in 'QueryStringKeyValuePair'");
    check(value);
    if (key === undefined) return { Value: value };
    check(key);
    return { Key: key, Value: value };
  });
  if (pairs.length === 0) throw validation('A condition value must be specified');
  return {
    facts: { Field: 'query-string', QueryStringConfig: { Values: pairs } },
    values: pairs.map((pair) => `${pair.Key ?? ''}${pair.Value}`),
    wildcards: true,
  };
}

function readPlain(condition: Input, field: 'http-request-method' | 'source-ip', check: (value: string) => void): Counted {
  const config = needConfig(condition, field);
  onlyKnown(config, ['Values']);
  const values = config.texts('Values') ?? [];
  if (values.length === 0) throw validation('A condition value must be specified');
  values.forEach(check);
  return { facts: { Field: field, [CONFIGS[field]]: { Values: values } }, values, wildcards: false };
}

function readOne(condition: Input): Counted {
  const named = condition.sized('Field', 0, 64);
  condition.settle();
  // Words: aws/aws-sdk-js#2658.
  if (named === undefined || named === '') throw validation('A condition field must be specified');
  const field = FIELDS.find((known) => known === named);
  if (field === undefined) throw validation(`Condition field '${named}' must be one of '[${FIELDS.join(',')}]'`);
  for (const name of condition.names()) {
    if (name === 'Field' || name === CONFIGS[field]) continue;
    const short =
      (name === 'Values' && (field === 'host-header' || field === 'path-pattern')) ||
      (name === 'RegexValues' && !['query-string', 'http-request-method', 'source-ip'].includes(field));
    if (!short) throw validation(`The '${name}' field is not compatible with '${field}'`);
  }
  switch (field) {
    case 'host-header':
      return readPatterns(condition, field, checkHost);
    case 'path-pattern':
      return readPatterns(condition, field, checkPath);
    case 'http-header':
      return readHeader(condition);
    case 'query-string':
      return readQuery(condition);
    case 'http-request-method':
      return readPlain(condition, field, checkMethod);
    case 'source-ip':
      return readPlain(condition, field, checkCidr);
  }
}

/** Reads `Conditions`. Undefined when absent or empty: on modify that means "not changed". */
export function readConditions(input: Input, quotas: Quotas): readonly ConditionFacts[] | undefined {
  const entries = input.list('Conditions');
  if (entries === undefined || entries.length === 0) return undefined;
  const read = entries.map(readOne);
  for (const field of SINGLE)
    if (read.filter(({ facts }) => facts['Field'] === field).length > 1) throw validation(`A rule can only have one '${field}' condition`);
  const values = read.reduce((sum, one) => sum + one.values.length, 0);
  // Words: aws/aws-cdk#10065.
  if (values > quotas.conditionValuesPerRule) throw validation(`A rule can only have '${quotas.conditionValuesPerRule}' condition values`);
  // A backslash takes the wildcard away (API reference, QueryStringConditionConfig).
  const wildcards = read.reduce(
    (sum, one) =>
      sum +
      (one.wildcards
        ? one.values
            .join('')
            .replace(/\\[*?]/g, '')
            .replace(/[^*?]/g, '').length
        : 0),
    0,
  );
  if (wildcards > quotas.conditionWildcardsPerRule)
    throw validation(`A rule can only have '${quotas.conditionWildcardsPerRule}' condition wildcards`);
  return read.map(({ facts }) => facts);
}
