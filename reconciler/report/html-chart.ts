/** The page's charts as inline SVG. Pure; user text is escaped by the caller's rules (`escape.ts`) where there is any. */

import { wordsOf } from '../chaos/experiments.ts';
import type { LoadReport, Series } from '../load/types.ts';
import { niceCeiling, type Point, thin } from './chart.ts';
import { html } from './escape.ts';

/** Drawn once for each, and the style sheet shows the one that fits: text shrunk with a wide chart cannot be read on a phone. */
export const WIDTHS = { wide: 960, narrow: 400 } as const;
export type Size = keyof typeof WIDTHS;
const LEFT = 46;
const RIGHT = 12;
const TOP = 40;
/** More points than this would be less than three pixels apart. */
const MOST_POINTS = { wide: 300, narrow: 120 } as const;

/** One decimal is a tenth of a pixel. */
const n = (value: number): string => String(Math.round(value * 10) / 10);

/** A numbered moment; `at`: seconds since the load began. */
export interface Mark {
  readonly text: string;
  readonly at: number;
}

/** What a chart of a load is drawn from, while the load runs and after. Times are milliseconds since the epoch. */
export interface ChartInput {
  readonly series: Series;
  readonly startedAt: number;
  readonly phases: readonly { readonly phase: string; readonly from: number; readonly to: number }[];
  readonly marks: readonly Mark[];
  /** Milliseconds. */
  readonly p95Limit?: number;
}

export function chartOf(load: LoadReport): ChartInput {
  const limit = load.objectives.find((each) => each.name === 'p95')?.limit;
  const { series, startedAt } = load;
  const parts = load.experiments?.flatMap((each) => each.load ?? []);
  const phases = parts === undefined ? load.phases : faultsIn(load, parts);
  const marks = parts === undefined ? marksOf(load) : parts.flatMap((part) => marksOf(part, startedAt));
  return { series, startedAt, phases, marks, ...(limit === undefined ? {} : { p95Limit: limit }) };
}

/** The faults of all, and the time before the first. */
function faultsIn({ startedAt }: LoadReport, parts: readonly LoadReport[]): ChartInput['phases'] {
  const faults = parts.flatMap((part) => part.phases.filter(({ phase }) => phase === 'during'));
  const [first] = faults;
  return first === undefined ? [] : [{ phase: 'before', from: startedAt, to: first.from }, ...faults];
}

/** The four moments of a fault that were seen, in order of time; numbered in the charts and named in the legend. `origin`: the start of the chart. */
export function marksOf(load: LoadReport, origin = load.startedAt): Mark[] {
  const { stop, notHealthy, start, healthy } = load.marks;
  const words = wordsOf(load.chaos);
  const all: readonly (readonly [string, number | null])[] = [
    [`${words.verb} call`, stop],
    ['target not healthy', notHealthy],
    [`${words.undo.verb} call`, start],
    ['target healthy again', healthy],
  ];
  const found = all.flatMap(([text, at]) => (at === null || at > load.endedAt ? [] : [{ text, at: (at - origin) / 1000 }]));
  return found.sort((a, b) => a.at - b.at);
}

/** Shading of the fault, event lines with numbered pins, and the time axis. `bottom`: the lowest line of the plot. */
function frame(
  load: ChartInput,
  seconds: number,
  bottom: number,
  width: number,
): { back: string; front: string; x: (second: number) => number } {
  const x = (second: number): number => LEFT + (Math.min(Math.max(second, 0), seconds) / seconds) * (width - LEFT - RIGHT);
  const spans =
    load.phases.length < 2
      ? []
      : load.phases.map((phase) => ({
          name: phase.phase,
          from: (phase.from - load.startedAt) / 1000,
          to: (phase.to - load.startedAt) / 1000,
        }));
  const back = spans
    .map(({ name, from, to }) => {
      const shade =
        name === 'during'
          ? `<rect class="fault" x="${n(x(from))}" y="${TOP}" width="${n(x(to) - x(from))}" height="${bottom - TOP}"/>`
          : '';
      const room = x(to) - x(from) > 70;
      return shade + (room ? `<text class="phase" x="${n((x(from) + x(to)) / 2)}" y="${bottom + 34}">${name}</text>` : '');
    })
    .join('');
  // Pins that would cover one another are moved up a row.
  let lastX = Number.NEGATIVE_INFINITY;
  let raised = false;
  const front = load.marks
    .map((mark, index) => {
      const at = x(mark.at);
      raised = at - lastX < 26 ? !raised : false;
      lastX = at;
      const y = raised ? 10 : 27;
      return `<line class="event" x1="${n(at)}" x2="${n(at)}" y1="${y}" y2="${bottom}"/><circle class="pin" cx="${n(at)}" cy="${y}" r="9"/><text class="pin-text" x="${n(at)}" y="${y + 4}">${index + 1}</text>`;
    })
    .join('');
  const step = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800].find((each) => seconds / each <= (width > 600 ? 8 : 4)) ?? 3600;
  const ticks: string[] = [];
  for (let second = 0; second <= seconds; second += step) {
    ticks.push(
      `<text x="${n(x(second))}" y="${bottom + 17}" text-anchor="middle">${second >= 120 && step >= 60 ? `${second / 60} min` : `${second} s`}</text>`,
    );
  }
  return { back, front: front + ticks.join(''), x };
}

/** p95 as a line over failed requests as bars. The latency axis is logarithmic when a timeout would flatten all else. */
export function latencyChart(load: ChartInput, size: Size): string {
  const width = WIDTHS[size];
  const { points, secondsEach } = thin(load.series, MOST_POINTS[size]);
  const seconds = points.length * secondsEach;
  const bottom = TOP + 210;
  const errorsTop = bottom + 58;
  const errorsBottom = errorsTop + 62;
  const { back, front, x } = frame(load, seconds, errorsBottom, width);

  const known = points.map((point) => point.p95).filter((each): each is number => each !== null);
  const usual = [...known].sort((a, b) => a - b)[Math.floor(known.length / 2)] ?? 1;
  const highest = Math.max(1, ...known);
  const limit = load.p95Limit;
  const logarithmic = highest / Math.max(usual, 0.1) > 20;
  const floor = logarithmic ? 10 ** Math.floor(Math.log10(Math.max(0.1, Math.min(...known)))) : 0;
  const top = logarithmic
    ? 10 ** Math.ceil(Math.log10(Math.max(highest, limit ?? 0) * 1.05))
    : niceCeiling(Math.max(highest * 1.1, limit !== undefined && limit < highest * 3 ? limit : 0));
  const part = (value: number): number =>
    logarithmic ? (Math.log10(Math.max(value, floor)) - Math.log10(floor)) / (Math.log10(top) - Math.log10(floor)) : value / top;
  const y = (value: number): number => bottom - part(value) * (bottom - TOP);
  const lines = logarithmic ? powers(floor, top) : [0, 0.25, 0.5, 0.75, 1].map((each) => each * top);
  const grid = lines
    .map(
      (value) =>
        `<line class="grid" x1="${LEFT}" x2="${width - RIGHT}" y1="${n(y(value))}" y2="${n(y(value))}"/><text x="${LEFT - 8}" y="${n(y(value) + 4)}" text-anchor="end">${label(value)}</text>`,
    )
    .join('');

  // The middle of each second; a gap where nobody asked.
  const runs: string[][] = [[]];
  for (const [index, point] of points.entries()) {
    if (point.p95 === null) runs.push([]);
    else runs.at(-1)?.push(`${n(x((index + 0.5) * secondsEach))},${n(y(point.p95))}`);
  }
  const drawn = runs.filter((run) => run.length > 0);
  const line = drawn
    .map((run) => `<polyline class="latency" points="${run.length === 1 ? `${run[0]} ${run[0]}` : run.join(' ')}"/>`)
    .join('');
  const under = drawn
    .map(
      (run) =>
        `<polygon class="under" points="${run[0]?.split(',')[0]},${bottom} ${run.join(' ')} ${run.at(-1)?.split(',')[0]},${bottom}"/>`,
    )
    .join('');
  const bound =
    limit !== undefined && limit <= top && limit >= floor
      ? `<line class="limit" x1="${LEFT}" x2="${width - RIGHT}" y1="${n(y(limit))}" y2="${n(y(limit))}"/><text class="limit-text" x="${width - RIGHT}" y="${n(y(limit) - 5)}" text-anchor="end">objective ${label(limit)} ms</text>`
      : '';

  const most = Math.max(1, ...points.map((point) => point.failed));
  const wide = Math.max(1, (width - LEFT - RIGHT) / points.length - 1);
  const bars = points
    .map((point, index) => {
      if (point.failed === 0) return '';
      const height = Math.max(2, (point.failed / most) * (errorsBottom - errorsTop));
      return `<rect class="error" x="${n(x(index * secondsEach) + 0.5)}" y="${n(errorsBottom - height)}" width="${n(wide)}" height="${n(height)}" rx="1"/>`;
    })
    .join('');
  const errorAxis = `<line class="grid" x1="${LEFT}" x2="${width - RIGHT}" y1="${errorsBottom}" y2="${errorsBottom}"/><text x="${LEFT - 8}" y="${errorsTop + 8}" text-anchor="end">${most}</text><text x="${LEFT - 8}" y="${errorsBottom}" text-anchor="end">0</text><text x="${LEFT}" y="${errorsTop - 14}">failed requests per ${secondsEach === 1 ? 'second' : `${secondsEach} s`}</text>`;
  const title = `<text x="0" y="${TOP - 24}">p95 in ms${logarithmic ? (size === 'wide' ? ', logarithmic' : ', log') : ''}</text>`;
  return svg(
    width,
    errorsBottom + 40,
    'p95 latency and failed requests over time',
    '',
    back + grid + under + line + bound + errorAxis + bars + title + front,
    { secondsEach, columns: latencyColumns(points) },
  );
}

function powers(from: number, to: number): number[] {
  const list: number[] = [];
  for (let value = from; value <= to * 1.0001; value *= 10) list.push(value);
  return list;
}

const label = (value: number): string => (value >= 1 ? String(Math.round(value * 10) / 10) : String(Number(value.toPrecision(1))));

/** CSS colour of the n-th instance; they repeat after six. */
export const seriesColour = (index: number): string => `var(--s${index % 6})`;

/** Requests answered well per second, stacked by instance. `ids` gives the order and so the colours. */
export function instanceChart(load: ChartInput, ids: readonly string[], names: readonly string[], size: Size): string {
  const width = WIDTHS[size];
  const all = load.series.requests.length;
  const secondsEach = Math.max(1, Math.ceil(all / MOST_POINTS[size]));
  const buckets = Math.ceil(all / secondsEach);
  const seconds = buckets * secondsEach;
  const bottom = TOP + 170;
  const { back, front, x } = frame(load, seconds, bottom, width);
  const rates = ids.map((id) =>
    Array.from(
      { length: buckets },
      (_, index) =>
        (load.series.byInstance[id] ?? []).slice(index * secondsEach, (index + 1) * secondsEach).reduce((a, b) => a + b, 0) / secondsEach,
    ),
  );
  const totals = Array.from({ length: buckets }, (_, index) => rates.reduce((sum, rate) => sum + (rate[index] ?? 0), 0));
  const top = niceCeiling(Math.max(1, ...totals));
  const y = (value: number): number => bottom - (value / top) * (bottom - TOP);
  const base = new Array<number>(buckets).fill(0);
  const areas = rates
    .map((rate, index) => {
      const upper: string[] = [];
      const lower: string[] = [];
      for (const [bucket, value] of rate.entries()) {
        const from = n(x(bucket * secondsEach));
        const to = n(x((bucket + 1) * secondsEach));
        const below = base[bucket] ?? 0;
        upper.push(`${from},${n(y(below + value))}`, `${to},${n(y(below + value))}`);
        lower.unshift(`${to},${n(y(below))}`, `${from},${n(y(below))}`);
        base[bucket] = below + value;
      }
      return `<polygon points="${[...upper, ...lower].join(' ')}" style="fill:${seriesColour(index)};opacity:.82"/>`;
    })
    .join('');
  const grid = [0, 0.5, 1]
    .map(
      (each) =>
        `<line class="grid" x1="${LEFT}" x2="${width - RIGHT}" y1="${n(y(each * top))}" y2="${n(y(each * top))}"/><text x="${LEFT - 8}" y="${n(y(each * top) + 4)}" text-anchor="end">${label(each * top)}</text>`,
    )
    .join('');
  const title = `<text x="0" y="${TOP - 24}">${size === 'wide' ? 'requests answered per second' : 'answered per second'}</text>`;
  return svg(width, bottom + 40, 'requests per second by instance', 'over', back + grid + areas + title + front, {
    secondsEach,
    columns: rates.map((rate, index) => [names[index] ?? '', '/s', rate]),
  });
}

/** What is read out at a place of a chart: a name, a unit, and a value for each point. */
export type Column = readonly [name: string, unit: string, values: readonly (number | null)[]];

const latencyColumns = (points: readonly Point[]): readonly Column[] => [
  ['p95', 'ms', points.map((point) => point.p95)],
  ['requests', '', points.map((point) => point.requests)],
  ['failed', '', points.map((point) => point.failed)],
];

const short = (value: number | null): number | null => (value === null ? null : Math.round(value * 10) / 10);

/** `look`: a further class; `over` for lines that must show on filled areas. The values go with it: the page's script reads them out. */
function svg(
  width: number,
  height: number,
  title: string,
  look: string,
  content: string,
  plot: { readonly secondsEach: number; readonly columns: readonly Column[] },
): string {
  const columns = plot.columns.map(([name, unit, values]) => [name, unit, values.map(short)]);
  const data = JSON.stringify({ width, left: LEFT, right: RIGHT, top: TOP, bottom: height - 40, step: plot.secondsEach, columns });
  return `<svg class="chart ${look} ${width === WIDTHS.wide ? 'wide' : 'narrow'}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${html(title)}" data-plot="${html(data)}">${content}</svg>`;
}

/** Both sizes of a chart in a frame that takes the keyboard. `part`: its name in a live page, where what is in it is replaced. */
export function plot(part: string, label: string, draw: (size: Size) => string): string {
  return `<div class="plot" tabindex="0" role="group" aria-label="${html(label)}. Arrow keys read the values out."><div data-part="${part}">${plotBody(draw)}</div><p class="readout" aria-live="polite"></p></div>`;
}
export const plotBody = (draw: (size: Size) => string): string => `${draw('wide')}${draw('narrow')}`;

/** What a chart shows, as a table; folded. */
export function tableOf(load: ChartInput, columns: (points: readonly Point[]) => readonly Column[] = latencyColumns): string {
  const { points, secondsEach } = thin(load.series, MOST_POINTS.wide);
  const shown = columns(points);
  const head = shown
    .map(([name, unit]) => `<th scope="col" class="number">${html(unit === '' ? name : `${name} (${unit})`)}</th>`)
    .join('');
  const rows = points.map(
    (_, index) =>
      `<tr><th scope="row" class="number">${index * secondsEach}</th>${shown.map(([, , values]) => `<td class="number">${short(values[index] ?? null) ?? '–'}</td>`).join('')}</tr>`,
  );
  return `<details class="values"><summary>The values as a table</summary><div class="scroll tall" tabindex="0" role="region" aria-label="Values of the chart"><table><thead><tr><th scope="col" class="number">second</th>${head}</tr></thead><tbody>${rows.join('')}</tbody></table></div></details>`;
}

/** Requests answered a second, by instance, of the same points. */
export const instanceColumns =
  (load: ChartInput, ids: readonly string[], names: readonly string[]) =>
  (points: readonly Point[]): readonly Column[] => {
    const each = Math.ceil(load.series.requests.length / Math.max(1, points.length));
    return ids.map((id, index) => [
      names[index] ?? id,
      '/s',
      points.map((_, at) => (load.series.byInstance[id] ?? []).slice(at * each, (at + 1) * each).reduce((a, b) => a + b, 0) / each),
    ]);
  };
