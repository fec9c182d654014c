/** A pull request that writes what is live, on a GitHub that checks every request against GitHub's own description. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { type Proposal, propose } from '../../../action/accept.ts';
import { readContext } from '../../../action/context.ts';
import { GitHubFailure, openGitHub } from '../../../action/github.ts';
import { ReconcileError } from '../../../reconciler/errors.ts';
import { unifiedDiff } from '../../../reconciler/report/unified-diff.ts';
import { realClock } from '../../../reconciler/run/pipeline.ts';
import { type GitHub, startGitHub } from '../../support/github/server.ts';
import { rejects } from '../../support/rejects.ts';
import { suite } from '../../support/suite.ts';

const SHOP = 'acme/shop';
const FILE = 'environments/prod/web.yaml';
const BRANCH = 'albedo/accept-web';
const [BEFORE, AFTER] = ['stack: web\nidleTimeout: 60s # as always\n', 'stack: web\nidleTimeout: 33s # as always\n'];
const BOT = 'github-actions[bot]';

const t = suite('accept, as a pull request', {} as { github: GitHub; folder: string });
const home = process.cwd();

t.before.each(async (all) => {
  all.github = await startGitHub({ pageCap: 2 });
  const { state } = all.github;
  state.addRepository(SHOP, { files: { [FILE]: BEFORE, 'README.md': '# Shop\n' } });
  state.repository(SHOP).actionsMayOpenPulls = true;
  all.folder = mkdtempSync(join(tmpdir(), 'albedo-accept-'));
  mkdirSync(join(all.folder, 'environments/prod'), { recursive: true });
  writeFileSync(join(all.folder, FILE), BEFORE);
  process.chdir(all.folder);
});
t.after.each(async ({ github, folder }) => {
  process.chdir(home);
  rmSync(folder, { recursive: true, force: true });
  await github.stop();
});

const proposalOf = (text = AFTER, more: Partial<Proposal> = {}): Proposal => ({
  stack: 'web',
  file: FILE,
  text,
  diff: unifiedDiff(FILE, BEFORE, text),
  written: ['loadBalancer/main.idleTimeout'],
  refused: [{ what: 'targetGroup/web.tags', why: '@dana <b>said</b> so' }],
  rest: ['listener/http'],
  ...more,
});

interface Way {
  readonly permissions?: Parameters<GitHub['state']['jobToken']>[1];
  readonly ref?: string;
}

function send(
  { github }: { github: GitHub },
  proposal = proposalOf(),
  { permissions, ref = 'refs/heads/main' }: Way = {},
): Promise<string> {
  const token = github.state.jobToken(SHOP, permissions ?? { contents: 'write', 'pull-requests': 'write' });
  const context = readContext({
    ...{ GITHUB_REPOSITORY: SHOP, GITHUB_SHA: tip(github, 'main'), GITHUB_REF: ref, GITHUB_RUN_ID: '7', GITHUB_API_URL: github.url },
  });
  const client = openGitHub({ token, apiUrl: github.url, clock: { ...realClock, sleep: async () => {} } });
  return propose(proposal, { github: client, context, me: async () => BOT, held: true, mask: (value) => value });
}
const tip = ({ state }: GitHub, branch: string): string => state.repository(SHOP).refs.get(`refs/heads/${branch}`) ?? '';
const pulls = ({ state }: GitHub) => [...state.repository(SHOP).issues.values()].filter(({ pull }) => pull !== undefined);

t('one commit on the branch that ran, with the one file; all else as it was', async (all) => {
  const { github } = all;
  assert.match(await send(all), /\/acme\/shop\/pull\/1$/);
  const commit = github.state.findCommit(tip(github, BRANCH));
  assert.equal(commit.parents, [tip(github, 'main')]);
  assert.equal(Object.fromEntries(commit.tree), { [FILE]: AFTER, 'README.md': '# Shop\n' });
  assert.match(commit.message, /^Accept the values in AWS of web\n\nloadBalancer\/main\.idleTimeout/);
  const [pull] = pulls(github);
  assert.is(pull?.title, 'Accept the values in AWS of web');
  assert.match(pull?.body ?? '', '+idleTimeout: 33s # as always');
  assert.match(pull?.body ?? '', 'wait until someone with write access');
  assert.not.match(pull?.body ?? '', /<b>said|@dana/);
  assert.match(pull?.body ?? '', 'listener/http');
});

t('again: the same pull request, written anew on what main is now', async (all) => {
  const { github } = all;
  const first = await send(all);
  github.state.commit(SHOP, 'main', { files: { 'README.md': '# The shop\n' }, author: 'dana' });
  assert.is(await send(all, proposalOf(AFTER.replace('33', '44'))), first);
  assert.is(pulls(github).length, 1);
  const commit = github.state.findCommit(tip(github, BRANCH));
  assert.equal([commit.tree.get(FILE), commit.tree.get('README.md')], [AFTER.replace('33', '44'), '# The shop\n']);
  assert.match(pulls(github)[0]?.body ?? '', '44s');
});

t('merged and drifted again: a new pull request, though the branch was left', async (all) => {
  const { github } = all;
  await send(all);
  github.state.merge(SHOP, 1, 'dana', 'squash');
  assert.match(await send(all, proposalOf(AFTER.replace('33', '44'))), /\/pull\/2$/);
});

t('a branch that ends in a commit of somebody else is left as it is', async (all) => {
  const { github } = all;
  await send(all);
  github.state.commit(SHOP, BRANCH, { files: { [FILE]: `${AFTER}# and more\n` }, author: 'dana' });
  const before = tip(github, BRANCH);
  const error = await rejects(send(all), ReconcileError);
  assert.match(error.message, `the last commit of branch ${BRANCH} is from dana`);
  assert.is(tip(github, BRANCH), before);
});

t('the mode of the file stays, and a link is followed to what it names', async (all) => {
  chmodSync(FILE, 0o755);
  symlinkSync('environments/prod/web.yaml', 'web.yaml');
  await send(all, proposalOf(AFTER, { file: 'web.yaml' }));
  assert.is(all.github.state.findCommit(tip(all.github, BRANCH)).tree.get(FILE), AFTER);
  const sent = all.github.requests().filter(({ path }) => path.endsWith('/git/trees'));
  const modes = sent.flatMap(({ body }) => (body as { readonly tree: readonly { readonly mode: string }[] }).tree.map(({ mode }) => mode));
  assert.equal(modes, ['100755']);
});

t('a file outside of the checkout, and a run that is of no branch', async (all) => {
  const elsewhere = mkdtempSync(join(tmpdir(), 'albedo-elsewhere-'));
  try {
    writeFileSync(join(elsewhere, 'web.yaml'), BEFORE);
    const error = await rejects(send(all, proposalOf(AFTER, { file: join(elsewhere, 'web.yaml') })), ReconcileError);
    assert.match(error.message, 'is not in the checkout');
  } finally {
    rmSync(elsewhere, { recursive: true, force: true });
  }
  const error = await rejects(send(all, proposalOf(), { ref: 'refs/pull/3/merge' }), ReconcileError);
  assert.match(error.message, 'this run is on refs/pull/3/merge');
  assert.equal(pulls(all.github), []);
});

t('what the token may not, and what the repository does not want, are said', async (all) => {
  const { github } = all;
  const reading = await rejects(send(all, proposalOf(), { permissions: { contents: 'read', 'pull-requests': 'write' } }), GitHubFailure);
  assert.match(reading.message, 'the job needs the permission contents: write');
  const silent = await rejects(send(all, proposalOf(), { permissions: { contents: 'write', 'pull-requests': 'read' } }), GitHubFailure);
  assert.match(silent.message, 'the job needs the permission pull-requests: write');
  github.state.repository(SHOP).actionsMayOpenPulls = false;
  const error = await rejects(send(all), GitHubFailure);
  assert.match(error.message, 'GitHub Actions is not permitted to create or approve pull requests');
  assert.equal(pulls(github), []);
});

t('GitHub fails on the way: nothing is moved before the commit stands, and the next run gets through', async (all) => {
  const { github } = all;
  github.fail({ operation: 'git/create-commit', answer: { status: 500 }, times: 3 });
  await rejects(send(all), GitHubFailure);
  assert.is(tip(github, BRANCH), '');
  github.fail({ operation: 'pulls/create', answer: { status: 502 } });
  await rejects(send(all), GitHubFailure);
  assert.match(await send(all), /\/pull\/\d+$/);
  assert.is(pulls(github).length, 1);
});

t.run();
