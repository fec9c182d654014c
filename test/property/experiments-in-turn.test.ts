/**
 * Lists of experiments as chance draws them, under a load that may end and be interrupted at any moment, with an AWS that refuses, is slow and
 * loses answers, and targets that fail by themselves: what is promised of every list holds of all of them.
 */
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { faultsOf } from '../../reconciler/chaos/experiments.ts';
import type { Victim } from '../../reconciler/chaos/types.ts';
import { judgeInTurn, type Turn } from '../../reconciler/load/judge-in-turn.ts';
import { STEADY_SECONDS } from '../../reconciler/load/steady.ts';
import type { ChaosSettings, LoadRun, Objectives, Sample } from '../../reconciler/load/types.ts';
import type { Event } from '../../reconciler/run/events.ts';
import type { Session } from '../../reconciler/run/pipeline.ts';
import { runInTurn } from '../../reconciler/verify/in-turn.ts';
import { choose } from '../../reconciler/verify/victims.ts';
import { seed } from '../support/seed.ts';
import { GROUP, type SimulatedGroup, simulatedTargets, type Trouble } from '../support/simulated-targets.ts';
import { suite } from '../support/suite.ts';
import { simulatedClock } from '../unit/chaos/simulated.ts';
import { runOf } from '../unit/load/samples.ts';

const t = suite('property/experiments in turn');
const START = 1_000_000;
const RATE = 10;

interface Drawn extends SimulatedGroup {
  readonly experiments: readonly ChaosSettings[];
  /** Seconds. */
  readonly duration: number;
  readonly objectives: Objectives;
  /** Requests that fail, beside those that a fault costs: seconds from the start. */
  readonly failing: readonly { readonly from: number; readonly to: number }[];
  /** Nobody counts the requests while they are sent. */
  readonly elsewhere: boolean;
  /** Seconds from the start; undefined: it does not happen. */
  readonly overAt: number | undefined;
  readonly abortAt: number | undefined;
  readonly begins: boolean;
}

const at = fc.integer({ min: 1, max: 15 });
const NAMES = ['stopInstance', 'stopShare', 'stopZone', 'deregisterTarget', 'terminateInstance'] as const;
const experiment = fc
  .record({
    name: fc.constantFrom(...NAMES),
    at,
    for: at,
    who: fc.option(fc.constantFrom(0, 0, 0, 1, 1, 1, 2, 3), { nil: undefined, freq: 1 }),
  })
  .map(({ name, who, ...times }): ChaosSettings => {
    const named = who === undefined ? {} : name === 'deregisterTarget' ? { target: `web-${who}` } : { instance: `web-${who}` };
    const own = name === 'stopShare' ? { own: { share: '60%' } } : {};
    const lasts = name === 'terminateInstance' ? { for: 0 } : {};
    return { [name]: { from: 'web', ...times, ...lasts, ...(name === 'stopShare' || name === 'stopZone' ? {} : named), ...own } };
  });

const READS = ['elbv2:DescribeTargetHealth', 'ec2:DescribeInstances', 'fis:GetSafetyLever'];
const WRITES = ['ec2:StopInstances', 'ec2:StartInstances', 'ec2:TerminateInstances', 'elbv2:DeregisterTargets', 'elbv2:RegisterTargets'];
const TAGS = ['ec2:CreateTags', 'ec2:DeleteTags', 'elbv2:AddTags', 'elbv2:RemoveTags'];
const kind = fc.constantFrom<Trouble['kind']>('denied', 'throttled', 'lost', 'early', 'late');
const trouble: fc.Arbitrary<Trouble> = fc.oneof(
  fc.record({
    op: fc.constantFrom(...READS),
    nth: fc.integer({ min: 1, max: 150 }),
    times: fc.constantFrom(1, 2, 30),
    kind,
    ms: fc.integer({ min: 100, max: 2500 }),
  }),
  fc.record({
    op: fc.constantFrom(...WRITES, ...WRITES, ...TAGS),
    nth: fc.integer({ min: 1, max: 4 }),
    times: fc.constantFrom(1, 1, 3, 1000),
    kind,
    ms: fc.integer({ min: 100, max: 40_000 }),
  }),
);
const seconds = fc.integer({ min: 0, max: 220 });
/** From before the load on, or not while the targets are looked at for the first time: what was healthy then is then certain. */
const span = fc
  .record({ from: seconds, lasts: fc.constantFrom(1, 2, 5, 10, 20, 90, 10_000) })
  .map(({ from, lasts }) => ({ from: from < 10 ? -1 : from, to: from < 10 && lasts < 10 ? 12 : from + lasts }));
const outage = fc
  .record({ target: fc.integer({ min: 0, max: 4 }), when: span })
  .map(({ target, when }) => ({ target, from: when.from * 1000, to: when.to * 1000 }));
const rarely = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: one });

const DRAWN: fc.Arbitrary<Drawn> = fc
  .record({
    targets: fc.integer({ min: 2, max: 4 }),
    scaled: fc.constantFrom(false, false, true),
    outages: fc.oneof(fc.constant([]), fc.array(outage, { minLength: 1, maxLength: 6 })),
    ended: rarely(outage),
    troubles: fc.oneof(fc.constant([]), fc.array(trouble, { minLength: 1, maxLength: 5 })),
    experiments: fc.array(experiment, { minLength: 2, maxLength: 4 }),
    duration: fc.integer({ min: 10, max: 220 }),
    objectives: fc.constantFrom<Objectives>({ errorRate: 0.05 }, { p95: 1000 }),
    failing: fc.oneof(fc.constant([]), fc.array(span, { maxLength: 2 })),
    elsewhere: fc.constantFrom(false, false, true),
    overAt: rarely(seconds),
    abortAt: rarely(seconds),
    begins: fc.constantFrom(true, true, true, true, true, true, true, true, false),
  })
  .map((drawn) => ({ ...drawn, experiments: drawn.experiments.map((each) => fitting(each, drawn.scaled)) }));

/** What a group of this kind mostly allows: what is of no use to it is refused, which would be most of what is drawn. */
function fitting(chaos: ChaosSettings, scaled: boolean): ChaosSettings {
  const [[name, settings] = ['', undefined]] = Object.entries(chaos);
  if (settings === undefined || settings.at === 7) return chaos;
  if (scaled && /^stop/.test(name)) return { terminateInstance: { ...settings, for: 0 } };
  return !scaled && name === 'terminateInstance' ? { stopInstance: { ...settings, for: settings.at } } : chaos;
}

/** Runs the list, and then time until all that was under way has happened. */
async function play(drawn: Drawn) {
  const clock = simulatedClock(START);
  const world = simulatedTargets(clock, drawn);
  const [over, abort, quit] = [new AbortController(), new AbortController(), new AbortController()];
  const overAt = Math.min(drawn.duration, drawn.overAt ?? drawn.duration, drawn.abortAt ?? drawn.duration);
  // As `verify` does: an interrupt ends the load, and a load that ends early ends the rest.
  if (drawn.begins) clock.at(overAt * 1000, () => over.abort());
  if (drawn.begins && overAt < drawn.duration) clock.at(overAt * 1000, () => quit.abort(new Error('the load ended early')));
  if (drawn.abortAt !== undefined) clock.at(drawn.abortAt * 1000, () => abort.abort(new Error('Ctrl-C')));
  const ended = AbortSignal.any([over.signal, abort.signal, quit.signal]);
  let endedAt = Number.POSITIVE_INFINITY;
  ended.addEventListener('abort', () => (endedAt = clock.now()));

  const events: Event[] = [];
  const session = {
    ...{ cloud: world.cloud, clock, env: {}, standIn: true, signal: abort.signal },
    emit: (event: Event) => events.push(event),
  } as unknown as Session;
  const group = {
    ...{ name: 'web', arn: GROUP, targets: world.targets },
    healthCheck: { intervalSeconds: 5, timeoutSeconds: 2, healthyThreshold: 2, unhealthyThreshold: 2 },
  };
  const target = { stack: 'live', dnsName: 'lb', listeners: [], hosts: {}, groups: [group] };
  const faults = faultsOf(drawn);
  const surroundings = { stack: 'live', target, session };
  /** Of the requests that were sent until then, every other one that is sent to nobody or in a bad second. */
  const isBad = (second: number): boolean => drawn.failing.some(({ from, to }) => second >= from && second < to);
  const failedUntil = (now: number): number => {
    let failed = 0;
    for (let n = 0; n < ((now - START) / 1000) * RATE; n++) if (n % 2 === 0 && isBad(n / RATE)) failed++;
    return failed;
  };
  const armed = new Set<string>();
  const guardian = {
    arm: async ({ instanceId }: Victim) => void armed.add(instanceId),
    disarm: () => armed.clear(),
  };
  const [one] = faults;
  assert.ok(one);
  const started = drawn.begins ? Promise.resolve(START) : Promise.reject(new Error('the load ended early'));
  started.catch(() => undefined);
  if (!drawn.begins) quit.abort(new Error('the load ended early'));
  const course = {
    ...{ ...surroundings, startedAt: started, duration: drawn.duration, objectives: drawn.objectives, loadOver: over.signal },
    ...{ signal: AbortSignal.any([abort.signal, quit.signal]), schedule: { notNeeded: true }, guardian },
    ...(drawn.elsewhere
      ? {}
      : {
          progress: () => ({ requests: Math.floor(((clock.now() - START) / 1000) * RATE), failed: failedUntil(clock.now()), unknown: '' }),
        }),
  };
  const tooLong = new Promise<never>((_, reject) => clock.at(3 * 3_600_000, () => reject(new Error('it does not end'))));
  const turns = await clock.run(
    Promise.race([
      // As `verify` has it: where nobody can be chosen before the load, the load is not begun at all.
      choose(one, surroundings).then(
        (first) => runInTurn({ faults, first }, course),
        () => undefined,
      ),
      tooLong,
    ]),
  );
  const finishedAt = clock.now();
  await clock.run(clock.sleep(100_000));
  const samples = Array.from({ length: Math.round(overAt * RATE) }, (_, n): Sample => {
    const sentAt = START + (n * 1000) / RATE;
    const healthy = world.healthyAt(sentAt);
    const failed = healthy.length === 0 || (n % 2 === 0 && isBad(n / RATE));
    return failed
      ? { at: sentAt, ms: 10, ok: false, status: 503, errorCode: 1503, instance: '' }
      : { at: sentAt, ms: 10, ok: true, status: 200, errorCode: 0, instance: healthy[n % healthy.length] ?? '' };
  });
  const run: LoadRun = runOf(samples, {
    outcome: overAt < drawn.duration ? 'aborted' : 'done',
    exitCode: overAt < drawn.duration ? 105 : 0,
  });
  return { world, turns, events, endedAt, finishedAt, failedUntil, armed, run, group };
}

const nameOf = ({ chaos }: Turn): string => Object.keys(chaos)[0] ?? '';
const stopOf = ({ disruption }: Turn): number | undefined => disruption?.observations.find(({ kind: what }) => what === 'stop')?.at;
const outcomeOf = ({ disruption, refusal, from }: Turn): string =>
  from === null ? 'not reached' : disruption === null ? `no victim: ${refusal}` : disruption.outcome;

/** What came of all that was drawn: a property of what never happens proves nothing. */
const tally = new Map<string, number>();
const count = (what: string): void => void tally.set(what, (tally.get(what) ?? 0) + 1);

async function holds(drawn: Drawn): Promise<void> {
  const { world, turns, events, endedAt, finishedAt, failedUntil, armed, run, group } = await play(drawn);
  if (turns === undefined) return assert.equal(world.faults, [], 'something was broken although nothing began');
  const story = JSON.stringify({
    turns: turns.map((turn) => [nameOf(turn), turn.from, outcomeOf(turn), turn.disruption?.problem, turn.why]),
    faults: world.faults,
  });
  const ok = (condition: boolean, what: string): void => assert.ok(condition, `${what}: ${story}`);

  // Each has its turn, in order, with a measurement or a reason.
  ok(turns.map(nameOf).join() === drawn.experiments.map((each) => Object.keys(each)[0]).join(), 'the list is not the list of turns');
  let reached = true;
  let last = 0;
  for (const turn of turns) {
    const { from, why, disruption, refusal } = turn;
    count(outcomeOf(turn).split(':')[0] ?? '');
    if (from === null)
      ok(why !== '' && (disruption ?? { outcome: 'not-started' }).outcome === 'not-started', 'not reached, and nobody says why');
    else if (disruption === null) ok(refusal !== '', 'nobody was chosen, and nobody says why');
    else if (disruption.outcome === 'recovered') ok(disruption.problem === '' && stopOf(turn) !== undefined, 'recovered from nothing');
    else if (disruption.outcome === 'refused' || disruption.outcome === 'not-recovered')
      ok(disruption.problem !== '', 'a failure without a reason');
    else ok(disruption.problem !== '' || endedAt < Number.POSITIVE_INFINITY, 'nothing was done, and nobody says why');
    ok(from === null || reached, 'one was reached after one that was not');
    reached = from !== null && disruption?.outcome !== 'not-recovered' && disruption?.outcome !== 'aborted';
    const before = turns[turns.indexOf(turn) - 1];
    if (before?.disruption?.outcome === 'not-recovered' && drawn.abortAt === undefined && drawn.overAt === undefined)
      ok(/did not recover/.test(why), `turn ${turns.indexOf(turn) + 1} was not reached for another reason than it says`);
    ok(from === null || from >= last, 'a turn began before the one before it');
    last = Math.max(last, stopOf(turn) ?? from ?? 0);
  }

  // What is acted on may be as old as the reads are slow.
  const slow = Math.max(0, ...drawn.troubles.map((each) => (READS.includes(each.op) && /early|late/.test(each.kind) ? each.ms : 0)));
  // Never two at once, never too late, and never more than one for each turn.
  const begun = turns.filter((turn) => stopOf(turn) !== undefined);
  ok(world.faults.length === begun.length, 'calls that break, and turns that say so');
  let baseline = world.healthyAt(START);
  let refilled = false;
  for (const turn of turns) {
    const index = turns.indexOf(turn);
    const { from } = turn;
    const settings = turn.chaos[nameOf(turn)];
    assert.ok(settings);
    const allAsBefore = (healthy: readonly string[]): boolean =>
      refilled ? healthy.length >= baseline.length : baseline.every((id) => healthy.includes(id));
    if (from !== null && index > 0) {
      const latest = START + (drawn.duration - settings.at - settings.for) * 1000;
      ok(from <= latest, `turn ${index + 1} began when the load was too short for it`);
      ok(world.wasSeen(from - 100, from + slow + 100, allAsBefore), `turn ${index + 1} began while not all was healthy again`);
      ok(
        world.wasSeen(from - STEADY_SECONDS * 1000 - slow - 2200, from - STEADY_SECONDS * 1000 + slow + 100, allAsBefore),
        `all was healthy again for less than ${STEADY_SECONDS} s before turn ${index + 1}`,
      );
      const failures = failedUntil(from) - failedUntil(from - STEADY_SECONDS * 1000);
      ok(drawn.elsewhere || drawn.objectives.errorRate !== undefined || failures <= 1, `requests failed right before turn ${index + 1}`);
    }
    const call = world.faults[begun.indexOf(turn)];
    if (begun.includes(turn) && call !== undefined && from !== null) {
      count('a fault');
      ok(call.beside.length === 0, `${call.op} while ${call.beside.join()} was still broken`);
      ok(call.at < endedAt, `${call.op} after the load ended or was interrupted`);
      ok(call.at === stopOf(turn) && call.at >= from + settings.at * 1000, `${call.op} came before its time`);
      const canBegin = (healthy: readonly string[]): boolean =>
        call.ids.every((id) => healthy.includes(id)) &&
        healthy.some((id) => !call.ids.includes(id)) &&
        (index === 0 || allAsBefore(healthy));
      ok(world.wasSeen(call.at - 4 * slow - 300, call.at, canBegin), `${call.op}, although not all was well or nobody else could serve`);
    }
    if (from !== null && index > 0 && refilled) baseline = world.healthyAt(from);
    // Others may have come in the place of those that were there.
    refilled = nameOf(turn) === 'terminateInstance';
  }

  // All that was broken is mended, or it is said, and somebody else knows of it.
  const said = turns.filter(({ disruption }) => disruption !== null && !disruption.restored && disruption.problem !== '');
  const told = new Set(
    said.flatMap(({ victim }) => [victim?.instanceId ?? '', ...(victim?.others ?? []).map(({ instanceId }) => instanceId)]),
  );
  for (const id of world.broken()) ok(told.has(id) || armed.size > 0, `${id} stays broken, and nobody knows`);
  for (const turn of said) ok(turn === turns.findLast((each) => each.from !== null), 'something was broken after one that stays broken');
  const unmarked = events.some((event) => event.kind === 'warning' && /^the .*tag of .* could not be/.test(event.text));
  ok(world.tagged().length === 0 || armed.size > 0 || unmarked, 'a tag stays, and nobody says so');

  // Nobody waits long after an interrupt, unless AWS has them wait.
  if (drawn.abortAt !== undefined && drawn.troubles.length === 0)
    ok(
      finishedAt - (START + drawn.abortAt * 1000) < 15_000,
      `it ended ${finishedAt - START - drawn.abortAt * 1000} ms after the interrupt`,
    );

  // And so it is judged.
  const settings = { script: 'k6/load.ts', rate: RATE, duration: drawn.duration, path: '/', timeout: 5 };
  const report = judgeInTurn({ settings, objectives: drawn.objectives, run, groups: [group], turns });
  assert.equal(
    report.experiments?.map(({ name }) => name),
    turns.map(nameOf),
  );
  for (const [index, { verdict, reasons, load }] of (report.experiments ?? []).entries()) {
    const turn = turns[index];
    assert.ok(turn);
    ok((verdict === 'notReached') === (turn.from === null) && (load === null) === (turn.from === null), 'a turn without its report');
    ok(verdict === 'pass' || reasons.length > 0, `experiment ${index + 1} is ${verdict}, and nobody says why`);
    ok(verdict !== 'pass' || turn.disruption?.outcome === 'recovered', `experiment ${index + 1} passed without having happened`);
  }
  ok(report.verdict !== 'pass' || turns.every((turn) => turn.disruption?.outcome === 'recovered'), 'it passed without all of them');
  count(`verdict ${report.verdict}`);
}

const QUIET: Drawn = {
  ...{
    targets: 3,
    scaled: false,
    outages: [],
    ended: undefined,
    troubles: [],
    experiments: [],
    duration: 60,
    objectives: { errorRate: 0.05 },
  },
  ...{ failing: [], elsewhere: false, overAt: undefined, abortAt: undefined, begins: true },
};
const twice = (name: string, from: number, lasts: number): readonly ChaosSettings[] => [
  { [name]: { from: 'web', at: from, for: lasts } },
  { [name]: { from: 'web', at: 1, for: lasts } },
];
/** What was wrong once, and is drawn too rarely to be relied on. */
const FOUND: [Drawn][] = [
  // Unhealthy again between the steady state and the fault.
  [{ ...QUIET, experiments: twice('stopInstance', 1, 1), outages: [{ target: 0, from: 19_000, to: 20_000 }] }],
  // One that recovers was taken for the replacement of the one that was terminated.
  [{ ...QUIET, scaled: true, experiments: twice('terminateInstance', 1, 0), outages: [{ target: 0, from: -1000, to: 12_000 }] }],
  [{ ...QUIET, scaled: true, experiments: twice('terminateInstance', 13, 0), outages: [{ target: 0, from: -1000, to: 12_000 }] }],
  // The tag of one of two victims was removed while it was still being set.
  [
    {
      ...{ ...QUIET, duration: 14, experiments: [...twice('stopInstance', 6, 1).slice(0, 1), ...twice('stopZone', 1, 1).slice(1)] },
      outages: [{ target: 0, from: -1000, to: 12_000 }],
      ended: { target: 0, from: 13_000, to: 14_000 },
      troubles: [
        { op: 'ec2:DeleteTags', nth: 1, times: 3, kind: 'early', ms: 1820 },
        { op: 'ec2:CreateTags', nth: 1, times: 3, kind: 'lost', ms: 100 },
      ],
    },
  ],
  // One that was not terminated, and was taken for lost and replaced when two others came and went.
  [
    {
      ...{ ...QUIET, scaled: true, duration: 12, experiments: twice('terminateInstance', 1, 0) },
      outages: [
        { target: 1, from: 10_000, to: 11_000 },
        { target: 0, from: -1000, to: 12_000 },
      ],
      troubles: [{ op: 'ec2:TerminateInstances', nth: 1, times: 1, kind: 'throttled', ms: 100 }],
    },
  ],
];

t('whatever is drawn: one fault at a time, each from a steady state, each undone or told, each with its turn', async () => {
  await fc.assert(fc.asyncProperty(DRAWN, holds), {
    ...{ numRuns: process.env['ALBEDO_ALL'] === '1' ? 3000 : 120, examples: FOUND, seed, includeErrorInReport: true },
  });
  process.stdout.write(`  ${[...tally].map(([what, times]) => `${times} ${what}`).join(', ')}\n`);
  for (const what of ['a fault', 'recovered', 'not reached', 'no victim', 'not-started', 'verdict pass'])
    assert.ok((tally.get(what) ?? 0) > 0, `among all that was drawn there was no ${what}`);
});

t.run();
