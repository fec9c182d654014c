/** What somebody did to the routes, and the calls that undo it. */

import * as assert from 'uvu/assert';
import type { Json, JsonObject } from '../../../reconciler/model/json.ts';
import { plan } from '../../../reconciler/plan/plan.ts';
import { appliedOf, stackOf, tutorial } from '../../support/stacks.ts';
import { suite } from '../../support/suite.ts';

const t = suite('plan/routes');
const OURS = { destination: '0.0.0.0/0', gateway: { $ref: 'internetGateway/main.id' } };

/** Op and input of each step, with these routes in our table. */
function steps(routes: readonly Json[]): readonly Json[] {
  const stack = stackOf(tutorial());
  const seen = appliedOf(stack);
  const live = seen.live.map((entry) =>
    entry.address === 'routeTable/public' ? { ...entry, values: { ...entry.values, routes } } : entry,
  );
  return plan(stack, { ...seen, live }).steps.map(({ op, input }): Json => {
    const { RouteTableId: _, ...rest } = input as JsonObject;
    return [op, rest];
  });
}

t('as they should be: nothing', () => assert.equal(steps([OURS]), []));

for (const target of [
  { natGateway: 'nat-1' },
  { transitGateway: 'tgw-1', state: 'blackhole' },
  { unknown: { WormholeId: 'w-1' } },
  { gateway: 'igw-9' },
])
  t(`our destination by ${JSON.stringify(target)}: replaced, not made a second time`, () => {
    const [[op, input] = [], ...others] = steps([{ destination: '0.0.0.0/0', ...target }]) as readonly (readonly Json[])[];
    assert.equal(others, []);
    assert.is(op, 'ec2:ReplaceRoute');
    assert.equal(Object.keys(input as JsonObject), ['DestinationCidrBlock', 'GatewayId']);
  });

t('another destination is removed by what it is, whatever its target', () => {
  assert.equal(
    steps([
      OURS,
      { destination: '10.9.0.0/16', peering: 'pcx-1' },
      { destination: '2001:db8::/32', unknown: { WormholeId: 'w-1' } },
      { destination: 'pl-12345678', transitGateway: 'tgw-1' },
    ]),
    [
      ['ec2:DeleteRoute', { DestinationCidrBlock: '10.9.0.0/16' }],
      ['ec2:DeleteRoute', { DestinationIpv6CidrBlock: '2001:db8::/32' }],
      ['ec2:DeleteRoute', { DestinationPrefixListId: 'pl-12345678' }],
    ],
  );
});

t('the route of the VPC itself, led elsewhere, is led back: AWS does not delete it', () => {
  assert.equal(steps([OURS, { destination: '10.0.0.0/16', networkInterface: 'eni-9', local: true }]), [
    ['ec2:ReplaceRoute', { DestinationCidrBlock: '10.0.0.0/16', LocalTarget: true }],
  ]);
});

t.run();
