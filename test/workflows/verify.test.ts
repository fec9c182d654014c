/** Load tests with an instance turned off: on the sandbox of a fresh fork, and one that is cancelled in the middle, with an AWS account. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { ROOT } from '../support/act/runner.ts';
import { ACCOUNT, endedWith, openStory, SPEC, type Story } from '../support/act/story.ts';
import { suite } from '../support/suite.ts';

/** The project's own stack, with a load as short as it can be, and objectives that a busy machine meets too. */
const OWN = readFileSync(join(ROOT, 'environments/sandbox/webserver.yaml'), 'utf8')
  .replace(/^load: .*$/m, 'load: { script: k6/load.ts, rate: 10/s, duration: 40s }')
  .replace(/^chaos: .*$/m, 'chaos: { stopInstance: { from: web, at: 8s, for: 10s } }')
  .replace(/^objectives: .*$/m, 'objectives: { errorRate: "< 95%" }');
const t = suite('load tests', {} as { story: Story });
t.before(async (all) => {
  all.story = await openStory({
    files: { [SPEC]: OWN },
    aws: { dataplane: true, healthy: false, timings: { instanceStopping: 300, instancePending: 100, loadBalancerProvisioning: 100 } },
  });
});
t.after(({ story }) => story.stop());

t('a fork without roles: planned, applied and load-tested on the sandbox, all in one comment', async ({ story }) => {
  story.vars = {};
  const number = story.open('own', { [SPEC]: OWN.replace('ipAddressType: ipv4', 'ipAddressType: ipv4\n  idleTimeout: 75s') });
  const calls = story.bench.sandbox.calls().length;
  endedWith(await story.plan(number), 'success');
  assert.match(story.comment(number), /^### 🟠 <code>webserver<\/code>: 1 change to apply/);
  assert.match(story.comment(number), 'no AWS account was read or changed');
  const end = endedWith(await story.merge(number), 'success');
  assert.match(end.out, /stopping web-\d \(i-/);
  const body = story.comment(number);
  assert.match(body, /^### ✅ <code>webserver<\/code>/);
  assert.match(body, 'errors');
  told(body, '60s? → 75s|1m → 75s');
  assert.is(story.bench.sandbox.calls().length, calls);
});

t('with an account: the load test has a job and a role of its own, and still all is in one comment', async ({ story }) => {
  story.vars = { ...ACCOUNT, ALBEDO_CHAOS_ROLE: 'arn:aws:iam::123456789012:role/albedo-chaos' };
  const number = story.open('both', { [SPEC]: OWN.replace('ipAddressType: ipv4', 'ipAddressType: ipv4\n  idleTimeout: 77s') });
  endedWith(await story.plan(number), 'success');
  endedWith(await story.merge(number), 'success');
  const body = story.comment(number);
  assert.match(body, /^### ✅ <code>webserver<\/code>: survived losing web-\d, 1 of 2 instances\n/);
  told(body, 'load balancer main');
});

/** What was applied, with its steps, beside what was measured. */
function told(body: string, change: string): void {
  assert.match(body, /applied, \d+ changes?/);
  assert.match(body, new RegExp(`<summary>Diff \\(\\d+ changes?[\\s\\S]*(${change})`));
  assert.match(body, /<summary>\d+ steps? in .*AWS calls/);
  assert.match(body, '<summary>Timeline');
}

t('cancelled while an instance is turned off: it is turned on again, and the comment says so', async ({ story }) => {
  story.vars = { ...ACCOUNT, ALBEDO_CHAOS_ROLE: 'arn:aws:iam::123456789012:role/albedo-chaos' };
  const number = story.open('account', {
    [SPEC]: OWN.replace('at: 8s, for: 10s', 'at: 1s, for: 50s').replace('duration: 40s', 'duration: 60s'),
  });
  endedWith(await story.plan(number), 'success');
  story.github.state.merge('acme/shop', number, 'dana', 'squash');
  const running = story.startApply();
  const out = await running.until(/stopping web-\d \(i-[0-9a-f]+\)/);
  const id = /stopping web-\d \((i-[0-9a-f]+)\)/.exec(out)?.[1] ?? '';
  await reach(story, id, ['stopping', 'stopped']);
  running.cancel();
  const end = await running.end;
  await reach(story, id, ['pending', 'running']);
  assert.match(story.comment(number), /^### ⚪ <code>webserver<\/code>: cancelled/, end.out);
});

t.run();

async function reach(story: Story, id: string, states: readonly string[]): Promise<void> {
  const now = () => story.bench.sandbox.network.instance(id)?.state ?? 'unknown';
  for (let tries = 0; !states.includes(now()); tries++) {
    if (tries > 300) throw new Error(`the instance is ${now()}, not ${states.join(' or ')}`);
    await sleep(100);
  }
}
