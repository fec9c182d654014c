import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { type JudgeInput, judge } from '../../../reconciler/load/judge.ts';
import { percentile } from '../../../reconciler/load/statistics.ts';
import type { Objectives } from '../../../reconciler/load/types.ts';
import { suite } from '../../support/suite.ts';
import { at, judgeInput, OTHER, observationsOf, runOf, samplesOf, T0, usual, VICTIM } from './samples.ts';

const t = suite('judge');
const all: Objectives = { errorRate: 0.05, p95: 100, p99: 2000, failover: 5, recovery: 15, detection: 5 };
const close = (actual: number | null, expected: number, slack = 0.02): void =>
  assert.ok(actual !== null && Math.abs(actual - expected) <= slack, `${actual} is not ${expected}`);

t('a run that loses and regains an instance: phases, times, shares, verdict', () => {
  const report = judge(judgeInput(usual, { objectives: all }));
  assert.is(report.verdict, 'pass', report.reasons.join('; '));
  assert.equal(report.reasons, []);
  assert.equal(
    report.phases.map((each) => [each.phase, each.count, each.failed]),
    [
      ['before', 1000, 0],
      ['during', 1500, 38],
      ['after', 500, 0],
    ],
  );
  assert.equal(report.detection, { kind: 'measured', seconds: 1.5, note: 'unused (Target.InvalidState); not before 0.5 s' });
  assert.ok(report.failover.kind === 'measured');
  close(report.failover.seconds, 2.48, 0.03);
  assert.ok(report.healthyAgain.kind === 'measured' && report.shareBack.kind === 'measured' && report.recovery.kind === 'measured');
  close(report.healthyAgain.seconds, 10);
  close(report.shareBack.seconds, 10, 0.05);
  assert.equal(report.lost, { failed: 38, byFault: 38 });
  assert.equal(report.failures, [{ what: 'request timed out', count: 38 }]);
  const victim = report.instances.find((each) => each.instanceId === VICTIM);
  assert.ok(victim?.victim);
  close(victim.shares.before, 0.5);
  close(victim.shares.during, 0);
  close(victim.shares.after, 0.5);
  assert.equal(
    victim.path.map((each) => each.state),
    ['healthy', 'unused', 'initial', 'healthy'],
  );
  assert.is(report.series.requests.length, 60);
  assert.is(
    report.series.requests.reduce((a, b) => a + b, 0),
    3000,
  );
  assert.is(
    report.series.failed.reduce((a, b) => a + b, 0),
    38,
  );
  assert.is(report.series.p95[25] === null, false);
});

const misses: [string, Objectives, string][] = [
  ['errorRate', { errorRate: 0.025 }, 'objective errorRate missed: 2.53 % during the fault (38 of 1500 requests), limit 2.5 %'],
  ['p99', { p99: 500 }, 'objective p99 missed: 1000 ms during the fault, limit 500 ms'],
  ['failover', { failover: 2 }, 'objective failover missed: 2.5 s, limit 2 s'],
  ['recovery', { recovery: 9 }, 'objective recovery missed: 10.0 s, limit 9 s'],
  ['detection', { detection: 1 }, 'objective detection missed: 1.5 s, limit 1 s'],
];
for (const [name, objectives, reason] of misses) {
  t(`missed: ${name}`, () => {
    const report = judge(judgeInput(usual, { objectives }));
    assert.is(report.verdict, 'missed');
    assert.match(report.reasons[0] ?? '', reason);
    assert.ok((report.objectives[0]?.margin ?? 0) < 0);
  });
}

t('the rate of each phase counts: a long quiet run cannot thin out a bad failover', () => {
  const scene = { ...usual, end: 600 };
  const report = judge(judgeInput(scene, { objectives: { errorRate: 0.02 } }));
  assert.ok(report.overall.errorRate < 0.002);
  assert.is(report.verdict, 'missed');
});

t('a value equal to its limit passes with no margin', () => {
  const [result] = judge(judgeInput(usual, { objectives: { detection: 1.5 } })).objectives;
  assert.is(result?.result, 'pass');
  assert.is(result?.margin, 0);
});

const withObservations = (test: (kind: string, state: string) => boolean, more: Partial<JudgeInput> = {}): JudgeInput =>
  judgeInput(usual, {
    disruption: {
      observations: observationsOf(usual).filter((each) => test(each.kind, 'state' in each ? each.state : '')),
      outcome: 'recovered',
      restored: true,
      problem: '',
    },
    ...more,
  });
const down = (kind: string, state: string) => !(kind === 'health' && (state === 'unused' || state === 'initial'));
const inconclusive: [string, JudgeInput, string][] = [
  ['the fault was never seen', withObservations(down), 'the fault was not seen'],
  ['dropped over 1 %', judgeInput(usual, { run: runOf(samplesOf(usual), { dropped: 31 }) }), 'k6 dropped 31 of 3031'],
  [
    'k6 failed',
    judgeInput(usual, { run: runOf(samplesOf(usual), { outcome: 'script-error', exitCode: 107 }) }),
    'k6 ended as script-error (exit status 107)',
  ],
  ['no request', judgeInput(usual, { run: runOf([], { startedAt: T0, endedAt: at(60) }) }), 'no request was made'],
  [
    'no request after',
    judgeInput(usual, { run: runOf(samplesOf(usual).filter((each) => each.at < at(49.5))) }),
    'let the load last longer',
  ],
  [
    'nobody to stop',
    judgeInput(usual, { victim: null, disruption: null, refusal: 'target group web has 1 healthy target' }),
    'no instance was stopped: target group web has 1',
  ],
  [
    'stop refused',
    judgeInput(usual, { disruption: { observations: [], outcome: 'refused', restored: true, problem: 'stopping web-1 failed' } }),
    'no instance was stopped',
  ],
  [
    'not restored',
    judgeInput(usual, {
      disruption: {
        observations: observationsOf(usual).slice(0, 9),
        outcome: 'not-recovered',
        restored: false,
        problem: 'could not be started again',
      },
    }),
    'could not be started again',
  ],
  [
    'nobody left healthy',
    judgeInput(usual, {
      disruption: {
        observations: [
          ...observationsOf(usual),
          { kind: 'health', at: at(30), since: at(29), instanceId: OTHER, state: 'unhealthy', reason: 'Target.Timeout', detail: '' },
        ],
        outcome: 'recovered',
        restored: true,
        problem: '',
      },
    }),
    'no target was left to serve',
  ],
];
for (const [what, input, reason] of inconclusive) {
  t(`inconclusive: ${what}`, () => {
    const report = judge(input);
    assert.is(report.verdict, 'inconclusive', report.reasons.join('; '));
    assert.ok(
      report.reasons.some((each) => each.includes(reason)),
      report.reasons.join('; '),
    );
  });
}

t('dropped iterations of 1 % and less are borne', () => {
  assert.is(judge(judgeInput(usual, { run: runOf(samplesOf(usual), { dropped: 30 }) })).verdict, 'pass');
});

t('a figure that was measured and is too high is a miss, also when something else could not be told', () => {
  assert.is(judge(withObservations(down, { objectives: { errorRate: 0.01 } })).verdict, 'missed');
});

t('a target that was not back: missed when the wait is already over the limit, else not evaluated', () => {
  const observations = observationsOf(usual).filter((each) => !(each.kind === 'health' && each.at === at(50)));
  const disruption = { observations, outcome: 'not-recovered', restored: true, problem: 'was not healthy again in time' } as const;
  const of = (recovery: number) => judge(judgeInput({ ...usual }, { disruption, objectives: { recovery } })).objectives[0]?.result;
  assert.is(of(10), 'missed');
  assert.is(of(60), 'not-evaluated');
});

t('without chaos there is one phase and no time to judge', () => {
  const report = judge(judgeInput(usual, { chaos: null, victim: null, disruption: null, objectives: { errorRate: 0.05, p95: 100 } }));
  assert.is(report.verdict, 'pass', report.reasons.join('; '));
  assert.equal(
    report.phases.map((each) => each.phase),
    ['before'],
  );
  assert.match(report.objectives[0]?.detail ?? '', 'in the whole run');
});

t('an answer from an instance that the spec does not know is shown', () => {
  const samples = samplesOf(usual).map((each, n) => (n % 100 === 0 ? { ...each, instance: 'i-0ccc00000000000c3' } : each));
  assert.ok(
    judge(judgeInput(usual, { run: runOf(samples) })).instances.some(
      (each) => each.instanceId === 'i-0ccc00000000000c3' && each.name === '',
    ),
  );
});

t('failures that went on before the fault are not blamed on it', () => {
  const samples = samplesOf(usual).map((each, n) => (n % 10 === 5 ? { ...each, ok: false, status: 500, errorCode: 1500 } : each));
  const report = judge(judgeInput(usual, { run: runOf(samples) }));
  assert.is(report.lost.failed, 338);
  assert.is(report.lost.byFault, 38);
  assert.ok(report.failover.kind === 'measured' && (report.failover.note ?? '').includes('before the stop too'));
});

t('the report is plain JSON', () => {
  const report = judge(judgeInput(usual, { objectives: all }));
  assert.equal(JSON.parse(JSON.stringify(report)), report);
});

t('property: percentiles are those of a naive reference', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: 10_000, noNaN: true }), { minLength: 1, maxLength: 200 }),
      fc.integer({ min: 0, max: 100 }),
      (list, p) => {
        const sorted = [...list].sort((a, b) => a - b);
        // By walking: the rank is p % of the way through the n - 1 gaps between neighbours.
        let way = (p / 100) * (sorted.length - 1);
        let i = 0;
        while (way >= 1 && i < sorted.length - 1) {
          way -= 1;
          i++;
        }
        const here = sorted[i] ?? 0;
        const next = sorted[i + 1] ?? here;
        close(percentile(sorted, p / 100), here * (1 - way) + next * way, 1e-6);
      },
    ),
  );
});

t('property: more failures never turn a miss into a pass', () => {
  const scene = { ...usual, stop: 4, down: 5, start: 8, healthy: 11, end: 16, rate: 20, failUntil: 5, failMs: 300 };
  const samples = samplesOf(scene);
  const limits = fc.record({
    errorRate: fc.constantFrom(0, 0.05, 0.1, 1),
    p95: fc.constantFrom(20, 100, 1000),
    failover: fc.constantFrom(0.5, 1.5, 3),
    recovery: fc.constantFrom(2, 3.05, 4),
  });
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: 0, max: samples.length - 1 }), { maxLength: 120 }),
      fc.nat(120),
      limits,
      (order, cut, objectives) => {
        const failing = (some: readonly number[]) => {
          const chosen = new Set(some);
          const changed = samples.map((each, n) => (chosen.has(n) ? { ...each, ok: false, status: 503, errorCode: 1503 } : each));
          return judge(judgeInput(scene, { run: runOf(changed), objectives }));
        };
        const fewer = failing(order.slice(0, Math.min(cut, order.length)));
        const more = failing(order);
        for (const [n, result] of fewer.objectives.entries())
          if (result.result === 'missed') assert.is(more.objectives[n]?.result, 'missed', result.name);
        if (fewer.verdict === 'missed') assert.is(more.verdict, 'missed');
      },
    ),
    { numRuns: 300 },
  );
});

t('a run without a request is told as that, and not as a share of dropped ones', () => {
  const { verdict, reasons } = judge(judgeInput(usual, { run: runOf([], { dropped: 0 }) }));
  assert.is(verdict, 'inconclusive');
  assert.match(reasons.join(), /no request was made/);
  assert.not.match(reasons.join(), /dropped|NaN/);
});

t.run();
