/**
 * Ctrl-C and SIGTERM: the real command ends within 5 s with exit 130, says what to do, leaves nothing running, and the
 * same command again converges. During a load test the stopped instance is started again first.
 */

import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { findK6 } from '../../reconciler/load/find-k6.ts';
import { type Bench, readStack, runOnce, startBench } from '../support/faults-bench.ts';
import { type Ended, isWithin, makePlace, type Place, startCommand, until } from '../support/faults-cli.ts';
import { describe, wantsAll } from '../support/faults-matrix.ts';
import { startLive } from '../support/live-faults.ts';
import { LIVE } from '../support/spec-text.ts';
import { suite } from '../support/suite.ts';

const t = suite('interrupts');

let bench: Bench;
let place: Place;

let k6: Readonly<Record<string, string>> = {};

t.before(async () => {
  k6 = { ALBEDO_K6: (await findK6(process.env)).command };
  // No target ever gets healthy here by itself: the last wait of an apply lasts until it is interrupted.
  bench = await startBench({ healthy: false });
  place = makePlace();
});
t.after(async () => {
  await bench.stop();
  assert.equal(place.left(), [], 'processes are left');
  assert.equal(readdirSync(place.tmp), [], 'temporary files are left');
  place.remove();
});

async function checkEnd(what: string, ended: Ended, limit = 5000): Promise<void> {
  assert.is(ended.code, 130, `${what}: exit ${ended.code ?? ended.signal}: ${ended.stderr}`);
  assert.ok(await isWithin(ended.msSinceSignal, limit, place), `${what}: it took ${ended.msSinceSignal} ms`);
  assert.match(ended.stderr, /albedo: stopping/, what);
  assert.match(ended.stderr, /Run the same command again/, what);
  assert.not.match(ended.stderr, /^\s+at |defect of albedo/m, what);
}

const POINTS = [
  { at: 'CreateVpc', signal: 'SIGINT' },
  { at: 'RunInstances', signal: 'SIGTERM' },
  { at: 'CreateListener', signal: 'SIGINT' },
  { at: 'DescribeTargetHealth', signal: 'SIGTERM' },
] as const;

for (const { at, signal } of wantsAll ? POINTS : POINTS.filter((_, index) => index !== 1)) {
  t(`${signal} at ${at}: exit 130 within 5 s, and the next apply converges`, async () => {
    await bench.sandbox.reset();
    const command = startCommand(place, ['apply', place.stack()], bench.env);
    await until(at, () => bench.sandbox.calls().some((call) => call.action === at));
    command.signal(signal);
    await checkEnd(at, await command.ended);
    const healthy = await startHealth();
    try {
      const again = await runOnce(readStack());
      assert.ok(again.ok, describe(again));
      const third = await runOnce(readStack());
      assert.equal([third.done?.plan.changes.length, third.previewed?.observation.observed.duplicates.length], [0, 0]);
    } finally {
      healthy.stop();
    }
  });
}

async function startHealth(): Promise<{ stop(): void }> {
  const { reportHealthy } = await import('../support/faults-bench.ts');
  const timer = setInterval(() => reportHealthy(bench.sandbox), 10);
  return { stop: () => clearInterval(timer) };
}

t('a call that AWS does not answer holds nothing up: exit 130 within 5 s', async () => {
  await bench.sandbox.reset();
  bench.sandbox.faults.set([{ match: { action: 'CreateSubnet' }, times: 10, fault: 'timeout', holdMs: 30_000, effect: true }]);
  const command = startCommand(place, ['apply', place.stack()], bench.env);
  await until('CreateSubnet', () => bench.sandbox.calls().some((call) => call.action === 'CreateSubnet'));
  command.signal('SIGINT');
  const ended = await command.ended;
  bench.sandbox.faults.set([]);
  await checkEnd('a held call', ended);
});

t('a call that AWS does not answer while reading: exit 130 at once', async () => {
  await bench.sandbox.reset();
  bench.sandbox.faults.set([{ match: { action: 'DescribeVpcs' }, times: 10, fault: 'timeout', holdMs: 30_000 }]);
  const command = startCommand(place, ['plan', place.stack()], bench.env);
  await until('DescribeVpcs', () => bench.sandbox.calls().some((call) => call.action === 'DescribeVpcs'));
  command.signal('SIGINT');
  const ended = await command.ended;
  bench.sandbox.faults.set([]);
  await checkEnd('a held read', ended);
});

t('the second Ctrl-C ends at once', async () => {
  await bench.sandbox.reset();
  bench.sandbox.faults.set([{ match: { action: 'CreateSubnet' }, times: 10, fault: 'timeout', holdMs: 30_000, effect: true }]);
  const command = startCommand(place, ['apply', place.stack()], bench.env);
  await until('CreateSubnet', () => bench.sandbox.calls().some((call) => call.action === 'CreateSubnet'));
  command.signal('SIGINT');
  await command.says(/albedo: stopping/);
  command.signal('SIGINT');
  const ended = await command.ended;
  bench.sandbox.faults.set([]);
  assert.is(ended.code, 130);
  assert.ok(await isWithin(ended.msSinceSignal, 1000, place), `it took ${ended.msSinceSignal} ms`);
});

t('while an instance is stopped for the load test: it is started again before the command ends', async () => {
  const terms = 'load: { script: k6/load.ts, rate: 5/s, duration: 500s }\nchaos: { stopInstance: { from: web, at: 1s, for: 50s } }\n';
  const live = await startLive(terms, { place });
  try {
    const { sandbox } = live.bench;
    const calls = (action: string): number => sandbox.calls().filter((call) => call.action === action && call.status === 200).length;
    const command = live.verify(['--report', `${place.folder}/out`]);
    await command.says(/web-\d is stopping/);
    command.signal('SIGINT');
    const ended = await command.ended;
    assert.is(calls('StartInstances'), 1, `it ended without starting the instance: ${ended.stderr}`);
    await checkEnd('verify', ended, 6000);
    await until('both instances running', () => live.states() === 'running running');
    // The process that watches over the fault ends once it has seen the target healthy.
    await until('k6 and the watchdog have ended', () => place.left().length === 0);
  } finally {
    await live.stop();
    Object.assign(process.env, bench.env);
  }
});

const MOMENTS = [
  { name: 'while its sandbox starts', says: /starting the sandbox/ },
  { name: 'while it applies', says: /create load balancer/ },
  { name: 'under load', says: /stopping web-/ },
] as const;

for (const { name, says } of wantsAll ? MOMENTS : MOMENTS.slice(0, 2)) {
  t(`a demo, ${name}: exit 130 and nothing is left behind`, async () => {
    const file = place.file(
      'demo.yaml',
      `${LIVE}load: { script: k6/load.ts, rate: 5/s, duration: 500s }\nchaos: { stopInstance: { from: web, at: 3s, for: 10s } }\n`,
    );
    const command = startCommand(place, ['demo', file, '--report', `${place.folder}/demo`], k6);
    await command.says(says);
    command.signal('SIGINT');
    const ended = await command.ended;
    assert.is(ended.code, 130, ended.stderr);
    assert.match(ended.stderr, /Run the same command again/);
    assert.not.match(ended.stderr, /^\s+at |defect of albedo/m);
    // What is supervised ends with its owner, a moment later.
    await until('no process left', () => place.left().length === 0).catch(() => undefined);
    assert.equal(place.left(), [], 'processes are left');
    assert.equal(readdirSync(place.tmp), [], 'temporary files are left');
    process.stdout.write(`\n  ${name}: ended ${ended.msSinceSignal} ms after Ctrl-C\n`);
  });
}

t('a demo ended by the second Ctrl-C leaves nothing behind either', async () => {
  const command = startCommand(place, ['demo', place.file('demo.yaml', LIVE), '--report', `${place.folder}/demo`], k6);
  await command.says(/create subnet/);
  command.signal('SIGINT');
  command.signal('SIGINT');
  await command.says(/albedo: stopping/);
  command.signal('SIGINT');
  const ended = await command.ended;
  assert.is(ended.code, 130, ended.stderr);
  for (let tries = 0; tries < 50 && place.left().length > 0; tries++) await sleep(100);
  assert.equal(place.left(), []);
});

t.run();
