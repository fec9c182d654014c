/** What the load of a load test would need in load balancer capacity units, from what was measured, and what that costs. Pure. */

import type { LoadReport } from '../load/types.ts';
import { LCU_COVERS, PRICES } from './prices.ts';

/** One of the four that AWS measures; the one that needs most is paid. */
export interface LcuDimension {
  readonly name: 'new connections' | 'active connections' | 'processed bytes' | 'rule evaluations';
  /** In the unit of `per`. */
  readonly used: number;
  readonly per: string;
  readonly lcu: number;
  /** What it is worked out from where it was not measured; empty where it was. */
  readonly estimate: string;
}

export interface LcuEstimate {
  readonly dimensions: readonly LcuDimension[];
  /** Of the dimension that needs most. */
  readonly lcu: number;
  readonly paidFor: LcuDimension['name'];
  /** US dollars, if this load went on without end: an hour, and a month. */
  readonly hourly: number;
  readonly monthly: number;
  readonly prices: { readonly asOf: string; readonly region: string };
}

/**
 * `rules`: how many a listener has beside its default, the most of them; undefined: not known. Null for a report without what k6 counted, or
 * of a load that lasted no time.
 */
export function lcuOf(load: LoadReport, rules?: number): LcuEstimate | null {
  const { traffic } = load;
  const seconds = (load.endedAt - load.startedAt) / 1000;
  // A report may be anybody's file.
  if (traffic === undefined || !(seconds > 0) || !(load.overall.count > 0)) return null;
  const { bytesSent, bytesReceived, connections, users } = traffic;
  if (![seconds, bytesSent, bytesReceived, connections, users, load.overall.count].every((value) => Number.isFinite(value) && value >= 0))
    return null;
  const requests = load.overall.count / seconds;
  const bytes = bytesSent + bytesReceived;
  // k6 counted nothing: its points are those of another tool, or were cut.
  if (bytes === 0) return null;
  const paid = Math.max(0, (rules ?? 0) - LCU_COVERS.freeRules);
  const dimensions: readonly LcuDimension[] = [
    dimension('new connections', connections / seconds, LCU_COVERS.newConnectionsASecond, 'a second', ''),
    dimension(
      ...(['active connections', users, LCU_COVERS.activeConnectionsAMinute, 'a minute'] as const),
      'one for each user that was active at the same time',
    ),
    dimension(
      ...(['processed bytes', (bytes / seconds) * (3600 / 1e9), LCU_COVERS.gigabytesAnHour, 'GB an hour'] as const),
      'as clients sent and received them; without requests that AWS itself sends to targets',
    ),
    dimension(
      ...(['rule evaluations', requests * paid, LCU_COVERS.ruleEvaluationsASecond, 'a second'] as const),
      rules === undefined
        ? `the report does not contain the number of rules; assumed: at most ${LCU_COVERS.freeRules}`
        : 'as if every request were checked against every rule of its listener',
    ),
  ];
  const most = dimensions.reduce((one, other) => (other.lcu > one.lcu ? other : one));
  const hourly = most.lcu * PRICES.lcuHour;
  return {
    ...{ dimensions, lcu: most.lcu, paidFor: most.name, hourly, monthly: hourly * PRICES.hoursAMonth },
    prices: { asOf: PRICES.asOf, region: PRICES.region },
  };
}

function dimension(name: LcuDimension['name'], used: number, covered: number, per: string, estimate: string): LcuDimension {
  return { name, used, per, lcu: used / covered, estimate };
}

/** `0.003`, `1.4`, `120`: as many digits as tell something. */
const short = (value: number): string =>
  value === 0 ? '0' : value < 10 ? String(Number(value.toPrecision(2))) : Math.round(value).toLocaleString('en-US');

const dollars = (value: number): string => (value > 0 && value < 0.01 ? 'under $0.01' : `$${value.toFixed(2)}`);

/** `1.4 LCU, for processed bytes: $0.01 an hour, or $8.18 a month if this load went on`. */
export const lcuSum = ({ lcu, paidFor, hourly, monthly }: LcuEstimate): string =>
  `${short(lcu)} LCU, for ${paidFor}: ${dollars(hourly)} an hour, or ${dollars(monthly)} a month if this load went on`;

/** In one sentence, for reports; empty where there is nothing to say. */
export function lcuText(load: LoadReport): string {
  const estimate = lcuOf(load);
  if (estimate === null) return '';
  const { dimensions, prices } = estimate;
  const parts = dimensions.map((each) => `${each.name} ${short(each.lcu)}${each.estimate === '' ? '' : ' (estimated)'}`).join(', ');
  return `Capacity: ${lcuSum(estimate)}. In LCU: ${parts}. Prices of ${prices.region}, ${prices.asOf}.`;
}

/** A line for each dimension, for `albedo cost --report`. */
export function lcuLines(estimate: LcuEstimate): readonly string[] {
  return estimate.dimensions.map(
    ({ name, used, per, lcu, estimate: from }) =>
      `${name}: ${short(used)} ${per}, ${short(lcu)} LCU${from === '' ? ', measured' : `; estimated: ${from}`}`,
  );
}
