/** Who else uses what a plan deletes: asked when something is deleted, refused with who it is. */

import * as assert from 'uvu/assert';
import { CloudError } from '../../../reconciler/errors.ts';
import type { Json } from '../../../reconciler/model/json.ts';
import type { LiveRead } from '../../../reconciler/observe/slice.ts';
import { plan } from '../../../reconciler/plan/plan.ts';
import { checkUsers } from '../../../reconciler/run/check-users.ts';
import { GOOD } from '../../support/spec-text.ts';
import { appliedOf, idOf, stackOf } from '../../support/stacks.ts';
import { suite } from '../../support/suite.ts';

const t = suite('run/check-users');

const STACK = stackOf(GOOD);
const BALANCER = 'arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/ours/1';
const THEIRS = BALANCER.replace('ours/1', 'theirs/2');
const LIVE = appliedOf(STACK);
const OBSERVED = { ...LIVE, live: LIVE.live.map((one) => (one.kind === 'loadBalancer' ? { ...one, id: BALANCER } : one)) };

type Answers = Readonly<Record<string, readonly Json[]>>;
interface Found {
  readonly refused: readonly string[];
  readonly notes: readonly string[];
  readonly calls: readonly string[];
}

/** `answers`: by operation and filter. */
async function found(
  answers: Answers,
  mode: 'apply' | 'destroy' = 'destroy',
  lists: LiveRead['world']['lists'] = new Map(),
): Promise<Found> {
  const calls: string[] = [];
  const balancers = new Map<string, Json>([BALANCER, THEIRS].map((arn) => [arn, {}]));
  const read = {
    observed: OBSERVED,
    raws: [],
    world: { mode, lists: new Map([['loadBalancer', balancers], ...lists]), tags: new Map() },
  } as unknown as LiveRead;
  const call = async (op: string, input: Json): Promise<Json> => {
    const [{ Name }] = (input as { readonly Filters: readonly [{ readonly Name: string }] }).Filters;
    calls.push(`${op} ${Name}`);
    const list = op.replace('ec2:Describe', '');
    const answer = answers[`${list} ${Name}`] ?? [];
    if (answer[0] === 'denied') throw new CloudError(op, 'UnauthorizedOperation', 'Denied', 'no');
    return { [list]: answer };
  };
  const { refusals, notes } = await checkUsers(plan(STACK, OBSERVED, mode), read, call);
  return { calls, refused: refusals.map(({ address, reason }) => `${address}: ${reason}`), notes: notes.map(({ text }) => text) };
}

const [GROUP, SUBNET, VPC, INSTANCE] = (['securityGroup/instances', 'subnet/a', 'vpc/main', 'instance/web-1'] as const).map(idOf);
const eni = (more: object): Json =>
  ({ NetworkInterfaceId: 'eni-1', SubnetId: SUBNET ?? '', Groups: [{ GroupId: GROUP ?? '' }], ...more }) as Json;

t('a plan that deletes nothing asks nothing', async () => {
  assert.equal(await found({}, 'apply'), { calls: [], refused: [], notes: [] });
});

t('one call for all of a kind', async () => {
  const { calls, refused } = await found({});
  assert.equal(refused, []);
  assert.is(new Set(calls).size, calls.length);
  assert.ok(calls.includes('ec2:DescribeNetworkInterfaces subnet-id') && calls.includes('ec2:DescribeInternetGateways attachment.vpc-id'));
});

t('an interface, a rule of a group, and a subnet of others are refused, each at what it uses', async () => {
  const { refused } = await found({
    'NetworkInterfaces subnet-id': [eni({ Description: 'a bastion' })],
    'NetworkInterfaces group-id': [eni({})],
    'SecurityGroups ip-permission.group-id': [
      { GroupId: 'sg-theirs', GroupName: 'theirs', IpPermissions: [{ UserIdGroupPairs: [{ GroupId: GROUP ?? '' }] }] },
    ],
    'Subnets vpc-id': [{ SubnetId: 'subnet-theirs', VpcId: VPC ?? '' }],
  });
  assert.equal(refused.toSorted(), [
    'securityGroup/instances: the security group would be deleted, but others use it: network interface eni-1, security group sg-theirs (theirs)',
    'subnet/a: the subnet would be deleted, but others use it: network interface eni-1 (a bastion)',
    'vpc/main: the VPC would be deleted, but others use it: subnet subnet-theirs',
  ]);
});

t('what is ours, what goes with ours and what AWS deletes itself is nobody else', async () => {
  const { refused } = await found({
    'NetworkInterfaces subnet-id': [
      eni({ Attachment: { InstanceId: INSTANCE ?? '' } }),
      eni({ Description: 'ELB app/ours/1' }),
      // Of a load balancer that is gone: it lingers.
      eni({ Description: 'ELB app/gone/3' }),
    ],
    'Subnets vpc-id': [{ SubnetId: SUBNET ?? '', VpcId: VPC ?? '' }],
    'SecurityGroups vpc-id': [{ GroupId: 'sg-default', GroupName: 'default', VpcId: VPC ?? '' }],
    'RouteTables vpc-id': [{ RouteTableId: 'rtb-main', VpcId: VPC ?? '', Associations: [{ Main: true }] }],
  });
  assert.equal(refused, []);
});

t("another's load balancer in our subnet is refused", async () => {
  const { refused } = await found({ 'NetworkInterfaces subnet-id': [eni({ Description: 'ELB app/theirs/2' })] });
  assert.equal(refused, ['subnet/a: the subnet would be deleted, but others use it: network interface eni-1 (ELB app/theirs/2)']);
});

t('a stack that is destroyed in the same run stands in no way', async () => {
  const other = { InstanceId: 'i-other', Tags: [{ Key: 'albedo:stack', Value: 'guest' }] };
  const answers = { 'NetworkInterfaces subnet-id': [eni({ Attachment: { InstanceId: 'i-other' } })] };
  assert.is((await found(answers)).refused.length, 1);
  assert.equal((await found(answers, 'destroy', new Map([['instance', new Map([['i-other', other as Json]])]]))).refused, []);
});

t('what may not be asked is a note', async () => {
  const { refused, notes } = await found({ 'NetworkInterfaces subnet-id': ['denied'] });
  assert.equal(refused, []);
  assert.match(
    notes[0] ?? '',
    /^Whether others use .* cannot be checked before the apply: ec2:DescribeNetworkInterfaces answered Unauthorized/,
  );
});

t.run();
