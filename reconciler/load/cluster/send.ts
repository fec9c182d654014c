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
import { isRefused, kubectlOf } from './kubectl.ts';
import { collectMeasured } from './measured.ts';
import { configMapOf } from './names.ts';
import { podReader } from './pod-reader.ts';
import { ARCHIVE, RUN, runScript } from './pod-script.ts';
import { podsAsked } from './pod-template.ts';
import { deleteAtExit, remove, type StandingJob, tellOthers } from './standing.ts';

/** All that a pod may take besides its load: to start, to print. */
const POD_MS = 5 * 60_000;

/** Throws `LoadFailed` or `ToolMissing` where kubectl is not there, or the cluster is not, or shows no Jobs. */
export async function requireCluster(environment: LoadToSend['environment'], cluster: ClusterOptions): Promise<void> {
  await kubectlOf(environment, cluster).call(['get', 'jobs', '-o', 'name', '-l', 'app.kubernetes.io/managed-by=albedo']);
}

/** Throws `LoadFailed` or `ToolMissing` where it cannot be sent at all; then nothing of it is left in the cluster. */
export async function sendFromCluster(load: LoadToSend, count: number, startInMs: number, cluster: ClusterOptions): Promise<LoadRun> {
  const { target, settings, environment } = load;
  const shards = shardsOf(count, settings, load.most);
  const { script, scripts, told, k6 } = await openForElsewhere({ ...load, shards });
  const kubectl = kubectlOf(environment, cluster);
  await tellOthers(kubectl, target.stack, load.emit);
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
  const standing: StandingJob = { kubectl, name, endsAt: Date.now() + mostMs };
  const isGone = deleteAtExit(standing, load.emit);
  let mayBeThere = true;
  try {
    await begin(sent, job, files, () => {
      mayBeThere = false;
    });
    const { pods: last, why } = await followPods(sent);
    return await collectMeasured(sent, last, why, k6.version);
  } finally {
    for (const reader of readers) reader.close();
    if (mayBeThere) await remove(standing, load.emit);
    isGone();
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
