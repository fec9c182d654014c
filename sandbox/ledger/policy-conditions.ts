/** Conditions of IAM policies. IAM user guide, "IAM JSON policy elements: Condition operators" and "… with multiple context keys or values". */
import ipaddr from 'ipaddr.js';

/** Values by key in lower case: keys are the same in any case of letters. */
export type RequestContext = ReadonlyMap<string, readonly string[]>;

type Test = (wanted: string, has: string) => boolean;

/** `*` any text, `?` one character; `${*}`, `${?}` and `${$}` stand for themselves. */
export function like(pattern: string, text: string, flags = ''): boolean {
  const source = pattern.replace(/\$\{([*?$])\}|[\\^$.*+?()[\]{}|/]/g, (found, literal: string | undefined) => {
    if (literal !== undefined) return `\\${literal}`;
    return found === '*' ? '.*' : found === '?' ? '.' : `\\${found}`;
  });
  return new RegExp(`^${source}$`, `s${flags}`).test(text);
}

/** Each of the six parts of an ARN by itself: `*` does not reach over a colon. */
const arnLike: Test = (pattern, arn) => {
  const parts = (text: string): readonly string[] => {
    const all = text.split(':');
    return [...all.slice(0, 5), all.slice(5).join(':')];
  };
  const has = parts(arn);
  return pattern.split(':').length >= 6 && parts(pattern).every((part, index) => like(part, has[index] ?? ''));
};

const inBlock: Test = (block, address) => {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  const [range, bits] = ipaddr.parseCIDR(block.includes('/') ? block : `${block}/${block.includes(':') ? 128 : 32}`);
  return parsed.kind() === range.kind() && parsed.match([range, bits] as [ipaddr.IPv4, number] & [ipaddr.IPv6, number]);
};

const time = (text: string): number => (/^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text));

function compared(of: (text: string) => number): Readonly<Record<string, Test>> {
  return {
    Equals: (a, b) => of(a) === of(b),
    LessThan: (a, b) => of(b) < of(a),
    LessThanEquals: (a, b) => of(b) <= of(a),
    GreaterThan: (a, b) => of(b) > of(a),
    GreaterThanEquals: (a, b) => of(b) >= of(a),
  };
}
const under = (prefix: string, tests: Readonly<Record<string, Test>>): Readonly<Record<string, Test>> =>
  Object.fromEntries(Object.entries(tests).map(([name, test]) => [`${prefix}${name}`, test]));

const POSITIVE: Readonly<Record<string, Test>> = {
  StringEquals: (a, b) => a === b,
  StringEqualsIgnoreCase: (a, b) => a.toLowerCase() === b.toLowerCase(),
  StringLike: (a, b) => like(a, b),
  ArnEquals: arnLike,
  ArnLike: arnLike,
  Bool: (a, b) => a.toLowerCase() === b.toLowerCase(),
  BinaryEquals: (a, b) => a === b,
  IpAddress: inBlock,
  ...under('Numeric', compared(Number)),
  ...under('Date', compared(time)),
};
const NEGATIVE: Readonly<Record<string, Test | undefined>> = {
  StringNotEquals: POSITIVE['StringEquals'],
  StringNotEqualsIgnoreCase: POSITIVE['StringEqualsIgnoreCase'],
  StringNotLike: POSITIVE['StringLike'],
  ArnNotEquals: arnLike,
  ArnNotLike: arnLike,
  NotIpAddress: inBlock,
  NumericNotEquals: POSITIVE['NumericEquals'],
  DateNotEquals: POSITIVE['DateEquals'],
};

/** Undefined for an operator that IAM does not have. */
export function holds(operator: string, wanted: readonly string[], has: readonly string[] | undefined): boolean | undefined {
  const [, quantifier, name = '', ifExists] = /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/.exec(operator) ?? [];
  if (name === 'Null') return wanted.some((value) => value.toLowerCase() === String(has === undefined || has.length === 0));
  const positive = POSITIVE[name];
  const negative = NEGATIVE[name];
  if (positive === undefined && negative === undefined) return undefined;
  const one = (value: string): boolean =>
    positive ? wanted.some((each) => positive(each, value)) : !wanted.some((each) => negative?.(each, value) ?? false);
  if (quantifier === 'ForAllValues') return (has ?? []).every(one);
  if (has === undefined || has.length === 0) return ifExists !== undefined || (quantifier === undefined && negative !== undefined);
  return has.some(one);
}
