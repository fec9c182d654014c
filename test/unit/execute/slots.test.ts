/** Who holds a slot of the executor, and who does not. */

import * as assert from 'uvu/assert';
import type { Step } from '../../../reconciler/plan/types.ts';
import { outcomes, planOfSteps, settle, start, step, waiting } from '../../support/scripted-cloud.ts';
import { suite } from '../../support/suite.ts';

const t = suite('execute/slots');

const UNTIL: Step['until'] = {
  path: 'State',
  anyOf: ['active'],
  failOn: [],
  atLeast: 1,
  goneIsDone: false,
  timeoutSeconds: 600,
  pollSeconds: 5,
  holdSeconds: 0,
};

const opsOf = (calls: readonly { readonly op: string }[]): readonly string[] => calls.map(({ op }) => op);

t('a step that AWS answered "not yet" holds no slot, also none of its operation', async () => {
  const cloud = waiting();
  const steps = ['a', 'b', 'c'].map((id) => step(id, { op: id === 'c' ? 'op:c' : 'op:delete' }));
  const { run } = start(planOfSteps(...steps), cloud, { width: 1, widthOf: (op) => (op === 'op:delete' ? 1 : undefined) });
  await settle();
  assert.equal(opsOf(cloud.calls), ['op:delete']);
  cloud.calls[0]?.options.onRetry?.({ code: 'DeleteConflict', attempt: 1, message: 'not now', waitMs: 200, since: 0, notYet: true });
  await settle();
  assert.equal(opsOf(cloud.calls), ['op:delete', 'op:delete']);
  cloud.calls[1]?.options.onRetry?.({ code: 'DeleteConflict', attempt: 1, message: 'not now', waitMs: 200, since: 0, notYet: true });
  await settle();
  assert.equal(opsOf(cloud.calls), ['op:delete', 'op:delete', 'op:c']);
  for (const call of cloud.calls) call.answer();
  assert.equal(outcomes(await run), { a: 'done', b: 'done', c: 'done' });
});

t('one that is throttled keeps its slot: more calls would not help', async () => {
  const cloud = waiting();
  const { run } = start(planOfSteps(step('a'), step('b')), cloud, { width: 1 });
  await settle();
  cloud.calls[0]?.options.onRetry?.({ code: 'Throttling', attempt: 1, message: 'not now', waitMs: 200, since: 0 });
  await settle();
  assert.equal(opsOf(cloud.calls), ['op:a']);
  cloud.calls[0]?.answer();
  await settle();
  cloud.calls[1]?.answer();
  assert.equal(outcomes(await run), { a: 'done', b: 'done' });
});

t('waits do not keep calls from starting, nor each other beyond the width', async () => {
  const cloud = waiting();
  const waits = ['w1', 'w2', 'w3'].map((id) => step(id, { effect: 'await', until: UNTIL }));
  const { run } = start(planOfSteps(...waits, step('a')), cloud, { width: 2 });
  await settle();
  assert.equal(opsOf(cloud.calls), ['op:w1', 'op:w2', 'op:a']);
  for (let index = 0; index < 4; index++) {
    cloud.calls[index]?.answer({ State: 'active' });
    await settle();
  }
  assert.is((await run).outcome, 'done');
});

t('a milestone is reached when all that it needs is done, and not when one of them failed', async () => {
  const milestones = [{ id: 'milestone:both', needs: ['a', 'b'] }];
  const planned = { ...planOfSteps(step('a'), step('b'), step('c', { needs: ['milestone:both'] })), milestones };
  const cloud = waiting();
  const { run } = start(planned, cloud);
  await settle();
  cloud.calls[0]?.answer();
  await settle();
  assert.equal(opsOf(cloud.calls), ['op:a', 'op:b']);
  cloud.calls[1]?.answer();
  await settle();
  assert.equal(opsOf(cloud.calls), ['op:a', 'op:b', 'op:c']);
  cloud.calls[2]?.answer();
  assert.is((await run).outcome, 'done');

  const broken = waiting();
  const second = start(planned, broken);
  await settle();
  broken.calls[0]?.answer();
  broken.calls[1]?.refuse('AccessDenied', 403);
  const ended = await second.run;
  assert.equal(outcomes(ended), { a: 'done', b: 'failed', c: 'skipped' });
  assert.is(ended.steps[2]?.because, 'b');
});

t.run();
