/** The requests that failed, with filters that the page's script answers; without it all rows show. Pure. */

import type { FailedRequest } from '../../load/types.ts';
import { html } from '../escape.ts';
import { count, milliseconds, secondsText } from '../format.ts';
import { scroll } from '../html-load.ts';

const NOBODY = 'the load balancer, or no one';

interface FailuresInput {
  readonly requests: readonly FailedRequest[];
  /** Of all, also those that are not among the rows. */
  readonly total: number;
  readonly nameOf: (instance: string) => string;
  /** In which phase a second of the load lies; empty: there are none. */
  readonly phaseOf: (second: number) => string;
  /** Which of them are listed, where not all are; default: evenly spread ones. */
  readonly listed?: string;
}

const select = (name: string, label: string, values: readonly string[]): string =>
  values.length < 2
    ? ''
    : `<label>${label} <select data-filter="${name}"><option value="">all</option>${values.map((value) => `<option>${html(value)}</option>`).join('')}</select></label>`;

const distinct = (values: readonly string[]): string[] => [...new Set(values)].filter((value) => value !== '').sort();

/** Filters, a count, and the table. Empty when nothing failed. */
export function failures({ requests, total, nameOf, phaseOf, listed = 'spread evenly over time' }: FailuresInput): string {
  if (total === 0) return '';
  const rows = requests.map((each) => ({
    ...each,
    target: each.instance === '' ? NOBODY : nameOf(each.instance),
    phase: phaseOf(each.second),
  }));
  const filters = [
    select('error', 'error', distinct(rows.map(({ error }) => error))),
    select('target', 'answered by', distinct(rows.map(({ target }) => target))),
    select('phase', 'phase', distinct(rows.map(({ phase }) => phase))),
  ].join('');
  const body = rows.map(
    ({ second, target, phase, status, error, ms }) =>
      `<tr data-error="${html(error)}" data-target="${html(target)}" data-phase="${html(phase)}"><td class="number">${secondsText(second)}</td><td>${html(phase === '' ? '–' : phase)}</td><td>${html(target)}</td><td class="number">${status === 0 ? '–' : status}</td><td>${html(error)}</td><td class="number">${milliseconds(ms)}</td></tr>`,
  );
  const head = ['sent at', 'phase', 'answered by', 'status', 'error', 'took'];
  const numbers = new Set(['sent at', 'status', 'took']);
  const shown = rows.length < total ? `${count(rows.length)} of ${count(total)} are listed, ${listed}.` : '';
  return `<section id="failed"><h2>Failed requests: ${count(total)}</h2>${filters === '' ? '' : `<div class="filters">${filters}</div>`}<p class="small soft"><span data-shown role="status">${count(rows.length)} shown.</span> ${shown}</p>${scroll(
    'Failed requests',
    `<table data-filtered><thead><tr>${head.map((cell) => `<th scope="col"${numbers.has(cell) ? ' class="number"' : ''}>${cell}</th>`).join('')}</tr></thead><tbody>${body.join('')}</tbody></table>`,
    'tall',
  )}</section>`;
}
