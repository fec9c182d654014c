/** The table of folders in CONTRIBUTING.md is that of the checkout. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.ts';

const t = suite('tooling/tree');
const ROOT = join(import.meta.dirname, '../../..');

/** Folders that a checkout has, as git tracks them. */
const tracked = (under: string): readonly string[] =>
  execFileSync('git', ['ls-files', '-z', '--', under], { cwd: ROOT, encoding: 'utf8', maxBuffer: 1 << 26 })
    .split('\0')
    .filter((path) => path !== '');
const foldersBelow = (under: string): readonly string[] => {
  const depth = under === '.' ? 0 : under.split('/').length;
  return [...new Set(tracked(under).flatMap((path) => (path.split('/').length > depth + 1 ? [path.split('/')[depth] ?? ''] : [])))];
};

t('the tree in CONTRIBUTING.md names every folder there is, and none that there is not', () => {
  const text = readFileSync(join(ROOT, 'CONTRIBUTING.md'), 'utf8');
  const rows =
    text
      .split('## The tree')[1]
      ?.split('\n## ')[0]
      ?.split('\n')
      .filter((line) => /^\| `/.test(line)) ?? [];
  // `reconciler/observe`, `plan`: the second is beside the first.
  const named = rows.flatMap((row) => {
    const names = [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
    const beside = names[0]?.includes('/') ? `${names[0].split('/')[0]}/` : '';
    return names.map((name) => (name.includes('/') ? name : `${beside}${name}`));
  });
  const there = [
    ...foldersBelow('.').filter((name) => !name.startsWith('.') && name !== 'reconciler'),
    ...foldersBelow('reconciler').map((name) => `reconciler/${name}`),
  ];
  assert.equal([...named].sort(), [...there].sort());
  const tests = rows.find((row) => row.startsWith('| `test`')) ?? '';
  for (const name of foldersBelow('test')) assert.ok(tests.includes(`\`${name}\``), `test/${name}`);
});

t.run();
