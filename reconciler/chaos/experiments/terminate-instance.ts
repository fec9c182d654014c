import { say, secondsText } from '../../load/predict.ts';
import type { HealthCheckSettings, Prediction } from '../../load/types.ts';
import { targetStates } from '../answers.ts';
import { experiment } from './experiment.ts';

/**
 * Terminates an instance of an Auto Scaling group, as if its hardware failed. It does not come back: the group launches another one, and the
 * stack has recovered once as many targets are healthy as before. So the undo is only a read of the target group and changes nothing.
 * The tag that Auto Scaling sets names the group of the instance (Auto Scaling user guide, tag lifecycle); `albedo:stack` or `albedo:chaos`
 * names the stack that may terminate it.
 */
export const terminateInstance = experiment({
  name: 'terminateInstance',
  description: 'Terminate one instance of an Auto Scaling group, and wait until the group has replaced it.',
  named: {
    row: 'instance',
    schema: { type: 'string', minLength: 1, description: 'Which one, by its id. Default: chosen by the seed.' },
  },
  victims: 'instances',
  refills: true,
  accepts: ({ autoScaling }) => (autoScaling === undefined ? 'it is not in an Auto Scaling group, so nothing would replace it' : ''),
  ask: {
    op: 'elbv2:DescribeTargetHealth',
    input: ({ groupArn }) => ({ TargetGroupArn: groupArn }),
    read: (answer) => ({ refusal: '', detail: String(healthyIn(answer)) }),
  },
  // The tags of the instance are lost with it, so the target group gets the tag.
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

/** Auto Scaling notices a terminated member within about a minute; then come launch, boot and one check. From memory. */
const NOTICED = 90;
const BOOT = 120;

/**
 * - A terminated instance is deregistered and drains (ELB user guide, register targets).
 * - A new target is `initial` until one check passes (ELB user guide, target group health checks).
 */
function predict({ intervalSeconds: interval, timeoutSeconds: timeout }: HealthCheckSettings): Prediction {
  const back = { from: 0, to: NOTICED + BOOT + interval + timeout };
  return {
    detection: say(
      { from: 0, to: interval + timeout },
      `A terminated instance is taken out of service when EC2 reports that it shuts down, usually within one interval of ${secondsText(interval)}.`,
    ),
    recovery: say(
      back,
      `The Auto Scaling group notices the loss (up to ${secondsText(NOTICED)}), launches another instance (${secondsText(BOOT)} to boot), and one check passes (${secondsText(interval)}): usually within ${secondsText(back.to)}. The grace period of the group does not matter here.`,
    ),
    besides: [],
  };
}
