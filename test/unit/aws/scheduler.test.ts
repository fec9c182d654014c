/** AWS's pace: token buckets shared by everything in a run, urgency, penalties, and what is told of a long wait. */

import * as assert from 'uvu/assert';
import { OPERATIONS } from '../../../reconciler/aws/operations.ts';
import { bucketsOf } from '../../../reconciler/aws/rates.ts';
import { type Pace, paced } from '../../../reconciler/aws/scheduler.ts';
import type { Event } from '../../../reconciler/run/events.ts';
import type { Clock } from '../../../reconciler/run/port.ts';
import { settle } from '../../support/scripted-cloud.ts';
import { suite } from '../../support/suite.ts';

const t = suite('aws/scheduler');

/** Time that only the test moves. */
function manualClock(): Clock & { advance(ms: number): Promise<void> } {
  let now = 0;
  const sleeping = new Set<{ readonly at: number; readonly wake: () => void }>();
  return {
    now: () => now,
    random: () => 0.5,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const entry = { at: now + ms, wake: resolve };
        sleeping.add(entry);
        signal?.addEventListener('abort', () => {
          sleeping.delete(entry);
          reject(signal.reason);
        });
      }),
    async advance(ms) {
      const until = now + ms;
      for (;;) {
        await settle();
        const next = [...sleeping].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
        if (next === undefined) break;
        now = next.at;
        sleeping.delete(next);
        next.wake();
      }
      now = until;
      await settle();
    },
  };
}

function bench(pace: Pace = 0.5, most?: number) {
  const clock = manualClock();
  const events: Event[] = [];
  const scheduler = paced({ clock, emit: (event) => void events.push(event), pace, ...(most === undefined ? {} : { most }) });
  const sent: string[] = [];
  const ask = (name: string, op: string, access: 'read' | 'write' = 'read', how: { background?: boolean; signal?: AbortSignal } = {}) =>
    scheduler.enter(op, access, how).then((leave) => {
      sent.push(name);
      leave();
    });
  const askMany = (count: number, op: string, access: 'read' | 'write' = 'read') => {
    for (let at = 0; at < count; at++) void ask(`${op} ${at}`, op, access);
  };
  return { clock, events, scheduler, sent, ask, askMany };
}

t('every operation counts in a bucket, and every family of reads in one that writes do not empty', () => {
  for (const [op, { access }] of Object.entries(OPERATIONS)) assert.ok(bucketsOf(op, access).length > 0, op);
  assert.equal(
    bucketsOf('elbv2:CreateLoadBalancer', 'write').map(({ name }) => name),
    ['elbv2', 'elbv2 balancers'],
  );
  assert.is(bucketsOf('nowhere:Call', 'read').length, 0);
});

t('a small run waits for nothing; then half of what AWS refills', async () => {
  const { clock, sent, askMany } = bench();
  askMany(20, 'elbv2:DescribeTags');
  await settle();
  assert.is(sent.length, 20, 'half of 40');
  askMany(11, 'elbv2:DescribeTags');
  await clock.advance(1000);
  assert.is(sent.length, 25, 'half of 10 a second');
  await clock.advance(1200);
  assert.is(sent.length, 31);
});

t('a share of the whole account is twice as fast, and no share of it has no bucket', async () => {
  const whole = bench(1);
  whole.askMany(60, 'elbv2:DescribeTags');
  await whole.clock.advance(1000);
  // 40 deep and 10 a second; half a second's worth stays back, since AWS's bucket refills only from the arrival of the first call on.
  assert.is(whole.sent.length, 45);
  const none = bench('unlimited');
  none.askMany(500, 'elbv2:DescribeTags');
  await settle();
  assert.is(none.sent.length, 500);
});

t('all calls of the service share a bucket, other services have theirs', async () => {
  const { clock, sent, askMany } = bench();
  askMany(20, 'elbv2:DescribeTags');
  askMany(1, 'elbv2:AddTags', 'write');
  askMany(10, 'ec2:DescribeVpcs');
  await settle();
  assert.is(sent.length, 30, 'the write waits with the reads');
  await clock.advance(250);
  assert.is(sent.at(-1), 'elbv2:AddTags 0');
});

t('a write goes before reads that wait, and these before those in the background', async () => {
  const { clock, sent, ask, askMany } = bench();
  askMany(20, 'elbv2:DescribeTags');
  await settle();
  void ask('background', 'elbv2:DescribeTags', 'read', { background: true });
  void ask('read', 'elbv2:DescribeTags');
  void ask('write', 'elbv2:AddTags', 'write');
  await clock.advance(2000);
  assert.equal(sent.slice(20), ['write', 'read', 'background']);
});

t('what waits for a slow bucket holds nobody of another up', async () => {
  const { clock, sent, askMany } = bench();
  askMany(6, 'elbv2:CreateLoadBalancer', 'write');
  askMany(3, 'elbv2:DescribeTags');
  await settle();
  assert.is(sent.length, 8, 'five load balancers and the reads');
  await clock.advance(10_000);
  assert.is(sent.length, 9, 'one in ten seconds at half of 0.2 a second');
});

t('a refusal halves the rate for a minute, beginning empty', async () => {
  const { clock, sent, scheduler, askMany } = bench();
  scheduler.refused('elbv2:DescribeTags', 'read');
  askMany(400, 'elbv2:DescribeTags');
  await clock.advance(10_000);
  assert.is(sent.length, 25, 'half of 5 a second');
  await clock.advance(50_000);
  assert.is(sent.length, 150);
  await clock.advance(10_000);
  assert.is(sent.length, 200, 'after the minute');
});

t('elsewhere than at AWS nothing is held back until it refuses', async () => {
  const { clock, sent, scheduler, askMany } = bench('once refused');
  askMany(100, 'elbv2:DescribeTags');
  await settle();
  assert.is(sent.length, 100);
  scheduler.refused('elbv2:DescribeTags', 'read');
  askMany(100, 'elbv2:DescribeTags');
  askMany(50, 'ec2:DescribeVpcs');
  await clock.advance(2000);
  assert.is(sent.length, 155, 'the family that refused is paced, the other is not');
});

t('calls under way are bounded', async () => {
  const { scheduler, sent } = bench('unlimited', 2);
  const leaves: (() => void)[] = [];
  for (const name of ['a', 'b', 'c'])
    void scheduler.enter('ec2:DescribeVpcs', 'read', {}).then((leave) => {
      sent.push(name);
      leaves.push(leave);
    });
  await settle();
  assert.equal(sent, ['a', 'b']);
  leaves[0]?.();
  leaves[0]?.();
  await settle();
  assert.equal(sent, ['a', 'b', 'c'], 'one that ends twice makes room once');
});

t('who is interrupted while waiting takes nothing', async () => {
  const { clock, sent, ask, askMany } = bench();
  askMany(20, 'elbv2:DescribeTags');
  const controller = new AbortController();
  const reason = new Error('stopped');
  const waiting = ask('given up', 'elbv2:DescribeTags', 'read', { signal: controller.signal }).catch((thrown: unknown) => thrown);
  const after = ask('after', 'elbv2:DescribeTags');
  await settle();
  controller.abort(reason);
  assert.is(await waiting, reason);
  await clock.advance(200);
  await after;
  assert.equal(sent.slice(20), ['after']);
});

t('a long wait is told, a short one is not', async () => {
  const { clock, events, askMany } = bench();
  askMany(30, 'elbv2:DescribeTags');
  await clock.advance(2500);
  assert.equal(events, []);
  askMany(60, 'elbv2:DescribeTags');
  await clock.advance(5000);
  assert.is(events.length, 1);
  const [event] = events;
  assert.is(event?.kind, 'pace');
  assert.match(
    event?.kind === 'pace' ? event.text : '',
    /^waiting for AWS's rate limit: all calls of Elastic Load Balancing, \d+ calls to go$/,
  );
  await clock.advance(4000);
  assert.is(events.length, 1, 'not again so soon');
});

t.run();
