/** Bounds and gates. */

import * as assert from 'uvu/assert';
import { barrier, limiter } from '../../../reconciler/run/pool.ts';
import { suite } from '../../support/suite.ts';

const t = suite('pool');

for (const width of [1, 3, 50])
  t(`at most ${width} at a time, all in the end, in their order, whatever fails`, async () => {
    const slots = limiter(width);
    const [begun, most] = [[] as number[], { now: 0, ever: 0 }];
    const ends = await Promise.allSettled(
      Array.from({ length: 20 }, (_, n) =>
        slots(async () => {
          begun.push(n);
          most.ever = Math.max(most.ever, ++most.now);
          await new Promise((resolve) => setImmediate(resolve));
          most.now--;
          if (n % 4 === 0) throw new Error(String(n));
          return n;
        }),
      ),
    );
    assert.is(most.ever, Math.min(width, 20));
    assert.equal(
      begun,
      Array.from({ length: 20 }, (_, n) => n),
    );
    assert.is(ends.filter(({ status }) => status === 'rejected').length, 5);
  });

t('a barrier opens when all were told of, and the first word counts', async () => {
  const gate = barrier(3);
  gate.tell(2, true);
  gate.tell(0, true);
  gate.tell(0, false);
  assert.is(await gate.before(1), true);
  let open = false;
  void gate.all.then(() => (open = true));
  await new Promise((resolve) => setImmediate(resolve));
  assert.is(open, false);
  gate.tell(1, false);
  assert.is(await gate.all, false);
  assert.is(await gate.before(2), false);
  assert.is(await barrier(0).all, true);
});

t.run();
