#!/usr/bin/env node
// Runs a script with a Node that is new enough: `node scripts/node.mjs ARGUMENTS…` is `node ARGUMENTS…` with this Node, or, where this one is
// older than package.json asks for, with one from npm that is put into the cache. `--where` prints its path. Uses Node's own modules only.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { delimiter, dirname } from 'node:path';
import { isNewEnough, NEEDED } from './setup/node-needed.mjs';
import { hasRelease, node24, node24Path } from './setup/node-release.mjs';
import { cacheFolder, root, shown } from './setup/places.mjs';
import { carryOut } from './setup/set-up.mjs';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** The Node to use; undefined when there is none, which was told. */
async function findNode() {
  if (isNewEnough()) return process.execPath;
  const cache = cacheFolder();
  if (!hasRelease(root, 24)) {
    process.stderr.write(
      `albedo needs Node.js ${NEEDED} or newer; this is ${process.version}. Install one from https://nodejs.org, then run this again.\n`,
    );
    return undefined;
  }
  const about = `Node.js in ${shown(cache)}, since albedo needs ${NEEDED} or newer and this is ${process.version}`;
  const locks = [[`${cache}/.node.lock`, shown(cache)]];
  const status = await carryOut([node24(root, cache)], { about, locks, quiet: true });
  return status === 0 ? node24Path(cache) : undefined;
}

function run(node, args) {
  const PATH = [dirname(node), process.env.PATH].filter(Boolean).join(delimiter);
  const child = spawn(node, args, { stdio: 'inherit', env: node === process.execPath ? process.env : { ...process.env, PATH } });
  // The terminal sends Ctrl-C to both; whoever signals this process alone means the other.
  for (const name of SIGNALS) process.on(name, () => void (name === 'SIGINT' && process.stdin.isTTY ? undefined : child.kill(name)));
  child.on('error', (error) => {
    process.stderr.write(`albedo: ${node} cannot be started: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.on('close', (code, signal) => (process.exitCode = code ?? 128 + constants.signals[signal]));
}

const node = await findNode();
const args = process.argv.slice(2);
if (node === undefined) process.exitCode = 1;
else if (args[0] === '--where') process.stdout.write(`${node}\n`);
else run(node, args);
