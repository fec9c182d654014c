/** What a job installs: from a release nothing for a plan on AWS; and what a partial copy on another server can do. */

import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.ts';

const ROOT = join(import.meta.dirname, '../../..');
const t = suite('what a job installs', {} as { folder: string; log: string });
t.before.each((all) => {
  all.folder = mkdtempSync(join(tmpdir(), 'albedo-ready-'));
  cpSync(join(ROOT, '.github'), join(all.folder, '.github'), { recursive: true });
  mkdirSync(join(all.folder, 'action/dist'), { recursive: true });
  writeFileSync(join(all.folder, 'action/dist/main.js'), '');
  // Programs that would install something write down how they were called.
  all.log = join(all.folder, 'called');
  mkdirSync(join(all.folder, 'bin'));
  for (const name of ['npm', 'apt-get', 'sudo', 'pip', 'node'])
    writeFileSync(join(all.folder, 'bin', name), `#!/bin/sh\necho ${name} "$@" >> '${all.log}'\n`, { mode: 0o755 });
  writeFileSync(all.log, '');
});
t.after.each(({ folder }) => rmSync(folder, { recursive: true, force: true }));

type All = { readonly folder: string; readonly log: string };
function install({ folder, log }: All, env: Readonly<Record<string, string>>) {
  const path = `${join(folder, 'bin')}:/usr/bin:/bin`;
  const { status, stdout } = spawnSync(join(folder, '.github/actions/ready/install.sh'), { env: { PATH: path, ...env }, encoding: 'utf8' });
  return { status, said: stdout, called: spawnSync('cat', [log], { encoding: 'utf8' }).stdout.trim().split('\n').filter(Boolean) };
}

t('a plan on AWS from a release: nothing', (all) => {
  assert.equal(install(all, {}), { status: 0, said: '', called: [] });
});

t('from a branch, which has no bundle: packages and the build, and no test tools', (all) => {
  rmSync(join(all.folder, 'action/dist'), { recursive: true });
  assert.equal(install(all, {}).called, ['npm ci --ignore-scripts --no-audit --no-fund --loglevel=error', 'node scripts/build.mjs']);
});

t('a load test: k6 alone; where the copy cannot fetch it, that is said', (all) => {
  const without = install(all, { LOAD: 'true' });
  assert.is(without.status, 1);
  assert.match(without.said, /no scripts\/setup\.mjs: a load test needs the folder scripts beside \.github and action/);
  mkdirSync(join(all.folder, 'scripts'));
  writeFileSync(join(all.folder, 'scripts/setup.mjs'), '');
  assert.equal(install(all, { LOAD: 'true' }).called, ['node scripts/setup.mjs --quiet --only k6']);
});

t.run();
