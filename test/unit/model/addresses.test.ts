import * as assert from 'uvu/assert';
import { addressTrouble } from '../../../reconciler/model/addresses.ts';
import { suite } from '../../support/suite.ts';

const t = suite('model/addresses');
const VPC = ['10.0.0.0/16', '54.0.0.0/24'];

for (const [address, zone, family, blocks, told] of [
  ['10.0.1.7', undefined, 'ipv4', VPC, undefined],
  ['54.0.0.9', undefined, 'ipv4', VPC, undefined],
  ['192.168.9.9', 'all', 'ipv4', VPC, undefined],
  ['100.64.0.1', 'all', 'ipv4', VPC, undefined],
  ['192.168.9.9', undefined, 'ipv4', VPC, /outside the VPC .* has no zone/],
  ['8.8.8.8', undefined, 'ipv4', VPC, /neither in the VPC .* nor a private/],
  ['203.0.113.9', 'all', 'ipv4', VPC, /neither in the VPC/],
  ['172.32.0.1', 'all', 'ipv4', VPC, /neither in the VPC/],
  ['8.8.8.8', undefined, 'ipv4', undefined, undefined],
  ['300.0.0.1', undefined, 'ipv4', VPC, /not an IPv4 address/],
  ['fd00::1', undefined, 'ipv4', undefined, /is an address of IPv6, but the group has IPv4/],
  ['10.0.0.1', undefined, 'ipv6', undefined, /is an address of IPv4, but the group has IPv6/],
  ['2001:db8::7', undefined, 'ipv6', VPC, undefined],
  ['2001:db8:::7', undefined, 'ipv6', VPC, /not an IPv6 address/],
] as const)
  t(`${address}${zone === undefined ? '' : ` in ${zone}`}, ${family}${blocks === undefined ? ', VPC unknown' : ''}`, () => {
    const trouble = addressTrouble(address, zone, family, blocks, false);
    if (told === undefined) assert.is(trouble, undefined);
    else assert.match(trouble?.message ?? '', told);
  });

for (const [zone, stays, told] of [
  ['us-east-1a', true, undefined],
  ['all', true, /needs a zone of its own/],
  [undefined, true, /needs a zone of its own/],
  ['us-east-1a', false, /needs `crossZone: "false"`/],
] as const)
  t(`outside of the VPC in ${zone ?? 'no zone'}, requests ${stays ? 'stay in theirs' : 'go to all'}`, () => {
    const trouble = addressTrouble('192.168.9.9', zone, 'ipv4', VPC, stays);
    if (told === undefined) assert.is(trouble, undefined);
    else assert.match(trouble?.message ?? '', told);
  });

t.run();
