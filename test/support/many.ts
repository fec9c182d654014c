/** The tutorial's stack with many rules, each before a target group of its own. */

import { type SpecData, tutorial } from './stacks.ts';

export function manyRules(
  count: number,
  rule: (number: number) => SpecData = (number) => ({ if: { path: [`/p${number}`] }, forward: `g${number}` }),
): SpecData {
  const spec = tutorial();
  spec.listeners.http.rules = {};
  for (let number = 0; number < count; number++) {
    spec.targetGroups[`g${number}`] = { port: 80 };
    spec.listeners.http.rules[`r${number}`] = rule(number);
  }
  return spec;
}
