import { say, secondsText } from '../../load/predict.ts';
import type { HealthCheckSettings, Prediction } from '../../load/types.ts';
import { targetStates } from '../answers.ts';
import { experiment } from './experiment.ts';

/**
 * An instance of an Auto Scaling group is terminated, as when its machine breaks. Nothing brings it back: the group launches another, and all
 * is well once as many targets are healthy as before. So the call that mends is the look at the group, which changes nothing.
 * The instance tells its group by the tag that Auto Scaling sets (Auto Scaling user guide, tag lifecycle), and that the stack may end it by
 * `albedo:stack` or `albedo:chaos`.
 */
export const terminateInstance = experiment({
  name: 'terminateInstance',
  description: 'Terminate one instance of an Auto Scaling group, and wait until the group has put another in its place.',
  named: {
    row: 'instance',
    schema: { type: 'string', minLength: 1, description: 'Which one, by its id. Default: chosen by the seed.' },
  },
  victims: 'instances',
  refills: true,
  accepts: ({ autoScaling }) => (autoScaling === undefined ? 'it is in no Auto Scaling group, so nothing would take its place' : ''),
  ask: {
    op: 'elbv2:DescribeTargetHealth',
    input: ({ groupArn }) => ({ TargetGroupArn: groupArn }),
    read: (answer) => ({ refusal: '', detail: String(healthyIn(answer)) }),
  },
  // The instance takes its tags with it: the group has to tell.
  marked: ({ groupArn }) => ({ service: 'elbv2', id: groupArn }),
  start: { op: 'ec2:TerminateInstances', input: ({ instanceId }) => ({ InstanceIds: [instanceId] }) },
  undo: {
    op: 'elbv2:DescribeTargetHealth',
    input: ({ groupArn }) => ({ TargetGroupArn: groupArn }),
    notYet: () => false,
    within: 600,
    byHand: ({ groupArn }) => `aws elbv2 describe-target-health --target-group-arn ${groupArn}`,
  },
  look: {
    op: 'elbv2:DescribeTargetHealth',
    input: ({ groupArn }) => ({ TargetGroupArn: groupArn }),
    read: (answer, { detail = '1' }) => (healthyIn(answer) >= Number(detail) ? 'fine' : 'broken'),
  },
  predict,
  words: {
    ...{ thing: 'instance', verb: 'terminate', doing: 'terminating', done: 'terminated' },
    undo: { verb: 'replace', doing: 'waiting for a replacement of', done: 'replaced' },
  },
});

const healthyIn = (answer: Parameters<typeof targetStates>[0]): number =>
  targetStates(answer).filter(({ state }) => state === 'healthy').length;

/** Auto Scaling finds a terminated member within a minute or so; the rest is launch, boot and one check. From memory of what is seen. */
const NOTICED = 90;
const BOOT = 120;

/**
 * - A terminated instance is taken out of its groups, and drains (ELB user guide, register targets).
 * - A new target is `initial` until one check passes (ELB user guide, target group health checks).
 */
function predict({ intervalSeconds: interval, timeoutSeconds: timeout }: HealthCheckSettings): Prediction {
  const back = { from: 0, to: NOTICED + BOOT + interval + timeout };
  return {
    detection: say(
      { from: 0, to: interval + timeout },
      `A terminated instance is taken out when EC2 reports that it shuts down: mostly within one interval of ${secondsText(interval)}.`,
    ),
    recovery: say(
      back,
      `The group finds it missing (up to ${secondsText(NOTICED)}), launches another (${secondsText(BOOT)} to boot), and one check passes (${secondsText(interval)}): mostly within ${secondsText(back.to)}. A grace period of the group does not matter here.`,
    ),
    besides: [],
  };
}
