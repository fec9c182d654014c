/** Objects of others beside ours: those that a plan leaves alone, those that go with ours, and those that need what it deletes. */

import type { Note } from '../model/json.ts';
import { kindOf } from '../model/kinds.ts';
import type { Foreign, Observed } from '../model/model.ts';
import { ADDRESS_TAG } from '../model/tags.ts';
import type { Change } from './types.ts';

type Ending = Pick<Change, 'address' | 'verb' | 'physicalId'>;

/** Physical ids of all that the plan deletes, or replaces. */
const endingIds = (changes: readonly Ending[]): ReadonlySet<string> =>
  new Set(changes.flatMap(({ verb, physicalId }) => (endsWith(verb) && physicalId !== undefined ? [physicalId] : [])));

const endsWith = (verb: Change['verb']): boolean => verb === 'destroy' || verb === 'replace';

/** AWS deletes what hangs on a listener with it, and both with the load balancer (DeleteListener, DeleteLoadBalancer). */
export function deletedWith(change: Ending, { foreign = [] }: Observed): readonly Foreign[] {
  if (!endsWith(change.verb) || change.physicalId === undefined) return [];
  const own = foreign.filter(({ parent }) => parent === change.physicalId);
  return [...own, ...own.flatMap(({ id }) => foreign.filter(({ parent }) => parent === id))];
}

/** Objects of others that stay and forward to a target group that the plan deletes: AWS refuses that (ResourceInUse). */
export function usersLeft(change: Ending, changes: readonly Ending[], { foreign = [] }: Observed): readonly Foreign[] {
  const { physicalId, verb } = change;
  if (!endsWith(verb) || physicalId === undefined) return [];
  const ending = endingIds(changes);
  const goes = (parent: string | undefined): boolean =>
    parent !== undefined && (ending.has(parent) || foreign.some(({ id, parent: above }) => id === parent && goes(above)));
  return foreign.filter((each) => each.forwardsTo.includes(physicalId) && !goes(each.parent));
}

/** What is there of others and stays. */
export function foreignNotes(changes: readonly Ending[], observed: Observed): readonly Note[] {
  const gone = new Set(changes.flatMap((change) => deletedWith(change, observed).map(({ id }) => id)));
  return (observed.foreign ?? []).flatMap((each): Note[] => {
    const { parent } = kindOf(each.kind).read;
    if (each.lostAddress === true && !gone.has(each.id))
      return [
        {
          kind: 'warning',
          text: `${each.text} has the tag of this stack, but no tag that says which resource it is (${ADDRESS_TAG}). albedo leaves it unchanged. Put the tag back, or delete the resource (${each.id})`,
        },
      ];
    const { foreign = [] } = observed;
    return parent === undefined || gone.has(each.id) || foreign.some(({ id }) => id === each.parent)
      ? []
      : [{ kind: 'foreign', text: `${each.text} on our ${parent} does not belong to this stack and is left unchanged (${each.id})` }];
  });
}
