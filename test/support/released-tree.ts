/** The project as a release has it: the working tree with its bundle, tagged by `scripts/release.sh`, cloned at the tag. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildBundle } from './action-bench.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const VERSION = '1.0.0';
const WHO = { GIT_AUTHOR_NAME: 'release', GIT_AUTHOR_EMAIL: 'release@example.com' };
const COMMITTER = { GIT_COMMITTER_NAME: 'release', GIT_COMMITTER_EMAIL: 'release@example.com' };

const git = (cwd: string, ...args: readonly string[]): string =>
  execFileSync('git', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...WHO, ...COMMITTER } });

/** Releases 1.0.0 within `folder`; answers the clone of `v1`, in which nothing was installed or built. */
export async function releasedTree(folder: string): Promise<string> {
  await buildBundle();
  const work = join(folder, 'work');
  git(folder, 'init', '--quiet', '--bare', 'remote.git');
  git(folder, 'clone', '--quiet', 'remote.git', 'work');
  for (const path of git(ROOT, 'ls-files', '-z', '--cached', '--others', '--exclude-standard').split('\0')) copy(path, work);
  edit(join(work, 'package.json'), /"version": "[^"]+"/, `"version": "${VERSION}"`);
  edit(join(work, 'CHANGELOG.md'), /^## Unreleased$/m, `## ${VERSION} - 2027-01-01`);
  git(work, 'add', '.');
  git(work, 'commit', '--quiet', '--message', 'sources');
  cpSync(join(ROOT, 'action/dist'), join(work, 'action/dist'), { recursive: true });
  execFileSync('bash', ['scripts/release.sh', VERSION], { cwd: work, stdio: 'pipe', env: { ...process.env, ...WHO, ...COMMITTER } });
  git(folder, 'clone', '--quiet', '--depth=1', '--branch', 'v1', `file://${join(folder, 'remote.git')}`, 'v1');
  return join(folder, 'v1');
}

function copy(path: string, to: string): void {
  if (path === '') return;
  mkdirSync(dirname(join(to, path)), { recursive: true });
  // A file that was deleted and is not committed yet is in git's list and not on the disk.
  cpSync(join(ROOT, path), join(to, path), { force: true, errorOnExist: false, verbatimSymlinks: true });
}

function edit(path: string, what: RegExp, to: string): void {
  writeFileSync(path, readFileSync(path, 'utf8').replace(what, to));
}
