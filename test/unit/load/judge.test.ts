import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { type JudgeInput, judge } from '../../../reconciler/load/judge.ts';
import { percentile } from '../../../reconciler/load/statistics.ts';
import type { Objectives } from '../../../reconciler/load/types.ts';
import { suite } from '../../support/suite.ts';
import { at, judgeInput, OTHER, observationsOf, runOf, samplesOf, T0, usual, VICTIM } from './samples.ts';

const t = suite('judge');
const all: Objectives = { errorRate: 0.05, p95: 100, p99: 2000, failover: 5, recovery: 15, shareBack: 15, detection: 5 };
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
  assert.ok(report.shareBack.kind === 'measured' && report.recovery.kind === 'measured');
  close(report.recovery.seconds, 10);
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

t('the last phase holds the request that began as it ended', () => {
  const samples = samplesOf(usual);
  const last = samples.at(-1);
  if (last === undefined) throw new Error('no samples');
  const ended = runOf(samples).endedAt;
  const counts = (at: number): number =>
    judge(judgeInput(usual, { run: { ...runOf([...samples, { ...last, at }]), endedAt: ended }, objectives: all })).phases.reduce(
      (sum, { count }) => sum + count,
      0,
    );
  assert.is(counts(ended), samples.length + 1);
  assert.is(counts(ended + 1), samples.length, 'what began later is in none');
});

const misses: [string, Objectives, string][] = [
  ['errorRate', { errorRate: 0.01 }, 'objective errorRate missed: 1.27 % in the whole run (38 of 3000 requests), limit 1 %'],
  ['p99', { p99: 500 }, 'objective p99 missed: 1000 ms in the whole run, limit 500 ms'],
  [
    'errorRate of a phase',
    { during: { errorRate: 0.025 } },
    'objective during.errorRate missed: 2.53 % during the fault (38 of 1500 requests), limit 2.5 %',
  ],
  ['p99 of the worst phase', { eachPhase: { p99: 500 } }, 'objective eachPhase.p99 missed: 1000 ms during the fault, limit 500 ms'],
  ['share back', { shareBack: 9 }, 'objective shareBack missed: 10.0 s, limit 9 s'],
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

t('the rate is that of the whole run; that of the worst phase has a key of its own, which no long quiet run thins out', () => {
  const scene = { ...usual, end: 600 };
  const of = (objectives: Objectives) => judge(judgeInput(scene, { objectives })).verdict;
  assert.is(of({ errorRate: 0.02 }), 'pass');
  assert.is(of({ eachPhase: { errorRate: 0.02 } }), 'missed');
  assert.is(of({ before: { errorRate: 0 }, after: { errorRate: 0 }, during: { errorRate: 0.03 } }), 'pass');
});

t('recovery is over when the target is healthy; its share of requests has a key of its own', () => {
  // Healthy at 50, and asked again only from 56 on.
  const samples = samplesOf({ ...usual, end: 80 }).map((each) =>
    each.at >= at(50) && each.at < at(56) && each.instance === VICTIM ? { ...each, instance: OTHER } : each,
  );
  const of = (objectives: Objectives) => judge(judgeInput({ ...usual, end: 80 }, { run: runOf(samples), objectives })).verdict;
  assert.is(of({ recovery: 10 }), 'pass');
  assert.is(of({ shareBack: 10 }), 'missed');
  assert.is(of({ shareBack: 17 }), 'pass');
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
  ['no objectives', judgeInput(usual, { objectives: {} }), 'the spec has no objectives'],
  [
    'no objectives, and most requests failed',
    judgeInput(usual, {
      objectives: {},
      run: runOf(samplesOf(usual).map((each, n) => (n % 9 === 0 ? each : { ...each, ok: false, status: 503 }))),
    }),
    'the spec has no objectives',
  ],
  [
    'the group of the victim does not serve the path',
    judgeInput(usual, { run: runOf(samplesOf(usual).map((each) => ({ ...each, instance: each.ok ? OTHER : '' }))) }),
    'web-1 answered no request before the fault',
  ],
  [
    'the path of the victim has almost no weight, and nobody asked for it during the fault',
    judgeInput(usual, {
      run: runOf(
        samplesOf(usual).map((each) =>
          each.at >= at(20) && each.at < at(50) ? { ...each, ok: true, status: 200, errorCode: 0, instance: 'i-side' } : each,
        ),
      ),
    }),
    'no request went to web while the instance was stopped, so its loss shows nothing: increase load.rate, or the weight of its path',
  ],
  [
    'a fixed response, or a server that does not say who it is',
    judgeInput(usual, { run: runOf(samplesOf(usual).map((each) => ({ ...each, instance: '' }))) }),
    'no answer before the fault shows which instance sent it',
  ],
  [
    'the script threw in six of ten iterations, after its request',
    judgeInput(usual, { run: runOf(samplesOf(usual), { exceptions: 1800, log: ['TypeError: cart'] }) }),
    'the script threw an exception in 1800 of 3000 iterations: TypeError: cart',
  ],
  [
    'the script threw before its request',
    judgeInput(usual, {
      run: runOf(
        samplesOf(usual).filter((_, n) => n % 5 < 2),
        { iterations: 3000, exceptions: 1800 },
      ),
    }),
    'the script threw an exception in 1800 of 3000 iterations',
  ],
  [
    'the script sent no request in six of ten iterations, and said nothing',
    judgeInput(usual, {
      run: runOf(
        samplesOf(usual).filter((_, n) => n % 5 < 2),
        { iterations: 3000 },
      ),
    }),
    '1800 of 3000 iterations have no request: the script sent none, or did not call record() with its answer',
  ],
  [
    'less load than asked for, by a script with options of its own',
    judgeInput(usual, { run: runOf(samplesOf(usual).filter((_, n) => n % 3 > 0)) }),
    'k6 started 2000 of the 3000 iterations that load.rate and load.duration require',
  ],
  [
    'failures that the script did not record',
    judgeInput(usual, { run: runOf(samplesOf(usual), { unrecorded: 400 }) }),
    '400 failed requests were not recorded by the script',
  ],
  ['dropped over 1 %', judgeInput(usual, { run: runOf(samplesOf(usual), { dropped: 31 }) }), 'k6 dropped 31 of 3031'],
  [
    'k6 failed',
    judgeInput(usual, { run: runOf(samplesOf(usual), { outcome: 'script-error', exitCode: 107 }) }),
    'k6 ended as script-error (exit status 107, the script could not be loaded, or its setup() threw). Correct the script',
  ],
  ['no request', judgeInput(usual, { run: runOf([], { startedAt: T0, endedAt: at(60) }) }), 'no request was made'],
  ['no request after', judgeInput(usual, { run: runOf(samplesOf(usual).filter((each) => each.at < at(49.5))) }), 'increase load.duration'],
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
    'none was left in service',
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

/** Every request of the run, or a part of it, as k6 tells one that never left this machine. */
const unsent = (errorCode: number, part = 1): JudgeInput['run'] =>
  runOf(
    samplesOf(usual).map((each, n) => (n % Math.round(1 / part) === 0 ? { ...each, ok: false, status: 0, errorCode, instance: '' } : each)),
  );

for (const [what, code] of [
  ['name not found', 1101],
  ['another failure of the name', 1100],
  ['no URL', 1020],
  ['an address that k6 is closed to', 1110],
  ['a name that k6 is closed to', 1111],
  ['no socket', 1213],
  ['a certificate of an unknown authority', 1310],
  ['a certificate of another name', 1311],
] as const)
  t(`what never reached the load balancer is inconclusive, never missed: ${what}`, () => {
    for (const part of [1, 0.5, 0.02]) {
      const objectives = { errorRate: 0, p95: 0.001 };
      const report = judge(judgeInput(usual, { run: { ...unsent(code, part), thresholds: ['http_req_failed'] }, objectives }));
      assert.is(report.verdict, 'inconclusive', `${part}`);
      assert.match(report.reasons[0] ?? '', /never reached the load balancer/);
      assert.ok(report.generator.unsent >= 3000 * part);
    }
  });

for (const [what, code] of [
  ['no answer in time', 1050],
  ['connection refused', 1212],
  ['connecting timed out', 1211],
  ['connection reset', 1220],
] as const)
  t(`what the load balancer may have done is missed: ${what}`, () =>
    assert.is(judge(judgeInput(usual, { run: unsent(code), objectives: { errorRate: 0.1 } })).verdict, 'missed'),
  );

t('a few requests that never left are neither failures of the stack nor forgotten', () => {
  const report = judge(judgeInput(usual, { run: unsent(1101, 0.005), objectives: { before: { errorRate: 0 } } }));
  assert.is(report.verdict, 'pass', report.reasons.join('; '));
  assert.equal(report.generator.why, [{ what: 'name not found', count: 15 }]);
  assert.is(report.overall.count, 2985);
});

t("thresholds of the script's own decide too", () => {
  const report = judge(judgeInput(usual, { run: runOf(samplesOf(usual), { exitCode: 99, thresholds: ['checks', 'http_req_duration'] }) }));
  assert.is(report.verdict, 'missed');
  assert.is(report.reasons[0], 'thresholds of the script were crossed: checks, http_req_duration');
});

t('an objective without samples is not passed', () => {
  const samples = samplesOf(usual).filter((each) => each.at < at(49.5));
  const report = judge(judgeInput(usual, { run: runOf(samples), objectives: { errorRate: 0.5, after: { p95: 1000 } } }));
  assert.is(report.verdict, 'inconclusive');
  assert.ok(report.reasons.some((each) => each.includes('objective after.p95 was not evaluated: there were no requests after the fault')));
});

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
  assert.ok(report.failover.kind === 'measured' && (report.failover.note ?? '').includes('before the fault too'));
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
