/** What a fork of this repository can do without an AWS account, beside plan and apply: every other workflow runs on the sandbox too. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { ROOT } from '../support/act/runner.ts';
import { endedWith, openStory, output, SHOP, type Story } from '../support/act/story.ts';
import { suite } from '../support/suite.ts';

const SPEC = 'environments/sandbox/webserver.yaml';
/** The project's own stack with a load as short as it can be, and objectives that a busy machine meets too. */
const OWN = readFileSync(join(ROOT, SPEC), 'utf8')
  .replace(/^load: .*$/m, 'load: { script: k6/load.ts, rate: 10/s, duration: 35s }')
  .replace(/^chaos: .*$/m, 'chaos: { stopInstance: { from: web, at: 6s, for: 8s } }')
  .replace(/^objectives: .*$/m, 'objectives: { errorRate: "< 95%" }');
const POLICY = readFileSync(join(ROOT, 'environments/sandbox/policy.yaml'), 'utf8');

const t = suite('without an account', {} as { story: Story });
t.before(async (all) => {
  all.story = await openStory({ files: { [SPEC]: OWN, 'environments/sandbox/policy.yaml': POLICY } });
  all.story.vars = {};
});
t.after(({ story }) => {
  // Nothing of it went to the account.
  assert.is(story.bench.sandbox.calls().length, 0);
  return story.stop();
});

t('drift: none, and no issue', async ({ story }) => {
  const workflow = '.github/workflows/albedo-drift.yml';
  const end = await story.workflows.run({ workflow, event: 'schedule', vars: {}, details: { schedule: '37 4 * * *', workflow } });
  assert.is(output(endedWith(end, 'success'), 'drifted'), 'false');
  assert.is(story.github.state.repository(SHOP).issues.size, 0);
});

t('verify, by hand: an instance is turned off and on again', async ({ story }) => {
  const workflow = '.github/workflows/albedo-verify.yml';
  const details = { workflow, inputs: { spec: SPEC } };
  const end = endedWith(await story.workflows.run({ workflow, event: 'workflow_dispatch', vars: {}, details }), 'success');
  assert.match(end.out, /stopping web-\d \(i-/);
  assert.is(output(end, 'verdict'), 'pass');
});

t('preview: made under its own names and load-tested; its end finds nothing to do', async ({ story }) => {
  const workflow = '.github/workflows/albedo-preview.yml';
  const number = story.open('preview', { [SPEC]: `# another\n${OWN}` });
  story.github.state.addLabels(SHOP, number, ['preview']);
  const details = { number, action: 'labeled', label: 'preview' } as const;
  const end = endedWith(await story.workflows.run({ workflow, event: 'pull_request', vars: {}, details }), 'success');
  assert.is(output(end, 'verdict'), 'pass');
  assert.match(story.comment(number), `<code>webserver-pr-${number}</code>`);
  story.github.state.setState(SHOP, number, 'closed', 'dana');
  const over = await story.workflows.run({ workflow, event: 'pull_request', vars: {}, details: { number, action: 'closed' } });
  endedWith(over, 'success');
});

t('destroy: only by the name that was typed', async ({ story }) => {
  const workflow = '.github/workflows/albedo-destroy.yml';
  const destroy = (confirm: string) =>
    story.workflows.run({ workflow, event: 'workflow_dispatch', vars: {}, details: { workflow, inputs: { confirm, spec: SPEC } } });
  assert.is(output(endedWith(await destroy('web'), 'failure'), 'exit-code'), '4');
  assert.is(output(endedWith(await destroy('webserver'), 'success'), 'exit-code'), '0');
});

t.run();
