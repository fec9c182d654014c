/**
 * Runs k6 and reads its points while they are written. Edge: child process and files.
 * Progress comes from the points, never from k6's console, whose form changes with every version.
 */

import { spawn } from 'node:child_process';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { StringDecoder } from 'node:string_decoder';
import { fileURLToPath } from 'node:url';
import { createGzip } from 'node:zlib';
import { ReconcileError } from '../errors.ts';
import type { Emit } from '../run/port.ts';
import { findK6 } from './find-k6.ts';
import { baseUrlOf, k6Arguments, k6Environment, listenerOf, outcomeOf } from './k6-command.ts';
import { readPoints } from './points.ts';
import type { LoadRun, LoadSettings, VerifyTarget } from './types.ts';

const LOOK_MS = 500;
/** After SIGINT k6 writes out its points and ends; then it is killed. */
const KILL_AFTER_MS = 3000;
/** Over the asked duration: set-up of the users, and the requests that are still to be answered. */
const SPARE_MS = 45_000;
const LOG_LINES = 20;
const POINTS = 'points.csv';

export interface RunK6Input {
  readonly target: VerifyTarget;
  readonly settings: LoadSettings;
  /** Folder for `points.csv.gz`; made when it is missing. */
  readonly outDir: string;
  readonly emit: Emit;
  readonly signal?: AbortSignal;
  /** Ends the load early and well: what was asked for was load until then. */
  readonly enough?: AbortSignal;
  /** Default: none is followed. */
  readonly redirects?: number;
  /** Called once, when the first request is known: when it began, milliseconds since the epoch. */
  readonly onStart?: (at: number) => void;
  /** Where k6 is looked for, and what it is started with. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * Sends the load and answers its samples, however k6 ended. Throws only when k6 cannot be started at all: no k6, no script, no
 * such listener.
 */
export async function runK6(input: RunK6Input): Promise<LoadRun> {
  const { target, settings, emit, environment } = input;
  const listener = listenerOf(target, settings);
  if (listener === undefined) {
    throw new ReconcileError(
      'LoadFailed',
      `the load of stack ${target.stack} goes to listener ${settings.listener ?? '(any)'}, and there is no such listener`,
      {
        hint: `Listeners are: ${target.listeners.map((each) => each.name).join(', ') || 'none'}.`,
      },
    );
  }
  const script = scriptAt(settings.script);
  const k6 = await findK6(environment);
  await mkdir(input.outDir, { recursive: true });
  const file = join(resolve(input.outDir), POINTS);
  await rm(file, { force: true });

  const begunAt = Date.now();
  const totalMs = settings.duration * 1000;
  const child = spawn(
    k6.command,
    k6Arguments({
      script,
      baseUrl: baseUrlOf(target.dnsName, listener),
      hosts: target.hosts,
      settings,
      pointsFile: POINTS,
      redirects: input.redirects ?? 0,
    }),
    {
      // k6 splits the value of --out at commas, which a folder's name may hold.
      cwd: input.outDir,
      env: k6Environment(environment, target.dnsName, Object.keys(target.hosts).length > 0),
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  const log = keepLines(LOG_LINES);
  child.stderr.setEncoding('utf8').on('data', log.push);
  const ended = new Promise<{ code: number | null; error?: Error }>((done) => {
    child.once('error', (error) => done({ code: null, error }));
    child.once('close', (code) => done({ code }));
  });

  let aborted = false;
  let enough = false;
  let timedOut = false;
  let killTimer: NodeJS.Timeout | undefined;
  const interrupt = (): void => {
    child.kill('SIGINT');
    killTimer ??= setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS);
  };
  const onAbort = (): void => {
    aborted = true;
    interrupt();
  };
  input.signal?.addEventListener('abort', onAbort, { once: true });
  if (input.signal?.aborted === true) onAbort();
  const onEnough = (): void => {
    enough = true;
    interrupt();
  };
  input.enough?.addEventListener('abort', onEnough, { once: true });
  if (input.enough?.aborted === true) onEnough();
  const limit = setTimeout(
    () => {
      timedOut = true;
      interrupt();
    },
    totalMs + settings.timeout * 1000 + SPARE_MS,
  );
  // However this process ends, k6 must not go on sending.
  const onExit = (): void => void child.kill('SIGKILL');
  process.once('exit', onExit);

  const points = readPoints();
  const tail = tailOf(file);
  let startedAt: number | undefined;
  const look = async (): Promise<void> => {
    const counted = points.push(await tail.read());
    if (startedAt === undefined && counted.requests > 0) {
      startedAt = points.firstAt() ?? begunAt;
      input.onStart?.(startedAt);
    }
    if (startedAt !== undefined) {
      const elapsedMs = Math.min(totalMs, Date.now() - startedAt);
      emit({ kind: 'load-progress', elapsedMs, totalMs, requests: counted.requests, failed: counted.failed, note: '' });
    }
  };
  try {
    let end: { code: number | null; error?: Error } | undefined;
    while (end === undefined) {
      end = await Promise.race([ended, pause(LOOK_MS)]);
      await look();
    }
    if (end.error !== undefined)
      throw new ReconcileError('ToolMissing', `k6 (${k6.command}) could not be started: ${end.error.message}`, { cause: end.error });
    const { samples, dropped } = points.end();
    const exit = timedOut ? 'timed-out' : outcomeOf(end.code, aborted);
    const outcome = enough && exit === 'aborted' && !aborted ? 'done' : exit;
    const last = samples.reduce((latest, sample) => Math.max(latest, sample.at + sample.ms), 0);
    return {
      outcome,
      exitCode: end.code,
      version: k6.version,
      startedAt: samples[0]?.at ?? begunAt,
      endedAt: samples.length > 0 ? last : Date.now(),
      samples,
      dropped,
      log: outcome === 'done' ? [] : log.lines(),
    };
  } finally {
    clearTimeout(limit);
    clearTimeout(killTimer);
    input.signal?.removeEventListener('abort', onAbort);
    input.enough?.removeEventListener('abort', onEnough);
    process.removeListener('exit', onExit);
    await tail.close();
    await pack(file);
  }
}

const OWN_SCRIPT = 'k6/load.ts';

/** A script counts from the folder albedo runs in; in any other repository `k6/load.ts` is albedo's own. Throws when there is none. */
function scriptAt(name: string): string {
  const own = fileURLToPath(new URL(`../../${OWN_SCRIPT}`, import.meta.url));
  const found = [resolve(name), ...(name === OWN_SCRIPT ? [own] : [])].find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new ReconcileError('LoadFailed', `the load script ${name} does not exist`, {
    hint: `Its path counts from the folder albedo runs in; ${OWN_SCRIPT} comes with albedo.`,
  });
}

const pause = (ms: number): Promise<undefined> =>
  new Promise((done) => {
    setTimeout(() => done(undefined), ms);
  });

/** Reads what was added to a file since the last look; nothing while it does not exist. */
function tailOf(file: string): { read(): Promise<string>; close(): Promise<void> } {
  let handle: Awaited<ReturnType<typeof open>> | undefined;
  let position = 0;
  const decoder = new StringDecoder('utf8');
  const buffer = Buffer.alloc(256 * 1024);
  return {
    async read() {
      if (handle === undefined) {
        if (!existsSync(file)) return '';
        handle = await open(file, 'r');
      }
      let text = '';
      for (;;) {
        const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
        if (bytesRead === 0) return text;
        position += bytesRead;
        text += decoder.write(buffer.subarray(0, bytesRead));
      }
    },
    async close() {
      await handle?.close();
    },
  };
}

/** `points.csv` -> `points.csv.gz`, whole or not at all. */
async function pack(file: string): Promise<void> {
  if (!existsSync(file)) return;
  const part = `${file}.gz.part`;
  await pipeline(createReadStream(file), createGzip(), createWriteStream(part));
  await rename(part, `${file}.gz`);
  await rm(file, { force: true });
}

function keepLines(most: number): { push: (text: string) => void; lines: () => string[] } {
  let kept: string[] = [];
  let rest = '';
  return {
    push(text) {
      const parts = (rest + text).split('\n');
      rest = parts.pop() ?? '';
      kept = [...kept, ...parts].slice(-most);
    },
    lines: () => [...kept, rest].filter((line) => line.trim() !== ''),
  };
}
