/**
 * Pods of an Indexed Job. No operator is needed: the index is the shard, the exit status k6's. What they measure comes back as their log,
 * since every cluster has that, and a volume that several nodes may write to has not. Edge: child processes.
 */

import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { Emit } from '../../run/port.ts';
import type { ClusterOptions, LoadToSend } from '../engines/form.ts';
import { liveSeconds } from '../live.ts';
import { openForElsewhere } from '../open-script.ts';
import { readPoints } from '../points.ts';
import { shardsOf } from '../shards.ts';
import type { LoadRun } from '../types.ts';
import { followPods, type Sent } from './follow.ts';
import { isUnderWay, jobOf, KEPT_S, type StandingJob } from './job.ts';
import { isRefused, type Kubectl, kubectlOf } from './kubectl.ts';
import { pause } from './listen.ts';
import { collectMeasured } from './measured.ts';
import { configMapOf, labelsOf } from './names.ts';
import { podReader } from './pod-reader.ts';
import { ARCHIVE, RUN, runScript } from './pod-script.ts';
import { podsAsked } from './pod-template.ts';

/** Until everything of a run is deleted, seconds. */
const DELETE_S = 60;
const AGAIN_MS = 2000;
/** All that a pod may take besides its load: to start, to print. */
const POD_MS = 5 * 60_000;
/** Jobs of this process: another rate on a page is another Job, which takes over from the one before. */
const own = new Set<string>();

/** Throws `LoadFailed` or `ToolMissing` where it cannot be sent at all; then nothing of it is left in the cluster. */
export async function sendFromCluster(load: LoadToSend, count: number, startInMs: number, cluster: ClusterOptions): Promise<LoadRun> {
  const { target, settings, environment } = load;
  const shards = shardsOf(count, settings, load.most);
  const { script, scripts, told, k6 } = await openForElsewhere({ ...load, shards });
  const kubectl = kubectlOf(environment, cluster);
  await tellEarlier(kubectl, target.stack, load.emit);
  const startAt = Date.now() + startInMs;
  const name = `albedo-${target.stack}-${randomBytes(4).toString('hex')}`;
  const mark = `albedo-${randomBytes(16).toString('hex')}`;
  const mostMs = startInMs + (settings.duration + settings.timeout) * 1000 + POD_MS;
  const pods = podsAsked(load.pods, cluster.image);
  const job = jobOf({ name, stack: target.stack, pods, shards, dnsName: target.dnsName, told, mostMs });
  const files = {
    [RUN]: Buffer.from(runScript({ shards, told, mark }, k6.version)),
    [ARCHIVE]: gzipSync(script.archiveAt(startAt, count)),
  };
  const live = liveSeconds();
  const points = readPoints(live);
  const readers = shards.map((shard) => podReader({ mark, shard, startAt, settings, outDir: load.outDir, scripts, points }));
  const sent: Sent = { load, kubectl, name, readers, startAt, points, live };
  const leftover: Leftover = { kubectl, name, endsAt: Date.now() + mostMs };
  // Whoever asks twice to stop does not wait.
  const onExit = (): void => {
    kubectl.leave([...deletionOf(leftover), '--wait=false']);
    load.emit({
      kind: 'warning',
      text: `kubectl was told to delete ${namesIn(leftover)}, but albedo ends before they are gone. ${stillThere(leftover)}`,
    });
  };
  process.once('exit', onExit);
  own.add(name);
  let mayBeThere = true;
  try {
    await begin(sent, job, files, () => {
      mayBeThere = false;
    });
    const { pods: last, why } = await followPods(sent);
    return await collectMeasured(sent, last, why, k6.version);
  } finally {
    for (const reader of readers) reader.close();
    if (mayBeThere) await remove(leftover, load.emit);
    process.off('exit', onExit);
    own.delete(name);
  }
}

/** What an earlier run left, or another one sends now, comes on top of this load. Says so. */
async function tellEarlier(kubectl: Kubectl, stack: string, emit: Emit): Promise<void> {
  const selector = Object.entries(labelsOf(stack)).map(([key, value]) => `${key}=${value}`);
  const { items } = JSON.parse(await kubectl.call(['get', 'jobs', '-l', selector.join(','), '-o', 'json'])) as {
    readonly items: readonly StandingJob[];
  };
  for (const { metadata, spec } of items.filter((job) => isUnderWay(job) && !own.has(job.metadata.name))) {
    const { name, creationTimestamp } = metadata;
    const { activeDeadlineSeconds } = spec;
    const endsAt = activeDeadlineSeconds === undefined ? undefined : Date.parse(creationTimestamp) + activeDeadlineSeconds * 1000;
    emit({
      kind: 'warning',
      text: `job/${name} sends load to ${stack} as well: another run started it, or one that was killed left it. ${stillThere({ kubectl, name, endsAt })}`,
    });
  }
}

/** The ConfigMap belongs to the Job: whatever happens to this process, one goes with the other. `refused`: the cluster made nothing. */
async function begin(
  { load, kubectl, name }: Sent,
  job: object,
  files: Readonly<Record<string, Uint8Array>>,
  refused: () => void,
): Promise<void> {
  const create = ['create', '-o', 'json', '-f', '-'];
  // Refused here when it is too large, before anything is there.
  const map = (owner: readonly object[]): object => configMapOf({ name, labels: labelsIn(job), ownerReferences: owner }, files);
  map([]);
  if (load.signal?.aborted === true) return;
  const made = await kubectl.call(create, { input: job }).catch((thrown: unknown) => {
    if (isRefused(String(thrown))) refused();
    throw thrown;
  });
  const { metadata } = JSON.parse(made) as { readonly metadata: { readonly uid: string } };
  await kubectl.call(create, { input: map([{ apiVersion: 'batch/v1', kind: 'Job', name, uid: metadata.uid }]) });
}

const labelsIn = (job: object): unknown => (job as { readonly metadata: { readonly labels: unknown } }).metadata.labels;

interface Leftover {
  readonly kubectl: Kubectl;
  /** Of the Job and of its ConfigMap. */
  readonly name: string;
  /** When Kubernetes ends the pods by itself, milliseconds since the epoch; undefined: never. */
  readonly endsAt: number | undefined;
}

const partsOf = ({ name }: Leftover): readonly string[] => [`job/${name}`, `configmap/${name}`];
const namesIn = (left: Leftover): string => partsOf(left).join(' and ');
const deletionOf = (left: Leftover): readonly string[] => ['delete', ...partsOf(left), '--ignore-not-found', '--cascade=foreground'];
function stillThere(left: Leftover): string {
  const { endsAt } = left;
  const byItself =
    endsAt === undefined
      ? ''
      : `Kubernetes ends the pods by ${new Date(endsAt).toISOString().slice(11, 16)} UTC, and deletes the Job ${KEPT_S / 60} minutes later. `;
  return `${byItself}To delete it now: \`${left.kubectl.typed(['delete', ...partsOf(left)])}\``;
}

/** Deletes the Job, its pods and its ConfigMap, and waits until they are gone: no pod sends on after albedo. A cluster that does not answer is asked again. */
async function remove(left: Leftover, emit: Emit): Promise<void> {
  const until = Date.now() + DELETE_S * 1000;
  for (;;) {
    try {
      await left.kubectl.call([...deletionOf(left), '--wait=true', `--timeout=${DELETE_S}s`]);
      return;
    } catch (thrown) {
      const why = thrown instanceof Error ? thrown.message : String(thrown);
      if (Date.now() < until && !isRefused(why)) {
        await pause(AGAIN_MS);
        continue;
      }
      emit({ kind: 'warning', text: `${namesIn(left)} could not be deleted: ${why}. ${stillThere(left)}` });
      return;
    }
  }
}
