/** Several stacks at a glance: a line each, worst first. Pure. */

import type { PlanSummary } from '../plan/types.ts';
import { code, markdown } from './escape.ts';
import { duration, visible } from './format.ts';
import { SIGNS as MARKDOWN_SIGNS } from './markdown.ts';
import { table } from './markdown-blocks.ts';
import type { Report } from './report.ts';
import { SIGNS } from './text.ts';
import { columns, type Palette, PLAIN } from './text-columns.ts';

export interface OverviewRow {
  readonly report: Pick<Report, 'stack' | 'region' | 'verdict' | 'headline' | 'plan'>;
  readonly ms: number;
}

const RISKS = { none: '', shift: 'traffic moves', drop: 'traffic at risk' } as const;

const counts = (summary: PlanSummary | undefined): string =>
  summary === undefined
    ? ''
    : (['create', 'adopt', 'update', 'replace', 'destroy'] as const)
        .filter((verb) => summary[verb] > 0)
        .map((verb) => `${summary[verb]} ${verb}`)
        .join(', ');

/** `rows` come in the order they are shown in; ends with how many came to what. */
export function renderOverview(rows: readonly OverviewRow[], palette: Palette = PLAIN): string {
  const lines = rows.map(({ report, ms }) => [
    SIGNS[report.verdict].sign,
    visible(report.stack),
    report.region,
    visible(report.headline),
    counts(report.plan?.summary),
    RISKS[report.plan?.summary.risk ?? 'none'],
    duration(ms),
  ]);
  const painted = columns(lines, (text, row, column) => {
    const verdict = rows[row]?.report.verdict ?? 'notReached';
    return column === 0 || column === 3 ? palette[SIGNS[verdict].paint](text) : column > 3 ? palette.dim(text) : text;
  });
  return `${[...painted, '', totals(rows)].map((line) => (line === '' ? '' : `  ${line}`)).join('\n')}\n`;
}

export function renderOverviewMarkdown(rows: readonly OverviewRow[]): string {
  const lines = rows.map(({ report, ms }) => [
    MARKDOWN_SIGNS[report.verdict],
    code(report.stack),
    markdown(report.region),
    markdown(report.headline),
    counts(report.plan?.summary),
    RISKS[report.plan?.summary.risk ?? 'none'],
    duration(ms),
  ]);
  return `${table(['', 'stack', 'region', 'what', 'changes', 'risk', 'took'], lines)}\n\n${totals(rows)}\n`;
}

const WORDS = { notReached: 'not reached', pass: 'passed', changes: 'with changes', glanced: 'checked lightly' } as Partial<
  Record<Report['verdict'], string>
>;

function totals(rows: readonly OverviewRow[]): string {
  const found = new Map<string, number>();
  for (const { report } of rows) {
    const word = WORDS[report.verdict] ?? report.verdict;
    found.set(word, (found.get(word) ?? 0) + 1);
  }
  return `${rows.length} stacks: ${[...found].map(([word, number]) => `${number} ${word}`).join(', ')}`;
}
