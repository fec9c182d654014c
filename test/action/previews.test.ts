/** The end of previews: found by their tags, whatever became of their specs and pull requests, and tried again until nothing is left. */

import * as assert from 'uvu/assert';
import { openRunner, type Runner, type StepEnd } from '../support/action-bench.ts';
import { type Bench, startBench } from '../support/faults-bench.ts';
import { type GitHub, startGitHub } from '../support/github/server.ts';
import { makeNetwork, smallStack, type Theirs } from '../support/small-stacks.ts';
import { suite } from '../support/suite.ts';

const REPOSITORY = 'acme/shop';
const t = suite('the end of previews', {} as { bench: Bench; github: GitHub; runner: Runner });
type All = { readonly bench: Bench; readonly github: GitHub; readonly runner: Runner };
const WRITES = { contents: 'read', 'pull-requests': 'write', checks: 'write' } as const;

let home: Theirs;
let run = 0;

t.before(async (all) => {
  all.bench = await startBench();
  all.github = await startGitHub();
  all.github.state.addRepository(REPOSITORY, { private: true, files: { 'README.md': 'x' } });
});
t.before.each(async (all) => {
  await all.bench.sandbox.reset();
  all.bench.sandbox.faults.set([]);
  all.runner = await openRunner();
  home = await makeNetwork('us-east-1');
});
t.after.each(({ runner }) => runner.remove());
t.after(async ({ bench, github }) => {
  await github.stop();
  await bench.stop();
});

async function step(all: All, inputs: Readonly<Record<string, string>>, permissions: object = WRITES): Promise<StepEnd> {
  const { state, url } = all.github;
  const token = state.jobToken(REPOSITORY, permissions);
  return all.runner.main({
    inputs: { spec: 'specs', 'github-token': token, 'job-token': token, ...inputs },
    ...{ repository: REPOSITORY, apiUrl: url, event: 'schedule', payload: { repository: { default_branch: 'main' } } },
    ...{
      sha: state.repository(REPOSITORY).refs.get('refs/heads/main') ?? '',
      run: ++run,
      env: { ...all.bench.env, AWS_REGION: 'us-east-1' },
    },
  }).end;
}

let branches = 0;
function open({ github: { state } }: All): number {
  const branch = `b${++branches}`;
  state.commit(REPOSITORY, branch, { files: { [branch]: 'x' } });
  const { number } = state.openPull(REPOSITORY, { title: branch, head: branch, user: 'ana' } as never);
  state.addLabels(REPOSITORY, number, ['preview']);
  return number;
}
async function make(all: All, number: number, stack: string): Promise<void> {
  all.runner.write('specs/web.yaml', smallStack(stack, home));
  const { code, out } = await step(all, { command: 'apply', preview: String(number), comment: 'never' });
  assert.is(code, 0, out);
}
const live = ({ bench }: All) =>
  bench.sandbox.elbv2
    .loadBalancers()
    .map(({ name }) => name)
    .sort();
const labels = ({ github }: All, number: number) => github.state.repository(REPOSITORY).issues.get(number)?.labels;

t('closed, without a label, old, gone: each ends; a young one and the real stack stay', async (all) => {
  const { state } = all.github;
  all.runner.write('specs/web.yaml', smallStack('web', home));
  assert.is((await step(all, { command: 'apply', comment: 'never' })).code, 0);
  const [closed, bare, old, young] = [open(all), open(all), open(all), open(all)];
  for (const number of [closed, bare, old, young, 9999]) await make(all, number, 'web');
  // Renamed within its pull request.
  await make(all, closed, 'other');
  state.setState(REPOSITORY, closed, 'closed', 'ana');
  state.removeLabel(REPOSITORY, bare, 'preview');
  const issue = state.repository(REPOSITORY).issues.get(old);
  assert.ok(issue);
  issue.updatedAt = new Date(Date.now() - 5 * 86_400_000).toISOString();
  assert.is(live(all).length, 7);
  const { code, out, summary } = await step(all, { command: 'previews' });
  assert.is(code, 0, out);
  assert.equal(live(all), ['web', `web-pr-${young}`]);
  assert.equal(
    [closed, old, young].map((number) => labels(all, number)),
    [[], [], ['preview']],
  );
  for (const why of ['is closed', 'has no label', 'without a change', 'is gone', 'stays']) assert.match(summary, why);
  // Nothing is left to end, and what the tagging API still names is no mistake.
  assert.is((await step(all, { command: 'previews' })).code, 0);
  // One that is named ends whatever its state.
  assert.is((await step(all, { command: 'previews', preview: String(young), 'pull-request': String(young) })).code, 0);
  assert.equal(live(all), ['web']);
  assert.equal(labels(all, young), []);
});

t('a destroy that fails leaves the label, and the next run ends it', async (all) => {
  const number = open(all);
  await make(all, number, 'web');
  all.github.state.setState(REPOSITORY, number, 'closed', 'ana');
  all.bench.sandbox.faults.set([{ match: { action: 'DeleteTargetGroup' }, times: 10, fault: 'denied' }]);
  assert.is((await step(all, { command: 'previews' })).code, 1);
  assert.equal(labels(all, number), ['preview']);
  all.bench.sandbox.faults.set([]);
  assert.is((await step(all, { command: 'previews' })).code, 0);
  assert.is(all.bench.sandbox.elbv2.targetGroups().length, 0);
  assert.equal(labels(all, number), []);
});

t('what cannot be looked up ends nothing: no permission, another repository, a name that does not fit its tag', async (all) => {
  const number = open(all);
  await make(all, number, 'web');
  all.github.state.setState(REPOSITORY, number, 'closed', 'ana');
  const { code, out } = await step(all, { command: 'previews' }, { contents: 'read' });
  assert.is(code, 1);
  assert.match(out, /nothing was destroyed/);
  all.runner.write('specs/web.yaml', `${smallStack('elsewhere', home)}tags: { albedo-preview: other/repo/pull/${number} }\n`);
  assert.is((await step(all, { command: 'apply', comment: 'never' })).code, 0);
  all.runner.write('specs/web.yaml', `${smallStack('posing', home)}tags: { albedo-preview: acme/shop/pull/${number} }\n`);
  assert.is((await step(all, { command: 'apply', comment: 'never' })).code, 0);
  assert.is((await step(all, { command: 'previews' })).code, 0);
  assert.equal(live(all), ['elsewhere', 'posing']);
});

t.run();
