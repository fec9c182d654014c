/** Plans and reports for a terminal. Pure: colours come in as a palette, so that the same text has none when there should be none. */

import type { Note } from '../model/json.ts';
import { reasonOf } from '../plan/risk.ts';
import type { Change, FieldChange } from '../plan/types.ts';
import { experimentsText } from './experiments-text.ts';
import {
  callsText,
  duration,
  impactText,
  MARKS,
  nameOf,
  place,
  riskText,
  SHORT_DIGEST,
  summaryText,
  visible,
  worstFirst,
} from './format.ts';
import type { PlanReport } from './plan-report.ts';
import type { Report, ReportVerdict } from './report.ts';
import { rollbackText } from './rollback.ts';
import { columns, type Palette, PLAIN, pad } from './text-columns.ts';
import { loadText } from './text-load.ts';
import { underLoadText } from './under-load-text.ts';
import { partsOf, partText } from './value-diff.ts';

export { type Palette, PLAIN } from './text-columns.ts';

export interface PlanHead {
  readonly stack: string;
  readonly account: string;
  readonly region: string;
}

/** What a plan would do, worst first, then its notes and counts; ends with a line end. */
export function renderPlan(head: PlanHead, plan: PlanReport, palette: Palette = PLAIN): string {
  const lines = [`${palette.bold(visible(head.stack))} ${palette.dim(`· ${visible(head.account)} ${visible(head.region)}`)}`, ''];
  if (plan.changes.length === 0) lines.push(`  ${nothingText(plan)}`, '');
  const changes = worstFirst(plan.changes);
  const left = changes.map((change) => [MARKS[change.verb], change.label, nameOf(change)]);
  const titles = columns(left);
  const room = Math.max(0, ...titles.map((title) => [...title].length));
  for (const [n, change] of changes.entries()) lines.push(...changeLines(change, pad(titles[n] ?? '', room), palette), '');
  lines.push(...noteLines(plan.notes, palette));
  const risk =
    plan.changes.length === 0 ? '' : ` · ${plan.summary.risk === 'none' ? riskText('none') : palette.bad(riskText(plan.summary.risk))}`;
  lines.push(`  ${summaryText(plan.summary)}${risk}`, `  ${palette.dim(`digest ${plan.digest.slice(0, SHORT_DIGEST)}`)}`);
  return `${lines.join('\n')}\n`;
}

function nothingText({ mode, notes }: PlanReport): string {
  if (mode === 'destroy') return 'Nothing to destroy.';
  return notes.some(({ kind }) => kind === 'unfinished')
    ? 'No changes: AWS matches the spec. Not all of it is in service:'
    : 'No changes: AWS matches the spec.';
}

function changeLines(change: Change, title: string, palette: Palette): string[] {
  const where = change.position === undefined ? '' : `  ${palette.dim(place(change.position))}`;
  const fate = impactText(change) === '' ? '' : `  ${palette.dim(impactText(change))}`;
  const why = reasonOf(change);
  const reason = why === undefined || change.risk === 'none' ? '' : `: ${visible(why)}`;
  const risk = change.risk === 'none' ? '' : `  ${palette.bad(`${riskText(change.risk)}${reason}`)}`;
  const rest = `${where}${fate}${risk}`;
  const lines = [`  ${palette[change.verb](rest === '' ? title.trimEnd() : title)}${rest}`];
  if (change.verb === 'destroy') return [...lines, ...columns(foreignRows(change)).map((row) => `      ${row}`)];
  const rows = [
    ...(change.physicalName === undefined ? [] : [['name in AWS', visible(change.physicalName)]]),
    ...change.fields.flatMap((field) => fieldRows(change, field)),
    ...foreignRows(change),
  ];
  lines.push(...columns(rows).map((row) => `      ${row}`));
  return lines;
}

/** What is longer than this has its reason below it. */
const BESIDE = 60;

/** One row for each part that differs; the reason stands beside the first where there is room. */
function fieldRows(change: Change, field: FieldChange): string[][] {
  const [first = '', ...more] = partsOf(change, field).map(partText);
  const reason = field.reason === undefined ? [] : [`(${visible(field.reason)})`];
  const rest = more.map((line) => ['', line]);
  return first.length <= BESIDE
    ? [[field.field, first, ...reason], ...rest]
    : [[field.field, first], ...rest, ...reason.map((line) => ['', line])];
}

const foreignRows = (change: Change): string[][] =>
  (change.foreign ?? []).map(({ text, id }) => ['not of this stack', `${visible(text)} (${visible(id)}): AWS deletes it too`]);

function noteLines(notes: readonly Note[], palette: Palette): string[] {
  if (notes.length === 0) return [];
  const rows = notes.map((note) => [
    note.kind,
    note.address ?? '',
    `${visible(note.text)}${note.position === undefined ? '' : ` (${place(note.position)})`}`,
  ]);
  return [
    ...columns(rows, (text, row, column) =>
      column === 0 && ['warning', 'unfinished', 'locked'].includes(notes[row]?.kind ?? '') ? palette.doubt(text) : palette.dim(text),
    ).map((row) => `  ${row}`),
    '',
  ];
}

/** Of a verdict, for a terminal. */
export const SIGNS: Readonly<Record<ReportVerdict, { sign: string; paint: keyof Palette }>> = {
  failed: { sign: '✘', paint: 'bad' },
  missed: { sign: '✘', paint: 'bad' },
  refused: { sign: '✘', paint: 'bad' },
  notReached: { sign: '?', paint: 'doubt' },
  inconclusive: { sign: '?', paint: 'doubt' },
  changes: { sign: '~', paint: 'update' },
  pass: { sign: '✔', paint: 'good' },
  applied: { sign: '✔', paint: 'good' },
  destroyed: { sign: '✔', paint: 'good' },
  glanced: { sign: '·', paint: 'dim' },
  unchanged: { sign: '✔', paint: 'good' },
};

/** The whole report: plan if nothing was run, then load test, probes and steps, with the verdict last, where a terminal ends. */
export function renderText(report: Report, palette: Palette = PLAIN): string {
  const blocks: string[] = [];
  if (report.plan !== null && report.run === null && report.load === null) blocks.push(renderPlan(report, report.plan, palette).trimEnd());
  if (report.load !== null) blocks.push(loadText(report.load, palette), ...experimentsText(report.load, palette));
  if (report.probes.length > 0) blocks.push(probeText(report, palette));
  if (report.run !== null) blocks.push(runText(report, palette));
  if (report.rollback !== null) blocks.push(rollbackText(report.rollback, palette));
  if (report.underLoad !== null) blocks.push(underLoadText(report.underLoad, palette));
  const { sign, paint } = SIGNS[report.verdict === 'unchanged' && report.reasons.length > 0 ? 'inconclusive' : report.verdict];
  const verdict = [
    palette[paint](palette.bold(`${sign} ${visible(report.stack)}: ${visible(report.headline)}`)),
    ...report.reasons.map((reason) => `  - ${visible(reason)}`),
  ];
  const timings = report.timings.map((each) => `${visible(each.name)} ${duration(each.ms)}`).join(' · ');
  if (timings !== '') verdict.push(palette.dim(`  ${timings}`));
  blocks.push(verdict.join('\n'));
  return `${blocks.join('\n\n')}\n`;
}

function probeText(report: Report, palette: Palette): string {
  const signs = { pass: '✔', failed: '✘', skipped: '-' } as const;
  const rows = report.probes.map((each) => [
    signs[each.outcome],
    visible(each.name),
    visible(each.detail),
    each.outcome === 'failed' ? `expected ${visible(each.expected)}, got ${visible(each.got)}` : '',
  ]);
  return columns(rows, (text, row, column) => {
    const outcome = report.probes[row]?.outcome;
    if (outcome === 'failed') return palette.bad(text);
    return column === 0 && outcome === 'pass' ? palette.good(text) : outcome === 'skipped' ? palette.dim(text) : text;
  })
    .map((line) => `  ${line}`)
    .join('\n');
}

function runText(report: Report, palette: Palette): string {
  const { run, calls } = report;
  if (run === null) return '';
  const done = run.steps.filter((step) => step.outcome === 'done').length;
  const lines = [
    `${done} of ${run.steps.length} steps done in ${duration(run.endedAt - run.startedAt)}${calls === null ? '' : ` · ${callsText(calls)}${calls.refused === 0 ? '' : `, ${calls.refused} refused`}`}`,
  ];
  for (const step of run.steps) {
    if (step.outcome === 'failed')
      lines.push(
        palette.bad(`✘ ${visible(step.title)}: ${visible(step.error?.code ?? '')} ${visible(step.error?.message ?? '')}`),
        ...(step.error?.hint === undefined ? [] : [`    ${visible(step.error.hint)}`]),
      );
    else if (step.outcome !== 'done')
      lines.push(
        palette.dim(`- ${visible(step.title)}: ${step.outcome}${step.because === undefined ? '' : ` because of ${step.because}`}`),
      );
  }
  return lines.map((line) => `  ${line}`).join('\n');
}
