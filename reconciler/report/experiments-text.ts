import type { LoadReport } from '../load/types.ts';
import { experimentTitle, verdictText } from './experiments.ts';
import { visible } from './format.ts';
import type { Palette } from './text-columns.ts';
import { loadText } from './text-load.ts';

const LOOKS = { pass: ['good', '✔'], missed: ['bad', '✘'], inconclusive: ['doubt', '?'], notReached: ['doubt', '-'] } as const;

/** A block for each; why it is no pass stands at the end, with the verdict over all. */
export function experimentsText({ experiments = [] }: LoadReport, palette: Palette): readonly string[] {
  return experiments.map((each, index) => {
    const [paint, sign] = LOOKS[each.verdict];
    const title = palette[paint](palette.bold(`${sign} ${visible(experimentTitle(each, index))}: ${verdictText(each.verdict)}`));
    return each.load === null ? title : `${title}\n${loadText(each.load, palette)}`;
  });
}
