/** Every field that AWS fixes at creation, one by one: the new one beside the old one, and back. */
import { CreateKeyPairCommand } from '@aws-sdk/client-ec2';
import * as assert from 'uvu/assert';
import { contractSuite, converge } from '../support/contract-bench.ts';
import { liveStack } from '../support/contract-in-place.ts';
import { REPLACED } from '../support/contract-replaced.ts';
import { immutable, runTrial } from '../support/contract-run.ts';
import { listWritables } from '../support/contract-trials.ts';
import { wideTrials } from '../support/contract-wide.ts';
import { sampled } from '../support/sample.ts';

const t = contractSuite('fields that replace');
/** Tried in fields-wide.test.ts, on a stack without traffic. */
const elsewhere = wideTrials([]);
const writables = listWritables().filter(immutable);

t('every field of the table has a trial, and every trial a field', () => {
  assert.equal(
    writables.map(({ key }) => key).filter((key) => REPLACED[key] === undefined && elsewhere[key] === undefined),
    [],
    'fields without a trial in contract-replaced.ts or contract-wide.ts',
  );
  const known = new Set(writables.map(({ key }) => key));
  assert.equal(
    Object.keys(REPLACED).filter((key) => !known.has(key)),
    [],
    'trials without a field',
  );
});

t.before(async ({ ec2 }) => void (await ec2.send(new CreateKeyPairCommand({ KeyName: 'ops' }))));

let astray = true;

for (const writable of sampled(
  writables.filter(({ key }) => REPLACED[key] !== undefined),
  4,
)) {
  const trial = REPLACED[writable.key];
  if (trial === undefined) continue;
  t(writable.key, async (bench) => {
    if (astray) await converge(bench, liveStack());
    astray = true;
    await runTrial(bench, liveStack(), writable, trial);
    astray = false;
  });
}

t.run();
