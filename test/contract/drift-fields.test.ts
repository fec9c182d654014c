/** Each field of the wider table, changed behind albedo's back: found with its old and its new value, and both ways out end well. */
import * as assert from 'uvu/assert';
import { contractSuite } from '../support/contract-bench.ts';
import { IN_TABLE, liveMeddling, runMeddling, TIED, UNSEEN, WORKED_OUT, wideMeddling } from '../support/contract-meddling.ts';
import { addTomorrow, stockObjects } from '../support/contract-wide.ts';
import { SECRETS } from '../support/contract-wide-auth.ts';
import { sampled } from '../support/sample.ts';

const t = contractSuite('drift, the wider table', { dataplane: false });
let versions: readonly string[] = ['', '', '', ''];

t.before(async ({ sandbox }) => {
  Object.assign(process.env, SECRETS);
  addTomorrow();
  versions = await stockObjects(sandbox);
});

t('no field is passed over: each is tried here or in drift-in-place.test.ts', () => {
  const passed = IN_TABLE.filter(
    (one) =>
      wideMeddling(one, versions) === undefined && liveMeddling(one) === undefined && !UNSEEN.test(one.key) && !WORKED_OUT.test(one.key),
  );
  assert.equal(
    passed.map(({ key }) => key),
    TIED,
  );
});

for (const writable of sampled(
  IN_TABLE.filter((one) => wideMeddling(one, versions) !== undefined && !UNSEEN.test(one.key)),
  10,
)) {
  t(writable.key, async (bench) => {
    const meddling = wideMeddling(writable, versions);
    assert.ok(meddling !== undefined);
    await runMeddling(bench, writable, meddling);
  });
}

t.run();
