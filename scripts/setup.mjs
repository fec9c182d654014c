#!/usr/bin/env node
// Makes everything this checkout needs, and only what is missing: `node scripts/setup.mjs`. Runs before any package is
// installed, so it uses Node's own modules only. `--check` reports and changes nothing;
// `--workflows`, `--words`, `--browser` and `--kubernetes` are about the tools of the workflows' tests, of the one that reads prose, of the
// page's tests and of the cluster's too;
// `--only NAME` is about one part, such as k6.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { isNewEnough } from './setup/node-needed.mjs';

const known = new Set(['--check', '--quiet', '--workflows', '--words', '--browser', '--kubernetes']);
const given = process.argv.slice(2);
// Without a name behind it, no part is meant, which is an error.
const only = given.includes('--only') ? (given[given.indexOf('--only') + 1] ?? '') : undefined;
const unknown = given.filter((argument, index) => !known.has(argument) && argument !== '--only' && given[index - 1] !== '--only');
const [checkOnly, quiet, workflows, prose, browser, kubernetes] = [
  '--check',
  '--quiet',
  '--workflows',
  '--words',
  '--browser',
  '--kubernetes',
].map((flag) => process.argv.includes(flag));

if (unknown.length > 0) {
  process.stderr.write(
    `setup does not know ${unknown.join(' ')}. Usage: node scripts/setup.mjs [--check] [--quiet] [--workflows] [--words] [--browser] [--kubernetes] [--only NAME]\n`,
  );
  process.exitCode = 1;
} else if (isNewEnough() || checkOnly) {
  const { setUp } = await import('./setup/checkout.mjs');
  process.exitCode = await setUp({ checkOnly, quiet, workflows, prose, browser, kubernetes, only });
} else {
  const args = [fileURLToPath(new URL('./node.mjs', import.meta.url)), fileURLToPath(import.meta.url), ...given];
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  process.exitCode = status ?? 130;
}
