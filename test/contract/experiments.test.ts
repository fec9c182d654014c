/** Every experiment under real load on the sandbox: it breaks what it says, it is put back as it was, and the report tells. Small loads, real time. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DescribeInstancesCommand, DescribeSecurityGroupRulesCommand, RunInstancesCommand } from '@aws-sdk/client-ec2';
import { DescribeTargetHealthCommand, RegisterTargetsCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import * as assert from 'uvu/assert';
import { EXPERIMENTS } from '../../reconciler/chaos/experiments.ts';
import type { Report } from '../../reconciler/report/report.ts';
import { openSession, preview } from '../../reconciler/run/pipeline.ts';
import { type Bench, contractSuite, ready, type Spec } from '../support/contract-bench.ts';
import { until } from '../support/faults-cli.ts';
import { liveStack, proven, standing } from '../support/live-stack.ts';
import { sampled } from '../support/sample.ts';

const t = contractSuite('experiments', { timings: { instanceStopping: 1000 } });
let folder = '';
t.before(async (bench) => {
  folder = await mkdtemp(join(tmpdir(), 'albedo-experiments-'));
  await standing(bench, stack({ chaos: { stopInstance: { from: 'web' } } }, '60s'));
});
t.after(() => rm(folder, { recursive: true, force: true }));

/** Three instances over two zones; the one alone in its zone has a security group of its own. `faults`: the key `chaos`, or `experiments`. */
const stack = (faults: Spec, duration: string): Spec =>
  liveStack(
    {
      'web-1': { subnet: 'a', group: 'back-a' },
      'web-2': { subnet: 'a', group: 'back-a' },
      'web-3': { subnet: 'b', group: 'back-b' },
    },
    {
      // A request that is dropped holds a user of k6 for the whole timeout.
      load: { rate: '10/s', duration, path: '/', timeout: '2s' },
      ...faults,
      objectives: { errorRate: '< 60%' },
    },
  );

/** What each is asked for, how long the load lasts, whom it befalls, and what was seen of it. */
const TRIALS: Readonly<
  Record<
    string,
    { readonly said: Spec; readonly lasts: string; readonly lost: readonly string[]; readonly seen?: (report: Report) => void }
  >
> = {
  stopInstance: { said: { instance: 'web-1', for: '4s' }, lasts: '28s', lost: ['web-1'] },
  stopShare: { said: { share: '70%', for: '4s' }, lasts: '28s', lost: ['web-2', 'web-3'] },
  stopZone: { said: { zone: 'us-east-1b', for: '4s' }, lasts: '28s', lost: ['web-3'] },
  killProcess: {
    said: { instance: 'web-2', for: '14s' },
    lasts: '40s',
    lost: ['web-2'],
    seen: ({ load }) => assert.ok(load?.instances.some((each) => each.victim && each.path.some(({ state }) => state === 'unhealthy'))),
  },
  slowTarget: {
    said: { instance: 'web-3', for: '6s', pause: '700ms' },
    lasts: '14s',
    lost: ['web-3'],
    seen({ load }) {
      const p95 = (phase: string) => load?.phases.find((each) => each.phase === phase)?.p95 ?? 0;
      const [before, during, after] = [p95('before'), p95('during'), p95('after')];
      // A busy machine answers no request at once.
      assert.ok(during > 300 && Math.max(before, after) < Math.max(300, during / 2), `${before} ${during} ${after} ms`);
      assert.is(load?.lost.failed, 0);
    },
  },
  failRequests: {
    said: { instance: 'web-3', for: '6s' },
    lasts: '16s',
    lost: ['web-3'],
    seen({ load }) {
      const during = load?.phases.find((each) => each.phase === 'during');
      assert.ok((during?.errorRate ?? 0) > 0.15, 'its share of the requests fails');
      assert.ok(load?.failures.some(({ what }) => /500/.test(what)));
    },
  },
  deregisterTarget: { said: { target: 'web-2', for: '4s' }, lasts: '24s', lost: ['web-2'] },
  closeRule: { said: { instance: 'web-3', for: '16s' }, lasts: '44s', lost: ['web-3'] },
};

const prove = (bench: Bench, wanted: Spec): Promise<Report> => proven(bench, wanted, { outDir: folder });

/** All that an experiment could leave changed: rules with their ids, targets, instances, tags. */
async function picture({ sandbox, ec2 }: Bench): Promise<unknown> {
  const rules = (await ec2.send(new DescribeSecurityGroupRulesCommand({}))).SecurityGroupRules ?? [];
  return {
    rules: rules
      .map(
        (rule) =>
          `${rule.SecurityGroupRuleId} ${rule.GroupId} ${rule.FromPort}-${rule.ToPort} ${rule.ReferencedGroupInfo?.GroupId ?? rule.CidrIpv4} ${rule.Description ?? ''}`,
      )
      .sort(),
    instances: sandbox.network.instances().map(({ id, state, tags, securityGroupIds }) => ({ id, state, tags, securityGroupIds })),
  };
}

t('there is a trial of each', () => {
  assert.equal([...Object.keys(TRIALS), 'terminateInstance'].sort(), EXPERIMENTS.map(({ name }) => name).sort());
});

/** Half a minute each: the quick run takes a third of them. */
const TRIED = new Set(sampled([...Object.keys(TRIALS), 'terminateInstance'], 3));
for (const [name, { said, lasts, lost, seen }] of Object.entries(TRIALS).filter(([name]) => TRIED.has(name)))
  t(`${name}: what it breaks is seen, judged, and as it was before`, async (bench) => {
    const before = await picture(bench);
    const wanted = stack({ chaos: { [name]: { from: 'web', at: '3s', ...said } } }, lasts);
    const report = await prove(bench, wanted);
    assert.is(report.verdict, 'pass', report.reasons.join('; '));
    assert.equal(report.load?.instances.flatMap((each) => (each.victim ? [each.name] : [])).sort(), [...lost].sort());
    assert.equal(
      report.load?.phases.map(({ phase }) => phase),
      ['before', 'during', 'after'],
    );
    seen?.(report);
    assert.equal(await picture(bench), before, 'nothing is left changed');
    const session = openSession({ region: 'us-east-1', env: process.env });
    assert.equal((await preview(ready(wanted), session)).plan.changes, []);
  });

t('two in turn under one load: each breaks, is put back, is judged, and the second waits for the steady state', async (bench) => {
  const before = await picture(bench);
  const list = [
    { deregisterTarget: { from: 'web', target: 'web-2', at: '3s', for: '4s' } },
    { stopInstance: { from: 'web', instance: 'web-1', at: '3s', for: '4s' } },
  ];
  const report = await prove(bench, stack({ experiments: list }, '60s'));
  assert.is(report.verdict, 'pass', report.reasons.join('; '));
  assert.is(report.headline, 'survived 2 experiments: deregisterTarget of web-2, stopInstance of web-1');
  const experiments = report.load?.experiments ?? [];
  assert.equal(
    experiments.map(({ name, verdict, victim }) => [name, verdict, victim?.name]),
    [
      ['deregisterTarget', 'pass', 'web-2'],
      ['stopInstance', 'pass', 'web-1'],
    ],
  );
  const [first, second] = experiments.map(({ load }) => load);
  assert.ok(first && second);
  for (const load of [first, second]) {
    assert.equal(
      load.phases.map(({ phase, count }) => [phase, count > 0]),
      [
        ['before', true],
        ['during', true],
        ['after', true],
      ],
    );
    assert.equal([load.detection.kind, load.recovery.kind], ['measured', 'measured']);
  }
  const [healthy = 0, stop = 0] = [first.marks.healthy ?? 0, second.marks.stop ?? 0];
  assert.ok(second.startedAt - healthy >= 5000, `the steady state was back for ${second.startedAt - healthy} ms`);
  assert.ok(Math.abs(stop - second.startedAt - 3000) < 500, `its fault came ${stop - second.startedAt} ms after that`);
  assert.equal(await picture(bench), before, 'nothing is left changed');
});

t('a second one for which there is no time is not begun, and what the first one broke is whole', async (bench) => {
  const fault = { from: 'web', at: '2s', for: '2s' };
  // An instance takes longer to boot and be found healthy than the load lasts.
  const experiments = ['web-1', 'web-2'].map((instance) => ({ stopInstance: { ...fault, instance } }));
  const before = await picture(bench);
  const report = await prove(bench, stack({ experiments }, '14s'));
  assert.is(report.verdict, 'inconclusive');
  assert.equal(
    report.load?.experiments?.map(({ verdict }) => verdict === 'notReached'),
    [false, true],
  );
  assert.match(
    report.reasons.join('; '),
    /experiment 2, stopInstance: not reached: the steady state had not returned by second 10 of the load/,
  );
  assert.equal(await picture(bench), before, 'nothing is left changed');
});

t('one that cannot be run is refused with a sentence, before anything is broken', async (bench) => {
  for (const [wanted, says] of [
    [
      stack({ chaos: { killProcess: { from: 'web', at: '2s', for: '2s', service: 'nginx' } } }, '8s'),
      /no systemd unit of this name is running on the instance/,
    ],
    [stack({ chaos: { stopZone: { from: 'web', at: '2s', for: '2s', zone: 'us-east-1c' } } }, '8s'), /no healthy instance in us-east-1c/],
  ] as const) {
    const report = await prove(bench, wanted);
    assert.is(report.verdict, 'inconclusive');
    assert.match(report.reasons.join('; '), says);
  }
});

async function replaces(bench: Bench): Promise<void> {
  const { sandbox, ec2, elb } = bench;
  const [like] = sandbox.network.instances().filter(({ tags }) => tags['albedo:address'] === 'instance/web-3');
  const [group] = sandbox.elbv2.targetGroups();
  assert.ok(like && group);
  const described = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [like.id] }));
  const ImageId = described.Reservations?.[0]?.Instances?.[0]?.ImageId;
  const launched = await ec2.send(
    new RunInstancesCommand({
      ...{ ImageId, InstanceType: 't3.micro', MinCount: 1, MaxCount: 1, SubnetId: like.subnetId },
      ...{ SecurityGroupIds: [...like.securityGroupIds], UserData: Buffer.from(like.userData).toString('base64') },
      TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'albedo:chaos', Value: 'live' }] }],
    }),
  );
  const id = launched.Instances?.[0]?.InstanceId ?? '';
  await until('it runs', () => sandbox.network.instance(id)?.state === 'running');
  await elb.send(new RegisterTargetsCommand({ TargetGroupArn: group.arn, Targets: [{ Id: id, Port: 8080 }] }));
  const healthy = async (): Promise<number> =>
    ((await elb.send(new DescribeTargetHealthCommand({ TargetGroupArn: group.arn }))).TargetHealthDescriptions ?? []).filter(
      (each) => each.TargetHealth?.State === 'healthy',
    ).length;
  while ((await healthy()) < 4) await sleep(250);
  const asked = { from: 'web', at: '3s', instance: id };
  const refused = await prove(bench, stack({ chaos: { terminateInstance: asked } }, '8s'));
  assert.match(refused.reasons.join('; '), 'it is not in an Auto Scaling group, so nothing would replace it');
  assert.is(sandbox.network.instance(id)?.state, 'running');

  await sandbox.autoScaling.adopt('fleet', [id]);
  const stopped = await prove(
    bench,
    stack({ chaos: { stopInstance: { from: 'web', at: '3s', for: '2s', instance: 'web-1', seed: 'x' } } }, '28s'),
  );
  assert.is(stopped.verdict, 'pass', 'members of the group count as those that go on serving');
  const report = await prove(bench, stack({ chaos: { terminateInstance: asked } }, '34s'));
  assert.is(report.verdict, 'pass', report.reasons.join('; '));
  assert.is(report.victim?.instanceId, id);
  assert.equal([report.load?.detection.kind, report.load?.recovery.kind], ['measured', 'measured']);
  assert.is(await healthy(), 4);
  assert.ok(!sandbox.network.instances().some((each) => each.id === id && each.state === 'running'));
}
if (TRIED.has('terminateInstance'))
  t('terminateInstance: a member of an Auto Scaling group is replaced, and the group is whole again', replaces);

t.run();
