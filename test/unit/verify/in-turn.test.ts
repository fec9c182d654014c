/** Several experiments under one load, on a simulated AWS and clock: order, what has to be well in between, and what ends it early. */
import * as assert from 'uvu/assert';
import type { Guardian } from '../../../reconciler/chaos/carry-out/scene.ts';
import { faultsOf } from '../../../reconciler/chaos/experiments.ts';
import { CloudError } from '../../../reconciler/errors.ts';
import type { Turn } from '../../../reconciler/load/judge-in-turn.ts';
import type { FaultSettings, Objectives } from '../../../reconciler/load/types.ts';
import type { Event } from '../../../reconciler/run/events.ts';
import type { Session } from '../../../reconciler/run/pipeline.ts';
import { runInTurn } from '../../../reconciler/verify/in-turn.ts';
import type { ScheduleTerms } from '../../../reconciler/verify/schedule.ts';
import { choose } from '../../../reconciler/verify/victims.ts';
import { suite } from '../../support/suite.ts';
import { type Behaviour, simulatedAws, simulatedClock } from '../chaos/simulated.ts';

const t = suite('experiments in turn');
const START = 1_000_000;
const target = {
  ...{ stack: 'live', dnsName: 'lb', listeners: [], hosts: {} },
  groups: [
    {
      ...{ name: 'web', arn: 'arn:aws:elasticloadbalancing:x:targetgroup/web/1' },
      healthCheck: { intervalSeconds: 5, timeoutSeconds: 2, healthyThreshold: 2, unhealthyThreshold: 2 },
      targets: ['victim', 'other'].map((name) => ({ instanceId: `i-${name}`, name: `web-${name}`, port: 8080, zone: 'a' })),
    },
  ],
};
const stop: FaultSettings = { from: 'web', at: 10, for: 10, instance: 'web-victim' };

interface Scene extends Behaviour {
  readonly experiments?: readonly Readonly<Record<string, FaultSettings>>[];
  /** Seconds of load. */
  readonly duration?: number;
  /** Seconds, from the start. */
  readonly overAt?: number;
  readonly abortAt?: number;
  readonly objectives?: Objectives;
  /** Requests that failed until then, of 10 a second; by the second. */
  readonly failed?: (second: number) => number;
  /** Nobody counts the requests. */
  readonly elsewhere?: true;
  readonly silent?: true;
  /** Seconds in which it is not known how the requests go. */
  readonly blind?: readonly [number, number];
  readonly guardian?: Guardian;
  readonly schedule?: ScheduleTerms;
}

async function scene(given: Scene = {}) {
  const { experiments = [{ stopInstance: stop }, { stopInstance: { ...stop, at: 12 } }], duration = 120 } = given;
  const clock = simulatedClock(START);
  const aws = simulatedAws(clock, given);
  const [over, abort] = [new AbortController(), new AbortController()];
  if (given.overAt !== undefined) clock.at(given.overAt * 1000, () => over.abort());
  if (given.abortAt !== undefined) clock.at(given.abortAt * 1000, () => abort.abort(new Error('Ctrl-C')));
  const events: Event[] = [];
  const told: string[] = [];
  const session = { cloud: aws, clock, env: {}, signal: abort.signal, emit: (event: Event) => events.push(event) } as unknown as Session;
  const surroundings = { stack: 'live', target, session, onVictim: ({ name }: { readonly name: string }) => void told.push(name) };
  const faults = faultsOf({ experiments });
  const [one] = faults;
  const second = (): number => (clock.now() - START) / 1000;
  const turns = await clock.run(
    (async (): Promise<readonly Turn[]> => {
      assert.ok(one);
      const first = await choose(one, surroundings);
      return runInTurn(
        { faults, first },
        {
          ...surroundings,
          ...{
            startedAt: Promise.resolve(START),
            duration,
            objectives: given.objectives ?? {},
            loadOver: over.signal,
            signal: abort.signal,
            schedule: given.schedule ?? { notNeeded: true },
          },
          ...(given.guardian === undefined ? {} : { guardian: given.guardian }),
          ...(given.elsewhere === true
            ? {}
            : {
                progress: () => ({
                  requests: given.silent === true ? 0 : Math.floor(second() * 10),
                  failed: given.failed?.(second()) ?? 0,
                  unknown:
                    given.blind !== undefined && second() >= given.blind[0] && second() < given.blind[1]
                      ? 'no data from shard 2 for 6 s'
                      : '',
                }),
              }),
        },
      );
    })(),
  );
  const sent = (op: string) => aws.calls.filter((call) => call.op === op).map((call) => (call.at - START) / 1000);
  return {
    ...{
      turns,
      events,
      told,
      calls: aws.calls,
      stops: sent('ec2:StopInstances'),
      starts: sent('ec2:StartInstances'),
      tags: sent('ec2:CreateTags'),
    },
    outcomes: turns.map(({ disruption, from }) => (from === null ? 'not reached' : (disruption?.outcome ?? 'no victim'))),
    endedAt: second(),
  };
}
const close = (actual: number | undefined, expected: number): void =>
  assert.ok(actual !== undefined && Math.abs(actual - expected) < 1.6, `${actual} is not ${expected}`);

t(
  'one after the other: the second counts from the steady state, which has lasted five seconds, with tag, guardian and a look of its own',
  async () => {
    const armed: string[] = [];
    const guardian: Guardian = {
      arm: async ({ name }) => void armed.push(`arm ${name}`),
      disarm: () => void armed.push('disarm'),
    };
    const { turns, outcomes, stops, starts, tags, told } = await scene({ guardian });
    assert.equal(outcomes, ['recovered', 'recovered']);
    // 10 s, broken for 10 s, 9 s until healthy, well for 5 s, and 12 s.
    close(stops[0], 10);
    close(starts[0], 20);
    close(((turns[1]?.from ?? 0) - START) / 1000, 34);
    close(stops[1], 46);
    close(starts[1], 56);
    assert.is(tags.length, 2);
    assert.equal(armed, ['arm web-victim', 'disarm', 'arm web-victim', 'disarm']);
    assert.equal(told, ['web-victim', 'web-victim']);
    assert.equal(
      turns.map(({ victim }) => victim?.name),
      ['web-victim', 'web-victim'],
    );
  },
);

t('a target that is not healthy again: the rest is not run, and why is said', async () => {
  const { outcomes, stops, turns, events } = await scene({ othersFailMs: 29_500 });
  assert.equal(outcomes, ['recovered', 'not reached']);
  assert.is(stops.length, 1);
  assert.match(turns[1]?.why ?? '', /the steady state had not returned by second 98 of the load.*: the target of web-other is unhealthy/);
  assert.ok(events.some((event) => event.kind === 'warning' && event.text.startsWith('1 of 2 experiments did not run')));
});

t('a steady state that is over again when the fault would come: nothing is broken, and why is said', async () => {
  // Well at second 34, from which the second one counts 12; the third target is lost in between, and others are left to serve.
  const { outcomes, stops, turns } = await scene({ third: { from: 38_000, to: 60_000 } });
  assert.equal(outcomes, ['recovered', 'not-started']);
  assert.is(turns[1]?.disruption?.problem, 'the target of i-third is unhealthy');
  assert.is(stops.length, 1);
  const back = await scene({ third: { from: 36_000, to: 44_000 } });
  assert.equal(back.outcomes, ['recovered', 'recovered'], 'what is well again in time keeps nobody from it');
});

t('requests that fail: the rest waits for five seconds without, or is not run', async () => {
  const waits = await scene({ failed: (second) => Math.floor(Math.max(0, Math.min(second, 40) - 20)) });
  assert.equal(waits.outcomes, ['recovered', 'recovered']);
  close(((waits.turns[1]?.from ?? 0) - START) / 1000, 45.5);
  const fails = await scene({ failed: (second) => Math.floor(second) });
  assert.equal(fails.outcomes, ['recovered', 'not reached']);
  assert.match(fails.turns[1]?.why ?? '', /of \d+ requests failed/);
  assert.is(fails.stops.length, 1);
  const allowed = await scene({ failed: (second) => Math.floor(second), objectives: { errorRate: 0.2 } });
  assert.equal(allowed.outcomes, ['recovered', 'recovered'], 'as many as the objective allows');
});

t('no answers at all are no steady state; of a load from elsewhere health alone is looked at', async () => {
  const silent = await scene({ silent: true });
  assert.equal(silent.outcomes, ['recovered', 'not reached']);
  assert.match(silent.turns[1]?.why ?? '', 'no request was answered');
  const elsewhere = await scene({ elsewhere: true, silent: true });
  assert.equal(elsewhere.outcomes, ['recovered', 'recovered']);
});

t('while nobody knows how the requests go, nothing more is broken', async () => {
  const waits = await scene({ blind: [25, 60] });
  assert.equal(waits.outcomes, ['recovered', 'recovered']);
  assert.ok(((waits.turns[1]?.from ?? 0) - START) / 1000 >= 60, 'not before it is known again');
  const never = await scene({ blind: [25, 1000] });
  assert.equal(never.outcomes, ['recovered', 'not reached']);
  assert.match(never.turns[1]?.why ?? '', /the steady state had not returned by second 98.*: no data from shard 2/);
  assert.is(never.stops.length, 1);
});

t('the load is over between two, or before the second fault: nothing more is broken', async () => {
  const between = await scene({ overAt: 31 });
  assert.equal(between.outcomes, ['recovered', 'not reached']);
  assert.is(between.turns[1]?.why, 'the load had already ended');
  const before = await scene({ overAt: 40 });
  assert.equal(before.outcomes, ['recovered', 'not-started']);
  assert.is(before.turns[1]?.disruption?.problem, 'the load had already ended');
  for (const { stops, starts } of [between, before]) assert.equal([stops.length, starts.length], [1, 1]);
});

t('no time left for the second one: it is not begun', async () => {
  const { outcomes, turns, stops } = await scene({ duration: 55 });
  assert.equal(outcomes, ['recovered', 'not reached']);
  assert.match(turns[1]?.why ?? '', 'by second 33 of the load, the latest time at which this experiment could start');
  assert.is(stops.length, 1);
});

t('an interrupt in the middle of the first: it is put right, and the others are not begun', async () => {
  const during = await scene({ abortAt: 15 });
  assert.equal(during.outcomes, ['aborted', 'not reached']);
  assert.is(during.turns[1]?.why, 'the run was interrupted');
  assert.is(during.starts.length > 0, true);
  const between = await scene({ abortAt: 31 });
  assert.equal(between.outcomes, ['recovered', 'not reached']);
  assert.is(between.turns[1]?.why, 'the run was interrupted');
  const second = await scene({ abortAt: 50, experiments: [{ stopInstance: stop }, { stopInstance: stop }, { stopInstance: stop }] });
  assert.equal(second.outcomes, ['recovered', 'aborted', 'not reached']);
});

t('one that does not end well ends the rest; one that was refused, or has no victim, does not', async () => {
  const gone = await scene({ terminatedMs: 15_000 });
  assert.equal(gone.outcomes, ['not-recovered', 'not reached']);
  assert.match(
    gone.turns[1]?.why ?? '',
    'the previous experiment (stopInstance) did not recover: web-victim (i-victim) was removed by somebody else',
  );
  const denied = await scene({
    fail: (op, count) =>
      op === 'ec2:StopInstances' && count === 1 ? new CloudError(op, 'UnauthorizedOperation', 'Denied', 'no') : undefined,
  });
  assert.equal(denied.outcomes, ['refused', 'recovered']);
  const nobody = await scene({ experiments: [{ stopInstance: { ...stop, instance: 'web-9' } }, { stopInstance: stop }] });
  assert.equal(nobody.outcomes, ['no victim', 'recovered']);
  assert.match(nobody.turns[0]?.refusal ?? '', 'no instance web-9');
});

t('the victim is chosen anew each time: one that is not there any more is refused then, and not broken', async () => {
  const { calls } = await scene();
  const surveys = calls.filter(({ op }) => op === 'ec2:DescribeInstances');
  const anew = surveys.findIndex(({ at, poll }) => !poll && at > START + 33_000);
  const asked = await scene({
    fail: (op, count) =>
      op === 'ec2:DescribeInstances' && count === anew + 1
        ? new CloudError(op, 'RequestLimitExceeded', 'Throttled', 'slow down')
        : undefined,
  });
  assert.equal(asked.outcomes, ['recovered', 'no victim']);
  assert.match(asked.turns[1]?.refusal ?? '', 'its target group could not be read: ');
  assert.is(asked.stops.length, 1);
});

t('each has a schedule and a look at the lever of its own; what is to be borne in mind is told of each', async () => {
  const { turns } = await scene();
  for (const { disruption, notes = [] } of turns) {
    assert.is(disruption?.outcome, 'recovered');
    assert.match(
      notes.join('\n'),
      /^web-victim \(i-victim\) will be started again by albedo, but no EventBridge schedule .* environment.yaml names no scheduleRole$/,
    );
  }
  const engaged = await scene({ lever: 'engaged' });
  assert.equal(
    engaged.turns.map(({ disruption }) => disruption?.outcome ?? null),
    ['not-started', 'not-started'],
  );
  assert.match(engaged.turns[0]?.disruption?.problem ?? '', 'the safety lever of AWS FIS is engaged');
  const refused = await scene({ schedule: { notNeeded: false } });
  assert.match(refused.turns[0]?.disruption?.problem ?? '', 'environment.yaml names no scheduleRole');
});

t.run();
