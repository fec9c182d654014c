/**
 * Jobs that stand in the cluster: this process's own, which must be gone when it ends, and those of other runs, which send as well. Whatever
 * stays is said, with when it ends by itself and how to end it now. Edge: child processes.
 */

import type { Emit } from '../../run/port.ts';
import { KEPT_S } from './job.ts';
import { isRefused, type Kubectl } from './kubectl.ts';
import { pause } from './listen.ts';
import { labelsOf } from './names.ts';

/** Until everything of a run is deleted, seconds. */
const DELETE_S = 60;
const AGAIN_MS = 2000;
/** Of this process: another rate on a page is another Job, which takes over from the one before. */
const own = new Set<string>();

/** A Job and its ConfigMap. */
export interface StandingJob {
  readonly kubectl: Kubectl;
  /** Of both. */
  readonly name: string;
  /** When Kubernetes ends the pods by itself, milliseconds since the epoch; undefined: never. */
  readonly endsAt: number | undefined;
}

const partsOf = ({ name }: StandingJob): readonly string[] => [`job/${name}`, `configmap/${name}`];
const namesIn = (job: StandingJob): string => partsOf(job).join(' and ');
const deletionOf = (job: StandingJob): readonly string[] => ['delete', ...partsOf(job), '--ignore-not-found', '--cascade=foreground'];

function howItEnds(job: StandingJob): string {
  const { endsAt, kubectl } = job;
  const byItself =
    endsAt === undefined
      ? ''
      : `Kubernetes ends the pods by ${new Date(endsAt).toISOString().slice(11, 16)} UTC, and deletes the Job ${KEPT_S / 60} minutes later. `;
  return `${byItself}To delete it now: \`${kubectl.typed(['delete', ...partsOf(job)])}\``;
}

/**
 * Called before a Job is made: where this process ends without waiting for its removal, the cluster is told to delete it. Answers what is
 * called when it is gone.
 */
export function deleteAtExit(job: StandingJob, emit: Emit): () => void {
  const onExit = (): void => {
    job.kubectl.leave([...deletionOf(job), '--wait=false']);
    emit({
      kind: 'warning',
      text: `kubectl was asked to delete ${namesIn(job)}, but albedo ends before they are gone. ${howItEnds(job)}`,
    });
  };
  own.add(job.name);
  process.once('exit', onExit);
  return () => {
    process.off('exit', onExit);
    own.delete(job.name);
  };
}

/** Deletes it with its pods, and waits until they are gone: no pod sends on after albedo. A cluster that does not answer is asked again. */
export async function remove(job: StandingJob, emit: Emit): Promise<void> {
  for (const until = Date.now() + DELETE_S * 1000; ; await pause(AGAIN_MS))
    try {
      await job.kubectl.call([...deletionOf(job), '--wait=true', `--timeout=${DELETE_S}s`]);
      return;
    } catch (thrown) {
      const why = thrown instanceof Error ? thrown.message : String(thrown);
      if (Date.now() < until && !isRefused(why)) continue;
      emit({ kind: 'warning', text: `${namesIn(job)} could not be deleted: ${why}. ${howItEnds(job)}` });
      return;
    }
}

interface Listed {
  readonly metadata: { readonly name: string; readonly creationTimestamp: string };
  readonly spec: { readonly activeDeadlineSeconds?: number };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

/** Whether its pods may still send. */
const isUnderWay = ({ status = {} }: Listed): boolean =>
  status.conditions?.some(({ type, status: is }) => (type === 'Complete' || type === 'Failed') && is === 'True') !== true;

/** What another run left, or sends now, comes on top of a load. Says so. */
export async function tellOthers(kubectl: Kubectl, stack: string, emit: Emit): Promise<void> {
  const selector = Object.entries(labelsOf(stack)).map(([key, value]) => `${key}=${value}`);
  const { items } = JSON.parse(await kubectl.call(['get', 'jobs', '-l', selector.join(','), '-o', 'json'])) as {
    readonly items: readonly Listed[];
  };
  for (const { metadata, spec } of items.filter((job) => isUnderWay(job) && !own.has(job.metadata.name))) {
    const { name, creationTimestamp } = metadata;
    const { activeDeadlineSeconds: seconds } = spec;
    const endsAt = seconds === undefined ? undefined : Date.parse(creationTimestamp) + seconds * 1000;
    emit({
      kind: 'warning',
      text: `job/${name} sends load to ${stack} as well: another run started it, or one that was killed left it. ${howItEnds({ kubectl, name, endsAt })}`,
    });
  }
}
