import { leftoverText } from '../chaos/leftovers.ts';
import { CloudError, ReconcileError } from '../errors.ts';
import { partitionOf, whereOf } from '../iam/arns.ts';
import { grantText } from '../iam/grant.ts';
import { operationsOf, type Role } from '../iam/needs.ts';
import type { TrustDocument } from '../iam/trust.ts';
import type { Stack } from '../model/model.ts';
import { valueAt, valuesAt } from '../model/paths.ts';
import { STACK_TAG } from '../model/tags.ts';
import { explain, type Session } from '../run/pipeline.ts';
import { QUOTAS } from '../run/quotas.ts';
import { findLeftovers, undoLeftovers } from '../verify/leftovers.ts';
import type { Area } from './areas.ts';
import { checkReads, checkWrites, type Permission } from './permissions.ts';
import { checkFis, checkSchedule } from './schedule.ts';
import { checkToken } from './token.ts';

/** One thing that was looked at. */
export interface Finding {
  readonly area: Area;
  readonly name: string;
  readonly state: 'ok' | 'missing' | 'unchecked';
  readonly detail: string;
}

export interface Diagnosis {
  readonly findings: readonly Finding[];
  /** Statements that would allow what is missing, as text; empty when nothing is. */
  readonly grant: string;
}

export interface DoctorRequest {
  readonly role: Role;
  /** Of one region. */
  readonly stacks: readonly Stack[];
  /** As in `PolicyRequest`. */
  readonly experiments?: readonly string[];
  /** As in `PolicyRequest`. */
  readonly leftToFis?: readonly string[];
  /** As in `PolicyRequest`. */
  readonly scheduleRoles?: readonly string[];
  /** As in `PolicyRequest`. */
  readonly fisRoles?: readonly string[];
  /** The policies of all specs consent to faults that no schedule would undo. */
  readonly withoutSchedule?: boolean;
  readonly region: string;
  /** Show the account whole. */
  readonly unmasked: boolean;
  /** Mend what load tests left broken, and start instances that are stopped. */
  readonly startOrphans: boolean;
  readonly trust?: TrustDocument;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The version of k6; rejects when there is none. */
  readonly findK6: () => Promise<{ readonly version: string }>;
  readonly ask?: typeof fetch;
}

/** Looks at all that a run needs and changes nothing, save that `startOrphans` mends what a load test left broken. */
export async function diagnose(request: DoctorRequest, session: Session): Promise<Diagnosis> {
  const { cloud, signal } = session;
  const who = (await explain(session, () => cloud.call('sts:GetCallerIdentity', {}, { signal }))) as { Account: string; Arn: string };
  const masked = (text: string) => (request.unmasked ? text : text.replaceAll(who.Account, `••••${who.Account.slice(-4)}`));
  const where = whereOf(request.stacks, request.region, who.Account);
  const { scheduleRoles = [], fisRoles = [], leftToFis = [] } = request;
  const ops = operationsOf(request.role, request.stacks, request.experiments, {
    scheduled: scheduleRoles.length > 0,
    byFis: fisRoles.length > 0,
    leftToFis,
  });
  const [reads, writes, passed, token, clock, tools, quotas, orphans] = await Promise.all([
    checkReads(ops, cloud, where, signal),
    checkWrites(ops, cloud, where, principalOf(who.Arn), signal),
    Promise.all([
      checkSchedule(request, session, where, principalOf(who.Arn)),
      checkFis(request, session, where, principalOf(who.Arn)),
    ]).then((both) => both.flat()),
    checkToken(request.env, request.trust, request.ask),
    checkClock(request, session),
    checkTools(request),
    checkQuotas(request.stacks, session),
    Promise.all([checkFaults(request, session), checkOrphans(request, session)]).then((both) => both.flat()),
  ]);
  const permissions = [...reads, ...writes];
  const missing = permissions.filter((one) => one.state === 'missing').map((one) => one.op);
  const place = request.unmasked ? where : whereOf(request.stacks, request.region, '*');
  return {
    findings: [
      { area: 'identity', name: 'account', state: 'ok', detail: masked(who.Account) },
      { area: 'identity', name: 'caller', state: 'ok', detail: masked(who.Arn) },
      { area: 'identity', name: 'region', state: 'ok', detail: `${request.region}${endpointOf(request.env)}` },
      clock,
      tools,
      { area: 'token', name: 'GitHub OIDC', ...token },
      ...permissions.map((one) => permissionFinding(one, masked)),
      ...passed.map((one) => ({ ...one, detail: masked(one.detail) })),
      ...quotas,
      ...orphans,
    ],
    grant: grantText(missing, place),
  };
}

const permissionFinding = ({ op, state, detail }: Permission, masked: (text: string) => string): Finding => ({
  area: 'permissions',
  name: op.replace(/^elbv2:/, 'elasticloadbalancing:'),
  state,
  detail: masked(detail),
});

const endpointOf = (env: DoctorRequest['env']): string => (env['AWS_ENDPOINT_URL'] === undefined ? '' : ` at ${env['AWS_ENDPOINT_URL']}`);

/** What IAM can simulate: the role behind a session, or a user. A role's path is not in its session's ARN. */
export function principalOf(arn: string): string | undefined {
  const role = /^(arn:[\w-]+):sts::(\d{12}):assumed-role\/([^/]+)\//.exec(arn);
  if (role !== null) return `${role[1]}:iam::${role[2]}:role/${role[3]}`;
  return /:iam::\d{12}:user\//.test(arn) ? arn : undefined;
}

/** AWS refuses what is signed more than five minutes off (Signature Version 4). */
async function checkClock({ env, ask = fetch, region }: DoctorRequest, session: Session): Promise<Finding> {
  const suffix = partitionOf(region) === 'aws-cn' ? '.cn' : '';
  const url = env['AWS_ENDPOINT_URL'] ?? `https://sts.${region}.amazonaws.com${suffix}`;
  try {
    const answer = await ask(url, { method: 'HEAD', signal: AbortSignal.timeout(5000) });
    const theirs = Date.parse(answer.headers.get('date') ?? '');
    if (!Number.isFinite(theirs)) throw new Error('no date');
    const seconds = Math.round(Math.abs(session.clock.now() - theirs) / 1000);
    const words = `${seconds} s off`;
    return seconds < 60
      ? { area: 'clock', name: 'clock', state: 'ok', detail: words }
      : {
          area: 'clock',
          name: 'clock',
          state: 'missing',
          detail: `${words}: set the clock, because AWS refuses requests signed five minutes early or late`,
        };
  } catch {
    return { area: 'clock', name: 'clock', state: 'unchecked', detail: `${new URL(url).host} does not send the time` };
  }
}

async function checkTools({ findK6 }: DoctorRequest): Promise<Finding> {
  try {
    return { area: 'tools', name: 'k6', state: 'ok', detail: (await findK6()).version };
  } catch (thrown) {
    if (!(thrown instanceof ReconcileError)) throw thrown;
    return { area: 'tools', name: 'k6', state: 'missing', detail: `${thrown.message}. ${thrown.hint}` };
  }
}

/** Whether one stack alone is too large for the account; what others take of it only AWS knows, and says when it is too much. */
async function checkQuotas(stacks: readonly Stack[], { cloud, signal }: Session): Promise<readonly Finding[]> {
  try {
    const limits = valuesAt(await cloud.call('elbv2:DescribeAccountLimits', {}, { signal }), 'Limits[]') as readonly {
      Name?: string;
      Max?: string;
    }[];
    return stacks.flatMap((stack) =>
      QUOTAS.flatMap(({ name, own }): readonly Finding[] => {
        const most = Number(limits.find((limit) => limit.Name === name)?.Max);
        if (!Number.isFinite(most)) return [];
        const needed = own(stack);
        const short = needed > most;
        const detail = `${stack.name} uses ${needed} of ${most}${short ? ': request an increase in Service Quotas' : ''}`;
        return [{ area: 'quotas', name, state: short ? 'missing' : 'ok', detail }];
      }),
    );
  } catch (thrown) {
    if (!(thrown instanceof CloudError)) throw thrown;
    return [{ area: 'quotas', name: 'quotas', state: 'unchecked', detail: thrown.awsCode }];
  }
}

/** Instances of ours that are stopped: a spec knows none, so a load test left them, or somebody stopped them by hand. */
async function checkOrphans({ stacks, startOrphans }: DoctorRequest, { cloud, signal }: Session): Promise<readonly Finding[]> {
  if (stacks.length === 0) return [];
  try {
    const answer = await cloud.call(
      'ec2:DescribeInstances',
      {
        Filters: [
          { Name: `tag:${STACK_TAG}`, Values: stacks.map((stack) => stack.name) },
          { Name: 'instance-state-name', Values: ['stopping', 'stopped'] },
        ],
      },
      { signal },
    );
    const ids = valuesAt(answer, 'Reservations[].Instances[]').map((instance) => String(valueAt(instance, 'InstanceId')));
    if (ids.length === 0) return [{ area: 'orphans', name: 'stopped instances', state: 'ok', detail: 'none' }];
    if (!startOrphans)
      return [{ area: 'orphans', name: 'stopped instances', state: 'missing', detail: `${ids.join(', ')}: start them with --orphans` }];
    await cloud.call('ec2:StartInstances', { InstanceIds: ids }, { signal });
    return [{ area: 'orphans', name: 'stopped instances', state: 'ok', detail: `${ids.join(', ')} started` }];
  } catch (thrown) {
    if (!(thrown instanceof CloudError)) throw thrown;
    return [
      {
        area: 'orphans',
        name: 'stopped instances',
        state: thrown.class === 'Denied' ? 'missing' : 'unchecked',
        detail: `${thrown.op}: ${thrown.awsCode}`,
      },
    ];
  }
}

/** What carries the tag of a load test that broke it. */
async function checkFaults({ stacks, startOrphans }: DoctorRequest, session: Session): Promise<readonly Finding[]> {
  const name = 'left by load tests';
  try {
    const left = (await Promise.all(stacks.map((stack) => findLeftovers(session, stack.name)))).flat();
    if (left.length === 0) return [];
    if (!startOrphans)
      return left.map((each) => ({ area: 'orphans', name, state: 'missing', detail: leftoverText(each, session.clock.now()) }));
    const undone = await undoLeftovers(left, session);
    return [{ area: 'orphans', name, state: 'ok', detail: undone.join('; ') }];
  } catch (thrown) {
    if (!(thrown instanceof CloudError)) throw thrown;
    return [
      { area: 'orphans', name, state: thrown.class === 'Denied' ? 'missing' : 'unchecked', detail: `${thrown.op}: ${thrown.awsCode}` },
    ];
  }
}
