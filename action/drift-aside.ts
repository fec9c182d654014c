/** What drifts in stacks that a pull request does not change: told in a line, since neither its plan nor its apply touches them. */

import { EXIT } from '../reconciler/errors.ts';
import { exitOf, type Outcome, previewOf } from '../reconciler/run/outcome.ts';
import { type OpenSession, runStacks } from '../reconciler/run/run-stacks.ts';
import type { NamedSpec } from '../reconciler/run/specs.ts';

/** So many are read in full beside a plan; of more most are looked at lightly, each in full at some time of the day. */
const MOST_IN_FULL = 10;
const DAY_MS = 86_400_000;

/** One sentence, or several; empty where nothing drifts and all was looked at. Never throws for what happens to one. */
export async function driftAside(aside: readonly NamedSpec[], sessionFor: OpenSession): Promise<string> {
  if (aside.length === 0) return '';
  const outcomes = await runStacks(aside, sessionFor, {
    command: 'drift',
    policyOf: ({ policy }) => policy,
    ...(aside.length > MOST_IN_FULL ? { light: { period: DAY_MS, interval: DAY_MS / 24 } } : {}),
  });
  return sentenceOf(outcomes);
}

export function sentenceOf(outcomes: readonly Outcome[]): string {
  const drifted = outcomes.flatMap((outcome) => {
    const changes = previewOf(outcome)?.plan.changes.length ?? 0;
    return outcome.kind === 'planned' && changes > 0 ? [`${outcome.stack} (${changes} change${changes === 1 ? '' : 's'})`] : [];
  });
  const unknown = outcomes.filter((outcome) => ![EXIT.ok, EXIT.changes].some((exit) => exit === exitOf(outcome))).map(({ stack }) => stack);
  const light = outcomes.filter(({ kind }) => kind === 'glanced').length;
  return [
    drifted.length === 0 ? '' : `AWS differs from the spec of ${drifted.join(', ')}; this pull request does not change that.`,
    unknown.length === 0 ? '' : `It is not known whether there is drift in ${unknown.join(', ')}.`,
    drifted.length > 0 && light > 0 ? `${light} more had only a light check.` : '',
  ]
    .filter((part) => part !== '')
    .join(' ');
}
