import type { ExperimentReport, LoadReport } from '../load/types.ts';
import { markdown } from './escape.ts';
import { experimentTitle, verdictText } from './experiments.ts';
import { fold } from './markdown-blocks.ts';
import { instances, objectives } from './markdown-load.ts';

const SIGNS = { pass: '✅', missed: '❌', inconclusive: '🟠', notReached: '⚪' } as const;

/** A part for each; open where it is no pass. */
export const experimentsMarkdown = ({ experiments = [] }: LoadReport): readonly string[] => experiments.map(one);

function one(experiment: ExperimentReport, index: number): string {
  const { verdict, reasons, load } = experiment;
  const expected =
    load === null || load.predicted === null
      ? ''
      : `What the health check leads one to expect: ${markdown(load.predicted.detection.sentence)} ${markdown(load.predicted.recovery.sentence)}`;
  const body = [
    reasons.map((each) => `- ${markdown(each)}`).join('\n'),
    ...(load === null ? [] : [objectives(load), instances(load), expected]),
  ];
  const title = `${SIGNS[verdict]} ${markdown(experimentTitle(experiment, index))}: ${verdictText(verdict)}`;
  return fold(title, body.filter((part) => part !== '').join('\n\n'), verdict !== 'pass');
}
