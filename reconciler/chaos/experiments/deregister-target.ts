import { say, secondsText } from '../../load/predict.ts';
import type { HealthCheckSettings, Prediction } from '../../load/types.ts';
import { instanceStates, targetStates } from '../answers.ts';
import { instanceLook, isGone } from '../means/stopping.ts';
import type { Victim } from '../types.ts';
import { experiment } from './experiment.ts';

/** What identifies a registration. The zone has to be repeated if the target is outside the VPC (ELBv2 API reference, TargetDescription). */
const targets = ({ instanceId, port, registeredZone }: Victim) => ({
  Id: instanceId,
  Port: port,
  ...(registeredZone === undefined ? {} : { AvailabilityZone: registeredZone }),
});

/**
 * Deregisters a target and registers it again, as an orderly deployment or a mistake does. It does not matter who registered the target
 * (the spec, an Auto Scaling group, ECS, or a person), or whether it is an instance or an address.
 */
export const deregisterTarget = experiment({
  name: 'deregisterTarget',
  description: 'Deregister one target from its group and register it again.',
  named: {
    row: 'target',
    schema: {
      type: 'string',
      minLength: 1,
      description: 'Which one: an instance of the spec, or a registered instance id or address. Default: chosen by the seed.',
    },
  },
  victims: 'targets',
  marked: ({ groupArn }) => ({ service: 'elbv2', id: groupArn }),
  start: {
    op: 'elbv2:DeregisterTargets',
    input: (victim) => ({ TargetGroupArn: victim.groupArn, Targets: [targets(victim)] }),
  },
  undo: {
    op: 'elbv2:RegisterTargets',
    input: (victim) => ({ TargetGroupArn: victim.groupArn, Targets: [targets(victim)] }),
    scheduled: true,
    // A target may be registered again while it drains (ELB user guide, deregistration delay), so the call is never too early.
    notYet: () => false,
    within: 600,
    byHand: (victim) => {
      const { instanceId, port, registeredZone, groupArn } = victim;
      const zone = registeredZone === undefined ? '' : `,AvailabilityZone=${registeredZone}`;
      return `aws elbv2 register-targets --target-group-arn ${groupArn} --targets Id=${instanceId},Port=${port}${zone}`;
    },
  },
  look: {
    op: 'elbv2:DescribeTargetHealth',
    input: ({ groupArn }) => ({ TargetGroupArn: groupArn }),
    read: (answer, { instanceId, port }) => {
      const found = targetStates(answer).find((each) => each.instanceId === instanceId && each.port === port);
      return found === undefined || found.state === 'draining' ? 'broken' : 'fine';
    },
    // An instance that was terminated meanwhile cannot be registered again (ELBv2 API reference, RegisterTargets: InvalidTarget).
    then: {
      op: instanceLook.op,
      input: (victim) => (victim.instanceId.startsWith('i-') ? instanceLook.input(victim) : undefined),
      read: (answer) => (instanceStates(answer).every(({ state }) => isGone(state)) ? 'gone' : 'broken'),
    },
  },
  predict,
  words: {
    ...{ thing: 'target', verb: 'deregister', doing: 'deregistering', done: 'deregistered' },
    undo: { verb: 'register', doing: 'registering', done: 'registered again' },
  },
});

/** ELB's nodes usually notice a change of targets within seconds; no document says how many. From memory. */
const NOTICED = 10;

/**
 * - The load balancer sends no new requests to a target once it is deregistered; requests in progress have the deregistration delay to
 *   finish (ELB user guide, deregistration delay). Health checks are not involved.
 * - A newly registered target is `initial` until one health check passes (ELB user guide, target group health checks).
 */
function predict({ intervalSeconds: interval, timeoutSeconds: timeout }: HealthCheckSettings): Prediction {
  const back = { from: 0, to: NOTICED + interval + timeout };
  return {
    detection: say(
      { from: 0, to: NOTICED },
      `A deregistered target gets no new requests as soon as the load balancer notices, usually within ${secondsText(NOTICED)}, no matter what the health check says. Requests in progress may finish within the deregistration delay.`,
    ),
    recovery: say(
      back,
      `After the register call: one passing check (interval ${secondsText(interval)}, timeout ${secondsText(timeout)}), so at most ${secondsText(back.to)}.`,
    ),
    besides: [],
  };
}
