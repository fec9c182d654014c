/**
 * Child processes that cannot outlive this one. Everything the sandbox starts (moto, HAProxy, the instances' webservers)
 * goes through `spawnSupervised`, so that even `kill -9` of the sandbox leaves nothing behind; see `supervise.py` for how.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { findPython } from './tools.ts';

const SUPERVISE = fileURLToPath(new URL('./supervise.py', import.meta.url));

export interface SuperviseOptions {
  /** Added to this process's own environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Told every line the command writes; without them that output is thrown away. */
  readonly onStdout?: (line: string) => void;
  readonly onStderr?: (line: string) => void;
  /** Time (ms) between asking the command to end and killing it. Default 1000. */
  readonly graceMs?: number;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface SupervisedProcess {
  /** The command's own process id, and the id of its process group. */
  readonly pid: number;
  /** Settles when the command has ended; never rejects. A command that cannot be run ends with code 127. */
  readonly exited: Promise<Exit>;
  /** Ends the command and its whole group; resolves when it is gone. May be called more than once. */
  stop(): Promise<void>;
  /** While off, the command does not keep this process's event loop alive. It is still ended with this process. */
  keepAlive(on: boolean): void;
}

const running = new Set<number>();

/** Process ids of all commands of this process that have not ended. */
export function supervisedProcesses(): readonly number[] {
  return [...running];
}

/** Runs `command` until it ends by itself, `stop` is called, or this process is gone. Throws when nothing can be spawned. */
export function spawnSupervised(command: string, args: readonly string[], options: SuperviseOptions = {}): SupervisedProcess {
  const graceMs = options.graceMs ?? 1000;
  // -I and -S: the supervisor needs the standard library only, and starts in a third of the time without looking for more.
  const child = spawn(findPython(), ['-I', '-S', SUPERVISE, command, ...args], {
    stdio: ['pipe', options.onStdout ? 'pipe' : 'ignore', options.onStderr ? 'pipe' : 'ignore'],
    detached: true,
    env: { ...process.env, ...options.env, SUPERVISE_GRACE_SECONDS: String(graceMs / 1000) },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
    child.once('error', () => resolve({ code: 127, signal: null }));
  });
  if (child.pid === undefined) throw new Error(`Cannot run ${command}: no process could be started. Is ${findPython()} executable?`);
  const pid = child.pid;
  running.add(pid);
  exited.then(() => running.delete(pid));
  // The pipe is only ever closed, never written to; without a listener its EPIPE would be an uncaught exception.
  child.stdin?.on('error', () => undefined);
  readLines(child.stdout, options.onStdout);
  readLines(child.stderr, options.onStderr);
  return { pid, exited, stop: () => stopGroup(child, pid, exited, graceMs), keepAlive: (on) => hold(child, on) };
}

function readLines(stream: Readable | null, onLine: ((line: string) => void) | undefined): void {
  if (stream && onLine) createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on('line', onLine);
}

async function stopGroup(child: ChildProcess, pid: number, exited: Promise<Exit>, graceMs: number): Promise<void> {
  hold(child, true);
  signalGroup(pid, 'SIGTERM');
  const timer = setTimeout(() => signalGroup(pid, 'SIGKILL'), graceMs);
  await exited;
  clearTimeout(timer);
  // Whatever the command had started itself and left behind.
  signalGroup(pid, 'SIGKILL');
  child.stdin?.destroy();
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function hold(child: ChildProcess, on: boolean): void {
  const streams = [child.stdin, child.stdout, child.stderr] as (null | { ref?: () => void; unref?: () => void })[];
  for (const handle of [child, ...streams]) {
    if (on) handle?.ref?.();
    else handle?.unref?.();
  }
}
