/** Whether the load that was sent is the one that was asked for. What the sending machine failed to send says nothing of a load balancer. Pure. */

import { plannedRequests } from './profile.ts';
import { only } from './samples.ts';
import { shardDoubts } from './shards.ts';
import { failureKinds, isGeneratorFailure } from './statistics.ts';
import type { LoadReport, LoadRun, LoadSettings, Samples } from './types.ts';

/** Above this part of what was asked for, the load was not the load that was asked for. */
export const UNSENT_LIMIT = 0.01;

export interface Generated {
  /** The samples that reached the load balancer: the ones that are judged. */
  readonly reached: Samples;
  /** For the report. */
  readonly told: LoadReport['generator'];
  /** Over `UNSENT_LIMIT` never left this machine, or a part of several is not there: then nothing that was measured is blamed on the stack. */
  readonly broken: boolean;
  /** What keeps the load from being the one that was asked for, worst first. */
  readonly doubts: readonly string[];
}

/** Iterations that the spec asks for. */
export const askedFor = (load: Pick<LoadSettings, 'rate' | 'duration' | 'profile' | 'peak'>): number => plannedRequests(load);

/** `asked`: iterations; 0 where the load goes on for as long as something else takes. */
export function generatedBy(run: LoadRun, asked: number): Generated {
  const unreached = only(run.samples, isGeneratorFailure);
  const reached = only(run.samples, (sample) => !isGeneratorFailure(sample));
  const { dropped, exceptions, unrecorded } = run;
  // A script may ask several times in an iteration, or, where it breaks off, not at all.
  const begun = Math.min(run.samples.length, run.iterations === 0 ? Number.POSITIVE_INFINITY : run.iterations);
  const total = Math.max(asked, begun + dropped);
  // The last tick of a rate may fall behind the end of the run (k6, measured).
  const missing = asked === 0 ? 0 : Math.max(0, asked - 1 - dropped - begun);
  // Of these, k6 began some all the same, and the script asked for nothing in them, or did not record it. What ended by an exception is told below.
  const began = Math.max(run.iterations, begun);
  const silent = missing === 0 ? 0 : Math.max(0, began - begun - exceptions);
  const notStarted = missing === 0 ? 0 : Math.max(0, asked - 1 - dropped - began);
  const unsent = dropped + unreached.length + missing;
  const limit = Math.max(total, run.samples.length) * UNSENT_LIMIT;
  const kinds = failureKinds(unreached);
  const of = (count: number, rest: string): string[] => (count === 0 ? [] : [rest]);
  const partial = shardDoubts(run.shards);
  const counted =
    unsent + exceptions + unrecorded <= limit
      ? []
      : [
          ...of(
            unreached.length,
            `${unreached.length} of ${run.samples.length} requests never reached the load balancer (${kinds.map(({ what, count }) => `${what} ×${count}`).join(', ')}): the sending machine failed`,
          ),
          ...of(dropped, `k6 dropped ${dropped} of ${total} requests: no virtual user was free, so the load was lower than requested`),
          ...of(notStarted, `k6 started ${began} of the ${asked} iterations that load.rate and load.duration require`),
          ...of(silent, `${silent} of ${began} iterations have no request: the script sent none, or did not call record() with its answer`),
          ...of(
            exceptions,
            `the script threw an exception in ${exceptions} of ${Math.max(run.iterations, exceptions)} iterations${run.log.length === 0 ? '' : `: ${run.log.at(-1)}`}`,
          ),
          ...of(unrecorded, `${unrecorded} failed requests were not recorded by the script`),
        ];
  const why = [
    ...kinds,
    ...(dropped === 0 ? [] : [{ what: 'dropped', count: dropped }]),
    ...(notStarted === 0 ? [] : [{ what: 'not started', count: notStarted }]),
    ...(silent === 0 ? [] : [{ what: 'without a request', count: silent }]),
    ...(exceptions === 0 ? [] : [{ what: 'ended by an exception', count: exceptions }]),
    ...(unrecorded === 0 ? [] : [{ what: 'failed and not recorded', count: unrecorded }]),
  ];
  return {
    reached,
    told: { asked: total, unsent, why },
    broken: unreached.length > limit || partial.length > 0,
    doubts: [...partial, ...counted],
  };
}
