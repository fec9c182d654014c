import { deadWithin, say, secondsText } from '../../load/predict.ts';
import type { HealthCheckSettings, Prediction } from '../../load/types.ts';
import { instanceStates } from '../answers.ts';
import { experiment } from './experiment.ts';

/** An instance is stopped through EC2 and started again: its target becomes `unused`, and it boots before it serves. */
export const stopInstance = experiment({
  name: 'stopInstance',
  description: 'Stop one instance and start it again.',
  named: 'instance',
  namedRow: { type: 'string', 'x-reference': 'instance', description: 'Which one. Default: chosen by the seed.' },
  victims: 'instances',
  marked: ({ instanceId }) => ({ service: 'ec2', id: instanceId }),
  start: { op: 'ec2:StopInstances', input: ({ instanceId }) => ({ InstanceIds: [instanceId] }) },
  undo: {
    op: 'ec2:StartInstances',
    input: ({ instanceId }) => ({ InstanceIds: [instanceId] }),
    // It is still stopping (EC2 API reference, StartInstances).
    notYet: (code) => /^Incorrect(Instance)?State$/.test(code),
    // EC2 stops a Linux instance within minutes, forcing it if it must.
    within: 600,
    byHand: ({ instanceId }) => `aws ec2 start-instances --instance-ids ${instanceId}`,
  },
  look: {
    op: 'ec2:DescribeInstances',
    input: ({ instanceId }) => ({ InstanceIds: [instanceId] }),
    read: (answer, { instanceId }) => {
      const state = instanceStates(answer).find((each) => each.instanceId === instanceId)?.state ?? 'terminated';
      if (state === 'terminated' || state === 'shutting-down') return 'gone';
      return state === 'running' || state === 'pending' ? 'fine' : 'broken';
    },
  },
  predict: (check) => predictStop(check),
  words: {
    ...{ thing: 'instance', verb: 'stop', doing: 'stopping', done: 'stopped' },
    undo: { verb: 'start', doing: 'starting', done: 'started' },
  },
});

/**
 * - A stopped instance becomes `unused` with reason `Target.InvalidState` (ELBv2 API reference, TargetHealth): ELB takes that
 *   from the instance's state and waits for no health check. The guest shuts down first, and its server may stop
 *   answering before EC2 says `stopped`, so a health check may be first.
 * - A target that comes back is healthy after one check that passes (ELB user guide, target group health checks: a newly
 *   registered or restarted target is initial until then); a target that was unhealthy needs `healthyThreshold` of them.
 *
 * `bootSeconds`: how long the instance and its server take to start, when known.
 */
export function predictStop(
  check: HealthCheckSettings,
  bootSeconds: { readonly from: number; readonly to: number } = { from: 0, to: 90 },
): Prediction {
  const { intervalSeconds: interval, timeoutSeconds: timeout, healthyThreshold: healthy, unhealthyThreshold: unhealthy } = check;
  const dead = deadWithin(check);
  const back = { from: bootSeconds.from, to: bootSeconds.to + healthy * interval + timeout };
  return {
    detection: say(
      { from: 0, to: dead.to },
      `A stopped instance is taken out when its health check fails or when EC2 reports it as stopped, whichever is first: at the latest within ${secondsText(dead.to)}.`,
    ),
    recovery: say(
      back,
      `After the start call: boot, then one passing check (up to ${secondsText(interval)}); ${secondsText(healthy * interval)} for ${healthy} in a row if it had been unhealthy. With a boot of ${secondsText(bootSeconds.from)} to ${secondsText(bootSeconds.to)}, at most ${secondsText(back.to)}.`,
    ),
    besides: [
      say(
        dead,
        `A dead process on a running instance is found by ${unhealthy} failed check${unhealthy === 1 ? '' : 's'} ${secondsText(interval)} apart: between ${secondsText(dead.from)} and ${secondsText(dead.to)} (timeout ${secondsText(timeout)}).`,
      ),
    ],
  };
}
