/**
 * A load test that is ended from outside, by every signal and in every phase: no instance stays stopped, no tag, no lock and no folder stays, k6 is gone, and
 * nobody has to know that something went wrong for that.
 */

import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { findK6 } from '../../reconciler/load/find-k6.ts';
import { type Bench, startBench } from '../support/faults-bench.ts';
import { makePlace, type Place, runCommand, until } from '../support/faults-cli.ts';
import { wantsAll } from '../support/faults-matrix.ts';
import { suite } from '../support/suite.ts';

const t = suite('ended from outside');
const BIN = fileURLToPath(new URL('../../bin/albedo.mjs', import.meta.url));

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
load: { script: k6/load.ts, rate: 5/s, duration: 40s }
chaos: { stopInstance: { from: web, at: 3s, for: 5s } }
objectives: { errorRate: "< 90%" }
`;

let bench: Bench;
let place: Place;
let file = '';
let k6 = '';

t.before(async () => {
  k6 = (await findK6(process.env)).command;
  bench = await startBench({ dataplane: true, timings: { instanceStopping: 1000 }, healthy: false });
  place = makePlace();
  file = place.file('live.yaml', SPEC);
  const applied = await runCommand(place, ['apply', file, '--quiet'], bench.env);
  assert.is(applied.code, 0, applied.stdout + applied.stderr);
});
t.after(async () => {
  await bench.stop();
  place.remove();
});

const states = (): string =>
  bench.sandbox.network
    .instances()
    .map(({ state }) => state)
    .sort()
    .join(' ');
const marks = (): number => bench.sandbox.network.instances().filter(({ tags }) => tags['albedo:fault'] !== undefined).length;

const PHASES = [
  { phase: 'before the stop', says: /requests\/s for/, waitMs: 2500 },
  { phase: 'while it is stopped', says: /web-\d is stopping/, waitMs: 500 },
  { phase: 'at the undo', says: /starting web-\d/, waitMs: 0 },
  { phase: 'in the recovery', says: /starting web-\d(.|\n)*web-\d is running/, waitMs: 0 },
] as const;
const ENDS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGKILL', 'SIGKILL of the group', 'second SIGINT'] as const;

/** Ends `verify` of a spec once it has said something, and looks whether all is as it was before. */
async function endIt(spec: string, end: (typeof ENDS)[number], says: RegExp, waitMs: number): Promise<string> {
  await until('the group is whole', () => states() === 'running running', 30_000);
  await bench.sandbox.settled();
  // Several k6 where nobody is left to end them but the watchdog.
  const shards = end.startsWith('SIGKILL') ? ['--shards', '2'] : [];
  const child = spawn(process.execPath, [BIN, 'verify', spec, ...shards], {
    env: { ...place.env, ...bench.env, ALBEDO_HOSTS_FILE: bench.sandbox.hostsFile, ALBEDO_K6: k6 },
    stdio: ['ignore', 'ignore', 'pipe'],
    // A group of its own, so that all of it can be killed.
    detached: true,
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await until(`it says ${says}`, () => says.test(stderr) || child.exitCode !== null, 60_000);
  assert.match(stderr, says);
  await sleep(waitMs);
  const pid = child.pid ?? 0;
  if (end === 'SIGKILL of the group') process.kill(-pid, 'SIGKILL');
  else if (end === 'second SIGINT') {
    child.kill('SIGINT');
    await until('it heard', () => stderr.includes('albedo: stopping'), 10_000);
    child.kill('SIGINT');
  } else child.kill(end);
  await ended;
  // The bound of the fault, the boot and two checks of health.
  await until(`all is whole again: ${states()}, ${marks()} tags: ${stderr}`, () => states() === 'running running' && marks() === 0, 60_000);
  await until('nothing runs any more', () => place.left().length === 0, 30_000).catch(() => undefined);
  assert.equal(place.left(), []);
  // The next run needs no --break-lock, and no folder stays.
  assert.is(bench.sandbox.census()['parameters'], 0);
  assert.equal(
    readdirSync(place.tmp).filter((name) => name.startsWith('albedo-')),
    [],
  );
  return stderr;
}

for (const { phase, says, waitMs } of PHASES)
  for (const end of ENDS) {
    const usual =
      phase === 'while it is stopped'
        ? ['SIGHUP', 'SIGKILL of the group', 'second SIGINT']
        : phase === 'in the recovery'
          ? ['SIGKILL']
          : [];
    if (!wantsAll && !usual.includes(end)) continue;
    t(`${end}, ${phase}: nothing stays stopped, tagged or running`, async () => void (await endIt(file, end, says, waitMs)));
  }

for (const end of ['SIGKILL', 'SIGTERM'] as const)
  t(`${end} in the second of three experiments: its victim is put right, and the third never begins`, async () => {
    const fault = (name: string, seconds: number): string => `  - ${name}: { from: web, at: 1s, for: ${seconds}s }\n`;
    const three = `experiments:\n${fault('deregisterTarget', 1)}${fault('stopInstance', 20)}${fault('deregisterTarget', 1)}`;
    const spec = place.file('three.yaml', SPEC.replace(/^chaos: .*\n/m, three));
    const told = await endIt(spec, end, /experiment 2 of 3: stopInstance(.|\n)*stopping web-\d(.|\n)*web-\d is stop/, 500);
    assert.not.match(told, /experiment 3 of 3/);
  });

t.run();
