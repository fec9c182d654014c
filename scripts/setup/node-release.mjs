import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fingerprint, isExecutable, readIfPresent, shown } from './places.mjs';
import { mustRun } from './run.mjs';

const STAMP = '.albedo-stamp';
const FILES = ['package.json', 'package-lock.json'];
const HERE = `${process.platform}-${process.arch}`;

/** Where a release of Node is: this process's own, where it is of that line or, for the newest line, of a later one, or one in the cache. */
const pathOf = (cache, line, ownFits) =>
  ownFits ? process.execPath : join(cache, `node${line}`, 'node_modules', `node-${HERE}`, 'bin', 'node');
const own = Number(process.versions.node.split('.')[0]);

export const node22Path = (cache) => pathOf(cache, 22, own === 22);
/** The Node of GitHub's runners. */
export const node24Path = (cache) => pathOf(cache, 24, own >= 24);

/**
 * A release of Node as npm has it. In the cache and not in node_modules: its `node` would come before the user's own in every npm script.
 * npm itself goes through a proxy where the usual variables name one.
 */
function nodeRelease(root, cache, env, line, path) {
  const from = join(root, 'tools', `node${line}`);
  const folder = join(cache, `node${line}`);
  const digest = () => fingerprint(readFileSync(join(from, 'package-lock.json'), 'utf8'));
  return {
    name: `node${line}`,
    check() {
      if (!hasRelease(root, line)) return { ok: true, text: 'left out: npm has none for this platform' };
      if (path === process.execPath) return { ok: true, text: `this Node is ${process.versions.node}` };
      const ok = readIfPresent(join(folder, STAMP)) === digest() && isExecutable(path);
      return { ok, text: ok ? shown(path, env) : `npm ci of tools/node${line} into ${shown(folder, env)}` };
    },
    async install({ signal }) {
      mkdirSync(folder, { recursive: true });
      for (const name of FILES) copyFileSync(join(from, name), join(folder, name));
      const remedy = 'Check that the npm registry can be reached (npm ping), then run this again.';
      await mustRun(`installing Node ${line}`, remedy, 'npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
        cwd: folder,
        signal,
      });
      writeFileSync(join(folder, STAMP), digest());
      return shown(path, env);
    },
  };
}

/** Whether npm has a release of this line for this platform. */
export const hasRelease = (root, line) =>
  existsSync(join(root, 'tools', `node${line}`)) &&
  JSON.parse(readFileSync(join(root, 'tools', `node${line}`, 'package.json'), 'utf8')).optionalDependencies[`node-${HERE}`] !== undefined;

/** The oldest line that albedo supports, for the tests of the package. */
export const node22 = (root, cache, env = process.env) => nodeRelease(root, cache, env, 22, node22Path(cache));
/** The Node of GitHub's runners, for the tests of the action's bundle, and for set-up where the user's own is too old. */
export const node24 = (root, cache, env = process.env) => nodeRelease(root, cache, env, 24, node24Path(cache));
