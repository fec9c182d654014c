/** What a stack costs in a month when it does nothing, from the spec and a dated price table. Pure. */

import { asList } from '../model/json.ts';
import type { Desired, Stack } from '../model/model.ts';
import { refsIn } from '../model/paths.ts';
import type { EarlierReport } from './compare.ts';
import { moment, visible } from './format.ts';
import { type LcuEstimate, lcuLines, lcuOf, lcuSum } from './lcu.ts';
import { LCU, PRICES } from './prices.ts';
import { columns } from './text-columns.ts';

export interface CostLine {
  readonly what: string;
  readonly count: number;
  /** US dollars. */
  readonly hourly: number;
  readonly monthly: number;
}

export interface Cost {
  readonly stack: string;
  readonly region: string;
  /** Of the prices: `2025-01`, and the region they are of. */
  readonly prices: { readonly asOf: string; readonly region: string; readonly currency: string };
  readonly lines: readonly CostLine[];
  /** US dollars a month. */
  readonly monthly: number;
  /** Of a load test whose report was named: what its load would need beyond `lines`, if it went on. */
  readonly underLoad?: LcuEstimate & { readonly file: string; readonly measuredAt: number };
  /** What is paid as well and cannot be known from a spec, in a sentence each. */
  readonly without: readonly string[];
}

/** The most rules that a listener has beside its default. */
function rulesOf({ desired }: Pick<Stack, 'desired'>): number {
  const counts = new Map<string, number>();
  for (const { kind, values } of desired) {
    if (kind !== 'rule') continue;
    const listener = refsIn(values['listener'])[0]?.address ?? '';
    counts.set(listener, (counts.get(listener) ?? 0) + 1);
  }
  return Math.max(0, ...counts.values());
}

/** With what the newest load test of the stack among `reports` measured; the same where there is none that tells it. */
export function costUnderLoad(cost: Cost, stack: Pick<Stack, 'desired'>, reports: readonly EarlierReport[]): Cost {
  const newest = reports
    .filter(({ report }) => report.stack === cost.stack && report.region === cost.region && report.load !== null)
    .sort((a, b) => b.report.createdAt - a.report.createdAt)[0];
  const estimate = newest === undefined || newest.report.load === null ? null : lcuOf(newest.report.load, rulesOf(stack));
  if (newest === undefined || estimate === null) return cost;
  return { ...cost, underLoad: { ...estimate, file: newest.file, measuredAt: newest.report.createdAt } };
}

const cents = (dollars: number): number => Math.round(dollars * 100) / 100;

const line = (what: string, count: number, hour: number): CostLine => ({
  ...{ what, count, hourly: Math.round(count * hour * 10_000) / 10_000 },
  monthly: cents(count * hour * PRICES.hoursAMonth),
});

export function costOf(stack: Pick<Stack, 'name' | 'region' | 'desired'>): Cost {
  const of = (kind: string): Desired[] => stack.desired.filter((each) => each.kind === kind);
  const balancers = of('loadBalancer');
  const instances = of('instance');
  const types = new Map<string, number>();
  for (const { values } of instances) types.set(String(values['instanceType']), (types.get(String(values['instanceType'])) ?? 0) + 1);
  const hourOf = (type: string): number | undefined =>
    Object.hasOwn(PRICES.instanceHour, type) ? PRICES.instanceHour[type as keyof typeof PRICES.instanceHour] : undefined;
  const reserved = balancers.reduce((sum, { values }) => sum + (Number(values['minimumCapacity']) || 0), 0);
  const addresses = balancers.reduce((sum, each) => sum + addressesOf(each), 0) + instances.filter((each) => isPublic(each, stack)).length;
  const lines = [
    ...(balancers.length === 0 ? [] : [line('Application Load Balancer', balancers.length, PRICES.loadBalancerHour)]),
    ...(reserved === 0 ? [] : [line('reserved LCU (minimumCapacity)', reserved, PRICES.lcuHour)]),
    ...(addresses === 0 ? [] : [line('public IPv4 address', addresses, PRICES.publicIpv4Hour)]),
    ...[...types].sort().flatMap(([type, count]) => {
      const hour = hourOf(type);
      return hour === undefined ? [] : [line(`instance ${type}`, count, hour)];
    }),
  ];
  const unknown = [...types].filter(([type]) => hourOf(type) === undefined);
  const unit = cents(PRICES.lcuHour * PRICES.hoursAMonth).toFixed(2);
  return {
    ...{ stack: stack.name, region: stack.region, prices: { asOf: PRICES.asOf, region: PRICES.region, currency: PRICES.currency }, lines },
    monthly: cents(lines.reduce((sum, each) => sum + each.monthly, 0)),
    without: [
      ...(stack.region === PRICES.region ? [] : [`The prices are for ${PRICES.region}; ${stack.region} has its own prices.`]),
      ...unknown.map(([type, count]) => `${count} × ${type}: the table has no price for it.`),
      ...(balancers.length === 0
        ? []
        : [
            `Load balancer capacity units (LCU): $${unit} a month for each unit used on average${reserved === 0 ? '' : ' beyond the reserved ones'}. One LCU covers ${LCU}, whichever is used most.`,
          ]),
      'Data transfer, disks of instances, logs, WAF, taxes and discounts.',
    ],
  };
}

/** A load balancer has at least one address in each subnet; when it grows it has more. */
function addressesOf({ values }: Desired): number {
  const isOut = values['scheme'] !== 'internal' && values['ipAddressType'] !== 'dualstack-without-public-ipv4';
  return isOut ? asList(values['subnets']).length : 0;
}

/** Of a subnet that gives its instances public addresses. */
function isPublic({ values }: Desired, { desired }: Pick<Stack, 'desired'>): boolean {
  const subnet = refsIn(values['subnet'])[0]?.address;
  return desired.some((each) => each.address === subnet && each.values['mapPublicIpOnLaunch'] === true);
}

export function costText(cost: Cost): string {
  const money = (dollars: number): string => `$${dollars.toFixed(2)}`;
  const rows = cost.lines.map(({ what, count, monthly }) => [`${count} ×`, what, money(monthly)]);
  return [
    `${cost.stack} in ${cost.region}: about ${money(cost.monthly)} a month without traffic`,
    ...columns(rows).map((each) => `  ${each}`),
    ...(cost.underLoad === undefined
      ? []
      : [
          `Under the load measured at ${moment(cost.underLoad.measuredAt)} (${visible(cost.underLoad.file)}): ${lcuSum(cost.underLoad)}`,
          ...lcuLines(cost.underLoad).map((each) => `  - ${each}`),
        ]),
    'Not included:',
    ...cost.without.map((each) => `  - ${each}`),
    `On-demand prices of ${cost.prices.region}, ${cost.prices.asOf}. This is an estimate; the AWS bill decides.`,
  ].join('\n');
}
