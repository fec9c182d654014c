/** The digests that a reviewer saw, one for each stack. */

import { ReconcileError } from '../errors.ts';
import { nameOf, type StackId } from './identity.ts';

/**
 * From `''` (the only stack there is), `STACK`, `REGION/STACK` or `ACCOUNT/REGION/STACK` to what was reviewed under that name.
 * A name of two regions may have two: a digest holds the region, so that neither is good for the other.
 */
export type Digests = ReadonlyMap<string, readonly string[]>;

/** `DIGEST`, `STACK=DIGEST`, `REGION/STACK=DIGEST` or `ACCOUNT/REGION/STACK=DIGEST`. */
const FORM = /^(?:((?:(?:\d{12}\/)?[a-z0-9-]+\/)?[^=/\s]+)=)?([0-9a-f]{12,64})$/;

/** Reads what was given; `wrong` has what is no digest, and every rule that is broken, as sentences. */
export function readDigests(lines: readonly string[]): { readonly digests: Digests; readonly wrong: readonly string[] } {
  const digests = new Map<string, readonly string[]>();
  const wrong: string[] = [];
  for (const line of lines) {
    const [, name = '', digest] = FORM.exec(line) ?? [];
    if (digest === undefined)
      wrong.push(
        `${JSON.stringify(line.slice(0, 60))} is not a plan digest: write DIGEST, STACK=DIGEST or REGION/STACK=DIGEST, with at least 12 hex digits`,
      );
    else digests.set(name, [...(digests.get(name) ?? []), digest]);
  }
  if (digests.has('') && lines.length > 1) wrong.push('with several digests, each needs its stack: write STACK=DIGEST');
  return { digests, wrong };
}

/** What was reviewed of a stack; the most exact name counts. Undefined when nothing was. */
export function reviewedOf(digests: Digests, { account, region, stack }: StackId): readonly string[] | undefined {
  const names = [`${account ?? ''}/${region}/${stack}`, nameOf({ region, stack }), stack, ''];
  return names.map((name) => digests.get(name)).find((found) => found !== undefined);
}

/** Throws `PlanDiffers` when the plan is none of those that were reviewed. */
export function requireReviewed(
  plan: StackId & { readonly digest: string; readonly changes: readonly unknown[] },
  digests: Digests | undefined,
): void {
  if (digests === undefined) return;
  const reviewed = reviewedOf(digests, plan);
  if (reviewed === undefined) {
    if (plan.changes.length === 0) return;
    throw new ReconcileError(
      'PlanDiffers',
      `there is no reviewed plan of ${plan.stack} in ${plan.region}, but it has ${plan.changes.length} changes; nothing was changed`,
    );
  }
  if (!reviewed.some((digest) => plan.digest.startsWith(digest)))
    throw new ReconcileError(
      'PlanDiffers',
      `the plan of ${plan.stack} has digest ${plan.digest.slice(0, 12)}, but the reviewed plan had ${reviewed.map((digest) => digest.slice(0, 12)).join(' or ')}; nothing was changed`,
    );
}
