/** What a newcomer waits for: set-up with nothing cached, and what the demo takes beside its load test. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Row } from './rows.ts';
import { root, tutorialSpec } from './world.ts';

/** A fresh clone of what is committed, an empty home folder and an empty cache, all removed afterwards. Fetches from the network. */
export async function coldSetUp(): Promise<readonly Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'albedo-cold-'));
  try {
    const [clone, home] = [join(folder, 'clone'), join(folder, 'home')];
    mkdirSync(home);
    await run('git', ['clone', '--quiet', root, clone], folder, {});
    const startedAt = performance.now();
    await run('npm', ['run', 'setup'], clone, {
      HOME: home,
      XDG_CACHE_HOME: undefined,
      ALBEDO_CACHE: undefined,
      ALBEDO_K6: undefined,
      ALBEDO_PYTHON: undefined,
      GOPATH: undefined,
      GOCACHE: undefined,
      GOMODCACHE: undefined,
      npm_config_cache: undefined,
    });
    return [
      {
        name: 'cold set-up',
        measured: (performance.now() - startedAt) / 1000,
        limit: 360,
        unit: 's',
        kind: 'time',
        detail: 'fresh clone, empty home and cache',
      },
    ];
  } finally {
    // Go writes its module cache read-only.
    await run('chmod', ['-R', 'u+w', folder], tmpdir(), {}).catch(() => {});
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Everything must be cached: `npm run setup` ran before. */
export async function warmDemo(): Promise<readonly Row[]> {
  const { load } = tutorialSpec().settings;
  if (load === undefined) throw new Error("the tutorial's spec has no load");
  const seconds = load.duration;
  const startedAt = performance.now();
  await run('npm', ['run', 'demo'], root, {});
  const wall = (performance.now() - startedAt) / 1000;
  return [
    {
      name: 'warm demo, beside its load test',
      measured: wall - seconds,
      limit: 30,
      unit: 's',
      kind: 'time',
      detail: `${wall.toFixed(0)} s with ${seconds} s of load`,
    },
  ];
}

async function run(
  command: string,
  args: readonly string[],
  cwd: string,
  changes: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const env: NodeJS.ProcessEnv = { ...process.env, ...changes };
  for (const [name, value] of Object.entries(changes)) if (value === undefined) delete env[name];
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4000);
  });
  const status = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? signal));
  });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${String(status)}:\n${said}`);
}
