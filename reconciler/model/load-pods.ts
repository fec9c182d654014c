/**
 * The pods that send a load from a cluster, as `environment.yaml` describes them. It has a row for each field of Kubernetes that somebody who
 * runs a cluster has to set. What could hand a load script something of the cluster has none: no volumes, no environment, no command, no
 * security context.
 */

import type { Schema } from './codec.ts';
import type { Json } from './json.ts';

export interface LoadPods {
  /** Image with k6 and a shell. */
  readonly image?: string;
  readonly serviceAccountName?: string;
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly tolerations?: readonly Toleration[];
  readonly resources?: Readonly<Partial<Record<'requests' | 'limits', Readonly<Record<string, string>>>>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly imagePullSecrets?: readonly { readonly name: string }[];
  readonly priorityClassName?: string;
}

interface Toleration {
  readonly key?: string;
  readonly operator?: 'Exists' | 'Equal';
  readonly value?: string;
  readonly effect?: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
  /** Seconds. */
  readonly tolerationSeconds?: number;
}

/** Kubernetes docs, "Object Names and IDs": a DNS subdomain name (RFC 1123). */
const SUBDOMAIN = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?){0,6}';
/** Kubernetes docs, "Labels and Selectors": the part of a key behind its prefix, and a value. */
const WORD = '[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?';
/** A key of a label or an annotation. */
const KEY = `(${SUBDOMAIN}/)?${WORD}`;
/** What albedo and Kubernetes say themselves: the pods of a run are found by it, and it is how a cluster loosens its protection. */
const OWN = '(?!albedo/|app\\.kubernetes\\.io/|([a-z0-9.-]+\\.)?(kubernetes|k8s)\\.io/)';

const name = (what: string, example: string, description: string): Schema => ({
  ...{
    type: 'string',
    pattern: `^${SUBDOMAIN}$`,
    'x-pattern-message': `the name of ${what} in Kubernetes`,
    'x-example': example,
    description,
  },
});
const text = (pattern: string, message: string, description: string, example: string): Schema => ({
  ...{ type: 'string', pattern: `^(${pattern})$`, 'x-pattern-message': message, 'x-example': example, description },
});
const map = (keys: Schema, values: Schema, description: string): Schema => ({
  ...{ type: 'object', maxProperties: 40, propertyNames: keys, additionalProperties: values, description },
});
const labelKey = (pattern: string, more = ''): Schema => ({
  pattern: `^${pattern}$`,
  'x-pattern-message': `a key of a label such as example.com/team${more}`,
});
const labelValue: Schema = {
  type: 'string',
  pattern: `^(${WORD})?$`,
  'x-pattern-message': 'the value of a label, of at most 63 characters',
};
const ofOthers = ', and none of albedo/ or of kubernetes.io/';

/** Kubernetes docs, "Quantity", without exponents. */
const QUANTITY: Schema = {
  type: 'string',
  pattern: '^[1-9][0-9]{0,9}(\\.[0-9]{1,3})?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$|^0\\.[0-9]{1,3}$',
  'x-pattern-message': 'an amount such as 500m or 1Gi, a number in quotes',
  'x-example': '500m',
};
const AMOUNTS: Readonly<Record<string, Json>> = {
  cpu: { ...QUANTITY, description: 'Cores, such as `500m` or `"2"`.' },
  memory: { ...QUANTITY, 'x-example': '512Mi', description: 'Memory, such as `512Mi`.' },
  'ephemeral-storage': { ...QUANTITY, 'x-example': '1Gi', description: 'Disk of the node, such as `1Gi`.' },
};
const amounts = (description: string): Schema => ({ type: 'object', additionalProperties: false, properties: AMOUNTS, description });

const TOLERATION: Readonly<Record<keyof Toleration, Json>> = {
  key: text(KEY, 'the key of a taint', 'Key of the taint. Left out: any, with `operator: Exists`.', 'dedicated'),
  operator: { type: 'string', enum: ['Exists', 'Equal'], default: 'Equal', description: 'How the value is compared.' },
  value: text(`(${WORD})?`, 'the value of a taint', 'Value of the taint, with `operator: Equal`.', 'load'),
  effect: {
    ...{ type: 'string', enum: ['NoSchedule', 'PreferNoSchedule', 'NoExecute'] },
    description: 'Effect of the taint. Left out: any.',
  },
  tolerationSeconds: {
    ...{ type: 'integer', minimum: 0, maximum: 86_400 },
    description: 'With `effect: NoExecute`: how long a pod may stay on the node.',
  },
};

const ROWS: Readonly<Record<keyof LoadPods, Json>> = {
  image: text(
    '[a-z0-9][\\w.:/@-]{0,500}',
    'the name of an image',
    'Image with k6 v2 and a shell with the tools of busybox. `--image` overrides it.',
    'registry.example.com/k6:2.2.0',
  ),
  serviceAccountName: name(
    'a service account',
    'load',
    'Service account of the pods, for admission and quotas. Its token is never mounted. Do not name one that a cloud gives a role to, because a load script runs with it.',
  ),
  nodeSelector: map(labelKey(KEY), labelValue, 'Labels that a node must have to run a pod.'),
  tolerations: {
    ...{ type: 'array', maxItems: 20, items: { type: 'object', additionalProperties: false, properties: TOLERATION } },
    description: 'Taints of nodes that the pods tolerate.',
  },
  resources: {
    ...{ type: 'object', additionalProperties: false },
    properties: {
      requests: amounts('What a node must have free for a pod. Default: `cpu: 500m`, `memory: 256Mi`, `ephemeral-storage: 256Mi`.'),
      limits: amounts('What a pod may use. Default: no limit, because a pod that is slowed down measures itself.'),
    },
    description: 'Resources of each pod.',
  },
  labels: map(labelKey(`${OWN}${KEY}`, ofOthers), labelValue, 'More labels of the pods, such as the owner for cost reports.'),
  annotations: map(
    { pattern: `^${OWN}${KEY}$`, 'x-pattern-message': `a key of an annotation such as example.com/team${ofOthers}` },
    { type: 'string', maxLength: 4096 },
    'More annotations of the pods, such as one that keeps a service mesh from adding a container.',
  ),
  imagePullSecrets: {
    type: 'array',
    maxItems: 10,
    items: {
      ...{ type: 'object', additionalProperties: false, required: ['name'] },
      properties: { name: name('a secret', 'registry', 'Name of the secret.') },
    },
    description: 'Secrets of the namespace with which nodes pull the image. The pods cannot read them.',
  },
  priorityClassName: name('a priority class', 'load-test', 'Priority class of the pods.'),
};

export const loadPodsSchema: Schema = {
  type: 'object',
  additionalProperties: false,
  description:
    'The pods that send a load with `--engine kubernetes`, and the runners of `albedo emit testrun`. A spec cannot set any of it.',
  properties: ROWS,
};
