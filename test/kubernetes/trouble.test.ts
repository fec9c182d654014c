/** A load from a cluster that loses a pod or its API server, or refuses: it never counts as one that was sent, and nothing is left unsaid. */
import * as assert from 'uvu/assert';
import { ReconcileError } from '../../reconciler/errors.ts';
import { shardDoubts } from '../../reconciler/load/shards.ts';
import type { Event } from '../../reconciler/run/events.ts';
import { sampled } from '../support/sample.ts';
import { suite } from '../support/suite.ts';
import { type Bench, left, makeNamespace, openBench, send } from './bench.ts';
import { missing } from './cluster.ts';

const lacking = missing();
const t = suite('from a cluster in trouble', {} as { bench: Bench });

type Act = (context: { readonly bench: Bench }) => Promise<void>;
const CASES: [string, Act][] = [];
interface Rule {
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}
const evictionOf = (name: string): object => ({ apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name } });
const SILENCE = /^the cluster does not say what the pods do, and is asked again for up to 45 s: kubectl get failed .*refused/;
const warningsOf = (events: readonly Event[]) => events.flatMap((event) => (event.kind === 'warning' ? [event.text] : []));
const rare = (name: string, act: Act): void => void CASES.push([name, act]);

if (lacking === '') {
  t.before(async (context) => {
    context.bench = await openBench();
  });
  t.after(({ bench }) => bench?.stop());

  rare('a pod that is killed makes the run inconclusive, with its exit status, and ends the other', async ({ bench }) => {
    await makeNamespace(bench, 'killed');
    const { run, starts } = await send(bench, 'killed', {
      settings: { duration: 60 },
      onEvent: (event) => {
        if (event.kind === 'phase' && /pods send for another/.test(event.text)) bench.kubelet.kill(/^albedo-shop-\w+-1-/);
      },
    });
    assert.is(starts.length, 1);
    assert.is(run.outcome, 'failed');
    assert.is(run.shards[1]?.exitCode, 137);
    assert.equal(shardDoubts(run.shards), ['shard 2 of 2: its pod ended: OOMKilled']);
    assert.equal(left(bench, 'killed'), []);
    assert.equal(bench.kubelet.running(), []);
  });

  rare('a pod that is not there in time: nothing begins, and why it waits is told', async ({ bench }) => {
    await makeNamespace(bench, 'late');
    bench.kubelet.delay(/^albedo-shop-\w+-0-/, 60_000);
    bench.asked.length = 0;
    const { run, starts } = await send(bench, 'late', { startInMs: 8000 }).finally(async () => {
      await bench.kubelet.stop();
      bench.kubelet = await bench.again();
    });
    assert.equal(starts, [], 'nothing may be broken');
    assert.is(run.outcome, 'failed');
    assert.is(shardDoubts(run.shards).length, 1);
    assert.match(shardDoubts(run.shards)[0] ?? '', /^shard 1 of 2: it was not running when the load began: Pending/);
    assert.equal(left(bench, 'late'), []);
  });

  rare('a cluster that makes no pods: nothing begins, and why is told in its words', async ({ bench }) => {
    await makeNamespace(bench, 'quota');
    bench.cluster.kubectl('-n', 'quota', 'create', 'quota', 'none', '--hard=pods=0');
    // What its controller would say.
    const status = JSON.stringify({ status: { hard: { pods: '0' }, used: { pods: '0' } } });
    bench.cluster.kubectl('-n', 'quota', 'patch', 'quota', 'none', '--subresource=status', '--type=merge', '-p', status);
    const { run, starts } = await send(bench, 'quota', { startInMs: 8000 });
    assert.equal(starts, []);
    assert.match(
      shardDoubts(run.shards)[0] ?? '',
      /^shard 1 of 2: it was not running when the load began: it has no pod: FailedCreate: .*forbidden.*quota/,
    );
    assert.equal(left(bench, 'quota'), []);
  });

  rare('what the cluster refuses is told in its words, and nothing is left', async ({ bench }) => {
    bench.cluster.kubectl('create', 'namespace', 'forbidden');
    let said = '';
    await send(bench, 'forbidden').catch((thrown: unknown) => {
      said = thrown instanceof ReconcileError ? `${thrown.code}: ${thrown.message}` : String(thrown);
    });
    assert.match(said, /^LoadFailed: kubectl get failed \(exit status 1\): .*jobs.batch is forbidden/i);
    assert.equal(left(bench, 'forbidden'), []);
  });

  rare('a role that lacks one permission: what is there already is deleted, or named', async ({ bench }) => {
    const sendWithout = async (namespace: string, ...verbs: readonly [string, string][]) => {
      await makeNamespace(bench, namespace);
      const role = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/roles/albedo-load`;
      const { rules } = (await bench.cluster.api.call('GET', role)) as unknown as { readonly rules: readonly Rule[] };
      const lacking = rules.map((rule) => ({
        ...rule,
        verbs: rule.verbs.filter((verb) => !verbs.some(([resource, own]) => rule.resources.includes(resource) && own === verb)),
      }));
      await bench.cluster.api.call('PATCH', role, { rules: lacking }, 'application/merge-patch+json');
      const warnings: string[] = [];
      let thrown: unknown;
      await send(bench, namespace, {
        startInMs: 6000,
        onEvent: (event) => void (event.kind === 'warning' && warnings.push(event.text)),
      }).catch((error: unknown) => (thrown = error));
      assert.instance(thrown, ReconcileError);
      return { message: (thrown as ReconcileError).message, hint: (thrown as ReconcileError).hint, warnings };
    };
    // The Job is there, and its pods wait for the ConfigMap.
    const refused = await sendWithout('no-map', ['configmaps', 'create']);
    assert.match(refused.message, /configmaps is forbidden: User "loader" cannot create resource "configmaps"/);
    assert.match(refused.hint, 'docs/examples/kubernetes/role.yaml');
    assert.equal(refused.warnings, []);
    assert.equal(left(bench, 'no-map'), []);

    const kept = await sendWithout('no-delete', ['configmaps', 'create'], ['jobs', 'delete']);
    const [job = ''] = left(bench, 'no-delete');
    const name = job.replace('job.batch/', '');
    assert.match(kept.warnings.join('\n'), new RegExp(`^job/${name} and configmap/${name} could not be deleted: .*forbidden`));
    assert.match(kept.warnings.join('\n'), /Kubernetes ends the pods by \d\d:\d\d UTC, and deletes the Job 10 minutes later/);
    assert.match(kept.warnings.join('\n'), `\`kubectl delete job/${name} configmap/${name}\``);
    bench.cluster.kubectl('-n', 'no-delete', 'delete', job);
  });

  rare('an image that cannot be pulled: it is said while the pods wait, and nothing begins', async ({ bench }) => {
    await makeNamespace(bench, 'no-image');
    bench.kubelet.withoutImage(/^albedo-shop-\w+-1-/);
    const { run, events, starts } = await send(bench, 'no-image', { startInMs: 25_000 }).finally(async () => {
      await bench.kubelet.stop();
      bench.kubelet = await bench.again();
    });
    assert.equal(starts, []);
    const phases = events.flatMap((event) => (event.kind === 'phase' ? [event.text] : []));
    assert.match(phases.join('\n'), /shard 2 is waiting: ErrImagePull: failed to pull "grafana\/k6:2.2.0": not found/);
    assert.equal(shardDoubts(run.shards), [
      'shard 2 of 2: it was not running when the load began: ErrImagePull: failed to pull "grafana/k6:2.2.0": not found',
    ]);
    assert.is(run.outcome, 'failed');
    assert.equal(left(bench, 'no-image'), []);
  });

  rare('a pod that is evicted, or deleted by somebody, is no part of a load, and the others end', async ({ bench }) => {
    for (const [namespace, act, why] of [
      [
        'evicted',
        (path: string, name: string) => bench.cluster.api.call('POST', `${path}/eviction`, evictionOf(name)),
        /EvictionByEvictionAPI/,
      ],
      ['deleted', (path: string) => bench.cluster.api.call('DELETE', `${path}?gracePeriodSeconds=0`), /it was deleted/],
    ] as const) {
      await makeNamespace(bench, namespace);
      let acted: Promise<unknown> | undefined;
      const startedAt = Date.now();
      const { run, starts } = await send(bench, namespace, {
        settings: { duration: 300 },
        onEvent: (event) => {
          if (event.kind !== 'load-progress' || event.requests < 40 || acted !== undefined) return;
          const name = bench.kubelet.running().find((each) => /-0-\w+$/.test(each)) ?? '';
          acted = act(`/api/v1/namespaces/${namespace}/pods/${name}`, name);
        },
      });
      await acted;
      assert.is(starts.length, 1);
      assert.is(run.shards.length, 2);
      const [doubt = ''] = shardDoubts(run.shards);
      assert.match(doubt, /^shard 1 of 2: its pod ended: /, `${namespace}: ${doubt}`);
      assert.match(doubt, why);
      assert.ok(Date.now() - startedAt < 200_000, 'long before the load would have ended');
      assert.equal(left(bench, namespace), []);
      assert.equal(bench.kubelet.running(), []);
    }
  });

  rare('an API server that is away for a while: that is said, and nothing of the load is lost', async ({ bench }) => {
    await makeNamespace(bench, 'away');
    let lost: Promise<void> | undefined;
    let again: Promise<void> | undefined;
    const { run, events } = await send(bench, 'away', {
      settings: { duration: 25 },
      onEvent: (event) => {
        if (event.kind === 'load-progress' && event.requests > 100) lost ??= bench.cluster.loseServer();
        if (event.kind === 'warning' && SILENCE.test(event.text)) again ??= lost?.then(bench.cluster.againServer);
      },
    });
    await again;
    const warnings = warningsOf(events);
    assert.is(warnings.filter((text) => SILENCE.test(text)).length, 1, warnings.join('\n'));
    assert.match(warnings.join('\n'), 'the log stream of the pods failed, and is opened again: ');
    assert.is(run.outcome, 'done');
    assert.equal(shardDoubts(run.shards), []);
    assert.ok(Math.abs(run.samples.length - 1000) <= 1, `${run.samples.length} of 1000`);
    assert.equal(left(bench, 'away'), []);
  });

  // Each takes a quarter of a minute.
  for (const [name, act] of sampled(CASES, 4)) t(name, act);
} else t(`left out, for want of ${lacking}`, () => undefined);

t.run();
