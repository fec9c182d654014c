/** What the pods of a load measured, from their logs. Edge: child processes and files. */

import { closeSync, constants, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { ReconcileError } from '../../errors.ts';
import { missingPart, readMeasured } from '../collect.ts';
import { parseVersion } from '../find-k6.ts';
import { outcomeOf } from '../k6-exit.ts';
import { mergeParts, type Part } from '../merge.ts';
import { type Points, readPoints } from '../points.ts';
import type { Shard } from '../shards.ts';
import type { LoadRun } from '../types.ts';
import type { Sent, Why } from './follow.ts';
import { complaintsIn, shardOutput } from './pod-output.ts';
import type { ShardPod } from './pods.ts';

/** Logs that are read at one time. */
const AT_ONCE = 4;
const MOST_LOG = 8 * 1024 * 1024;

export async function collectMeasured(
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
