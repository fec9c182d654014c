import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun } from './run.mjs';

/** Everything the bundle is made from; tests, schemas and documents are not. */
const SOURCES = [
  'reconciler',
  'sandbox',
  'action',
  'package.json',
  'package-lock.json',
  'scripts/build.mjs',
  'scripts/build/action.mjs',
  'scripts/build/licences.mjs',
  'scripts/build/settings.mjs',
  'scripts/build/validator.mjs',
  'scripts/setup',
];
const NOT_SOURCE = /^(__pycache__|node_modules|dist|\..*)$/;

/** Name of the file in dist that is written last; its text is the build's start by the clock of the file system (ms). */
export const STAMP = '.built';

/** Newest change below `path` in milliseconds, folders included: a deleted file changes its folder. 0 when there is nothing. */
function newest(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return 0;
  if (!stat.isDirectory()) return stat.mtimeMs;
  let latest = stat.mtimeMs;
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (NOT_SOURCE.test(entry.name)) continue;
    if (entry.isDirectory() || /\.(ts|json|mjs)$/.test(entry.name)) latest = Math.max(latest, newest(join(path, entry.name)));
  }
  return latest;
}

/** Whether dist was built after the last change of a source. Stats only: a few milliseconds. */
export function isBundleFresh(root) {
  let built;
  try {
    built = Number(readFileSync(join(root, 'dist', STAMP), 'utf8'));
  } catch {
    return false;
  }
  return built > Math.max(...SOURCES.map((source) => newest(join(root, source))));
}

/** The command-line program in dist. */
export function bundle(root) {
  return {
    name: 'albedo',
    after: 'packages',
    check() {
      return isBundleFresh(root) ? { ok: true, text: 'dist is built' } : { ok: false, text: 'building the command into dist' };
    },
    async install({ signal }) {
      const remedy = 'Fix the sources named above, then run: node scripts/build.mjs';
      const { stdout } = await mustRun('building the command', remedy, process.execPath, [join(root, 'scripts/build.mjs')], {
        cwd: root,
        signal,
      });
      return stdout.trim();
    },
  };
}
