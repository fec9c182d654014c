/** The module that k6 runs in a script's place, beside it: the script, and what comes before its load. Pure. */

import { LATE_MS } from './shards.ts';

export interface EntryOf {
  /** The script, of the same folder. */
  readonly main: string;
  /** Names that it exports. */
  readonly exports: readonly string[];
  /** Its own `setup` is not to be called: it says so in its options. */
  readonly noSetup: boolean;
  /** When its load begins, after its own `setup`: milliseconds since the epoch. Left out: at once. */
  readonly startAt?: number;
}

/**
 * It always has a `setup`, since only then k6 evaluates the script where `GUARD` can judge it (bounds.ts). What is exported here comes before
 * what `export *` brings (ECMAScript, module namespaces).
 */
export function entryOf({ main, exports, noSetup, startAt }: EntryOf): string {
  const from = JSON.stringify(`./${main}`);
  const data = exports.includes('setup') && !noSetup ? 'script.setup()' : 'undefined';
  const begin =
    startAt === undefined
      ? 'const begin = (data) => data;\n'
      : `import { sleep } from 'k6';
function begin(data) {
  const late = Date.now() - ${startAt};
  if (late > ${LATE_MS}) throw new Error('${LATE} ' + late + ' ms after the agreed start');
  for (let left = -late; left > 0; left = ${startAt} - Date.now()) sleep(left / 1000);
  return data;
}
`;
  return `import * as script from ${from};
export * from ${from};
${exports.includes('default') ? `export { default } from ${from};\n` : ''}${begin}export function setup() {
  const data = ${data};
  return data !== null && typeof data === 'object' && typeof data.then === 'function' ? data.then(begin) : begin(data);
}
`;
}

const LATE = 'ready';

/** By how much a shard was late (ms), of what k6 said last; undefined where it ended for another reason. */
export function lateBy(said: string): number | undefined {
  const late = new RegExp(`\\b${LATE} (\\d+) ms after the agreed start`).exec(said)?.[1];
  return late === undefined ? undefined : Number(late);
}
