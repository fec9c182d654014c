import * as assert from 'uvu/assert';
import { type Cost, costOf, costText } from '../../../reconciler/report/cost.ts';
import { changed, type SpecData, stackOf, tutorial } from '../../support/stacks.ts';
import { suite } from '../../support/suite.ts';

const t = suite('cost');
const of = (change: (spec: SpecData) => void = () => undefined): Cost => costOf(stackOf(changed(change)));
const count = (cost: Cost, what: string): number => cost.lines.find((line) => line.what === what)?.count ?? 0;

t('the stack of the tutorial: what is paid by the hour, 730 hours a month', () => {
  const cost = costOf(stackOf(tutorial()));
  assert.equal(
    cost.lines.map(({ what, count: many, hourly, monthly }) => [what, many, hourly, monthly]),
    [
      ['Application Load Balancer', 1, 0.0225, 16.43],
      ['public IPv4 address', 4, 0.02, 14.6],
      ['instance t3.micro', 2, 0.0208, 15.18],
    ],
  );
  assert.is(cost.monthly, 46.21);
  assert.match(costText(cost), 'about $46.21 a month without traffic');
  assert.match(costText(cost), 'On-demand prices of us-east-1, 2025-01');
  assert.match(cost.without.join(' '), '$5.84 a month for each');
});

t('addresses: none of an internal load balancer, none of a subnet that gives none', () => {
  const internal = of((spec) => {
    spec.loadBalancer.scheme = 'internal';
  });
  assert.is(count(internal, 'public IPv4 address'), 2, 'the instances have theirs');
  const hidden = of((spec) => {
    for (const subnet of Object.values<SpecData>(spec.network.subnets)) subnet.mapPublicIpOnLaunch = false;
  });
  assert.is(count(hidden, 'public IPv4 address'), 2, 'the load balancer has its own');
});

t('reserved capacity is paid, a type without a price is named and not left out in silence', () => {
  const reserved = of((spec) => {
    spec.loadBalancer.minimumCapacity = 100;
  });
  assert.is(reserved.lines.find(({ what }) => what.startsWith('reserved LCU'))?.monthly, 584);
  assert.match(reserved.without.join(' '), 'beyond the reserved ones');
  const large = of((spec) => {
    for (const instance of Object.values<SpecData>(spec.instances)) instance.instanceType = 'u-24tb1.metal';
  });
  assert.is(large.lines.filter(({ what }) => what.startsWith('instance')).length, 0);
  assert.match(large.without.join(' '), '2 × u-24tb1.metal: the table has no price for it.');
});

t('another region has other prices, and the estimate says so', () => {
  const far = { ...stackOf(tutorial()), region: 'sa-east-1' };
  assert.match(costOf(far).without[0] ?? '', 'The prices are for us-east-1; sa-east-1 has its own prices.');
  assert.is(costOf({ ...far, desired: [] }).monthly, 0);
});

t.run();
