/** What a plan opens to everybody is told, and what a load balancer is there for is not. */

import * as assert from 'uvu/assert';
import { worldOpened } from '../../../reconciler/model/alarms.ts';
import type { Json } from '../../../reconciler/model/json.ts';
import { plan } from '../../../reconciler/plan/plan.ts';
import { changed, NOTHING, stackOf } from '../../support/stacks.ts';
import { suite } from '../../support/suite.ts';

const t = suite('plan/world');

const warnings = (ingress: Json, group = 'own'): readonly string[] => {
  const stack = stackOf(
    changed((data) => {
      data.securityGroups = { [group]: { ingress } };
      if (group === 'lb') data.loadBalancer.securityGroups = ['lb'];
    }),
  );
  return plan(stack, NOTHING)
    .notes.filter(({ kind }) => kind === 'warning')
    .map(({ address, text }) => `${address}: ${text}`);
};

for (const [name, rule, text] of [
  ['SSH by IPv4', { port: 22, from: '0.0.0.0/0' }, 'port 22'],
  ['SSH by IPv6', { port: 22, from: '::/0' }, 'port 22'],
  ['all ports', { ports: [0, 65535], from: '::/0' }, 'ports 0 to 65535'],
  ['all protocols', { protocol: 'all', from: '0.0.0.0/0' }, 'all ports'],
  ['ICMP', { protocol: 'icmp', from: '0.0.0.0/0' }, 'protocol icmp'],
  ['a port of a listener by UDP', { protocol: 'udp', port: 80, from: '0.0.0.0/0' }, 'port 80'],
] as const)
  t(`${name} is told, of any group`, () => {
    for (const group of ['own', 'lb'])
      assert.equal(warnings([rule], group), [`securityGroup/${group}: open to the whole internet on ${text}`]);
  });

t('the ports of its listeners are what a load balancer is for, and of no other group', () => {
  assert.equal(
    warnings(
      [
        { port: 80, from: '0.0.0.0/0' },
        { port: 80, from: '::/0' },
      ],
      'lb',
    ),
    [],
  );
  assert.equal(warnings([{ port: 80, from: '0.0.0.0/0' }]), ['securityGroup/own: open to the whole internet on port 80']);
});

t('what only some may reach is not told', () => {
  assert.equal(
    warnings([
      { port: 22, from: '10.0.0.0/8' },
      { port: 22, from: '2001:db8::/32' },
      { port: 22, from: 'pl-0123456789abcdef0' },
    ]),
    [],
  );
});

t('what was open before is not told again', () => {
  const rule = { protocol: 'tcp', fromPort: 22, toPort: 22, cidr: '0.0.0.0/0' };
  assert.is(worldOpened([rule], [rule], []), undefined);
  assert.is(worldOpened([{ ...rule, toPort: 23 }], [rule], [22]), 'open to the whole internet on ports 22 to 23');
  assert.is(worldOpened([{ ...rule, toPort: 23 }], [], [22, 23]), undefined);
});

t.run();
