/** What is written down before a fault, so that EventBridge Scheduler undoes it when nobody else does. */
import * as assert from 'uvu/assert';
import { NOTHING_KNOWN } from '../../../reconciler/chaos/experiments/experiment.ts';
import { EXPERIMENTS, experimentNamed } from '../../../reconciler/chaos/experiments.ts';
import { endingsFor, schedulesFor } from '../../../reconciler/chaos/schedule.ts';
import type { Victim } from '../../../reconciler/chaos/types.ts';
import { suite } from '../../support/suite.ts';

const t = suite('schedules that undo faults');
const GROUP = 'arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/1';
const victimOf = (experiment: string, more: Partial<Victim> = {}): Victim => ({
  ...{ experiment, instanceId: 'i-0123456789abcdef0', name: 'web-1', zone: 'a', port: 8080, group: 'web', groupArn: GROUP, seed: 's' },
  ...more,
});
const requestOf = (name: string, victim: Victim, more: Partial<Parameters<typeof schedulesFor>[0]> = {}) =>
  schedulesFor({
    ...{ experiment: experimentNamed(name), victim, stack: 'live', about: NOTHING_KNOWN },
    ...{ until: Date.parse('2026-11-30T12:00:20.900Z'), roleArn: 'arn:aws:iam::123456789012:role/r', token: 't', ...more },
  }) as readonly {
    readonly Name: string;
    readonly ScheduleExpression: string;
    readonly ActionAfterCompletion: string;
    readonly Target: { readonly Arn: string; readonly Input: string; readonly RoleArn: string };
  }[];

t('an instance is started two minutes after its time, by the call of the undo, and the schedule is gone after that', () => {
  const [one, ...more] = requestOf('stopInstance', victimOf('stopInstance'));
  assert.equal(more, []);
  assert.equal(
    [one?.Name, one?.ScheduleExpression, one?.ActionAfterCompletion, one?.Target.Arn, one?.Target.Input],
    [
      'albedo.live.i-0123456789abcdef0',
      'at(2026-11-30T12:02:20)',
      'DELETE',
      'arn:aws:scheduler:::aws-sdk:ec2:startInstances',
      '{"InstanceIds":["i-0123456789abcdef0"]}',
    ],
  );
});

t('of several victims each has its own, since EC2 starts none when one of them is no more', () => {
  const others = [{ instanceId: 'i-2', name: 'web-2', zone: 'b', port: 8080 }];
  const victim = victimOf('stopShare', { others });
  assert.equal(
    requestOf('stopShare', victim).map(({ Target }) => Target.Input),
    ['{"InstanceIds":["i-0123456789abcdef0"]}', '{"InstanceIds":["i-2"]}'],
  );
  assert.equal(
    endingsFor(experimentNamed('stopShare'), victim, 'live'),
    requestOf('stopShare', victim).map(({ Name }) => ({ Name, GroupName: 'default' })),
  );
});

t('what is registered, and a rule with its description, are written down as AWS is sent them; a rule once for all', () => {
  const [target] = requestOf('deregisterTarget', victimOf('deregisterTarget', { instanceId: '10.0.0.7', registeredZone: 'all' }));
  assert.is(target?.Target.Arn, 'arn:aws:scheduler:::aws-sdk:elasticloadbalancingv2:registerTargets');
  assert.equal(JSON.parse(target?.Target.Input ?? ''), {
    TargetGroupArn: GROUP,
    Targets: [{ Id: '10.0.0.7', Port: 8080, AvailabilityZone: 'all' }],
  });
  const rule = {
    SecurityGroupRuleId: 'sgr-1',
    IpProtocol: 'tcp',
    ReferencedGroupInfo: { GroupId: 'sg-2' },
    Description: 'the load balancer',
  };
  const victim = victimOf('closeRule', {
    detail: 'sg-1:sgr-1:8080-8090',
    others: [{ instanceId: 'i-2', name: 'b', zone: '', port: 8080 }],
  });
  const all = requestOf('closeRule', victim, { about: { ...NOTHING_KNOWN, seen: { SecurityGroupRules: [rule] } } });
  assert.is(all.length, 1);
  assert.equal(JSON.parse(all[0]?.Target.Input ?? '').SecurityGroupRules[0].SecurityGroupRule, {
    ...{ IpProtocol: 'tcp', FromPort: 8080, ToPort: 8090, ReferencedGroupId: 'sg-2', Description: 'the load balancer' },
  });
});

t('every name is one that AWS takes, of the longest stack and any target', () => {
  for (const instanceId of ['i-0123456789abcdef0', '10.0.0.7', '2001:0db8:85a3:0000:0000:8a2e:0370:7334']) {
    const stack = 'a'.repeat(32);
    const [one] = requestOf('deregisterTarget', victimOf('deregisterTarget', { instanceId }), { stack });
    assert.match(one?.Name ?? '', /^[0-9a-zA-Z-_.]{1,64}$/);
    assert.ok(one?.Name.startsWith(`albedo.${stack}.`));
  }
  const [china] = requestOf('stopInstance', victimOf('stopInstance'), { roleArn: 'arn:aws-cn:iam::123456789012:role/r' });
  assert.match(china?.Target.Arn ?? '', /^arn:aws-cn:scheduler:::/);
});

t('what no schedule undoes ends by itself, or is nobody to be mended', () => {
  assert.equal(
    EXPERIMENTS.filter(({ undo }) => undo.scheduled !== true).map(({ name, undo, refills }) => [name, refills ?? undo.op]),
    [
      ['killProcess', 'ssm:SendCommand'],
      ['slowTarget', 'ssm:SendCommand'],
      ['failRequests', 'ssm:SendCommand'],
      ['terminateInstance', true],
    ],
  );
  // EventBridge Scheduler makes no call that only reads (user guide, "Unsupported actions").
  for (const { undo } of EXPERIMENTS)
    if (undo.scheduled === true) assert.not.match(undo.op, /:(Get|Describe|List|Search|Scan|Query|Select|Read|Lookup|Batch)/);
});

t.run();
