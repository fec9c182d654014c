/**
 * The watchdog of a load test, a separate process. It reads messages from the load test over a pipe that closes when the load test ends, even by
 * kill -9. Then it restores what is still broken and ends k6. It also restores a fault that is overdue.
 */

import type { Victim } from '../chaos/types.ts';
import { ReconcileError } from '../errors.ts';
import { type UndoSession, undoFault, undoFaultText } from './undo-fault.ts';

/** The messages to the watchdog: one JSON object on each line. */
export type WatchdogMessage =
  | { readonly arm: Victim; readonly until: number }
  | { readonly disarm: true }
  /** A process that must not outlive the one that started it. */
  | { readonly minds: number }
  /** It has ended: its number may be another one's now. */
  | { readonly ended: number }
  /** The lock of this stack is held by this process of this machine. */
  | { readonly holds: Held }
  /** A folder of temporary files. */
  | { readonly folder: string }
  /** The load test ends normally and cleans up after itself. */
  | { readonly done: true };

export interface Held {
  readonly stack: string;
  readonly pid: number;
  readonly host: string;
}

/** From the end of the fault, the load test has this long to undo it; after that the watchdog does. */
const OVERDUE_MS = 60_000;
/** How long it keeps trying, and the time between two tries. */
const LIMIT_MS = 20 * 60_000;
const RETRY_MS = 15_000;
/** An interrupted k6 first writes its points; after this time it is killed. */
const KILL_AFTER_MS = 3000;

export interface WatchdogWorld {
  readonly session: UndoSession;
  /** Prints a line for people. */
  readonly say: (text: string) => void;
  /** Confirms a message. */
  readonly heard: () => void;
  readonly kill: (pid: number, signal: 'SIGINT' | 'SIGKILL') => void;
  /** Releases the lock of a process that has ended. Rejects with the error of AWS. */
  readonly releaseLock: (held: Held) => Promise<boolean>;
  /** Removes a folder if a load test created it. */
  readonly remove: (folder: string) => void;
}

/** Resolves when nothing is left to do, which is at most `LIMIT_MS` after the pipe closes. */
export async function watchOver(lines: AsyncIterable<string>, world: WatchdogWorld): Promise<void> {
  const { session, say, heard, kill } = world;
  const { clock } = session;
  let armed: Victim | undefined;
  const minded = new Set<number>();
  let held: Held | undefined;
  const folders: string[] = [];
  let inOrder = false;
  let waiting = new AbortController();
  const pending: Promise<void>[] = [];
  const restore = async (why: string): Promise<void> => {
    const victim = armed;
    if (victim === undefined) return;
    armed = undefined;
    say(`${why}: restoring ${victim.name} (${victim.instanceId})`);
    const end = clock.now() + LIMIT_MS;
    for (;;) {
      try {
        return say(undoFaultText(victim, await undoFault(victim, { ...session, note: say }, Math.max(0, end - clock.now()))));
      } catch (thrown) {
        const hint = thrown instanceof ReconcileError ? ` ${thrown.hint}` : '';
        say(`${thrown instanceof Error ? thrown.message : String(thrown)}.${hint}`);
        if (clock.now() >= end) return;
        await clock.sleep(RETRY_MS);
      }
    }
  };
  for await (const line of lines) {
    const word = JSON.parse(line) as WatchdogMessage;
    if ('minds' in word) minded.add(word.minds);
    if ('ended' in word) minded.delete(word.ended);
    if ('holds' in word) held = word.holds;
    if ('folder' in word) folders.push(word.folder);
    if ('done' in word) inOrder = true;
    if ('disarm' in word || 'arm' in word) {
      waiting.abort();
      waiting = new AbortController();
    }
    if ('disarm' in word) armed = undefined;
    if ('arm' in word) {
      armed = word.arm;
      const until = word.until + OVERDUE_MS - clock.now();
      pending.push(
        clock.sleep(Math.max(0, until), waiting.signal).then(
          () => restore('the fault should be over, but it was not undone'),
          () => undefined,
        ),
      );
    }
    heard();
  }
  waiting.abort();
  for (const pid of minded) {
    kill(pid, 'SIGINT');
    pending.push(clock.sleep(KILL_AFTER_MS).then(() => kill(pid, 'SIGKILL')));
  }
  pending.push(restore('the load test ended before the target was restored'));
  await Promise.all(pending);
  if (inOrder) return;
  // The lock is released last, so that the next run finds nothing broken.
  for (const folder of folders) world.remove(folder);
  if (held === undefined) return;
  const { stack } = held;
  await world.releaseLock(held).then(
    (was) => (was ? say(`the lock of ${stack} was released`) : undefined),
    (thrown: unknown) =>
      say(`the lock of ${stack} could not be released; it will expire: ${thrown instanceof Error ? thrown.message : String(thrown)}`),
  );
}
