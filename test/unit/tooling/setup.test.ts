import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { homedir, hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { cacheFolder } from '../../../scripts/setup/places.mjs';
import { startProxy } from '../../support/local-proxy.ts';
import { rejects } from '../../support/rejects.ts';
import { suite } from '../../support/suite.ts';

// Set-up is plain JavaScript, since it runs before any compiler is installed; these are the shapes used here.
interface Modules {
  withLock<T>(
    path: string,
    options: { signal?: AbortSignal; onWait?: (pid?: number) => void; poll?: number },
    task: () => Promise<T>,
  ): Promise<T>;
  matchesLock(lock: string, record: string, machine?: { platform: string; arch: string }): boolean;
  isNewEnough(version: string): boolean;
  findOnPath(name: string, env: Record<string, string>, elsewhere?: string[]): string | undefined;
  howToInstall(hasCommand: (name: string) => boolean, on: { platform: string; isRoot: boolean }): string;
  isBundleFresh(root: string): boolean;
  mustRun(doing: string, remedy: string, command: string, args: string[], options?: object): Promise<{ stdout: string }>;
  run(command: string, args: string[], options?: object): Promise<{ code: number; stdout: string; stderr: string }>;
}

async function load<K extends keyof Modules>(file: string): Promise<Pick<Modules, K>> {
  return (await import(new URL(`../../../scripts/setup/${file}.mjs`, import.meta.url).href)) as Pick<Modules, K>;
}

const { withLock } = await load<'withLock'>('lock');
const { matchesLock } = await load<'matchesLock'>('node-packages');
const { findOnPath } = await load<'findOnPath'>('places');
const { isNewEnough } = await load<'isNewEnough'>('node-needed');
const { howToInstall } = await load<'howToInstall'>('haproxy');
const { isBundleFresh } = await load<'isBundleFresh'>('bundle');
const { mustRun, run } = await load<'mustRun' | 'run'>('run');

const t = suite('set-up');
let folder = '';
t.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), 'albedo-setup-'));
});
t.after.each(() => rmSync(folder, { recursive: true, force: true }));

t('lets one at a time hold a lock', async () => {
  const path = join(folder, 'lock');
  let inside = 0;
  let most = 0;
  let waited = 0;
  const task = async () => {
    inside += 1;
    most = Math.max(most, inside);
    await new Promise((done) => setTimeout(done, 20));
    inside -= 1;
    return 'done';
  };
  const answers = await Promise.all([1, 2, 3].map(() => withLock(path, { poll: 5, onWait: () => (waited += 1) }, task)));
  assert.equal(answers, ['done', 'done', 'done']);
  assert.is(most, 1);
  assert.is(waited, 2);
  assert.not.ok(existsSync(path));
});

t('gives the lock back when the task fails', async () => {
  const path = join(folder, 'lock');
  await rejects(
    withLock(path, {}, () => Promise.reject(new Error('no disk'))),
    /no disk/,
  );
  assert.not.ok(existsSync(path));
});

t('takes over the lock of a process that is gone', async () => {
  const path = join(folder, 'lock');
  const gone = spawn(process.execPath, ['-e', '']);
  await new Promise((done) => gone.once('exit', done));
  writeFileSync(path, JSON.stringify({ pid: gone.pid, host: hostname(), token: 'old' }));
  assert.is(await withLock(path, { poll: 5 }, async () => JSON.parse(readFileSync(path, 'utf8')).pid), process.pid);
});

t('takes over a lock nobody touches any more, also of another host or half written', async () => {
  const path = join(folder, 'lock');
  const long = new Date(Date.now() - 60_000);
  for (const text of [JSON.stringify({ pid: 1, host: 'another', token: 'old' }), '']) {
    writeFileSync(path, text);
    utimesSync(path, long, long);
    assert.is(await withLock(path, { poll: 5 }, async () => 'mine'), 'mine');
  }
});

t('waits for a live holder until told to stop', async () => {
  const path = join(folder, 'lock');
  writeFileSync(path, JSON.stringify({ pid: process.pid, host: hostname(), token: 'live' }));
  const stop = new AbortController();
  const waiting = withLock(path, { signal: stop.signal, poll: 5, onWait: () => stop.abort(new Error('stopped')) }, async () => 'never');
  await rejects(waiting);
  assert.match(readFileSync(path, 'utf8'), /live/);
});

const lockText = JSON.stringify({
  packages: {
    '': { name: 'albedo' },
    'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' },
    'node_modules/bin-linux': { version: '2.0.0', integrity: 'sha512-l', optional: true, os: ['linux'], cpu: ['x64'] },
    'node_modules/bin-mac': { version: '2.0.0', integrity: 'sha512-m', optional: true, os: ['darwin'], cpu: ['arm64'] },
  },
});
const a = { version: '1.0.0', integrity: 'sha512-a' };
const linux = { version: '2.0.0', integrity: 'sha512-l' };
const onLinux = { platform: 'linux', arch: 'x64' };
const RECORDS: readonly (readonly [name: string, packages: object, matches: boolean])[] = [
  ['all that this platform needs', { 'node_modules/a': a, 'node_modules/bin-linux': linux }, true],
  ['no packages', {}, false],
  ['another version', { 'node_modules/a': { ...a, version: '1.0.1' }, 'node_modules/bin-linux': linux }, false],
  ['another content', { 'node_modules/a': { ...a, integrity: 'sha512-b' }, 'node_modules/bin-linux': linux }, false],
  ['the binaries of another platform', { 'node_modules/a': a, 'node_modules/bin-mac': { version: '2.0.0', integrity: 'sha512-m' } }, false],
];
for (const [name, packages, matches] of RECORDS) {
  t(`${matches ? 'keeps' : 'replaces'} a node_modules that holds ${name}`, () => {
    assert.is(matchesLock(lockText, JSON.stringify({ packages }), onLinux), matches);
  });
}

t('finds the cache folder, an empty variable being none', () => {
  assert.is(cacheFolder({ ALBEDO_CACHE: '/a', XDG_CACHE_HOME: '/x', HOME: '/h' }), '/a');
  assert.is(cacheFolder({ ALBEDO_CACHE: '', XDG_CACHE_HOME: '/x', HOME: '/h' }), '/x/albedo');
  assert.is(cacheFolder({ HOME: '/h' }), '/h/.cache/albedo');
});

t('finds programs on PATH and elsewhere, and nothing that cannot be run', () => {
  mkdirSync(join(folder, 'sbin'));
  writeFileSync(join(folder, 'tool'), 'text', { mode: 0o644 });
  writeFileSync(join(folder, 'sbin', 'tool'), '#!/bin/sh\n', { mode: 0o755 });
  assert.is(findOnPath('tool', { PATH: folder }), undefined);
  assert.is(findOnPath('tool', { PATH: folder }, [join(folder, 'sbin')]), join(folder, 'sbin', 'tool'));
  assert.is(findOnPath('sbin', { PATH: folder }), undefined);
});

const has =
  (...names: string[]) =>
  (name: string) =>
    names.includes(name);
t('says how HAProxy is installed, with sudo for an ordinary user only', () => {
  const how = (platform: string, isRoot: boolean, ...names: string[]) => howToInstall(has(...names), { platform, isRoot });
  assert.is(how('linux', false, 'apt-get'), 'sudo apt-get update && sudo apt-get install -y haproxy');
  assert.is(how('linux', true, 'apt-get'), 'apt-get update && apt-get install -y haproxy');
  assert.is(how('linux', false, 'dnf'), 'sudo dnf install -y haproxy');
  assert.is(how('darwin', false, 'brew'), 'brew install haproxy');
  assert.match(how('linux', false), /system’s packages/);
});

t('builds again after a source changed or went, and not otherwise', () => {
  const past = new Date(Date.now() - 10_000);
  const source = join(folder, 'reconciler', 'cli', 'main.ts');
  mkdirSync(join(folder, 'reconciler', 'cli'), { recursive: true });
  mkdirSync(join(folder, 'dist'));
  writeFileSync(source, '');
  for (const path of [source, join(folder, 'reconciler', 'cli'), join(folder, 'reconciler')]) utimesSync(path, past, past);
  assert.not.ok(isBundleFresh(folder));
  writeFileSync(join(folder, 'dist', '.built'), String(Date.now() - 5000));
  assert.ok(isBundleFresh(folder));
  writeFileSync(source, 'changed');
  assert.not.ok(isBundleFresh(folder));
  utimesSync(source, past, past);
  assert.ok(isBundleFresh(folder));
  rmSync(source);
  assert.not.ok(isBundleFresh(folder));
});

t('tells what failed, with the first and the last it printed, and what to do', async () => {
  const script = 'for (let i = 0; i < 100; i++) console.log("line " + i); process.exitCode = 3';
  const error = await rejects<Error & { remedy: string }>(mustRun('counting', 'Count less.', process.execPath, ['-e', script]));
  assert.match(error.message, /^counting: .* ended with 3\n/);
  assert.match(error.message, /line 0\n[\s\S]*…[\s\S]*line 99/);
  assert.is(error.remedy, 'Count less.');
  const missing = await rejects<Error>(mustRun('counting', 'Install it.', 'albedo-no-such-program', []));
  assert.match(missing.message, /there is no albedo-no-such-program on PATH/);
});

t('ends a program, and what that started, when told to stop', async () => {
  const stop = new AbortController();
  const pidFile = join(folder, 'pid');
  const running = run('/bin/sh', ['-c', `sleep 60 & echo $! > ${pidFile}; wait`], { signal: stop.signal });
  const noticed = rejects(running, /enough/);
  while (!existsSync(pidFile) || readFileSync(pidFile, 'utf8').trim() === '') await new Promise((done) => setTimeout(done, 10));
  stop.abort(new Error('enough'));
  await noticed;
  const pid = Number(readFileSync(pidFile, 'utf8'));
  // Reaping is up to the system: an ended process may stay as a zombie, which can be seen in its state only.
  const state = () => {
    try {
      process.kill(pid, 0);
      return process.platform === 'linux' ? (/\) (\S)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1] ?? 'Z') : 'R';
    } catch {
      return 'Z';
    }
  };
  for (let tries = 0; tries < 100 && state() !== 'Z'; tries += 1) await new Promise((done) => setTimeout(done, 20));
  assert.is(state(), 'Z');
});

t('says whether a Node is new enough', () => {
  for (const [version, fits] of [
    ['20.20.2', false],
    ['22.20.9', false],
    ['22.21.0', true],
    ['22.23.5', true],
    ['24.0.0', true],
  ] as const)
    assert.is(isNewEnough(version), fits, version);
});

t('keeps tools of a user without a home in a folder of the system', () => {
  // The child has no HOME and is of a user whom the system does not know, where such a user may run this Node at all.
  const others = process.getuid?.() === 0 && !process.execPath.startsWith(homedir());
  const script = "import('./scripts/setup/places.mjs').then(({ cacheFolder }) => console.log(cacheFolder({})))";
  const child = spawnSync(process.execPath, ['-e', script], {
    cwd: join(import.meta.dirname, '../../..'),
    encoding: 'utf8',
    env: {},
    ...(others ? { uid: 54_321 } : {}),
  });
  if (others) assert.is(child.stdout, `${tmpdir()}/albedo-54321\n`, child.stderr);
  else assert.match(child.stdout, /\/albedo\n$/);
});

/** A download by a Node that knows `proxyEnv`, which this process's own may be too old for. */
async function downloadWith(env: Record<string, string>, url: string, sha256: string): Promise<{ code: number; stdout: string }> {
  const { node24Path } = (await import(new URL('../../../scripts/setup/node-release.mjs', import.meta.url).href)) as {
    node24Path(cache: string): string;
  };
  const module = new URL('../../../scripts/setup/download.mjs', import.meta.url).href;
  const script = `import(${JSON.stringify(module)}).then(({ download }) => download(${JSON.stringify(url)}, ${JSON.stringify(join(folder, 'file'))},
    { sha256: ${JSON.stringify(sha256)}, signal: new AbortController().signal, env: ${JSON.stringify(env)} }))
    .then(() => console.log('done'), (error) => console.log(error.cause?.code ?? error.message))`;
  return run(node24Path(cacheFolder()), ['-e', script]);
}

t('downloads through a proxy and directly, follows a redirect, and takes no other file', async () => {
  const server = createServer((request, answer) => {
    if (request.url === '/old') answer.writeHead(302, { location: '/new' }).end();
    else if (request.url === '/new') answer.end('a release');
    else answer.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const proxy = await startProxy({ 'releases.test': port });
  try {
    const sha256 = createHash('sha256').update('a release').digest('hex');
    const http = { HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url };
    assert.is((await downloadWith(http, 'http://releases.test/old', sha256)).stdout, 'done\n');
    assert.is(readFileSync(join(folder, 'file'), 'utf8'), 'a release');
    assert.equal(proxy.seen, ['GET http://releases.test/old', 'GET http://releases.test/new']);
    assert.match(
      (await downloadWith(http, 'http://releases.test/old', '0'.repeat(64))).stdout,
      /^its SHA-256 is [0-9a-f]{64}, expected 0+\n$/,
    );
    assert.is((await downloadWith(http, 'http://releases.test/none', sha256)).stdout, 'HTTP status 404\n');
    proxy.seen.length = 0;
    await downloadWith(http, 'https://elsewhere.test/x', sha256);
    assert.equal(proxy.seen, ['CONNECT elsewhere.test:443']);
    proxy.seen.length = 0;
    const direct = await downloadWith({ ...http, NO_PROXY: '127.0.0.1' }, `http://127.0.0.1:${port}/new`, sha256);
    assert.is(direct.stdout, 'done\n');
    assert.equal(proxy.seen, []);
  } finally {
    await proxy.stop();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

t.run();
