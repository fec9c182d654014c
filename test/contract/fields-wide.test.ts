/** Every field that needs no traffic to be proved, one by one: set alone, changed alone, taken away. */
import * as assert from 'uvu/assert';
import { contractSuite } from '../support/contract-bench.ts';
import { listWritables } from '../support/contract-trials.ts';
import { addTomorrow, stockObjects, wideStack, wideTrials } from '../support/contract-wide.ts';
import { SECRETS } from '../support/contract-wide-auth.ts';
import { assertLone, runWideTrial } from '../support/contract-wide-run.ts';
import { sampled } from '../support/sample.ts';

const t = contractSuite('fields, the wider table', { dataplane: false });
const writables = listWritables();
let versions: readonly string[] = ['', '', '', ''];

t.before(async ({ sandbox }) => {
  Object.assign(process.env, SECRETS);
  addTomorrow();
  versions = await stockObjects(sandbox);
});

t('every trial has a field', () => {
  const known = new Set(writables.map(({ key }) => key));
  assert.equal(
    Object.keys(wideTrials(versions)).filter((key) => !known.has(key)),
    [],
    'trials without a field',
  );
});

t('a load balancer cannot turn cross-zone off', () => {
  const crossZone = writables.find(({ key }) => key === 'loadBalancer crossZone');
  assert.ok(crossZone);
  assertLone(crossZone);
});

for (const writable of sampled(
  writables.filter(({ key }) => wideTrials(versions)[key] !== undefined),
  8,
)) {
  t(writable.key, async (bench) => {
    const trial = wideTrials(versions)[writable.key];
    assert.ok(trial);
    await runWideTrial(bench, wideStack(), writable, trial);
  });
}

t.run();
