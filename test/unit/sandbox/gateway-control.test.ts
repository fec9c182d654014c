/** The sandbox as a process of its own: up, status, down, and nothing left behind, whatever way it ends. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { DescribeLoadBalancersCommand, ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import * as assert from 'uvu/assert';
import { down, status, up } from '../../../sandbox/control.ts';
import { createLog } from '../../../sandbox/log-file.ts';
import { findPython } from '../../../sandbox/tools.ts';
import { suite } from '../../support/suite.ts';

const SUPERVISE = fileURLToPath(new URL('../../../sandbox/supervised-process.ts', import.meta.url));
const t = suite<{ folder: string; before: NodeJS.ProcessEnv }>('sandbox control');

t.before.each((context) => {
  const { ALBEDO_CACHE, ALBEDO_PYTHON } = process.env;
  context.before = { ALBEDO_CACHE, ALBEDO_PYTHON };
  // Found before the cache moves away.
  process.env['ALBEDO_PYTHON'] = findPython();
  context.folder = mkdtempSync(join(tmpdir(), 'albedo-control-'));
  process.env['ALBEDO_CACHE'] = context.folder;
});
t.after.each(async (context) => {
  await down();
  for (const [name, value] of Object.entries(context.before)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  rmSync(context.folder, { recursive: true, force: true });
});

/** Alive, and not a zombie nobody has reaped. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !existsSync(`/proc/${pid}/stat`) || !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

async function gone(pids: readonly number[]): Promise<boolean> {
  for (const deadline = Date.now() + 10_000; Date.now() < deadline; ) {
    if (!pids.some(isAlive)) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}

async function problemOf(act: Promise<unknown>): Promise<string> {
  try {
    await act;
  } catch (error) {
    return (error as Error).message;
  }
  return '';
}

t('up, again up, status, down', async ({ folder }) => {
  const first = await up({ port: 0, dataplane: false });
  assert.not.ok(first.already);
  assert.is(first.env['AWS_ENDPOINT_URL'], first.endpoint);
  assert.equal(JSON.parse(readFileSync(first.env['ALBEDO_HOSTS_FILE'] ?? '', 'utf8')), {});
  assert.ok(first.processes.length > 0, 'moto is named');
  const second = await up({ port: 0 });
  assert.equal([second.already, second.pid], [true, first.pid]);
  assert.is((await status())?.pid, first.pid);
  assert.ok(existsSync(join(folder, 'sandbox', 'log', 'sandbox.log')));
  assert.is(await down(), true);
  assert.not.ok([first.pid, ...first.processes].some(isAlive), 'down waits for every process');
  assert.not.ok(existsSync(first.hostsFile), 'addresses of no sandbox are not left about');
  assert.is(await status(), undefined);
  assert.is(await down(), false);
});

t('token buckets and the order of lists: switched when it starts, told by status, the buckets switched again later', async () => {
  const started = await up({ port: 0, dataplane: false, throttle: true, shuffle: 7 });
  assert.equal([started.throttle, started.shuffleSeed], [true, 7]);
  const client = new ElasticLoadBalancingV2Client({
    region: 'us-east-1',
    endpoint: started.endpoint,
    maxAttempts: 1,
    credentials: { accessKeyId: 'sandbox', secretAccessKey: 'sandbox' },
  });
  const refused = async (calls: number): Promise<readonly string[]> => {
    const all = await Promise.allSettled(Array.from({ length: calls }, () => client.send(new DescribeLoadBalancersCommand({}))));
    return all.flatMap((one) => (one.status === 'rejected' ? [String((one.reason as Error).name)] : []));
  };
  // More than the bucket holds and could get back while they are sent.
  const names = await refused(400);
  assert.ok(names.length > 0);
  assert.equal([...new Set(names)], ['Throttling']);
  const turn = (body: string) => fetch(`${started.endpoint}/_sandbox/throttle`, { method: 'POST', body });
  assert.equal(await (await turn('{"on": false}')).json(), { throttle: false });
  assert.equal(await refused(100), []);
  assert.is((await turn('{"on": "yes"}')).status, 400);
  assert.is((await status())?.throttle, false);
  client.destroy();
  await down();
  const plain = await up({ port: 0, dataplane: false, shuffle: false });
  assert.equal([plain.throttle, plain.shuffleSeed], [false, undefined]);
  await down();
});

t('a sandbox killed outright takes its processes along and is forgotten', async ({ folder }) => {
  const { pid, processes } = await up({ port: 0, dataplane: false });
  process.kill(pid, 'SIGKILL');
  assert.ok(await gone([pid, ...processes]), 'moto went too');
  assert.is(await status(), undefined);
  assert.not.ok(existsSync(join(folder, 'sandbox', 'state.json')));
});

t('a sandbox whose folder was removed ends when it is asked to, and takes its processes along', async ({ folder }) => {
  const { pid, processes } = await up({ port: 0 });
  rmSync(join(folder, 'sandbox'), { recursive: true, force: true });
  process.kill(pid, 'SIGTERM');
  assert.ok(await gone([pid, ...processes]));
});

t('word of a process that is another program now is cleared away', async ({ folder }) => {
  mkdirSync(join(folder, 'sandbox'));
  const state = { pid: process.pid, port: 9, endpoint: 'http://127.0.0.1:9', hostsFile: 'x', started: 'x' };
  writeFileSync(join(folder, 'sandbox', 'state.json'), JSON.stringify(state));
  assert.is(await status(), undefined);
  assert.not.ok(existsSync(join(folder, 'sandbox', 'state.json')));
});

t('a taken port is named, with what to do', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as AddressInfo;
  const problem = await problemOf(up({ port }));
  await new Promise((resolve) => other.close(resolve));
  assert.match(problem, new RegExp(`^Port ${port} is taken by another program.*--port`));
});

t('what the sandbox cannot start with is said, not left in a log', async () => {
  const problem = await problemOf(up({ port: 0, dataplane: false, timings: { nonsense: 1 } as never }));
  assert.match(problem, /Unknown timing "nonsense"/);
});

t('a supervised command and what it started end with an owner that is killed', async () => {
  const script = `import { spawnSupervised } from ${JSON.stringify(SUPERVISE)};
    const one = spawnSupervised('sh', ['-c', 'sleep 60 & echo $!; wait'], { onStdout: (line) => console.log(one.pid + ' ' + line) });`;
  const owner = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const line = await new Promise<string>((resolve) => createInterface({ input: owner.stdout }).once('line', resolve));
  const pids = line.split(' ').map(Number);
  assert.is(pids.filter(isAlive).length, 2);
  owner.kill('SIGKILL');
  assert.ok(await gone(pids));
});

t('a log is bounded', ({ folder }) => {
  const file = join(folder, 'log');
  const log = createLog(file, 300);
  for (let line = 0; line < 50; line++) log(`line ${line}`);
  const kept = readFileSync(file, 'utf8') + readFileSync(`${file}.1`, 'utf8');
  assert.ok(kept.length <= 600);
  assert.match(kept, 'line 49');
});

t.run();
