/** The load test as parts of the page: tiles, charts, objectives, instances and timeline. Pure. */

import { wordsOf } from '../chaos/experiments.ts';
import type { Phase } from '../chaos/types.ts';
import type { LoadReport, ObjectiveName, ObjectiveResult } from '../load/types.ts';
import { html } from './escape.ts';
import { count, measured, milliseconds, objectiveValue, percent, secondsText, share } from './format.ts';
import { type ChartInput, chartOf, instanceChart, instanceColumns, latencyChart, plot, seriesColour, tableOf } from './html-chart.ts';
import { lcuText } from './lcu.ts';
import { columnsOf, columnTitle, generatorText, objectiveRows } from './objective-rows.ts';
import { SHARD_COLUMNS, shardRows } from './shard-rows.ts';

/** A table that may be wider than the page. It takes the focus, so that the keyboard can move it (WCAG 2.1.1). */
export const scroll = (label: string, table: string, look = ''): string =>
  `<div class="scroll ${look}" tabindex="0" role="region" aria-label="${html(label)}">${table}</div>`;

const TONE_OF = { pass: 'good', missed: 'bad', 'not-evaluated': 'doubt' } as const;
const SIGN_OF = { pass: '✓', missed: '✗', 'not-evaluated': '?' } as const;

function tile(what: string, much: string, below: string, result?: ObjectiveResult): string {
  const limit =
    result === undefined
      ? below
      : `<span class="mark ${TONE_OF[result.result]}">${SIGN_OF[result.result]}</span> limit ${objectiveValue(result.limit, result.unit)}${below === '' ? '' : ` · ${below}`}`;
  return `<div class="tile"><div class="what">${what}</div><div class="much">${much}</div><div class="limit">${limit === '' ? '&nbsp;' : limit}</div></div>`;
}

/** The figures one looks for first, each beside its limit. */
export function tiles(load: LoadReport): string {
  const result = (name: ObjectiveName): ObjectiveResult | undefined => load.objectives.find((each) => each.name === name);
  const during = load.phases.find((each) => each.phase === 'during');
  const fault = (text: string): string => (during === undefined ? '' : `${text} during the fault`);
  const list = [
    tile('errors', percent(load.overall.errorRate), fault(percent(during?.errorRate ?? 0)), result('errorRate')),
    tile('p95', milliseconds(load.overall.p95), fault(milliseconds(during?.p95 ?? null)), result('p95')),
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

/** Latency and errors over time, with the moments of the fault. */
export function charts(load: LoadReport): string {
  const chart = chartOf(load);
  return `<section><h2>Latency and errors</h2>${plot('latency', 'p95 latency and failed requests over time', (size) => latencyChart(chart, size))}${latencyLegend(chart)}${tableOf(chart)}</section>`;
}

/** What the colours and the numbered pins of the chart mean. */
export function latencyLegend({ marks }: Pick<ChartInput, 'marks'>): string {
  const pins = marks.map((mark, index) => `<li><b>${index + 1}</b>${html(mark.text)} at ${secondsText(mark.at)}</li>`).join('');
  return `<ul class="legend"><li><i style="background:var(--latency)"></i>p95</li><li><i style="background:var(--error)"></i>failed</li>${pins}</ul>`;
}

/** Every figure in every phase. */
export function objectives(load: LoadReport): string {
  const shown = columnsOf(load);
  const rows = objectiveRows(load).map(({ name, span, cells, limit, result }) => {
    const verdict =
      result === undefined
        ? '<span class="soft">–</span>'
        : `<span class="${TONE_OF[result.result]}">${SIGN_OF[result.result]} ${result.result === 'not-evaluated' ? 'not evaluated' : result.result}</span>`;
    const noted = (text: string, note: string): string => `${html(text)}${note === '' ? '' : `<span class="note">${html(note)}</span>`}`;
    const figures = shown.map((column) => {
      const { text, note } = cells[column] ?? { text: '', note: '' };
      return `<td class="number">${noted(text, note)}</td>`;
    });
    return `<tr><th scope="row">${noted(name, span)}</th>${figures.join('')}<td class="number">${html(limit === '' ? '–' : limit)}</td><td class="keep">${verdict}</td></tr>`;
  });
  const header = shown.map((column) => columnTitle(load, column));
  const unsent = generatorText(load) === '' ? '' : `<p class="doubt small">${html(generatorText(load))}</p>`;
  const capacity = lcuText(load) === '' ? '' : `<p class="small">${html(lcuText(load))}</p>`;
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
      : `<p class="soft small">Expected from the health check: ${[predicted.detection, ...predicted.besides, predicted.recovery].map(({ sentence }) => html(sentence)).join(' ')}</p>`;
  return `<section><h2>Objectives</h2>${scroll('Objectives', `<table><thead><tr><th scope="col">objective</th>${header.map((name) => `<th scope="col" class="number">${name}</th>`).join('')}<th scope="col" class="number">limit</th><th scope="col">result</th></tr></thead><tbody>${rows.join('')}</tbody></table>`, 'tight')}${failures}${unsent}${capacity}${shardTable(load)}${expected}</section>`;
}

function shardTable(load: LoadReport): string {
  if (load.shards.length === 0) return '';
  const cells = shardRows(load).map(
    ([name = '', ...figures]) =>
      `<tr><th scope="row">${html(name)}</th>${figures.map((figure) => `<td class="number">${html(figure)}</td>`).join('')}</tr>`,
  );
  const header = SHARD_COLUMNS.map((name, index) => `<th scope="col"${index === 0 ? '' : ' class="number"'}>${name}</th>`);
  const body = `<table><thead><tr>${header.join('')}</tr></thead><tbody>${cells.join('')}</tbody></table>`;
  return `<h3>Sent by ${load.shards.length} k6 processes</h3>${scroll('Shards', body, 'tight')}`;
}

const stateTone = (state: string): string => (state === 'healthy' ? 'good' : state === 'initial' || state === 'draining' ? 'doubt' : 'bad');

/** Who answered: over time, per phase, and each one’s way through the health states. */
export function instances(load: LoadReport): string {
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
    return `<tr><th scope="row" class="who">${name}${each.victim ? ` <span class="tag">${html(wordsOf(load.chaos).done)}</span>` : ''}<span class="note mono">${html(each.instanceId)} ${html(each.zone)}</span></th>${phases.map(cell).join('')}</tr>${path === '' ? '' : `<tr class="below"><td colspan="${phases.length + 1}"><span class="soft small">health from the ${html(wordsOf(load.chaos).verb)} call</span><div class="path">${path}</div></td></tr>`}`;
  });
  const told = Object.keys(load.series.byInstance).length > 0;
  const names = ids.map((id, index) => load.instances[index]?.name || id);
  const drawn = chartOf(load);
  const chart = told
    ? `${plot('instances', 'requests answered a second, by instance', (size) => instanceChart(drawn, ids, names, size))}${namesLegend(names)}${tableOf(drawn, instanceColumns(drawn, ids, names))}`
    : '<p class="soft small">The answers do not show which instance sent them.</p>';
  const header = load.chaos === null ? ['share'] : phases;
  return `<section><h2>Who answered</h2>${chart}${scroll('Instances', `<table class="fit"><thead><tr><th scope="col">instance</th>${header.map((name) => `<th scope="col" class="number">${name}</th>`).join('')}</tr></thead><tbody>${rows.join('')}</tbody></table>`)}</section>`;
}

/** The colour of each instance. */
export const namesLegend = (names: readonly string[]): string =>
  `<ul class="legend">${names.map((name, index) => `<li><i style="background:${seriesColour(index)}"></i>${html(name)}</li>`).join('')}</ul>`;

/** All events, folded. */
export function timeline(load: LoadReport): string {
  const rows = load.events.map(
    (event) =>
      `<tr><td class="number keep">${secondsText((event.at - load.startedAt) / 1000)}</td><td class="${event.kind === 'problem' ? 'bad' : ''}">${html(event.text)}</td></tr>`,
  );
  return `<section><details><summary>Timeline: ${load.events.length} events</summary>${scroll('Timeline', `<table><thead><tr><th scope="col" class="number">second</th><th scope="col">what happened</th></tr></thead><tbody>${rows.join('')}</tbody></table>`)}</details></section>`;
}
