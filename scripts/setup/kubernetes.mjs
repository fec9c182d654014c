import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findOnPath, fingerprint, isExecutable, readIfPresent, shown } from './places.mjs';
import { mustRun, SetupProblem } from './run.mjs';

export const KUBERNETES_PROGRAMS = ['kube-apiserver', 'kube-controller-manager', 'kubectl'];
const STAMP = '.albedo-stamp';
const ETCD = 'apt-get update && apt-get install -y --no-install-recommends etcd-server';

/** What the tests of the cluster need and nobody else (`npm run test:kubernetes`): an API server with its controllers, and etcd. */
export function kubernetes(root, cache, env = process.env) {
  return [programs(root, cache, env), etcd(env)];
}

function programs(root, cache, env) {
  const from = join(root, 'tools', 'kubernetes');
  const folder = join(cache, 'kubernetes');
  const digest = () => fingerprint(...['go.mod', 'go.sum'].map((name) => readFileSync(join(from, name), 'utf8')));
  return {
    name: 'kubernetes',
    check() {
      const ok = readIfPresent(join(folder, STAMP)) === digest() && KUBERNETES_PROGRAMS.every((name) => isExecutable(join(folder, name)));
      return {
        ok,
        text: `${KUBERNETES_PROGRAMS.join(', ')} ${ok ? 'in' : 'into'} ${shown(folder, env)}${ok ? '' : ', which takes about ten minutes'}`,
      };
    },
    async install({ signal, onCleanUp }) {
      mkdirSync(folder, { recursive: true });
      const draft = mkdtempSync(join(folder, '.draft-'));
      const remove = () => rmSync(draft, { recursive: true, force: true, maxRetries: 3 });
      const clean = onCleanUp(remove);
      // An API server without its version refuses to start.
      const version = /^\tk8s\.io\/kubernetes (v\S+)|^require k8s\.io\/kubernetes (v\S+)/m.exec(readFileSync(join(from, 'go.mod'), 'utf8'));
      try {
        await mustRun(
          'building the programs of tools/kubernetes/go.mod',
          'Install Go 1.26 or newer (https://go.dev/dl), then run this again. Linking needs 2 GB of memory.',
          'go',
          [
            ...['build', '-p=1', '-trimpath', '-mod=readonly', '-o', `${draft}/`],
            `-ldflags=-s -w -X k8s.io/component-base/version.gitVersion=${version?.[1] ?? version?.[2]}`,
            'tool',
          ],
          { cwd: from, env: { ...process.env, CGO_ENABLED: '0', GOTMPDIR: draft }, signal },
        );
        for (const name of KUBERNETES_PROGRAMS) renameSync(join(draft, name), join(folder, name));
        writeFileSync(join(folder, STAMP), digest());
      } finally {
        remove();
        clean();
      }
      return `${KUBERNETES_PROGRAMS.join(', ')} in ${shown(folder, env)}`;
    },
  };
}

function etcd(env) {
  return {
    name: 'etcd',
    check() {
      const path = findOnPath('etcd', env);
      return path ? { ok: true, text: path } : { ok: false, text: 'from the system’s packages' };
    },
    async install({ signal, progress }) {
      if (process.getuid?.() !== 0 || findOnPath('apt-get', env, ['/usr/bin']) === undefined)
        throw new SetupProblem(
          'etcd is not installed, and this user may not install system packages',
          `Install etcd, such as with: ${ETCD}`,
        );
      const options = { signal, env: { ...env, DEBIAN_FRONTEND: 'noninteractive' } };
      const remedy = `Fix the problem above, or run it yourself: ${ETCD}`;
      progress.note('etcd', 'apt-get update');
      await mustRun('reading the package lists', remedy, 'apt-get', ['update', '-qq'], options);
      progress.note('etcd', 'apt-get install');
      await mustRun('installing etcd', remedy, 'apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'etcd-server'], options);
      const path = findOnPath('etcd', env);
      if (!path) throw new SetupProblem('etcd was installed but cannot be found', 'Put it on the PATH.');
      return path;
    },
  };
}
