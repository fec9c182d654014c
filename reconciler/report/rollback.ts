/** What became of the last good spec when verify missed an objective: data, its words, and how each form of the report says it. Pure. */

import type { ErrorCode } from '../errors.ts';
import type { Run } from '../plan/types.ts';
import { html, markdown } from './escape.ts';
import { MARKS, nameOf, SHORT_DIGEST, visible, worstFirst } from './format.ts';
import { fold } from './markdown-blocks.ts';
import type { PlanReport } from './plan-report.ts';
import { columns, type Palette } from './text-columns.ts';

export interface RollbackReport {
  /** `done`: the spec of `commit` is live again, and a plan of it is empty. `failed`: it is not. `not-tried`: nothing missed that it could mend. */
  readonly outcome: 'done' | 'failed' | 'not-tried';
  /** Full id; null when none was found. */
  readonly commit: string | null;
  /** Why this commit: it was named, verify last passed with it, or it is the last one with another spec. */
  readonly by: 'named' | 'verified' | 'history' | null;
  /** All of it in a sentence, without markup and full stop. */
  readonly sentence: string;
  /** What was changed back; null when it did not come to a plan. */
  readonly plan: PlanReport | null;
  readonly run: Run | null;
  readonly error: { readonly code: ErrorCode; readonly message: string; readonly hint: string } | null;
}

/** A commit as people write it. */
export const shortId = (commit: string): string => commit.slice(0, 7);

/** The headline of a report whose objective was missed. */
export function rollbackHeadline(rollback: RollbackReport): string {
  return rollback.outcome === 'done'
    ? `an objective was missed: rolled back to ${shortId(rollback.commit ?? '')}`
    : 'applied, but an objective was missed, and it was not rolled back';
}

/** What was changed back, worst first, one line each. */
function changedBack({ plan }: RollbackReport): readonly (readonly string[])[] {
  return worstFirst(plan?.changes ?? []).map((change) => [
    MARKS[change.verb],
    change.label,
    nameOf(change),
    change.fields.map(({ field }) => field).join(', '),
  ]);
}

const digestOf = ({ plan }: RollbackReport): string => (plan === null ? '' : `plan ${plan.digest.slice(0, SHORT_DIGEST)}`);

/** For a terminal, indented by two. */
export function rollbackText(rollback: RollbackReport, palette: Palette): string {
  const paint = { done: palette.good, failed: palette.bad, 'not-tried': palette.doubt }[rollback.outcome];
  const lines = [
    `${paint(visible(rollback.sentence))}${digestOf(rollback) === '' ? '' : palette.dim(` · ${digestOf(rollback)}`)}`,
    ...columns(changedBack(rollback).map((row) => row.map(visible))).map((row) => `  ${row}`),
    ...(rollback.error === null ? [] : [palette.dim(visible(rollback.error.hint))]),
  ];
  return lines.map((line) => `  ${line}`).join('\n');
}

/** For a pull request comment. */
export function rollbackMarkdown(rollback: RollbackReport): string {
  const sign = { done: '↩️', failed: '❌', 'not-tried': '⚪' }[rollback.outcome];
  const rows = changedBack(rollback).map((row) => `- ${markdown(row.filter((part) => part !== '').join(' '))}`);
  const head = `${sign} **${markdown(rollback.sentence)}**${digestOf(rollback) === '' ? '' : ` · ${digestOf(rollback)}`}`;
  const parts = [head, rollback.error === null ? '' : markdown(rollback.error.hint)];
  if (rows.length > 0) parts.push(fold(`Changed back (${rows.length})`, rows.join('\n')));
  return parts.filter((part) => part !== '').join('\n\n');
}

/** A section of the page. */
export function rollbackHtml(rollback: RollbackReport): string {
  const tone = { done: 'good', failed: 'bad', 'not-tried': 'soft' }[rollback.outcome];
  const rows = changedBack(rollback).map((row) => `<tr>${row.map((part) => `<td class="keep">${html(part)}</td>`).join('')}</tr>`);
  const table = rows.length === 0 ? '' : `<div class="scroll"><table>${rows.join('')}</table></div>`;
  const hint = rollback.error === null ? '' : `<p class="small soft">${html(rollback.error.hint)}</p>`;
  return `<section><h2>Rollback</h2><p class="${tone}">${html(rollback.sentence)} <span class="soft">${html(digestOf(rollback))}</span></p>${hint}${table}</section>`;
}
