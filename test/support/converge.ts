/** Plans and runs a spec against an AWS behind the port, as `pipeline.ts` does against the real one. */

import { looksOf } from '../../reconciler/aws/looks.ts';
import { OPERATIONS, operationOf } from '../../reconciler/aws/operations.ts';
import { deferredValues } from '../../reconciler/deferred/deferred.ts';
import { execute } from '../../reconciler/execute/execute.ts';
import { noJournal } from '../../reconciler/execute/journal.ts';
import type { Json } from '../../reconciler/model/json.ts';
import { observe } from '../../reconciler/observe/observe.ts';
import { plan } from '../../reconciler/plan/plan.ts';
import type { Plan, Run } from '../../reconciler/plan/types.ts';
import type { Cloud } from '../../reconciler/run/port.ts';
import { ready, type SpecData, steppedClock } from './stacks.ts';

const certificates = new Map<string, Promise<Json>>();

export interface Converged {
  readonly plan: Plan;
  readonly run: Run;
  /** The second plan. */
  readonly check: Plan;
}

export async function planFor(cloud: Cloud, spec: SpecData, mode: Plan['mode'] = 'apply'): Promise<Plan> {
  const { stack } = ready(spec);
  return plan(stack, (await observe(stack, cloud, { mode })).observed, mode);
}

export async function converge(
  cloud: Cloud,
  spec: SpecData,
  mode: Plan['mode'] = 'apply',
  signal: AbortSignal = new AbortController().signal,
): Promise<Converged> {
  const { stack, deferred } = ready(spec);
  const planned = await planFor(cloud, spec, mode);
  const clock = steppedClock();
  const make = deferredValues(stack, deferred, cloud, clock);
  // A key pair takes a while to make; runs that want the same certificate share one.
  const material: typeof make = (key, step, of) => {
    if (!key.startsWith('certificate:')) return make(key, step, of);
    const own = JSON.stringify([key, stack.desired.find((entry) => entry.address === step.address)?.values]);
    const known = certificates.get(own) ?? make(key, step);
    certificates.set(own, known);
    return known;
  };
  const run = await execute(planned, {
    cloud,
    clock,
    journal: noJournal,
    emit: () => {},
    signal,
    deferred: material,
    widthOf: (op) => operationOf(op).width,
    doneCodes: (op) => operationOf(op).done ?? [],
    looks: looksOf,
  });
  return { plan: planned, run, check: await planFor(cloud, spec, mode) };
}

/** What went wrong in a run, in one text; empty when nothing did. */
export function failures(run: Run): string {
  return run.steps.flatMap((step) => (step.error === undefined ? [] : [`${step.id}: ${step.error.code} ${step.error.message}`])).join('\n');
}

export const WRITES: ReadonlySet<string> = new Set(
  Object.entries(OPERATIONS)
    .filter(([, operation]) => operation.access === 'write')
    .map(([name]) => name),
);
