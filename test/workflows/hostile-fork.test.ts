/** The author of a fork owns the file that its run leaves, and somebody with write access the text of every comment. */

import * as assert from 'uvu/assert';
import { markerLine, readMarker } from '../../reconciler/report/comment-marker.ts';
import type { RunEnd } from '../support/act/runner.ts';
import { endedWith, openStory, SHOP, SPEC, type Story } from '../support/act/story.ts';
import { stackText } from '../support/faults-bench.ts';
import { suite } from '../support/suite.ts';

const NO_TARGETS = stackText().replace('targets: [web-1, web-2]', 'targets: []');
const t = suite('a hostile artifact, and an edited comment', {} as { story: Story; number: number; planned: RunEnd; right: Result });
interface Result {
  stacks: { stack: string; file: string; headline: string }[];
}
t.before(async (all) => {
  all.story = await openStory({ files: { [SPEC]: NO_TARGETS } });
  const text = NO_TARGETS.replace('idleTimeout: 90s', 'idleTimeout: 75s');
  all.number = all.story.open('hello', { [SPEC]: text }, 'mallory');
  all.planned = endedWith(await all.story.plan(all.number), 'success');
  all.right = JSON.parse(all.planned.artifact('albedo-static', 'result.json')) as Result;
});
t.after(({ story }) => story.stop());

const reported = ({ story, planned }: { story: Story; planned: RunEnd }, result: unknown): Promise<RunEnd> => {
  story.workflows.forge(planned.run.id, 'albedo-static', 'result.json', JSON.stringify(result));
  return story.workflows.run({
    ...{ workflow: '.github/workflows/albedo-fork.yml', event: 'workflow_run', vars: story.vars },
    details: { run: planned.run.id, action: 'completed' },
  });
};
const first = ({ right }: { right: Result }) => right.stacks[0] ?? { stack: '', file: '', headline: '' };

for (const stack of ['../../..', '../../../../../../../../tmp/albedo-escaped', 'a/../../b', '.', '/tmp/albedo-escaped'])
  t(`a stack called ${stack}: nothing is written, nowhere`, async (all) => {
    const end = endedWith(await reported(all, { ...all.right, stacks: [{ ...first(all), stack }] }), 'failure');
    assert.match(end.out, 'not a usable result file');
    assert.equal(all.story.comments(all.number), []);
  });

t('200 invented stacks: one comment, on the one stack that the pull request changes', async (all) => {
  const stacks = Array.from({ length: 200 }, (_, at) => ({
    ...first(all),
    stack: `invented-${at}`,
    file: at === 150 ? SPEC : `environments/x${at}.yaml`,
  }));
  const end = endedWith(await reported(all, { ...all.right, stacks }), 'success');
  assert.is(all.story.comments(all.number).length, 1);
  assert.match(all.story.comment(all.number), 'invented-150');
  assert.match(end.out, '199 of 200 stacks');
});

t('200 invented stacks of the same file: one comment', async (all) => {
  const stacks = Array.from({ length: 200 }, (_, at) => ({ ...first(all), stack: `invented-${at}` }));
  const before = all.story.comments(all.number).length;
  endedWith(await reported(all, { ...all.right, stacks }), 'success');
  assert.ok(all.story.comments(all.number).length <= before + 1);
});

t('a comment that was edited to claim the last run there can be is rewritten by the next plan', async ({ story }) => {
  const number = story.open('own', { [SPEC]: NO_TARGETS.replace('idleTimeout: 90s', 'idleTimeout: 76s') });
  endedWith(await story.plan(number), 'success');
  const [comment] = story.comments(number);
  assert.ok(comment);
  const marker = readMarker(comment.body);
  assert.ok(marker);
  const frozen = `### ✅ <code>webserver</code>: no changes\n${markerLine({ ...marker, run: Number.MAX_SAFE_INTEGER })}`;
  story.github.state.repository(SHOP).comments.forEach((each) => {
    if (each.id === comment.id) each.body = frozen;
  });
  const end = endedWith(await story.plan(number, 'synchronize'), 'success');
  assert.not.match(end.out, 'is from a later run and stays');
  assert.match(story.comment(number), /changes? to apply/);
});

t.run();
