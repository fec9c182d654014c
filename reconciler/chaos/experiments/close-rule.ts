import { deadWithin, say, secondsText } from '../../load/predict.ts';
import type { HealthCheckSettings, Prediction } from '../../load/types.ts';
import type { Json } from '../../model/json.ts';
import { valueAt, valuesAt } from '../../model/paths.ts';
import type { Candidate, Victim } from '../types.ts';
import { type Experiment, experiment, type Wanted } from './experiment.ts';

/** A port that nothing listens on, which replaces the open ones: discard (RFC 863). */
const CLOSED = 9;

/** The rule and the ports that it opened: `sg-0abc:sgr-0abc:8080-8090`. */
interface OpenRule {
  readonly group: string;
  readonly rule: string;
  readonly from: number;
  readonly to: number;
}
const write = ({ group, rule, from, to }: OpenRule): string => `${group}:${rule}:${from}-${to}`;
const ruleOf = ({ detail = '' }: Victim): OpenRule => {
  const [, group = '', rule = '', from, to] = /^(sg-\w+):(sgr-\w+):(\d{1,5})-(\d{1,5})$/.exec(detail) ?? [];
  if (rule === '') throw new Error(`${JSON.stringify(detail)} is not a rule of a security group`);
  return { group, rule, from: Number(from), to: Number(to) };
};

const portsOf = (rule: Json | undefined): readonly [number, number] => [Number(valueAt(rule, 'FromPort')), Number(valueAt(rule, 'ToPort'))];

/** The rules that let the load balancer reach this target: TCP from one of its groups, or from addresses, which may include its nodes. */
function rulesTo(answer: Json, { securityGroups = [], port }: Candidate): readonly Json[] {
  return valuesAt(answer, 'SecurityGroupRules[]').filter((rule) => {
    const [from, to] = portsOf(rule);
    const protocol = valueAt(rule, 'IpProtocol');
    return (
      valueAt(rule, 'IsEgress') === false &&
      securityGroups.includes(String(valueAt(rule, 'GroupId'))) &&
      (protocol === '-1' || ((protocol === 'tcp' || protocol === '6') && from <= port && port <= to))
    );
  });
}

const read: NonNullable<Experiment['ask']>['read'] = (answer, candidate, { candidates, admitted }: Wanted) => {
  const rules = rulesTo(answer, candidate);
  const [rule] = rules;
  const source = String(valueAt(rule, 'ReferencedGroupInfo.GroupId') ?? '');
  if (rules.length !== 1 || !admitted.includes(source) || valueAt(rule, 'IpProtocol') === '-1')
    return {
      refusal:
        rules.length > 1
          ? `${rules.length} rules of its security groups allow the load balancer, so closing one of them has no effect`
          : 'it has no security group rule that allows TCP from a security group of the load balancer and nothing else',
    };
  const group = String(valueAt(rule, 'GroupId'));
  const [from, to] = portsOf(rule);
  return {
    refusal: '',
    others: candidates.filter((each) => each.securityGroups?.includes(group) === true).map(({ instanceId }) => instanceId),
    detail: write({ group, rule: String(valueAt(rule, 'SecurityGroupRuleId')), from, to }),
  };
};

/** The rule with other ports. A call removes what it leaves out, so each call repeats the description (EC2 API reference, SecurityGroupRuleRequest). */
const change = (victim: Victim, seen: Json, from: number, to: number): Json => {
  const { group, rule } = ruleOf(victim);
  const now = valuesAt(seen, 'SecurityGroupRules[]').find((each) => valueAt(each, 'SecurityGroupRuleId') === rule);
  const description = valueAt(now, 'Description');
  return {
    GroupId: group,
    SecurityGroupRules: [
      {
        SecurityGroupRuleId: rule,
        SecurityGroupRule: {
          ...{ IpProtocol: valueAt(now, 'IpProtocol') ?? 'tcp', FromPort: from, ToPort: to },
          ReferencedGroupId: valueAt(now, 'ReferencedGroupInfo.GroupId') ?? '',
          ...(typeof description === 'string' && description !== '' ? { Description: description } : {}),
        },
      },
    ],
  };
};

/**
 * Closes the security group rule that admits the load balancer, as somebody may do by mistake. One call gives the rule a port that nothing
 * listens on, another one its own ports again. So its id, tags and description stay.
 */
export const closeRule = experiment({
  name: 'closeRule',
  description: 'Close the security group rule that lets the load balancer reach a target, and open it again.',
  named: {
    row: 'instance',
    schema: {
      type: 'string',
      minLength: 1,
      description: 'Which one, by name or id. Default: chosen by the seed. All instances that share its security group are lost with it.',
    },
  },
  victims: 'instances',
  ask: {
    op: 'ec2:DescribeSecurityGroupRules',
    input: ({ candidates }) => ({
      Filters: [{ Name: 'group-id', Values: [...new Set(candidates.flatMap(({ securityGroups = [] }) => securityGroups))].sort() }],
    }),
    read,
  },
  // The group, not the rule: only the group has the tag of the stack.
  marked: (victim) => ({ service: 'ec2', id: ruleOf(victim).group }),
  start: { op: 'ec2:ModifySecurityGroupRules', input: (victim, { seen }) => change(victim, seen, CLOSED, CLOSED) },
  undo: {
    op: 'ec2:ModifySecurityGroupRules',
    input: (victim, { seen }) => change(victim, seen, ruleOf(victim).from, ruleOf(victim).to),
    whole: true,
    scheduled: true,
    notYet: () => false,
    within: 600,
    // The call has to repeat the description, which only a read returns: so no single AWS CLI command can do it.
    byHand: ({ groupArn }) => `albedo halt --region ${groupArn.split(':')[3] ?? ''}`,
  },
  look: {
    op: 'ec2:DescribeSecurityGroupRules',
    input: (victim) => ({ SecurityGroupRuleIds: [ruleOf(victim).rule] }),
    read: (answer, victim) => {
      const { rule, from, to } = ruleOf(victim);
      const found = valuesAt(answer, 'SecurityGroupRules[]').find((each) => valueAt(each, 'SecurityGroupRuleId') === rule);
      if (found === undefined) return 'gone';
      const [first, last] = portsOf(found);
      return first === from && last === to ? 'fine' : 'broken';
    },
  },
  predict,
  words: {
    ...{ thing: 'instance', verb: 'isolate', doing: 'isolating', done: 'isolated' },
    undo: { verb: 'reconnect', doing: 'reconnecting', done: 'reconnected' },
  },
});

/**
 * - A security group drops what it does not allow: a check waits for its whole timeout, and `unhealthyThreshold` checks in a row have to
 *   fail (ELB user guide, target group health checks).
 * - An existing connection continues (EC2 user guide, security group connection tracking): requests on connections that the load balancer
 *   has open are served for a while.
 */
function predict(check: HealthCheckSettings): Prediction {
  const { intervalSeconds: interval, timeoutSeconds: timeout, healthyThreshold: healthy, unhealthyThreshold: unhealthy } = check;
  const dead = deadWithin(check);
  const back = { from: (healthy - 1) * interval, to: healthy * interval + timeout };
  return {
    detection: say(
      dead,
      `Each dropped check fails after its timeout of ${secondsText(timeout)}. The target is unhealthy after ${unhealthy} of them, ${secondsText(interval)} apart: between ${secondsText(dead.from)} and ${secondsText(dead.to)}. Existing connections continue.`,
    ),
    recovery: say(
      back,
      `After the rule is open again: ${healthy} passing checks ${secondsText(interval)} apart: at most ${secondsText(back.to)}.`,
    ),
    besides: [],
  };
}
