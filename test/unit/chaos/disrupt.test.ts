import * as assert from 'uvu/assert';
import { disrupt } from '../../../reconciler/chaos/carry-out/disrupt.ts';
import type { Guardian } from '../../../reconciler/chaos/carry-out/scene.ts';
import { stopInstance } from '../../../reconciler/chaos/experiments/stop-instance.ts';
import { readMark } from '../../../reconciler/chaos/fault-mark.ts';
import type { Disruption } from '../../../reconciler/chaos/types.ts';
import { CloudError } from '../../../reconciler/errors.ts';
import type { Event } from '../../../reconciler/run/events.ts';
import type { Cloud } from '../../../reconciler/run/port.ts';
import { suite } from '../../support/suite.ts';
import { type Behaviour, simulatedAws, simulatedClock } from './simulated.ts';

const t = suite('disrupt');
const START = 1_000_000;
const victim = {
  experiment: 'stopInstance',
  instanceId: 'i-victim',
  name: 'web-1',
  zone: 'a',
  port: 8080,
  group: 'web',
  groupArn: 'arn:web',
  seed: 's',
};

async function scene(
  behaviour: Behaviour & {
    abortAt?: number;
    overAt?: number;
    mayStart?: () => Promise<string>;
    for?: number;
    recoverWithinMs?: number;
    startedAt?: Promise<number>;
    guardian?: Guardian;
  } = {},
) {
  const clock = simulatedClock(START);
  const aws = simulatedAws(clock, behaviour);
  const abort = new AbortController();
  const over = new AbortController();
  if (behaviour.overAt !== undefined) clock.at(behaviour.overAt, () => over.abort());
  const events: Event[] = [];
  if (behaviour.abortAt !== undefined) clock.at(behaviour.abortAt, () => abort.abort(new Error('Ctrl-C')));
  const result: Disruption = await clock.run(
    disrupt({
      cloud: aws,
      clock,
      experiment: stopInstance,
      victim,
      settings: { at: 20, for: behaviour.for ?? 20 },
      startedAt: behaviour.startedAt ?? START,
      watchSeconds: 60,
      ...(behaviour.recoverWithinMs === undefined ? {} : { recoverWithinMs: behaviour.recoverWithinMs }),
      loadOver: over.signal,
      ...(behaviour.guardian === undefined ? {} : { guardian: behaviour.guardian }),
      run: 'me@here',
      ...(behaviour.mayStart === undefined ? {} : { mayStart: behaviour.mayStart }),
      emit: (event) => events.push(event),
      signal: abort.signal,
    }),
  );
  const sent = (op: string) => aws.calls.filter((call) => call.op === op).map((call) => (call.at - START) / 1000);
  return {
    clock,
    aws,
    events,
    result,
    stops: sent('ec2:StopInstances'),
    starts: sent('ec2:StartInstances'),
    endedAt: (clock.now() - START) / 1000,
  };
}

const refusal = (op: string, code: string, errorClass: CloudError['class']) => new CloudError(op, code, errorClass, `${code}: no`);

t('stops at the set time, starts after the set time, sees the target come back, and watches to the end of the load', async () => {
  const { result, stops, starts, aws, endedAt } = await scene();
  assert.equal(result.outcome, 'recovered');
  assert.is(result.restored, true);
  assert.equal(stops, [20]);
  assert.equal(starts, [40]);
  assert.ok(endedAt >= 60, `ended at ${endedAt}`);
  const states = result.observations.flatMap((each) => (each.kind === 'health' && each.instanceId === 'i-victim' ? [each.state] : []));
  assert.equal(states, ['healthy', 'unused', 'initial', 'healthy']);
  const instance = result.observations.flatMap((each) => (each.kind === 'instance' ? [each.state] : []));
  assert.equal(instance, ['running', 'stopping', 'stopped', 'pending', 'running']);
  const reads = aws.calls.filter((call) => call.op.includes('Describe'));
  assert.ok(
    reads.every((call) => call.poll),
    'reads are polls',
  );
  // Closely only while something is about to change: a few seconds after the stop, and from the start on.
  assert.ok(reads.length <= 2 * 160, `${reads.length} reads in a minute`);
});

t('each change lies between the read before and the read that showed it', async () => {
  const { result } = await scene();
  const down = result.observations.find((each) => each.kind === 'health' && each.state === 'unused');
  assert.ok(down?.kind === 'health' && down.since < START + 21_000 && down.at >= START + 21_000 && down.at - down.since < 400);
});

t('a start refused because the instance is still stopping is repeated until it is taken', async () => {
  const { result, starts } = await scene({ for: 2, stopMs: 9000 });
  assert.equal(result.outcome, 'recovered');
  assert.is(starts[0], 22);
  assert.ok((starts.at(-1) ?? 0) >= 29, String(starts));
  const refused = result.observations.filter((each) => each.kind === 'start' && each.outcome === 'refused');
  assert.is(refused.length, 1, 'said once, not once per try');
});

t('an abort while the instance is stopped starts it at once', async () => {
  const { result, starts, endedAt } = await scene({ abortAt: 25_000 });
  assert.equal(result.outcome, 'aborted');
  assert.is(result.restored, true);
  assert.equal(starts, [25]);
  assert.ok(endedAt < 26);
});

t('an abort while it is still stopping keeps trying until EC2 takes the start, and says how to do it by hand', async () => {
  const { result, starts, endedAt, events } = await scene({ abortAt: 21_000, stopMs: 60_000 });
  assert.equal(result.outcome, 'aborted');
  assert.is(result.restored, true);
  assert.is(starts[0], 21);
  assert.ok(starts.length > 3);
  assert.ok(endedAt >= 80 && endedAt <= 85, `ended at ${endedAt}`);
  const warnings = events.filter((event) => event.kind === 'warning');
  assert.is(warnings.length, 1);
  assert.match(JSON.stringify(warnings), 'aws ec2 start-instances --instance-ids i-victim');
});

t('an abort while the start call hangs ends within 5 s', async () => {
  const { endedAt, starts, result } = await scene({ abortAt: 25_000, hang: (op) => op === 'ec2:StartInstances' });
  assert.is(starts.length, 1);
  assert.is(result.restored, false);
  assert.ok(endedAt <= 30, `ended at ${endedAt}`);
});

t('an abort before the stop stops nothing', async () => {
  const { stops, starts, result } = await scene({ abortAt: 5000 });
  assert.equal([stops, starts], [[], []]);
  assert.equal(result.outcome, 'not-started');
});

t('load that is over before the stop: nothing is stopped, and the reason is told', async () => {
  const { stops, starts, result } = await scene({ overAt: 12_000 });
  assert.equal([stops, starts], [[], []]);
  assert.equal([result.outcome, result.problem], ['not-started', 'the load had already ended']);
});

t('load that is over while the instance is stopped: it is started at its time all the same', async () => {
  const { stops, starts, result } = await scene({ overAt: 25_000 });
  assert.equal([stops, starts], [[20], [40]]);
  assert.equal(result.outcome, 'recovered');
});

t('an objection right before the stop, or a look that fails: nothing is stopped', async () => {
  for (const mayStart of [async () => 'nobody would be left', () => Promise.reject(new Error('nobody would be left'))]) {
    const { stops, starts, result, events } = await scene({ mayStart });
    assert.equal([stops, starts], [[], []]);
    assert.is(result.outcome, 'not-started');
    assert.match(result.problem, 'nobody would be left');
    assert.ok(events.some(({ kind }) => kind === 'warning'));
  }
  assert.equal((await scene({ mayStart: async () => '' })).stops, [20]);
});

t('when the last other target falls out, the instance is started at once', async () => {
  const { starts, events } = await scene({ othersFailMs: 26_000 });
  assert.ok((starts[0] ?? 0) >= 26 && (starts[0] ?? 0) < 29, String(starts));
  assert.match(JSON.stringify(events), 'no other target of web is healthy');
});

t('a stop whose answer is lost is followed by a start', async () => {
  const { result, starts } = await scene({
    fail: (op) => (op === 'ec2:StopInstances' ? refusal(op, 'RequestTimeout', 'Transient') : undefined),
  });
  assert.is(starts.length, 1);
  assert.is(result.restored, true);
  assert.equal(result.outcome, 'refused');
});

t('a stop that AWS refuses for want of permission needs no start', async () => {
  const { result, starts } = await scene({
    fail: (op) => (op === 'ec2:StopInstances' ? refusal(op, 'UnauthorizedOperation', 'Denied') : undefined),
  });
  assert.equal(starts, []);
  assert.equal(result.outcome, 'refused');
  assert.match(result.problem, 'UnauthorizedOperation');
});

t('throttled starts are repeated', async () => {
  const { result, starts } = await scene({
    fail: (op, count) => (op === 'ec2:StartInstances' && count < 4 ? refusal(op, 'RequestLimitExceeded', 'Throttled') : undefined),
  });
  assert.is(starts.length, 4);
  assert.equal(result.outcome, 'recovered');
});

t('reads that fail or hang from the stop on never hold up the start', async () => {
  for (const behaviour of [
    { fail: (op: string, count: number) => (op.includes('Describe') && count > 25 ? refusal(op, 'Throttling', 'Throttled') : undefined) },
    { hang: (op: string, count: number) => op.includes('Describe') && count > 25 },
  ]) {
    const { result, starts } = await scene({ ...behaviour, recoverWithinMs: 30_000 });
    assert.equal(starts, [40]);
    assert.is(result.restored, true);
    assert.equal(result.outcome, 'not-recovered');
  }
});

t('nothing is stopped that cannot be looked at right before, or is not as it was', async () => {
  for (const behaviour of [
    { fail: (op: string, count: number) => (op.includes('Describe') && count > 2 ? refusal(op, 'Throttling', 'Throttled') : undefined) },
    { hang: (op: string, count: number) => op.includes('Describe') && count > 2 },
    { terminatedMs: 10_000 },
  ]) {
    const { result, stops } = await scene(behaviour);
    assert.equal(stops, []);
    assert.equal(result.outcome, 'not-started');
    assert.match(result.problem, /could not make sure|no longer exists/);
  }
});

t('a target that stays away is told after the bounded wait', async () => {
  const { result, endedAt } = await scene({ checkMs: 10_000_000, recoverWithinMs: 30_000 });
  assert.equal(result.outcome, 'not-recovered');
  assert.match(result.problem, 'initial');
  assert.ok(endedAt >= 70 && endedAt < 72, `ended at ${endedAt}`);
});

t('an instance that somebody ends meanwhile is not started again and again, and nothing is left to mend', async () => {
  for (const terminatedMs of [22_000, 41_000]) {
    const { result, starts, events, aws } = await scene({ terminatedMs, stopMs: 600_000 });
    assert.ok(starts.length <= 3, `${starts.length} starts`);
    assert.equal([result.outcome, result.restored], ['not-recovered', true]);
    assert.match(result.problem, 'was removed by somebody else');
    assert.match(JSON.stringify(events), 'there is nothing left to start');
    assert.ok(aws.calls.some(({ op }) => op === 'ec2:DeleteTags'));
  }
});

t('a start that did not hold is repeated', async () => {
  const { result, starts } = await scene({ firstStartLost: true });
  assert.is(starts.length, 2);
  assert.is(result.outcome, 'recovered');
});

t('the victim carries a tag before anything is done to it, until it is seen healthy', async () => {
  const { aws } = await scene();
  const order = aws.calls.filter(({ op }) => /Tags|(Start|Stop)Instances/.test(op));
  assert.equal(
    order.map(({ op }) => op),
    ['ec2:CreateTags', 'ec2:StopInstances', 'ec2:StartInstances', 'ec2:DeleteTags'],
  );
  const text = (order[0]?.input as { Tags?: { Key: string; Value: string }[] } | undefined)?.Tags?.[0];
  assert.is(text?.Key, 'albedo:fault');
  // The tag of this test's group is no ARN, so it is read with one.
  const mark = readMark((text?.Value ?? '').replace('arn:web', 'arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/1'));
  assert.equal([mark?.experiment, mark?.victim.instanceId, mark?.victim.port, mark?.run], ['stopInstance', 'i-victim', 8080, 'me@here']);
  assert.ok((mark?.until ?? 0) >= START + 39_000 && (mark?.until ?? 0) <= START + 41_000);
});

t('an interrupt leaves the tag for whoever sees to it that the victim gets healthy', async () => {
  const { aws } = await scene({ abortAt: 25_000 });
  assert.not.ok(aws.calls.some(({ op }) => op === 'ec2:DeleteTags'));
});

t('without a tag, or somebody who mends it whatever happens, nothing is stopped', async () => {
  const denied = await scene({ fail: (op) => (op === 'ec2:CreateTags' ? refusal(op, 'UnauthorizedOperation', 'Denied') : undefined) });
  const alone = await scene({ guardian: { arm: () => Promise.reject(new Error('no process')), disarm: () => undefined } });
  for (const { result, stops } of [denied, alone]) {
    assert.equal([stops, result.outcome], [[], 'not-started']);
    assert.match(result.problem, 'albedo could not make sure that web-1 (i-victim) will be started again');
  }
});

t('a tag that is still being set when another is refused is removed after it, and one that stays is told', async () => {
  const clock = simulatedClock(START);
  const tagged = new Set<string>();
  const scripted = async (denied: boolean) => {
    const aws = simulatedAws(clock);
    const notes: string[] = [];
    let sets = 0;
    const cloud: Cloud = {
      async call(op, input, options) {
        const [id = ''] = (input as { Resources?: string[] }).Resources ?? [];
        if (op === 'ec2:CreateTags') {
          if (sets++ === 0) throw refusal(op, 'UnauthorizedOperation', 'Denied');
          await clock.sleep(500);
          tagged.add(id);
          return {};
        }
        if (op === 'ec2:DeleteTags' && denied) throw refusal(op, 'UnauthorizedOperation', 'Denied');
        if (op === 'ec2:DeleteTags') tagged.delete(id);
        return aws.call(op, input, options);
      },
    };
    const result = await clock.run(
      disrupt({
        ...{ cloud, clock, experiment: stopInstance, settings: { at: 20, for: 20 }, startedAt: clock.now(), watchSeconds: 60 },
        victim: { ...victim, others: [{ instanceId: 'i-other', name: 'web-2', zone: 'b', port: 8080 }] },
        ...{ emit: () => undefined, note: (text: string) => void notes.push(text) },
      }),
    );
    assert.is(result.outcome, 'not-started');
    return notes;
  };
  assert.equal([await scripted(false), [...tagged]], [[], []]);
  const notes = await scripted(true);
  assert.equal([...tagged], ['i-other']);
  assert.match(notes.join(), /^the fault tag of web-1 \(i-victim\), web-2 \(i-other\) could not be removed: .*`albedo halt` removes it$/);
});

t('a removal of the tag that hangs is given up, and told', async () => {
  const { result, events, endedAt } = await scene({ hang: (op) => op === 'ec2:DeleteTags' });
  assert.is(result.outcome, 'recovered');
  assert.ok(endedAt <= 65, `ended at ${endedAt}`);
  assert.match(JSON.stringify(events), 'could not be removed: there was no answer within 5 s');
});

t('the guardian is told before the fault, and sent home when the victim is whole, not when an interrupt comes', async () => {
  const run = async (abortAt?: number) => {
    const told: string[] = [];
    const guardian = { arm: async () => void told.push('arm'), disarm: () => void told.push('disarm') };
    await scene({ guardian, ...(abortAt === undefined ? {} : { abortAt }) });
    return told;
  };
  assert.equal(await run(), ['arm', 'disarm']);
  assert.equal(await run(25_000), ['arm']);
});

t('a load that never begins stops nothing', async () => {
  const { result, stops } = await scene({ startedAt: Promise.reject(new Error('k6 failed')) });
  assert.equal(stops, []);
  assert.equal(result.outcome, 'not-started');
});

t.run();
