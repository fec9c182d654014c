import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fingerprint, isExecutable, readIfPresent, shown } from './places.mjs';
import { findPython } from './python.mjs';
import { mustRun } from './run.mjs';

const STAMP = '.albedo-stamp';
const PROGRAMS = ['act', 'actionlint'];

/**
 * What the tests of the workflows need and nobody else: act runs them, actionlint and zizmor read them. Built from the pins in
 * tools/workflows, so no pin of k6 moves with theirs.
 */
export function workflowTools(root, cache, env = process.env) {
  return [goPrograms(root, cache, env), zizmor(root, cache, env)];
}

function goPrograms(root, cache, env) {
  const from = join(root, 'tools', 'workflows');
  const folder = join(cache, 'workflows');
  const digest = () => fingerprint(...['go.mod', 'go.sum'].map((name) => readFileSync(join(from, name), 'utf8')));
  return {
    name: 'act',
    check() {
      const ok = readIfPresent(join(folder, STAMP)) === digest() && PROGRAMS.every((name) => isExecutable(join(folder, name)));
      return {
        ok,
        text: ok ? `act and actionlint in ${shown(folder, env)}` : `act and actionlint into ${shown(folder, env)}, which takes minutes`,
      };
    },
    async install({ signal, onCleanUp }) {
      mkdirSync(folder, { recursive: true });
      const draft = mkdtempSync(join(folder, '.draft-'));
      const remove = () => rmSync(draft, { recursive: true, force: true, maxRetries: 3 });
      const clean = onCleanUp(remove);
      try {
        await mustRun(
          'building act and actionlint from tools/workflows/go.mod',
          'Install Go 1.25 or newer (https://go.dev/dl), then run this again.',
          'go',
          ['build', '-trimpath', '-mod=readonly', '-ldflags=-s -w', '-o', `${draft}/`, 'tool'],
          { cwd: from, env: { ...process.env, CGO_ENABLED: '0', GOTMPDIR: draft }, signal },
        );
        for (const name of PROGRAMS) renameSync(join(draft, name), join(folder, name));
        writeFileSync(join(folder, STAMP), digest());
      } finally {
        remove();
        clean();
      }
      return `act and actionlint in ${shown(folder, env)}`;
    },
  };
}

function zizmor(root, cache, env) {
  const requirements = join(root, 'tools', 'workflows', 'requirements.txt');
  const folder = join(cache, 'zizmor');
  const digest = () => fingerprint(readFileSync(requirements, 'utf8'));
  return {
    name: 'zizmor',
    check() {
      const ok = readIfPresent(join(folder, STAMP)) === digest() && isExecutable(join(folder, 'bin', 'zizmor'));
      return {
        ok,
        text: ok ? shown(join(folder, 'bin', 'zizmor'), env) : `pip install of tools/workflows/requirements.txt into ${shown(folder, env)}`,
      };
    },
    async install({ signal }) {
      rmSync(folder, { recursive: true, force: true });
      const remedy = 'Check that the Python package index can be reached, then run this again.';
      await mustRun('making the environment of zizmor', remedy, await findPython(env, signal), ['-m', 'venv', folder], { signal });
      const pip = ['-m', 'pip', '--disable-pip-version-check', '--no-input', 'install', '--quiet', '--no-deps', '--only-binary=:all:'];
      await mustRun('installing tools/workflows/requirements.txt', remedy, join(folder, 'bin', 'python'), [...pip, '-r', requirements], {
        signal,
      });
      writeFileSync(join(folder, STAMP), digest());
      return shown(join(folder, 'bin', 'zizmor'), env);
    },
  };
}
