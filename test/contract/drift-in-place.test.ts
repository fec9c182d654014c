/** Each field of the tutorial's stack, changed behind albedo's back: found with its old and its new value, and both ways out end well. */
import { contractSuite } from '../support/contract-bench.ts';
import { IN_TABLE, liveMeddling, runMeddling } from '../support/contract-meddling.ts';

const t = contractSuite('drift, the stack of the tutorial');

for (const writable of IN_TABLE) {
  const meddling = liveMeddling(writable);
  if (meddling !== undefined) t(writable.key, async (bench) => runMeddling(bench, writable, meddling));
}

t.run();
