/** The previews of pull requests that are live, by the tag that all of their objects have: whatever an interrupted run left of them. */

import type { Json } from '../model/json.ts';
import { valueAt, valuesAt } from '../model/paths.ts';
import { PREVIEW_TAG, readPreview, tagsOf } from '../model/tags.ts';

export interface LivePreview {
  readonly stack: string;
  /** Of its pull request. */
  readonly number: number;
}

/** What is asked for by its tag, and where its answer holds objects. What goes last when a stack is destroyed is among it. */
const EC2: readonly (readonly [op: string, list: string])[] = [
  ['ec2:DescribeVpcs', 'Vpcs[]'],
  ['ec2:DescribeSubnets', 'Subnets[]'],
  ['ec2:DescribeSecurityGroups', 'SecurityGroups[]'],
  ['ec2:DescribeInstances', 'Reservations[].Instances[]'],
];

/**
 * Those of a repository in one region, each once. What the tagging API still names and is gone costs its destroy a look. A tag of this
 * repository on a stack that is not called so is passed over: somebody else put it there. Throws `CloudError`.
 */
export async function observePreviews(
  call: (op: string, input: Json) => Promise<Json>,
  repository: string,
): Promise<readonly LivePreview[]> {
  const [balancers, ...machines] = await Promise.all([
    call('tagging:GetResources', { TagFilters: [{ Key: PREVIEW_TAG }], ResourcesPerPage: 100 }),
    ...EC2.map(([op]) => call(op, { Filters: [{ Name: 'tag-key', Values: [PREVIEW_TAG] }] })),
  ]);
  const tags = [
    ...valuesAt(balancers as Json, 'ResourceTagMappingList[]'),
    ...EC2.flatMap(([, list], index) =>
      valuesAt(machines[index] as Json, list).filter((object) => valueAt(object, 'State.Name') !== 'terminated'),
    ),
  ].map((object) => tagsOf(valueAt(object, 'Tags')));
  const found = new Map(tags.flatMap((each) => readPreview(each, repository) ?? []).map((each) => [each.stack, each]));
  return [...found.values()].sort((a, b) => a.number - b.number || (a.stack < b.stack ? -1 : 1));
}
