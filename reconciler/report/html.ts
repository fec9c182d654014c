/** The report as one page that stands alone: nothing is fetched, light and dark, with its data in it. Pure. */

import { loadText } from '../load/profile.ts';
import type { LoadReport } from '../load/types.ts';
import { reasonOf } from '../plan/risk.ts';
import type { Change } from '../plan/types.ts';
import { html } from './escape.ts';
import { experimentsHtml } from './experiments-html.ts';
import {
  callsText,
  count,
  doneText,
  duration,
  impactText,
  MARKS,
  moment,
  nameOf,
  place,
  riskText,
  SHORT_DIGEST,
  summaryText,
  worstFirst,
} from './format.ts';
import { charts, instances, objectives, scroll, tiles, timeline } from './html-load.ts';
import { compareHtml } from './page/compare.ts';
import { failures } from './page/failures.ts';
import { pageHtml } from './page/page.ts';
import { stageHtml } from './page/stage.ts';
import type { Report, ReportVerdict } from './report.ts';
import { rollbackHtml } from './rollback.ts';
import { underLoadHtml } from './under-load-html.ts';
import { type Part, partsOf, partText } from './value-diff.ts';

const TONES: Readonly<Record<ReportVerdict, 'good' | 'bad' | 'doubt'>> = {
  failed: 'bad',
  missed: 'bad',
  refused: 'bad',
  notReached: 'doubt',
  inconclusive: 'doubt',
  changes: 'doubt',
  pass: 'good',
  applied: 'good',
  destroyed: 'good',
  glanced: 'doubt',
  unchanged: 'good',
};

export function renderHtml(report: Report): string {
  const { load } = report;
  const body = [
    reportHead(report),
    report.rollback === null ? '' : rollbackHtml(report.rollback),
    report.underLoad === null ? '' : underLoadHtml(report.underLoad),
    load === null ? '' : tiles(load),
    stage(report),
    load === null ? '' : charts(load),
    load === null ? '' : objectives(load),
    load === null ? '' : instances(load),
    load === null ? '' : experimentsHtml(load),
    load === null ? '' : failed(load),
    compareHtml(report.compare),
    probes(report),
    plan(report),
    steps(report),
    load === null ? '' : timeline(load),
    foot(report),
  ].join('\n');
  return pageHtml({ title: `${report.stack}: ${report.headline}`, body, live: false, data: report });
}

function stage({ stage: seen }: Report): string {
  return seen === null ? '' : `<section><h2>Where the requests went</h2>${stageHtml(seen, false)}</section>`;
}

function failed(load: LoadReport): string {
  const names = new Map(load.instances.map(({ instanceId, name }) => [instanceId, name]));
  return failures({
    requests: load.failedRequests,
    total: load.lost.failed,
    nameOf: (instance) => names.get(instance) || instance,
    phaseOf: (second) => {
      const at = load.startedAt + second * 1000;
      const number = (load.experiments ?? []).findIndex((each) =>
        each.load?.phases.some((span) => span.phase === 'during' && holds(span, at)),
      );
      if (load.experiments !== undefined) return number < 0 ? 'no fault' : `experiment ${number + 1}`;
      return load.phases.length < 2 ? '' : (load.phases.find((span) => holds(span, at))?.phase ?? '');
    },
  });
}

const holds = ({ from, to }: { readonly from: number; readonly to: number }, at: number): boolean => at >= from && at < to;

/** Verdict, headline and reasons. */
export function reportHead(report: Report): string {
  const tone = TONES[report.verdict];
  const facts = [
    `${html(report.account)} ${html(report.region)}`,
    moment(report.createdAt),
    report.plan === null ? '' : `plan <code>${html(report.plan.digest.slice(0, SHORT_DIGEST))}</code>`,
    ...report.links.map((each) => (/^https?:\/\//.test(each.url) ? `<a href="${html(each.url)}">${html(each.text)}</a>` : html(each.text))),
  ];
  const reasons =
    report.reasons.length === 0
      ? ''
      : `<ul class="reasons ${tone}">${report.reasons.map((reason) => `<li>${html(reason)}</li>`).join('')}</ul>`;
  return `<header><span class="badge ${tone}">${report.verdict}</span>
<h1><span class="stack">${html(report.stack)}</span> <span class="said">${html(report.headline)}</span></h1>
<p class="facts">${facts.filter((fact) => fact !== '').join(' · ')}</p>${reasons}</header>`;
}

function probes(report: Report): string {
  if (report.probes.length === 0) return '';
  const look = { pass: ['good', '✓'], failed: ['bad', '✗'], skipped: ['soft', '–'] } as const;
  const rows = report.probes.map((each) => {
    const [tone, sign] = look[each.outcome];
    const compared = each.expected === '' ? '' : `<span class="note">expected ${html(each.expected)}, got ${html(each.got)}</span>`;
    return `<tr><td class="keep ${tone}">${sign} ${each.outcome}</td><td class="keep">${html(each.name)}</td><td>${html(each.detail)}${compared}</td></tr>`;
  });
  return `<section><h2>Real requests</h2>${scroll('Real requests', `<table><thead><tr><th scope="col">result</th><th scope="col">probe</th><th scope="col">what was seen</th></tr></thead><tbody>${rows.join('')}</tbody></table>`)}</section>`;
}

function partHtml(part: Part): string {
  const { path, before, after, words } = part;
  const lead = path === '' ? '' : `<span class="soft">${html(path)}</span> `;
  if (words !== undefined)
    return `${lead}<span class="mono">${words.map(({ kind, text }) => (kind === 'same' ? html(text) : `<${TAGS[kind]}>${html(text)}</${TAGS[kind]}>`)).join('')}</span>`;
  if (before === undefined || after === undefined) return `<span class="mono">${html(partText(part))}</span>`;
  return `${lead}<span class="mono before">${html(before)}</span> → <span class="mono after">${html(after)}</span>`;
}

const TAGS = { removed: 'del', added: 'ins' } as const;

function changeBlock(change: Change): string {
  const why = reasonOf(change);
  const reason = why === undefined ? '' : `: ${why}`;
  const risk = change.risk === 'none' ? '' : ` <span class="tag">${html(`${riskText(change.risk)}${reason}`)}</span>`;
  const fate = impactText(change) === '' ? '' : ` <span class="soft">${html(impactText(change))}</span>`;
  const where = change.position === undefined ? '' : ` <span class="where mono">${html(place(change.position))}</span>`;
  const fields =
    change.verb === 'destroy'
      ? ''
      : change.fields
          .map((field) => {
            const what = partsOf(change, field).map(partHtml).join('<br>');
            return `<div><span class="soft">${html(field.field)}</span> ${what}${field.reason === undefined ? '' : ` <span class="soft">(${html(field.reason)})</span>`}</div>`;
          })
          .join('');
  const others = (change.foreign ?? [])
    .map(({ text, id }) => `<div><span class="soft">not of this stack</span> ${html(`${text} (${id}): AWS deletes it too`)}</div>`)
    .join('');
  const named =
    change.physicalName === undefined
      ? ''
      : `<div><span class="soft">name in AWS</span> <span class="mono">${html(change.physicalName)}</span></div>`;
  const rows = `${named}${fields}${others}`;
  return `<div class="change ${change.verb}"><div class="title"><span class="sign">${MARKS[change.verb]}</span>${html(change.label)} <span class="name">${html(nameOf(change))}</span>${fate}${risk}${where}</div>${rows === '' ? '' : `<div class="fields">${rows}</div>`}</div>`;
}

function plan(report: Report): string {
  if (report.plan === null) return '';
  const { changes, summary, notes } = report.plan;
  const blocks = worstFirst(changes).map(changeBlock).join('');
  const noteList =
    notes.length === 0
      ? ''
      : `<p class="small"><b>Notes</b></p>${notes.map((note) => `<p class="small soft">${note.kind}${note.address === undefined ? '' : ` <code>${html(note.address)}</code>`}: ${html(note.text)}</p>`).join('')}`;
  const open = report.run === null ? ' open' : '';
  return `<section><details${open}><summary>Plan: ${html(report.run?.outcome === 'done' ? doneText(summary) : summaryText(summary))}</summary>${changes.length === 0 ? '<p class="soft">No changes.</p>' : blocks}${noteList}</details></section>`;
}

function steps(report: Report): string {
  const { run, calls } = report;
  if (run === null) return '';
  const total = Math.max(1, run.endedAt - run.startedAt);
  const rows = run.steps.map((step) => {
    const from = step.startedAt ?? run.startedAt;
    const ms = step.startedAt === undefined || step.endedAt === undefined ? null : step.endedAt - step.startedAt;
    const left = Math.min(99, ((from - run.startedAt) / total) * 100);
    const bar =
      ms === null
        ? ''
        : `<div class="bar"><i style="margin-left:${left.toFixed(1)}%;width:${Math.min(100 - left, Math.max(1, (ms / total) * 100)).toFixed(1)}%;background:${step.outcome === 'done' ? 'var(--s0)' : 'var(--bad)'}"></i></div>`;
    const error =
      step.error === undefined
        ? step.because === undefined
          ? ''
          : `because of ${step.because}`
        : `${step.error.code}: ${step.error.message}`;
    return `<tr><td>${html(step.title)}${error === '' ? '' : `<span class="note bad">${html(error)}</span>`}</td><td class="keep">${step.outcome}</td><td class="number">${ms === null ? '–' : duration(ms)}</td><td style="width:36%">${bar}</td></tr>`;
  });
  const callText = calls === null ? '' : `, ${callsText(calls)}`;
  return `<section><details${run.outcome === 'done' ? '' : ' open'}><summary>${run.steps.length} steps in ${duration(run.endedAt - run.startedAt)}${callText}</summary>${scroll('Steps', `<table><thead><tr><th scope="col">step</th><th scope="col">outcome</th><th scope="col" class="number">took</th><th scope="col">when</th></tr></thead><tbody>${rows.join('')}</tbody></table>`)}</details></section>`;
}

function foot(report: Report): string {
  const parts = report.timings.map((each) => `${html(each.name)} ${duration(each.ms)}`);
  if (report.load !== null) {
    const { settings, k6, dropped } = report.load;
    parts.push(
      `load ${loadText(settings)} for ${settings.duration} s on <code>${html(settings.paths?.map(({ path }) => path).join(' ') ?? settings.path)}</code>, ${count(dropped)} dropped, k6 ${html(k6.version)}`,
    );
  }
  if (report.victim !== null && report.victim.seed !== '') parts.push(`victim chosen by seed <code>${html(report.victim.seed)}</code>`);
  return `<footer>${parts.join(' · ')}</footer>`;
}
