/**
 * Files of a commit as data: they are read from git's objects and written as plain files into a folder outside of the checkout. Nothing
 * that git would do for a checkout happens: no link is made, no filter, hook or submodule of the tree runs.
 */

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { type Problem, ReconcileError } from '../reconciler/errors.ts';
import { pathWithin, writePlain } from '../reconciler/run/plain-file.ts';

/** Specs, policies, scripts and certificates; a larger file is none of them. */
const LARGEST = 1024 * 1024;
/** Of all files together. */
const MOST_BYTES = 128 * 1024 * 1024;

interface Entry {
  readonly path: string;
  readonly mode: string;
  readonly sha: string;
}

/**
 * From here on the working folder is a new one with the files of the commit, and git works on the repository that the old one is of.
 * Throws `SpecInvalid` where a link lies where the specs do, `SpecNotFound` where the checkout does not hold the commit.
 */
export function enterCommit(ref: string, specs: readonly string[]): void {
  const gitDir = git('rev-parse', '--absolute-git-dir').toString('utf8').trim();
  const folder = mkdtempSync(join(process.env['RUNNER_TEMP'] || tmpdir(), 'albedo-commit-'));
  unpackCommit(ref, folder, specs);
  Object.assign(process.env, { GIT_DIR: gitDir, GIT_WORK_TREE: folder });
  process.chdir(folder);
}

/** The first parent of the commit that is read; empty where there is none, or it is not here. */
export function baseOf(commit: string): string {
  const { status, stdout } = spawnSync('git', [
    'rev-parse',
    '--verify',
    '--quiet',
    '--end-of-options',
    `${commit === '' ? 'HEAD' : commit}^1`,
  ]);
  return status === 0 ? stdout.toString('utf8').trim() : '';
}

/** Writes the files of a commit into a folder. Those that are too large are left out, and after them what is beyond the limit. */
export function unpackCommit(ref: string, folder: string, specs: readonly string[]): void {
  if (!/^[\w./^~@-]{1,200}$/.test(ref) || ref.startsWith('-'))
    throw new ReconcileError('SpecInvalid', `${ref} is not the name of a commit`, { hint: 'Give a commit, such as HEAD^1 or a full SHA.' });
  const entries = listed(ref);
  const near = specs.map((spec) => posix.normalize(spec.replaceAll('\\', '/')).replace(/\/$/, ''));
  const concerns = ({ path }: Entry): boolean =>
    near.some((spec) => spec === '.' || path === spec || path.startsWith(`${spec}/`) || spec.startsWith(`${path}/`));
  const links = entries.filter((entry) => entry.mode === '120000' || entry.mode === '160000').filter(concerns);
  if (links.length > 0) {
    const problems = links.map(
      ({ path, mode }): Problem => ({
        ...{ file: path, line: 1, column: 1, path: '', severity: 'error' },
        message: `This is a ${mode === '160000' ? 'submodule' : 'link'} in the commit, which albedo does not follow.`,
        hint: 'Put the file itself here.',
      }),
    );
    throw new ReconcileError('SpecInvalid', `${links.length} link${links.length === 1 ? '' : 's'} among the specs of ${ref}`, {
      cause: { problems, sources: new Map() },
    });
  }
  const files = entries
    .filter(({ mode }) => mode === '100644' || mode === '100755')
    .sort((a, b) => Number(concerns(b)) - Number(concerns(a)));
  let bytes = 0;
  const sizes = sizesOf(files);
  const wanted = files.filter((_, at) => {
    const size = sizes[at];
    if (size === undefined || size > LARGEST) return false;
    bytes += size;
    return bytes <= MOST_BYTES;
  });
  const contents = contentsOf(wanted);
  for (const [at, { path }] of wanted.entries()) {
    const content = contents[at];
    if (content === undefined) throw new ReconcileError('SpecNotFound', `the checkout does not contain ${path} of ${ref}`, { hint: HINT });
    writePlain(pathWithin(folder, ...path.split('/')), content);
  }
  // Where the repository ends: environments above a spec are looked for up to here, and nothing beyond it is read (`extends`).
  mkdirSync(join(folder, '.git'), { recursive: true });
}

const HINT = 'Check out with fetch-depth: 2 (HEAD^1 is then the base of a pull request), or with fetch-depth: 0.';

function listed(ref: string): Entry[] {
  const ask = (): Buffer => git('ls-tree', '-r', '-z', '--full-tree', ref);
  let out: Buffer;
  try {
    try {
      out = ask();
    } catch (error) {
      if (!/^[0-9a-f]{40}$/.test(ref)) throw error;
      git('fetch', '--quiet', '--no-tags', '--depth=1', 'origin', ref);
      out = ask();
    }
  } catch (cause) {
    throw new ReconcileError('SpecNotFound', `the checkout does not contain ${ref} (${messageOf(cause)})`, { cause, hint: HINT });
  }
  return out
    .toString('utf8')
    .split('\0')
    .flatMap((line): Entry[] => {
      const [, mode = '', sha = '', path = ''] = /^(\d{6}) \w+ ([0-9a-f]{40,64})\t(.+)$/s.exec(line) ?? [];
      // Git does not check these out either (verify_path); an object that somebody made by hand may hold them.
      const odd = path.split('/').some((part) => part === '' || part === '.' || part === '..' || part.toLowerCase() === '.git');
      return path === '' || odd ? [] : [{ mode, sha, path }];
    });
}

/** Bytes of each; undefined where the checkout left it behind (`filter: blob:limit`). */
function sizesOf(entries: readonly Entry[]): (number | undefined)[] {
  const out = batch('--batch-check=%(objectsize)', entries).toString('utf8').split('\n');
  return entries.map((_, at) => (/^\d+$/.test(out[at] ?? '') ? Number(out[at]) : undefined));
}

function contentsOf(entries: readonly Entry[]): (Buffer | undefined)[] {
  const out = batch('--batch', entries);
  let at = 0;
  return entries.map(() => {
    const end = out.indexOf(10, at);
    const size = / blob (\d+)$/.exec(out.subarray(at, end).toString('utf8'))?.[1];
    at = end + 1;
    if (size === undefined) return undefined;
    const content = out.subarray(at, at + Number(size));
    at += Number(size) + 1;
    return content;
  });
}

function batch(how: string, entries: readonly Entry[]): Buffer {
  if (entries.length === 0) return Buffer.alloc(0);
  const { stdout, error } = spawnSync('git', ['cat-file', how, '--buffer'], {
    input: entries.map(({ sha }) => `${sha}\n`).join(''),
    maxBuffer: 2 * MOST_BYTES,
    // What a partial clone left behind is not fetched: here are no credentials for it, and it is too large to be of use.
    env: { ...process.env, GIT_NO_LAZY_FETCH: '1', GIT_TERMINAL_PROMPT: '0' },
  });
  if (error !== undefined) throw new ReconcileError('SpecNotFound', `git cannot read the checkout: ${error.message}`, { cause: error });
  return stdout;
}

const git = (...args: string[]): Buffer =>
  execFileSync('git', args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000, maxBuffer: MOST_BYTES });

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message.trim().replace(/\.$/, '').split('\n').slice(0, 3).join(' ') : String(error);
