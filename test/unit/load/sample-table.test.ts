import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { only, SampleTable } from '../../../reconciler/load/samples.ts';
import type { Sample } from '../../../reconciler/load/types.ts';
import { suite } from '../../support/suite.ts';

const t = suite('sample-table');

const sample: fc.Arbitrary<Sample> = fc.record({
  // Close together, fractions of a microsecond apart, and hours away.
  at: fc.oneof(
    fc.double({ min: 1_700_000_000_000, max: 1_700_000_000_010, noNaN: true }),
    fc.integer({ min: 1_700_000_000_000, max: 1_700_030_000_000 }),
  ),
  ms: fc.double({ min: 0, max: 60_000, noNaN: true }),
  ok: fc.boolean(),
  status: fc.constantFrom(0, 200, 503),
  errorCode: fc.constantFrom(0, 1050, 1503),
  instance: fc.constantFrom('', 'i-1', 'i-2'),
});

t('property: what goes in comes out, in the order of its beginning; those that began together as they came', () => {
  fc.assert(
    fc.property(fc.array(sample, { maxLength: 300 }), (list) => {
      const table = new SampleTable();
      for (const each of list) table.add(each);
      const expected = list.map((each, index) => ({ each, index })).sort((a, b) => a.each.at - b.each.at || a.index - b.index);
      assert.equal(
        [...table.sort()],
        expected.map(({ each }) => ({ ...each })),
      );
      assert.is(table.firstAt(), expected[0]?.each.at);
      const good = only(table, ({ ok }) => ok);
      assert.is(good.length, [...good].length);
    }),
  );
});

t('more than a chunk of them', () => {
  const table = new SampleTable();
  const count = 200_000;
  for (let n = 0; n < count; n++) table.add({ at: (n * 7919) % count, ms: n, ok: true, status: 200, errorCode: 0, instance: `i-${n % 3}` });
  let last = -1;
  for (const { at } of table.sort()) {
    assert.is(at, last + 1);
    last = at;
  }
  assert.is(last, count - 1);
});

t.run();
