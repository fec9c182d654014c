/** Sends a call of an experiment, and waits for what AWS does asynchronously. */

import { CloudError } from '../../errors.ts';
import type { CallOptions, Clock, Cloud } from '../../run/port.ts';
import type { About, Experiment, FaultCall } from '../experiments/experiment.ts';
import type { Victim } from '../types.ts';

const LOOK_MS = 500;

/**
 * Resolves once it is done. Throws the refusal of AWS. If the asynchronous part failed or took too long, throws an error of class
 * `Unknown`, since a part of it may have been done, or `Invalid` if certainly nothing was done.
 */
export async function sendFault(
  { op, input, follow }: FaultCall,
  victim: Victim,
  { cloud, clock, about, options }: { readonly cloud: Cloud; readonly clock: Clock; readonly about: About; readonly options: CallOptions },
): Promise<void> {
  const answer = await cloud.call(op, input(victim, about), options);
  if (follow === undefined) return;
  const until = clock.now() + follow.within * 1000;
  for (;;) {
    const came = await cloud
      .call(follow.op, follow.input(answer, victim), { ...options, poll: true })
      .then(follow.read, (error: unknown) => {
        // Reads know it only a moment later (eventual consistency).
        if (error instanceof CloudError && error.awsCode === 'InvocationDoesNotExist') return 'pending' as const;
        throw error;
      });
    if (came !== 'pending' && came.failed === '') return;
    if (came !== 'pending') throw new CloudError(op, 'CommandFailed', came.untouched === true ? 'Invalid' : 'Unknown', came.failed);
    if (clock.now() >= until) throw new CloudError(op, 'CommandTimedOut', 'Unknown', `it did not finish within ${follow.within} s`);
    await clock.sleep(LOOK_MS, options.signal);
  }
}

/** Whether AWS certainly did not carry out the call. A lost answer or a timeout leaves that open. */
export const surelyRefused = (error: unknown): boolean =>
  error instanceof CloudError && ['Denied', 'Credentials', 'Invalid', 'NotFound'].includes(error.class);

/** Whether AWS refuses the undo only for now. */
export const isTooEarly = ({ notYet }: Experiment['undo'], error: unknown): boolean => error instanceof CloudError && notYet(error.awsCode);
