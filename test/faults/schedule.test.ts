/**
 * Albedo and its watchdog are both killed with the instance stopped: nobody on this machine is left to start it. The schedule does, at its time, and what
 * remains (the tag, the lock) is told by the next plan and put away by `albedo halt`.
 */

import { IAMClient } from '@aws-sdk/client-iam';
import * as assert from 'uvu/assert';
import { targetStates } from '../../reconciler/chaos/answers.ts';
import { openSession } from '../../reconciler/run/pipeline.ts';
import { readStackText } from '../support/faults-bench.ts';
import { runCommand, until } from '../support/faults-cli.ts';
import { type Live, startLive } from '../support/live-faults.ts';
import { makeScheduleRole } from '../support/schedule-role.ts';
import { LIVE } from '../support/spec-text.ts';
import { suite } from '../support/suite.ts';

const t = suite('nobody is left but the schedule', {} as { live: Live });
const ACCOUNT = '123456789012';
const TERMS = `load: { script: k6/load.ts, rate: 5/s, duration: 20s }
chaos: { stopInstance: { from: web, at: 3s, for: 10s } }
objectives: { errorRate: "< 90%" }
`;

t.before(async (all) => {
  all.live = await startLive(TERMS, {
    environment: `account: "${ACCOUNT}"\nscheduleRole: albedo-schedule\n`,
    timings: { instanceStopping: 500 },
  });
  const iam = new IAMClient({ region: 'us-east-1' });
  await makeScheduleRole(iam, readStackText(LIVE + TERMS), { account: ACCOUNT });
  iam.destroy();
});
t.after(async ({ live }) => {
  await live.stop();
  live.place.remove();
});

t('kill -9 of albedo alone: the watchdog mends first, and takes the schedule back', async ({ live }) => {
  const { bench, place, states, marks } = live;
  const { cloud, clock } = openSession({ region: 'us-east-1', env: process.env });
  const [group] = bench.sandbox.elbv2.targetGroups();
  const healthy = async () =>
    targetStates(await cloud.call('elbv2:DescribeTargetHealth', { TargetGroupArn: group?.arn ?? '' })).filter(
      ({ state }) => state === 'healthy',
    ).length;
  for (let tries = 0; tries < 200 && (await healthy()) < 2; tries++) await clock.sleep(200);
  const { ended, said, signal, says } = live.verify();
  await says(/web-\d is stopping/);
  assert.is(bench.sandbox.schedules.count(), 1, said());
  signal('SIGKILL');
  await ended;
  await until('all is whole', () => states() === 'running running' && marks() === 0 && bench.sandbox.schedules.count() === 0);
  await until('nothing runs any more', () => place.left().length === 0);
});

// Last: it moves the clock of the sandbox away from that of this machine.
t('kill -9 of albedo and of the watchdog: the instance comes back two minutes after its time', async ({ live }) => {
  const { bench, place, file, states, marks } = live;
  const { ended, signal, says } = live.verify();
  await says(/web-\d is stopping/);
  assert.is(bench.sandbox.schedules.count(), 1);
  live.killWatchdog();
  signal('SIGKILL');
  await ended;
  await until('nothing runs any more', () => place.left().length === 0);
  await until('it is stopped', () => states() === 'running stopped');
  assert.is(marks(), 1);
  const plan = await runCommand(place, ['plan', file], bench.env);
  assert.match(plan.stdout + plan.stderr, /was stopped in a load test/);

  bench.sandbox.clock.advance(100_000);
  await new Promise((resolve) => setTimeout(resolve, 500));
  assert.is(states(), 'running stopped', 'it came too early');
  bench.sandbox.clock.advance(30_000);
  await until('it is started', () => states() === 'running running');
  assert.equal([bench.sandbox.schedules.count(), marks()], [0, 1]);

  await bench.sandbox.settled();
  const halt = await runCommand(place, ['halt'], bench.env);
  assert.is(halt.code, 0, halt.stdout + halt.stderr);
  assert.equal([states(), marks(), bench.sandbox.schedules.count()], ['running running', 0, 0]);
});

t.run();
