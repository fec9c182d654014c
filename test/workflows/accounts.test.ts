/**
 * dev, stage and prod in three accounts, as `docs/examples/promotion` has them: every job assumes the role of its environment at STS, and
 * an account sees the calls of its own roles alone.
 */
import { CreateOpenIDConnectProviderCommand, CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import * as assert from 'uvu/assert';
import type { Role } from '../../reconciler/iam/needs.ts';
import { trustPolicy } from '../../reconciler/iam/trust.ts';
import { readMarker } from '../../reconciler/report/comment-marker.ts';
import { keyOfAccount } from '../../sandbox/access-keys.ts';
import { environmentOf } from '../../sandbox/control.ts';
import { BASE, byKey, copiedCallers, exampleFiles } from '../support/act/promotion.ts';
import { openWorkflows } from '../support/act/runner.ts';
import { endedWith, openStory, output, SHOP, SPEC, type Story } from '../support/act/story.ts';
import { isWrite, stackText } from '../support/faults-bench.ts';
import { suite } from '../support/suite.ts';

const ACCOUNTS = { dev: '111111111111', stage: '222222222222', prod: '333333333333' } as const;
const NAMES = Object.keys(ACCOUNTS) as (keyof typeof ACCOUNTS)[];
const ROLES: readonly Role[] = ['plan', 'apply', 'chaos'];
const arnOf = (account: string, role: string): string => `arn:aws:iam::${account}:role/albedo-${role}`;
const variables = Object.fromEntries(
  NAMES.flatMap((name) => ROLES.map((role) => [`${name}_${role}_ROLE`.toUpperCase(), arnOf(ACCOUNTS[name], role)])),
);

/** The identity provider of an account, and a repository's roles there, trusted as `albedo iam trust` prints it. */
async function equip(story: Story, account: string, repository = SHOP, prefix = 'albedo'): Promise<void> {
  const { id, owner } = story.github.state.repository(repository);
  const iam = new IAMClient({
    ...{ region: 'us-east-1', endpoint: story.bench.sandbox.endpoint },
    credentials: { accessKeyId: keyOfAccount(account), secretAccessKey: 'sandbox' },
  });
  if (repository === SHOP)
    await iam.send(
      new CreateOpenIDConnectProviderCommand({ Url: 'https://token.actions.githubusercontent.com', ClientIDList: ['sts.amazonaws.com'] }),
    );
  for (const role of ROLES) {
    const trust = trustPolicy({
      ...{ role, account, region: 'us-east-1', repository, repositoryId: String(id), ownerId: String(owner.id) },
      // act knows no environments: its jobs are of their branch.
      ...{ environments: [], branches: role === 'plan' ? [] : ['main'], mergeQueues: [], pullRequest: role === 'plan' },
    });
    await iam.send(new CreateRoleCommand({ RoleName: `${prefix}-${role}`, AssumeRolePolicyDocument: JSON.stringify(trust) }));
  }
  iam.destroy();
}

const t = suite('three accounts', {} as { story: Story });
t.before(async (all) => {
  const timings = { instanceStopping: 300, instancePending: 100, loadBalancerProvisioning: 100 };
  all.story = await openStory({ copied: copiedCallers(), assume: true, aws: { dataplane: true, healthy: false, timings } });
  for (const name of NAMES) await equip(all.story, ACCOUNTS[name]);
  all.story.vars = variables;
});
t.after(({ story }) => story.stop());

/** Names of the accounts of these calls of AWS, STS aside, in the order in which they come. */
function accountsIn(calls: readonly { readonly service: string; readonly account: string }[]): string[] {
  const all = calls
    .filter(({ service }) => service !== 'sts')
    .map(({ account }) => NAMES.find((name) => ACCOUNTS[name] === account) ?? account);
  return all.filter((name, at) => name !== all[at - 1]);
}

t('each is planned in its own account, and nothing is changed in any', async ({ story }) => {
  const from = story.bench.sandbox.calls().length;
  const number = story.open('first', exampleFiles());
  endedWith(await story.plan(number), 'success');
  const calls = story.bench.sandbox.calls().slice(from);
  // Jobs that need nothing of each other start in any order.
  assert.equal(accountsIn(calls).sort(), [...NAMES].sort());
  assert.equal(
    calls.filter((call) => isWrite(call) && call.service !== 'sts'),
    [],
  );
  const comments = byKey(story, number);
  for (const name of NAMES) {
    assert.match(comments.get(name) ?? '', `••••${ACCOUNTS[name].slice(-4)}`, name);
    assert.is(readMarker(comments.get(name) ?? '')?.state, 'planned');
  }
});

t('merged: dev, then stage, then prod, each load-tested before the next account is changed', async ({ story }) => {
  const from = story.bench.sandbox.calls().length;
  endedWith(await story.merge(1), 'success');
  const calls = story.bench.sandbox.calls().slice(from);
  // Load tests included: the calls of an account are over when those of the next begin.
  assert.equal(accountsIn(calls), NAMES);
  for (const [name, body] of byKey(story, 1)) assert.is(readMarker(body)?.state, 'verified', name);
  const balancers = story.bench.sandbox.elbv2.loadBalancers().map(({ arn, name }) => `${arn.split(':')[4]} ${name.replace(/-[^-]*$/, '')}`);
  assert.equal(balancers.sort(), NAMES.map((name) => `${ACCOUNTS[name]} webserver-${name}`).sort());
});

t('the role of another environment’s account: that one plans nothing, and no account hears of it', async ({ story }) => {
  const number = story.open('longer', { [BASE]: (exampleFiles()[BASE] ?? '').replace('timeout: 2s', 'timeout: 3s') });
  story.vars = { ...variables, DEV_PLAN_ROLE: arnOf(ACCOUNTS.prod, 'plan') };
  const from = story.bench.sandbox.calls().length;
  const end = endedWith(await story.plan(number), 'failure');
  assert.match(end.out, `The account ID of the provided credentials (${ACCOUNTS.prod}) does not match any of the expected account IDs`);
  assert.equal(accountsIn(story.bench.sandbox.calls().slice(from)).sort(), ['prod', 'stage']);
  assert.equal([...byKey(story, number).keys()].sort(), ['prod', 'stage']);
});

t('a role that trusts other jobs is assumed by none', async ({ story }) => {
  const number = story.open('other', { [BASE]: (exampleFiles()[BASE] ?? '').replace('timeout: 2s', 'timeout: 4s') });
  // The apply role, in a plan of a pull request: `environment.yaml` names variables, and its author could name this one.
  story.vars = { ...variables, PROD_PLAN_ROLE: arnOf(ACCOUNTS.prod, 'apply') };
  const from = story.bench.sandbox.calls().length;
  const end = endedWith(await story.plan(number), 'failure');
  assert.match(end.out, 'Not authorized to perform sts:AssumeRoleWithWebIdentity');
  assert.equal(accountsIn(story.bench.sandbox.calls().slice(from)).sort(), ['dev', 'stage']);
  story.vars = variables;
});

t(
  'a second repository in dev: with roles of its own it plans its own stack, and shop’s roles and stacks are not to be had',
  async ({ story }) => {
    const BLOG = 'acme/blog';
    const { state } = story.github;
    state.addRepository(BLOG, { files: { 'README.md': '# Blog\n' } });
    state.setRole(BLOG, 'dana', 'write');
    await equip(story, ACCOUNTS.dev, BLOG, 'blog');
    const blog = await openWorkflows({ github: story.github, repository: BLOG, aws: environmentOf(story.bench.sandbox), assume: true });
    const plan = async (branch: string, text: string, role: string) => {
      state.commit(BLOG, branch, { files: { [SPEC]: text }, message: branch, author: 'dana' });
      const { number } = state.openPull(BLOG, { title: branch, head: branch, user: 'dana' });
      const from = story.bench.sandbox.calls().length;
      const end = await blog.run({
        ...{ workflow: '.github/workflows/albedo-plan.yml', event: 'pull_request', actor: 'dana', details: { number, action: 'opened' } },
        vars: { AWS_REGION: 'us-east-1', AWS_ACCOUNT_ID: ACCOUNTS.dev, ALBEDO_PLAN_ROLE: `arn:aws:iam::${ACCOUNTS.dev}:role/${role}` },
      });
      const body = [...state.repository(BLOG).comments.values()].find(({ issue }) => issue === number)?.body ?? '';
      return { end, body, accounts: accountsIn(story.bench.sandbox.calls().slice(from)) };
    };
    try {
      const own = await plan('own', stackText({ stack: 'blog', cidr: '10.1' }), 'blog-plan');
      assert.is(output(endedWith(own.end, 'success'), 'to-add'), '14');
      assert.equal(own.accounts, ['dev']);
      const theirs = await plan('theirs', stackText({ stack: 'blog', cidr: '10.1' }), 'albedo-plan');
      assert.match(endedWith(theirs.end, 'failure').out, 'Not authorized to perform sts:AssumeRoleWithWebIdentity');
      assert.equal(theirs.accounts, []);
      const taken = await plan('taken', stackText({ stack: 'webserver-dev' }), 'blog-plan');
      assert.is(output(endedWith(taken.end, 'failure'), 'failure-reason'), 'guard');
      assert.match(taken.body, `is applied from environments/dev/webserver.yaml of the repository ${SHOP}, and this file is of ${BLOG}`);
    } finally {
      blog.remove();
    }
  },
);

t.run();
