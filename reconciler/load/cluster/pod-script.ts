/**
 * What a pod runs, for a shell with the tools of POSIX and gzip, as those of busybox in the image. `pod-output.ts` reads what it prints. Pure.
 */

import { k6Arguments, partFlags } from '../k6-command.ts';
import { ABOVE_ZERO_METRICS, COUNTED_METRICS, PLAIN_METRICS, RECORDED } from '../points.ts';
import type { Told } from '../script-variables.ts';
import type { Shard } from '../shards.ts';

/** Files of the ConfigMap. */
export const RUN = 'run.sh';
export const ARCHIVE = 'script.tar.gz';

/** A pipe: the points are read while they are written. */
const POINTS = 'points.csv';
/** What is printed at a time, milliseconds of load. */
const EACH_MS = 1000;

export interface PodScript {
  readonly shards: readonly Shard[];
  readonly told: Told;
  /** Begins each line that belongs to what was measured: drawn for each run, so that no script can print one. */
  readonly mark: string;
}

const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;
const words = (all: readonly string[]): string => all.map(quoted).join(' ');
const either = (names: readonly string[]): string => names.join('|');

/**
 * Beside k6's own log a pod prints, gzipped and in numbered lines: the rows of points that albedo reads, every second, and in the end k6's
 * version and what it complained of. `version`: of k6, such as `2.2.0`.
 */
export function runScript({ shards, told, mark }: PodScript, version: string): string {
  // What all are told; the rest is a case for each.
  const whole = { ...(shards[0] as Shard), of: 1, pointsFile: POINTS };
  const common = k6Arguments({ ...told, archive: 'script.tar', version, shard: withoutBound(whole) });
  const cases = shards.map((shard, index) => `${index}) set -- ${words([...common.slice(0, 1), ...partFlags(shard)])} ;;`);
  return `# Sends one part of a load, and prints what it measures.
if [ "$1" = chunk ]; then
  gzip -c | base64 | tr -d '\\n' | fold -w 4000 | awk -v head="${mark} $2 $3" '{ print head " " NR " " $0 } END { print head " end " NR }'
  exit
fi
here=$(dirname "$0")
gunzip -c "$here/${ARCHIVE}" > script.tar || exit 70
case "$JOB_COMPLETION_INDEX" in
${cases.join('\n')}
*) exit 70 ;;
esac
# Open here as well: nobody waits for the other end, and it ends when it is closed here.
mkfifo ${POINTS} || exit 70
exec 3<> ${POINTS}
# k6's own rows are of use only where the script records none.
awk -F, -v self="$0" '
function close_chunk() { if (rows > 0) { close(chunk); chunks++; rows = 0 } }
NR > 1 && $2 >= due { close_chunk(); due = $2 + ${EACH_MS} }
/^${RECORDED},/ { recorded = 1 }
/^(metric_name|${either([RECORDED, ...COUNTED_METRICS])}),/ || (/^(${either(ABOVE_ZERO_METRICS)}),/ && $3 > 0) || (!recorded && /^(${either(PLAIN_METRICS)}),/) {
  if (rows++ == 0) chunk = "sh " q self q " chunk points " (chunks + 1)
  print | chunk
}
END { close_chunk(); print "${mark} points end " (chunks + 0) }
' q="'" ${POINTS} 3>&- &
reader=$!
k6 "$@" ${words(common.slice(1))} 2> k6.log 3>&- &
pid=$!
# The word to end is k6's too; a wait that it breaks off is taken up again.
trap 'kill -INT $pid' TERM INT
wait $pid
code=$?
while kill -0 $pid 2> /dev/null; do wait $pid; code=$?; done
trap '' TERM INT
exec 3>&-
wait $reader
tail -n 20 k6.log
k6 version | sh "$0" chunk version 1
echo "${mark} version end 1"
grep -E 'level=error|source=stacktrace' k6.log | tail -c 4000000 | sh "$0" chunk log 1
echo "${mark} log end 1"
exit $code
`;
}

const withoutBound = ({ most: _, ...shard }: Shard): Shard => shard;
