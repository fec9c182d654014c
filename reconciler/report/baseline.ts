/** How the figures of a load test compare with those of the last ones of the default branch. Pure. */

import { resultOf, usualOf } from './compare.ts';
import type { ComparedFigure } from './compare-types.ts';
import { link } from './escape.ts';
import { milliseconds, percent, secondsText } from './format.ts';
import { table } from './markdown-blocks.ts';

/** `null` where it was not measured. */
export interface Measures {
  /** ms */
  readonly p95Steady: number | null;
  readonly p95Fault: number | null;
  /** 0 to 1, of all requests. */
  readonly errorRate: number | null;
  readonly detectMs: number | null;
  readonly failoverMs: number | null;
  readonly recoveryMs: number | null;
}

export interface Baseline {
  readonly branch: string;
  /** Id of the run that measured `before`. */
  readonly run: number;
  /** Whether that run had the same load and the same fault; of another one nothing is compared. */
  readonly isLike: boolean;
  readonly before: Measures;
  readonly now: Measures;
  /** Of the runs of the branch with the same load and fault, `before` among them: by how much they differ by themselves. */
  readonly earlier: readonly Measures[];
}

interface Row {
  readonly key: keyof Measures;
  readonly label: string;
  readonly unit: ComparedFigure['unit'];
  /** What the figure is multiplied by to be in that unit. */
  readonly scale: number;
}

const ROWS: readonly Row[] = [
  { key: 'p95Steady', label: 'p95 before the fault', unit: 'ms', scale: 1 },
  { key: 'p95Fault', label: 'p95 during the fault', unit: 'ms', scale: 1 },
  { key: 'errorRate', label: 'errors', unit: 'ratio', scale: 1 },
  { key: 'detectMs', label: 'detection', unit: 's', scale: 0.001 },
  { key: 'failoverMs', label: 'failover', unit: 's', scale: 0.001 },
  { key: 'recoveryMs', label: 'recovery', unit: 's', scale: 0.001 },
];
const SAY: Readonly<Record<Row['unit'], (value: number) => string>> = { ms: milliseconds, ratio: percent, s: secondsText };

/**
 * A sentence with what got worse, and a table; empty where nothing was measured both times. Worse is what lies beyond the span of the earlier
 * runs, widened by how much they differ: with fewer than two of them nothing is.
 */
export function baselineMarkdown({ branch, run, isLike, before, now, earlier }: Baseline, runsUrl: string): string {
  const last = link(`the last load test of ${branch}`, `${runsUrl}${run}`);
  if (!isLike) return `Not compared: ${last} had another load or another fault, or no result.`;
  const rows = ROWS.flatMap(({ key, label, unit, scale }) => {
    const [was, is] = [before[key], now[key]];
    if (was === null || is === null) return [];
    const say = (value: number): string => SAY[unit](value * scale);
    const values = earlier.flatMap((each) => (each[key] === null ? [] : [each[key] * scale]));
    const usual = usualOf(values, unit);
    const result = resultOf(is * scale, usual);
    const span = usual === null ? '' : ` (usual ${SAY[unit](usual.from)} to ${SAY[unit](usual.to)})`;
    const sign = result === 'worse' ? `**${say(is)}**, worse${span}` : result === 'better' ? `${say(is)}, better${span}` : say(is);
    return [{ label, result, cells: [label, say(was), sign] }];
  });
  if (rows.length === 0) return '';
  const worse = rows.filter(({ result }) => result === 'worse').map(({ label }) => label);
  const runs = `the last ${earlier.length} load tests of ${branch}`;
  const said =
    worse.length > 0
      ? `⚠️ Worse than in ${runs}, by more than their usual variation: ${worse.join(', ')}.`
      : earlier.length < 2
        ? `Compared with ${last}. One earlier run does not show the usual variation.`
        : `Nothing is worse than in ${runs} by more than their usual variation.`;
  return `${said}\n\n${table(
    ['', last, 'this one'],
    rows.map(({ cells }) => cells),
  )}`;
}
