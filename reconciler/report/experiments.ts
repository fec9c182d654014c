/** Several experiments of one load test, named for every format alike. Pure; plain text that its user must still escape. */

import { wordsOf } from '../chaos/experiments.ts';
import { membersOf } from '../chaos/victim.ts';
import type { ExperimentReport, LoadReport } from '../load/types.ts';

/** `Experiment 2: stopInstance, web-1 stopped`. */
export function experimentTitle({ name, victim, load }: ExperimentReport, index: number): string {
  const names = victim === null ? [] : membersOf(victim).map((each) => each.name);
  return `Experiment ${index + 1}: ${name}${names.length === 0 || load === null ? '' : `, ${names.join(', ')} ${wordsOf(load.chaos).done}`}`;
}

export const verdictText = (verdict: ExperimentReport['verdict']): string => (verdict === 'notReached' ? 'not reached' : verdict);

/** What was broken, for two load tests to be held against each other; of what an earlier file has, which may be anything. */
export const brokenIn = ({ chaos, experiments }: Pick<LoadReport, 'chaos' | 'experiments'>): unknown =>
  Array.isArray(experiments) ? experiments.map((each: Partial<ExperimentReport> | null) => [each?.name, each?.load?.chaos]) : chaos;
