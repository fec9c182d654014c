/**
 * The built bundle on the runner's Node, against the sandbox and a GitHub on loopback: what a pull request sees from its plan to the
 * apply, and what becomes of a load test that is cut off.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as assert from 'uvu/assert';
import { parseResult } from '../../action/result.ts';
import { readMarker } from '../../reconciler/report/comment-marker.ts';
import { releaseLock } from '../../reconciler/run/lock.ts';
import { lockName } from '../../reconciler/run/lock-parameter.ts';
import { openSession } from '../../reconciler/run/pipeline.ts';
import { buildBundle, heardCommands, openRunner, type Runner, type StepInput } from '../support/action-bench.ts';
import { type Bench, isWrite, stackText, startBench } from '../support/faults-bench.ts';
import { eventPayload } from '../support/github/events.ts';
import { type GitHub, startGitHub } from '../support/github/server.ts';
import { suite } from '../support/suite.ts';

const REPOSITORY = 'acme/shop';
const SPEC = 'environments/prod/webserver.yaml';
const t = suite(
  'the bundle on the runner',
  {} as { bench: Bench; github: GitHub; runner: Runner; pull: number; head: string; token: string; check: number },
);

t.before(async (all) => {
  all.bench = await startBench();
  all.github = await startGitHub();
  all.runner = await openRunner();
  const { state } = all.github;
  state.user('ana');
  state.addRepository(REPOSITORY, { files: { 'README.md': 'x' } });
  const commit = state.commit(REPOSITORY, 'change', { files: { [SPEC]: stackText() } });
  all.pull = state.openPull(REPOSITORY, { title: 'A load balancer', head: 'change', user: 'ana' } as never).number;
  all.head = commit.sha;
  // A comment's claim of a later run is held against the runs there are.
  state.addRun(REPOSITORY, {
    id: 102,
    workflow: '.github/workflows/plan.yml',
    event: 'pull_request',
    headBranch: 'change',
    headSha: commit.sha,
  });
  all.token = state.jobToken(REPOSITORY, { 'pull-requests': 'write', checks: 'write', contents: 'read', actions: 'read' });
  all.check = state.addCheckRun(REPOSITORY, commit.sha, 'plan', 'in_progress').id;
  all.runner.write(SPEC, stackText());
});
t.after(async (all) => {
  all.runner.remove();
  await all.github.stop();
  await all.bench.stop();
});

type All = Parameters<Parameters<typeof t.before>[0]>[0];

function stepOf(all: All, run: number, inputs: Readonly<Record<string, string>>): StepInput {
  return {
    inputs: { spec: 'environments', 'github-token': all.token, 'job-token': all.token, 'job-check-run-id': String(all.check), ...inputs },
    repository: REPOSITORY,
    apiUrl: all.github.url,
    event: 'pull_request',
    payload: eventPayload('pull_request', all.github.state, { repository: REPOSITORY, number: all.pull, action: 'opened' }),
    sha: all.head,
    run,
    env: all.bench.env,
  };
}

const comments = (all: All) => [...all.github.state.repository(REPOSITORY).comments.values()];

const ACCOUNT = '123456789012';

function onlyComment(all: All): string {
  const [first, ...more] = comments(all);
  assert.equal(more, []);
  return first?.body ?? '';
}

let digest = '';

t('the bundle is under 3 MB with the licences of what is in it, and comes out the same again', async () => {
  const folder = dirname(await buildBundle());
  const { actionFiles } = (await import(new URL('../../scripts/build/action.mjs', import.meta.url).href)) as {
    actionFiles(folder: string): Promise<readonly { readonly path: string; readonly contents: Uint8Array }[]>;
  };
  const files = await actionFiles(folder);
  // What a runner compiles; licences are only passed on.
  const bytes = files.filter(({ path }) => path.endsWith('.js')).reduce((sum, { contents }) => sum + contents.length, 0);
  assert.ok(bytes < 3_000_000, String(bytes));
  for (const { path, contents } of files) assert.ok(readFileSync(path).equals(contents), `another build has other bytes in ${path}`);
  const licences = readFileSync(join(folder, 'THIRD-PARTY-LICENSES.txt'), 'utf8');
  for (const name of ['yaml', '@octokit/request', '@aws-sdk/client-ec2', 'fflate'])
    assert.match(licences, new RegExp(`^${name} [\\d.]+ \\(`, 'm'));
  assert.not.match(licences, '@octokit/plugin-paginate-rest');
  const text = files.map(({ contents }) => Buffer.from(contents).toString('utf8')).join('');
  assert.match(text, 'a profile that signs in with a browser does not work in the action');
  assert.not.match(text, 'CreateTokenRequest', 'clients of IAM Identity Center');
  assert.match(text, 'AssumeRoleWithWebIdentity', 'what a runner has');
});

t('plan: one comment, outputs, a title for the check, and at most four requests', async (all) => {
  const before = all.github.requests().length;
  const end = await all.runner.main(stepOf(all, 100, { command: 'plan' })).end;
  assert.is(end.code, 0, end.out);
  assert.is(end.outputs['exit-code'], '2');
  assert.is(end.outputs['has-changes'], 'true');
  digest = end.outputs['plan-digest'] ?? '';
  assert.match(digest, /^[0-9a-f]{64}$/);
  const sent = all.github.requests().slice(before);
  // The files of the pull request, its comments, the new one, the check.
  assert.ok(sent.length <= 4, sent.map((each) => each.operation).join(', '));
  const body = onlyComment(all);
  assert.match(body, /^### 🟠 <code>webserver<\/code>: \d+ changes to apply/);
  assert.is(readMarker(body)?.digest, digest);
  assert.match(end.summary, 'changes to apply');
  assert.match(all.github.state.repository(REPOSITORY).checkRuns.get(all.check)?.title ?? '', /^webserver: \d+ changes to apply, traffic/);
  // The command that masks the id holds it, and is not shown by the runner.
  const out = end.out.replace(/^::add-mask::.*$/gm, '');
  assert.not.match(
    `${out}${end.summary}${body}${JSON.stringify(end.outputs)}${all.runner.read(end.outputs['result-file'] ?? '')}`,
    ACCOUNT,
  );
  parseResult(all.runner.read(end.outputs['result-file'] ?? ''), 'result.json');
});

t('a later look at the same plan rewrites the comment, and an earlier run leaves it alone', async (all) => {
  const later = await all.runner.main(stepOf(all, 102, { command: 'plan' })).end;
  assert.is(later.outputs['comment-id'], String(comments(all)[0]?.id));
  const body = onlyComment(all);
  const earlier = await all.runner.main(stepOf(all, 101, { command: 'plan' })).end;
  assert.is(earlier.code, 0, earlier.out);
  assert.is(onlyComment(all), body);
});

t('another digest than the reviewed one: exit 3, nothing touched, the new plan in the comment', async (all) => {
  const calls = all.bench.sandbox.calls().length;
  const end = await all.runner.main(stepOf(all, 103, { command: 'apply', 'plan-digest': 'f'.repeat(64) })).end;
  assert.is(end.code, 1);
  assert.is(end.outputs['exit-code'], '3');
  assert.is(end.outputs['failure-reason'], 'plan-changed');
  assert.equal(all.bench.sandbox.calls().slice(calls).filter(isWrite), []);
  assert.match(onlyComment(all), /^### ❌ <code>webserver<\/code>: stopped before anything was changed/);
  assert.match(onlyComment(all), digest.slice(0, 12));
});

t('apply of what is not merged, approved by merge: refused, nothing touched', async (all) => {
  const calls = all.bench.sandbox.calls().length;
  const end = await all.runner.main(stepOf(all, 103, { command: 'apply', 'plan-digest': `webserver=${digest}` })).end;
  assert.equal([end.code, end.outputs['exit-code']], [1, '4'], end.out);
  assert.match(onlyComment(all), 'is not merged');
  assert.equal(all.bench.sandbox.calls().slice(calls).filter(isWrite), []);
});

t('apply of a stack that another run has locked: the comment says whose lock it is, since when, and what to do', async (all) => {
  all.github.state.addLabels(REPOSITORY, all.pull, [`apply:${digest.slice(0, 12)}`]);
  const run = 'https://github.com/acme/shop/actions/runs/77';
  const { cloud } = openSession({ region: 'us-east-1', env: process.env });
  const lock = { version: 1, id: 'x', holder: 'bo in acme/shop', run, since: '2026-11-30T04:00:00Z' };
  await cloud.call('ssm:PutParameter', { Name: lockName('webserver'), Value: JSON.stringify(lock), Type: 'String' });
  const calls = all.bench.sandbox.calls().length;
  const inputs = { command: 'apply', approval: 'label', 'plan-digest': `webserver=${digest}`, 'lock-wait': '0' };
  const end = await all.runner.main(stepOf(all, 103, inputs)).end;
  assert.equal([end.code, end.outputs['exit-code'], end.outputs['failure-reason']], [1, '5', 'locked'], end.out);
  const body = onlyComment(all);
  assert.match(body, /^### ❌ <code>webserver<\/code>: stopped before anything was changed/);
  for (const part of ['webserver is locked', 'bo in acme/shop', 'actions/runs/77', '2026-11-30', 'it expires in']) assert.match(body, part);
  assert.match(body, 'Wait until that run ends');
  const changed = all.bench.sandbox
    .calls()
    .slice(calls)
    .filter((call) => isWrite(call) && call.service !== 'ssm');
  assert.equal(changed, []);
  await cloud.call('ssm:DeleteParameter', { Name: lockName('webserver') });
});

t('apply: the reviewed plan, told in the same comment, whatever GitHub says of the first tries', async (all) => {
  const fault = all.github.fail({ operation: 'issues/update-comment', answer: { status: 502 } });
  all.github.state.addLabels(REPOSITORY, all.pull, [`apply:${digest.slice(0, 12)}`]);
  const end = await all.runner.main(stepOf(all, 104, { command: 'apply', approval: 'label', 'plan-digest': `webserver=${digest}` })).end;
  assert.is(end.code, 0, end.out);
  assert.is(end.outputs['exit-code'], '0');
  assert.is(fault.struck(), 1);
  assert.match(onlyComment(all), /^### ✅ <code>webserver<\/code>: applied, \d+ changes/);
  assert.match(onlyComment(all), '<summary>History (');
});

t('GitHub refuses to be told: AWS is right, the step is green, a warning names the permission', async (all) => {
  const mute = all.github.state.jobToken(REPOSITORY, { contents: 'read' });
  const end = await all.runner.main(stepOf(all, 105, { command: 'plan', 'github-token': mute, 'job-token': mute })).end;
  assert.is(end.code, 0, end.out);
  assert.is(end.outputs['exit-code'], '0');
  assert.ok(
    heardCommands(end.out).some((each) => /^::warning title=no comment::.*pull-requests: write/.test(each)),
    end.out,
  );
  assert.match(end.summary, 'no changes');
  assert.match(onlyComment(all), 'applied');
});

t('nothing to change: the comment becomes one line, and keeps who applied', async (all) => {
  await all.runner.main(stepOf(all, 106, { command: 'plan' })).end;
  const visible = onlyComment(all)
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('<!--'));
  assert.match(visible[0] ?? '', /^### ✅ <code>webserver<\/code>: no changes/);
  assert.match(visible[2] ?? '', /^Applied by <code>ana<\/code> at [\d-]+ [\d:]+ UTC, \[run \d+\]\(/);
  assert.is(visible.length, 3);
});

t('a spec with mistakes: annotated in its lines, told in a comment that goes when they are gone', async (all) => {
  all.runner.write(SPEC, stackText().replace('idleTimeout: 90s', 'idleTimeout: 9000s').replace('port: 8080', 'prot: 8080'));
  const end = await all.runner.main(stepOf(all, 108, { command: 'plan' })).end;
  assert.is(end.code, 1);
  assert.equal([end.outputs['exit-code'], end.outputs['failure-reason']], ['1', 'spec']);
  assert.ok(
    heardCommands(end.out).some((each) => /^::error file=environments\/prod\/webserver\.yaml,line=\d+,col=\d+::/.test(each)),
    end.out,
  );
  assert.match(comments(all).at(-1)?.body ?? '', /^### ❌ <code>spec<\/code>: \d+ mistakes in the spec/);
  all.runner.write(SPEC, stackText());
  await all.runner.main(stepOf(all, 109, { command: 'plan' })).end;
  assert.match(onlyComment(all), 'no changes');
});

t('after the merge a push has no pull request in it: the merged one is found and its comment goes on', async (all) => {
  const { state } = all.github;
  const merged = state.merge(REPOSITORY, all.pull, 'ana', 'squash');
  const payload = eventPayload('push', state, { repository: REPOSITORY, ref: 'refs/heads/main' });
  const end = await all.runner.main({ ...stepOf(all, 109, { command: 'plan' }), event: 'push', payload, sha: merged.sha }).end;
  assert.is(end.code, 0, end.out);
  assert.is(end.outputs['comment-id'], String(comments(all)[0]?.id));
});

t('a load test after an apply that had nothing to do sends none: only what was applied is verified', async (all) => {
  const calls = all.bench.sandbox.calls().length;
  const end = await all.runner.main(stepOf(all, 109, { command: 'verify', applied: 'nothing-there', comment: 'never' })).end;
  assert.is(end.code, 0, end.out);
  assert.match(end.out, 'not looked at, since they were not applied: webserver');
  assert.is(all.bench.sandbox.calls().length, calls);
});

t('reports lie outside of the checkout, in a folder that is emptied: no other is taken', async (all) => {
  for (const folder of ['..', '.', '/etc', all.runner.folder]) {
    const end = await all.runner.main(stepOf(all, 109, { command: 'plan', 'report-folder': folder, comment: 'never' })).end;
    assert.is(end.code, 1, folder);
    assert.match(end.out, 'report-folder must be a folder in RUNNER_TEMP');
  }
  all.runner.write('.runner/temp/albedo-report/left-behind', 'of an earlier job');
  const end = await all.runner.main(stepOf(all, 109, { command: 'plan', comment: 'never' })).end;
  assert.match(end.outputs['result-file'] ?? '', /\/\.runner\/temp\/albedo-report\/result\.json$/);
  assert.not.ok(existsSync(join(all.runner.folder, '.runner/temp/albedo-report/left-behind')));
});

t('drift: one issue, rewritten while it lasts, closed when it is gone and opened again', async (all) => {
  const { state } = all.github;
  const token = state.jobToken(REPOSITORY, { issues: 'write' });
  const drift = async (run: number) =>
    all.runner.main({
      ...stepOf(all, run, { command: 'drift', 'github-token': token, 'job-token': token }),
      event: 'schedule',
      payload: {},
    }).end;
  const issues = () => [...state.repository(REPOSITORY).issues.values()].filter((issue) => issue.pull === undefined);
  all.runner.write(SPEC, stackText().replace('idleTimeout: 90s', 'idleTimeout: 120s'));
  for (const run of [110, 111]) {
    const end = await drift(run);
    assert.is(end.code, 0, end.out);
    assert.equal([end.outputs['drifted'], end.outputs['exit-code']], ['true', '2']);
    assert.match(end.outputs['issue-url'] ?? '', /\/issues\/\d+$/);
  }
  assert.is(issues().length, 1);
  assert.match(issues()[0]?.body ?? '', 'idleTimeout: 90s → 2m');
  assert.match(issues()[0]?.body ?? '', 'Two ways to fix this');
  all.runner.write(SPEC, stackText());
  assert.is((await drift(112)).outputs['drifted'], 'false');
  assert.is(issues()[0]?.state, 'closed');
  all.runner.write(SPEC, stackText().replace('idleTimeout: 90s', 'idleTimeout: 120s'));
  await drift(113);
  assert.equal(
    issues().map((issue) => issue.state),
    ['open'],
  );
  all.runner.write(SPEC, stackText());
});

t('a fork: its own job cannot comment and says so; the companion shows its result file, as a claim', async (all) => {
  const { state } = all.github;
  state.fork(REPOSITORY, 'mallory');
  const sha = state.commit('mallory/shop', 'idea', { files: { [SPEC]: 'x' } }).sha;
  const { number } = state.openPull(REPOSITORY, { title: 'Idea', head: 'mallory:idea', user: 'mallory' } as never);
  all.runner.write(SPEC, stackText().replace('idleTimeout: 90s', 'idleTimeout: 120s'));
  const fork = state.forkToken(REPOSITORY, { 'pull-requests': 'write' });
  const payload = eventPayload('pull_request', state, { repository: REPOSITORY, number, action: 'opened' });
  const plan = await all.runner.main({
    ...stepOf(all, 120, { command: 'plan', 'github-token': fork, 'job-token': fork, 'job-check-run-id': '' }),
    payload,
    sha,
  }).end;
  assert.is(plan.code, 0, plan.out);
  assert.match(plan.out, 'no comment: the token of a pull request from a fork has no write access');

  const run = state.addRun(REPOSITORY, {
    workflow: '.github/workflows/static.yml',
    event: 'pull_request',
    headBranch: 'idea',
    headSha: sha,
    headRepository: 'mallory/shop',
    conclusion: 'success',
    actor: 'mallory',
  });
  const companion: StepInput = {
    ...stepOf(all, 121, { command: 'report', result: plan.outputs['result-file'] ?? '', 'report-folder': 'shown', 'job-check-run-id': '' }),
    ...{
      event: 'workflow_run',
      payload: eventPayload('workflow_run', state, { repository: REPOSITORY, run: run.id, action: 'completed' }),
    },
  };
  const report = await all.runner.main(companion).end;
  assert.is(report.code, 0, report.out);
  const [body = '', ...more] = comments(all)
    .filter((each) => each.issue === number)
    .map((each) => each.body);
  assert.equal(more, []);
  assert.match(body, 'from the code of a fork');
  assert.match(body, 'idleTimeout: 90s → 2m');

  all.runner.write('forged.json', all.runner.read(plan.outputs['result-file'] ?? '').replace('"version": 1', '"version": 1, "more": 1'));
  const forged = await all.runner.main({ ...companion, inputs: { ...companion.inputs, result: 'forged.json' } }).end;
  assert.is(forged.code, 1);
  assert.match(forged.out, 'not a usable result file');
});

t('a lock that a killed apply left is given back by its own run only', async () => {
  const session = openSession({ region: 'us-east-1', env: process.env });
  const held = {
    version: 1,
    id: 'x',
    holder: 'ana in acme/shop',
    run: 'https://github.com/acme/shop/actions/runs/5',
    since: '2026-01-01T00:00:00Z',
    until: '2099-01-01T00:00:00Z',
  };
  await session.cloud.call('ssm:PutParameter', { Name: lockName('left'), Value: JSON.stringify(held), Type: 'String', Overwrite: true });
  assert.is(await releaseLock('left', { holder: 'x', run: `${held.run}6` }, session), false);
  assert.is(await releaseLock('left', { holder: 'ana@laptop', run: '' }, session), false);
  assert.is(await releaseLock('left', { holder: 'x', run: held.run }, session), true);
  assert.is(await releaseLock('left', { holder: 'x', run: held.run }, session), false);
});

t('wrong inputs: all of them at once, and nothing is called', async (all) => {
  const before = all.github.requests().length;
  const end = await all.runner.main(stepOf(all, 107, { command: 'plam', comment: 'always', 'dry-run': 'true' })).end;
  assert.is(end.code, 1);
  const [said = ''] = heardCommands(end.out).filter((each) => each.startsWith('::error'));
  for (const part of ['command is "plam"', 'comment is "always"', 'dry-run is called command']) assert.match(said, part);
  assert.is(all.github.requests().length, before);
});

t.run();
