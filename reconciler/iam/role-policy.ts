import { asList, type Json } from '../model/json.ts';
import type { Stack } from '../model/model.ts';
import { valueAt } from '../model/paths.ts';
import { partitionOf, whereOf } from './arns.ts';
import { operationsOf, type Role } from './needs.ts';
import { allow, documentsOf, marking, type PolicyDocument, type Statement, statementsFor, writingDown } from './policy.ts';

export interface PolicyRequest {
  readonly role: Role;
  readonly stacks: readonly Stack[];
  /** Names of the experiments that their specs ask for; absent: any. */
  readonly experiments?: readonly string[];
  /** Names of those that every spec leaves to AWS FIS. */
  readonly leftToFis?: readonly string[];
  /** Names of the roles by which schedules undo faults, with their paths; none: no schedule is made. */
  readonly scheduleRoles?: readonly string[];
  /** Names of the roles by which AWS FIS breaks what the specs ask it to, with their paths; none: it breaks nothing. */
  readonly fisRoles?: readonly string[];
  /** Where no stack says one. */
  readonly region: string;
  /** Twelve digits, or `*`. */
  readonly account: string;
}

/** The least that a role needs for these stacks, as documents that fit a managed policy each. */
export function rolePolicy(request: PolicyRequest): readonly PolicyDocument[] {
  const regions = [...new Set(request.stacks.map((stack) => stack.region))].sort();
  const { scheduleRoles = [], fisRoles = [], leftToFis = [] } = request;
  const statements = (regions.length === 0 ? [request.region] : regions).flatMap((region) => {
    const stacks = request.stacks.filter((stack) => stack.region === region);
    const where = whereOf(stacks, region, request.account);
    const ops = operationsOf(request.role, stacks, request.experiments, {
      scheduled: scheduleRoles.length > 0,
      byFis: fisRoles.length > 0,
      leftToFis,
    });
    const own = [
      ...statementsFor(ops, where),
      ...(ops.includes('scheduler:CreateSchedule') ? passing('schedule', scheduleRoles, region, request.account) : []),
      ...(ops.includes('fis:StartExperiment')
        ? [...passing('fis', fisRoles, region, request.account), fisServiceRole(region, request.account)]
        : []),
      ...(request.role === 'chaos' ? [writingDown(where), ...marking(where)] : []),
      ...(request.role === 'apply' ? onBehalf(stacks, region, request.account) : []),
    ];
    return regions.length < 2 ? own : own.map((one) => ({ ...one, Sid: `${one.Sid}${region.replace(/[^a-z0-9]/g, '')}` }));
  });
  return documentsOf(statements);
}

/** Services that are handed a role, by whom the role is for. */
export const PASSED_TO = { schedule: 'scheduler.amazonaws.com', fis: 'fis.amazonaws.com' } as const;

/** Whoever makes a schedule, or a template of FIS, hands it a role: these, and to nobody but that service (IAM user guide, iam:PassedToService). */
export function passing(to: keyof typeof PASSED_TO, roles: readonly string[], region: string, account: string): readonly Statement[] {
  const arns = roles.map((role) => `arn:${partitionOf(region)}:iam::${account}:role/${role}`);
  return arns.length === 0
    ? []
    : [
        allow(to === 'fis' ? 'PassToFis' : 'PassToSchedule', ['iam:PassRole'], arns, {
          StringEquals: { 'iam:PassedToService': PASSED_TO[to] },
        }),
      ];
}

/** The role by which FIS watches alarms comes with the first experiment of an account, in the caller's name (FIS user guide, service-linked roles). */
const fisServiceRole = (region: string, account: string): Statement =>
  allow(
    'FisServiceRole',
    ['iam:CreateServiceLinkedRole'],
    [`arn:${partitionOf(region)}:iam::${account}:role/aws-service-role/fis.amazonaws.com/AWSServiceRoleForFIS`],
    { StringEquals: { 'iam:AWSServiceName': 'fis.amazonaws.com' } },
  );

/** Calls that ELB makes in the caller's name, or that come with its first use in an account. */
function onBehalf(stacks: readonly Stack[], region: string, account: string): readonly Statement[] {
  const partition = partitionOf(region);
  const service = `elasticloadbalancing.amazonaws.com${partition === 'aws-cn' ? '.cn' : ''}`;
  const balances = stacks.length === 0 || stacks.some((stack) => stack.desired.some((entry) => entry.kind === 'loadBalancer'));
  const values = stacks.flatMap((stack) => stack.desired.flatMap((entry) => Object.values(entry.values)));
  const pools = values.flatMap((value) => found(value, 'userPoolArn')).map(String);
  const objects = stacks
    .flatMap((stack) => stack.desired.filter((entry) => entry.kind === 'trustStore'))
    .flatMap((entry) => [entry.values['bundle'], ...asList(entry.values['revocations'])])
    .flatMap((place) => s3ArnOf(place, partition));
  return [
    // The role that lets ELB work in the account is made once, by whoever makes the first load balancer (ELB user guide, service-linked roles).
    ...(balances
      ? [
          allow(
            'ElbServiceRole',
            ['iam:CreateServiceLinkedRole'],
            [
              `arn:${partition}:iam::${account}:role/aws-service-role/elasticloadbalancing.amazonaws.com/AWSServiceRoleForElasticLoadBalancing`,
            ],
            { StringEquals: { 'iam:AWSServiceName': service } },
          ),
        ]
      : []),
    // A rule that signs in with Cognito reads the pool's client (ELB user guide, prepare to use Amazon Cognito).
    ...(pools.length === 0 ? [] : [allow('Cognito', ['cognito-idp:DescribeUserPoolClient'], pools)]),
    // Bundles of authorities and revocation lists are read where the spec says (ELB user guide, trust stores).
    ...(objects.length === 0 ? [] : [allow('TrustStoreFiles', ['s3:GetObject', 's3:GetObjectVersion'], objects)]),
  ];
}

/** All values of a key, however deep. */
function found(value: Json, key: string): readonly Json[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = Array.isArray(value) ? undefined : valueAt(value, key);
  return [...(own === undefined ? [] : [own]), ...Object.values(value).flatMap((inner: Json) => found(inner, key))];
}

/** `s3://bucket/key`, with or without a version. */
function s3ArnOf(place: Json | undefined, partition: string): readonly string[] {
  const match = typeof place === 'string' ? /^(?:s3:\/\/)?([a-z0-9.-]+)\/(.+?)(?:@[^/@]*)?$/.exec(place) : null;
  return match === null ? [] : [`arn:${partition}:s3:::${match[1]}/${match[2]}`];
}
