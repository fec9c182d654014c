/** AWS's published token buckets: how many calls pass at once, how fast they come back, and how each service refuses. */

import * as assert from 'uvu/assert';
import { createClock } from '../../../sandbox/clock.ts';
import { createRates, usesOf } from '../../../sandbox/rates.ts';
import type { ApiCall } from '../../../sandbox/types.ts';
import { suite } from '../../support/suite.ts';

const t = suite('sandbox: token buckets');

const call = (service: string, action: string, params: Record<string, string> = {}, region = 'us-east-1'): ApiCall => ({
  service,
  action,
  params,
  region,
  account: '123456789012',
  requestId: 'r',
});
const filtered = { 'Filter.1.Name': 'tag-key', 'Filter.1.Value.1': 'x' };

/** Calls that pass on full buckets, seconds until one more does (two numbers for those that matter together), and the refusal. */
const ROWS: readonly [service: string, action: string, params: Record<string, string>, depth: number, seconds: number, code: string][] = [
  ['elasticloadbalancing', 'DescribeRules', {}, 40, 0.1, 'Throttling'],
  ['elasticloadbalancing', 'CreateRule', {}, 20, 1 / 3, 'Throttling'],
  ['elasticloadbalancing', 'AddTags', {}, 20, 1 / 3, 'Throttling'],
  ['elasticloadbalancing', 'RegisterTargets', {}, 20, 0.25, 'Throttling'],
  ['elasticloadbalancing', 'DeregisterTargets', {}, 20, 0.25, 'Throttling'],
  ['elasticloadbalancing', 'CreateLoadBalancer', {}, 10, 5, 'Throttling'],
  ['elasticloadbalancing', 'SetSubnets', {}, 10, 5, 'Throttling'],
  ['elasticloadbalancing', 'CreateTrustStore', {}, 10, 5, 'Throttling'],
  ['elasticloadbalancing', 'AddTrustStoreRevocations', {}, 10, 5, 'Throttling'],
  ['elasticloadbalancing', 'DescribeTrustStores', {}, 40, 0.1, 'Throttling'],
  ['ec2', 'DescribeInstances', {}, 50, 0.1, 'RequestLimitExceeded'],
  ['ec2', 'DescribeInstances', filtered, 100, 0.05, 'RequestLimitExceeded'],
  ['ec2', 'DescribeInstances', { 'InstanceId.1': 'i-1' }, 100, 0.05, 'RequestLimitExceeded'],
  ['ec2', 'DescribeSecurityGroups', { MaxResults: '5' }, 100, 0.05, 'RequestLimitExceeded'],
  ['ec2', 'DescribeVpcs', {}, 100, 0.05, 'RequestLimitExceeded'],
  ['ec2', 'CreateSubnet', {}, 50, 0.2, 'RequestLimitExceeded'],
  ['ec2', 'CreateTags', {}, 100, 0.1, 'RequestLimitExceeded'],
  ['ec2', 'RunInstances', { MaxCount: '1' }, 5, 0.5, 'RequestLimitExceeded'],
  ['ec2', 'StartInstances', { 'InstanceId.1': 'i-1' }, 5, 0.5, 'RequestLimitExceeded'],
  ['ec2', 'TerminateInstances', { 'InstanceId.1': 'i-1' }, 100, 0.2, 'RequestLimitExceeded'],
  ['sts', 'GetCallerIdentity', {}, 600, 1 / 600, 'Throttling'],
  ['ssm', 'GetParametersByPath', {}, 40, 0.025, 'ThrottlingException'],
];

for (const [service, action, params, depth, seconds, code] of ROWS)
  t(`${service} ${action} ${JSON.stringify(params)}: ${depth}, one more after ${seconds.toFixed(3)} s`, () => {
    const clock = createClock({ manual: true, start: 0 });
    const rates = createRates(clock, true);
    for (let count = 0; count < depth; count++) assert.is(rates.take(call(service, action, params)), undefined, `call ${count + 1}`);
    const refusal = rates.take(call(service, action, params));
    assert.is(refusal?.code, code);
    assert.is(refusal?.status, service === 'ec2' ? 503 : 400);
    clock.advance(seconds * 900);
    assert.ok(rates.take(call(service, action, params)), 'too early');
    clock.advance(seconds * 100);
    assert.is(rates.take(call(service, action, params)), undefined, 'in time');
    assert.ok(rates.take(call(service, action, params)), 'one only');
    assert.is(rates.take(call(service, action, params, 'eu-west-1')), undefined, 'another region');
  });

t('all actions of ELBv2 share one bucket, and a refused call takes nothing from it', () => {
  const clock = createClock({ manual: true });
  const rates = createRates(clock, true);
  for (let count = 0; count < 20; count++) assert.is(rates.take(call('elasticloadbalancing', 'CreateRule')), undefined);
  for (let count = 0; count < 30; count++) assert.ok(rates.take(call('elasticloadbalancing', 'CreateRule')));
  for (let count = 0; count < 20; count++) assert.is(rates.take(call('elasticloadbalancing', 'DescribeRules')), undefined);
  for (const action of ['DescribeRules', 'RegisterTargets', 'CreateLoadBalancer', 'DescribeTrustStores'])
    assert.ok(rates.take(call('elasticloadbalancing', action)), action);
  for (const service of ['ec2', 'sts']) assert.is(rates.take(call(service, 'DescribeVpcs')), undefined, service);
});

t('pairs share: targets, new load balancers and subnets, parameters; EC2 counts each action and the instances', () => {
  const rates = createRates(createClock({ manual: true }), true);
  for (let count = 0; count < 10; count++) rates.take(call('elasticloadbalancing', 'CreateLoadBalancer'));
  assert.ok(rates.take(call('elasticloadbalancing', 'SetSubnets')));
  for (let count = 0; count < 40; count++) rates.take(call('ssm', 'GetParameter'));
  assert.ok(rates.take(call('ssm', 'GetParameters')));
  assert.is(rates.take(call('ssm', 'PutParameter')), undefined);
  for (let count = 0; count < 50; count++) rates.take(call('ec2', 'CreateVpc'));
  assert.ok(rates.take(call('ec2', 'CreateVpc')));
  assert.is(rates.take(call('ec2', 'CreateSubnet')), undefined);
  assert.is(rates.take(call('ec2', 'RunInstances', { MaxCount: '990' })), undefined);
  assert.ok(rates.take(call('ec2', 'RunInstances', { MaxCount: '11' })));
  assert.is(rates.take(call('ec2', 'RunInstances', { MaxCount: '10' })), undefined);
});

t('off until it is switched on, full buckets each time; IAM is never limited', () => {
  const rates = createRates(createClock({ manual: true }), false);
  const many = () => Array.from({ length: 60 }, () => rates.take(call('elasticloadbalancing', 'CreateRule'))).filter(Boolean).length;
  assert.is(many(), 0);
  rates.turn(true);
  assert.is(many(), 40);
  rates.turn(true);
  assert.is(many(), 40);
  rates.turn(false);
  assert.is(many(), 0);
  assert.equal(usesOf(call('iam', 'ListServerCertificates')), []);
});

t.run();
