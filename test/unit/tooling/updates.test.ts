/** Whatever is pinned in a file of a package manager is offered in newer versions: `.github/dependabot.yml` names its folder. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import { suite } from '../../support/suite.ts';

const ROOT = join(import.meta.dirname, '../../..');
const MANIFESTS = { npm: 'package.json', pip: 'requirements.txt', gomod: 'go.mod' } as const;
/** Lines of Node, which move by hand with their digests. */
const BY_HAND = /^tools\/node\d+\//;
const t = suite('updates of what is pinned');

const files = execFileSync('git', ['ls-files', '-z'], { cwd: ROOT, encoding: 'utf8' }).split('\0');
const { updates } = parse(readFileSync(join(ROOT, '.github/dependabot.yml'), 'utf8')) as {
  readonly updates: readonly { readonly 'package-ecosystem': string; readonly directories: readonly string[] }[];
};
const foldersOf = (ecosystem: string): readonly string[] =>
  updates.filter((each) => each['package-ecosystem'] === ecosystem).flatMap(({ directories }) => directories);

for (const [ecosystem, name] of Object.entries(MANIFESTS))
  t(`every ${name}`, () => {
    const found = files
      .filter((file) => posix.basename(file) === name && !file.startsWith('test/') && !BY_HAND.test(file))
      .map((file) => posix.join('/', posix.dirname(file)));
    assert.ok(found.length > 0);
    assert.equal([...foldersOf(ecosystem)].sort(), found.sort());
  });

t('the actions that workflows and our own actions use', () => {
  assert.equal(foldersOf('github-actions'), ['/', '/.github/actions/*']);
});

t.run();
