/** `albedo load shard`, and what asks a script for its options, ended from outside in every way: k6 ends with it, and no folder stays. */

import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { findK6 } from '../../reconciler/load/find-k6.ts';
import type { LoadPlan } from '../../reconciler/load/load-plan.ts';
import { makePlace, until } from '../support/faults-cli.ts';
import { suite } from '../support/suite.ts';

const t = suite('a shard that is ended from outside');

/** They wait most of the time, for a start that was agreed: so many run at once, and each is told by a test of its own. */
const lanes: Promise<unknown>[] = Array.from({ length: 3 }, () => Promise.resolve());
function together(name: string, run: () => Promise<void>): void {
  let done: Promise<readonly PromiseSettledResult<void>[]>;
  t.before(() => {
    done = Promise.allSettled([lanes.shift()?.then(run) as Promise<void>]);
    lanes.push(done);
  });
  t(name, async () => {
    for (const result of await done) if (result.status === 'rejected') throw result.reason;
  });
}

const BIN = join(import.meta.dirname, '../../bin/albedo.mjs');

/** Processes of k6 that work in this folder. */
function k6In(folder: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return (
          readFileSync(`/proc/${pid}/environ`, 'utf8').includes('K6_AUTO_EXTENSION_RESOLUTION') &&
          readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder)
        );
      } catch {
        return false;
      }
    });
}

/** Code outside its functions runs as soon as its options are asked for. Like the loads, it lasts longer than any wait for its end here. */
const SLOW = `for (const until = Date.now() + 500000; Date.now() < until; );
export default function () {}
`;

/** `asking`: while k6 runs for the first time, to say the options of the script. */
async function shard(signals: readonly NodeJS.Signals[], asking = false): Promise<void> {
  const place = makePlace();
  writeFileSync(join(place.folder, 'slow.js'), SLOW);
  let asked = 0;
  const server = createServer((_, response) => {
    asked++;
    response.end('ok');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  // A folder of its own for temporary files: others on this machine make some too.
  const temporary = join(place.folder, 'tmp');
  mkdirSync(temporary);
  const folders = (): string[] => readdirSync(temporary).filter((name) => name.startsWith('albedo-k6-'));
  const { port } = server.address() as AddressInfo;
  const plan: LoadPlan = {
    ...{ version: 1, id: 'b'.repeat(32), stack: 'shop', startAt: Date.now() + 60_000, shards: 2, most: 100 },
    ...{ settings: { script: asking ? 'slow.js' : 'k6/load.ts', rate: 40, duration: 500, path: '/', timeout: 1 }, dnsName: 'shop.example' },
    ...{ listener: { name: 'http', protocol: 'HTTP', port: 80 }, hosts: { 'shop.example:80': `127.0.0.1:${port}` } },
  } as LoadPlan;
  // The bundle is made anew where a source is newer: only then a start can be agreed. The slower the machine, the later it is.
  const calledAt = Date.now();
  await new Promise((done) => spawn(process.execPath, [BIN, '--version'], { stdio: 'ignore' }).once('close', done));
  const file = join(place.folder, 'plan.json');
  const leadMs = 8000 + 4 * (Date.now() - calledAt);
  writeFileSync(file, JSON.stringify({ ...plan, startAt: Date.now() + leadMs }));
  const { PATH, HOME } = process.env;
  const k6 = (await findK6(process.env)).command;
  // One folder there already, the other not.
  mkdirSync(join(place.folder, 'points'));
  const out = signals.length === 1 ? join(place.folder, 'points') : join(place.folder, 'new/points');
  const args = [BIN, 'load', 'shard', file, '--shard', '1', '--out', out, '--quiet'];
  const child = spawn(process.execPath, args, {
    env: { PATH, HOME, ALBEDO_K6: k6, TMPDIR: temporary },
    stdio: 'ignore',
    cwd: place.folder,
  });
  let ended = false;
  child.once('exit', () => {
    ended = true;
  });
  try {
    if (asking) await until('k6 is asked', () => folders().some((own) => k6In(own).length > 0) || ended);
    else await until('it sends', () => asked > 5 || ended, leadMs + 240_000);
    assert.not(ended, 'it sends');
    const [own = '', ...others] = folders();
    assert.equal([own !== '', others, k6In(own).length], [true, [], 1], 'it has a folder and a process of k6');
    for (const signal of signals) child.kill(signal);
    await until('it has ended', () => ended);
    await until('k6 has ended', () => k6In(own).length === 0);
    await until('its folder is gone', () => !folders().includes(own));
    const sent = asked;
    await new Promise((done) => setTimeout(done, 1500));
    assert.is(asked, sent, 'nothing is sent any more');
  } finally {
    child.kill('SIGKILL');
    server.closeAllConnections();
    server.close();
    place.remove();
  }
}

/** What asks a script for its options, for machines elsewhere. `minded`: by nobody, as it was once. */
const ASKS = (minded: boolean): string => `
import { openForElsewhere } from ${JSON.stringify(new URL('../../reconciler/load/open-script.ts', import.meta.url).href)};
const settings = { script: 'slow.js', rate: 40, duration: 500, path: '/', timeout: 1 };
const target = { stack: 'shop', dnsName: 'shop.example', listeners: [{ name: 'http', protocol: 'HTTP', port: 80 }], groups: [], hosts: {} };
const shards = [{ shard: 1, of: 1, segment: '0:1', sequence: '0,1', pointsFile: 'points.csv', planned: 1 }];
const nobody = { minds() {}, ended() {}, tidies() {} };
await openForElsewhere({ target, settings, shards, environment: process.env, emit() {}, ${minded ? '' : 'minding: nobody, '}});
`;

for (const minded of [true, false])
  together(
    `SIGKILL while a script for a cluster is asked for its options: k6 ends with it${minded ? '' : ', and only where somebody minds it'}`,
    async () => {
      const place = makePlace();
      writeFileSync(join(place.folder, 'slow.js'), SLOW);
      const program = place.file('asks.mts', ASKS(minded));
      const { PATH, HOME } = process.env;
      const env = { PATH, HOME, ALBEDO_K6: (await findK6(process.env)).command, TMPDIR: place.tmp };
      const child = spawn(process.execPath, [program], { env, stdio: 'ignore', cwd: place.folder });
      const ended = new Promise((done) => child.once('exit', done));
      try {
        await until('k6 is asked', () => k6In(place.tmp).length === 1 || child.exitCode !== null);
        const k6 = k6In(place.tmp);
        assert.is(k6.length, 1);
        child.kill('SIGKILL');
        await ended;
        if (minded) {
          await until('k6 has ended', () => k6In(place.tmp).length === 0);
          await until('its folder is gone', () => readdirSync(place.tmp).every((name) => !name.startsWith('albedo-k6-')));
        } else {
          await new Promise((done) => setTimeout(done, 5000));
          assert.equal(k6In(place.tmp), k6);
        }
      } finally {
        child.kill('SIGKILL');
        for (const pid of k6In(place.tmp)) process.kill(pid, 'SIGKILL');
        place.remove();
      }
    },
  );

for (const signals of [['SIGTERM'], ['SIGKILL'], ['SIGINT', 'SIGINT']] as const)
  together(`${signals.join(', ')} while the script is asked for its options: k6 ends with it`, () => shard(signals, true));

for (const signals of [['SIGINT'], ['SIGTERM'], ['SIGHUP'], ['SIGQUIT'], ['SIGINT', 'SIGINT'], ['SIGKILL']] as const)
  together(`${signals.join(', ')}: k6 ends with it`, () => shard(signals));

t.run();
