/** The load test for a terminal. Pure. */

import type { Phase } from '../chaos/types.ts';
import type { LoadReport } from '../load/types.ts';
import { sparkline, thin } from './chart.ts';
import { count, secondsText, share, visible } from './format.ts';
import { lcuText } from './lcu.ts';
import { type Column, columnsOf, columnTitle, generatorText, type ObjectiveRow, objectiveRows } from './objective-rows.ts';
import { SHARD_COLUMNS, shardRows } from './shard-rows.ts';
import type { Palette } from './text-columns.ts';
import { columns } from './text-columns.ts';

/** Phases, times, instances and sparklines, indented by two. */
export function loadText(load: LoadReport, palette: Palette): string {
  const phases: readonly Phase[] = load.chaos === null ? ['before'] : ['before', 'during', 'after'];
  const colour = (text: string): string =>
    text.startsWith('✔')
      ? palette.good(text)
      : text.startsWith('✘')
        ? palette.bad(text)
        : text.startsWith('?')
          ? palette.doubt(text)
          : text;
  const sign = ({ result }: ObjectiveRow): string =>
    result === undefined ? '' : result.result === 'pass' ? '✔' : result.result === 'missed' ? '✘' : '?';
  const rows = objectiveRows(load);
  const shown = columnsOf(load);
  const rates = rows
    .filter(({ span }) => span === '')
    .map((row) => [row.name, ...shown.map((column) => cellText(row, column)), row.limit, sign(row)]);
  const header = ['', ...shown.map((column) => columnTitle(load, column)), 'limit', ''];
  const lines = columns([header, ...rates], (text, row, column) => (row === 0 || column === 0 ? palette.dim(text) : colour(text)));
  if (load.chaos !== null) {
    const times = rows
      .filter(({ span }) => span !== '')
      .map((row) => [`${row.name} (${row.span})`, cellText(row, 'during') + cellText(row, 'after'), row.limit, sign(row), row.remark]);
    lines.push('', ...columns(times, (text, _row, column) => (column === 0 || column === 4 ? palette.dim(text) : colour(text))));
    if (load.predicted !== null)
      lines.push(
        palette.dim(`expected: ${load.predicted.detection.sentence}`),
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
  const unsent = generatorText(load);
  if (unsent !== '') lines.push(palette.doubt(unsent));
  const capacity = lcuText(load);
  if (capacity !== '') lines.push(palette.dim(capacity));
  const shards = shardRows(load);
  if (shards.length > 0) lines.push('', ...columns([SHARD_COLUMNS, ...shards], (text, row) => (row === 0 ? palette.dim(text) : text)));
  return lines.map((line) => `  ${line}`).join('\n');
}

function cellText({ cells }: ObjectiveRow, column: Column): string {
  const cell = cells[column];
  return cell === undefined ? '' : cell.note === '' ? cell.text : `${cell.text} (${cell.note})`;
}
