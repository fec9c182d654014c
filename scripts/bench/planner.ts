/** What the planner costs with a thousand rules and as many target groups: processor time, size and edges of its plans. */
import type { Observed } from '../../reconciler/model/model.ts';
import { plan } from '../../reconciler/plan/plan.ts';
import type { Plan } from '../../reconciler/plan/types.ts';
import { manyRules } from '../../test/support/many.ts';
import { appliedOf, NOTHING, stackOf, tutorial } from '../../test/support/stacks.ts';
import { median, type Row } from './rows.ts';

const RULES = 1000;
const TRIES = 3;

export function planner(): readonly Row[] {
  const stack = stackOf(manyRules(RULES));
  const live = appliedOf(stack);
  const other = stackOf(manyRules(RULES, (number) => ({ if: { path: [`/other/${number}`] }, forward: `g${(number + 1) % RULES}` })));
  const cases: readonly (readonly [string, () => Plan])[] = [
    ['create', () => plan(stack, NOTHING)],
    ['no-op', () => plan(stack, live)],
    ['every rule changed', () => plan(other, live)],
    ['behind a listener that serves', () => plan(stack, appliedOf(stackOf(tutorial())) satisfies Observed)],
    ['destroy', () => plan(stack, live, 'destroy')],
  ];
  return cases.flatMap(([name, make]): Row[] => {
    const seconds: number[] = [];
    let made = make();
    for (let count = 0; count < TRIES; count++) {
      const before = process.cpuUsage();
      made = make();
      const { user, system } = process.cpuUsage(before);
      seconds.push((user + system) / 1e6);
    }
    const edges = [...made.steps, ...(made.milestones ?? [])].reduce((sum, { needs }) => sum + needs.length, 0);
    const detail = `${made.steps.length} steps, ${edges} edges, ${RULES} rules and groups`;
    return [
      { name: `planner, ${name}: CPU`, measured: median(seconds), limit: 3, unit: 's', kind: 'time', detail },
      { name: `planner, ${name}: plan`, measured: JSON.stringify(made).length / 2 ** 20, limit: 2, unit: 'MB', kind: 'count', detail },
    ];
  });
}
