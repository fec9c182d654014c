import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { canonicalCidr6, contains6, parseAddress6, subnetBlock, subnetIndex } from '../../../reconciler/model/ipv6.ts';
import { suite } from '../../support/suite.ts';

const t = suite('model/ipv6');

for (const [written, proper] of [
  ['::/0', '::/0'],
  ['2001:DB8:0:0:0:0:0:1/128', '2001:db8::1/128'],
  ['2001:db8::1/32', '2001:db8::/32'],
  ['2001:db8:0:1:1:1:1:1/128', '2001:db8:0:1:1:1:1:1/128'],
  ['2001:0:0:1:0:0:0:1/128', '2001:0:0:1::1/128'],
  ['2001:db8:0:0:1:0:0:1/128', '2001:db8::1:0:0:1/128'],
  ['0:0:0:0:0:0:0:1/128', '::1/128'],
  ['fe80::/10', 'fe80::/10'],
  ['2600:1f18:10:2000::/56', '2600:1f18:10:2000::/56'],
] as const)
  t(`${written} is ${proper}`, () => assert.is(canonicalCidr6(written), proper));

for (const wrong of [
  '',
  '::',
  '::/129',
  ':::/0',
  '1::2::3/64',
  '2001:db8/32',
  '1:2:3:4:5:6:7:8:9/64',
  '12345::/64',
  'g::/64',
  '10.0.0.0/8',
  '::ffff:1.2.3.4/96',
  '::1%lo/128',
  '1:2:3:4:5:6:7::8/64x',
])
  t(`${wrong} is none`, () => assert.is(canonicalCidr6(wrong), undefined));

t('whatever is written: the canonical form stays as it is and is within itself', () => {
  fc.assert(
    fc.property(fc.ipV6(), fc.integer({ min: 0, max: 128 }), (address, prefix) => {
      fc.pre(!address.includes('.'));
      const proper = canonicalCidr6(`${address}/${prefix}`);
      assert.type(proper, 'string');
      assert.is(canonicalCidr6(proper ?? ''), proper);
      assert.ok(contains6(proper ?? '', `${address}/128`));
      assert.is(parseAddress6((proper ?? '').split('/')[0] ?? '') === undefined, false);
    }),
  );
});

t('the /64 of a /56, there and back', () => {
  for (const index of [0, 1, 15, 16, 255]) assert.is(subnetIndex(subnetBlock('2600:1f18:10:2000::/56', index) ?? ''), index);
  assert.is(subnetBlock('2600:1f18:10:2000::/56', 3), '2600:1f18:10:2003::/64');
  assert.is(subnetBlock('2600:1f18:10:2000::/56', 256), undefined);
  assert.is(subnetBlock('2600:1f18:10:2000::/48', 1), undefined);
  assert.is(subnetIndex('2600::/56'), undefined);
  assert.is(contains6('2600::/56', 'nonsense'), false);
});

t.run();
