/**
 * Runs k6 and reads its points while they are written. Edge: child process and files.
 * Progress comes from the points, never from k6's console, whose form changes with every version.
 */

import { execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { mkdir, mkdtemp, open, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { isAbsolute, join, normalize, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { StringDecoder } from 'node:string_decoder';
import { fileURLToPath } from 'node:url';
import { createGzip } from 'node:zlib';
import { ReconcileError } from '../errors.ts';
import type { Emit } from '../run/port.ts';
import { findK6 } from './find-k6.ts';
import { readScript, type ScriptFolder, scriptArchive } from './k6-archive.ts';
import { baseUrlOf, k6Arguments, k6Environment, listenerOf, outcomeOf } from './k6-command.ts';
import { complaintsOf } from './k6-log.ts';
import { liveSeconds } from './live.ts';
import { readPoints } from './points.ts';
import { firstOf } from './samples.ts';
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
  /** Most requests a second, whatever the script asks for. */
  readonly most?: number;
  /** Called once, when the first request is known: when it began, milliseconds since the epoch. */
  readonly onStart?: (at: number) => void;
  /** Told of the process of k6. */
  readonly onSpawn?: (pid: number) => void;
  /** Told of a folder that is gone when this ends, so that somebody else can remove it when it does not. */
  readonly onFolder?: (folder: string) => void;
  /** Where k6 is looked for, and what it is started with. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Folder that the path of a script counts from; the one albedo runs in when left out. */
  readonly scripts?: string;
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
  const script = readScript(scriptAt(settings.script, input.scripts));
  const k6 = await findK6(environment);
  await mkdir(input.outDir, { recursive: true });
  const file = join(resolve(input.outDir), POINTS);
  await rm(file, { force: true });

  const totalMs = settings.duration * 1000;
  const packed = await mkdtemp(join(tmpdir(), 'albedo-k6-'));
  input.onFolder?.(packed);
  const archive = join(packed, 'script.tar');
  const k6Args = k6Arguments({
    archive,
    version: k6.version,
    baseUrl: baseUrlOf(target.dnsName, listener),
    hosts: target.hosts,
    settings,
    pointsFile: POINTS,
    redirects: input.redirects ?? 0,
    ...(input.most === undefined ? {} : { most: input.most }),
  });
  // k6 splits the value of --out at commas, which a folder's name may hold.
  const where = { cwd: resolve(input.outDir), env: k6Environment(environment, target.dnsName, Object.keys(target.hosts).length > 0) };
  try {
    await writeFile(archive, scriptArchive(script, await optionsOf(script, k6.command, k6Args, archive, where)));
  } catch (thrown) {
    await rm(packed, { recursive: true, force: true });
    throw thrown;
  }
  const begunAt = Date.now();
  const child = spawn(k6.command, k6Args, { ...where, stdio: ['ignore', 'ignore', 'pipe'] });
  if (child.pid !== undefined) input.onSpawn?.(child.pid);
  const log = keepLines(LOG_LINES);
  const complaints = complaintsOf();
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log.push(text);
    complaints.push(text);
  });
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

  const live = liveSeconds();
  const points = readPoints(live.add);
  const tail = tailOf(file);
  let startedAt: number | undefined;
  const look = async (): Promise<void> => {
    const counted = points.push(await tail.read());
    if (startedAt === undefined && counted.requests > 0) {
      startedAt = points.firstAt() ?? begunAt;
      live.begin(startedAt);
      input.onStart?.(startedAt);
    }
    if (startedAt !== undefined) {
      const elapsedMs = Math.min(totalMs, Date.now() - startedAt);
      emit({ kind: 'load-progress', elapsedMs, totalMs, requests: counted.requests, failed: counted.failed, note: '' });
      const news = live.take();
      if (news.seconds.length > 0) emit({ kind: 'load-seconds', startedAt, ...news });
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
    const { samples, dropped, iterations, unrecorded } = points.end();
    const exit = timedOut ? 'timed-out' : outcomeOf(end.code, aborted);
    const outcome = enough && exit === 'aborted' && !aborted ? 'done' : exit;
    let last = 0;
    for (const { at, ms } of samples) last = Math.max(last, at + ms);
    const { exceptions, thresholds, lastException } = complaints.end();
    return {
      outcome,
      exitCode: end.code,
      version: k6.version,
      startedAt: firstOf(samples)?.at ?? begunAt,
      endedAt: samples.length > 0 ? last : Date.now(),
      samples,
      ...{ dropped, iterations, exceptions, unrecorded },
      thresholds: end.code === 99 && thresholds.length === 0 ? ['unnamed'] : thresholds,
      log: outcome !== 'done' ? log.lines() : lastException === '' ? [] : [lastException],
    };
  } finally {
    clearTimeout(limit);
    clearTimeout(killTimer);
    input.signal?.removeEventListener('abort', onAbort);
    input.enough?.removeEventListener('abort', onEnough);
    process.removeListener('exit', onExit);
    await tail.close();
    await rm(packed, { recursive: true, force: true });
    await pack(file);
  }
}

const OWN_SCRIPT = 'k6/load.ts';

/**
 * A script counts from the folder albedo runs in, and lies in it; in any other repository `k6/load.ts` is albedo's own. Throws when there
 * is none.
 */
function scriptAt(name: string, from = process.cwd()): string {
  if (isAbsolute(name) || /^\.\.([\\/]|$)/.test(normalize(name)))
    throw new ReconcileError('LoadFailed', `the load script ${name} is not in the folder albedo runs in`, {
      hint: 'Name a script of the repository by its path from there, such as k6/load.ts.',
    });
  const own = fileURLToPath(new URL(`../../${OWN_SCRIPT}`, import.meta.url));
  const found = [resolve(from, name), ...(name === OWN_SCRIPT ? [own] : [])].find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new ReconcileError('LoadFailed', `the load script ${name} does not exist`, {
    hint: `Its path counts from the folder albedo runs in; ${OWN_SCRIPT} comes with albedo.`,
  });
}

const OPTIONS_MS = 60_000;

/**
 * What the script exports as its options. They are asked of the script itself, in an archive like the one that is run, since it may make
 * them of what it reads; where it cannot say them, the run that follows says why.
 */
async function optionsOf(
  script: ScriptFolder,
  command: string,
  args: readonly string[],
  archive: string,
  where: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
): Promise<unknown> {
  const mark = `albedo-options-${randomUUID()}`;
  const entry = `import * as script from ${JSON.stringify(`./${script.main}`)};
const shown = JSON.stringify(script.options ?? (script.default && script.default.options) ?? {});
console.log('${mark} ' + encodeURIComponent(shown) + ' ${mark}');
export default function () {}
`;
  await writeFile(archive, scriptArchive(script, { iterations: 1, vus: 1 }, entry));
  // No points of this: only what the run itself sends counts.
  const out = args.indexOf('--out');
  const quiet = [...args.slice(0, out), ...args.slice(out + 2)];
  const said = await new Promise<string>((done, fail) => {
    const options = { ...where, timeout: OPTIONS_MS, killSignal: 'SIGKILL' as const, maxBuffer: 16 * 1024 * 1024 };
    execFile(command, quiet, options, (error, stdout, stderr) => {
      if (error?.code === 'ENOENT' || error?.code === 'EACCES')
        return fail(new ReconcileError('ToolMissing', `k6 (${command}) could not be started: ${error.message}`, { cause: error }));
      if (error?.killed === true)
        return fail(
          new ReconcileError('LoadFailed', `the load script ${script.main} did not show its options within ${OPTIONS_MS / 1000} s`, {
            hint: 'Code outside of its functions has to end by itself.',
          }),
        );
      done(stdout + stderr);
    });
  });
  const text = new RegExp(`${mark} (\\S+) ${mark}`).exec(said)?.[1];
  return text === undefined ? {} : JSON.parse(decodeURIComponent(text));
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
