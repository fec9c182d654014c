/**
 * Every API call the sandbox answered, in order: what tests count and what a call log holds as JSON lines. Parameters are
 * kept as a hash only, so that no private key, secret or user data can get in.
 */
import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { turnOver } from './log-file.ts';
import type { RecordedCall } from './types.ts';

/** Calls kept in memory; older ones are dropped (the log file keeps them). */
const KEPT = 50_000;
/** Bytes of a call log before a new one is begun: about 80,000 calls. */
const FILE_LIMIT = 20_000_000;

export interface Recorder {
  record(call: RecordedCall): void;
  /** Oldest first. */
  calls(): readonly RecordedCall[];
  /** Number of calls since the start or the last `clear`, dropped ones included. */
  count(): number;
  clear(): void;
}

/** `logFile`: begun anew, one JSON object a line; its folder is made. When full it becomes `….1`. */
export function createRecorder(logFile?: string): Recorder {
  let kept: RecordedCall[] = [];
  let total = 0;
  let size = 0;
  if (logFile !== undefined) {
    mkdirSync(dirname(logFile), { recursive: true });
    rmSync(logFile, { force: true });
  }
  const write = (file: string, line: string): void => {
    if (size + line.length > FILE_LIMIT) {
      turnOver(file);
      size = 0;
    }
    size += line.length;
    appendFileSync(file, line, { mode: 0o600 });
  };
  return {
    record(call) {
      kept.push(call);
      total += 1;
      // In halves, so that a full memory does not move the whole list at every call.
      if (kept.length > KEPT * 1.5) kept = kept.slice(-KEPT);
      if (logFile !== undefined) write(logFile, `${JSON.stringify(call)}\n`);
    },
    calls: () => kept.slice(-KEPT),
    count: () => total,
    clear() {
      kept = [];
      total = 0;
    },
  };
}

/** SHA-256 of the parameters in name order. */
export function hashParams(params: Readonly<Record<string, string>>): string {
  const names = Object.keys(params).sort();
  return createHash('sha256')
    .update(names.map((name) => `${name}=${params[name]}`).join('\n'))
    .digest('hex');
}
