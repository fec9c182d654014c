/** What recordings of AWS show of ELBv2's answers, and what public clients send: members that are always there, counts, empty parameters. */

import * as assert from 'uvu/assert';
import { createBench, dig } from '../../support/elbv2-bench.ts';
import { SUBNETS, VPC } from '../../support/sandbox-network.ts';
import { suite } from '../../support/suite.ts';

const t = suite('sandbox/elbv2 as recorded');

t('members that AWS always answers', () => {
  const bench = createBench();
  const created = bench.call('CreateLoadBalancer', { Name: 'web', Subnets: [SUBNETS.a, SUBNETS.b] });
  assert.is(created.get('LoadBalancers.0.EnablePrefixForIpv6SourceNat'), 'off');
  const group = bench.call('CreateTargetGroup', { Name: 'web', Protocol: 'HTTP', Port: 80, VpcId: VPC });
  assert.is(group.get('TargetGroups.0.LoadBalancerArns'), undefined);
  const TargetGroupArn = group.text('TargetGroups.0.TargetGroupArn');
  assert.is(bench.call('DescribeTargetGroups').get('TargetGroups.0.LoadBalancerArns'), '');
  const ListenerArn = bench.listener(created.text('LoadBalancers.0.LoadBalancerArn'), TargetGroupArn);
  bench.rule(ListenerArn, TargetGroupArn, 1);
  for (const rule of bench.call('DescribeRules', { ListenerArn }).list('Rules')) assert.is(dig(rule, 'Transforms'), '');
});

t('every target has its override, registered or not', () => {
  const bench = createBench();
  const TargetGroupArn = bench.targetGroup();
  const [running = ''] = bench.network.instanceFacts.keys();
  bench.call('RegisterTargets', { TargetGroupArn, Targets: [{ Id: running }] });
  for (const params of [{}, { Targets: [{ Id: running }] }, { Targets: [{ Id: 'i-0123456789abcdef0' }] }]) {
    const health = bench.call('DescribeTargetHealth', { TargetGroupArn, ...params });
    assert.equal(health.get('TargetHealthDescriptions.0.AdministrativeOverride'), {
      State: 'no_override',
      Reason: 'AdministrativeOverride.NoOverride',
      Description: 'No override is currently active on target',
    });
  }
});

t('a terminated target that is asked for by name drains for the delay', () => {
  const bench = createBench();
  const TargetGroupArn = bench.targetGroup();
  bench.listener(bench.loadBalancer(), TargetGroupArn);
  const [id = ''] = bench.network.instanceFacts.keys();
  const named = { TargetGroupArn, Targets: [{ Id: id }] };
  bench.call('RegisterTargets', named);
  bench.network.setInstance(id, 'terminated');
  const reason = () => bench.call('DescribeTargetHealth', named).get('TargetHealthDescriptions.0.TargetHealth.Reason');
  assert.equal(bench.call('DescribeTargetHealth', { TargetGroupArn }).list('TargetHealthDescriptions'), [], 'it has left');
  assert.is(reason(), 'Target.DeregistrationInProgress');
  bench.clock.advance(299_999);
  assert.is(reason(), 'Target.DeregistrationInProgress');
  bench.clock.advance(1);
  assert.is(reason(), 'Target.NotRegistered');
});

t('at most 20 names or ARNs a call, over several parents', () => {
  const bench = createBench();
  const listeners = [1, 2].map((n) => bench.listener(bench.loadBalancer(`web-${n}`), bench.targetGroup(`web-${n}`)));
  const groups = bench
    .call('DescribeTargetGroups')
    .list('TargetGroups')
    .map((group) => String(dig(group, 'TargetGroupArn')));
  const rules = listeners.flatMap((ListenerArn, n) => {
    for (let priority = 1; priority <= 11; priority++) bench.rule(ListenerArn, groups[n] ?? '', priority);
    return bench
      .call('DescribeRules', { ListenerArn })
      .list('Rules')
      .map((rule) => String(dig(rule, 'RuleArn')));
  });
  assert.is(bench.call('DescribeListeners', { ListenerArns: listeners }).list('Listeners').length, 2);
  assert.is(bench.call('DescribeRules', { RuleArns: rules.slice(2, 22) }).list('Rules').length, 20);
  const many = (arn: string | undefined): readonly string[] => Array(21).fill(arn ?? '');
  bench.refused('ValidationError', 'DescribeRules', { RuleArns: rules.slice(0, 21) }, "You cannot describe more than '20' rules at a time");
  bench.refused('ValidationError', 'DescribeListeners', { ListenerArns: many(listeners[0]) }, /more than '20' listeners/);
  bench.refused('ValidationError', 'DescribeTargetGroups', { TargetGroupArns: many(groups[0]) }, /more than '20' target groups/);
  bench.refused('ValidationError', 'DescribeTargetGroups', { Names: many('web-1') }, /more than '20' target groups/);
  bench.refused('ValidationError', 'DescribeTags', { ResourceArns: many(groups[0]) });
  bench.refused('ValidationError', 'DescribeRules', { ListenerArn: listeners[0], PageSize: 401 }, /less than or equal to 400/);
});

t('an empty parameter is an absent one, and empty text where text is the value', () => {
  const bench = createBench();
  const empty = { ProtocolVersion: '', HealthCheckPath: '', HealthCheckPort: '', IpAddressType: '', 'Matcher.HttpCode': '', Tags: '' };
  const group = bench.call('CreateTargetGroup', { Name: 'web', Protocol: 'HTTP', Port: 80, VpcId: VPC, ...empty });
  assert.is(group.get('TargetGroups.0.ProtocolVersion'), 'HTTP1');
  assert.is(group.get('TargetGroups.0.Matcher.HttpCode'), '200');
  const TargetGroupArn = group.text('TargetGroups.0.TargetGroupArn');
  const LoadBalancerArn = bench.loadBalancer('web', { Scheme: '', SecurityGroups: '', IpAddressType: '' });
  const ListenerArn = bench.listener(LoadBalancerArn, TargetGroupArn, { SslPolicy: '' });
  bench.call('DescribeRules', { ListenerArn, RuleArns: '', Marker: '' });
  bench.call('DescribeLoadBalancers', { Names: '', LoadBalancerArns: '' });
  bench.refused('ValidationError', 'CreateTargetGroup', { Name: '', Protocol: 'HTTP' }, 'A target group name must be specified');
  bench.call('AddTags', { ResourceArns: [TargetGroupArn], Tags: [{ Key: 'empty', Value: '' }] });
  assert.is(bench.call('DescribeTags', { ResourceArns: [TargetGroupArn] }).get('TagDescriptions.0.Tags.0.Value'), '');
  bench.refused('ValidationError', 'AddTags', { ResourceArns: [TargetGroupArn], Tags: [{ Key: '', Value: 'x' }] }, /length greater/);
  const Attributes = [{ Key: 'access_logs.s3.prefix', Value: '' }];
  bench.call('ModifyLoadBalancerAttributes', { LoadBalancerArn, Attributes });
});

t('policies of long ago are still there', () => {
  const bench = createBench();
  const Names = ['ELBSecurityPolicy-TLS-1-0-2015-04', 'ELBSecurityPolicy-2015-05'];
  const found = bench.call('DescribeSSLPolicies', { Names }).list('SslPolicies');
  assert.equal(found.map((policy) => dig(policy, 'Name')).sort(), [...Names].sort());
});

t.run();
