/** A load during an apply as a section of the page. Pure. */

import type { UnderLoadReport } from '../load/under-load-types.ts';
import { html } from './escape.ts';
import { scroll } from './html-load.ts';
import { BLAME_HEAD, blameRows, phaseRows, remarks, whatWasLoaded } from './under-load.ts';

const MOST = 50;
const SIGNS = { pass: '✓', missed: '✗', 'not-evaluated': '?' } as const;

/** What was loaded, the phases, and the steps in which requests failed. */
export function underLoadHtml(load: UnderLoadReport): string {
  if (load.kind === 'not-loaded') return `<section><h2>Under load</h2><p>Applied without load: ${html(load.because)}.</p></section>`;
  const [head = [], ...rows] = phaseRows(load, SIGNS);
  const blames = blameRows(load, MOST);
  return `<section><h2>Under load: <span class="${load.overall.failed === 0 ? 'good' : 'bad'}">${html(load.sentence)}</span></h2>
<p class="small soft">${html(whatWasLoaded(load))}</p>
${tableOf(head, rows)}${blames.length === 0 ? '' : tableOf(BLAME_HEAD, blames)}${remarks(load, MOST)
  .map((remark) => `<p class="small soft">${html(remark)}</p>`)
  .join('')}</section>`;
}

const tableOf = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  scroll(
    'Under load',
    `<table><thead><tr>${head.map((cell) => `<th scope="col">${html(cell === '' ? 'what' : cell)}</th>`).join('')}</tr></thead><tbody>${rows
      .map((row) => `<tr>${row.map((cell) => `<td>${html(cell)}</td>`).join('')}</tr>`)
      .join('')}</tbody></table>`,
  );
