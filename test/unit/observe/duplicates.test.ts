import * as assert from 'uvu/assert';
import type { Address, Json } from '../../../reconciler/model/json.ts';
import { kindOf } from '../../../reconciler/model/kinds.ts';
import type { Raw } from '../../../reconciler/observe/decode.ts';
import { settle } from '../../../reconciler/observe/duplicates.ts';
import { BEFORE } from '../../support/plans.ts';
import { changed, stackOf } from '../../support/stacks.ts';
import { suite } from '../../support/suite.ts';

const t = suite('observe/settle');

const raw = (address: Address, object: Json): Raw => ({ kind: kindOf(address), address, object, tags: {} });
const vpc = (id: string, range = '10.0.0.0/16') => raw('vpc/main', { VpcId: id, CidrBlock: range });
const balancer = (arn: string, scheme: string) =>
  raw('loadBalancer/main', {
    LoadBalancerArn: arn,
    LoadBalancerName: 'webserver',
    Scheme: scheme,
    VpcId: 'vpc-1',
    AvailabilityZones: [],
    SecurityGroups: [],
  });
const listener = (arn: string, of: string, group: string) =>
  raw('listener/http', {
    ListenerArn: arn,
    LoadBalancerArn: of,
    Protocol: 'HTTP',
    Port: 80,
    DefaultActions: [{ Type: 'forward', TargetGroupArn: group }],
  });
const group = (arn: string) =>
  raw('targetGroup/web', {
    TargetGroupArn: arn,
    TargetGroupName: arn,
    VpcId: 'vpc-1',
    Protocol: 'HTTP',
    Port: 8080,
    TargetType: 'instance',
    ProtocolVersion: 'HTTP1',
    IpAddressType: 'ipv4',
    Attributes: [],
    TargetHealthDescriptions: [],
  });
const ids = (raws: readonly Raw[]) => {
  const { live, duplicates } = settle(raws, BEFORE.desired);
  return { live: live.map((entry) => entry.id).sort(), duplicates: duplicates.map((entry) => entry.id).sort() };
};

t('one of each: nothing to choose, references by address', () => {
  const { live, duplicates } = settle([raw('subnet/a', { SubnetId: 'subnet-1', VpcId: 'vpc-1' }), vpc('vpc-1')], BEFORE.desired);
  assert.equal(duplicates, []);
  assert.equal(live.find((entry) => entry.id === 'subnet-1')?.values['vpc'], { $ref: 'vpc/main.id' });
});

t('of two, the one that is more like what is wanted', () => {
  assert.equal(ids([vpc('vpc-old', '10.0.0.0/17'), vpc('vpc-new')]), { live: ['vpc-new'], duplicates: ['vpc-old'] });
  assert.equal(ids([vpc('vpc-new'), vpc('vpc-old', '10.0.0.0/17')]), { live: ['vpc-new'], duplicates: ['vpc-old'] });
});

t('of two that are alike always the same one, in whatever order AWS lists them', () => {
  assert.equal(ids([vpc('vpc-1'), vpc('vpc-2')]).live, ['vpc-1']);
  assert.equal(ids([vpc('vpc-2'), vpc('vpc-1')]).live, ['vpc-1']);
});

t('of two networks that both hold something, the one with the load balancer, in whatever order AWS lists them', () => {
  const subnet = (id: string, of: string) =>
    raw('subnet/a', { SubnetId: id, VpcId: of, AvailabilityZone: 'us-east-1a', CidrBlock: '10.0.1.0/24' });
  const all = [vpc('vpc-1'), vpc('vpc-0'), subnet('subnet-0', 'vpc-0'), subnet('subnet-1', 'vpc-1'), balancer('arn:lb', 'internet-facing')];
  for (const raws of [all, [...all].reverse()]) assert.equal(ids(raws).live, ['arn:lb', 'subnet-1', 'vpc-1']);
});

t('what is tied to a duplicate is far from what is wanted', () => {
  const raws = [
    vpc('vpc-1'),
    group('arn:g'),
    listener('arn:l-old', 'arn:old', 'arn:g'),
    listener('arn:l-new', 'arn:new', 'arn:g'),
    balancer('arn:old', 'internal'),
    balancer('arn:new', 'internet-facing'),
  ];
  assert.equal(ids(raws), { live: ['arn:g', 'arn:l-new', 'arn:new', 'vpc-1'], duplicates: ['arn:l-old', 'arn:old'] });
});

t('of two that are alike, the one that serves', () => {
  const raws = [
    vpc('vpc-1'),
    group('arn:idle'),
    group('arn:busy'),
    balancer('arn:lb', 'internet-facing'),
    listener('arn:l', 'arn:lb', 'arn:busy'),
  ];
  assert.equal(ids(raws).duplicates, ['arn:idle']);
});

t("a duplicate's references to what is no duplicate are references, to other duplicates ids", () => {
  const { duplicates } = settle(
    [
      vpc('vpc-1'),
      group('arn:g'),
      balancer('arn:old', 'internal'),
      balancer('arn:new', 'internet-facing'),
      listener('arn:l-old', 'arn:old', 'arn:g'),
      listener('arn:l-new', 'arn:new', 'arn:g'),
    ],
    BEFORE.desired,
  );
  const old = duplicates.find((entry) => entry.id === 'arn:l-old');
  assert.is(old?.values['loadBalancer'], 'arn:old');
  assert.equal(old?.values['defaultActions'], [{ type: 'forward', targetGroup: { $ref: 'targetGroup/web.arn' } }]);
});

t('what nobody wants is live all the same', () => {
  assert.equal(ids([raw('vpc/other', { VpcId: 'vpc-9' })]), { live: ['vpc-9'], duplicates: [] });
});

t('of two rules under one address the one is it that is as wanted, whatever their ids', () => {
  const rule = (arn: string, path: string, Priority: string) =>
    raw('rule/http.shop', {
      ...{ RuleArn: arn, ListenerArn: 'arn:l', Priority, Conditions: [{ Field: 'path-pattern', PathPatternConfig: { Values: [path] } }] },
      Actions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '404' } }],
    });
  const { desired } = stackOf(
    changed((spec) => {
      spec.listeners.http.rules = { shop: { if: { path: ['/new'] }, fixedResponse: { statusCode: '404' } } };
    }),
  );
  for (const [old, made] of [
    ['arn:1', 'arn:2'],
    ['arn:2', 'arn:1'],
  ] as const) {
    const { live, duplicates } = settle([rule(old, '/old', '20'), rule(made, '/new', '11')], desired);
    assert.equal([live.map(({ id }) => id), duplicates.map(({ id }) => id)], [[made], [old]]);
  }
});

t.run();
