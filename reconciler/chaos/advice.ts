/** Which health check settings would bring a missed time within its limit, according to the prediction of the experiment. Pure. */

import type { HealthCheckSettings } from '../load/types.ts';
import type { Experiment } from './experiments/experiment.ts';

/** Smallest values (ELBv2 API reference, CreateTargetGroup). */
const LEAST = { intervalSeconds: 5, timeoutSeconds: 2, healthyThreshold: 2, unhealthyThreshold: 2 } as const;
const NAMES = {
  intervalSeconds: 'interval',
  timeoutSeconds: 'timeout',
  healthyThreshold: 'healthyThreshold',
  unhealthyThreshold: 'unhealthyThreshold',
} as const;
type Key = keyof typeof NAMES;
const KEYS = Object.keys(NAMES) as readonly Key[];

/**
 * The change of the fewest settings, and among those the smallest, with which the time is at most `limit` seconds, as a clause. Users see
 * errors for as long as the load balancer considers the target healthy, so `failover` uses the predicted detection.
 */
export function adviceFor(
  time: 'detection' | 'failover' | 'recovery',
  limit: number,
  check: HealthCheckSettings,
  { predict }: Pick<Experiment, 'predict'>,
): string {
  const worst = (of: HealthCheckSettings): number => predict(of)[time === 'recovery' ? 'recovery' : 'detection'].to;
  const now = worst(check);
  if (now <= limit) return `the health check explains at most ${now} s: the rest has another cause`;
  let best: { readonly check: HealthCheckSettings; readonly cost: readonly [number, number] } | undefined;
  for (const candidate of candidates(check)) {
    if (worst(candidate) > limit) continue;
    const changed = KEYS.filter((key) => candidate[key] !== check[key]);
    const cost = [changed.length, changed.reduce((sum, key) => sum + (check[key] - candidate[key]) / check[key], 0)] as const;
    if (best === undefined || cost[0] < best.cost[0] || (cost[0] === best.cost[0] && cost[1] < best.cost[1]))
      best = { check: candidate, cost };
  }
  if (best === undefined) {
    const least = worst({ ...check, ...LEAST });
    return `no health check can reach it: even the shortest one (interval 5 s, timeout 2 s, thresholds of 2) can take ${least} s`;
  }
  const { check: better } = best;
  const said = KEYS.filter((key) => better[key] !== check[key]).map(
    (key) => `healthCheck.${NAMES[key]}: ${better[key]}${key.endsWith('Seconds') ? 's' : ''}`,
  );
  return `${said.join(', ')} would limit it to ${worst(better)} s; the current settings can take ${now} s`;
}

/** Settings that are at most as long as these; the timeout stays below the interval. */
function* candidates(check: HealthCheckSettings): Generator<HealthCheckSettings> {
  const down = (key: Key): number[] => {
    const list: number[] = [];
    for (let value = check[key]; value >= Math.min(check[key], LEAST[key]); value--) list.push(value);
    return list;
  };
  for (const intervalSeconds of down('intervalSeconds'))
    for (const timeoutSeconds of down('timeoutSeconds').filter((each) => each < intervalSeconds))
      for (const unhealthyThreshold of down('unhealthyThreshold'))
        for (const healthyThreshold of down('healthyThreshold'))
          yield { intervalSeconds, timeoutSeconds, unhealthyThreshold, healthyThreshold };
}
