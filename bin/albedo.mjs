#!/usr/bin/env node
// The `albedo` command: runs the bundle; in a checkout, after making it anew when a source is newer.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import module from 'node:module';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url)).replace(/[\\/]$/, '');

// The npm package has no sources.
const isCheckout = existsSync(`${root}/scripts/setup/bundle.mjs`);
const [major] = process.versions.node.split('.').map(Number);
// A checkout's set-up brings a newer Node where it is needed.
if (major < 22 && !isCheckout) {
  const { engines } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'));
  process.stderr.write(
    `albedo needs Node.js ${engines.node.replace('>=', '')} or newer; this is ${process.version}. Install one from https://nodejs.org.\n`,
  );
  process.exit(1);
}
if (isCheckout && !(await import('../scripts/setup/bundle.mjs')).isBundleFresh(root)) {
  if (!existsSync(`${root}/node_modules/esbuild`)) {
    process.stderr.write('albedo: this checkout is not set up yet. Run: npm run setup\n');
    process.exit(1);
  }
  const { status, signal } = spawnSync(process.execPath, [`${root}/scripts/build.mjs`], { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) {
    process.stderr.write(`albedo: the sources do not build${signal ? ` (${signal})` : ''}; the place is named above.\n`);
    process.exit(1);
  }
}

// Node 22 and newer keep compiled code on disk, which saves most of the start of a command. Not among the temporary files, where Node
// would put it: nothing is left there. Without a home there is no place for it.
const { ALBEDO_CACHE, XDG_CACHE_HOME, HOME, NODE_COMPILE_CACHE } = process.env;
const cache = ALBEDO_CACHE || (XDG_CACHE_HOME && `${XDG_CACHE_HOME}/albedo`) || (HOME && `${HOME}/.cache/albedo`);
if (cache && !NODE_COMPILE_CACHE) module.enableCompileCache?.(`${cache}/compiled`);
await import('../dist/main.js');
