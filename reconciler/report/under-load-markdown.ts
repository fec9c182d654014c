/** A load during an apply as Markdown. Pure. */

import type { UnderLoadReport } from '../load/under-load-types.ts';
import { markdown } from './escape.ts';
import { table } from './markdown-blocks.ts';
import { BLAME_HEAD, blameRows, phaseRows, remarks, whatWasLoaded } from './under-load.ts';

const MOST = 20;
const SIGNS = { pass: '✅', missed: '❌', 'not-evaluated': '⚪' } as const;

/** What was loaded, the phases, and the steps in which requests failed. */
export function underLoadMarkdown(load: UnderLoadReport): string {
  if (load.kind === 'not-loaded') return `Applied without load: ${markdown(load.because)}.`;
  const [head = [], ...rows] = phaseRows(load, SIGNS);
  const blames = blameRows(load, MOST).map((row) => row.map(markdown));
  return [
    `**${markdown(load.sentence)}** · ${markdown(whatWasLoaded(load))}`,
    table(head, rows),
    ...(blames.length === 0 ? [] : [table(BLAME_HEAD, blames)]),
    ...remarks(load, MOST).map((remark) => `<sub>${markdown(remark)}</sub>`),
  ].join('\n\n');
}
