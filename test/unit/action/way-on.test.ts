/** The way back after exit 3: one step for each case, and the one that works. */

import * as assert from 'uvu/assert';
import { type Differs, wayOn } from '../../../action/way-on.ts';
import { suite } from '../../support/suite.ts';

const t = suite('the way on');
const [old, fresh] = ['a'.repeat(40), 'b'.repeat(40)];
const at = (more: Partial<Differs>): string =>
  wayOn({ planned: old, now: old, run: 7, pull: 3, merged: true, digest: '0123456789abcdef', name: 'web', ...more });

const ROWS: readonly (readonly [string, Partial<Differs>, RegExp, RegExp])[] = [
  ['AWS has moved', {}, /Re-run all jobs” of run 7/, /by hand|Update branch/],
  ['the base of the plan is not known', { planned: '', now: fresh }, /Re-run all jobs” of run 7/, /by hand|Update branch/],
  [
    'the base has moved, and it is merged',
    { now: fresh },
    /aaaaaaa → bbbbbbb.*by hand with the digest web=0123456789ab\./,
    /Re-run all jobs|Update branch/,
  ],
  ['the base has moved, and it is open', { now: fresh, merged: false }, /Press “Update branch” of #3/, /Re-run all jobs|by hand/],
];
for (const [what, more, says, never] of ROWS)
  t(what, () => {
    assert.match(at(more), says);
    assert.not.match(at(more), never);
  });

t.run();
