/**
 * A load test that is ended from outside, by every signal and in every phase: no instance stays stopped, no tag, no lock and no folder stays, k6 is gone, and
 * nobody has to know that something went wrong for that.
 */

import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { until } from '../support/faults-cli.ts';
import { wantsAll } from '../support/faults-matrix.ts';
import { type Live, startLive } from '../support/live-faults.ts';
import { LIVE } from '../support/spec-text.ts';
import { suite } from '../support/suite.ts';

const t = suite('ended from outside', {} as { live: Live });
/** Lasts longer than any wait for its end. */
const LOAD = 'load: { script: k6/load.ts, rate: 5/s, duration: 500s }\nobjectives: { errorRate: "< 90%" }\n';
const STOP = `${LOAD}chaos: { stopInstance: { from: web, at: 3s, for: 5s } }\n`;

t.before(async (all) => {
  all.live = await startLive(STOP);
});
t.after(async ({ live }) => {
  await live.stop();
  live.place.remove();
});

const PHASES = [
  { phase: 'before the stop', says: /requests\/s for/, waitMs: 2500 },
  { phase: 'while it is stopped', says: /web-\d is stopping/, waitMs: 500 },
  { phase: 'at the undo', says: /starting web-\d/, waitMs: 0 },
  { phase: 'in the recovery', says: /starting web-\d(.|\n)*web-\d is running/, waitMs: 0 },
] as const;
const ENDS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGKILL', 'SIGKILL of the group', 'second SIGINT'] as const;

/** Ends `verify` of a spec once it is so far, and looks whether all is as it was before. */
async function endIt(
  live: Live,
  spec: string,
  end: (typeof ENDS)[number],
  reached: RegExp | (() => boolean),
  waitMs: number,
): Promise<string> {
  const { bench, place, states, marks } = live;
  await until('the group is whole', () => states() === 'running running');
  await bench.sandbox.settled();
  // Several k6 where nobody is left to end them but the watchdog.
  const { child, ended, said, signal, says } = live.verify(end.startsWith('SIGKILL') ? ['--shards', '2'] : [], spec);
  if (reached instanceof RegExp) await says(reached);
  else await until('it is so far', () => reached() || child.exitCode !== null);
  assert.is(child.exitCode, null, said());
  await sleep(waitMs);
  const pid = child.pid ?? 0;
  if (end === 'SIGKILL of the group') process.kill(-pid, 'SIGKILL');
  else if (end === 'second SIGINT') {
    signal('SIGINT');
    await says(/albedo: stopping/);
    signal('SIGINT');
  } else signal(end);
  await ended;
  // The bound of the fault, the boot and two checks of health.
  await until(`all is whole again: ${states()}, ${marks()} tags: ${said()}`, () => states() === 'running running' && marks() === 0);
  await until('nothing runs any more', () => place.left().length === 0).catch(() => undefined);
  assert.equal(place.left(), []);
  // The next run needs no --break-lock, and no folder stays.
  assert.is(bench.sandbox.census()['parameters'], 0);
  assert.equal(
    readdirSync(place.tmp).filter((name) => name.startsWith('albedo-')),
    [],
  );
  return said();
}

for (const { phase, says, waitMs } of PHASES)
  for (const end of ENDS) {
    const usual =
      phase === 'while it is stopped'
        ? ['SIGHUP', 'SIGKILL of the group', 'second SIGINT']
        : phase === 'in the recovery'
          ? ['SIGKILL']
          : [];
    if (!wantsAll && !usual.includes(end)) continue;
    t(
      `${end}, ${phase}: nothing stays stopped, tagged or running`,
      async ({ live }) => void (await endIt(live, live.file, end, says, waitMs)),
    );
  }

for (const end of ['SIGKILL', 'SIGTERM'] as const)
  t(`${end} while the load script is asked for its options: k6 ends with it, and nothing was broken`, async ({ live }) => {
    const { place } = live;
    place.file('slow.js', 'for (const until = Date.now() + 500000; Date.now() < until; );\nexport default function () {}\n');
    const spec = place.file('slow.yaml', LIVE + STOP.replace('k6/load.ts', 'slow.js'));
    const asks = (): boolean => place.left().some((line) => / run .*albedo-k6-\w+\/script\.tar$/.test(line));
    assert.not.match(await endIt(live, spec, end, asks, 300), /stopping web-/);
  });

for (const end of ['SIGKILL', 'SIGTERM'] as const)
  t(`${end} in the second of three experiments: its victim is put right, and the third never begins`, async ({ live }) => {
    const fault = (name: string, seconds: number): string => `  - ${name}: { from: web, at: 1s, for: ${seconds}s }\n`;
    const three = `experiments:\n${fault('deregisterTarget', 1)}${fault('stopInstance', 20)}${fault('deregisterTarget', 1)}`;
    const spec = live.place.file('three.yaml', LIVE + LOAD + three);
    const told = await endIt(live, spec, end, /experiment 2 of 3: stopInstance(.|\n)*stopping web-\d(.|\n)*web-\d is stop/, 500);
    assert.not.match(told, /experiment 3 of 3/);
  });

t.run();
