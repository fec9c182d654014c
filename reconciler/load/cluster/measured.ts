/** What the pods of a load measured, put together. Edge: child processes. */

import { ReconcileError } from '../../errors.ts';
import { mergeParts, type Part } from '../merge.ts';
import type { LoadRun } from '../types.ts';
import type { Sent, Why } from './follow.ts';
import { CONTAINER } from './names.ts';
import type { PodReader } from './pod-reader.ts';
import type { ShardPod } from './pods.ts';

/** Logs that are read at one time. */
const AT_ONCE = 4;

/** Reads again the logs of which something is missing. `version`: of the k6 here, where no pod tells of its own. */
export async function collectMeasured(sent: Sent, pods: readonly ShardPod[], why: Why | undefined, version: string): Promise<LoadRun> {
  const { load, kubectl, readers, points, startAt } = sent;
  const unread = new Map<PodReader, string>();
  const queue = pods.flatMap(({ shard, state, name }) => {
    const reader = readers[shard - 1] as PodReader;
    return state === 'ended' && !reader.whole() ? [{ reader, name }] : [];
  });
  if (queue.length > 0) load.emit({ kind: 'phase', phase: 'load', text: `reading the rest of ${queue.length} of ${readers.length} logs` });
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const { reader, name } = next;
        reader.again();
        try {
          await kubectl.lines(['logs', name, `--container=${CONTAINER}`], reader.line);
        } catch (thrown) {
          if (!(thrown instanceof ReconcileError)) throw thrown;
          unread.set(reader, thrown.message);
        }
      }
    }),
  );
  let sentWith = version;
  const parts = readers.map((reader): Part => {
    const { shard } = reader.shard;
    const pod = pods.find((each) => each.shard === shard);
    const own = why === undefined ? undefined : objectionOf(why, shard);
    if (pod?.state !== 'ended')
      return { ...reader.broken(why !== undefined && own === undefined), ...(own === undefined ? {} : { objection: own }) };
    const { part, k6 } = reader.part(pod, unread.get(reader) ?? '');
    sentWith = k6 ?? sentWith;
    return { ...part, objection: own || part.objection || '' };
  });
  const run = mergeParts(points.end(), parts, load.settings, { version: sentWith, startAt, begunAt: startAt, now: Date.now() });
  return why === undefined || why.kind === 'failed' ? run : { ...run, outcome: why.kind };
}

/** Why this shard failed; empty where the cluster gave no reason. Undefined when the failure was not this shard's. */
function objectionOf(why: Why, shard: number): string | undefined {
  if (why.kind === 'timed-out') return 'its pod did not end in time';
  return why.kind === 'failed' ? why.objections.get(shard) : undefined;
}
