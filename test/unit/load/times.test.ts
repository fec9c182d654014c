import * as assert from 'uvu/assert';
import { readTimeline } from '../../../reconciler/chaos/timeline.ts';
import type { ChaosEvent, Timeline } from '../../../reconciler/chaos/types.ts';
import { judgeObjectives } from '../../../reconciler/load/objectives.ts';
import { detectionTime, failoverTime, healthyAgainTime, shareBackTime } from '../../../reconciler/load/times.ts';
import type { Measured, Sample } from '../../../reconciler/load/types.ts';
import { suite } from '../../support/suite.ts';
import { at, OTHER, observationsOf, usual, VICTIM } from './samples.ts';

const t = suite('times');
const timelineOf = (observations: readonly ChaosEvent[]): Timeline =>
  readTimeline({
    observations,
    victims: [VICTIM],
    names: {},
    from: at(0),
    to: at(60),
    calls: { stop: 'StopInstances', start: 'StartInstances' },
  });
const timeline = timelineOf(observationsOf(usual));
const failed = (second: number, ms = 100): Sample => ({ at: at(second), ms, ok: false, status: 503, errorCode: 1503, instance: '' });
const answered = (second: number, instance: string): Sample => ({ at: at(second), ms: 5, ok: true, status: 200, errorCode: 0, instance });
const seconds = (time: Measured): number => (time.kind === 'unknown' ? Number.NaN : Math.round(time.seconds * 1000) / 1000);

const failovers: [string, Sample[], number][] = [
  ['the end of the last one counts, not its beginning', [failed(21), failed(22, 3000)], 5],
  ['one that ended last may have begun first', [failed(20.5, 5000), failed(22)], 5.5],
  ['one under way at the stop call', [failed(19, 2000)], 1],
  ['one over before the stop call is not its doing', [failed(19)], 0],
  ['one that began after the start call belongs to the recovery', [failed(21), failed(41)], 1.1],
  ['one that began before the start call and ended after it', [failed(39, 4000)], 23],
];
for (const [what, samples, expected] of failovers)
  t(`failover: ${what}`, () => assert.is(seconds(failoverTime(samples, timeline, false)), expected));

t('detection that was not seen is bounded by the start call: after it nothing was to be seen', () => {
  const blind = timelineOf(observationsOf(usual).filter((each) => each.kind !== 'health'));
  const time = detectionTime(blind, at(60));
  assert.is(time.kind, 'atLeast');
  assert.is(seconds(time), 20);
});

t('a target that ELB takes out only after the start call is back when it is healthy after that', () => {
  const health = (second: number, state: string): ChaosEvent => ({
    kind: 'health',
    at: at(second),
    since: at(second - 1),
    instanceId: VICTIM,
    state,
    reason: '',
    detail: '',
  });
  const late = timelineOf([
    ...observationsOf(usual).filter((each) => each.kind !== 'health'),
    health(0.1, 'healthy'),
    health(40.5, 'healthy'),
    health(42, 'unhealthy'),
    health(55, 'healthy'),
  ]);
  assert.is(seconds(healthyAgainTime(late, at(60))), 15);
});

const before = [answered(1, VICTIM), answered(1.1, OTHER)];
/** 50 a second from the 40th second; of each ten, the victim has as many as `part` says. */
const mix = (part: (second: number) => number): Sample[] =>
  Array.from({ length: 1000 }, (_, n) => answered(40 + n / 50, n % 10 < part(40 + n / 50) ? VICTIM : OTHER));
const shareBack = (samples: readonly Sample[]): Measured => shareBackTime([...before, ...samples], timeline, [VICTIM], 2);

t('share: back with 80 % of a fair share', () => {
  assert.is(seconds(shareBack(mix((second) => (second >= 50 ? 4 : 0)))), 10);
});

t('share: a trickle is not back, and no longer counts once it is over', () => {
  const time = shareBack(mix((second) => (second >= 55 ? 5 : second >= 45 ? 1 : 0)));
  assert.is(time.kind, 'measured');
  assert.ok(seconds(time) > 14 && seconds(time) <= 15, String(seconds(time)));
});

t('share: never back', () => assert.is(shareBack(mix(() => 3)).kind, 'atLeast'));
t('share: too little load after it to tell', () => assert.is(shareBack(mix((second) => (second >= 59.5 ? 5 : 0))).kind, 'atLeast'));
t('share: failed requests are nobody’s', () => {
  const samples = mix((second) => (second >= 50 ? 5 : 0)).map((each) => (each.instance === OTHER ? { ...each, ok: false } : each));
  assert.is(seconds(shareBack(samples)), 10);
});
t('share: answers that tell no instance', () => {
  const anonymous = mix(() => 5).map((each) => ({ ...each, instance: '' }));
  assert.is(shareBackTime(anonymous, timeline, [VICTIM], 2).kind, 'unknown');
});

t('a rate or latency equal to its limit passes, and the worst phase is the one told', () => {
  const phase = (name: 'before' | 'during', p95: number) => ({
    phase: name,
    from: 0,
    to: 1,
    count: 10,
    failed: 1,
    errorRate: 0.1,
    p50: 1,
    p95,
    p99: p95,
    max: p95,
    shares: {},
  });
  const unknown: Measured = { kind: 'unknown', note: 'not asked' };
  const phases = [phase('before', 100), phase('during', 40)];
  const times = { detection: unknown, failover: unknown, recovery: unknown, shareBack: unknown };
  const results = judgeObjectives({ eachPhase: { p95: 100, errorRate: 0.1 }, detection: 1 }, phase('before', 70), phases, times);
  assert.equal(
    results.map((each) => [each.name, each.result, each.measured]),
    [
      ['eachPhase.errorRate', 'pass', 0.1],
      ['eachPhase.p95', 'pass', 100],
      ['detection', 'not-evaluated', null],
    ],
  );
  assert.match(results[1]?.detail ?? '', 'before the fault');
});

t('a victim whose first answer came as the stop was called gave none before', () => {
  const others = Array.from({ length: 400 }, (_, n) => answered(15 + n / 20, OTHER));
  const share = (second: number) => shareBackTime([answered(second, VICTIM), ...others], timeline, [VICTIM], 2);
  assert.is(share(20).kind, 'unknown');
  assert.is.not(share(19.9).kind, 'unknown');
});

const NONE = { count: 0, failed: 0, errorRate: 0, p50: null, p95: null, p99: null, max: null };

t('a time equal to its limit passes; its note is said only when there is one', () => {
  const judged = (note?: string) =>
    judgeObjectives({ failover: 5 }, NONE, [], {
      detection: { kind: 'unknown', note: '' },
      shareBack: { kind: 'unknown', note: '' },
      failover: { kind: 'measured', seconds: 5, ...(note === undefined ? {} : { note }) },
      recovery: { kind: 'unknown', note: '' },
    })[0];
  assert.equal([judged()?.result, judged()?.detail], ['pass', '5.0 s, limit 5 s']);
  assert.is(judged('')?.detail, '5.0 s, limit 5 s');
  assert.is(judged('seen late')?.detail, '5.0 s, limit 5 s (seen late)');
});

t.run();
