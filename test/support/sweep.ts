/** One case of the sweep: a scenario on its warm state, one fault at one call, and all that must hold then. */
import * as assert from 'uvu/assert';
import { realClock } from '../../reconciler/run/pipeline.ts';
import type { RecordedCall } from '../../sandbox/types.ts';
import { type Bench, callsSince, fastClock, type Outcome, runOnce, startBench } from './faults-bench.ts';
import { type Foreign, seedForeign } from './faults-foreign.ts';
import { checkRepeats, checkRun, checkStanding, describe } from './faults-matrix.ts';
import { LIMITS, type Position, SWEEP_FAULTS, type SweepFault } from './sweep-faults.ts';
import { makeScenarioRole, SCENARIOS, type Scenario } from './sweep-scenarios.ts';

export interface SweepCase {
  readonly scenario: string;
  readonly fault: string;
  readonly position: Position;
}

export interface SweepResult {
  readonly one: SweepCase;
  readonly met: boolean;
  readonly runs: number;
  /** Real time it took. */
  readonly ms: number;
  /** What does not hold; undefined: all does. */
  readonly violation?: string;
}

/** Faults for which the client waits for an answer; it does so less long than it would. */
const WAITS = 'F7';

export const nameOfCase = ({ scenario, fault, position }: SweepCase): string =>
  `${scenario}: ${fault} at ${position.service}:${position.action} #${position.nth}`;

export interface Warm {
  readonly scenario: Scenario;
  readonly back: () => Promise<void>;
  readonly census: object;
  readonly positions: readonly Position[];
}

export interface Sweep {
  readonly cases: readonly SweepCase[];
  run(one: SweepCase): Promise<SweepResult>;
  stop(): Promise<void>;
}

/** Starts a sandbox, makes every scenario's state once and runs it once without a fault: which calls there are. */
export async function startSweep(): Promise<Sweep> {
  const bench = await startBench();
  await seedForeign('webserver');
  await makeScenarioRole();
  const others = foreignIn(bench);
  const untouched = await others.snapshot();
  const empty = await bench.sandbox.keep();
  const warm = new Map<string, Warm>();
  for (const scenario of SCENARIOS) warm.set(scenario.name, await warmUp(bench, scenario, empty));
  const cases = [...warm.values()].flatMap(({ scenario, positions }) =>
    positions.flatMap((position) =>
      SWEEP_FAULTS.filter((fault) => fault.at(position)).map(({ id }): SweepCase => ({ scenario: scenario.name, fault: id, position })),
    ),
  );
  return {
    cases,
    async run(one) {
      const state = warm.get(one.scenario);
      const fault = SWEEP_FAULTS.find(({ id }) => id === one.fault);
      if (state === undefined || fault === undefined) throw new Error(`no such case: ${nameOfCase(one)}`);
      return tryOne(one, state, fault, { bench, foreign: others, untouched });
    },
    stop: () => bench.stop(),
  };
}

export async function warmUp(bench: Bench, scenario: Scenario, empty: () => Promise<void>): Promise<Warm> {
  await empty();
  if (scenario.from !== undefined) {
    const made = await runOnce(scenario.from, { clock: fastClock(200) });
    assert.ok(made.ok, `${scenario.name}: ${describe(made)}`);
  }
  const back = await bench.sandbox.keep();
  const from = bench.sandbox.calls().length;
  const clean = await scenario.run(bench, { clock: fastClock(200) });
  assert.ok(clean.ok, `${scenario.name}: ${describe(clean)}`);
  const positions = positionsOf(callsSince(bench.sandbox, from)).filter((position) => scenario.only?.(position) ?? true);
  return { scenario, back, positions, census: bench.sandbox.census() };
}

function positionsOf(calls: readonly RecordedCall[]): readonly Position[] {
  const seen = new Map<string, number>();
  return calls.map(({ service, action }) => {
    const nth = (seen.get(`${service}:${action}`) ?? 0) + 1;
    seen.set(`${service}:${action}`, nth);
    return { service, action, nth };
  });
}

/** What is there before anything of ours, as the sandbox holds it: asking for it by calls would cost more than the case. */
function foreignIn({ sandbox }: Bench): Foreign {
  const { elbv2, network } = sandbox;
  const subnets = () => network.subnets?.() ?? [];
  const arns = new Set([...elbv2.loadBalancers(), ...elbv2.targetGroups(), ...elbv2.listeners()].map(({ arn }) => arn));
  const ids = new Set([...subnets(), ...network.instances()].map(({ id }) => id));
  const vpcs = new Set(subnets().map(({ vpcId }) => vpcId));
  const groups = new Set(network.instances().flatMap(({ securityGroupIds }) => securityGroupIds));
  const theirs = <T extends { readonly arn: string }>(all: readonly T[]): readonly T[] => all.filter(({ arn }) => arns.has(arn));
  const read = (): string =>
    JSON.stringify([
      ...[theirs(elbv2.loadBalancers()).map(({ state: _, ...rest }) => rest), theirs(elbv2.targetGroups()), theirs(elbv2.listeners())],
      ...[theirs(elbv2.listeners()).map(({ arn }) => elbv2.rules(arn)), [...vpcs].map((id) => network.vpc(id))],
      ...[subnets().filter(({ id }) => ids.has(id)), [...groups].map((id) => network.securityGroup(id))],
      network.instances().flatMap(({ state: _, ...rest }) => (ids.has(rest.id) ? [rest] : [])),
    ]);
  return { snapshot: async () => read() };
}

interface Surroundings {
  readonly bench: Bench;
  readonly foreign: Foreign;
  readonly untouched: string;
}

/** Waits a moment for what ends by itself, such as an instance that shuts down: nobody waits for what an interrupted run has ended. */
async function atRest({ sandbox }: Bench, census: object): Promise<void> {
  const wanted = JSON.stringify(census);
  for (let tries = 0; tries < 40 && JSON.stringify(sandbox.census()) !== wanted; tries++) await realClock.sleep(50);
}

async function tryOne(one: SweepCase, warm: Warm, fault: SweepFault, around: Surroundings): Promise<SweepResult> {
  const { bench } = around;
  const { scenario } = warm;
  const name = nameOfCase(one);
  const begun = Date.now();
  let [met, runs] = [false, 1];
  try {
    await warm.back();
    bench.sandbox.forgetCalls();
    const armed = fault.arm(bench, one.position, (clock) => scenario.run(bench, { clock }));
    let first: Outcome;
    try {
      first = await scenario.run(bench, { clock: armed.clock, ...(fault.id.startsWith(WAITS) ? { limits: LIMITS } : {}) });
    } finally {
      await armed.settle();
      bench.sandbox.faults.set([]);
    }
    met = armed.met();
    checkRun(first, name);
    // What somebody else has changed is put back by an apply; a command that only looks does not.
    if (fault.id === 'F19' && !scenario.applies) await runOnce(scenario.to, { clock: fastClock(200) });
    // Two runs, or two clients, may each send what the other sent.
    const alone = !/^F(10|19|21)/.test(fault.id);
    // A client that gives up early may look before what it sent has had its effect.
    if (alone && !fault.id.startsWith(WAITS)) checkRepeats(bench.sandbox.calls(), name);
    // A lock or a schedule that was left behind is said, and taken over by the next run.
    const left = fault.id.startsWith('F20') || /could not be released|and deletes itself/.test(first.shown);
    if (!first.ok || !alone || left || fault.id.startsWith('F11')) {
      runs++;
      const second = await scenario.run(bench, { clock: fastClock(200), again: true });
      checkRun(second, `${name}, run again`);
      assert.ok(second.ok, `${name}: a run without faults did not mend it: ${describe(second)} (first: ${describe(first)})`);
    }
    // That of an instance which somebody has taken away deletes itself, minutes after everybody here has gone.
    if (fault.id === 'F19') bench.sandbox.schedules.reset();
    await atRest(bench, warm.census);
    const expected = { bench, foreign: around.foreign, untouched: around.untouched };
    await checkStanding(name, scenario.to, warm.census, expected, scenario.mode);
    return { one, met, runs, ms: Date.now() - begun };
  } catch (thrown) {
    return {
      one,
      met,
      runs,
      ms: Date.now() - begun,
      violation:
        thrown instanceof Error
          ? [thrown.message, ...('details' in thrown && typeof thrown.details === 'string' ? [thrown.details.slice(0, 1500)] : [])].join(
              '\n',
            )
          : String(thrown),
    };
  }
}
