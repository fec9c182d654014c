import type { Experiment } from '../chaos/experiments/experiment.ts';
import { experimentNamed } from '../chaos/experiments.ts';
import type { Victim } from '../chaos/types.ts';
import { CloudError, ReconcileError } from '../errors.ts';
import { explainCloudError, type Session } from '../run/pipeline.ts';

/** GitHub ends a cancelled job for good after five minutes; EC2 mostly stops an instance within one. */
const LIMIT_MS = 4 * 60_000;
const RETRY_MS = 2000;

/**
 * Undoes the fault of a run that is no more, where it still has to be: `fine` when it was not, `gone` when somebody removed the victim.
 * Throws when AWS does not take the call in time.
 */
export async function putRight(victim: Victim, session: Session): Promise<'fine' | 'undone' | 'gone'> {
  const { cloud, clock, signal } = session;
  const experiment = experimentNamed(victim.experiment);
  const { look, undo } = experiment;
  const deadline = clock.now() + LIMIT_MS;
  for (;;) {
    try {
      const state = look.read(await cloud.call(look.op, look.input(victim), { signal }), victim);
      if (state !== 'broken') return state;
      await cloud.call(undo.op, undo.input(victim), { once: true, signal });
      return 'undone';
    } catch (thrown) {
      if (!(thrown instanceof CloudError)) throw thrown;
      if (thrown.class === 'NotFound') return 'gone';
      if (clock.now() >= deadline || !(undo.notYet(thrown.awsCode) || thrown.class === 'Transient' || thrown.class === 'Throttled'))
        throw stillBroken(victim, experiment, thrown);
    }
    await clock.sleep(RETRY_MS, signal);
  }
}

function stillBroken(victim: Victim, { words, undo }: Experiment, cause: CloudError): ReconcileError {
  const verb = `${words.undo.verb.slice(0, 1).toUpperCase()}${words.undo.verb.slice(1)}`;
  return new ReconcileError('AwsRefused', `${victim.instanceId} may still be ${words.done}: ${explainCloudError(cause).message}`, {
    cause,
    hint: `${verb} it with: ${undo.byHand(victim)}`,
  });
}
