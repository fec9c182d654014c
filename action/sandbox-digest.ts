/**
 * The digest of a plan on a sandbox of a job's own. That one is made anew in each job, and what is in it gets other ids each time, so
 * the digest of the plan would never be met again by the job that applies. Here the ids are left out; names, addresses, values before
 * and after, and every step with what it waits for stay in.
 */

import { canonical } from '../reconciler/model/codec.ts';
import type { Json } from '../reconciler/model/json.ts';
import type { Plan } from '../reconciler/plan/types.ts';
import { hashing } from '../reconciler/run/pipeline.ts';

/** What EC2, ELB and IAM make up: `i-0a1…`, the last part of an ARN, a certificate's id, the number in a DNS name. */
const MADE_UP: readonly (readonly [RegExp, string])[] = [
  [/\b([a-z]+(?:-[a-z]+)?)-[0-9a-f]{17}\b/g, '$1-*'],
  [/\/[0-9a-f]{16}\b/g, '/*'],
  [/\bASCA[A-Z2-7]{17}\b/g, 'ASCA*'],
  [/-\d{9,10}(\.[a-z0-9-]+\.elb\.)/g, '-*$1'],
];

const digestOf = (value: Json): string => hashing.sha256(canonical(value));
const withoutIds = (text: string): string => MADE_UP.reduce((rest, [pattern, instead]) => rest.replace(pattern, instead), text);

/** Ids out, and lists in an order that does not depend on them. */
function plain(value: Json): Json {
  if (typeof value === 'string') return withoutIds(value);
  if (Array.isArray(value)) {
    const items = value.map((each: Json) => plain(each));
    return items
      .map((each): [string, Json] => [digestOf(each), each])
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([, each]) => each);
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [withoutIds(name), plain(each as Json)]));
}

export function sandboxDigest({ mode, account, region, stack, specDigest, changes, steps }: Plan, verify = ''): string {
  const told = changes.map(
    ({ address, verb, fields }): Json => ({
      address,
      verb,
      fields: fields.map(({ field, before, after }): Json => ({ field, before: before ?? null, after: after ?? null })),
    }),
  );
  const done = steps.map(({ id, op, input, needs }): Json => ({ id, op, input, needs: [...needs] }));
  return digestOf({ sandbox: 1, mode, account, region, stack, specDigest, verify, changes: plain(told), steps: plain(done) });
}
