/** Each field of the tutorial's stack, changed behind albedo's back: found with its old and its new value, and both ways out end well. */
import { contractSuite } from '../support/contract-bench.ts';
import { IN_TABLE, liveMeddling, runMeddling } from '../support/contract-meddling.ts';
import { sampled } from '../support/sample.ts';

const t = contractSuite('drift, the stack of the tutorial');

for (const writable of sampled(
  IN_TABLE.filter((one) => liveMeddling(one) !== undefined),
  8,
)) {
  const meddling = liveMeddling(writable);
  if (meddling !== undefined) t(writable.key, async (bench) => runMeddling(bench, writable, meddling));
}

t.run();
