/** A load of several real k6 processes, each with its segment, against a loopback server. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { ReconcileError } from '../../../reconciler/errors.ts';
import { collectShards } from '../../../reconciler/load/collect.ts';
import { findK6 } from '../../../reconciler/load/find-k6.ts';
import type { LoadPlan } from '../../../reconciler/load/load-plan.ts';
import { runK6 } from '../../../reconciler/load/run-k6.ts';
import { shardDoubts } from '../../../reconciler/load/shards.ts';
import type { LoadRun, LoadSettings } from '../../../reconciler/load/types.ts';
import { writePlanFile } from '../../../reconciler/verify/load-files.ts';
import { suite } from '../../support/suite.ts';

const BIN = fileURLToPath(new URL('../../../bin/albedo.mjs', import.meta.url));
const t = suite('several k6', { folder: '', port: 0, asked: [] as string[], server: undefined as Server | undefined });

/** It says which iteration of the whole it is, and what its set-up gave it. Its users cannot be divided by three. */
const NUMBERED = `
import http from 'k6/http';
import exec from 'k6/execution';
import { Trend } from 'k6/metrics';
const request = new Trend('albedo_request', true);
const own = JSON.parse(__ENV.ALBEDO_HOSTS);
export async function setup() { return { said: 'by-setup' }; }
export const options = {
  hosts: own,
  scenarios: { load: { executor: 'constant-arrival-rate', rate: Number(__ENV.ALBEDO_RATE), timeUnit: '1s', duration: __ENV.ALBEDO_DURATION + 's', preAllocatedVUs: 25, exec: 'visit' } },
};
export function visit(data) {
  const response = http.get(__ENV.ALBEDO_BASE_URL + '/' + exec.scenario.iterationInTest + '/' + data.said);
  request.add(response.timings.duration, { status: String(response.status), error_code: String(response.error_code), instance: '' });
}
`;
const GREEDY = `
import http from 'k6/http';
export const options = { hosts: JSON.parse(__ENV.ALBEDO_HOSTS), vus: 12, duration: '3s' };
export default function () { http.get(__ENV.ALBEDO_BASE_URL + '/'); }
`;
const SELF_ENDING = NUMBERED.replace(
  'visit(data) {',
  "visit(data) {\n  if (exec.scenario.iterationInTest === 10) exec.test.abort('enough');",
);
const SLOW_SETUP = NUMBERED.replace("async function setup() { return { said: 'by-setup' }; }", 'function setup() { sleep(3); }').replace(
  '\nimport',
  "\nimport { sleep } from 'k6';\nimport",
);
const JUDGING = NUMBERED.replace('  hosts: own,', "  hosts: own,\n  thresholds: { http_reqs: ['count>10'] },");
const SCRIPTS = { numbered: NUMBERED, greedy: GREEDY, 'self-ending': SELF_ENDING, 'slow-setup': SLOW_SETUP, judging: JUDGING };

t.before(async (context) => {
  context.folder = await mkdtemp(join(tmpdir(), 'albedo, shards-'));
  for (const [name, text] of Object.entries(SCRIPTS)) await writeFile(join(context.folder, `${name}.js`), text);
  context.server = createServer((request, response) => {
    context.asked.push(request.url ?? '');
    response.end('hello');
  });
  await new Promise<void>((done) => context.server?.listen(0, '127.0.0.1', done));
  context.port = (context.server.address() as AddressInfo).port;
});

t.before.each((context) => {
  context.asked.length = 0;
});

t.after(async (context) => {
  context.server?.closeAllConnections();
  context.server?.close();
  await rm(context.folder, { recursive: true, force: true });
});

const settings: LoadSettings = { script: 'k6/load.ts', rate: 60, duration: 3, path: '/', timeout: 2 };

function send(
  { folder, port }: { readonly folder: string; readonly port: number },
  script: keyof typeof SCRIPTS | 'own',
  more: Partial<Parameters<typeof runK6>[0]> = {},
): Promise<LoadRun> {
  return runK6({
    environment: process.env,
    target: {
      ...{ stack: 'shop', dnsName: 'shop.example', listeners: [{ name: 'http', protocol: 'HTTP', port: 80 }], groups: [] },
      hosts: { 'shop.example:80': `127.0.0.1:${port}` },
    },
    settings: script === 'own' ? settings : { ...settings, script: `${script}.js` },
    ...(script === 'own' ? {} : { scripts: folder }),
    ...{ outDir: join(folder, `out ${script}`), emit: () => undefined, shards: 3, ...more },
  });
}

t('three together begin as planned, and no iteration is made twice or left out', async (context) => {
  const run = await send(context, 'numbered');
  assert.is(run.outcome, 'done', run.log.join('\n'));
  assert.equal(shardDoubts(run.shards), []);
  const numbers = context.asked.map((path) => Number(path.split('/')[1])).sort((a, b) => a - b);
  const dropped = run.shards.reduce((sum, each) => sum + each.dropped, 0);
  assert.is(new Set(numbers).size, numbers.length, 'none is made twice');
  // Of those that a busy machine drops, the last ones leave no gap.
  const gaps = (numbers.at(-1) ?? 0) + 1 - numbers.length;
  assert.ok(gaps <= dropped, `${gaps} of the iterations from 0 on are left out, and ${dropped} dropped`);
  assert.ok(
    context.asked.every((path) => path.endsWith('/by-setup')),
    'the set-up of the script is its own',
  );
  assert.ok(Math.abs(numbers.length + dropped - 180) <= 1, `${numbers.length} of 180`);
  assert.is(run.samples.length, numbers.length, 'every request is a sample');
  assert.is(run.iterations, numbers.length);
  assert.is(
    run.shards.reduce((sum, each) => sum + each.planned, 0),
    180,
  );
  for (const { shard, planned, requests, dropped: without, exitCode, startOffsetMs } of run.shards) {
    assert.ok(Math.abs(planned - requests - without) <= 1, `shard ${shard}: ${requests} of ${planned}`);
    assert.is(exitCode, 0);
    assert.ok(startOffsetMs !== null && startOffsetMs >= 0, `shard ${shard} began ${startOffsetMs} ms after the start`);
  }
  assert.ok([...run.samples].every((each, n, all) => n === 0 || each.at >= (all[n - 1]?.at ?? 0)));
});

t('the points of each are kept, and are what was judged', async (context) => {
  const run = await send(context, 'own');
  assert.is(run.outcome, 'done', run.log.join('\n'));
  const folder = join(context.folder, 'out own');
  assert.equal((await readdir(folder)).sort(), ['points-1.csv.gz', 'points-2.csv.gz', 'points-3.csv.gz']);
  for (const { shard, requests } of run.shards) {
    const rows = gunzipSync(await readFile(join(folder, `points-${shard}.csv.gz`)))
      .toString()
      .split('\n');
    assert.is(rows.filter((row) => row.startsWith('albedo_request,')).length, requests);
  }
  assert.is(
    run.shards.reduce((sum, each) => sum + each.requests, 0),
    run.samples.length,
  );
});

t('a script that asks for all it can get is held to the bound of all together', async (context) => {
  const run = await send(context, 'greedy', { most: 40 });
  assert.is(run.outcome, 'done', run.log.join('\n'));
  // 40 a second for 3 s and the time in which the last ones end; one of each at once.
  assert.ok(context.asked.length > 60 && context.asked.length <= 40 * 4 + 3, `${context.asked.length} requests`);
});

t('one that fails ends all of them, and says why', async (context) => {
  const run = await send(context, 'self-ending', { settings: { ...settings, script: 'self-ending.js', duration: 60 } });
  assert.is(run.outcome, 'aborted');
  assert.is(run.exitCode, 108);
  assert.ok(run.samples.length < 600, 'the others did not go on');
  assert.match(
    shardDoubts(run.shards).join('; '),
    /^shard \d of 3: k6 ended as aborted \(exit status 108, the script ended the test with test\.abort\(\)\)/,
  );
});

t('one that is killed is told by its number, and ends the others', async (context) => {
  const running = new Set<number>();
  let sending: number[] = [];
  const run = await send(context, 'own', {
    settings: { ...settings, duration: 60 },
    minding: { minds: (pid) => running.add(pid), ended: (pid) => running.delete(pid), tidies: () => undefined },
    onStart() {
      sending = [...running];
      // 0 is this process and all it started.
      if (sending[1] !== undefined) process.kill(sending[1], 'SIGKILL');
    },
  });
  assert.equal([sending.length, running.size], [3, 0]);
  assert.is(run.outcome, 'failed');
  assert.equal(shardDoubts(run.shards), ['shard 2 of 3: k6 ended as failed']);
});

t('those that are ready too late send nothing', async (context) => {
  const run = await send(context, 'slow-setup', { shards: 2, leadMs: 1 });
  assert.is(run.outcome, 'script-error', run.log.join('\n'));
  assert.equal(context.asked, []);
  assert.match(
    shardDoubts(run.shards).join('; '),
    /^shard \d of 2: k6 ended as script-error \(exit status 107, .*\): Error: ready \d+ ms after the agreed start/,
  );
});

t('thresholds of a script, and more shards than requests, are refused before anything is sent', async (context) => {
  const attempt = async (script: keyof typeof SCRIPTS, more: Partial<Parameters<typeof runK6>[0]>): Promise<string> => {
    try {
      await send(context, script, more);
      return 'nothing was thrown';
    } catch (thrown) {
      return thrown instanceof ReconcileError ? thrown.message : String(thrown);
    }
  };
  assert.match(await attempt('judging', {}), 'judging.js has thresholds (http_reqs)');
  assert.match(await attempt('numbered', { shards: 40 }), '40 shards are too many for 60 requests per second');
  assert.equal(context.asked, []);
  assert.is((await send(context, 'judging', { shards: 1 })).thresholds.length, 0, 'one by itself judges all');
});

t(
  'two machines that share nothing but files: each sends its part without credentials, and what they hand in is one load',
  async (context) => {
    const k6 = (await findK6(process.env)).command;
    // The first call makes the bundle anew where a source is newer, which on a busy machine takes longer than a start is away.
    const calledAt = Date.now();
    assert.is(spawnSync(process.execPath, [BIN, '--version'], { stdio: 'ignore' }).status, 0);
    const plan: LoadPlan = {
      ...{ version: 1, id: 'a'.repeat(32), stack: 'shop', startAt: Date.now() + 15_000 + (Date.now() - calledAt), shards: 2, most: 100 },
      ...{ settings, dnsName: 'shop.example', listener: { name: 'http', protocol: 'HTTP', port: 80 } },
      hosts: { 'shop.example:80': `127.0.0.1:${context.port}` },
    };
    const folder = join(context.folder, 'machines');
    writePlanFile(join(folder, 'plan.json'), plan);
    const machine = (shard: number): Promise<number | null> =>
      new Promise((done) => {
        const args = [
          'load',
          'shard',
          join(folder, 'plan.json'),
          '--shard',
          String(shard),
          '--out',
          join(folder, `load-${shard}`),
          '--quiet',
        ];
        const { PATH, HOME } = process.env;
        spawn(process.execPath, [BIN, ...args], { env: { PATH, HOME, ALBEDO_K6: k6 }, stdio: 'ignore' }).once('close', done);
      });
    const [run, ...exits] = await Promise.all([
      collectShards({ plan, folder, waitMs: 60_000, settings, dnsName: 'shop.example', most: 100, emit: () => undefined }),
      machine(1),
      machine(2),
    ]);
    assert.equal(exits, [0, 0]);
    assert.equal(shardDoubts(run.shards), []);
    assert.is(run.outcome, 'done');
    assert.is(run.samples.length, context.asked.length);
    assert.ok(Math.abs(run.samples.length - 180) <= 1, `${run.samples.length} of 180`);
  },
);

t.run();
