/** A load from a cluster, with a `kubectl` whose pods are processes of this machine: what is seen while it runs, and what comes of it. */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { kubectlOf } from '../../../reconciler/load/cluster/kubectl.ts';
import { kubernetes } from '../../../reconciler/load/engines/kubernetes.ts';
import { findK6 } from '../../../reconciler/load/find-k6.ts';
import { shardDoubts } from '../../../reconciler/load/shards.ts';
import type { LoadSettings, VerifyTarget } from '../../../reconciler/load/types.ts';
import type { Event } from '../../../reconciler/run/events.ts';
import { rejects } from '../../support/rejects.ts';
import { suite } from '../../support/suite.ts';

const FAKE = fileURLToPath(new URL('../../support/fake-kubectl.mjs', import.meta.url));
const t = suite('a load from a cluster', { folder: '', port: 0, server: undefined as Server | undefined, asked: [] as string[] });

t.before(async (context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'albedo-cluster-send-'));
  context.server = createServer((request, response) => {
    context.asked.push(request.url ?? '');
    response.end('hello');
  });
  await new Promise<void>((done) => context.server?.listen(0, '127.0.0.1', done));
  context.port = (context.server.address() as AddressInfo).port;
});
t.after(({ folder, server }) => {
  server?.closeAllConnections();
  server?.close();
  rmSync(folder, { recursive: true, force: true });
});

const executable = (path: string, text: string): string => {
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
  return path;
};

const settings: LoadSettings = { script: 'k6/load.ts', rate: 40, duration: 4, path: '/', timeout: 2 };
const PLANNED = 160;

/** `files`: in the folder of the cluster (`fake-kubectl.mjs`). */
async function send(
  context: { readonly folder: string; readonly port: number },
  name: string,
  {
    files = {},
    cluster = {},
  }: { readonly files?: Readonly<Record<string, string>>; readonly cluster?: { readonly namespace?: string } } = {},
) {
  const folder = join(context.folder, name);
  mkdirSync(folder);
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
  executable(join(folder, 'k6'), `exec '${(await findK6(process.env)).command}' "$@"`);
  const kubectl = executable(join(folder, 'kubectl'), `exec '${process.execPath}' '${FAKE}' "$@"`);
  const target: VerifyTarget = {
    ...{ stack: 'shop', dnsName: 'shop.example', listeners: [{ name: 'http', protocol: 'HTTP', port: 80 }], groups: [] },
    hosts: { 'shop.example:80': `127.0.0.1:${context.port}` },
  };
  const events: Event[] = [];
  const run = await kubernetes.sender({ shards: 2, startInMs: 5000, cluster }).send({
    ...{ target, settings, outDir: join(folder, 'points') },
    environment: { ...process.env, FAKE_CLUSTER: folder, ALBEDO_KUBECTL: kubectl },
    ...{ emit: (event: Event) => events.push(event), onStart: () => undefined },
  });
  const calls = readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n');
  const progress = events.flatMap((event) => (event.kind === 'load-progress' ? [event] : []));
  const warnings = events.flatMap((event) => (event.kind === 'warning' ? [event.text] : []));
  return { run, calls, progress, warnings, events };
}

const whole = ({ run, progress }: Awaited<ReturnType<typeof send>>): void => {
  assert.is(run.outcome, 'done', run.log.join('\n'));
  assert.equal(shardDoubts(run.shards), []);
  assert.ok(Math.abs(run.samples.length - PLANNED) <= 1, `${run.samples.length} of ${PLANNED}`);
  assert.is(progress.at(-1)?.requests, run.samples.length, 'and what is shown in the end is all of it');
};

t('it is seen while it runs, and each request is a sample once', async (context) => {
  context.asked.length = 0;
  const sent = await send(context, 'fine', { cluster: { namespace: 'load' } });
  whole(sent);
  assert.is(sent.run.samples.length, context.asked.length);
  assert.ok(
    sent.progress.some(({ requests }) => requests > 0 && requests < PLANNED - 20),
    JSON.stringify(sent.progress),
  );
  assert.equal(sent.warnings, []);
  const seconds = new Map(
    sent.events.flatMap((event) => (event.kind === 'load-seconds' ? event.seconds : [])).map((each) => [each.second, each]),
  );
  assert.is(
    [...seconds.values()].reduce((sum, { requests }) => sum + requests, 0),
    sent.run.samples.length,
  );
  const logs = sent.calls.filter((call) => call.startsWith('logs'));
  assert.is(logs.length, 1, 'one process listens to all pods, and no log is read twice');
  for (const word of ['--follow', '--prefix', '--tail=-1', '--max-log-requests=2', '--container=k6', '--request-timeout=0s'])
    assert.match(logs[0] ?? '', word);
  assert.ok(sent.calls.every((call) => call.includes('--namespace=load')));
  assert.match(sent.calls.at(-1) ?? '', /^delete job\/albedo-shop-\w+ configmap\/albedo-shop-\w+ /);
});

t('a stream that breaks off in the middle of a line is opened again, and nothing counts twice', async (context) => {
  const sent = await send(context, 'broken', { files: { break: '3\n1\n9\n' } });
  whole(sent);
  assert.is(sent.calls.filter((call) => call.includes('--follow')).length, 4);
  assert.match(sent.warnings.join('\n'), 'the log stream of the pods failed, and is opened again: kubectl logs failed');
});

t('logs that cannot be followed: that is said while it runs, and they are read in the end', async (context) => {
  const sent = await send(context, 'deaf', { files: { deaf: '' } });
  assert.is(sent.run.outcome, 'done');
  assert.equal(shardDoubts(sent.run.shards), []);
  assert.ok(Math.abs(sent.run.samples.length - PLANNED) <= 1, `${sent.run.samples.length} of ${PLANNED}`);
  assert.match(sent.warnings.join('\n'), 'the log stream of the pods failed');
  assert.is(sent.calls.filter((call) => call.startsWith('logs albedo-shop-')).length, 2, 'each log once');
});

t('a stream that is no longer wanted ends, and half a line is nobody’s', async ({ folder }) => {
  const command = executable(join(folder, 'endless'), 'echo "$*"; echo whole; printf half; exec sleep 1000');
  const stop = new AbortController();
  const lines: string[] = [];
  const pids: number[] = [];
  const following = kubectlOf({ PATH: process.env['PATH'], ALBEDO_KUBECTL: command }, {}).follow(
    ['logs'],
    (line) => {
      lines.push(line);
      if (line === 'whole') stop.abort();
    },
    stop.signal,
    { minds: (pid) => void pids.push(pid), ended: (pid) => void pids.push(pid) },
  );
  assert.match((await rejects<Error>(following, Error)).message, 'kubectl logs failed (ended by a signal)');
  assert.equal(lines, ['logs --request-timeout=0s', 'whole']);
  assert.is(pids.length, 2);
  assert.is(pids[0], pids[1], 'whoever minds it is told of its end');
  assert.throws(() => process.kill(pids[0] ?? 0, 0), /ESRCH/, 'it has ended');
});

t.run();
