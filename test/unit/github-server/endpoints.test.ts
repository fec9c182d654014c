// Every operation that the server serves is asked by octokit, with pages of two, and nothing of it is a violation.

import * as assert from 'uvu/assert';
import { connect, REPO, SHOP, startShop } from '../../support/github/bench.ts';
import { ROUTES } from '../../support/github/serve.ts';
import { suite } from '../../support/suite.ts';

const t = suite('github: every endpoint through octokit');

const shop = await startShop({ pageCap: 2 });
const { github, job, head, run } = shop;
const { state } = github;

t('users and limits', async () => {
  const dana = connect(github, state.userToken('dana'));
  assert.is((await dana.users.getAuthenticated()).data.login, 'dana');
  assert.is((await job.users.getByUsername({ username: 'github-actions[bot]' })).data.id, 41_898_282);
  const { core } = (await job.rateLimit.get()).data.resources;
  assert.is(core.limit, 1000);
  assert.is(core.remaining, 999, 'asking for the limit itself costs nothing');
});

t('a repository, its collaborators and files', async () => {
  assert.is((await job.repos.get(REPO)).data.default_branch, 'main');
  const level = await job.repos.getCollaboratorPermissionLevel({ ...REPO, username: 'dana' });
  assert.is(level.data.permission, 'write');
  const { data: file } = await job.repos.getContent({ ...REPO, path: 'specs/shop.yaml', ref: head });
  assert.ok(!Array.isArray(file) && file.type === 'file');
  assert.is(Buffer.from(file.content, 'base64').toString(), 'weight: 90\nidle: 60\n');
  const { data: folder } = await job.repos.getContent({ ...REPO, path: 'specs', ref: 'feature/weights' });
  assert.equal(
    (folder as { name: string }[]).map(({ name }) => name),
    ['b.yaml', 'shop.yaml'],
  );
  const { data: root } = await job.repos.getContent({ ...REPO, path: '' });
  assert.equal(
    (root as { type: string }[]).map(({ type }) => type),
    ['file', 'dir'],
  );
  const raw = await job.repos.getContent({ ...REPO, path: 'README.md', mediaType: { format: 'raw' } });
  assert.is(raw.data as unknown, '# Shop\n');
  const content = Buffer.from('weight: 1\n').toString('base64');
  await job.git.createRef({ ...REPO, ref: 'refs/heads/adopt', sha: head });
  const put = await job.repos.createOrUpdateFileContents({ ...REPO, path: 'specs/c.yaml', message: 'Add c', content, branch: 'adopt' });
  assert.is(put.status, 201);
});

t('a commit made without a branch', async () => {
  const { data: parent } = await job.git.getCommit({ ...REPO, commit_sha: head });
  const files = [{ path: 'specs/d.yaml', mode: '100644', type: 'blob', content: 'weight: 2\n' } as const];
  const { data: tree } = await job.git.createTree({ ...REPO, base_tree: parent.tree.sha, tree: files });
  assert.is(tree.tree.length, 4);
  const { data: commit } = await job.git.createCommit({ ...REPO, message: 'Add d', tree: tree.sha, parents: [head] });
  assert.equal([commit.author.name, commit.tree.sha, commit.parents[0]?.sha], ['github-actions[bot]', tree.sha, head]);
  assert.is(state.findCommit(commit.sha).tree.get('specs/d.yaml'), 'weight: 2\n');
});

t('refs, branches, commits and comparisons', async () => {
  assert.is((await job.repos.getBranch({ ...REPO, branch: 'feature/weights' })).data.commit.sha, head);
  assert.is((await job.git.getRef({ ...REPO, ref: 'heads/feature/weights' })).data.object.sha, head);
  await job.git.createRef({ ...REPO, ref: 'refs/heads/other', sha: state.pullCommits(SHOP, 1).base.sha });
  assert.is((await job.git.updateRef({ ...REPO, ref: 'heads/other', sha: head })).data.object.sha, head);
  assert.is((await job.git.deleteRef({ ...REPO, ref: 'heads/other' })).status, 204);
  const { data: commit } = await job.repos.getCommit({ ...REPO, ref: head });
  assert.equal(commit.stats, { additions: 2, deletions: 1, total: 3 });
  assert.is((await job.paginate(job.repos.listCommits, { ...REPO, sha: 'adopt' })).length, 3);
  const { data: compared } = await job.repos.compareCommitsWithBasehead({ ...REPO, basehead: 'main...feature/weights' });
  assert.equal([compared.status, compared.ahead_by, compared.files?.length], ['ahead', 1, 2]);
  const { data: pulls } = await job.repos.listPullRequestsAssociatedWithCommit({ ...REPO, commit_sha: head });
  assert.equal(
    pulls.map(({ number }) => number),
    [1],
  );
});

t('pull requests', async () => {
  state.repository(SHOP).actionsMayOpenPulls = true;
  const { data: made } = await job.pulls.create({ ...REPO, title: 'Adopt', head: 'adopt', base: 'main', body: 'Takes the live value.' });
  assert.is(made.user.login, 'github-actions[bot]');
  assert.is((await job.paginate(job.pulls.list, { ...REPO, state: 'all' })).length, 2);
  assert.is((await job.pulls.get({ ...REPO, pull_number: 1 })).data.changed_files, 2);
  assert.is((await job.paginate(job.pulls.listFiles, { ...REPO, pull_number: made.number, per_page: 100 })).length, 3);
  assert.is((await job.pulls.listCommits({ ...REPO, pull_number: 1 })).data[0]?.sha, head);
  await job.pulls.createReview({ ...REPO, pull_number: 1, event: 'COMMENT', body: 'See the plan.' });
  state.review(SHOP, 1, 'erin', 'APPROVED');
  const { data: reviews } = await job.pulls.listReviews({ ...REPO, pull_number: 1 });
  assert.equal(
    reviews.map((review) => [review.state, review.commit_id]),
    [
      ['COMMENTED', head],
      ['APPROVED', head],
    ],
  );
  assert.is((await job.pulls.update({ ...REPO, pull_number: made.number, state: 'closed' })).data.state, 'closed');
});

t('issues and their comments', async () => {
  const { data: issue } = await job.issues.create({
    ...REPO,
    title: 'Drift of shop',
    body: 'idle is 75',
    labels: ['drift'],
    assignees: ['dana'],
  });
  assert.equal([issue.user?.id, issue.state], [41_898_282, 'open']);
  assert.is((await job.paginate(job.issues.listForRepo, { ...REPO, labels: 'drift' })).length, 1);
  assert.is((await job.paginate(job.issues.listForRepo, { ...REPO, state: 'all' })).length, 3, 'pull requests are issues');
  const { data: closed } = await job.issues.update({ ...REPO, issue_number: issue.number, state: 'closed', state_reason: 'completed' });
  assert.equal([closed.state, closed.state_reason, closed.closed_by?.login], ['closed', 'completed', 'github-actions[bot]']);
  assert.is((await job.issues.get({ ...REPO, issue_number: issue.number })).data.state, 'closed');
  for (const body of ['one', 'two', 'three']) await job.issues.createComment({ ...REPO, issue_number: 1, body });
  const comments = await job.paginate(job.issues.listComments, { ...REPO, issue_number: 1, per_page: 100 });
  assert.equal(
    comments.map(({ body }) => body),
    ['one', 'two', 'three'],
  );
  const comment_id = comments[0]?.id ?? 0;
  await job.issues.updateComment({ ...REPO, comment_id, body: 'changed' });
  assert.is((await job.issues.getComment({ ...REPO, comment_id })).data.body, 'changed');
  assert.is((await job.issues.deleteComment({ ...REPO, comment_id })).status, 204);
  assert.is((await job.paginate(job.issues.listComments, { ...REPO, issue_number: 1 })).length, 2);
});

t('labels', async () => {
  const on = { ...REPO, issue_number: 1 };
  assert.is((await job.issues.createLabel({ ...REPO, name: 'apply:9f3c', color: 'ff0000', description: 'Apply this plan.' })).status, 201);
  assert.is((await job.issues.getLabel({ ...REPO, name: 'apply:9f3c' })).data.color, 'ff0000');
  const names = async (list: Promise<{ data: { name: string }[] }>) => (await list).data.map(({ name }) => name);
  assert.equal(await names(job.issues.addLabels({ ...on, labels: ['apply:9f3c'] })), ['preview', 'apply:9f3c']);
  assert.equal(await names(job.issues.removeLabel({ ...on, name: 'apply:9f3c' })), ['preview']);
  const events = (await job.issues.listEvents(on)).data as readonly {
    readonly event: string;
    readonly actor: { readonly login: string };
  }[];
  assert.equal(
    events.slice(-2).map(({ event, actor }) => `${event} by ${actor.login}`),
    ['labeled by github-actions[bot]', 'unlabeled by github-actions[bot]'],
  );
  assert.equal(await names(job.issues.setLabels({ ...on, labels: ['a', 'b'] })), ['a', 'b']);
  assert.equal(await names(job.issues.listLabelsOnIssue(on)), ['a', 'b']);
  assert.is((await job.paginate(job.issues.listLabelsForRepo, REPO)).length, 5);
  assert.is((await job.issues.deleteLabel({ ...REPO, name: 'a' })).status, 204);
  assert.equal(await names(job.issues.listLabelsOnIssue(on)), ['b']);
});

t('check runs and statuses', async () => {
  const annotations = [1, 2, 3].map((line) => ({
    path: 'specs/shop.yaml',
    start_line: line,
    end_line: line,
    annotation_level: 'warning' as const,
    message: 'x',
  }));
  const output = { title: '1 change', summary: 'One weight moves.', annotations };
  const { data: check } = await job.checks.create({ ...REPO, name: 'albedo', head_sha: head, status: 'in_progress', output });
  assert.equal(
    check.pull_requests.map((pull) => pull?.number),
    [1],
  );
  const update = { ...REPO, check_run_id: check.id, conclusion: 'success' as const, output: { ...output, title: 'applied' } };
  assert.is((await job.checks.update(update)).data.status, 'completed');
  assert.is((await job.checks.get({ ...REPO, check_run_id: check.id })).data.output.annotations_count, 6, 'each request adds its own');
  assert.is((await job.paginate(job.checks.listAnnotations, { ...REPO, check_run_id: check.id })).length, 6);
  const checks = await job.paginate(job.checks.listForRef, { ...REPO, ref: 'feature/weights' });
  assert.equal(checks.map(({ name }) => name).sort(), ['albedo', 'plan', 'report', 'static']);
  await job.repos.createCommitStatus({ ...REPO, sha: head, state: 'pending', context: 'albedo' });
  await job.repos.createCommitStatus({
    ...REPO,
    sha: head,
    state: 'success',
    context: 'albedo',
    description: 'applied',
    target_url: 'https://example.com/',
  });
  assert.is((await job.repos.listCommitStatusesForRef({ ...REPO, ref: head })).data.length, 2);
  const { data: combined } = await job.repos.getCombinedStatusForRef({ ...REPO, ref: head });
  assert.equal([combined.state, combined.total_count], ['success', 1]);
});

t('workflows, runs, jobs, artifacts and approvals', async () => {
  const at = { ...REPO, run_id: run.id };
  assert.is((await job.actions.getWorkflow({ ...REPO, workflow_id: 'plan.yml' })).data.path, '.github/workflows/plan.yml');
  assert.is((await job.actions.getWorkflowRun(at)).data.head_sha, head);
  const { data: runs } = await job.actions.listWorkflowRuns({
    ...REPO,
    workflow_id: 'plan.yml',
    head_sha: head,
    event: 'pull_request',
    status: 'success',
  });
  assert.is(runs.total_count, 1);
  assert.is((await job.paginate(job.actions.listWorkflowRunsForRepo, { ...REPO, event: 'push' })).length, 0);
  const jobs = await job.paginate(job.actions.listJobsForWorkflowRun, at);
  assert.is(jobs.length, 3);
  assert.is((await job.actions.getJobForWorkflowRun({ ...REPO, job_id: jobs[0]?.id ?? 0 })).data.name, 'plan');
  state.addEnvironment(SHOP, 'alb-prod', ['dana']);
  state.approve(SHOP, run.id, { user: 'dana', environment: 'alb-prod' });
  assert.is((await job.actions.getReviewsForRun(at)).data[0]?.user.login, 'dana');
  assert.is((await job.repos.getEnvironment({ ...REPO, environment_name: 'alb-prod' })).data.protection_rules?.length, 1);
  for (const name of ['plan', 'report', 'points']) state.addArtifact(SHOP, run.id, name, { 'plan.json': '{}' });
  const artifacts = await job.paginate(job.actions.listWorkflowRunArtifacts, at);
  assert.is(artifacts.length, 3);
  const { data: named } = await job.actions.listArtifactsForRepo({ ...REPO, name: 'plan' });
  const artifact_id = named.artifacts[0]?.id ?? 0;
  assert.is((await job.actions.getArtifact({ ...REPO, artifact_id })).data.workflow_run?.head_sha, head);
  const { data: zip } = await job.actions.downloadArtifact({ ...REPO, artifact_id, archive_format: 'zip' });
  assert.is((zip as ArrayBuffer).byteLength, artifacts.find(({ name }) => name === 'plan')?.size_in_bytes);
  const sent = { ...REPO, workflow_id: 'plan.yml', ref: 'main', inputs: { target: 'shop' } };
  assert.is((await job.actions.createWorkflowDispatch(sent)).status as number, 204);
  assert.equal(state.repository(SHOP).dispatches[0]?.inputs, { target: 'shop' });
});

t('deployments', async () => {
  const draft = { ...REPO, ref: 'main', environment: 'alb-prod', auto_merge: false, required_contexts: [], payload: { digest: '9f3c' } };
  const { data } = await job.repos.createDeployment(draft);
  const deployment_id = 'id' in data ? data.id : 0;
  const url = 'https://example.com/';
  await job.repos.createDeploymentStatus({ ...REPO, deployment_id, state: 'success', environment_url: url, log_url: url });
  assert.is((await job.repos.listDeploymentStatuses({ ...REPO, deployment_id })).data[0]?.state, 'success');
  assert.equal((await job.repos.getDeployment({ ...REPO, deployment_id })).data.payload, { digest: '9f3c' });
  assert.is((await job.repos.listDeployments({ ...REPO, environment: 'alb-prod' })).data.length, 1);
});

t('nothing served was left out, and nothing was a violation', async () => {
  const asked = new Set(github.requests().map(({ operation }) => operation));
  assert.equal(
    Object.keys(ROUTES).filter((id) => !asked.has(id)),
    [],
  );
  await github.stop();
});

t.run();
