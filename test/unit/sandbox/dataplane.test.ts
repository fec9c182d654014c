/** The data plane's rules of thumb, without a process: who reaches whom, when a target is healthy, how values are written. */

import * as assert from 'uvu/assert';
import { claimAddresses } from '../../../sandbox/dataplane/addresses.ts';
import { conditionLines } from '../../../sandbox/dataplane/conditions.ts';
import { wildcard, word } from '../../../sandbox/dataplane/haproxy-config-values.ts';
import { CHECKING, judge, matches, type Outcome, type Standing } from '../../../sandbox/dataplane/health.ts';
import { clientOf, clientReaches, loadBalancerReaches } from '../../../sandbox/dataplane/reach.ts';
import { type RoutingState, routingState } from '../../../sandbox/dataplane/routing-state.ts';
import { createSlots } from '../../../sandbox/dataplane/slots.ts';
import { tlsTerms } from '../../../sandbox/dataplane/tls-policies.ts';
import { webserversOf } from '../../../sandbox/instances.ts';
import type { SecurityGroupRule, TargetHealth } from '../../../sandbox/types.ts';
import { suite } from '../../support/suite.ts';
import {
  createWorld,
  forward,
  makeGroup,
  makeInstance,
  makeListener,
  makeLoadBalancer,
  makeRule,
  setSecurityGroup,
  type World,
} from './dataplane-world.ts';

const t = suite('data plane');

const thresholds = { matcher: '200-299,301', healthyThreshold: 3, unhealthyThreshold: 2 };
const ok: Outcome = { kind: 'status', status: 204 };
const wrong: Outcome = { kind: 'status', status: 500 };
const states = (outcomes: readonly Outcome[]): string[] => {
  let standing: Standing = { health: CHECKING, passes: 0, failures: 0 };
  return outcomes.map((outcome) => {
    standing = judge(standing, outcome, thresholds);
    return standing.health.state;
  });
};

t('health: one pass to begin with, then the thresholds', () => {
  assert.equal(states([ok]), ['healthy']);
  assert.equal(states([wrong, ok]), ['initial', 'healthy']);
  assert.equal(states([wrong, wrong, ok, ok, ok]), ['initial', 'unhealthy', 'unhealthy', 'unhealthy', 'healthy']);
  assert.equal(states([ok, wrong, ok, wrong, wrong]), ['healthy', 'healthy', 'healthy', 'healthy', 'unhealthy']);
  assert.equal(states([wrong, wrong, ok, ok, wrong, ok, ok]), [
    'initial',
    'unhealthy',
    'unhealthy',
    'unhealthy',
    'unhealthy',
    'unhealthy',
    'unhealthy',
  ]);
});

t('health: the reason is that of the last failure', () => {
  const lost = (outcome: Outcome): TargetHealth => judge({ health: CHECKING, passes: 0, failures: 1 }, outcome, thresholds).health;
  assert.equal(lost(wrong), {
    state: 'unhealthy',
    reason: 'Target.ResponseCodeMismatch',
    description: 'Health checks failed with these codes: [500]',
  });
  assert.equal(lost({ kind: 'timeout' }), { state: 'unhealthy', reason: 'Target.Timeout', description: 'Request timed out' });
  assert.equal(lost({ kind: 'refused' }), { state: 'unhealthy', reason: 'Target.FailedHealthChecks', description: 'Health checks failed' });
});

t('health: matchers', () => {
  const cases: [string, number, boolean][] = [
    ['200', 200, true],
    ['200', 201, false],
    ['200,202', 202, true],
    ['200-299', 299, true],
    ['200-299', 300, false],
    ['200-204,404', 404, true],
  ];
  for (const [matcher, status, expected] of cases) assert.is(matches(matcher, status), expected, `${matcher} ${status}`);
});

const tcp = (from: number, to: number, cidrs: readonly string[], sourceGroupIds: readonly string[] = []): SecurityGroupRule => ({
  protocol: 'tcp',
  fromPort: from,
  toPort: to,
  cidrs,
  sourceGroupIds,
});

t('security groups: clients come from the internet address, or from inside for an internal load balancer', () => {
  const world = createWorld();
  const lb = makeLoadBalancer();
  const open = (rule: SecurityGroupRule): boolean => {
    setSecurityGroup(world, 'sg-lb', { ingress: [rule] });
    return clientReaches(world.network, lb, 443);
  };
  assert.is(open(tcp(443, 443, ['0.0.0.0/0'])), true);
  assert.is(open(tcp(80, 442, ['0.0.0.0/0'])), false);
  assert.is(open(tcp(443, 443, ['203.0.113.0/24'])), true);
  assert.is(open(tcp(443, 443, ['127.0.0.0/8', '198.51.100.0/24'])), false);
  assert.is(open(tcp(443, 443, ['::/0'])), false);
  assert.is(open({ ...tcp(443, 443, ['0.0.0.0/0']), protocol: 'udp' }), false);
  assert.is(open({ protocol: '-1', cidrs: ['0.0.0.0/0'], sourceGroupIds: [] }), true);
  assert.is(clientOf(world.network, makeLoadBalancer({ scheme: 'internal' })), '10.0.1.4');
});

t('security groups: the load balancer needs its egress and the target its ingress', () => {
  const target = makeInstance('i-1', 'a');
  const cases: [string, SecurityGroupRule, SecurityGroupRule, boolean][] = [
    ['by group', tcp(8080, 8080, [], ['sg-lb']), tcp(1, 65_535, ['0.0.0.0/0']), true],
    ['by another group', tcp(8080, 8080, [], ['sg-other']), tcp(1, 65_535, ['0.0.0.0/0']), false],
    ['another port', tcp(80, 8079, [], ['sg-lb']), tcp(1, 65_535, ['0.0.0.0/0']), false],
    ['by address, both subnets', tcp(8080, 8080, ['10.0.0.0/16']), tcp(1, 65_535, ['0.0.0.0/0']), true],
    ['by address, one subnet only', tcp(8080, 8080, ['10.0.1.0/24']), tcp(1, 65_535, ['0.0.0.0/0']), false],
    ['by address, half a subnet', tcp(8080, 8080, ['10.0.1.0/25', '10.0.2.0/24']), tcp(1, 65_535, ['0.0.0.0/0']), false],
    ['egress to the target group', tcp(8080, 8080, [], ['sg-lb']), tcp(8080, 8080, [], ['sg-web']), true],
    ['egress elsewhere', tcp(8080, 8080, [], ['sg-lb']), tcp(8080, 8080, ['10.0.2.0/24']), false],
  ];
  for (const [what, ingress, egress, expected] of cases) {
    const world = createWorld();
    setSecurityGroup(world, 'sg-web', { ingress: [ingress] });
    setSecurityGroup(world, 'sg-lb', { egress: [egress] });
    assert.is(loadBalancerReaches(world.network, makeLoadBalancer(), target, 8080), expected, what);
  }
});

const draw = (world: World, healthy: readonly string[] = []): RoutingState => {
  const slots = createSlots();
  return routingState({
    state: world.state,
    network: world.network,
    slots,
    tarpit: { host: 'tarpit', port: 1 },
    health: (key) => (healthy.some((id) => key.includes(` ${id}:`)) ? { state: 'healthy' } : { state: 'unhealthy' }),
    boots: () => 1,
    instanceAddress: (id) => `at-${id}`,
    loadBalancerAddress: () => 'lb',
    boundPort: (port) => port,
  });
};
const ready = (routing: RoutingState): string[] =>
  routing.pools.flatMap(({ members }) => members.filter((member) => member.ready).map(({ at }) => at.host));

const worldOf = (more: Parameters<typeof makeGroup>[2] = {}): World => {
  const world = createWorld();
  for (const [index, zone] of (['a', 'b', 'a'] as const).entries()) world.instances.set(`i-${index}`, makeInstance(`i-${index}`, zone));
  world.groups.push(makeGroup('web', ['i-0', 'i-1', 'i-2'], more));
  world.listeners.push(makeListener(80, forward('web')));
  return world;
};

t('targets: healthy ones take requests; below the minimum all do', () => {
  assert.equal(ready(draw(worldOf(), ['i-1'])), ['at-i-1']);
  assert.equal(ready(draw(worldOf(), [])), ['at-i-0', 'at-i-1', 'at-i-2']);
  const minimum = { 'target_group_health.unhealthy_state_routing.minimum_healthy_targets.count': '2' };
  assert.equal(ready(draw(worldOf({ attributes: minimum }), ['i-1'])), ['at-i-0', 'at-i-1', 'at-i-2']);
  const percentage = { 'target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage': '60' };
  assert.equal(ready(draw(worldOf({ attributes: percentage }), ['i-1', 'i-2'])), ['at-i-1', 'at-i-2']);
  assert.equal(ready(draw(worldOf({ attributes: percentage }), ['i-1'])).length, 3);
});

t('targets: stopped, in another zone, draining or behind nothing are not sent to', () => {
  const world = worldOf();
  const stopped = world.instances.get('i-0');
  if (stopped) world.instances.set('i-0', { ...stopped, state: 'stopped' });
  world.instances.set('i-2', makeInstance('i-2', 'a', { availabilityZone: 'us-east-1f' }));
  const routing = draw(world);
  assert.equal(ready(routing), ['at-i-1']);
  assert.equal(
    routing.unused.map(({ id, health }) => `${id} ${health.reason}: ${health.description}`),
    [
      'i-0 Target.InvalidState: Target is in the stopped state',
      'i-2 Target.NotInUse: Target is in an Availability Zone that is not enabled for the load balancer',
    ],
  );
  world.listeners = [];
  assert.equal(
    draw(world).unused.map(({ health }) => health.reason),
    Array.from({ length: 3 }, () => 'Target.NotInUse'),
  );
  assert.equal(draw(world).pools, []);
});

t('targets: a group used by a rule alone is in use; its checks go to its own port', () => {
  const world = worldOf();
  world.groups = world.groups.map((group) => ({ ...group, healthCheck: { ...group.healthCheck, port: '9000' } }));
  world.listeners = [makeListener(80, { Type: 'fixed-response' })];
  world.rules = [makeRule(80, 1, [{ Field: 'path-pattern', Values: ['/x'] }], forward('web'))];
  setSecurityGroup(world, 'sg-web', { ingress: [tcp(9000, 9000, [], ['sg-lb'])] });
  const routing = draw(world);
  assert.equal(
    routing.checks.map(({ place }) => place),
    ['i-0', 'i-1', 'i-2'].map((id) => ({ host: `at-${id}`, port: 9000 })),
  );
  assert.equal(ready(routing), ['tarpit', 'tarpit', 'tarpit'], 'the traffic port is closed to the load balancer');
});

t('targets by address are the instances that have it; any other address never answers', () => {
  const world = worldOf();
  world.groups = [
    makeGroup('web', [], { targetType: 'ip', targets: ['10.0.1.10', '10.9.9.9'].map((id) => ({ id, port: 8080, registeredAt: 1 })) }),
  ];
  const routing = draw(world);
  assert.equal(ready(routing), ['at-i-0', 'tarpit']);
  assert.equal(
    routing.checks.map(({ place }) => place?.host),
    ['at-i-0', undefined],
  );
});

t('a server stands for one target for good', () => {
  const slots = createSlots();
  const names = Array.from({ length: 9 }, (_, index) => slots.of('g1', `t${index}`));
  assert.is(new Set(names).size, 9);
  assert.is(slots.of('g1', 't3'), names[3]);
  assert.is(slots.all('g1').length, 16);
  assert.equal(slots.all('g1').slice(0, 9), names);
});

t('user data: only the marker starts something', () => {
  const of = (userData: string) =>
    webserversOf(userData).map(({ kind, port, tls }) => `${kind === 'flask' ? '' : `${kind} `}${port}${tls ? ' tls' : ''}`);
  assert.equal(of('#!/bin/bash\n# albedo-app: flask-webserver port=8080\npython3 app.py'), ['8080']);
  assert.equal(of('#!/bin/bash\n#albedo-app: flask-webserver  port=80\r\n# albedo-app: flask-webserver port=81'), ['80', '81']);
  assert.equal(of('# albedo-app: flask-webserver port=80\n# albedo-app: flask-webserver port=8443 tls'), ['80', '8443 tls']);
  assert.equal(of('# albedo-app: flask-webserver port=80 tls\n# albedo-app: flask-webserver port=80'), ['80 tls']);
  assert.equal(of('# albedo-app: flask-webserver port=80\n# albedo-app: static-webserver port=81'), ['80', 'static 81']);
  assert.equal(of('# albedo-app: static-webserver port=81 tls\n# albedo-app: nginx port=82'), []);
  assert.equal(of('# albedo-app: flask-webserver port=80 ssl'), []);
  assert.equal(of('# albedo-app: flask-webserver port=99999'), []);
  assert.equal(of('echo "# albedo-app: flask-webserver port=8080"'), []);
  assert.equal(of(''), []);
});

t('two sandboxes at once never share an address', async () => {
  const [first, second] = await Promise.all([claimAddresses(7), claimAddresses(7)]);
  try {
    assert.is.not(first.number, second.number);
    const all = [first, second].flatMap((addresses) => [
      ...Array.from({ length: 600 }, (_, index) => addresses.instance(`i-${index}`)),
      ...Array.from({ length: 600 }, (_, index) => addresses.loadBalancer(`lb-${index}`)),
      addresses.own,
    ]);
    assert.is(new Set(all).size, all.length);
    assert.ok(all.every((address) => /^127(\.\d{1,3}){3}$/.test(address) && address.split('.').every((part) => Number(part) <= 255)));
    assert.is(first.instance('i-5'), first.instance('i-5'));
  } finally {
    await Promise.all([first.release(), second.release()]);
  }
});

t('words and patterns', () => {
  assert.is(word('a b"#\\\n$é'), 'a\\x20b\\x22\\x23\\x5c\\x0a\\x24\\xc3\\xa9');
  assert.throws(() => word('a\0b'), /NUL/);
  assert.is(wildcard('/a.b/*?(c)'), '/a\\.b/.*.\\(c\\)');
  assert.equal(
    conditionLines('n', { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'x) -m found }\nx', Values: ['a'] } }),
    undefined,
  );
  assert.equal(conditionLines('n', { Field: 'something-new' }), undefined);
});

t('security policies: versions and ciphers follow from the name', () => {
  const summary = (policy: string): string => {
    const terms = tlsTerms(`ELBSecurityPolicy-${policy}`);
    const has = (cipher: string): boolean => terms?.ciphers.split(':').includes(cipher) ?? false;
    const families = [
      ['ECDHE-RSA-AES128-SHA256', 'cbc'],
      ['ECDHE-RSA-AES128-SHA', 'sha1'],
      ['AES128-GCM-SHA256', 'rsa'],
      ['AES128-SHA', 'rsa-sha1'],
      ['DES-CBC3-SHA', '3des'],
    ] as const;
    return [terms?.oldest, terms?.newest, ...families.filter(([cipher]) => has(cipher)).map(([, name]) => name)].join(' ');
  };
  const cases: [string, string][] = [
    ['2016-08', 'TLSv1.0 TLSv1.2 cbc sha1 rsa rsa-sha1'],
    ['TLS-1-0-2015-04', 'TLSv1.0 TLSv1.2 cbc sha1 rsa rsa-sha1 3des'],
    ['TLS-1-1-2017-01', 'TLSv1.1 TLSv1.2 cbc sha1 rsa rsa-sha1'],
    ['TLS-1-2-2017-01', 'TLSv1.2 TLSv1.2 cbc rsa'],
    ['TLS-1-2-Ext-2018-06', 'TLSv1.2 TLSv1.2 cbc sha1 rsa rsa-sha1'],
    ['FS-2018-06', 'TLSv1.0 TLSv1.2 cbc sha1'],
    ['FS-1-2-2019-08', 'TLSv1.2 TLSv1.2 cbc sha1'],
    ['FS-1-2-Res-2019-08', 'TLSv1.2 TLSv1.2 cbc'],
    ['FS-1-2-Res-2020-10', 'TLSv1.2 TLSv1.2'],
    ['TLS13-1-2-2021-06', 'TLSv1.2 TLSv1.3 cbc'],
    ['TLS13-1-2-Res-2021-06', 'TLSv1.2 TLSv1.3'],
    ['TLS13-1-2-Res-PQ-2025-09', 'TLSv1.2 TLSv1.3'],
    ['TLS13-1-2-Ext1-2021-06', 'TLSv1.2 TLSv1.3 cbc rsa'],
    ['TLS13-1-2-Ext2-2021-06', 'TLSv1.2 TLSv1.3 cbc sha1 rsa rsa-sha1'],
    ['TLS13-1-0-2021-06', 'TLSv1.0 TLSv1.3 cbc sha1 rsa rsa-sha1'],
    ['TLS13-1-3-2021-06', 'TLSv1.3 TLSv1.3 cbc'],
  ];
  for (const [policy, expected] of cases) assert.is(summary(policy), expected, policy);
  assert.is(tlsTerms('TLS-1-2'), undefined);
});

t.run();
