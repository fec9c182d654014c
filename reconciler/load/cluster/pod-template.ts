/**
 * What all pods that send a load are: those of the Job here, and the runners of the k6 operator. A namespace with the restricted Pod Security
 * Standard admits them (Kubernetes docs): no root, no capabilities, no way to get more, and nothing of the cluster is handed to the script,
 * which comes from whoever may write it. Pure.
 */

import type { LoadPods } from '../../model/load-pods.ts';
import { K6_IMAGE, labelsOf } from './names.ts';

/** The user of the image (k6 source: Dockerfile). */
const K6_USER = 12_345;

export const POD_SECURITY = {
  ...{ runAsNonRoot: true, runAsUser: K6_USER, runAsGroup: K6_USER, fsGroup: K6_USER },
  seccompProfile: { type: 'RuntimeDefault' },
} as const;
export const CONTAINER_SECURITY = {
  ...{ allowPrivilegeEscalation: false, privileged: false, readOnlyRootFilesystem: true },
  capabilities: { drop: ['ALL'] },
} as const;

/** A quota of a namespace may ask for them, and without them a node takes more k6 than it can run. No limit: a pod that is slowed down measures itself. */
const REQUESTS = { cpu: '500m', memory: '256Mi', 'ephemeral-storage': '256Mi' } as const;

export type PodsAsked = LoadPods & { readonly image: string };

/** The pods of an environment; `image` is what the command line says. */
export const podsAsked = (pods: LoadPods = {}, image?: string): PodsAsked => ({ ...pods, image: image ?? pods.image ?? K6_IMAGE });

/** The parts of a pod, which a Job and a TestRun have in other places. */
export interface PodParts {
  readonly metadata: { readonly labels: Readonly<Record<string, string>>; readonly annotations?: Readonly<Record<string, string>> };
  /** Of the pod. */
  readonly spec: Readonly<Record<string, unknown>>;
  /** Of its container. */
  readonly container: { readonly image: string; readonly resources: object };
}

/** `own`: labels by which albedo finds it. */
export function podParts(stack: string, asked: PodsAsked, own: Readonly<Record<string, string>> = {}): PodParts {
  const { image, resources = {}, labels, annotations, ...rest } = asked;
  const { serviceAccountName, nodeSelector, tolerations, imagePullSecrets, priorityClassName } = rest;
  const spec = { serviceAccountName, nodeSelector, tolerations, imagePullSecrets, priorityClassName };
  const { requests = {}, limits } = resources;
  return {
    metadata: { labels: { ...labels, ...labelsOf(stack), ...own }, ...(annotations === undefined ? {} : { annotations }) },
    spec: Object.fromEntries(Object.entries(spec).filter(([, value]) => value !== undefined)),
    container: { image, resources: { requests: { ...REQUESTS, ...requests }, ...(limits === undefined ? {} : { limits }) } },
  };
}
