/** Which requests two rules share, by their conditions in the normal form of `model/nested/conditions.ts`. Pure. */

import ipaddr from 'ipaddr.js';
import { canonical } from '../model/codec.ts';
import type { Json, JsonObject } from '../model/json.ts';

export type Conditions = readonly Json[];

/** Whether every request that matches `inner` matches `outer` too. False where that is not certain. No conditions match everything. */
export function covers(outer: Conditions, inner: Conditions): boolean {
  return outer.every((condition) => inner.some((other) => sameSubject(condition, other) && impliedBy(condition, other)));
}

/** Whether no request can match both. False where that is not certain: for regular expressions and query strings. */
export function disjoint(a: Conditions, b: Conditions): boolean {
  return a.some((one) => b.some((other) => sameSubject(one, other) && apart(one, other)));
}

const fieldOf = (condition: Json): string => String((condition as JsonObject)['field']);
const valuesOf = (condition: Json): readonly Json[] => ((condition as JsonObject)['values'] ?? []) as readonly Json[];
const nameIn = (condition: Json): string => {
  const { name } = condition as JsonObject;
  return name === undefined ? '' : canonical(name);
};
const isText = (condition: Json): boolean => (condition as JsonObject)['list'] === 'Values' && fieldOf(condition) !== 'query-string';

const sameSubject = (a: Json, b: Json): boolean => fieldOf(a) === fieldOf(b) && nameIn(a) === nameIn(b);

function impliedBy(outer: Json, inner: Json): boolean {
  if (isText(outer) && isText(inner))
    return valuesOf(inner).every((value) =>
      valuesOf(outer).some((wide) => wide === value || holds(fieldOf(outer), String(wide), String(value))),
    );
  if (outer === inner || canonical(outer) === canonical(inner)) return true;
  if ((outer as JsonObject)['list'] !== (inner as JsonObject)['list']) return false;
  const known = new Set(valuesOf(outer).map(canonical));
  return valuesOf(inner).every((value) => known.has(canonical(value)));
}

const apart = (a: Json, b: Json): boolean =>
  isText(a) && isText(b) && valuesOf(a).every((one) => valuesOf(b).every((other) => !meet(fieldOf(a), String(one), String(other))));

function holds(field: string, wide: string, narrow: string): boolean {
  if (field === 'http-request-method') return wide === narrow;
  if (field === 'source-ip') return contains(wide, narrow);
  return includes(wide, narrow);
}

function meet(field: string, a: string, b: string): boolean {
  if (field === 'http-request-method') return a === b;
  if (field === 'source-ip') return contains(a, b) || contains(b, a);
  // Values of headers are compared without regard to case (HttpHeaderConditionConfig, ELBv2 API reference); paths with it.
  return field === 'http-header' ? overlap(a.toLowerCase(), b.toLowerCase()) : overlap(a, b);
}

/** Whether one network holds another; false for what is no network. */
export function contains(wide: string, narrow: string): boolean {
  if (wide === narrow) return true;
  if (!ipaddr.isValidCIDR(wide) || !ipaddr.isValidCIDR(narrow)) return false;
  const [outer, length] = ipaddr.parseCIDR(wide);
  const [inner, own] = ipaddr.parseCIDR(narrow);
  return outer.kind() === inner.kind() && own >= length && inner.match(outer, length);
}

type Glob = readonly (string | { readonly any: 'one' | 'some' })[];

/** `*` is any text, `?` one character, and a backslash takes that meaning away. */
function globOf(pattern: string): Glob {
  const parts: (string | { readonly any: 'one' | 'some' })[] = [];
  for (let at = 0; at < pattern.length; at++) {
    const here = pattern[at] ?? '';
    if (here === '\\' && /[*?]/.test(pattern[at + 1] ?? '')) parts.push(pattern[++at] ?? '');
    else parts.push(here === '*' ? { any: 'some' } : here === '?' ? { any: 'one' } : here);
  }
  return parts;
}

/** Whether some text fits both patterns. */
function overlap(a: string, b: string): boolean {
  if (!beginAlike(a, b)) return false;
  return walk(globOf(a), globOf(b), (x, y) => typeof x !== 'string' || typeof y !== 'string' || x === y, true);
}

/** Whether every text that fits `narrow` fits `wide`; false where a look at single characters cannot decide it. */
function includes(wide: string, narrow: string): boolean {
  if (!beginAlike(wide, narrow)) return false;
  return walk(globOf(wide), globOf(narrow), (x, y) => x === y || (typeof x !== 'string' && (x.any === 'one' ? !isSome(y) : true)), false);
}

/** Whether two patterns are the same up to the first wildcard of either: of a hundred rules most are told apart by that. */
function beginAlike(a: string, b: string): boolean {
  for (let at = 0; at < a.length && at < b.length; at++) {
    const [x, y] = [a[at] ?? '', b[at] ?? ''];
    if (WILD.test(x) || WILD.test(y)) return true;
    if (x !== y) return false;
  }
  return a.length === b.length || WILD.test(a[b.length] ?? '') || WILD.test(b[a.length] ?? '');
}

const WILD = /[*?\\]/;

const isSome = (part: Glob[number] | undefined): boolean => typeof part === 'object' && part.any === 'some';

/** Goes through two patterns at once. `both`: the asterisk of either side may take parts of the other; else only that of the first. */
function walk(a: Glob, b: Glob, fits: (x: Glob[number], y: Glob[number]) => boolean, both: boolean): boolean {
  const seen = new Map<number, boolean>();
  const go = (i: number, j: number): boolean => {
    const key = i * (b.length + 1) + j;
    const known = seen.get(key);
    if (known !== undefined) return known;
    seen.set(key, false);
    const [x, y] = [a[i], b[j]];
    const found =
      x === undefined && y === undefined
        ? true
        : isSome(x)
          ? go(i + 1, j) || (y !== undefined && go(i, j + 1))
          : both && isSome(y)
            ? go(i, j + 1) || (x !== undefined && go(i + 1, j))
            : x !== undefined && y !== undefined && fits(x, y) && go(i + 1, j + 1);
    seen.set(key, found);
    return found;
  };
  return go(0, 0);
}
