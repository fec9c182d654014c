/**
 * What a process of its own does while a load test breaks something: it listens to the one that breaks, over a pipe that ends with that
 * one whatever ends it (kill -9 too), and then mends what is still broken and ends k6. It mends too when the time is over and nobody has.
 */

import type { Victim } from '../chaos/types.ts';
import { ReconcileError } from '../errors.ts';
import { type PutRightSession, putRight, putRightText } from './put-right.ts';

/** What it is told, one JSON object a line. */
export type WatchdogWord =
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
  /** The one that breaks ends in order, and puts away what is its own. */
  | { readonly done: true };

export interface Held {
  readonly stack: string;
  readonly pid: number;
  readonly host: string;
}

/** The one that breaks mends too, from the end of the fault on; it has so long before it is taken to hang. */
const OVERDUE_MS = 60_000;
/** How long it goes on trying, and between two tries. */
const LIMIT_MS = 20 * 60_000;
const RETRY_MS = 15_000;
/** k6 writes out its points when it is interrupted; then it is killed. */
const KILL_AFTER_MS = 3000;

export interface WatchdogWorld {
  readonly session: PutRightSession;
  /** A line for people. */
  readonly say: (text: string) => void;
  /** A word that was taken in. */
  readonly heard: () => void;
  readonly kill: (pid: number, signal: 'SIGINT' | 'SIGKILL') => void;
  /** Gives back the lock that a process which is no more holds. Rejects with what AWS says. */
  readonly giveBack: (held: Held) => Promise<boolean>;
  /** Removes a folder, if it is one that a load test makes for itself. */
  readonly remove: (folder: string) => void;
}

/** Resolves when there is nothing left to do; at the latest some time after the pipe ends. */
export async function watchOver(lines: AsyncIterable<string>, world: WatchdogWorld): Promise<void> {
  const { session, say, heard, kill } = world;
  const { clock } = session;
  let armed: Victim | undefined;
  const minded = new Set<number>();
  let held: Held | undefined;
  const folders: string[] = [];
  let inOrder = false;
  let waiting = new AbortController();
  const mending: Promise<void>[] = [];
  const mend = async (why: string): Promise<void> => {
    const victim = armed;
    if (victim === undefined) return;
    armed = undefined;
    say(`${why}: seeing to ${victim.name} (${victim.instanceId})`);
    const end = clock.now() + LIMIT_MS;
    for (;;) {
      try {
        return say(putRightText(victim, await putRight(victim, session, Math.max(0, end - clock.now()))));
      } catch (thrown) {
        const hint = thrown instanceof ReconcileError ? ` ${thrown.hint}` : '';
        say(`${thrown instanceof Error ? thrown.message : String(thrown)}.${hint}`);
        if (clock.now() >= end) return;
        await clock.sleep(RETRY_MS);
      }
    }
  };
  for await (const line of lines) {
    const word = JSON.parse(line) as WatchdogWord;
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
      mending.push(
        clock.sleep(Math.max(0, until), waiting.signal).then(
          () => mend('the fault should be over, but it was not ended'),
          () => undefined,
        ),
      );
    }
    heard();
  }
  waiting.abort();
  for (const pid of minded) {
    kill(pid, 'SIGINT');
    mending.push(clock.sleep(KILL_AFTER_MS).then(() => kill(pid, 'SIGKILL')));
  }
  mending.push(mend('the load test ended before the target was restored'));
  await Promise.all(mending);
  if (inOrder) return;
  // Whoever comes next finds nothing broken, so the lock goes last.
  for (const folder of folders) world.remove(folder);
  if (held === undefined) return;
  const { stack } = held;
  await world.giveBack(held).then(
    (was) => (was ? say(`the lock of ${stack} was released`) : undefined),
    (thrown: unknown) =>
      say(`the lock of ${stack} could not be released; it will expire: ${thrown instanceof Error ? thrown.message : String(thrown)}`),
  );
}
