import { requireImage, requireName } from '../cluster/names.ts';
import type { Engine } from './form.ts';

/** Until the pods are there, their image is too, and they have read the time. */
const START_IN_MS = 60_000;

/** Pods of an Indexed Job; no operator is needed. */
export const kubernetes: Engine = {
  name: 'kubernetes',
  summary: 'pods of a Kubernetes cluster, through kubectl',
  needsK6: true,
  sendsOnce: false,
  sender({ shards = 1, startInMs = START_IN_MS, cluster = {} }) {
    const { image, namespace } = cluster;
    if (image !== undefined) requireImage(image);
    if (namespace !== undefined) requireName('namespace', namespace);
    return {
      isLive: true,
      ready: async (environment) => (await import('../cluster/send.ts')).requireCluster(environment, cluster),
      send: async (load) => (await import('../cluster/send.ts')).sendFromCluster(load, shards, startInMs, cluster),
    };
  },
};
