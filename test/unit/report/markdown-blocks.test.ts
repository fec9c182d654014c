/** What stands side by side on a desk stands in lines on a phone: no table of a comment has more than three columns. */

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { table } from '../../../reconciler/report/markdown-blocks.ts';
import { suite } from '../../support/suite.ts';

const t = suite('tables of Markdown');

t('three columns are a table, more are a list', () => {
  assert.is(table(['a', 'b', 'c'], [['1', '2', '3']]), '| a | b | c |\n| --- | --- | --- |\n| 1 | 2 | 3 |');
  assert.is(table(['a', 'b', 'c', 'd'], [['1', '2', '', '4']]), '- **1**: b 2 · d 4');
  assert.is(
    table(
      ['', 'check', 'found', 'got'],
      [
        ['✅', 'x', 'y', ''],
        ['', 'z', '', ''],
      ],
    ),
    '- ✅ **x**: found y\n- **z**',
  );
  assert.is(table(['a', 'b', 'c', ''], [['1', '', '', 'left']]), '- **1**: left');
});

t('no comment has a wider one', () => {
  const folder = fileURLToPath(new URL('./comments/', import.meta.url));
  for (const name of readdirSync(folder))
    for (const line of readFileSync(`${folder}${name}`, 'utf8').split('\n'))
      if (line.startsWith('| ')) assert.ok(line.split(/(?<!\\)\|/).length - 2 <= 3, `${name}: ${line}`);
});

t.run();
