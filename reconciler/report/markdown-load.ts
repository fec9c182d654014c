/** The load test as Markdown: objectives, chart, instances and timeline. Pure. */

import { wordsOf } from '../chaos/experiments.ts';
import type { LoadReport } from '../load/types.ts';
import { niceCeiling, sparkline, thin } from './chart.ts';
import { code, markdown } from './escape.ts';
import { count, secondsText, share } from './format.ts';
import { lcuText } from './lcu.ts';
import { fold, table } from './markdown-blocks.ts';
import { columnTitle, generatorText, objectiveRows } from './objective-rows.ts';
import { SHARD_COLUMNS, shardRows } from './shard-rows.ts';

const RESULTS = { pass: '✅', missed: '❌', 'not-evaluated': '⚪' } as const;

/** One row per figure with its limit, each phase and the verdict; then what was lost, and what was to be expected. */
export function objectives(load: LoadReport): string {
  const shown = ['whole', 'before', 'during', 'after'] as const;
  const rows = objectiveRows(load).map((row) => [
    row.span === '' ? row.name : `${row.name} (${row.span})`,
    row.limit === '' ? '–' : row.limit,
    ...shown.map((column) => {
      const cell = row.cells[column];
      if (cell === undefined) return '';
      const note = cell.note === '' ? '' : ` (${cell.note})`;
      return `${row.span === '' ? cell.text : `**${cell.text}**`}${note}`;
    }),
    row.result === undefined ? '' : verdictOf(row.result),
  ]);
  const lost = `**${count(load.lost.failed)}** of ${count(load.overall.count)} requests failed${load.lost.failed === 0 ? '' : `, ${count(load.lost.byFault)} of them by the fault`}`;
  const kinds = load.failures.slice(0, 5).map((each) => `${markdown(each.what)} ×${count(each.count)}`);
  const lines = [
    table(['objective', 'limit', ...shown.map((column) => columnTitle(load, column)), ''], rows),
    '',
    kinds.length === 0 ? `${lost}.` : `${lost}: ${kinds.join(', ')}.`,
    ...(generatorText(load) === '' ? [] : ['', markdown(generatorText(load))]),
    ...(lcuText(load) === '' ? [] : ['', markdown(lcuText(load))]),
    ...(load.shards.length === 0 ? [] : ['', fold(`Sent by ${load.shards.length} k6 processes`, table(SHARD_COLUMNS, shardRows(load)))]),
  ];
  return lines.join('\n');
}

function verdictOf(result: LoadReport['objectives'][number]): string {
  const sign = RESULTS[result.result];
  if (result.margin === null || result.result === 'not-evaluated') return sign;
  return result.margin >= 0 ? `${sign} ${Math.round(result.margin * 100)} % left` : `${sign} ${Math.round(-result.margin * 100)} % over`;
}

/** Sparklines, since mail shows no mermaid, and the chart itself. Empty for a run of under two seconds. */
export function chart(load: LoadReport): string {
  const { points, secondsEach } = thin(load.series, 60);
  if (points.length < 2) return '';
  // What a phone shows in one line.
  const few = thin(load.series, 30);
  const p95 = points.map((point) => (point.p95 === null ? 0 : Math.round(point.p95 * 10) / 10));
  const failed = points.map((point) => point.failed);
  const at = (ms: number): string => `${((ms - load.startedAt) / 1000).toFixed(0)} s`;
  const during = load.phases.find((each) => each.phase === 'during');
  const marks =
    during === undefined
      ? ''
      : ` · ⏻ ${wordsOf(load.chaos).verb} ${at(during.from)}${load.phases.some((each) => each.phase === 'after') ? ` · ✔ healthy again ${at(during.to)}` : ''}`;
  const top = niceCeiling(Math.max(1, ...p95, ...failed));
  return [
    // Two spaces end a line in Markdown.
    `p95 ${code(sparkline(few.points.map((point) => point.p95)))}  `,
    `errors ${code(sparkline(few.points.map((point) => point.failed)))}  `,
    `${few.secondsEach} s each${marks}`,
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

/** Each instance’s share per phase and its way through the health states. */
export function instances(load: LoadReport): string {
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
  return table(['instance', 'zone', 'before', 'during', 'after', `target health (from the ${wordsOf(load.chaos).verb} call)`], rows);
}

/** All events, folded. */
export function timeline(load: LoadReport): string {
  const rows = load.events.slice(0, 200).map((event) => [`${((event.at - load.startedAt) / 1000).toFixed(1)} s`, markdown(event.text)]);
  return fold(`Timeline (${load.events.length} events)`, table(['after', 'what'], rows));
}
