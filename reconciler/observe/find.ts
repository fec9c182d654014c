import { CloudError } from '../errors.ts';
import type { Json } from '../model/json.ts';
import { valueAt, valuesAt } from '../model/paths.ts';
import { STACK_TAG, type Tags, tagsOf } from '../model/tags.ts';
import type { Reader } from './draft.ts';

/** A filter of GetResources takes 20 values (Resource Groups Tagging API reference). */
const MOST_NAMES = 20;

/**
 * Finds objects by our tags, a hundred a page. What it knows is minutes old: it names what is gone ("tagged or previously tagged") and
 * may not name yet what is new. So everything it finds is described, and nothing it does not find is taken to be missing.
 */
export function finder(call: Reader['call']): Reader['find'] {
  return async (tagTypes, stacks) => {
    const filter = stacks.length <= MOST_NAMES ? { Key: STACK_TAG, Values: stacks } : { Key: STACK_TAG };
    const input = { ResourceTypeFilters: tagTypes, TagFilters: [filter], ResourcesPerPage: 100 };
    let answer: Json;
    try {
      answer = await call('tagging:GetResources', input);
    } catch (thrown) {
      // Without the permission, or where there is no such service, everything is listed: more calls, the same result.
      if (thrown instanceof CloudError && thrown.class !== 'Credentials' && thrown.class !== 'Throttled') return undefined;
      throw thrown;
    }
    return new Map<string, Tags>(
      valuesAt(answer, 'ResourceTagMappingList[]').map((entry) => [String(valueAt(entry, 'ResourceARN')), tagsOf(valueAt(entry, 'Tags'))]),
    );
  };
}
