import * as assert from 'uvu/assert';
import { attribute, spanOf } from '../../../reconciler/load/attribution.ts';
import { judgeApply } from '../../../reconciler/load/judge-apply.ts';
import type { LoadRun, Sample } from '../../../reconciler/load/types.ts';
import type { StepRun } from '../../../reconciler/plan/types.ts';
import { suite } from '../../support/suite.ts';

const t = suite('attribute');

const step = (id: string, startedAt: number, endedAt: number, effect: StepRun['effect'] = 'update'): StepRun => ({
  id,
  address: `listener/${id}`,
  title: `change ${id}`,
  effect,
  outcome: 'done',
  attempts: 1,
  startedAt,
  endedAt,
});
const skipped: StepRun = { id: 'z', address: 'listener/z', title: 'change z', effect: 'destroy', outcome: 'skipped', attempts: 0 };
const lost = (at: number, ms = 1, status = 503): Sample => ({ at, ms, ok: false, status, errorCode: 1503, instance: '' });
const fine = (at: number, ms = 1): Sample => ({ at, ms, ok: true, status: 200, errorCode: 0, instance: 'i-1' });

const found = (samples: readonly Sample[], steps: readonly StepRun[]) =>
  attribute(samples, steps).blames.map(({ step: id, during, sent, after }) => [id, during, sent, after]);

t('a request counts for the step that ran when it was sent, and for the one that ran when it failed', () => {
  const steps = [step('a', 100, 200), step('b', 3000, 4000)];
  assert.equal(found([lost(150)], steps), [['a', 1, 1, 0]]);
  assert.equal(found([lost(150, 3000)], steps), [
    ['a', 1, 1, 0],
    ['b', 1, 0, 0],
  ]);
  assert.equal(
    found([lost(50, 3500)], steps),
    [
      ['a', 1, 0, 0],
      ['b', 1, 0, 0],
    ],
    'sent before the first step, failed in the last one',
  );
});

t('what was answered well counts for nothing', () => {
  assert.equal(found([fine(150), fine(150, 300)], [step('a', 100, 200)]), []);
  assert.is(attribute([fine(10)], [step('a', 100, 200)]).before, 0);
});

t('what failed before the first step is put down to none', () => {
  const { blames, before } = attribute([lost(10), lost(98), lost(99)], [step('a', 100, 200)]);
  assert.equal([blames.length, before], [1, 2], 'the one that ended as the step began counts for it');
  assert.is(attribute([lost(10)], []).before, 1, 'no step at all');
  assert.is(attribute([lost(10)], [skipped]).before, 1, 'a step that never began ran at no time');
});

t('AWS acts a moment after it said yes: the changes right before count too', () => {
  const steps = [step('a', 100, 110), step('b', 120, 130), step('c', 2000, 2100)];
  assert.equal(found([lost(115)], steps), [['a', 0, 0, 1]]);
  assert.equal(
    found([lost(125)], steps),
    [
      ['b', 1, 1, 0],
      ['a', 0, 0, 1],
    ],
    'also while another runs',
  );
  assert.equal(found([lost(1120)], steps), [['b', 0, 0, 1]], 'a second after it no more');
  assert.equal(found([lost(2050)], steps), [['c', 1, 1, 0]]);
});

t('while nothing is changed the last change counts, however long ago, and waits are told after it', () => {
  const steps = [step('a', 100, 110), step('b', 120, 130), step('w', 130, 90_000, 'await')];
  assert.equal(found([lost(60_000), lost(60_010)], steps), [
    ['b', 0, 0, 2],
    ['w', 2, 2, 0],
  ]);
  assert.equal(found([lost(200_000)], steps), [['b', 0, 0, 1]], 'after the last step too');
  assert.equal(found([lost(60_000)], [step('w', 130, 90_000, 'await')]), [['w', 1, 1, 0]], 'nothing was changed before');
});

t('worst first, with when and what', () => {
  const steps = [step('a', 100, 200), step('b', 150, 2000)];
  const { blames } = attribute([lost(160, 10, 502), lost(1300), lost(1310), lost(1320, 5)], steps);
  assert.equal(
    blames.map((blame) => blame.step),
    ['b', 'a'],
  );
  assert.equal([blames[0]?.firstAfterMs, blames[0]?.lastAfterMs], [20, 1175]);
  assert.equal(blames[0]?.failures, [
    { what: 'status 503', count: 3 },
    { what: 'status 502', count: 1 },
  ]);
});

t('the span goes from the first beginning to the last end', () => {
  assert.equal(spanOf([step('b', 150, 400), skipped, step('a', 100, 200)]), { from: 100, to: 400 });
  assert.is(spanOf([skipped]), undefined);
});

const runOf = (samples: readonly Sample[], more: Partial<LoadRun> = {}): LoadRun => ({
  outcome: 'done',
  exitCode: 0,
  version: '2.2.0',
  startedAt: 0,
  endedAt: 1000,
  samples,
  ...{ dropped: 0, iterations: 0, exceptions: 0, unrecorded: 0, thresholds: [] },
  said: '',
  traffic: { bytesSent: 0, bytesReceived: 0, connections: 0, users: 0 },
  log: [],
  shards: [],
  ...more,
});
const judged = (run: LoadRun, objectives = {}) =>
  judgeApply({ run, steps: [step('a', 100, 200)], url: 'http://lb/', listener: 'http', rate: 10, objectives });
/** 100 requests, the first `failed` of those during the step lost. */
const samplesWith = (failed: number): Sample[] =>
  Array.from({ length: 100 }, (_, n) => (n >= 10 && n < 10 + failed ? lost(n * 10) : fine(n * 10)));

t('no request may fail where the spec says nothing', () => {
  assert.is(judged(runOf(samplesWith(0))).verdict, 'pass');
  assert.is(judged(runOf(samplesWith(0))).sentence, '0 of 100 requests failed while 1 step ran');
  const one = judged(runOf(samplesWith(1)));
  assert.is(one.verdict, 'missed');
  assert.match(one.reasons[0] ?? '', /errorRate was missed under load: 9\.09 % during the apply \(1 of 11 requests\), limit 0 %/);
});

t('as many may fail as the objective says, in the worst phase, and are told all the same', () => {
  const load = judged(runOf(samplesWith(5)), { errorRate: 0.5 });
  assert.equal([load.verdict, load.overall.failed, load.blames.length], ['pass', 5, 1]);
  assert.is(judged(runOf(samplesWith(6)), { errorRate: 0.5 }).verdict, 'missed', '6 of 11, though 6 of 100 over all');
});

t('latencies are judged, times of a failover are not', () => {
  assert.is(judged(runOf(samplesWith(0)), { p95: 1, failover: 1 }).verdict, 'pass');
  assert.is(judged(runOf([...samplesWith(0), ...Array.from({ length: 9 }, (_, n) => fine(150 + n, 40))]), { p95: 30 }).verdict, 'missed');
});

t('a load that was not the one asked for tells nothing, unless something was missed', () => {
  assert.is(judged(runOf(samplesWith(0), { dropped: 1 })).verdict, 'pass');
  assert.is(judged(runOf(samplesWith(0), { dropped: 2 })).verdict, 'inconclusive');
  assert.is(judged(runOf([])).verdict, 'inconclusive');
  assert.is(judged(runOf(samplesWith(0), { outcome: 'failed', log: ['out of memory'] })).verdict, 'inconclusive');
  assert.is(judged(runOf(samplesWith(1), { outcome: 'failed' })).verdict, 'missed');
});

t('a request is of the apply when any part of it was', () => {
  const load = judged(runOf([fine(98), fine(98, 2), fine(200), fine(201)]));
  assert.equal(
    load.phases.map(({ phase, count }) => [phase, count]),
    [
      ['before', 1],
      ['during', 2],
      ['after', 1],
    ],
  );
});

t('the worst comes first: changes before waits, then by failures sent or right after, then by failures under way, then by time', () => {
  const order = (samples: readonly Sample[], steps: readonly StepRun[]) => found(samples, steps).map(([id]) => id);
  const wait = step('w', 100, 400, 'await');
  assert.equal(order([lost(150), lost(160), lost(310)], [wait, step('a', 300, 350)]), ['a', 'w'], 'a wait changes nothing');
  assert.equal(order([lost(150), lost(9310), lost(9320)], [step('a', 100, 200), step('b', 9300, 9350)]), ['b', 'a'], 'more were sent');
  const steps = [step('b', 100, 200), step('a', 9300, 9350), step('c', 9280, 9295)];
  assert.equal(order([lost(150), lost(9310), lost(9290, 20)], steps), ['c', 'a', 'b'], 'one more was under way');
  assert.equal(order([lost(150), lost(5150)], [step('b', 5100, 5200), step('a', 100, 200)]), ['a', 'b'], 'the earlier one');
});

t.run();
