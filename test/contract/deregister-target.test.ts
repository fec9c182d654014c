/** A target is taken out of its group under real load, and comes back: seen on the sandbox with k6. The load is small, the time real. */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeregisterTargetsCommand, ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import * as assert from 'uvu/assert';
import type { Report } from '../../reconciler/report/report.ts';
import { renderText } from '../../reconciler/report/text.ts';
import { openSession, preview, reconcile } from '../../reconciler/run/pipeline.ts';
import { verifyOrRollBack } from '../../reconciler/verify/verify-stack.ts';
import { type Bench, contractSuite, ready, type Spec, tutorial } from '../support/contract-bench.ts';
import { withEdits } from '../support/contract-in-place.ts';

const t = contractSuite('deregister a target');
let folder = '';
t.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'albedo-deregister-'));
});
t.after(() => rm(folder, { recursive: true, force: true }));

const spec = (duration: string): Spec =>
  withEdits(tutorial(), [
    ['load', { rate: '20/s', duration, path: '/status' }],
    ['chaos', { deregisterTarget: { from: 'web', target: 'web-2', at: '3s', for: '4s' } }],
    ['objectives', { errorRate: '< 1%', detection: '< 5s' }],
    ['targetGroups/web/healthCheck/interval', '5s'],
    ['targetGroups/web/healthCheck/timeout', '2s'],
    ['targetGroups/web/deregistrationDelay', '1s'],
  ]);

async function bring({ sandbox }: Bench, wanted: Spec): Promise<void> {
  const session = openSession({ region: 'us-east-1', env: process.env });
  const done = await reconcile(ready(wanted), await preview(ready(wanted), session), session);
  assert.is(done.run?.outcome ?? 'done', 'done');
  await sandbox.settled();
}

async function proven({ sandbox }: Bench, wanted: Spec): Promise<{ report: Report; calls: readonly string[] }> {
  const session = openSession({ region: 'us-east-1', env: process.env });
  const from = sandbox.calls().length;
  const hosts = JSON.parse(readFileSync(sandbox.hostsFile, 'utf8')) as Record<string, string>;
  const report = await verifyOrRollBack(ready(wanted), session, { outDir: folder, hosts });
  const writes = /^((De)?[rR]egisterTargets|StopInstances|StartInstances)$/;
  const calls = sandbox
    .calls()
    .slice(from)
    .flatMap(({ action }) => (writes.test(action) ? [action] : []));
  return { report, calls };
}

t('it gets no requests while it is out, none is lost, and it is healthy again', async (bench) => {
  await bring(bench, spec('22s'));
  const { report, calls } = await proven(bench, spec('22s'));
  assert.equal(calls, ['DeregisterTargets', 'RegisterTargets']);
  const { load } = report;
  assert.ok(load);
  assert.is(report.verdict, 'pass', report.reasons.join('; '));
  assert.is(load.lost.failed, 0);
  assert.is(report.victim?.name, 'web-2');
  const victim = load.instances.find((each) => each.victim);
  assert.ok((victim?.shares.before ?? 0) > 0.2, 'it served before');
  assert.ok((victim?.shares.during ?? 1) < (victim?.shares.before ?? 0), 'and less while it was out');
  assert.ok((victim?.shares.after ?? 0) > 0.2, 'and serves again');
  assert.equal([load.detection.kind, load.recovery.kind], ['measured', 'measured']);
  assert.ok(victim?.path.some(({ state }) => state === 'draining' || state === 'unused'));
  assert.match(renderText(report), 'detection (deregister → not healthy)');
  const session = openSession({ region: 'us-east-1', env: process.env });
  assert.equal((await preview(ready(spec('22s')), session)).plan.changes, [], 'nothing is left changed');
});

t('the last healthy target is not taken out', async (bench) => {
  await bring(bench, spec('9s'));
  const [group] = bench.sandbox.elbv2.targetGroups();
  const [first] = bench.sandbox.network.instances();
  assert.ok(group && first);
  const client = new ElasticLoadBalancingV2Client({ region: 'us-east-1' });
  await client.send(new DeregisterTargetsCommand({ TargetGroupArn: group.arn, Targets: [{ Id: first.id, Port: 8080 }] }));
  client.destroy();
  const { report, calls } = await proven(bench, spec('9s'));
  assert.equal(calls, []);
  assert.is(report.verdict, 'inconclusive');
  assert.match(report.reasons.join('; '), /no target was deregistered: target group web has 1 healthy target, but two are needed/);
});

t.run();
