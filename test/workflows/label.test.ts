/** Approved by a label that names the digest: who put it, on which commit, and what a push does to it. */

import * as assert from 'uvu/assert';
import type { RunEnd } from '../support/act/runner.ts';
import { ACCOUNT, endedWith, openStory, output, SHOP, SPEC, type Story } from '../support/act/story.ts';
import { stackText } from '../support/faults-bench.ts';
import { suite } from '../support/suite.ts';

const WORKFLOW = '.github/workflows/albedo-apply.yml';
const LABEL = '.github/workflows/albedo-label.yml';
const t = suite('a label that names the digest', {} as { story: Story; number: number; digest: string });
t.before(async (all) => {
  all.story = await openStory();
  all.story.vars = { ...ACCOUNT, ALBEDO_APPROVAL: 'label' };
  all.story.github.state.addWorkflow(SHOP, WORKFLOW, { name: 'albedo apply', inputs: ['pull-request', 'digest', 'spec'] });
  all.number = all.story.open('first', { [SPEC]: stackText() });
  all.digest = output(endedWith(await all.story.plan(all.number), 'success'), 'plan-digest') ?? '';
});
t.after(({ story }) => story.stop());

function labelled(all: { story: Story; number: number }, label: string, actor: string): Promise<RunEnd> {
  all.story.github.state.addLabels(SHOP, all.number, [label], actor);
  return all.story.workflows.run({
    ...{ workflow: LABEL, event: 'pull_request', actor, vars: all.story.vars },
    details: { number: all.number, action: 'labeled', label, sender: actor },
  });
}
const labels = ({ story, number }: { story: Story; number: number }) => story.github.state.repository(SHOP).issues.get(number)?.labels;
const dispatches = ({ story }: { story: Story }) => story.github.state.repository(SHOP).dispatches;

t('the comment says which label to put', ({ story, number, digest }) => {
  assert.match(story.comment(number), `apply:${digest.slice(0, 12)}`);
});

t('put by somebody who may not write: deleted, nothing is started', async (all) => {
  all.story.github.state.setRole(SHOP, 'eve', 'triage');
  const label = `apply:${all.digest.slice(0, 12)}`;
  endedWith(await labelled(all, label, 'eve'), 'failure');
  assert.equal(labels(all), []);
  assert.equal(dispatches(all), []);
});

t('another label asks for nothing', async (all) => {
  endedWith(await labelled(all, 'documentation', 'dana'), 'success');
  assert.equal(dispatches(all), []);
});

t('put by somebody who may: the apply runs as it is on the default branch, with the specs of the pull request', async (all) => {
  const { story, number, digest } = all;
  endedWith(await labelled(all, `apply:${digest.slice(0, 12)}`, 'dana'), 'success');
  const [asked, ...more] = dispatches(all);
  assert.equal(more, []);
  assert.equal(asked?.inputs, { 'pull-request': String(number), digest: digest.slice(0, 12) });
  assert.is(asked?.ref, 'main');
  const end = await story.workflows.run({
    ...{ workflow: WORKFLOW, event: 'workflow_dispatch', actor: 'dana', vars: story.vars },
    details: { workflow: WORKFLOW, inputs: asked?.inputs ?? {} },
  });
  endedWith(end, 'success');
  assert.match(story.comment(number), /^### ✅ <code>webserver<\/code>: applied, 14 changes/);
  assert.not.ok(story.github.state.repository(SHOP).labels.has(`apply:${digest.slice(0, 12)}`), 'it has done its work');
});

t('after a push an apply that was asked for before it stops, and the next plan deletes the label', async (all) => {
  const { story } = all;
  const { state } = story.github;
  all.number = story.open('longer', { [SPEC]: stackText().replace('idleTimeout: 90s', 'idleTimeout: 75s') });
  all.digest = output(endedWith(await story.plan(all.number), 'success'), 'plan-digest') ?? '';
  const label = `apply:${all.digest.slice(0, 12)}`;
  endedWith(await labelled(all, label, 'dana'), 'success');
  const asked = dispatches(all).at(-1);
  state.commit(SHOP, 'longer', { files: { [SPEC]: stackText().replace('idleTimeout: 90s', 'idleTimeout: 4000s') }, author: 'dana' });
  story.writes();
  const end = await story.workflows.run({
    ...{ workflow: WORKFLOW, event: 'workflow_dispatch', actor: 'dana', vars: story.vars },
    details: { workflow: WORKFLOW, inputs: asked?.inputs ?? {} },
  });
  assert.is(output(endedWith(end, 'failure'), 'exit-code'), '3');
  assert.equal(story.writes(), []);
  // Planned anew, the old digest is another one.
  endedWith(await story.plan(all.number, 'synchronize'), 'success');
  assert.not.ok(story.github.state.repository(SHOP).labels.has(label));
  const again = await story.workflows.run({
    ...{ workflow: WORKFLOW, event: 'workflow_dispatch', actor: 'dana', vars: story.vars },
    details: { workflow: WORKFLOW, inputs: asked?.inputs ?? {} },
  });
  assert.is(output(endedWith(again, 'failure'), 'exit-code'), '3');
  assert.equal(story.writes(), []);
});

t.run();
