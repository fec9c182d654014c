/** The load test for a terminal. Pure. */

import { wordsOf } from '../chaos/experiments.ts';
import type { Phase } from '../chaos/types.ts';
import type { LoadReport } from '../load/types.ts';
import { sparkline, thin } from './chart.ts';
import { count, measured, milliseconds, objectiveLabel, objectiveValue, percent, secondsText, share, visible } from './format.ts';
import type { Palette } from './text-columns.ts';
import { columns } from './text-columns.ts';

/** Phases, times, instances and sparklines, indented by two. */
export function loadText(load: LoadReport, palette: Palette): string {
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
    objectiveLabel(key, wordsOf(load.chaos)),
    ...phases.map((phase) => cell(phase, key)),
    limit(key),
    sign(key),
  ]);
  const lines = columns([header, ...rates], (text, row, column) => (row === 0 || column === 0 ? palette.dim(text) : colour(text)));
  if (load.chaos !== null) {
    const times = (['detection', 'failover', 'recovery'] as const).map((key) => [
      objectiveLabel(key, wordsOf(load.chaos)),
      measured(load[key]),
      limit(key),
      sign(key),
      load[key].kind === 'measured' ? (load[key].note ?? '') : load[key].note,
    ]);
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
  return lines.map((line) => `  ${line}`).join('\n');
}
