/** A job that is cut off in the middle of a load test: an instance is stopped then, and the post step is all that is left. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { valuesAt } from '../../reconciler/model/paths.ts';
import { openSession, preview, reconcile } from '../../reconciler/run/pipeline.ts';
import { environmentOf } from '../../sandbox/control.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { openRunner, type Runner, type StepInput } from '../support/action-bench.ts';
import { readStackText } from '../support/faults-bench.ts';
import { eventPayload } from '../support/github/events.ts';
import { type GitHub, startGitHub } from '../support/github/server.ts';
import { suite } from '../support/suite.ts';

const REPOSITORY = 'acme/shop';
const SPEC = 'environments/prod/webserver.yaml';
/** The tutorial's stack, with a fault early on that lasts. */
const TEXT = readFileSync(fileURLToPath(new URL('../../environments/sandbox/webserver.yaml', import.meta.url)), 'utf8')
  .replace(/^load: .*$/m, 'load: { script: k6/load.ts, rate: 5/s, duration: 60s }')
  .replace(/^chaos: .*$/m, 'chaos: { stopInstance: { from: web, at: 1s, for: 50s } }');

const t = suite(
  'a job that is cancelled',
  {} as { sandbox: Sandbox; github: GitHub; runner: Runner; input: StepInput; token: string; pull: number },
);

t.before(async (all) => {
  all.sandbox = await startSandbox({ timings: { instanceStopping: 300, instancePending: 100, loadBalancerProvisioning: 100 } });
  const env = environmentOf(all.sandbox);
  Object.assign(process.env, env);
  all.github = await startGitHub();
  all.runner = await openRunner();
  const { state } = all.github;
  state.addRepository(REPOSITORY, { files: { 'README.md': 'x' } });
  const head = state.commit(REPOSITORY, 'change', { files: { [SPEC]: TEXT } }).sha;
  all.pull = state.openPull(REPOSITORY, { title: 'A load balancer', head: 'change', user: 'ana' } as never).number;
  all.token = state.jobToken(REPOSITORY, { 'pull-requests': 'write' });
  all.runner.write(SPEC, TEXT);
  const session = openSession({ region: 'us-east-1', env: process.env });
  const spec = readStackText(TEXT);
  const done = await reconcile(spec, await preview(spec, session), session);
  assert.is(done.run?.outcome, 'done');
  all.input = {
    inputs: { command: 'verify', spec: 'environments', 'github-token': all.token, 'job-token': all.token },
    ...{ repository: REPOSITORY, apiUrl: all.github.url, event: 'pull_request', sha: head, run: 7, env },
    payload: eventPayload('pull_request', state, { repository: REPOSITORY, number: all.pull, action: 'opened' }),
  };
});
t.after(async (all) => {
  all.runner.remove();
  await all.github.stop();
  await all.sandbox.stop();
});

type All = Parameters<Parameters<typeof t.before>[0]>[0];

const bodies = (all: All) => [...all.github.state.repository(REPOSITORY).comments.values()].map((comment) => comment.body);
/** Of the instance that the log says is being stopped. */
const stateOf = (all: All, out: string): string =>
  all.sandbox.network.instance(/stopping web-\d \((i-[0-9a-f]+)\)/.exec(out)?.[1] ?? '')?.state ?? 'unknown';

async function reach(all: All, out: string, states: readonly string[]): Promise<void> {
  for (let tries = 0; !states.includes(stateOf(all, out)); tries++) {
    if (tries > 200) throw new Error(`the instance is ${stateOf(all, out)}, not ${states.join(' or ')}`);
    await sleep(50);
  }
}

/** Both instances serve: a load test stops none where another one would not be left. */
async function untilBothServe(all: All): Promise<void> {
  const { cloud } = openSession({ region: 'us-east-1', env: process.env });
  const TargetGroupArn = all.sandbox.elbv2.targetGroups()[0]?.arn ?? '';
  for (let tries = 0; ; tries++) {
    const health = valuesAt(
      await cloud.call('elbv2:DescribeTargetHealth', { TargetGroupArn }),
      'TargetHealthDescriptions[].TargetHealth.State',
    );
    if (health.length === 2 && health.every((state) => state === 'healthy')) return;
    if (tries > 600) throw new Error(`the targets are ${health.join(' and ')}`);
    await sleep(50);
  }
}

t('killed: the post step starts the instance again, and the comment says that it was cancelled', async (all) => {
  const main = all.runner.main(all.input);
  const out = await main.until(/stopping web-\d \(i-[0-9a-f]+\)/);
  await reach(all, out, ['stopping', 'stopped']);
  assert.match(bodies(all).join(), 'load test under way');
  main.signal('SIGKILL');
  await main.end;
  const post = await all.runner.post(all.input).end;
  assert.is(post.code, 0, post.out);
  await reach(all, out, ['pending', 'running']);
  const [body = '', ...more] = bodies(all);
  assert.equal(more, []);
  assert.match(body, /^### ⚪ <code>webserver<\/code>: cancelled/);
  assert.match(body, 'was stopped and has been started again');
});

t('interrupted: the step itself puts it right and says so, and the post step finds nothing to do', async (all) => {
  const input = { ...all.input, run: 8 };
  await untilBothServe(all);
  const main = all.runner.main(input);
  const out = await main.until(/stopping web-\d \(i-[0-9a-f]+\)/);
  await reach(all, out, ['stopping', 'stopped']);
  main.signal('SIGINT');
  const end = await main.end;
  assert.is(end.code, 1, end.out);
  assert.is(end.outputs['exit-code'], '130');
  assert.is(end.outputs['failure-reason'], 'cancelled');
  await reach(all, out, ['pending', 'running']);
  const before = bodies(all);
  assert.match(before.join(), /^### ⚪ <code>webserver<\/code>: cancelled/);
  const post = await all.runner.post(input).end;
  assert.is(post.code, 0, post.out);
  assert.equal(bodies(all), before);
});

t.run();
