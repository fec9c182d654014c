/** Who could be hit, and what is known of each: targets the spec names, targets it does not, addresses, and what each experiment asks besides. */
import * as assert from 'uvu/assert';
import { surveyCandidates, surveyFitness } from '../../../reconciler/chaos/carry-out/survey.ts';
import type { Fitness } from '../../../reconciler/chaos/experiments/experiment.ts';
import { experimentNamed } from '../../../reconciler/chaos/experiments.ts';
import type { Candidate } from '../../../reconciler/chaos/types.ts';
import type { TargetGroupTarget } from '../../../reconciler/load/types.ts';
import type { Json } from '../../../reconciler/model/json.ts';
import type { Cloud } from '../../../reconciler/run/port.ts';
import { suite } from '../../support/suite.ts';

const t = suite('survey');

const ARN = 'arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/1';
const group = (targets: TargetGroupTarget['targets'], more: Partial<TargetGroupTarget> = {}): TargetGroupTarget =>
  ({ arn: ARN, name: 'web', targets, ...more }) as TargetGroupTarget;

/** A cloud that gives these answers, and the calls it got. */
function answering(answers: Readonly<Record<string, Json>>): { readonly cloud: Cloud; readonly calls: [string, Json][] } {
  const calls: [string, Json][] = [];
  const call = async (op: string, input: Json): Promise<Json> => {
    calls.push([op, input]);
    return answers[op] ?? {};
  };
  return { cloud: { call } as unknown as Cloud, calls };
}

const registered = (...targets: readonly (readonly [string, number, string?])[]): Json => ({
  TargetHealthDescriptions: targets.map(([Id, Port, AvailabilityZone]) => ({
    Target: { Id, Port, ...(AvailabilityZone === undefined ? {} : { AvailabilityZone }) },
    TargetHealth: { State: 'healthy' },
  })),
});
const machine = (InstanceId: string, tags: Readonly<Record<string, string>> = {}): Json => ({
  InstanceId,
  State: { Name: 'running' },
  Placement: { AvailabilityZone: 'us-east-1b' },
  Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
  SecurityGroups: [{ GroupId: 'sg-1' }],
});

t('targets that the spec names come first, then those that somebody else registered; all with what EC2 says of them', async () => {
  const { cloud, calls } = answering({
    'elbv2:DescribeTargetHealth': registered(['i-2', 8080], ['i-1', 8080]),
    'ec2:DescribeInstances': {
      Reservations: [
        {
          Instances: [
            machine('i-1', { 'albedo:stack': 'web' }),
            machine('i-2', { 'aws:autoscaling:groupName': 'fleet', 'albedo:chaos': 'web' }),
          ],
        },
      ],
    },
  });
  const found = await surveyCandidates(cloud, group([{ instanceId: 'i-1', port: 8080, name: 'web-1', zone: 'us-east-1a' }]));
  const common = { port: 8080, instanceState: 'running', health: 'healthy', stack: 'web', securityGroups: ['sg-1'] };
  assert.equal(found, [
    { ...common, instanceId: 'i-1', name: 'web-1', zone: 'us-east-1a' },
    { ...common, instanceId: 'i-2', name: 'i-2', zone: 'us-east-1b', autoScaling: 'fleet' },
  ]);
  assert.equal(calls[1], ['ec2:DescribeInstances', { InstanceIds: ['i-1', 'i-2'] }]);
});

t('a target that is registered no more, and an instance that is gone, have an empty state instead of none', async () => {
  const { cloud } = answering({ 'elbv2:DescribeTargetHealth': registered() });
  const [only] = await surveyCandidates(cloud, group([{ instanceId: 'i-1', port: 8080, name: 'web-1', zone: '' }]));
  assert.equal(only, { instanceId: 'i-1', port: 8080, name: 'web-1', zone: '', health: '', instanceState: '', stack: '' });
});

t('EC2 is asked of instances alone, and of none where targets are meant', async () => {
  const health = { 'elbv2:DescribeTargetHealth': registered(['10.0.1.7', 8080, 'all']) };
  const addresses = answering(health);
  const [address] = await surveyCandidates(addresses.cloud, group([]));
  assert.is(address?.registeredZone, 'all');
  assert.equal(addresses.calls.length, 1, 'an address is no instance');
  const targets = answering({ 'elbv2:DescribeTargetHealth': registered(['i-1', 80]) });
  await surveyCandidates(targets.cloud, group([]), 'targets');
  assert.equal(targets.calls.length, 1);
});

/** What an experiment thinks of one candidate, after AWS gave this answer. */
async function fitness(
  name: string,
  op: string,
  answer: Json,
  candidates: readonly Candidate[],
  admitted = ['sg-lb'],
): Promise<readonly Fitness[]> {
  const { cloud, calls } = answering({ [op]: answer });
  const judge = await surveyFitness(cloud, experimentNamed(name), {
    candidates,
    group: group([], { securityGroups: admitted }),
    settings: {},
  });
  assert.is(calls[0]?.[0], op);
  return candidates.map(judge);
}
const candidate = (instanceId: string, securityGroups?: readonly string[]): Candidate => ({
  ...{ instanceId, name: instanceId, zone: 'a', port: 8080, instanceState: 'running', health: 'healthy', stack: 'web' },
  ...(securityGroups === undefined ? {} : { securityGroups }),
});

t('an experiment that asks nothing besides takes everybody', async () => {
  const { cloud, calls } = answering({});
  const wanted = { candidates: [candidate('i-1')], group: group([]), settings: {} };
  const judge = await surveyFitness(cloud, experimentNamed('stopInstance'), wanted);
  assert.equal(judge(candidate('i-1')), { refusal: '' });
  assert.equal(calls, []);
});

const OPEN = {
  ...{ SecurityGroupRuleId: 'sgr-1', GroupId: 'sg-1', IsEgress: false, IpProtocol: 'tcp', FromPort: 8000, ToPort: 8100 },
  ReferencedGroupInfo: { GroupId: 'sg-lb' },
};
const RULES: readonly (readonly [string, readonly Json[], RegExp | string])[] = [
  ['the one rule for the load balancer', [OPEN], 'sg-1:sgr-1:8000-8100'],
  ['protocol by number', [{ ...OPEN, IpProtocol: '6' }], 'sg-1:sgr-1:8000-8100'],
  ['a rule that goes out is none', [OPEN, { ...OPEN, IsEgress: true }], 'sg-1:sgr-1:8000-8100'],
  ['a rule of other ports is none', [OPEN, { ...OPEN, FromPort: 22, ToPort: 22 }], 'sg-1:sgr-1:8000-8100'],
  ['a rule of UDP is none', [OPEN, { ...OPEN, IpProtocol: 'udp' }], 'sg-1:sgr-1:8000-8100'],
  ['a rule of another group is none', [OPEN, { ...OPEN, GroupId: 'sg-2' }], 'sg-1:sgr-1:8000-8100'],
  ['two rules', [OPEN, { ...OPEN, SecurityGroupRuleId: 'sgr-2' }], /2 rules .* closing one of them has no effect/],
  [
    'a rule for addresses, which may hold the nodes',
    [OPEN, { ...OPEN, ReferencedGroupInfo: undefined, CidrIpv4: '10.0.0.0/16' } as never],
    /2 rules/,
  ],
  ['no rule', [], /no security group rule that allows TCP from a security group of the load balancer/],
  ['a rule for everybody', [{ ...OPEN, ReferencedGroupInfo: { GroupId: 'sg-other' } }], /no security group rule/],
  ['all protocols', [{ ...OPEN, IpProtocol: '-1' }], /no security group rule/],
];
for (const [title, SecurityGroupRules, expected] of RULES)
  t(`closeRule: ${title}`, async () => {
    const all = [candidate('i-1', ['sg-1']), candidate('i-2', ['sg-1', 'sg-9']), candidate('i-3', ['sg-9']), candidate('i-4')];
    const [first] = await fitness('closeRule', 'ec2:DescribeSecurityGroupRules', { SecurityGroupRules }, all);
    if (typeof expected !== 'string') return assert.match(first?.refusal ?? '', expected);
    assert.equal(first, { refusal: '', others: ['i-1', 'i-2'], detail: expected });
  });

t('closeRule: what has no security group is never cut off by one', async () => {
  const [only] = await fitness('closeRule', 'ec2:DescribeSecurityGroupRules', { SecurityGroupRules: [OPEN] }, [candidate('10.0.1.7')]);
  assert.match(only?.refusal ?? '', 'no security group rule');
});

const ONLINE = { InstanceId: 'i-1', PingStatus: 'Online', PlatformType: 'Linux' };
for (const [title, InstanceInformationList, fits] of [
  ['a Linux that is online', [ONLINE], true],
  ['a connection that is lost', [{ ...ONLINE, PingStatus: 'ConnectionLost' }], false],
  ['a Windows', [{ ...ONLINE, PlatformType: 'Windows' }], false],
  ['one that Systems Manager does not know', [{ ...ONLINE, InstanceId: 'i-2' }], false],
  ['no answer', [], false],
] as const)
  t(`killProcess: ${title}`, async () => {
    const [only] = await fitness('killProcess', 'ssm:DescribeInstanceInformation', { InstanceInformationList }, [candidate('i-1')]);
    if (fits) assert.equal(only, { refusal: '', detail: 'webserver' });
    else assert.match(only?.refusal ?? '', 'Systems Manager does not manage it');
  });

t.run();
