/** What the health-check settings lead one to expect, beside which the measured times are shown. Pure. */

import type { HealthCheckSettings, Predicted, Prediction } from './types.ts';

const seconds = (value: number): string => `${Number(value.toFixed(1))} s`;

/**
 * - A stopped instance becomes `unused` with reason `Target.InvalidState` (ELBv2 API reference, TargetHealth): ELB takes that
 *   from the instance's state and waits for no health check. The guest shuts down first, and its server may stop
 *   answering before EC2 says `stopped`, so a health check may be first.
 * - A dead process is found by `unhealthyThreshold` checks in a row that fail. The first of them falls up to one interval
 *   after the death, and the last may take its whole timeout.
 * - A target that comes back is healthy after one check that passes (ELB user guide, target group health checks: a newly
 *   registered or restarted target is initial until then); a target that was unhealthy needs `healthyThreshold` of them.
 *
 * `bootSeconds`: how long the instance and its server take to start, when known.
 */
export function predict(
  check: HealthCheckSettings,
  bootSeconds: { readonly from: number; readonly to: number } = { from: 0, to: 90 },
): Prediction {
  const { intervalSeconds: interval, timeoutSeconds: timeout, healthyThreshold: healthy, unhealthyThreshold: unhealthy } = check;
  const dead = { from: (unhealthy - 1) * interval, to: unhealthy * interval + timeout };
  const back = { from: bootSeconds.from, to: bootSeconds.to + healthy * interval + timeout };
  const say = (span: { from: number; to: number }, sentence: string): Predicted => ({ ...span, sentence });
  return {
    detectionStopped: say(
      { from: 0, to: dead.to },
      `A stopped instance is taken out when its health check fails or when EC2 reports it as stopped, whichever is first: at the latest within ${seconds(dead.to)}.`,
    ),
    detectionDead: say(
      dead,
      `A dead process on a running instance is found by ${unhealthy} failed check${unhealthy === 1 ? '' : 's'} ${seconds(interval)} apart: between ${seconds(dead.from)} and ${seconds(dead.to)} (timeout ${seconds(timeout)}).`,
    ),
    recovery: say(
      back,
      `After the start call: boot, then one passing check (up to ${seconds(interval)}); ${seconds(healthy * interval)} for ${healthy} in a row if it had been unhealthy. With a boot of ${seconds(bootSeconds.from)} to ${seconds(bootSeconds.to)}, at most ${seconds(back.to)}.`,
    ),
  };
}
