/** A log file that never takes more than twice its limit: when full it becomes `….1`, in place of the one before. */
import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** Bytes before a new file is begun. */
const LIMIT = 5_000_000;

export function createLog(file: string, limit = LIMIT): (line: string) => void {
  mkdirSync(dirname(file), { recursive: true });
  let size = sizeOf(file);
  return (line) => {
    const text = `${new Date().toISOString()} ${line}\n`;
    if (size + text.length > limit) turnOver(file);
    size = size + text.length > limit ? text.length : size + text.length;
    appendFileSync(file, text);
  };
}

/** Begins `file` anew, keeping what it held as `….1`. */
export function turnOver(file: string): void {
  if (sizeOf(file) > 0) renameSync(file, `${file}.1`);
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
