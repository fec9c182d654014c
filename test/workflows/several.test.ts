/** A team with several stacks: what one pull request does not change it does not plan, and a group of the queue is applied whole. */
import { ElasticLoadBalancingV2Client, ModifyLoadBalancerAttributesCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import * as assert from 'uvu/assert';
import { readMarker } from '../../reconciler/report/comment-marker.ts';
import { endedWith, MAIN, openStory, SHOP, SPEC, type Story } from '../support/act/story.ts';
import { stackText } from '../support/faults-bench.ts';
import { suite } from '../support/suite.ts';

const BLOG = 'environments/prod/blog.yaml';
const t = suite('several stacks', {} as { story: Story });
t.before(async (all) => {
  all.story = await openStory();
  const number = all.story.open('two', { [SPEC]: shop(90), [BLOG]: blog(90) });
  endedWith(await all.story.plan(number), 'success');
  endedWith(await all.story.merge(number), 'success');
  all.story.writes();
});
t.after(({ story }) => story.stop());

const shop = (seconds: number): string => stackText().replace('idleTimeout: 90s', `idleTimeout: ${seconds}s`);
const blog = (seconds: number): string =>
  stackText({ stack: 'blog', cidr: '10.1' }).replace('idleTimeout: 90s', `idleTimeout: ${seconds}s`);
const stacksOf = (story: Story, number: number): string[] => story.comments(number).map(({ body }) => readMarker(body)?.stack ?? '');

/** As somebody at the console would. */
async function drift(story: Story, name: string, seconds: string): Promise<string> {
  const balancer = story.bench.sandbox.elbv2.loadBalancers().find((each) => each.name === name);
  assert.ok(balancer);
  const client = new ElasticLoadBalancingV2Client({ endpoint: story.bench.sandbox.endpoint, region: 'us-east-1' });
  await client.send(
    new ModifyLoadBalancerAttributesCommand({
      LoadBalancerArn: balancer.arn,
      Attributes: [{ Key: 'idle_timeout.timeout_seconds', Value: seconds }],
    }),
  );
  client.destroy();
  story.writes();
  return balancer.arn;
}

t('a pull request about one neither plans nor reverts what drifts in the other', async ({ story }) => {
  await drift(story, 'blog', '33');
  const number = story.open('longer', { [SPEC]: shop(75) });
  const end = endedWith(await story.plan(number), 'success');
  assert.equal(stacksOf(story, number), ['webserver']);
  assert.match(end.out, 'not planned, since the pull request does not change their files: blog');
  assert.match(end.out, /AWS differs from the spec of blog \(1 change\); this pull request does not change that/);
  endedWith(await story.merge(number), 'success');
  assert.equal(
    story.writes().filter((action) => action.startsWith('Modify')),
    ['ModifyLoadBalancerAttributes'],
  );
  assert.match(story.comment(number), /^### ✅ <code>webserver<\/code>: applied, 1 change/);
});

t('one about no stack ends before credentials are taken, green, with no comment', async ({ story }) => {
  const number = story.open('readme', { 'README.md': '# The shop\n', 'docs/notes.md': 'x' });
  const end = endedWith(await story.plan(number), 'success');
  assert.not.match(end.out, 'assumed arn');
  assert.match(end.out, 'the pull request changes no stack');
  assert.equal(story.comments(number), []);
});

t('one about their policy is about both', async ({ story }) => {
  const number = story.open('policy', { 'environments/prod/policy.yaml': 'maxDeletes: 2\n' });
  const end = endedWith(await story.plan(number), 'success');
  assert.not.match(end.out, 'not planned');
  assert.equal(stacksOf(story, number), ['blog'], 'the one that drifts');
});

t('a group of the merge queue: both pull requests are applied by the one push, each told in its own comment', async ({ story }) => {
  const { state } = story.github;
  await drift(story, 'blog', '90');
  const before = state.repository(SHOP).refs.get(MAIN) ?? '';
  const numbers = [story.open('one', { [SPEC]: shop(76) }), story.open('other', { [BLOG]: blog(77) })];
  for (const number of numbers) endedWith(await story.plan(number), 'success');
  for (const number of numbers) state.merge(SHOP, number, 'dana', 'squash');
  const end = await story.workflows.run({
    ...{ workflow: '.github/workflows/albedo-apply.yml', event: 'push', actor: 'dana', vars: story.vars },
    details: { ref: MAIN, before },
  });
  endedWith(end, 'success');
  assert.equal(story.writes().filter((action) => action === 'ModifyLoadBalancerAttributes').length, 2);
  for (const [at, stack] of ['webserver', 'blog'].entries()) {
    const [comment, ...more] = story.comments(numbers[at] ?? 0);
    assert.equal(more, []);
    assert.match(comment?.body ?? '', new RegExp(`^### ✅ <code>${stack}</code>: applied, 1 change`));
  }
});

t.run();
