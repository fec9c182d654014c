import type { Problem } from '../errors.ts';
import { canonicalCidr, formatDuration, parseCidr, parseDuration } from '../model/codec.ts';
import type { Json } from '../plan/types.ts';
import { type At, asObject } from './build.ts';

type Schema = { readonly [key: string]: Json };

/**
 * Ranges that JSON Schema cannot say of a text: spans (`8d` where at most `7d` is allowed), sizes of networks. Walks the
 * value along the schema, whose `x-seconds`, `x-days` and `x-prefix` hold the limits.
 */
export function checkRanges(spec: Json, schema: Schema, at: At, path: readonly (string | number)[] = []): readonly Problem[] {
  const own = checkOne(spec, schema, at, path);
  if (Array.isArray(spec)) {
    return [...own, ...spec.flatMap((item: Json, index) => checkRanges(item, asObject(schema['items']), at, [...path, index]))];
  }
  if (typeof spec !== 'object' || spec === null) return own;
  const properties = asObject(schema['properties']);
  return [...own, ...Object.entries(spec).flatMap(([key, value]) => checkRanges(value, asObject(properties[key] ?? schema['additionalProperties']), at, [...path, key]))];
}

function checkOne(value: Json, schema: Schema, at: At, path: readonly (string | number)[]): readonly Problem[] {
  const problem = (message: string, hint: string): readonly Problem[] => [{ ...at(path), path: path.join('.'), message, hint, severity: 'error' }];
  const name = String(path.at(-1) ?? '');
  const span = schema['x-seconds'];
  if (Array.isArray(span) && typeof value === 'string') {
    const seconds = parseDuration(value);
    const [least, most] = [Number(span[0]), Number(span[1])];
    if (seconds < least || seconds > most) return problem(`${name} is ${value}, which is ${seconds < least ? 'shorter' : 'longer'} than AWS allows`, `Write ${formatDuration(least)} to ${formatDuration(most)}.`);
  }
  const days = schema['x-days'];
  if (Array.isArray(days) && typeof value === 'string') {
    const count = parseDuration(value) / 86400;
    if (count < Number(days[0]) || count > Number(days[1])) return problem(`${name} is ${value}, out of range`, `Write ${Number(days[0])}d to ${Number(days[1])}d.`);
  }
  const prefix = schema['x-prefix'];
  if (Array.isArray(prefix) && typeof value === 'string' && /^[\d.]+\/\d+$/.test(value)) {
    const network = parseCidr(value);
    const [widest, narrowest] = [Number(prefix[0]), Number(prefix[1])];
    if (network === undefined) return problem(`${value} is no IPv4 network`, 'Each number is 0 to 255, the size 0 to 32: 10.0.0.0/16.');
    if (network.prefix < widest || network.prefix > narrowest) {
      const hint = network.prefix > narrowest && narrowest === 27 ? 'A load balancer needs /27 or larger, with 8 free addresses (ELB user guide).' : `Write a size of /${widest} to /${narrowest}.`;
      return problem(`a network of /${network.prefix} is too ${network.prefix < widest ? 'large' : 'small'}`, hint);
    }
    const proper = canonicalCidr(value);
    if (proper !== value) return problem(`${value} has bits set beyond its size`, `AWS would make it ${proper}: write that.`);
  }
  return [];
}
