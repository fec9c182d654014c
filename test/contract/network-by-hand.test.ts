/** Rules and routes that somebody put in by hand, of every kind: the plan shows them, apply takes them back, and then nothing is left to do. */
import {
  AuthorizeSecurityGroupEgressCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateNatGatewayCommand,
  CreateRouteCommand,
  CreateSecurityGroupCommand,
  DescribeManagedPrefixListsCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  type IpPermission,
  ReplaceRouteCommand,
  RevokeSecurityGroupIngressCommand,
} from '@aws-sdk/client-ec2';
import * as assert from 'uvu/assert';
import { type Bench, contractSuite, converge, look, namesOf, type Spec } from '../support/contract-bench.ts';

const t = contractSuite('network changed by hand');

const SPEC: Spec = {
  stack: 'owngrp',
  region: 'us-east-1',
  lint: { silence: ['plain-http'] },
  network: {
    vpc: { cidrBlock: '10.7.0.0/16' },
    subnets: {
      a: { availabilityZone: 'us-east-1a', cidrBlock: '10.7.1.0/24' },
      b: { availabilityZone: 'us-east-1b', cidrBlock: '10.7.2.0/24' },
    },
  },
  securityGroups: { lb: { ingress: [{ port: 80, from: '0.0.0.0/0' }] } },
  targetGroups: { web: { port: 8080, targets: [] } },
  loadBalancer: { subnets: ['a', 'b'], securityGroups: ['lb'] },
  listeners: { http: { protocol: 'HTTP', port: 80, forward: 'web' } },
};

async function groupOf({ ec2 }: Bench, stack = 'owngrp') {
  const { SecurityGroups } = await ec2.send(
    new DescribeSecurityGroupsCommand({ Filters: [{ Name: 'tag:albedo:stack', Values: [stack] }] }),
  );
  const group = SecurityGroups?.find(({ Tags }) => Tags?.some(({ Value }) => Value === 'securityGroup/lb'));
  if (group === undefined) throw new Error('no group');
  return group;
}

async function tableOf({ ec2 }: Bench) {
  const { RouteTables } = await ec2.send(new DescribeRouteTablesCommand({ Filters: [{ Name: 'tag:albedo:stack', Values: ['owngrp'] }] }));
  const table = RouteTables?.[0];
  if (table === undefined) throw new Error('no table');
  return table;
}

t.before(async (bench) => {
  await converge(bench, SPEC);
});

const SSH = { IpProtocol: 'tcp', FromPort: 22, ToPort: 22 };
const listNamed = async ({ ec2 }: Bench, name: string): Promise<string> =>
  (await ec2.send(new DescribeManagedPrefixListsCommand({ Filters: [{ Name: 'prefix-list-name', Values: [name] }] }))).PrefixLists?.[0]
    ?.PrefixListId ?? '';

const RULES: Readonly<Record<string, (bench: Bench) => Promise<IpPermission>>> = {
  '::/0': async () => ({ ...SSH, Ipv6Ranges: [{ CidrIpv6: '::/0', Description: 'open door' }] }),
  'an IPv6 network': async () => ({ ...SSH, Ipv6Ranges: [{ CidrIpv6: '2001:db8::/32' }] }),
  'a prefix list': async (bench) => ({ ...SSH, PrefixListIds: [{ PrefixListId: await listNamed(bench, 'com.amazonaws.us-east-1.s3') }] }),
  'an IPv4 network': async () => ({ ...SSH, IpRanges: [{ CidrIp: '192.168.0.0/16', Description: 'office' }] }),
  'a group': async (bench) => {
    const { VpcId } = await groupOf(bench);
    const made = await bench.ec2.send(new CreateSecurityGroupCommand({ GroupName: 'theirs', Description: 'theirs', VpcId }));
    return { ...SSH, UserIdGroupPairs: [{ GroupId: made.GroupId }] };
  },
  'all protocols': async () => ({ IpProtocol: '-1', IpRanges: [{ CidrIp: '10.9.0.0/16' }] }),
  UDP: async () => ({ IpProtocol: 'udp', FromPort: 1, ToPort: 65535, IpRanges: [{ CidrIp: '10.9.0.0/16' }] }),
  'ICMP of one type': async () => ({ IpProtocol: 'icmp', FromPort: 8, ToPort: 0, IpRanges: [{ CidrIp: '10.9.0.0/16' }] }),
  ICMPv6: async () => ({ IpProtocol: 'icmpv6', FromPort: -1, ToPort: -1, Ipv6Ranges: [{ CidrIpv6: '2001:db8::/32' }] }),
  'a protocol by number': async () => ({ IpProtocol: '50', FromPort: -1, ToPort: -1, IpRanges: [{ CidrIp: '10.9.0.0/16' }] }),
};

for (const [name, rule] of Object.entries(RULES))
  for (const [direction, key] of [
    ['ingress', 'IpPermissions'],
    ['egress', 'IpPermissionsEgress'],
  ] as const)
    t(`a rule for ${name}, ${direction}`, async (bench) => {
      if (name === 'a group' && direction === 'egress') return;
      const before = await groupOf(bench);
      const input = { GroupId: before.GroupId, IpPermissions: [await rule(bench)] };
      await (direction === 'ingress'
        ? bench.ec2.send(new AuthorizeSecurityGroupIngressCommand(input))
        : bench.ec2.send(new AuthorizeSecurityGroupEgressCommand(input)));
      assert.not.equal((await groupOf(bench))[key], before[key], 'it is there');
      const { plan } = await look(bench, SPEC);
      assert.equal(namesOf(plan), [`update securityGroup/lb ${direction}`]);
      assert.is(plan.steps.length, 1);
      const [step] = plan.steps;
      if (name === 'a prefix list' || name === 'a group')
        assert.match(JSON.stringify(step?.input), /"SecurityGroupRuleIds":\["sgr-[0-9a-f]+"\]/, 'by its id');
      else assert.match(JSON.stringify(step?.input), /"IpPermissions":\[\{[^[]*\[\{[^[]*\]\}\]/, 'this one alone');
      await converge(bench, SPEC);
      assert.equal((await groupOf(bench))[key], before[key], 'it is gone');
    });

t('ids of rules are asked for only when one has to go', async (bench) => {
  const since = bench.sandbox.calls().length;
  await look(bench, SPEC);
  const reads = bench.sandbox
    .calls()
    .slice(since)
    .map(({ action }) => action);
  assert.not.ok(reads.includes('DescribeSecurityGroupRules'), reads.join());
  assert.ok(reads.length <= 20, `${reads.length} calls`);
});

t('another rule where ours was: taken back in one apply', async (bench) => {
  const before = await groupOf(bench);
  const GroupId = before.GroupId;
  await bench.ec2.send(
    new RevokeSecurityGroupIngressCommand({
      GroupId,
      IpPermissions: [{ IpProtocol: 'tcp', FromPort: 80, ToPort: 80, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }],
    }),
  );
  await bench.ec2.send(
    new AuthorizeSecurityGroupIngressCommand({
      GroupId,
      IpPermissions: [{ IpProtocol: 'tcp', FromPort: 80, ToPort: 80, Ipv6Ranges: [{ CidrIpv6: '::/0' }] }],
    }),
  );
  await converge(bench, SPEC);
  assert.equal((await groupOf(bench)).IpPermissions, before.IpPermissions);
});

t('the default route by a NAT gateway is taken back with ReplaceRoute', async (bench) => {
  const { RouteTableId, Associations } = await tableOf(bench);
  const SubnetId = Associations?.[0]?.SubnetId;
  const made = await bench.ec2.send(new CreateNatGatewayCommand({ SubnetId, ConnectivityType: 'private' }));
  const NatGatewayId = made.NatGateway?.NatGatewayId;
  await bench.ec2.send(new ReplaceRouteCommand({ RouteTableId, DestinationCidrBlock: '0.0.0.0/0', NatGatewayId }));
  const { plan } = await look(bench, SPEC);
  assert.equal(namesOf(plan), ['update routeTable/public routes']);
  assert.equal(
    plan.steps.map(({ op }) => op),
    ['ec2:ReplaceRoute'],
  );
  assert.match(JSON.stringify(plan.changes), new RegExp(String(NatGatewayId)), 'the plan tells where it goes now');
  await converge(bench, SPEC);
  const route = (await tableOf(bench)).Routes?.find(({ DestinationCidrBlock }) => DestinationCidrBlock === '0.0.0.0/0');
  assert.match(route?.GatewayId ?? '', /^igw-/);
  assert.is(route?.NatGatewayId, undefined);
});

t('a route that nobody wrote is shown and removed, whatever its destination', async (bench) => {
  const { RouteTableId, Routes } = await tableOf(bench);
  const gateway = Routes?.find(({ GatewayId }) => GatewayId?.startsWith('igw-'))?.GatewayId;
  for (const destination of [{ DestinationCidrBlock: '192.168.0.0/16' }, { DestinationIpv6CidrBlock: '2001:db8::/32' }]) {
    await bench.ec2.send(new CreateRouteCommand({ RouteTableId, ...destination, GatewayId: gateway }));
    const { plan } = await look(bench, SPEC);
    assert.equal(namesOf(plan), ['update routeTable/public routes']);
    assert.is(plan.summary.risk, 'drop');
    await converge(bench, SPEC);
    assert.equal((await tableOf(bench)).Routes, Routes);
  }
});

t.run();
