/** Watches the pods of a load from its start to its end, or until one of them cannot do its part. Edge: child processes. */

import { ReconcileError } from '../../errors.ts';
import type { LoadToSend } from '../engines/form.ts';
import { outcomeOf } from '../k6-exit.ts';
import type { LiveSeconds } from '../live.ts';
import { SPARE_MS } from '../open-script.ts';
import type { Points } from '../points.ts';
import { JOB_LABEL } from './job.ts';
import type { Kubectl } from './kubectl.ts';
import { type Listener, listenToPods, pause } from './listen.ts';
import type { PodReader } from './pod-reader.ts';
import { DELETED, podsOf, refusalIn, type ShardPod } from './pods.ts';

const LOOK_MS = 1000;
/** No silence is longer. */
const SAY_MS = 20_000;
/** So long the cluster may not answer. */
const SILENT_MS = 45_000;
/** For what the pods printed last to arrive. */
const DRAIN_MS = 10_000;

/** A load that is on its way. */
export interface Sent {
  readonly load: LoadToSend;
  readonly kubectl: Kubectl;
  /** Of the Job. */
  readonly name: string;
  /** One for each shard, in their order. */
  readonly readers: readonly PodReader[];
  readonly startAt: number;
  readonly points: Points;
  readonly live: LiveSeconds;
}

/** Why it was broken off: by a user, by the clock, or for one of the shards, with what is wrong with it. */
export type Why =
  | { readonly kind: 'aborted' | 'timed-out' }
  | { readonly kind: 'failed'; readonly objections: ReadonlyMap<number, string> };

/** Waits for the start and for the end of all, or until one of them cannot do its part. */
export async function followPods(sent: Sent): Promise<{ readonly pods: readonly ShardPod[]; readonly why?: Why }> {
  let listener: Listener | undefined;
  const begin = (pods: readonly ShardPod[]): void => {
    sent.live.begin(sent.startAt);
    sent.load.onStart(sent.startAt);
    const named = new Map(pods.map(({ shard, name }) => [name, sent.readers[shard - 1] as PodReader]));
    listener = listenToPods({ ...sent, readers: named });
  };
  let well = false;
  try {
    const followed = await untilEnded(sent, begin);
    well = followed.why === undefined;
    return followed;
  } finally {
    // What has ended well is printed by now.
    await listener?.end(well ? DRAIN_MS : 0);
  }
}

async function untilEnded(
  { load, kubectl, name, readers, startAt }: Sent,
  begin: (pods: readonly ShardPod[]) => void,
): Promise<{ readonly pods: readonly ShardPod[]; readonly why?: Why }> {
  const { settings, emit, signal } = load;
  const end = startAt + (settings.duration + settings.timeout) * 1000;
  let begun = false;
  let saidAt = 0;
  let seenAt = Date.now();
  let silenceSaid = false;
  // The pods go on while the cluster does not answer.
  const look = async (): Promise<readonly ShardPod[] | undefined> => {
    try {
      const pods = podsOf(await kubectl.call(['get', 'pods', '-l', `${JOB_LABEL}=${name}`, '-o', 'json'], { signal }), readers.length);
      seenAt = Date.now();
      silenceSaid = false;
      return pods;
    } catch (thrown) {
      if (signal?.aborted === true) return undefined;
      if (!(thrown instanceof ReconcileError) || thrown.code !== 'LoadFailed') throw thrown;
      const { message, hint } = thrown;
      const silentMs = Date.now() - seenAt;
      if (silentMs > SILENT_MS)
        throw new ReconcileError(
          'LoadFailed',
          `the cluster did not say for ${Math.round(silentMs / 1000)} s what the pods of job/${name} do: ${message}`,
          { cause: thrown, hint },
        );
      if (!silenceSaid)
        emit({
          kind: 'warning',
          text: `the cluster does not say what the pods do, and is asked again for up to ${SILENT_MS / 1000} s: ${message}`,
        });
      silenceSaid = true;
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
    // No other pod takes its place.
    const gone = begun ? pods.filter((pod) => pod.name === '').map((pod) => ({ ...pod, why: DELETED })) : [];
    if (failed.length + gone.length > 0)
      return { pods, why: { kind: 'failed', objections: new Map([...failed, ...gone].map(({ shard, why }) => [shard, ended(why)])) } };
    if (!begun && now >= startAt) {
      const late = pods.filter(({ state }) => state === 'waiting');
      if (late.length > 0) {
        const refusal = late.some((pod) => pod.name === '') ? await whyNoPod(kubectl, name) : '';
        const reason = (pod: ShardPod): string => (pod.name === '' && refusal !== '' ? `${pod.why}: ${refusal}` : pod.why);
        return { pods, why: { kind: 'failed', objections: new Map(late.map((pod) => [pod.shard, notThere(reason(pod))])) } };
      }
      begun = true;
      begin(pods);
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

/** What a quota or an admission rule has against the pods. */
const whyNoPod = (kubectl: Kubectl, job: string): Promise<string> =>
  kubectl
    .call(['get', 'events', `--field-selector=involvedObject.kind=Job,involvedObject.name=${job},type=Warning`, '-o', 'json'])
    .then(
      refusalIn,
      (thrown: unknown) => `the events of its Job cannot be read (${thrown instanceof Error ? thrown.message : String(thrown)})`,
    );

const ended = (why: string): string => (why === '' ? '' : `its pod ended: ${why}`);
const notThere = (why: string): string => `it was not running when the load began${why === '' ? '' : `: ${why}`}`;

function starting(pods: readonly ShardPod[], leftMs: number): string {
  const waiting = pods.filter(({ state }) => state === 'waiting');
  const first = waiting[0];
  const rest = first === undefined ? '' : `; shard ${first.shard} is waiting: ${first.why}`;
  return `${pods.length - waiting.length} of ${pods.length} pods are running; the load starts in ${Math.max(0, Math.ceil(leftMs / 1000))} s${rest}`;
}

function sending(pods: readonly ShardPod[], leftMs: number): string {
  const running = pods.filter(({ state }) => state === 'running').length;
  return leftMs > 0
    ? `${running} pods send for another ${Math.ceil(leftMs / 1000)} s`
    : `waiting for ${running} of ${pods.length} pods to end`;
}
