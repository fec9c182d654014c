/** Which load balancer a word means. */

import * as assert from 'uvu/assert';
import { ReconcileError } from '../../../reconciler/errors.ts';
import { findBalancer, regionIn } from '../../../reconciler/import/find.ts';
import { regionFor } from '../../../reconciler/import/import.ts';
import type { Json } from '../../../reconciler/model/json.ts';
import { suite } from '../../support/suite.ts';

const t = suite('import/find');

const balancer = (name: string, type = 'application'): Json => ({
  LoadBalancerArn: `arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/${name}/0123456789abcdef`,
  LoadBalancerName: name,
  DNSName: `${name}-1234.us-east-1.elb.amazonaws.com`,
  Type: type,
});
const ALL = [balancer('shop'), balancer('shop-old'), balancer('Billing'), balancer('wire', 'network')];
const find = (word: string, all: readonly Json[] = ALL): string => findBalancer(word, all, 'us-east-1').name;

function refusal(word: string, all: readonly Json[] = ALL): string {
  try {
    find(word, all);
  } catch (error) {
    assert.ok(error instanceof ReconcileError);
    return `${error.message} | ${error.hint}`;
  }
  return 'found';
}

t('by name, ARN and DNS name; a whole name before a beginning', () => {
  assert.is(find('shop'), 'shop');
  assert.is(find('arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/shop-old/0123456789abcdef'), 'shop-old');
  for (const word of ['SHOP-1234.us-east-1.elb.amazonaws.com', 'dualstack.shop-1234.us-east-1.elb.amazonaws.com.'])
    assert.is(find(word), 'shop');
  assert.is(find('bill'), 'Billing');
});

t('none, several, of another type', () => {
  assert.is(refusal('shpo'), 'there is no load balancer shpo in us-east-1 | Did you mean shop? There are: Billing, shop, shop-old.');
  assert.is(refusal('zzz'), 'there is no load balancer zzz in us-east-1 | There are: Billing, shop, shop-old.');
  assert.match(refusal('zzz', []), /These credentials see no load balancer in .*; use --region for another region/);
  assert.is(refusal('SHO'), '2 load balancers in us-east-1 match SHO: shop, shop-old | Give the whole name.');
  assert.is(refusal('wire'), 'wire is a network load balancer | albedo manages only Application Load Balancers.');
  assert.match(refusal(''), /there is no load balancer/);
  const many = Array.from({ length: 25 }, (_, index) => balancer(`b${String(index).padStart(2, '0')}`));
  assert.match(refusal('zzz', many), /b19 and 5 more\.$/);
});

t('the region is given, or in the word, or in the environment', () => {
  const dns = 'shop-1234.eu-west-1.elb.amazonaws.com';
  assert.is(regionIn(dns), 'eu-west-1');
  assert.is(regionFor('shop', 'us-west-2', {}), 'us-west-2');
  assert.is(regionFor(dns, undefined, { AWS_REGION: 'us-east-1' }), 'eu-west-1');
  assert.is(regionFor('shop', undefined, { AWS_DEFAULT_REGION: 'us-east-1' }), 'us-east-1');
  assert.throws(() => regionFor(dns, 'us-east-1', {}), /is in eu-west-1, not in us-east-1/);
  assert.throws(() => regionFor('shop', undefined, {}), /no region was given/);
  assert.throws(() => regionFor('shop', 'moon', {}), /moon is not a region/);
});

t.run();
