import * as assert from 'uvu/assert';
import { surveyCandidates } from '../../../reconciler/chaos/carry-out/survey.ts';
import { readTimeline } from '../../../reconciler/chaos/timeline.ts';
import type { ChaosEvent, Timeline } from '../../../reconciler/chaos/types.ts';
import { healthyAgainTime } from '../../../reconciler/load/times.ts';
import type { Json } from '../../../reconciler/model/json.ts';
import { suite } from '../../support/suite.ts';
import { at, group, OTHER, observationsOf, usual, VICTIM } from '../load/samples.ts';

const t = suite('timeline');
const read = (observations: readonly ChaosEvent[], end = 60): Timeline =>
  readTimeline({
    observations,
    victims: [VICTIM],
    names: { [VICTIM]: 'web-1', [OTHER]: 'web-2' },
    from: at(0),
    to: at(end),
    calls: { stop: 'StopInstances', start: 'StartInstances' },
  });
const spans = (timeline: Timeline) => timeline.phases.map(({ phase, from, to }) => [phase, (from - at(0)) / 1000, (to - at(0)) / 1000]);
const health = (second: number, instanceId: string, state: string): ChaosEvent => ({
  kind: 'health',
  at: at(second),
  since: at(second - 1),
  instanceId,
  state,
  reason: '',
  detail: '',
});

t('phases run from the stop call to the target healthy again, not by the times asked for', () => {
  assert.equal(spans(read(observationsOf({ ...usual, stop: 23.4, down: 25, healthy: 51.2 }))), [
    ['before', 0, 23.4],
    ['during', 23.4, 51.2],
    ['after', 51.2, 60],
  ]);
});

t('what is observed need not come in order', () => {
  // Events of one moment may stand in either order.
  const facts = (timeline: Timeline) => ({ ...timeline, events: timeline.events.map((each) => `${each.at} ${each.text}`).sort() });
  assert.equal(facts(read([...observationsOf(usual)].reverse())), facts(read(observationsOf(usual))));
});

t('no stop call: one phase', () => assert.equal(spans(read([])), [['before', 0, 60]]));

t('a stop call that AWS refused and that had no effect: one phase', () => {
  const refused: ChaosEvent[] = [
    { kind: 'stop', at: at(20), outcome: 'sent', detail: '' },
    { kind: 'stop', at: at(20.2), outcome: 'refused', detail: 'no' },
  ];
  assert.equal(spans(read(refused)), [['before', 0, 60]]);
  assert.equal(spans(read([...refused, health(22, VICTIM, 'unused')])), [
    ['before', 0, 20],
    ['during', 20, 60],
  ]);
});

t('healthy before the undo call, and from then on: the fault lasted until then, and how long the undo took is not known', () => {
  const upTo = observationsOf(usual).filter((each) => each.at < at(30));
  const undo = (second: number, outcome: 'sent' | 'accepted'): ChaosEvent => ({ kind: 'start', at: at(second), outcome, detail: '' });
  const early = read([...upTo, health(32, VICTIM, 'healthy'), undo(40, 'sent'), undo(40.1, 'accepted')]);
  assert.is(early.healthyAt, at(32));
  assert.is(healthyAgainTime(early, at(60)).kind, 'unknown');
  // It fell ill again: what counts is the time after the undo.
  const again = read([...upTo, health(32, VICTIM, 'healthy'), health(36, VICTIM, 'unhealthy'), undo(40, 'sent'), undo(40.1, 'accepted')]);
  assert.is(again.healthyAt, null);
  // Without an undo call nothing is over.
  assert.is(read([...upTo, health(32, VICTIM, 'healthy')]).healthyAt, null);
});

t('never healthy again: the fault lasts to the end', () => {
  const timeline = read(observationsOf(usual).filter((each) => each.at < at(50)));
  assert.is(timeline.healthyAt, null);
  assert.equal(spans(timeline).at(-1), ['during', 20, 60]);
});

t('healthy again after the load: no phase after', () => {
  assert.equal(
    spans(read(observationsOf(usual), 45)).map(([phase]) => phase),
    ['before', 'during'],
  );
});

t('a target that says healthy for a moment before the start call is not back', () => {
  const flapping = [...observationsOf(usual), health(25, VICTIM, 'healthy'), health(26, VICTIM, 'unused')];
  assert.is(read(flapping).healthyAt, at(50));
});

t('not healthy before the stop call is no detection', () => {
  const timeline = read([health(5, VICTIM, 'unhealthy'), health(10, VICTIM, 'healthy'), ...observationsOf(usual)]);
  assert.is(timeline.notHealthyAt, at(21.5));
  assert.is(timeline.lastHealthyAt, at(20.5));
});

t('the fewest others that were healthy while the victim was away', () => {
  assert.is(read(observationsOf(usual)).fewestOthersHealthy, 1);
  assert.is(read([...observationsOf(usual), health(30, OTHER, 'unhealthy'), health(33, OTHER, 'healthy')]).fewestOthersHealthy, 0);
  assert.is(read([...observationsOf(usual), health(5, OTHER, 'unhealthy'), health(8, OTHER, 'healthy')]).fewestOthersHealthy, 1);
  assert.is(read([...observationsOf(usual), health(10, OTHER, 'unhealthy')]).fewestOthersHealthy, 0);
});

t('events name instances and tell refusals and blindness', () => {
  const texts = read([
    ...observationsOf(usual),
    { kind: 'start', at: at(41), outcome: 'refused', detail: 'still stopping' },
    { kind: 'blind', at: at(42), detail: 'Throttling' },
  ]).events.map((each) => each.text);
  for (const expected of [
    'load begins',
    'StopInstances sent',
    'web-1 is stopped',
    'target web-1 is unused (Target.InvalidState)',
    'StartInstances refused: still stopping',
    'the state could not be read: Throttling',
    'load ends',
  ]) {
    assert.ok(texts.includes(expected), expected);
  }
});

t('who could be stopped, as AWS tells it', async () => {
  const asked: string[] = [];
  const answers: Record<string, Json> = {
    'ec2:DescribeInstances': {
      Reservations: [{ Instances: [{ InstanceId: VICTIM, State: { Name: 'running' }, Tags: [{ Key: 'albedo:stack', Value: 'shop' }] }] }],
    },
    'elbv2:DescribeTargetHealth': {
      TargetHealthDescriptions: [
        { Target: { Id: VICTIM, Port: 9999 }, TargetHealth: { State: 'unhealthy' } },
        { Target: { Id: VICTIM, Port: 8080 }, TargetHealth: { State: 'healthy' } },
      ],
    },
  };
  const cloud = {
    call: async (op: string, input: Json) => {
      asked.push(`${op} ${JSON.stringify(input)}`);
      return answers[op] ?? {};
    },
  };
  const candidates = await surveyCandidates(cloud, group);
  assert.equal(asked, [
    'elbv2:DescribeTargetHealth {"TargetGroupArn":"arn:web"}',
    `ec2:DescribeInstances {"InstanceIds":["${VICTIM}","${OTHER}"]}`,
  ]);
  assert.equal(
    candidates.map((each) => [each.name, each.instanceState, each.health, each.stack]),
    [
      ['web-1', 'running', 'healthy', 'shop'],
      ['web-2', '', '', ''],
      // Somebody else registered it on another port.
      [VICTIM, 'running', 'unhealthy', 'shop'],
    ],
  );
});

t('a target of two ports, of which one is healthy in the very poll that finds the other out, is not back by that', () => {
  const seen = [
    ...observationsOf(usual).filter((each) => each.kind !== 'health'),
    health(42, VICTIM, 'unhealthy'),
    health(42, VICTIM, 'healthy'),
    health(47, VICTIM, 'healthy'),
  ];
  assert.is(read(seen).healthyAt, at(47));
});

t.run();
