import { deadWithin, say, secondsText } from '../../load/predict.ts';
import type { HealthCheckSettings, Prediction } from '../../load/types.ts';
import type { Json } from '../../model/json.ts';
import { valueAt, valuesAt } from '../../model/paths.ts';
import type { Candidate, Victim } from '../types.ts';
import { type Experiment, experiment, type Wanted } from './experiment.ts';

/** A port that nothing listens on, in the place of those that were open: discard (RFC 863). */
const CLOSED = 9;

/** `sgr-0abc:8080-8090`: which rule, and what it opened. */
interface Kept {
  readonly group: string;
  readonly rule: string;
  readonly from: number;
  readonly to: number;
}
const write = ({ group, rule, from, to }: Kept): string => `${group}:${rule}:${from}-${to}`;
const kept = ({ detail = '' }: Victim): Kept => {
  const [, group = '', rule = '', from, to] = /^(sg-\w+):(sgr-\w+):(\d{1,5})-(\d{1,5})$/.exec(detail) ?? [];
  if (rule === '') throw new Error(`${JSON.stringify(detail)} is no rule of a security group`);
  return { group, rule, from: Number(from), to: Number(to) };
};

const portsOf = (rule: Json | undefined): readonly [number, number] => [Number(valueAt(rule, 'FromPort')), Number(valueAt(rule, 'ToPort'))];

/** The rules by which the load balancer reaches this target: TCP from one of its groups, or from addresses, which may hold its nodes. */
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
          ? `${rules.length} rules of its security groups let the load balancer in, and closing one would change nothing`
          : 'no rule of its security groups lets in the load balancer by its security group, for TCP, alone',
    };
  const group = String(valueAt(rule, 'GroupId'));
  const [from, to] = portsOf(rule);
  return {
    refusal: '',
    others: candidates.filter((each) => each.securityGroups?.includes(group) === true).map(({ instanceId }) => instanceId),
    detail: write({ group, rule: String(valueAt(rule, 'SecurityGroupRuleId')), from, to }),
  };
};

/** The rule with other ports. What a call leaves out it takes away, so that the description is said each time (EC2 API reference, SecurityGroupRuleRequest). */
const change = (victim: Victim, seen: Json, from: number, to: number): Json => {
  const { group, rule } = kept(victim);
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
 * The rule that lets the load balancer in is closed, as somebody does by mistake. It is not taken away but given a port that nothing listens
 * on, in one call, and given its own again in another: its id, its tags and its description stay.
 */
export const closeRule = experiment({
  name: 'closeRule',
  description: 'Close the rule of a security group that lets the load balancer in to a target, and open it again.',
  named: {
    row: 'instance',
    schema: {
      type: 'string',
      minLength: 1,
      description: 'Which one, by name or id. Default: chosen by the seed. All that share its security group are lost with it.',
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
  // The group, not the rule: it is the group that carries the tag of the stack.
  marked: (victim) => ({ service: 'ec2', id: kept(victim).group }),
  start: { op: 'ec2:ModifySecurityGroupRules', input: (victim, { seen }) => change(victim, seen, CLOSED, CLOSED) },
  undo: {
    op: 'ec2:ModifySecurityGroupRules',
    input: (victim, { seen }) => change(victim, seen, kept(victim).from, kept(victim).to),
    whole: true,
    scheduled: true,
    notYet: () => false,
    within: 600,
    // The description has to be said again, which only a look tells.
    byHand: ({ groupArn }) => `albedo halt --region ${groupArn.split(':')[3] ?? ''}`,
  },
  look: {
    op: 'ec2:DescribeSecurityGroupRules',
    input: (victim) => ({ SecurityGroupRuleIds: [kept(victim).rule] }),
    read: (answer, victim) => {
      const { rule, from, to } = kept(victim);
      const found = valuesAt(answer, 'SecurityGroupRules[]').find((each) => valueAt(each, 'SecurityGroupRuleId') === rule);
      if (found === undefined) return 'gone';
      const [first, last] = portsOf(found);
      return first === from && last === to ? 'fine' : 'broken';
    },
  },
  predict,
  words: {
    ...{ thing: 'instance', verb: 'close', doing: 'closing the way to', done: 'cut off' },
    undo: { verb: 'open', doing: 'opening the way to', done: 'reachable' },
  },
});

/**
 * - What a security group does not allow is dropped: a check waits for its whole timeout, and so many in a row as `unhealthyThreshold` says
 *   fail (ELB user guide, target group health checks).
 * - A connection that stands goes on (EC2 user guide, security group connection tracking): requests on connections that the load balancer
 *   keeps open are served for a while.
 */
function predict(check: HealthCheckSettings): Prediction {
  const { intervalSeconds: interval, timeoutSeconds: timeout, healthyThreshold: healthy, unhealthyThreshold: unhealthy } = check;
  const dead = deadWithin(check);
  const back = { from: (healthy - 1) * interval, to: healthy * interval + timeout };
  return {
    detection: say(
      dead,
      `A check that is dropped waits for ${secondsText(timeout)}; ${unhealthy} of them ${secondsText(interval)} apart: between ${secondsText(dead.from)} and ${secondsText(dead.to)}. Connections that stand are not cut.`,
    ),
    recovery: say(
      back,
      `After the rule is open again: ${healthy} passing checks ${secondsText(interval)} apart: at most ${secondsText(back.to)}.`,
    ),
    besides: [],
  };
}
