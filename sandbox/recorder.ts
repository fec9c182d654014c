/**
 * Every API call the sandbox answered, in order: what tests count and what a call log holds as JSON lines. Parameters are
 * kept as a hash only, so that no private key, secret or user data can get in.
 */
import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { RecordedCall } from './types.ts';

/** Calls kept in memory; older ones are dropped (the log file keeps them). */
const KEPT = 50_000;

export interface Recorder {
  record(call: RecordedCall): void;
  /** Oldest first. */
  calls(): readonly RecordedCall[];
  /** Number of calls since the start or the last `clear`, dropped ones included. */
  count(): number;
  clear(): void;
  close(): void;
}

/** `logFile`: appended to, one JSON object a line; its folder is made. */
export function createRecorder(logFile?: string): Recorder {
  let kept: RecordedCall[] = [];
  let total = 0;
  let file: number | undefined;
  if (logFile !== undefined) {
    mkdirSync(dirname(logFile), { recursive: true });
    file = openSync(logFile, 'a', 0o600);
  }
  return {
    record(call) {
      kept.push(call);
      total += 1;
      // In halves, so that a full memory does not move the whole list at every call.
      if (kept.length > KEPT * 1.5) kept = kept.slice(-KEPT);
      if (file !== undefined) writeSync(file, `${JSON.stringify(call)}\n`);
    },
    calls: () => kept.slice(-KEPT),
    count: () => total,
    clear() {
      kept = [];
      total = 0;
    },
    close() {
      if (file !== undefined) closeSync(file);
      file = undefined;
    },
  };
}

/** SHA-256 of the parameters in name order. */
export function hashParams(params: Readonly<Record<string, string>>): string {
  const names = Object.keys(params).sort();
  return createHash('sha256').update(names.map((name) => `${name}=${params[name]}`).join('\n')).digest('hex');
}
