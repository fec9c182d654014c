/** docs/security.md: each cell of the table names a test that is there, or says who else sees to it. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.ts';

const ROOT = join(import.meta.dirname, '../../..');
const t = suite('the table of attackers');
const rows = readFileSync(join(ROOT, 'docs/security.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| **'))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
/** Where there is nothing to try: another one sees to it, or there is nothing to be had. */
const WITHOUT = /\(GitHub\)$|^no role$|^as above$/;

t('has a row for each attacker, and a cell for each thing they are after', () => {
  assert.ok(rows.length >= 6);
  for (const row of rows) assert.is(row.length, 5, row[0]);
});

for (const [attacker = '', ...cells] of rows)
  for (const [at, cell] of cells.entries())
    t(`${attacker} ${at + 1}: ${cell.slice(0, 50)}`, () => {
      const tests = [...cell.matchAll(/`((?:unit|workflows|contract|action|faults)\/[\w/-]+)`/g)].map(([, name = '']) => name);
      if (tests.length === 0) assert.match(cell, WITHOUT);
      for (const name of tests)
        assert.ok(existsSync(join(ROOT, `test/${name}.test.ts`)) || existsSync(join(ROOT, `test/${name}`)), `there is no test ${name}`);
    });

t.run();
