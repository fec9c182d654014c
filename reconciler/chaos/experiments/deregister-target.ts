import { say, secondsText } from '../../load/predict.ts';
import type { HealthCheckSettings, Prediction } from '../../load/types.ts';
import { instanceStates, targetStates } from '../answers.ts';
import { instanceLook, isGone } from '../means/stopping.ts';
import type { Victim } from '../types.ts';
import { experiment } from './experiment.ts';

/** What identifies a registration. A zone has to be said again where the target is outside the VPC (ELBv2 API reference, TargetDescription). */
const targets = ({ instanceId, port, registeredZone }: Victim) => ({
  Id: instanceId,
  Port: port,
  ...(registeredZone === undefined ? {} : { AvailabilityZone: registeredZone }),
});

/**
 * A target is taken out of its group and registered again: what an orderly deployment, or a mistake, does. Whoever registered it:
 * the spec, an Auto Scaling group, ECS, or somebody by hand; an instance or an address.
 */
export const deregisterTarget = experiment({
  name: 'deregisterTarget',
  description: 'Take one target out of its group and register it again.',
  named: {
    row: 'target',
    schema: {
      type: 'string',
      minLength: 1,
      description:
        'Which one: an instance of the spec, or the id of an instance or an address that is registered. Default: chosen by the seed.',
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
    // A target may be registered again while it drains (ELB user guide, deregistration delay): nothing is too early.
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
    undo: { verb: 'register', doing: 'registering', done: 'registered' },
  },
});

/** ELB's nodes take note of a change of targets within seconds, mostly; no document says how many. From memory of what is seen. */
const NOTICED = 10;

/**
 * - The load balancer sends no new requests to a target as soon as it is deregistered; what is under way goes on for the deregistration
 *   delay (ELB user guide, deregistration delay). No health check has a part in it.
 * - A target that was registered is `initial` until one health check passes (ELB user guide, target group health checks).
 */
function predict({ intervalSeconds: interval, timeoutSeconds: timeout }: HealthCheckSettings): Prediction {
  const back = { from: 0, to: NOTICED + interval + timeout };
  return {
    detection: say(
      { from: 0, to: NOTICED },
      `A deregistered target gets no new requests from the moment the load balancer takes note: mostly within ${secondsText(NOTICED)}, whatever the health check says. What is under way goes on for the deregistration delay.`,
    ),
    recovery: say(
      back,
      `After the register call: one passing check, every ${secondsText(interval)}, with a timeout of ${secondsText(timeout)}: at most ${secondsText(back.to)}.`,
    ),
    besides: [],
  };
}
