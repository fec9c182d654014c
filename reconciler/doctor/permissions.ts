import { iamAction, operationOf } from '../aws/operations.ts';
import { type ArnType, FREE, READ_SCOPES, SCOPES, type Scope } from '../aws/scopes.ts';
import { CloudError } from '../errors.ts';
import { arnsOf, type Where } from '../iam/arns.ts';
import type { Json } from '../model/json.ts';
import { valuesAt } from '../model/paths.ts';
import { STACK_TAG } from '../model/tags.ts';
import type { Cloud } from '../run/port.ts';

export interface Permission {
  readonly op: string;
  readonly state: 'ok' | 'missing' | 'unchecked';
  /** Why it was not checked, or what AWS said. */
  readonly detail: string;
}

/** What carries no name of anything: nothing has it, and asking for it changes nothing. */
const NOBODY = 'albedo-doctor';

/**
 * Asks for each read by a call that finds nothing, or by EC2's dry run: any answer but a refusal says that it may be made. Leaves out
 * what no call can show.
 */
export async function checkReads(ops: readonly string[], cloud: Cloud, where: Where, signal: AbortSignal): Promise<readonly Permission[]> {
  return Promise.all(
    ops.filter(isAskedRead).flatMap((op) => {
      const input = probeOf(op, where);
      return input === undefined ? [] : [ask(op, () => cloud.call(op, input, { signal }))];
    }),
  );
}

async function ask(op: string, call: () => Promise<Json>): Promise<Permission> {
  try {
    await call();
    return { op, state: 'ok', detail: '' };
  } catch (thrown) {
    if (!(thrown instanceof CloudError)) throw thrown;
    if (thrown.class === 'Denied') return { op, state: 'missing', detail: thrown.awsCode };
    if (/^(Transient|Throttled|Unreachable|Credentials)$/.test(thrown.class))
      return { op, state: 'unchecked', detail: `${thrown.awsCode}: ${thrown.message}` };
    return { op, state: 'ok', detail: '' };
  }
}

/** A call that anybody may make is not asked for, nor is the one that asks. */
const isAskedRead = (op: string): boolean => operationOf(op).access === 'read' && !FREE.has(op) && op !== 'iam:SimulatePrincipalPolicy';

/** An input that finds nothing; undefined where IAM would check it against something that must exist. */
function probeOf(op: string, where: Where): Json | undefined {
  if (op.startsWith('ec2:')) return { DryRun: true };
  const arn = (type: ArnType) =>
    (arnsOf(type, where)[0] ?? '').replace('/app/*', `/app/${NOBODY}/0000000000000000`).replace('/*', `/${NOBODY}/0000000000000000`);
  const [stack = NOBODY] = where.stacks;
  const inputs: Readonly<Record<string, Json>> = {
    'iam:ListServerCertificates': { PathPrefix: `/albedo/${where.region}/${stack}/`, MaxItems: 1 },
    'fis:GetSafetyLever': { id: 'default' },
    'fis:ListExperimentTemplates': { maxResults: 1 },
    'fis:ListExperiments': { maxResults: 1 },
    'ssm:GetParameter': { Name: `/albedo/${stack}/lock` },
    'elbv2:DescribeAccountLimits': {},
    'elbv2:DescribeSSLPolicies': { PageSize: 1 },
    'elbv2:DescribeLoadBalancers': { Names: [NOBODY] },
    'elbv2:DescribeTargetGroups': { Names: [NOBODY] },
    'elbv2:DescribeTrustStores': { Names: [NOBODY] },
    'elbv2:DescribeTags': { ResourceArns: [arn('targetgroup')] },
    'elbv2:DescribeLoadBalancerAttributes': { LoadBalancerArn: arn('loadbalancer') },
    'elbv2:DescribeCapacityReservation': { LoadBalancerArn: arn('loadbalancer') },
    'elbv2:DescribeListeners': { LoadBalancerArn: arn('loadbalancer') },
    'elbv2:DescribeTargetGroupAttributes': { TargetGroupArn: arn('targetgroup') },
    'elbv2:DescribeTargetHealth': { TargetGroupArn: arn('targetgroup') },
    'elbv2:DescribeRules': { ListenerArn: `${arn('listener')}/0000000000000000` },
    'elbv2:DescribeListenerAttributes': { ListenerArn: `${arn('listener')}/0000000000000000` },
    'elbv2:DescribeListenerCertificates': { ListenerArn: `${arn('listener')}/0000000000000000` },
    'elbv2:DescribeTrustStoreRevocations': { TrustStoreArn: arn('truststore') },
    'elbv2:DescribeTrustStoreAssociations': { TrustStoreArn: arn('truststore') },
  };
  return inputs[op];
}

/** EC2's writes that need nothing else to be there: a dry run says whether they may be made, tags and all. */
const DRY: Readonly<Record<string, { readonly type: string; readonly input: Json }>> = {
  'ec2:CreateVpc': { type: 'vpc', input: { CidrBlock: '10.0.0.0/16' } },
  'ec2:CreateInternetGateway': { type: 'internet-gateway', input: {} },
};

/**
 * Asks for each write, and for each read that no call can show: by a dry run where that says it all, else by IAM's own simulation for `principal`.
 * Changes nothing.
 */
export async function checkWrites(
  ops: readonly string[],
  cloud: Cloud,
  where: Where,
  principal: string | undefined,
  signal: AbortSignal,
): Promise<readonly Permission[]> {
  const writes = ops.filter((op) => operationOf(op).access === 'write' || (isAskedRead(op) && probeOf(op, where) === undefined));
  const dry = await Promise.all(
    writes
      .filter((op) => DRY[op] !== undefined && where.stacks[0] !== undefined)
      .map((op) => {
        const { type, input } = DRY[op] ?? { type: '', input: {} };
        const Tags = [{ Key: STACK_TAG, Value: where.stacks[0] ?? '' }];
        return ask(op, () =>
          cloud.call(op, { ...(input as object), DryRun: true, TagSpecifications: [{ ResourceType: type, Tags }] }, { signal }),
        );
      }),
  );
  const rest = writes.filter((op) => !dry.some((done) => done.op === op));
  const simulated: Permission[] = [];
  let refused = principal === undefined ? 'only a role or a user can be simulated' : '';
  for (const group of groupsOf(rest, where)) {
    const actions = group.ops.map(iamAction);
    if (refused === '')
      try {
        const answer = await cloud.call(
          'iam:SimulatePrincipalPolicy',
          {
            ...{ PolicySourceArn: principal ?? '', ActionNames: actions, ContextEntries: group.context },
            // Left out: all of them (IAM API reference), for a call that has no types of its own.
            ...(group.arns.length === 0 ? {} : { ResourceArns: group.arns }),
          },
          { signal },
        );
        const denied = new Set(
          (valuesAt(answer, 'EvaluationResults[]') as readonly { EvalActionName?: string; EvalDecision?: string }[])
            .filter((result) => result.EvalDecision !== 'allowed')
            .map((result) => result.EvalActionName),
        );
        for (const op of group.ops)
          simulated.push({
            op,
            state: denied.has(iamAction(op)) ? 'missing' : 'ok',
            detail: denied.has(iamAction(op)) && group.arns.length > 0 ? `on ${group.arns.join(', ')}` : '',
          });
        continue;
      } catch (thrown) {
        if (!(thrown instanceof CloudError)) throw thrown;
        refused = thrown.class === 'Denied' ? 'grant iam:SimulatePrincipalPolicy to check it' : `${thrown.awsCode}: ${thrown.message}`;
      }
    for (const op of group.ops) simulated.push({ op, state: 'unchecked', detail: refused });
  }
  return [...dry, ...worst(simulated)];
}

/** One line for each operation: a call that is refused on one of the things it touches is refused. */
function worst(found: readonly Permission[]): readonly Permission[] {
  const byOp = new Map<string, Permission>();
  for (const one of found) if (byOp.get(one.op)?.state !== 'missing') byOp.set(one.op, one);
  return [...byOp.values()];
}

interface Group {
  readonly ops: readonly string[];
  readonly arns: readonly string[];
  readonly context: readonly Json[];
}

/** Calls that are checked against the same things in the same way, so that one simulation serves them all. */
function groupsOf(ops: readonly string[], where: Where): readonly Group[] {
  const groups = new Map<string, Group>();
  for (const op of ops) {
    const scope: Scope = { ...SCOPES, ...READ_SCOPES }[op as keyof typeof SCOPES] ?? {};
    const parts = [
      { types: scope.made ?? [], key: 'aws:RequestTag' },
      // What may be ours or somebody else's is asked for as ours; of others the policy names each by its ARN.
      { types: [...(scope.ours ?? []), ...(scope.used ?? [])], key: 'aws:ResourceTag' },
      { types: scope.any ?? [], key: '' },
    ];
    const touched = parts.filter(({ types }) => types.length > 0);
    for (const { types, key } of touched.length > 0 ? touched : [{ types: [], key: '' }]) {
      const arns = types.flatMap((type) => arnsOf(type, where)).map((arn) => arn.replaceAll('*', NOBODY));
      const values = [where.stacks[0] ?? NOBODY];
      const context = key === '' ? [] : [{ ContextKeyName: `${key}/${STACK_TAG}`, ContextKeyType: 'string', ContextKeyValues: values }];
      const name = JSON.stringify([arns, context]);
      groups.set(name, { ops: [...(groups.get(name)?.ops ?? []), op], arns, context });
    }
  }
  return [...groups.values()];
}
