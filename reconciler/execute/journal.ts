import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Journal } from '../run/port.ts';

/** Appends JSON lines to a file, each on disk when `write` returns: evidence that outlives a crash. */
export function fileJournal(path: string): Journal {
  mkdirSync(dirname(path), { recursive: true });
  return { write: (entry) => appendFileSync(path, `${JSON.stringify(entry)}\n`) };
}

/** Keeps nothing. */
export const noJournal: Journal = { write: () => {} };
