/**
 * A process beside a load that nobody else watches over: when the one that started it ends without a word, kill -9 included, it ends k6 and
 * removes its folder. Edge: child process.
 */

import { spawn } from 'node:child_process';

/** After SIGINT k6 writes out its points and ends; then it is killed. Milliseconds. */
const KILL_AFTER_MS = 3000;

/** Reads words from a pipe, which ends with whoever holds its other end. Of folders it removes those that `runK6` makes, and no others. */
const PROGRAM = `
const { rmSync } = require('node:fs');
const { basename, dirname } = require('node:path');
const pids = new Set();
const folders = [];
let rest = '';
const kill = (pid, signal) => { try { process.kill(pid, signal); } catch {} };
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']) process.on(signal, () => {});
process.stdin.setEncoding('utf8');
process.stdin.on('data', (text) => {
  const lines = (rest + text).split('\\n');
  rest = lines.pop();
  for (const line of lines) {
    const word = JSON.parse(line);
    if (word.done) process.exit(0);
    if (word.pid) pids.add(word.pid);
    if (word.ended) pids.delete(word.ended);
    if (word.folder) folders.push(word.folder);
  }
});
process.stdin.on('end', () => {
  for (const pid of pids) kill(pid, 'SIGINT');
  setTimeout(() => {
    for (const pid of pids) kill(pid, 'SIGKILL');
    for (const folder of folders)
      if (dirname(folder) === require('node:os').tmpdir() && /^albedo-k6-\\w{6}$/.test(basename(folder))) rmSync(folder, { recursive: true, force: true });
  }, pids.size === 0 ? 0 : ${KILL_AFTER_MS});
});
`;

/** Told of what must be gone when this process is, by whoever sees to it then. */
export interface Minding {
  /** A process that must not outlive this one. */
  minds(pid: number): void;
  /** It has ended: its number may be another one's now. */
  ended(pid: number): void;
  /** A temporary folder that must not stay. */
  tidies(folder: string): void;
}

export interface Minder extends Minding {
  /** Everything has been put away in order. */
  done(): void;
}

/** Starts it in a session of its own, so that neither a closed terminal nor a kill of the whole group ends it. */
export function startMinder(env: Readonly<Record<string, string | undefined>>): Minder {
  const { TMPDIR, TEMP, TMP, SYSTEMROOT } = env;
  const own = Object.fromEntries(Object.entries({ TMPDIR, TEMP, TMP, SYSTEMROOT }).filter(([, value]) => value !== undefined));
  const child = spawn(process.execPath, ['-e', PROGRAM], { detached: true, stdio: ['pipe', 'ignore', 'ignore'], env: own });
  // Without it the load goes on all the same: this process ends k6 in every way but kill -9.
  child.on('error', () => undefined);
  child.stdin?.on('error', () => undefined);
  child.unref();
  (child.stdin as { unref?: () => void } | null)?.unref?.();
  const tell = (word: object): void => void child.stdin?.write(`${JSON.stringify(word)}\n`);
  return {
    minds: (pid) => tell({ pid }),
    ended: (pid) => tell({ ended: pid }),
    tidies: (folder) => tell({ folder }),
    done() {
      tell({ done: true });
      child.stdin?.end();
    },
  };
}

/** Whoever minds a load already; else a process of its own. */
export const minderFor = (minding: Minding | undefined, env: Readonly<Record<string, string | undefined>>): Minder =>
  minding === undefined ? startMinder(env) : { ...minding, done: () => undefined };
