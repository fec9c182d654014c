/** The live page at single moments, and its parts: what is not there is said, and what comes from elsewhere is text. */

import * as assert from 'uvu/assert';
import { compareReports } from '../../../reconciler/report/compare.ts';
import { chartOf } from '../../../reconciler/report/html-chart.ts';
import { compareHtml } from '../../../reconciler/report/page/compare.ts';
import { failures } from '../../../reconciler/report/page/failures.ts';
import { type JarView, jarSentence } from '../../../reconciler/report/page/jar.ts';
import { livePage, partsOf, type Scene } from '../../../reconciler/report/page/live.ts';
import type { StageTarget } from '../../../reconciler/report/page/stage.ts';
import { suite } from '../../support/suite.ts';
import { load, reportOf } from './fixture.ts';

const t = suite('report/page');

const target = (more: Partial<StageTarget>): StageTarget => ({
  ...{ id: 'i-1', name: 'web-1', zone: 'us-east-1a', group: 'web', port: 8080, health: 'healthy', reason: '' },
  ...{ broken: false, requests: 5, share: 0.5, ...more },
});
const stage = (targets: readonly StageTarget[]) => ({
  dnsName: 'web-1.us-east-1.elb.amazonaws.com',
  listeners: [{ name: 'http', protocol: 'HTTP', port: 80 }],
  targets,
});
const idle: Scene = {
  ...{ stack: 'web', region: 'us-east-1', said: 'Nothing happens.', can: ['start'], stage: stage([target({ share: null })]) },
  ...{ load: null, experiment: '', happenings: [], jar: null, report: null },
};
const failed = (more = {}) => ({ second: 1, ms: 12, instance: 'i-1', status: 503, error: 'status 503', ...more });
const running: Scene = {
  ...idle,
  can: ['stop', 'rate', 'experiment', 'probe', 'forget'],
  stage: stage([
    target({}),
    target({ id: 'i-2', name: 'web-<b>2', zone: 'us-east-1b', health: 'unused', reason: 'Target.InvalidState', broken: true, requests: 0 }),
    target({ id: '10.0.0.9', name: '10.0.0.9', zone: '', health: '', share: 0 }),
  ]),
  load: {
    ...{ chart: chartOf(load), ids: ['i-1', 'i-2'], names: ['web-1', 'web-2'], rate: 49.96, errorRate: 0.01, p95: null, requests: 1200 },
    ...{ failed: 3, asked: 50, elapsedSeconds: 24, totalSeconds: 60 },
    recentlyFailed: [failed(), failed({ instance: '', status: 0, error: 'request timed out' }), failed({ instance: 'i-unknown' })],
  },
  experiment: 'stop one of <web>',
  happenings: [{ at: 0, text: 'web-2 is stopping', tone: 'bad' }],
};

t('before a load: what is not there is said', () => {
  const parts = partsOf(idle);
  assert.match(parts['tiles'] ?? '', 'press Start');
  assert.match(parts['latency'] ?? '', 'There is no load.');
  assert.match(parts['happenings'] ?? '', 'Nothing yet.');
  assert.is(parts['experiment'], 'no experiment in the spec');
  assert.equal([parts['failed'], parts['instances'], parts['result']], ['', '', '']);
  const page = livePage(idle, 50);
  assert.match(page, /data-do="stop" ?disabled/);
  assert.not.match(page, /data-do="start"[^>]* disabled/);
});

t('under load: rate, errors, the fault and failed requests; names are text', () => {
  const page = livePage(running, 50);
  for (const text of ['50.0/s', '3 of 1,200 so far', 'of 60.0 s', 'web-2 is stopping', 'request timed out', 'i-unknown', '10.0.0.9'])
    assert.match(page, text);
  assert.not.match(page, /web-<b>2|one of <web>/);
  assert.match(page, 'web-&lt;b&gt;2');
  assert.match(page, /data-do="start"[^>]* disabled/);
});

t('a load without an end and without failures, and the result of the last one', () => {
  const before = running.load;
  assert.ok(before !== null);
  const calm = { ...before, failed: 0, errorRate: 0, p95: 12, totalSeconds: null, ids: [], recentlyFailed: [] };
  const parts = partsOf({ ...running, load: calm, report: reportOf() });
  assert.match(parts['tiles'] ?? '', 'until it is stopped');
  assert.equal([parts['failed'], parts['instances']], ['', '']);
  assert.match(parts['result'] ?? '', '/report.html');
  assert.ok((partsOf({ ...running, report: reportOf({ load: null }) })['result'] ?? '').length > 0);
});

t('failed requests: filters where there is something to choose, and how many are listed', () => {
  const input = { nameOf: (id: string) => id, phaseOf: () => '' };
  assert.is(failures({ ...input, requests: [], total: 0 }), '');
  const one = failures({ ...input, requests: [failed()], total: 1 });
  assert.not.match(one, /<select|are listed/);
  const many = failures({
    ...input,
    requests: [failed(), failed({ error: 'reset', status: 0 })],
    total: 40,
    phaseOf: (at) => `phase ${at}`,
  });
  assert.match(many, '2 of 40 are listed, spread evenly over time.');
  assert.match(many, /<select data-filter="error">/);
});

t('the cookie jar: sticky or not is said only of requests that carried a cookie', () => {
  const answer = (targetOf: string, sent: readonly string[] = ['AWSALB'], error = '') => ({
    sent,
    set: [],
    target: targetOf,
    status: 200,
    error,
  });
  const said = (...answers: JarView['answers']) => jarSentence({ path: '/', answers, cookies: [] });
  assert.match(said(), 'No request carried a cookie yet');
  assert.match(said(answer('web-1', [])), 'No request carried a cookie yet');
  assert.match(said(answer('web-1', ['AWSALB'], 'reset')), 'No request carried a cookie yet');
  assert.match(said(answer('')), 'do not show which target');
  assert.match(said(answer('web-1')), /One request with the cookie went to web-1: the session is sticky/);
  assert.match(said(answer('web-1'), answer('web-1')), /2 requests with the cookie went to web-1: the session is sticky/);
  assert.match(said(answer('web-1'), answer('web-2')), /went to 2 targets \(web-1, web-2\): the session is not sticky/);
});

t('compared with earlier runs: each result in words, what is not known as a dash', () => {
  const now = reportOf();
  const at = (minutes: number, p95: number, origin: Record<string, string> = {}) => ({
    file: `${minutes}.json`,
    report: { ...now, createdAt: now.createdAt - minutes * 60_000, load: { ...load, overall: { ...load.overall, p95 } }, origin },
  });
  const page = (p95: number, earlier: readonly ReturnType<typeof at>[]): string =>
    compareHtml(compareReports({ ...now, load: { ...load, overall: { ...load.overall, p95 } } }, earlier as never));
  assert.is(compareHtml(null), '');
  const first = page(100, [at(1, 100)]);
  assert.match(first, 'Compared with 1 earlier run<');
  assert.match(first, 'With two earlier runs of the same load and fault, this page shows the usual range.');
  const branches = [at(3, 100, { branch: 'main', commit: 'a'.repeat(40) }), at(2, 101, { branch: '<i>' }), at(1, 102)];
  const worse = page(900, branches);
  for (const text of ['Compared with 3 earlier runs', '▲ worse', 'p95 is worse than in earlier runs', ', main', 'aaaaaaaaa', '&lt;i&gt;'])
    assert.match(worse, text);
  assert.match(page(1, branches), '▼ better');
  assert.match(page(101, branches), 'Nothing is worse than usual.');
});

t.run();
