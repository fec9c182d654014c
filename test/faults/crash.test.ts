/**
 * kill -9 of the real command just before and just after the effect of a call; then the same command again mends it. By
 * default a sample of the writes with its seed printed (`ALBEDO_SEED`); `ALBEDO_FAULTS=all` takes every write.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import type { Spoil } from '../../sandbox/faults.ts';
import { type Bench, callsSince, isWrite, planOnce, readStack, runOnce, startBench } from '../support/faults-bench.ts';
import { makePlace, type Place, startCommand, until } from '../support/faults-cli.ts';
import { seedForeign } from '../support/faults-foreign.ts';
import { checkStanding, choose, describe, type Expectation, seed } from '../support/faults-matrix.ts';
import { suite } from '../support/suite.ts';

const t = suite('kill -9 of an apply');
const spec = readStack();
const SAMPLE = 7;

let bench: Bench;
let place: Place;
let expected: Expectation;
let writes: readonly { readonly action: string; readonly nth: number }[] = [];
const census = { none: {}, all: {} };

t.before(async () => {
  bench = await startBench();
  place = makePlace();
  const foreign = await seedForeign('webserver');
  expected = { bench, foreign, untouched: await foreign.snapshot() };
  census.none = bench.sandbox.census();
  const from = bench.sandbox.calls().length;
  const clean = await runOnce(spec);
  assert.ok(clean.ok, describe(clean));
  census.all = bench.sandbox.census();
  const seen = new Map<string, number>();
  writes = callsSince(bench.sandbox, from)
    .filter(isWrite)
    .map(({ action }) => {
      const nth = (seen.get(action) ?? 0) + 1;
      seen.set(action, nth);
      return { action, nth };
    });
  assert.ok((await runOnce(spec, { mode: 'destroy' })).ok);
});
t.after(async () => {
  await bench.stop();
  place.remove();
});

/**
 * Has `at` called when the n-th call of an action has arrived and has had no effect yet; its answer decides what becomes
 * of it. What arrives later was sent by nobody any more: it is dropped, as a network would. `settle` resolves when all
 * that had arrived before is finished, since AWS finishes it whoever is there to hear, and takes the hook away.
 */
function onCall({ sandbox }: Bench, action: string, nth: number, at: () => Spoil | undefined): { settle(): Promise<void> } {
  const { faults } = sandbox;
  const next = faults.next;
  const recorded = sandbox.calls().length;
  let arrived = 0;
  let seen = 0;
  let over = false;
  faults.next = (service, name) => {
    arrived++;
    if (over) return { do: 'drop', when: 'before', holdMs: 0 };
    if (name !== action || ++seen !== nth) return next(service, name);
    over = true;
    return at();
  };
  return {
    async settle() {
      await sleep(50);
      await until('all calls finished', () => sandbox.calls().length - recorded === arrived);
      faults.next = next;
    },
  };
}

t(`whichever write it hits, the next apply converges (seed ${seed})`, async () => {
  const file = place.stack();
  const cases = choose(
    writes.flatMap((write) => [
      { ...write, effect: false },
      { ...write, effect: true },
    ]),
    SAMPLE,
  );
  const problems: string[] = [];
  for (const { action, nth, effect } of cases) {
    const what = `killed ${effect ? 'after' : 'before'} the effect of ${action} #${nth}`;
    // The lock that a killed run leaves has a test of its own (contract/lock).
    const command = startCommand(place, ['apply', file, '--quiet', '--no-lock'], bench.env);
    const hook = onCall(bench, action, nth, () => {
      command.child.kill('SIGKILL');
      return effect ? undefined : { do: 'drop', when: 'before', holdMs: 0 };
    });
    const ended = await command.ended;
    await hook.settle();
    try {
      assert.is(ended.signal, 'SIGKILL', `${what}: the call never came: ${ended.stderr}`);
      const again = await runOnce(spec);
      assert.ok(again.ok, `${what}: ${describe(again)}`);
      await checkStanding(what, spec, census.all, expected);
    } catch (thrown) {
      problems.push(thrown instanceof Error ? thrown.message : String(thrown));
    }
    for (let tries = 0; tries < 3 && !(await runOnce(spec, { mode: 'destroy' })).ok; tries++);
    assert.equal(bench.sandbox.census(), census.none, `${what}: destroying left something`);
  }
  process.stdout.write(`\n  ${cases.length} of ${writes.length * 2} crashes; ALBEDO_SEED=${seed} repeats them\n`);
  assert.equal(problems, []);
});

t('a gateway whose attachment was lost is attached before a route leads through it', async () => {
  bench.sandbox.faults.set([{ match: { action: 'AttachInternetGateway' }, times: 1, fault: 'denied' }]);
  assert.not.ok((await runOnce(spec)).ok);
  bench.sandbox.faults.set([]);
  const { plan } = await planOnce(spec);
  const attach = plan.steps.find((step) => step.op === 'ec2:AttachInternetGateway');
  const route = plan.steps.find((step) => step.op === 'ec2:CreateRoute');
  assert.ok(attach !== undefined && route !== undefined, 'the plan neither attaches nor routes');
  assert.ok(route?.needs.includes(attach?.id ?? ''), 'the route does not wait for the gateway to be attached');
  const again = await runOnce(spec);
  assert.ok(again.ok, describe(again));
  await checkStanding('a lost attachment', spec, census.all, expected);
});

t('a killed command leaves no process and no file', () => {
  assert.equal(place.left(), []);
});

t.run();
