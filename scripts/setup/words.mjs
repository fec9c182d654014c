import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fingerprint, isExecutable, readIfPresent, shown } from './places.mjs';
import { mustRun } from './run.mjs';

const PACKAGE = 'github.com/vale-cli/vale/v3/cmd/vale';

/** Where set-up puts Vale; `npm run test:words` looks there. */
export const valePath = (cache) => join(cache, 'words', 'vale');

/** Vale, which reads prose, built from the pin in tools/words. It has C inside, so it needs a C compiler beside Go. */
export function words(root, cache, env = process.env) {
  const from = join(root, 'tools', 'words');
  const target = valePath(cache);
  const stamp = join(cache, 'words', '.albedo-stamp');
  const digest = () => fingerprint(...['go.mod', 'go.sum'].map((name) => readFileSync(join(from, name), 'utf8')));
  return {
    name: 'vale',
    check() {
      const ok = readIfPresent(stamp) === digest() && isExecutable(target);
      return { ok, text: ok ? shown(target, env) : `into ${shown(target, env)}, which takes a minute or two` };
    },
    async install({ signal, onCleanUp }) {
      const folder = join(cache, 'words');
      mkdirSync(folder, { recursive: true });
      const draft = mkdtempSync(join(folder, '.draft-'));
      const remove = () => rmSync(draft, { recursive: true, force: true, maxRetries: 3 });
      const clean = onCleanUp(remove);
      try {
        await mustRun(
          'building Vale from tools/words/go.mod',
          'Install Go 1.25 or newer (https://go.dev/dl) and a C compiler, then run this again.',
          'go',
          ['build', '-trimpath', '-mod=readonly', '-ldflags=-s -w', '-o', join(draft, 'vale'), PACKAGE],
          { cwd: from, env: { ...process.env, CGO_ENABLED: '1', GOTMPDIR: draft }, signal },
        );
        renameSync(join(draft, 'vale'), target);
        writeFileSync(stamp, digest());
      } finally {
        remove();
        clean();
      }
      return shown(target, env);
    },
  };
}
