/** What a release puts into the repository, tried on one of its own with a remote beside it. */

import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const t = suite('a release', {} as { folder: string });

t.before.each((all) => {
  all.folder = mkdtempSync(join(tmpdir(), 'albedo-release-'));
  git(all.folder, 'init', '--quiet', '--bare', 'remote.git');
  git(all.folder, 'clone', '--quiet', 'remote.git', 'work');
  const at = (path: string): string => join(all.folder, 'work', path);
  for (const folder of ['scripts', 'action']) mkdirSync(at(folder));
  cpSync(join(ROOT, 'scripts/release.sh'), at('scripts/release.sh'));
  writeFileSync(at('.gitignore'), '/action/dist/\n');
  git(at(''), 'add', '.');
  git(at(''), 'commit', '--quiet', '--message', 'sources');
  git(at(''), 'push', '--quiet', 'origin', 'HEAD:refs/heads/main');
});
t.after.each(({ folder }) => rmSync(folder, { recursive: true, force: true }));

const IDENTITY = ['-c', 'user.name=a', '-c', 'user.email=a@example.com'];
function git(cwd: string, ...args: readonly string[]): string {
  return execFileSync('git', [...IDENTITY, ...args], { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}

interface Options {
  /** What package.json says. */
  readonly written?: string;
  readonly bundle?: boolean;
  /** What CHANGELOG.md has a heading for. */
  readonly changes?: string;
}

/** Runs the script on the tip of main, with a bundle that names its version. */
function release(folder: string, version: string, { written = version, bundle = true, changes = version }: Options = {}) {
  const work = join(folder, 'work');
  git(work, 'checkout', '--quiet', '--force', '--detach', 'origin/main');
  writeFileSync(join(work, 'package.json'), JSON.stringify({ version: written }));
  writeFileSync(join(work, 'CHANGELOG.md'), `# Changelog\n\n## ${changes} - 2026-01-01\n`);
  rmSync(join(work, 'action/dist'), { recursive: true, force: true });
  if (bundle) {
    mkdirSync(join(work, 'action/dist'), { recursive: true });
    writeFileSync(join(work, 'action/dist/main.js'), version);
    writeFileSync(join(work, 'action/dist/THIRD-PARTY-LICENSES.txt'), 'licences');
  }
  const env = { ...process.env, GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a@b.c', GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a@b.c' };
  const { status, stdout, stderr } = spawnSync('bash', ['scripts/release.sh', version], { cwd: work, encoding: 'utf8', env });
  return { status, out: stdout.trim(), err: stderr.trim() };
}
const inRemote = (folder: string, ...args: readonly string[]): string => git(join(folder, 'remote.git'), ...args);

t('its tag and that of its major version hold the bundle, and no branch does', ({ folder }) => {
  const { status, out, err } = release(folder, '1.0.0');
  assert.is(status, 0, err);
  const commit = inRemote(folder, 'rev-parse', 'v1.0.0');
  assert.is(out, `v1.0.0 ${commit} v1`);
  assert.is(inRemote(folder, 'rev-parse', 'v1'), commit);
  assert.is(inRemote(folder, 'show', 'v1:action/dist/main.js'), '1.0.0');
  assert.is(inRemote(folder, 'show', 'v1:action/dist/THIRD-PARTY-LICENSES.txt'), 'licences');
  assert.is(inRemote(folder, 'rev-parse', 'v1^'), inRemote(folder, 'rev-parse', 'main'));
  assert.not.match(inRemote(folder, 'ls-tree', '-r', '--name-only', 'main'), 'dist');
});

t('v1 goes with the newest of its kind, by number and not by time', ({ folder }) => {
  for (const [version, newest] of [
    ['1.2.0', '1.2.0'],
    ['1.10.0', '1.10.0'],
    ['1.9.1', '1.10.0'],
    ['2.0.0', '1.10.0'],
    ['1.10.1', '1.10.1'],
  ] as const) {
    assert.is(release(folder, version).status, 0, version);
    assert.is(inRemote(folder, 'show', `v1:action/dist/main.js`), newest, version);
  }
  assert.is(inRemote(folder, 'show', 'v2:action/dist/main.js'), '2.0.0');
});

t('what is wrong is refused, and nothing is pushed', ({ folder }) => {
  for (const [version, options, says] of [
    ['1.0', {}, 'is no version'],
    ['v1.0.0', {}, 'is no version'],
    ['1.0.0-rc.1', {}, 'is no version'],
    ['01.0.0', {}, 'is no version'],
    ['1.0.0', { written: '0.9.0' }, 'package.json says 0.9.0'],
    ['1.0.0', { bundle: false }, 'action/dist/main.js is missing'],
    ['1.0.0', { changes: '1.0.01' }, 'CHANGELOG.md has no heading "## 1.0.0"'],
    ['1.0.0', { changes: 'Unreleased' }, 'CHANGELOG.md has no heading "## 1.0.0"'],
  ] as const) {
    const { status, err } = release(folder, version, options);
    assert.is(status, 1, version);
    assert.match(err, says);
  }
  assert.is(inRemote(folder, 'tag'), '');
  assert.is(release(folder, '1.0.0').status, 0);
  const before = inRemote(folder, 'for-each-ref');
  const again = release(folder, '1.0.0');
  assert.match(again.err, 'v1.0.0 is there already');
  assert.is(inRemote(folder, 'for-each-ref'), before);
});

/** Calls of node, npm and sudo that a job of this kind makes, in order; everything but its calls is as on a runner. */
function installed(folder: string, { bundle = true, ...env }: { bundle?: boolean; SANDBOX?: string; LOAD?: string }): string[] {
  const home = mkdtempSync(join(folder, 'job-'));
  const at = (path: string): string => join(home, path);
  for (const each of ['.github/actions/ready', 'bin', ...(bundle ? ['action/dist'] : [])]) mkdirSync(at(each), { recursive: true });
  cpSync(join(ROOT, '.github/actions/ready/install.sh'), at('.github/actions/ready/install.sh'));
  if (bundle) writeFileSync(at('action/dist/main.js'), '');
  // What load tests need is beside the action.
  mkdirSync(at('scripts'));
  writeFileSync(at('scripts/setup.mjs'), '');
  for (const name of ['node', 'npm', 'sudo', 'haproxy'])
    writeFileSync(at(`bin/${name}`), `#!/bin/sh\necho ${name} "$@" >> "${at('calls')}"\n`, { mode: 0o755 });
  writeFileSync(at('calls'), '');
  const PATH = `${at('bin')}:${process.env['PATH']}`;
  execFileSync('bash', [at('.github/actions/ready/install.sh')], { env: { ...process.env, ...env, PATH } });
  return readFileSync(at('calls'), 'utf8').split('\n').slice(0, -1);
}

t('a job installs only what it needs: nothing for a plan on AWS from a release', ({ folder }) => {
  assert.equal(installed(folder, {}), []);
  assert.equal(installed(folder, { LOAD: 'true' }), ['node scripts/setup.mjs --quiet --only k6']);
  assert.equal(installed(folder, { SANDBOX: 'true', LOAD: 'true' }), ['node scripts/setup.mjs --quiet']);
  assert.equal(installed(folder, { bundle: false }), [
    'npm ci --ignore-scripts --no-audit --no-fund --loglevel=error',
    'node scripts/build.mjs',
  ]);
});

t('set-up of one part is about that part, and one it does not know is an error', () => {
  const setUp = (...args: readonly string[]) =>
    spawnSync(process.execPath, ['scripts/setup.mjs', '--check', ...args], { cwd: ROOT, encoding: 'utf8' });
  const { stderr } = setUp('--only', 'k6');
  assert.match(stderr, /k6/);
  assert.not.match(stderr, /packages|python|haproxy/);
  const unknown = setUp('--only', 'nothing');
  assert.is(unknown.status, 1);
  assert.match(unknown.stderr, 'knows no part nothing');
  assert.is(setUp('--only').status, 1);
});

t.run();
