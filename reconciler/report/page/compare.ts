/** A run beside earlier ones as a section of the page: a trend for each figure, and the table beside it. Pure. */

import { regressions } from '../compare.ts';
import type { ComparedFigure, Comparison } from '../compare-types.ts';
import { html } from '../escape.ts';
import { moment, objectiveValue } from '../format.ts';
import { scroll } from '../html-load.ts';

const [WIDTH, HEIGHT, EDGE] = [300, 84, 8];
const TONES = { worse: 'bad', better: 'good', usual: 'soft', 'not known': 'soft' } as const;
const SIGNS = { worse: '▲ worse', better: '▼ better', usual: 'as usual', 'not known': 'not known' } as const;

const value = (figure: ComparedFigure, at: number): string => {
  const number = figure.values[at] ?? null;
  return number === null ? '–' : objectiveValue(number, figure.unit);
};

/** Values from old to new over the span that is usual. */
function trend(figure: ComparedFigure): string {
  const known = figure.values.filter((each): each is number => each !== null);
  const top = Math.max(...known, figure.usual?.to ?? 0, 1e-9);
  const x = (index: number): number => EDGE + (index / Math.max(1, figure.values.length - 1)) * (WIDTH - 2 * EDGE);
  const y = (number: number): number => HEIGHT - EDGE - (number / top) * (HEIGHT - 2 * EDGE);
  const band =
    figure.usual === null
      ? ''
      : `<rect class="fault" x="0" y="${y(figure.usual.to).toFixed(1)}" width="${WIDTH}" height="${Math.max(1, y(figure.usual.from) - y(figure.usual.to)).toFixed(1)}"/>`;
  const points = figure.values.flatMap((number, index) => (number === null ? [] : [`${x(index).toFixed(1)},${y(number).toFixed(1)}`]));
  const [lastX, lastY] = (points.at(-1) ?? '0,0').split(',');
  return `<figure><figcaption>${html(figure.name)} <b class="${TONES[figure.result]}">${value(figure, figure.values.length - 1)}</b></figcaption><svg class="chart trend" viewBox="0 0 ${WIDTH} ${HEIGHT}" aria-hidden="true" focusable="false">${band}<polyline class="latency" points="${points.join(' ')}"/><circle cx="${lastX}" cy="${lastY}" r="4" style="fill:var(--latency)"/></svg></figure>`;
}

/** Empty when there is nothing to compare with. */
export function compareHtml(comparison: Comparison | null): string {
  if (comparison === null) return '';
  const { runs, figures, main } = comparison;
  const last = runs.length - 1;
  const worse = regressions(comparison);
  const heads = runs.map((run, index) => {
    const name = index === last ? 'this run' : `${moment(run.at)}${index === main ? ', main' : run.branch === '' ? '' : `, ${run.branch}`}`;
    const below = [run.commit.slice(0, 9), run.apart === '' ? '' : `not compared with: ${run.apart}`]
      .filter((each) => each !== '')
      .join(' · ');
    return `<th scope="col" class="number" data-run="${index}">${html(name)}${below === '' ? '' : `<span class="note">${html(below)}</span>`}</th>`;
  });
  const rows = figures.map((figure) => {
    const cells = figure.values.map((_, index) => `<td class="number" data-run="${index}">${value(figure, index)}</td>`);
    const usual =
      figure.usual === null ? '–' : `${objectiveValue(figure.usual.from, figure.unit)} to ${objectiveValue(figure.usual.to, figure.unit)}`;
    return `<tr><th scope="row">${html(figure.name)}</th>${cells.join('')}<td class="number">${usual}</td><td class="keep ${TONES[figure.result]}">${SIGNS[figure.result]}</td></tr>`;
  });
  const said =
    worse.length > 0
      ? `<ul class="reasons bad">${worse.map((each) => `<li>${html(each)}.</li>`).join('')}</ul>`
      : `<p class="small soft">${figures.every(({ usual }) => usual === null) ? 'With two earlier runs of the same load and fault, this page shows the usual range.' : 'Nothing is worse than usual. The band in each chart is the usual range of earlier runs.'}</p>`;
  return `<section id="compare"><h2>Compared with ${runs.length - 1} earlier run${runs.length === 2 ? '' : 's'}</h2>${said}<div class="trends">${figures.map(trend).join('')}</div>${scroll('Earlier runs', `<table><thead><tr><th scope="col">figure</th>${heads.join('')}<th scope="col" class="number">usual</th><th scope="col">result</th></tr></thead><tbody>${rows.join('')}</tbody></table>`)}</section>`;
}
