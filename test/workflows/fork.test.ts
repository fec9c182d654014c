/** A pull request from a fork: no credentials, a plan all the same, and a comment that takes nothing on trust. */

import * as assert from 'uvu/assert';
import type { RunEnd } from '../support/act/runner.ts';
import { endedWith, openStory, SHOP, SPEC, type Story } from '../support/act/story.ts';
import { stackText } from '../support/faults-bench.ts';
import { suite } from '../support/suite.ts';

const NO_TARGETS = stackText().replace('targets: [web-1, web-2]', 'targets: []');
const t = suite('a pull request from a fork', {} as { story: Story; number: number; planned: RunEnd });
t.before(async (all) => {
  all.story = await openStory({ files: { [SPEC]: NO_TARGETS } });
});
t.after(({ story }) => story.stop());

const comment = (story: Story, run: number): Promise<RunEnd> =>
  story.workflows.run({
    ...{ workflow: '.github/workflows/albedo-fork.yml', event: 'workflow_run', vars: story.vars },
    details: { run, action: 'completed' },
  });

t('planned on the sandbox against its base; AWS is not asked, GitHub not written to', async (all) => {
  const { story } = all;
  const text = NO_TARGETS.replace('idleTimeout: 90s', 'idleTimeout: 75s');
  all.number = story.open('hello', { [SPEC]: text, '.github/workflows/albedo-plan.yml': 'on: pull_request\n' }, 'mallory');
  const calls = story.bench.sandbox.calls().length;
  all.planned = endedWith(await story.plan(all.number), 'success');
  assert.not.match(all.planned.out, 'assumed arn');
  assert.is(story.bench.sandbox.calls().length, calls);
  assert.equal(story.comments(all.number), []);
  const result = JSON.parse(all.planned.artifact('albedo-static', 'result.json')) as { readonly sandbox: boolean };
  assert.is(result.sandbox, true);
});

t(
  'the companion finds the pull request by its head and says what was planned, as a claim of its author',
  async ({ story, number, planned }) => {
    endedWith(await comment(story, planned.run.id), 'success');
    assert.match(story.comment(number), /90s? → 75s?/);
    assert.match(story.comment(number), 'not verified: treat it as a claim of its author');
  },
);

t('a result that was made up is not shown', async ({ story, number, planned }) => {
  const before = story.comment(number);
  story.workflows.forge(planned.run.id, 'albedo-static', 'result.json', '{"version":1,"stacks":[],"html":"<b>"}');
  endedWith(await comment(story, planned.run.id), 'failure');
  assert.is(story.comment(number), before);
});

t('a head that moved on since: no comment on what is not there any more', async ({ story, number }) => {
  const { state } = story.github;
  state.commit('mallory/shop', 'hello', {
    files: { [SPEC]: NO_TARGETS.replace('idleTimeout: 90s', 'idleTimeout: 77s') },
    author: 'mallory',
  });
  const again = endedWith(await story.plan(number, 'synchronize'), 'success');
  const before = story.comment(number);
  state.commit('mallory/shop', 'hello', {
    files: { [SPEC]: NO_TARGETS.replace('idleTimeout: 90s', 'idleTimeout: 78s') },
    author: 'mallory',
  });
  endedWith(await comment(story, again.run.id), 'success');
  assert.is(story.comment(number), before);
});

t('a run of this repository itself is not the companion’s business', async ({ story }) => {
  const run = story.github.state.addRun(SHOP, {
    ...{ workflow: '.github/workflows/albedo-plan.yml', event: 'pull_request', headBranch: 'main', conclusion: 'success' },
    headSha: story.github.state.repository(SHOP).refs.get('refs/heads/main') ?? '',
  });
  const requests = story.github.requests().length;
  endedWith(await comment(story, run.id), 'success');
  assert.is(story.github.requests().length, requests);
});

t.run();
