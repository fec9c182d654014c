/**
 * The page while something happens: the same parts as in a report, each rendered anew when it changed. The browser only puts them in their
 * places. Pure.
 */

import type { FailedRequest } from '../../load/types.ts';
import { html } from '../escape.ts';
import { count, milliseconds, percent, secondsText } from '../format.ts';
import { reportHead } from '../html.ts';
import { type ChartInput, instanceChart, latencyChart, plot, plotBody } from '../html-chart.ts';
import { latencyLegend, namesLegend, objectives } from '../html-load.ts';
import type { Report } from '../report.ts';
import { failures } from './failures.ts';
import { type JarView, jarHtml } from './jar.ts';
import { pageHtml } from './page.ts';
import { type Stage, stageHtml } from './stage.ts';

export interface Happening {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly text: string;
  readonly tone: '' | 'good' | 'bad' | 'doubt';
}

/** Buttons of the page. */
export const ACTIONS = ['start', 'stop', 'rate', 'experiment', 'probe', 'forget'] as const;
export type Action = (typeof ACTIONS)[number];

/** All that is known at one moment. */
export interface Scene {
  readonly stack: string;
  readonly region: string;
  /** One sentence: what happens now. */
  readonly said: string;
  readonly can: readonly Action[];
  readonly stage: Stage;
  /** Null before the first load. */
  readonly load: {
    readonly chart: ChartInput;
    readonly ids: readonly string[];
    readonly names: readonly string[];
    /** Over the last whole seconds. */
    readonly rate: number;
    readonly errorRate: number;
    readonly p95: number | null;
    readonly requests: number;
    readonly failed: number;
    /** Requests a second that were asked for. */
    readonly asked: number;
    readonly elapsedSeconds: number;
    readonly totalSeconds: number | null;
    readonly recentlyFailed: readonly FailedRequest[];
  } | null;
  /** The experiment that comes next, in words; empty: there is none. */
  readonly experiment: string;
  readonly happenings: readonly Happening[];
  readonly jar: JarView | null;
  /** What the last run came to. */
  readonly report: Report | null;
}

const tile = (what: string, much: string, below: string, tone = ''): string =>
  `<div class="tile"><div class="what">${what}</div><div class="much ${tone}">${much}</div><div class="limit">${below}</div></div>`;

function tiles({ load }: Scene): string {
  if (load === null) return tile('load', 'none', 'press Start, or send your own requests');
  const time = load.totalSeconds === null ? 'until it is stopped' : `of ${secondsText(load.totalSeconds)}`;
  return [
    tile('rate', `${load.rate.toFixed(1)}/s`, `${load.asked}/s requested`),
    tile('errors', percent(load.errorRate), `${count(load.failed)} of ${count(load.requests)} so far`, load.errorRate > 0 ? 'bad' : ''),
    tile('p95', milliseconds(load.p95), 'over the last seconds'),
    tile('time', secondsText(load.elapsedSeconds), time),
  ].join('');
}

function happenings({ happenings: list }: Scene): string {
  if (list.length === 0) return '<p class="soft">Nothing yet.</p>';
  const rows = list.map(
    ({ at, text, tone }) =>
      `<li><span class="mono soft">${new Date(at).toISOString().slice(11, 19)}</span> <span class="${tone}">${html(text)}</span></li>`,
  );
  return `<ol class="happenings" reversed>${rows.join('')}</ol>`;
}

function result({ report }: Scene): string {
  if (report === null) return '';
  return `${reportHead(report)}${report.load === null ? '' : objectives(report.load)}<p><a href="/report.html">The report as one file</a></p>`;
}

/** The parts of the page by name. */
export function partsOf(scene: Scene): Record<string, string> {
  const { load, stage } = scene;
  const nameOf = (id: string): string => stage.targets.find((each) => each.id === id)?.name ?? id;
  return {
    stage: stageHtml(stage, true, load?.requests ?? 0),
    tiles: tiles(scene),
    latency: load === null ? '<p class="soft">There is no load.</p>' : plotBody((size) => latencyChart(load.chart, size)),
    'latency-legend': load === null ? '' : latencyLegend(load.chart),
    instances: load === null || load.ids.length === 0 ? '' : plotBody((size) => instanceChart(load.chart, load.ids, load.names, size)),
    'instances-legend': load === null ? '' : namesLegend(load.names),
    happenings: happenings(scene),
    failed:
      load === null || load.failed === 0
        ? ''
        : failures({ requests: load.recentlyFailed, total: load.failed, nameOf, phaseOf: () => '', listed: 'the latest' }).replace(
            /<\/?section[^>]*>/g,
            '',
          ),
    experiment: scene.experiment === '' ? 'no experiment in the spec' : html(scene.experiment),
    jar: jarHtml(scene.jar),
    result: result(scene),
  };
}

const part = (name: string, parts: Readonly<Record<string, string>>, tag = 'div', look = ''): string =>
  `<${tag} data-part="${name}"${look === '' ? '' : ` class="${look}"`}>${parts[name] ?? ''}</${tag}>`;

const button = (action: Action, text: string, can: readonly Action[], more = ''): string =>
  `<button type="button" data-do="${action}"${more}${can.includes(action) ? '' : ' disabled'}>${text}</button>`;

/** The whole page, as it is at one moment. `rate`: what stands in the field of the rate. */
export function livePage(scene: Scene, rate: number): string {
  const parts = partsOf(scene);
  const { can } = scene;
  const body = `<header><h1><span class="stack">${html(scene.stack)}</span> <span class="said">${html(scene.region)}</span></h1>
<p class="facts" id="said" role="status">${html(scene.said)}</p></header>
<div class="controls" role="group" aria-label="Load">
<label>rate <input id="rate" type="number" inputmode="decimal" min="1" max="10000" value="${rate}"></label>
${button('start', 'Start', can, ' data-with="#rate"')}${button('rate', 'Change the rate', can, ' data-with="#rate"')}${button('stop', 'Stop', can)}
${button('experiment', 'Next experiment', can, ' data-with="#rate"')}<span data-part="experiment" class="soft">${parts['experiment']}</span></div>
${part('result', parts)}
${part('tiles', parts, 'div', 'tiles')}
<section><h2>Where the requests go</h2>${part('stage', parts)}</section>
<section><h2>Latency and errors</h2>${plot('latency', 'p95 latency and failed requests over time', () => '').replace('<div data-part="latency"></div>', part('latency', parts))}${part('latency-legend', parts)}</section>
<section><h2>Who answered</h2>${plot('instances', 'requests answered a second, by instance', () => '').replace('<div data-part="instances"></div>', part('instances', parts))}${part('instances-legend', parts)}</section>
<section><h2>What happens</h2>${part('happenings', parts)}</section>
${part('failed', parts, 'section')}
<section><h2>Sticky session</h2><div class="controls">${button('probe', 'Send ten requests', can)}${button('forget', 'Empty the jar', can)}</div>${part('jar', parts)}</section>`;
  return pageHtml({ title: `${scene.stack}: albedo`, body, live: true });
}
