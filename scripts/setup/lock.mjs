import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** The holder touches its lock this often (milliseconds); one untouched for STALE was left by something that died. */
const BEAT = 2000;
const STALE = 30_000;

/** Who holds the lock and how long ago it was touched. One that is not filled in yet has an age and nothing else. */
function readLock(path) {
  try {
    const text = readFileSync(path, 'utf8');
    const age = Date.now() - statSync(path).mtimeMs;
    try {
      return { ...JSON.parse(text), age };
    } catch {
      return { age };
    }
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Whether the lock file could be made: false when there is one. */
function createLock(path, text) {
  try {
    writeFileSync(path, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

function isDead(holder) {
  if (holder.age > STALE) return true;
  if (holder.host !== hostname() || !Number.isInteger(holder.pid)) return false;
  try {
    process.kill(holder.pid, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

/** Takes a dead holder's lock away. Two may try at once: whoever moved a live one puts it back. */
function clearDead(path, dead) {
  const aside = `${path}.${randomUUID()}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (error.code === 'ENOENT') return;
    throw error;
  }
  if (readLock(aside)?.token !== dead.token) createLock(path, readFileSync(aside, 'utf8'));
  rmSync(aside, { force: true });
}

/**
 * Holds the lock file `path` while `task` runs. `onWait(pid)` is called once when another holds it.
 * A lock whose process is gone, or that was not touched for 30 s, is taken over.
 */
export async function withLock(path, { signal, onWait, poll = 250 }, task) {
  mkdirSync(dirname(path), { recursive: true });
  const token = randomUUID();
  const mine = JSON.stringify({ pid: process.pid, host: hostname(), token });
  let told = false;
  for (;;) {
    signal?.throwIfAborted();
    if (createLock(path, mine)) break;
    const holder = readLock(path);
    if (!holder) continue;
    if (isDead(holder)) {
      clearDead(path, holder);
      continue;
    }
    if (!told) onWait?.(holder.pid);
    told = true;
    await sleep(poll, undefined, { signal });
  }
  const beat = setInterval(() => {
    try {
      utimesSync(path, new Date(), new Date());
    } catch {
      // Whoever took it away decides; the work below is atomic by itself.
    }
  }, BEAT);
  beat.unref();
  try {
    return await task();
  } finally {
    clearInterval(beat);
    if (readLock(path)?.token === token) rmSync(path, { force: true });
  }
}
