/** A load from a cluster, with a `kubectl` whose pods are processes of this machine: what is seen while it runs, and what comes of it. */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { ReconcileError } from '../../../reconciler/errors.ts';
import { kubectlOf } from '../../../reconciler/load/cluster/kubectl.ts';
import { kubernetes } from '../../../reconciler/load/engines/kubernetes.ts';
import { findK6 } from '../../../reconciler/load/find-k6.ts';
import { shardDoubts } from '../../../reconciler/load/shards.ts';
import type { LoadSettings } from '../../../reconciler/load/types.ts';
import type { Event } from '../../../reconciler/run/events.ts';
import { rejects } from '../../support/rejects.ts';
import { suite } from '../../support/suite.ts';

const FAKE = fileURLToPath(new URL('../../support/fake-kubectl.mjs', import.meta.url));
/** Earlier Jobs of the stack, as `kubectl get jobs -o json` prints them. */
const jobs = (...items: readonly (readonly [string, object])[]): string =>
  JSON.stringify({
    items: items.map(([name, status]) => ({
      metadata: { name, creationTimestamp: '2026-01-01T10:00:00Z' },
      ...{ spec: { activeDeadlineSeconds: 600 }, status },
    })),
  });
const FINISHED = { conditions: [{ type: 'Complete', status: 'True' }] };

/** In the folder of a cluster (`fake-kubectl.mjs`), for each send. */
const SENDS = {
  fine: { jobs: jobs(['done', FINISHED]) },
  broken: { break: '3\n1\n9\n', 'silent-get': '3', 'silent-delete': '2' },
  deaf: { deaf: '', jobs: jobs(['done', FINISHED], ['left', { active: 2 }]) },
} as const;
type Name = keyof typeof SENDS;
type Sending = ReturnType<typeof send>;

const t = suite('a load from a cluster', { folder: '', sends: {} as Record<Name, Sending> });

/** Long enough for a machine that is busy with other tests. All begin at once, so that they are waited for once. */
const START_IN_MS = 25_000;

t.before((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'albedo-cluster-send-'));
  for (const name of Object.keys(SENDS) as Name[]) {
    context.sends[name] = send(context, name, SENDS[name]);
    // The test that awaits it tells of it.
    context.sends[name].catch(() => undefined);
  }
});
t.after(async ({ folder, sends }) => {
  await Promise.allSettled(Object.values(sends));
  rmSync(folder, { recursive: true, force: true });
});

const executable = (path: string, text: string): string => {
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
  return path;
};

async function startServer(asked: string[]): Promise<Server> {
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.end('hello');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return server;
}

const settings: LoadSettings = { script: 'k6/load.ts', rate: 40, duration: 4, path: '/', timeout: 2 };
const PLANNED = 160;

const engine = (port: number, kubectl: string, folder: string, events: Event[]) =>
  kubernetes.sender({ shards: 2, startInMs: START_IN_MS, cluster: { namespace: 'load' } }).send({
    target: {
      ...{ stack: 'shop', dnsName: 'shop.example', listeners: [{ name: 'http', protocol: 'HTTP', port: 80 }], groups: [] },
      hosts: { 'shop.example:80': `127.0.0.1:${port}` },
    },
    ...{ settings, outDir: join(folder, 'points') },
    environment: { ...process.env, FAKE_CLUSTER: folder, ALBEDO_KUBECTL: kubectl },
    ...{ emit: (event: Event) => events.push(event), onStart: () => undefined },
  });
const warningsOf = (events: readonly Event[]): string[] => events.flatMap((event) => (event.kind === 'warning' ? [event.text] : []));

async function send(context: { readonly folder: string }, name: string, files: Readonly<Record<string, string>>) {
  const folder = join(context.folder, name);
  mkdirSync(folder);
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
  executable(join(folder, 'k6'), `exec '${(await findK6(process.env)).command}' "$@"`);
  const kubectl = executable(join(folder, 'kubectl'), `exec '${process.execPath}' '${FAKE}' "$@"`);
  const asked: string[] = [];
  const server = await startServer(asked);
  const events: Event[] = [];
  try {
    const run = await engine((server.address() as AddressInfo).port, kubectl, folder, events);
    const calls = readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n');
    const progress = events.flatMap((event) => (event.kind === 'load-progress' ? [event] : []));
    return { run, calls, progress, warnings: warningsOf(events), events, asked };
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const whole = ({ run, progress }: Awaited<Sending>): void => {
  assert.is(run.outcome, 'done', run.log.join('\n'));
  assert.equal(shardDoubts(run.shards), []);
  assert.ok(Math.abs(run.samples.length - PLANNED) <= 1, `${run.samples.length} of ${PLANNED}`);
  assert.is(progress.at(-1)?.requests, run.samples.length, 'and what is shown in the end is all of it');
};

t('it is seen while it runs, and each request is a sample once', async ({ sends }) => {
  const sent = await sends.fine;
  whole(sent);
  assert.is(sent.run.samples.length, sent.asked.length);
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

t('a stream that breaks off in the middle of a line is opened again, and nothing counts twice', async ({ sends }) => {
  const sent = await sends.broken;
  whole(sent);
  assert.is(sent.calls.filter((call) => call.includes('--follow')).length, 4);
  assert.match(sent.warnings.join('\n'), 'the log stream of the pods failed, and is opened again: kubectl logs failed');
});

t('a cluster that does not answer for a while: that is said once, and it is asked until it does', async ({ sends }) => {
  const { warnings, calls } = await sends.broken;
  const silence = warnings.filter((text) =>
    text.startsWith('the cluster does not say what the pods do, and is asked again for up to 45 s'),
  );
  assert.is(silence.length, 1);
  assert.match(silence[0] ?? '', 'kubectl get failed (exit status 1): The connection to the server 127.0.0.1:1 was refused');
  assert.is(calls.filter((call) => call.startsWith('delete')).length, 3);
  assert.not.match(warnings.join('\n'), 'could not be deleted');
});

t('logs that cannot be followed: that is said while it runs, and they are read in the end', async ({ sends }) => {
  const sent = await sends.deaf;
  assert.is(sent.run.outcome, 'done');
  assert.equal(shardDoubts(sent.run.shards), []);
  assert.ok(Math.abs(sent.run.samples.length - PLANNED) <= 1, `${sent.run.samples.length} of ${PLANNED}`);
  assert.match(sent.warnings.join('\n'), 'the log stream of the pods failed');
  assert.is(sent.calls.filter((call) => call.startsWith('logs albedo-shop-')).length, 2, 'each log once');
});

t('a Job of another run that still sends is told, with its end and how to end it now', async ({ sends }) => {
  const { warnings } = await sends.deaf;
  assert.equal(
    warnings.filter((text) => text.startsWith('job/')),
    [
      'job/left sends load to shop as well: another run started it, or one that was killed left it. Kubernetes ends the pods by 10:10 UTC, ' +
        'and deletes the Job 10 minutes later. To delete it now: `kubectl delete job/left configmap/left --namespace=load`',
    ],
  );
});

/** What comes of a cluster that gives this answer to everything. */
async function refusedBy(folder: string, name: string, program: string) {
  const events: Event[] = [];
  mkdirSync(join(folder, name));
  const { code, message, hint } = await rejects<ReconcileError>(engine(1, program, join(folder, name), events), ReconcileError);
  return { code, message, hint, warnings: warningsOf(events) };
}

t('no kubectl: what to install, and nothing else is said', async ({ folder }) => {
  const { code, message, hint, warnings } = await refusedBy(folder, 'missing', '/nonexistent/kubectl');
  assert.is(code, 'ToolMissing');
  assert.match(message, 'kubectl (/nonexistent/kubectl) could not be started');
  assert.match(hint, 'set ALBEDO_KUBECTL to its path');
  assert.equal(warnings, []);
});

t('a cluster that cannot be used: what kubectl says, without its own log, and what to do about it', async ({ folder }) => {
  const log = 'E1130 20:07:35.602531   29342 memcache.go:265] "Unhandled Error" err="couldn\'t get current server API group list"';
  const cases: readonly (readonly [string, string])[] = [
    ['The connection to the server localhost:8080 was refused - did you specify the right host or port?', 'Check the kubeconfig'],
    ['error: context "nope" does not exist', '`kubectl get jobs --namespace=load` must work'],
    ['Error from server (Forbidden): jobs.batch is forbidden: User "me" cannot list resource "jobs"', 'docs/examples/kubernetes/role.yaml'],
    ['error: You must be logged in to the server (Unauthorized)', 'Log in to the cluster again: `kubectl get jobs --namespace=load`'],
  ];
  for (const [index, [said, todo]] of cases.entries()) {
    const text = join(folder, `said-${index}`);
    writeFileSync(text, `${log}\n${log}\n${said}\n`);
    const calls = join(folder, `calls-${index}`);
    const kubectl = executable(join(folder, `kubectl-${index}`), `echo "$1" >> '${calls}'; cat '${text}' >&2; exit 1`);
    const { code, message, hint, warnings } = await refusedBy(folder, `refused-${index}`, kubectl);
    assert.is(code, 'LoadFailed');
    assert.is(message, `kubectl get failed (exit status 1): ${said}`);
    assert.match(hint, todo);
    assert.equal(warnings, []);
    assert.is(readFileSync(calls, 'utf8'), 'get\n', 'nothing was made, and so nothing is deleted');
  }
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
