/** dev, stage and prod of one base, as `docs/examples/promotion` has them: planned side by side, applied one after the other. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { readMarker } from '../../reconciler/report/comment-marker.ts';
import { ROOT } from '../support/act/runner.ts';
import { endedWith, openStory, type Story } from '../support/act/story.ts';
import { suite } from '../support/suite.ts';

const FROM = `example/albedo@${'0123456789'.repeat(4)}`;
const EXAMPLE = join(ROOT, 'docs/examples/promotion');
const BASE = 'environments/base/webserver.yaml';
const read = (path: string): string => readFileSync(join(EXAMPLE, path), 'utf8');

/** As a team copies them; on sandboxes, since there are no three accounts. */
function callers(): Record<string, string> {
  const [repository, commit] = FROM.split('@');
  return Object.fromEntries(
    ['albedo-plan.yml', 'albedo-apply.yml'].map((name) => [
      name,
      read(`workflows/${name}`)
        .replace(/uses: \.\/(\S+)/g, `uses: ${repository}/$1@${commit} # v1.0.0`)
        .replace(/^( +)(spec: environments\/)/gm, '$1sandbox: true\n$1$2'),
    ]),
  );
}

/** Short loads, and nothing is stopped: what a load test finds is another story. */
function files(): Record<string, string> {
  const all = readdirSync(join(EXAMPLE, 'environments'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.yaml'));
  // A sandbox has one account.
  const texts = Object.fromEntries(
    all.map((name) => [`environments/${name}`, read(`environments/${name}`).replace(/account: "\d+"/, 'account: "123456789012"')]),
  );
  return {
    ...texts,
    [BASE]: (texts[BASE] ?? '')
      .replace('duration: 60s', 'duration: 5s')
      .replace(/^chaos: .*\n/m, '')
      .replace(/^objectives: .*$/m, 'objectives: { errorRate: "< 50%" }'),
  };
}

const t = suite('promotion', {} as { story: Story });
t.before(async (all) => {
  all.story = await openStory({ copied: { from: FROM, files: callers() } });
});
t.after(({ story }) => story.stop());

const byKey = (story: Story, number: number): ReadonlyMap<string, string> =>
  new Map(story.comments(number).map(({ body }) => [readMarker(body)?.key ?? '', body]));
/** Names of environments in the order in which something was applied. */
const applied = (out: string): string[] => [...out.matchAll(/webserver-(\w+): applied/g)].map(([, name = '']) => name);

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
    'environments/stage/webserver.yaml': `${read('environments/stage/webserver.yaml').replace(/^objectives: .*\n/m, '')}objectives: { p95: "< 1ms", p99: "< 1ms" }\n`,
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
