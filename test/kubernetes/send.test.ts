/** A load that pods of a cluster send: a real API server with its Job controller, and real k6 processes as the pods. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { ReconcileError } from '../../reconciler/errors.ts';
import { shardDoubts } from '../../reconciler/load/shards.ts';
import type { LoadPods } from '../../reconciler/model/load-pods.ts';
import type { Event } from '../../reconciler/run/events.ts';
import { sampled } from '../support/sample.ts';
import { suite } from '../support/suite.ts';
import { type Bench, left, makeNamespace, openBench, send } from './bench.ts';
import { missing } from './cluster.ts';

const lacking = missing();
const t = suite('from a cluster', {} as { bench: Bench });

type Act = (context: { readonly bench: Bench }) => Promise<void>;
const CASES: [string, Act][] = [];
const progressOf = (events: readonly Event[]) => events.flatMap((event) => (event.kind === 'load-progress' ? [event] : []));
interface Pod {
  readonly metadata: { readonly labels: Readonly<Record<string, string>>; readonly annotations: Readonly<Record<string, string>> };
  readonly spec: Readonly<Record<string, unknown>> & {
    readonly tolerations?: readonly { readonly key?: string }[];
    readonly volumes: readonly { readonly name: string }[];
    readonly containers: readonly { readonly image: string; readonly resources: unknown }[];
  };
}
const warningsOf = (events: readonly Event[]) => events.flatMap((event) => (event.kind === 'warning' ? [event.text] : []));
const rare = (name: string, act: Act): void => void CASES.push([name, act]);

if (lacking === '') {
  t.before(async (context) => {
    context.bench = await openBench();
  });
  t.after(({ bench }) => bench?.stop());

  t('two pods send the load once, and their points are what is judged; then nothing is left', async ({ bench }) => {
    await makeNamespace(bench, 'fine');
    bench.asked.length = 0;
    const { run, events, starts, startedAt } = await send(bench, 'fine', { most: 100 });
    assert.is(run.outcome, 'done', run.log.join('\n'));
    assert.equal(shardDoubts(run.shards), []);
    assert.ok(Math.abs(bench.asked.length - 160) <= 1, `${bench.asked.length} of 160`);
    assert.is(run.samples.length, bench.asked.length, 'each request is a sample');
    assert.is(run.iterations, bench.asked.length);
    assert.match(run.version, /^2\.\d+\.\d+$/);
    assert.is(starts.length, 1);
    assert.ok((starts[0] ?? 0) >= startedAt + 12_000);
    for (const { shard, planned, requests, exitCode, startOffsetMs } of run.shards) {
      assert.is(exitCode, 0);
      assert.ok(Math.abs(planned - requests) <= 1, `shard ${shard}: ${requests} of ${planned}`);
      assert.ok(startOffsetMs !== null && startOffsetMs >= 0 && startOffsetMs < 1000, `shard ${shard}: ${startOffsetMs} ms`);
    }
    const folder = join(bench.folder, 'fine');
    assert.equal(readdirSync(folder).sort(), ['points-1.csv.gz', 'points-2.csv.gz']);
    const rows = [1, 2].map((shard) =>
      gunzipSync(readFileSync(join(folder, `points-${shard}.csv.gz`)))
        .toString()
        .split('\n'),
    );
    assert.is(rows.flat().filter((row) => row.startsWith('albedo_request,')).length, run.samples.length);
    assert.equal(left(bench, 'fine'), []);
    // It was seen while it ran.
    const progress = progressOf(events);
    assert.ok(
      progress.some(({ requests }) => requests > 20 && requests < 140),
      JSON.stringify(progress),
    );
    assert.is(progress.at(-1)?.requests, run.samples.length);
    assert.ok(progress.every(({ note }) => note === ''));
    const seconds = new Map(
      events.flatMap((event) => (event.kind === 'load-seconds' ? event.seconds : [])).map((each) => [each.second, each]),
    );
    const drawn = [...seconds.values()].reduce((sum, { requests }) => sum + requests, 0);
    assert.is(drawn, run.samples.length);
    assert.ok(
      [...seconds.values()].some(({ p95 }) => (p95 ?? 0) > 0),
      'latency as well',
    );
    const { env } = bench.kubelet.started[0] ?? { env: {} };
    assert.equal(
      Object.keys(env).filter((name) => /TOKEN|KUBE|AWS/.test(name)),
      [],
      'no role of the cluster',
    );
  });

  rare('a second run, and two at a time, do not get in each other’s way', async ({ bench }) => {
    await makeNamespace(bench, 'two');
    bench.asked.length = 0;
    const both = await Promise.all(['one', 'other'].map((folder) => send(bench, 'two', { folder, startInMs: 18_000 })));
    for (const { run } of both) {
      assert.equal(shardDoubts(run.shards), []);
      assert.ok(Math.abs(run.samples.length - 160) <= 1);
    }
    assert.equal(left(bench, 'two'), []);
  });

  rare('a script that breaks off is told in k6’s words', async ({ bench }) => {
    await makeNamespace(bench, 'script');
    const { run } = await send(bench, 'script', { settings: { script: 'test/kubernetes/fixtures/aborting.js' } });
    assert.is(run.outcome, 'aborted');
    assert.is(run.exitCode, 108);
    assert.match(shardDoubts(run.shards).join('; '), /^shard \d of 2: k6 ended as aborted \(exit status 108.*: test aborted: enough/);
    assert.equal(left(bench, 'script'), []);
  });

  rare('a script whose set-up ends too late sends nothing', async ({ bench }) => {
    await makeNamespace(bench, 'slow');
    bench.asked.length = 0;
    const { run } = await send(bench, 'slow', { settings: { script: 'test/kubernetes/fixtures/slow.js' } });
    assert.is(run.outcome, 'script-error', JSON.stringify(run.shards));
    assert.match(shardDoubts(run.shards).join('; '), /ready \d+ ms after the agreed start/);
    assert.equal(bench.asked, []);
  });

  rare('an interrupt ends the pods and leaves no Job and no ConfigMap', async ({ bench }) => {
    await makeNamespace(bench, 'interrupted');
    const stop = new AbortController();
    const { run } = await send(bench, 'interrupted', {
      settings: { duration: 60 },
      signal: stop.signal,
      onEvent: (event) => {
        if (event.kind === 'phase' && /pods send for another/.test(event.text))
          stop.abort(new ReconcileError('Interrupted', 'interrupted'));
      },
    });
    assert.is(run.outcome, 'aborted');
    assert.equal(shardDoubts(run.shards), []);
    assert.equal(left(bench, 'interrupted'), []);
    assert.equal(bench.kubelet.running(), []);
    const before = bench.asked.length;
    await new Promise((done) => setTimeout(done, 500));
    assert.is(bench.asked.length, before, 'nothing is sent any more');
  });

  rare('a log of which the node has lost a part is no part of a load', async ({ bench }) => {
    await makeNamespace(bench, 'rotated');
    bench.kubelet.keep(800);
    bench.kubelet.deaf(true);
    try {
      const { run } = await send(bench, 'rotated');
      assert.is(run.shards.length, 2);
      for (const { problem } of run.shards) assert.match(problem, 'part of the log of its pod is missing');
    } finally {
      bench.kubelet.keep(Number.POSITIVE_INFINITY);
      bench.kubelet.deaf(false);
    }
  });

  rare('a stream of logs that breaks off is opened again, and nothing of it is counted twice', async ({ bench }) => {
    await makeNamespace(bench, 'cut');
    const cuts: number[] = [];
    const { run, events } = await send(bench, 'cut', {
      settings: { duration: 12 },
      onEvent: (event) => {
        if (event.kind === 'load-progress' && event.requests > 60 * (cuts.length + 1) && cuts.length < 3) cuts.push(bench.kubelet.cut());
      },
    });
    assert.equal(cuts, [2, 2, 2], 'both pods were listened to each time');
    assert.match(warningsOf(events).join('\n'), 'the log stream of the pods failed, and is opened again: ');
    assert.ok(
      progressOf(events).some(({ requests }) => requests > 250 && requests < 450),
      'it was seen again while it ran',
    );
    assert.equal(shardDoubts(run.shards), []);
    assert.ok(Math.abs(run.samples.length - 480) <= 1, `${run.samples.length} of 480`);
    assert.is(progressOf(events).at(-1)?.requests, run.samples.length);
  });

  rare('logs that cannot be followed: that is said, and the load is judged from what they hold in the end', async ({ bench }) => {
    await makeNamespace(bench, 'deaf');
    bench.kubelet.deaf(true);
    try {
      const { run, events } = await send(bench, 'deaf', { settings: { duration: 8 } });
      // kubectl may try for a while before it gives up.
      assert.match(warningsOf(events).join('\n'), /no data from shards 1, 2 for \d+ s: the figures shown are incomplete/);
      assert.match(
        progressOf(events)
          .map(({ note }) => note)
          .join('\n'),
        /no data from shards 1, 2 for \d+ s/,
      );
      assert.equal(shardDoubts(run.shards), []);
      assert.ok(Math.abs(run.samples.length - 320) <= 1, `${run.samples.length} of 320`);
    } finally {
      bench.kubelet.deaf(false);
    }
  });

  rare('a pod of which nothing is heard: it is said which, and since when', async ({ bench }) => {
    await makeNamespace(bench, 'frozen');
    let frozen = 0;
    const { events } = await send(bench, 'frozen', {
      settings: { duration: 12 },
      onEvent: (event) => {
        if (event.kind !== 'load-progress') return;
        if (frozen === 0 && event.requests > 40) frozen = bench.kubelet.freeze(/^albedo-shop-\w+-1-/, true);
        if (frozen === 1 && event.note !== '') frozen = 1 + bench.kubelet.freeze(/^albedo-shop-\w+-1-/, false);
      },
    });
    assert.is(frozen, 2);
    assert.match(warningsOf(events).join('\n'), /no data from shard 2 for \d+ s: the figures shown are incomplete/);
    assert.is(progressOf(events).at(-1)?.note, '', 'and it was heard again');
  });

  rare('the pods are those of environment.yaml, and a namespace with the restricted standard admits them', async ({ bench }) => {
    await makeNamespace(bench, 'pods');
    const kubectl = (...args: string[]): string => bench.cluster.kubectl('-n', 'pods', ...args);
    assert.throws(() => kubectl('run', 'root', '--image=k6', '--restart=Never'), /violates PodSecurity "restricted/, 'no other pod');
    kubectl('create', 'priorityclass', 'low', '--value=-5');
    const pods: LoadPods = {
      ...{ image: 'registry.example.com/k6:2', serviceAccountName: 'load', nodeSelector: { pool: 'load' }, priorityClassName: 'low' },
      tolerations: [{ key: 'dedicated', operator: 'Equal', value: 'load', effect: 'NoSchedule' }],
      resources: { requests: { cpu: '2' }, limits: { memory: '1Gi' } },
      ...{ labels: { 'example.com/team': 'shop' }, annotations: { 'example.com/why': 'a test' }, imagePullSecrets: [{ name: 'registry' }] },
    };
    let seen = '';
    const { run } = await send(bench, 'pods', {
      pods,
      onEvent: (event) => {
        if (seen === '' && event.kind === 'load-progress') seen = kubectl('get', 'pods', '-o', 'json');
      },
    });
    assert.equal(shardDoubts(run.shards), []);
    const { items } = JSON.parse(seen) as { readonly items: readonly Pod[] };
    assert.is(items.length, 2);
    for (const { metadata, spec } of items) {
      const [container] = spec.containers;
      assert.equal(
        ['serviceAccountName', 'nodeSelector', 'priorityClassName', 'imagePullSecrets', 'priority', 'automountServiceAccountToken'].map(
          (key) => spec[key],
        ),
        ['load', { pool: 'load' }, 'low', [{ name: 'registry' }], -5, false],
      );
      assert.equal(
        spec.tolerations?.find(({ key }) => key === 'dedicated'),
        pods.tolerations?.[0],
      );
      assert.equal([metadata.labels['example.com/team'], metadata.annotations['example.com/why']], ['shop', 'a test']);
      assert.equal(container?.resources, {
        requests: { cpu: '2', memory: '256Mi', 'ephemeral-storage': '256Mi' },
        limits: { memory: '1Gi' },
      });
      assert.is(container?.image, 'registry.example.com/k6:2');
      assert.equal(
        spec.volumes.map(({ name }) => name),
        ['script', 'work'],
        'and no token',
      );
    }
  });

  // Each takes a quarter of a minute.
  for (const [name, act] of sampled(CASES, 4)) t(name, act);
} else t(`left out, for want of ${lacking}`, () => undefined);

t.run();
