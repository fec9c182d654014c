import * as assert from 'uvu/assert';
import type { LoadReport } from '../../../reconciler/load/types.ts';
import { compareReports, type EarlierReport, regressions } from '../../../reconciler/report/compare.ts';
import { renderHtml } from '../../../reconciler/report/html.ts';
import type { Report } from '../../../reconciler/report/report.ts';
import { suite } from '../../support/suite.ts';
import { load, reportOf } from './fixture.ts';

const now = reportOf();
const earlier = (n: number, p95: number, more: Partial<LoadReport> = {}, report: Partial<Report> = {}): EarlierReport => ({
  file: `out-${n}/report.json`,
  report: {
    ...now,
    createdAt: now.createdAt - (100 - n) * 60_000,
    load: { ...load, ...more, overall: { ...load.overall, p95 } },
    ...report,
  },
});
const withP95 = (p95: number): Report => ({ ...now, load: { ...load, overall: { ...load.overall, p95 } } });
const p95Of = (report: Report, older: readonly EarlierReport[]) =>
  compareReports(report, older)?.figures.find(({ name }) => name === 'p95');

const t = suite('report/compare');

t('worse is what lies beyond the noise of the earlier runs, and nothing nearer', () => {
  const older = [earlier(1, 100), earlier(2, 110), earlier(3, 105)];
  // Between 100 and 110, widened by their spread of 10.
  assert.equal(p95Of(withP95(100), older)?.usual, { from: 90, to: 120 });
  for (const [p95, result] of [
    [120, 'usual'],
    [120.1, 'worse'],
    [90, 'usual'],
    [89.9, 'better'],
  ] as const)
    assert.is(p95Of(withP95(p95), older)?.result, result, String(p95));
  const comparison = compareReports(withP95(300), older);
  assert.equal(comparison === null ? [] : regressions(comparison).map((each) => each.split(' is ')[0]), ['p95']);
});

t('runs that are all alike leave room for a grain', () => {
  const older = [earlier(1, 2), earlier(2, 2)];
  assert.is(p95Of(withP95(3), older)?.result, 'usual');
  assert.is(p95Of(withP95(3.1), older)?.result, 'worse');
});

t('one earlier run shows a difference and no noise', () => {
  const figure = p95Of(withP95(5000), [earlier(1, 100)]);
  assert.equal([figure?.values, figure?.usual, figure?.result], [[100, 5000], null, 'not known']);
});

t('a run with another load, fault, stack or no verdict is listed and not held against', () => {
  const cases: readonly (readonly [EarlierReport, string])[] = [
    [earlier(1, 1, { settings: { ...load.settings, rate: 7 } }), 'another rate'],
    [earlier(1, 1, { settings: { ...load.settings, path: '/x', duration: 1 } }), 'another duration and path'],
    [earlier(1, 1, { chaos: null }), 'another fault'],
    [earlier(1, 1, { verdict: 'inconclusive' }), 'it was inconclusive'],
    [earlier(1, 1, {}, { stack: 'other' }), 'stack other in us-east-1'],
  ];
  for (const [other, why] of cases) {
    const comparison = compareReports(withP95(200), [other, earlier(2, 200), earlier(3, 200)]);
    assert.is(comparison?.runs[0]?.apart, why);
    assert.equal(comparison?.figures.find(({ name }) => name === 'p95')?.usual, { from: 190, to: 210 }, why);
    assert.is(comparison?.figures.find(({ name }) => name === 'p95')?.values[0], 1, 'its figure is listed');
  }
});

t('the newest run of main is named; later runs and those without a load are left out', () => {
  const origin = (branch: string) => ({ origin: { branch, commit: 'c'.repeat(40) } });
  const older = [
    earlier(3, 1, {}, origin('feature')),
    earlier(2, 1, {}, origin('main')),
    earlier(1, 1, {}, origin('main')),
    earlier(4, 1, {}, { load: null }),
    earlier(200, 1, {}, origin('main')),
  ];
  const comparison = compareReports(now, older);
  assert.equal(
    comparison?.runs.map(({ file }) => file),
    ['out-1/report.json', 'out-2/report.json', 'out-3/report.json', ''],
  );
  assert.is(comparison?.main, 1);
  assert.is(compareReports({ ...now, load: null }, older), null);
  assert.is(compareReports(now, []), null);
});

t('the page has a chart of the trend and the table beside it', () => {
  const comparison = compareReports(withP95(300), [earlier(1, 100), earlier(2, 110)]);
  const page = renderHtml({ ...withP95(300), compare: comparison });
  assert.match(page, 'Compared with 2 earlier runs');
  assert.match(page, 'p95 is worse than in earlier runs');
  assert.match(page, 'class="chart trend"');
  assert.match(page, '▲ worse');
});

t.run();
