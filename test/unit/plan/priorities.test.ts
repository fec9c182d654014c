/** Places of rules: the order of the file, with as few moves as that order allows. */

import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { type Ranked, rank } from '../../../reconciler/plan/priorities.ts';
import { suite } from '../../support/suite.ts';

const t = suite('plan/priorities');

const LAST = 50_000;
/** `a:10` is live at 10, `a=5` is pinned to 5, `a` is new. */
const rule = (said: string): Ranked => {
  const [, address = '', sign, number] = /^(\w+)(?:([:=])(\d+))?$/.exec(said) ?? [];
  return { address, ...(sign === '=' ? { pinned: Number(number) } : sign === ':' ? { live: Number(number) } : {}) };
};
const ranked = (said: string, foreign: readonly number[] = []): string =>
  [...rank(said.split(' ').map(rule), new Set(foreign))]
    .sort(([, a], [, b]) => a - b)
    .map(([address, place]) => `${address} ${place}`)
    .join(', ');

for (const [name, said, expected, foreign] of [
  ['new rules, in steps of ten', 'a b c', 'a 10, b 20, c 30'],
  ['nothing changes', 'a:10 b:20', 'a 10, b 20'],
  ['odd places are kept', 'a:1 b:2 c:49999', 'a 1, b 2, c 49999'],
  ['one between two moves neither', 'a:10 x b:20', 'a 10, x 15, b 20'],
  ['two between two', 'a:10 x y b:20', 'a 10, x 13, y 16, b 20'],
  ['one at the front', 'x a:10', 'x 5, a 10'],
  ['one at the end', 'a:10 x', 'a 10, x 20'],
  ['two swapped: one of them moves', 'b:20 a:10', 'b 20, a 30'],
  ['the last comes first: it alone moves', 'c:30 a:10 b:20', 'c 5, a 10, b 20'],
  ['of two that could stay, the earlier one does', 'a:10 b:20 c:15 d:30', 'a 10, b 20, c 25, d 30'],
  ['a pin is what it says', 'a=7 b c', 'a 7, b 10, c 20'],
  ['a pin wins over who lives there', 'a=10 b:10 c:20', 'a 10, b 11, c 20'],
  ['a place of others is passed over', 'a b', 'a 11, b 20', [10]],
  ['the only gap is taken by others', 'a:10 x b:12', 'a 10, x 20, b 30', [11]],
  ['no gap: all are placed anew', 'a:1 x b:2', 'a 10, x 20, b 30'],
  ['the last place is used', 'a:49999 x', 'a 49999, x 50000'],
  ['past the last place all are placed anew', 'a:50000 x', 'a 10, x 20'],
] as readonly (readonly [string, string, string, (readonly number[])?])[]) {
  t(name, () => assert.is(ranked(said, foreign), expected));
}

t('no rules, no places', () => assert.is(rank([]).size, 0));

/** Rules as they may be: some pinned (all differently), some live (all differently), the rest new. */
const world = fc
  .record({
    count: fc.integer({ min: 0, max: 25 }),
    numbers: fc.uniqueArray(
      fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: LAST }), fc.integer({ min: LAST - 30, max: LAST })),
      { minLength: 60, maxLength: 60 },
    ),
    kinds: fc.array(fc.constantFrom('pinned', 'live', 'live', 'new'), { minLength: 25, maxLength: 25 }),
    foreign: fc.integer({ min: 0, max: 20 }),
  })
  .map(({ count, numbers, kinds, foreign }) => {
    const rules = Array.from({ length: count }, (_, index): Ranked => {
      const number = numbers[index] ?? 1;
      return {
        address: `r${index}`,
        ...(kinds[index] === 'pinned' ? { pinned: number } : kinds[index] === 'live' ? { live: number } : {}),
      };
    });
    return { rules, foreign: new Set(numbers.slice(30, 30 + foreign)) };
  });

t('every rule has a place of its own from 1 to 50000, which nobody else has', () => {
  fc.assert(
    fc.property(world, ({ rules, foreign }) => {
      const places = rank(rules, foreign);
      assert.equal([...places.keys()].sort(), rules.map((entry) => entry.address).sort());
      assert.is(new Set(places.values()).size, rules.length);
      for (const [address, place] of places) {
        assert.ok(Number.isInteger(place) && place >= 1 && place <= LAST, `${address} ${place}`);
        assert.not.ok(foreign.has(place), `${address} has the place ${place} of somebody else`);
      }
    }),
  );
});

t('pins are kept, and the others keep the order of the file', () => {
  fc.assert(
    fc.property(world, ({ rules, foreign }) => {
      const places = rank(rules, foreign);
      for (const entry of rules) if (entry.pinned !== undefined) assert.is(places.get(entry.address), entry.pinned);
      const free = rules.filter((entry) => entry.pinned === undefined).map((entry) => places.get(entry.address) ?? 0);
      assert.equal(
        free,
        [...free].sort((a, b) => a - b),
      );
    }),
  );
});

t('what was placed stays when nothing changes', () => {
  fc.assert(
    fc.property(world, ({ rules, foreign }) => {
      const places = rank(rules, foreign);
      const again = rank(
        rules.map((entry) => ({ ...entry, live: places.get(entry.address) ?? 0 })),
        foreign,
      );
      assert.equal([...again].sort(), [...places].sort());
    }),
  );
});

t('taking a rule away moves none of the others', () => {
  fc.assert(
    fc.property(world, fc.nat(24), ({ rules, foreign }, gone) => {
      const places = rank(rules, foreign);
      const rest = rules.filter((_, index) => index !== gone).map((entry) => ({ ...entry, live: places.get(entry.address) ?? 0 }));
      for (const [address, place] of rank(rest, foreign)) assert.is(place, places.get(address), address);
    }),
  );
});

t('a rule that is put elsewhere moves alone, while there is room', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 30 }), fc.nat(29), fc.nat(29), (count, from, to) => {
      const live = Array.from({ length: count }, (_, index): Ranked => ({ address: `r${index}`, live: (index + 1) * 10 }));
      const [moved] = live.splice(from % count, 1);
      if (moved === undefined) return;
      live.splice(to % count, 0, moved);
      const changed = [...rank(live)].filter(([address, place]) => place !== live.find((entry) => entry.address === address)?.live);
      assert.ok(changed.length <= 1, JSON.stringify(changed));
    }),
  );
});

t('a new rule moves none of the others, while there is room', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 30 }), fc.nat(30), (count, at) => {
      const rules: Ranked[] = Array.from({ length: count }, (_, index) => ({ address: `r${index}`, live: (index + 1) * 10 }));
      rules.splice(at % (count + 1), 0, { address: 'new' });
      for (const [address, place] of rank(rules))
        if (address !== 'new') assert.is(place, rules.find((entry) => entry.address === address)?.live);
    }),
  );
});

t.run();
