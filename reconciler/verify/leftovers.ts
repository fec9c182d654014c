/** Restores what a load test left broken: in one stack before it is changed or loaded, or in a whole region. */

import { type Leftover, readLeftover } from '../chaos/leftovers.ts';
import { valueAt, valuesAt } from '../model/paths.ts';
import { ADDRESS_TAG, CONSENT_TAG, FAULT_TAG, STACK_TAG, type Tags, tagsOf } from '../model/tags.ts';
import type { Session } from '../run/pipeline.ts';
import { undoFault, undoFaultText } from './undo-fault.ts';

/** Restores all of them in parallel and returns a sentence for each. Throws the first error, after all have been tried. */
export async function undoLeftovers(left: readonly Leftover[], session: Session): Promise<readonly string[]> {
  const came = await Promise.allSettled(
    left.map(async ({ mark }) => {
      if (mark === undefined) return undefined;
      const note = (text: string): void => session.emit({ kind: 'warning', text });
      const text = undoFaultText(mark.victim, await undoFault(mark.victim, { ...session, note }));
      session.emit({ kind: 'warning', text });
      return text;
    }),
  );
  for (const each of came) if (each.status === 'rejected') throw each.reason;
  return came.flatMap((each) => (each.status === 'fulfilled' && each.value !== undefined ? [each.value] : []));
}

/** Everything in the region with the fault tag; `stack` narrows it to one stack. */
export async function findLeftovers(session: Session, stack?: string): Promise<readonly Leftover[]> {
  const { cloud, signal } = session;
  const byTag = stack === undefined ? [] : [{ Name: `tag:${STACK_TAG}`, Values: [stack] }];
  const filters = [{ Name: 'tag-key', Values: [FAULT_TAG] }, ...byTag];
  const [instances, groups] = await Promise.all([
    cloud.call('ec2:DescribeInstances', { Filters: filters }, { signal }),
    cloud.call(
      'tagging:GetResources',
      {
        TagFilters: [{ Key: FAULT_TAG }, ...(stack === undefined ? [] : [{ Key: STACK_TAG, Values: [stack] }])],
        ResourceTypeFilters: ['elasticloadbalancing:targetgroup', 'ec2:security-group'],
      },
      { signal },
    ),
  ]);
  const ofInstances = valuesAt(instances, 'Reservations[].Instances[]').flatMap((instance) => {
    const tags = tagsOf(valueAt(instance, 'Tags'));
    const text = tags[FAULT_TAG];
    const ended = /^(terminated|shutting-down)$/.test(String(valueAt(instance, 'State.Name')));
    return text === undefined || ended ? [] : [readLeftover(String(valueAt(instance, 'InstanceId')), text, nameIn(tags), stackIn(tags))];
  });
  const ofGroups = valuesAt(groups, 'ResourceTagMappingList[]').flatMap((found) => {
    const tags = tagsOf(valueAt(found, 'Tags'));
    const text = tags[FAULT_TAG];
    return text === undefined ? [] : [readLeftover(String(valueAt(found, 'ResourceARN')), text, undefined, stackIn(tags))];
  });
  return [...ofInstances, ...ofGroups];
}

/** The stack whose load tests may break the resource. */
const stackIn = (tags: Tags): string | undefined => tags[STACK_TAG] ?? tags[CONSENT_TAG];
const nameIn = (tags: Tags): string | undefined => {
  const address = tags[ADDRESS_TAG];
  return address?.startsWith('instance/') === true ? address.slice('instance/'.length) : undefined;
};
