/** The report as Markdown for a pull request comment or a job summary: verdict first, then what a reviewer asks next. Pure. */

import type { Phase } from '../chaos/types.ts';
import type { LoadReport } from '../load/types.ts';
import type { Change } from '../plan/types.ts';
import { niceCeiling, sparkline, thin } from './chart.ts';
import { code, fence, link, markdown } from './escape.ts';
import {
  count,
  doneText,
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
  worstFirst,
} from './format.ts';
import type { PlanReport, Report, ReportVerdict } from './report.ts';

/** GitHub refuses comments over 65,536 characters. */
export const SIZE_LIMIT = 60_000;
/** The diff may use this much; further changes are counted. */
const DIFF_LIMIT = 24_000;

const SIGNS: Readonly<Record<ReportVerdict, string>> = {
  failed: '❌',
  missed: '❌',
  inconclusive: '⚪',
  changes: '🟠',
  pass: '✅',
  applied: '✅',
  destroyed: '✅',
  unchanged: '✅',
};

/** At most `limit` characters: sections that no longer fit are left out whole and counted, the first is always there. */
export function renderMarkdown(report: Report, limit: number = SIZE_LIMIT): string {
  const sections = [
    head(report),
    reasons(report),
    report.load === null ? '' : objectives(report.load),
    report.load === null ? '' : chart(report.load),
    report.load === null ? '' : instances(report.load),
    report.plan === null ? '' : diff(report.plan, report.run !== null),
    probes(report),
    report.load === null ? '' : timeline(report.load),
    steps(report),
    notes(report.plan),
    foot(report),
  ].filter((section) => section !== '');
  const gone = (number: number): string => `_${number} section${number === 1 ? '' : 's'} left out for length: see the full report._`;
  const kept: string[] = [];
  let left = limit - gone(99).length - 2;
  let out = 0;
  for (const section of sections) {
    if (section.length + 2 > left) {
      out++;
      continue;
    }
    kept.push(section);
    left -= section.length + 2;
  }
  if (out > 0) kept.push(gone(out));
  return `${kept.join('\n\n')}\n`;
}

function head(report: Report): string {
  const { plan } = report;
  const done = report.run?.outcome === 'done';
  const title = `### ${SIGNS[report.verdict]} ${code(report.stack)}: ${markdown(report.headline)}`;
  const facts = [
    plan === null ? '' : `plan ${code(plan.digest.slice(0, SHORT_DIGEST))}`,
    plan === null ? '' : done ? doneText(plan.summary) : summaryText(plan.summary),
    plan === null || plan.changes.length === 0 || done ? '' : `**${riskText(plan.summary.risk)}**`,
    `${markdown(report.account)} ${markdown(report.region)}`,
    ...report.links.map((each) => link(each.text, each.url)),
  ];
  return `${title}\n${facts.filter((fact) => fact !== '').join(' · ')}`;
}

/** A handful: the first ones are the worst, and the whole list is in the other formats. */
const REASONS = 12;

function reasons(report: Report): string {
  if (report.reasons.length === 0) return '';
  const kind = report.verdict === 'failed' || report.verdict === 'missed' ? 'CAUTION' : 'WARNING';
  const shown = report.reasons.slice(0, REASONS).map((reason) => `> - ${markdown(reason.slice(0, 600))}`);
  const more = report.reasons.length - shown.length;
  return [`> [!${kind}]`, ...shown, ...(more > 0 ? [`> - and ${more} more`] : [])].join('\n');
}

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const table = (header: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(header), row(header.map(() => '---')), ...rows.map(row)].join('\n');
const fold = (summary: string, body: string, open = false): string =>
  `<details${open ? ' open' : ''}><summary>${summary}</summary>\n\n${body}\n\n</details>`;

const RESULTS = { pass: '✅', missed: '❌', 'not-evaluated': '⚪' } as const;

function objectives(load: LoadReport): string {
  const phase = (name: Phase) => load.phases.find((each) => each.phase === name);
  const cell = (name: 'errorRate' | 'p95' | 'p99', each: Phase): string => {
    const report = phase(each);
    if (report === undefined || report.count === 0) return '–';
    return name === 'errorRate'
      ? `${percent(report.errorRate)} (${count(report.failed)} of ${count(report.count)})`
      : milliseconds(report[name]);
  };
  const rows: string[][] = [];
  for (const name of ['errorRate', 'p95', 'p99'] as const) {
    const result = load.objectives.find((each) => each.name === name);
    const limit = result === undefined ? '–' : `≤ ${objectiveValue(result.limit, result.unit)}`;
    rows.push([
      objectiveLabel(name),
      limit,
      cell(name, 'before'),
      cell(name, 'during'),
      cell(name, 'after'),
      result === undefined ? '' : verdictOf(result),
    ]);
  }
  if (load.chaos !== null) {
    for (const name of ['detection', 'failover', 'recovery'] as const) {
      const result = load.objectives.find((each) => each.name === name);
      const limit = result === undefined ? '–' : `≤ ${objectiveValue(result.limit, result.unit)}`;
      const time = `**${measured(load[name])}**`;
      rows.push([
        objectiveLabel(name),
        limit,
        '',
        name === 'recovery' ? '' : time,
        name === 'recovery' ? time : '',
        result === undefined ? '' : verdictOf(result),
      ]);
    }
  }
  const lost = `**${count(load.lost.failed)}** of ${count(load.overall.count)} requests failed${load.lost.failed === 0 ? '' : `, ${count(load.lost.byFault)} of them by the fault`}`;
  const kinds = load.failures.slice(0, 5).map((each) => `${markdown(each.what)} ×${count(each.count)}`);
  const lines = [
    table(['objective', 'limit', 'before', 'during', 'after', ''], rows),
    '',
    kinds.length === 0 ? `${lost}.` : `${lost}: ${kinds.join(', ')}.`,
  ];
  if (load.predicted !== null && load.chaos !== null) {
    lines.push(
      `<sub>The health check leads one to expect: ${markdown(load.predicted.detectionStopped.sentence)} ${markdown(load.predicted.recovery.sentence)}</sub>`,
    );
  }
  return lines.join('\n');
}

function verdictOf(result: LoadReport['objectives'][number]): string {
  const sign = RESULTS[result.result];
  if (result.margin === null || result.result === 'not-evaluated') return sign;
  return result.margin >= 0 ? `${sign} ${Math.round(result.margin * 100)} % left` : `${sign} ${Math.round(-result.margin * 100)} % over`;
}

function chart(load: LoadReport): string {
  const { points, secondsEach } = thin(load.series, 60);
  if (points.length < 2) return '';
  const p95 = points.map((point) => (point.p95 === null ? 0 : Math.round(point.p95 * 10) / 10));
  const failed = points.map((point) => point.failed);
  const at = (ms: number): string => `${((ms - load.startedAt) / 1000).toFixed(0)} s`;
  const during = load.phases.find((each) => each.phase === 'during');
  const marks =
    during === undefined
      ? ''
      : ` · ⏻ stop ${at(during.from)}${load.phases.some((each) => each.phase === 'after') ? ` · ✔ healthy again ${at(during.to)}` : ''}`;
  const top = niceCeiling(Math.max(1, ...p95, ...failed));
  return [
    `p95 ${code(sparkline(p95))} · errors ${code(sparkline(failed))} (${secondsEach} s each)${marks}`,
    '',
    '```mermaid',
    '---',
    'config: {xyChart: {width: 800, height: 260}, themeVariables: {xyChart: {plotColorPalette: "#0969da, #cf222e"}}}',
    '---',
    'xychart-beta',
    `    title "p95 in ms (blue), errors per ${secondsEach === 1 ? 'second' : `${secondsEach} s`} (red)"`,
    `    x-axis "seconds since the load began" 0 --> ${points.length * secondsEach}`,
    `    y-axis "ms, errors" 0 --> ${top}`,
    `    line [${p95.join(', ')}]`,
    `    line [${failed.join(', ')}]`,
    '```',
  ].join('\n');
}

function instances(load: LoadReport): string {
  if (load.instances.length === 0) return '';
  const rows = load.instances.slice(0, 50).map((each) => {
    const path = each.path
      .map((state) => `${markdown(state.state)}${state.afterSeconds > 0 ? ` +${secondsText(state.afterSeconds)}` : ''}`)
      .slice(0, 12);
    const name = each.name === '' ? `not in the spec ${code(each.instanceId)}` : `${markdown(each.name)} ${code(each.instanceId)}`;
    return [
      `${name}${each.victim ? ' ⏻' : ''}`,
      markdown(each.zone),
      share(each.shares.before),
      share(each.shares.during),
      share(each.shares.after),
      path.join(' → '),
    ];
  });
  return table(['instance', 'zone', 'before', 'during', 'after', 'target health (from the stop call)'], rows);
}

/** The `diff` language colours lines by their first character. */
const DIFF_MARKS: Readonly<Record<Change['verb'], string>> = { create: '+', update: '!', replace: '!', destroy: '-' };

function diff(plan: PlanReport, done: boolean): string {
  if (plan.changes.length === 0) return '';
  const lines: string[] = [];
  let size = 0;
  let shown = 0;
  for (const change of worstFirst(plan.changes)) {
    const block = changeLines(change);
    const length = block.reduce((sum, line) => sum + line.length + 1, 0);
    if (size + length > DIFF_LIMIT) continue;
    lines.push(...block);
    size += length;
    shown++;
  }
  const left = plan.changes.length - shown;
  if (left > 0) lines.push(`# and ${left} more change${left === 1 ? '' : 's'}: see the full plan`);
  return fold(
    `Diff (${plan.changes.length} change${plan.changes.length === 1 ? '' : 's'}, ${plan.summary.unchanged} unchanged)`,
    fence('diff', lines),
    !done,
  );
}

function changeLines(change: Change): string[] {
  const mark = DIFF_MARKS[change.verb];
  const risk = change.risk === 'none' ? '' : `   (${riskText(change.risk)})`;
  const where = change.position === undefined ? '' : `   ${place(change.position)}`;
  const lines = [`${mark} ${MARKS[change.verb] === mark ? '' : `${MARKS[change.verb]} `}${change.label} ${nameOf(change)}${where}${risk}`];
  if (change.verb === 'destroy') return lines;
  for (const field of change.fields) {
    const what = change.verb === 'create' ? value(field.after) : `${value(field.before)} → ${value(field.after)}`;
    lines.push(`${mark}     ${field.field}: ${what}${field.reason === '' ? '' : `   (${field.reason})`}`);
  }
  return lines;
}

const OUTCOMES = { pass: '✅', failed: '❌', skipped: '➖' } as const;

function probes(report: Report): string {
  if (report.probes.length === 0) return '';
  const failed = report.probes.filter((each) => each.outcome === 'failed').length;
  const rows = report.probes.map((each) => [
    OUTCOMES[each.outcome],
    markdown(each.name),
    markdown(each.detail),
    markdown(each.expected),
    markdown(each.got),
  ]);
  const title =
    failed === 0
      ? `Real requests (${report.probes.length} checks, none failed)`
      : `Real requests (${failed} of ${report.probes.length} checks failed)`;
  return fold(title, table(['', 'check', 'found', 'expected', 'got'], rows), failed > 0);
}

function timeline(load: LoadReport): string {
  const rows = load.events.slice(0, 200).map((event) => [`${((event.at - load.startedAt) / 1000).toFixed(1)} s`, markdown(event.text)]);
  return fold(`Timeline (${load.events.length} events)`, table(['after', 'what'], rows));
}

function steps(report: Report): string {
  const { run, calls } = report;
  if (run === null) return '';
  const took = duration(run.endedAt - run.startedAt);
  const callText = calls === null ? '' : `, ${calls.calls} AWS calls (${calls.writes} writes) and ${calls.polls} polls`;
  const rows = run.steps.slice(0, 200).map((step) => {
    const ms = step.startedAt === undefined || step.endedAt === undefined ? '' : duration(step.endedAt - step.startedAt);
    const why =
      step.error === undefined
        ? step.because === undefined
          ? ''
          : `because of ${step.because}`
        : `${step.error.code}: ${step.error.message}`;
    return [markdown(step.title), step.outcome, ms, markdown(why)];
  });
  return fold(`${run.steps.length} steps in ${took}${callText}`, table(['step', 'outcome', 'took', ''], rows), run.outcome === 'failed');
}

function notes(plan: PlanReport | null): string {
  if (plan === null || plan.notes.length === 0) return '';
  const lines = plan.notes
    .slice(0, 100)
    .map(
      (note) =>
        `- ${note.kind}${note.address === undefined ? '' : ` ${code(note.address)}`}: ${markdown(note.text)}${note.position === undefined ? '' : ` (${markdown(place(note.position))})`}`,
    );
  return fold(`Notes (${plan.notes.length})`, lines.join('\n'));
}

function foot(report: Report): string {
  const parts = report.timings.map((each) => `${markdown(each.name)} ${duration(each.ms)}`);
  if (report.load !== null) {
    const { settings, k6, dropped } = report.load;
    parts.push(`load ${settings.rate}/s for ${settings.duration} s, ${count(dropped)} dropped, k6 ${markdown(k6.version)}`);
  }
  if (report.victim !== null && report.victim.seed !== '') parts.push(`victim chosen by seed ${code(report.victim.seed)}`);
  return parts.length === 0 ? '' : `<sub>${parts.join(' · ')}</sub>`;
}
