/** Whether what a command is to write can be written, tried before anything is called. */

import { closeSync, existsSync, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ReconcileError } from '../errors.ts';

export interface Output {
  /** As it was said: `--out`. */
  readonly flag: string;
  readonly path: string;
  readonly what: 'file' | 'folder';
}

/** Throws `OutputRefused` naming every path that cannot be written, and why. Leaves nothing behind but folders. */
export function requireWritable(outputs: readonly Output[]): void {
  const wrong = outputs.flatMap((output) => {
    try {
      tryOne(output);
      return [];
    } catch (error) {
      return [
        `${output.flag} ${output.path}: ${error instanceof Error ? error.message.replace(/, (open|mkdir|access) '.*$/, '') : String(error)}`,
      ];
    }
  });
  if (wrong.length > 0) throw new ReconcileError('OutputRefused', `cannot be written: ${wrong.join('; ')}`);
}

function tryOne({ path, what }: Output): void {
  if (what === 'folder') {
    mkdirSync(path, { recursive: true });
    const probe = join(path, `.albedo-${process.pid}`);
    writeFileSync(probe, '');
    rmSync(probe);
    return;
  }
  const before = existsSync(path);
  // Appending harms nothing that is there.
  closeSync(openSync(path, 'a'));
  if (!before) rmSync(path);
}
