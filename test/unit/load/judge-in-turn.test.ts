import * as assert from 'uvu/assert';
import { judgeInTurn } from '../../../reconciler/load/judge-in-turn.ts';
import { suite } from '../../support/suite.ts';
import { at, T0, usual } from './samples.ts';
import { NOT_REACHED, turnOf, twoFaults } from './two-faults.ts';

const t = suite('judge several experiments');

t('each by its own stretch of the load, the whole by all of it', () => {
  const report = judgeInTurn(twoFaults());
  assert.is(report.verdict, 'pass', report.reasons.join('; '));
  assert.equal([report.chaos, report.overall.count, report.lost], [null, 6000, { failed: 76, byFault: 76 }]);
  assert.equal(
    report.objectives.map(({ name, result }) => [name, result]),
    [['errorRate', 'pass']],
    'times are of an experiment, not of the whole',
  );
  const [first, second] = report.experiments ?? [];
  assert.ok(first?.load && second?.load);
  // From the start to the second fault, and from the steady state to the end.
  assert.equal([first.load.startedAt, first.load.endedAt], [T0, at(80)]);
  assert.is(second.load.startedAt, at(56));
  assert.equal(
    [first, second].map(({ load }) => load?.phases.map(({ phase, count }) => [phase, count])),
    [
      [
        ['before', 1000],
        ['during', 1500],
        ['after', 1500],
      ],
      [
        ['before', 1200],
        ['during', 1500],
        ['after', 500],
      ],
    ],
  );
  for (const { load, verdict, name } of [first, second]) {
    assert.equal([name, verdict], ['stopInstance', 'pass']);
    assert.equal(load?.recovery, { kind: 'measured', seconds: 10 });
    assert.equal(load?.lost, { failed: 38, byFault: 38 });
    assert.ok(load?.predicted);
    assert.equal(
      load?.instances.map(({ victim }) => victim),
      [true, false],
    );
  }
  assert.equal(first.load.events.at(-1)?.text, 'the next fault');
  assert.equal(second.load.events.find(({ kind }) => kind === 'load')?.text, 'steady state');
  const calls = report.events.filter(({ text }) => text === 'StopInstances sent').map((each) => (each.at - T0) / 1000);
  assert.equal(calls, [20, 80]);
});

t('the worst verdict counts, and says of which experiment it is', () => {
  const late = { ...usual, healthy: 56 };
  const report = judgeInTurn(twoFaults(late));
  assert.equal([report.verdict, report.experiments?.map(({ verdict }) => verdict)], ['missed', ['pass', 'missed']]);
  assert.match(report.reasons[0] ?? '', /^experiment 2, stopInstance: objective recovery missed: 16\.0 s, limit 15 s/);
  const doubtful = judgeInTurn({
    ...twoFaults(),
    turns: [turnOf(usual, 0, 0), { ...turnOf(usual, 60, 56), victim: null, disruption: null, refusal: 'nobody is left' }],
  });
  assert.equal([doubtful.verdict, doubtful.experiments?.map(({ verdict }) => verdict)], ['inconclusive', ['pass', 'inconclusive']]);
  assert.match(doubtful.reasons.join('; '), 'experiment 2, stopInstance: no instance was stopped: nobody is left');
});

t('one that was not reached is no success, whatever the others were', () => {
  const report = judgeInTurn({ ...twoFaults(), turns: [turnOf(usual, 0, 0), NOT_REACHED] });
  assert.equal([report.verdict, report.experiments?.map(({ verdict }) => verdict)], ['inconclusive', ['pass', 'notReached']]);
  assert.match(report.reasons[0] ?? '', /^experiment 2, slowTarget: not reached: the steady state had not returned by second 80/);
  assert.is(report.experiments?.[1]?.load, null);
  const missed = judgeInTurn({ ...twoFaults(usual, { objectives: { recovery: 9 } }), turns: [turnOf(usual, 0, 0), NOT_REACHED] });
  assert.is(missed.verdict, 'missed');
  assert.match(missed.reasons[0] ?? '', 'experiment 1, stopInstance: objective recovery missed');
});

t('requests that failed in the steady state make the next experiment doubtful', () => {
  const input = twoFaults(usual, { objectives: { recovery: 15 } });
  const failing = (second: number) =>
    [...input.run.samples].map((each) => (each.at === at(second) ? { ...each, ok: false, status: 503 } : each));
  const judged = (second: number) => judgeInTurn({ ...input, run: { ...input.run, samples: failing(second) } });
  assert.equal(
    judged(54).experiments?.map(({ verdict }) => verdict),
    ['pass', 'inconclusive'],
  );
  assert.match(
    judged(54).reasons.join('; '),
    /experiment 2, stopInstance: in the 5 s of the steady state before it, 1 of 2\d\d requests failed/,
  );
  assert.equal(
    judged(45).experiments?.map(({ verdict }) => verdict),
    ['pass', 'pass'],
    'before that it is the fault that they belong to',
  );
});

t('a load that was not sent as asked for blames no experiment', () => {
  const input = twoFaults(usual, { objectives: { errorRate: 0.001 } });
  assert.is(judgeInTurn(input).verdict, 'missed');
  const unreached = [...input.run.samples].map((each, n) => (n % 10 === 0 ? { ...each, ok: false, status: 0, errorCode: 1101 } : each));
  const report = judgeInTurn({ ...input, run: { ...input.run, samples: unreached } });
  assert.equal(
    [report.verdict, ...(report.experiments ?? []).map(({ verdict }) => verdict)],
    ['inconclusive', 'inconclusive', 'inconclusive'],
  );
  const told = report.reasons.filter((each) => each.includes('never reached the load balancer'));
  assert.is(told.length, 1, 'once, and not for each');
  const aborted = judgeInTurn({ ...input, run: { ...input.run, outcome: 'aborted', exitCode: 105 } });
  assert.ok(aborted.reasons.some((each) => each.startsWith('k6 ended as aborted')));
});

t('without objectives there is no pass', () => {
  const report = judgeInTurn(twoFaults(usual, { objectives: {} }));
  assert.is(report.verdict, 'inconclusive');
  assert.match(report.reasons[0] ?? '', 'the spec has no objectives');
});

t.run();
