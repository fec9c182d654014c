/**
 * The one way to a file whose name or content may come from somebody who may not apply: a spec, a policy, what these name, a load
 * script, a report of another run. Links are refused, since what they lead to is nothing that was reviewed: `/etc/passwd`,
 * `/proc/self/environ`, a file of another checkout.
 */

import { closeSync, constants, fstatSync, lstatSync, mkdirSync, openSync, readSync, writeFileSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';

/** Why a path was refused. `code` tells it from errors of the file system. */
export class NotPlain extends Error {
  readonly code = 'ENOTPLAIN';
}

/** As a shell's `<(command)` names what it hands over; a link on Linux, made by the user's own shell. */
const STREAM = /^(\/dev|\/proc\/self)\/fd\/\d+$|^\/dev\/stdin$/;
/** Files of the kernel: what they show is of this process, with its environment. */
const KERNEL = /^\/(proc|sys)(\/|$)/;

/**
 * The part of a path that is a link; undefined where none is. Looked at is every part below the working folder, which is the checkout,
 * and of a path elsewhere its last part: how a user's own folders hang together is theirs.
 */
export function linkIn(path: string, from = process.cwd()): string | undefined {
  const whole = resolve(from, path);
  const below = relative(from, whole);
  const inside = below !== '' && below !== '..' && !below.startsWith(`..${sep}`) && !isAbsolute(below);
  const parts = inside ? below.split(sep) : [];
  const all = inside ? parts.map((_, at) => join(from, ...parts.slice(0, at + 1))) : [whole];
  return all.find((part) => lstatSync(part, { throwIfNoEntry: false })?.isSymbolicLink() === true);
}

/** Throws `NotPlain` where a path leads through a link or into the kernel. What does not exist passes. */
export function requirePlain(path: string): void {
  if (STREAM.test(path)) return;
  if (KERNEL.test(resolve(path))) throw new NotPlain(`${path} is a file of the operating system`);
  const link = linkIn(path);
  if (link !== undefined)
    throw new NotPlain(
      resolve(path) === link ? 'it is a link, and links are not followed' : `${relative('', link)} is a link, and links are not followed`,
    );
}

const FIRST_BYTES = 65_536;

/**
 * At most `most` bytes of a file, and one more where it is longer, so that the caller can tell. Throws `NotPlain`, or the error of the
 * file system.
 */
export function readPlain(path: string, most: number): Uint8Array {
  requirePlain(path);
  // Once more at the moment of opening: between the look and the open the file could have been replaced.
  const handle = openSync(path, constants.O_RDONLY | (STREAM.test(path) ? 0 : (constants.O_NOFOLLOW ?? 0)));
  try {
    const about = fstatSync(handle);
    if (about.isDirectory()) throw Object.assign(new Error('EISDIR: it is a folder'), { code: 'EISDIR' });
    // As large as the file says it is; what grows meanwhile, or is a stream, gets more as it comes.
    let buffer = Buffer.alloc(Math.min(most, Math.max(about.size, FIRST_BYTES)) + 1);
    let length = 0;
    for (;;) {
      if (length === buffer.length) {
        if (length > most) break;
        buffer = Buffer.concat([buffer], Math.min(most + 1, length * 2));
      }
      const read = readSync(handle, buffer, length, buffer.length - length, null);
      if (read === 0) break;
      length += read;
    }
    return Uint8Array.prototype.slice.call(buffer, 0, length);
  } finally {
    closeSync(handle);
  }
}

/** The text of a file that has at most `most` bytes. Throws where it has more. */
export function readPlainText(path: string, most: number): string {
  const bytes = readPlain(path, most);
  if (bytes.length > most) throw new NotPlain(`it has over ${Math.floor(most / 1024)} KiB`);
  return Buffer.from(bytes).toString('utf8');
}

/** Where a file of a folder of ours goes. Throws `NotPlain` for a name that leads out of the folder. */
export function pathWithin(folder: string, ...names: readonly string[]): string {
  const path = join(folder, ...names);
  const below = relative(folder, path);
  if (below === '' || below === '..' || below.startsWith(`..${sep}`) || isAbsolute(below))
    throw new NotPlain(`${names.join('/')} leads out of ${folder}`);
  return path;
}

/** Writes a file where neither it nor a folder above it is a link; folders are made. */
export function writePlain(path: string, data: string | Uint8Array): void {
  requirePlain(path);
  mkdirSync(dirname(path), { recursive: true });
  const handle = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | (constants.O_NOFOLLOW ?? 0), 0o666);
  try {
    writeFileSync(handle, data);
  } finally {
    closeSync(handle);
  }
}
