/**
 * A load as an Indexed Job of Kubernetes: the index of a pod is its shard, and k6's exit status the one of its container (Kubernetes docs,
 * "Indexed Job"). A pod that fails is not replaced: what it was to send is over (`backoffLimitPerIndex: 0`). Pure.
 */

import { k6Environment } from '../k6-command.ts';
import type { Told } from '../script-variables.ts';
import type { Shard } from '../shards.ts';
import { CONTAINER, labelsOf } from './names.ts';
import { RUN } from './pod-script.ts';
import { CONTAINER_SECURITY, POD_SECURITY, type PodsAsked, podParts } from './pod-template.ts';

const MOUNT = '/albedo';
const WORK = '/work';
/** A Job that nobody deletes is gone after so many seconds, and its ConfigMap with it. */
export const KEPT_S = 600;
/** From the word to end until it is killed, seconds: k6 writes out its points, which are then printed. */
const GRACE_S = 15;
export const INDEX_LABEL = 'batch.kubernetes.io/job-completion-index';
export const JOB_LABEL = 'batch.kubernetes.io/job-name';

export interface ShardJob {
  readonly name: string;
  readonly stack: string;
  readonly pods: PodsAsked;
  readonly shards: readonly Shard[];
  readonly dnsName: string;
  readonly told: Told;
  /** All of it, from the first pod to the last point, milliseconds. */
  readonly mostMs: number;
}

/**
 * Its pods wait for the ConfigMap, which is made after it and belongs to it. It is not suspended meanwhile: the time of a suspended Job does
 * not run (Kubernetes docs, "Suspending a Job"), so one that albedo could not start would stay for ever.
 */
export function jobOf({ name, stack, pods, shards, dnsName, told, mostMs }: ShardJob): Readonly<Record<string, unknown>> {
  const environment = k6Environment({}, dnsName, Object.keys(told.hosts).length > 0);
  const pod = podParts(stack, pods, { 'albedo/run': name });
  return {
    ...{ apiVersion: 'batch/v1', kind: 'Job', metadata: { name, labels: { ...labelsOf(stack), 'albedo/run': name } } },
    spec: {
      ...{ completionMode: 'Indexed', completions: shards.length, parallelism: shards.length, backoffLimitPerIndex: 0 },
      // Second pairs of hands, for when this process is killed.
      ...{ activeDeadlineSeconds: Math.ceil(mostMs / 1000), ttlSecondsAfterFinished: KEPT_S },
      template: {
        metadata: pod.metadata,
        spec: {
          ...pod.spec,
          ...{ restartPolicy: 'Never', terminationGracePeriodSeconds: GRACE_S, securityContext: POD_SECURITY },
          // The script comes from whoever may write it: no role and no address of the cluster is handed to it.
          ...{ automountServiceAccountToken: false, enableServiceLinks: false },
          // On as many nodes as there are: several on one would wait for each other.
          topologySpreadConstraints: [
            {
              ...{ maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway' },
              labelSelector: { matchLabels: { 'albedo/run': name } },
            },
          ],
          containers: [
            {
              ...{
                name: CONTAINER,
                ...pod.container,
                command: ['sh', `${MOUNT}/${RUN}`],
                workingDir: WORK,
                securityContext: CONTAINER_SECURITY,
              },
              env: Object.entries(environment).map(([key, value]) => ({ name: key, value })),
              volumeMounts: [
                { name: 'script', mountPath: MOUNT, readOnly: true },
                { name: 'work', mountPath: WORK },
              ],
            },
          ],
          volumes: [
            { name: 'script', configMap: { name } },
            { name: 'work', emptyDir: {} },
          ],
        },
      },
    },
  };
}
