/**
 * Hands certificates with their private keys to HAProxy without writing a key to a disk. HAProxy takes them from files, which
 * have to be there whenever it starts a new process: they are put on /dev/shm, which is memory (a tmpfs), in a folder and
 * with modes only this user can read, and taken away as soon as HAProxy has read them.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CertificateView } from '../types.ts';

const MEMORY = '/dev/shm';
const TMPFS_MAGIC = 0x01021994;

/** A file that exists only while HAProxy reads it. Its path changes with its content. */
export interface HeldFile {
  readonly path: string;
  readonly text: string;
}

export interface KeyFolder {
  /** The certificate with its chain and key; undefined when it does not exist. */
  certificate(arn: string): HeldFile | undefined;
  /** Any other PEM text: CA bundles, revocation lists. */
  file(text: string): HeldFile;
  /** Runs `task` while these files exist. */
  during<T>(files: readonly HeldFile[], task: () => Promise<T>): Promise<T>;
}

/** `realm` must be this sandbox's alone. Folders of sandboxes that were killed while HAProxy was reading are removed. */
export function createKeyFolder(certificates: CertificateView, realm: string): KeyFolder {
  const folder = join(MEMORY, `albedo-${process.pid}-${realm}`);
  const hold = (seed: string, text: string): HeldFile => ({
    path: join(folder, `${createHash('sha256').update(seed).update(text).digest('hex').slice(0, 32)}.pem`),
    text,
  });
  return {
    certificate(arn) {
      const facts = certificates.serverCertificate(arn);
      return (
        facts &&
        hold(
          arn,
          `${[facts.privateKey, facts.body, facts.chain]
            .map((part) => part.trim())
            .filter(Boolean)
            .join('\n')}\n`,
        )
      );
    },
    file: (text) => hold('', text),
    async during(files, task) {
      if (files.length === 0) return task();
      requireMemory();
      removeAbandoned();
      mkdirSync(folder, { mode: 0o700 });
      try {
        for (const [path, text] of new Map(files.map((file) => [file.path, file.text])))
          writeFileSync(path, text, { mode: 0o600, flag: 'wx' });
        return await task();
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  };
}

function requireMemory(): void {
  let type: number | undefined;
  try {
    type = statfsSync(MEMORY).type;
  } catch {
    type = undefined;
  }
  if (type !== TMPFS_MAGIC) {
    throw new Error(
      `HTTPS listeners need ${MEMORY} to be a file system in memory (tmpfs), so that private keys stay off the disk, but it is not. Mount a tmpfs there, or leave out HTTPS listeners.`,
    );
  }
}

function removeAbandoned(): void {
  for (const name of readdirSync(MEMORY)) {
    const pid = /^albedo-(\d+)-/.exec(name)?.[1];
    if (pid === undefined || Number(pid) === process.pid || lives(Number(pid))) continue;
    try {
      rmSync(join(MEMORY, name), { recursive: true, force: true });
    } catch {
      // Another user's.
    }
  }
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
