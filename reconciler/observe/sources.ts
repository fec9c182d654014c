/** Live stacks by where they come from: found by the tag `albedo:source`, in a call or two beside the pass. */

import type { Kind } from '../model/field.ts';
import type { Json } from '../model/json.ts';
import { kindOf } from '../model/kinds.ts';
import { valueAt, valuesAt } from '../model/paths.ts';
import { ELB_TAGS } from '../model/read.ts';
import { readSource, SOURCE_CARRIERS, SOURCE_TAG, STACK_TAG, tagsOf } from '../model/tags.ts';
import { readTags } from './reads.ts';

export interface SourcedStack {
  readonly stack: string;
  /** From the root of the repository. */
  readonly path: string;
  /** Of what carries the tag. */
  readonly arn: string;
}

/**
 * The stacks of a repository that `suspect` picks. The tagging API finds them, a hundred a call; since it names what is gone for hours,
 * those that were picked are asked for their tags, twenty a call. Throws `CloudError` where the tagging API may not be asked.
 */
export async function observeSources(
  call: (op: string, input: Json) => Promise<Json>,
  repository: string,
  suspect: (stack: Omit<SourcedStack, 'arn'>) => boolean,
): Promise<readonly SourcedStack[]> {
  const answer = await call('tagging:GetResources', {
    ResourceTypeFilters: SOURCE_CARRIERS.flatMap((name) => (kindOf(name) as Kind).read.tagType ?? []),
    TagFilters: [{ Key: SOURCE_TAG }],
    ResourcesPerPage: 100,
  });
  const found = valuesAt(answer, 'ResourceTagMappingList[]').flatMap((entry) =>
    sourced(String(valueAt(entry, 'ResourceARN')), tagsOf(valueAt(entry, 'Tags')), repository),
  );
  const picked = found.filter(suspect);
  const now = await readTags(
    picked.map(({ arn }) => arn),
    ELB_TAGS,
    call,
  );
  return [...now].flatMap(([arn, tags]) => sourced(arn, tags, repository)).filter(suspect);
}

function sourced(arn: string, tags: Readonly<Record<string, string>>, repository: string): readonly SourcedStack[] {
  const source = readSource(tags[SOURCE_TAG] ?? '');
  const stack = tags[STACK_TAG];
  return source === undefined || stack === undefined || source.repository !== repository ? [] : [{ stack, path: source.path, arn }];
}
