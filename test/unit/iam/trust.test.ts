/** Who may assume a role from GitHub Actions, and what keeps a token from it. */

import * as assert from 'uvu/assert';
import { ReconcileError } from '../../../reconciler/errors.ts';
import { claimsOf, fisTrust, missesOf, scheduleTrust, type TrustRequest, trustPolicy } from '../../../reconciler/iam/trust.ts';
import { suite } from '../../support/suite.ts';

const t = suite('trust policies');
const ISSUER = 'token.actions.githubusercontent.com';
const WORKFLOW = 'org/repo/.github/workflows/apply.yml@refs/heads/main';

const asked = (more: Partial<TrustRequest> = {}): TrustRequest => ({
  role: 'apply',
  account: '123456789012',
  region: 'us-east-1',
  repository: 'org/repo',
  repositoryId: '222',
  ownerId: '111',
  environments: ['prod'],
  branches: [],
  mergeQueues: [],
  pullRequest: false,
  ...more,
});

const claims = (more: Readonly<Record<string, string>> = {}) => ({
  aud: 'sts.amazonaws.com',
  sub: 'repo:org@111/repo@222:environment:prod',
  repository_id: '222',
  ...more,
});

t('the role of the schedules is for schedules of one account and region, by their group', () => {
  const group = 'arn:aws:scheduler:us-east-1:123456789012:schedule-group/default';
  assert.equal(scheduleTrust({ account: '123456789012', region: 'us-east-1' }).Statement, [
    {
      Effect: 'Allow',
      Principal: { Service: 'scheduler.amazonaws.com' },
      Action: 'sts:AssumeRole',
      Condition: { StringEquals: { 'aws:SourceAccount': '123456789012', 'aws:SourceArn': group } },
    },
  ]);
  assert.throws(() => scheduleTrust({ account: '*', region: 'us-east-1' }), /is not an AWS account/);
});

t('the role of FIS is for experiments of one account and region', () => {
  assert.equal(fisTrust({ account: '123456789012', region: 'cn-north-1' }).Statement, [
    {
      Effect: 'Allow',
      Principal: { Service: 'fis.amazonaws.com' },
      Action: 'sts:AssumeRole',
      Condition: {
        StringEquals: { 'aws:SourceAccount': '123456789012' },
        ArnLike: { 'aws:SourceArn': 'arn:aws-cn:fis:cn-north-1:123456789012:experiment/*' },
      },
    },
  ]);
  assert.throws(() => fisTrust({ account: '*', region: 'us-east-1' }), /is not an AWS account/);
});

t('both forms of subject, the audience and the repository by number, all of them exact', () => {
  const { Statement } = trustPolicy(asked({ workflows: [WORKFLOW] }));
  assert.equal(Statement, [
    {
      Effect: 'Allow',
      Principal: { Federated: `arn:aws:iam::123456789012:oidc-provider/${ISSUER}` },
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: {
        StringEquals: {
          [`${ISSUER}:aud`]: 'sts.amazonaws.com',
          [`${ISSUER}:repository_id`]: '222',
          [`${ISSUER}:job_workflow_ref`]: WORKFLOW,
          [`${ISSUER}:sub`]: ['repo:org/repo:environment:prod', 'repo:org@111/repo@222:environment:prod'],
        },
      },
    },
  ]);
});

t('a merge queue alone needs a pattern, after the name of its branch', () => {
  const { Statement } = trustPolicy(asked({ role: 'plan', environments: [], pullRequest: true, mergeQueues: ['main'] }));
  assert.is(Statement.length, 2);
  assert.equal(Statement[0]?.Condition['StringEquals']?.[`${ISSUER}:sub`], [
    'repo:org/repo:pull_request',
    'repo:org@111/repo@222:pull_request',
  ]);
  assert.equal(Statement[1]?.Condition['StringLike'], {
    [`${ISSUER}:sub`]: [
      'repo:org/repo:ref:refs/heads/gh-readonly-queue/main/*',
      'repo:org@111/repo@222:ref:refs/heads/gh-readonly-queue/main/*',
    ],
  });
  assert.equal(
    missesOf(
      trustPolicy(asked({ role: 'plan', mergeQueues: ['main'] })),
      claims({ sub: 'repo:org/repo:ref:refs/heads/gh-readonly-queue/main/pr-7-abc' }),
    ),
    [],
  );
});

t('a colon in the name of an environment is written as GitHub writes it', () => {
  const { Statement } = trustPolicy(asked({ environments: ['eu:prod'] }));
  assert.match(JSON.stringify(Statement), /environment:eu%3Aprod/);
});

const WRONG: readonly (readonly [string, Partial<TrustRequest>, RegExp])[] = [
  ['every branch', { environments: [], branches: ['*'] }, /wildcard/],
  ['any repository of an owner', { repository: 'org/*' }, /wildcard/],
  ['a variable of IAM', { environments: [`$${'{aws:username}'}`] }, /wildcard/],
  ['nobody', { environments: [] }, /no one may assume/],
  ['no repository', { repository: 'org' }, /not a repository/],
  ['a short account', { account: '12345' }, /not an AWS account/],
  ['an id that is a name', { repositoryId: 'repo' }, /not an id/],
  ['a workflow without a ref', { workflows: ['org/repo/.github/workflows/apply.yml'] }, /not a workflow/],
  ['apply for pull requests', { pullRequest: true }, /not for pull requests/],
  ['chaos for a merge queue', { role: 'chaos', mergeQueues: ['main'] }, /not for pull requests/],
];

for (const [name, more, words] of WRONG)
  t(`refused: ${name}`, () => {
    assert.throws(
      () => trustPolicy(asked(more)),
      (error: unknown) => error instanceof ReconcileError && words.test(error.message) && error.hint !== '',
    );
  });

t('a token that meets it, in either form, misses nothing', () => {
  const trust = trustPolicy(asked({ workflows: [WORKFLOW] }));
  assert.equal(missesOf(trust, claims({ job_workflow_ref: WORKFLOW })), []);
  assert.equal(missesOf(trust, claims({ job_workflow_ref: WORKFLOW, sub: 'repo:org/repo:environment:prod' })), []);
});

t('a token that does not is told each condition, what is wanted and what it has', () => {
  const trust = trustPolicy(asked({ workflows: [WORKFLOW] }));
  const misses = missesOf(trust, claims({ sub: 'repo:org@111/repo@222:pull_request', repository_id: '333' }));
  assert.equal(
    misses.map(({ claim, has }) => [claim, has]),
    [
      ['repository_id', '333'],
      ['job_workflow_ref', ''],
      ['sub', 'repo:org@111/repo@222:pull_request'],
    ],
  );
  assert.equal(misses[1]?.wanted, [WORKFLOW]);
});

t('a policy with the older subject alone does not let a newer one in, and says so', () => {
  const { repositoryId: _, ownerId: __, ...older } = asked();
  assert.equal(
    missesOf(trustPolicy(older), claims()).map(({ claim }) => claim),
    ['sub'],
  );
});

t('the claims are the middle part of the token; what is no token is said without showing it', () => {
  const decode = (text: string): string => Buffer.from(text, 'base64url').toString('utf8');
  const token = `e30.${Buffer.from(JSON.stringify({ sub: 'repo:org/repo:pull_request' })).toString('base64url')}.signature`;
  assert.equal(claimsOf(token, decode), { sub: 'repo:org/repo:pull_request' });
  for (const bad of ['planted-secret', 'a.planted-secret.c', ''])
    assert.throws(
      () => claimsOf(bad, decode),
      (error: unknown) => error instanceof ReconcileError && !`${error.message}${error.hint}${String(error.cause)}`.includes('planted'),
    );
});

t('several workflows: a token of any of them satisfies it, one of another does not', () => {
  const other = WORKFLOW.replace('apply.yml', 'verify.yml');
  const trust = trustPolicy(asked({ workflows: [WORKFLOW, other] }));
  for (const name of [WORKFLOW, other]) assert.equal(missesOf(trust, claims({ job_workflow_ref: name })), []);
  assert.equal(
    missesOf(trust, claims({ job_workflow_ref: WORKFLOW.replace('apply.yml', 'evil.yml') })).map(({ claim }) => claim),
    ['job_workflow_ref'],
  );
});

t.run();
