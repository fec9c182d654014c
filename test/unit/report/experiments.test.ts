/** Several experiments in every format of the report, beside earlier reports of one. */
import * as assert from 'uvu/assert';
import { judgeInTurn } from '../../../reconciler/load/judge-in-turn.ts';
import type { LoadReport } from '../../../reconciler/load/types.ts';
import { compareReports } from '../../../reconciler/report/compare.ts';
import { junit } from '../../../reconciler/report/formats/junit.ts';
import { renderHtml } from '../../../reconciler/report/html.ts';
import { chartOf } from '../../../reconciler/report/html-chart.ts';
import { renderMarkdown } from '../../../reconciler/report/markdown.ts';
import type { Report } from '../../../reconciler/report/report.ts';
import { renderText } from '../../../reconciler/report/text.ts';
import { suite } from '../../support/suite.ts';
import { usual } from '../load/samples.ts';
import { NOT_REACHED, turnOf, twoFaults } from '../load/two-faults.ts';
import { reportOf } from './fixture.ts';

const t = suite('report/experiments');

const both = judgeInTurn(twoFaults());
const half = judgeInTurn({ ...twoFaults(), turns: [turnOf(usual, 0, 0), NOT_REACHED] });
const report = (load: LoadReport): Report => reportOf({ load, victim: null });
const count = (text: string, part: string): number => text.split(part).length - 1;

t('the headline names whom each befell', () => {
  assert.is(report(both).headline, 'survived 2 experiments: stopInstance of web-1, stopInstance of web-1');
  assert.is(report(half).verdict, 'inconclusive');
});

t('text: the whole, then each with verdict, figures and what was expected', () => {
  const text = renderText(report(both));
  assert.match(text, /✔ Experiment 1: stopInstance, web-1 stopped: pass\n/);
  assert.match(text, /✔ Experiment 2: stopInstance, web-1 stopped: pass\n/);
  assert.is(count(text, 'expected: '), 2);
  assert.match(renderText(report(half)), /- Experiment 2: slowTarget: not reached\n/);
});

t('markdown: a part for each, open where it is no pass', () => {
  const text = renderMarkdown(report(half));
  assert.match(text, '<details><summary>✅ Experiment 1: stopInstance, web-1 stopped: pass</summary>');
  assert.match(text, '<details open><summary>⚪ Experiment 2: slowTarget: not reached</summary>');
  assert.match(text, /- not reached: the steady state had not returned/);
});

t('html: each has its charts and tables, under names that a page has once', () => {
  const page = renderHtml(report(both));
  for (const n of [1, 2]) {
    assert.match(page, `<section id="experiment-${n}">`);
    assert.is(count(page, `<h2>Experiment ${n}: Objectives</h2>`), 1);
    assert.is(count(page, `aria-label="Experiment ${n}: Objectives"`), 1);
  }
  const labels = [...page.matchAll(/role="region" aria-label="([^"]*)"/g)].map(([, label]) => label);
  const tables = labels.filter((label) => label !== undefined && !label.endsWith('Values of the chart'));
  assert.is(new Set(tables).size, tables.length, tables.join(', '));
  assert.match(renderHtml(report(half)), '<span class="doubt">– not reached</span>');
});

t('the chart of the whole shows every fault, numbered in order', () => {
  const { phases, marks } = chartOf(both);
  assert.equal(
    phases.map(({ phase, from, to }) => [phase, (from - both.startedAt) / 1000, (to - both.startedAt) / 1000]),
    [
      ['before', 0, 20],
      ['during', 20, 50],
      ['during', 80, 110],
    ],
  );
  assert.equal(
    marks.filter(({ text }) => text === 'stop call').map(({ at }) => at),
    [20, 80],
  );
});

t('junit: a case for each objective of each, and one that was not reached is skipped', () => {
  const xml = junit.render(report(half));
  assert.match(xml, /classname="webserver\.experiment 1 stopInstance" name="recovery/);
  assert.match(xml, /classname="webserver\.experiment 2 slowTarget" name="it has a result" time="0\.000">\s*<skipped/);
});

t('a run is compared figure by figure with one of the same experiments, and with reports of one from before', () => {
  const now = report(both);
  const before = (load: LoadReport, n: number) => ({ file: `${n}.json`, report: { ...report(load), createdAt: now.createdAt - n * 1000 } });
  const same = compareReports(now, [before(both, 1), before(both, 2)]);
  assert.equal(
    same?.runs.map(({ apart }) => apart),
    ['', '', ''],
  );
  const recovery = same?.figures.find(({ name }) => name === '2 stopInstance: recovery');
  assert.equal([recovery?.values, recovery?.result], [[10, 10, 10], 'usual']);
  const one = { file: 'old.json', report: { ...reportOf(), createdAt: now.createdAt - 5000 } };
  assert.ok(!('experiments' in (one.report.load ?? {})), 'a report of one is as it was');
  const mixed = compareReports(now, [one]);
  assert.match(mixed?.runs[0]?.apart ?? '', /another/);
  assert.equal(mixed?.figures.find(({ name }) => name === '1 stopInstance: recovery')?.values, [null, 10]);
  for (const experiments of [3, {}, [null], [{ name: 1 }, 'x'], 'x'])
    assert.ok(compareReports(now, [{ file: 'x', report: { ...one.report, load: { ...both, experiments: experiments as never } } }]));
  // The other way round: a report of one beside an earlier one of two.
  assert.ok(compareReports(reportOf(), [{ file: 'x', report: { ...now, createdAt: 1 } }]));
});

t.run();
