import * as assert from 'uvu/assert';
import type { Victim } from '../../../reconciler/chaos/types.ts';
import { CloudError } from '../../../reconciler/errors.ts';
import { type WatchdogMessage, watchOver } from '../../../reconciler/verify/watchdog.ts';
import { suite } from '../../support/suite.ts';
import { simulatedClock } from '../chaos/simulated.ts';

const t = suite('watchdog');
const victim: Victim = {
  ...{
    experiment: 'stopInstance',
    instanceId: 'i-victim',
    name: 'web-1',
    zone: 'a',
    port: 8080,
    group: 'web',
    groupArn: 'arn:web',
    seed: '',
  },
};
const START = 1_000_000;

/** What is told at which second, when the pipe ends, and for how long AWS refuses the start. */
async function scene(
  words: readonly [number, WatchdogMessage][],
  endsAt: number,
  more: { refuseUntil?: number; unreachableUntil?: number; lockRefused?: boolean } = {},
) {
  const clock = simulatedClock(START);
  let state = 'stopped';
  const second = (): number => (clock.now() - START) / 1000;
  const sent: string[] = [];
  const killed: string[] = [];
  const said: string[] = [];
  const tidied: string[] = [];
  const cloud = {
    call: async (op: string) => {
      await clock.sleep(20);
      if (second() < (more.unreachableUntil ?? 0)) throw new CloudError(op, 'ECONNREFUSED', 'Unreachable', 'no way');
      if (op === 'ec2:DescribeInstances') return { Reservations: [{ Instances: [{ InstanceId: 'i-victim', State: { Name: state } }] }] };
      if (op === 'elbv2:DescribeTargetHealth')
        return {
          TargetHealthDescriptions: [
            { Target: { Id: 'i-victim', Port: 8080 }, TargetHealth: { State: state === 'running' ? 'healthy' : 'unused' } },
          ],
        };
      sent.push(`${Math.round(second())} ${op}`);
      if (op === 'ec2:StartInstances') {
        if (second() < (more.refuseUntil ?? 0)) throw new CloudError(op, 'IncorrectInstanceState', 'Invalid', 'still stopping');
        state = 'running';
      }
      return {};
    },
  };
  async function* lines() {
    for (const [at, word] of words) {
      await clock.sleep(START + at * 1000 - clock.now());
      yield JSON.stringify(word);
    }
    await clock.sleep(START + endsAt * 1000 - clock.now());
  }
  let heard = 0;
  await clock.run(
    watchOver(lines(), {
      session: { cloud, clock, signal: new AbortController().signal } as never,
      say: (text) => void said.push(text),
      heard: () => void heard++,
      kill: (pid, signal) => void killed.push(`${Math.round(second())} ${signal} ${pid}`),
      releaseLock: async ({ stack, pid, host }) => {
        if (more.lockRefused) throw new Error('AccessDenied');
        tidied.push(`${Math.round(second())} lock of ${stack} (${pid} on ${host})`);
        return true;
      },
      remove: (folder) => void tidied.push(`${Math.round(second())} ${folder}`),
    }),
  );
  return { sent, killed, said, heard, tidied };
}

const ARM: WatchdogMessage = { arm: victim, until: START + 20_000 };

t('a pipe that ends while something is broken: it is mended at once, until it is seen healthy, and the tag is taken off', async () => {
  const { sent, said, heard } = await scene([[5, ARM]], 8);
  assert.equal(sent, ['8 ec2:StartInstances', '10 ec2:DeleteTags']);
  assert.match(said.join('\n'), 'web-1 (i-victim) was stopped and has been started again');
  assert.is(heard, 1);
});

t('an instance that is still stopping is tried until AWS takes the start; so is AWS while it cannot be reached', async () => {
  assert.is((await scene([[5, ARM]], 8, { refuseUntil: 40 })).sent.at(-1)?.split(' ')[1], 'ec2:DeleteTags');
  const { sent, said } = await scene([[5, ARM]], 8, { unreachableUntil: 60 });
  assert.ok(sent.some((each) => each.endsWith('StartInstances')));
  assert.match(said.join('\n'), 'no way');
});

const HOLDS: WatchdogMessage = { holds: { stack: 'shop', pid: 4711, host: 'here' } };
const FOLDER: WatchdogMessage = { folder: '/tmp/albedo-k6-abcdef' };

t('a run that is killed leaves no folder and no lock: they go once its victim is whole', async () => {
  const { sent, tidied, said } = await scene(
    [
      [1, HOLDS],
      [2, FOLDER],
      [5, ARM],
    ],
    8,
  );
  assert.is(sent.at(-1), '10 ec2:DeleteTags');
  assert.equal(tidied, ['10 /tmp/albedo-k6-abcdef', '10 lock of shop (4711 on here)']);
  assert.match(said.join('\n'), 'the lock of shop was released');
  const refused = await scene([[1, HOLDS]], 8, { lockRefused: true });
  assert.match(refused.said.join('\n'), 'the lock of shop could not be released; it will expire: AccessDenied');
});

t('a run that ends in order puts away what is its own', async () => {
  const { tidied } = await scene(
    [
      [1, HOLDS],
      [2, FOLDER],
      [3, { done: true }],
    ],
    8,
  );
  assert.equal(tidied, []);
});

t('a word about something else does not stop the clock of a fault', async () => {
  const { sent } = await scene(
    [
      [5, ARM],
      [6, FOLDER],
      [7, { minds: 7 }],
    ],
    200,
  );
  assert.is(sent[0], '80 ec2:StartInstances', 'a minute after its time');
});

t('what was disarmed, or never armed, is left alone', async () => {
  assert.equal(
    (
      await scene(
        [
          [5, ARM],
          [15, { disarm: true }],
        ],
        18,
      )
    ).sent,
    [],
  );
  assert.equal((await scene([], 18)).sent, []);
});

t('the one that breaks hangs: mended a minute after its time, and only once', async () => {
  const { sent } = await scene([[5, ARM]], 200);
  assert.equal(sent, ['80 ec2:StartInstances', '82 ec2:DeleteTags']);
});

t('k6 ends with the one that started it', async () => {
  assert.equal((await scene([[2, { minds: 77 }]], 4)).killed, ['4 SIGINT 77', '7 SIGKILL 77']);
  const { killed } = await scene(
    [
      [2, { minds: 76 }],
      [2, { minds: 77 }],
      [2, { minds: 78 }],
      [3, { ended: 76 }],
    ],
    4,
  );
  assert.equal(killed, ['4 SIGINT 77', '4 SIGINT 78', '7 SIGKILL 77', '7 SIGKILL 78']);
});

t.run();
