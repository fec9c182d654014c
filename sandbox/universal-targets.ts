/**
 * Calls that a service makes of AWS by itself, as a role: which there are here, and how their JSON is written as a query. A schedule names them by
 * the ARNs of "universal targets" (EventBridge Scheduler user guide).
 */

import { randomUUID } from 'node:crypto';
import type { ServiceRoles } from './ledger/service-role.ts';
import type { ApiAnswer, ApiCall } from './types.ts';
import { ApiRefusal, codeOf } from './wire.ts';

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
  'ec2:stopInstances': {
    service: 'ec2',
    action: 'StopInstances',
    touches: ({ InstanceIds }, place) => listOf(InstanceIds).map((id) => ec2Arn('instance', id, place)),
    query: ofEc2,
  },
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

export interface AsRole extends Place {
  readonly roles: ServiceRoles;
  readonly roleArn: string;
  /** Makes a call of EC2 or ELB. */
  readonly send: (call: ApiCall) => Promise<ApiAnswer> | ApiAnswer;
}

/** Makes the call by what the policies of the role allow. Answers why it was not made, with the code where AWS refused it; empty when it was. */
export async function asRole({ roles, roleArn, send, region, account }: AsRole, target: Target, input: Input): Promise<string> {
  const { service, action } = target;
  const from = { region, account, requestId: randomUUID() };
  for (const resource of target.touches(input, from)) {
    const tags = tagsIn(await send({ ...from, service, action: 'DescribeTags', params: tagQuery(service, resource) }));
    const context = new Map(Object.entries(tags).map(([key, value]) => [`aws:resourcetag/${key}`.toLowerCase(), [value]]));
    if (!(await roles.may(roleArn, `${service}:${action}`, resource, context)))
      return `its role may not ${service}:${action} on ${resource}`;
  }
  const code = await Promise.resolve()
    .then(() => send({ ...from, service, action, params: target.query(input) }))
    .then(codeOf, (thrown: unknown) => {
      if (thrown instanceof ApiRefusal) return thrown.code;
      throw thrown;
    });
  return code === undefined ? '' : `${service}:${action} was refused: ${code}`;
}

const tagQuery = (service: string, arn: string): Readonly<Record<string, string>> =>
  service === 'ec2'
    ? { 'Filter.1.Name': 'resource-id', 'Filter.1.Value.1': arn.split('/').at(-1) ?? '' }
    : { 'ResourceArns.member.1': arn };

const tagsIn = ({ body }: ApiAnswer): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...body.matchAll(/<(?:item|member)>(?:(?!<\/?(?:item|member)>).)*<\/(?:item|member)>/gs)].map(([part]) => [
      /<key>([^<]*)</i.exec(part)?.[1] ?? '',
      /<value>([^<]*)</i.exec(part)?.[1] ?? '',
    ]),
  );
