// What GitHub does beyond its description: where a pull request's base is, what a merge leaves, limits of bodies, forks, artifacts.
import { unzipSync } from 'fflate';
import * as assert from 'uvu/assert';
import { connect, REPO, refused, SHOP, startShop } from '../../support/github/bench.ts';
import { suite } from '../../support/suite.ts';

const t = suite('github: behaviour');

const { github, job, run } = await startShop();
const { state } = github;
const PULL = { ...REPO, issue_number: 1 };
const pull = async (pull_number: number) => (await job.pulls.get({ ...REPO, pull_number })).data;
const pullsOf = async (commit_sha: string) =>
  (await job.repos.listPullRequestsAssociatedWithCommit({ ...REPO, commit_sha })).data.map(({ number }) => number);

t('a comment may have 65,536 characters and not one more; an issue says so in other words', async () => {
  const most = 'é'.repeat(65_536);
  assert.is((await job.issues.createComment({ ...PULL, body: most })).status, 201);
  const told = await refused(job.issues.createComment({ ...PULL, body: `${most}.` }));
  assert.is(told.status, 422);
  assert.equal((told.data as { errors: unknown }).errors, [
    { resource: 'IssueComment', code: 'unprocessable', field: 'data', message: 'Body is too long (maximum is 65536 characters)' },
  ]);
  assert.match((await refused(job.issues.create({ ...REPO, title: 't', body: `${most}.` }))).message, /body is too long/);
  assert.is((await refused(job.issues.createComment({ ...PULL, body: ' ' }))).status, 422);
});

t('a token of a job writes as github-actions[bot], a person under their own name', async () => {
  const mine = (await job.issues.createComment({ ...PULL, body: 'x' })).data;
  assert.equal([mine.user?.login, mine.user?.id, mine.user?.type], ['github-actions[bot]', 41_898_282, 'Bot']);
  const theirs = (await connect(github, state.userToken('dana')).issues.createComment({ ...PULL, body: 'x' })).data;
  assert.equal([theirs.user?.login, theirs.user?.type, theirs.author_association], ['dana', 'User', 'COLLABORATOR']);
});

t('the base that a pull request tells is noted when its head moves, not when the base does', async () => {
  const before = await pull(1);
  state.commit(SHOP, 'main', { files: { 'NOTES.md': 'n\n' } });
  assert.is((await pull(1)).base.sha, before.base.sha);
  state.commit(SHOP, 'feature/weights', { files: { 'specs/b.yaml': 'weight: 11\n' }, author: 'dana' });
  const after = await pull(1);
  assert.is(after.base.sha, state.repository(SHOP).refs.get('refs/heads/main'));
  assert.is.not(after.head.sha, before.head.sha);
  assert.is(after.commits, 2);
  assert.is(state.resolve(state.repository(SHOP), 'refs/pull/1/merge'), after.merge_commit_sha);
});

t('a conflict is not mergeable', async () => {
  state.commit(SHOP, 'clash', { files: { 'README.md': 'mine\n' }, author: 'dana' });
  const { number } = state.openPull(SHOP, { head: 'clash', title: 'Clash', user: 'dana' });
  assert.is((await pull(number)).mergeable, true);
  state.commit(SHOP, 'main', { files: { 'README.md': 'theirs\n' } });
  state.commit(SHOP, 'clash', { files: { 'README.md': 'mine again\n' }, author: 'dana' });
  const clashing = await pull(number);
  assert.equal([clashing.mergeable, clashing.mergeable_state, clashing.merge_commit_sha], [false, 'dirty', null]);
});

t('a fork: its head is in another repository, and runs of it list no pull request', async () => {
  state.fork(SHOP, 'eve');
  const commit = state.commit('eve/shop', 'idle', { files: { 'specs/shop.yaml': 'weight: 100\nidle: 75\n' }, author: 'eve' });
  const { number } = state.openPull(SHOP, { head: 'eve:idle', title: 'Idle', user: 'eve' });
  const { head, base } = await pull(number);
  assert.equal([head.repo?.full_name, head.label, base.repo.full_name], ['eve/shop', 'eve:idle', SHOP]);
  const seed = { workflow: '.github/workflows/plan.yml', event: 'pull_request', headBranch: 'idle', headSha: commit.sha };
  const forked = state.addRun(SHOP, { ...seed, headRepository: 'eve/shop', conclusion: 'success' });
  const { data } = await job.actions.getWorkflowRun({ ...REPO, run_id: forked.id });
  assert.equal([data.head_repository.full_name, data.pull_requests], ['eve/shop', []]);
  assert.equal(await pullsOf(commit.sha), [], 'asked of the base, the commit tells nothing');
  const { data: told } = await job.repos.listPullRequestsAssociatedWithCommit({ owner: 'eve', repo: 'shop', commit_sha: commit.sha });
  assert.equal(
    told.map((each) => [each.number, each.base.repo.full_name]),
    [[number, SHOP]],
    'asked of the fork, which it is',
  );
  const { data: listed } = await job.pulls.list({ ...REPO, head: 'eve:idle' });
  assert.is(listed.length, 1);
});

t('from a merged commit to its pull request, squashed or not; not from one that was never in one', async () => {
  const opened = await pull(1);
  const squashed = state.merge(SHOP, 1, 'octo', 'squash');
  assert.equal(await pullsOf(squashed.sha), [1]);
  const merged = await pull(1);
  assert.equal([merged.state, merged.merged, merged.merged_by?.login, merged.merge_commit_sha], ['closed', true, 'octo', squashed.sha]);
  assert.is(merged.head.sha, opened.head.sha, 'the head stays where it was reviewed');
  state.commit(SHOP, 'feature/weights', { files: { late: '1' } });
  assert.is((await pull(1)).head.sha, opened.head.sha, 'also when its branch goes on');
  assert.equal(await pullsOf(state.commit(SHOP, 'main', { files: { direct: '1' } }).sha), []);
});

t('names that are there already, branches that are not, pull requests of nothing', async () => {
  state.repository(SHOP).actionsMayOpenPulls = true;
  const open = (head: string) => refused(job.pulls.create({ ...REPO, title: 'x', head, base: 'main' }));
  assert.match((await open('clash')).message, /A pull request already exists for octo:clash/);
  assert.match((await open('nowhere')).message, /"field":"head"/);
  state.commit(SHOP, 'same', { files: {} });
  state.repository(SHOP).refs.set('refs/heads/same', state.repository(SHOP).refs.get('refs/heads/main') ?? '');
  assert.match((await open('same')).message, /No commits between main and same/);
  const label = { ...REPO, name: 'preview', color: 'ffffff' };
  assert.match((await refused(job.issues.createLabel(label))).message, /already_exists/);
  assert.is((await refused(job.issues.removeLabel({ ...PULL, name: 'none' }))).status, 404);
});

t('a file is replaced only by who knows what is there: 409 and 422', async () => {
  const at = { ...REPO, path: 'README.md', message: 'm', content: Buffer.from('new\n').toString('base64') };
  assert.is((await refused(job.repos.createOrUpdateFileContents(at))).status, 422);
  assert.is((await refused(job.repos.createOrUpdateFileContents({ ...at, sha: '0'.repeat(40) }))).status, 409);
  const { data } = await job.repos.getContent({ ...REPO, path: 'README.md' });
  const sha = Array.isArray(data) ? '' : data.sha;
  assert.is((await job.repos.createOrUpdateFileContents({ ...at, sha })).status, 200);
  const rename = { ...REPO, ref: 'heads/main', sha: state.pullCommits(SHOP, 1).base.sha };
  assert.match((await refused(job.git.updateRef(rename))).message, /not a fast forward/);
});

t('a completed check run says how it ended', async () => {
  const { head } = await pull(1);
  const check = { ...REPO, name: 'albedo', head_sha: head.sha, status: 'completed' as const };
  assert.is((await refused(job.checks.create(check as never))).status, 422);
  assert.is((await job.checks.create({ ...check, conclusion: 'neutral' })).status, 201);
  assert.is((await refused(job.checks.create({ ...check, head_sha: '0'.repeat(40), conclusion: 'neutral' }))).status, 422);
});

t('the summary of a check run is counted in bytes, its text is cut', async () => {
  const { head } = await pull(1);
  const check = { ...REPO, name: 'albedo', head_sha: head.sha };
  const emoji = '\u{1F7E0}'.repeat(16_384);
  assert.is((await job.checks.create({ ...check, output: { title: 't', summary: emoji.slice(2) } })).status, 201);
  assert.match(
    (await refused(job.checks.create({ ...check, output: { title: 't', summary: emoji } }))).message,
    /maximum bytesize of 65535/,
  );
  const { data } = await job.checks.create({ ...check, output: { title: 't', summary: 's', text: emoji } });
  assert.is(data.output.text, emoji.slice(2));
});

t('an artifact comes from another origin, without the token, and is gone when it has expired', async () => {
  const artifact = state.addArtifact(SHOP, run.id, 'plan', { 'plan.json': '{"digest":"9f3c"}' });
  const at = { ...REPO, artifact_id: artifact.id, archive_format: 'zip' };
  const { data, url } = await job.actions.downloadArtifact(at);
  assert.is.not(new URL(url).origin, new URL(github.url).origin);
  const files = unzipSync(new Uint8Array(data as ArrayBuffer));
  assert.is(Buffer.from(files['plan.json'] ?? []).toString(), '{"digest":"9f3c"}');
  assert.is((await fetch(url, { headers: { authorization: 'Bearer x' } })).status, 400);
  assert.is((await fetch(`${url}x`)).status, 404);
  artifact.expired = true;
  assert.is((await refused(job.actions.downloadArtifact(at))).status, 410);
});

t('a dispatch: an input, a branch or a workflow that is not there', async () => {
  const send = (over: object) => refused(job.actions.createWorkflowDispatch({ ...REPO, workflow_id: 'plan.yml', ref: 'main', ...over }));
  assert.match((await send({ inputs: { targt: 'x' } })).message, /Unexpected inputs provided: \["targt"\]/);
  assert.match((await send({ ref: 'nowhere' })).message, /No ref found/);
  assert.is((await send({ workflow_id: 'none.yml' })).status, 404);
  state.addWorkflow(SHOP, '.github/workflows/ci.yml');
  assert.match((await send({ workflow_id: 'ci.yml' })).message, /does not have 'workflow_dispatch' trigger/);
});

t('none of it was a violation', () => github.stop());

t.run();
