/** Plans and reports for a terminal. Pure: colours come in as a palette, so that the same text has none when there should be none. */

import type { Phase } from '../chaos/types.ts';
import type { LoadReport } from '../load/types.ts';
import type { Change, Note } from '../plan/types.ts';
import { sparkline, thin } from './chart.ts';
import {
  count,
  duration,
  MARKS,
  measured,
  milliseconds,
  nameOf,
  objectiveLabel,
  objectiveValue,
  percent,
  place,
  riskText,
  SHORT_DIGEST,
  secondsText,
  share,
  summaryText,
  value,
  visible,
  worstFirst,
} from './format.ts';
import type { PlanReport, Report, ReportVerdict } from './report.ts';

type Paint = (text: string) => string;

export interface Palette {
  readonly create: Paint;
  readonly update: Paint;
  readonly replace: Paint;
  readonly destroy: Paint;
  readonly good: Paint;
  readonly bad: Paint;
  readonly doubt: Paint;
  readonly dim: Paint;
  readonly bold: Paint;
}

const same: Paint = (text) => text;
export const PLAIN: Palette = {
  create: same,
  update: same,
  replace: same,
  destroy: same,
  good: same,
  bad: same,
  doubt: same,
  dim: same,
  bold: same,
};

/** Width of printable text. Enough for what is printed here: no wide characters are. */
const pad = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - [...text].length));

/** Rows in columns. Cells are padded before they are painted, since colour codes have no width. */
function columns(rows: readonly (readonly string[])[], paint: (text: string, row: number, column: number) => string = same): string[] {
  const widths: number[] = [];
  for (const row of rows) for (const [n, cell] of row.entries()) widths[n] = Math.max(widths[n] ?? 0, [...cell].length);
  return rows.map((row, r) =>
    row
      .map((cell, n) => paint(n === row.length - 1 ? cell : pad(cell, widths[n] ?? 0), r, n))
      .join('  ')
      .trimEnd(),
  );
}

export interface PlanHead {
  readonly stack: string;
  readonly account: string;
  readonly region: string;
}

/** What a plan would do, worst first, then its notes and counts; ends with a line end. */
export function renderPlan(head: PlanHead, plan: PlanReport, palette: Palette = PLAIN): string {
  const lines = [`${palette.bold(visible(head.stack))} ${palette.dim(`· ${visible(head.account)} ${visible(head.region)}`)}`, ''];
  if (plan.changes.length === 0)
    lines.push(plan.mode === 'destroy' ? '  Nothing to destroy.' : '  No changes: what is live is what the spec says.', '');
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

function changeLines(change: Change, title: string, palette: Palette): string[] {
  const where = change.position === undefined ? '' : `  ${palette.dim(place(change.position))}`;
  const risk = change.risk === 'none' ? '' : `  ${palette.bad(riskText(change.risk))}`;
  const lines = [`  ${palette[change.verb](where === '' && risk === '' ? title.trimEnd() : title)}${where}${risk}`];
  if (change.verb === 'destroy') return lines;
  const rows = change.fields.map((field) => [
    field.field,
    change.verb === 'create' ? value(field.after) : `${value(field.before)} → ${value(field.after)}`,
    field.reason === '' ? '' : `(${visible(field.reason)})`,
  ]);
  lines.push(...columns(rows).map((row) => `      ${row}`));
  return lines;
}

function noteLines(notes: readonly Note[], palette: Palette): string[] {
  if (notes.length === 0) return [];
  const rows = notes.map((note) => [
    note.kind,
    note.address ?? '',
    `${visible(note.text)}${note.position === undefined ? '' : ` (${place(note.position)})`}`,
  ]);
  return [
    ...columns(rows, (text, row, column) => (column === 0 && notes[row]?.kind === 'warning' ? palette.doubt(text) : palette.dim(text))).map(
      (row) => `  ${row}`,
    ),
    '',
  ];
}

const SIGNS: Readonly<Record<ReportVerdict, { sign: string; paint: keyof Palette }>> = {
  failed: { sign: '✘', paint: 'bad' },
  missed: { sign: '✘', paint: 'bad' },
  inconclusive: { sign: '?', paint: 'doubt' },
  changes: { sign: '~', paint: 'update' },
  pass: { sign: '✔', paint: 'good' },
  applied: { sign: '✔', paint: 'good' },
  destroyed: { sign: '✔', paint: 'good' },
  unchanged: { sign: '✔', paint: 'good' },
};

/** The whole report: plan if nothing was run, then load test, probes and steps, with the verdict last, where a terminal ends. */
export function renderText(report: Report, palette: Palette = PLAIN): string {
  const blocks: string[] = [];
  if (report.plan !== null && report.run === null && report.load === null) blocks.push(renderPlan(report, report.plan, palette).trimEnd());
  if (report.load !== null) blocks.push(loadText(report.load, palette));
  if (report.probes.length > 0) blocks.push(probeText(report, palette));
  if (report.run !== null) blocks.push(runText(report, palette));
  const { sign, paint } = SIGNS[report.verdict];
  const verdict = [
    palette[paint](palette.bold(`${sign} ${visible(report.stack)}: ${visible(report.headline)}`)),
    ...report.reasons.map((reason) => `  - ${visible(reason)}`),
  ];
  const timings = report.timings.map((each) => `${visible(each.name)} ${duration(each.ms)}`).join(' · ');
  if (timings !== '') verdict.push(palette.dim(`  ${timings}`));
  blocks.push(verdict.join('\n'));
  return `${blocks.join('\n\n')}\n`;
}

function loadText(load: LoadReport, palette: Palette): string {
  const phases: readonly Phase[] = load.chaos === null ? ['before'] : ['before', 'during', 'after'];
  const of = (name: Phase) => load.phases.find((each) => each.phase === name);
  const cell = (name: Phase, key: 'errorRate' | 'p95' | 'p99'): string => {
    const phase = of(name);
    if (phase === undefined || phase.count === 0) return '–';
    return key === 'errorRate' ? `${percent(phase.errorRate)} (${count(phase.failed)} of ${count(phase.count)})` : milliseconds(phase[key]);
  };
  const result = (name: string) => load.objectives.find((each) => each.name === name);
  const limit = (name: string): string => {
    const found = result(name);
    return found === undefined ? '' : `≤ ${objectiveValue(found.limit, found.unit)}`;
  };
  const sign = (name: string): string => {
    const found = result(name);
    return found === undefined ? '' : found.result === 'pass' ? '✔' : found.result === 'missed' ? '✘' : '?';
  };
  const colour = (text: string): string =>
    text.startsWith('✔')
      ? palette.good(text)
      : text.startsWith('✘')
        ? palette.bad(text)
        : text.startsWith('?')
          ? palette.doubt(text)
          : text;
  const header = load.chaos === null ? ['', 'whole run', 'limit', ''] : ['', ...phases, 'limit', ''];
  const rates = (['errorRate', 'p95', 'p99'] as const).map((key) => [
    objectiveLabel(key),
    ...phases.map((phase) => cell(phase, key)),
    limit(key),
    sign(key),
  ]);
  const lines = columns([header, ...rates], (text, row, column) => (row === 0 || column === 0 ? palette.dim(text) : colour(text)));
  if (load.chaos !== null) {
    const times = (['detection', 'failover', 'recovery'] as const).map((key) => [
      objectiveLabel(key),
      measured(load[key]),
      limit(key),
      sign(key),
      load[key].kind === 'measured' ? (load[key].note ?? '') : load[key].note,
    ]);
    lines.push('', ...columns(times, (text, _row, column) => (column === 0 || column === 4 ? palette.dim(text) : colour(text))));
    if (load.predicted !== null)
      lines.push(
        palette.dim(`expected: ${load.predicted.detectionStopped.sentence}`),
        palette.dim(`          ${load.predicted.recovery.sentence}`),
      );
  }
  if (load.instances.length > 0) {
    const rows = load.instances.map((each) => [
      each.name === '' ? `${visible(each.instanceId)} (not in the spec)` : visible(each.name),
      visible(each.zone),
      ...phases.map((phase) => share(each.shares[phase])),
      each.path.map((state) => `${state.state}${state.afterSeconds > 0 ? ` +${secondsText(state.afterSeconds)}` : ''}`).join(' → '),
    ]);
    lines.push(
      '',
      ...columns([['instance', 'zone', ...(load.chaos === null ? ['share'] : phases), 'target health'], ...rows], (text, row) =>
        row === 0 ? palette.dim(text) : text,
      ),
    );
  }
  const { points, secondsEach } = thin(load.series, 60);
  lines.push(
    '',
    `p95     ${sparkline(points.map((point) => point.p95))}`,
    `errors  ${sparkline(points.map((point) => point.failed))}  ${palette.dim(`${secondsEach} s each`)}`,
  );
  const kinds = load.failures
    .slice(0, 5)
    .map((each) => `${visible(each.what)} ×${count(each.count)}`)
    .join(', ');
  lines.push(
    `${count(load.lost.failed)} of ${count(load.overall.count)} requests failed${kinds === '' ? '' : ` (${kinds})`}, ${count(load.lost.byFault)} by the fault, ${count(load.dropped)} dropped`,
  );
  return lines.map((line) => `  ${line}`).join('\n');
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
    `${done} of ${run.steps.length} steps done in ${duration(run.endedAt - run.startedAt)}${calls === null ? '' : ` · ${calls.calls} AWS calls (${calls.writes} writes), ${calls.polls} polls, ${calls.refused} refused`}`,
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
