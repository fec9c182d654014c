/** The command itself: a stack of the sandbox that is loaded by the pods of a cluster while an instance is stopped. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DescribeInstancesCommand } from '@aws-sdk/client-ec2';
import * as assert from 'uvu/assert';
import { stringify } from 'yaml';
import type { Report } from '../../reconciler/report/report.ts';
import { type Bench as Aws, apply, contractSuite, type Spec, tutorial, withAt } from '../support/contract-bench.ts';
import { makePlace, type Place, startCommand, until } from '../support/faults-cli.ts';
import { sampled } from '../support/sample.ts';
import { type Bench, environmentOf, left, makeNamespace, openBench } from './bench.ts';
import { missing } from './cluster.ts';

const lacking = missing();
const t = contractSuite('verify from a cluster');

const spec = (): Spec => {
  const load = withAt(tutorial(), ['load'], { script: 'k6/load.ts', rate: '20/s', duration: '30s', timeout: '3s' });
  const chaos = withAt(load, ['chaos'], { stopInstance: { from: 'web', at: '5s', for: '8s' } });
  return withAt(chaos, ['objectives'], { errorRate: '< 60%' });
};

/** Two experiments, with time between them for the steady state. */
const inTurn = (): Spec => {
  const { chaos: _, ...rest } = withAt(spec(), ['load', 'duration'], '60s') as unknown as Record<string, unknown>;
  const fault = { deregisterTarget: { from: 'web', at: '3s', for: '3s' } };
  return { ...rest, experiments: [fault, fault] } as unknown as Spec;
};

/** A stack that serves, a cluster, and the command in a place of its own. */
async function story(
  aws: Aws,
  namespace: string,
  tell: (bench: Bench, start: (...args: string[]) => ReturnType<typeof startCommand>, place: Place) => Promise<void>,
  { command = 'verify', asked = spec() }: { readonly command?: 'verify' | 'apply'; readonly asked?: Spec } = {},
): Promise<void> {
  const place = makePlace();
  const bench = await openBench();
  try {
    await makeNamespace(bench, namespace);
    await apply(aws, asked);
    await aws.sandbox.settled();
    const file = place.file('stack.yaml', stringify(asked));
    const cluster = environmentOf(bench, namespace);
    const env = {
      ...{ AWS_ENDPOINT_URL: aws.sandbox.endpoint, AWS_ACCESS_KEY_ID: 'sandbox', AWS_SECRET_ACCESS_KEY: 'sandbox' },
      ...{ ALBEDO_HOSTS_FILE: aws.sandbox.hostsFile, ALBEDO_K6: bench.k6 },
      ...{ KUBECONFIG: cluster['KUBECONFIG'] ?? '', ALBEDO_KUBECTL: cluster['ALBEDO_KUBECTL'] ?? '' },
    };
    const flags = [file, '--engine', 'kubernetes', '--shards', '2', '--start-in', '25s', '--report', join(place.folder, 'out')];
    await tell(bench, (...args) => startCommand(place, [command, ...flags, ...args], env), place);
  } finally {
    await bench.stop();
    place.remove();
  }
}

async function running({ ec2 }: Aws): Promise<number> {
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({}));
  return Reservations.flatMap(({ Instances = [] }) => Instances).filter(({ State }) => State?.Name === 'running').length;
}

const CASES: [string, (aws: Aws) => Promise<void>][] = [];
const rare = (...entry: (typeof CASES)[number]): void => void CASES.push(entry);

if (lacking === '') {
  rare('the verdict is the one that processes of this machine would give, with a row for each pod', (aws) =>
    story(aws, 'verify', async (bench, start, place) => {
      const ended = await start().ended;
      assert.is(ended.code, 0, ended.stdout + ended.stderr);
      const { load } = JSON.parse(readFileSync(join(place.folder, 'out', 'report.json'), 'utf8')) as Report;
      assert.is(load?.verdict, 'pass', load?.reasons.join('; '));
      assert.ok(Math.abs((load?.overall.count ?? 0) - 600) <= 2, `${load?.overall.count} requests`);
      assert.equal(
        load?.shards.map(({ planned, exitCode, problem }) => [planned, exitCode, problem]),
        [
          [300, 0, ''],
          [300, 0, ''],
        ],
      );
      assert.ok(load?.marks.stop !== null && load?.marks.start !== null, 'an instance was stopped and started');
      assert.match(ended.stderr, /2 pods send for another \d+ s/);
      const seen = [...ended.stderr.matchAll(/… (\d+) of 30 s: (\d+) requests, \d+ failed$/gm)].map((line) => Number(line[2]));
      assert.ok(
        seen.some((requests) => requests > 50 && requests < 590),
        `it was seen while it ran: ${seen}`,
      );
      assert.equal(left(bench, 'verify'), []);
    }),
  );

  rare('between two experiments the requests of the pods count, and apply --verify is the same test', (aws) =>
    story(
      aws,
      'in-turn',
      async (bench, start, place) => {
        const ended = await start('--verify').ended;
        assert.is(ended.code, 0, ended.stdout + ended.stderr);
        const { load } = JSON.parse(readFileSync(join(place.folder, 'out', 'report.json'), 'utf8')) as Report;
        assert.is(load?.verdict, 'pass', load?.reasons.join('; '));
        assert.is(load?.experiments?.length, 2);
        assert.is(load?.shards.length, 2);
        assert.match(ended.stderr, 'the steady state has returned; experiment 2 of 2');
        assert.equal(left(bench, 'in-turn'), []);
      },
      { command: 'apply', asked: inTurn() },
    ),
  );

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

  rare('after kill -9 the pods end with their load, and the cluster removes what is left', (aws) =>
    story(aws, 'kill-9', async (bench, start, place) => {
      const command = start();
      await command.says(/pods send for another/);
      command.signal('SIGKILL');
      await command.ended;
      await until('the end of the pods', () => bench.kubelet.running().length === 0, 60_000);
      const [job] = left(bench, 'kill-9').filter((name) => name.startsWith('job'));
      const kubectl = (...args: string[]) => bench.cluster.kubectl('-n', 'kill-9', ...args);
      assert.is(kubectl('get', job ?? '', '-o', 'jsonpath={.spec.ttlSecondsAfterFinished}'), '600');
      // Ten minutes later.
      kubectl('patch', job ?? '', '--type=merge', '-p', '{"spec":{"ttlSecondsAfterFinished":0}}');
      await until('the end of the Job, its pods and its ConfigMap', () => left(bench, 'kill-9').length === 0, 30_000);
      // Whoever outlives albedo starts the instance.
      await until('the end of all processes', () => place.left().length === 0, 60_000);
      assert.is(await running(aws), 2);
    }),
  );

  rare('a pod that fails is inconclusive, and what was stopped is started', (aws) =>
    story(aws, 'failing', async (bench, start) => {
      const command = start();
      await command.says(/pods send for another/);
      bench.kubelet.kill(/^albedo-webserver-\w+-1-/);
      const ended = await command.ended;
      assert.is(ended.code, 9, ended.stdout + ended.stderr);
      assert.match(ended.stdout, 'shard 2 of 2: its pod ended: OOMKilled');
      assert.equal(left(bench, 'failing'), []);
      assert.is(await running(aws), 2);
    }),
  );
  for (const [name, act] of sampled(CASES, 4)) t(name, act);
} else t(`left out, for want of ${lacking}`, () => undefined);

t.run();
