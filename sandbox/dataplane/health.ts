/**
 * When a target counts as healthy. Pure: one check's outcome in, the target's health out.
 *
 * A new target must pass one check to be healthy; after that it takes `unhealthyThreshold` failures in a row to lose that
 * and `healthyThreshold` passes in a row to get it back (Application Load Balancers guide, "Health checks for your target
 * groups"; reasons and descriptions from "Health check reason codes" there and from the API's TargetHealth).
 */
import type { TargetHealth } from '../types.ts';

export type Outcome = { readonly kind: 'status'; readonly status: number } | { readonly kind: 'timeout' } | { readonly kind: 'refused' };

export interface Standing {
  readonly health: TargetHealth;
  readonly passes: number;
  readonly failures: number;
}

export interface Thresholds {
  readonly matcher: string;
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
}

export const REGISTERING: TargetHealth = {
  state: 'initial',
  reason: 'Elb.RegistrationInProgress',
  description: 'Target registration is in progress',
};
export const CHECKING: TargetHealth = {
  state: 'initial',
  reason: 'Elb.InitialHealthChecking',
  description: 'Initial health checks in progress',
};
export const HEALTHY: TargetHealth = { state: 'healthy' };
export const NOT_IN_USE: TargetHealth = {
  state: 'unused',
  reason: 'Target.NotInUse',
  description: 'Target group is not configured to receive traffic from the load balancer',
};
export const ZONE_NOT_ENABLED: TargetHealth = {
  state: 'unused',
  reason: 'Target.NotInUse',
  description: 'Target is in an Availability Zone that is not enabled for the load balancer',
};

/** A target whose instance does not run. */
export function notRunning(state: string): TargetHealth {
  const what = state === 'stopped' || state === 'terminated' ? `the ${state} state` : 'an invalid state';
  return { state: 'unused', reason: 'Target.InvalidState', description: `Target is in ${what}` };
}

/** `200`, `200,202` or `200-299`, and mixtures. */
export function matches(matcher: string, status: number): boolean {
  return matcher.split(',').some((part) => {
    const [low, high] = part.split('-').map((side) => Number(side.trim()));
    return low !== undefined && status >= low && status <= (high ?? low);
  });
}

export function judge(before: Standing, outcome: Outcome, thresholds: Thresholds): Standing {
  if (outcome.kind === 'status' && matches(thresholds.matcher, outcome.status)) {
    const passes = before.passes + 1;
    const enough = before.health.state !== 'unhealthy' || passes >= thresholds.healthyThreshold;
    return { health: enough ? HEALTHY : before.health, passes, failures: 0 };
  }
  const failures = before.failures + 1;
  const lost = before.health.state === 'unhealthy' || failures >= thresholds.unhealthyThreshold;
  return { health: lost ? unhealthy(outcome) : before.health, passes: 0, failures };
}

function unhealthy(outcome: Outcome): TargetHealth {
  switch (outcome.kind) {
    case 'status':
      return {
        state: 'unhealthy',
        reason: 'Target.ResponseCodeMismatch',
        description: `Health checks failed with these codes: [${outcome.status}]`,
      };
    case 'timeout':
      return { state: 'unhealthy', reason: 'Target.Timeout', description: 'Request timed out' };
    case 'refused':
      return { state: 'unhealthy', reason: 'Target.FailedHealthChecks', description: 'Health checks failed' };
  }
}
