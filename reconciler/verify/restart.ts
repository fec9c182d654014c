import { CloudError, ReconcileError } from '../errors.ts';
import { valueAt } from '../model/paths.ts';
import { explainCloudError, type Session } from '../run/pipeline.ts';

/** GitHub ends a cancelled job for good after five minutes; EC2 mostly stops an instance within one. */
const LIMIT_MS = 4 * 60_000;
const RETRY_MS = 2000;

/**
 * Starts an instance that a run which is no more may have left stopped. One that runs, or that somebody terminated, is left alone.
 * Throws when AWS does not take the call in time.
 */
export async function restart(instanceId: string, session: Session): Promise<'running' | 'started' | 'gone'> {
  const { cloud, clock, signal } = session;
  const deadline = clock.now() + LIMIT_MS;
  for (;;) {
    try {
      const answer = await cloud.call('ec2:DescribeInstances', { InstanceIds: [instanceId] }, { signal });
      const state = String(valueAt(answer, 'Reservations[0].Instances[0].State.Name') ?? 'terminated');
      if (state === 'terminated' || state === 'shutting-down') return 'gone';
      if (state === 'running' || state === 'pending') return 'running';
      await cloud.call('ec2:StartInstances', { InstanceIds: [instanceId] }, { once: true, signal });
      return 'started';
    } catch (thrown) {
      if (!(thrown instanceof CloudError)) throw thrown;
      if (thrown.class === 'NotFound') return 'gone';
      // "IncorrectInstanceState": it is still stopping (EC2 API reference, StartInstances).
      const stopping = /^Incorrect(Instance)?State$/.test(thrown.awsCode);
      if (clock.now() >= deadline || !(stopping || thrown.class === 'Transient' || thrown.class === 'Throttled'))
        throw stillStopped(instanceId, thrown);
    }
    await clock.sleep(RETRY_MS, signal);
  }
}

const stillStopped = (instanceId: string, cause: CloudError): ReconcileError =>
  new ReconcileError('AwsRefused', `${instanceId} may still be stopped: ${explainCloudError(cause).message}`, {
    cause,
    hint: `Start it with: aws ec2 start-instances --instance-ids ${instanceId}`,
  });
