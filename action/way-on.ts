/** The one step that works when what was reviewed is not what would be applied now. Pure. */

import { SHORT_DIGEST } from '../reconciler/report/format.ts';

export interface Differs {
  /** The base that the reviewed plan was made on; empty where it is not known. */
  readonly planned: string;
  /** The base of what is applied now. */
  readonly now: string;
  /** The plan's run, and the pull request of it. */
  readonly run: number;
  readonly pull: number;
  readonly merged: boolean;
  /** Of the plan as it would be now. */
  readonly digest: string;
  /** Other stacks are in the run: a digest needs the name. */
  readonly name: string;
}

/** A re-run of a plan keeps its commit (GitHub docs, re-running workflows), so it never sees a base that has moved. */
export function wayOn({ planned, now, run, pull, merged, digest, name }: Differs): string {
  const moved = planned !== '' && now !== '' && planned !== now;
  if (!moved)
    return `AWS or the input of the plan has changed since that plan. Press “Re-run all jobs” of run ${run}, read the new plan in the comment, then “Re-run all jobs” of this run.`;
  const what = `The base has moved since that plan (${planned.slice(0, 7)} → ${now.slice(0, 7)}); a re-run would plan the old base.`;
  return merged
    ? `${what} Read the new plan, then run the apply workflow by hand with the digest ${name}=${digest.slice(0, SHORT_DIGEST)}.`
    : `${what} Press “Update branch” of #${pull}, and read the new plan.`;
}
