/** The command itself, ended in the middle of a load from a cluster: nothing is left, or Kubernetes removes it. */
import * as assert from 'uvu/assert';
import { type Bench as Aws, contractSuite, withAt } from '../support/contract-bench.ts';
import { until } from '../support/faults-cli.ts';
import { sampled } from '../support/sample.ts';
import { left } from './bench.ts';
import { missing } from './cluster.ts';
import { running, spec, story } from './story.ts';

const lacking = missing();
const t = contractSuite('verify from a cluster, ended early');

const CASES: [string, (aws: Aws) => Promise<void>][] = [];
const rare = (...entry: (typeof CASES)[number]): void => void CASES.push(entry);

if (lacking === '') {
  rare('Ctrl-C leaves no Job, no ConfigMap, no pod and no stopped instance', (aws) =>
    story(aws, 'ctrl-c', async (bench, start, place) => {
      const command = start();
      await command.says(/pods send for another/);
      assert.ok(left(bench, 'ctrl-c').length >= 4, 'a Job, a ConfigMap and two pods');
      command.signal('SIGINT');
      const ended = await command.ended;
      assert.is(ended.code, 130, ended.stderr);
      assert.equal(left(bench, 'ctrl-c'), []);
      assert.equal(bench.kubelet.running(), []);
      // The process that outlives it looks once more, and ends.
      await until('the end of all processes', () => place.left().length === 0, 20_000);
      assert.is(await running(aws), 2);
    }),
  );

  rare('Ctrl-C before the load, and twice while it runs: nothing is left, and nothing is stopped', (aws) =>
    story(aws, 'impatient', async (bench, start, place) => {
      const early = start();
      await early.says(/2 of 2 pods are running; the load starts in/);
      early.signal('SIGINT');
      assert.is((await early.ended).code, 130, early.said());
      assert.equal(left(bench, 'impatient'), []);
      const command = start();
      await command.says(/pods send for another/);
      command.signal('SIGINT');
      await command.says(/press again to stop at once/);
      command.signal('SIGINT');
      const { code, stderr } = await command.ended;
      assert.is(code, 130);
      assert.match(
        stderr,
        /kubectl was asked to delete job\/albedo-webserver-\w+ and configmap\/albedo-webserver-\w+, but albedo ends before/,
      );
      await until('the end of what it left', () => left(bench, 'impatient').length === 0, 60_000);
      assert.equal(bench.kubelet.running(), []);
      await until('the end of all processes', () => place.left().length === 0, 60_000);
      assert.is(await running(aws), 2);
    }),
  );

  rare('after kill -9 the pods end with their load, the next run tells of them, and the cluster removes what is left', (aws) =>
    story(
      aws,
      'kill-9',
      async (bench, start, place) => {
        const command = start();
        await command.says(/pods send for another/);
        command.signal('SIGKILL');
        await command.ended;
        const next = start('--break-lock');
        await next.says(/job\/albedo-webserver-\w+ sends load to webserver as well: .* To delete it now: `kubectl delete job\//);
        next.signal('SIGINT');
        assert.is((await next.ended).code, 130);
        await until('the end of the pods', () => bench.kubelet.running().length === 0, 120_000);
        const [job] = left(bench, 'kill-9').filter((name) => name.startsWith('job'));
        const kubectl = (...args: string[]) => bench.cluster.kubectl('-n', 'kill-9', ...args);
        assert.is(kubectl('get', job ?? '', '-o', 'jsonpath={.spec.ttlSecondsAfterFinished}'), '600');
        // Ten minutes later.
        kubectl('patch', job ?? '', '--type=merge', '-p', '{"spec":{"ttlSecondsAfterFinished":0}}');
        await until('the end of the Job, its pods and its ConfigMap', () => left(bench, 'kill-9').length === 0, 30_000);
        // Whoever outlives albedo starts the instance.
        await until('the end of all processes', () => place.left().length === 0, 60_000);
        assert.is(await running(aws), 2);
      },
      { asked: withAt(spec(), ['load', 'duration'], '90s') },
    ),
  );

  for (const [name, act] of sampled(CASES, 4)) t(name, act);
} else t(`left out, for want of ${lacking}`, () => undefined);

t.run();
