/** Where a spec's `extends` may lead: to plain files of the repository it is in, and to none of anybody else. */

import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { pathWithin, readPlain } from '../run/plain-file.ts';
import { MAX_SPEC_BYTES } from './bytes.ts';

/** At most a spec's bytes, and one more. Throws `NotPlain` for links and for what is outside of the repository; of no repository, outside of the working folder. */
export function readBaseFile(specFile: string, path: string): Uint8Array {
  const top = topOf(dirname(resolve(specFile)));
  const whole = pathWithin(top, ...relative(top, resolve(dirname(specFile), path)).split(sep));
  return readPlain(whole, MAX_SPEC_BYTES);
}

/** The repository that a folder is in; else the working folder, where that holds it; else the folder alone. */
function topOf(folder: string): string {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return at;
    if (dirname(at) === at) break;
  }
  const here = process.cwd();
  return folder === here || folder.startsWith(`${here}${sep}`) ? here : folder;
}
