/** Instances that AWS FIS stops, in whole load tests on the sandbox, with the roles that `albedo iam` prints: the usual end, an alarm, and nobody left but FIS. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { NOTHING_KNOWN } from '../../reconciler/chaos/experiments/experiment.ts';
import { faultsOf } from '../../reconciler/chaos/experiments.ts';
import type { ReadySpec } from '../../reconciler/config/read.ts';
import { rolePolicy } from '../../reconciler/iam/role-policy.ts';
import { openSession, preview } from '../../reconciler/run/pipeline.ts';
import { fisHands } from '../../reconciler/verify/fis.ts';
import { verifyTarget } from '../../reconciler/verify/target.ts';
import { verifyOrRollBack } from '../../reconciler/verify/verify-stack.ts';
import { choose } from '../../reconciler/verify/victims.ts';
import { denied } from '../../sandbox/faults.ts';
import { type Bench, contractSuite, ready } from '../support/contract-bench.ts';
import { until } from '../support/faults-cli.ts';
import { hostsOf, liveStack, standing } from '../support/live-stack.ts';
import { makeFisRole, makeScheduleRole } from '../support/schedule-role.ts';

const t = contractSuite('AWS FIS stops instances', { timings: { instanceStopping: 500 } });
const REGION = 'us-east-1';
const ACCOUNT = '123456789012';
const ROLES = { scheduleRole: 'team/albedo-schedule', fis: { role: 'team/albedo-fis', alarms: ['shop-5xx'] } };
let folder = '';

const SPEC = liveStack(
  { 'web-1': { subnet: 'a', group: 'back' }, 'web-2': { subnet: 'b', group: 'back' } },
  {
    load: { rate: '5/s', duration: '86s', path: '/', timeout: '2s' },
    chaos: { stopInstance: { from: 'web', instance: 'web-1', at: '2s', for: '60s', by: 'fis' } },
    objectives: { errorRate: '< 90%' },
  },
);

t.before(async (bench) => {
  folder = await mkdtemp(join(tmpdir(), 'albedo-fis-'));
  await standing(bench, SPEC);
  for (const make of [makeScheduleRole, makeFisRole]) await make(bench.iam, ready(SPEC), { account: ACCOUNT, path: '/team/' });
});
t.after(() => rm(folder, { recursive: true, force: true }));

const states = ({ sandbox }: Bench): string =>
  sandbox.network
    .instances()
    .map(({ state }) => state)
    .join(' ');
const marks = ({ sandbox }: Bench) => sandbox.network.instances().filter(({ tags }) => tags['albedo:fault'] !== undefined);

/** One load test. `onFault`: right after FIS was told to begin. */
async function verified(bench: Bench, spec: ReadySpec, roles: object = ROLES, onFault: () => void = () => {}) {
  await until('both serve', () => states(bench) === 'running running');
  await bench.sandbox.settled();
  const from = bench.sandbox.calls().length;
  const session = openSession({
    ...{ region: REGION, env: process.env },
    emit: (event) => void (event.kind === 'chaos' && event.mark === 'fault' && onFault()),
  });
  const named = { file: '<stdin>', text: Buffer.from(''), bases: [], spec, policy: {}, hashing: {}, ...roles };
  const hosts = hostsOf(bench.sandbox);
  const { load } = await verifyOrRollBack(spec, session, { outDir: folder, hosts, named: named as never });
  const calls = bench.sandbox
    .calls()
    .slice(from)
    .flatMap(({ service, action }) => (/^(scheduler|fis)$/.test(service) || /^(Stop|Start)Instances$/.test(action) ? [action] : []));
  return { verdict: load?.verdict, reasons: load?.reasons.join('\n') ?? '', calls, load };
}
const lasting = (duration: number): ReadySpec => {
  const spec = ready(SPEC);
  return { ...spec, settings: { ...spec.settings, load: { ...spec.settings.load, duration } } };
};

t('FIS stops it, albedo ends it at its time, and nothing is left; with exactly the policy of the chaos role', async (bench) => {
  const { faults } = bench.sandbox;
  const spec = ready(SPEC);
  const may = new Set(
    rolePolicy({
      ...{
        role: 'chaos',
        stacks: [spec.stack],
        experiments: ['stopInstance'],
        leftToFis: ['stopInstance'],
        region: REGION,
        account: ACCOUNT,
      },
      ...{ scheduleRoles: [ROLES.scheduleRole], fisRoles: [ROLES.fis.role] },
    }).flatMap(({ Statement }) => Statement.flatMap(({ Action }) => Action)),
  );
  const next = faults.next;
  faults.next = (service, action) =>
    service === 'sts' || may.has(`${service === 'tagging' ? 'tag' : service}:${action}`)
      ? undefined
      : { do: 'refuse', when: 'before', refusal: denied(service, action) };
  const { verdict, reasons, calls, load } = await verified(bench, spec);
  faults.next = next;
  assert.equal([verdict, reasons], ['pass', '']);
  // FIS makes its own calls: they are not among those that were sent to AWS.
  assert.equal(calls.filter((call) => call !== 'GetExperiment').sort(), [
    ...['CreateExperimentTemplate', 'CreateSchedule', 'DeleteExperimentTemplate', 'DeleteSchedule', 'GetSafetyLever'],
    ...['ListExperimentTemplates', 'StartExperiment', 'StartInstances', 'StopExperiment'],
  ]);
  assert.match(JSON.stringify(load?.events), 'StartExperiment sent');
  assert.equal([bench.sandbox.experiments.count(), bench.sandbox.schedules.count(), marks(bench)], [0, 0, []]);
});

t('an alarm ends it: the instance is back early, and the report says why it is no pass', async (bench) => {
  const { experiments } = bench.sandbox;
  const before = experiments.states().length;
  let rung = false;
  const ring = async (): Promise<void> => {
    await until('it is stopped', () => states(bench).includes('stopped'));
    await new Promise((resolve) => setTimeout(resolve, 3000));
    experiments.alarm(REGION, 'shop-5xx', 'ALARM');
    rung = true;
  };
  // Long enough for an instance to come back on a busy machine.
  const { verdict, reasons, load } = await verified(bench, lasting(70), ROLES, () => void ring());
  experiments.alarm(REGION, 'shop-5xx', 'OK');
  assert.ok(rung);
  assert.equal(
    experiments
      .states()
      .slice(before)
      .map(({ status, reason }) => [status, reason]),
    [['stopped', 'Experiment halted by stop condition.']],
  );
  assert.is(verdict, 'inconclusive');
  assert.match(reasons, /^AWS FIS ended the experiment before its time: stop(ped|ping): Experiment halted by stop condition/m);
  assert.ok(load?.marks.healthy, 'the recovery was not seen');
  assert.equal([experiments.count(), marks(bench)], [0, []]);
});

t('a role that lets FIS not in, and none at all: nothing is stopped, and the verdict says why', async (bench) => {
  const { scheduleRole } = ROLES;
  for (const [roles, why] of [
    [
      { scheduleRole, fis: { role: scheduleRole } },
      /no instance was stopped: .*its experiment in AWS FIS is failed: Unable to assume role/,
    ],
    [{ scheduleRole }, /no instance was stopped: .*environment\.yaml names no role for it under `fis`/],
  ] as const) {
    const spec = lasting(34);
    const { verdict, reasons, calls } = await verified(
      bench,
      { ...spec, settings: { ...spec.settings, load: { ...spec.settings.load, duration: 8 } } },
      roles,
    );
    assert.is(verdict, 'inconclusive');
    assert.match(reasons, why);
    assert.not.ok(calls.some((call) => /^(Stop|Start)Instances$/.test(call)));
    assert.equal(
      [states(bench), bench.sandbox.experiments.count(), bench.sandbox.schedules.count(), marks(bench)],
      ['running running', 0, 0, []],
    );
  }
});

// Last: it moves the clock of the sandbox away from that of this machine.
t('nobody but FIS starts it again; what it leaves is put away by the next', async (bench) => {
  await until('both serve', () => states(bench) === 'running running');
  await bench.sandbox.settled();
  const session = openSession({ region: REGION, env: process.env });
  const spec = ready(SPEC);
  const { observation } = await preview(spec, session);
  const [fault] = faultsOf(spec.settings);
  assert.ok(fault);
  const healthy = async () => (await choose(fault, { stack: 'live', target: verifyTarget(spec.stack, observation, {}), session })).victim;
  let victim = await healthy();
  for (let tries = 0; victim === null && tries < 100; tries++) {
    await session.clock.sleep(300);
    victim = await healthy();
  }
  assert.ok(victim);
  assert.is(victim.detail, 'fis');
  const hands = () => fisHands({ experiment: fault.experiment, stack: 'live', terms: ROLES.fis }, session, () => undefined);
  const about = { ...NOTHING_KNOWN, seconds: 60 };
  const first = hands();
  await first.arm(victim, 0, about);
  await first.begin(new AbortController().signal);
  await until('it is stopped', () => states(bench).includes('stopped'));
  bench.sandbox.clock.advance(50_000);
  await session.clock.sleep(500);
  assert.match(states(bench), 'stopped', 'it came too early');
  bench.sandbox.clock.advance(11_000);
  await until('it is started', () => states(bench) === 'running running');
  assert.is(bench.sandbox.experiments.count(), 1);
  const second = hands();
  await second.arm(victim, 0, about);
  assert.is(bench.sandbox.experiments.count(), 1);
  await second.disarm();
  assert.is(bench.sandbox.experiments.count(), 0);
});

t.run();
