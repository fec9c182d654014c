/** Starting, finding and ending the sandbox that runs by itself: what `albedo sandbox up|down|status` does. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { keyOfAccount } from './access-keys.ts';
import { localFileOf } from './hosts-file.ts';
import { turnOver } from './log-file.ts';
import { type DaemonOptions, folders, readState, removeState, type SandboxState } from './state-file.ts';

export const DEFAULT_PORT = 4577;
const DAEMON = fileURLToPath(new URL('./daemon.ts', import.meta.url));
/** The npm package has no sources, and older Nodes, which run the bundle, do not run TypeScript. */
const BUILT_DAEMON = fileURLToPath(new URL('../dist/daemon.js', import.meta.url));
/** Time the daemon gets to end by itself before it is killed (ms). */
const END_LIMIT_MS = 15_000;

export interface Running extends SandboxState {
  /** Variables that make any AWS tool, and albedo, use this sandbox. */
  readonly env: Readonly<Record<string, string>>;
  /** The folder of its logs. */
  readonly logFolder: string;
  /** Processes it has started, as it says itself. */
  readonly processes: readonly number[];
  /** The seed of the order of lists; undefined: that of creation. */
  readonly shuffleSeed: number | undefined;
  /** Whether AWS's token buckets are in force. */
  readonly throttle: boolean;
}

export interface UpResult extends Running {
  /** One was up before, with the options it was started with. */
  readonly already: boolean;
}

export interface UpOptions extends DaemonOptions {
  /** Always true for now: the sandbox outlives the caller. For one that does not, use `startSandbox`. */
  readonly detach?: true;
}

/** Starts a sandbox and resolves when it answers; one that is up already is left as it is. */
export async function up(options: UpOptions = {}): Promise<UpResult> {
  const running = await status();
  if (running) return { ...running, already: true };
  const { detach: _, ...rest } = options;
  const port = options.port ?? DEFAULT_PORT;
  if (port !== 0 && !(await isFree(port))) throw new Error(portTaken(port));
  await launch({ ...rest, port });
  const started = await status();
  if (!started) throw new Error(`The sandbox started but ended at once. Its log is in ${folders().log}.`);
  return { ...started, already: false };
}

/** The sandbox that is running, or undefined. Removes the state of one that has ended. */
export async function status(): Promise<Running | undefined> {
  const state = readState();
  if (!state) return undefined;
  const said = isAlive(state.pid) ? await ask(state) : undefined;
  if (!said) {
    // Its process has ended (or another program has its number now), and everything that it started ended with it.
    removeState(state.pid);
    return undefined;
  }
  return { ...state, env: environmentOf(state), logFolder: folders().log, ...said };
}

/** Ends the sandbox and resolves when its processes are gone; false when none was up. */
export async function down(): Promise<boolean> {
  const running = await status();
  if (!running) return false;
  process.kill(running.pid, 'SIGTERM');
  if (!(await allGone([running.pid], END_LIMIT_MS))) process.kill(running.pid, 'SIGKILL');
  const all = [running.pid, ...running.processes];
  if (!(await allGone(all, END_LIMIT_MS))) {
    throw new Error(
      `The sandbox was asked to stop, but these processes are still running: ${all.filter(isAlive).join(', ')}. End them with kill.`,
    );
  }
  removeState(running.pid);
  return true;
}

/** The variables to export for a sandbox. `account`: the account of the calls, twelve digits; by default the default account. */
export function environmentOf(state: Pick<SandboxState, 'endpoint' | 'hostsFile'>, account?: string): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: state.endpoint,
    AWS_ACCESS_KEY_ID: account === undefined ? 'sandbox' : keyOfAccount(account),
    AWS_SECRET_ACCESS_KEY: 'sandbox',
    AWS_REGION: 'us-east-1',
    // boto3 and version 1 of the AWS CLI read this name only.
    AWS_DEFAULT_REGION: 'us-east-1',
    ALBEDO_HOSTS_FILE: state.hostsFile,
    ALBEDO_LOCAL_FILE: localFileOf(state.hostsFile),
  };
}

const portTaken = (port: number): string =>
  `Port ${port} is taken by another program, so the sandbox cannot start there. End that program, or choose another port (albedo sandbox up --port ${port + 1}).`;

async function launch(options: DaemonOptions): Promise<void> {
  const { log } = folders();
  mkdirSync(log, { recursive: true });
  for (const file of ['crash.log', 'calls.jsonl']) turnOver(join(log, file));
  const crash = openSync(join(log, 'crash.log'), 'w');
  const child = spawn(
    process.execPath,
    [existsSync(DAEMON) && (process.features as { typescript?: unknown }).typescript ? DAEMON : BUILT_DAEMON, JSON.stringify(options)],
    {
      detached: true,
      stdio: ['ignore', 'ignore', crash, 'pipe'],
    },
  );
  closeSync(crash);
  const said = await firstWord(child);
  child.unref();
  if (said === undefined)
    throw new Error(`The sandbox ended before it was ready. The reason is in ${join(log, 'crash.log')}, or in sandbox.log next to it.`);
  if (said.error === undefined) return;
  throw new Error(/^Port \d+ is taken/.test(said.error) && options.port !== undefined ? portTaken(options.port) : said.error);
}

/** The line on descriptor 3; undefined when the process ended without one. */
function firstWord(child: ChildProcess): Promise<{ readonly error?: string } | undefined> {
  const pipe = child.stdio[3] as Readable;
  return new Promise((resolve) => {
    createInterface({ input: pipe }).once('line', (line) => {
      resolve(JSON.parse(line));
      pipe.destroy();
    });
    pipe.once('close', () => resolve(undefined));
    child.once('error', () => resolve(undefined));
  });
}

async function ask(state: SandboxState): Promise<Pick<Running, 'processes' | 'shuffleSeed' | 'throttle'> | undefined> {
  try {
    const answer = await fetch(`${state.endpoint}/_sandbox/status`, { signal: AbortSignal.timeout(5000) });
    const said = (await answer.json()) as { pid?: number; processes?: number[]; shuffleSeed?: number | null; throttle?: boolean };
    if (said.pid !== state.pid) return undefined;
    return { processes: said.processes ?? [], shuffleSeed: said.shuffleSeed ?? undefined, throttle: said.throttle ?? false };
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  try {
    // In a container whose first process reaps nothing, ended processes stay listed as zombies (state Z).
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return true;
  }
}

async function allGone(pids: readonly number[], limitMs: number): Promise<boolean> {
  for (const deadline = Date.now() + limitMs; pids.some(isAlive); ) {
    if (Date.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return true;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ host: '127.0.0.1', port }, () => probe.close(() => resolve(true)));
  });
}
