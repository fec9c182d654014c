/** The load test as parts of the page: tiles, charts, objectives, instances and timeline. Pure. */

import { wordsOf } from '../chaos/experiments.ts';
import type { Phase } from '../chaos/types.ts';
import type { LoadReport, ObjectiveName, ObjectiveResult } from '../load/types.ts';
import { html } from './escape.ts';
import { count, measured, milliseconds, OBJECTIVE_NAMES, objectiveSpan, objectiveValue, percent, secondsText, share } from './format.ts';
import { instanceChart, latencyChart, marksOf, seriesColour } from './html-chart.ts';

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

/** Latency and errors over time, with the moments of the fault. */
export function charts(load: LoadReport): string {
  const marks = marksOf(load)
    .map((mark, index) => `<li><b>${index + 1}</b>${html(mark.text)} at ${secondsText(mark.at)}</li>`)
    .join('');
  return `<section><h2>Latency and errors</h2>${latencyChart(load, 'wide')}${latencyChart(load, 'narrow')}<ul class="legend"><li><i style="background:var(--latency)"></i>p95</li><li><i style="background:var(--error)"></i>failed</li>${marks}</ul></section>`;
}

/** Every figure in every phase. */
export function objectives(load: LoadReport): string {
  const names: readonly Phase[] = load.chaos === null ? ['before'] : ['before', 'during', 'after'];
  const of = (name: Phase) => load.phases.find((each) => each.phase === name);
  const line = (key: ObjectiveName, cells: readonly string[]): string => {
    const result = load.objectives.find((each) => each.name === key);
    const verdict =
      result === undefined
        ? '<span class="soft">–</span>'
        : `<span class="${TONE_OF[result.result]}">${SIGN_OF[result.result]} ${result.result === 'not-evaluated' ? 'not evaluated' : result.result}</span>`;
    return `<tr><td>${html(OBJECTIVE_NAMES[key])}${objectiveSpan(key, wordsOf(load.chaos)) === '' ? '' : `<span class="note">${html(objectiveSpan(key, wordsOf(load.chaos)))}</span>`}</td>${cells.map((cell) => `<td class="number">${cell}</td>`).join('')}<td class="number">${result === undefined ? '–' : objectiveValue(result.limit, result.unit)}</td><td class="keep">${verdict}</td></tr>`;
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
      : `<p class="soft small">What the health check leads one to expect: ${[predicted.detection, ...predicted.besides, predicted.recovery].map(({ sentence }) => html(sentence)).join(' ')}</p>`;
  return `<section><h2>Objectives</h2><div class="scroll tight"><table><tr><th></th>${header.map((name) => `<th class="number">${name}</th>`).join('')}<th class="number">limit</th><th></th></tr>${rows.join('')}</table></div>${failures}${expected}</section>`;
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
    return `<tr><td class="who">${name}${each.victim ? ` <span class="tag">${html(wordsOf(load.chaos).done)}</span>` : ''}<span class="note mono">${html(each.instanceId)} ${html(each.zone)}</span></td>${phases.map(cell).join('')}<td><div class="path">${path}</div></td></tr>`;
  });
  const told = Object.keys(load.series.byInstance).length > 0;
  const legend = ids
    .map((id, index) => `<li><i style="background:${seriesColour(index)}"></i>${html(load.instances[index]?.name || id)}</li>`)
    .join('');
  const chart = told
    ? `${instanceChart(load, ids, 'wide')}${instanceChart(load, ids, 'narrow')}<ul class="legend">${legend}</ul>`
    : '<p class="soft small">The answers do not show which instance sent them.</p>';
  const header = load.chaos === null ? ['share'] : phases;
  return `<section><h2>Who answered</h2>${chart}<div class="scroll"><table><tr><th>instance</th>${header.map((name) => `<th class="number">${name}</th>`).join('')}<th>target health, from the ${html(wordsOf(load.chaos).verb)} call</th></tr>${rows.join('')}</table></div></section>`;
}

/** All events, folded. */
export function timeline(load: LoadReport): string {
  const rows = load.events.map(
    (event) =>
      `<tr><td class="number keep">${secondsText((event.at - load.startedAt) / 1000)}</td><td class="${event.kind === 'problem' ? 'bad' : ''}">${html(event.text)}</td></tr>`,
  );
  return `<section><details><summary>Timeline: ${load.events.length} events</summary><div class="scroll"><table>${rows.join('')}</table></div></details></section>`;
}
