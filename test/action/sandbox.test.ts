/** `sandbox: true`: a pull request is planned against its base with no AWS account, and nothing outlives the job. */
import { execFileSync } from 'node:child_process';
import * as assert from 'uvu/assert';
import { openRunner, type Runner, type StepInput } from '../support/action-bench.ts';
import { stackText } from '../support/faults-bench.ts';
import { eventPayload } from '../support/github/events.ts';
import { type GitHub, startGitHub } from '../support/github/server.ts';
import { suite } from '../support/suite.ts';

const REPOSITORY = 'acme/shop';
const SPEC = 'environments/prod/web server.yaml';
const BEFORE = stackText().replace('idleTimeout: 90s', 'idleTimeout: 60s').replace('targets: [web-1, web-2]', 'targets: []');
const AFTER = BEFORE.replace('idleTimeout: 60s', 'idleTimeout: 75s');

const t = suite('the sandbox of a job', {} as { github: GitHub; runner: Runner; input: StepInput });

t.before(async (all) => {
  all.github = await startGitHub();
  all.runner = await openRunner();
  const { state } = all.github;
  state.addRepository(REPOSITORY, { files: { [SPEC]: BEFORE } });
  const head = state.commit(REPOSITORY, 'change', { files: { [SPEC]: AFTER } }).sha;
  const { number } = state.openPull(REPOSITORY, { title: 'Longer', head: 'change', user: 'ana' } as never);
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=ana', '-c', 'user.email=ana@example.com', '-c', 'init.defaultBranch=main', ...args], {
      cwd: all.runner.folder,
      stdio: 'ignore',
    });
  git('init');
  for (const text of [BEFORE, AFTER]) {
    all.runner.write(SPEC, text);
    git('add', 'environments');
    git('commit', '-m', 'change');
  }
  const token = state.jobToken(REPOSITORY, { 'pull-requests': 'write' });
  all.input = {
    inputs: { command: 'plan', spec: 'environments', 'github-token': token, 'job-token': token, sandbox: 'true', 'sandbox-base': 'HEAD^1' },
    ...{ repository: REPOSITORY, apiUrl: all.github.url, event: 'pull_request', sha: head, run: 7, env: {} },
    payload: eventPayload('pull_request', state, { repository: REPOSITORY, number, action: 'opened' }),
  };
});
t.after(async (all) => {
  // Also where a test failed before it came to it.
  await all.runner.post(all.input).end;
  all.runner.remove();
  await all.github.stop();
});

t('the plan is the difference to the base, for this step and the next ones', async (all) => {
  const end = await all.runner.main(all.input).end;
  assert.is(end.code, 0, end.out);
  assert.is(end.outputs['to-change'], '1', end.out);
  assert.is(end.outputs['to-add'], '0');
  const [comment] = [...all.github.state.repository(REPOSITORY).comments.values()];
  assert.match(comment?.body ?? '', 'idleTimeout: 1m → 75s');
  assert.match(comment?.body ?? '', 'no AWS account was read or changed');
  assert.match(end.exported['AWS_ENDPOINT_URL'] ?? '', /^http:\/\/127\.0\.0\.1:\d+/);
  assert.match((await fetch(`${end.exported['AWS_ENDPOINT_URL']}/_sandbox/status`)).status.toString(), '200');

  const apply = {
    ...all.input,
    inputs: { ...all.input.inputs, command: 'apply', 'sandbox-base': '', 'plan-digest': end.outputs['plan-digest'] ?? '' },
  };
  // A step of its own: what the first one left for its post step stays.
  const next = await all.runner.aside({ ...apply, run: 8, env: end.exported }).end;
  assert.is(next.code, 0, next.out);
  assert.match(next.out, 'the sandbox of an earlier step');

  const post = await all.runner.post({ ...all.input, env: end.exported }).end;
  assert.is(post.code, 0, post.out);
  assert.match(post.out, 'the sandbox has ended');
  const gone = await fetch(end.exported['AWS_ENDPOINT_URL'] ?? '').then(
    () => 'there',
    () => 'gone',
  );
  assert.is(gone, 'gone');
});

t('a base that the checkout does not hold: told what to do', async (all) => {
  const end = await all.runner.main({ ...all.input, run: 9, inputs: { ...all.input.inputs, 'sandbox-base': 'HEAD~7' } }).end;
  assert.is(end.code, 1);
  assert.match(end.out, 'fetch-depth: 2');
});

t.run();
