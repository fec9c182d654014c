/** Stopping any number of instances through EC2 and starting them again: shared by several experiments. */

import { deadWithin, say, secondsText } from '../../load/predict.ts';
import type { HealthCheckSettings, Prediction } from '../../load/types.ts';
import { instanceStates } from '../answers.ts';
import type { Experiment, Look } from '../experiments/experiment.ts';
import type { Victim } from '../types.ts';
import { idsOf } from '../victim.ts';

/** An Auto Scaling group terminates and replaces a member that is not running (Auto Scaling user guide, health checks). */
const staysStopped: NonNullable<Experiment['accepts']> = ({ autoScaling }) =>
  autoScaling === undefined
    ? ''
    : `the Auto Scaling group ${autoScaling} would terminate it once it is stopped: use terminateInstance or deregisterTarget`;

/** Reads the state of the victims' instances. */
export const instanceLook = {
  op: 'ec2:DescribeInstances',
  input: (victim: Victim) => ({ InstanceIds: idsOf(victim) }),
};

export const isGone = (state: string): boolean => state === 'terminated' || state === 'shutting-down';

export const stopping = {
  victims: 'instances',
  accepts: staysStopped,
  marked: ({ instanceId }) => ({ service: 'ec2', id: instanceId }),
  start: { op: 'ec2:StopInstances', input: (victim) => ({ InstanceIds: idsOf(victim) }) },
  fis: {
    ...{ actionId: 'aws:ec2:stop-instances', resourceType: 'aws:ec2:instance', targets: 'Instances' },
    arn: (id, { partition, region, account }) => `arn:${partition}:ec2:${region}:${account}:instance/${id}`,
    // From one minute to twelve hours (FIS user guide, aws:ec2:stop-instances).
    parameters: (seconds) => ({ startInstancesAfterDuration: `PT${seconds}S` }),
    shortest: 60,
  },
  undo: {
    op: 'ec2:StartInstances',
    input: (victim) => ({ InstanceIds: idsOf(victim) }),
    scheduled: true,
    // It is still stopping (EC2 API reference, StartInstances).
    notYet: (code) => /^Incorrect(Instance)?State$/.test(code),
    // EC2 stops a Linux instance within minutes, by force if necessary.
    within: 600,
    byHand: (victim) => `aws ec2 start-instances --instance-ids ${idsOf(victim).join(' ')}`,
  },
  look: {
    ...instanceLook,
    read: (answer, victim): Look => {
      const found = instanceStates(answer);
      const states = idsOf(victim).map((id) => found.find((each) => each.instanceId === id)?.state ?? 'terminated');
      if (states.every(isGone)) return 'gone';
      return states.every((state) => state === 'running' || state === 'pending' || isGone(state)) ? 'fine' : 'broken';
    },
  },
  predict: (check) => predictStop(check),
} satisfies Pick<Experiment, 'victims' | 'accepts' | 'marked' | 'start' | 'fis' | 'undo' | 'look' | 'predict'>;

export const STOP_WORDS = {
  ...{ thing: 'instance', verb: 'stop', doing: 'stopping', done: 'stopped' },
  undo: { verb: 'start', doing: 'starting', done: 'started again' },
} as const;

/**
 * - The target of a stopped instance becomes `unused` with reason `Target.InvalidState` (ELBv2 API reference, TargetHealth): ELB
 *   uses the state of the instance and does not wait for a health check. The guest shuts down first, and its server may stop
 *   answering before EC2 reports `stopped`, so a health check may fail earlier.
 * - A target that comes back is healthy after one passing check (ELB user guide, target group health checks: a newly
 *   registered or restarted target is initial until then); a target that was unhealthy needs `healthyThreshold` of them.
 *
 * `bootSeconds`: how long the instance and its server take to start, if known.
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
      `A stopped instance is taken out of service when its health check fails or when EC2 reports it as stopped, whichever comes first: within ${secondsText(dead.to)}.`,
    ),
    recovery: say(
      back,
      `After the start call: boot, then one passing check (up to ${secondsText(interval)}), or ${healthy} in a row (${secondsText(healthy * interval)}) if the target was unhealthy. With a boot time of ${secondsText(bootSeconds.from)} to ${secondsText(bootSeconds.to)}, at most ${secondsText(back.to)}.`,
    ),
    besides: [
      say(
        dead,
        `A dead process on a running instance is found by ${unhealthy} failed check${unhealthy === 1 ? '' : 's'} ${secondsText(interval)} apart: between ${secondsText(dead.from)} and ${secondsText(dead.to)} (timeout ${secondsText(timeout)}).`,
      ),
    ],
  };
}
