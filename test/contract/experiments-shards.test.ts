/** A list of experiments under a load that several k6 send: processes of this machine, and machines that share nothing but files. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { files } from '../../reconciler/load/engines/files.ts';
import type { Sender } from '../../reconciler/load/engines/form.ts';
import { local } from '../../reconciler/load/engines/local.ts';
import { findK6 } from '../../reconciler/load/find-k6.ts';
import type { Report } from '../../reconciler/report/report.ts';
import { openSession } from '../../reconciler/run/pipeline.ts';
import { writePlanFile } from '../../reconciler/verify/load-files.ts';
import { planLoad } from '../../reconciler/verify/plan-load.ts';
import { type Bench, contractSuite, ready } from '../support/contract-bench.ts';
import { hostsOf, liveStack, proven, standing } from '../support/live-stack.ts';

const t = contractSuite('experiments under a load of several', { timings: { instanceStopping: 1000 } });
const BIN = fileURLToPath(new URL('../../bin/albedo.mjs', import.meta.url));
const SHARDS = 3;
/** Seconds; a request each tenth of one. */
const DURATION = 50;
const SPEC = liveStack(
  { 'web-1': { subnet: 'a', group: 'back' }, 'web-2': { subnet: 'b', group: 'back' } },
  {
    load: { rate: '10/s', duration: `${DURATION}s`, path: '/', timeout: '2s' },
    experiments: [
      { deregisterTarget: { from: 'web', target: 'web-2', at: '3s', for: '3s' } },
      { stopInstance: { from: 'web', instance: 'web-1', at: '3s', for: '3s' } },
    ],
    objectives: { errorRate: '< 60%' },
  },
);

let folder = '';
t.before(async (bench) => {
  folder = await mkdtemp(join(tmpdir(), 'albedo-shards-'));
  await standing(bench, SPEC);
});
t.after(() => rm(folder, { recursive: true, force: true }));

/** Both were broken, mended and measured, one after the other, under one load of which each shard sent its part. */
function isWhole({ load, verdict, reasons, headline }: Report): void {
  assert.is(verdict, 'pass', reasons.join('; '));
  assert.is(headline, 'survived 2 experiments: deregisterTarget of web-2, stopInstance of web-1');
  const [first, second] = load?.experiments?.map((each) => each.load) ?? [];
  assert.ok(load && first && second);
  assert.equal(
    load.shards.map(({ shard, problem }) => [shard, problem]),
    Array.from({ length: SHARDS }, (_, index) => [index + 1, '']),
  );
  assert.is(
    load.shards.reduce((sum, { requests }) => sum + requests, 0),
    load.overall.count,
    'the requests of all shards are those that are judged',
  );
  assert.ok(Math.abs(load.overall.count - DURATION * 10) <= SHARDS, `${load.overall.count} requests`);
  for (const part of [first, second]) {
    assert.equal(
      part.phases.map(({ phase, count }) => [phase, count > 0]),
      [
        ['before', true],
        ['during', true],
        ['after', true],
      ],
    );
    assert.equal([part.detection.kind, part.recovery.kind], ['measured', 'measured']);
    assert.is(part.instances.find(({ victim }) => victim)?.path[0]?.state, 'healthy', 'the victim was healthy before the fault');
  }
  assert.ok((first.marks.healthy ?? 0) + 5000 <= second.startedAt, 'the steady state came between them');
  assert.ok((second.marks.stop ?? 0) >= second.startedAt + 3000, 'the second counts from it');
}

t('several k6 of this machine: what they measured together is judged, experiment by experiment', async (bench) => {
  const counted: number[] = [];
  const report = await proven(
    bench,
    SPEC,
    { outDir: join(folder, 'local'), sender: local.sender({ shards: SHARDS }) },
    { emit: (event) => void (event.kind === 'load-progress' && counted.push(event.requests)) },
  );
  isWhole(report);
  assert.is(counted.at(-1), report.load?.overall.count, 'the steady state looks at the requests of all of them');
});

/** Machines with nothing but the plan: no credentials, and a folder of their own. `left`: numbers of those that never begin. */
async function elsewhere(bench: Bench, name: string, left: readonly number[] = []): Promise<Report> {
  const place = join(folder, name);
  const { PATH, HOME } = process.env;
  const env = { PATH, HOME, ALBEDO_K6: (await findK6(process.env)).command };
  const albedo = (args: readonly string[]): Promise<number | null> =>
    new Promise((done) => spawn(process.execPath, [BIN, ...args], { env, stdio: 'ignore' }).once('close', done));
  // The first call makes the bundle anew where a source is newer, which on a busy machine takes longer than a start is away.
  const calledAt = Date.now();
  assert.is(await albedo(['--version']), 0);
  const spec = ready(SPEC);
  const session = openSession({ region: 'us-east-1', env: process.env });
  const startAt = Date.now() + 8000 + 4 * (Date.now() - calledAt);
  const named = { file: '<stdin>', text: Buffer.from(''), bases: [], spec, policy: {}, hashing: {} };
  const plan = await planLoad(named as never, session, { shards: SHARDS, startAt, hosts: hostsOf(bench.sandbox) });
  const planFile = join(place, 'plan.json');
  writePlanFile(planFile, plan);
  const machine = (shard: number): Promise<number | null> =>
    albedo(['load', 'shard', planFile, '--shard', String(shard), '--out', join(place, `load-${shard}`), '--quiet']);
  const shards = Array.from({ length: SHARDS }, (_, index) => index + 1).filter((shard) => !left.includes(shard));
  const sender: Sender = files.sender({ collects: { plan, folder: place, waitMs: left.length > 0 ? 2000 : 60_000 } });
  const [report, ...exits] = await Promise.all([proven(bench, SPEC, { outDir: place, sender }), ...shards.map(machine)]);
  assert.equal(
    exits,
    shards.map(() => 0),
  );
  return report;
}

t('machines that hand in files: the same, with the health of the targets alone between the two', async (bench) => {
  isWhole(await elsewhere(bench, 'files'));
});

t('one of the machines never begins: no experiment proves anything, each says what became of it, and all is whole', async (bench) => {
  const report = await elsewhere(bench, 'missing', [2]);
  assert.is(report.verdict, 'inconclusive');
  assert.is(report.load?.reasons.filter((each) => each === 'shard 2 of 3: its points are missing').length, 1, 'once, and not for each');
  assert.equal(
    report.load?.experiments?.map(({ name, verdict, victim }) => [name, verdict, victim?.name]),
    [
      ['deregisterTarget', 'inconclusive', 'web-2'],
      ['stopInstance', 'inconclusive', 'web-1'],
    ],
  );
  await bench.sandbox.settled();
  assert.equal(
    bench.sandbox.network.instances().map(({ state, tags }) => [state, tags['albedo:fault']]),
    [
      ['running', undefined],
      ['running', undefined],
    ],
  );
});

t.run();
