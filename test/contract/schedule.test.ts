/**
 * The second pair of hands and the safety lever, in whole load tests on the sandbox; and each undo that a schedule can send, sent by a
 * schedule alone, with the roles that `albedo iam` prints.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { sendFault } from '../../reconciler/chaos/carry-out/send.ts';
import { surveyCandidates, surveyFitness } from '../../reconciler/chaos/carry-out/survey.ts';
import { chooseVictim } from '../../reconciler/chaos/choose.ts';
import { NOTHING_KNOWN } from '../../reconciler/chaos/experiments/experiment.ts';
import { EXPERIMENTS } from '../../reconciler/chaos/experiments.ts';
import { rolePolicy } from '../../reconciler/iam/role-policy.ts';
import type { Report } from '../../reconciler/report/report.ts';
import type { Event } from '../../reconciler/run/events.ts';
import { openSession, preview } from '../../reconciler/run/pipeline.ts';
import { scheduleGuardian } from '../../reconciler/verify/schedule.ts';
import { verifyTarget } from '../../reconciler/verify/target.ts';
import { denied } from '../../sandbox/faults.ts';
import { type Bench, contractSuite, ready, type Spec } from '../support/contract-bench.ts';
import { until } from '../support/faults-cli.ts';
import { liveStack, proven, standing } from '../support/live-stack.ts';
import { makeScheduleRole } from '../support/schedule-role.ts';

const t = contractSuite('a schedule that undoes', { timings: { instanceStopping: 500 } });
const REGION = 'us-east-1';
const ACCOUNT = '123456789012';
const ROLE = 'team/albedo-schedule';
let folder = '';

const stack = (duration: string): Spec =>
  liveStack(
    { 'web-1': { subnet: 'a', group: 'back' }, 'web-2': { subnet: 'b', group: 'back' } },
    {
      load: { rate: '5/s', duration, path: '/', timeout: '2s' },
      chaos: { stopInstance: { from: 'web', instance: 'web-1', at: '2s', for: '3s' } },
      objectives: { errorRate: '< 90%' },
    },
  );

t.before(async (bench) => {
  folder = await mkdtemp(join(tmpdir(), 'albedo-schedule-'));
  await standing(bench, stack('30s'));
  assert.is(await makeScheduleRole(bench.iam, ready(stack('30s')), { account: ACCOUNT, path: '/team/' }), ROLE);
});
t.after(() => rm(folder, { recursive: true, force: true }));

/** One load test. `role`: what environment.yaml names. Answers the report and the calls it made of the two services. */
async function verified(
  bench: Bench,
  duration: string,
  more: { readonly role?: string; readonly withoutSchedule?: true },
): Promise<{ readonly report: Report; readonly calls: readonly string[]; readonly during: number }> {
  await until('both serve', () => states(bench) === 'running running');
  await bench.sandbox.settled();
  const from = bench.sandbox.calls().length;
  let during = 0;
  const emit = (event: Event): void => {
    if (event.kind === 'chaos' && event.mark === 'fault') during = bench.sandbox.schedules.count();
  };
  const { role, ...rest } = more;
  const spec = ready(stack(duration));
  const named = {
    file: '<stdin>',
    text: Buffer.from(''),
    bases: [],
    spec,
    policy: {},
    hashing: {},
    ...(role === undefined ? {} : { scheduleRole: role }),
  };
  const report = await proven(bench, stack(duration), { outDir: folder, named: named as never, ...rest }, { emit });
  const calls = bench.sandbox
    .calls()
    .slice(from)
    .filter(({ service }) => service === 'scheduler' || service === 'fis')
    .map(({ action }) => action);
  return { report, calls, during };
}
const states = ({ sandbox }: Bench): string =>
  sandbox.network
    .instances()
    .map(({ state }) => state)
    .join(' ');

t(
  'it is made before the fault and gone after the recovery, and the lever was asked; with exactly the policy of the chaos role',
  async (bench) => {
    const { faults } = bench.sandbox;
    const may = new Set(
      rolePolicy({
        ...{ role: 'chaos', stacks: [ready(stack('26s')).stack], experiments: ['stopInstance'], scheduleRoles: [ROLE] },
        ...{ region: REGION, account: ACCOUNT },
      }).flatMap(({ Statement }) => Statement.flatMap(({ Action }) => Action)),
    );
    const next = faults.next;
    faults.next = (service, action) =>
      service === 'sts' || may.has(`${service === 'tagging' ? 'tag' : service}:${action}`)
        ? undefined
        : { do: 'refuse', when: 'before', refusal: denied(service, action) };
    const { report, calls, during } = await verified(bench, '26s', { role: ROLE });
    faults.next = next;
    assert.equal([report.load?.verdict, report.load?.reasons], ['pass', []]);
    assert.equal(calls, ['CreateSchedule', 'GetSafetyLever', 'DeleteSchedule']);
    assert.equal([during, bench.sandbox.schedules.count()], [1, 0]);
  },
);

t(
  'a role that lets in no schedule: nothing is stopped and the verdict says why; with consent it is, and the report says so',
  async (bench) => {
    const without = await verified(bench, '6s', { role: 'team/none' });
    assert.is(without.report.load?.verdict, 'inconclusive');
    assert.match(
      without.report.load?.reasons.join('\n') ?? '',
      /no instance was stopped: albedo could not make sure that web-1 .*The execution role you provide/,
    );
    assert.equal(without.calls, ['CreateSchedule']);
    const consented = await verified(bench, '26s', { role: 'team/none', withoutSchedule: true });
    assert.is(consented.report.load?.verdict, 'pass');
    assert.match(consented.report.load?.reasons.join('\n') ?? '', 'no EventBridge schedule would undo the fault');
    assert.equal(consented.calls, ['CreateSchedule', 'GetSafetyLever']);
  },
);

t('an engaged lever: nothing is stopped, the verdict says why, and the schedule is taken back', async (bench) => {
  bench.sandbox.safetyLever.set(REGION, { status: 'engaged', reason: 'Black Friday' });
  const { report, calls } = await verified(bench, '6s', { role: ROLE });
  assert.is(report.load?.verdict, 'inconclusive');
  assert.match(
    report.load?.reasons.join('\n') ?? '',
    'no instance was stopped: the safety lever of AWS FIS is engaged in this account and region: Black Friday',
  );
  assert.equal(calls, ['CreateSchedule', 'GetSafetyLever', 'DeleteSchedule']);
  assert.equal(
    bench.sandbox.network.instances().filter(({ tags }) => tags['albedo:fault'] !== undefined),
    [],
  );
  bench.sandbox.safetyLever.set(REGION, { status: 'disengaged', reason: '' });
});

t('a lever that may not be asked: the fault happens, and the report says that nobody knows', async (bench) => {
  bench.sandbox.faults.set([{ match: { service: 'fis', action: 'GetSafetyLever' }, fault: 'denied', times: 9 }]);
  const { report } = await verified(bench, '26s', {});
  bench.sandbox.faults.set([]);
  assert.is(report.load?.verdict, 'pass');
  assert.match(
    report.load?.reasons.join('\n') ?? '',
    'it is not known whether the safety lever of AWS FIS is engaged: fis:GetSafetyLever: AccessDenied',
  );
});

for (const experiment of EXPERIMENTS.filter(({ undo }) => undo.scheduled === true))
  t(`${experiment.name}: nobody but the schedule undoes it`, async (bench) => {
    await until('all serve', () => states(bench) === 'running running');
    const session = openSession({ region: REGION, env: process.env });
    const { cloud, clock } = session;
    const { observation, plan } = await preview(ready(stack('30s')), session);
    assert.equal(plan.changes.length, 0);
    const target = verifyTarget(ready(stack('30s')).stack, observation, {});
    const [group] = target.groups;
    if (group === undefined) throw new Error('there is no group');
    const health = async () => (await surveyCandidates(cloud, group, experiment.victims)).every((each) => each.health === 'healthy');
    let healthy = await health();
    for (let tries = 0; !healthy && tries < 300; tries++) {
      await clock.sleep(200);
      healthy = await health();
    }
    const settings: Readonly<Record<string, string>> = experiment.name === 'stopShare' ? { share: '50%' } : {};
    const candidates = await surveyCandidates(cloud, group, experiment.victims);
    // For a rule that lets in all of them: somebody else is left to serve.
    const spare = { ...candidates[0], instanceId: 'i-spare', name: 'spare', securityGroups: [] } as (typeof candidates)[number];
    const { victim, refusal } = chooseVictim({
      ...{ experiment, stack: 'live', group: 'web', groupArn: group.arn, seed: 's', settings },
      candidates: experiment.name === 'closeRule' ? [...candidates, spare] : candidates,
      fitness: await surveyFitness(cloud, experiment, { candidates, group, settings }),
    });
    if (victim === undefined) throw new Error(refusal);
    const seen = await cloud.call(experiment.look.op, experiment.look.input(victim, NOTHING_KNOWN));
    const about = { ...NOTHING_KNOWN, seen };
    const state = async () => experiment.look.read(await cloud.call(experiment.look.op, experiment.look.input(victim, about)), victim);
    assert.is(await state(), 'fine');
    const guardian = scheduleGuardian({ experiment, stack: 'live', terms: { role: ROLE, notNeeded: false } }, session, () => undefined);
    await guardian.arm(victim, bench.sandbox.clock.now() + 5000, about);
    assert.is(bench.sandbox.schedules.count(), 1);
    await sendFault(experiment.start, victim, { cloud, clock, about, options: {} });
    await clock.sleep(1500);
    assert.is(await state(), 'broken');
    bench.sandbox.clock.advance(100_000);
    await clock.sleep(200);
    assert.is(await state(), 'broken', 'it came too early');
    bench.sandbox.clock.advance(30_000);
    for (let tries = 0; tries < 100 && (await state()) !== 'fine'; tries++) await clock.sleep(100);
    assert.is(await state(), 'fine');
    assert.is(bench.sandbox.schedules.count(), 0);
    // It has gone by itself.
    await guardian.disarm();
    assert.equal((await preview(ready(stack('30s')), session)).plan.changes.length, 0);
  });

t.run();
