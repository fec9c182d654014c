/**
 * The roles that `albedo iam policy` prints, enforced: the sandbox denies every action that the policy does not name. With exactly its policy
 * each role does its work; with one action less it ends with the name of that action, or says what it could not read. By default a sample of
 * the actions, which the seed draws; `ALBEDO_ALL=1` takes each. Conditions and resources are held against the calls in `unit/iam/policy.test.ts`.
 */
import * as assert from 'uvu/assert';
import type { Role } from '../../reconciler/iam/needs.ts';
import { rolePolicy } from '../../reconciler/iam/role-policy.ts';
import { denied } from '../../sandbox/faults.ts';
import { type Bench, callsSince, fastClock, type Outcome, planOnce, readStack, startBench } from '../support/faults-bench.ts';
import { randomFrom, seed } from '../support/faults-matrix.ts';
import { suite } from '../support/suite.ts';
import { type Warm, warmUp } from '../support/sweep.ts';
import { makeScenarioRole, SCENARIOS, SCHEDULE_ROLE } from '../support/sweep-scenarios.ts';

const t = suite('roles, enforced');
const { stack } = readStack();
const SAMPLE = 10;
/** Of the apply role: what uses most of its actions. The first in which an action is used tells what happens without it. */
const LIVES = ['create', 'update', 'rule change', 'rotation', 'destroy'];
/** The same of the chaos role. */
const EXPERIMENTS = ["verify's own calls", 'experiments in turn'];

let bench: Bench;
const warm = new Map<string, Warm>();
t.before(async () => {
  bench = await startBench();
  await planOnce(readStack());
  await makeScenarioRole();
  const empty = await bench.sandbox.keep();
  for (const scenario of SCENARIOS)
    if ([...LIVES, ...EXPERIMENTS].includes(scenario.name)) warm.set(scenario.name, await warmUp(bench, scenario, empty));
});
t.after(() => bench.stop());

/** Names in IAM: STS's own question needs no permission (GetCallerIdentity, STS API reference). */
const nameOf = (service: string, action: string): string => `${service === 'tagging' ? 'tag' : service}:${action}`;
const actionsOf = (role: Role): ReadonlySet<string> =>
  new Set([
    ...rolePolicy({ ...{ role, stacks: [stack], scheduleRoles: [SCHEDULE_ROLE] }, region: stack.region, account: '123456789012' }).flatMap(
      ({ Statement }) => Statement.flatMap(({ Action }) => Action),
    ),
    'sts:GetCallerIdentity',
  ]);

/** Runs with the role's policy, less one action. Answers what came of it, and which actions were asked for. */
async function under(
  role: Role,
  name: string,
  without?: string,
): Promise<{ readonly outcome: Outcome; readonly asked: ReadonlySet<string> }> {
  const state = warm.get(name);
  if (state === undefined) throw new Error(name);
  await state.back();
  const may = actionsOf(role);
  const from = bench.sandbox.calls().length;
  const { faults } = bench.sandbox;
  const next = faults.next;
  faults.next = (service, action) =>
    may.has(nameOf(service, action)) && nameOf(service, action) !== without
      ? undefined
      : { do: 'refuse', when: 'before', refusal: denied(service, action) };
  try {
    const outcome = await state.scenario.run(bench, { clock: fastClock(200) });
    return { outcome, asked: new Set(callsSince(bench.sandbox, from).map(({ service, action }) => nameOf(service, action))) };
  } finally {
    faults.next = next;
  }
}

const used = new Map<string, readonly [Role, string]>();
for (const [role, name] of [...LIVES.map((name) => ['apply', name] as const), ...EXPERIMENTS.map((name) => ['chaos', name] as const)])
  t(`${role}, ${name}: with exactly its policy`, async () => {
    const { outcome, asked } = await under(role, name);
    assert.ok(outcome.ok, JSON.stringify(outcome.failures));
    for (const action of asked) if (!used.has(action) && action !== 'sts:GetCallerIdentity') used.set(action, [role, name]);
  });

t('plan: with exactly its policy it plans, and may not apply', async () => {
  await warm.get('create')?.back();
  const { outcome } = await under('plan', 'create');
  assert.not.ok(outcome.ok);
  assert.ok(outcome.previewed !== undefined, 'it could not plan');
  assert.match(outcome.failures.map(({ code, message }) => `${code} ${message}`).join(), /Denied|Unauthorized/);
});

t(`with one action less, what fails names it (seed ${seed})`, async () => {
  const random = randomFrom(seed);
  const all = [...used].map((entry) => ({ entry, key: random() })).sort((a, b) => a.key - b.key);
  assert.ok(all.length > 45, `${all.length} actions are used`);
  const problems: string[] = [];
  for (const { entry } of process.env['ALBEDO_ALL'] === '1' ? all : all.slice(0, SAMPLE)) {
    const [action, [role, name]] = entry;
    const { outcome } = await under(role, name, action);
    const said = outcome.failures.map(({ message }) => message).join('\n');
    // What a plan can do without is said in a note, under the name of the call.
    if (!said.includes(action) && !(outcome.ok && outcome.shown.includes(action.slice(action.indexOf(':') + 1))))
      problems.push(`${action} (${role}, ${name}): ${outcome.ok ? 'all went well' : said}`);
  }
  assert.equal(problems, []);
});

t.run();
