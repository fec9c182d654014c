/**
 * A sample of the sweep (`npm run test:faults -- --all` tries all of it, `docs/faults.md` says what came of that): one fault at one call of
 * one scenario. The seed draws it (`ALBEDO_SEED` repeats it); in CI it is the day.
 */
import * as assert from 'uvu/assert';
import { randomFrom, seed } from '../support/faults-matrix.ts';
import { suite } from '../support/suite.ts';
import { nameOfCase, type Sweep, startSweep } from '../support/sweep.ts';
import { SWEEP_FAULTS } from '../support/sweep-faults.ts';
import { SCENARIOS } from '../support/sweep-scenarios.ts';

const t = suite('the sweep, a sample');
const SAMPLE = 40;

let sweep: Sweep;
t.before(async () => {
  sweep = await startSweep();
});
t.after(() => sweep.stop());

t('every scenario is recorded whole, and every fault has calls to be tried at', () => {
  for (const { name } of SCENARIOS) assert.ok(sweep.cases.filter(({ scenario }) => scenario === name).length > 50, name);
  for (const { id } of SWEEP_FAULTS)
    assert.ok(
      sweep.cases.some(({ fault }) => fault === id),
      id,
    );
  const actions = new Set(sweep.cases.map(({ position }) => position.action));
  for (const action of ['CreateVpc', 'RunInstances', 'UploadServerCertificate', 'CreateListener', 'RegisterTargets', 'SetRulePriorities'])
    assert.ok(actions.has(action), action);
  for (const action of [
    'DeleteVpc',
    'TerminateInstances',
    'DeleteServerCertificate',
    'DeleteLoadBalancer',
    'StopInstances',
    'PutParameter',
  ])
    assert.ok(actions.has(action), action);
});

t(`each is survived (seed ${seed})`, async () => {
  const random = randomFrom(seed);
  const drawn = sweep.cases.map((one) => ({ one, key: random() })).sort((a, b) => a.key - b.key);
  const problems: string[] = [];
  let met = 0;
  for (const { one } of drawn.slice(0, SAMPLE)) {
    const result = await sweep.run(one);
    if (result.met) met++;
    if (result.violation !== undefined) problems.push(`${nameOfCase(one)}: ${result.violation}`);
  }
  assert.equal(problems, [], `ALBEDO_SEED=${seed}`);
  assert.ok(met >= SAMPLE * 0.75, `only ${met} of ${SAMPLE} faults came about`);
});

t.run();
