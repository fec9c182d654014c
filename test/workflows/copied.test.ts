/** Another repository that copied a caller, as docs/github-actions.md says: the workflow behind it, and albedo itself, come from ours. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { ROOT } from '../support/act/runner.ts';
import { endedWith, openStory, SPEC, type Story } from '../support/act/story.ts';
import { stackText } from '../support/faults-bench.ts';
import { suite } from '../support/suite.ts';

const FROM = `example/albedo@${'0123456789'.repeat(4)}`;
const t = suite('a caller that was copied', {} as { story: Story });
t.before(async (all) => {
  const [repository = '', commit = ''] = FROM.split('@');
  const text = readFileSync(join(ROOT, '.github/workflows/albedo-plan.yml'), 'utf8');
  const copy = text.replace(/uses: \.\/(.*)/g, `uses: ${repository}/$1@${commit} # v1.0.0`);
  all.story = await openStory({ copied: { from: FROM, files: { 'albedo-plan.yml': copy } } });
});
t.after(({ story }) => story.stop());

t('plans, with nothing else of albedo in its repository', async ({ story }) => {
  const number = story.open('first', { [SPEC]: stackText() });
  const end = endedWith(await story.plan(number), 'success');
  assert.match(end.out, 'plan.yml');
  assert.match(story.comment(number), /^### 🟠 <code>webserver<\/code>: 14 changes to apply/);
});

t.run();
