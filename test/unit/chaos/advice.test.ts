import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { adviceFor } from '../../../reconciler/chaos/advice.ts';
import { stopInstance } from '../../../reconciler/chaos/experiments/stop-instance.ts';
import { EXPERIMENTS } from '../../../reconciler/chaos/experiments.ts';
import { suite } from '../../support/suite.ts';

const t = suite('advice');
const usual = { intervalSeconds: 30, timeoutSeconds: 5, healthyThreshold: 5, unhealthyThreshold: 2 };

t('one setting where one does it, and the smallest change of it', () => {
  // 2 × 10 s and a timeout of 5 s are 25 s.
  assert.is(
    adviceFor('detection', 25, usual, stopInstance),
    'healthCheck.interval: 10s would limit it to 25 s; the current settings can take 65 s',
  );
});

t('what the settings promise already, and what none can', () => {
  assert.match(adviceFor('failover', 65, usual, stopInstance), 'the health check explains at most 65 s');
  assert.match(adviceFor('detection', 3, usual, stopInstance), 'no health check can reach it');
});

t('property: what is advised is promised by the same prediction, and changes nothing that it need not', () => {
  const check = fc
    .record({
      intervalSeconds: fc.integer({ min: 5, max: 40 }),
      timeoutSeconds: fc.integer({ min: 2, max: 6 }),
      healthyThreshold: fc.integer({ min: 2, max: 5 }),
      unhealthyThreshold: fc.integer({ min: 2, max: 5 }),
    })
    .filter(({ intervalSeconds, timeoutSeconds }) => timeoutSeconds < intervalSeconds);
  fc.assert(
    fc.property(
      check,
      fc.integer({ min: 1, max: 200 }),
      fc.constantFrom('detection', 'recovery'),
      fc.constantFrom(...EXPERIMENTS),
      (of, limit, time, experiment) => {
        const text = adviceFor(time, limit, of, experiment);
        const changed = { ...of };
        const names = { interval: 'intervalSeconds', timeout: 'timeoutSeconds' } as const;
        for (const [, name = '', value] of text.matchAll(/healthCheck\.(\w+): (\d+)/g))
          changed[(names[name as 'interval'] ?? name) as keyof typeof of] = Number(value);
        const promised = experiment.predict(changed)[time].to;
        if (text.includes('would limit it to')) assert.ok(promised <= limit, `${text}: ${promised}`);
        else assert.ok(/explains at most|can take/.test(text));
      },
    ),
    { numRuns: 60 },
  );
});

t.run();
