import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { ReconcileError } from '../../../reconciler/errors.ts';
import { findK6, parseVersion } from '../../../reconciler/load/find-k6.ts';
import { baseUrlOf, k6Arguments, k6Environment, listenerOf } from '../../../reconciler/load/k6-command.ts';
import { outcomeOf } from '../../../reconciler/load/k6-exit.ts';
import { runK6 } from '../../../reconciler/load/run-k6.ts';
import type { LoadSettings, VerifyTarget } from '../../../reconciler/load/types.ts';
import type { Event } from '../../../reconciler/run/events.ts';
import { suite } from '../../support/suite.ts';

const settings: LoadSettings = { script: 'k6/load.ts', rate: 20, duration: 2, path: '/', timeout: 0.4 };
const IDS = ['i-0a1b2c3d4e5f60001', 'i-0a1b2c3d4e5f60002'];
const t = suite('run-k6', { folder: '', port: 0, seen: [] as { host: string; cookie: string }[], server: undefined as Server | undefined });

t.before(async (context) => {
  context.folder = await mkdtemp(join(tmpdir(), 'albedo, load-'));
  let n = 0;
  context.server = createServer((request, response) => {
    n++;
    context.seen.push({ host: request.headers.host ?? '', cookie: request.headers.cookie ?? '' });
    if (n % 10 === 0) return void request.socket.destroy();
    // The eleventh is never answered.
    if (n === 11) return;
    const id = IDS[n % 2] ?? '';
    // Half by header and half by what is on the page.
    if (n % 4 < 2) response.setHeader('X-Instance', id);
    response.setHeader('Set-Cookie', 'seen=1');
    response.statusCode = n % 10 === 5 ? 503 : 200;
    response.end(`Hello from ${id}`);
  });
  await new Promise<void>((done) => context.server?.listen(0, '127.0.0.1', done));
  context.port = (context.server.address() as AddressInfo).port;
});

t.after(async (context) => {
  context.server?.closeAllConnections();
  context.server?.close();
  await rm(context.folder, { recursive: true, force: true });
});

/** A name that DNS does not know, mapped as for the sandbox. */
const targetOf = (port: number): VerifyTarget => ({
  stack: 'shop',
  dnsName: 'shop-1.us-east-1.elb.example',
  listeners: [{ name: 'http', protocol: 'HTTP', port: 80 }],
  groups: [],
  hosts: { 'shop-1.us-east-1.elb.example:80': `127.0.0.1:${port}` },
});

t('a real run against a loopback server: every request is a sample', async ({ folder, port, seen }) => {
  const events: Event[] = [];
  const starts: number[] = [];
  const outDir = join(folder, 'real');
  const run = await runK6({
    environment: process.env,
    target: targetOf(port),
    settings,
    outDir,
    emit: (event) => events.push(event),
    onStart: (at) => starts.push(at),
  });
  assert.is(run.outcome, 'done', run.log.join('\n'));
  assert.is(run.exitCode, 0);
  // Keep-alive requests that meet a closed socket are sent again by Go's client, so the server may see more than k6 counts.
  assert.ok(run.samples.length >= 38 && run.samples.length <= 42, `${run.samples.length} samples for 20 a second in 2 s`);
  assert.is(starts.length, 1);
  assert.ok(starts[0] === run.startedAt, 'told when the first request began');
  assert.equal([...new Set([...run.samples].map((each) => each.instance))].filter((id) => id !== '').sort(), IDS);
  assert.ok([...run.samples].some((each) => each.status === 503 && !each.ok));
  const late = [...run.samples].filter((each) => each.errorCode === 1050);
  // The eleventh, and on a busy machine others. Without the time-out of the settings it would be k6's own, a minute.
  assert.ok(late.length > 0 && late.every((each) => each.ms >= 400 && each.ms < 30_000), JSON.stringify(late));
  assert.ok([...run.samples].every((each, n, all) => n === 0 || each.at >= (all[n - 1]?.at ?? 0)));
  assert.ok(
    seen.every((each) => each.host === 'shop-1.us-east-1.elb.example'),
    'the name asked for is the load balancer’s own',
  );
  assert.ok(
    seen.every((each) => each.cookie === ''),
    'each request is a new user',
  );
  assert.ok(events.some((event) => event.kind === 'load-progress' && event.requests > 0));
  assert.equal(await readdir(outDir), ['points.csv.gz']);
  const rows = gunzipSync(await readFile(join(outDir, 'points.csv.gz')))
    .toString()
    .split('\n');
  assert.is(rows.filter((row) => row.startsWith('albedo_request,')).length, run.samples.length);
});

t('profiles, paths with what is expected of them, and users who return', async ({ folder }) => {
  const seen: { path: string; cookie: string }[] = [];
  const server = createServer((request, response) => {
    seen.push({ path: request.url ?? '', cookie: request.headers.cookie ?? '' });
    response.setHeader('Set-Cookie', 'user=1');
    response.statusCode = request.url === '/gone' ? 404 : 200;
    response.end(request.url === '/page' ? 'welcome' : 'nothing here');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  try {
    const wanted: LoadSettings = {
      ...{ script: 'k6/load.ts', rate: 10, duration: 5, path: '/', timeout: 2, profile: 'breakpoint', peak: 70, users: 'returning' },
      paths: [
        { path: '/page', weight: 6, body: 'welcome' },
        { path: '/gone', weight: 3, status: 404 },
        { path: '/wrong', weight: 1, body: 'welcome' },
      ],
    };
    const run = await runK6({
      environment: process.env,
      target: targetOf((server.address() as AddressInfo).port),
      ...{ settings: wanted, outDir: join(folder, 'profile'), emit: () => undefined },
    });
    assert.is(run.outcome, 'done', run.log.join('\n'));
    const samples = [...run.samples];
    // From 10 to 70 a second in 5 s.
    assert.ok(Math.abs(samples.length - 200) <= 4, `${samples.length} of 200`);
    const half = samples.filter(({ at }) => at < run.startedAt + 2500).length;
    assert.ok(half > 40 && half < 80, `${half} of 62 in the first half`);
    const count = (path: string): number => seen.filter((each) => each.path === path).length;
    assert.ok(
      count('/page') > count('/gone') && count('/gone') > count('/wrong') && count('/wrong') > 0,
      JSON.stringify([count('/page'), count('/gone'), count('/wrong')]),
    );
    // A 404 that is expected is no failure; a 200 with another body is one.
    assert.is(samples.filter(({ ok }) => !ok).length, count('/wrong'));
    assert.ok(samples.filter(({ ok }) => !ok).every(({ status }) => status === 200));
    assert.is(samples.filter(({ status, ok }) => status === 404 && ok).length, count('/gone'));
    assert.ok(
      seen.some(({ cookie }) => cookie === 'user=1'),
      'a user who returns has the cookie',
    );
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

t('a setup() of the script gives its data to the users, and is left out where its options say so', async ({ folder }) => {
  const script = (options: string): string =>
    `import http from 'k6/http';\nexport const options = { iterations: 1, ${options} };\nexport function setup() { return { said: 'by-setup' }; }\nexport default function (data) { http.get(__ENV.ALBEDO_BASE_URL + '/' + (data === undefined ? 'none' : data.said)); }\n`;
  for (const [name, options, said] of [
    ['with', '', 'by-setup'],
    ['without', 'noSetup: true', 'none'],
  ] as const) {
    await writeFile(join(folder, 'set-up.js'), script(options));
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url ?? '');
      response.end();
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const run = await runK6({
      ...{ environment: process.env, emit: () => undefined, scripts: folder, outDir: join(folder, name) },
      target: targetOf((server.address() as AddressInfo).port),
      settings: { ...settings, script: 'set-up.js' },
    });
    server.closeAllConnections();
    server.close();
    assert.is(run.outcome, 'done', run.log.join('\n'));
    assert.equal(asked, [`/${said}`]);
  }
});

t('an abort ends k6 and keeps what was measured', async ({ folder, port }) => {
  const abort = new AbortController();
  const outDir = join(folder, 'aborted');
  const run = await runK6({
    environment: process.env,
    target: targetOf(port),
    settings: { ...settings, duration: 60 },
    outDir,
    emit: () => undefined,
    signal: abort.signal,
    onStart: () => abort.abort(new Error('Ctrl-C')),
  });
  assert.is(run.outcome, 'aborted');
  assert.ok(run.samples.length > 0 && run.samples.length < 600);
  assert.equal(await readdir(outDir), ['points.csv.gz']);
});

t('a script that does not load is a script error with k6’s own words', async ({ folder, port }) => {
  await writeFile(join(folder, 'broken.ts'), "throw new Error('broken on purpose');\nexport default function () {}\n");
  const run = await runK6({
    environment: process.env,
    target: targetOf(port),
    settings: { ...settings, script: 'broken.ts' },
    scripts: folder,
    outDir: join(folder, 'broken'),
    emit: () => undefined,
  });
  assert.is(run.outcome, 'script-error');
  assert.match(run.log.join('\n'), 'broken on purpose');
  assert.is(run.samples.length, 0);
});

t('no script, no such listener: told before k6 is started', async ({ folder, port }) => {
  const attempt = async (change: Partial<LoadSettings>): Promise<string> => {
    try {
      await runK6({
        environment: process.env,
        target: targetOf(port),
        settings: { ...settings, ...change },
        outDir: folder,
        emit: () => undefined,
      });
    } catch (error) {
      return error instanceof ReconcileError ? `${error.message} ${error.hint}` : `not a ReconcileError: ${String(error)}`;
    }
    return 'nothing was thrown';
  };
  assert.match(await attempt({ script: 'k6/none.ts' }), 'k6/none.ts does not exist');
  assert.match(await attempt({ listener: 'ftp' }), 'goes to listener ftp, which does not exist Listeners are: http');
});

t('k6 is found by ALBEDO_K6, PATH, cache; another version is told', async ({ folder }) => {
  const fake = join(folder, 'k6');
  await writeFile(fake, '#!/bin/sh\necho "k6 v0.49.0 (go1.21)"\n', { mode: 0o755 });
  const message = async (environment: Record<string, string>): Promise<string> => {
    try {
      return (await findK6(environment)).version;
    } catch (error) {
      return error instanceof Error ? error.message : '';
    }
  };
  assert.match(await message({ ALBEDO_K6: fake }), 'is k6 0.49.0; albedo needs v1 or v2');
  assert.match(await message({ ALBEDO_K6: join(folder, 'none') }), 'is not a working k6');
  if (spawnSync('k6', ['version']).error !== undefined)
    assert.match(await message({ ALBEDO_CACHE: folder }), join(folder, 'k6', 'v2.2.0', 'k6'));
  assert.is(parseVersion('k6 v2.2.0 (go1.25.1, linux/amd64)\n'), '2.2.0');
  assert.is(parseVersion('something else'), undefined);
});

t('listener and address', () => {
  const tls = { name: 'tls', protocol: 'HTTPS', port: 443 } as const;
  const plain = { name: 'plain', protocol: 'HTTP', port: 8080 } as const;
  const listeners = [tls, plain];
  const target = { ...targetOf(1), listeners };
  assert.is(listenerOf(target, settings)?.name, 'plain');
  assert.is(listenerOf(target, { ...settings, listener: 'tls' })?.name, 'tls');
  assert.is(listenerOf({ ...target, listeners: listeners.slice(0, 1) }, settings)?.name, 'tls');
  assert.is(baseUrlOf('a.example', tls), 'https://a.example');
  assert.is(baseUrlOf('a.example', plain), 'http://a.example:8080');
});

t('load that is enough is ended well, long before its duration', async ({ folder, port }) => {
  const enough = new AbortController();
  const run = await runK6({
    environment: process.env,
    target: targetOf(port),
    settings: { ...settings, duration: 600, path: '/enough' },
    outDir: join(folder, 'enough'),
    enough: enough.signal,
    onStart: () => enough.abort(),
    emit: () => undefined,
  });
  assert.is(run.outcome, 'done');
  assert.ok(run.samples.length > 0);
});

t('a redirect is followed only when asked for, and its last answer is the one that counts', async ({ folder }) => {
  const server = createServer((request, response) => {
    response.writeHead(request.url === '/from' ? 301 : 204, request.url === '/from' ? { location: '/to' } : {});
    response.end();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  try {
    for (const [redirects, status] of [
      [0, 301],
      [5, 204],
    ] as const) {
      const run = await runK6({
        environment: process.env,
        target: targetOf((server.address() as AddressInfo).port),
        settings: { ...settings, duration: 1, path: '/from' },
        outDir: join(folder, `redirects ${redirects}`),
        redirects,
        emit: () => undefined,
      });
      assert.equal([...new Set([...run.samples].map((sample) => sample.status))], [status]);
    }
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

t('arguments pass no shell, and credentials pass to nobody', () => {
  const list = k6Arguments({
    archive: '/x/script.tar',
    version: '2.2.0',
    baseUrl: 'http://a',
    hosts: { a: '127.0.0.1' },
    settings: { ...settings, path: '/?a=$(id)' },
    shard: { shard: 1, of: 1, segment: '0:1', sequence: '0,1', pointsFile: 'points.csv', planned: 40 },
    redirects: 0,
  });
  assert.ok(list.includes('ALBEDO_PATH=/?a=$(id)'));
  assert.ok(list.includes('--include-system-env-vars=false'));
  assert.ok(list.includes('--summary-mode=disabled'), 'a script would write files');
  assert.is(list.at(-1), '/x/script.tar');
  const environment = k6Environment(
    { PATH: '/bin', HOME: '/home/me', AWS_SECRET_ACCESS_KEY: 's', HTTP_PROXY: 'http://p', NO_PROXY: 'b.example' },
    'a.example',
    true,
  );
  assert.equal(environment, {
    ...{ HTTP_PROXY: 'http://0.0.0.1:1', HTTPS_PROXY: 'http://0.0.0.1:1', http_proxy: 'http://0.0.0.1:1', https_proxy: 'http://0.0.0.1:1' },
    ...{ K6_BROWSER_EXECUTABLE_PATH: '/nonexistent', K6_AUTO_EXTENSION_RESOLUTION: 'false', HOME: '/nonexistent' },
    ...{ NO_PROXY: 'a.example', no_proxy: 'a.example' },
  });
});

t('exit statuses', () => {
  const table: [number | null, boolean, string][] = [
    [0, false, 'done'],
    [99, false, 'done'],
    [105, false, 'aborted'],
    [0, true, 'aborted'],
    [101, false, 'timed-out'],
    [104, false, 'bad-config'],
    [107, false, 'script-error'],
    [109, false, 'failed'],
    [255, false, 'bad-config'],
    [null, false, 'failed'],
  ];
  for (const [code, aborted, expected] of table) assert.is(outcomeOf(code, aborted), expected, String(code));
});

t.run();
