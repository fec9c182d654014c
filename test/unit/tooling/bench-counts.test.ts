import * as assert from 'uvu/assert';
import { openSession, preview } from '../../../reconciler/run/pipeline.ts';
import { createClock } from '../../../sandbox/clock.ts';
import { change, create, destroy } from '../../../scripts/bench/call-counts.ts';
import { isFatal, isMet, median, type Row, renderTable } from '../../../scripts/bench/rows.ts';
import { type Account, tutorialSpec } from '../../../scripts/bench/world.ts';
import { contractSuite } from '../../support/contract-bench.ts';
import { paceClock } from '../../support/contract-clock.ts';

// How often AWS is called does not depend on the machine, so that it can be a test; times and ratios are `npm run bench`.
const t = contractSuite('bench: counts', { clock: createClock({ manual: true }) });

const accountOf = (sandbox: Parameters<Parameters<typeof t>[1]>[0]['sandbox']): Account => ({
  calls: async () => sandbox.calls(),
  left: async () => Object.values(sandbox.census()).reduce((sum, count) => sum + count, 0),
  clock: paceClock(sandbox.clock),
});

const missed = (rows: readonly Row[]): string => renderTable(rows.filter((row) => !isMet(row)));

t('the tutorial stack is created, planned again, changed and destroyed in the calls promised, none refused', async ({ sandbox }) => {
  const account = accountOf(sandbox);
  const created = await create(account);
  assert.ok(created.rows.every(isMet), missed(created.rows));
  assert.ok((created.rows[0]?.measured ?? 0) > 20, 'the calls are really counted');

  const before = sandbox.calls().length;
  const { plan } = await preview(tutorialSpec(), openSession({ region: 'us-east-1', env: process.env }));
  const reads = sandbox.calls().slice(before);
  assert.equal(plan.changes, []);
  assert.ok(reads.length <= 20, `a plan with nothing to do made ${reads.length} calls`);
  assert.equal(
    reads.filter(({ action }) => !/^(Describe|Get|List)/.test(action)),
    [],
  );

  const changed = await change(account);
  assert.ok(changed.rows.every(isMet), missed(changed.rows));
  const destroyed = await destroy(account);
  assert.ok(destroyed.rows.every(isMet), missed(destroyed.rows));
  assert.is(created.refused + changed.refused + destroyed.refused, 0);
});

const row = (changes: Partial<Row>): Row => ({ name: 'a', measured: 2, limit: 1, unit: '', kind: 'count', detail: '', ...changes });

t('a limit is a ceiling or a floor; only counts and ratios fail a run', () => {
  assert.not(isMet(row({})));
  assert.ok(isMet(row({ measured: 1 })));
  assert.ok(isMet(row({ atLeast: true })));
  assert.not(isMet(row({ atLeast: true, measured: 0 })));
  assert.ok(isFatal(row({})));
  assert.ok(isFatal(row({ kind: 'ratio' })));
  assert.not(isFatal(row({ kind: 'time' })));
});

t('the median is the middle, and there is none of nothing', () => {
  assert.is(median([9, 1, 2]), 2);
  assert.is(median([4, 1, 2, 9]), 3);
  assert.throws(() => median([]), /no measurement/);
});

t('the table says which limit was missed', () => {
  const lines = renderTable([
    row({ name: 'calls' }),
    row({ name: 'reads', atLeast: true, unit: '/s', measured: 1234.5, limit: 1000 }),
  ]).split('\n');
  assert.match(lines[1] ?? '', /^calls +2 +≤ 1 +missed$/);
  assert.match(lines[2] ?? '', /^reads +1235\/s +≥ 1000\/s +ok$/);
});

t.run();
