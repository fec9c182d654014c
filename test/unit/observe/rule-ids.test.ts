import * as assert from 'uvu/assert';
import { canonical } from '../../../reconciler/model/codec.ts';
import type { Json } from '../../../reconciler/model/json.ts';
import type { Desired, Live, Observed } from '../../../reconciler/model/model.ts';
import type { Reader } from '../../../reconciler/observe/draft.ts';
import { idsFor, leavingFrom, withMemberIds } from '../../../reconciler/observe/rule-ids.ts';
import { answering, refusal } from '../../support/scripted-cloud.ts';
import { suite } from '../../support/suite.ts';

const t = suite('observe/rule-ids');

async function findRuleIds(live: readonly Live[], desired: readonly Desired[], existing: Observed['existing'], call: Reader['call']) {
  return withMemberIds(live, desired, existing, { memberIds: await idsFor(leavingFrom(live, desired, existing), call) });
}

const WEB = { protocol: 'tcp', fromPort: 80, toPort: 80, cidr: '0.0.0.0/0' };
const SSH = { protocol: 'tcp', fromPort: 22, toPort: 22, prefixList: 'pl-1' };
const group = (...ingress: readonly Json[]): Live => ({
  address: 'securityGroup/lb',
  kind: 'securityGroup',
  id: 'sg-1',
  outputs: { id: 'sg-1' },
  values: { ingress },
  tags: {},
  handles: {},
});
const wanted = (...ingress: readonly Json[]) => [
  { address: 'securityGroup/lb' as const, kind: 'securityGroup', values: { ingress }, tags: {}, positions: {}, ignored: [], unmanaged: [] },
];
const RULES = {
  SecurityGroupRules: [
    { SecurityGroupRuleId: 'sgr-1', GroupId: 'sg-1', IsEgress: false, IpProtocol: 'tcp', FromPort: 22, ToPort: 22, PrefixListId: 'pl-1' },
    { SecurityGroupRuleId: 'sgr-2', GroupId: 'sg-1', IsEgress: true, IpProtocol: 'tcp', FromPort: 22, ToPort: 22, PrefixListId: 'pl-1' },
    { SecurityGroupRuleId: 'sgr-3', GroupId: 'sg-2', IsEgress: false, IpProtocol: 'tcp', FromPort: 80, ToPort: 80, CidrIpv4: '0.0.0.0/0' },
  ],
};

t('a rule that has to go is known by its id, of its own group and direction', async () => {
  const cloud = answering(() => RULES);
  const [found] = await findRuleIds([group(WEB, SSH)], wanted(WEB), {}, (op, input) => cloud.call(op, input));
  assert.equal(found?.handles, { ingress: { [canonical(SSH)]: 'sgr-1' } });
  assert.equal(
    cloud.calls.map(({ op, input }) => [op, input]),
    [['ec2:DescribeSecurityGroupRules', { Filters: [{ Name: 'group-id', Values: ['sg-1'] }] }]],
  );
});

t('a rule by group, of ours, of another VPC and of another account', async () => {
  const web = { protocol: 'tcp', fromPort: 80, toPort: 80 };
  const peers = [
    [{ GroupId: 'sg-1', UserId: '1', VpcId: 'vpc-1' }, { group: { $ref: 'securityGroup/lb.id' } }],
    [{ GroupId: 'sg-7', UserId: '1' }, { group: 'sg-7' }],
    [
      { GroupId: 'sg-8', UserId: '2', VpcId: 'vpc-2', VpcPeeringConnectionId: 'pcx-1', PeeringStatus: 'active' },
      { group: 'sg-8', account: '2', peering: 'pcx-1', vpc: 'vpc-2' },
    ],
  ] as const;
  const members = peers.map(([, peer]): Json => ({ ...web, ...peer }));
  const cloud = answering(() => ({
    SecurityGroupRules: peers.map(([ReferencedGroupInfo], index) => ({
      SecurityGroupRuleId: `sgr-${index}`,
      GroupId: 'sg-1',
      GroupOwnerId: '1',
      IsEgress: false,
      IpProtocol: 'tcp',
      FromPort: 80,
      ToPort: 80,
      ReferencedGroupInfo,
    })),
  }));
  const live = { ...group(...members), values: { vpc: 'vpc-1', ingress: members } };
  const [found] = await findRuleIds([live], wanted(), {}, (op, input) => cloud.call(op, input));
  assert.equal(found?.handles['ingress'], Object.fromEntries(members.map((member, index) => [canonical(member), `sgr-${index}`])));
});

t('nothing is asked when nothing has to go, or only what is told by its network or group: each rule is one there', async () => {
  const cloud = answering(() => RULES);
  const named = { protocol: 'tcp', fromPort: 80, toPort: 80, prefixList: { $ref: 'prefixList/edge.id' } };
  const existing = { 'prefixList/edge': { id: 'pl-1' } };
  for (const [live, spec] of [
    [group(WEB), wanted(WEB)],
    [group(WEB), wanted(WEB, SSH)],
    [group({ ...WEB, description: 'old' }), wanted({ ...WEB, description: 'new' })],
    [group({ ...named, prefixList: 'pl-1' }), wanted(named)],
    [group(WEB, SSH), []],
    [group(WEB, { ...WEB, cidr: '::/0' }), wanted()],
    [group({ protocol: 'tcp', fromPort: 80, toPort: 80, group: { $ref: 'securityGroup/lb.id' } }), wanted()],
  ] as const)
    assert.equal(await findRuleIds([live], spec, existing, (op, input) => cloud.call(op, input)), [live]);
  assert.is(cloud.calls.length, 0);
});

t('who may not ask removes by what the rule is; any other refusal is told', async () => {
  const denied = answering((op) => {
    throw refusal(op, 'UnauthorizedOperation', 403);
  });
  const [found] = await findRuleIds([group(WEB, SSH)], wanted(WEB), {}, (op, input) => denied.call(op, input));
  assert.equal(found?.handles, { ingress: {} });
  const broken = answering((op) => {
    throw refusal(op, 'InternalError', 500);
  });
  let thrown: unknown;
  await findRuleIds([group(WEB, SSH)], wanted(WEB), {}, (op, input) => broken.call(op, input)).catch((cause) => {
    thrown = cause;
  });
  assert.match(String(thrown), /InternalError/);
});

t.run();
