/** Creating and destroying many stacks with the command, and planning them at AWS's published rates. */

import { bucketsOf } from '../../reconciler/aws/rates.ts';
import type { ReadySpec } from '../../reconciler/config/read.ts';
import type { Row } from './rows.ts';
import { command, folderIn, hasty, look, QUICK, quotas } from './stacks-folder.ts';
import { startWorld, type World } from './world.ts';

const READ = /^(Describe|Get|List)/;
const MANY = 10;
/** Enough that AWS's rates, and not this machine, are what takes the time. */
const THROTTLED = 50;

interface Life {
  readonly writes: number;
  readonly wall: number;
}

/** One command over the folder, and the writes that it took. The lock's parameter is no part of a stack. */
async function lived(world: World, name: string, specs: readonly ReadySpec[]): Promise<Life> {
  const before = (await world.calls()).length;
  const { wall } = await command(name, specs);
  const calls = (await world.calls()).slice(before);
  return { writes: calls.filter(({ action, service }) => service !== 'ssm' && !READ.test(action)).length, wall };
}

/** One stack takes the fewest writes there are; ten may take ten times that, and three times its wall. 50 ms are added to each call. */
export async function lives(say: (text: string) => void): Promise<readonly Row[]> {
  const world = await startWorld({ timings: { ...QUICK, callDelay: 50 }, dataplane: false, quotas });
  try {
    const folder = folderIn(hasty(world));
    await folder.grow(1);
    const rows: Row[] = [];
    const one: Record<string, Life> = {};
    for (const n of [1, MANY])
      for (const name of ['apply', 'destroy']) {
        say(`${name} of ${n}, 50 ms added to each call`);
        const life = await lived(world, name, folder.more(1, 1 + n));
        const first = (one[name] ??= life);
        if (n === 1) continue;
        const what = `stacks: ${name} of ${n}`;
        rows.push(
          {
            name: `${what}: writes`,
            measured: life.writes,
            limit: Math.floor(1.05 * n * first.writes),
            unit: 'calls',
            kind: 'count',
            detail: `${first.writes} for one`,
          },
          {
            name: `${what}: wall to that of one`,
            measured: life.wall / first.wall,
            limit: 3,
            unit: '×',
            kind: 'time',
            detail: `${life.wall.toFixed(1)} s against ${first.wall.toFixed(1)} s`,
          },
        );
      }
    return rows;
  } finally {
    await world.stop();
  }
}

/** With the published token buckets switched on, and all of them to ourselves. */
export async function throttled(say: (text: string) => void): Promise<readonly Row[]> {
  const world = await startWorld({ timings: QUICK, dataplane: false, quotas });
  try {
    say(`making ${THROTTLED} stacks`);
    const specs = await folderIn(hasty(world)).grow(THROTTLED);
    await world.throttle(true);
    say(`planning ${THROTTLED} at AWS's rates`);
    const { seconds, refused, byAction, calls } = await look(world, specs, 1);
    const allowed = fewestSeconds(byAction);
    return [
      {
        name: `stacks: refusals in a plan of ${THROTTLED} at AWS's rates`,
        measured: refused,
        limit: 1,
        unit: '',
        kind: 'count',
        detail: `${calls} calls`,
      },
      {
        name: `stacks: wall of it to what the rates allow`,
        measured: seconds / allowed,
        limit: 1.1,
        unit: '×',
        kind: 'time',
        detail: `${seconds.toFixed(1)} s against ${allowed.toFixed(1)} s`,
      },
    ];
  } finally {
    await world.stop();
  }
}

/** Seconds until the slowest bucket has given a token to each call. */
function fewestSeconds(byAction: Readonly<Record<string, number>>): number {
  const wanted = new Map<string, { readonly depth: number; readonly refill: number; calls: number }>();
  for (const [op, calls] of Object.entries(byAction))
    for (const { name, bucket } of bucketsOf(op, 'read')) {
      const entry = wanted.get(name) ?? { ...bucket, calls: 0 };
      entry.calls += calls;
      wanted.set(name, entry);
    }
  return Math.max(...[...wanted.values()].map(({ depth, refill, calls }) => (calls - depth) / refill));
}
