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
  | { readonly minds: number };

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
}

/** Resolves when there is nothing left to do; at the latest some time after the pipe ends. */
export async function watchOver(lines: AsyncIterable<string>, { session, say, heard, kill }: WatchdogWorld): Promise<void> {
  const { clock } = session;
  let armed: Victim | undefined;
  const minded = new Set<number>();
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
    waiting.abort();
    waiting = new AbortController();
    if ('disarm' in word) armed = undefined;
    if ('arm' in word) {
      armed = word.arm;
      const until = word.until + OVERDUE_MS - clock.now();
      mending.push(
        clock.sleep(Math.max(0, until), waiting.signal).then(
          () => mend('the fault should be over, and nobody has ended it'),
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
  mending.push(mend('the load test ended before the victim was whole'));
  await Promise.all(mending);
}
