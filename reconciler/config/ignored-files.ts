/** `.albedoignore`: YAML below a folder that is no spec, by patterns as in `.gitignore`. */

import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import ignore, { type Ignore } from 'ignore';
import { readPlainText } from '../run/plain-file.ts';

export const IGNORE_FILE = '.albedoignore';

/** Of one file. */
const MOST_BYTES = 64 * 1024;

export interface Ignored {
  /** Whether a path is left out. Folders count with all that is below them. */
  has(path: string, isFolder: boolean): boolean;
}

/**
 * What is left out of a folder: by the files in it, below it, and above it as far as the repository goes. Patterns are relative to the
 * folder of their file, and a file further down overrules one above. Throws where one cannot be read: what it leaves out is not known.
 */
export function ignoredBelow(folder: string): Ignored {
  const start = resolve(folder);
  const files = new Map<string, Ignore | undefined>();
  const patternsIn = (at: string): Ignore | undefined => {
    if (!files.has(at)) {
      const file = join(at, IGNORE_FILE);
      files.set(at, existsSync(file) ? ignore().add(readPlainText(file, MOST_BYTES)) : undefined);
    }
    return files.get(at);
  };
  const top = repositoryAround(start) ?? start;
  return {
    has(path, isFolder) {
      const whole = resolve(path);
      let left = false;
      for (const at of [...foldersUpTo(top, dirname(whole))].reverse()) {
        // The package takes paths below its own folder only, and throws at `../x`.
        const inner = relative(at, whole).split(sep).join('/');
        const verdict = patternsIn(at)?.test(isFolder ? `${inner}/` : inner);
        if (verdict?.ignored) left = true;
        else if (verdict?.unignored) left = false;
      }
      return left;
    },
  };
}

/** From a folder up to one above it. */
function* foldersUpTo(top: string, folder: string): IterableIterator<string> {
  for (let at = folder; ; at = dirname(at)) {
    yield at;
    if (at === top || dirname(at) === at) return;
  }
}

function repositoryAround(folder: string): string | undefined {
  for (const at of foldersUpTo('', folder)) if (existsSync(join(at, '.git'))) return at;
  return undefined;
}
