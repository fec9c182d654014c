/** Every stack is read in full within the period, the urgent ones at once. */

import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { chooseFull } from '../../../reconciler/observe/rotation.ts';
import { suite } from '../../support/suite.ts';

const t = suite('observe/rotation');

const MINUTE = 60_000;
const names = (count: number) => Array.from({ length: count }, (_, at) => ({ identity: `1/us-east-1/stack-${at}` }));

t('what is urgent is read at once, whatever its turn', () => {
  const stacks = names(50).map((stack, at) => ({ ...stack, readAt: 0, urgent: at === 7 }));
  assert.equal(chooseFull(stacks, 1, { period: 100 * MINUTE, interval: 10 * MINUTE }), ['1/us-east-1/stack-7']);
});

t('without memory each pass takes an even share, and the passes of a period take all', () => {
  const seen = new Map<string, number>();
  for (let turn = 0; turn < 10; turn++) {
    const chosen = chooseFull(names(500), turn * 10 * MINUTE, { period: 100 * MINUTE, interval: 10 * MINUTE });
    assert.is(chosen.length, 50);
    for (const identity of chosen) seen.set(identity, (seen.get(identity) ?? 0) + 1);
  }
  assert.is(seen.size, 500);
  assert.ok([...seen.values()].every((count) => count === 1));
});

t('with memory no stack is ever older than the period', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 30 }),
      (count, passes, interval) => {
        const rotation = { period: passes * interval * MINUTE, interval: interval * MINUTE };
        const readAt = new Map<string, number>();
        for (let pass = 0; pass < 3 * passes + 1; pass++) {
          const now = pass * rotation.interval;
          const stacks = names(count).map(({ identity }) => {
            const at = readAt.get(identity);
            return { identity, ...(at === undefined ? {} : { readAt: at }) };
          });
          for (const identity of chooseFull(stacks, now, rotation)) readAt.set(identity, now);
          if (now < rotation.period) continue;
          for (const { identity } of stacks) assert.ok(now - (readAt.get(identity) ?? Number.NEGATIVE_INFINITY) <= rotation.period);
        }
      },
    ),
  );
});

t('a period shorter than the interval reads everything every time; a clock set back makes nobody wait', () => {
  assert.is(chooseFull(names(9), 5, { period: 1, interval: MINUTE }).length, 9);
  const ahead = names(4).map((stack) => ({ ...stack, readAt: 10_000 * MINUTE }));
  const chosen = [0, 1].flatMap((turn) => chooseFull(ahead, turn, { period: 20, interval: 10, turn }));
  assert.is(new Set(chosen).size, 4);
});

t.run();
