#!/usr/bin/env node
// Makes everything this checkout needs, and only what is missing: `node scripts/setup.mjs`. Runs before any package is
// installed, so it uses Node's own modules only. `--check` reports and changes nothing;
// `--workflows`, `--words` and `--browser` are about the tools of the workflows' tests, of the one that reads prose, and of the page's tests too;
// `--only NAME` is about one part, such as k6.

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 11)) {
  process.stderr.write(
    `albedo needs Node.js 20.11 or newer; this is ${process.version}. Install one from https://nodejs.org, then run this again.\n`,
  );
  process.exit(1);
}

const { setUp } = await import('./setup/set-up.mjs');
const known = new Set(['--check', '--quiet', '--workflows', '--words', '--browser']);
const given = process.argv.slice(2);
// Without a name behind it, no part is meant, which is an error.
const only = given.includes('--only') ? (given[given.indexOf('--only') + 1] ?? '') : undefined;
const unknown = given.filter((argument, index) => !known.has(argument) && argument !== '--only' && given[index - 1] !== '--only');
if (unknown.length > 0) {
  process.stderr.write(
    `setup does not know ${unknown.join(' ')}. Usage: node scripts/setup.mjs [--check] [--quiet] [--workflows] [--words] [--browser] [--only NAME]\n`,
  );
  process.exit(1);
}
const [checkOnly, quiet, workflows, prose, browser] = ['--check', '--quiet', '--workflows', '--words', '--browser'].map((flag) =>
  process.argv.includes(flag),
);
process.exitCode = await setUp({ checkOnly, quiet, workflows, prose, browser, only });
