/** Small git repositories in folders of their own, with nothing of the machine's git set-up in them. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface TestRepository {
  readonly folder: string;
  git(...args: readonly string[]): string;
  /** Writes files and commits everything; the id of the commit. */
  commit(files: Readonly<Record<string, string>>): string;
  write(name: string, text: string): string;
  remove(): void;
}

const ENV = {
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
  GIT_AUTHOR_NAME: 'a',
  GIT_AUTHOR_EMAIL: 'a@example.org',
  GIT_COMMITTER_NAME: 'a',
  GIT_COMMITTER_EMAIL: 'a@example.org',
};

/** `from`: a clone of that one's last `depth` commits instead of an empty one. */
export function makeRepository(from?: { readonly folder: string; readonly depth: number }): TestRepository {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'albedo-git-')));
  const git = (...args: readonly string[]): string =>
    execFileSync('git', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...ENV } }).trim();
  if (from === undefined) git('init', '--quiet', '--initial-branch', 'main');
  else git('clone', '--quiet', `--depth=${from.depth}`, `file://${from.folder}`, '.');
  const write = (name: string, text: string): string => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  return {
    folder,
    git,
    write,
    commit(files) {
      for (const [name, text] of Object.entries(files)) write(name, text);
      git('add', '--all');
      git('commit', '--quiet', '--allow-empty', '--message', 'change');
      return git('rev-parse', 'HEAD');
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
