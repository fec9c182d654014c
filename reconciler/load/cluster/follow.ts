/** Watches the pods of a load from its start to its end, or until one of them cannot do its part. Edge: child processes. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { LoadToSend } from '../engines/form.ts';
import { outcomeOf } from '../k6-exit.ts';
import type { ScriptPlace } from '../k6-log.ts';
import { SPARE_MS } from '../open-script.ts';
import type { Shard } from '../shards.ts';
import { JOB_LABEL } from './job.ts';
import type { Kubectl } from './kubectl.ts';
import { podsOf, type ShardPod } from './pods.ts';

const LOOK_MS = 1000;
/** No silence is longer. */
const SAY_MS = 20_000;
/** So long the cluster may not answer. */
const SILENT_MS = 45_000;

export interface Sent {
  readonly load: LoadToSend;
  readonly kubectl: Kubectl;
  readonly name: string;
  readonly mark: string;
  readonly scripts: ScriptPlace;
  readonly shards: readonly Shard[];
  readonly startAt: number;
}

/** Why it was broken off: by a user, by the clock, or for one of the shards, with what is wrong with it. */
export type Why =
  | { readonly kind: 'aborted' | 'timed-out' }
  | { readonly kind: 'failed'; readonly objections: ReadonlyMap<number, string> };

/** Waits for the start and for the end of all, or until one of them cannot do its part. */
export async function followPods({
  load,
  kubectl,
  name,
  shards,
  startAt,
}: Sent): Promise<{ readonly pods: readonly ShardPod[]; readonly why?: Why }> {
  const { settings, emit, signal } = load;
  const end = startAt + (settings.duration + settings.timeout) * 1000;
  let begun = false;
  let saidAt = 0;
  let seenAt = Date.now();
  // The pods go on while the cluster does not answer.
  const look = async (): Promise<readonly ShardPod[] | undefined> => {
    try {
      const pods = podsOf(await kubectl.call(['get', 'pods', '-l', `${JOB_LABEL}=${name}`, '-o', 'json']), shards.length);
      seenAt = Date.now();
      return pods;
    } catch (thrown) {
      if (Date.now() - seenAt > SILENT_MS) throw thrown;
      return undefined;
    }
  };
  for (;;) {
    if (signal?.aborted === true) return { pods: [], why: { kind: 'aborted' } };
    const pods = await look();
    const now = Date.now();
    if (pods === undefined) {
      await pause(LOOK_MS, signal);
      continue;
    }
    const failed = pods.filter(({ state, exitCode }) => state === 'ended' && outcomeOf(exitCode, false) !== 'done');
    if (failed.length > 0)
      return { pods, why: { kind: 'failed', objections: new Map(failed.map(({ shard, why }) => [shard, ended(why)])) } };
    if (!begun && now >= startAt) {
      const late = pods.filter(({ state }) => state === 'waiting');
      if (late.length > 0)
        return { pods, why: { kind: 'failed', objections: new Map(late.map(({ shard, why }) => [shard, notThere(why)])) } };
      begun = true;
      load.onStart(startAt);
    }
    if (pods.every(({ state }) => state === 'ended')) return { pods };
    if (now > end + SPARE_MS) return { pods, why: { kind: 'timed-out' } };
    if (now - saidAt >= SAY_MS) {
      saidAt = now;
      emit({ kind: 'phase', phase: 'load', text: begun ? sending(pods, end - now) : starting(pods, startAt - now) });
    }
    // Not beyond the start, which is to be seen when it comes.
    await pause(begun ? LOOK_MS : Math.max(1, Math.min(LOOK_MS, startAt - now)), signal);
  }
}

const ended = (why: string): string => (why === '' ? '' : `its pod ended: ${why}`);
const notThere = (why: string): string => `it had not started when the load began${why === '' ? '' : `: ${why}`}`;

function starting(pods: readonly ShardPod[], leftMs: number): string {
  const waiting = pods.filter(({ state }) => state === 'waiting');
  const first = waiting[0];
  const rest = first === undefined ? '' : `; shard ${first.shard} waits: ${first.why}`;
  return `${pods.length - waiting.length} of ${pods.length} pods run; all begin in ${Math.max(0, Math.ceil(leftMs / 1000))} s${rest}`;
}

function sending(pods: readonly ShardPod[], leftMs: number): string {
  const running = pods.filter(({ state }) => state === 'running').length;
  return leftMs > 0
    ? `${running} pods send for another ${Math.ceil(leftMs / 1000)} s; what they measured is known after that`
    : `waiting for ${running} of ${pods.length} pods, which print what they measured`;
}

const pause = (ms: number, signal?: AbortSignal): Promise<void> =>
  sleep(ms, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
