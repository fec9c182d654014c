/** The preview of a pull request: made beside the real stack, and gone with its label, its pull request, or after some days. */

import * as assert from 'uvu/assert';
import { readMarker } from '../../reconciler/report/comment-marker.ts';
import type { RunEnd } from '../support/act/runner.ts';
import { ACCOUNT, endedWith, openStory, SHOP, SPEC, type Story } from '../support/act/story.ts';
import { stackText } from '../support/faults-bench.ts';
import { suite } from '../support/suite.ts';

const WORKFLOW = '.github/workflows/albedo-preview.yml';
const DAY = 86_400_000;
/** How far the server's clock is behind the wall clock (ms). */
let behind = 0;

const t = suite('a preview', {} as { story: Story });
t.before(async (all) => {
  all.story = await openStory({ github: { now: () => new Date(Date.now() - behind) } });
  // No data plane stands behind this account: what a load test says is another story.
  all.story.vars = { ...ACCOUNT, ALBEDO_PREVIEW_VERIFY: 'false' };
});
t.after(({ story }) => story.stop());

type Action = 'labeled' | 'unlabeled' | 'synchronize' | 'closed';
async function happens(story: Story, number: number, action: Action): Promise<RunEnd> {
  return endedWith(
    await story.workflows.run({
      ...{ workflow: WORKFLOW, event: 'pull_request', actor: 'dana', vars: story.vars },
      details: { number, action, ...(action === 'labeled' || action === 'unlabeled' ? { label: 'preview' } : {}) },
    }),
    'success',
  );
}
const names = (story: Story): string[] =>
  story.bench.sandbox.elbv2
    .loadBalancers()
    .map(({ name }) => name)
    .sort();

t('with the label: made under its own names, beside the real one, with a comment of its own', async ({ story }) => {
  const first = story.open('first', { [SPEC]: stackText() });
  endedWith(await story.plan(first), 'success');
  endedWith(await story.merge(first), 'success');
  const number = story.open('second', { [SPEC]: stackText().replace('idleTimeout: 90s', 'idleTimeout: 75s') });
  endedWith(await story.plan(number), 'success');
  story.github.state.addLabels(SHOP, number, ['preview']);
  await happens(story, number, 'labeled');
  assert.equal(names(story), ['webserver', 'webserver-pr-2']);
  assert.equal(
    story.comments(number).map(({ body }) => readMarker(body)?.stack),
    ['webserver', 'webserver-pr-2'],
  );
});

t('a push changes it in place', async ({ story }) => {
  story.github.state.commit(SHOP, 'second', {
    files: { [SPEC]: stackText().replace('idleTimeout: 90s', 'idleTimeout: 66s') },
    author: 'dana',
  });
  story.writes();
  await happens(story, 2, 'synchronize');
  assert.equal(names(story), ['webserver', 'webserver-pr-2']);
  assert.equal(
    story.writes().filter((action) => /^(Create|Delete)/.test(action) && !/(Tags|Parameter)$/.test(action)),
    [],
  );
});

t('a stack that is renamed within the pull request: both of its previews end, in one go', async ({ story }) => {
  story.github.state.commit(SHOP, 'second', {
    files: { [SPEC]: stackText().replace('stack: webserver', 'stack: renamed').replace('name: webserver', 'name: renamed') },
    author: 'dana',
  });
  await happens(story, 2, 'synchronize');
  assert.equal(names(story), ['renamed-pr-2', 'webserver', 'webserver-pr-2']);
});

t('closed: destroyed, and nothing else is', async ({ story }) => {
  story.github.state.setState(SHOP, 2, 'closed', 'dana');
  await happens(story, 2, 'closed');
  assert.equal(names(story), ['webserver']);
  for (const stack of ['webserver-pr-2', 'renamed-pr-2'])
    assert.ok(
      story.comments(2).some(({ body }) => body.startsWith(`### ✅ <code>${stack}</code>: destroyed`)),
      stack,
    );
});

t('too old: found by the nightly run, destroyed, its label taken off; a younger one stays', async ({ story }) => {
  const { state } = story.github;
  behind = 10 * DAY;
  const old = story.open('old', { [SPEC]: `# old\n${stackText()}` });
  state.addLabels(SHOP, old, ['preview']);
  await happens(story, old, 'labeled');
  behind = 0;
  const young = story.open('young', { [SPEC]: `# young\n${stackText()}` });
  state.addLabels(SHOP, young, ['preview']);
  // Its comment is of long ago too.
  const issue = state.repository(SHOP).issues.get(old);
  assert.ok(issue);
  issue.updatedAt = new Date(Date.now() - 10 * DAY).toISOString();
  await happens(story, young, 'labeled');
  assert.equal(names(story), ['webserver', `webserver-pr-${old}`, `webserver-pr-${young}`].sort());
  endedWith(
    await story.workflows.run({
      ...{ workflow: WORKFLOW, event: 'schedule', vars: story.vars },
      details: { schedule: '23 3 * * *', workflow: WORKFLOW },
    }),
    'success',
  );
  assert.equal(names(story), ['webserver', `webserver-pr-${young}`].sort());
  assert.equal(state.repository(SHOP).issues.get(old)?.labels, []);
  assert.equal(state.repository(SHOP).issues.get(young)?.labels, ['preview']);
});

t('closed while its destroy fails: the label stays, and the nightly run ends it', async ({ story }) => {
  const { state } = story.github;
  const [number] = [...state.repository(SHOP).issues.values()]
    .filter(({ labels }) => labels.includes('preview'))
    .map((each) => each.number);
  assert.ok(number);
  state.setState(SHOP, number, 'closed', 'dana');
  story.bench.sandbox.faults.set([{ match: { action: 'DeleteLoadBalancer' }, times: 10, fault: 'denied' }]);
  endedWith(
    await story.workflows.run({
      ...{ workflow: WORKFLOW, event: 'pull_request', actor: 'dana', vars: story.vars },
      details: { number, action: 'closed' },
    }),
    'failure',
  );
  assert.equal(state.repository(SHOP).issues.get(number)?.labels, ['preview']);
  story.bench.sandbox.faults.set([]);
  endedWith(
    await story.workflows.run({
      ...{ workflow: WORKFLOW, event: 'schedule', vars: story.vars },
      details: { schedule: '23 3 * * *', workflow: WORKFLOW },
    }),
    'success',
  );
  assert.equal(names(story), ['webserver']);
  assert.equal(state.repository(SHOP).issues.get(number)?.labels, []);
});

t.run();
