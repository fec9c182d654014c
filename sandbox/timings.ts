import type { Timings } from './types.ts';

/**
 * How long things take in the sandbox when nobody says otherwise (ms). Real AWS needs tens of seconds to minutes for most.
 * An instance takes longer to stop than a usual health check needs to notice that its server is gone, as on EC2, so that
 * a load test shows the check at work.
 */

export const DEFAULT_TIMINGS: Timings = {
  loadBalancerProvisioning: 1500,
  instancePending: 1000,
  instanceStopping: 12_000,
  instanceShuttingDown: 1000,
  interfaceLinger: 2000,
  certificateVisible: 1000,
  certificateRelease: 1500,
  trustStoreCreating: 500,
  capacityProvisioning: 1000,
  callDelay: 0,
};

/** The defaults with `changes` applied; refuses names it does not know and durations that are none. */
export function withTimings(changes: Partial<Timings> = {}, base: Timings = DEFAULT_TIMINGS): Timings {
  for (const [name, value] of Object.entries(changes)) {
    if (!Object.hasOwn(DEFAULT_TIMINGS, name)) {
      throw new Error(`Unknown timing "${name}". The sandbox knows: ${Object.keys(DEFAULT_TIMINGS).join(', ')}.`);
    }
    if (!Number.isFinite(value) || value < 0) throw new Error(`Timing "${name}" must be a number of milliseconds from 0, not ${value}.`);
  }
  return { ...base, ...changes };
}
