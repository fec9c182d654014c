/** Somebody with write access, or less, wants something applied that nobody approved. */

import * as assert from 'uvu/assert';
import type { RunEnd } from '../support/act/runner.ts';
import { endedWith, openStory, output, SHOP, SPEC, type Story } from '../support/act/story.ts';
import { stackText } from '../support/faults-bench.ts';
import { suite } from '../support/suite.ts';

const WORKFLOW = '.github/workflows/albedo-apply.yml';
const t = suite('an apply that nobody approved', {} as { story: Story; number: number; digest: string });
t.before(async (all) => {
  all.story = await openStory({ files: { [SPEC]: stackText() } });
  all.number = all.story.open('evil', { [SPEC]: `# the same to apply, so that no digest is in the way\n${stackText()}` });
  all.digest = output(endedWith(await all.story.plan(all.number), 'success'), 'plan-digest') ?? '';
});
t.after(({ story }) => story.stop());

/** By hand, on the default branch, with its own reviewed workflow: what anybody with write access may start. */
const dispatched = (
  { story }: { story: Story },
  inputs: Readonly<Record<string, string>>,
  vars: Readonly<Record<string, string>> = {},
): Promise<RunEnd> =>
  story.workflows.run({
    ...{ workflow: WORKFLOW, event: 'workflow_dispatch', actor: 'dana', vars: { ...story.vars, ...vars } },
    details: { workflow: WORKFLOW, inputs },
  });

t('dispatched for an open pull request, where a merge is the approval: refused, and AWS is not touched', async (all) => {
  all.story.writes();
  const end = endedWith(await dispatched(all, { 'pull-request': String(all.number), digest: all.digest.slice(0, 12) }), 'failure');
  assert.is(output(end, 'exit-code'), '4');
  assert.match(end.out, `#${all.number} is not merged`);
  assert.equal(all.story.writes(), []);
});

t('dispatched by a label that a triager put: refused', async (all) => {
  const { state } = all.story.github;
  state.setRole(SHOP, 'tim', 'triage');
  state.addLabels(SHOP, all.number, [`apply:${all.digest.slice(0, 12)}`], 'tim');
  const end = endedWith(
    await dispatched(all, { 'pull-request': String(all.number), digest: all.digest.slice(0, 12) }, { ALBEDO_APPROVAL: 'label' }),
    'failure',
  );
  assert.match(end.out, 'was added by tim, who has no write access');
  assert.equal(all.story.writes(), []);
});

t('approved by whoever wrote it: refused', async (all) => {
  all.story.github.state.review(SHOP, all.number, 'dana', 'APPROVED');
  const end = endedWith(await dispatched(all, { 'pull-request': String(all.number) }, { ALBEDO_APPROVAL: 'review' }), 'failure');
  assert.match(end.out, 'no one with write access, apart from its authors, approved');
  assert.equal(all.story.writes(), []);
});

t('an environment without reviewers, and one whose reviewer did not approve this run: refused', async (all) => {
  const { state } = all.story.github;
  const attempt = (): Promise<RunEnd> => dispatched(all, { 'pull-request': String(all.number) }, { ALBEDO_APPROVAL: 'environment' });
  state.addEnvironment(SHOP, 'albedo');
  assert.match(endedWith(await attempt(), 'failure').out, 'requires no reviewer');
  state.addEnvironment(SHOP, 'albedo', ['erin']);
  assert.match(endedWith(await attempt(), 'failure').out, 'no reviewer of the environment albedo approved run');
  assert.equal(all.story.writes(), []);
});

t('merged into another branch than the default one: refused', async (all) => {
  const { state } = all.story.github;
  state.moveRef(SHOP, 'refs/heads/side', state.repository(SHOP).refs.get('refs/heads/main') ?? '');
  state.commit(SHOP, 'aside', { files: { [SPEC]: `# aside\n${stackText()}` }, author: 'dana' });
  const { number } = state.openPull(SHOP, { title: 'Aside', head: 'aside', base: 'side', user: 'dana' } as never);
  endedWith(await all.story.plan(number), 'success');
  state.merge(SHOP, number, 'dana', 'squash');
  const end = endedWith(await dispatched(all, { 'pull-request': String(number) }), 'failure');
  assert.match(end.out, 'was merged into side, not into main');
  assert.equal(all.story.writes(), []);
});

t('and what is approved is applied: the same pull request, merged', async ({ story, number }) => {
  endedWith(await story.merge(number), 'success');
  assert.ok(story.writes().includes('CreateLoadBalancer'));
});

t.run();
