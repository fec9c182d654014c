/** A load during an apply, for a terminal. Pure. */

import type { UnderLoadReport } from '../load/under-load-types.ts';
import { visible } from './format.ts';
import { columns, type Palette } from './text-columns.ts';
import { BLAME_HEAD, blameRows, phaseRows, remarks, whatWasLoaded } from './under-load.ts';

const MOST = 10;
const SIGNS = { pass: '✔', missed: '✘', 'not-evaluated': '?' } as const;

/** What was loaded, the phases, and the steps in which requests failed; indented by two. */
export function underLoadText(load: UnderLoadReport, palette: Palette): string {
  if (load.kind === 'not-loaded') return `  ${palette.doubt(`applied without load: ${visible(load.because)}`)}`;
  const phases = columns(phaseRows(load, SIGNS), (text, row, column) => {
    if (row === 0 || column === 0) return palette.dim(text);
    return text.startsWith('✔') ? palette.good(text) : text.startsWith('✘') ? palette.bad(text) : text;
  });
  const rows = blameRows(load, MOST).map((row) => row.map(visible));
  const blames = columns([BLAME_HEAD, ...rows], (text, row, column) =>
    row === 0 ? palette.dim(text) : column === 0 ? palette.bad(text) : text,
  );
  const lines = [
    (load.overall.failed === 0 ? palette.good : palette.bad)(load.sentence),
    palette.dim(visible(whatWasLoaded(load))),
    '',
    ...phases,
    ...(rows.length === 0 ? [] : ['', ...blames]),
    ...remarks(load, MOST).map((remark) => palette.dim(visible(remark))),
  ];
  return lines.map((line) => (line === '' ? '' : `  ${line}`)).join('\n');
}
