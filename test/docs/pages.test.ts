/** What a page outside the tutorial shows after `$` is what is printed. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { blocksOf, DOCUMENTS, fits, textOf } from '../support/documents.ts';
import { type Bench, startBench } from '../support/faults-bench.ts';
import { suite } from '../support/suite.ts';
import { openShell, type, writeTitled } from '../support/typed.ts';

const t = suite<{ bench: Bench; folder: string }>('docs: pages');

t.before(async (context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'albedo-pages-'));
  context.bench = await startBench();
});
t.after(async ({ bench, folder }) => {
  await bench?.stop();
  rmSync(folder, { recursive: true, force: true });
});

t('a page that shows something else than what is printed is found', async ({ folder }) => {
  assert.ok(fits('a\n…\nd', 'a\nb\nc\nd\n'));
  assert.ok(fits('is … s\n…', 'is 7 s\n'));
  assert.not.ok(fits('a', 'b'));
  assert.not.ok(fits('a', 'a\nb'));
  assert.not.ok(fits('…\nd', 'a\nb'));
  const shell = openShell(folder, join(folder, 'tried'), process.env);
  await type(shell, 'page', { language: 'console', title: undefined, line: 1, body: '$ echo one; exec sleep 60\none\n^C\n' });
  await type(shell, 'page', { language: 'console', title: undefined, line: 1, body: '$ echo export A=b\n…\n$ echo $A\nb\n' });
  let wrong = '';
  await type(shell, 'page', { language: 'console', title: undefined, line: 7, body: '$ echo one\ntwo\n' }).catch(({ message }) => {
    wrong = message;
  });
  assert.match(wrong, /page:7: echo one\nshows:\ntwo\n\nprinted:\none/);
});

for (const file of DOCUMENTS) {
  const blocks = blocksOf(textOf(file));
  if (file.startsWith('docs/tutorial/') || !blocks.some(({ language }) => language === 'console')) continue;
  t(`${file}: what is typed prints what is shown`, async ({ bench, folder }) => {
    const shell = openShell(folder, join(folder, file.replaceAll('/', '-')), bench.env);
    for (const block of blocks) {
      writeTitled(shell, block);
      if (block.language === 'console') await type(shell, file, block);
    }
  });
}

t.run();
