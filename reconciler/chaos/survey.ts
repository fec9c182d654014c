/** Reads whom a fault could befall, through the `Cloud` port: one call, two where instances are meant. */

import type { TargetGroupTarget } from '../load/types.ts';
import { STACK_TAG } from '../model/tags.ts';
import type { Cloud } from '../run/port.ts';
import { instanceStates, type TargetState, targetStates } from './answers.ts';
import type { Experiment } from './experiments/experiment.ts';
import type { Candidate } from './types.ts';

/**
 * Every target of the group as AWS reports it now, in the group's order. Where targets are meant, also those that the spec does not
 * name: somebody else registers them, such as an Auto Scaling group.
 */
export async function surveyCandidates(
  cloud: Cloud,
  group: TargetGroupTarget,
  victims: Experiment['victims'] = 'instances',
  signal?: AbortSignal,
): Promise<Candidate[]> {
  const options = signal === undefined ? {} : { signal };
  const ids = victims === 'instances' ? [...new Set(group.targets.map((target) => target.instanceId))] : [];
  if (victims === 'instances' && ids.length === 0) return [];
  const [instances, health] = await Promise.all([
    ids.length === 0 ? [] : cloud.call('ec2:DescribeInstances', { InstanceIds: ids }, options).then(instanceStates),
    cloud.call('elbv2:DescribeTargetHealth', { TargetGroupArn: group.arn }, options).then(targetStates),
  ]);
  const known = group.targets.map((target) => {
    const instance = instances.find((each) => each.instanceId === target.instanceId);
    return {
      ...target,
      ...registrationOf(health.find(isSame(target))),
      instanceState: instance?.state ?? '',
      stack: instance?.tags[STACK_TAG] ?? '',
    };
  });
  if (victims === 'instances') return known;
  const others = health.filter((each) => !group.targets.some((target) => isSame(target)(each)));
  return [
    ...known,
    ...others.map((each) => ({
      ...{ instanceId: each.instanceId, name: each.instanceId, zone: each.zone, port: each.port, instanceState: '', stack: '' },
      ...registrationOf(each),
    })),
  ];
}

const isSame =
  (target: { readonly instanceId: string; readonly port: number }) =>
  (state: TargetState): boolean =>
    state.instanceId === target.instanceId && state.port === target.port;

const registrationOf = (state: TargetState | undefined): Pick<Candidate, 'health' | 'registeredZone'> => ({
  health: state?.state ?? '',
  ...(state === undefined || state.zone === '' ? {} : { registeredZone: state.zone }),
});
