import fc from 'fast-check';
import * as assert from 'uvu/assert';
import {
  type Codec,
  canonical,
  cidr,
  days,
  flag,
  formatDuration,
  integer,
  isRef,
  oneOf,
  parseDuration,
  physicalName,
  reference,
  seconds,
  setOf,
  sortSet,
  text,
} from '../../../reconciler/model/codec.ts';
import { canonicalCidr, contains, overlap, parseCidr } from '../../../reconciler/model/ipv4.ts';
import type { Json } from '../../../reconciler/model/json.ts';
import { suite } from '../../support/suite.ts';

const t = suite('model/codec');

/** Knows one object of the stack: the id `known` is `thing/a`. */
const context = { refer: (id: string): Json => (id === 'known' ? { $ref: 'thing/a.id' } : id) };

const ipv4 = fc.integer({ min: 0, max: 2 ** 32 - 1 }).map((bits) => [24, 16, 8, 0].map((shift) => (bits >>> shift) & 255).join('.'));
const network = fc.tuple(ipv4, fc.integer({ min: 0, max: 32 })).map(([address, size]) => `${address}/${size}`);

const CASES: readonly (readonly [string, Codec, fc.Arbitrary<Json>])[] = [
  ['text', text(), fc.string()],
  ['integer', integer(1, 65535), fc.integer({ min: 1, max: 65535 })],
  ['flag', flag(), fc.boolean()],
  ['oneOf', oneOf('a', 'b'), fc.constantFrom('a', 'b')],
  ['seconds', seconds(0, 604800), fc.integer({ min: 0, max: 604800 })],
  ['days', days(1, 3650), fc.integer({ min: 1, max: 3650 })],
  ['physicalName', physicalName(), fc.stringMatching(/^[a-z]{1,32}$/)],
  ['cidr', cidr(16, 28), network],
  ['setOf', setOf(integer(0, 9)), fc.array(fc.integer({ min: 0, max: 9 }))],
];

for (const [name, codec, written] of CASES) {
  t(`${name}: what is written and read back is the value`, () => {
    fc.assert(
      fc.property(written, (said) => {
        const value = codec.parse(said);
        assert.equal(codec.read(codec.write(value), context), value);
        assert.equal(codec.parse(value), value, 'the normal form is its own normal form');
      }),
    );
  });
  t(`${name}: reads through JSON`, () => {
    fc.assert(
      fc.property(written, (said) => {
        const value = codec.parse(said);
        assert.equal(codec.read(JSON.parse(JSON.stringify(codec.write(value))), context), value);
      }),
    );
  });
  t(`${name}: an answer without it is not a value`, () => {
    assert.is(codec.read(undefined, context), undefined);
  });
}

t('numbers and flags are read from the texts that attributes are', () => {
  assert.is(integer(0, 100).read('60', context), 60);
  assert.is(seconds(0, 100).read('60', context), 60);
  assert.is(flag().read('true', context), true);
  assert.is(flag().read('false', context), false);
  assert.is(flag().read(false, context), false);
});

t('an empty text is no value where none could be meant', () => {
  for (const codec of [integer(0, 9), seconds(0, 9), oneOf('a')]) assert.is(codec.read('', context), undefined);
  assert.is(integer(0, 9).read(null, context), undefined);
  assert.is(seconds(0, 9).read(null, context), undefined);
  assert.is(flag().read(null, context), undefined);
  assert.is(text().read('', context), '');
  assert.is(text().read(7, context), undefined);
  assert.is(days(1, 9).read('7', context), undefined);
});

const DURATIONS: readonly (readonly [Json, number])[] = [
  ['0s', 0],
  ['10s', 10],
  ['5m', 300],
  ['1h', 3600],
  ['1d', 86400],
  ['7d', 604800],
  ['1h30m', 5400],
  ['1d1h1m1s', 90061],
  [45, 45],
  ['', Number.NaN],
  ['10', Number.NaN],
  ['s', Number.NaN],
  ['10 s', Number.NaN],
  ['-1s', Number.NaN],
  ['1.5h', Number.NaN],
  ['1w', Number.NaN],
  [true, Number.NaN],
  [null, Number.NaN],
];
for (const [written, expected] of DURATIONS) {
  t(`duration ${JSON.stringify(written)} is ${expected} s`, () => assert.ok(Object.is(parseDuration(written), expected)));
}

t('a formatted duration is the same length of time, in the largest unit that fits', () => {
  fc.assert(fc.property(fc.nat(1_000_000), (length) => assert.is(parseDuration(formatDuration(length)), length)));
  assert.equal([0, 59, 60, 90, 3600, 86400, 604800].map(formatDuration), ['0s', '59s', '1m', '90s', '1h', '1d', '7d']);
});

t('days are said as a number or with a d', () => {
  assert.is(days(1, 9).parse('365d'), 365);
  assert.is(days(1, 9).parse(90), 90);
});

/** Every address of a network as a number, the slow way. */
function addresses(written: string): Set<number> {
  const [address = '', size = ''] = written.split('/');
  const bits = address
    .split('.')
    .map((octet) => Number(octet).toString(2).padStart(8, '0'))
    .join('');
  const prefix = bits.slice(0, Number(size));
  const count = 2 ** (32 - Number(size));
  const first = Number.parseInt(prefix.padEnd(32, '0'), 2);
  return new Set(Array.from({ length: count }, (_, index) => first + index));
}
const small = fc
  .tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 255 }), fc.integer({ min: 22, max: 32 }))
  .map(([a, b, size]) => `10.0.${a}.${b}/${size}`);

t('overlapping and containing networks are those that share addresses', () => {
  fc.assert(
    fc.property(small, small, (left, right) => {
      const [a, b] = [addresses(left), addresses(right)];
      assert.is(
        overlap(left, right),
        [...a].some((address) => b.has(address)),
        `${left} ${right}`,
      );
      assert.is(
        contains(left, right),
        [...b].every((address) => a.has(address)),
        `${left} ${right}`,
      );
    }),
    { numRuns: 300 },
  );
});

t('the canonical form has the same addresses and no bits beyond its size', () => {
  fc.assert(
    fc.property(small, (written) => {
      const proper = canonicalCidr(written) ?? '';
      assert.equal(addresses(proper), addresses(written));
      assert.is(parseCidr(proper)?.base, Math.min(...addresses(written)));
      assert.is(canonicalCidr(proper), proper);
    }),
  );
});

for (const [written, proper] of [
  ['10.0.3.7/16', '10.0.0.0/16'],
  ['255.255.255.255/32', '255.255.255.255/32'],
  ['1.2.3.4/0', '0.0.0.0/0'],
  ['192.168.1.128/25', '192.168.1.128/25'],
] as const) {
  t(`${written} is ${proper}`, () => assert.is(canonicalCidr(written), proper));
}
for (const wrong of ['', '10.0.0.0', '10.0.0.0/33', '256.0.0.0/8', '10.0.0/8', '10.0.0.0/8 ', 'a.b.c.d/8', '::/0', '10.0.0.0/-1']) {
  t(`${JSON.stringify(wrong)} is no network`, () => {
    assert.is(parseCidr(wrong), undefined);
    assert.is(canonicalCidr(wrong), undefined);
    assert.is(overlap(wrong, '0.0.0.0/0'), false);
    assert.is(contains('0.0.0.0/0', wrong), false);
    assert.is(cidr(16, 28).parse(wrong), wrong, 'left for the checks to name');
    assert.is(cidr(16, 28).read(wrong, context), wrong);
  });
}

t('two networks conflict when they overlap', () => {
  assert.is(cidr(16, 28).conflicts?.('10.0.0.0/24', '10.0.0.128/25'), true);
  assert.is(cidr(16, 28).conflicts?.('10.0.0.0/24', '10.0.1.0/24'), false);
});

t('a replacement under the said name and a hash still has the said name', () => {
  const same = (desired: string, live: string) => physicalName().equal?.(desired, live);
  assert.is(same('web', 'web'), true);
  assert.is(same('web', 'web-01af'), true);
  assert.is(same('web', 'web-01ag'), false);
  assert.is(same('web', 'web-01af2'), false);
  assert.is(same('web', 'other'), false);
  assert.is(same('a'.repeat(32), `${'a'.repeat(27)}-0000`), true);
  assert.is(same(`${'a'.repeat(26)}-bcdef`, `${'a'.repeat(26)}-0000`), true, 'no two hyphens in a row');
});

t('a reference is a name in the spec, an id on the wire', () => {
  const codec = reference('thing', 'id');
  assert.equal(codec.parse('a'), { $ref: 'thing/a.id' });
  assert.equal(codec.read('known', context), { $ref: 'thing/a.id' });
  assert.is(codec.read('foreign', context), 'foreign');
  assert.is(codec.read(7, context), undefined);
  assert.is(codec.parse(null), null);
  const ready = reference('thing', 'id', { ready: true });
  assert.equal(ready.parse('a'), { $ref: 'thing/a.id', ready: true });
  assert.equal(ready.read('known', context), { $ref: 'thing/a.id', ready: true });
  assert.is(ready.read('foreign', context), 'foreign');
});

t('only an object with $ref is a reference', () => {
  assert.is(isRef({ $ref: 'a/b.c' }), true);
  for (const value of [undefined, null, 'a', 7, [], ['$ref'], {}]) assert.is(isRef(value as Json), false);
});

t('a set knows no order and no repeats', () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue() as fc.Arbitrary<Json>), (values) => {
      const once = sortSet(values);
      assert.equal(sortSet([...values].reverse().concat(values)), once);
      assert.is(new Set(once.map(canonical)).size, once.length);
    }),
  );
  assert.is(setOf(text()).read('a', context), undefined, 'no list, no set');
  assert.equal(setOf(text()).read(['b', 7, 'a'], context), ['a', 'b'], 'what is none of it is passed over');
});

t('canonical JSON is JSON, the same for equal values and different for others', () => {
  fc.assert(
    fc.property(fc.jsonValue() as fc.Arbitrary<Json>, (value) => {
      assert.equal(JSON.parse(canonical(value)), JSON.parse(JSON.stringify(value)));
      const turned = (inner: Json): Json =>
        Array.isArray(inner)
          ? inner.map(turned)
          : typeof inner === 'object' && inner !== null
            ? Object.fromEntries(
                Object.entries(inner)
                  .reverse()
                  .map(([key, entry]) => [key, turned(entry)]),
              )
            : inner;
      assert.is(canonical(turned(value)), canonical(value));
    }),
  );
  assert.is(canonical({ b: [1, { d: null, c: 'x' }], a: true }), '{"a":true,"b":[1,{"c":"x","d":null}]}');
  assert.is(canonical(undefined), 'undefined');
  assert.is(canonical({ a: undefined as never }), '{}');
});

t.run();
