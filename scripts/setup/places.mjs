import { createHash } from 'node:crypto';
import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout this script belongs to. */
export const root = fileURLToPath(new URL('../../', import.meta.url)).replace(/[\\/]$/, '');

/** The home folder, or undefined for a user without one, such as in a container that runs as a number of its own. */
function homeFolder(env) {
  if (env.HOME) return env.HOME;
  try {
    return homedir() || undefined;
  } catch {
    return undefined;
  }
}

/** Where fetched and built tools are kept between runs and checkouts. An empty variable counts as unset. */
export function cacheFolder(env = process.env) {
  if (env.ALBEDO_CACHE) return env.ALBEDO_CACHE;
  if (env.XDG_CACHE_HOME) return join(env.XDG_CACHE_HOME, 'albedo');
  const home = homeFolder(env);
  return home === undefined ? join(tmpdir(), `albedo-${process.getuid?.() ?? 'cache'}`) : join(home, '.cache', 'albedo');
}

export const K6_VERSION = 'v2.2.0';

/** Where set-up puts k6, and load tests look for it. */
export const k6Path = (cache) => join(cache, 'k6', K6_VERSION, 'k6');

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
  const home = homeFolder(env) ?? '';
  return home.length > 1 && path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
}
