/**
 * Pods of an Indexed Job. No operator is needed: the index is the shard, the exit status k6's. What they measure comes back as their log,
 * since every cluster has that, and a volume that several nodes may write to has not. Edge: child processes and files.
 */

import { randomBytes } from 'node:crypto';
import { closeSync, constants, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import { ReconcileError } from '../errors.ts';
import { configMapOf } from './cluster-names.ts';
import { missingPart, readMeasured } from './collect.ts';
import type { ClusterOptions, LoadToSend } from './engines/form.ts';
import { parseVersion } from './find-k6.ts';
import { outcomeOf } from './k6-exit.ts';
import type { ScriptPlace } from './k6-log.ts';
import { type Kubectl, kubectlOf } from './kubectl.ts';
import { mergeParts, type Part } from './merge.ts';
import { openForElsewhere, SPARE_MS } from './open-script.ts';
import { type Points, readPoints } from './points.ts';
import { ARCHIVE, JOB_LABEL, jobOf, RUN, runScript } from './shard-job.ts';
import { complaintsIn, shardOutput } from './shard-output.ts';
import { podsOf, type ShardPod } from './shard-pods.ts';
import { type Shard, shardsOf } from './shards.ts';
import type { LoadRun } from './types.ts';

const LOOK_MS = 1000;
/** No silence is longer. */
const SAY_MS = 20_000;
/** So long the cluster may not answer. */
const SILENT_MS = 45_000;
/** Logs that are read at one time. */
const AT_ONCE = 4;
/** Until everything of a run is deleted, seconds. */
const DELETE_S = 60;
/** All that a pod may take besides its load: to start, to print. */
const POD_MS = 5 * 60_000;
const MOST_LOG = 8 * 1024 * 1024;

interface Sent {
  readonly load: LoadToSend;
  readonly kubectl: Kubectl;
  readonly name: string;
  readonly mark: string;
  readonly scripts: ScriptPlace;
  readonly shards: readonly Shard[];
  readonly startAt: number;
}

/** Throws `LoadFailed` or `ToolMissing` where it cannot be sent at all; then nothing of it is left in the cluster. */
export async function sendFromCluster(
  load: LoadToSend,
  count: number,
  startInMs: number,
  cluster: ClusterOptions & { readonly image: string },
): Promise<LoadRun> {
  const { target, settings, environment } = load;
  const shards = shardsOf(count, settings, load.most);
  const { script, scripts, told, k6 } = await openForElsewhere({ ...load, shards });
  const kubectl = kubectlOf(environment, cluster);
  const startAt = Date.now() + startInMs;
  const name = `albedo-${target.stack}-${randomBytes(4).toString('hex')}`;
  const mark = `albedo-${randomBytes(16).toString('hex')}`;
  const sent: Sent = { load, kubectl, name, mark, scripts, shards, startAt };
  const mostMs = startInMs + (settings.duration + settings.timeout) * 1000 + POD_MS;
  const job = jobOf({ name, stack: target.stack, image: cluster.image, shards, dnsName: target.dnsName, told, mostMs, mark });
  const files = {
    [RUN]: Buffer.from(runScript({ shards, told, mark }, k6.version)),
    [ARCHIVE]: gzipSync(script.archiveAt(startAt, count)),
  };
  try {
    await begin(sent, job, files);
    const { pods, why } = await follow(sent);
    return await collect(sent, pods, why, k6.version);
  } finally {
    await remove(sent);
  }
}

/** The Job waits until the ConfigMap is there and is its own: whatever happens to this process, one goes with the other. */
async function begin({ load, kubectl, name }: Sent, job: object, files: Readonly<Record<string, Uint8Array>>): Promise<void> {
  const create = ['create', '-o', 'json', '-f', '-'];
  // Refused here when it is too large, before anything is there.
  const map = (owner: readonly object[]): object => configMapOf({ name, labels: labelsIn(job), ownerReferences: owner }, files);
  map([]);
  if (load.signal?.aborted === true) return;
  const { metadata } = JSON.parse(await kubectl.call(create, job)) as { readonly metadata: { readonly uid: string } };
  await kubectl.call(create, map([{ apiVersion: 'batch/v1', kind: 'Job', name, uid: metadata.uid }]));
  await kubectl.call(['patch', 'job', name, '--type=merge', '-p', '{"spec":{"suspend":false}}']);
}

const labelsIn = (job: object): unknown => (job as { readonly metadata: { readonly labels: unknown } }).metadata.labels;

/** Why it was broken off: by a user, by the clock, or for one of the shards, with what is wrong with it. */
type Why = { readonly kind: 'aborted' | 'timed-out' } | { readonly kind: 'failed'; readonly objections: ReadonlyMap<number, string> };

/** Waits for the start and for the end of all, or until one of them cannot do its part. */
async function follow({ load, kubectl, name, shards, startAt }: Sent): Promise<{ readonly pods: readonly ShardPod[]; readonly why?: Why }> {
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

async function collect(
  { load, shards, startAt, ...rest }: Sent,
  pods: readonly ShardPod[],
  why: Why | undefined,
  version: string,
): Promise<LoadRun> {
  const points = readPoints();
  const parts: Part[] = shards.map((shard) => missingPart(shard, why !== undefined && objectionOf(why, shard) === undefined));
  let sentWith = version;
  const read = async (pod: ShardPod): Promise<void> => {
    const shard = shards[pod.shard - 1] as Shard;
    const { part, k6 } = await partOf({ load, startAt, ...rest }, shard, pod, points);
    const objection = (why === undefined ? undefined : objectionOf(why, shard)) || part.objection;
    parts[pod.shard - 1] = { ...part, ...(objection === undefined || objection === '' ? {} : { objection }) };
    sentWith = k6 ?? sentWith;
  };
  const queue = pods.filter(({ state }) => state === 'ended');
  load.emit({ kind: 'phase', phase: 'load', text: `reading what ${queue.length} of ${shards.length} pods measured` });
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) await read(next);
    }),
  );
  for (const { shard, state } of pods) {
    const objection = why === undefined ? undefined : objectionOf(why, shards[shard - 1] as Shard);
    if (state !== 'ended' && objection !== undefined) parts[shard - 1] = { ...(parts[shard - 1] as Part), objection };
  }
  const run = mergeParts(points.end(), parts, load.settings, { version: sentWith, startAt, begunAt: startAt, now: Date.now() });
  return why === undefined || why.kind === 'failed' ? run : { ...run, outcome: why.kind };
}

/** Why this shard failed; empty where the cluster gave no reason. Undefined when the failure was not this shard's. */
function objectionOf(why: Why, { shard }: Shard): string | undefined {
  if (why.kind === 'timed-out') return 'its pod did not end';
  return why.kind === 'failed' ? why.objections.get(shard) : undefined;
}

/** Reads the log of a pod that has ended. `k6`: the version in its image. */
async function partOf(
  { load, kubectl, mark, scripts, startAt }: Pick<Sent, 'load' | 'kubectl' | 'mark' | 'scripts' | 'startAt'>,
  shard: Shard,
  pod: ShardPod,
  points: Points,
): Promise<{ readonly part: Part; readonly k6?: string }> {
  const outcome = outcomeOf(pod.exitCode, false);
  const none: Part = { ...missingPart(shard, false), exitCode: pod.exitCode };
  const path = join(load.outDir, `points-${shard.shard}.csv.gz`);
  mkdirSync(load.outDir, { recursive: true });
  const file = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | (constants.O_NOFOLLOW ?? 0), 0o666);
  const output = shardOutput(mark, (bytes) => void writeSync(file, bytes));
  const raw: string[] = [];
  try {
    await kubectl.lines(['logs', pod.name], (line) => {
      output.line(line);
      if (!line.startsWith(mark)) raw.push(line.slice(0, 1000));
      if (raw.length > 20) raw.shift();
    });
  } catch (thrown) {
    if (!(thrown instanceof ReconcileError)) throw thrown;
    return { part: { ...none, log: raw, objection: `its log cannot be read: ${thrown.message}` } };
  } finally {
    closeSync(file);
  }
  const { objection, hasPoints, ...told } = output.end();
  const k6 = objection === '' ? parseVersion(textOf(told.version)) : undefined;
  const complaints = complaintsIn(textOf(told.log), scripts);
  const log = [...textOf(told.log).split('\n').slice(-20), ...raw].filter((line) => line.trim() !== '').slice(-20);
  const said = complaints.lastException || complaints.lastError || (outcome === 'done' ? '' : (raw.at(-1) ?? ''));
  const known = { outcome, exceptions: complaints.exceptions, thresholds: complaints.thresholds, said, log };
  const version = k6 === undefined ? {} : { k6 };
  if (objection !== '' || !hasPoints) {
    // One that failed says why; of one that did not, what it measured is missing.
    const part = outcome === 'done' ? { ...none, objection } : { ...none, ...known };
    return { part, ...version };
  }
  try {
    const measured = await readMeasured(path, shard, startAt, load.settings, points.file.bind(points));
    return { part: { ...none, ...known, file: measured.told, objection: measured.objection }, ...version };
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    return { part: { ...none, objection: `its points cannot be read: ${why}` }, ...version };
  }
}

function textOf(zipped: Uint8Array): string {
  try {
    return gunzipSync(zipped, { maxOutputLength: MOST_LOG }).toString('utf8');
  } catch {
    return '';
  }
}

/** Deletes the Job, its pods and its ConfigMap, and waits until they are gone: no pod sends on after albedo. */
async function remove({ load, kubectl, name }: Sent): Promise<void> {
  const both = [`job/${name}`, `configmap/${name}`];
  try {
    await kubectl.call(['delete', ...both, '--ignore-not-found', '--cascade=foreground', '--wait=true', `--timeout=${DELETE_S}s`]);
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    load.emit({ kind: 'warning', text: `${both.join(' and ')} could not be deleted; run \`kubectl delete ${both.join(' ')}\`: ${why}` });
  }
}

const pause = (ms: number, signal?: AbortSignal): Promise<void> =>
  sleep(ms, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
