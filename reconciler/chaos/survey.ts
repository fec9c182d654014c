/** Reads who could be stopped, through the `Cloud` port: two calls. */

import type { TargetGroupTarget } from '../load/types.ts';
import { STACK_TAG } from '../model/tags.ts';
import type { Cloud } from '../run/port.ts';
import { instanceStates, targetStates } from './answers.ts';
import type { Candidate } from './types.ts';

/** Every target of the group as AWS reports it now, in the group's order. */
export async function surveyCandidates(cloud: Cloud, group: TargetGroupTarget, signal?: AbortSignal): Promise<Candidate[]> {
  const options = signal === undefined ? {} : { signal };
  const ids = [...new Set(group.targets.map((target) => target.instanceId))];
  if (ids.length === 0) return [];
  const [instances, health] = await Promise.all([
    cloud.call('ec2:DescribeInstances', { InstanceIds: ids }, options).then(instanceStates),
    cloud.call('elbv2:DescribeTargetHealth', { TargetGroupArn: group.arn }, options).then(targetStates),
  ]);
  return group.targets.map((target) => {
    const instance = instances.find((each) => each.instanceId === target.instanceId);
    const state = health.find((each) => each.instanceId === target.instanceId && each.port === target.port);
    return {
      instanceId: target.instanceId,
      name: target.name,
      zone: target.zone,
      port: target.port,
      instanceState: instance?.state ?? '',
      health: state?.state ?? '',
      stack: instance?.tags[STACK_TAG] ?? '',
    };
  });
}
