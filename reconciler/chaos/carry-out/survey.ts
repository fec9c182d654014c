/** Reads the possible victims of a fault through the `Cloud` port: one call, a second one for instances, a third one if the experiment needs more. */

import type { TargetGroupTarget } from '../../load/types.ts';
import { AUTO_SCALING_TAG, CONSENT_TAG, STACK_TAG } from '../../model/tags.ts';
import type { Cloud } from '../../run/port.ts';
import { type InstanceState, instanceStates, type TargetState, targetStates } from '../answers.ts';
import type { Experiment, Fitness, OwnSettings } from '../experiments/experiment.ts';
import type { Candidate } from '../types.ts';

/**
 * Every target of the group as AWS reports it now: first those of the spec in their order, then those that somebody else registered, such as
 * an Auto Scaling group, ECS, or a person.
 */
export async function surveyCandidates(
  cloud: Cloud,
  group: TargetGroupTarget,
  victims: Experiment['victims'] = 'instances',
  signal?: AbortSignal,
): Promise<Candidate[]> {
  const options = signal === undefined ? {} : { signal };
  const health = targetStates(await cloud.call('elbv2:DescribeTargetHealth', { TargetGroupArn: group.arn }, options));
  const strangers = health
    .filter((each) => !group.targets.some((target) => isSame(target)(each)))
    .map(({ instanceId, port, zone }) => ({ instanceId, port, zone, name: instanceId }));
  const targets = [...group.targets, ...strangers];
  const ids = [...new Set(targets.map(({ instanceId }) => instanceId))].filter((id) => id.startsWith('i-'));
  const instances =
    victims === 'targets' || ids.length === 0
      ? []
      : instanceStates(await cloud.call('ec2:DescribeInstances', { InstanceIds: ids }, options));
  return targets.map((target) => ({
    ...target,
    ...registrationOf(health.find(isSame(target))),
    ...ofInstance(
      target,
      instances.find((each) => each.instanceId === target.instanceId),
    ),
  }));
}

/** Further facts that an experiment needs about each candidate; most need none. */
export async function surveyFitness(
  cloud: Cloud,
  { ask }: Experiment,
  wanted: {
    readonly candidates: readonly Candidate[];
    readonly group: TargetGroupTarget;
    readonly settings: OwnSettings;
  },
  signal?: AbortSignal,
): Promise<(candidate: Candidate) => Fitness> {
  if (ask === undefined) return () => ({ refusal: '' });
  const { candidates, group, settings } = wanted;
  const all = { candidates, settings, groupArn: group.arn, admitted: group.securityGroups ?? [], healthPath: group.healthPath ?? '/' };
  const answer = await cloud.call(ask.op, ask.input(all), signal === undefined ? {} : { signal });
  return (candidate) => ask.read(answer, candidate, all);
}

const ofInstance = ({ zone }: { readonly zone: string }, instance: InstanceState | undefined) => {
  const tags = instance?.tags ?? {};
  const autoScaling = tags[AUTO_SCALING_TAG];
  return {
    instanceState: instance?.state ?? '',
    stack: tags[STACK_TAG] ?? tags[CONSENT_TAG] ?? '',
    zone: zone === '' ? (instance?.zone ?? '') : zone,
    ...(autoScaling === undefined ? {} : { autoScaling }),
    ...(instance === undefined ? {} : { securityGroups: instance.securityGroups }),
  };
};

const isSame =
  (target: { readonly instanceId: string; readonly port: number }) =>
  (state: TargetState): boolean =>
    state.instanceId === target.instanceId && state.port === target.port;

const registrationOf = (state: TargetState | undefined): Pick<Candidate, 'health' | 'registeredZone'> => ({
  health: state?.state ?? '',
  ...(state === undefined || state.zone === '' ? {} : { registeredZone: state.zone }),
});
