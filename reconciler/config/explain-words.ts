/** The words in which a problem names places and values. Pure. */

import type { ParsedSpec } from './parse.ts';
import { formatPath } from './path.ts';
import { quoteValue } from './quote.ts';
import { isObject, pointerParts, typeOf } from './schema.ts';

export type Parts = (string | number)[];

export function describeValue(data: unknown, parts: Parts, spec: ParsedSpec): string {
  switch (typeOf(data)) {
    case 'null':
      return 'empty';
    case 'array':
      return 'a list';
    case 'object':
      return 'a mapping';
    case 'string':
      return `the text ${quoteValue(data, lastName(parts))}`;
    case 'boolean':
      return `the boolean ${quoteValue(data)}`;
    default:
      return `the number ${quoteValue(spec.written(parts)?.text ?? data, lastName(parts))}`;
  }
}

/** `` `port` ``, `` entry 2 of `targets` ``, or `the file`. */
export function subject(parts: Parts): string {
  const last = parts.at(-1);
  if (last === undefined) return 'the file';
  if (typeof last === 'number') return `entry ${last + 1} of ${subject(parts.slice(0, -1))}`;
  return quoteValue(last);
}

export function whereIn(parts: Parts): string {
  if (parts.length === 0) return 'the spec';
  return quoteValue(formatPath(parts));
}

export function lastName(parts: Parts): string {
  return String(parts.findLast((part) => typeof part === 'string') ?? '');
}

export function count(n: number, noun: string): string {
  return `${n} ${n === 1 ? noun : noun.replace(/y$/, 'ie')}${n === 1 ? '' : 's'}`;
}

/** `x-pattern-message` may be a whole demand ("must end with a letter") or just what is wanted ("an id such as vpc-0123"). */
export function asDemand(said: string): string {
  return /^(?:must|may|needs?)\b/.test(said) ? said : `must be ${said}`;
}

export const withArticle = (word: string): string => `${/^[aeiou]/i.test(word) ? 'an' : 'a'} ${word}`;

export function stripEnd(sentence: string): string {
  return sentence.replace(/[.;\s]+$/, '');
}

/** A JSON pointer as parts, with numbers where the value has lists. */
export function toParts(pointer: string, value: unknown): Parts {
  const parts: Parts = [];
  let current: unknown = value;
  for (const part of pointerParts(pointer)) {
    const isIndex = Array.isArray(current);
    parts.push(isIndex ? Number(part) : part);
    current = Array.isArray(current) ? current[Number(part)] : isObject(current) ? current[part] : undefined;
  }
  return parts;
}
