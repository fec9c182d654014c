// The documents as a site: `npm run site` builds docs-site/dist and checks its links; with `-- --check` every page is looked at in a browser too.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fingerprint, readIfPresent, root } from './setup/places.mjs';

const folder = join(root, 'docs-site');
const stamp = join(folder, 'node_modules', '.albedo-stamp');

function run(command, args) {
  const env = { ...process.env, ASTRO_TELEMETRY_DISABLED: '1' };
  const { status, error } = spawnSync(command, args, { cwd: folder, env, stdio: 'inherit' });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

const lock = fingerprint(readFileSync(join(folder, 'package-lock.json'), 'utf8'));
if (readIfPresent(stamp) !== lock) {
  process.stderr.write('Fetching the packages of docs-site, about 210 MB, once\n');
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  writeFileSync(stamp, lock);
}
run(process.execPath, ['prepare.mjs']);
run(process.execPath, [join(folder, 'node_modules/astro/bin/astro.mjs'), 'build', '--silent']);
run(process.execPath, ['check-links.mjs']);
if (process.argv.includes('--check')) run(process.execPath, ['check-pages.mjs']);
