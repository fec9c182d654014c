import { existsSync, mkdirSync, readlinkSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fingerprint, readIfPresent } from './places.mjs';
import { mustRun, SetupProblem } from './run.mjs';

const STAMP = '.albedo-stamp';

const fits = (list, value) => !list || list.includes(value);

/** Optional packages are mostly binaries for one platform: those of this one have to be there, unless the C library decides. */
function isNeeded(entry, { platform, arch }) {
  if (entry.link) return false;
  return !entry.optional || (Boolean(entry.os) && !entry.libc && fits(entry.os, platform) && fits(entry.cpu, arch));
}

/** Whether npm's own record of what it installed (node_modules/.package-lock.json) holds every package of the lock file. */
export function matchesLock(lockText, recordText, machine = process) {
  const record = JSON.parse(recordText).packages;
  return Object.entries(JSON.parse(lockText).packages).every(([path, entry]) => {
    if (path === '' || !isNeeded(entry, machine)) return true;
    const installed = record[path];
    return installed !== undefined && installed.version === entry.version && installed.integrity === entry.integrity;
  });
}

/** `npx albedo` finds a command in node_modules/.bin at once; without this link npm would first install the checkout into a cache. */
function linkOwnCommand(modules) {
  const bin = join(modules, '.bin');
  const link = join(bin, 'albedo');
  const target = '../../bin/albedo.mjs';
  try {
    if (readlinkSync(link) === target) return;
  } catch {
    // No link yet, or something else in its place.
  }
  mkdirSync(bin, { recursive: true });
  const draft = `${link}.${process.pid}`;
  rmSync(draft, { force: true });
  symlinkSync(target, draft);
  renameSync(draft, link);
}

/** The packages of package-lock.json in node_modules. */
export function nodePackages(root) {
  const modules = join(root, 'node_modules');
  const stampPath = join(modules, STAMP);
  const lock = () => {
    const text = readIfPresent(join(root, 'package-lock.json'));
    if (text === undefined) throw new SetupProblem(`${root} has no package-lock.json`, 'Get it back: git checkout -- package-lock.json');
    return text;
  };
  // A node_modules copied from another platform holds that platform's binaries.
  const stamp = (text) => fingerprint(text, process.platform, process.arch);

  return {
    name: 'packages',
    check() {
      const text = lock();
      const linked = existsSync(join(modules, '.bin', 'albedo'));
      if (linked && readIfPresent(stampPath) === stamp(text)) return { ok: true, text: 'node_modules matches package-lock.json' };
      const record = readIfPresent(join(modules, '.package-lock.json'));
      const matches = record !== undefined && matchesLock(text, record);
      return { ok: false, matches, text: matches ? 'recording what node_modules holds' : 'npm ci into node_modules' };
    },
    async install({ signal, state }) {
      if (!state.matches) {
        const remedy = 'Check that the npm registry can be reached (npm ping), then run this again.';
        await mustRun(
          'installing the packages of package-lock.json',
          remedy,
          'npm',
          ['ci', '--no-audit', '--no-fund', '--loglevel=error'],
          {
            cwd: root,
            signal,
          },
        );
      }
      linkOwnCommand(modules);
      const text = lock();
      writeFileSync(stampPath, stamp(text));
      return `${Object.keys(JSON.parse(text).packages).length - 1} packages in package-lock.json, in node_modules`;
    },
  };
}
