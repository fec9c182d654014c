/** What `--begin` remembers: a tag of the load balancer. albedo leaves tags that it did not set unchanged. */

import { asList } from '../../reconciler/model/json.ts';
import { valueAt } from '../../reconciler/model/paths.ts';
import type { Look } from '../exercise.ts';

function balancer(look: Look): string {
  const arn = look.of('loadBalancer')[0]?.id;
  if (arn === undefined) throw new Error('the stack has no load balancer');
  return arn;
}

export async function writeNote(look: Look, key: string, value: string): Promise<void> {
  await look.call('elbv2:AddTags', { ResourceArns: [balancer(look)], Tags: [{ Key: key, Value: value }] });
}

/** Undefined: it was never written. */
export const noteOf = (look: Look, key: string): Promise<string | undefined> =>
  look.once(`note ${key}`, async () => {
    const answer = await look.call('elbv2:DescribeTags', { ResourceArns: [balancer(look)] });
    const tags = asList(valueAt(asList(valueAt(answer, 'TagDescriptions'))[0] ?? null, 'Tags'));
    const found = tags.find((tag) => valueAt(tag, 'Key') === key);
    return found === undefined ? undefined : String(valueAt(found, 'Value'));
  });
