/** IPv6 of a network that is made here: block, parts, route, groups; added to what serves, moved, and taken away again. */
import {
  AssociateVpcCidrBlockCommand,
  CreateManagedPrefixListCommand,
  CreateVpcCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
} from '@aws-sdk/client-ec2';
import * as assert from 'uvu/assert';
import { canonicalCidr6 } from '../../reconciler/model/ipv6.ts';
import type { Json } from '../../reconciler/model/json.ts';
import { type Bench, contractSuite, converge, look, namesOf, ready, type Spec, withAt } from '../support/contract-bench.ts';
import { withEdits } from '../support/contract-in-place.ts';
import { rejects } from '../support/rejects.ts';

const t = contractSuite('IPv6', { fresh: true });

const PLAIN: Spec = {
  stack: 'sixes',
  region: 'us-east-1',
  lint: { silence: ['plain-http'] },
  network: {
    vpc: { cidrBlock: '10.8.0.0/16' },
    subnets: {
      a: { availabilityZone: 'us-east-1a', cidrBlock: '10.8.1.0/24' },
      b: { availabilityZone: 'us-east-1b', cidrBlock: '10.8.2.0/24' },
    },
  },
  targetGroups: { web: { port: 8080, targets: [] } },
  loadBalancer: { subnets: ['a', 'b'] },
  listeners: { http: { protocol: 'HTTP', port: 80, forward: 'web' } },
};
const SIX = withEdits(PLAIN, [
  ['network/vpc/ipv6', true],
  ['network/subnets/a/ipv6', 0],
  ['network/subnets/b/ipv6', 1],
]);
const DUAL = withAt(SIX, ['loadBalancer', 'ipAddressType'], 'dualstack');

const OURS = [{ Name: 'tag:albedo:stack', Values: ['sixes'] }];
const blockOf = async ({ ec2 }: Bench): Promise<string> =>
  (await ec2.send(new DescribeVpcsCommand({ Filters: OURS }))).Vpcs?.[0]?.Ipv6CidrBlockAssociationSet?.find(
    (one) => one.Ipv6CidrBlockState?.State === 'associated',
  )?.Ipv6CidrBlock ?? '';
const partsOf = async ({ ec2 }: Bench): Promise<readonly string[]> =>
  ((await ec2.send(new DescribeSubnetsCommand({ Filters: OURS }))).Subnets ?? [])
    .flatMap(({ Ipv6CidrBlockAssociationSet: all }) => (all ?? []).filter((one) => one.Ipv6CidrBlockState?.State === 'associated'))
    .map(({ Ipv6CidrBlock }) => Ipv6CidrBlock ?? '')
    .sort();
const openIn = async ({ ec2 }: Bench): Promise<readonly string[]> =>
  ((await ec2.send(new DescribeSecurityGroupsCommand({ Filters: OURS }))).SecurityGroups ?? [])
    .flatMap(({ IpPermissions }) => IpPermissions ?? [])
    .flatMap(({ IpRanges, Ipv6Ranges }) => [
      ...(IpRanges ?? []).map(({ CidrIp }) => CidrIp ?? ''),
      ...(Ipv6Ranges ?? []).map(({ CidrIpv6 }) => CidrIpv6 ?? ''),
    ])
    .sort();
const routesOf = async ({ ec2 }: Bench): Promise<readonly string[]> =>
  ((await ec2.send(new DescribeRouteTablesCommand({ Filters: OURS }))).RouteTables?.[0]?.Routes ?? [])
    .filter(({ GatewayId }) => GatewayId?.startsWith('igw-'))
    .map(({ DestinationCidrBlock, DestinationIpv6CidrBlock }) => DestinationCidrBlock ?? DestinationIpv6CidrBlock ?? '')
    .sort();

t('made with IPv6: a block, a part for each subnet, a route and open groups; and all of it goes', async (bench) => {
  await converge(bench, DUAL);
  const block = await blockOf(bench);
  assert.match(block, /::\/56$/);
  // Written out, since a block may have zeros that the short form leaves out.
  const base = block.replace(/00::\/56$/, '');
  assert.equal(
    await partsOf(bench),
    [`${base}00::/64`, `${base}01::/64`].map((part) => canonicalCidr6(part)),
  );
  assert.equal(await routesOf(bench), ['0.0.0.0/0', '::/0']);
  assert.equal(await openIn(bench), ['0.0.0.0/0', '::/0']);
  await converge(bench, DUAL, 'destroy');
});

t('added to a network that serves, parts exchanged for others, taken away again', async (bench) => {
  await converge(bench, PLAIN);
  const { plan } = await look(bench, SIX);
  assert.equal(namesOf(plan), ['update vpc/main ipv6', 'update subnet/a ipv6', 'update subnet/b ipv6', 'update routeTable/public routes']);
  await converge(bench, SIX);
  assert.is((await partsOf(bench)).length, 2);
  await converge(bench, DUAL);
  const other = withEdits(SIX, [
    ['network/subnets/a/ipv6', 7],
    ['network/subnets/a/assignIpv6AddressOnCreation', true],
  ]);
  await converge(bench, other);
  assert.match((await partsOf(bench)).join(), /07::\/64/);
  // On and kept on, while the part is exchanged: off in between.
  await converge(bench, withAt(other, ['network', 'subnets', 'a', 'ipv6'], 9));
  assert.match((await partsOf(bench)).join(), /09::\/64/);
  await converge(bench, PLAIN);
  assert.equal(await partsOf(bench), []);
  assert.is(await blockOf(bench), '');
  assert.equal(await routesOf(bench), ['0.0.0.0/0']);
});

t('network and load balancer together, there and back in one apply each', async (bench) => {
  await converge(bench, PLAIN);
  await converge(bench, DUAL);
  assert.equal(await openIn(bench), ['0.0.0.0/0', '::/0']);
  await converge(bench, PLAIN);
  assert.is(await blockOf(bench), '');
  assert.equal(await openIn(bench), ['0.0.0.0/0']);
});

t('a subnet with IPv6 that goes together with the block of the VPC', async (bench) => {
  const three = withAt(SIX, ['network', 'subnets', 'c'], { availabilityZone: 'us-east-1c', cidrBlock: '10.8.3.0/24', ipv6: 2 });
  await converge(bench, three);
  await converge(bench, PLAIN);
  assert.is(await blockOf(bench), '');
});

t('a group that lets only some out, in a network with IPv6: the rule that EC2 put beside goes too', async (bench) => {
  const spec = withEdits(SIX, [
    ['securityGroups', { lb: { ingress: [{ port: 80, from: '::/0' }], egress: [{ port: 8080, to: '10.8.0.0/16' }] } }],
    ['loadBalancer/securityGroups', ['lb']],
  ]);
  await converge(bench, spec);
  const { SecurityGroups } = await bench.ec2.send(new DescribeSecurityGroupsCommand({ Filters: OURS }));
  assert.equal(
    SecurityGroups?.[0]?.IpPermissionsEgress?.flatMap(({ Ipv6Ranges }) => Ipv6Ranges ?? []),
    [],
  );
  assert.equal(await openIn(bench), ['::/0']);
  await converge(bench, withAt(spec, ['securityGroups', 'lb', 'egress'], undefined));
});

t('sources by IPv6 and by prefix list, own and AWS’s, with and without IPv6 in the network', async (bench) => {
  const own = await bench.ec2.send(
    new CreateManagedPrefixListCommand({
      PrefixListName: 'offices',
      MaxEntries: 5,
      AddressFamily: 'IPv4',
      Entries: [{ Cidr: '192.0.2.0/24' }],
    }),
  );
  const rules = (...ingress: readonly Json[]): Spec =>
    withEdits(PLAIN, [
      ['securityGroups', { lb: { ingress } }],
      ['loadBalancer/securityGroups', ['lb']],
    ]);
  const cloudfront = { port: 80, from: { prefixList: 'com.amazonaws.global.cloudfront.origin-facing' }, description: 'the edge' };
  const id = own.PrefixList?.PrefixListId ?? '';
  await converge(bench, rules({ port: 80, from: '0.0.0.0/0' }, { port: 80, from: '::/0' }));
  await converge(bench, rules(cloudfront));
  await converge(bench, rules({ ...cloudfront, description: 'another remark' }, { port: 22, from: '2001:db8::/32', description: 'six' }));
  await converge(bench, rules(cloudfront, { port: 22, from: id }));
  await converge(
    bench,
    rules({ port: 80, from: { prefixList: 'offices' } }, { protocol: 'icmpv6', from: '::/0' }, { protocol: 50, from: '10.0.0.0/8' }),
  );
  assert.match(JSON.stringify((await bench.ec2.send(new DescribeSecurityGroupsCommand({ Filters: OURS }))).SecurityGroups), new RegExp(id));

  await refusedAtPlan(
    bench,
    rules(cloudfront, { port: 443, from: cloudfront.from }),
    /count as 110 for IPv4; a security group allows at most 60/,
  );
  await refusedAtPlan(bench, rules({ port: 80, from: { prefixList: 'nobodys' } }), /no prefix list `nobodys` in us-east-1/);
});

t('an IPv6 load balancer in subnets given by id that have none is refused before the first write', async (bench) => {
  await converge(bench, PLAIN);
  const { Subnets } = await bench.ec2.send(new DescribeSubnetsCommand({ Filters: OURS }));
  const vpc = await bench.ec2.send(new CreateVpcCommand({ CidrBlock: '10.1.0.0/16' }));
  const given = (name: 'a' | 'b') => Subnets?.find(({ Tags }) => Tags?.some(({ Value }) => Value === `subnet/${name}`))?.SubnetId ?? '';
  const spec = withEdits(DUAL, [
    ['stack', 'others'],
    ['network', { vpc: { id: Subnets?.[0]?.VpcId ?? '' }, subnets: { a: { id: given('a') }, b: { id: given('b') } } }],
  ]);
  await refusedAtPlan(bench, spec, /has no IPv6 addresses, but `ipAddressType: dualstack` needs them/);
  const made = withEdits(SIX, [
    ['stack', 'others'],
    ['network/vpc', { id: vpc.Vpc?.VpcId ?? '' }],
    ['network/subnets/a/cidrBlock', '10.1.1.0/24'],
    ['network/subnets/b/cidrBlock', '10.1.2.0/24'],
  ]);
  await refusedAtPlan(bench, made, /has no IPv6 block, but subnet `a` needs a part of it/);
  await bench.ec2.send(new AssociateVpcCidrBlockCommand({ VpcId: vpc.Vpc?.VpcId, AmazonProvidedIpv6CidrBlock: true }));
  assert.ok((await look(bench, made)).plan.changes.length > 0);
});

async function refusedAtPlan(bench: Bench, spec: Spec, words: RegExp): Promise<void> {
  const since = bench.sandbox.calls().length;
  await rejects(look(bench, spec), (thrown) => {
    const problems = ((thrown as Error).cause ?? []) as readonly { readonly message: string; readonly line: number }[];
    assert.match(problems.map(({ message }) => message).join('\n'), words);
    assert.ok(problems.every(({ line }) => line > 0));
    return true;
  });
  assert.equal(
    bench.sandbox
      .calls()
      .slice(since)
      .filter(({ action }) => !/^(Describe|Get|List)/.test(action)),
    [],
  );
  assert.ok(ready(spec));
}

t.run();
