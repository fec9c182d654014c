/** One k6 process and its file of points, read while it is written. Edge: child process and files. */

import { spawn } from 'node:child_process';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { StringDecoder } from 'node:string_decoder';
import { createGzip } from 'node:zlib';
import { ReconcileError } from '../errors.ts';
import { type Complaints, complaintsOf, type ScriptPlace } from './k6-log.ts';
import type { PointsFile } from './points.ts';

/** After SIGINT k6 writes out its points and ends; then it is killed. */
const KILL_AFTER_MS = 3000;
const LOG_LINES = 20;

export interface K6Process {
  readonly pid: number | undefined;
  /** Its exit status; null when a signal ended it. Undefined while it runs. */
  readonly exitCode: () => number | null | undefined;
  /** Resolves when it has ended. Throws `ToolMissing` when it could not be started. */
  readonly ended: Promise<void>;
  /** Lets it write out its points and end; after a while it is killed. */
  interrupt(): void;
  /** At once, for when this process itself ends. */
  kill(): void;
  /** Reads what it has written since. */
  look(): Promise<void>;
  complaints(): ReturnType<Complaints['end']>;
  /** Last lines that it wrote. */
  log(): readonly string[];
  /** `points.csv` becomes `points.csv.gz`. Only when it has ended. */
  close(): Promise<void>;
}

export function startK6(
  command: string,
  args: readonly string[],
  { scripts, ...where }: { readonly cwd: string; readonly env: Readonly<Record<string, string>>; readonly scripts: ScriptPlace },
  file: string,
  points: PointsFile,
): K6Process {
  const child = spawn(command, args, { ...where, stdio: ['ignore', 'ignore', 'pipe'] });
  const lines = keepLines(LOG_LINES);
  const complaints = complaintsOf(scripts);
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    lines.push(text);
    complaints.push(text);
  });
  let exitCode: number | null | undefined;
  const ended = new Promise<void>((done, fail) => {
    child.once('error', (error) =>
      fail(new ReconcileError('ToolMissing', `k6 (${command}) could not be started: ${error.message}`, { cause: error })),
    );
    child.once('close', (code) => {
      exitCode = code;
      done();
    });
  });
  ended.catch(() => undefined);
  const tail = tailOf(file);
  let killTimer: NodeJS.Timeout | undefined;
  return {
    pid: child.pid,
    exitCode: () => exitCode,
    ended,
    interrupt() {
      if (exitCode !== undefined) return;
      child.kill('SIGINT');
      killTimer ??= setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS);
    },
    kill: () => void child.kill('SIGKILL'),
    async look() {
      points.push(await tail.read());
    },
    complaints: () => complaints.end(),
    log: () => lines.lines(),
    async close() {
      clearTimeout(killTimer);
      await tail.close();
      await pack(file);
    },
  };
}

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
