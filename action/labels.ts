/** The labels `apply:DIGEST` by which an apply is approved. */

import { EXIT } from '../reconciler/errors.ts';
import type { Context } from './context.ts';
import type { Inputs } from './inputs.ts';
import type { StackOutcome } from './outcome.ts';
import type { Publisher } from './publish.ts';

/** A label of a plan is void when the plan is another, and has done its work when it was applied. */
export async function dropVoidLabels(
  inputs: Inputs,
  context: Context,
  publisher: Pick<Publisher, 'dropLabels'>,
  outcomes: readonly StackOutcome[],
): Promise<void> {
  const digests = outcomes.flatMap(({ report }) => (report.plan === null ? [] : [report.plan.digest]));
  if (
    inputs.command === 'plan' &&
    context.event === 'pull_request' &&
    !context.fork &&
    context.labels.some((name) => name.startsWith('apply:'))
  )
    await publisher.dropLabels((digest) => digests.some((each) => each.startsWith(digest)));
  if (
    inputs.command === 'apply' &&
    inputs.approval === 'label' &&
    inputs.preview === undefined &&
    outcomes.every(({ exit }) => exit === EXIT.ok)
  )
    await publisher.dropLabels((digest) => !digests.some((each) => each.startsWith(digest)));
}
