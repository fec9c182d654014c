import * as assert from 'uvu/assert';
import { createBench, type Params, START } from '../../support/elbv2-bench.ts';
import { GROUPS, INSTANCES, OTHER_VPC, SUBNETS, VPC } from '../../support/sandbox-network.ts';
import { suite } from '../../support/suite.ts';

const t = suite('sandbox/elbv2 load balancers');
const two = [SUBNETS.a, SUBNETS.b];

t('a fresh load balancer is filled in the way AWS does', () => {
  const bench = createBench();
  const answer = bench.call('CreateLoadBalancer', { Name: 'web', Subnets: two });
  const arn = answer.text('LoadBalancers.0.LoadBalancerArn');
  assert.match(arn, /^arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer\/app\/web\/[0-9a-f]{16}$/);
  assert.match(answer.text('LoadBalancers.0.DNSName'), /^web-[0-9]+\.us-east-1\.elb\.amazonaws\.com$/);
  assert.is(answer.get('LoadBalancers.0.CanonicalHostedZoneId'), 'Z35SXDOTRQ7X7K');
  assert.is(answer.get('LoadBalancers.0.Scheme'), 'internet-facing');
  assert.is(answer.get('LoadBalancers.0.Type'), 'application');
  assert.is(answer.get('LoadBalancers.0.IpAddressType'), 'ipv4');
  assert.is(answer.get('LoadBalancers.0.VpcId'), VPC);
  assert.is(answer.get('LoadBalancers.0.State.Code'), 'provisioning');
  assert.is(answer.get('LoadBalancers.0.CreatedTime'), new Date(START).toISOString());
  assert.equal(answer.get('LoadBalancers.0.SecurityGroups'), [GROUPS.default]);
  assert.is(answer.get('LoadBalancers.0.AvailabilityZones.1.ZoneName'), 'us-east-1b');
  assert.is(answer.get('LoadBalancers.0.AvailabilityZones.1.SubnetId'), SUBNETS.b);
  assert.equal(bench.network.notes, [`attach ${arn} ${two.join(',')} ${GROUPS.default}`]);
});

t('becomes active by the clock, and tells so', () => {
  const bench = createBench();
  bench.loadBalancer();
  let told = 0;
  const stop = bench.elbv2.state.onChange(() => told++);
  const state = () => bench.call('DescribeLoadBalancers').get('LoadBalancers.0.State.Code');
  bench.clock.advance(2999);
  assert.is(state(), 'provisioning');
  assert.is(told, 0);
  bench.clock.advance(1);
  assert.is(state(), 'active');
  assert.is(told, 1);
  assert.is(bench.elbv2.state.loadBalancers()[0]?.state, 'active');
  stop();
  bench.loadBalancer('other');
  assert.is(told, 1);
});

t('an internal load balancer: name of the host, no gateway needed, its own default', () => {
  const bench = createBench();
  bench.network.vpcFacts.set(VPC, { id: VPC, hasGateway: false, defaultSecurityGroupId: GROUPS.default });
  const answer = bench.call('CreateLoadBalancer', { Name: 'inner', Subnets: two, Scheme: 'internal' });
  assert.match(answer.text('LoadBalancers.0.DNSName'), /^internal-inner-/);
  const LoadBalancerArn = answer.text('LoadBalancers.0.LoadBalancerArn');
  const attributes = bench.call('DescribeLoadBalancerAttributes', { LoadBalancerArn }).list('Attributes');
  assert.ok(attributes.some((each) => JSON.stringify(each) === '{"Key":"ipv6.deny_all_igw_traffic","Value":"true"}'));
});

const refusals: [code: string, params: Params, words?: string | RegExp][] = [
  ['ValidationError', { Name: undefined }, 'A load balancer name must be specified'],
  ['ValidationError', { Name: 'x'.repeat(33) }, `The load balancer name '${'x'.repeat(33)}' cannot be longer than '32' characters`],
  ['ValidationError', { Name: 'a_b' }, /can only contain characters that are alphanumeric/],
  ['ValidationError', { Name: '-web' }, /cannot begin or end with '-'/],
  ['ValidationError', { Name: 'web-' }, /cannot begin or end with '-'/],
  ['ValidationError', { Name: 'internal-web' }, /cannot begin with 'internal-'/],
  [
    'ValidationError',
    { Scheme: 'public' },
    "1 validation error detected: Value 'public' at 'scheme' failed to satisfy constraint: Member must satisfy enum value set: [internet-facing, internal]",
  ],
  ['ValidationError', { Type: 'classic' }, /at 'type'/],
  ['UnsupportedInSandbox', { Type: 'network' }],
  ['ValidationError', { IpAddressType: 'ipv6' }, /at 'ipAddressType'/],
  ['InvalidSubnet', { IpAddressType: 'dualstack' }, /IPv6 CIDR block/],
  ['InvalidSubnet', { IpAddressType: 'dualstack', Scheme: 'internal' }, /IPv6 CIDR block/],
  ['InvalidConfigurationRequest', { IpAddressType: 'dualstack-without-public-ipv4', Scheme: 'internal' }, /must use the IP address type/],
  ['ValidationError', { Subnets: [] }, 'At least two subnets in two different Availability Zones must be specified'],
  ['ValidationError', { Subnets: undefined }, 'At least two subnets in two different Availability Zones must be specified'],
  ['ValidationError', { Subnets: [SUBNETS.a] }, 'At least two subnets in two different Availability Zones must be specified'],
  ['ValidationError', { Subnets: [SUBNETS.a, SUBNETS.a] }, /more than once/],
  ['ValidationError', { Subnets: ['subnet-x', SUBNETS.a] }, "The subnet ID 'subnet-x' is not valid"],
  ['ValidationError', { SubnetMappings: [{ SubnetId: SUBNETS.a }] }, /either subnets or subnet mappings/],
  [
    'InvalidConfigurationRequest',
    { Subnets: undefined, SubnetMappings: [{ SubnetId: SUBNETS.a, AllocationId: 'eipalloc-1' }] },
    /AllocationId/,
  ],
  ['SubnetNotFound', { Subnets: [SUBNETS.a, 'subnet-0123456789abcdef0'] }],
  [
    'InvalidConfigurationRequest',
    { Subnets: [SUBNETS.a, SUBNETS.a2] },
    'A load balancer cannot be attached to multiple subnets in the same Availability Zone',
  ],
  ['InvalidConfigurationRequest', { Subnets: [SUBNETS.a, SUBNETS.other] }, /same VPC/],
  [
    'InvalidSubnet',
    { Subnets: [SUBNETS.a, SUBNETS.full] },
    `Not enough IP space available in ${SUBNETS.full}. ELB requires at least 8 free IP addresses in each subnet.`,
  ],
  ['InvalidSubnet', { Subnets: [SUBNETS.a, SUBNETS.small] }, /Not enough IP space/],
  ['InvalidSecurityGroup', { SecurityGroups: ['sg-0123456789abcdef0'] }, /does not exist/],
  ['ValidationError', { SecurityGroups: ['web'] }, "Security group 'web' is not valid"],
  ['InvalidConfigurationRequest', { SecurityGroups: [GROUPS.other] }, /does not belong to VPC/],
  ['TooManyTags', { Tags: Array.from({ length: 51 }, (_, index) => ({ Key: `k${index}`, Value: '' })) }],
  ['DuplicateTagKeys', { Tags: [{ Key: 'a' }, { Key: 'a' }] }],
  ['ValidationError', { Tags: [{ Key: 'aws:a', Value: 'b' }] }, /aws: prefixed/],
  ['ValidationError', { Tags: [{ Key: 'k'.repeat(129), Value: '' }] }, /at 'tags.1.member.key'/],
  ['ValidationError', { Tags: [{ Key: 'k', Value: 'v'.repeat(257) }] }, /at 'tags.1.member.value'/],
  ['ValidationError', { Tags: [{ Key: 'k?', Value: '' }] }, /regular expression/],
  ['ValidationError', { IpamPools: { Ipv4IpamPoolId: 'pool-0' } }, /at 'ipamPools.ipv4IpamPoolId'/],
  ['InvalidConfigurationRequest', { IpamPools: { Ipv4IpamPoolId: 'ipam-pool-0' }, Scheme: 'internal' }, /internet-facing/],
  ['ValidationError', { CustomerOwnedIpv4Pool: 'coip-1' }, /at 'customerOwnedIpv4Pool'/],
];
for (const [code, change, words] of refusals)
  t(`CreateLoadBalancer refuses ${JSON.stringify(change).slice(0, 80)}`, () => {
    const bench = createBench();
    bench.refused(code, 'CreateLoadBalancer', { Name: 'web', Subnets: two, ...change }, words);
    assert.equal(bench.call('DescribeLoadBalancers').list('LoadBalancers'), []);
    assert.equal(bench.network.notes, []);
  });

t('an internet-facing one needs a gateway on the VPC', () => {
  const bench = createBench();
  bench.network.vpcFacts.set(VPC, { id: VPC, hasGateway: false, defaultSecurityGroupId: GROUPS.default });
  bench.refused('InvalidSubnet', 'CreateLoadBalancer', { Name: 'web', Subnets: two }, `VPC ${VPC} has no internet gateway`);
});

const accepted: [what: string, params: Params][] = [
  ['a name of 32 characters', { Name: 'x'.repeat(32) }],
  ['capital letters', { Name: 'Web-1' }],
  ['subnet mappings', { Subnets: undefined, SubnetMappings: [{ SubnetId: SUBNETS.a }, { SubnetId: SUBNETS.b }] }],
  ['three zones', { Subnets: [SUBNETS.a, SUBNETS.b, SUBNETS.c] }],
  ['two security groups', { SecurityGroups: [GROUPS.web, GROUPS.more] }],
  ['50 tags', { Tags: Array.from({ length: 50 }, (_, index) => ({ Key: `k${index}`, Value: 'v' })) }],
  ['the type application', { Type: 'application', Scheme: 'internet-facing', IpAddressType: 'ipv4' }],
];
for (const [what, change] of accepted)
  t(`CreateLoadBalancer accepts ${what}`, () => {
    assert.is(
      createBench()
        .call('CreateLoadBalancer', { Name: 'web', Subnets: two, ...change })
        .list('LoadBalancers').length,
      1,
    );
  });

t('dualstack where every subnet has an IPv6 block', () => {
  const bench = createBench();
  for (const id of two) {
    const facts = bench.network.subnet(id);
    assert.ok(facts);
    bench.network.subnetFacts.set(id, { ...facts, ipv6CidrBlock: 'fd00::/64' });
  }
  const LoadBalancerArn = bench.loadBalancer('web', { IpAddressType: 'dualstack' });
  for (const IpAddressType of ['dualstack-without-public-ipv4', 'ipv4'])
    assert.is(bench.call('SetIpAddressType', { LoadBalancerArn, IpAddressType }).get('IpAddressType'), IpAddressType);
  bench.refused('ValidationError', 'SetIpAddressType', { LoadBalancerArn, IpAddressType: 'ipv5' });
  bench.refused('InvalidSubnet', 'SetSubnets', { LoadBalancerArn, Subnets: [SUBNETS.a, SUBNETS.c], IpAddressType: 'dualstack' });
});

t('the same settings again give the same load balancer, other settings DuplicateLoadBalancerName', () => {
  const bench = createBench();
  const arn = bench.loadBalancer('web', { Tags: [{ Key: 'owner', Value: 'one' }] });
  assert.is(bench.loadBalancer('web', { Subnets: [SUBNETS.b, SUBNETS.a], Tags: [{ Key: 'owner', Value: 'two' }] }), arn);
  assert.is(bench.call('DescribeTags', { ResourceArns: [arn] }).get('TagDescriptions.0.Tags.0.Value'), 'one');
  const words = "A load balancer with the same name 'web' exists, but with different settings";
  for (const change of [{ Scheme: 'internal' }, { Subnets: [SUBNETS.a, SUBNETS.c] }, { SecurityGroups: [GROUPS.web] }])
    bench.refused('DuplicateLoadBalancerName', 'CreateLoadBalancer', { Name: 'web', Subnets: two, ...change }, words);
  assert.is(bench.network.notes.length, 1);
  assert.is(bench.call('DescribeLoadBalancers').list('LoadBalancers').length, 1);
});

t('state is apart by region and by account', () => {
  const bench = createBench();
  bench.loadBalancer();
  for (const where of [{ region: 'eu-west-1' }, { account: '999999999999' }])
    assert.equal(bench.call('DescribeLoadBalancers', {}, where).list('LoadBalancers'), []);
  const china = bench.call('CreateLoadBalancer', { Name: 'web', Subnets: two }, { region: 'cn-north-1' });
  assert.match(china.text('LoadBalancers.0.LoadBalancerArn'), /^arn:aws-cn:/);
  assert.match(china.text('LoadBalancers.0.DNSName'), /\.cn-north-1\.elb\.amazonaws\.com\.cn$/);
});

t('describe by ARN and name; one missing fails the call', () => {
  const bench = createBench();
  const [a, b] = [bench.loadBalancer('a'), bench.loadBalancer('b')];
  assert.is(bench.call('DescribeLoadBalancers', { LoadBalancerArns: [b] }).get('LoadBalancers.0.LoadBalancerName'), 'b');
  assert.is(bench.call('DescribeLoadBalancers', { Names: ['a', 'b'] }).list('LoadBalancers').length, 2);
  bench.refused('LoadBalancerNotFound', 'DescribeLoadBalancers', { Names: ['a', 'zz'] }, "Load balancers '[zz]' not found");
  bench.refused('LoadBalancerNotFound', 'DescribeLoadBalancers', {
    LoadBalancerArns: [a, `${b.slice(0, -1)}${b.endsWith('0') ? '1' : '0'}`],
  });
  bench.refused('ValidationError', 'DescribeLoadBalancers', { LoadBalancerArns: ['web'] }, "'web' is not a valid load balancer ARN");
  bench.refused(
    'ValidationError',
    'DescribeLoadBalancers',
    { LoadBalancerArns: [a], Names: ['a'] },
    /cannot be specified at the same time/,
  );
  for (const many of [{ LoadBalancerArns: Array(21).fill(a) }, { Names: Array(21).fill('a') }])
    bench.refused(
      'ValidationError',
      'DescribeLoadBalancers',
      many,
      'Up to 20 load balancers can be described at a time, but 21 were specified',
    );
  bench.call('DescribeLoadBalancers', { LoadBalancerArns: Array(20).fill(a) });
});

t('SetSubnets and SetSecurityGroups take whole lists and tell the network', () => {
  const bench = createBench();
  const LoadBalancerArn = bench.loadBalancer();
  assert.is(
    bench.call('SetSubnets', { LoadBalancerArn, Subnets: [SUBNETS.b, SUBNETS.c] }).get('AvailabilityZones.1.ZoneName'),
    'us-east-1c',
  );
  assert.equal(bench.call('SetSecurityGroups', { LoadBalancerArn, SecurityGroups: [GROUPS.web] }).get('SecurityGroupIds'), [GROUPS.web]);
  assert.is(bench.network.notes.at(-1), `update ${LoadBalancerArn} ${SUBNETS.b},${SUBNETS.c} ${GROUPS.web}`);
  bench.refused('ValidationError', 'SetSubnets', { LoadBalancerArn, Subnets: [SUBNETS.b] });
  bench.refused('InvalidConfigurationRequest', 'SetSubnets', { LoadBalancerArn, Subnets: [SUBNETS.other, SUBNETS.a] }, /same VPC/);
  bench.refused('InvalidSubnet', 'SetSubnets', { LoadBalancerArn, Subnets: [SUBNETS.b, SUBNETS.full] });
  bench.refused('ValidationError', 'SetSecurityGroups', { LoadBalancerArn, SecurityGroups: [] }, 'A security group must be specified');
  bench.refused('InvalidSecurityGroup', 'SetSecurityGroups', { LoadBalancerArn, SecurityGroups: ['sg-0123456789abcdef0'] });
  bench.refused('InvalidConfigurationRequest', 'SetSecurityGroups', {
    LoadBalancerArn,
    SecurityGroups: [GROUPS.web],
    EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic: 'on',
  });
  bench.refused(
    'InvalidConfigurationRequest',
    'SetSecurityGroups',
    {
      LoadBalancerArn,
      SecurityGroups: Array.from({ length: 6 }, (_, index) => {
        const id = `sg-0000000000000010${index}`;
        bench.network.groupFacts.set(id, { id, vpcId: VPC, name: id, ingress: [], egress: [] });
        return id;
      }),
    },
    'The maximum number of security groups per load balancer has been reached',
  );
  assert.equal(bench.elbv2.state.loadBalancers()[0]?.subnetIds, [SUBNETS.b, SUBNETS.c]);
});

t('subnets it already has need no more free addresses', () => {
  const bench = createBench();
  const LoadBalancerArn = bench.loadBalancer();
  for (const id of two) {
    const facts = bench.network.subnet(id);
    assert.ok(facts);
    bench.network.subnetFacts.set(id, { ...facts, freeAddresses: 0 });
  }
  assert.is(bench.loadBalancer(), LoadBalancerArn);
  bench.call('SetSubnets', { LoadBalancerArn, Subnets: [...two, SUBNETS.c] });
});

t('delete: protected, then gone with its listeners and rules, then gone again', () => {
  const bench = createBench();
  const LoadBalancerArn = bench.loadBalancer();
  const TargetGroupArn = bench.targetGroup();
  const listener = bench.listener(LoadBalancerArn, TargetGroupArn);
  bench.rule(listener, TargetGroupArn, 5);
  bench.call('ModifyLoadBalancerAttributes', { LoadBalancerArn, Attributes: [{ Key: 'deletion_protection.enabled', Value: 'true' }] });
  bench.refused(
    'OperationNotPermitted',
    'DeleteLoadBalancer',
    { LoadBalancerArn },
    `Load balancer '${LoadBalancerArn}' cannot be deleted because deletion protection is enabled`,
  );
  bench.call('ModifyLoadBalancerAttributes', { LoadBalancerArn, Attributes: [{ Key: 'deletion_protection.enabled', Value: 'false' }] });
  bench.call('DeleteLoadBalancer', { LoadBalancerArn });
  bench.call('DeleteLoadBalancer', { LoadBalancerArn });
  bench.refused('ListenerNotFound', 'DescribeListeners', { ListenerArns: [listener] });
  assert.equal(bench.call('DescribeTargetGroups').list('TargetGroups.0.LoadBalancerArns'), []);
  assert.equal(
    bench.network.notes.filter((note) => note.startsWith('detach')),
    [`detach ${LoadBalancerArn}`],
  );
  assert.equal(bench.elbv2.state.listeners(), []);
  bench.refused('ValidationError', 'DeleteLoadBalancer', { LoadBalancerArn: 'web' });
});

t('quota of load balancers', () => {
  const bench = createBench({ quotas: { loadBalancers: 1 } });
  bench.loadBalancer('a');
  bench.refused('TooManyLoadBalancers', 'CreateLoadBalancer', { Name: 'b', Subnets: two });
  assert.equal(
    bench
      .call('DescribeAccountLimits')
      .list('Limits')
      .filter((limit) => JSON.stringify(limit).includes('"application-load-balancers"')),
    [{ Name: 'application-load-balancers', Max: '1' }],
  );
});

t('reset forgets all and stops what was coming; dump is plain JSON', () => {
  const bench = createBench();
  const LoadBalancerArn = bench.loadBalancer();
  const group = bench.targetGroup();
  bench.listener(LoadBalancerArn, group);
  bench.call('RegisterTargets', { TargetGroupArn: group, Targets: [{ Id: INSTANCES.one }] });
  const dump = JSON.parse(JSON.stringify(bench.elbv2.dump()));
  assert.is(dump[0].loadBalancers[LoadBalancerArn].name, 'web');
  assert.is(Object.keys(dump[0].targetGroups[group].targets).length, 1);
  bench.elbv2.reset();
  assert.equal(bench.elbv2.dump(), []);
  assert.equal(bench.elbv2.state.targetGroups(), []);
  assert.is(bench.network.notes.at(-1), `detach ${LoadBalancerArn}`);
  let told = 0;
  bench.elbv2.state.onChange(() => told++);
  bench.clock.advance(100_000);
  assert.is(told, 0);
});

t('the other VPC is another world: its default group, its missing gateway', () => {
  const bench = createBench();
  const id = 'subnet-00000000000000ffe';
  bench.network.subnetFacts.set(id, { id, vpcId: OTHER_VPC, availabilityZone: 'us-east-1a', cidrBlock: '10.9.1.0/24', freeAddresses: 100 });
  bench.refused(
    'InvalidSubnet',
    'CreateLoadBalancer',
    { Name: 'web', Subnets: [id, SUBNETS.other] },
    `VPC ${OTHER_VPC} has no internet gateway`,
  );
  const answer = bench.call('CreateLoadBalancer', { Name: 'web', Subnets: [id, SUBNETS.other], Scheme: 'internal' });
  assert.equal(answer.get('LoadBalancers.0.SecurityGroups'), [GROUPS.other]);
});

t.run();
