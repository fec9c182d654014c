import * as assert from 'uvu/assert';
import { answering, outcomes, planOfSteps, refusal, settle, start, step, waiting } from '../../support/scripted-cloud.ts';
import { suite } from '../../support/suite.ts';

const t = suite('execute');

const ops = (calls: readonly { readonly op: string }[]): string[] => calls.map((call) => call.op);

t('an empty plan is done at once', async () => {
  const { run, events } = start(
    planOfSteps(),
    answering(() => ({})),
  );
  assert.equal((await run).steps, []);
  assert.is((await run).outcome, 'done');
  assert.equal(events, []);
});

t('steps run when what they need is done, and side by side else', async () => {
  const cloud = waiting();
  const { run } = start(planOfSteps(step('a'), step('b'), step('c', { needs: ['a'] }), step('d', { needs: ['b', 'c'] })), cloud);
  await settle();
  assert.equal(ops(cloud.calls), ['op:a', 'op:b']);
  cloud.calls[0]?.answer();
  await settle();
  assert.equal(ops(cloud.calls), ['op:a', 'op:b', 'op:c']);
  cloud.calls[2]?.answer();
  await settle();
  assert.is(cloud.calls.length, 3, 'd needs b too');
  cloud.calls[1]?.answer();
  await settle();
  cloud.calls[3]?.answer();
  assert.equal(outcomes(await run), { a: 'done', b: 'done', c: 'done', d: 'done' });
});

t('no more at once than the width', async () => {
  const cloud = waiting();
  const { run } = start(planOfSteps(...Array.from({ length: 30 }, (_, index) => step(`s${index}`))), cloud, { width: 3 });
  for (let done = 0; done < 30; done++) {
    await settle();
    assert.is(cloud.calls.length, Math.min(30, done + 3));
    cloud.calls[done]?.answer();
  }
  assert.is((await run).outcome, 'done');
});

t('twelve at once when nothing is said', async () => {
  const cloud = waiting();
  const { run } = start(planOfSteps(...Array.from({ length: 20 }, (_, index) => step(`s${index}`))), cloud);
  await settle();
  assert.is(cloud.calls.length, 12);
  for (let done = 0; done < 20; done++) {
    cloud.calls[done]?.answer();
    await settle();
  }
  await run;
});

t('no more of one operation than its own width, and others meanwhile', async () => {
  const cloud = waiting();
  const same = Array.from({ length: 4 }, (_, index) => step(`s${index}`, { op: 'op:same' }));
  const { run } = start(planOfSteps(...same, step('other')), cloud, { widthOf: (op) => (op === 'op:same' ? 2 : undefined) });
  await settle();
  assert.equal(ops(cloud.calls), ['op:same', 'op:same', 'op:other']);
  cloud.calls[0]?.answer();
  await settle();
  assert.equal(ops(cloud.calls).slice(3), ['op:same']);
  for (const call of cloud.calls) call.answer();
  await settle();
  for (const call of cloud.calls) call.answer();
  await settle();
  for (const call of cloud.calls) call.answer();
  assert.is((await run).outcome, 'done');
});

t('a failure skips what needs it, near and far, and lets the rest finish', async () => {
  const cloud = answering((op) => {
    if (op === 'op:bad') throw refusal(op, 'ValidationError');
    return {};
  });
  const plan = planOfSteps(
    step('bad'),
    step('child', { needs: ['bad'] }),
    step('grandchild', { needs: ['child'] }),
    step('free'),
    step('later', { needs: ['free'] }),
  );
  const { run, events } = start(plan, cloud);
  const result = await run;
  assert.equal(outcomes(result), { bad: 'failed', child: 'skipped', grandchild: 'skipped', free: 'done', later: 'done' });
  assert.is(result.outcome, 'failed');
  assert.equal(
    result.steps.filter((entry) => entry.outcome === 'skipped').map((entry) => entry.because),
    ['bad', 'bad'],
    'because of the step that failed',
  );
  assert.equal(result.steps[0]?.error, { code: 'ValidationError', message: 'ValidationError of op:bad' });
  assert.equal(events.filter((event) => event.kind === 'step-skipped').length, 2);
  assert.equal(events.filter((event) => event.kind === 'step-failed').length, 1);
  assert.equal(ops(cloud.calls), ['op:bad', 'op:free', 'op:later']);
});

t('after a failure no destroy starts, one under way ends', async () => {
  const cloud = waiting();
  const { run } = start(
    planOfSteps(step('bad'), step('going', { effect: 'destroy' }), step('gone', { effect: 'destroy', needs: ['slow'] }), step('slow')),
    cloud,
  );
  await settle();
  cloud.calls[0]?.refuse('ValidationError');
  await settle();
  cloud.calls[1]?.answer();
  cloud.calls[2]?.answer();
  const result = await run;
  assert.equal(outcomes(result), { bad: 'failed', going: 'done', gone: 'skipped', slow: 'done' });
  assert.is(result.steps[2]?.because, 'bad');
});

t('a destroy that waited for its turn does not get it after a failure', async () => {
  const cloud = answering((op) => {
    if (op === 'op:bad') throw refusal(op, 'ValidationError');
    return {};
  });
  const { run } = start(planOfSteps(step('bad'), step('waiting', { effect: 'destroy' }), step('other')), cloud, { width: 1 });
  assert.equal(outcomes(await run), { bad: 'failed', waiting: 'skipped', other: 'done' });
  assert.equal(ops(cloud.calls), ['op:bad', 'op:other']);
});

t('what is no answer of AWS is a defect and says so', async () => {
  const { run } = start(
    planOfSteps(step('a')),
    answering(() => {
      throw new TypeError('boom');
    }),
  );
  assert.equal((await run).steps[0]?.error, { code: 'Internal', message: 'boom' });
  const odd = start(
    planOfSteps(step('a')),
    answering(() => {
      throw 'a text';
    }),
  );
  assert.equal((await odd.run).steps[0]?.error, { code: 'Internal', message: 'a text' });
});

t('what one step gives, later ones get', async () => {
  const known: (readonly string[])[] = [];
  const cloud = answering((op, _input, _count, { made }) => {
    known.push([...(made ?? [])]);
    return op === 'op:vpc' ? { Vpc: { VpcId: 'vpc-1', Arn: 'arn:x/app/web/1' } } : {};
  });
  const maker = step('vpc', {
    effect: 'create',
    input: { other: 'subnet-0123456789abcdef0' },
    address: 'vpc/main',
    outputs: { id: 'Vpc.VpcId', path: 'Vpc.Arn|x/', none: 'Vpc.None' },
  });
  const user = step('user', {
    needs: ['vpc'],
    input: { a: [{ $ref: 'vpc/main.id' }], b: { $ref: 'vpc/main.path' }, c: null, d: { $deferred: 'key' } },
  });
  const { run } = start(planOfSteps(maker, user), cloud);
  assert.is((await run).outcome, 'done');
  assert.equal(cloud.calls[1]?.input, { a: ['vpc-1'], b: 'app/web/1', c: null, d: 'deferred key' });
  assert.equal(
    known,
    [[], ['vpc-1', 'app/web/1']],
    'what is made in this run may be unknown for a while; what a create names is as it was',
  );
});

t('what an update names is changed, but for its tags', async () => {
  const known: (readonly string[])[] = [];
  const cloud = answering((_op, _input, _count, { made }) => {
    known.push([...(made ?? [])]);
    return {};
  });
  const attach = step('attach', { effect: 'update', input: { VpcId: 'vpc-0123456789abcdef0', Words: 'no id' } });
  const tags = step('tags', { op: 'ec2:CreateTags', effect: 'update', needs: ['attach'], input: { Resources: ['i-0123456789abcdef0'] } });
  await start(planOfSteps(attach, tags, step('last', { needs: ['tags'] })), cloud).run;
  assert.equal(known, [[], ['vpc-0123456789abcdef0'], ['vpc-0123456789abcdef0']]);
});

t('a reference that nothing gave is a defect of the plan', async () => {
  const { run } = start(
    planOfSteps(step('user', { input: { $ref: 'vpc/main.id' } })),
    answering(() => ({})),
  );
  assert.match((await run).steps[0]?.error?.message ?? '', /user needs vpc\/main\.id, but no earlier step returned it/);
});

t('without a way to look, no code is believed', async () => {
  const cloud = answering((op) => {
    throw refusal(op, op === 'op:a' ? 'InvalidPermission.Duplicate' : 'TargetGroupNotFound');
  });
  const { run } = start(planOfSteps(step('a'), step('b', { effect: 'destroy' })), cloud, {
    doneCodes: () => ['InvalidPermission.Duplicate'],
  });
  assert.equal(outcomes(await run), { a: 'failed', b: 'failed' });
  assert.match((await run).steps[0]?.error?.message ?? '', /AWS answered InvalidPermission\.Duplicate, and albedo cannot check/);
});

t('aborted before it begins: nothing is called', async () => {
  const cloud = answering(() => ({}));
  const signal = AbortSignal.abort(new Error('no'));
  const { run } = start(planOfSteps(step('a')), cloud, { signal });
  assert.equal(outcomes(await run), { a: 'cancelled' });
  assert.is((await run).outcome, 'cancelled');
  assert.is(cloud.calls.length, 0);
});

t('aborted on the way: no further step, and a write under way is answered', async () => {
  const cloud = waiting();
  const { run, abort, journal } = start(planOfSteps(step('a'), step('b', { needs: ['a'] })), cloud);
  await settle();
  abort();
  await settle();
  assert.is(cloud.calls[0]?.options.signal?.aborted, false, 'cut off later, if at all');
  cloud.calls[0]?.answer();
  const result = await run;
  assert.equal(outcomes(result), { a: 'done', b: 'cancelled' });
  assert.is(result.outcome, 'cancelled');
  assert.equal(journal.at(-1), { event: 'run', outcome: 'cancelled' });
});

t('aborted while it waits: the wait ends at once', async () => {
  const cloud = waiting();
  const until = { path: 'a', anyOf: ['x'], failOn: [], atLeast: 1, goneIsDone: false, timeoutSeconds: 60, pollSeconds: 5, holdSeconds: 0 };
  const { run, abort } = start(planOfSteps(step('w', { effect: 'await', until })), cloud);
  await settle();
  abort();
  assert.equal(outcomes(await run), { w: 'cancelled' });
});

t('aborted between two tries: the last refusal is told', async () => {
  const controller = new AbortController();
  const cloud = answering((_op, _input, _count, options) => {
    options.onRetry?.({ code: 'DependencyViolation', message: 'The subnet has dependencies', attempt: 1, waitMs: 10_000, since: 0 });
    controller.abort(new Error('stopped'));
    throw controller.signal.reason;
  });
  const { run, events } = start(planOfSteps(step('a')), cloud, { signal: controller.signal });
  const result = await run;
  assert.equal(outcomes(result), { a: 'cancelled' });
  assert.equal(result.steps[0]?.error, { code: 'DependencyViolation', message: 'The subnet has dependencies' });
  assert.equal(
    events.flatMap((event) => (event.kind === 'step-cancelled' ? [event.text] : [])),
    ['DependencyViolation: The subnet has dependencies'],
  );
});

t('aborted while AWS refuses: that is told as a failure', async () => {
  const cloud = waiting();
  const { run, abort } = start(planOfSteps(step('a')), cloud);
  await settle();
  abort();
  cloud.calls[0]?.refuse('ValidationError');
  assert.equal(outcomes(await run), { a: 'failed' });
});

t('retries of the cloud are told and counted', async () => {
  const cloud = answering((_op, _input, _count, options) => {
    options.onRetry?.({ code: 'Throttling', message: 'Rate exceeded', attempt: 1, waitMs: 200, since: 0, throttled: true });
    options.onRetry?.({ code: 'Throttling', message: 'Rate exceeded', attempt: 2, waitMs: 400, since: 0, throttled: true });
    return {};
  });
  const { run, events } = start(planOfSteps(step('a')), cloud);
  assert.is((await run).steps[0]?.attempts, 3);
  assert.equal(
    events.flatMap((event) => (event.kind === 'step-retrying' ? [[event.code, event.attempt, event.waitMs]] : [])),
    [
      ['Throttling', 1, 200],
      ['Throttling', 2, 400],
    ],
  );
  assert.equal(
    events.flatMap((event) => (event.kind === 'step-retrying' ? [[event.text, event.line]] : [])),
    [
      ['throttled by AWS (Throttling) since 00:00:00 UTC, 0 of 1 steps are done', true],
      ['throttled by AWS (Throttling) since 00:00:00 UTC, 0 of 1 steps are done', false],
    ],
  );
});

t('events count up, the journal has a line for each beginning and end', async () => {
  const { run, events, journal } = start(
    planOfSteps(step('a'), step('b', { needs: ['a'] })),
    answering(() => ({})),
  );
  await run;
  assert.equal(
    events.map((event) =>
      event.kind === 'step-started'
        ? `start ${event.step.id} ${event.running}/${event.done}/${event.total}`
        : event.kind === 'step-done'
          ? `done ${event.step.id} ${event.done}/${event.total}`
          : event.kind,
    ),
    ['start a 1/0/2', 'done a 1/2', 'start b 1/1/2', 'done b 2/2'],
  );
  assert.equal(
    journal.map((entry) => `${entry['event']} ${entry['step'] ?? entry['outcome']}`),
    ['start a', 'done a', 'start b', 'done b', 'run done'],
  );
  assert.not.match(JSON.stringify(journal), /deferred|input/);
});

t('times are those of the clock', async () => {
  const clockless = answering(() => ({}));
  const { run, clock } = start(planOfSteps(step('a')), clockless);
  const result = await run;
  assert.is(result.startedAt, clock.now());
  assert.is(result.steps[0]?.startedAt, clock.now());
  assert.is(result.endedAt, clock.now());
});

t.run();
