/** Approved by a review: whose, of which commit, and when; and a GitHub that does not let itself be told. */

import * as assert from 'uvu/assert';
import { ACCOUNT, endedWith, openStory, output, SHOP, SPEC, type Story } from '../support/act/story.ts';
import { stackText } from '../support/faults-bench.ts';
import { suite } from '../support/suite.ts';

/** How far the server's clock is behind the wall clock (ms): its times have whole seconds. */
let behind = 3_600_000;
const t = suite('an approval by review', {} as { story: Story; number: number });
t.before(async (all) => {
  all.story = await openStory({ github: { now: () => new Date(Date.now() - behind) } });
  all.story.vars = { ...ACCOUNT, ALBEDO_APPROVAL: 'review' };
  const { state } = all.story.github;
  state.setRole(SHOP, 'erin', 'write');
  state.setRole(SHOP, 'eve', 'triage');
  all.number = all.story.open('first', { [SPEC]: stackText() });
  // Before there is a plan there is nothing to approve.
  state.review(SHOP, all.number, 'erin', 'APPROVED');
  behind = 0;
  endedWith(await all.story.plan(all.number), 'success');
  state.merge(SHOP, all.number, 'dana', 'squash');
});
t.after(({ story }) => story.stop());

t('older than the plan, by the author, or by somebody who may not write: nothing is applied', async ({ story, number }) => {
  for (const login of ['dana', 'eve']) story.github.state.review(SHOP, number, login, 'APPROVED');
  const end = endedWith(await story.startApply().end, 'failure');
  assert.is(output(end, 'exit-code'), '4');
  assert.match(story.comment(number), 'is not approved');
  assert.equal(story.writes(), []);
});

t('by somebody who may write, after the plan: applied, although GitHub takes no comment; the summary has it', async ({ story, number }) => {
  story.github.state.review(SHOP, number, 'erin', 'APPROVED');
  const before = story.comment(number);
  story.github.fail({ operation: 'issues/update-comment', times: 1000, answer: { status: 503 } });
  const end = endedWith(await story.startApply().end, 'success');
  assert.is(output(end, 'exit-code'), '0');
  assert.ok(story.writes().includes('CreateLoadBalancer'));
  assert.is(story.comment(number), before);
  assert.match(end.out, /::warning title=no comment::/);
  assert.match(end.out, /Summary - ### ✅ <code>webserver<\/code>: applied/);
});

t.run();
