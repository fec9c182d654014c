/** dev, stage and prod of one base, as `docs/examples/promotion` has them: planned side by side, applied one after the other. */
import * as assert from 'uvu/assert';
import { readMarker } from '../../reconciler/report/comment-marker.ts';
import { applied, BASE, byKey, copiedCallers, exampleFiles, readExample } from '../support/act/promotion.ts';
import { endedWith, openStory, type Story } from '../support/act/story.ts';
import { suite } from '../support/suite.ts';

// On sandboxes, one a job, which have the accounts that the folders name.
const callers = copiedCallers((text) => text.replace(/^( +)(spec: environments\/)/gm, '$1sandbox: true\n$1$2'));
const files = exampleFiles;

const t = suite('promotion', {} as { story: Story });
t.before(async (all) => {
  all.story = await openStory({ copied: callers });
});
t.after(({ story }) => story.stop());

t('a change of the base is planned for each, with what differs between them', async ({ story }) => {
  const number = story.open('first', files());
  endedWith(await story.plan(number), 'success');
  const comments = byKey(story, number);
  assert.equal([...comments.keys()].sort(), ['dev', 'prod', 'stage']);
  for (const [name, body] of comments) {
    assert.match(body, `webserver-${name}`);
    assert.match(body, /<summary>dev, prod, stage differ in \d+ settings?<\/summary>/);
    assert.match(body, /- <code>load\.rate<\/code>: dev <code>10\/s<\/code> · prod <code>50\/s<\/code> · stage <code>20\/s<\/code>/);
  }
});

t('merged: dev, then stage, then prod, each with its load test', async ({ story }) => {
  const end = endedWith(await story.merge(1), 'success');
  const order = [...end.out.matchAll(/webserver-(dev|stage|prod): (?:load held|survived|pass|applied)[^\n]*/g)].map(([, name]) => name);
  assert.equal([...new Set(order)], ['dev', 'stage', 'prod']);
  for (const [name, body] of byKey(story, 1)) assert.equal(readMarker(body)?.state, 'verified', name);
});

t('stage misses an objective: prod is not applied, and its comment does not say that it is', async ({ story }) => {
  const number = story.open('strict', {
    'environments/stage/webserver.yaml': `${readExample('environments/stage/webserver.yaml').replace(/^objectives: .*\n/m, '')}objectives: { p95: "< 1ms", p99: "< 1ms" }\n`,
    [BASE]: `${files()[BASE]}rollout: { maxSurge: 2 }\n`.replace('timeout: 2s', 'timeout: 3s'),
  });
  endedWith(await story.plan(number), 'success');
  const end = endedWith(await story.merge(number), 'failure');
  assert.not.ok(applied(end.out).includes('prod'), end.out.slice(-2000));
  const comments = byKey(story, number);
  assert.match(comments.get('stage') ?? '', /^### ❌/);
  assert.is(readMarker(comments.get('prod') ?? '')?.state, 'planned');
});

t.run();
