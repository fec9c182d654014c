/** What is shown is what was told, across changes of the rate and of the health. */
import * as assert from 'uvu/assert';
import { liveSeconds } from '../../../reconciler/load/live.ts';
import { readPoints } from '../../../reconciler/load/points.ts';
import type { Sample } from '../../../reconciler/load/types.ts';
import { liveText } from '../../../reconciler/report/page/live-text.ts';
import type { Stage, StageTarget } from '../../../reconciler/report/page/stage.ts';
import { createFeed } from '../../../reconciler/watch/feed.ts';
import { suite } from '../../support/suite.ts';

const T0 = 1_700_000_000_000;
const target = (name: string, health: string): StageTarget => ({
  ...{ id: `i-${name}`, name, zone: 'z', group: 'web', port: 80, health, reason: health === 'healthy' ? '' : 'Target.Timeout' },
  ...{ broken: false, requests: 0, share: null },
});
const stage = (a: string, b: string): Stage => ({ dnsName: 'lb', listeners: [], targets: [target('a', a), target('b', b)] });
const feed = () => createFeed({ stack: 's', region: 'r', stage: stage('', ''), experiment: '' });
const seconds = (startedAt: number, from: number, count: number, requests: number, failed = 0) =>
  ({
    ...({ kind: 'load-seconds', startedAt } as const),
    seconds: Array.from({ length: count }, (_, n) => ({
      second: from + n,
      requests,
      failed,
      p95: 10,
      byInstance: { 'i-a': requests - failed },
    })),
    failed: [],
  }) as const;

const t = suite('watch feed');

t('a second that is told again counts once', () => {
  const its = feed();
  its.begin(10, 60);
  its.see(seconds(T0, 0, 5, 4), T0);
  its.see(seconds(T0, 0, 5, 10, 1), T0);
  const { load } = its.scene([], T0 + 5000);
  assert.equal([load?.requests, load?.failed, load?.rate, load?.errorRate], [50, 5, 10, 0.1]);
});

t('a load that takes over is drawn where it belongs, and the two are summed', () => {
  const its = feed();
  its.begin(10, null);
  its.see(seconds(T0, 0, 6, 10), T0);
  its.see(seconds(T0 + 5000, 0, 3, 20), T0);
  assert.equal(its.scene([], T0 + 8000).load?.chart.series.requests, [10, 10, 10, 10, 10, 30, 20, 20]);
});

t('a change of health is told once, and the first look is none unless it is bad', () => {
  const its = feed();
  its.health(stage('healthy', 'unhealthy'), T0);
  its.health(stage('healthy', 'unhealthy'), T0 + 1000);
  its.health(stage('healthy', 'healthy'), T0 + 2000);
  assert.equal(
    its.scene([], T0).happenings.map(({ text, tone }) => [text, tone]),
    [
      ['target of b is healthy', 'good'],
      ['target of b is unhealthy (Target.Timeout)', 'bad'],
    ],
  );
});

t('the fault stands from its call to that of its undo', () => {
  const its = feed();
  its.begin(10, 60);
  its.see(seconds(T0, 0, 10, 10), T0);
  its.see({ kind: 'chaos', mark: 'fault', instanceId: 'i-b', text: 'stopping b' }, T0 + 4000);
  assert.equal(
    its.scene([], T0 + 9000).stage.targets.map(({ broken }) => broken),
    [false, true],
  );
  its.see({ kind: 'chaos', mark: 'undo', instanceId: 'i-b', text: 'starting b' }, T0 + 7000);
  const scene = its.scene([], T0 + 9000);
  assert.equal(
    scene.stage.targets.map(({ broken }) => broken),
    [false, false],
  );
  assert.equal(
    scene.load?.chart.phases.map(({ phase, from, to }) => [phase, from - T0, to - T0]),
    [
      ['before', 0, 4000],
      ['during', 4000, 7000],
    ],
  );
  assert.equal(scene.load?.chart.marks, [
    { text: 'stopping b', at: 4 },
    { text: 'starting b', at: 7 },
  ]);
});

t('of a load of hours the last one is drawn, and all of it is counted', () => {
  const its = feed();
  its.begin(1, null);
  const fault = (mark: 'fault' | 'undo', second: number) =>
    its.see({ kind: 'chaos', mark, instanceId: 'i-a', text: `${mark} ${second}` }, T0 + second * 1000);
  fault('fault', 100);
  fault('undo', 200);
  fault('fault', 4000);
  fault('undo', 6000);
  for (let from = 0; from < 8000; from += 1000) its.see(seconds(T0, from, 1000, 1), T0);
  const { load } = its.scene([], T0 + 8_000_000);
  const first = 8000 - 3600;
  assert.equal([load?.requests, load?.elapsedSeconds, load?.chart.startedAt], [8000, 8000, T0 + first * 1000]);
  assert.equal(
    load?.chart.series.requests,
    Array.from({ length: 3600 }, () => 1),
  );
  assert.equal(
    load?.chart.phases.map(({ phase, from, to }) => [phase, (from - T0) / 1000, (to - T0) / 1000]),
    [
      ['before', first, first],
      ['during', first, 6000],
    ],
  );
  assert.equal(load?.chart.marks, [{ text: 'undo 6000', at: 6000 - first }]);
});

t('seconds of a load: what is known late is told again, and what is long over is forgotten', () => {
  const live = liveSeconds();
  const sample = (second: number, more: Partial<Sample> = {}): Sample => ({
    at: T0 + second * 1000,
    ms: 5,
    ok: true,
    status: 200,
    errorCode: 0,
    instance: 'i-a',
    ...more,
  });
  live.add(sample(0.5));
  assert.equal(live.take().seconds, [], 'nothing before the beginning is known');
  live.begin(T0);
  live.add(sample(1.2));
  assert.equal(
    live.take().seconds.map(({ second, requests }) => [second, requests]),
    [
      [0, 1],
      [1, 1],
    ],
  );
  live.add(sample(0.9, { ok: false, status: 0, errorCode: 1050, ms: 5000, instance: '' }));
  const { seconds: told, failed } = live.take();
  assert.equal(
    told.map(({ second, requests, failed: lost }) => [second, requests, lost]),
    [[0, 2, 1]],
  );
  assert.equal(failed, [{ second: 0.9, ms: 5000, instance: '', status: 0, error: 'request timed out' }]);
  assert.equal(live.take(), { seconds: [], failed: [] });
});

t('requests that are read a second time count once, and what comes too late draws no second anew', () => {
  const live = liveSeconds();
  live.begin(T0);
  const points = readPoints(live);
  const file = points.file();
  file.push('metric_name,timestamp,metric_value,error_code,extra_tags\n');
  const plain = (at: number): void => {
    const rows = [`http_reqs,${at},1,,`, `http_req_duration,${at},5,,`, `http_req_blocked,${at},0,,`, `http_req_failed,${at},0,,`];
    file.push(`${rows.join('\n')}\n`);
  };
  const recorded = (at: number): void => file.push(`albedo_request,${at},5,0,status=200&instance=i-a\n`);
  const taken = () => live.take().seconds.map(({ second, requests, byInstance }) => [second, requests, byInstance['i-a'] ?? 0]);
  plain(T0 + 500);
  plain(T0 + 1500);
  assert.equal(taken(), [
    [0, 1, 0],
    [1, 1, 0],
  ]);
  recorded(T0 + 500);
  plain(T0 + 1600);
  assert.equal(taken(), [
    [0, 1, 1],
    [1, 0, 0],
  ]);
  recorded(T0 + 100_500);
  assert.equal(taken(), [[100, 1, 1]]);
  recorded(T0 + 700);
  assert.equal(taken(), []);
  assert.is(points.counted().requests, 3, 'but it counts');
});

t('in a terminal no line is wider than it, and there is nothing before the load', () => {
  const its = feed();
  assert.equal(liveText(its.scene([], T0), 80), []);
  its.begin(10, 60);
  its.see(seconds(T0, 0, 30, 10, 2), T0);
  its.see({ kind: 'chaos', text: `stopping ${'x'.repeat(200)}\u001b[31m` }, T0);
  for (const columns of [20, 40, 80, 200]) {
    const lines = liveText(its.scene([], T0 + 30_000), columns);
    assert.ok(lines.length >= 6);
    for (const line of lines) assert.ok([...line].length <= columns && !line.includes('\u001b'), `${columns}: ${line}`);
  }
});

t('the button says which experiment comes next', () => {
  const shown = feed();
  assert.is(shown.scene([], 0).experiment, '');
  shown.comesNext('2 of 3: stop web-2');
  assert.is(shown.scene([], 0).experiment, '2 of 3: stop web-2');
});

t('each of several faults is shaded from its fault to its undo', () => {
  const shown = feed();
  shown.begin(10, 60);
  const second = (n: number) => ({ second: n, requests: 10, failed: 0, p95: 1, byInstance: {} });
  shown.see({ kind: 'load-seconds', startedAt: 0, seconds: Array.from({ length: 60 }, (_, n) => second(n)), failed: [] }, 60_000);
  for (const [mark, at] of [
    ['fault', 10_000],
    ['undo', 15_000],
    ['fault', 30_000],
    ['undo', 40_000],
  ] as const)
    shown.see({ kind: 'chaos', mark, instanceId: 'i-1', text: mark }, at);
  assert.equal(
    shown.scene([], 60_000).load?.chart.phases.map(({ phase, from, to }) => [phase, from, to]),
    [
      ['before', 0, 10_000],
      ['during', 10_000, 15_000],
      ['during', 30_000, 40_000],
    ],
  );
});

t.run();
