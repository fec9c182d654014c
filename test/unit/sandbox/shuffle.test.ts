/** Lists in the order of a seed: every one mixed, none short of anything, pages whole, the same for the same seed. */

import * as assert from 'uvu/assert';
import { createOrder, IN_ORDER, seedOfTheDay } from '../../../sandbox/shuffle.ts';
import { createBench, dig, type Params } from '../../support/elbv2-bench.ts';
import { SUBNETS } from '../../support/sandbox-network.ts';
import { suite } from '../../support/suite.ts';

const t = suite('sandbox: order of lists');
const numbers = Array.from({ length: 500 }, (_, index) => index);

t('places are one to one, differ from the sequence, and hold for a seed', () => {
  for (const seed of [0, 1, 20_000, 0xffff_ffff]) {
    const places = numbers.map((number) => createOrder(seed).place(number));
    assert.is(new Set(places).size, numbers.length);
    assert.not.equal(
      [...places].sort((a, b) => a - b),
      places,
    );
    assert.equal(
      numbers.map((number) => createOrder(seed).place(number)),
      places,
    );
  }
  assert.not.equal(createOrder(1).arrange(numbers, String), createOrder(2).arrange(numbers, String));
  assert.equal(
    [...createOrder(1).arrange(numbers, String)].sort((a, b) => a - b),
    numbers,
  );
  assert.equal(createOrder(false).arrange(numbers, String), numbers);
  assert.is(createOrder(false), IN_ORDER);
  for (const wrong of [-1, 1.5, 2 ** 32, Number.NaN]) assert.throws(() => createOrder(wrong), /whole number/);
});

t('the day decides when nobody else does', () => {
  const morning = Date.UTC(2026, 0, 1, 1);
  assert.is(seedOfTheDay(morning), seedOfTheDay(morning + 22 * 3_600_000));
  assert.is(seedOfTheDay(morning) + 1, seedOfTheDay(morning + 86_400_000));
});

/** The same world for each seed; names of what each list answers, page by page. */
function lists(seed: number | false, pageSize: number): Readonly<Record<string, readonly string[]>> {
  const bench = createBench({ order: createOrder(seed), pageSize });
  const LoadBalancerArn = bench.loadBalancer('main', { Subnets: [SUBNETS.a, SUBNETS.b, SUBNETS.c] });
  const arns = numbers.slice(0, 9).map((number) => {
    bench.loadBalancer(`lb-${number}`);
    return bench.targetGroup(`tg-${number}`);
  });
  const listeners = arns.map((arn, index) => bench.listener(LoadBalancerArn, arn, { Port: 1000 + index }));
  const ListenerArn = listeners[0] ?? '';
  for (let priority = 1; priority <= 9; priority++) bench.rule(ListenerArn, arns[0] ?? '', priority);
  const Tags = numbers.slice(0, 9).map((number) => ({ Key: `k${number}`, Value: 'v' }));
  bench.call('AddTags', { ResourceArns: [LoadBalancerArn], Tags });
  const names = (action: string, params: Params, list: string, name: string): readonly string[] => {
    const found: string[] = [];
    for (let marker: unknown = ''; marker !== undefined; ) {
      const page = bench.call(action, { ...params, ...(marker === '' ? {} : { Marker: String(marker) }) });
      found.push(...page.list(list).map((item) => String(dig(item, name))));
      marker = page.get('NextMarker');
    }
    return found;
  };
  return {
    loadBalancers: names('DescribeLoadBalancers', {}, 'LoadBalancers', 'LoadBalancerName'),
    zones: names('DescribeLoadBalancers', { Names: ['main'] }, 'LoadBalancers.0.AvailabilityZones', 'ZoneName'),
    targetGroups: names('DescribeTargetGroups', {}, 'TargetGroups', 'TargetGroupName'),
    listeners: names('DescribeListeners', { LoadBalancerArn }, 'Listeners', 'Port'),
    rules: names('DescribeRules', { ListenerArn }, 'Rules', 'Priority'),
    attributes: names('DescribeLoadBalancerAttributes', { LoadBalancerArn }, 'Attributes', 'Key'),
    tags: names('DescribeTags', { ResourceArns: [LoadBalancerArn] }, 'TagDescriptions.0.Tags', 'Key'),
    policies: names('DescribeSSLPolicies', {}, 'SslPolicies', 'Name'),
  };
}

t('every list of ELBv2 is mixed, whole over pages of any size, and the same for the same seed', () => {
  const plain = lists(false, 400);
  const seeds = [1, 2, 3].map((seed) => ({ whole: lists(seed, 400), small: lists(seed, 2) }));
  for (const [name, expected] of Object.entries(plain)) {
    for (const { whole, small } of seeds) {
      assert.equal([...(whole[name] ?? [])].sort(), [...expected].sort(), name);
      assert.equal(small[name], whole[name], `${name} over pages`);
    }
    assert.ok(
      seeds.some(({ whole }) => JSON.stringify(whole[name]) !== JSON.stringify(expected)),
      `${name} is in the order of creation for every seed`,
    );
  }
  assert.equal(lists(1, 400), seeds[0]?.whole);
});

t.run();
