import * as assert from 'uvu/assert';
import { CloudError } from '../../../reconciler/errors.ts';
import { tellerOf } from '../../../reconciler/execute/tell.ts';
import { waitFor } from '../../../reconciler/execute/wait.ts';
import type { Json } from '../../../reconciler/model/json.ts';
import type { Until } from '../../../reconciler/plan/types.ts';
import type { Event } from '../../../reconciler/run/events.ts';
import { rejects } from '../../support/rejects.ts';
import { answering, refusal, step } from '../../support/scripted-cloud.ts';
import { steppedClock } from '../../support/stacks.ts';
import { suite } from '../../support/suite.ts';

const t = suite('execute/wait');

const UNTIL: Until = {
  path: 'List[].State',
  anyOf: ['healthy', 'draining'],
  failOn: ['dead'],
  atLeast: 1,
  goneIsDone: false,
  timeoutSeconds: 60,
  pollSeconds: 5,
  holdSeconds: 0,
  reasonPath: 'List[].Why',
};
const list = (...states: readonly string[]): Json => ({ List: states.map((State) => ({ State })) });

/** Waits through these answers, the last one for ever; a text is a refusal. */
function wait(until: Partial<Until>, ...answers: readonly (Json | string)[]) {
  const clock = steppedClock();
  const events: Event[] = [];
  const cloud = answering((op, _input, count) => {
    const answer = answers[Math.min(count, answers.length) - 1] ?? {};
    if (typeof answer === 'string') throw refusal(op, answer);
    return answer;
  });
  const waiter = step('w', { op: 'op:look' });
  const teller = tellerOf(
    waiter,
    clock,
    (event) => void events.push(event),
    () => '',
  );
  const made = new Set(['x']);
  const done = waitFor(waiter, { ...UNTIL, ...until }, { Id: 'x' }, { cloud, clock, teller, made, signal: new AbortController().signal });
  return { done, clock, events, cloud, polls: () => cloud.calls.length };
}
const texts = (events: readonly Event[]): string[] =>
  events.flatMap((event) => (event.kind === 'step-waiting' ? [`${event.seconds}: ${event.text}`] : []));

t('what holds already needs one look and no pause', async () => {
  const { done, polls, clock, cloud } = wait({}, list('healthy'));
  await done;
  assert.is(polls(), 1);
  assert.equal(clock.slept, []);
  assert.equal(
    [cloud.calls[0]?.op, cloud.calls[0]?.input, cloud.calls[0]?.options.poll, [...(cloud.calls[0]?.options.made ?? [])]],
    ['op:look', { Id: 'x' }, true, ['x']],
  );
});

t('looks again until all of them hold', async () => {
  const { done, polls, events } = wait({}, list(), list('initial', 'initial'), list('healthy', 'initial'), list('healthy', 'draining'));
  await done;
  assert.is(polls(), 4);
  assert.equal(
    texts(events).map((text) => text.slice(3)),
    ['not there', '2 initial', '1 healthy, 1 initial'],
  );
});

t('looks quickly at first, then at the pace of the thing', async () => {
  const { done, clock } = wait({ timeoutSeconds: 30 }, list('initial'));
  await rejects(done);
  assert.is(clock.slept[0], 1000);
  for (const [index, pause] of clock.slept.entries())
    assert.ok(pause <= 5000 && pause >= (clock.slept[index - 1] ?? 0), clock.slept.join());
  assert.is(clock.slept.at(-1), 5000);
});

t('fewer than must be there is not yet', async () => {
  const { done, polls } = wait({ atLeast: 2 }, list('healthy'), list('healthy', 'healthy'));
  await done;
  assert.is(polls(), 2);
});

t('no values asked for: any will do where some are asked for, none may be where not', async () => {
  const any = wait({ anyOf: [], atLeast: 1 }, list(), list('whatever'));
  await any.done;
  assert.is(any.polls(), 2);
  const none = wait({ anyOf: [], atLeast: 0 }, list('a', 'b'), list());
  await none.done;
  assert.is(none.polls(), 2);
  assert.equal(texts(none.events), ['0: there (2)']);
});

t('what can never hold any more ends the wait', async () => {
  const { done, polls } = wait({}, list('initial'), { List: [{ State: 'healthy' }, { State: 'dead', Why: 'out of power' }] });
  const error = await rejects<CloudError>(done, CloudError);
  assert.is(error.awsCode, 'WaitFailed');
  assert.is(error.message, 'it became dead (out of power), and cannot become healthy or draining from there');
  assert.is(polls(), 2);
});

t('the time is up: what was last seen is told', async () => {
  const { done, clock } = wait(
    { timeoutSeconds: 20 },
    {
      List: [
        { State: 'initial', Why: 'starting' },
        { State: 'initial', Why: 'starting' },
      ],
    },
  );
  const started = clock.now();
  const error = await rejects<CloudError>(done, CloudError);
  assert.is(error.awsCode, 'WaitTimeout');
  assert.match(error.message, /^after \d+ s it is still 2 initial \(starting\)$/);
  const took = (clock.now() - started) / 1000;
  assert.ok(took >= 19.5 && took <= 25.5, `${took}`);
});

t('what is waited for is named: which member, its state, its code and why', async () => {
  const paths = { reasonPath: 'List[].Health.Why', codePath: 'List[].Health.Code', whoPath: 'List[].Target', path: 'List[].Health.State' };
  const bad = { Target: { Id: 'i-0a', Port: 8080 }, Health: { State: 'unhealthy', Code: 'Target.Timeout', Why: 'Request timed out' } };
  const good = { Target: { Id: 'i-0b', Port: 8080 }, Health: { State: 'healthy' } };
  const { done, events } = wait(paths, { List: [good, bad] }, { List: [good] });
  await done;
  assert.equal(texts(events), ['0: 1 healthy, 1 unhealthy (i-0a 8080 unhealthy: Target.Timeout, Request timed out)']);
});

t('what no waiting mends ends the wait, once it is not of the moment', async () => {
  const until = { codePath: 'List[].Code', hopeless: { 'Target.NotRegistered': 60 }, timeoutSeconds: 900 };
  const out = { List: [{ State: 'unused', Code: 'Target.NotRegistered' }] };
  const { done, clock } = wait(until, out);
  const error = await rejects<CloudError>(done, CloudError);
  assert.is(error.awsCode, 'WaitFailed');
  assert.match(error.message, /unused.*waiting does not change that/);
  const waited = clock.slept.reduce((sum, ms) => sum + ms, 0) / 1000;
  assert.ok(waited >= 60 && waited <= 70, `${waited}`);
  // Of the moment: it comes into service after all.
  await wait(until, out, out, list('healthy')).done;
  // Another code is waited for as long as the row says.
  const slow = await rejects<CloudError>(
    wait({ ...until, timeoutSeconds: 100 }, { List: [{ State: 'initial', Code: 'Other' }] }).done,
    CloudError,
  );
  assert.is(slow.awsCode, 'WaitTimeout');
});

t('a condition must have held as long as it says', async () => {
  const { done, clock, polls } = wait({ holdSeconds: 3 }, list('healthy'));
  await done;
  assert.equal(clock.slept, [3000]);
  assert.is(polls(), 2);
});

t('one that broke in between begins anew', async () => {
  const { done, clock, polls } = wait({ holdSeconds: 3 }, list('healthy'), list('initial'), list('healthy'));
  await done;
  assert.is(polls(), 4);
  assert.equal(clock.slept.filter((pause) => pause === 3000).length, 2);
});

t('gone is done where it is to go, and an error else', async () => {
  const gone = wait({ goneIsDone: true, anyOf: ['terminated'], atLeast: 0 }, list('shutting-down'), 'InvalidInstanceID.NotFound');
  await gone.done;
  assert.is(gone.cloud.calls[0]?.options.made, undefined, 'not found is the answer, not "not yet"');
  const lost = await rejects<CloudError>(wait({}, 'InvalidInstanceID.NotFound').done, CloudError);
  assert.is(lost.awsCode, 'InvalidInstanceID.NotFound');
  const denied = await rejects<CloudError>(wait({ goneIsDone: true }, 'AccessDenied').done, CloudError);
  assert.is(denied.awsCode, 'AccessDenied');
});

t('a wait without reasons tells none; empty ones are passed over', async () => {
  const { done, events } = wait({ reasonPath: undefined as never }, { List: [{ State: 'initial', Why: 'x' }] }, list('healthy'));
  await done;
  assert.equal(texts(events), ['0: initial']);
  const empty = wait({}, { List: [{ State: 'initial', Why: '' }] }, list('healthy'));
  await empty.done;
  assert.equal(texts(empty.events), ['0: initial']);
});

t('many states are counted and stand in one order, whatever that of the answer', async () => {
  const { done, events } = wait({}, list('initial', 'unused', 'initial', 'healthy'), list('initial'), list('healthy'));
  await done;
  assert.equal(
    texts(events).map((text) => text.slice(3)),
    ['1 healthy, 2 initial, 1 unused', 'initial'],
  );
});

t.run();
