/**
 * Where the action writes: in the runner's folder for temporary files (RUNNER_TEMP), outside of the checkout, so that nothing a commit
 * holds can lie there and be uploaded with the reports.
 */

import { mkdirSync, rmSync } from 'node:fs';
import { isAbsolute, relative, resolve, sep } from 'node:path';

/** A path below RUNNER_TEMP, where a relative one counts from; undefined where it is not below it. Off a runner all paths are the user's own. */
export function inTemp(path: string, temp: string | undefined): string | undefined {
  if (temp === undefined || temp === '' || path === '') return path;
  const whole = resolve(temp, path);
  const below = relative(resolve(temp), whole);
  return below === '' || below === '..' || below.startsWith(`..${sep}`) || isAbsolute(below) ? undefined : whole;
}

/** Empties the folder of the reports: what an earlier job of a self-hosted runner left there is none of this run. */
export function emptyFolder(folder: string, temp: string | undefined): void {
  if (temp === undefined || temp === '') return;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
}
