/**
 * Pods of an Indexed Job. No operator is needed: the index is the shard, the exit status k6's. What they measure comes back as their log,
 * since every cluster has that, and a volume that several nodes may write to has not. Edge: child processes.
 */

import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { ClusterOptions, LoadToSend } from '../engines/form.ts';
import { liveSeconds } from '../live.ts';
import { openForElsewhere } from '../open-script.ts';
import { readPoints } from '../points.ts';
import { shardsOf } from '../shards.ts';
import type { LoadRun } from '../types.ts';
import { followPods, type Sent } from './follow.ts';
import { jobOf } from './job.ts';
import { kubectlOf } from './kubectl.ts';
import { collectMeasured } from './measured.ts';
import { configMapOf } from './names.ts';
import { podReader } from './pod-reader.ts';
import { ARCHIVE, RUN, runScript } from './pod-script.ts';
import { podsAsked } from './pod-template.ts';

/** Until everything of a run is deleted, seconds. */
const DELETE_S = 60;
/** All that a pod may take besides its load: to start, to print. */
const POD_MS = 5 * 60_000;

/** Throws `LoadFailed` or `ToolMissing` where it cannot be sent at all; then nothing of it is left in the cluster. */
export async function sendFromCluster(load: LoadToSend, count: number, startInMs: number, cluster: ClusterOptions): Promise<LoadRun> {
  const { target, settings, environment } = load;
  const shards = shardsOf(count, settings, load.most);
  const { script, scripts, told, k6 } = await openForElsewhere({ ...load, shards });
  const kubectl = kubectlOf(environment, cluster);
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
  try {
    await begin(sent, job, files);
    const { pods: last, why } = await followPods(sent);
    return await collectMeasured(sent, last, why, k6.version);
  } finally {
    for (const reader of readers) reader.close();
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

/** Deletes the Job, its pods and its ConfigMap, and waits until they are gone: no pod sends on after albedo. */
async function remove({ load, kubectl, name }: Sent): Promise<void> {
  const both = [`job/${name}`, `configmap/${name}`];
  try {
    await kubectl.call(['delete', ...both, '--ignore-not-found', '--cascade=foreground', '--wait=true', `--timeout=${DELETE_S}s`]);
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    load.emit({
      kind: 'warning',
      text: `${both.join(' and ')} could not be deleted: ${why}. Run \`${kubectl.typed(['delete', ...both])}\``,
    });
  }
}
