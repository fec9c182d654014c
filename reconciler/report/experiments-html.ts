import type { ExperimentReport, LoadReport } from '../load/types.ts';
import { html } from './escape.ts';
import { experimentTitle, verdictText } from './experiments.ts';
import { charts, instances, objectives, tiles } from './html-load.ts';

const LOOKS = { pass: ['good', '✓'], missed: ['bad', '✗'], inconclusive: ['doubt', '?'], notReached: ['doubt', '–'] } as const;

/** Each by itself: verdict and reasons, then the figures, charts and instances of its own stretch of the load. Empty where there is at most one. */
export const experimentsHtml = ({ experiments = [] }: LoadReport): string => experiments.map(one).join('\n');

function one(experiment: ExperimentReport, index: number): string {
  const { verdict, reasons, load } = experiment;
  const [tone, sign] = LOOKS[verdict];
  const why = reasons.length === 0 ? '' : `<ul class="reasons ${tone}">${reasons.map((each) => `<li>${html(each)}</li>`).join('')}</ul>`;
  const head = `<section id="experiment-${index + 1}"><h2>${html(experimentTitle(experiment, index))} <span class="${tone}">${sign} ${verdictText(verdict)}</span></h2>${why}</section>`;
  return load === null ? head : [head, tiles(load), named(charts(load) + objectives(load) + instances(load), index)].join('\n');
}

/** Headings and labels of parts that a page has several of. */
const named = (parts: string, index: number): string =>
  parts.replaceAll('<h2>', `<h2>Experiment ${index + 1}: `).replaceAll(' aria-label="', ` aria-label="Experiment ${index + 1}: `);
