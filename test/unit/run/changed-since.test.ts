/** Which stacks a set of changed files is about. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as assert from 'uvu/assert';
import { changedSince, concernedBy, pathsIn } from '../../../reconciler/run/changed-since.ts';
import { hashing } from '../../../reconciler/run/pipeline.ts';
import type { NamedSpec } from '../../../reconciler/run/specs.ts';
import { suite } from '../../support/suite.ts';

const t = suite('changed since', {} as { folder: string; git: (...args: string[]) => string });

const SPECS = [
  {
    file: 'envs/a/web.yaml',
    beside: ['envs/a/policy.yaml', 'envs/a/environment.yaml'],
    named: ['envs/a/keys/site.pem'],
    script: 'k6/load.ts',
  },
  { file: 'envs/a/shop.yaml', beside: ['envs/a/policy.yaml', 'envs/a/environment.yaml'], named: ['envs/a/other.pem'], script: 'load.ts' },
  { file: 'envs/b/web.yaml', beside: ['envs/b/policy.yaml', 'envs/b/environment.yaml'], named: ['scripts/deep/own.js'], script: 'load.ts' },
] as const;

for (const [changed, concerned] of [
  [['envs/a/web.yaml'], ['envs/a/web.yaml']],
  [['envs/a/policy.yaml'], ['envs/a/web.yaml', 'envs/a/shop.yaml']],
  [['envs/b/environment.yaml'], ['envs/b/web.yaml']],
  [['envs/a/keys/site.pem'], ['envs/a/web.yaml']],
  [['k6/load.ts'], ['envs/a/web.yaml']],
  // What a script imports.
  [['k6/albedo.js'], ['envs/a/web.yaml']],
  [['scripts/deep/data.json'], ['envs/b/web.yaml']],
  // What it opens: its folder.
  [['k6/users.csv'], ['envs/a/web.yaml']],
  [['load.ts'], ['envs/a/shop.yaml', 'envs/b/web.yaml']],
  [['scripts/other.js', 'envs/c/web.yaml', 'envs/web.yaml', 'README.md'], []],
  [[], []],
] as const)
  t(`${changed.join(', ') || 'nothing'}: ${concerned.length}`, () => assert.equal([...concernedBy(SPECS, changed)], [...concerned]));

t('every text of a spec can name a file, wherever it stands', () => {
  const text = 'a: x.pem\nb: [./y.js, {c: "z z.pem"}]\nd: &e { f: g.ts }\nh: *e\nk.pem: 3\nlong: |\n  two\n  lines\n';
  const found = pathsIn(text);
  for (const path of ['x.pem', './y.js', 'z z.pem', 'g.ts']) assert.ok(found.includes(path), path);
  assert.not.ok(found.some((path) => path.includes('\n')));
  assert.equal(pathsIn('{'), []);
});

t.before.each((all) => {
  all.folder = realpathSync(mkdtempSync(join(tmpdir(), 'albedo-since-')));
  all.git = (...args) =>
    execFileSync('git', ['-c', 'user.name=ana', '-c', 'user.email=ana@example.com', '-c', 'init.defaultBranch=main', ...args], {
      cwd: all.folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  all.git('init');
});
t.after.each(({ folder }) => rmSync(folder, { recursive: true, force: true }));

const put = (folder: string, path: string, text: string): void => {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
};
const spec = (folder: string, path: string, text: string): NamedSpec => {
  put(folder, path, text);
  return {
    file: path,
    text: Buffer.from(text),
    bases: [],
    spec: { settings: { load: { script: 'k6/load.ts' } } } as never,
    policy: {},
    hashing,
  };
};

t(
  'in a repository: what is committed, changed, new or deleted since a branch parted, and nothing of what went on there',
  ({ folder, git }) => {
    const stack = (name: string, more = '') => `stack: ${name}\nregion: us-east-1\n${more}`;
    const web = spec(folder, 'envs/web.yaml', stack('web', 'certificates: { site: { files: { certificate: keys/site.pem } } }\n'));
    const shop = spec(folder, 'envs/shop.yaml', stack('shop'));
    put(folder, 'envs/keys/site.pem', 'one');
    put(folder, 'envs/old.yaml', stack('old'));
    put(folder, 'envs/not-a-spec.yaml', 'kind: Deployment\n');
    put(folder, 'elsewhere/gone.yaml', stack('gone'));
    git('add', '.');
    git('commit', '-m', 'one');
    git('branch', 'change');
    // main goes on.
    put(folder, 'envs/shop.yaml', stack('shop', 'tags: { a: b }\n'));
    put(folder, 'envs/theirs.yaml', stack('theirs'));
    git('add', '.');
    git('commit', '-m', 'two');
    git('checkout', 'change');
    const since = (ref = 'main', paths = ['envs']) => changedSince([web, shop], paths, ref, folder);
    assert.equal([since().concerned, since().gone], [[], []]);
    put(folder, 'envs/keys/site.pem', 'two');
    assert.equal(since().concerned, [web], 'a certificate, not committed');
    git('checkout', '--', '.');
    put(folder, 'envs/policy.yaml', 'maxDeletes: 1\n');
    assert.equal(since().concerned, [web, shop], 'a new policy that git does not know yet');
    rmSync(join(folder, 'envs/policy.yaml'));
    put(folder, 'environment.yaml', 'region: us-east-1\n');
    assert.equal(since().concerned, [web, shop], 'an environment above');
    rmSync(join(folder, 'environment.yaml'));
    for (const path of ['envs/old.yaml', 'envs/not-a-spec.yaml', 'elsewhere/gone.yaml']) rmSync(join(folder, path));
    assert.equal(since().gone, [{ file: 'envs/old.yaml', stack: 'old', region: 'us-east-1' }], 'below what was named, and a spec');
    assert.equal(
      since('main', ['.']).gone.map(({ stack: name }) => name),
      ['gone', 'old'],
    );
    git('mv', 'envs/shop.yaml', 'envs/store.yaml');
    const store = { ...shop, file: 'envs/store.yaml' };
    const moved = changedSince([web, store], ['envs'], 'main', folder);
    assert.equal([moved.concerned, moved.gone.map(({ file }) => file)], [[store], ['envs/old.yaml', 'envs/shop.yaml']]);
    assert.throws(() => since('nowhere'), /there is no commit `nowhere` here/);
    assert.throws(() => since('--output=x'), /there is no commit/);
  },
);

t('through a link to the folder, and from a folder below the root', ({ folder, git }) => {
  const web = spec(folder, 'deep/envs/web.yaml', 'stack: web\n');
  git('add', '.');
  git('commit', '-m', 'one');
  put(folder, 'deep/envs/web.yaml', 'stack: web\nregion: us-east-1\n');
  symlinkSync(join(folder, 'deep/envs'), join(folder, 'deep/link'));
  assert.is(changedSince([{ ...web, file: 'envs/web.yaml' }], ['envs'], 'HEAD', join(folder, 'deep')).concerned.length, 1);
  assert.is(changedSince([{ ...web, file: 'link/web.yaml' }], ['link'], 'HEAD', join(folder, 'deep')).concerned.length, 1);
});

t('outside of a repository: said', () => {
  const folder = mkdtempSync(join(tmpdir(), 'albedo-no-git-'));
  try {
    assert.throws(
      () => changedSince([], ['.'], 'main', folder),
      /--changed-since needs git, but the spec is not in a readable git repository/,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

t.run();
