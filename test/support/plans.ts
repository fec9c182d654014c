/** Plans of the tutorial after a change, on what `appliedOf` says is live. */

import type { Observed } from '../../reconciler/model/model.ts';
import { textsIn } from '../../reconciler/model/paths.ts';
import { plan } from '../../reconciler/plan/plan.ts';
import type { Plan, Step } from '../../reconciler/plan/types.ts';
import { appliedOf, changed, type SpecData, stackOf, tutorial } from './stacks.ts';

/** Reading a spec takes a moment, and the tutorial never changes. */
export const BEFORE = stackOf(tutorial());
export const LIVE: Observed = appliedOf(BEFORE);

export const planOf = (edit: (spec: SpecData) => void, observed: Observed = LIVE): Plan => plan(stackOf(changed(edit)), observed);

export function stepOf(planned: Plan, id: string): Step {
  const found = planned.steps.find((step) => step.id === id);
  if (found === undefined) throw new Error(`no step ${id} among ${planned.steps.map((step) => step.id).join(' ')}`);
  return found;
}

/** All steps that must be done before a step, however far away and by way of whatever milestone. */
export function needsOf(planned: Plan, id: string): ReadonlySet<string> {
  const milestones = new Map(planned.milestones?.map((each) => [each.id, each]));
  const found = new Set<string>();
  const visit = (node: string): void => {
    for (const need of (milestones.get(node) ?? stepOf(planned, node)).needs) {
      if (found.has(need)) continue;
      found.add(need);
      visit(need);
    }
  };
  visit(id);
  for (const milestone of milestones.keys()) found.delete(milestone);
  return found;
}

/**
 * Changes that do not come before the end of what they name, as `change after end`: AWS would answer that it is not found. A wait for the
 * end names what is gone too, and an end may be told of another that came before it.
 */
export function namesWhatIsGone(planned: Plan): readonly string[] {
  const changes = planned.steps.filter(({ effect }) => effect === 'create' || effect === 'update');
  return planned.steps
    .filter(({ id, effect }) => effect === 'destroy' && id.endsWith(':destroy'))
    .flatMap((end) => {
      const own = textsIn(end.input);
      const naming = changes.filter(({ input }) => textsIn(input).some((text) => own.includes(text)));
      const earlier = naming.length === 0 ? new Set() : needsOf(planned, end.id);
      return naming.filter(({ id }) => !earlier.has(id)).map(({ id }) => `${id} after ${end.id}`);
    });
}
