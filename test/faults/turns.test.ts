/**
 * Two experiments in turn, ended from outside where no single one can show it: between the two, in the second, without its watchdog, and by the
 * end of k6. What stays is told by everything that a person may ask, and mended by the next command.
 */
import * as assert from 'uvu/assert';
import { runCommand, until } from '../support/faults-cli.ts';
import { wantsAll } from '../support/faults-matrix.ts';
import { type Live, startLive } from '../support/live-faults.ts';
import { suite } from '../support/suite.ts';

const t = suite('two in turn, ended from outside', {} as { live: Live });
const TWO = `load: { script: k6/load.ts, rate: 5/s, duration: 80s }
objectives: { errorRate: "< 90%" }
experiments:
  - stopInstance: { from: web, instance: web-1, at: 2s, for: 2s }
  - stopInstance: { from: web, instance: web-2, at: 3s, for: 30s }
`;
const SECOND = /experiment 2 of 2(.|\n)*web-2 is stopp/;

t.before(async (all) => {
  all.live = await startLive(TWO);
});
t.after(async ({ live }) => {
  await live.stop();
  live.place.remove();
});

async function whole({ bench, states, marks, place }: Live, what: string): Promise<void> {
  await until(`${what}: ${states()}, ${marks()} tags`, () => states() === 'running running' && marks() === 0, 60_000);
  await until('nothing runs any more', () => place.left().length === 0, 60_000);
  await bench.sandbox.settled();
}

for (const end of wantsAll ? (['SIGINT', 'SIGKILL'] as const) : [])
  t(`${end} between the two: nothing is broken any more, and the second never begins`, async ({ live }) => {
    await whole(live, 'at first');
    const { ended, says, signal, said } = live.verify();
    await says(/web-1 is running(.|\n)*target of web-1 is healthy/);
    signal(end);
    const { code } = await ended;
    if (end === 'SIGINT') assert.is(code, 130, said());
    await whole(live, 'after');
    assert.not.match(said(), /stopping web-2/);
    assert.is(live.bench.sandbox.census()['parameters'], 0);
  });

t('k6 is killed in the second: it is inconclusive, and the victim is put right', async ({ live }) => {
  await whole(live, 'at first');
  const { ended, says, said } = live.verify();
  await says(SECOND);
  const pid = Number(
    live.place
      .left()
      .find((line) => / run --quiet/.test(line))
      ?.split(' ')[0],
  );
  assert.ok(pid > 0, live.place.left().join('\n'));
  process.kill(pid, 'SIGKILL');
  const { code, stdout } = await ended;
  assert.is(code, 9, stdout + said());
  assert.match(stdout, /k6 ended as failed/);
  await whole(live, 'after');
});

t('the watchdog is killed in the second: albedo undoes it, and the run ends as usual', async ({ live }) => {
  await whole(live, 'at first');
  const { ended, says, said, signal } = live.verify();
  await says(SECOND);
  live.killWatchdog();
  signal('SIGINT');
  const { code } = await ended;
  assert.is(code, 130, said());
  await until(`it runs: ${live.states()}`, () => live.states() === 'running running', 30_000);
  // Nobody waits until it is healthy, so the tag stays and the next command finds it. The dead watchdog is not promised as help.
  assert.match(said(), 'the watchdog ended (SIGKILL): only this process will undo the fault of web-2');
  assert.match(said(), 'nobody waits any more until web-2 is healthy again. Run `albedo halt`');
  assert.not.match(said(), 'makes sure that the fault');
  const { bench, file, place } = live;
  const plan = await runCommand(place, ['plan', file], bench.env);
  assert.match(plan.stdout, 'web-2 was stopped in a load test');
  await bench.sandbox.settled();
  const halt = await runCommand(place, ['halt'], bench.env);
  assert.is(halt.code, 0, halt.stdout);
  await whole(live, 'after');
});

t('both are killed in the second: plan, drift and doctor tell it, halt starts it and lets go of it', async ({ live }) => {
  await whole(live, 'at first');
  const { bench, file, place, states, marks } = live;
  const { ended, says, signal } = live.verify();
  await says(SECOND);
  live.killWatchdog();
  signal('SIGKILL');
  await ended;
  await until(`it is stopped: ${states()}`, () => states() === 'running stopped', 30_000);
  assert.is(marks(), 1);
  for (const command of ['plan', 'drift', 'doctor']) {
    const told = await runCommand(place, [command, file], bench.env);
    assert.match(told.stdout + told.stderr, /web-2 was stopped in a load test/, command);
  }
  const halt = await runCommand(place, ['halt'], bench.env);
  assert.match(halt.stdout, /web-2 \(i-\w+\) was stopped and has been started again/);
  const apply = await runCommand(place, ['apply', file], bench.env);
  // The lock of a process that is gone holds nobody up.
  assert.is(apply.code, 0, apply.stdout + apply.stderr);
  await whole(live, 'after');
});

t.run();
