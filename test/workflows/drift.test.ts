/** Drift: one issue a stack, opened, rewritten, closed; and both ways out of it. Then a stack is destroyed by its name. */
import { ElasticLoadBalancingV2Client, ModifyLoadBalancerAttributesCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import * as assert from 'uvu/assert';
import type { RunEnd } from '../support/act/runner.ts';
import { endedWith, openStory, output, SHOP, SPEC, type Story } from '../support/act/story.ts';
import { stackText } from '../support/faults-bench.ts';
import { suite } from '../support/suite.ts';

const DRIFT = '.github/workflows/albedo-drift.yml';
const ACCEPT = '.github/workflows/albedo-accept.yml';
const APPLY = '.github/workflows/albedo-apply.yml';
const t = suite('drift', {} as { story: Story });
t.before(async (all) => {
  all.story = await openStory();
  const number = all.story.open('first', { [SPEC]: stackText() });
  endedWith(await all.story.plan(number), 'success');
  endedWith(await all.story.merge(number), 'success');
});
t.after(({ story }) => story.stop());

const look = async (story: Story): Promise<RunEnd> =>
  endedWith(
    await story.workflows.run({
      ...{ workflow: DRIFT, event: 'schedule', vars: story.vars },
      details: { schedule: '37 4 * * *', workflow: DRIFT },
    }),
    'success',
  );
const issues = (story: Story) => [...story.github.state.repository(SHOP).issues.values()].filter(({ pull }) => pull === undefined);

async function meddle(story: Story, seconds: string): Promise<void> {
  const [balancer] = story.bench.sandbox.elbv2.loadBalancers();
  const client = new ElasticLoadBalancingV2Client({});
  await client.send(
    new ModifyLoadBalancerAttributesCommand({
      LoadBalancerArn: balancer?.arn,
      Attributes: [{ Key: 'idle_timeout.timeout_seconds', Value: seconds }],
    }),
  );
  client.destroy();
}

t('none: no issue', async ({ story }) => {
  assert.is(output(await look(story), 'drifted'), 'false');
  assert.equal(issues(story), []);
});

t('somebody changed a value: an issue, which the next run rewrites', async ({ story }) => {
  await meddle(story, '33');
  story.writes();
  assert.is(output(await look(story), 'drifted'), 'true');
  const [issue, ...more] = issues(story);
  assert.equal(more, []);
  assert.match(issue?.title ?? '', 'webserver');
  assert.match(issue?.body ?? '', 'idleTimeout');
  assert.match(issue?.body ?? '', '--accept');
  await meddle(story, '44');
  story.writes();
  await look(story);
  assert.is(issues(story).length, 1);
  assert.match(issues(story)[0]?.body ?? '', '44');
  assert.equal(story.writes(), []);
});

t('one way out, the apply workflow by hand: AWS is what the spec says, and the issue is closed', async ({ story }) => {
  const end = await story.workflows.run({
    ...{ workflow: APPLY, event: 'workflow_dispatch', actor: 'dana', vars: story.vars },
    details: { workflow: APPLY },
  });
  endedWith(end, 'success');
  assert.equal(
    story.writes().filter((action) => /LoadBalancerAttributes/.test(action)),
    ['ModifyLoadBalancerAttributes'],
  );
  await look(story);
  assert.is(issues(story)[0]?.state, 'closed');
});

t(
  'the other one, the accept workflow by hand: a pull request with the value, whose merge closes the issue that was opened again',
  async ({ story }) => {
    await meddle(story, '55');
    await look(story);
    assert.is(issues(story).length, 1);
    assert.is(issues(story)[0]?.state, 'open');
    const { state } = story.github;
    state.repository(SHOP).actionsMayOpenPulls = true;
    const end = await story.workflows.run({
      ...{ workflow: ACCEPT, event: 'workflow_dispatch', actor: 'dana', vars: story.vars },
      details: { workflow: ACCEPT, inputs: { spec: SPEC, only: 'loadBalancer/main.idleTimeout' } },
    });
    const number = Number(output(endedWith(end, 'success'), 'accept-url')?.split('/').at(-1));
    const text = state.pullCommits(SHOP, number).head.tree.get(SPEC);
    assert.is(text, stackText().replace('idleTimeout: 90s', 'idleTimeout: 55s'));
    assert.equal(
      story.writes().filter((action) => action !== 'ModifyLoadBalancerAttributes'),
      [],
    );
    endedWith(await story.plan(number), 'success');
    assert.equal(story.comments(number), []);
    endedWith(await story.merge(number), 'success');
    await look(story);
    assert.is(issues(story)[0]?.state, 'closed');
  },
);

t('destroyed only by its own name', async ({ story }) => {
  const workflow = '.github/workflows/albedo-destroy.yml';
  const destroy = (confirm: string) =>
    story.workflows.run({
      ...{ workflow, event: 'workflow_dispatch', actor: 'dana', vars: story.vars },
      details: { workflow, inputs: { confirm, spec: SPEC } },
    });
  story.writes();
  const end = endedWith(await destroy('webserv'), 'failure');
  assert.is(output(end, 'exit-code'), '4');
  assert.equal(story.writes(), []);
  endedWith(await destroy('webserver'), 'success');
  assert.equal(story.bench.sandbox.elbv2.loadBalancers(), []);
});

t.run();
