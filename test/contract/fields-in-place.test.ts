/** Every field that AWS can change in place, one by one on one live stack: there and back. */
import * as assert from 'uvu/assert';
import { contractSuite, converge } from '../support/contract-bench.ts';
import { IN_PLACE, liveStack } from '../support/contract-in-place.ts';
import { immutable, runTrial } from '../support/contract-run.ts';
import { listWritables } from '../support/contract-trials.ts';
import { wideTrials } from '../support/contract-wide.ts';
import { sampled } from '../support/sample.ts';

const t = contractSuite('fields changed in place');
/** Tried in fields-wide.test.ts, on a stack without traffic. */
const elsewhere = wideTrials([]);
const writables = listWritables().filter((one) => !immutable(one));

t('every field of the table has a trial, and every trial a field', () => {
  assert.equal(
    writables.map(({ key }) => key).filter((key) => IN_PLACE[key] === undefined && elsewhere[key] === undefined),
    ['loadBalancer ipAddressType', 'loadBalancer crossZone'],
    'fields without a trial (address types: given.test.ts; cross-zone has one value: fields-wide.test.ts)',
  );
  const known = new Set(writables.map(({ key }) => key));
  assert.equal(
    Object.keys(IN_PLACE).filter((key) => !known.has(key)),
    [],
    'trials without a field',
  );
});

/** A failed trial leaves the stack anywhere: the next one begins by putting it right. */
let astray = true;

for (const writable of sampled(
  writables.filter(({ key }) => IN_PLACE[key] !== undefined),
  3,
)) {
  const trial = IN_PLACE[writable.key];
  if (trial === undefined) continue;
  t(writable.key, async (bench) => {
    if (astray) await converge(bench, liveStack());
    astray = true;
    await runTrial(bench, liveStack(), writable, trial);
    astray = false;
  });
}

t.run();
