/** The real command (`node bin/albedo.mjs`) as a process of its own, with an environment and folders that leak nothing in. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { findPython } from '../../sandbox/tools.ts';
import { type StackVariant, stackText } from './faults-bench.ts';

const BIN = fileURLToPath(new URL('../../bin/albedo.mjs', import.meta.url));
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** From the start, and from the last signal sent (ms). */
  readonly ms: number;
  readonly msSinceSignal: number;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  signal(name: NodeJS.Signals): void;
  /** What it has said on standard error. */
  said(): string;
  /** Resolves when standard error matches; rejects when the process ends before. */
  says(pattern: RegExp): Promise<void>;
  /** The same for standard output; answers what matched. */
  prints(pattern: RegExp): Promise<RegExpExecArray>;
}

/** A folder that is HOME, TMPDIR and cache of the commands started from it. */
export interface Place {
  readonly folder: string;
  readonly tmp: string;
  readonly env: Readonly<Record<string, string>>;
  file(name: string, text: string): string;
  stack(variant?: StackVariant, more?: string): string;
  /** Command lines of processes that were started from here, directly or by others, and still run. Linux only; empty elsewhere. */
  left(): readonly string[];
  remove(): void;
}

export function makePlace(): Place {
  const folder = mkdtempSync(join(tmpdir(), 'albedo-faults-'));
  const tmp = mkdtempSync(join(folder, 'tmp-'));
  const mark = `ALBEDO_TEST_MARK=${randomUUID()}`;
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  return {
    folder,
    tmp,
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: folder,
      TMPDIR: tmp,
      ALBEDO_CACHE: join(folder, 'cache'),
      ALBEDO_PYTHON: findPython(),
      ALBEDO_TEST_MARK: mark.slice(mark.indexOf('=') + 1),
      NO_COLOR: '1',
    },
    file,
    stack: (variant, more = '') => file('stack.yaml', stackText(variant) + more),
    // k6 is given no variable but those it needs; its folder for temporary files is one.
    left: () => processesWith(mark, `TMPDIR=${tmp}`),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/**
 * Starts a command; `env` comes on top of the place's. The working folder is the checkout, as for a user. `detached`: in a process group of
 * its own, so that all of it can be ended.
 */
export function startCommand(
  place: Place,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  cwd = ROOT,
  detached = false,
): Running {
  const begun = Date.now();
  let signalled = begun;
  const child = spawn(process.execPath, [BIN, ...args], {
    cwd,
    env: { ...place.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached,
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) =>
      resolve({ code, signal, stdout, stderr, ms: Date.now() - begun, msSinceSignal: Date.now() - signalled }),
    );
  });
  let over = false;
  void ended.then(() => (over = true));
  const matching = async (pattern: RegExp, text: () => string): Promise<RegExpExecArray> => {
    for (;;) {
      const found = pattern.exec(text());
      if (found !== null) return found;
      if (over) throw new Error(`it ended before it said ${pattern}: ${stdout}${stderr}`);
      await sleep(20);
    }
  };
  return {
    child,
    ended,
    signal(name) {
      signalled = Date.now();
      child.kill(name);
    },
    said: () => stderr,
    says: async (pattern) => void (await matching(pattern, () => stderr)),
    prints: (pattern) => matching(pattern, () => stdout),
  };
}

export const runCommand = (place: Place, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> =>
  startCommand(place, args, env).ended;

/** Whether `took` is less than `limit` (ms), which holds for a machine on which the command starts in half a second: a busy one has more. */
export async function isWithin(took: number, limit: number, place: Place): Promise<boolean> {
  if (took < limit) return true;
  const { ms: start } = await runCommand(place, ['--version']);
  return took < (limit * start) / 500;
}

function processesWith(...marks: readonly string[]): readonly string[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return [];
    try {
      const variables = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
      if (!marks.some((mark) => variables.includes(mark))) return [];
      if (/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))) return [];
      return [`${pid} ${readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()}`];
    } catch {
      return [];
    }
  });
}

/** Until `condition` holds, looking every few milliseconds; rejects after `limit` ms, which a machine that works on much else does not need either. */
export async function until(what: string, condition: () => boolean, limit = 240_000): Promise<void> {
  for (const deadline = Date.now() + limit; !condition(); ) {
    if (Date.now() > deadline) throw new Error(`${what} did not happen within ${limit} ms`);
    await sleep(10);
  }
}
