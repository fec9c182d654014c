/** How the figures of a load test compare with those of the last one of the default branch. Pure. */

import { link } from './escape.ts';
import { milliseconds, percent, secondsText } from './format.ts';

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
  /** Id of the run that measured it. */
  readonly run: number;
  readonly before: Measures;
  readonly now: Measures;
}

const seconds = (ms: number): string => secondsText(ms / 1000);
const ROWS: readonly (readonly [key: keyof Measures, label: string, say: (value: number) => string])[] = [
  ['p95Steady', 'p95 before', milliseconds],
  ['p95Fault', 'p95 in the fault', milliseconds],
  ['errorRate', 'errors', percent],
  ['detectMs', 'detection', seconds],
  ['failoverMs', 'failover', seconds],
  ['recoveryMs', 'recovery', seconds],
];

/** One line; empty where nothing was measured both times. */
export function baselineMarkdown({ branch, run, before, now }: Baseline, runsUrl: string): string {
  const parts = ROWS.flatMap(([key, label, say]) => {
    const [was, is] = [before[key], now[key]];
    if (was === null || is === null) return [];
    const [old, fresh] = [say(was), say(is)];
    return [old === fresh ? `${label} ${fresh} as before` : `${label} ${old} → ${fresh}${is > was ? ' ▲' : ' ▼'}`];
  });
  return parts.length === 0 ? '' : `Beside ${link(`the last load test of ${branch}`, `${runsUrl}${run}`)}: ${parts.join(', ')}.`;
}
