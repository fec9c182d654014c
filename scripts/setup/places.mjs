import { createHash } from 'node:crypto';
import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout this script belongs to. */
export const root = fileURLToPath(new URL('../../', import.meta.url)).replace(/[\\/]$/, '');

/** Where fetched and built tools are kept between runs and checkouts. An empty variable counts as unset. */
export function cacheFolder(env = process.env) {
  if (env.ALBEDO_CACHE) return env.ALBEDO_CACHE;
  if (env.XDG_CACHE_HOME) return join(env.XDG_CACHE_HOME, 'albedo');
  return join(env.HOME || homedir(), '.cache', 'albedo');
}

/** Whether `path` is a file this user may execute. */
export function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** The first executable called `name` on PATH or in `elsewhere`, or undefined. */
export function findOnPath(name, env = process.env, elsewhere = []) {
  const folders = [...(env.PATH ?? '').split(delimiter).filter(Boolean), ...elsewhere];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

/** SHA-256, in hex, of the given texts in their order. */
export function fingerprint(...texts) {
  const hash = createHash('sha256');
  for (const text of texts) hash.update(String(text.length)).update('\0').update(text);
  return hash.digest('hex');
}

/** A file's text, or undefined when there is none. */
export function readIfPresent(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** A path as the user would type it: below the home folder with `~`. */
export function shown(path, env = process.env) {
  const home = env.HOME || homedir();
  return home.length > 1 && path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
}
