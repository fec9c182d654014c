/** What somebody does by hand to the stacks of the inputs, and what is right then. */
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateManagedPrefixListCommand,
  CreateNatGatewayCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  ReplaceRouteCommand,
} from '@aws-sdk/client-ec2';
import {
  type Action,
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
  DescribeTargetGroupsCommand,
  type RuleCondition,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import * as assert from 'uvu/assert';
import type { Case } from './cases.ts';
import type { Ended } from './faults-cli.ts';
import { handMadeBalancer, handMadeListener, handMadeRule } from './hand-made.ts';

export type Meddle = (one: Case) => Promise<void>;

const path = (value: string): RuleCondition[] => [{ Field: 'path-pattern', PathPatternConfig: { Values: [value] } }];
const fixed: Action = { Type: 'fixed-response', FixedResponseConfig: { StatusCode: '200' } };

const balancerOf = async ({ elb }: Case): Promise<string> =>
  (await elb.send(new DescribeLoadBalancersCommand({}))).LoadBalancers?.[0]?.LoadBalancerArn ?? '';
async function listenerAt(one: Case, port: number): Promise<string> {
  const { Listeners = [] } = await one.elb.send(new DescribeListenersCommand({ LoadBalancerArn: await balancerOf(one) }));
  return Listeners.find(({ Port }) => Port === port)?.ListenerArn ?? '';
}
const port22 = { IpProtocol: 'tcp', FromPort: 22, ToPort: 22 };
const tagged = (stack: string) => ({ Filters: [{ Name: 'tag:albedo:stack', Values: [stack] }] });

export function exits({ code, stdout, stderr }: Ended, expected: number, ...sentences: readonly RegExp[]): void {
  assert.is(code, expected, stdout + stderr);
  for (const sentence of sentences) assert.match(stdout + stderr, sentence);
}

/** Applied again as it was before, with every consent. */
export const back =
  (name: string): Meddle =>
  async (one) => {
    exits(await one.run('apply --allow-drop *', name), 0);
    exits(await one.run('plan', name), 0);
  };

/** Rules by IPv6 and by prefix list: seen, named, and taken out. */
export const openedByHand: Meddle = async (one) => {
  const groupOf = async () => (await one.ec2.send(new DescribeSecurityGroupsCommand(tagged('owngrp')))).SecurityGroups?.[0];
  const GroupId = (await groupOf())?.GroupId;
  const list = await one.ec2.send(new CreateManagedPrefixListCommand({ PrefixListName: 'theirs', MaxEntries: 2, AddressFamily: 'IPv4' }));
  const PrefixListId = list.PrefixList?.PrefixListId ?? '';
  await one.ec2.send(
    new AuthorizeSecurityGroupIngressCommand({
      GroupId,
      IpPermissions: [
        { ...port22, Ipv6Ranges: [{ CidrIpv6: '::/0' }] },
        { ...port22, PrefixListIds: [{ PrefixListId }] },
      ],
    }),
  );
  exits(await one.run('plan', 'own.yaml'), 2, /- \{ port: 22, from: ::\/0 \}/, new RegExp(`- \\{ port: 22, from: .*${PrefixListId}`));
  exits(await one.run('apply', 'own.yaml'), 0);
  assert.equal(
    (await groupOf())?.IpPermissions?.map(({ FromPort }) => FromPort),
    [80],
  );
};

/** The default route led to a NAT gateway: seen, and led back. */
export const reroutedByHand: Meddle = async (one) => {
  const tableOf = async () => (await one.ec2.send(new DescribeRouteTablesCommand(tagged('subnets')))).RouteTables?.[0];
  const table = await tableOf();
  const SubnetId = table?.Associations?.[0]?.SubnetId;
  const nat = await one.ec2.send(new CreateNatGatewayCommand({ SubnetId, ConnectivityType: 'private' }));
  const NatGatewayId = nat.NatGateway?.NatGatewayId ?? '';
  await one.ec2.send(new ReplaceRouteCommand({ RouteTableId: table?.RouteTableId, DestinationCidrBlock: '0.0.0.0/0', NatGatewayId }));
  exits(await one.run('plan', 'sub.yaml'), 2, new RegExp(NatGatewayId));
  exits(await one.run('apply', 'sub.yaml'), 0);
  const route = (await tableOf())?.Routes?.find(({ DestinationCidrBlock }) => DestinationCidrBlock === '0.0.0.0/0');
  assert.match(route?.GatewayId ?? '', /^igw-/);
  assert.is(route?.NatGatewayId, undefined);
};

export const ruleOfOthers: Meddle = async (one) => void (await handMadeRule(one, await listenerAt(one, 80), 7, path('/theirs'), [fixed]));

export const ruleToGreen: Meddle = async (one) => {
  const { TargetGroups = [] } = await one.elb.send(new DescribeTargetGroupsCommand({}));
  const TargetGroupArn = TargetGroups.find(({ TargetGroupName = '' }) => TargetGroupName.includes('green'))?.TargetGroupArn;
  await handMadeRule(one, await listenerAt(one, 80), 9, path('/theirs'), [{ Type: 'forward', TargetGroupArn }]);
};

/** A listener, and a rule on one of ours: deleted along by their own consent only, in each of three ways. */
export const listenersOfOthers: Meddle = async (one) => {
  await handMadeRule(one, await listenerAt(one, 8081), 5, path('/other-team/*'), [fixed]);
  await handMadeListener(one, await balancerOf(one), 9000, fixed);
  const file = 'r14-foreign.yaml';
  exits(await one.run('plan', file), 0, /HTTP 9000/, /rule 5/);
  const without = (text: string) => text.replace(/\n {2}alt:.*/, '');
  exits(await one.run('plan --allow-destroy *', file, without), 4, /allow-destroy-foreign listener\/alt/, /rule 5/);
  const renamed = (text: string) => text.replace('name: shared', 'name: another');
  exits(await one.run('plan --allow-replace *', file, renamed), 4, /allow-destroy-foreign loadBalancer\/main/, /HTTP 9000/);
  exits(await one.run('destroy', file), 4, /allow-destroy-foreign loadBalancer\/main/, /allow-destroy-foreign listener\/alt/);
  assert.is.not(await balancerOf(one), '');
  exits(await one.run('destroy --allow-destroy-foreign loadBalancer/main', file), 0);
  assert.is(await balancerOf(one), '');
};

/** Each change that leaves nobody to answer asks for consent; one that leads where nobody has to go does not. */
export const emptied: Meddle = async (one) => {
  const changes: readonly (readonly [string, string])[] = [
    ['targets: [web-1, web-2]', 'targets: []'],
    ['forward: blue', 'forward: green'],
    ['forward: blue', 'forward: { targetGroups: [{ targetGroup: blue, weight: 0 }, { targetGroup: green, weight: 0 }] }'],
    ['forward: blue', 'forward: { targetGroups: [{ targetGroup: blue, weight: 50 }, { targetGroup: green, weight: 50 }] }'],
  ];
  for (const [from, to] of changes)
    exits(await one.run('apply', 'r12-empty-group.yaml', (text) => text.replace(from, to)), 4, /requests or connections/);
  exits(await one.run('plan', 'r12-empty-group.yaml', (text) => text.replace(', targets: [web-1, web-2]', '')), 0);
};

/** What differs in a long text is shown, in the comment too. */
export const longValue: Meddle = async (one) => {
  const change = (text: string) => text.replaceAll("frame-ancestors 'none'", 'frame-ancestors *').replaceAll('555-0100', '555-0199');
  for (const format of ['text', 'markdown'])
    exits(await one.run(`--format ${format} plan`, 'r15-long-value.yaml', change), 2, /frame-ancestors/, /'none'/, /0100/, /0199/);
};

export const tokensImported: Meddle = async (one) => {
  const imported = await one.command('import', 'jwt', '--region', 'us-east-1');
  exits(imported, 0, /jwtValidation/);
  assert.not.match(imported.stdout + imported.stderr, /secret|SECRET/);
};

/** A load balancer that redirects, made by hand: the file that is written is one that albedo takes. */
export const redirectImported: Meddle = async (one) => {
  const { 'vpc-1': vpc = '', 'subnet-a': a = '', 'subnet-b': b = '', 'sg-1': group = '' } = one.world;
  const balancer = await handMadeBalancer(one, { vpc, subnets: [a, b], group }, 'by-hand');
  await handMadeListener(one, balancer, 80, { Type: 'redirect', RedirectConfig: { Host: 'www.shop.example', StatusCode: 'HTTP_301' } });
  const out = `${one.place.folder}/by-hand.yaml`;
  exits(await one.command('import', 'by-hand', '--region', 'us-east-1', '--out', out), 0);
  exits(await one.command('validate', out), 0);
  exits(await one.command('plan', '--adopt', out), 2, /0 to create/, /0 to destroy/);
};

/** Two conditions of one kind, which must both hold. */
export const conditionsImported: Meddle = async (one) => {
  const { 'vpc-1': vpc = '', 'subnet-a': a = '', 'subnet-b': b = '', 'sg-1': group = '' } = one.world;
  const listener = await handMadeListener(one, await handMadeBalancer(one, { vpc, subnets: [a, b], group }, 'both'), 80, fixed);
  const query = (Key: string, Value: string): RuleCondition => ({ Field: 'query-string', QueryStringConfig: { Values: [{ Key, Value }] } });
  const role = (value: string): RuleCondition => ({
    Field: 'http-header',
    HttpHeaderConfig: { HttpHeaderName: 'X-Role', Values: [value] },
  });
  await handMadeRule(one, listener, 10, [query('paramA', 'valueA'), query('paramB', 'valueB')], [fixed]);
  await handMadeRule(one, listener, 11, [role('*admin*'), role('*eu*')], [fixed]);
  const imported = await one.command('import', 'both', '--region', 'us-east-1');
  exits(imported, 0);
  for (const word of ['paramA', 'paramB', '*admin*', '*eu*']) assert.ok(imported.stdout.includes(word), word);
  assert.not.match(imported.stdout + imported.stderr, /no spec can say/);
};
