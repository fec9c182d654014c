/** What the health-check settings lead one to expect of a target that is lost. Pure. */

import type { Json } from '../model/json.ts';
import type { HealthCheckSettings, Predicted } from './types.ts';

/** From the values of a target group, live or as a spec has them. */
export function healthCheckOf(values: Readonly<Record<string, Json | undefined>>): HealthCheckSettings {
  const number = (field: string): number => Number(values[`healthCheck.${field}`]);
  return {
    intervalSeconds: number('interval'),
    timeoutSeconds: number('timeout'),
    healthyThreshold: number('healthyThreshold'),
    unhealthyThreshold: number('unhealthyThreshold'),
  };
}

export const secondsText = (value: number): string => `${Number(value.toFixed(1))} s`;

export const say = (span: { readonly from: number; readonly to: number }, sentence: string): Predicted => ({ ...span, sentence });

/**
 * Seconds after which a target that answers no more is found, by `unhealthyThreshold` checks in a row that fail. The first of them
 * falls up to one interval after the death, and the last may take its whole timeout.
 */
export function deadWithin(check: HealthCheckSettings): { readonly from: number; readonly to: number } {
  const { intervalSeconds: interval, timeoutSeconds: timeout, unhealthyThreshold: unhealthy } = check;
  return { from: (unhealthy - 1) * interval, to: unhealthy * interval + timeout };
}
