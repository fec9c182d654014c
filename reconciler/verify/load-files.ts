/** The files of a load that several machines send together: the plan for all of them, and the result that each writes next to its points. */

import { ReconcileError } from '../errors.ts';
import { type LoadPlan, MOST_PLAN, plainText, readLoadPlan, type ShardSlip, slipFile } from '../load/load-plan.ts';
import type { LoadRun } from '../load/types.ts';
import { pathWithin, readPlainText, writePlain } from '../run/plain-file.ts';

/** Throws `LoadFailed` if it is not a load plan, is a link, or is too long. */
export function readPlanFile(path: string): LoadPlan {
  try {
    return readLoadPlan(readPlainText(path, MOST_PLAN));
  } catch (cause) {
    if (cause instanceof ReconcileError) throw cause;
    throw new ReconcileError(
      'LoadFailed',
      `the load plan ${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        cause,
        hint: 'Create one with `albedo load plan`.',
      },
    );
  }
}

export const writePlanFile = (path: string, plan: LoadPlan): void => writePlain(path, `${JSON.stringify(plan, null, 2)}\n`);

/** Writes the result of a run that was one shard of a plan. */
export function writeSlip(folder: string, plan: LoadPlan, shard: number, run: LoadRun): void {
  const slip: ShardSlip = {
    ...{ version: 1, plan: plan.id, shard, k6: run.version, outcome: run.outcome, exitCode: run.exitCode, exceptions: run.exceptions },
    thresholds: run.thresholds.slice(0, 50).map((each) => plainText(each, 200)),
    said: plainText(run.said, 500),
  };
  writePlain(pathWithin(folder, slipFile(shard)), `${JSON.stringify(slip)}\n`);
}
