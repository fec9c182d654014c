/**
 * Calls that a schedule makes of AWS by itself ("universal targets"): which there are here, and how their JSON is written as a query. EventBridge Scheduler
 * user guide, "Using universal targets".
 */

type Input = Readonly<Record<string, unknown>>;

export interface Target {
  readonly service: 'ec2' | 'elasticloadbalancing';
  readonly action: string;
  /** ARNs of what IAM checks the call against. */
  touches(input: Input, place: Place): readonly string[];
  query(input: Input): Readonly<Record<string, string>>;
}

interface Place {
  readonly region: string;
  readonly account: string;
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Names and values of a query; `list`: how the elements of a list are named. */
function flat(value: unknown, name: string, list: (name: string) => string): readonly (readonly [string, string])[] {
  if (Array.isArray(value)) return value.flatMap((each, index) => flat(each, `${list(name)}.${index + 1}`, list));
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).flatMap(([key, inner]) => flat(inner, name === '' ? key : `${name}.${key}`, list));
  return value === undefined || value === null ? [] : [[name, String(value)]];
}
/** `InstanceIds: [a]` is `InstanceId.1`. */
const ofEc2 = (input: Input) => Object.fromEntries(flat(input, '', (name) => name.replace(/s$/, '')));
/** `Targets: [{ Id }]` is `Targets.member.1.Id`. */
const ofElb = (input: Input) => Object.fromEntries(flat(input, '', (name) => `${name}.member`));
const ec2Arn = (kind: string, id: unknown, { region, account }: Place): string => `arn:aws:ec2:${region}:${account}:${kind}/${String(id)}`;

/** By what follows `aws-sdk:` in the ARN of a target. */
export const TARGETS: Readonly<Record<string, Target>> = {
  'ec2:startInstances': {
    service: 'ec2',
    action: 'StartInstances',
    touches: ({ InstanceIds }, place) => listOf(InstanceIds).map((id) => ec2Arn('instance', id, place)),
    query: ofEc2,
  },
  'ec2:modifySecurityGroupRules': {
    service: 'ec2',
    action: 'ModifySecurityGroupRules',
    touches: ({ GroupId, SecurityGroupRules }, place) => [
      ec2Arn('security-group', GroupId, place),
      ...listOf(SecurityGroupRules).map((rule) => ec2Arn('security-group-rule', (rule as Input)['SecurityGroupRuleId'], place)),
    ],
    query: ofEc2,
  },
  'elasticloadbalancingv2:registerTargets': {
    service: 'elasticloadbalancing',
    action: 'RegisterTargets',
    touches: ({ TargetGroupArn }) => [String(TargetGroupArn)],
    query: ofElb,
  },
};
