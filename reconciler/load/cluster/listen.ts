/**
 * Listens to the pods while they send: one `kubectl logs` follows all of them. What is lost on the way is read again, and what cannot be
 * read is said. Edge: child processes.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import type { LoadToSend } from '../engines/form.ts';
import type { LiveSeconds } from '../live.ts';
import type { Points } from '../points.ts';
import { tellLoad } from '../tell-load.ts';
import { JOB_LABEL } from './job.ts';
import type { Kubectl } from './kubectl.ts';
import { CONTAINER } from './names.ts';
import type { PodReader } from './pod-reader.ts';

const TELL_MS = 500;
/** Pods print every second. One of which nothing has come for so long is not known to send. */
const QUIET_MS = 5000;
/** After so long in which nothing comes from a pod the stream is opened again, and after twice as long the next time. */
const STUCK_MS = 15_000;
const REOPEN_MS = 1000;

export interface ListenInput {
  readonly load: LoadToSend;
  readonly kubectl: Kubectl;
  /** Of the Job. */
  readonly name: string;
  readonly startAt: number;
  /** By the name of the pod. */
  readonly readers: ReadonlyMap<string, PodReader>;
  readonly points: Points;
  readonly live: LiveSeconds;
}

export interface Listener {
  /** Ends it: at once, or when all has come, after so many milliseconds at most. */
  end(mostMs: number): Promise<void>;
}

export function listenToPods({ load, kubectl, name, startAt, readers, points, live }: ListenInput): Listener {
  const all = [...readers.values()];
  const begunAt = Date.now();
  const over = new AbortController();
  let ending = false;
  let attempt = new AbortController();
  let openedAt = begunAt;
  let patience = STUCK_MS;
  /** Each is said once, until all pods are heard again. */
  let quietSaid = false;
  let lostAt: number | undefined;
  // After the load a pod has nothing to tell for a while.
  const loadEnds = startAt + load.settings.duration * 1000;
  const silentMs = (reader: PodReader, now: number): number =>
    reader.whole() ? 0 : Math.min(now, loadEnds) - Math.max(reader.heardAt(), begunAt);

  const tell = (): void => {
    const now = Date.now();
    const quiet = all.filter((reader) => silentMs(reader, now) > QUIET_MS);
    const longest = Math.max(0, ...quiet.map((reader) => silentMs(reader, now)));
    const shards = quiet.map(({ shard }) => shard.shard);
    const note =
      quiet.length === 0
        ? ''
        : `no data from ${shards.length === 1 ? 'shard' : 'shards'} ${shards.slice(0, 10).join(', ')}${shards.length > 10 ? ' and others' : ''} for ${Math.round(longest / 1000)} s`;
    if (note !== '' && !quietSaid) load.emit({ kind: 'warning', text: `${note}: the figures shown are incomplete` });
    quietSaid = note !== '';
    if (lostAt !== undefined && all.every((reader) => reader.whole() || reader.heardAt() > (lostAt ?? 0))) lostAt = undefined;
    tellLoad(load.emit, { startedAt: startAt, totalMs: load.settings.duration * 1000, now, points, live, note });
    if (longest > patience && now - openedAt > patience) {
      patience *= 2;
      attempt.abort();
    }
  };

  const take = (line: string): void => {
    const [, pod = '', text = ''] = PREFIX.exec(line) ?? [];
    readers.get(pod)?.line(text);
  };
  const args = ['logs', '--follow', `--selector=${JOB_LABEL}=${name}`, `--container=${CONTAINER}`];
  // A selector shows the last ten lines only, and follows five pods (kubectl reference, logs).
  args.push('--prefix', '--tail=-1', `--max-log-requests=${readers.size}`);
  const stream = async (): Promise<void> => {
    while (!over.signal.aborted) {
      attempt = new AbortController();
      openedAt = Date.now();
      for (const reader of all) reader.again();
      let why = 'it ended';
      try {
        await kubectl.follow(args, take, AbortSignal.any([over.signal, attempt.signal]), load.minding);
      } catch (thrown) {
        why = thrown instanceof Error ? thrown.message : String(thrown);
      }
      if (ending || over.signal.aborted || all.every((reader) => reader.whole())) return;
      if (!attempt.signal.aborted && lostAt === undefined) {
        lostAt = Date.now();
        load.emit({ kind: 'warning', text: `the log stream of the pods failed, and is opened again: ${why}` });
      }
      await pause(REOPEN_MS, over.signal);
    }
  };
  const ticker = setInterval(tell, TELL_MS);
  const streaming = stream();
  return {
    async end(mostMs) {
      ending = true;
      const limit = setTimeout(() => over.abort(), mostMs);
      if (mostMs === 0 || all.every((reader) => reader.whole())) over.abort();
      await streaming;
      clearTimeout(limit);
      clearInterval(ticker);
      // The last second.
      tell();
    },
  };
}

/** kubectl source, pkg/cmd/logs/logs.go: `[pod/NAME/CONTAINER] ` before each line. */
const PREFIX = /^\[pod\/([^/\]]+)\/[^\]]*\] (.*)$/;

/** Shorter when it is aborted. */
export const pause = (ms: number, signal?: AbortSignal): Promise<void> =>
  sleep(ms, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
