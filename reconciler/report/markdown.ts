/** The report as Markdown for a pull request comment or a job summary: verdict first, then what a reviewer asks next. Pure. */

import { reasonOf } from '../plan/risk.ts';
import type { Change } from '../plan/types.ts';
import { code, fence, link, markdown } from './escape.ts';
import { experimentsMarkdown } from './experiments-markdown.ts';
import {
  callsText,
  count,
  duration,
  impactText,
  MARKS,
  nameOf,
  place,
  riskText,
  SHORT_DIGEST,
  shortSummary,
  worstFirst,
} from './format.ts';
import { fold, table } from './markdown-blocks.ts';
import { chart, instances, objectives, timeline } from './markdown-load.ts';
import type { PlanReport } from './plan-report.ts';
import type { Report, ReportVerdict } from './report.ts';
import { rollbackMarkdown } from './rollback.ts';
import { underLoadMarkdown } from './under-load-markdown.ts';
import { partsOf, partText } from './value-diff.ts';

/** GitHub refuses comments over 65,536 characters. */
export const SIZE_LIMIT = 60_000;
/** The diff may use this much; further changes are counted. */
const DIFF_LIMIT = 24_000;

/** Of a verdict, in Markdown. */
export const SIGNS: Readonly<Record<ReportVerdict, string>> = {
  failed: '❌',
  missed: '❌',
  refused: '❌',
  notReached: '⚪',
  inconclusive: '⚪',
  changes: '🟠',
  pass: '✅',
  applied: '✅',
  destroyed: '✅',
  glanced: '⚪',
  unchanged: '✅',
};

export function renderMarkdown(report: Report, limit: number = SIZE_LIMIT): string {
  return fitted(sectionsOf(report), limit);
}

/** All that there is to say, most important first; the diff open as long as nothing was done. Some may be empty. */
export function sectionsOf(report: Report, diffLimit: number = DIFF_LIMIT): string[] {
  return [
    head(report),
    reasons(report),
    report.rollback === null ? '' : rollbackMarkdown(report.rollback),
    report.underLoad === null ? '' : underLoadMarkdown(report.underLoad),
    report.load === null ? '' : objectives(report.load),
    report.load === null ? '' : chart(report.load),
    report.load === null ? '' : instances(report.load),
    ...(report.load === null ? [] : experimentsMarkdown(report.load)),
    report.plan === null ? '' : diff(report.plan, report.run !== null, diffLimit),
    probes(report),
    report.load === null ? '' : timeline(report.load),
    steps(report),
    notes(report.plan),
    measured(report),
    foot(report),
  ];
}

/** At most `limit` characters: sections that no longer fit are left out whole and counted, the first is always there. */
export function fitted(sections: readonly string[], limit: number, where = 'see the full report'): string {
  const gone = (number: number): string => `_${number} section${number === 1 ? '' : 's'} left out for length: ${where}._`;
  const kept: string[] = [];
  let left = limit - gone(99).length - 2;
  let out = 0;
  for (const section of sections.filter((each) => each !== '')) {
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

/** Nothing to change is good news only where all of it is in service. */
export const signOf = ({ verdict, reasons: why }: Report): string => (verdict === 'unchanged' && why.length > 0 ? '🟠' : SIGNS[verdict]);

/** The verdict and the facts beside it; `title` has the risk in its sentence already. */
export function head(report: Report, sign: string = signOf(report), title?: string): string {
  const { plan } = report;
  const done = report.run?.outcome === 'done';
  const first = `### ${sign} ${code(report.stack)}: ${markdown(title ?? report.headline)}`;
  const facts = [
    plan === null ? '' : `plan ${code(plan.digest.slice(0, SHORT_DIGEST))}`,
    plan === null ? '' : shortSummary(plan.summary, done),
    plan === null || plan.changes.length === 0 || done || title !== undefined ? '' : `**${riskText(plan.summary.risk)}**`,
    `${markdown(report.account)} ${markdown(report.region)}`.trim(),
    ...report.links.map((each) => link(each.text, each.url)),
  ];
  return `${first}\n${facts.filter((fact) => fact !== '').join(' · ')}`;
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

/** The `diff` language colours lines by their first character. */
const DIFF_MARKS: Readonly<Record<Change['verb'], string>> = { create: '+', adopt: '!', update: '!', replace: '!', destroy: '-' };

function diff(plan: PlanReport, done: boolean, limit: number): string {
  if (plan.changes.length === 0) return '';
  const lines: string[] = [];
  let size = 0;
  let shown = 0;
  for (const change of worstFirst(plan.changes)) {
    const block = changeLines(change);
    const length = block.reduce((sum, line) => sum + line.length + 1, 0);
    if (size + length > limit) continue;
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
  const why = reasonOf(change);
  const reason = why === undefined ? '' : `: ${why}`;
  const told = [impactText(change), change.risk === 'none' ? '' : `${riskText(change.risk)}${reason}`].filter((part) => part !== '');
  const risk = told.length === 0 ? '' : `   (${told.join('; ')})`;
  const where = change.position === undefined ? '' : `   ${place(change.position)}`;
  const lines = [`${mark} ${MARKS[change.verb] === mark ? '' : `${MARKS[change.verb]} `}${change.label} ${nameOf(change)}${where}${risk}`];
  for (const { text, id } of change.foreign ?? []) lines.push(`-     not of this stack: ${text} (${id}): AWS deletes it too`);
  if (change.verb === 'destroy') return lines;
  if (change.physicalName !== undefined) lines.push(`${mark}     name in AWS: ${change.physicalName}`);
  for (const field of change.fields) {
    const reason = field.reason === undefined ? '' : `   (${field.reason})`;
    const [first = '', ...more] = partsOf(change, field).map(partText);
    lines.push(`${mark}     ${field.field}: ${first}${more.length === 0 ? reason : ''}`);
    for (const [index, line] of more.entries()) lines.push(`${mark}         ${line}${index === more.length - 1 ? reason : ''}`);
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

function steps(report: Report): string {
  const { run, calls } = report;
  if (run === null) return '';
  const took = duration(run.endedAt - run.startedAt);
  const callText = calls === null ? '' : `, ${callsText(calls)}`;
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

/** What a reader asks for who doubts a figure, or wants the test once more. */
function measured({ load, victim }: Report): string {
  const lines = [
    ...(load === null || load.predicted === null || load.chaos === null
      ? []
      : [`- Expected from the health check: ${markdown(load.predicted.detection.sentence)} ${markdown(load.predicted.recovery.sentence)}`]),
    ...(victim === null || victim.seed === '' ? [] : [`- The seed ${code(victim.seed)} chose the instance`]),
  ];
  return lines.length === 0 ? '' : fold('How it was measured', lines.join('\n'));
}

function foot(report: Report): string {
  const parts = report.timings.map((each) => `${markdown(each.name)} ${duration(each.ms)}`);
  if (report.load !== null) {
    const { settings, k6, dropped } = report.load;
    parts.push(`load ${settings.rate}/s for ${settings.duration} s, ${count(dropped)} dropped, k6 ${markdown(k6.version)}`);
  }
  return parts.length === 0 ? '' : `<sub>${parts.join(' · ')}</sub>`;
}
