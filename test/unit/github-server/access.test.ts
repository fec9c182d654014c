// Who may do what: jobs by their permissions, forks, people by their roles, and nobody.

import * as assert from 'uvu/assert';
import { connect, REPO, refused, SHOP, type Shop, startShop } from '../../support/github/bench.ts';
import { suite } from '../../support/suite.ts';

const t = suite('github: permissions');

const shop = await startShop();
const secret = await startShop({ private: true });
const PULL = { ...REPO, issue_number: 1 };

const withJob = ({ github }: Shop, permissions: Parameters<typeof github.state.jobToken>[1]) =>
  connect(github, github.state.jobToken(SHOP, permissions));
const withUser = ({ github }: Shop, login: string) => connect(github, github.state.userToken(login));

t('a job with the permission, and one without: 403 in the words of GitHub, and what would do', async () => {
  await withJob(shop, { 'pull-requests': 'write' }).issues.createComment({ ...PULL, body: 'x' });
  const told = await refused(withJob(shop, { contents: 'read', 'pull-requests': 'read' }).issues.createComment({ ...PULL, body: 'x' }));
  assert.is(told.status, 403);
  assert.match(told.message, /^Resource not accessible by integration/);
  assert.is(told.headers['x-accepted-github-permissions'], 'issues=write; pull_requests=write');
});

t('on an issue, permissions on pull requests do not count', async () => {
  const issue = shop.github.state.openIssue(SHOP, { title: 'Drift' });
  const at = { ...REPO, issue_number: issue.number, body: 'x' };
  assert.is((await refused(withJob(shop, { 'pull-requests': 'write' }).issues.createComment(at))).status, 403);
  assert.is((await withJob(shop, { issues: 'write' }).issues.createComment(at)).status, 201);
});

t('a fork: whatever is asked for, the token only reads', async () => {
  const fork = connect(shop.github, shop.github.state.forkToken(SHOP, { 'pull-requests': 'write', contents: 'read' }));
  assert.is((await fork.pulls.get({ ...REPO, pull_number: 1 })).status, 200);
  const told = await refused(fork.issues.createComment({ ...PULL, body: 'x' }));
  assert.equal([told.status, /Resource not accessible by integration/.test(told.message)], [403, true]);
});

t("a job's token has no user; a person's has", async () => {
  assert.is((await refused(shop.job.users.getAuthenticated())).status, 403);
  assert.is((await withUser(shop, 'dana').users.getAuthenticated()).data.login, 'dana');
});

t('a private repository: 404 to strangers and to jobs of another one, 403 to a job without the permission', async () => {
  const { github } = secret;
  github.state.addRepository('octo/other');
  assert.is((await withJob(secret, { issues: 'read' }).issues.listForRepo(REPO)).status, 200);
  assert.is((await refused(withJob(secret, { contents: 'read' }).issues.listForRepo(REPO))).status, 403);
  assert.is((await refused(withUser(secret, 'stranger').repos.get(REPO))).status, 404);
  assert.is((await refused(connect(github, github.state.jobToken('octo/other', { contents: 'read' })).repos.get(REPO))).status, 404);
  assert.is((await refused(connect(github).repos.get(REPO))).status, 404);
  assert.is((await withUser(secret, 'dana').repos.get(REPO)).status, 200);
});

t('a public repository: anybody reads, nobody writes without a token', async () => {
  const nobody = connect(shop.github);
  assert.is((await nobody.issues.listForRepo(REPO)).status, 200);
  assert.is((await refused(nobody.issues.createComment({ ...PULL, body: 'x' }))).status, 401);
});

t('a token that does not exist: 401', async () => {
  const told = await refused(connect(shop.github, 'ghs_gone').repos.get(REPO));
  assert.equal([told.status, /^Bad credentials/.test(told.message)], [401, true]);
});

t('people: labels need triage, comments of others need write', async () => {
  const { state } = shop.github;
  state.setRole(SHOP, 'tina', 'triage');
  const label = { ...PULL, labels: ['apply:9f3c'] };
  assert.is((await withUser(shop, 'tina').issues.addLabels(label)).status, 200);
  assert.is((await refused(withUser(shop, 'stranger').issues.addLabels(label))).status, 403);
  const comment = { ...REPO, comment_id: state.comment(SHOP, 1, 'stranger', 'mine').id, body: 'changed' };
  assert.is((await withUser(shop, 'stranger').issues.updateComment(comment)).status, 200);
  assert.is((await refused(withUser(shop, 'tina').issues.updateComment(comment))).status, 403);
  assert.is((await withUser(shop, 'dana').issues.updateComment(comment)).status, 200);
});

t('who may write, as the permission level says it', async () => {
  const { state } = shop.github;
  state.setRole(SHOP, 'mia', 'maintain');
  state.user('guest');
  const level = async (username: string) => {
    const { data } = await shop.job.repos.getCollaboratorPermissionLevel({ ...REPO, username });
    return [data.permission, data.role_name];
  };
  assert.equal(await level('octo'), ['admin', 'admin']);
  assert.equal(await level('mia'), ['write', 'maintain']);
  assert.equal(await level('guest'), ['read', 'read']);
  assert.is((await refused(level('no-such-user'))).status, 404);
});

t('check runs are for apps; opening pull requests is for jobs where the repository says so', async () => {
  const { state } = shop.github;
  const check = { ...REPO, name: 'albedo', head_sha: shop.head };
  assert.is((await shop.job.checks.create(check)).status, 201);
  assert.match((await refused(withUser(shop, 'octo').checks.create(check))).message, /^You must authenticate via a GitHub App/);
  state.commit(SHOP, 'adopt', { files: { 'specs/a.yaml': 'a: 1\n' } });
  const pull = { ...REPO, title: 'Adopt', head: 'adopt', base: 'main' };
  assert.match((await refused(shop.job.pulls.create(pull))).message, /^GitHub Actions is not permitted/);
  state.repository(SHOP).actionsMayOpenPulls = true;
  assert.is((await shop.job.pulls.create(pull)).status, 201);
});

t('none of it was a violation', async () => {
  await shop.github.stop();
  await secret.github.stop();
});

t.run();
