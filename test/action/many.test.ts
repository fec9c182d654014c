/** Several stacks in one step of the action: what failed is never shown as good, and the same name in two regions is two stacks. */

import { execFileSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { parseResult, type ResultFile } from '../../action/result.ts';
import { openRunner, type Runner, type StepEnd } from '../support/action-bench.ts';
import { type Bench, startBench } from '../support/faults-bench.ts';
import { type GitHub, startGitHub } from '../support/github/server.ts';
import { makeNetwork, smallStack, type Theirs } from '../support/small-stacks.ts';
import { suite } from '../support/suite.ts';

const REPOSITORY = 'acme/shop';
const t = suite('several stacks in a step', {} as { bench: Bench; github: GitHub; runner: Runner });

let home: Theirs;
let away: Theirs;
let run = 0;

t.before(async (all) => {
  all.bench = await startBench();
  all.github = await startGitHub();
  all.github.state.addRepository(REPOSITORY, { files: { 'README.md': 'x' } });
});
t.before.each(async (all) => {
  await all.bench.sandbox.reset();
  all.bench.sandbox.faults.set([]);
  all.runner = await openRunner();
  [home, away] = [await makeNetwork('us-east-1'), await makeNetwork('eu-west-1')];
});
t.after.each(({ runner }) => runner.remove());
t.after(async ({ bench, github }) => {
  await github.stop();
  await bench.stop();
});

/** Below RUNNER_TEMP. */
const REPORTS = '.runner/temp/albedo-report';

type All = { readonly bench: Bench; readonly github: GitHub; readonly runner: Runner };

/** Runs a step of a push to the default branch, whose token may only read: no comment is written. */
async function step(all: All, inputs: Readonly<Record<string, string>>): Promise<{ readonly end: StepEnd; readonly result: ResultFile }> {
  const { state, url } = all.github;
  const token = state.jobToken(REPOSITORY, { contents: 'read', 'pull-requests': 'read' });
  const end = await all.runner.main({
    inputs: { spec: 'specs', comment: 'never', 'github-token': token, ...inputs },
    ...{ repository: REPOSITORY, apiUrl: url, event: 'push', payload: { ref: 'refs/heads/main' } },
    ...{ sha: state.repository(REPOSITORY).refs.get('refs/heads/main') ?? '', run: ++run, env: all.bench.env },
  }).end;
  return { end, result: parseResult(all.runner.read(`${REPORTS}/result.json`), 'result.json') };
}

const states = ({ stacks }: ResultFile) => stacks.map(({ state, verdict, exitCode }) => [state, verdict, exitCode]);

t('a plan that failed is failed everywhere: state, verdict, outputs, summary, report; never unchanged', async (all) => {
  all.runner.write('specs/web.yaml', smallStack('web', { ...home, vpc: 'vpc-00000000000000000' }));
  const { end, result } = await step(all, { command: 'plan' });
  assert.equal(states(result), [['failed', 'failed', 1]]);
  assert.equal([end.outputs['verdict'], end.outputs['exit-code'], end.outputs['has-changes']], ['failed', '1', 'false']);
  assert.is(end.code, 1);
  // What is wrong in the file is a mistake of the spec, with its line, and no failure beside it.
  const [stack] = result.stacks;
  assert.match([stack?.failure?.message, ...(stack?.problems.map(({ message }) => message) ?? [])].join('\n'), 'vpc-00000000000000000');
  for (const text of [end.summary, end.out, all.runner.read(`${REPORTS}/us-east-1/web/report.md`)])
    assert.not.match(text, /✅|no changes/i);
  assert.is(JSON.parse(all.runner.read(`${REPORTS}/us-east-1/web/report.json`)).verdict, 'failed');
});

t('the same name in two regions: digests by region and stack, or two by the name; a report each', async (all) => {
  all.runner.write('specs/us.yaml', smallStack('web', home));
  all.runner.write('specs/eu.yaml', smallStack('web', away));
  const planned = await step(all, { command: 'plan' });
  assert.equal(states(planned.result), [
    ['planned', 'changes', 2],
    ['planned', 'changes', 2],
  ]);
  const digests = planned.result.stacks.map(({ region, plan }) => [region, plan?.digest ?? ''] as const);
  const wrong = digests.map(([region], index) => `${region}/web=${digests[1 - index]?.[1]}`).join('\n');
  const refused = await step(all, { command: 'apply', 'plan-digest': wrong });
  assert.equal([refused.end.outputs['exit-code'], refused.end.outputs['failure-reason']], ['3', 'plan-changed']);
  assert.is(all.bench.sandbox.elbv2.loadBalancers().length, 0);
  const right = digests.map(([region, digest]) => `${region}/web=${digest.slice(0, 12)}`).join('\n');
  const applied = await step(all, { command: 'apply', 'plan-digest': right });
  assert.equal(states(applied.result), [
    ['applied', 'applied', 0],
    ['applied', 'applied', 0],
  ]);
  for (const [region] of digests) assert.ok(existsSync(join(all.runner.folder, `${REPORTS}/${region}/web/report.html`)), region);
  // By the name alone, with both digests; there is nothing left to do.
  const again = await step(all, { command: 'apply', 'plan-digest': digests.map(([, digest]) => `web=${digest}`).join('\n') });
  assert.equal(
    again.result.stacks.map(({ state }) => state),
    ['unchanged', 'unchanged'],
  );
});

t('each its own way, or all or nothing', async (all) => {
  all.runner.write('specs/a.yaml', smallStack('aa', home));
  all.runner.write('specs/b.yaml', smallStack('bb', { ...home, vpc: 'vpc-00000000000000000' }));
  const held = await step(all, { command: 'apply', 'all-or-nothing': 'true' });
  assert.equal(
    held.result.stacks.map(({ state }) => state),
    ['refused', 'failed'],
  );
  assert.is(held.end.outputs['exit-code'], '1', 'that of the cause');
  assert.is(all.bench.sandbox.elbv2.loadBalancers().length, 0);
  const own = await step(all, { command: 'apply' });
  assert.equal(
    own.result.stacks.map(({ state }) => state),
    ['applied', 'failed'],
  );
  assert.is(all.bench.sandbox.elbv2.loadBalancers().length, 1);
});

t('a plan of 20 stacks: one comment, at most 8 requests to GitHub, and the same again rewrites it', async (all) => {
  const { state, url } = all.github;
  const files = Object.fromEntries(
    Array.from({ length: 20 }, (_, index) => [`specs/s${String(index).padStart(2, '0')}.yaml`, smallStack(`st-${index}`, home)]),
  );
  for (const [path, text] of Object.entries(files)) all.runner.write(path, text);
  const { sha } = state.commit(REPOSITORY, 'twenty', { files });
  const { number } = state.openPull(REPOSITORY, { title: 'Twenty', head: 'twenty', user: 'ana' } as never);
  const token = state.jobToken(REPOSITORY, { actions: 'read', contents: 'read', 'pull-requests': 'write', checks: 'write' });
  const plan = async (inputs: Readonly<Record<string, string>> = {}) => {
    const id = ++run;
    state.addRun(REPOSITORY, {
      id,
      workflow: '.github/workflows/plan.yml',
      event: 'pull_request',
      headBranch: 'twenty',
      headSha: sha,
    } as never);
    const { end } = all.runner.main({
      inputs: { command: 'plan', spec: 'specs', 'github-token': token, 'job-token': token, ...inputs },
      ...{ repository: REPOSITORY, apiUrl: url, event: 'pull_request', sha, run: id, env: all.bench.env },
      payload: {
        repository: { default_branch: 'main' },
        pull_request: { number, head: { sha, repo: { full_name: REPOSITORY } }, labels: [] },
      },
    });
    const { outputs, out, code } = await end;
    assert.is(code, 0, out);
    return Number(outputs['github-requests']);
  };
  const comments = () => [...state.repository(REPOSITORY).comments.values()].map(({ body }) => body);
  const first = await plan();
  assert.ok(first > 0 && first <= 8, `${first} requests`);
  assert.is(comments().length, 1);
  assert.match(comments()[0] ?? '', /^### 🟠 20 stacks: 20 with changes, traffic not at risk; merging applies them$/m);
  assert.ok((comments()[0] ?? '').length <= 60_000);
  const again = await plan();
  assert.ok(again <= 8, `${again} requests`);
  assert.is(comments().length, 1);
  // By choice one each, and back: what said it in the other way does not stay beside it.
  await plan({ 'comment-per': 'stack' });
  assert.is(comments().length, 20);
  await plan({ 'comment-per': 'pull-request' });
  assert.is(comments().length, 1);
});

t('a stack whose file is gone: a plan and a drift check warn of it, also when they are about no stack of its region', async (all) => {
  const { runner } = all;
  const git = (...args: readonly string[]) => execFileSync('git', args, { cwd: runner.folder });
  git('init', '--quiet');
  for (const name of ['web', 'old']) runner.write(`specs/${name}.yaml`, smallStack(name, home));
  const applied = await step(all, { command: 'apply' });
  assert.is(applied.end.code, 0, applied.end.out);
  rmSync(join(runner.folder, 'specs/old.yaml'));
  for (const command of ['plan', 'drift']) {
    const { end, result } = await step(all, { command, issue: 'false' });
    assert.equal(states(result), [['unchanged', 'unchanged', 0]]);
    assert.match(
      end.summary,
      /Stack <code>old<\/code> in <code>us-east-1<\/code> exists in AWS, but its file <code>specs\/old.yaml<\/code> is gone/,
    );
    assert.match(end.out, /::warning.*Stack old in us-east-1 exists in AWS/);
  }
  runner.write('specs/old.yaml', smallStack('old', home));
  assert.not.match((await step(all, { command: 'plan' })).end.summary, /is gone/);
});

t('a drift check that reads in full only in turn: a light look finds what is gone, and is no success of a full one', async (all) => {
  for (const name of ['web', 'other']) all.runner.write(`specs/${name}.yaml`, smallStack(name, home));
  assert.is((await step(all, { command: 'apply' })).end.code, 0);
  // In a year of hourly runs, it is the turn of neither.
  const light = { command: 'drift', issue: 'false', 'full-within-hours': '8760', 'every-hours': '1' };
  const calm = await step(all, light);
  assert.equal(
    calm.result.stacks.map(({ verdict, exitCode }) => [verdict, exitCode]),
    [
      ['glanced', 0],
      ['glanced', 0],
    ],
  );
  assert.is(calm.end.code, 0, calm.end.out);
  assert.not.match(calm.end.summary, /no changes/i);
});

t.run();
