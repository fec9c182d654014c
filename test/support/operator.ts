/**
 * What the k6 operator makes of a TestRun, as far as k6 sees it (k6-operator 1.6.0, source: pkg/resources/jobs, pkg/segmentation): arguments
 * cut at every space, segments by the number of the runner, and the initializer's shell line.
 */

const segment = (place: number, of: number): string => (place === 0 ? '0' : place === of ? '1' : `${place}/${of}`);

export interface TestRun {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec: {
    readonly parallelism: number;
    readonly arguments: string;
    readonly separate?: boolean;
    readonly script: { readonly configMap: { readonly name: string; readonly file: string } };
    readonly [key: string]: unknown;
  };
}

/** Of runner `index`, from 1. `script`: where the ConfigMap is mounted. Without `--paused`, since nobody sends the word to start here. */
export function runnerArguments({ spec }: TestRun, index: number, script: string): string[] {
  const { parallelism: of } = spec;
  const sequence = Array.from({ length: of + 1 }, (_, place) => segment(place, of)).join(',');
  return [
    'run',
    '--quiet',
    ...(of === 1
      ? []
      : [`--execution-segment=${segment(index - 1, of)}:${segment(index, of)}`, `--execution-segment-sequence=${sequence}`]),
    ...spec.arguments.split(' '),
    `${script}/${spec.script.configMap.file}`,
    ...['--tag', `instance_id=${index}`, '--tag', 'testrun_name=albedo-shop'],
  ];
}

/** What is handed to `k6 archive`: not what belongs to a run alone (pkg/types/k6cli.go). */
export const archiveArguments = ({ spec }: TestRun): string[] => {
  const words = spec.arguments.split(' ');
  return words.filter((word, index) => !['--out', '--no-usage-report'].includes(word) && words[index - 1] !== '--out');
};

/** The initializer's line for `sh -c`. */
export const initializerLine = (run: TestRun, k6: string, script: string, folder: string): string => {
  const archive = `${folder}/${run.spec.script.configMap.file}.archived.tar`;
  return `${k6} archive ${script}/${run.spec.script.configMap.file} -O ${archive} ${archiveArguments(run).join(' ')} && ${k6} inspect --execution-requirements ${archive}`;
};

const text = { type: 'string' };
const object = (properties: object, required: readonly string[] = []): object => ({
  ...{ type: 'object', additionalProperties: false, properties, required },
});
const listOf = (items: object): object => ({ type: 'array', items });
const open = { type: 'object' };
const pod = object({
  ...{ affinity: open, containerSecurityContext: open, nodeSelector: open, resources: open, livenessProbe: open, readinessProbe: open },
  ...{ automountServiceAccountToken: text, image: text, imagePullPolicy: text, schedulerName: text, serviceAccountName: text },
  ...{ envFrom: listOf(open), imagePullSecrets: listOf(open), initContainers: listOf(open), tolerations: listOf(open) },
  env: listOf(object({ name: text, value: text, valueFrom: open }, ['name'])),
  metadata: object({ annotations: open, labels: open }),
  priorityClassName: text,
  securityContext: object({
    ...{ runAsNonRoot: { type: 'boolean' }, runAsUser: { type: 'integer' }, runAsGroup: { type: 'integer' }, fsGroup: { type: 'integer' } },
    seccompProfile: open,
  }),
  topologySpreadConstraints: listOf(open),
  volumes: listOf(object({ name: text, persistentVolumeClaim: object({ claimName: text }, ['claimName']) }, ['name'])),
  volumeMounts: listOf(object({ name: text, mountPath: text, subPathExpr: text, readOnly: { type: 'boolean' } }, ['name', 'mountPath'])),
  disabled: { type: 'boolean' },
});

/** The fields of a TestRun, strictly: a name that is not known is refused, which an API server would silently drop. */
export const TESTRUN_SCHEMA = object(
  {
    apiVersion: { const: 'k6.io/v1alpha1' },
    kind: { const: 'TestRun' },
    metadata: object({ name: text, namespace: text, labels: open }, ['name']),
    spec: object(
      {
        ...{ args: listOf(text), arguments: text, cleanup: { enum: ['post'] }, parallelism: { type: 'integer', minimum: 1 } },
        ...{ paused: text, quiet: text, ports: listOf(open), separate: { type: 'boolean' } },
        ...{ initializer: pod, runner: pod, starter: pod },
        script: object({
          ...{ configMap: object({ name: text, file: text }, ['name']), volumeClaim: open, localFile: text },
        }),
      },
      ['parallelism', 'script'],
    ),
  },
  ['apiVersion', 'kind', 'metadata', 'spec'],
);
