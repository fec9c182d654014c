import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fingerprint, isExecutable, readIfPresent, shown } from './places.mjs';
import { mustRun } from './run.mjs';

const STAMP = '.albedo-stamp';
const FILES = ['package.json', 'package-lock.json'];
/** What tools/node24 has a package for. */
const HERE = ['linux-x64'];

/** Where the Node of GitHub's runners is: this process's own, or one in the cache. */
export const node24Path = (cache) =>
  Number(process.versions.node.split('.')[0]) >= 24
    ? process.execPath
    : join(cache, 'node24', 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node');

/**
 * Node 24 for the tests of the action's bundle, since that is what runs actions. In the cache and not in node_modules: its `node`
 * would come before the user's own in every npm script.
 */
export function node24(root, cache, env = process.env) {
  const from = join(root, 'tools', 'node24');
  const folder = join(cache, 'node24');
  const digest = () => fingerprint(readFileSync(join(from, 'package-lock.json'), 'utf8'));
  return {
    name: 'node24',
    check() {
      const path = node24Path(cache);
      if (!HERE.includes(`${process.platform}-${process.arch}`)) return { ok: true, text: 'left out: npm has none for this platform' };
      if (path === process.execPath) return { ok: true, text: `this Node is ${process.versions.node}` };
      const ok = readIfPresent(join(folder, STAMP)) === digest() && isExecutable(path);
      return { ok, text: ok ? shown(path, env) : `npm ci of tools/node24 into ${shown(folder, env)}` };
    },
    async install({ signal }) {
      mkdirSync(folder, { recursive: true });
      for (const name of FILES) copyFileSync(join(from, name), join(folder, name));
      const remedy = 'Check that the npm registry can be reached (npm ping), then run this again.';
      await mustRun('installing Node 24', remedy, 'npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
        cwd: folder,
        signal,
      });
      writeFileSync(join(folder, STAMP), digest());
      return shown(node24Path(cache), env);
    },
  };
}
