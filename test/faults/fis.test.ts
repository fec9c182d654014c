/**
 * `kill -9` while AWS FIS has the instance stopped. The watchdog ends the experiment and mends at once; where it is killed too, FIS starts the instance at
 * the end of its time, before the schedule does, and `albedo halt` puts away what remains.
 */

import { IAMClient } from '@aws-sdk/client-iam';
import * as assert from 'uvu/assert';
import { targetStates } from '../../reconciler/chaos/answers.ts';
import { openSession } from '../../reconciler/run/pipeline.ts';
import { readStackText } from '../support/faults-bench.ts';
import { runCommand, until } from '../support/faults-cli.ts';
import { type Live, startLive } from '../support/live-faults.ts';
import { makeFisRole, makeScheduleRole } from '../support/schedule-role.ts';
import { LIVE } from '../support/spec-text.ts';
import { suite } from '../support/suite.ts';

const t = suite('FIS goes on when albedo is killed', {} as { live: Live });
const ACCOUNT = '123456789012';
const TERMS = `load: { script: k6/load.ts, rate: 5/s, duration: 500s }
chaos: { stopInstance: { from: web, at: 2s, for: 60s, by: fis } }
objectives: { errorRate: "< 90%" }
`;

t.before(async (all) => {
  all.live = await startLive(TERMS, {
    environment: `account: "${ACCOUNT}"\nscheduleRole: albedo-schedule\nfis: { role: albedo-fis, alarms: [shop-5xx] }\n`,
    timings: { instanceStopping: 500 },
  });
  const iam = new IAMClient({ region: 'us-east-1' });
  for (const make of [makeScheduleRole, makeFisRole]) await make(iam, readStackText(LIVE + TERMS), { account: ACCOUNT });
  iam.destroy();
});
t.after(async ({ live }) => {
  await live.stop();
  live.place.remove();
});

const running = ({ bench }: Live): number => bench.sandbox.experiments.states().filter(({ status }) => status === 'running').length;

/** A load test whose instance FIS has stopped; answers a way to kill it. */
async function broken(live: Live): Promise<() => Promise<void>> {
  const { sandbox } = live.bench;
  const { cloud, clock } = openSession({ region: 'us-east-1', env: process.env });
  const [group] = sandbox.elbv2.targetGroups();
  const healthy = async () =>
    targetStates(await cloud.call('elbv2:DescribeTargetHealth', { TargetGroupArn: group?.arn ?? '' })).filter(
      ({ state }) => state === 'healthy',
    ).length;
  for (let tries = 0; tries < 200 && (await healthy()) < 2; tries++) await clock.sleep(200);
  const { ended, said, signal, says } = live.verify();
  await says(/web-\d is stopp(ing|ed)/);
  assert.equal([running(live), sandbox.experiments.count(), sandbox.schedules.count(), live.marks()], [1, 1, 1, 1], said());
  return async () => {
    signal('SIGKILL');
    await ended;
  };
}

t('of albedo alone: the watchdog ends the experiment, starts the instance and deletes the template', async ({ live }) => {
  const { bench, place, states, marks } = live;
  const kill = await broken(live);
  await kill();
  await until('all is whole', () => states() === 'running running' && marks() === 0 && bench.sandbox.experiments.count() === 0);
  assert.equal([running(live), bench.sandbox.experiments.states().at(-1)?.reason], [0, 'Experiment stopped by user.']);
  await until('nothing runs any more', () => place.left().length === 0);
});

// Last: it moves the clock of the sandbox away from that of this machine.
t('of both: FIS starts it at the end of its time, and `albedo halt` puts the rest away', async ({ live }) => {
  const { bench, place, file, states, marks } = live;
  const kill = await broken(live);
  live.killWatchdog();
  await kill();
  await until('it is stopped', () => states() === 'running stopped');
  bench.sandbox.clock.advance(62_000);
  await until('FIS starts it', () => states() === 'running running');
  assert.equal([running(live), bench.sandbox.experiments.states().at(-1)?.status], [0, 'completed']);
  assert.equal([bench.sandbox.experiments.count(), bench.sandbox.schedules.count(), marks()], [1, 1, 1]);
  const plan = await runCommand(place, ['plan', file], bench.env);
  assert.match(plan.stdout + plan.stderr, /was stopped in a load test/);
  await bench.sandbox.settled();
  const halt = await runCommand(place, ['halt'], bench.env);
  assert.is(halt.code, 0, halt.stdout + halt.stderr);
  assert.match(halt.stdout, /^Template EXT\w+ of AWS FIS was deleted/m);
  assert.equal([states(), marks(), bench.sandbox.experiments.count()], ['running running', 0, 0]);
  // With the watchdog gone, nobody ends k6 before its load is over, and nothing but k6 is left.
  for (const line of place.left()) {
    assert.match(line, / run .*albedo-k6-/);
    process.kill(Number(line.split(' ')[0]), 'SIGKILL');
  }
  await until('nothing runs any more', () => place.left().length === 0);
});

t.run();
