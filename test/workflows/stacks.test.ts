/** Several stacks in one pull request, an apply that stops half way, and a plan that is too long for a comment. */

import * as assert from 'uvu/assert';
import { readMarker } from '../../reconciler/report/comment-marker.ts';
import { endedWith, openStory, output, SHOP, SPEC, type Story } from '../support/act/story.ts';
import { stackText } from '../support/faults-bench.ts';
import { suite } from '../support/suite.ts';

const BLOG = 'environments/prod/blog.yaml';
const t = suite('stacks of a pull request', {} as { story: Story });
t.before(async (all) => {
  // As an account whose quota was raised: one of the stacks has more rules than AWS allows at first.
  all.story = await openStory({ github: { pageCap: 2 }, aws: { quotas: { rulesPerLoadBalancer: 200 } } });
});
t.after(({ story }) => story.stop());

/** Comments of a pull request by the stack that they are about. */
const byStack = (story: Story, number: number): Map<string, string> =>
  new Map(story.comments(number).map(({ body }) => [readMarker(body)?.stack ?? '', body]));

t('two of them: a comment each, found among others over all pages, both applied', async ({ story }) => {
  const number = story.open('two', { [SPEC]: stackText(), [BLOG]: stackText({ stack: 'blog', cidr: '10.1' }) });
  for (const text of ['a', 'b', 'c']) story.github.state.comment(SHOP, number, 'dana', text);
  endedWith(await story.plan(number), 'success');
  assert.is(story.comments(number).length, 5);
  endedWith(await story.merge(number), 'success');
  assert.is(story.comments(number).length, 5);
  for (const stack of ['webserver', 'blog']) assert.match(byStack(story, number).get(stack) ?? '', /^### ✅ .*applied, 14 changes/);
  assert.equal(
    story.bench.sandbox.elbv2
      .loadBalancers()
      .map(({ name }) => name)
      .sort(),
    ['blog', 'webserver'],
  );
});

t('one of them may not be applied: it says why, and the other goes its own way', async ({ story }) => {
  const number = story.open('half', {
    [SPEC]: stackText().replace('idleTimeout: 90s', 'idleTimeout: 75s'),
    [BLOG]: stackText({ stack: 'blog', cidr: '10.1' }).replace('internet-facing', 'internal'),
  });
  const end = endedWith(await story.plan(number), 'failure');
  assert.is(output(end, 'failure-reason'), 'guard');
  story.writes();
  endedWith(await story.merge(number), 'failure');
  assert.equal(
    // The lock is a parameter.
    story.writes().filter((action) => !action.endsWith('Parameter')),
    ['ModifyLoadBalancerAttributes'],
  );
  assert.match(byStack(story, number).get('webserver') ?? '', /^### ✅ .*applied, 1 change/);
  assert.not.match(byStack(story, number).get('blog') ?? '', /^### ✅/);
  // Taken back, as a pull request of its own.
  story.github.state.commit(SHOP, 'main', { files: { [SPEC]: stackText(), [BLOG]: stackText({ stack: 'blog', cidr: '10.1' }) } });
});

t('an apply that AWS stops half way: told what is live; run again, it goes on where it was', async ({ story }) => {
  const shop = stackText({ stack: 'third', cidr: '10.2' });
  const number = story.open('third', { 'environments/prod/third.yaml': shop });
  endedWith(await story.plan(number), 'success');
  story.writes();
  story.bench.sandbox.faults.set([{ match: { action: 'CreateListener' }, times: 10, fault: 'denied' }]);
  const end = endedWith(await story.merge(number), 'failure');
  const done = story.writes().filter((action) => action === 'CreateLoadBalancer');
  assert.equal(done, ['CreateLoadBalancer']);
  const body = byStack(story, number).get('third') ?? '';
  assert.match(body, /^### ❌ <code>third<\/code>/);
  assert.match(body, 'CreateListener');
  assert.ok(['denied', 'partial'].includes(output(end, 'failure-reason') ?? ''), output(end, 'failure-reason'));
  story.bench.sandbox.faults.set([]);
  // By hand, as the hint says: what is left to do is another plan than the reviewed one, and so its digest is typed.
  const WORKFLOW = '.github/workflows/albedo-apply.yml';
  const drift = endedWith(
    await story.workflows.run({
      ...{ workflow: '.github/workflows/albedo-drift.yml', event: 'workflow_dispatch', vars: story.vars },
      details: { workflow: '.github/workflows/albedo-drift.yml' },
    }),
    'success',
  );
  const rest = JSON.parse(drift.artifact('albedo-drift', 'result.json')) as {
    readonly stacks: readonly { readonly stack: string; readonly plan: { readonly digest: string } | null }[];
  };
  const digest = rest.stacks.find(({ stack }) => stack === 'third')?.plan?.digest ?? '';
  const dispatch = (typed: string) =>
    story.workflows.run({
      ...{ workflow: WORKFLOW, event: 'workflow_dispatch', actor: 'dana', vars: story.vars },
      details: { workflow: WORKFLOW, inputs: { digest: `third=${typed}`, spec: 'environments/prod/third.yaml' } },
    });
  endedWith(await dispatch('0'.repeat(64)), 'failure');
  assert.equal(story.writes(), []);
  endedWith(await dispatch(digest.slice(0, 12)), 'success');
  const again = story.writes();
  assert.ok(again.includes('CreateListener'));
  assert.not.ok(again.includes('CreateLoadBalancer'));
});

t('more than 200 changes: the comment keeps within its limit, worst first, and says where the rest is', async ({ story }) => {
  const rules = (prefix: string): string =>
    Array.from(
      { length: 95 },
      (_, index) => `      ${prefix}-${index}: { if: { path: ["/${prefix}/${index}/${'x'.repeat(60)}"] }, forward: web }`,
    ).join('\n');
  const text = stackText({ stack: 'wide', cidr: '10.3' })
    .replace(
      'http: { protocol: HTTP, port: 80, forward: web }',
      `http:\n    protocol: HTTP\n    port: 80\n    forward: web\n    rules:\n${rules('a')}`,
    )
    .replace(
      'https: { protocol: HTTPS, port: 443, certificate: site, forward: web }',
      `https:\n    protocol: HTTPS\n    port: 443\n    certificate: site\n    forward: web\n    rules:\n${rules('b')}`,
    );
  const number = story.open('wide', { 'environments/prod/wide.yaml': text });
  const end = endedWith(await story.plan(number), 'success');
  assert.is(output(end, 'to-add'), '204');
  const body = byStack(story, number).get('wide') ?? '';
  assert.match(body, /^### 🟠 <code>wide<\/code>: 204 changes to apply/);
  assert.ok(body.length <= 60_000, String(body.length));
  assert.match(body, /\d+ more/);
  assert.is(body.split('```').length % 2, 1, 'a fence is open');
  assert.is(readMarker(body)?.stack, 'wide');
});

t.run();
