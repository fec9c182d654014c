/** What a pod is and runs, what it prints, and how that is read: with a real shell and a real k6, without a cluster. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { jobOf } from '../../../reconciler/load/cluster/job.ts';
import { podOutput } from '../../../reconciler/load/cluster/pod-output.ts';
import { ARCHIVE, RUN, runScript } from '../../../reconciler/load/cluster/pod-script.ts';
import { podsAsked } from '../../../reconciler/load/cluster/pod-template.ts';
import { podsOf } from '../../../reconciler/load/cluster/pods.ts';
import { findK6, parseVersion } from '../../../reconciler/load/find-k6.ts';
import { complaintsOf } from '../../../reconciler/load/k6-log.ts';
import { openForElsewhere } from '../../../reconciler/load/open-script.ts';
import { readPoints } from '../../../reconciler/load/points.ts';
import { shardsOf } from '../../../reconciler/load/shards.ts';
import type { LoadSettings } from '../../../reconciler/load/types.ts';
import { findOnPath } from '../../../scripts/setup/places.mjs';
import { suite } from '../../support/suite.ts';

const t = suite('shard of a Job', { folder: '', port: 0, server: undefined as Server | undefined });
const MARK = 'albedo-0123456789abcdef';

t.before(async (context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'albedo-cluster-job-'));
  context.server = createServer((_, response) => void response.end('hello'));
  await new Promise<void>((done) => context.server?.listen(0, '127.0.0.1', done));
  context.port = (context.server.address() as AddressInfo).port;
});
t.after(({ folder, server }) => {
  server?.closeAllConnections();
  server?.close();
  rmSync(folder, { recursive: true, force: true });
});

const settings: LoadSettings = { script: 'k6/load.ts', rate: 40, duration: 2, path: "/it's", timeout: 2 };
/** Works like `record`, and does not call it: k6's own rows are all there is. */
const PLAIN = `import http from 'k6/http';
import { scenario, settings } from './albedo.js';
export const options = scenario(settings);
export default function () { http.get(settings.baseUrl + settings.path); }
`;
const THROWING = PLAIN.replace('{ http.get', "{ if (__ITER === 0) throw new Error('no cart'); http.get");

interface Ran {
  readonly code: number | null;
  readonly whole: boolean;
  readonly version: string;
  readonly log: string;
  readonly points: string;
  /** When each chunk of points came, milliseconds before the end. */
  readonly came: readonly number[];
  readonly text: string;
}

/** Runs the script of a pod, as the shell of the image would. `tools`: the shell, and where its tools are. */
async function run(
  context: { readonly folder: string; readonly port: number },
  name: string,
  { shell = ['sh'], path = '/usr/bin:/bin', script = '', index = 0, k6 = (command: string) => `exec '${command}' "$@"` } = {},
): Promise<Ran> {
  const here = join(context.folder, name);
  const [mount, work, bin] = ['albedo', 'work', 'bin'].map((each) => join(here, each)) as [string, string, string];
  for (const folder of [mount, work, bin]) mkdirSync(folder, { recursive: true });
  if (script !== '') writeFileSync(join(here, 'own.js'), script);
  const own = script === '' ? settings : { ...settings, script: 'own.js' };
  const target = {
    ...{ stack: 'shop', dnsName: 'shop.example', listeners: [{ name: 'http', protocol: 'HTTP' as const, port: 80 }], groups: [] },
    hosts: { 'shop.example:80': `127.0.0.1:${context.port}` },
  };
  const shards = shardsOf(2, own, 31);
  const input = { target, settings: own, shards, environment: process.env, emit: () => undefined };
  const asked = Date.now();
  const opened = await openForElsewhere({ ...input, ...(script === '' ? {} : { scripts: here }) });
  // How long k6 has just taken to read the script says how busy this machine is.
  const leadMs = 2000 + 10 * (Date.now() - asked);
  writeFileSync(join(mount, RUN), runScript({ shards, told: opened.told, mark: MARK }, opened.k6.version));
  writeFileSync(join(mount, ARCHIVE), gzipSync(opened.script.archiveAt(Date.now() + leadMs, input.shards.length)));
  writeFileSync(join(bin, 'k6'), `#!/bin/sh\n${k6((await findK6(process.env)).command)}\n`, { mode: 0o755 });
  const read = { version: '', log: '', points: '' };
  const came: number[] = [];
  const output = podOutput(MARK, (section, bytes) => {
    if (section === 'points') came.push(Date.now());
    read[section] += gunzipSync(bytes).toString();
  });
  const ended = await new Promise<{ readonly status: number | null; readonly text: string }>((done, fail) => {
    const child = spawn(shell[0] ?? '', [...shell.slice(1), join(mount, RUN)], {
      cwd: work,
      env: { PATH: `${bin}:${path}`, JOB_COMPLETION_INDEX: String(index), HOME: '/nonexistent' },
    });
    let [text, rest] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
      const lines = (rest + piece).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) output.line(line);
    });
    child.stderr.setEncoding('utf8').on('data', (piece: string) => (text += piece));
    child.once('error', fail);
    child.once('close', (status) => done({ status, text }));
  });
  const at = Date.now();
  return { ...{ code: ended.status, whole: output.whole(), text: ended.text, ...read }, came: came.map((each) => at - each) };
}

/** What is read of the rows that travelled is what is read of all that k6 wrote. */
function asWhole(folder: string, name: string, { points }: Ran): void {
  const all = readFileSync(join(folder, name, 'work', 'all.csv'), 'utf8');
  const [part, whole] = [points, all].map((text) => {
    const read = readPoints();
    read.file().push(text);
    const { samples, ...rest } = read.end();
    return { ...rest, samples: [...samples] };
  });
  assert.equal(part, whole);
  assert.ok(points.length < all.length * 0.8, 'rows that nobody reads do not travel');
}

/** A k6 that writes all its points beside those that travel. */
const keeping = (command: string): string =>
  `[ "$1" = run ] || exec '${command}' "$@"
for word; do shift; case $word in csv=*) word="csv=fileName=all.csv,\${word#*,}" ;; esac; set -- "$@" "$word"; done
'${command}' "$@"; code=$?; cat all.csv > points.csv; exit $code`;

const samplesOf = (points: string): number => {
  const read = readPoints();
  read.file().push(points);
  return read.end().samples.length;
};

const busybox = findOnPath('busybox');
const SHELLS: [string, { readonly shell?: string[] }][] = [['the shell of this machine', {}]];
if (busybox !== undefined) SHELLS.push(['busybox, which the image has', { shell: [busybox, 'sh'] }]);
if (busybox === undefined) t('skipped: busybox is not here', () => assert.is(findOnPath('busybox'), undefined));
for (const [name, shell] of SHELLS)
  t(`with ${name}: the points come back whole, and so does the exit status`, async (context) => {
    let path = '/usr/bin:/bin';
    if (shell.shell !== undefined) {
      path = join(context.folder, 'tools');
      mkdirSync(path);
      for (const tool of ['sh', 'mkfifo', 'dirname', 'gunzip', 'gzip', 'base64', 'tr', 'fold', 'awk', 'grep', 'tail'])
        symlinkSync(busybox ?? '', join(path, tool));
    }
    const ran = await run(context, `fine ${name}`, { ...shell, path, index: 1 });
    assert.is(ran.code, 0, ran.text);
    assert.ok(ran.whole, ran.text);
    assert.ok(ran.came.length >= 2 && (ran.came[0] ?? 0) > (ran.came.at(-1) ?? 0), 'they came while it ran');
    assert.is(parseVersion(ran.version), (await findK6(process.env)).version);
    assert.ok(Math.abs(samplesOf(ran.points) - 40) <= 1, ran.points.slice(0, 500));
  });

t('the rows that travel say what all rows say', async (context) => {
  const ran = await run(context, 'kept', { k6: keeping });
  assert.is(ran.code, 0, ran.text);
  asWhole(context.folder, 'kept', ran);
});

t('a script that records nothing is read from k6’s own rows, and one that throws is told', async (context) => {
  const plain = await run(context, 'plain', { script: PLAIN, k6: keeping });
  assert.is(plain.code, 0, plain.text);
  assert.ok(Math.abs(samplesOf(plain.points) - 40) <= 1, plain.points.slice(0, 500));
  asWhole(context.folder, 'plain', plain);
  const throwing = await run(context, 'throwing', { script: THROWING });
  const complaints = complaintsOf();
  complaints.push(throwing.log);
  const { exceptions, lastException } = complaints.end();
  assert.ok(exceptions > 0);
  assert.match(lastException, /^own\.js:4:\d+: Error: no cart$/);
});

t('a k6 that cannot begin ends with its own status, and no points', async (context) => {
  const ran = await run(context, 'odd', { script: PLAIN.replace('scenario(settings)', "{ scenarios: { x: { executor: 'no-such' } } }") });
  assert.ok(ran.code !== 0 && ran.code !== null, ran.text);
  assert.is(ran.points, '');
  assert.is((await run(context, 'index', { index: 7 })).code, 70, 'a shard that nobody planned');
});

const chunk = (name: string, place: number, text: string, width = 40): string[] => {
  const data = gzipSync(text).toString('base64');
  const cut = data.match(new RegExp(`.{1,${width}}`, 'g')) ?? [];
  return [...cut.map((piece, n) => `${MARK} ${name} ${place} ${n + 1} ${piece}`), `${MARK} ${name} ${place} end ${cut.length}`];
};
const ROWS = ['metric_name\n', 'a,b\n'.repeat(500), 'c,d\n'];
const WHOLE = [
  ...[...ROWS.flatMap((rows, n) => chunk('points', n + 1, rows)), `${MARK} points end 3`],
  ...[...chunk('version', 1, 'k6 v2.2.0'), `${MARK} version end 1`, ...chunk('log', 1, ''), `${MARK} log end 1`],
];
const readOf = (all: readonly string[]): { readonly whole: boolean; readonly points: string } => {
  let points = '';
  const output = podOutput(MARK, (section, bytes) => {
    if (section === 'points') points += gunzipSync(bytes).toString();
  });
  for (const line of all) output.line(line);
  return { whole: output.whole(), points };
};
const FINE = { whole: true, points: ROWS.join('') };

t('a log that is not whole is seen, whatever is missing of it', () => {
  assert.equal(readOf(WHOLE), FINE);
  assert.equal(readOf(['time="…" level=info msg=hello', ...WHOLE, 'more']), FINE, 'other lines do not matter');
  for (let at = 0; at < WHOLE.length; at++) assert.is(readOf(WHOLE.filter((_, n) => n !== at)).whole, false, `without line ${at}`);
  assert.is(readOf(WHOLE.map((line) => line.replace(MARK, 'albedo-of-another'))).whole, false);
});

t('a log that is read again, from wherever it broke off, counts once; what was lost before it is found in it', () => {
  for (let at = 0; at < WHOLE.length; at++) {
    assert.equal(readOf([...WHOLE.slice(0, at), ...WHOLE]), FINE, `broken off before line ${at}`);
    assert.equal(readOf([...WHOLE.filter((_, n) => n !== at), ...WHOLE]), FINE, `line ${at} was lost`);
    // A node that rotated the log in between has only the newest part of it.
    const rotated = readOf([...WHOLE.slice(0, at), ...WHOLE.slice(at + 1)]);
    assert.is(rotated.whole, false, `line ${at} is nowhere`);
    assert.ok(FINE.points.startsWith(rotated.points), 'and nothing behind it is taken for what comes next');
  }
});

const pod = (index: number, status: object, name = `p-${index}`, created = '2026-01-01T00:00:00Z'): object => ({
  metadata: { name, creationTimestamp: created, labels: { 'batch.kubernetes.io/job-completion-index': String(index) } },
  status,
});
const container = (state: object): object => ({ containerStatuses: [{ state }] });

/** As a drained node leaves it. */
const DISRUPTED = {
  conditions: [{ type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI', message: 'Eviction API: evicting' }],
};

t('the state of each shard is that of its pod, with the words of Kubernetes', () => {
  const evicted = pod(9, { phase: 'Running', ...DISRUPTED, ...container({ running: {} }) }) as { readonly metadata: object };
  const deleted = pod(11, { phase: 'Running', ...container({ running: {} }) }) as { readonly metadata: object };
  const items = [
    pod(0, { phase: 'Running', ...container({ running: {} }) }),
    pod(1, {
      phase: 'Pending',
      conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/3 nodes fit' }],
    }),
    pod(2, { phase: 'Pending', ...container({ waiting: { reason: 'ImagePullBackOff', message: 'no\nsuch image' } }) }),
    pod(3, { phase: 'Failed', ...container({ terminated: { exitCode: 137, reason: 'OOMKilled' } }) }),
    pod(4, { phase: 'Failed', reason: 'Evicted', message: 'disk is full' }),
    pod(5, { phase: 'Succeeded', ...container({ terminated: { exitCode: 0, reason: 'Completed' } }) }),
    pod(6, { phase: 'Failed', ...container({ terminated: { exitCode: 107, reason: 'Error' } }) }),
    pod(7, { phase: 'Failed' }, 'older'),
    pod(7, { phase: 'Pending' }, 'newer', '2026-01-01T00:00:05Z'),
    { ...evicted, metadata: { ...evicted.metadata, deletionTimestamp: '2026-01-01T00:00:09Z' } },
    pod(10, { phase: 'Failed', ...DISRUPTED, ...container({ terminated: { exitCode: 137, reason: 'Error' } }) }),
    { ...deleted, metadata: { ...deleted.metadata, deletionTimestamp: '2026-01-01T00:00:09Z' } },
  ];
  assert.equal(
    podsOf(JSON.stringify({ items }), 12).map(({ shard, name, state, why, exitCode }) => [shard, name, state, why, exitCode]),
    [
      [1, 'p-0', 'running', '', null],
      [2, 'p-1', 'waiting', 'Unschedulable: 0/3 nodes fit', null],
      [3, 'p-2', 'waiting', 'ImagePullBackOff: no such image', null],
      [4, 'p-3', 'ended', 'OOMKilled', 137],
      [5, 'p-4', 'ended', 'Evicted: disk is full', null],
      [6, 'p-5', 'ended', '', 0],
      [7, 'p-6', 'ended', '', 107],
      [8, 'newer', 'waiting', 'Pending', null],
      [9, '', 'waiting', 'it has no pod', null],
      [10, 'p-9', 'ended', 'EvictionByEvictionAPI: Eviction API: evicting', null],
      [11, 'p-10', 'ended', 'EvictionByEvictionAPI: Eviction API: evicting', 137],
      [12, 'p-11', 'ended', 'it was deleted', null],
    ],
  );
});

t('a pod has no role, no root, and an end', () => {
  const shards = shardsOf(2, settings);
  const told = { baseUrl: 'http://a', hosts: {}, settings, redirects: 0 };
  const job = jobOf({ name: 'x', stack: 'shop', pods: podsAsked(), shards, dnsName: 'a', told, mostMs: 61_500 }) as unknown as Job;
  assert.equal(
    ['suspend', 'completionMode', 'completions', 'backoffLimitPerIndex', 'activeDeadlineSeconds'].map((key) => job.spec[key]),
    // Suspended, its time would not run, and nothing would end it.
    [undefined, 'Indexed', 2, 0, 62],
  );
  const { spec } = job.spec.template;
  assert.is(spec['automountServiceAccountToken'], false);
  assert.equal(spec['securityContext'], {
    ...{ runAsNonRoot: true, runAsUser: 12_345, runAsGroup: 12_345, fsGroup: 12_345, seccompProfile: { type: 'RuntimeDefault' } },
  });
});
interface Job {
  readonly spec: Readonly<Record<string, unknown>> & { readonly template: { readonly spec: Readonly<Record<string, unknown>> } };
}

t.run();
