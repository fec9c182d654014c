/** Which settings of the health check would bring a time that was missed within its limit, by what the experiment predicts. Pure. */

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
 * The change of the fewest settings, and of these the smallest, with which the time is at most `limit` seconds: a sentence. Users see
 * errors for as long as the load balancer takes the target for healthy, so `failover` goes by the detection.
 */
export function adviceFor(
  time: 'detection' | 'failover' | 'recovery',
  limit: number,
  check: HealthCheckSettings,
  { predict }: Pick<Experiment, 'predict'>,
): string {
  const worst = (of: HealthCheckSettings): number => predict(of)[time === 'recovery' ? 'recovery' : 'detection'].to;
  const now = worst(check);
  if (now <= limit) return `the health check promises at most ${now} s: what took longer is not its doing`;
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
    return `no health check reaches it: the shortest one (interval 5 s, timeout 2 s, thresholds of 2) promises at most ${least} s`;
  }
  const { check: better } = best;
  const said = KEYS.filter((key) => better[key] !== check[key]).map(
    (key) => `healthCheck.${NAMES[key]}: ${better[key]}${key.endsWith('Seconds') ? 's' : ''}`,
  );
  return `${said.join(', ')} would bring it to at most ${worst(better)} s, where these settings promise at most ${now} s`;
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
