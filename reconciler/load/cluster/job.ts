/**
 * A load as an Indexed Job of Kubernetes: the index of a pod is its shard, and k6's exit status the one of its container (Kubernetes docs,
 * "Indexed Job"). A pod that fails is not replaced: what it was to send is over (`backoffLimitPerIndex: 0`). Pure.
 */

import { k6Arguments, k6Environment, partFlags } from '../k6-command.ts';
import { ABOVE_ZERO_METRICS, COUNTED_METRICS, PLAIN_METRICS, RECORDED } from '../points.ts';
import type { Told } from '../script-variables.ts';
import type { Shard } from '../shards.ts';
import { CONTAINER_SECURITY, labelsOf, POD_SECURITY } from './names.ts';

/** Files of the ConfigMap. */
export const RUN = 'run.sh';
export const ARCHIVE = 'script.tar.gz';
const MOUNT = '/albedo';
const WORK = '/work';
/** A Job that nobody deletes is gone after so many seconds, and its ConfigMap with it. */
const KEPT_S = 600;
/** From the word to end until it is killed, seconds: k6 writes out its points, which are then printed. */
const GRACE_S = 15;
export const INDEX_LABEL = 'batch.kubernetes.io/job-completion-index';
export const JOB_LABEL = 'batch.kubernetes.io/job-name';

export interface ShardJob {
  readonly name: string;
  readonly stack: string;
  readonly image: string;
  readonly shards: readonly Shard[];
  readonly dnsName: string;
  readonly told: Told;
  /** All of it, from the first pod to the last point, milliseconds. */
  readonly mostMs: number;
  /** Begins each line that belongs to what was measured: drawn for each run, so that no script can print one. */
  readonly mark: string;
}

/** Begins only when its suspension ends: then the ConfigMap is there, and belongs to it. */
export function jobOf({ name, stack, image, shards, dnsName, told, mostMs }: ShardJob): Readonly<Record<string, unknown>> {
  const environment = k6Environment({}, dnsName, Object.keys(told.hosts).length > 0);
  const labels = { ...labelsOf(stack), 'albedo/run': name };
  return {
    ...{ apiVersion: 'batch/v1', kind: 'Job', metadata: { name, labels } },
    spec: {
      ...{ suspend: true, completionMode: 'Indexed', completions: shards.length, parallelism: shards.length, backoffLimitPerIndex: 0 },
      // Second pairs of hands, for when this process is killed.
      ...{ activeDeadlineSeconds: Math.ceil(mostMs / 1000), ttlSecondsAfterFinished: KEPT_S },
      template: {
        metadata: { labels },
        spec: {
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
              ...{ name: 'k6', image, command: ['sh', `${MOUNT}/${RUN}`], workingDir: WORK, securityContext: CONTAINER_SECURITY },
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

const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;
const words = (all: readonly string[]): string => all.map(quoted).join(' ');

/** Of a k6 that says nothing else: its points are filtered before they travel. */
const FILE = 'points.csv.gz';
const either = (names: readonly string[]): string => names.join('|');

/**
 * What a pod runs, for a shell with the tools of POSIX and gzip, as those of busybox in the image. Beside k6's own log it prints, gzipped and
 * in numbered lines: k6's version, its log, and the rows of points that albedo reads.
 */
export function runScript({ shards, told, mark }: Pick<ShardJob, 'shards' | 'told' | 'mark'>, version: string): string {
  // What all are told; the rest is a case for each.
  const whole = { ...(shards[0] as Shard), of: 1, pointsFile: FILE };
  const common = k6Arguments({ ...told, archive: 'script.tar', version, shard: withoutBound(whole) });
  const cases = shards.map((shard, index) => `${index}) set -- ${words([...common.slice(0, 1), ...partFlags(shard)])} ;;`);
  return `# Sends one part of a load, and prints what it measured.
here=$(dirname "$0")
gunzip -c "$here/${ARCHIVE}" > script.tar || exit 70
case "$JOB_COMPLETION_INDEX" in
${cases.join('\n')}
*) exit 70 ;;
esac
k6 "$@" ${words(common.slice(1))} 2> k6.log &
pid=$!
# The word to end is k6's too; a wait that it breaks off is taken up again.
trap 'kill -INT $pid' TERM INT
wait $pid
code=$?
while kill -0 $pid 2> /dev/null; do wait $pid; code=$?; done
trap '' TERM INT
tail -n 20 k6.log
section() {
  gzip -c | base64 | tr -d '\\n' | fold -w 4000 | awk -v name="$1" '{ print "${mark} " name " " NR " " $0 } END { print "${mark} " name " end " NR }'
}
if [ -f ${FILE} ]; then
  needed='/^(metric_name|${either([RECORDED, ...COUNTED_METRICS])}),/ || (/^(${either(ABOVE_ZERO_METRICS)}),/ && $3 > 0)'
  gunzip -c ${FILE} 2> /dev/null | grep -q '^${RECORDED},' || needed="$needed || /^(${either(PLAIN_METRICS)}),/"
  gunzip -c ${FILE} | awk -F, "$needed" | section points
fi
k6 version | section version
grep -E 'level=error|source=stacktrace' k6.log | tail -c 4000000 | section log
exit $code
`;
}

const withoutBound = ({ most: _, ...shard }: Shard): Shard => shard;
