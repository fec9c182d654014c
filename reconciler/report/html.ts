/** The report as one page that stands alone: no script, nothing fetched, light and dark. Pure. */

import type { Phase } from '../chaos/types.ts';
import type { LoadReport, ObjectiveName, ObjectiveResult } from '../load/types.ts';
import type { Change } from '../plan/types.ts';
import { html } from './escape.ts';
import {
  count,
  doneText,
  duration,
  MARKS,
  measured,
  milliseconds,
  moment,
  nameOf,
  OBJECTIVE_NAMES,
  OBJECTIVE_SPANS,
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
import { instanceChart, latencyChart, marksOf, seriesColour } from './html-chart.ts';
import { STYLE } from './html-style.ts';
import type { Report, ReportVerdict } from './report.ts';

const TONES: Readonly<Record<ReportVerdict, 'good' | 'bad' | 'doubt'>> = {
  failed: 'bad',
  missed: 'bad',
  inconclusive: 'doubt',
  changes: 'doubt',
  pass: 'good',
  applied: 'good',
  destroyed: 'good',
  unchanged: 'good',
};

export function renderHtml(report: Report): string {
  const { load } = report;
  const body = [
    head(report),
    load === null ? '' : tiles(load),
    load === null ? '' : charts(load),
    load === null ? '' : objectives(load),
    load === null ? '' : instances(load),
    probes(report),
    plan(report),
    steps(report),
    load === null ? '' : timeline(load),
    foot(report),
  ].join('\n');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="referrer" content="no-referrer">
<title>${html(`${report.stack}: ${report.headline}`)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`;
}

function head(report: Report): string {
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

const TONE_OF = { pass: 'good', missed: 'bad', 'not-evaluated': 'doubt' } as const;
const SIGN_OF = { pass: '✓', missed: '✗', 'not-evaluated': '?' } as const;

function tile(what: string, much: string, below: string, result?: ObjectiveResult): string {
  const limit =
    result === undefined
      ? below
      : `<span class="mark ${TONE_OF[result.result]}">${SIGN_OF[result.result]}</span> limit ${objectiveValue(result.limit, result.unit)}${below === '' ? '' : ` · ${below}`}`;
  return `<div class="tile"><div class="what">${what}</div><div class="much">${much}</div><div class="limit">${limit === '' ? '&nbsp;' : limit}</div></div>`;
}

function tiles(load: LoadReport): string {
  const result = (name: ObjectiveName): ObjectiveResult | undefined => load.objectives.find((each) => each.name === name);
  const worst = load.phases.find((each) => each.phase === 'during') ?? load.phases[0];
  const when = worst?.phase === 'during' ? 'fault ' : '';
  const list = [
    tile(`${when}errors`, worst === undefined ? '–' : percent(worst.errorRate), '', result('errorRate')),
    tile(`${when}p95`, milliseconds(worst?.p95 ?? null), '', result('p95')),
  ];
  if (load.chaos !== null) {
    list.push(
      tile('detection', measured(load.detection), '', result('detection')),
      tile('failover', measured(load.failover), '', result('failover')),
      tile('recovery', measured(load.recovery), '', result('recovery')),
    );
  }
  list.push(tile('requests lost', count(load.lost.failed), `of ${count(load.overall.count)}`));
  return `<div class="tiles">${list.join('')}</div>`;
}

function charts(load: LoadReport): string {
  const marks = marksOf(load)
    .map((mark, index) => `<li><b>${index + 1}</b>${html(mark.text)} at ${secondsText(mark.at)}</li>`)
    .join('');
  return `<section><h2>Latency and errors</h2>${latencyChart(load, 'wide')}${latencyChart(load, 'narrow')}<ul class="legend"><li><i style="background:var(--latency)"></i>p95</li><li><i style="background:var(--error)"></i>failed</li>${marks}</ul></section>`;
}

function objectives(load: LoadReport): string {
  const names: readonly Phase[] = load.chaos === null ? ['before'] : ['before', 'during', 'after'];
  const of = (name: Phase) => load.phases.find((each) => each.phase === name);
  const line = (key: ObjectiveName, cells: readonly string[]): string => {
    const result = load.objectives.find((each) => each.name === key);
    const verdict =
      result === undefined
        ? '<span class="soft">–</span>'
        : `<span class="${TONE_OF[result.result]}">${SIGN_OF[result.result]} ${result.result === 'not-evaluated' ? 'not evaluated' : result.result}</span>`;
    return `<tr><td>${html(OBJECTIVE_NAMES[key])}${OBJECTIVE_SPANS[key] === '' ? '' : `<span class="note">${html(OBJECTIVE_SPANS[key])}</span>`}</td>${cells.map((cell) => `<td class="number">${cell}</td>`).join('')}<td class="number">${result === undefined ? '–' : objectiveValue(result.limit, result.unit)}</td><td class="keep">${verdict}</td></tr>`;
  };
  const rows = (['errorRate', 'p95', 'p99'] as const).map((key) =>
    line(
      key,
      names.map((name) => {
        const phase = of(name);
        if (phase === undefined || phase.count === 0) return '–';
        return key === 'errorRate'
          ? `${percent(phase.errorRate)}<span class="note">${count(phase.failed)} of ${count(phase.count)}</span>`
          : milliseconds(phase[key]);
      }),
    ),
  );
  if (load.chaos !== null) {
    rows.push(
      line('detection', ['', measured(load.detection), '']),
      line('failover', ['', measured(load.failover), '']),
      line('recovery', ['', '', measured(load.recovery)]),
    );
  }
  const header = load.chaos === null ? ['whole run'] : names;
  const failures =
    load.failures.length === 0
      ? ''
      : `<p class="small">Failures: ${load.failures
          .slice(0, 8)
          .map((each) => `${html(each.what)} ×${count(each.count)}`)
          .join(', ')}. ${count(load.lost.byFault)} of ${count(load.lost.failed)} are the fault’s.</p>`;
  const { predicted } = load;
  const expected =
    predicted === null || load.chaos === null
      ? ''
      : `<p class="soft small">What the health check leads one to expect: ${html(predicted.detectionStopped.sentence)} ${html(predicted.detectionDead.sentence)} ${html(predicted.recovery.sentence)}</p>`;
  return `<section><h2>Objectives</h2><div class="scroll tight"><table><tr><th></th>${header.map((name) => `<th class="number">${name}</th>`).join('')}<th class="number">limit</th><th></th></tr>${rows.join('')}</table></div>${failures}${expected}</section>`;
}

const stateTone = (state: string): string => (state === 'healthy' ? 'good' : state === 'initial' || state === 'draining' ? 'doubt' : 'bad');

function instances(load: LoadReport): string {
  if (load.instances.length === 0) return '';
  const ids = load.instances.map((each) => each.instanceId);
  const phases: readonly Phase[] = load.chaos === null ? ['before'] : ['before', 'during', 'after'];
  const rows = load.instances.map((each, index) => {
    const cell = (phase: Phase): string => {
      const part = each.shares[phase];
      return `<td class="number">${share(part)}<div class="bar"><i style="width:${Math.round((part ?? 0) * 100)}%;background:${seriesColour(index)}"></i></div></td>`;
    };
    const path = each.path
      .map(
        (state) =>
          `<span class="${stateTone(state.state)}"${state.reason === '' ? '' : ` title="${html(state.reason)}"`}>${html(state.state)}${state.afterSeconds > 0 ? ` +${secondsText(state.afterSeconds)}` : ''}</span>`,
      )
      .join('→');
    const name = each.name === '' ? 'not in the spec' : html(each.name);
    return `<tr><td class="who">${name}${each.victim ? ' <span class="tag">stopped</span>' : ''}<span class="note mono">${html(each.instanceId)} ${html(each.zone)}</span></td>${phases.map(cell).join('')}<td><div class="path">${path}</div></td></tr>`;
  });
  const told = Object.keys(load.series.byInstance).length > 0;
  const legend = ids
    .map((id, index) => `<li><i style="background:${seriesColour(index)}"></i>${html(load.instances[index]?.name || id)}</li>`)
    .join('');
  const chart = told
    ? `${instanceChart(load, ids, 'wide')}${instanceChart(load, ids, 'narrow')}<ul class="legend">${legend}</ul>`
    : '<p class="soft small">The answers do not tell which instance gave them.</p>';
  const header = load.chaos === null ? ['share'] : phases;
  return `<section><h2>Who answered</h2>${chart}<div class="scroll"><table><tr><th>instance</th>${header.map((name) => `<th class="number">${name}</th>`).join('')}<th>target health, from the stop call</th></tr>${rows.join('')}</table></div></section>`;
}

function probes(report: Report): string {
  if (report.probes.length === 0) return '';
  const look = { pass: ['good', '✓'], failed: ['bad', '✗'], skipped: ['soft', '–'] } as const;
  const rows = report.probes.map((each) => {
    const [tone, sign] = look[each.outcome];
    const compared = each.expected === '' ? '' : `<span class="note">expected ${html(each.expected)}, got ${html(each.got)}</span>`;
    return `<tr><td class="keep ${tone}">${sign} ${each.outcome}</td><td class="keep">${html(each.name)}</td><td>${html(each.detail)}${compared}</td></tr>`;
  });
  return `<section><h2>Real requests</h2><div class="scroll"><table>${rows.join('')}</table></div></section>`;
}

function changeBlock(change: Change): string {
  const risk = change.risk === 'none' ? '' : ` <span class="tag">${html(riskText(change.risk))}</span>`;
  const where = change.position === undefined ? '' : ` <span class="where mono">${html(place(change.position))}</span>`;
  const fields =
    change.verb === 'destroy'
      ? ''
      : change.fields
          .map((field) => {
            const what =
              change.verb === 'create'
                ? `<span class="mono">${html(value(field.after))}</span>`
                : `<span class="mono before">${html(value(field.before))}</span> → <span class="mono after">${html(value(field.after))}</span>`;
            return `<div><span class="soft">${html(field.field)}</span> ${what}${field.reason === '' ? '' : ` <span class="soft">(${html(field.reason)})</span>`}</div>`;
          })
          .join('');
  return `<div class="change ${change.verb}"><div class="title"><span class="sign">${MARKS[change.verb]}</span>${html(change.label)} <span class="name">${html(nameOf(change))}</span>${risk}${where}</div>${fields === '' ? '' : `<div class="fields">${fields}</div>`}</div>`;
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
  const callText = calls === null ? '' : `, ${calls.calls} AWS calls (${calls.writes} writes) and ${calls.polls} polls`;
  return `<section><details${run.outcome === 'done' ? '' : ' open'}><summary>${run.steps.length} steps in ${duration(run.endedAt - run.startedAt)}${callText}</summary><div class="scroll"><table>${rows.join('')}</table></div></details></section>`;
}

function timeline(load: LoadReport): string {
  const rows = load.events.map(
    (event) =>
      `<tr><td class="number keep">${secondsText((event.at - load.startedAt) / 1000)}</td><td class="${event.kind === 'problem' ? 'bad' : ''}">${html(event.text)}</td></tr>`,
  );
  return `<section><details><summary>Timeline: ${load.events.length} events</summary><div class="scroll"><table>${rows.join('')}</table></div></details></section>`;
}

function foot(report: Report): string {
  const parts = report.timings.map((each) => `${html(each.name)} ${duration(each.ms)}`);
  if (report.load !== null) {
    const { settings, k6, dropped } = report.load;
    parts.push(
      `load ${settings.rate}/s for ${settings.duration} s on <code>${html(settings.path)}</code>, ${count(dropped)} dropped, k6 ${html(k6.version)}`,
    );
  }
  if (report.victim !== null && report.victim.seed !== '') parts.push(`victim chosen by seed <code>${html(report.victim.seed)}</code>`);
  return `<footer>${parts.join(' · ')}</footer>`;
}
