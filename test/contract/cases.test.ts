/**
 * Small inputs that went wrong once (`../shared/cases`), each through the real command against the sandbox. What is right for each is
 * a row of `support/cases-rows.ts`; an input without a row fails. Where the folder is not there, nothing runs.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { type Case, inputs, isThere, openCase } from '../support/cases.ts';
import { exits } from '../support/cases-meddled.ts';
import { ROWS, type Row } from '../support/cases-rows.ts';
import { contractSuite } from '../support/contract-bench.ts';

const t = contractSuite('small inputs that went wrong', {
  dataplane: false,
  timings: { loadBalancerProvisioning: 50, interfaceLinger: 50, certificateVisible: 0, instancePending: 0 },
});

const same = (text: string): string => text;

async function held(row: Row, name: string, one: Case): Promise<void> {
  if (row.alone !== undefined) return row.alone(one);
  const { change = same, consent } = row;
  for (const earlier of row.after ?? []) exits(await one.run('apply --allow-drop *', earlier, change), 0);
  await row.before?.(one);
  const writes = () => one.sandbox.calls().filter(({ action }) => !/^(Describe|Get|List)/.test(action)).length;
  const before = writes();
  const wrong = row.invalid ?? row.refused;
  if (wrong !== undefined) {
    exits(await one.run('validate', name, change), row.invalid === undefined ? 0 : 1);
    exits(await one.run('apply', name, change), 1, wrong);
    assert.is(writes(), before, 'something was written');
    return;
  }
  const planned = await one.run('plan', name, change);
  const isHeldUp = consent !== undefined || row.denied !== undefined;
  exits(planned, isHeldUp ? 4 : row.same ? 0 : 2, ...(row.shows ?? []), consent?.[1] ?? row.denied ?? /./);
  if (row.not !== undefined) assert.not.match(planned.stdout + planned.stderr, row.not);
  if (isHeldUp) {
    exits(await one.run('apply', name, change), 4);
    assert.is(writes(), before, 'something was written');
    if (row.denied !== undefined) return;
  }
  exits(await one.run(`apply ${consent?.[0] ?? ''}`, name, change), 0);
  exits(await one.run('plan', name, change), 0);
  await row.then?.(one);
}

if (isThere) {
  for (const [name, row] of Object.entries(ROWS).filter(([, { heldBy }]) => heldBy === undefined))
    t(name, async (bench) => {
      const { one, close } = await openCase(bench);
      try {
        await held(row, name, one);
      } finally {
        close();
      }
    });
  t('every input has a row, and every row an input', () => {
    assert.equal(Object.keys(ROWS).sort(), [...inputs()].sort());
    for (const [name, { heldBy = name }] of Object.entries(ROWS))
      assert.ok(Object.hasOwn(ROWS, heldBy) || existsSync(join(import.meta.dirname, heldBy)), `${name}: nothing called ${heldBy}`);
  });
} else t('left out: ../shared/cases is not here', () => undefined);

t.run();
