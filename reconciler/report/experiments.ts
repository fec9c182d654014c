/** Several experiments of one load test, named for every format alike. Pure; plain text that its user must still escape. */

import { wordsOf } from '../chaos/experiments.ts';
import { membersOf } from '../chaos/victim.ts';
import type { ExperimentReport } from '../load/types.ts';

/** `Experiment 2: stopInstance, web-1 stopped`. */
export function experimentTitle({ name, victim, load }: ExperimentReport, index: number): string {
  const names = victim === null ? [] : membersOf(victim).map((each) => each.name);
  return `Experiment ${index + 1}: ${name}${names.length === 0 || load === null ? '' : `, ${names.join(', ')} ${wordsOf(load.chaos).done}`}`;
}

export const verdictText = (verdict: ExperimentReport['verdict']): string => (verdict === 'notReached' ? 'not reached' : verdict);
