/** Asks every target in use for its health, on the sandbox's clock, with real requests to the instance's own address. */
import type { Clock, TargetHealth } from '../types.ts';
import { CHECKING, judge, REGISTERING, type Standing } from './health.ts';
import { type ProbeTarget, probe } from './probe.ts';

/** Time (ms) between a target's registration and its first check; AWS takes a few seconds. */
const REGISTRATION_MS = 500;

export interface CheckedTarget extends ProbeTarget {
  /** Group, id and port. */
  readonly key: string;
  readonly id: string;
  readonly port: number;
  /** Changes when all that is known of the target's health is void: registered anew, or its instance started again. */
  readonly era: string;
}

export interface HealthChecks {
  /** The targets to check from now on. Others are forgotten. */
  watch(targets: readonly CheckedTarget[]): void;
  health(key: string): TargetHealth | undefined;
  stop(): void;
}

interface Watch {
  target: CheckedTarget;
  standing: Standing;
  cancel: () => void;
}

/** `changed` is told each time a target's health, reason or description becomes another one. */
export function startHealthChecks(clock: Clock, changed: (target: CheckedTarget, health: TargetHealth) => void): HealthChecks {
  const watches = new Map<string, Watch>();

  const settle = (watch: Watch, standing: Standing): void => {
    const before = watch.standing.health;
    watch.standing = standing;
    if (before.state !== standing.health.state || before.description !== standing.health.description)
      changed(watch.target, standing.health);
  };

  const check = (watch: Watch): void => {
    const { healthCheck } = watch.target.group;
    const era = watch.target.era;
    // The interval runs from check to check, however long the answer takes.
    watch.cancel = clock.after(healthCheck.intervalSeconds * 1000, () => check(watch));
    if (watch.standing.health === REGISTERING) settle(watch, { ...watch.standing, health: CHECKING });
    void probe(clock, watch.target).then((outcome) => {
      const current = watches.get(watch.target.key) === watch && watch.target.era === era;
      if (current) settle(watch, judge(watch.standing, outcome, watch.target.group.healthCheck));
    });
  };

  return {
    watch(targets) {
      const keys = new Set(targets.map(({ key }) => key));
      for (const [key, watch] of watches) {
        if (keys.has(key)) continue;
        watch.cancel();
        watches.delete(key);
      }
      for (const target of targets) {
        const known = watches.get(target.key);
        if (known?.target.era === target.era) {
          known.target = target;
          continue;
        }
        known?.cancel();
        const watch: Watch = { target, standing: { health: REGISTERING, passes: 0, failures: 0 }, cancel: () => undefined };
        watches.set(target.key, watch);
        watch.cancel = clock.after(REGISTRATION_MS, () => check(watch));
        changed(target, REGISTERING);
      }
    },
    health: (key) => watches.get(key)?.standing.health,
    stop() {
      for (const watch of watches.values()) watch.cancel();
      watches.clear();
    },
  };
}
