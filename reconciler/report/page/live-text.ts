/** The live page's scene for a terminal: a few lines that are drawn over one another. Pure. */

import { sparkline } from '../chart.ts';
import { count, milliseconds, percent, visible } from '../format.ts';
import type { Scene } from './live.ts';

/** Characters of a sparkline: a minute, a second each. */
const WIDTH = 60;
const BAR = 20;

/** No line is longer than `columns`: a terminal would wrap it, and the next drawing would leave a part of it. */
export function liveText({ load, stage, happenings }: Scene, columns: number): string[] {
  if (load === null) return [];
  const last = <T>(list: readonly T[]): T[] => list.slice(-Math.min(WIDTH, Math.max(10, columns - 30)));
  const { series } = load.chart;
  const time = `${Math.round(load.elapsedSeconds)}${load.totalSeconds === null ? '' : ` of ${load.totalSeconds}`} s`;
  const most = Math.max(1, ...stage.targets.map(({ requests }) => requests));
  const names = stage.targets.map(({ name }) => visible(name));
  const room = Math.min(24, Math.max(0, ...names.map((name) => name.length)));
  const rows = [
    `${time} · ${count(load.requests)} requests, ${count(load.failed)} failed · ${load.rate.toFixed(1)}/s of ${load.asked}/s`,
    `  rate    ${sparkline(last(series.requests))}`,
    `  failed  ${sparkline(last(series.failed))} ${percent(load.errorRate, 1)}`,
    `  p95     ${sparkline(last(series.p95))} ${milliseconds(load.p95)}`,
    ...stage.targets.map(({ requests, broken, health }, index) => {
      const bar = '█'.repeat(Math.round((requests / most) * BAR)).padEnd(BAR, '·');
      return `  ${(names[index] ?? '').slice(0, room).padEnd(room)}  ${bar} ${requests.toFixed(1)}/s${health === '' ? '' : ` ${health}`}${broken ? ' ⚡' : ''}`;
    }),
    ...(happenings[0] === undefined ? [] : [`  ${visible(happenings[0].text)}`]),
  ];
  return rows.map((row) => ([...row].length <= columns ? row : `${[...row].slice(0, Math.max(1, columns - 1)).join('')}…`));
}
