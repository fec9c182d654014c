/** What Kubernetes says of the pods of a Job, by shard. Pure. */

import { plainText } from '../load-plan.ts';
import { INDEX_LABEL } from './job.ts';
import { CONTAINER } from './names.ts';

export interface ShardPod {
  /** From 1. */
  readonly shard: number;
  /** Of the pod; empty while there is none. */
  readonly name: string;
  readonly state: 'waiting' | 'running' | 'ended';
  /** Why it waits, or ended other than by itself, in the words of Kubernetes; may be empty. */
  readonly why: string;
  /** Of its container; null while it runs, or where the pod was ended before it had one. */
  readonly exitCode: number | null;
}

interface Reason {
  readonly reason?: string;
  readonly message?: string;
}
interface Pod {
  readonly metadata: {
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly creationTimestamp?: string;
    readonly deletionTimestamp?: string;
  };
  readonly status?: Reason & {
    readonly phase?: string;
    readonly conditions?: readonly (Reason & { readonly type: string; readonly status: string })[];
    readonly containerStatuses?: readonly {
      readonly name?: string;
      readonly state?: {
        readonly waiting?: Reason;
        readonly running?: object;
        readonly terminated?: Reason & { readonly exitCode: number };
      };
    }[];
  };
}

const MOST_WORDS = 200;
const said = ({ reason = '', message = '' }: Reason): string =>
  plainText([reason, message].filter((each) => each !== '').join(': '), MOST_WORDS);
/** As a container ends that nothing happened to. */
const USUAL = new Set(['Completed', 'Error', '']);

/** One entry for each of `count` shards, from the list that `kubectl get pods -o json` prints. */
export function podsOf(json: string, count: number): readonly ShardPod[] {
  const { items } = JSON.parse(json) as { readonly items: readonly Pod[] };
  const newest = [...items].sort((a, b) => ((a.metadata.creationTimestamp ?? '') < (b.metadata.creationTimestamp ?? '') ? 1 : -1));
  return Array.from({ length: count }, (_, index) => {
    const pod = newest.find(({ metadata }) => metadata.labels?.[INDEX_LABEL] === String(index));
    return { shard: index + 1, ...(pod === undefined ? ABSENT : stateOf(pod)) };
  });
}

/** Why Kubernetes makes no pods of a Job, from the list that `kubectl get events -o json` prints; empty where it says nothing of it. */
export function refusalIn(json: string): string {
  const { items } = JSON.parse(json) as { readonly items: readonly Reason[] };
  return said(items.at(-1) ?? {});
}

/** Of a pod that somebody deleted. */
export const DELETED = 'it was deleted';

/** Who ended a pod other than its container, in the words of Kubernetes: evicted, preempted, its time was over (Kubernetes docs, "Pod disruption conditions"). */
function endedBy(status: NonNullable<Pod['status']>): string {
  const disrupted = status.conditions?.find((each) => each.type === 'DisruptionTarget' && each.status === 'True');
  return said(status) || said(disrupted ?? {});
}

const ABSENT: Omit<ShardPod, 'shard'> = { name: '', state: 'waiting', why: 'it has no pod', exitCode: null };

function stateOf({ metadata: { name, deletionTimestamp }, status = {} }: Pod): Omit<ShardPod, 'shard'> {
  // A cluster may put containers of its own beside it.
  const [first] = status.containerStatuses ?? [];
  const container = (status.containerStatuses?.find((each) => each.name === CONTAINER) ?? first)?.state ?? {};
  const { terminated } = container;
  const why = endedBy(status) || (deletionTimestamp === undefined ? '' : DELETED);
  if (terminated !== undefined)
    return { name, state: 'ended', why: USUAL.has(terminated.reason ?? '') ? why : said(terminated), exitCode: terminated.exitCode };
  // Before its container had ended.
  if (status.phase === 'Failed' || status.phase === 'Succeeded') return { name, state: 'ended', why, exitCode: null };
  // It still runs for its grace, but no longer sends its part.
  if (deletionTimestamp !== undefined) return { name, state: 'ended', why, exitCode: null };
  if (container.running !== undefined) return { name, state: 'running', why: '', exitCode: null };
  const unscheduled = status.conditions?.find((each) => each.type === 'PodScheduled' && each.status === 'False');
  return { name, state: 'waiting', why: said(container.waiting ?? unscheduled ?? { reason: status.phase ?? '' }), exitCode: null };
}
