import { spawnSync } from 'node:child_process';
import { ReconcileError } from '../errors.ts';

/** What rolling back asks of a repository. Nothing here changes one, nor the working tree. */
export interface Repository {
  /** The full id of the commit that a branch, a tag or an id stands for; undefined when there is none. */
  commitOf(name: string): string | undefined;
  /** A file as it was at a commit, by its path from the folder the repository was opened in; undefined when it was not there. */
  textAt(commit: string, path: string): Uint8Array | undefined;
  /** The newest commit at or before this one that changed one of the files, along first parents: what a merge brought counts as one change. */
  lastChange(commit: string, ...paths: readonly string[]): string | undefined;
  /** Where two commits parted; undefined when they have no common one here. */
  mergeBase(one: string, other: string): string | undefined;
  /** What differs between a commit and the files that are there now, those git does not know yet among them. */
  changesSince(commit: string): Changes;
  /** The branch that is checked out; undefined on none. */
  branch(): string | undefined;
  /** Older history exists elsewhere and is not in this clone. */
  readonly shallow: boolean;
}

export interface Changes {
  /** Absolute path of the working tree, links resolved. */
  readonly root: string;
  /** Paths from the root, with `/`. A file that was renamed is deleted under its old name and changed under its new one. */
  readonly changed: readonly string[];
  readonly deleted: readonly string[];
}

/** Of a file that is read from a commit. */
const MOST_BYTES = 4 * 1024 * 1024;

/**
 * The repository that holds a folder, through the `git` command: its own ways of finding, trusting and reading it are the user's.
 * @throws ReconcileError `RollbackFailed` when there is no repository or no git.
 */
export function openRepository(folder: string): Repository {
  const run = (...args: readonly string[]): { readonly out: Uint8Array; readonly ok: boolean; readonly said: string } => {
    // As the user would run it, but for locks and questions: nothing is written, and nobody is there to answer.
    const { error, status, stdout, stderr } = spawnSync('git', ['--no-optional-locks', '-c', 'credential.interactive=false', ...args], {
      cwd: folder,
      maxBuffer: MOST_BYTES,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    if (error !== undefined && 'code' in error && error.code === 'ENOENT')
      throw new ReconcileError('RollbackFailed', 'git was not found, or the folder of the spec does not exist', {
        cause: error,
        hint: 'Install git and put it on the PATH: albedo reads the last good spec from the history.',
      });
    return { out: stdout, ok: error === undefined && status === 0, said: String(stderr ?? '').trim() };
  };
  const line = (...args: readonly string[]): string | undefined => {
    const { ok, out } = run(...args);
    const text = Buffer.from(out).toString('utf8').trim();
    return ok && text !== '' ? text : undefined;
  };

  const inside = run('rev-parse', '--is-inside-work-tree');
  if (!inside.ok)
    throw new ReconcileError('RollbackFailed', `the spec is not in a readable git repository (${inside.said.split('\n')[0]})`, {
      hint: 'Run albedo in a clone of the repository: it reads the last good spec from the history.',
    });
  return {
    shallow: line('rev-parse', '--is-shallow-repository') === 'true',
    // What begins with a hyphen would be an option to git.
    branch() {
      const name = line('rev-parse', '--abbrev-ref', 'HEAD');
      return name === 'HEAD' ? undefined : name;
    },
    commitOf: (name) => (/^-|\s/.test(name) ? undefined : line('rev-parse', '--verify', '--quiet', `${name}^{commit}`)),
    textAt(commit, path) {
      const { ok, out } = run('cat-file', 'blob', `${commit}:./${path}`);
      return ok ? out : undefined;
    },
    mergeBase: (one, other) => line('merge-base', one, other),
    changesSince(commit) {
      const root = line('rev-parse', '--show-toplevel') ?? folder;
      const list = (...args: readonly string[]): readonly string[] => {
        const { ok, out, said } = run('-C', root, ...args);
        if (!ok)
          throw new ReconcileError('SpecInvalid', `git cannot show what changed since ${commit.slice(0, 12)} (${said.split('\n')[0]})`);
        return Buffer.from(out)
          .toString('utf8')
          .split('\0')
          .filter((name) => name !== '');
      };
      const diff = (filter: string): readonly string[] =>
        list('diff', '--name-only', '--no-renames', '--no-ext-diff', '-z', `--diff-filter=${filter}`, commit, '--');
      return { root, changed: [...diff('d'), ...list('ls-files', '--others', '--exclude-standard', '-z')], deleted: diff('D') };
    },
    lastChange: (commit, ...paths) => line('--literal-pathspecs', 'log', '-1', '--first-parent', '--format=%H', commit, '--', ...paths),
  };
}
