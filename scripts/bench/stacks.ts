/** What many stacks cost: calls counted exactly at the sandbox, walls compared within one run. */

import type { ReadySpec } from '../../reconciler/config/read.ts';
import { observeLight } from '../../reconciler/observe/light.ts';
import type { Row } from './rows.ts';
import { command, counted, folderIn, hasty, type Looked, look, open, QUICK, quotas } from './stacks-folder.ts';
import { lives, throttled } from './stacks-life.ts';
import { startWorld } from './world.ts';

/** Objects of a stack whose tags take a call: load balancer, group, two listeners, five rules. */
const TAGGED = 9;

/** The least calls that a plan of `n` stacks takes: nine lists, six reads a stack, tags by twenty. */
const floorOf = (n: number): number => 9 + 6 * n + Math.ceil((TAGGED * n) / 20);

const told = ({ byAction }: Pick<Looked, 'byAction'>): string =>
  Object.entries(byAction)
    .sort(([, a], [, b]) => b - a)
    .slice(0, 6)
    .map(([action, count]) => `${count} ${action}`)
    .join(', ');

const count = (name: string, measured: number, limit: number, detail: string): Row => ({
  name,
  measured,
  limit,
  unit: 'calls',
  kind: 'count',
  detail,
});

/** `all`: five hundred stacks, too, which take minutes to make. */
export async function stacks({ all, say }: { readonly all: boolean; readonly say: (text: string) => void }): Promise<readonly Row[]> {
  const rows: Row[] = [];
  const world = await startWorld({ timings: QUICK, dataplane: false, quotas });
  try {
    const { grow } = folderIn(hasty(world));
    for (const n of all ? [1, 10, 50, 500] : [1, 10, 50]) {
      say(`making ${n} stack${n === 1 ? '' : 's'}`);
      const specs = await grow(n);
      say(`planning ${n}`);
      const whole = await look(world, specs);
      // A single stack is read by its parents throughout, and its own certificate is read, too: the tutorial's limit holds for it.
      rows.push(count(`stacks: no-op plan of ${n}`, whole.calls, n === 1 ? 20 : Math.floor(1.1 * floorOf(n)), told(whole)));
      rows.push({ ...count(`stacks: changes found in ${n}`, whole.changes, 0, 'nothing is to be done'), unit: '' });
      const last = specs.at(-1);
      if (last !== undefined) {
        const one = await look(world, [last]);
        rows.push(count(`stacks: one named of ${n}`, one.calls, 30, told(one)));
      }
      rows.push(await memory(specs));
      const before = (await world.calls()).length;
      const light = await observeLight(
        specs.map(({ stack }) => stack),
        open(world).cloud,
      );
      const cost = await counted(world, before);
      const wrong = light.filter(({ missing, extra, retagged }) => missing.length + extra.length + retagged.length > 0);
      rows.push(count(`stacks: light pass of ${n}`, cost.calls, 200, told(cost)));
      rows.push({ ...count(`stacks: light findings in ${n}`, wrong.length, 0, JSON.stringify(wrong[0] ?? '')), unit: '' });
    }
  } finally {
    await world.stop();
  }
  return [...rows, ...(await slowly(say)), ...(await lives(say)), ...(await throttled(say))];
}

async function memory(specs: readonly ReadySpec[]): Promise<Row> {
  const { peak, wall } = await command('plan', specs);
  const name = `stacks: memory of albedo plan of ${specs.length}`;
  return { name, measured: peak, limit: 300, unit: 'MB', kind: 'count', detail: `${wall.toFixed(1)} s` };
}

/** The same with 50 ms added to each call: how much of a wall fifty stacks take more than one. */
async function slowly(say: (text: string) => void): Promise<readonly Row[]> {
  const world = await startWorld({ timings: { ...QUICK, callDelay: 50 }, dataplane: false, quotas });
  try {
    const { grow } = folderIn(hasty(world));
    const rows: Row[] = [];
    for (const n of [1, 10, 50]) {
      say(`making ${n} stack${n === 1 ? '' : 's'}, 50 ms added to each call`);
      const specs = await grow(n);
      const { seconds, calls } = await look(world, specs);
      const limit = n === 50 ? 4 : n === 10 ? 2 : 1.5;
      rows.push({
        name: `stacks: wall of a no-op plan of ${n}, 50 ms a call`,
        measured: seconds,
        limit,
        unit: 's',
        kind: 'time',
        detail: `${calls} calls`,
      });
    }
    return rows;
  } finally {
    await world.stop();
  }
}
