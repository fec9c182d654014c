/** Where k6 is. Edge: reads the environment and asks the program for its version. */

import { execFile } from 'node:child_process';
import { cacheFolder, k6Path } from '../../scripts/setup/places.mjs';
import { ReconcileError } from '../errors.ts';

export interface K6 {
  readonly command: string;
  readonly version: string;
}

/** `k6 v2.2.0 (…)` -> `2.2.0`; undefined for anything else. */
export function parseVersion(text: string): string | undefined {
  return /^k6(?:\.exe)? v(\d+\.\d+\.\d+\S*)/.exec(text.trim())?.[1];
}

/** Many times what a usual machine needs: a busy one has k6 too. */
const VERSION_MS = 60_000;

const versionOf = (command: string): Promise<string | undefined> =>
  new Promise((resolve) => {
    try {
      execFile(command, ['version'], { timeout: VERSION_MS }, (error, stdout) =>
        resolve(error === null ? parseVersion(stdout) : undefined),
      );
    } catch {
      // Some ways of not being there are thrown and not called back, such as a file where a folder should be.
      resolve(undefined);
    }
  });

const usable = (version: string | undefined): version is string => version !== undefined && /^[12]\./.test(version);

/**
 * In order: `$ALBEDO_K6`; `k6` on PATH if it is v1 or v2; the one that set-up keeps in the cache folder. A wrong `$ALBEDO_K6` is an
 * error and not passed over, since somebody meant it.
 */
export async function findK6(environment: Readonly<Record<string, string | undefined>>): Promise<K6> {
  const named = environment['ALBEDO_K6'];
  if (named !== undefined && named !== '') {
    const version = await versionOf(named);
    if (usable(version)) return { command: named, version };
    throw new ReconcileError(
      'ToolMissing',
      `ALBEDO_K6 names ${named}, which ${version === undefined ? 'is not a working k6' : `is k6 ${version}; albedo needs v1 or v2`}`,
    );
  }
  const onPath = await versionOf('k6');
  if (usable(onPath)) return { command: 'k6', version: onPath };
  const cached = k6Path(cacheFolder(environment));
  const version = await versionOf(cached);
  if (usable(version)) return { command: cached, version };
  throw new ReconcileError(
    'ToolMissing',
    `k6 is needed for the load test and was not found: not on PATH${onPath === undefined ? '' : ` (that one is ${onPath}; v1 or v2 is needed)`}, nor at ${cached}`,
  );
}
