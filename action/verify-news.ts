/** What a pull request changes of the load test of a stack: its settings, and the script, which is code. */

import { execFileSync } from 'node:child_process';
import { posix } from 'node:path';
import type { VerifyNews } from '../reconciler/report/comment.ts';
import { unifiedDiff } from '../reconciler/report/unified-diff.ts';
import type { NamedSpec } from '../reconciler/run/specs.ts';
import { settingsIn, verifyChanges, verifyText } from '../reconciler/run/verify-terms.ts';

/** The first parent of the merge that a pull request's run is on: its base. */
const BASE = 'HEAD^1';
const MOST_FILES = 20;
const MOST_CHARACTERS = 20_000;

/** Without a base, as of the first commit or outside of git, nothing is called a change. */
export function verifyNews({ file, spec }: NamedSpec): VerifyNews {
  const { settings, stack } = spec;
  const says = verifyText(settings, (group) => {
    const targets = stack.desired.find(({ address }) => address === `targetGroup/${group}`)?.values['targets'];
    return Array.isArray(targets) ? targets.length : undefined;
  });
  const old = textAt(BASE, file);
  const before = old === undefined ? undefined : settingsIn(old, file, (path) => baseAt(posix.join(posix.dirname(file), path)));
  return {
    says,
    changes: before === undefined ? [] : verifyChanges(before, settings),
    scripts: scriptChanges(posix.normalize(settings.load.script)),
  };
}

function baseAt(file: string): Uint8Array {
  const text = textAt(BASE, file);
  if (text === undefined) throw new Error(`${BASE} has no ${file}`);
  return text;
}

/** Files in the folder of the script that differ; those of a folder that is the whole repository only where it is the script itself. */
function scriptChanges(script: string): VerifyNews['scripts'] {
  const folder = posix.dirname(script);
  const names = git('diff', '--name-only', '-z', '--no-renames', '--no-ext-diff', BASE, 'HEAD', '--', folder === '.' ? script : folder);
  if (names === undefined) return [];
  let left = MOST_CHARACTERS;
  const files = names.toString('utf8').split('\0').filter(Boolean);
  const shown = files.slice(0, MOST_FILES).map((file) => {
    const [before, after] = [BASE, 'HEAD'].map((commit) => Buffer.from(textAt(commit, file) ?? []).toString('utf8'));
    const whole = unifiedDiff(file, before ?? '', after ?? '');
    const diff = whole.length <= left ? whole : `${whole.slice(0, Math.max(0, left))}\n… cut: see the files of the pull request`;
    left -= Math.min(left, whole.length);
    return { file, diff };
  });
  return files.length > shown.length
    ? [...shown, { file: `and ${files.length - shown.length} more`, diff: 'see the files of the pull request' }]
    : shown;
}

const textAt = (commit: string, file: string): Uint8Array | undefined => git('cat-file', 'blob', `${commit}:${file.replace(/^\.\//, '')}`);

function git(...args: string[]): Buffer | undefined {
  try {
    return execFileSync('git', ['--literal-pathspecs', ...args], {
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 30_000,
      maxBuffer: 16 * 1024 * 1024,
    });
  } catch {
    return undefined;
  }
}
