import { ReconcileError } from '../errors.ts';
import { partitionOf } from './arns.ts';
import type { Role } from './needs.ts';
import type { Condition } from './policy.ts';

/**
 * Trust policies for roles that GitHub Actions assumes by OpenID Connect, and why a token does not satisfy one. A job's
 * subject is `repo:ORG/REPO:<context>`, or, for repositories made, renamed or moved since 15 July 2026,
 * `repo:ORG@ID/REPO@ID:<context>` (GitHub, "OpenID Connect reference"; configure-aws-credentials issue 1888).
 */

export interface TrustRequest {
  readonly role: Role;
  readonly account: string;
  readonly region: string;
  /** `ORG/REPO`, as GitHub writes it. */
  readonly repository: string;
  /** The API's numbers, which survive a new name and cannot be taken over with an old one. */
  readonly repositoryId?: string;
  readonly ownerId?: string;
  readonly environments: readonly string[];
  readonly branches: readonly string[];
  /** Branches whose merge queue may assume the role. */
  readonly mergeQueues: readonly string[];
  readonly pullRequest: boolean;
  /** `ORG/REPO/.github/workflows/apply.yml@refs/heads/main`: the reusable workflows that alone may do it; none: any. */
  readonly workflows?: readonly string[];
}

export interface TrustStatement {
  readonly Effect: 'Allow';
  readonly Principal: { readonly Federated: string };
  readonly Action: 'sts:AssumeRoleWithWebIdentity';
  readonly Condition: Condition;
}

/** Trust policy of a role that a service assumes: EventBridge Scheduler, or AWS FIS. */
export interface ServiceTrust {
  readonly Version: '2012-10-17';
  readonly Statement: readonly [
    {
      readonly Effect: 'Allow';
      readonly Principal: { readonly Service: 'scheduler.amazonaws.com' | 'fis.amazonaws.com' };
      readonly Action: 'sts:AssumeRole';
      readonly Condition: Condition;
    },
  ];
}

/**
 * Lets in schedules of this account and region alone, by their group: an ARN of a schedule is nothing that AWS compares (EventBridge Scheduler
 * user guide, "Confused deputy prevention").
 */
export function scheduleTrust({ account, region }: { readonly account: string; readonly region: string }): ServiceTrust {
  checkAccount(account);
  const group = `arn:${partitionOf(region)}:scheduler:${region}:${account}:schedule-group/default`;
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Service: 'scheduler.amazonaws.com' },
        Action: 'sts:AssumeRole',
        Condition: { StringEquals: { 'aws:SourceAccount': account, 'aws:SourceArn': group } },
      },
    ],
  };
}

/** Lets in experiments of this account and region alone (FIS user guide, experiment role). */
export function fisTrust({ account, region }: { readonly account: string; readonly region: string }): ServiceTrust {
  checkAccount(account);
  const experiments = `arn:${partitionOf(region)}:fis:${region}:${account}:experiment/*`;
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Service: 'fis.amazonaws.com' },
        Action: 'sts:AssumeRole',
        Condition: { StringEquals: { 'aws:SourceAccount': account }, ArnLike: { 'aws:SourceArn': experiments } },
      },
    ],
  };
}

export interface TrustDocument {
  readonly Version: '2012-10-17';
  readonly Statement: readonly TrustStatement[];
}

const ISSUER = 'token.actions.githubusercontent.com';

/** Throws `SpecInvalid` on what would let in more than was meant. */
export function trustPolicy(request: TrustRequest): TrustDocument {
  check(request);
  const [only, ...others] = request.workflows ?? [];
  const exact = [
    ...request.environments.map((name) => `environment:${escaped(name)}`),
    ...request.branches.map((name) => `ref:refs/heads/${name}`),
    ...(request.pullRequest ? ['pull_request'] : []),
  ];
  // The queue's branches carry the number of the pull request and a commit: only their beginning is known.
  const begun = request.mergeQueues.map((name) => `ref:refs/heads/gh-readonly-queue/${name}/*`);
  const statement = (operator: 'StringEquals' | 'StringLike', contexts: readonly string[]): readonly TrustStatement[] => {
    if (contexts.length === 0) return [];
    const subjects = { [`${ISSUER}:sub`]: contexts.flatMap((context) => subjectsOf(request, context)) };
    const fixed = {
      [`${ISSUER}:aud`]: 'sts.amazonaws.com',
      ...(request.repositoryId === undefined ? {} : { [`${ISSUER}:repository_id`]: request.repositoryId }),
      ...(only === undefined ? {} : { [`${ISSUER}:job_workflow_ref`]: others.length === 0 ? only : [only, ...others] }),
    };
    return [
      {
        Effect: 'Allow',
        Principal: { Federated: `arn:${partitionOf(request.region)}:iam::${request.account}:oidc-provider/${ISSUER}` },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition:
          operator === 'StringEquals' ? { StringEquals: { ...fixed, ...subjects } } : { StringEquals: fixed, StringLike: subjects },
      },
    ];
  };
  return { Version: '2012-10-17', Statement: [...statement('StringEquals', exact), ...statement('StringLike', begun)] };
}

/** Both forms, since a repository keeps the older one until it is renamed, moved or opted in. */
function subjectsOf({ repository, repositoryId, ownerId }: TrustRequest, context: string): readonly string[] {
  const [owner = '', name = ''] = repository.split('/');
  const older = `repo:${repository}:${context}`;
  return repositoryId === undefined || ownerId === undefined
    ? [older]
    : [older, `repo:${owner}@${ownerId}/${name}@${repositoryId}:${context}`];
}

/** A colon parts a subject: GitHub writes one in a name as `%3A`. */
const escaped = (name: string): string => name.replaceAll(':', '%3A');

const wrong = (message: string, hint: string) => new ReconcileError('SpecInvalid', message, { hint });

function checkAccount(account: string): void {
  if (!/^\d{12}$/.test(account)) throw wrong(`${account} is not an AWS account`, 'Give the twelve digits with --account.');
}

function check(request: TrustRequest): void {
  const said = [request.repository, ...request.environments, ...request.branches, ...request.mergeQueues, ...(request.workflows ?? [])];
  const wild = said.find((text) => /[*?]|\$\{/.test(text));
  if (wild !== undefined)
    throw wrong(`${wild} contains a wildcard`, 'Name exactly what may assume the role: a pattern can allow more than you intend.');
  if (!/^[\w.-]+\/[\w.-]+$/.test(request.repository)) throw wrong(`${request.repository} is not a repository`, 'Write ORG/REPO.');
  checkAccount(request.account);
  for (const id of [request.repositoryId, request.ownerId])
    if (id !== undefined && !/^\d+$/.test(id))
      throw wrong(`${id} is not an id`, 'Ids are numbers: `gh api repos/ORG/REPO --jq .id,.owner.id`.');
  const odd = request.workflows?.find((name) => !/^[\w.-]+\/[\w.-]+\/\.github\/workflows\/[^@]+\.ya?ml@\S+$/.test(name));
  if (odd !== undefined) throw wrong(`${odd} is not a workflow`, 'Write ORG/REPO/.github/workflows/apply.yml@refs/heads/main.');
  if (request.environments.length + request.branches.length + request.mergeQueues.length === 0 && !request.pullRequest)
    throw wrong('no one may assume the role yet', 'Add --environment, --branch, --merge-queue or --pull-request.');
  if (request.role !== 'plan' && (request.pullRequest || request.mergeQueues.length > 0))
    throw wrong(
      `the ${request.role} role is not for pull requests`,
      'Anyone who may open one could change resources in AWS: use an environment with reviewers.',
    );
}

/** One condition that a token does not meet. */
export interface Miss {
  /** `sub`, `aud`, `repository_id`… */
  readonly claim: string;
  readonly wanted: readonly string[];
  /** Empty when the token has no such claim. */
  readonly has: string;
}

/** What keeps a token with these claims from the role: of the statement that is nearest to letting it in. Empty: nothing does. */
export function missesOf(trust: TrustDocument, claims: Readonly<Record<string, unknown>>): readonly Miss[] {
  const all = trust.Statement.map((statement) =>
    Object.entries(statement.Condition).flatMap(([operator, keys]) =>
      Object.entries(keys).flatMap(([key, value]): readonly Miss[] => {
        const claim = key.slice(key.indexOf(':') + 1);
        const wanted = typeof value === 'string' ? [value] : value;
        const has = claims[claim] === undefined ? '' : String(claims[claim]);
        const met = wanted.some((one) => (operator === 'StringLike' ? like(one, has) : one === has));
        return met ? [] : [{ claim, wanted, has }];
      }),
    ),
  );
  return all.toSorted((one, other) => one.length - other.length)[0] ?? [];
}

const like = (pattern: string, text: string): boolean =>
  new RegExp(
    `^${pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  ).test(text);

/** The claims of a token, which nobody but its issuer has checked. Throws `SpecInvalid` on what is none. */
export function claimsOf(token: string, decode: (base64url: string) => string): Readonly<Record<string, unknown>> {
  try {
    const claims: unknown = JSON.parse(decode(token.split('.')[1] ?? ''));
    if (typeof claims === 'object' && claims !== null) return claims as Readonly<Record<string, unknown>>;
  } catch {
    // Told below, without the token.
  }
  throw new ReconcileError('SpecInvalid', 'the token from GitHub cannot be read', {
    hint: 'It should be a JSON Web Token: please report this.',
  });
}
