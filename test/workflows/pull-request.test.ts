/** A pull request with an AWS account behind it: its plan, its merge, its apply; and what is not the plan that was reviewed. */

import * as assert from 'uvu/assert';
import { readMarker } from '../../reconciler/report/comment-marker.ts';
import { endedWith, openStory, output, SHOP, SPEC, type Story } from '../support/act/story.ts';
import { stackText } from '../support/faults-bench.ts';
import { suite } from '../support/suite.ts';

const t = suite('a pull request', {} as { story: Story });
t.before(async (all) => {
  all.story = await openStory();
});
t.after(({ story }) => story.stop());

const idle = (seconds: number): string => stackText().replace('idleTimeout: 90s', `idleTimeout: ${seconds}s`);

t('the first one: a comment with the plan, counts in the check, nothing touched', async ({ story }) => {
  const number = story.open('first', { [SPEC]: stackText() });
  const end = endedWith(await story.plan(number), 'success');
  assert.match(story.comment(number), /^### 🟠 <code>webserver<\/code>: 14 changes to apply/);
  assert.is(readMarker(story.comment(number))?.digest, output(end, 'plan-digest'));
  assert.is(output(end, 'has-changes'), 'true');
  assert.equal(story.writes(), []);
  // One comment, whatever happens, and no request that GitHub would not understand.
  story.github.assertClean();
});

t('merged: exactly that is applied, and told in the same comment', async ({ story }) => {
  endedWith(await story.merge(1), 'success');
  assert.match(story.comment(1), /^### ✅ <code>webserver<\/code>: applied, 14 changes/);
  assert.ok(story.writes().includes('CreateLoadBalancer'));
  assert.is(story.bench.sandbox.elbv2.loadBalancers().length, 1);
});

t('one that changes nothing: no comment, and a green check', async ({ story }) => {
  const number = story.open('nothing', { [SPEC]: `# said better\n${stackText()}` });
  const end = endedWith(await story.plan(number), 'success');
  assert.is(output(end, 'exit-code'), '0');
  assert.equal(story.comments(number), []);
  endedWith(await story.merge(number), 'success');
  assert.equal(story.comments(number), []);
  assert.equal(story.writes(), []);
});

t(
  'the account changed between plan and merge: exit 3, nothing touched, the new plan in the comment; planned anew, it goes on',
  async ({ story }) => {
    const number = story.open('longer', { [SPEC]: idle(75) });
    endedWith(await story.plan(number), 'success');
    const [balancer] = story.bench.sandbox.elbv2.loadBalancers();
    assert.ok(balancer);
    await meddle(story, balancer.arn, '33');
    story.writes();
    const end = endedWith(await story.merge(number), 'failure');
    assert.is(output(end, 'exit-code'), '3');
    assert.is(output(end, 'failure-reason'), 'plan-changed');
    assert.equal(story.writes(), []);
    assert.match(story.comment(number), 'stopped before anything was changed');
    assert.match(story.comment(number), /33s? → 75s?/);
    await meddle(story, balancer.arn, '90');
    endedWith(await story.startApply().end, 'success');
    assert.match(story.comment(number), /^### ✅ <code>webserver<\/code>: applied, 1 change/);
  },
);

t('in the merge queue: planned once more, on what the merge would be', async ({ story }) => {
  const number = story.open('queued', { [SPEC]: idle(76) });
  endedWith(await story.plan(number), 'success');
  const end = await story.workflows.run({
    ...{ workflow: '.github/workflows/albedo-plan.yml', event: 'merge_group', actor: 'dana', vars: story.vars },
    details: { number },
  });
  assert.is(output(endedWith(end, 'success'), 'plan-digest'), readMarker(story.comment(number))?.digest);
  assert.match(story.comment(number), /75s? → 76s?/);
});

t('a commit after the plan: what nobody planned is not applied', async ({ story }) => {
  const { state } = story.github;
  const number = story.open('pushed', { [SPEC]: idle(80) });
  endedWith(await story.plan(number), 'success');
  state.commit(SHOP, 'pushed', { files: { [SPEC]: idle(4000) }, author: 'dana' });
  story.writes();
  const end = endedWith(await story.merge(number), 'failure');
  assert.is(output(end, 'exit-code'), '3');
  assert.match(end.out, /no run of .*albedo-plan\.yml succeeded on/);
  assert.equal(story.writes(), []);
});

t.run();

/** As somebody at the console would. */
async function meddle(story: Story, arn: string, seconds: string): Promise<void> {
  const { ElasticLoadBalancingV2Client, ModifyLoadBalancerAttributesCommand } = await import('@aws-sdk/client-elastic-load-balancing-v2');
  const client = new ElasticLoadBalancingV2Client({ endpoint: story.bench.sandbox.endpoint, region: 'us-east-1' });
  await client.send(
    new ModifyLoadBalancerAttributesCommand({
      LoadBalancerArn: arn,
      Attributes: [{ Key: 'idle_timeout.timeout_seconds', Value: seconds }],
    }),
  );
  client.destroy();
}
