/**
 * Albedo and its watchdog are both killed with the instance stopped: nobody on this machine is left to start it. The schedule does, at its time, and what
 * remains (the tag, the lock) is told by the next plan and put away by `albedo halt`.
 */

import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { IAMClient } from '@aws-sdk/client-iam';
import * as assert from 'uvu/assert';
import { targetStates } from '../../reconciler/chaos/answers.ts';
import { findK6 } from '../../reconciler/load/find-k6.ts';
import { openSession } from '../../reconciler/run/pipeline.ts';
import { type Bench, readStackText, startBench } from '../support/faults-bench.ts';
import { makePlace, type Place, runCommand, until } from '../support/faults-cli.ts';
import { makeScheduleRole } from '../support/schedule-role.ts';
import { suite } from '../support/suite.ts';

const t = suite('nobody is left but the schedule');
const BIN = fileURLToPath(new URL('../../bin/albedo.mjs', import.meta.url));
const ACCOUNT = '123456789012';

const SPEC = `stack: live
region: us-east-1
network:
  vpc: { cidrBlock: 10.0.0.0/16 }
  subnets:
    a: { availabilityZone: us-east-1a, cidrBlock: 10.0.1.0/24 }
    b: { availabilityZone: us-east-1b, cidrBlock: 10.0.2.0/24 }
instances:
  web-1: { subnet: a, instanceType: t3.micro, app: flask-webserver }
  web-2: { subnet: b, instanceType: t3.micro, app: flask-webserver }
targetGroups:
  web:
    port: 8080
    healthCheck: { path: /status, interval: 5s, timeout: 2s, healthyThreshold: 2, unhealthyThreshold: 2 }
    targets: [web-1, web-2]
loadBalancer: { subnets: [a, b] }
listeners:
  http: { protocol: HTTP, port: 80, forward: web }
load: { script: k6/load.ts, rate: 5/s, duration: 20s }
chaos: { stopInstance: { from: web, at: 3s, for: 10s } }
objectives: { errorRate: "< 90%" }
`;

let bench: Bench;
let place: Place;
let file = '';

t.before(async () => {
  bench = await startBench({ dataplane: true, timings: { instanceStopping: 500 }, healthy: false });
  place = makePlace();
  mkdirSync(join(place.folder, 'prod'));
  file = join(place.folder, 'prod/live.yaml');
  writeFileSync(file, SPEC);
  writeFileSync(join(place.folder, 'prod/environment.yaml'), `account: "${ACCOUNT}"\nscheduleRole: albedo-schedule\n`);
  const applied = await runCommand(place, ['apply', file, '--quiet'], bench.env);
  assert.is(applied.code, 0, applied.stdout + applied.stderr);
  const iam = new IAMClient({ region: 'us-east-1' });
  await makeScheduleRole(iam, readStackText(SPEC), { account: ACCOUNT });
  iam.destroy();
});
t.after(async () => {
  await bench.stop();
  place.remove();
});

const instances = () => bench.sandbox.network.instances();
const states = (): string =>
  instances()
    .map(({ state }) => state)
    .sort()
    .join(' ');
const marks = (): number => instances().filter(({ tags }) => tags['albedo:fault'] !== undefined).length;

t('kill -9 of albedo alone: the watchdog mends first, and takes the schedule back', async () => {
  const { cloud, clock } = openSession({ region: 'us-east-1', env: process.env });
  const [group] = bench.sandbox.elbv2.targetGroups();
  const healthy = async () =>
    targetStates(await cloud.call('elbv2:DescribeTargetHealth', { TargetGroupArn: group?.arn ?? '' })).filter(
      ({ state }) => state === 'healthy',
    ).length;
  for (let tries = 0; tries < 200 && (await healthy()) < 2; tries++) await clock.sleep(200);
  const child = spawn(process.execPath, [BIN, 'verify', file], {
    env: { ...place.env, ...bench.env, ALBEDO_HOSTS_FILE: bench.sandbox.hostsFile, ALBEDO_K6: (await findK6(process.env)).command },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await until('the instance stops', () => /web-\d is stopping/.test(stderr) || child.exitCode !== null, 60_000);
  assert.is(bench.sandbox.schedules.count(), 1, stderr);
  child.kill('SIGKILL');
  await ended;
  await until('all is whole', () => states() === 'running running' && marks() === 0 && bench.sandbox.schedules.count() === 0, 60_000);
  await until('nothing runs any more', () => place.left().length === 0, 30_000);
});

// Last: it moves the clock of the sandbox away from that of this machine.
t('kill -9 of albedo and of the watchdog: the instance comes back two minutes after its time', async () => {
  const child = spawn(process.execPath, [BIN, 'verify', file], {
    env: { ...place.env, ...bench.env, ALBEDO_HOSTS_FILE: bench.sandbox.hostsFile, ALBEDO_K6: (await findK6(process.env)).command },
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await until('the instance stops', () => /web-\d is stopping/.test(stderr) || child.exitCode !== null, 60_000);
  assert.match(stderr, /web-\d is stopping/);
  assert.is(bench.sandbox.schedules.count(), 1);
  const watchdog = Number(
    place
      .left()
      .find((line) => line.includes(' watchdog us-east-1'))
      ?.split(' ')[0],
  );
  assert.ok(watchdog > 0, place.left().join('\n'));
  process.kill(watchdog, 'SIGKILL');
  child.kill('SIGKILL');
  await ended;
  await until('nothing runs any more', () => place.left().length === 0, 60_000);
  await until('it is stopped', () => states() === 'running stopped', 30_000);
  assert.is(marks(), 1);
  const plan = await runCommand(place, ['plan', file], bench.env);
  assert.match(plan.stdout + plan.stderr, /was stopped in a load test/);

  bench.sandbox.clock.advance(100_000);
  await new Promise((resolve) => setTimeout(resolve, 500));
  assert.is(states(), 'running stopped', 'it came too early');
  bench.sandbox.clock.advance(30_000);
  await until('it is started', () => states() === 'running running', 30_000);
  assert.equal([bench.sandbox.schedules.count(), marks()], [0, 1]);

  await bench.sandbox.settled();
  const halt = await runCommand(place, ['halt'], bench.env);
  assert.is(halt.code, 0, halt.stdout + halt.stderr);
  assert.equal([states(), marks(), bench.sandbox.schedules.count()], ['running running', 0, 0]);
});

t.run();
